"""Desks that nobody would think of, for hypothesis: as they stand in nobet.yaml, and as a walk over the same weeks.

Every second one has a team or a channel of its own; what holds for it is put together here by hand, not by desk/.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from desk.policy import WEEKDAYS
from tests.unit.clock_walk import Promised
from tests.unit.minute_walk import DAY, Span, Walk

# Six weeks around each kind of trouble: bayram and eves, both changes of the clock, the turn of the year. Lord Howe
# moves by half an hour, Cairo at midnight, Kathmandu is 5:45 ahead.
WINDOWS = [datetime(2026, 3, 5, tzinfo=UTC), datetime(2026, 10, 12, tzinfo=UTC), datetime(2026, 12, 20, tzinfo=UTC)]
ZONES = [
    "Europe/Istanbul",
    "Europe/Berlin",
    "America/New_York",
    "Australia/Lord_Howe",
    "Africa/Cairo",
    "Asia/Kathmandu",
]
DAYS = 42
POLICIES = int(os.environ.get("NOBET_TEST_POLICIES", "100"))
"""Random policies that are held against the walk; `make test-long` takes ten thousand."""

CHANNELS = ["x", "x", "whatsapp", "trendyol", "hepsiburada", "instagram_message", "email"]


def examples(count: int) -> settings:
    """So many examples, however long a busy machine takes to lay out the weeks of one."""
    checks = [HealthCheck.too_slow, HealthCheck.filter_too_much, HealthCheck.data_too_large]
    return settings(max_examples=count, deadline=None, suppress_health_check=checks)


def written(minutes: int) -> str:
    """A minute of the day or of the next as it is written."""
    return "24:00" if minutes == 1440 else f"{minutes % 1440 // 60:02d}:{minutes % 60:02d}"


lengths = st.sampled_from([60, 1800, 3600, 7200, 32_400]) | st.integers(1, 180_000)
counted = st.sampled_from(["always", "staffed"])


@st.composite
def day_hours(draw: st.DrawFn) -> list[Span]:
    """Up to three intervals of one day that do not overlap; the last may end after midnight."""
    quarter = st.integers(0, 95).map(lambda q: q * 15)
    marks = sorted(draw(st.lists(quarter | st.integers(0, 1439), max_size=6, unique=True)))
    spans = list(zip(marks[::2], marks[1::2], strict=False))
    spans = [(a, b) for i, (a, b) in enumerate(spans) if i == 0 or a > spans[i - 1][1]]  # a touching pair is one
    late = draw(st.booleans())
    if spans and late:
        start = spans[-1][0]
        spans[-1] = (start, draw(st.integers(1440, 1440 + min(start, 600)).filter(lambda end: end - start < 1440)))
    if not draw(st.integers(0, 9)):
        spans = [(0, 1440)]
    return [(written(a), written(b)) for a, b in spans]


@st.composite
def weeks(draw: st.DrawFn) -> list[list[Span]]:
    """The hours of seven days, some staffed."""
    if draw(st.booleans()):
        office = draw(day_hours().filter(bool))
        return [office] * 5 + [draw(day_hours()), []]
    week = [draw(day_hours()) for _ in range(7)]
    return week if any(week) else [[("09:00", "18:00")], *week[1:]]


@st.composite
def promises(draw: st.DrawFn, some: bool) -> dict[str, Promised]:
    """A promise for every urgency, or only for `some` of them."""
    found = {}
    for urgency in ("critical", "urgent", "same_day"):
        if some and draw(st.booleans()):
            continue
        resolution = draw(st.none() | st.tuples(lengths, counted))
        if draw(st.booleans()):
            found[urgency] = Promised(draw(lengths), draw(counted), resolution=resolution)
        else:
            cutoff, grace = draw(st.integers(0, 40_000)), draw(st.integers(0, 40_000))
            found[urgency] = Promised(None, "staffed", cutoff, grace, resolution)
    return found


def promise_form(promise: Promised) -> dict[str, Any]:
    """A promise as it stands in nobet.yaml."""
    form: dict[str, Any]
    if promise.within is None:
        form = {"same_day": True, "cutoff_before_close": f"{promise.cutoff}s", "grace": f"{promise.grace}s"}
    else:
        form = {"within": f"{promise.within}s", "clock": promise.clock}
    if promise.resolution:
        form["resolution"] = {"within": f"{promise.resolution[0]}s", "clock": promise.resolution[1]}
    return form


@dataclass(frozen=True)
class Said:
    """What a desk, a team or a channel says of its hours and promises; None where it says nothing."""

    zone: str | None
    week: list[list[Span]] | None
    countries: tuple[str, ...] | None
    exceptions: dict[date, list[Span]]
    promises: dict[str, Promised]

    def form(self) -> dict[str, Any]:
        """As it stands in nobet.yaml."""
        form: dict[str, Any] = {"promises": {name: promise_form(one) for name, one in self.promises.items()}}
        if self.zone is not None:
            form["timezone"] = self.zone
        if self.week is not None:
            form["hours"] = {
                name: ["-".join(span) for span in day] for name, day in zip(WEEKDAYS, self.week, strict=True)
            }
        if self.countries is not None:
            form["holidays"] = (
                None if not self.countries else self.countries[0] if len(self.countries) == 1 else list(self.countries)
            )
        form["exceptions"] = {
            day.isoformat(): {"hours": ["-".join(span) for span in spans], "because": "sayım"} if day.day % 2 else
            ["-".join(span) for span in spans] for day, spans in self.exceptions.items()
        }  # fmt: skip
        return form


@st.composite
def sayings(draw: st.DrawFn, first: datetime, whole: bool) -> Said:
    """A desk's word on everything, or a team's on something."""

    def maybe(of: st.SearchStrategy[Any]) -> Any:
        return draw(of) if whole or draw(st.booleans()) else None

    one_off = st.integers(2, DAYS - 3).map(lambda n: (first + timedelta(days=n)).date())
    return Said(
        maybe(st.sampled_from(ZONES)),
        maybe(weeks()),
        maybe(st.sampled_from([(), ("TR",), ("TR",), ("DE",), ("US",), ("TR", "DE")])),
        draw(st.dictionaries(one_off, day_hours(), max_size=3 if whole else 2)),
        draw(promises(some=not whole)),
    )


@dataclass(frozen=True)
class Desk:
    """The settings of a desk, what is asked of it, and the walk and the promises that must hold for that."""

    form: dict[str, Any]
    channel: str
    team: str | None
    walk: Walk
    promises: dict[str, Promised]


@st.composite
def desks(draw: st.DrawFn) -> Desk:
    """A desk, perhaps with a team and a channel of its own."""
    first, channel = draw(st.sampled_from(WINDOWS)), draw(st.sampled_from(CHANNELS))
    desk = draw(sayings(first, whole=True))
    form, said = desk.form(), [desk]
    team = None
    if draw(st.booleans()):
        shift = draw(sayings(first, whole=False))
        form["teams"] = {"gece": shift.form(), "öbür": {"hours": {"sun": ["01:00-02:00"]}}}
        said.append(shift)
        team = "gece"
    if draw(st.booleans()):
        own = draw(sayings(first, whole=False))
        form["channels"] = {channel: own.form(), "youtube": {"timezone": "UTC"}}
        said.append(own)
        if team and draw(st.booleans()):  # the channel names its team; nobody else does
            form["channels"][channel]["team"], team = team, None
    zone, week = "", list[list[Span]]()
    countries: tuple[str, ...] = ()
    exceptions: dict[date, Sequence[Span]] = {}
    promised: dict[str, Promised] = {}
    for one in said:
        zone = one.zone if one.zone is not None else zone
        week = one.week if one.week is not None else week
        countries = one.countries if one.countries is not None else countries
        exceptions = {**exceptions, **one.exceptions}
        promised = {**promised, **one.promises}
    return Desk(form, channel, team, Walk(zone, week, first, DAYS, countries, exceptions), promised)


@st.composite
def posted_in(draw: st.DrawFn, walk: Walk) -> int:
    """A second early in the walk, often one at which something begins or ends."""
    low, high = walk.start + 3 * DAY, walk.start + 20 * DAY
    edges = [edge for day, hours in walk.hours.items() for span in hours for edge in span if low <= edge < high]
    anywhere = st.integers(low, high - 1)
    if not edges:
        return draw(anywhere)
    near = st.sampled_from([-3600, -60, -1, 0, 1, 59])
    return draw(anywhere | st.builds(lambda edge, off: edge + off, st.sampled_from(edges), near))
