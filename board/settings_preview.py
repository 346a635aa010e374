"""What hours, holidays and promises mean: telling moments, due before and after a change, each with its why."""

from __future__ import annotations

from datetime import datetime

from board import sheet
from board.moments import Moments
from board.sheet import Block
from desk.policy import Policy
from desk.telling import Worked, holidays, moments, worked

SHOWN = 20
"""Days of the next twelve months that are listed; Turkey has 15 to 17."""


def worked_blocks(old: Policy, new: Policy, now: datetime, said: Moments) -> list[Block]:
    """A table of moments: posted when, how urgent, due when, and why; with what it was where the policy changes."""
    texts = said.texts
    asked = moments(new, now)
    after = worked(new, asked)
    before = worked(old, asked) if old != new else after
    rows = []
    for one, was, is_ in zip(asked, before, after, strict=True):
        row = [
            texts.say(f"telling.{one.code}", at=_when(one.posted_at, said)),
            texts.label("urgency", one.urgency),
            *([_due(was, said)] if old != new else []),
            {"sign": ("urgent", _due(is_, said))} if was.due_at != is_.due_at else _due(is_, said),
            _why(is_, new, said),
        ]
        rows.append(row)
    names = ["posted", "urgency", *(["before", "after"] if old != new else ["due"]), "why"]
    label = texts.say("telling.title_change" if old != new else "telling.title")
    return [sheet.table([texts.say(f"telling.{name}") for name in names], rows, label)]


def calendar_blocks(policy: Policy, now: datetime, said: Moments) -> list[Block]:
    """The holidays of the next twelve months, and what the desk does on each."""
    texts = said.texts
    today = now.astimezone(policy.zone).date()
    days = holidays(policy, today)[:SHOWN]
    if not days:
        return [sheet.text(texts.say("telling.no_holidays"), dim=True)]
    rows = []
    for one in days:
        own = policy.exceptions.get(one.day)
        state = "own" if own is not None else "half" if one.half else "closed"
        sign = {"own": "same_day", "half": "paused", "closed": "none"}[state]
        at = datetime.combine(one.day, datetime.min.time(), policy.zone)
        rows.append([_day(at, said), {"sign": (sign, texts.say(f"telling.{state}"))}])
    header = [texts.say("telling.day"), texts.say("telling.then")]
    return [sheet.fold("holidays", texts.say("telling.holidays", n=len(days)),
                       [sheet.table(header, rows, texts.say("telling.next_year"))])]  # fmt: skip


def _when(at: datetime, said: Moments) -> str:
    return said.dated(at)


def _day(at: datetime, said: Moments) -> str:
    return said.dated(at).rsplit(" ", 1)[0]


def _due(one: Worked, said: Moments) -> str:
    return said.texts.say("telling.never") if one.due_at is None else said.dated(one.due_at)


def _why(one: Worked, policy: Policy, said: Moments) -> str:
    # The first line says when it was posted, the last when it is due: both stand in the row already.
    lines = [line.text(policy.zone, said.texts.language) for line in one.why[1:-1]]
    return "; ".join(lines)
