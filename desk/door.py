"""Opens the desk for the board, which knows neither the store nor where the playbooks lie."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from desk.crisis.opening import crisis_plans
from desk.desk import Desk
from desk.replies.context import Reader
from desk.settings import Settings, SettingsError, library_of, load_settings
from playbooks.shelf import LibraryError
from store.engine import Store


def open_desk(
    config: Path | None = None, me: str | None = None, reader_of: Callable[[Settings], Reader] | None = None
) -> Desk:
    """The desk of the settings in `config` (None: as the command line finds them), with its store open.

    `reader_of` makes what reads replies for the check, which the desk does not import. Raises SettingsError or
    StoreError with a sentence.
    """
    settings = load_settings(config)
    reader = reader_of(settings) if reader_of is not None else None
    try:
        library = library_of(settings)
        crisis_plans(settings)
    except LibraryError as error:
        raise SettingsError(str(error)) from None
    return Desk(Store.open(settings.url), settings, library, me, reader)
