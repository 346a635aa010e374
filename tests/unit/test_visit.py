"""Whoever is signed out sees and does nothing more: every part that runs by itself asks first who is here."""

from __future__ import annotations

import ast
from contextlib import nullcontext
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from board import visit
from board.bar import carried
from board.draw import CARRIED, IN_THE_PAGE, SCRIPTS
from desk.sign_in import Session

BOARD = Path(__file__).resolve().parents[2] / "board"


def fragments() -> list[tuple[str, ast.FunctionDef]]:
    return [
        (file.name, node)
        for file in sorted(BOARD.glob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef) and any("fragment" in ast.unparse(one) for one in node.decorator_list)
    ]


@pytest.mark.parametrize(("file", "node"), fragments(), ids=lambda value: value if isinstance(value, str) else "")
def test_every_fragment_asks_first_who_is_here(file: str, node: ast.FunctionDef) -> None:
    body = node.body[1:] if ast.get_docstring(node) else node.body
    assert ast.unparse(body[0]) == "visit.stay()", (
        f"{file}: {node.name} shows or does something before it knows who is here"
    )


def test_there_are_fragments_to_look_at() -> None:
    assert {"bar.py", "sheet.py", "sources.py", "triage.py"} <= {file for file, _ in fragments()}


class Door:
    """A door that knows one token; `fails` is a store that cannot be read."""

    brand = "ornek"

    def __init__(self, asks: bool = True, must_change: bool = False, fails: bool = False) -> None:
        self.asks, self.must_change, self.fails = asks, must_change, fails
        self.left: list[str] = []

    def needed(self, now: datetime) -> bool:
        if self.fails:
            raise OSError("gone")
        return self.asks

    def who(self, token: str, now: datetime) -> Session | None:
        return Session("Elif", self.must_change, now, now + timedelta(hours=12)) if token == "right" else None

    def used(self, token: str, now: datetime) -> None:
        raise OSError("gone")

    def leave(self, token: str, now: datetime) -> None:
        self.left.append(token)


class Rerun(Exception):
    """What the framework raises to draw the page anew."""


@pytest.fixture
def tab(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The memory of a tab."""

    def rerun() -> None:
        raise Rerun

    memory: dict[str, Any] = {}
    monkeypatch.setattr("streamlit.session_state", memory)
    monkeypatch.setattr("streamlit.rerun", rerun)
    return memory


@pytest.mark.parametrize(
    ("door", "token", "changed", "out"),
    [
        (Door(), "right", False, False), (Door(), "ended", False, True), (Door(), "", False, True),
        (Door(must_change=True), "right", False, True), (Door(asks=False), "", False, False),
        (Door(), "right", True, True), (Door(asks=False), "", True, True), (Door(fails=True), "ended", False, False),
    ],
)  # fmt: skip
def test_a_tab_stays_as_long_as_it_may(tab: dict[str, Any], door: Any, token: str, changed: bool, out: bool) -> None:
    now: Any = Door() if changed else door
    tab.update(token=token, visit=visit.Visit(lambda: now, door))
    with pytest.raises(Rerun) if out else nullcontext():
        visit.stay()


def test_who_leaves_takes_everything_along_but_the_language(tab: dict[str, Any]) -> None:
    visit.stay()  # a page by itself has no door
    door: Any = Door()
    session = visit.arrive(lambda: door, datetime.now(UTC), asks=False)
    assert session is None and tab["token"] == ""
    tab.update(token="right", language="en", place="case 7", drafts="half an answer")
    assert visit.arrive(lambda: door, datetime.now(UTC), asks=True) is not None, "though its use could not be noted"
    visit.leave()
    assert door.left == ["right"] and tab == {"language": "en"}


def test_the_form_of_a_password_is_where_managers_find_it_and_nowhere_is_one_kept() -> None:
    assert "sign_in" in IN_THE_PAGE and "sign_in" not in CARRIED and "look.js" in SCRIPTS["sign_in"]
    script = (BOARD / "parts" / "sign_in.js").read_text(encoding="utf-8")
    assert all(f'"{name}"' in script for name in ("username", "current-password", "new-password"))
    assert "localStorage" not in script and "sessionStorage" not in script and "console." not in script


def test_the_next_page_is_told_who_and_in_which_language_only_where_this_one_was(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    address: dict[str, str] = {"me": "Mert", "lang": "en", "case": "7"}
    monkeypatch.setattr("streamlit.query_params", address)
    assert carried({"id": 3, "tab": None}) == {"me": "Mert", "lang": "en", "id": "3"}
    address.clear()
    assert carried({"id": 0, "page_of": "x"}) == {"page_of": "x"}
