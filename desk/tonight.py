"""Tonight's forecast on a store: what it is made from, what it says, and what became of earlier ones.

Handling time is from when somebody opened or took a case to their answer; arrivals are when customers of cases posted;
hands are the agents on shift. The simulation is in forecast.py, the fitting of rates in rates.py, both pure.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from desk.calendar import Calendar, from_us, to_us
from desk.case_clocks import clocks_of
from desk.deadline import NoStaffedTime
from desk.forecast import (
    RUNS,
    Forecast,
    Inputs,
    Kind,
    OpenCase,
    Range,
    Slot,
    forecast,
    forecast_record,
    inputs_record,
)  # fmt: skip
from desk.forecast_words import sentences
from desk.in_force import ClocksInForce
from desk.rates import LONGEST_S, Answered, Arrivals, Efforts, fit_arrivals, fit_efforts
from desk.settings import Settings
from desk.team import Rota
from desk.warnings import ANSWER_CLOCKS
from mention import URGENCIES
from store import forecasts as forecast_store
from store import warnings as warning_store
from store.engine import Store
from store.rows import EventRow

HISTORY = timedelta(weeks=8)
"""How far back arrivals and handling times are learnt from: long enough for every hour of the week to come eight
times, short enough that last year's desk does not speak."""

CASES_READ = 2000
"""Answered cases whose events are read for handling times: the standard error is under 2 % long before."""

SLOT = timedelta(minutes=5)
"""Hands and rates change at most so often; deadlines of new cases are reckoned at every slot's beginning."""

LONGEST_HORIZON = timedelta(hours=36)
"""Further than this nothing is simulated: by then the shifts will have been planned again."""

EVENING = timedelta(hours=2)
"""How long before its horizon a forecast is made that a report holds against the day: later ones know nearly all."""

MIXED_PRIOR = 5.0
"""New cases that the guess of the mix of urgencies counts as."""

_MIX = {"critical": 0.05, "urgent": 0.25, "same_day": 0.6, "none": 0.1}

Hands = Callable[[datetime], int]


@dataclass(frozen=True)
class Told:
    """A forecast with its moment and horizon; `say` is what to show. `answers` and `weeks` are what was learnt from."""

    made_at: datetime
    horizon: datetime
    forecast: Forecast
    turkish: tuple[str, ...]
    english: tuple[str, ...]
    answers: int
    weeks: float

    def say(self, language: str) -> tuple[str, ...]:
        """The sentences in Turkish for `tr`, in English for any other language."""
        return self.turkish if language == "tr" else self.english


@dataclass(frozen=True)
class Compared:
    """A forecast and what happened: answers that came due in its time and were late or are still missing."""

    made_at: datetime
    horizon: datetime
    expected: Range
    happened: int

    @property
    def held(self) -> bool:
        """Whether what happened lies in the 80 % interval."""
        return self.expected.low <= self.happened <= self.expected.high


@dataclass(frozen=True)
class Record:
    """How forecasts have done: the share whose interval held, the mean of expected less happened, and of its size."""

    forecasts: tuple[Compared, ...]

    @property
    def coverage(self) -> float | None:
        """The share of forecasts whose interval held what happened; about 0.8 or more is what it promises."""
        return sum(one.held for one in self.forecasts) / len(self.forecasts) if self.forecasts else None

    @property
    def bias(self) -> float | None:
        """Mean of expected less happened: positive where it warned too much."""
        errors = [one.expected.mean - one.happened for one in self.forecasts]
        return sum(errors) / len(errors) if errors else None

    @property
    def error(self) -> float | None:
        """Mean size of the difference between expected and happened."""
        errors = [abs(one.expected.mean - one.happened) for one in self.forecasts]
        return sum(errors) / len(errors) if errors else None


def hands_of(settings: Settings) -> Hands:
    """How many agents are on shift at a moment, by the settings; leads and others are not counted as hands."""
    rota = Rota(settings.agents, settings.desk)
    return lambda at: sum("agent" in agent.roles for agent in rota.present(at))


def closing(calendar: Calendar, now: datetime) -> datetime:
    """The close of the staffed day that runs at `now`, else of the next one; LONGEST_HORIZON away at most.

    Raises NoStaffedTime where the desk does not open for years.
    """
    at = to_us(now)
    day = calendar.service_day(at)
    if not day.intervals or day.close <= at:
        day = calendar.service_day(calendar.next_opening(at))
    return min(from_us(day.close), now + LONGEST_HORIZON)


