"""The tables' history. `versions/` holds one file a change; this brings a database up to the newest of them.

There is no alembic.ini: the only way in is a connection that already holds the store's write lock.
"""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, inspect, text

FOLDER = Path(__file__).parent

HEAD = "0009"
"""The newest revision. Written here too, so that opening an up-to-date store need not load Alembic (0.2 s); a test
compares it with `versions/`."""

_alembic_is_busy = threading.Lock()  # Alembic hands the connection to env.py through one global per process


def revision(tx: Connection) -> str | None:
    """The revision the database is at; None for one without our tables."""
    if not inspect(tx).has_table("alembic_version"):
        return None
    found = tx.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()
    return None if found is None else str(found)


def knows(found: str) -> bool:
    """Whether `versions/` has this revision; a database made by a newer Nöbet is at one that it lacks."""
    from alembic.script import ScriptDirectory

    return found in {script.revision for script in ScriptDirectory.from_config(_config()).walk_revisions()}


def upgrade(tx: Connection) -> None:
    """Runs every missing revision in the transaction of `tx`, so that an interrupted upgrade leaves nothing behind."""
    from alembic import command

    with _alembic_is_busy:
        command.upgrade(_config(connection=tx), "head")


def _config(**attributes: Any) -> Any:
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes.update(attributes)
    return config
