"""A process that saves a playbook and is killed: it dies at a line of ours."""

from __future__ import annotations

from multiprocessing.connection import Connection
from pathlib import Path

from desk.desk import Desk
from desk.playbook_editing import PlaybookBook
from desk.settings import library_of, load_settings
from playbooks.editing import digest
from store import Store
from tests.integration.killing import killed_at
from tests.integration.store_making import NOW

ROOT = Path(__file__).parents[2]
OURS = tuple(str(ROOT / name) for name in ("desk/playbook_editing.py", "desk/playbook_files.py", "store/subjects.py"))
ID = "late_delivery"


def book_in(home: Path, me: str = "Deniz") -> PlaybookBook:
    """The playbooks of the brand whose home this is."""
    settings = load_settings(home / "nobet.yaml", {"NOBET_HOME": str(home)})
    return PlaybookBook(Desk(Store.open(settings.url, migrate=False), settings, library_of(settings), me))


def changed(text: str) -> str:
    """The text with a step's time box changed, there and back."""
    here, there = ("within: 2h\n", "within: 90m\n") if "within: 2h\n" in text else ("within: 90m\n", "within: 2h\n")
    assert here in text
    return text.replace(here, there, 1)


def life(home: str, kill_at: int, gate: Connection) -> None:
    """Saves one change; dies by kill -9 at the `kill_at`-th line of ours (0: never). Answers the lines run."""
    book = book_in(Path(home))
    text = book.text("playbook", ID)
    new = changed(text)
    assert book.check("playbook", ID, new).good  # read once; the lines that count are those that write
    with killed_at(kill_at, OURS) as lines:
        book.save("playbook", ID, new, digest(text), "daha erken", NOW)
    book.store.close()
    gate.send(lines.run)
