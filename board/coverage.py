"""Coverage as the browser draws it: a strip per source, the numbers beside it, and what the bar says aloud."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from board.evidence import evidence
from board.moments import Moments, epoch_ms
from desk.coverage import BLOCKED, BROKEN, OFF, PARTLY, QUOTA, SEEN, STATES, Span
from desk.lookout import Alert, Budget, Watched
from desk.watch import SourceCoverage
from mention import search_text

WINDOWS = {"6h": timedelta(hours=6), "24h": timedelta(hours=24), "7d": timedelta(days=7)}
"""The stretches of time that can be looked at."""

TICKS = {"6h": 6, "24h": 8, "7d": 7}

UNKNOWN = "unknown"
WORST = (BLOCKED, BROKEN, QUOTA, PARTLY, OFF, SEEN)
STRIPES = 480
"""Pieces a strip is drawn in at most: a strip is about a thousand pixels wide, and nobody points at one."""

EVIDENCE_SHOWN = 400

SIGNS = {SEEN: "met", PARTLY: "urgent", BLOCKED: "late", QUOTA: "paused", BROKEN: "critical", OFF: "none"}
"""Which sign a state carries; colour, pattern and word go with it."""


def timeline(found: SourceCoverage, watched: Watched, moments: Moments) -> dict[str, Any]:
    """A source's strip and its numbers as JSON-able values."""
    texts, start = moments.texts, watched.coverage.start
    whole = (watched.coverage.end - start).total_seconds()
    spans = folded(found.spans, timedelta(seconds=whole / STRIPES))
    shares = [_minutes(found, moments, state) for state in (*STATES, UNKNOWN)]
    share = found.minutes.seen_share
    percent = "" if share is None else moments.percent_floor(share)
    return {
        "spans": [
            {
                "at": round((span.start - start).total_seconds() / whole, 5),
                "size": round((span.end - span.start).total_seconds() / whole, 5),
                "start": epoch_ms(span.start),
                "end": epoch_ms(span.end),
                "state": span.state,
                "when": _when(span, moments),
                "length": moments.length((span.end - span.start).total_seconds()),
                "why": evidence(span.evidence[:EVIDENCE_SHOWN], texts),
                "missed": texts.say_number("coverage.missed", span.missed, moments.number(span.missed))
                if span.missed and span.state != SEEN
                else "",
            }
            for span in spans
        ],
        "share": percent,
        "minutes": shares,
        "label": texts.say("coverage.strip", name=found.source, text=_summary(found, moments, percent)),
        "lag": ["–" if lag is None else moments.length(lag) for lag in (found.state.lag_p50_s, found.state.lag_p95_s)],
        "refills": [_refill(row, moments) for row in found.refills[-5:]],
    }  # fmt: skip


def folded(spans: Sequence[Span], least: timedelta) -> list[Span]:
    """The spans with runs of pieces shorter than `least` made one: of their worst state, with that state's evidence."""
    drawn: list[Span] = []
    for span in spans:
        last = drawn[-1] if drawn else None
        small = span.end - span.start < least
        if last is None or not small or last.end != span.start or last.end - last.start >= least:
            drawn.append(span)
            continue
        worse = min((last, span), key=lambda one: WORST.index(one.state))
        missed = None if last.missed is None and span.missed is None else (last.missed or 0) + (span.missed or 0)
        drawn[-1] = replace(worse, start=last.start, end=span.end, missed=missed)
    return drawn


def _when(span: Span, moments: Moments) -> str:
    first, last = (at.astimezone(moments.zone) for at in (span.start, span.end))
    until = moments.clock(span.end) if first.date() == last.date() else moments.near(span.end)
    return f"{moments.near(span.start)} – {until}"


def _minutes(found: SourceCoverage, moments: Moments, state: str) -> str:
    value = found.minutes.unknown if state == UNKNOWN else found.minutes.by_state.get(state, 0.0)
    return moments.number(round(value))


