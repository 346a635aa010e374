"""A review as it is drafted from the store: its numbers, its story, what helped, what is still open.

Reads only. The same crisis at the same moment gives the same draft; a signed review holds the one it was signed with.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import Connection

from desk import ledger
from desk.case_clocks import clocks_of
from desk.clock import Clock
from desk.concessions import NAMES
from desk.crisis.course import run_of, subject_of
from desk.crisis.outside import parties_of, posts_of
from desk.crisis.review_numbers import Material, Matter, Numbers, Said, numbers
from desk.crisis.review_story import (
    Line,
    OpenPromise,
    Suggestion,
    both,
    promises_open,
    suggestions,
    timeline,
)  # fmt: skip
from desk.crisis.settings import CrisisSettings
from desk.crisis.statements import statements_of
from desk.deadline import NoStaffedTime
from desk.in_force import ClocksInForce
from desk.lineage import counted, first_post
from desk.replies.moments import names_moment
from desk.replies.reading import Reply
from playbooks.growth.change import Act, bins, change
from playbooks.schema import Bilingual
from store import concessions as ledger_store
from store import reviews as review_store
from store import subjects
from store.crises import CrisisRow
from store.reviews import SaidRow
from store.rows import EventRow
from store.timeline import events_of

ASKS = ("customer_posted", "customer_wrote")
BENDS = ("stage", "taken", "decision", "step", "update", "statement", "room")
"""Kinds of lines that may bend a curve; who was told or came late bends none."""

QUOTED = 5
"""Posts that are shown as examples, of those that prove the alarm or, without one, the first ones."""


class Acted(BaseModel):
    """Something that was done in the time in which the curve bent."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    at: datetime
    what: Bilingual


class Helped(BaseModel):
    """When the curve bent (90 % interval), by how much, and what was done then; that it was the reason is not said.

    `before` and `after` are factors by which the mentions changed in an hour; `probability` that there is a bend.
    """

    model_config = ConfigDict(frozen=True, extra="ignore")

    probability: float
    told: bool
    broke: bool
    low: datetime
    likely: datetime
    high: datetime
    before: float
    after: float
    acts: tuple[Acted, ...]
    shortly: tuple[Acted, ...]


class Draft(BaseModel):
    """All that is drafted of a review at one moment. `quotes` are ids of mentions; their words are read when shown,
    so that whoever is erased is gone from a signed review too."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    stage: str
    severity: int
    numbers: Numbers
    timeline: tuple[Line, ...]
    helped: Helped | None
    still_open: tuple[OpenPromise, ...]
    suggestions: tuple[Suggestion, ...]
    quotes: tuple[int, ...]


def drafted(
    tx: Connection, row: CrisisRow, clocks: ClocksInForce, outside: CrisisSettings, now: datetime
) -> Draft:  # fmt: skip
    """The draft of a crisis as the store has it in this transaction, at `now` (aware).

    `outside` are the settings' stakeholders and scheduled posts.
    """
    brand = row.brand
    log = subjects.events_of(tx, brand, subject_of(row.id))
    run = run_of(row, log, clocks.deadlines())
    family = review_store.family(tx, brand, row.incident_id) if row.incident_id is not None else []
    spoken = [one for one in review_store.said(tx, brand, family) if one.published_at <= now]
    alarm = review_store.first_alarm(tx, brand, family) if family else None
    if alarm is not None and alarm.raised_at > now:
        alarm = None
    matters = _matters(tx, spoken, clocks, now)
    given = _given(tx, brand, matters, now)
    sums = ledger.sums(given)
    state = run.state(now)
    statements = [event.at for event in log if event.type == PUBLISHED and event.at <= now]
    statements += [d.ended_at for d in state.duties if d.kind == "update" and d.how == "done" and d.ended_at]
    past = [event for event in log if event.at <= now]
    material = Material(
        run, now, tuple(Said(one.published_at, one.channel, one.source, one.author) for one in spoken), matters,
        alarm.raised_at if alarm else None, min(statements, default=None), sums.concessions, sums.money, sums.counts,
    )  # fmt: skip
    told = numbers(material)
    lines = timeline(material, log, told, _alarm_words(alarm.facts) if alarm else None)
    rehearsed = review_store.last_drill(tx, brand, row.plan, row.opened_at)
    proof = alarm.proof if alarm is not None and alarm.proof else [one.id for one in spoken]
    return Draft(
        stage=state.stage, severity=state.severity, numbers=told, timeline=lines,
        helped=_helped(spoken, lines, told, now),
        still_open=(*promises_open(matters), *_of_ledger(given, now), *_of_room(past, outside)),
        suggestions=suggestions(material, told, rehearsed, row.opened_at), quotes=tuple(proof[:QUOTED]),
    )  # fmt: skip


PUBLISHED = "crisis_statement_published"
"""The event with which a statement stands somewhere; a published update is one too, whoever wrote it down."""

SHOWN = 200
"""Characters of a statement that are shown of what it promised."""


def _matters(
    tx: Connection, spoken: Sequence[SaidRow], clocks: ClocksInForce, now: datetime
) -> tuple[Matter, ...]:  # fmt: skip
    """The cases that hold the incident's mentions now, each from its events alone."""
    asked: dict[int, datetime] = {}
    for one in spoken:
        if one.case_id is not None:
            asked[one.case_id] = min(one.published_at, asked.get(one.case_id, one.published_at))
    of_case: dict[int, list[EventRow]] = {case_id: [] for case_id in asked}
    for event in events_of(tx, asked):
        if event.case_id is not None and event.at <= now:
            of_case[event.case_id].append(event)
    return tuple(
        matter_of(case_id, at, sorted(of_case[case_id], key=lambda e: (e.at, e.id)), clocks, now)
        for case_id, at in sorted(asked.items())
    )  # fmt: skip


