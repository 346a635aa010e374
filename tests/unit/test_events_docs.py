"""The page on events: every type that the board knows, and every type that the code writes, is on it."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from board.log import EVENTS
from desk.crisis.words import ROOM_EVENTS
from desk.lineage import COPIED, SPLIT, UNDONE
from desk.moves import UNDOABLE
from store.corrections import MODEL_CHANGES, REVIEWED
from store.rows_persons import LINK_EVENTS

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "reference" / "events.md").read_text(encoding="utf-8")
NAMED = (*EVENTS, *ROOM_EVENTS, *UNDOABLE, *COPIED, *LINK_EVENTS, *MODEL_CHANGES, REVIEWED, SPLIT, UNDONE)

# Calls that write an event, and the place of its type among their arguments; `type=` is looked for in all of them.
WRITERS = {"NewEvent": 0, "_act": 2, "_log": 2, "_move": 1, "_told_again": 3, "append": None}


def told() -> set[str]:
    """The types that stand in the first column of the page's tables."""
    rows = re.findall(r"^\| (`[^|]+) \|", PAGE, re.M)
    return {name for row in rows for name in re.findall(r"`(\w+)`", row)}


def written() -> Iterator[tuple[str, str]]:
    """Every type that is spelt out where an event is written, and where."""
    files = [*ROOT.glob("desk/**/*.py"), *ROOT.glob("store/*.py"), *ROOT.glob("commands/*.py"), ROOT / "collecting.py"]
    for file in files:
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if not isinstance(node, ast.Call):
                continue
            name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
            if name not in WRITERS:
                continue
            at = WRITERS[name]
            given = [word.value for word in node.keywords if word.arg == "type"]
            given += [] if at is None else node.args[at : at + 1]
            for one in given:
                if isinstance(one, ast.Constant) and isinstance(one.value, str):
                    yield one.value, f"{file.relative_to(ROOT)}:{node.lineno}"


@pytest.mark.parametrize("type", sorted(set(NAMED)))
def test_every_type_that_is_known_is_on_the_page(type: str) -> None:
    assert type in told(), f"{type} is not in docs/reference/events.md"


def test_every_type_that_is_written_is_on_the_page() -> None:
    found = list(written())
    assert len(found) > 30, "the calls that write events are no longer found"
    assert not [f"{type} ({where})" for type, where in found if type not in told()]