def _summary(found: SourceCoverage, moments: Moments, percent: str) -> str:
    """What a strip says in one breath, for whoever does not see it."""
    texts = moments.texts
    told = [texts.say("coverage.share", share=percent)] if percent else [texts.say("coverage.undecided")]
    told += [
        f"{texts.label('coverage', state)} {moments.length(found.minutes.by_state[state] * 60)}"
        for state in (PARTLY, BLOCKED, QUOTA, BROKEN, OFF)
        if round(found.minutes.by_state.get(state, 0.0))
    ]
    return ", ".join(told)


def _refill(row: Any, moments: Moments) -> dict[str, Any]:
    when, state = _when(Span(row.since, row.until, row.state), moments), moments.texts.label("refill", row.state)
    return {
        "state": row.state,
        "text": moments.texts.say("refill.line", when=when, state=state),
        "found": moments.texts.say_number("refill.found", row.found, moments.number(row.found)),
        "why": evidence(row.note[:EVIDENCE_SHOWN], moments.texts),
    }  # fmt: skip


def axis(name: str, watched: Watched, moments: Moments) -> list[dict[str, Any]]:
    """The marks of time under the strips, on whole hours or midnights of the desk's zone."""
    start, end = watched.coverage.start, watched.coverage.end
    step = WINDOWS[name] / TICKS[name]
    at = start.astimezone(moments.zone).replace(minute=0, second=0, microsecond=0)
    marks = []
    while at < end:
        whole = at.hour == 0 if name == "7d" else at.hour % max(1, round(step / timedelta(hours=1))) == 0
        if at > start and whole:
            text = moments.weekday(at) if name == "7d" else moments.clock(at)
            marks.append({"at": round((at - start) / (end - start), 5), "text": text})
        at += timedelta(hours=1)
    return marks


def budget_line(budget: Budget, moments: Moments) -> dict[str, Any]:
    """One budget with what is used of it."""
    money = budget.what == "money"
    used, limit = (
        moments.money(n, budget.currency) if money else moments.number(n) for n in (budget.used, budget.limit)
    )
    share = min(1.0, float(budget.used / budget.limit))
    text = moments.texts.say(f"budget.{budget.what}", used=used, limit=limit)
    return {"text": text, "share": round(share, 3), "full": share >= 1, "warn": share >= 0.8}


def said_aloud(alerts: Sequence[Alert], moments: Moments) -> dict[str, Any] | None:
    """What the bar says of the alerts: a sentence for the first, and how many more there are; None without any."""
    if not alerts:
        return None
    texts = moments.texts
    idle = [alert for alert in alerts if alert.what == "idle"]
    first = alerts[0]
    rest = len(alerts) - 1
    if first.what == "idle" and len(idle) > 1:
        told, rest = (
            texts.say("gap.nobody", since=moments.since(min(alert.since for alert in idle))),
            len(alerts) - len(idle),
        )
    elif first.what == "gap":
        span = Span(first.since, first.until or first.since, PARTLY)
        told = texts.say("gap.filled_not", name=first.source, when=_when(span, moments))
    else:
        told = texts.say(f"gap.{first.what}", name=first.source, since=moments.since(first.since))
    return {"text": told, "more": texts.say_number("gap.more", rest, moments.number(rest)) if rest else ""}


def in_trouble(name: str, watched: Watched) -> int:
    """0 for a source that is being missed now, 1 for one with a gap, 2 for any other: for the order on the page."""
    what = {alert.what for alert in watched.alerts if alert.source == name}
    return 0 if what & {"unseen", "idle"} else 1 if what else 2


def order(rows: list[dict[str, Any]], watched: Watched, ranks: Mapping[str, int]) -> list[dict[str, Any]]:
    """The sources with those in trouble first, then by their sign's rank, then by name as it is read."""
    return sorted(
        rows, key=lambda row: (in_trouble(row["name"], watched), ranks[row["sign"]], search_text(row["name"]))
    )
