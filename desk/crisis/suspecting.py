"""From an alarm to a suspected crisis: when the trigger of a plan fires, for which plan, and under which name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from desk.crisis.opening import suspect
from desk.deadline import Deadlines
from desk.settings import Settings
from mention import HOT, URGENCIES, Fact
from playbooks.crisis.choice import ANY, plan_for
from playbooks.crisis.plan import Plan, Trigger
from playbooks.words import name_of
from store import alarms as alarm_store
from store import crises as crisis_store
from store import incidents as incident_store
from store.alarms import AlarmRow
from store.incidents import Member

STALE = timedelta(hours=72)
"""An alarm older than this opens nothing by itself: it comes out of an import of old mentions. Three days, because a
leak of Friday night that is read on Monday must still open one (KVKK's 72 hours run)."""

WINDOWS = (timedelta(minutes=15), timedelta(hours=1), timedelta(hours=3))
"""Stretches in which a trigger's mentions are counted; the usual is that of the same stretch."""

COUNTED = timedelta(hours=24)
"""How far before its newest mention an incident is counted."""

MANY = 0.25
"""Share of the mentions from which their urgency is the incident's: a matter in which every fourth is critical is."""

NAMING = ("product", "carrier", "city")
"""Kinds of facts that give an incident its name; all else may be somebody's own."""


def suspect_what_fires(
    tx: Connection, settings: Settings, deadlines: Deadlines, plans: Mapping[str, Plan], incident_ids: Iterable[int],
    now: datetime,
) -> int:  # fmt: skip
    """Open a suspected crisis for each of these incidents that has an alarm, no crisis, and a plan whose trigger
    fires; answers how many. To be called in the transaction that placed their mentions."""
    brand, opened = settings.brand.key, 0
    for incident_id, alarm in sorted(alarm_store.of_incidents(tx, brand, incident_ids).items()):
        if now - alarm.at > STALE or crisis_store.of_incident(tx, brand, incident_id):
            continue
        row = incident_store.incident(tx, brand, incident_id)
        if row is None:
            continue
        members = incident_store.members(tx, brand, incident_id, since=row.last_at - COUNTED)
        found = _plan(plans, alarm, row.topic, members)
        if found is None:
            continue
        plan, trigger = found
        language = settings.board.language
        crisis = suspect(
            tx, settings, deadlines, plan, key=f"incident:{incident_id}", title=title(row.topic, members, language),
            why=alarm.facts["why"][language][0], by="system", now=now, severity=trigger.severity,
            incident_id=incident_id,
        )  # fmt: skip
        opened += crisis is not None
    return opened


def _plan(
    plans: Mapping[str, Plan], alarm: AlarmRow, topic: str, members: Sequence[Member]
) -> tuple[Plan, Trigger] | None:
    """The plan that an incident is for: the gravest that fires over one of WINDOWS."""
    if alarm.view == "at_once":
        facts = alarm.facts
        found = plan_for(plans, facts["topic"], facts["urgency"], 1, 0.0, facts["certainty"])
        return found or _at_once_anyway(plans)
    urgency = urgency_of(members)
    fired = []
    for window in WINDOWS:
        usual = alarm.facts["expected"] * (window / WINDOWS[0])
        found = plan_for(plans, topic, urgency, most_in(window, [one.stored.mention.published_at for one in members]),
                         usual, 0.0)  # fmt: skip
        if found is not None:
            fired.append(found)
    return max(fired, key=lambda one: (one[0].id != ANY, one[1].severity), default=None)


def _at_once_anyway(plans: Mapping[str, Plan]) -> tuple[Plan, Trigger] | None:
    """One certain text opens a crisis, also where the brand's own plans forgot the trigger: by ANY, else the first."""
    plan = plans.get(ANY) or next(iter(plans.values()), None)
    return None if plan is None else (plan, max(plan.triggers, key=lambda trigger: trigger.severity))


def most_in(window: timedelta, moments: Iterable[datetime]) -> int:
    """The most mentions in any stretch of this length."""
    ordered, first, most = sorted(moments), 0, 0
    for last, at in enumerate(ordered):
        while at - ordered[first] > window:
            first += 1
        most = max(most, last - first + 1)
    return most


def urgency_of(members: Sequence[Member]) -> str:
    """The gravest urgency that at least every fourth mention has; of fewer, the most frequent one."""
    counts = Counter(one.score.urgency.label for one in members)
    for label in reversed(HOT):
        if counts[label] >= MANY * max(1, len(members)):
            return label
    return max(counts, key=lambda label: (counts[label], URGENCIES.index(label)), default="none")


def title(topic: str, members: Sequence[Member], language: str) -> str:
    """What an incident is called: its topic, and what its mentions name most (a product, a carrier, a city)."""
    named = commonest(fact for one in members for fact in _once(one.score.facts))
    words = [value for _, value in named[:2]]
    return f"{name_of('topic', topic, language)}: {', '.join(words)}" if words else name_of("topic", topic, language)


def commonest(facts: Iterable[Fact]) -> list[tuple[str, str]]:
    """The facts that name an incident, of at least two mentions, the most frequent first: (kind, value)."""
    counts = Counter((fact.kind, fact.value) for fact in facts if fact.kind in NAMING and fact.value)
    ranked = sorted(counts.items(), key=lambda pair: (-pair[1], NAMING.index(pair[0][0]), pair[0][1]))
    return [pair for pair, count in ranked if count >= 2]


def _once(facts: Sequence[Fact]) -> list[Fact]:
    """A mention's facts, each value once."""
    return list({(fact.kind, fact.value): fact for fact in facts}.values())


def proof_of(members: Sequence[Member], first: int | None, most: int, reach: Any) -> list[int]:
    """The ids of up to `most` mentions that prove an alarm: the one that raised it, then by turns the newest and the
    one that carried furthest. `members` are the newest first."""
    found: dict[int, None] = {} if first is None else {first: None}
    newest = [one.stored.id for one in members]
    widest = [one.stored.id for one in sorted(members, key=lambda one: -reach(one.stored.mention))]
    for pair in zip(newest, widest, strict=True):
        for id in pair:
            if len(found) < most:
                found[id] = None
    return list(found)
