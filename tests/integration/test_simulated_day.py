"""A day of twenty sources, three of them failing: nobody starves, no limit is passed, and the ledger does not lie.

`python -m tests.integration.test_simulated_day` prints the day as a table.
"""

from __future__ import annotations

import itertools
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from collectors.pace import LONGEST_BACKOFF
from desk.coverage import BROKEN, PARTLY, QUOTA, SEEN, STATES
from store import Store
from tests.integration import simulated_day as sim

SEED = 20261120
JITTER = 1.1


@pytest.fixture(scope="module")
def played(sqlite_template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Store, sim.Day]]:
    path = tmp_path_factory.mktemp("day") / "nobet.db"
    shutil.copyfile(sqlite_template, path)
    store = Store.open(f"sqlite:///{path}")
    yield store, sim.play(store, SEED)
    store.close()


def longest_pause(day: sim.Day, name: str) -> float:
    """Seconds between two fetches of a source, at most, the end of the day included."""
    moments = [sim.DAY, *(at for at, _ in day.fetches[name]), sim.END]
    return max((two - one).total_seconds() for one, two in itertools.pairwise(moments))


def test_no_source_starves(played: tuple[Store, sim.Day]) -> None:
    _, day = played
    assert len(day.collectors) == 20
    for name, collector in day.collectors.items():
        slowest = collector.settings.bounds[1]
        if name not in sim.FAILING:
            assert longest_pause(day, name) <= slowest * JITTER, name
            assert {result.outcome for _, result in day.fetches[name]} <= {"ok", "empty"}, name
    # A source that is down is asked on, at least every hour.
    for name in ("çöken", "susan"):
        assert longest_pause(day, name) <= LONGEST_BACKOFF * JITTER, name


def test_no_source_exceeds_its_limits(played: tuple[Store, sim.Day]) -> None:
    _, day = played
    for name, collector in day.collectors.items():
        site, settings = collector.site, collector.settings
        days = Counter(at.date() for at in site.asked)
        assert settings.requests_per_day is None or max(days.values()) <= settings.requests_per_day, name
        assert settings.items_per_month is None or site.served <= settings.items_per_month, name
        assert not site.too_early, f"{name} was asked {site.too_early} times before it wished"
    limited, paid = day.collectors["sınırlı"], day.collectors["ücretli"]
    assert len(limited.site.asked) == limited.settings.requests_per_day, "the budget was never tried"
    assert paid.site.served == paid.settings.items_per_month, "the budget was never tried"
    told = [result for _, result in day.fetches["sınırlı"] if "429" in result.note]
    assert told, "the site never had to say that it is too much"


def test_every_gap_is_in_the_ledger_and_nothing_missed_is_called_seen(played: tuple[Store, sim.Day]) -> None:
    store, day = played
    assert not day.wrong, f"{len(day.wrong)} claims too many: {day.wrong[:3]}"
    assert not sim.missing_while_seen(store, day, sim.END)
    have, ledger = sim.stored(store), sim.ledger_of(store, sim.END)
    lost: Counter[str] = Counter()
    for name, collector in day.collectors.items():
        first = next(span.start for span in ledger[name] if span.state == SEEN)
        for item in collector.site.items:
            if (name, str(item.number)) in have or not first <= item.at < sim.END:
                continue
            span = sim.span_at(ledger[name], item.at)
            if span is None:  # younger than the last look: nothing is known yet, and nothing is claimed
                assert item.at > day.fetches[name][-1][0] - timedelta(seconds=sim.SETTLES), f"{name}: {item}"
                continue
            assert span.state != SEEN
            lost[name] += 1
    assert lost["çöken"] > 20 and lost["susan"] > 0, f"too little was lost to prove anything: {lost}"
    assert not [name for name in lost if name not in sim.FAILING], lost
    for name, state in (("çöken", PARTLY), ("susan", PARTLY), ("sınırlı", QUOTA), ("ücretli", QUOTA)):
        assert state in {span.state for span in ledger[name]}, f"{name} was never {state}"


def test_sources_that_are_well_are_seen_all_day_however_quiet(played: tuple[Store, sim.Day]) -> None:
    store, day = played
    for name, spans in sim.ledger_of(store, sim.END).items():
        if name in sim.FAILING:
            continue
        assert [span.state for span in spans] == [SEEN], f"{name}: {spans}"
        assert spans[0].start <= sim.DAY
        last = day.fetches[name][-1][0]
        assert spans[0].end == last - timedelta(seconds=sim.SETTLES)


def test_while_a_source_fails_the_ledger_says_so(played: tuple[Store, sim.Day]) -> None:
    store, _ = played
    for name, hour, state in (
        ("çöken", 10.5, BROKEN), ("susan", 11.4, BROKEN), ("susan", 17.0, BROKEN), ("sınırlı", 23.9, QUOTA)
    ):  # fmt: skip
        now = sim.DAY + timedelta(hours=hour)
        spans = sim.ledger_of(store, now)[name]
        assert spans[-1].state == state, f"{name} at {now:%H:%M}: {spans[-1]}"


def table(store: Store, day: sim.Day) -> str:
    """The day in one line a source."""
    have, ledger = Counter(name for name, _ in sim.stored(store)), sim.ledger_of(store, sim.END)
    lines = [f"{'source':14}{'every':>6}{'fetches':>9}{'requests':>9}{'posts':>7}{'stored':>7}  minutes of the day"]
    for name, collector in day.collectors.items():
        spent = {
            state: sum(
                max(0.0, (span.end - max(span.start, sim.DAY)).total_seconds() / 60)
                for span in ledger[name]
                if span.state == state
            )
            for state in STATES
        }
        states = ", ".join(f"{state} {minutes:.0f}" for state, minutes in spent.items() if minutes)
        posts = sum(item.at < sim.END for item in collector.site.items)
        lines.append(
            f"{name:14}{collector.settings.every:6.0f}{len(day.fetches[name]):9}{len(collector.site.asked):9}"
            f"{posts:7}{have[name]:7}  {states}"
        )
    return "\n".join(lines)


def main() -> None:
    """Play the day and print it."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store.open(f"sqlite:///{folder}/nobet.db")
        began = time.monotonic()
        day = sim.play(store, SEED)
        fetches = sum(map(len, day.fetches.values()))
        print(table(store, day))
        print(f"{fetches} fetches and {len(day.refills)} stretches read again in {time.monotonic() - began:.0f} s")
        print(*day.wrong[:5], sep="\n")
        store.close()


if __name__ == "__main__":
    main()
