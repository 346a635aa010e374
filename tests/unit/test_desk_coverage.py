"""The coverage ledger: worked days, and what must hold of any day."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.coverage import Look, Span, ledger, minutes, usual_rate
from tests.tries import tries

DAY = datetime(2026, 11, 20, tzinfo=UTC)


def at(clock: str) -> datetime:
    hours, mins = clock.split(":")
    return DAY + timedelta(hours=int(hours), minutes=int(mins))


def look(clock: str, outcome: str = "ok", proof: str | None = "overlap", next_in: int = 10, **more: object) -> Look:
    """A look that begins and ends at a time of the day, the next one planned in so many minutes."""
    when = at(clock)
    if outcome not in ("ok", "empty"):
        proof = None
    more.setdefault("fetched", 3 if outcome == "ok" else 0)
    return Look(when, when, outcome, proof=proof, next_at=when + timedelta(minutes=next_in), **more)  # type: ignore[arg-type]


def told(spans: list[Span]) -> str:
    return ", ".join(f"{span.start:%H:%M}-{span.end:%H:%M} {span.state}" for span in spans)


FIRST = look("08:00", proof="ended", reach_from=at("07:00"))
DAYS = {
    "each look joins the one before": ([FIRST, look("08:10"), look("08:20")], "08:21", "07:00-08:20 seen"),
    "a first look proves nothing of the time before what it read": (
        [look("08:00", proof="parsed")], "08:05", ""),
    "a failure that the next look makes good": (
        [FIRST, look("08:10", "failing"), look("08:20")], "08:21", "07:00-08:20 seen"),
    "failures that last": (
        [FIRST, look("08:10", "failing", note="503"), look("08:20", "failing", note="503")], "08:21",
        "07:00-08:00 seen, 08:00-08:21 broken"),
    "refused is blocked, limits are quota": (
        [FIRST, look("08:10", "refused"), look("08:20", "rate_limited")], "08:21",
        "07:00-08:00 seen, 08:00-08:10 blocked, 08:10-08:21 quota"),
    "a walk that is not finished": (
        [FIRST, look("08:10", proof=None), look("08:20", proof=None)], "08:21",
        "07:00-08:00 seen, 08:00-08:20 partly"),
    "and then is": ([FIRST, look("08:10", proof=None), look("08:20")], "08:21", "07:00-08:20 seen"),
    "a gap": (
        [FIRST, look("08:30", "failing", next_in=30), look("09:00", proof="ended", gap=True, reach_from=at("08:40"))],
        "09:01", "07:00-08:00 seen, 08:00-08:40 partly, 08:40-09:00 seen"),
    "a gap that a back-fill fills": (
        [FIRST, look("09:00", proof="ended", gap=True, reach_from=at("08:40")),
         look("09:05", reach_from=at("08:00"), proof="overlap")], "09:06", "07:00-09:05 seen"),
    "nobody looked": (
        [FIRST, look("08:10"), look("12:00", proof="ended", gap=True, reach_from=at("11:50"))], "12:01",
        "07:00-08:10 seen, 08:10-11:50 partly, 11:50-12:00 seen"),
    "nobody looked, and the look after it fails": (
        [FIRST, look("12:00", "failing")], "12:01",
        "07:00-08:00 seen, 08:00-08:15 partly, 08:15-12:00 off, 12:00-12:01 broken"),
    "nobody looked, and what was missed is read": ([FIRST, look("12:00")], "12:01", "07:00-12:00 seen"),
    "nobody looks any more": (
        [FIRST, look("08:10")], "10:00", "07:00-08:10 seen, 08:10-08:25 partly, 08:25-10:00 off"),
    "a source that asked for patience is looked at": (
        [FIRST, look("08:10", "rate_limited", next_in=120)], "10:00", "07:00-08:00 seen, 08:00-10:00 quota"),
    "switched off": (
        [FIRST, look("08:10", "off", note="switched off")], "10:00", "07:00-08:00 seen, 08:00-10:00 off"),
    "switched on again": (
        [FIRST, look("08:10", "off"), look("09:00", "failing"), look("09:10", "failing")], "09:11",
        "07:00-08:00 seen, 08:00-09:00 off, 09:00-09:11 broken"),
    "one that reaches over the time before": (
        [FIRST, look("08:10", proof="ended", reach_from=at("06:00"))], "08:11", "06:00-08:10 seen"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAYS)
def test_worked_days(name: str) -> None:
    looks, now, expected = DAYS[name]
    assert told(ledger(looks, DAY, DAY + timedelta(days=1), at(now), 0)) == expected


def test_young_minutes_are_not_called_seen_before_the_source_lists_them() -> None:
    spans = ledger([FIRST, look("08:10")], DAY, at("23:00"), at("08:11"), settles=120)
    assert told(spans) == "07:00-08:08 seen"


def test_a_silence_where_a_source_speaks_is_broken_until_it_speaks_again() -> None:
    hours = {DAY - timedelta(days=3) + timedelta(hours=h): 12 for h in range(72)}
    usual = usual_rate(hours, DAY - timedelta(days=3), DAY)
    assert usual(at("08:00"), at("09:30")) == pytest.approx(18)
    silent = [look(f"{h:02d}:00", "empty", "parsed", next_in=60) for h in (9, 10, 11)]
    spans = ledger([FIRST, *silent], DAY, at("23:00"), at("11:01"), 0, usual)
    assert told(spans) == "07:00-08:00 seen, 08:00-11:00 broken"
    assert "about 36 are usual" in spans[1].evidence and spans[1].missed == 36
    spans = ledger([FIRST, *silent, look("12:00", proof="moved")], DAY, at("23:00"), at("12:01"), 0, usual)
    assert told(spans) == "07:00-12:00 seen"
    met = [look("10:00", "empty", "overlap", fetched=0)]
    assert told(ledger([FIRST, *met], DAY, at("23:00"), at("10:01"), 0, usual)) == "07:00-10:00 seen", "proven quiet"
    nothing = usual_rate({}, DAY - timedelta(hours=3), DAY)
    assert told(ledger([FIRST, *silent], DAY, at("23:00"), at("11:01"), 0, nothing)) == "07:00-11:00 seen"


def test_a_gap_estimates_what_is_missing() -> None:
    hours = {DAY - timedelta(days=2) + timedelta(hours=h): 6 for h in range(48)}
    usual = usual_rate(hours, DAY - timedelta(days=2), DAY)
    gap = look("10:00", proof="ended", gap=True, reach_from=at("09:00"))
    spans = ledger([FIRST, gap], DAY, at("23:00"), at("10:01"), 0, usual)
    assert (spans[1].state, spans[1].missed) == ("partly", 6)
    counted = look("10:00", proof="counted", gap=True, reach_from=at("09:00"), missed=41)
    assert ledger([FIRST, counted], DAY, at("23:00"), at("10:01"), 0, usual)[1].missed == 41


OUTCOMES = st.sampled_from(["ok", "empty", "failing", "refused", "rate_limited", "unreadable", "off"])
LOOKS = st.lists(
    st.tuples(
        st.integers(1, 90), OUTCOMES, st.sampled_from([None, "overlap", "parsed", "ended"]), st.booleans(),
        st.integers(0, 200), st.integers(1, 60),
    ),
    max_size=25,
)  # fmt: skip


@settings(max_examples=tries(300), deadline=None)
@given(LOOKS, st.integers(0, 300))
def test_spans_are_in_order_apart_and_within_the_time_asked_for(steps: list[tuple], settles: int) -> None:
    when, looks = DAY, []
    for wait, outcome, proof, gap, back, next_in in steps:
        when += timedelta(minutes=wait)
        proof = proof if outcome in ("ok", "empty") else None
        reach = when - timedelta(minutes=back) if proof in ("ended",) or gap else None
        planned = when + timedelta(minutes=next_in)
        looks.append(Look(when, when, outcome, 1, proof, reach, gap and proof is not None, None, "", planned))
    start, end, now = DAY + timedelta(hours=1), DAY + timedelta(hours=20), when + timedelta(minutes=7)
    spans = ledger(looks, start, end, now, settles)
    for span in spans:
        assert start <= span.start < span.end <= min(end, now)
    for one, two in itertools.pairwise(spans):
        assert one.end <= two.start
    counted = minutes(spans, start, min(end, now)) if now > start else None
    assert counted is None or counted.unknown >= 0
    # Nothing younger than the newest look that proved something is ever called seen.
    proven = [look.started_at for look in looks if look.proof]
    assert all(span.end <= max(proven) for span in spans if span.state == "seen")
