"""A sheet: a page made of blocks, drawn by parts/sheet.js. What each block is, where one is, and what was done there.

A page is two things: `picture(place, now)`, which answers the blocks to show, and a table of deeds. Everything else
(the address, the session, refreshing, deeds that are done once) is here, the same for every page.
"""

from __future__ import annotations

import base64
import binascii
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import streamlit as st
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from board import visit
from board.deeds import AnyDeed, do_each, said_in
from board.drafts import drafts_data, keep_drafts
from board.draw import draw
from board.moments import clock_of, now_of
from board.texts import Texts
from desk.roles import Refused
from desk.room import DeskError, Room

log = logging.getLogger("nobet")

REFRESH = 5.0
"""Seconds between two looks at the store. Time itself does not wait for it: the browser ticks."""

DRAFTS_FOR = timedelta(hours=20)
"""What was filled in and not sent waits through a shift and a night; after that the form shows what is true."""

Block = Mapping[str, Any]
"""One block as parts/blocks.js draws it; `b` says which."""


class Place(BaseModel):
    """Where a person is on a sheet: which one of its things is open, and in which tab. The browser numbers changes."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    n: int = 0
    id: int = 0
    key: str = Field("", max_length=80)
    """What is open where things have names."""
    tab: str = Field("", max_length=40)
    q: str = Field("", max_length=200)
    """What is looked for. It may be a customer's number, so it stands in no address."""
    wall: bool = False


class Deed(AnyDeed):
    """Something that a person did on a sheet: its name in the page's table, to what, and what was filled in."""

    of: int = 0
    form: dict[str, str] = Field({}, max_length=40)

    def said(self, name: str, most: int = 20_000) -> str:
        """What was filled in under a name, without blanks around it; empty for nothing."""
        return self.form.get(name, "").strip()[:most]

    def number(self, name: str) -> int:
        """A number that was filled in; 0 for none."""
        text = self.form.get(name, "")
        return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0

    def file(self, name: str) -> bytes:
        """A file that was handed over; empty for none. Raises Refused for one that did not arrive whole."""
        try:
            return base64.b64decode(self.form.get(name, ""), validate=True)
        except (binascii.Error, ValueError):
            raise Refused(
                "Dosya bütün olarak gelmedi; yeniden seçin.", "The file did not arrive whole; choose it again."
            ) from None

    def many(self, name: str) -> tuple[str, ...]:
        """What was chosen of several."""
        return tuple(part for part in self.form.get(name, "").split(",") if part)


Do = Callable[[Deed, datetime], object]
"""Does a deed. A mapping that it answers is what the browser is told beside that it is done: `go` (a place), `file`
(see papers.file), `told` (a sentence), `out` (an address); `anew` draws the whole page on what the configuration says
now. Any other answer is nobody's business there."""


def page(
    name: str,
    desk: Room,
    texts: Texts,
    picture: Callable[[Place, datetime], Mapping[str, Any]],
    deeds: Mapping[str, Do],
    leave: Callable[[str, Mapping[str, Any]], None],
) -> None:
    """The whole page. `leave` goes to another page of the board, with what its address is to say."""
    _adopt_address(name)
    to = st.session_state.pop("sheet_leaves", None)
    if isinstance(to, dict):
        leave(str(to.pop("page")), to)
        return
    _live(name, desk, texts, picture, deeds)


@st.fragment(run_every=REFRESH)
def _live(
    name: str,
    desk: Room,
    texts: Texts,
    picture: Callable[[Place, datetime], Mapping[str, Any]],
    deeds: Mapping[str, Do],
) -> None:
    visit.stay()
    now = now_of(desk)
    answered: dict[str, dict[str, Any]] = st.session_state.setdefault("sheet_answered", {})
    sent = st.session_state.pop("sheet_sent", None)
    if isinstance(sent, dict) and sent.get("page") == name:
        keep_drafts(desk, sent.get("drafts"), now)
        do_all(deeds, sent.get("items"), answered, texts, now)
        _move(name, sent.get("place"))
        if isinstance(sent.get("leave"), dict) and sent["leave"].get("page"):
            st.session_state["sheet_leaves"] = dict(sent["leave"])
            st.rerun()
        if any(answer.pop("anew", False) for answer in answered.values()):
            st.rerun()  # the configuration is another one now: the whole page is drawn on the desk that it says
    place = _place(name)
    data: dict[str, Any] = {
        **clock_of(desk, now), "language": texts.language, "page": name, "place": place.model_dump(),
        "refresh_ms": int(REFRESH * 1000), "title": texts.label("page", name), "wall": place.wall,
    }  # fmt: skip
    try:
        data |= picture(place, now)
        data |= {"me": desk.me, "drafts": drafts_data(desk, f"sheet/{name}/{place.id or ''}/", now - DRAFTS_FOR)}
    except (DeskError, Refused) as error:
        data["failure"] = said_in(error, texts)
    except Exception:
        log.exception("the board could not read the desk")
        data["failure"] = texts.say("fail.reading")
    draw("sheet", data | {"answers": dict(list(answered.items())[-20:])}, on_send_change=_take)


def _take() -> None:
    """Keep what the browser sent for the run of the fragment that follows at once."""
    st.session_state["sheet_sent"] = st.session_state["sheet"]["send"]


def _place(name: str) -> Place:
    place: Place = st.session_state.setdefault(f"sheet_place_{name}", Place())
    return place


