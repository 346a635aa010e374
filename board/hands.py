"""What people do on the board: deeds that come from the browser, checked, and done through the desk once each.

The browser keeps a deed until it has been answered for and sends it again with the next message, so none is lost when
two fall together; a deed that was done is known by its id and is not done twice.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from pydantic import Field

from board.deeds import AnyDeed, do_each
from board.many import do_many, do_view, undo_many
from board.reply import checked, decided
from board.texts import Texts
from desk import bulk
from desk.desk import Desk, DeskError
from desk.drafts import Drafts

log = logging.getLogger("nobet")


class Deed(AnyDeed):
    """One deed as the browser sends it. The desk checks whether it may be done; this checks only its form."""

    case: int = 0
    mention: int = 0
    text: str = Field("", max_length=100_000)
    link: str = Field("", max_length=5000)
    who: str | None = Field(None, max_length=60)
    head: str = Field("", max_length=20)
    label: str = Field("", max_length=40)
    step: str = Field("", max_length=60)
    state: str = Field("", max_length=10)
    other: int = 0
    mentions: tuple[int, ...] = Field((), max_length=500)
    after: int | None = None
    anyway: bool = False
    second: int = 0
    target: str = Field("", max_length=60)
    language: str = Field("", max_length=5)
    form: dict[str, str] = Field({}, max_length=20)
    cases: tuple[int, ...] = Field((), max_length=bulk.AT_ONCE)
    act: str = Field("", max_length=20)


def _nothing(_: object) -> None:
    return None


def _moment(desk: Desk, text: str) -> datetime | None:
    """A moment as the browser's field says it, in the desk's zone where it has no offset; None for an empty one."""
    if not text:
        return None
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise DeskError("Choose a time that is still to come.") from None
    return (at if at.tzinfo else at.replace(tzinfo=desk.zone)).astimezone(UTC)


Do = Callable[[Desk, Deed, datetime], "int | None"]
Ask = Callable[[Desk, Deed, Texts, datetime], Mapping[str, Any]]

DEEDS: Mapping[str, Do] = {
    "claim": lambda desk, deed, now: desk.claim(deed.case, now),
    "assign": lambda desk, deed, now: desk.assign(deed.case, deed.who, now),
    "answer": lambda desk, deed, now: desk.answer(deed.case, deed.text, deed.link, now, deed.after, deed.target),
    "note": lambda desk, deed, now: desk.note(deed.case, deed.text, now),
    "send": lambda desk, deed, now: _nothing(
        desk.send(deed.case, deed.target, deed.language, deed.text, deed.id, now, deed.after)
    ),
    "decide": lambda desk, deed, now: desk.decide(deed.case, decided(deed.form, desk.case(deed.case, now), desk), now),
    "approve": lambda desk, deed, now: desk.decide_approval(deed.other, True, deed.text, now),
    "reject": lambda desk, deed, now: desk.decide_approval(deed.other, False, deed.text, now),
    "is_there": lambda desk, deed, now: desk.it_is_there(deed.other, deed.link, now),
    "send_again": lambda desk, deed, now: desk.send_again(deed.other, now),
    "cancel_send": lambda desk, deed, now: desk.cancel_send(deed.other, now),
    "keep_given": lambda desk, deed, now: desk.keep_given(deed.other, now),
    "cancel_given": lambda desk, deed, now: desk.cancel_given(deed.other, deed.text, now),
    "tier": lambda desk, deed, now: desk.set_tier(deed.case, deed.text, now),
    "link": lambda desk, deed, now: desk.link_persons(deed.case, deed.other, deed.second, now),
    "refuse_link": lambda desk, deed, now: desk.refuse_link(deed.case, deed.other, deed.second, now),
    "unlink": lambda desk, deed, now: desk.unlink_persons(deed.case, deed.other, deed.second, now),
    "order_retry": lambda desk, deed, now: _nothing(desk.order_card(desk.case(deed.case, now), now, retry=True)),
    "begin": lambda desk, deed, now: desk.begin_reply(deed.case, now, deed.anyway),
    "undo": lambda desk, deed, now: _nothing(desk.undo(deed.case, now)),
    "snooze": lambda desk, deed, now: desk.snooze(deed.case, _moment(desk, deed.text), now),
    "tag": lambda desk, deed, now: desk.tag(deed.case, tuple(deed.text.replace(",", " ").split()), now),
    "wait_team": lambda desk, deed, now: desk.wait_for_team(deed.case, deed.text, now),
    "merge": lambda desk, deed, now: desk.merge(deed.case, deed.other, now),
    "unmerge": lambda desk, deed, now: desk.unmerge(deed.case, deed.other, now),
    "split": lambda desk, deed, now: desk.split(deed.case, deed.mentions, now),
    "unsplit": lambda desk, deed, now: desk.unsplit(deed.case, deed.other, now),
    "wait": lambda desk, deed, now: desk.wait(deed.case, now),
    "back": lambda desk, deed, now: desk.back(deed.case, now),
    "resolve": lambda desk, deed, now: desk.resolve(deed.case, now),
    "reopen": lambda desk, deed, now: desk.reopen(deed.case, now),
    "set_aside": lambda desk, deed, now: desk.set_aside(deed.case, deed.text, now),
    "correct": lambda desk, deed, now: desk.correct(deed.case, deed.mention, deed.head, deed.label, now),
    "step": lambda desk, deed, now: desk.step(deed.case, deed.step, deed.state, now),
    "open": lambda desk, deed, now: desk.open_from_mention(deed.mention, now),
}


ASKS: Mapping[str, Ask] = {
    "voucher_code": lambda desk, deed, texts, now: desk.voucher_code(deed.other, now),
    "check": lambda desk, deed, texts, now: checked(desk, deed.case, deed.target, deed.language, deed.text, texts, now),
    "many": lambda desk, deed, texts, now: do_many(desk, deed.act, deed.cases, deed.text, texts, now),
    "undo_many": lambda desk, deed, texts, now: undo_many(desk, deed.act, deed.cases, deed.text, texts, now),
    **{
        do: lambda desk, deed, texts, now: do_view(desk, deed.do, deed.other, deed.text, deed.form, now)
        for do in ("save_view", "rename_view", "share_view", "move_view", "remove_view")
    },
}
"""Deeds whose answer is more than a yes, and questions, which change nothing."""

SENT = ("answer", "send")
"""Deeds after which there is nothing left to write: the drafts of that answer go with them."""


def do_all(desk: Desk, items: object, answered: dict[str, dict[str, Any]], texts: Texts, now: datetime) -> None:
    """Do what people did in Triage, once each; an answer names the case that was opened, if one was."""

    def do(deed: Deed) -> Mapping[str, Any] | None:
        if deed.do in ASKS:
            return ASKS[deed.do](desk, deed, texts, now)
        if deed.do not in DEEDS:
            return None
        told = {"case": DEEDS[deed.do](desk, deed, now)}
        if deed.do in SENT:
            Drafts(desk).drop(f"{deed.case}/answer/")
            Drafts(desk).drop(f"{deed.case}/link")
        return told

    do_each(Deed, items, answered, texts, do)
