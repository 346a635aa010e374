"""Making a report: everything is read once and told once, and every format is drawn from what stands here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from desk.metrics.figures import Numbers
from desk.metrics.measuring import cohorts, numbers_of, numbers_of_cases
from desk.metrics.period import Period
from desk.metrics.reading import Measures
from desk.metrics.table import Table
from desk.report import happening, listening, response
from desk.report.content import Meaning, ReportContent, Section
from desk.report.meanings import meaning_of
from desk.settings import Settings, library_of
from playbooks.shelf import LibraryError
from store.engine import Store

STEPS = 6
"""Parts of the work that `told` counts: answers, what was said, causes, what happened, forecasts, words."""

Told = Callable[[int], object]
"""Told after each part how many of STEPS are done; may raise to end the work."""


def make(
    store: Store, settings: Settings, period: Period, now: datetime, language: str, told: Told = lambda done: None
) -> ReportContent:
    """The report on a period as things stand at `now` (aware), in `tr` or `en`.

    The same store gives the same report: nothing in it depends on when it is read but `now`.
    """
    return made(store, settings, period, now, language, told).content


@dataclass(frozen=True)
class Made:
    """A report with what it was made from: its numbers, and its cases, in which those behind a number are found."""

    content: ReportContent
    numbers: Numbers
    cases: Table


def made(
    store: Store, settings: Settings, period: Period, now: datetime, language: str, told: Told = lambda done: None,
    titles: response.Titles | None = None,
) -> Made:  # fmt: skip
    """The same, with what it was made from. `titles` are those of the playbooks, where they are at hand."""
    told(0)
    facts = Measures(store, settings).facts(period, now)
    ours, theirs = cohorts(facts, period, now)
    numbers = numbers_of(ours, theirs, period, now)
    told(1)

    def behind(key: str) -> tuple[int, ...]:
        return numbers_of_cases(ours, key)

    sections = [
        response.summary(numbers, language),
        response.response(numbers, language, behind, titles_of(settings) if titles is None else titles),
        response.minutes(numbers, language, behind),
    ]
    told(2)
    with store.read() as tx:
        heard = listening.hear(tx, settings, period)
        told(3)
        happened = happening.happen(tx, settings, period, now)
    told(4)
    kept = happening.forecasts(store, settings, period, now)
    told(5)
    sections += [
        listening.section(heard, period, language),
        listening.matters(heard, period, language),
        listening.voice(heard, settings, language),
        happening.causes(happened.causes, period, language),
        happening.concessions(happened, language),
        happening.crises(happened, period, language),
        happening.covered(happened.coverage, heard.total, language),
        happening.quality(happened, kept, language),
    ]
    content = ReportContent(
        settings.brand.name, language, period, now, tuple(sections), _meanings(sections), settings.board.url.rstrip("/")
    )
    told(STEPS)
    return Made(content, numbers, ours.table)


def titles_of(settings: Settings) -> response.Titles:
    """The titles of the playbooks; none where the brand's own cannot be read, which other places say."""
    try:
        return {playbook.id: playbook.title for playbook in library_of(settings).playbooks}
    except LibraryError:
        return {}


def _meanings(sections: list[Section]) -> tuple[Meaning, ...]:
    used = dict.fromkeys(number.figure for section in sections for number in section.numbers)
    return tuple(meaning_of(figure) for figure in used)