def matter_of(case_id: int, asked: datetime, events: list[EventRow], clocks: ClocksInForce, now: datetime) -> Matter:
    """One case as a crisis counts it, from its events up to `now`, in their order; a drill's scorecard reads it so too.

    `asked` is when the customer first wrote of it.
    """
    counting = counted(events)
    answers = tuple(e.at for e in counting if e.type == "answered" and e.by.startswith("agent:"))
    automatic = sum(e.type == "auto_acknowledged" and e.at >= asked for e in counting)
    told: list[Clock] = clocks_of(clocks, events, now) if events else []
    post = first_post(counting)
    first: Mapping[str, Any] = post.data if post else {}
    same_day = None
    try:
        deadlines = clocks.of_version(first.get("policy")).deadlines(first.get("channel"), first.get("team"))
        same_day = deadlines.due(asked, "same_day").due_at
    except NoStaffedTime:  # a desk that is never staffed keeps no day
        pass
    return Matter(case_id, asked, answers, automatic, tuple(told), same_day)


def _given(
    tx: Connection, brand: str, matters: Sequence[Matter], now: datetime
) -> list[ledger_store.ConcessionRow]:  # fmt: skip
    """What was given on these cases, and on those that were merged into them, since they asked."""
    asked = {each.case_id: each.asked_at for each in matters}
    if not asked:
        return []
    into = review_store.merged_from(tx, brand, asked)
    rows = ledger_store.between(tx, brand, min(asked.values()), now + timedelta(microseconds=1))
    since = {**{one: asked[root] for one, root in into.items()}, **asked}
    return [row for row in rows if row.case_id in since and row.at >= since[row.case_id]]


def _of_ledger(given: Sequence[ledger_store.ConcessionRow], now: datetime) -> list[OpenPromise]:
    """What was promised to customers of the crisis and is not theirs yet."""
    return [
        OpenPromise(
            kind="concession", what=both(*NAMES.get(row.kind, (row.kind, row.kind))), case_id=row.case_id,
            due_at=row.due_by, late=row.due_by is not None and row.due_by < now,
        )
        for row in given
        if row.state == "promised"
    ]  # fmt: skip


def _helped(spoken: Sequence[SaidRow], lines: Sequence[Line], told: Numbers, now: datetime) -> Helped | None:
    """The bend of the incident's curve; None where too little was said to see one."""
    if not spoken:
        return None
    begin, last = spoken[0].published_at, spoken[-1].published_at
    # Two quiet hours behind the last mention show that it is over; weeks of silence would only flatten the curve.
    end = min(now, max(last, told.milestone("closed") or last) + timedelta(hours=2))
    start = begin.replace(minute=begin.minute // 15 * 15, second=0, microsecond=0)
    done = [line for line in lines if line.kind in BENDS]
    counts, seen = bins((one.published_at for one in spoken), start, end)
    found = change(counts, start, (Act(line.at, str(place)) for place, line in enumerate(done)), seen)
    if found is None:
        return None

    def acted(acts: Iterable[Act]) -> tuple[Acted, ...]:
        return tuple(Acted(at=act.at, what=done[int(act.what)].title) for act in acts)

    return Helped(
        probability=round(found.probability, 3), told=found.told, broke=found.broke, low=found.low,
        likely=found.likely, high=found.high, before=round(found.before, 3), after=round(found.after, 3),
        acts=acted(found.acts), shortly=acted(found.shortly),
    )  # fmt: skip


def _alarm_words(facts: Mapping[str, Any]) -> Bilingual | None:
    """The first sentence with which the alarm explained itself, where its facts hold it in both languages."""
    why = facts.get("why")
    if not isinstance(why, Mapping):
        return None
    tr, en = (why.get(language) for language in ("tr", "en"))
    first = [str(each[0]) if isinstance(each, list | tuple) and each else str(each or "") for each in (tr, en)]
    return both(*first) if all(first) else None


def _of_room(log: Sequence[EventRow], outside: CrisisSettings) -> Iterator[OpenPromise]:
    """What the room still owes: published statements that name a time, who was never told, posts still paused.

    Whether a statement's word was kept is not in the log; a person looks, and says so in the review.
    """
    for one in statements_of(log):
        words = Reply(one.text)
        if one.published and names_moment(words, 0, len(words.plain)):
            text = " ".join(one.text.split())
            said = text if len(text) <= SHOWN else text[: SHOWN - 1] + "…"
            yield OpenPromise(kind="statement", what=both(said, said))
    for party in parties_of(log, outside):
        if not party.told:
            yield OpenPromise(kind="stakeholder", what=both(party.name, party.name))
    for post in posts_of(log, outside):
        if post.paused:
            yield OpenPromise(kind="post", what=both(post.name, post.name))
