"""Taking a change on to win minutes, and the proof of the days that follow: did the piece become shorter?

`Improving(store, settings, me).start(piece, change, now)` keeps what was usual over the BASELINE_DAYS before,
`.all(now)` answers every change with its proof so far, `.end(id, note, now)` ends one. The measure is the mean of the
piece over the waits for a first answer that came to it, since means sum to minutes; its interval is a bootstrap with a
fixed seed, the difference's is reckoned from the two (see figures.Change). Where chance alone may explain a difference,
just that is said.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from desk.metrics.cohort import Cohort
from desk.metrics.estimates import SURE, Estimate, change
from desk.metrics.figures import FEW, Change
from desk.metrics.minutes import PIECES
from desk.metrics.period import Period
from desk.metrics.reading import Measures
from desk.metrics.table import Table
from desk.metrics.winning import Ways
from desk.metrics.words import PIECE_NAMES, time_said
from desk.roles import Refused, require
from desk.settings import Settings
from desk.team import Agent
from mention import clean_text
from playbooks.schema import Bilingual
from store import events as event_log
from store import improvements
from store.engine import Store
from store.improvements import ImprovementRow

BASELINE_DAYS = 28
"""Whole days before a change that are its baseline: four of each weekday."""

RESAMPLES = 2000
"""Of the bootstrap: the ends of a 95 % interval are then good to a few per cent of its width."""

MAX_WORDS = 500
VERDICTS = ("shorter", "longer", "not_told_apart", "too_few")


@dataclass(frozen=True)
class Usual:
    """How long a piece took on average, in seconds, over so many waits, with its interval."""

    ways: int
    mean: Estimate


@dataclass(frozen=True)
class Improvement:
    """A change and what it has come to. `days` are the whole days since it began (or while it ran)."""

    row: ImprovementRow
    before: Usual
    after: Usual
    change: Change | None
    days: int
    verdict: str
    said: Bilingual


class Improving:
    """The changes of one brand, in one person's hands."""

    def __init__(self, store: Store, settings: Settings, me: Agent) -> None:
        self.store = store
        self.settings = settings
        self.me = me
        self._measures = Measures(store, settings)

    def start(self, piece: str, change: str, now: datetime) -> int:
        """Take a change on; answers its number, that of the same piece's change where one goes on already.

        Raises NotAllowed where my roles may not, Refused for a piece that is none, no words, or too many.
        """
        require(self.me, "start_improvement")
        words = clean_text(change).strip()
        if piece not in PIECES:
            raise Refused("Böyle bir bölüm yok.", f"{piece!r} is no piece; there are {', '.join(PIECES)}.")
        if not words or len(words) > MAX_WORDS:
            raise Refused(
                f"Neyi değiştirdiğinizi yazın (en çok {MAX_WORDS} karakter).",
                f"Say what you change, in {MAX_WORDS} characters at most.",
            )
        zone = self.settings.desk.zone
        yesterday = now.astimezone(zone).date() - timedelta(days=1)
        period = Period(yesterday - timedelta(days=BASELINE_DAYS - 1), yesterday, zone)
        usual = self._usual(self._measures.facts(period, now, beside=False), period, piece, now)
        told: dict[str, Any] = {
            "from": period.first.isoformat(), "to": period.last.isoformat(), "ways": usual.ways,
            "mean_s": usual.mean.value, "low_s": usual.mean.low, "high_s": usual.mean.high,
        }  # fmt: skip
        with self.store.write() as tx:
            event_log.hold(tx, self.settings.brand.key)  # two presses are one change
            known = improvements.running(tx, self.settings.brand.key, piece)
            if known is not None:
                return known.id
            return improvements.add(
                tx, self.settings.brand.key, piece=piece, change=words, baseline=told, by=f"agent:{self.me.name}",
                since=now,
            )  # fmt: skip

    def end(self, id: int, note: str, now: datetime) -> None:
        """End a change; what it came to stays. Raises NotAllowed, and Refused where it is not there or has ended."""
        require(self.me, "start_improvement")
        with self.store.write() as tx:
            if not improvements.end(tx, self.settings.brand.key, id, now, clean_text(note).strip()[:MAX_WORDS]):
                raise Refused("Bu iyileştirme yok ya da bitmiş.", "There is no such improvement, or it has ended.")

    def all(self, now: datetime) -> tuple[Improvement, ...]:
        """Every change with its proof so far, the newest first."""
        with self.store.read() as tx:
            rows = improvements.of_brand(tx, self.settings.brand.key)
        return tuple(self._proved(row, now) for row in rows)

    def _proved(self, row: ImprovementRow, now: datetime) -> Improvement:
        zone, told = self.settings.desk.zone, row.baseline
        before = Usual(int(told["ways"]), Estimate(told["mean_s"], told["low_s"], told["high_s"]))
        first = row.since.astimezone(zone).date() + timedelta(days=1)
        last = (row.ended_at or now).astimezone(zone).date() - timedelta(days=1)
        after, days = Usual(0, Estimate(None)), 0
        if first <= last:
            period = Period(first, last, zone)
            facts = self._measures.facts(period, now, beside=False)
            after, days = self._usual(facts, period, row.piece, now), period.days
        changed = change(after.mean, before.mean)
        verdict = verdict_of(before, after, changed)
        said = Bilingual(**{
            language: _said(row.piece, before, after, changed, days, verdict, language) for language in ("tr", "en")
        })  # fmt: skip
        return Improvement(row, before, after, changed, days, verdict, said)

    def _usual(self, facts: Table, period: Period, piece: str, now: datetime) -> Usual:
        mine = facts.posted_in(period.start, period.end)
        ways = Ways.of(Cohort(mine, period.zone, now))
        return usual_of(ways.seconds(piece)[ways.reached(piece)])


