"""How each person wants the board to look: language, theme, contrast, size of the text, density."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from desk.roles import Refused
from desk.settings import Settings
from store import preferences as preference_store
from store.engine import Store

CHOICES: Mapping[str, tuple[object, ...]] = {
    "language": ("tr", "en"),
    "theme": ("auto", "light", "dark"),
    "contrast": ("auto", "normal", "high"),
    "text_size": (90, 100, 115, 130),
    "density": ("comfortable", "compact"),
}
"""What can be chosen, and between what; `auto` follows the device. Sizes are percent."""


class Preferences:
    """What one person chose."""

    def __init__(self, store: Store, settings: Settings, me: str) -> None:
        self.store = store
        self.settings = settings
        self.me = me

    def read(self) -> dict[str, object]:
        """Their choices; what they never chose, or what no version knows any more, is missing."""
        with self.store.read() as tx:
            kept = preference_store.preferences_of(tx, self.settings.brand.key, self.me)
        return {key: value for key, value in kept.items() if value in CHOICES.get(key, ())}

    def choose(self, chosen: Mapping[str, object], now: datetime) -> None:
        """Keep choices. Raises Refused for what cannot be chosen."""
        for key, value in chosen.items():
            if value not in CHOICES.get(key, ()) or isinstance(value, bool):
                raise Refused(f"“{key}” böyle ayarlanamaz.", f"{key!r} cannot be set to that.")
        with self.store.write() as tx:
            preference_store.keep(tx, self.settings.brand.key, self.me, chosen, now)