class Tonight:
    """Makes, keeps and compares forecasts of one brand."""

    def __init__(self, store: Store, settings: Settings, hands: Hands | None = None) -> None:
        """`hands` says how many people work the queue at a moment; without it the agents on shift by the settings."""
        self.store = store
        self.settings = settings
        self.clocks = ClocksInForce(settings.desk, store, settings.brand.key)
        self.calendar = Calendar(settings.desk)
        self._hands = hands or hands_of(settings)

    @property
    def brand(self) -> str:
        """The brand's key in the store."""
        return self.settings.brand.key

    def forecast(
        self, now: datetime, until: datetime | None = None, runs: int = RUNS, seed: int = 1, keep: bool = True
    ) -> Told:
        """The forecast from `now` until `until` (both aware), else until closing; kept for comparing, if `keep`.

        Raises NoStaffedTime where the desk does not open for years, ValueError for an `until` that is not after now or
        further than LONGEST_HORIZON.
        """
        horizon = until or closing(self.calendar, now)
        if not now < horizon <= now + LONGEST_HORIZON:
            raise ValueError("a forecast ends after it begins, and 36 hours later at most")
        with self.store.read() as tx:
            efforts, arrivals, mix = self._learnt(tx, now)
            inputs = self._inputs(tx, now, horizon, efforts, arrivals, mix)
        made = forecast(inputs, runs, seed)
        if keep:
            with self.store.write() as tx:
                kept = inputs_record(inputs)
                forecast_store.keep(tx, self.brand, now, horizon, kept, forecast_record(made))
        return self._told(now, horizon, made, efforts.answers, arrivals.weeks)

    def _told(self, now: datetime, horizon: datetime, made: Forecast, answers: int, weeks: float) -> Told:
        zone = self.settings.desk.zone
        said = (sentences(made, horizon, zone, "tr"), sentences(made, horizon, zone, "en"))
        return Told(now, horizon, made, *said, answers, weeks)

    # --- what it is made from ---

    def _learnt(self, tx: Connection, now: datetime) -> tuple[Efforts, Arrivals, dict[str, float]]:
        answered = forecast_store.answered_since(tx, self.brand, now - HISTORY, CASES_READ)
        events = warning_store.events_of(tx, [case_id for case_id, _, _ in answered])
        efforts = fit_efforts(
            Answered(topic, channel, seconds)
            for case_id, topic, channel in answered
            for seconds in handling_times(events.get(case_id, ()))
        )
        first = forecast_store.first_posted(tx, self.brand)
        since = max(now - HISTORY, first) if first is not None else now
        posted = forecast_store.posted_since(tx, self.brand, since, now)
        arrivals = fit_arrivals((at for at, _ in posted), since, now, self.settings.desk.zone)
        return efforts, arrivals, mix_of(urgency for _, urgency in posted)

    def _inputs(
        self, tx: Connection, now: datetime, horizon: datetime, efforts: Efforts, arrivals: Arrivals,
        mix: dict[str, float],
    ) -> Inputs:  # fmt: skip
        cases = []
        rows = forecast_store.open_cases(tx, self.brand)
        events = warning_store.events_of(tx, [row.id for row in rows if row.due_clock not in (None, *ANSWER_CLOCKS)])
        for row in rows:
            due = row.due_at if row.due_clock in ANSWER_CLOCKS else self._answer_due(events.get(row.id, ()), now)
            due_s = None if due is None else _seconds(now, due)
            cases.append(OpenCase(row.id, due_s, efforts.of(row.topic, row.channel)))
        slots, starts = [], []
        at = now
        while at < horizon:
            end = min(horizon, at + SLOT)
            staffed = self.calendar.staffed_between(to_us(at), to_us(end)) > 0
            slots.append(
                Slot(_seconds(now, at), _seconds(now, end), self._hands(at), staffed, arrivals.expected(at, end))
            )
            starts.append(at)
            at = end
        kinds = tuple(
            Kind(mix[urgency], efforts.whole, tuple(self._due(start, urgency, now, horizon) for start in starts))
            for urgency in URGENCIES
            if urgency != "none"
        )
        local = now.astimezone(self.settings.desk.zone)
        midnight = local.replace(hour=0, minute=0, second=0, microsecond=0)
        today = forecast_store.posted_since(tx, self.brand, midnight, now)
        return Inputs(
            _seconds(now, horizon), tuple(cases), tuple(slots), kinds, arrivals.day_shape, float(len(today)),
            arrivals.expected(midnight.astimezone(now.tzinfo), now), efforts.error,
        )  # fmt: skip

    def _answer_due(self, events: Sequence[EventRow], now: datetime) -> datetime | None:
        """The nearest deadline of a running answer clock; None where the nearest of all belongs to the resolution."""
        told = clocks_of(self.clocks, events, now) if events else []
        running = [c.due_at for c in told if c.clock in ANSWER_CLOCKS and c.state in ("running", "breached")]
        return min((due for due in running if due is not None), default=None)

    def _due(self, posted: datetime, urgency: str, now: datetime, horizon: datetime) -> int | None:
        try:
            due = self.clocks.due(posted, urgency).due_at
        except NoStaffedTime:
            return None
        return None if due is None or due > horizon else _seconds(now, due)

    # --- what became of it ---

    def compare(self, now: datetime, since: datetime) -> Record:
        """The forecasts whose horizon lies in [since, now), the newest first, and what happened."""
        with self.store.read() as tx:
            kept = forecast_store.made(tx, self.brand, since, now)
            return Record(tuple(self._compared(tx, row) for row in kept))

    def evenings(self, now: datetime, since: datetime) -> Record:
        """One forecast of each evening whose horizon lies in [since, now), the last one made EVENING before it."""
        with self.store.read() as tx:
            rows = forecast_store.made(tx, self.brand, since, now, limit=5000)
            chosen: dict[datetime, forecast_store.ForecastRow] = {}
            for row in rows:  # the newest first
                if row.horizon - row.made_at >= EVENING:
                    chosen.setdefault(row.horizon, row)
            return Record(tuple(self._compared(tx, chosen[horizon]) for horizon in sorted(chosen)))

    def _compared(self, tx: Connection, row: forecast_store.ForecastRow) -> Compared:
        ids = forecast_store.touched(tx, self.brand, row.made_at, row.horizon)
        happened = 0
        for events in warning_store.events_of(tx, ids).values():
            before = [event for event in events if event.at <= row.horizon]
            if not before:
                continue
            for clock in clocks_of(self.clocks, before, row.horizon):
                due = clock.due_at
                if clock.clock not in ANSWER_CLOCKS or due is None or not row.made_at < due <= row.horizon:
                    continue
                # due exactly at the horizon and not answered by then: the second after it, it will be a breach
                happened += clock.state in ("late", "breached") or (clock.state == "running" and due == row.horizon)
        return Compared(row.made_at, row.horizon, Range(**row.result["breaches"]), happened)


