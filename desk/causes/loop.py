"""What people do about a cause, and the daily look at whether it helped: found, acknowledged, fixed, fallen, back.

Every step is an event about `cause:ID`. The list itself is only read; `watch` is the worker's, changes a cause at most
once for what it finds, and finds nothing twice.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Connection

from desk.causes.naming import KINDS, folded, plain
from desk.causes.rates import Count
from desk.causes.watching import LAST, SETTLES, SHORTEST, WATCHED, Verdict, judge
from desk.causes.weekly import DAY, WEEK, WINDOWS, Finding, Orders, Week, gather, week_of, who
from desk.kept import Kept
from desk.paper import clean
from desk.roles import Refused, require
from desk.settings import Settings
from mention import TOPICS
from store import causes as cause_store
from store import events as event_log
from store import sources as source_store
from store import subjects
from store.causes import CauseRow, Said
from store.engine import Store
from store.rows import EventRow

HEARTBEAT = "causes"
"""Under which name the store keeps when `daily` last looked."""

LONGEST_OWNER, LONGEST_NOTE = 80, 2000

LATELY = timedelta(minutes=10)
"""How old the list may be that is shown on a page."""

log = logging.getLogger("nobet")


@dataclass(frozen=True)
class Watched:
    """What a look found: ids of causes that are followed from now on, whose rate fell, and that are back."""

    found: tuple[int, ...] = ()
    fell: tuple[int, ...] = ()
    back: tuple[int, ...] = ()


class Causes:
    """The causes of a brand, in one colleague's hands (`me`; the first of the desk without one)."""

    def __init__(self, store: Store, settings: Settings, me: str | None = None, kept: Kept | None = None) -> None:
        self.store = store
        self.settings = settings
        self.me = me or settings.agents[0].name
        self.kept = kept or Kept()

    @property
    def brand(self) -> str:
        """The brand's key in the store."""
        return self.settings.brand.key

    # --- looking

    def weekly(self, now: datetime, orders: Orders | None = None) -> Week:
        """The list of the last seven days. Raises NotAllowed for who may not see reports."""
        return self.between(now - WEEK, now, orders)

    def lately(self, now: datetime) -> Week | None:
        """That list as it was made last, for whoever looks at it all day: reading nine weeks of a large store takes
        seconds, and nobody acts on it by the minute. None while the first one is being made. Raises NotAllowed for who
        may not see reports."""
        require(self._agent(), "see_reports")
        return self.kept.soon(("causes", self.brand), now, LATELY, lambda: self.weekly(now))

    def forget(self) -> None:
        """Something was done about a cause: the list is another one."""
        self.kept.forget(("causes", self.brand))

    def between(self, start: datetime, end: datetime, orders: Orders | None = None) -> Week:
        """The list of [start, end), compared with the eight stretches of that length before it. Raises Refused."""
        require(self._agent(), "see_reports")
        if end - start < DAY * 0.9:
            raise Refused("Bir günden kısa süre için oran hesaplanmaz.", "A rate needs at least a day.")
        with self.store.read() as tx:
            return week_of(tx, self.settings, start, end, orders)

    def followed(self) -> tuple[CauseRow, ...]:
        """Every cause that is followed, the oldest first."""
        require(self._agent(), "see_reports")
        with self.store.read() as tx:
            return tuple(cause_store.all_of(tx, self.brand))

    def history(self, cause_id: int) -> tuple[EventRow, ...]:
        """What happened with a cause, the oldest first."""
        require(self._agent(), "see_reports")
        with self.store.read() as tx:
            return tuple(subjects.events_of(tx, self.brand, subjects.subject("cause", cause_id)))

    # --- doing

    def follow(self, kind: str, value: str, topic: str, now: datetime) -> int:
        """Follow a cause that a person names, risen or not; answers its id, the same one where it is followed."""
        require(self._agent(), "follow_cause")
        value = plain(value)
        if kind not in KINDS or topic not in TOPICS or not folded(value):
            raise Refused(
                "Sebep eksik ya da bilinmiyor: tür, ad ve konu gerekir.",
                "That is no cause: it takes a known kind, a name and a known topic.",
            )
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            for row in cause_store.all_of(tx, self.brand):
                if (row.kind, folded(row.value), row.topic) == (kind, folded(value), topic):
                    return row.id
            cause_id = cause_store.follow(
                tx, self.brand, kind=kind, value=value, topic=topic, facts={}, since=now - WEEK, now=now
            )
            assert cause_id is not None
            told = {"kind": kind, "value": value, "topic": topic}
            self._log(tx, cause_id, "cause_followed", now, f"agent:{self.me}", told)
            return cause_id

    def acknowledge(self, cause_id: int, owner: str, note: str, now: datetime) -> None:
        """Somebody has it: `owner` is a colleague or a team of the house. Raises Refused."""
        require(self._agent(), "follow_cause")
        owner, note = _words(owner, LONGEST_OWNER), clean(note).strip()[:LONGEST_NOTE]
        if not owner:
            raise Refused("Sebebi kimin üstlendiğini yazın.", "Say who has taken the cause.")
        with self.store.write() as tx:
            row = self._row(tx, cause_id)
            if row.state == "fixed":
                raise Refused(
                    "Bu sebep giderildi olarak işaretli; şikâyetler yeniden artarsa geri açılır.",
                    "This cause is marked as fixed; it opens again if complaints rise.",
                )
            if (row.state, row.owner, row.note) == ("acknowledged", owner, note):
                return
            self._move(tx, row, now, state="acknowledged", owner=owner, note=note)
            self._log(tx, row.id, "cause_acknowledged", now, f"agent:{self.me}", {"owner": owner, "note": note})

    def fixed(self, cause_id: int, on: date, note: str, now: datetime) -> None:
        """The cause was removed on a day of the desk's; from then on it is watched. Raises Refused."""
        require(self._agent(), "follow_cause")
        note = clean(note).strip()[:LONGEST_NOTE]
        if on > now.astimezone(self.settings.desk.zone).date():
            raise Refused("Gideriliş tarihi gelecekte olamaz.", "It cannot have been fixed in the future.")
        with self.store.write() as tx:
            row = self._row(tx, cause_id)
            if row.state == "fixed" and row.facts.get("fixed_on") == on.isoformat():
                return
            facts = {name: value for name, value in row.facts.items() if name not in ("fell_at", "back")}
            facts["fixed_on"] = on.isoformat()
            self._move(tx, row, now, state="fixed", facts=facts, note=note or row.note)
            self._log(tx, row.id, "cause_fixed", now, f"agent:{self.me}", {"on": on.isoformat(), "note": note})

    # --- the worker

    def daily(self, now: datetime) -> Watched:
        """`watch`, once on each of the desk's days however often it is asked; for the worker."""
        zone = self.settings.desk.zone
        with self.store.read() as tx:
            last = source_store.heartbeat(tx, self.brand, HEARTBEAT)
        if last is not None and last.at.astimezone(zone).date() >= now.astimezone(zone).date():
            return Watched()
        done = self.watch(now)
        with self.store.write() as tx:
            source_store.beat(tx, self.brand, HEARTBEAT, now)
        return done

    def watch(self, now: datetime) -> Watched:
        """Follow what has risen, and judge what was fixed. Asked twice, it changes nothing the second time."""
        with self.store.read() as tx:
            week = week_of(tx, self.settings, now - WEEK, now)
            fixed = [row for row in cause_store.all_of(tx, self.brand) if row.state == "fixed"]
            verdicts = self._judged(tx, fixed, week, now)
        if not week.risen and not verdicts:
            return Watched()
        found, fell, back = [], [], []
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            for one in week.risen:
                if one.id is None and (cause_id := self._follow(tx, one, now)) is not None:
                    found.append(cause_id)
            for row, verdict, told in verdicts:
                if verdict == "fell":
                    facts = {**row.facts, "fell_at": now.isoformat()}
                    if cause_store.move(tx, self.brand, row, now, facts=facts):
                        self._log(tx, row.id, "cause_fell", now, "system", told)
                        fell.append(row.id)
                else:
                    facts = {**row.facts, "back": {"why": verdict, **told}}
                    if cause_store.move(tx, self.brand, row, now, state="back", facts=facts):
                        self._log(tx, row.id, "cause_back", now, "system", {"why": verdict, **told})
                        back.append(row.id)
        return Watched(tuple(found), tuple(fell), tuple(back))

    def _follow(self, tx: Connection, one: Finding, now: datetime) -> int | None:
        facts = facts_of(one)
        since = one.began[1] if one.began else now - WEEK
        cause_id = cause_store.follow(
            tx, self.brand, kind=one.kind, value=one.value, topic=one.topic, facts=facts, since=since, now=now
        )
        if cause_id is not None:
            told = {"kind": one.kind, "value": one.value, "topic": one.topic, **facts}
            self._log(tx, cause_id, "cause_found", now, "system", told)
        return cause_id

    def _judged(
        self, tx: Connection, rows: list[CauseRow], week: Week, now: datetime
    ) -> list[tuple[CauseRow, Verdict, dict[str, Any]]]:
        """What is new about each cause that was fixed, with the numbers that say so."""
        due = [(row, at) for row in rows if (at := self._fixed_at(row)) + SETTLES + SHORTEST <= now]
        if not due:
            return []
        risen = {one.key for one in week.risen}
        oldest = max(min(at for _, at in due), now - WATCHED)
        told, _ = gather(cause_store.said(tx, self.brand, oldest - WINDOWS * WEEK, now), self.settings, now)
        found: list[tuple[CauseRow, Verdict, dict[str, Any]]] = []
        for row, at in due:
            key = (row.kind, folded(row.value), row.topic)
            said = told[key].said if key in told else []
            settled = at + SETTLES
            start = max(settled, now - LAST)
            lately = self._count(tx, said, start, now)
            if now - at > WATCHED:
                verdict: Verdict | None = "rose_again" if key in risen else None
                episode = None
            else:
                episode = self._count(tx, said, max(row.since, at - WINDOWS * WEEK), at)
                calm = _calm(row, self._count(tx, said, settled, start))
                verdict = judge(now - at, "fell_at" in row.facts, lately, episode, calm)
            if verdict is not None:
                numbers: dict[str, Any] = {"people": lately.people, "of": lately.of, "days": lately.windows * 7}
                if episode is not None:
                    numbers |= {"before_people": episode.people, "before_of": episode.of}
                found.append((row, verdict, numbers))
        return found

    def _count(self, tx: Connection, said: list[Said], start: datetime, end: datetime) -> Count:
        """People who complained in [start, end), each once a week, of the brand's mentions then."""
        if start >= end:
            return Count(0, 0.0, 0.0)
        people = {(int((one.at - start) / WEEK), who(one)) for one in said if start <= one.at < end}
        return Count(len(people), float(cause_store.posted(tx, self.brand, [start, end])[0]), (end - start) / WEEK)

    def _fixed_at(self, row: CauseRow) -> datetime:
        """The end of the day on which it was fixed."""
        on = date.fromisoformat(str(row.facts["fixed_on"]))
        return datetime.combine(on + DAY, time(0), self.settings.desk.zone)

    # --- the rest

    def _agent(self) -> Any:
        found = next((agent for agent in self.settings.agents if agent.name == self.me), None)
        if found is None:
            raise Refused(f"{self.me} bu ekipte değil.", f"{self.me} is not on the desk.")
        return found

    def _row(self, tx: Connection, cause_id: int) -> CauseRow:
        event_log.hold(tx, self.brand)
        row = cause_store.cause(tx, self.brand, cause_id)
        if row is None:
            raise Refused(f"{cause_id} numaralı sebep yok.", f"There is no cause {cause_id}.")
        return row

    def _move(self, tx: Connection, row: CauseRow, now: datetime, **columns: Any) -> None:
        changed = cause_store.move(tx, self.brand, row, now, **columns)
        assert changed, "the head of the log is held, so nobody else can have changed it"

    def _log(self, tx: Connection, cause_id: int, type: str, now: datetime, by: str, data: Mapping[str, Any]) -> None:
        subject = subjects.subject("cause", cause_id)
        subjects.append(tx, self.brand, subject, type=type, at=now, by=by, recorded_at=now, data=data)


def facts_of(one: Finding) -> dict[str, Any]:
    """A finding's numbers as they are kept with a cause: counts, the ratio and its interval, when it began."""
    facts: dict[str, Any] = {
        "people": one.now.people, "of": one.now.of, "per": one.per, "before_people": one.before.people,
        "before_of": one.before.of, "windows": one.before.windows, "examples": list(one.examples),
    }  # fmt: skip
    if one.ratio is not None:
        facts["times"] = [round(value, 2) for value in (one.ratio.low, one.ratio.middle, one.ratio.high)]
    if one.began is not None:
        facts["began"] = [at.isoformat() for at in one.began]
    return facts


def _calm(row: CauseRow, since: Count) -> Count | None:
    """The weeks before the episode, as they were when it was found, and those that were quiet after the fix."""
    people, of = row.facts.get("before_people", 0), float(row.facts.get("before_of", 0.0))
    windows = float(row.facts.get("windows", 0.0))
    if "fell_at" in row.facts:
        people, of, windows = people + since.people, of + since.of, windows + since.windows
    return Count(people, of, windows) if of > 0 else None


def _words(text: str, longest: int) -> str:
    return " ".join(clean(text).split())[:longest]
