"""What must happen in the next hour? All that the day's first page shows, read cheaply for many who look at once.

What an act of mine changes (counts, the next cases, approvals) is read each time; the rest is kept a while for every
session of the process (desk.kept), because it changes slowly and costs more.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from desk.ahead import Ahead, ahead
from desk.calendar import calendar_of
from desk.crisis.incidents import IncidentLine, Incidents
from desk.crisis.reviewing import Reviews
from desk.crisis.room import CrisisRoom
from desk.crisis.room_view import CrisisLine
from desk.desk import STALE, Desk
from desk.forecast import Forecast, forecast_from
from desk.forecast_words import sentences
from desk.lookout import GAPS_OF, Watched, name_in
from desk.metrics.period import Period
from desk.quiet import Hidden, Quiet, hidden, quiet
from desk.report.content import Say
from desk.report.keeping import Keeper
from desk.roles import any_may
from desk.team import Agent, Rota
from desk.views import PendingApproval
from store import alarms as alarm_store
from store import cases as case_store
from store import crises as crisis_store
from store import editing
from store import forecasts as forecast_store
from store import incidents as incident_store
from store import sources as source_store
from store import today as today_store
from store.reviews import ActionRow
from store.rows import LIVE_STATUSES, QueueRecord, StoredMention
from store.today import DueCase

FIRST = 5
"""Cases that are named: what a person can do in an hour, and what fits above the fold."""

SHORTLY = timedelta(seconds=5)
SLOWLY = timedelta(seconds=30)
SETTLED = timedelta(minutes=15)
"""How old the parts may be: what is due when, what grows, and hours that are over."""

MOST_DUE = 3000
"""Deadlines that the strip counts: more than anybody has open."""

GROWS = 1.5
GROWS_FROM = 5
"""An incident without an alarm grows when its last hour brought so many mentions, and so many times the hour before:
fewer are chance."""

SHOWN = 60

LEADS = ("team_lead", "crisis_manager", "pr_lead")
"""Roles that look at the whole desk first; everybody else looks at their own cases first."""


@dataclass(frozen=True)
class Next:
    """A case that is next: with its customer's latest words (empty where they were deleted)."""

    case: QueueRecord
    words: str


@dataclass(frozen=True)
class Growing:
    """An incident that grows or raised an alarm: mentions of the last hour and of the hour before."""

    line: IncidentLine
    hour_before: int


@dataclass(frozen=True)
class Hour:
    """One hour: mentions by sentiment, and what of it was not seen (None where no source is switched on)."""

    start: datetime
    counts: Mapping[str, int]
    hidden: Hidden | None = None


@dataclass(frozen=True)
class Evening:
    """Tonight's forecast: what it says, in sentences of one language, and until when."""

    forecast: Forecast
    horizon: datetime
    said: tuple[str, ...]


@dataclass(frozen=True)
class Slow:
    """What is read at most every half minute for everybody. `alarms` are incidents by the moment of their alarm."""

    growing: tuple[Growing, ...]
    alarms: tuple[tuple[datetime, IncidentLine], ...]
    hours: tuple[Hour, ...]
    load: Mapping[str, int]


@dataclass(frozen=True)
class Seen:
    """Everything of the page at one moment, for one person."""

    at: datetime
    counts: Mapping[str, int]
    due: tuple[DueCase, ...]
    due_today: int
    day_ends: datetime
    ahead: Ahead | None
    own: bool
    first: tuple[Next, ...]
    crises: tuple[CrisisLine, ...]
    told: tuple[int, ...]
    """Crises of which I was told something that I have not acknowledged."""
    slow: Slow
    watched: Watched | None
    quiet: Quiet
    silent: tuple[str, ...]
    evening: Evening | None
    approvals: tuple[PendingApproval, ...]
    overdue: tuple[ActionRow, ...]
    proposals: tuple[ActionRow, ...]
    waking: int
    wakes_at: datetime | None
    present: tuple[Agent, ...]
    yesterday: tuple[str, ...] | None
    """How yesterday was answered, in sentences, for the PR lead; empty while that is made, None for others."""

    @property
    def calm(self) -> bool:
        """Whether nothing is due, grows or waits in the next hour; whether that is proven says `quiet`."""
        return not (self.counts["late"] or self.counts["due_1h"] or self.crises or self.slow.growing or self.told)