def _adopt_address(name: str) -> None:
    """Take what is open from the address when it was changed there: a link, a reload, the Back button."""
    address = {name: st.query_params.get(name) for name in ("id", "key", "tab", "wall")}
    if address == st.session_state.get(f"sheet_address_{name}"):
        return
    st.session_state[f"sheet_address_{name}"] = address
    id = address["id"] or ""
    number = int(id) if id.isascii() and id.isdigit() and len(id) < 18 else 0
    place = Place(
        n=_place(name).n + 1, id=number, key=(address["key"] or "")[:80], tab=(address["tab"] or "")[:40],
        wall=bool(address["wall"]),
    )  # fmt: skip
    st.session_state[f"sheet_place_{name}"] = place


def _move(name: str, sent: Any) -> None:
    try:
        place = Place.model_validate(sent)
    except ValidationError:
        log.warning("the board was sent a place that is none; people stay where they were")
        return
    if place.n < _place(name).n:
        return
    st.session_state[f"sheet_place_{name}"] = place
    address = {
        "id": str(place.id) if place.id else None, "key": place.key or None, "tab": place.tab or None,
        "wall": "1" if place.wall else None,
    }  # fmt: skip
    if address == st.session_state.get(f"sheet_address_{name}"):
        return
    st.session_state[f"sheet_address_{name}"] = address
    for key, value in address.items():
        if value is not None:
            st.query_params[key] = value
        elif key in st.query_params:
            del st.query_params[key]


def do_all(
    deeds: Mapping[str, Do], items: object, answered: dict[str, dict[str, Any]], texts: Texts, now: datetime
) -> None:
    """Do what people did on a sheet, once each."""

    def do(deed: Deed) -> Mapping[str, Any] | None:
        if deed.do not in deeds:
            return None
        told = deeds[deed.do](deed, now)
        return told if isinstance(told, Mapping) else {}

    do_each(Deed, items, answered, texts, do)


# --- blocks: what a page says; see parts/blocks.js for how they look ---

Sign = tuple[str, str]
"""A sign's shape (a key of SHAPES in core.js) and its word."""


def head(
    text: str, level: int = 2, sub: str = "", back: tuple[str, Mapping[str, Any]] | None = None, **more: Any
) -> Block:
    """A heading; level 1 is the page's own. `back` is a way back: its words and its place. More: sign, due, urgency."""
    return {
        "b": "head", "text": text, "level": level, "sub": sub,
        "back": {"text": back[0], "go": back[1]} if back else None, **more,
    }  # fmt: skip


def text(words: str, dim: bool = False) -> Block:
    """A paragraph."""
    return {"b": "text", "text": words, "dim": dim}


def note(sign: Sign, words: str, more: str = "", buttons: Sequence[Block] = (), loud: bool = False) -> Block:
    """Something to be noticed; `loud` is read aloud by a screen reader at once."""
    return {"b": "note", "sign": sign, "text": words, "more": more, "buttons": list(buttons) or None, "loud": loud,
            "keep": sign[1]}  # fmt: skip


def facts(items: Sequence[tuple[str, str]]) -> Block:
    """Labels with their values."""
    return {"b": "facts", "items": [list(item) for item in items if item[1]]}


def figures(items: Sequence[Block]) -> Block:
    """Numbers to be read at a glance: `n` or `due`, `label`, perhaps `go` and `sign`."""
    return {"b": "figures", "items": list(items)}


def cards(items: Sequence[Block], label: str, empty: str = "") -> Block:
    """Things of one kind below each other: `keep`, `title`, and perhaps text, meta, sign, due, go, buttons, blocks."""
    return {"b": "list", "items": list(items), "label": label, "empty": empty}


def table(header: Sequence[str], rows: Sequence[Sequence[Any]], label: str = "") -> Block:
    """A table; a cell is text, `{text, go}` or `{sign}`."""
    return {"b": "table", "head": list(header), "rows": [list(row) for row in rows], "label": label}


def fold(keep: str, title: str, blocks: Sequence[Block]) -> Block:
    """Blocks that are shown on demand."""
    return {"b": "fold", "keep": keep, "title": title, "blocks": list(blocks)}


def field(name: str, label: str, kind: str = "text", value: str = "", **more: Any) -> Block:
    """A field of a form: text, area, date, number, select, choice (one of, spelt out) or many. More: options, required,
    max, hint, rows."""
    return {"name": name, "label": label, "kind": kind, "value": value, **more}


def form(
    do: str, submit: str, fields: Sequence[Block], keep: str = "", title: str = "", said: str = "", **more: Any
) -> Block:
    """A form whose filling is the deed `do`; `said` is told when it is done. More: text, form (fixed values), quiet,
    grid (fields side by side), after (blocks beneath the button)."""
    return {"b": "form", "do": do, "submit": submit, "fields": list(fields), "keep": keep or do, "title": title,
            "said": said, **more}  # fmt: skip


def press(do: str, words: str, said: str = "", **more: Any) -> Block:
    """A button that does something. More: form (fixed values), confirm (words of the second press), primary,
    keep, drops (the form whose drafts are done with)."""
    return {"do": do, "text": words, "said": said, **more}


def lead(words: str, go: Mapping[str, Any], **more: Any) -> Block:
    """A button that goes somewhere: `id` and `tab` on this page, `page` for another."""
    return {"text": words, "go": dict(go), **more}


def buttons(*items: Block | None) -> Block:
    """Buttons in a row."""
    return {"b": "buttons", "items": [item for item in items if item is not None]}


def tabs(items: Sequence[tuple[str, str]], chosen: str, label: str) -> Block:
    """Tabs of the page."""
    return {"b": "tabs", "items": [list(item) for item in items], "chosen": chosen, "label": label}


def lines(items: Sequence[Block]) -> Block:
    """A log: `at`, `who`, `what`, perhaps `more`."""
    return {"b": "log", "items": list(items)}
