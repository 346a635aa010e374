"""All tables of the store, whichever file says them: what a migration must build."""

from __future__ import annotations

from store import (
    tables,
    tables_board,
    tables_concessions,
    tables_crisis,
    tables_desk,
    tables_outbox,
    tables_persons,
    tables_warnings,
)
from store.metadata import metadata

__all__ = [
    "metadata",
    "tables",
    "tables_board",
    "tables_concessions",
    "tables_crisis",
    "tables_desk",
    "tables_outbox",
    "tables_persons",
    "tables_warnings",
]
