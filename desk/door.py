"""Opens the desk for the board, which knows neither the store nor where the playbooks lie."""

from __future__ import annotations

from pathlib import Path

from desk.desk import Desk
from desk.settings import library_of, load_settings
from store.engine import Store


def open_desk(config: Path | None = None, me: str | None = None) -> Desk:
    """The desk of the settings in `config` (None: as the command line finds them), with its store open.

    Raises SettingsError or StoreError with a sentence.
    """
    settings = load_settings(config)
    return Desk(Store.open(settings.url), settings, library_of(settings), me)
