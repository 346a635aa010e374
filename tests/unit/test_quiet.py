"""Quiet is said only where it is proven."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from desk.coverage import BROKEN, NOBODY, OFF, PARTLY, SEEN, Minutes, Span
from desk.crisis.incidents import IncidentLine
from desk.lookout import Alert
from desk.quiet import hidden, quiet
from desk.today import Growing, grows
from desk.watch import Coverage, SourceCoverage
from playbooks.schema import Bilingual

NOW = datetime(2026, 11, 22, 20, 0, tzinfo=UTC)
DAY = NOW - timedelta(days=1)


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def source(name: str, *spans: Span) -> SourceCoverage:
    state: Any = None
    return SourceCoverage(name, name, spans, Minutes({}, 0.0), state)


def seen(name: str, until: float) -> SourceCoverage:
    return source(name, Span(DAY, ago(until), SEEN))


def covered(*sources: SourceCoverage) -> Coverage:
    return Coverage(DAY, NOW, sources)


@pytest.mark.parametrize(
    ("on", "coverage", "alerts", "beat", "state", "named"),
    [
        ((), covered(seen("x", 1)), (), ago(0), "no_sources", ()),
        (("x",), covered(seen("x", 1)), (), None, "stopped", ()),
        (("x",), covered(seen("x", 1)), (), ago(3), "stopped", ()),
        (("x",), None, (), ago(0), "reading", ()),
        (("x", "blog"), covered(seen("x", 1), seen("blog", 9)), (), ago(0), "proven", ("blog", "x")),
        (("x", "blog"), covered(seen("x", 1)), (), ago(0), "unseen", ("blog",)),
        (("x",), covered(source("x", Span(DAY, ago(5), BROKEN))), (), ago(0), "unseen", ("x",)),
        (("x", "blog"), covered(seen("x", 1), seen("blog", 9)), (Alert("idle", "blog", ago(30)),), ago(0), "unseen",
         ("blog",)),
        (("x",), covered(seen("x", 1)), (Alert("unseen", "old", ago(30)),), ago(0), "proven", ("x",)),
        (("x",), covered(seen("x", 1)), (Alert("gap", "x", ago(300), ago(290)),), ago(0), "proven", ("x",)),
    ],
)  # fmt: skip
def test_what_stands_behind_a_quiet_page(
    on: tuple[str, ...], coverage: Coverage | None, alerts: tuple[Alert, ...], beat: datetime | None, state: str,
    named: tuple[str, ...],
) -> None:  # fmt: skip
    found = quiet(on, coverage, alerts, beat, NOW)
    assert (found.state, found.sources) == (state, named)


def test_it_is_proven_until_the_source_that_was_seen_longest_ago() -> None:
    assert quiet(("x", "blog"), covered(seen("x", 1), seen("blog", 9)), (), NOW, NOW).until == ago(9)


def test_what_was_hidden_of_an_hour() -> None:
    found = covered(
        source("x", Span(DAY, ago(40), SEEN), Span(ago(40), ago(10), PARTLY), Span(ago(10), NOW, SEEN)),
        source("blog", Span(DAY, ago(30), SEEN), Span(ago(30), NOW, OFF, NOBODY)),
        source("shop", Span(DAY, NOW, OFF, "switched off in the configuration")),
        source("gone", Span(DAY, NOW, BROKEN)),
    )
    told = hidden(found, ("x", "blog", "shop"), ago(60), NOW)
    assert told.sources == (("blog", timedelta(minutes=30)), ("x", timedelta(minutes=30)))
    assert told.share == pytest.approx(60 / 180), (
        "switched off on purpose hides nothing; what is not ours is not counted"
    )
    assert hidden(found, ("x",), ago(60), ago(45)).share == 0
    assert hidden(found, (), ago(60), NOW).share == 0


@pytest.mark.parametrize(
    ("last", "before", "found"), [(9, 6, True), (9, 7, False), (5, 0, True), (4, 0, False), (40, 39, False)]
)
def test_an_incident_grows_when_its_last_hour_was_half_as_full_again(last: int, before: int, found: bool) -> None:
    line = IncidentLine(1, Bilingual(tr="a", en="a"), "other", 50, last, (), DAY, NOW, None, None)
    assert grows(Growing(line, before)) is found
