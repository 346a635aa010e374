"""The report's numbers equal those reckoned again from `nobet export` by code that knows nothing of the program."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from desk.metrics.cohort import MADE
from desk.metrics.figures import Figure, Numbers
from desk.metrics.measuring import OF_GROUPS
from desk.metrics.period import Period
from desk.metrics.reading import Measures
from store.engine import Store
from tests.acceptance.command import nobet
from tests.integration import reckoned_again as again
from tests.integration.report_month import CONFIG, NOW, Month, random_month

PERIOD = (date(2026, 10, 2), date(2026, 11, 1))
CASES = 95


@dataclass
class World:
    """A month, its numbers, and the cases of the export: those of the period, those of the one before."""

    month: Month
    measures: Measures
    numbers: Numbers
    ours: list[again.Case]
    theirs: list[again.Case]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Iterator[World]:
    home = tmp_path_factory.mktemp("month")
    (home / "nobet.db").write_bytes(sqlite_template.read_bytes())
    (home / "nobet.yaml").write_text(CONFIG, encoding="utf-8")
    store = Store.open(f"sqlite:///{home / 'nobet.db'}")
    month = random_month(store, 20261025, CASES)
    answer = nobet(home, "export", "mentions,cases,events", "--out", home / "out")
    assert answer.status == 0, answer.err
    measures = Measures(store, month.settings, month.settings.agents[0])
    period = Period(*PERIOD, month.settings.desk.zone)
    numbers = measures.numbers(period, NOW)
    cases = again.read(home / "out", again.us(NOW.isoformat()))
    start, end = again.us("2026-10-02T00:00:00+02:00"), again.us("2026-11-02T00:00:00+01:00")
    before = again.us("2026-09-01T00:00:00+02:00")
    ours = [case for case in cases if start <= case.posted < end]
    yield World(month, measures, numbers, ours, [case for case in cases if before <= case.posted < start])
    store.close()


def same(figure: Figure, told: Any, where: str) -> None:
    """A figure equals what was reckoned again: times to the second, shares to the last digit."""
    kind = MADE[figure.id][0]
    if kind == "count":
        assert figure.value == told, where
    elif kind == "worst":
        close(figure.value, told, where)
    else:
        for value, other in zip((figure.value, figure.low, figure.high), told[:3], strict=True):
            close(value, other, where)
        if kind == "share":
            assert (figure.met, figure.missed, figure.undecided) == told[3:], where
        else:
            assert (figure.n, figure.open) == told[3:], where


def close(value: float | None, other: float | None, where: str) -> None:
    if value is None or other is None:
        assert value is other, (where, value, other)
    else:
        assert value == pytest.approx(other, abs=1e-5, rel=1e-9), where


def test_the_month_has_seen_everything(world: World) -> None:
    did = world.month.did
    ways = {"nobody", "aside", "by_hand", "sent", "undone", "passed_on", "urgency_changed", "merged", "split", "again"}
    assert ways | {"closed"} <= set(did), did
    told = again.figures(world.ours, again.us(NOW.isoformat()))
    for name in ("open_now", "overdue_now", "set_aside", "reopened", "reassigned", "platform_answers", "acknowledged"):
        assert told[name], name
    assert told["deadline_moved"]
    assert told["within_promise"][5], "some are open and not due yet"
    assert len(world.theirs) >= 10


def test_every_figure_is_the_one_reckoned_again(world: World) -> None:
    told = again.figures(world.ours, again.us(NOW.isoformat()))
    before = again.figures(world.theirs, again.us(NOW.isoformat()))
    assert set(told) == set(MADE)
    for figure in world.numbers.figures:
        same(figure, told[figure.id], figure.id)
        last = before[figure.id]
        close(figure.before, last[0] if isinstance(last, tuple) else last, f"{figure.id} before")


@pytest.mark.parametrize("dimension", ["channel", "topic", "language", "urgency", "hour", "weekday", "agent"])
def test_every_group_is_made_of_its_own_cases(world: World, dimension: str) -> None:
    def value(case: again.Case) -> str | None:
        if dimension in ("hour", "weekday"):
            local = again.local(case.posted)
            return str(local.hour if dimension == "hour" else local.weekday())
        if dimension == "urgency":
            return str(case.first["urgency"])
        if dimension == "agent":
            by = case.first["by"].removeprefix("agent:")
            return None if not by or by.startswith("@") else by
        return case.row[dimension]

    mine: dict[str | None, list[again.Case]] = {}
    for case in world.ours:
        if case.first is not None:
            mine.setdefault(value(case), []).append(case)
    groups = world.numbers.groups[dimension]
    assert {one.group.key: one.n for one in groups} == {key: len(cases) for key, cases in mine.items()}
    for one in groups:
        told = again.figures(mine[one.group.key], again.us(NOW.isoformat()))
        assert [figure.id for figure in one.figures] == list(OF_GROUPS)
        for figure in one.figures:
            same(figure, told[figure.id], f"{dimension}={one.group.key} {figure.id}")


def test_every_breach_has_its_lateness_and_cause(world: World) -> None:
    told = Counter(
        (case.row["id"], wait["start"], wait["kind"] == "resolution", wait["due"], wait["late"], wait["cause"])
        for case in world.ours
        for wait in (case.first, *case.nexts, case.whole)
        if wait and wait["outcome"] == "missed"
    )
    found = Counter(
        (
            one.case_id, again.us(one.started_at.isoformat()), one.clock == "resolution",
            again.us(one.due_at.isoformat()), round(one.late_s * 1e6), one.cause,
        )
        for one in world.numbers.breaches
    )  # fmt: skip
    assert found == told
    assert len(world.numbers.causes) >= 5


def test_the_minutes_are_those_of_the_ways(world: World) -> None:
    ways = [case.first for case in world.ours if case.first and case.first["gone"] is None]
    known = [wait for wait in ways if not wait["by"].startswith("agent:@")]
    minutes = world.numbers.minutes
    assert minutes is not None
    assert (minutes.ways, minutes.elsewhere) == (len(known), len(ways) - len(known))
    close(minutes.total_s, sum(wait["length"] for wait in known) / 1e6, "all")
    for piece in again.PIECES:
        close(minutes.piece(piece).total_s, sum(wait["pieces"][piece] for wait in known) / 1e6, piece)
        assert minutes.piece(piece).total_s > 0, f"the month has no {piece}"


def test_every_number_leads_to_its_cases(world: World) -> None:
    numbers, period = world.numbers, world.numbers.period
    first = {case.row["id"]: case.first for case in world.ours if case.first}
    missed = {number for number, wait in first.items() if wait["outcome"] == "missed"}
    behind = world.measures.behind("within_promise.missed", period, NOW)
    assert {one.case_id for one in behind} == missed
    assert [one.value for one in behind] == sorted((one.value or 0 for one in behind), reverse=True)
    for figure in numbers.figures:
        if MADE[figure.id][0] == "count" and figure.id != "breaches":
            assert len(world.measures.behind(figure.key, period, NOW)) == figure.value, figure.id
    for cell in numbers.heat:
        if cell.n:
            there = world.measures.behind(cell.key, period, NOW)
            assert len(there) == cell.n
            break
    assert sum(cell.n for cell in numbers.heat) == sum(day.n for day in numbers.days) == len(first)
    with pytest.raises(ValueError, match="names no number"):
        world.measures.behind("within_promise.everything", period, NOW)


def test_who_may_not_sees_nobodys_numbers(world: World) -> None:
    month, period = world.month, world.numbers.period
    for me in (None, month.settings.agents[1]):
        measures = Measures(month.store, month.settings, me)
        assert "agent" not in measures.numbers(period, NOW).groups
        with pytest.raises(ValueError, match="names no number"):
            measures.behind("cases.all@agent=Elif", period, NOW)