def usual_of(seconds: np.ndarray) -> Usual:
    """The mean of a piece with its bootstrap interval; without one for fewer than FEW waits, or where all are alike."""
    n = len(seconds)
    if not n:
        return Usual(0, Estimate(None))
    mean = float(seconds.mean())
    if n < FEW or float(seconds.min()) == float(seconds.max()):
        same = mean if n >= FEW else None
        return Usual(n, Estimate(mean, same, same))
    from scipy.stats import bootstrap  # here: loading it takes a second, and few pages need it

    found = bootstrap(
        (seconds,), np.mean, n_resamples=RESAMPLES, batch=100, confidence_level=SURE, method="percentile",
        rng=np.random.default_rng(1),
    ).confidence_interval  # fmt: skip
    return Usual(n, Estimate(mean, float(found.low), float(found.high)))


def verdict_of(before: Usual, after: Usual, changed: Change | None) -> str:
    """What a change has come to, as one of VERDICTS."""
    if before.ways < FEW or after.ways < FEW or changed is None:
        return "too_few"
    if not changed.told_apart:
        return "not_told_apart"
    return "shorter" if changed.value < 0 else "longer"


def _said(
    piece: str, before: Usual, after: Usual, changed: Change | None, days: int, verdict: str, language: str
) -> str:
    """The proof in one or two sentences."""
    tr, name = language == "tr", PIECE_NAMES[piece].say(language)
    if verdict == "too_few" or changed is None or before.mean.value is None or after.mean.value is None:
        return (
            f"Henüz söylenemez: öncesinde {before.ways}, sonrasında {after.ways} kayıt var, {FEW} gerekiyor."
            if tr
            else f"Too early to say: {before.ways} cases before, {after.ways} since; it takes {FEW} of each."
        )
    was, now = time_said(before.mean.value, language), time_said(after.mean.value, language)
    told = (
        f"{name[0].upper() + name[1:]}: önce ortalama {was}, sonraki {days} günde {now} ({after.ways} kayıt)."
        if tr
        else f"{name[0].upper() + name[1:]}: {was} on average before, {now} in the {days} days since "
        f"({after.ways} cases)."
    )
    if verdict == "not_told_apart":
        return told + (" Fark şimdilik rastlantıdan ayırt edilemiyor." if tr else
                       " So far the difference is not told apart from chance.")  # fmt: skip
    each = time_said(abs(changed.value), language)
    if verdict == "shorter":
        return told + (f" Kayıt başına {each} kazanıldı." if tr else f" {each} won per case.")
    return told + (f" Kayıt başına {each} uzadı." if tr else f" {each} longer per case.")