def handling_times(events: Iterable[EventRow]) -> list[float]:
    """Seconds from when an agent opened or took a case to their answer, of each answer of a case; events in order.

    What is longer than LONGEST_S is left out, and so is an answer of which nobody knows when its hand began (it was
    given on the platform, or its beginning belongs to an earlier answer).
    """
    found = []
    begun: dict[str, datetime] = {}
    for event in events:
        if event.type == "seen" and event.by.startswith("agent:"):
            begun[event.by] = event.at
        elif event.type == "assigned" and event.data.get("to"):
            begun[f"agent:{event.data['to']}"] = event.at
        elif event.type == "answered":
            since = begun.pop(event.by, None)
            if since is not None and 0 < (seconds := (event.at - since).total_seconds()) <= LONGEST_S:
                found.append(seconds)
    return found


def mix_of(urgencies: Iterable[str]) -> dict[str, float]:
    """The share of each urgency among cases, pulled towards a guess where there are few."""
    counts = dict.fromkeys(_MIX, 0)
    for urgency in urgencies:
        counts[urgency] = counts.get(urgency, 0) + 1
    total = sum(counts.values()) + MIXED_PRIOR
    return {urgency: (counts[urgency] + MIXED_PRIOR * share) / total for urgency, share in _MIX.items()}


def _seconds(since: datetime, until: datetime) -> int:
    return round((until - since).total_seconds())