class Today:
    """One person's first page of the day."""

    def __init__(self, desk: Desk, room: CrisisRoom, reviews: Reviews, keeper: Keeper | None = None) -> None:
        """`keeper` keeps the reports, of which yesterday's is told; without one it is not."""
        self.desk = desk
        self.keeper = keeper
        self.room = room
        self.reviews = reviews
        self.calendar = calendar_of(desk.settings.desk)
        self.on = frozenset(name_in(one) for one in desk.settings.sources if one.get("enabled", True))
        self._incidents = Incidents(desk.store, desk.settings, desk.kept)

    def look(self, now: datetime, language: str, wait: bool = True) -> Seen:
        """The page at `now` (aware). Without `wait`, of the coverage what is known already: making it can take seconds
        on a large store, and a page that opens shows the rest meanwhile."""
        desk, me = self.desk, self.desk.agent()
        watched = desk.watched(GAPS_OF, now) if wait else desk.last_watched(now)
        ends = self._day_ends(now)
        own = "agent" in me.roles and not set(LEADS) & set(me.roles)
        with desk.store.read() as tx:
            counts = case_store.live_counts(tx, desk.brand, now, me.name)
            beat = source_store.heartbeat(tx, desk.brand, "worker")
            told = crisis_store.unacknowledged(tx, desk.brand, me.name)
            woken, wakes_at = today_store.waking(tx, desk.brand, now, ends)
        due = desk.kept.get(("today", "due"), now, SHORTLY, lambda: self._due(now, ends))
        actions = self.reviews.open_actions() if any_may(me.roles, "see_reports") else ()
        today = now.astimezone(desk.zone).date().isoformat()
        alive = (
            now if desk.settings.drill is not None else beat.at if beat else None
        )  # in a drill the script is the worker
        return Seen(
            at=now, counts=counts, due=due, due_today=sum(now <= one.due_at < ends for one in due), day_ends=ends,
            ahead=ahead(self.calendar, now), own=own, first=self._first(me.name, own, now),
            crises=self.room.crises(now), told=tuple(dict.fromkeys(one.crisis_id for one in told)),
            slow=desk.kept.get(("today", "slow", watched is None), now, SLOWLY, lambda: self._slow(now, watched)),
            watched=watched,
            quiet=quiet(self.on, watched.coverage if watched else None, watched.alerts if watched else (), alive, now),
            silent=desk.silent_alerts(now),
            evening=desk.kept.get(("today", "evening", language), now, SLOWLY, lambda: self._evening(now, language)),
            approvals=desk.approvals(now), overdue=tuple(one for one in actions if one.due_on and one.due_on < today),
            proposals=tuple(one for one in actions if one.playbook), waking=woken, wakes_at=wakes_at,
            present=desk.kept.get(
                ("today", "rota"), now, timedelta(days=1), lambda: Rota(desk.settings.agents, desk.settings.desk)
            ).present(now),
            yesterday=self._yesterday(now, language) if "pr_lead" in me.roles else None,
        )  # fmt: skip

    def due_between(self, start: datetime, end: datetime, urgency: str | None) -> tuple[Next, ...]:
        """The cases behind a mark of the strip: due in [start, end), of one urgency or of any."""
        with self.desk.store.read() as tx:
            found = case_store.queue(tx, self.desk.brand, statuses=LIVE_STATUSES, due_after=start, due_before=end,
                                     urgency=urgency, limit=SHOWN)  # fmt: skip
        return tuple(_next(one) for one in found)

    def spoken(self, start: datetime, end: datetime, sentiment: str) -> tuple[tuple[StoredMention, int | None], ...]:
        """The mentions behind a mark of the hours, the newest first, each with its case where it has one."""
        with self.desk.store.read() as tx:
            return tuple(today_store.spoken(tx, self.desk.brand, start, end, sentiment, SHOWN))

    # --- reading ---

    def _day_ends(self, now: datetime) -> datetime:
        local = now.astimezone(self.desk.zone).replace(hour=0, minute=0, second=0, microsecond=0)
        return (local + timedelta(days=1)).astimezone(now.tzinfo)

    def _due(self, now: datetime, ends: datetime) -> tuple[DueCase, ...]:
        line = ahead(self.calendar, now)
        until = max(ends, line.end) if line else ends
        with self.desk.store.read() as tx:
            return tuple(today_store.due_before(tx, self.desk.brand, until, MOST_DUE))

    def _first(self, me: str, own: bool, now: datetime) -> tuple[Next, ...]:
        brand = self.desk.brand
        with self.desk.store.read() as tx:
            if not own:
                return tuple(_next(one) for one in case_store.queue(tx, brand, awake_at=now, limit=FIRST))
            found = case_store.queue(tx, brand, assignee=me, awake_at=now, limit=FIRST)
            if len(found) < FIRST:
                found += case_store.queue(tx, brand, unassigned=True, awake_at=now, limit=FIRST - len(found))
        return tuple(_next(one) for one in found)

    def _slow(self, now: datetime, watched: Watched | None) -> Slow:
        lines = self._incidents.incidents(now, limit=8)
        with self.desk.store.read() as tx:
            both = incident_store.count_since(tx, self.desk.brand, [one.id for one in lines], now - timedelta(hours=2))
            alarms = {row.incident_id: row.at for row in alarm_store.since(tx, self.desk.brand, now - GAPS_OF)}
            load = case_store.loads(tx, self.desk.brand)
        growing = [Growing(one, both.get(one.id, 0) - one.last_hour) for one in lines if one.crisis_id is None]
        marked = [(alarms[one.id], one) for one in lines if one.id in alarms]
        return Slow(
            tuple(one for one in growing if one.line.alarm or grows(one)),
            tuple(sorted(marked, key=lambda pair: (pair[0], pair[1].id))), self._hours(now, watched), load,
        )  # fmt: skip

    def _hours(self, now: datetime, watched: Watched | None) -> tuple[Hour, ...]:
        last = now.astimezone(self.desk.zone).replace(minute=0, second=0, microsecond=0).astimezone(now.tzinfo)
        starts = [last - timedelta(hours=back) for back in range(23, -1, -1)]
        hours = []
        for start in starts:
            end = start + timedelta(hours=1)
            age = SETTLED if now - end > timedelta(hours=1) else timedelta()  # a source may bring the last hour yet
            counts = self.desk.kept.get(("today", "hour", start), now, age, lambda s=start, e=end: self._counted(s, e))  # type: ignore[misc]
            told = hidden(watched.coverage, self.on, start, min(end, now)) if watched and self.on else None
            hours.append(Hour(start, counts, told))
        return tuple(hours)

    def _counted(self, start: datetime, end: datetime) -> Mapping[str, int]:
        with self.desk.store.read() as tx:
            return today_store.sentiments(tx, self.desk.brand, start, end)

    def _yesterday(self, now: datetime, language: str) -> tuple[str, ...] | None:
        if self.keeper is None:
            return None
        period, name = Period.yesterday(now, self.desk.zone), ("today", "yesterday", language)
        keeper = self.keeper
        shown = self.desk.kept.get((*name, period), now, SETTLED, lambda: keeper.show(period, language, now, 0.0))
        if shown.made is None:
            self.desk.kept.forget((*name, period))  # it is being made: look again at the next refresh
            return ()
        return tuple(one.text for one in shown.made.content.section("summary").blocks if isinstance(one, Say))

    def _evening(self, now: datetime, language: str) -> Evening | None:
        with self.desk.store.read() as tx:
            kept = forecast_store.newest(tx, self.desk.brand)
        if kept is None or now - kept.made_at > STALE or now >= kept.horizon:
            return None
        made = forecast_from(kept.result)
        return Evening(made, kept.horizon, sentences(made, kept.horizon, self.desk.zone, language))


def grows(one: Growing) -> bool:
    """Whether an incident without an alarm is worth a look: its last hour was fuller than the one before."""
    return one.line.last_hour >= GROWS_FROM and one.line.last_hour >= GROWS * one.hour_before


def _next(record: QueueRecord) -> Next:
    return Next(record, "" if record.text == editing.DELETED else record.text)
