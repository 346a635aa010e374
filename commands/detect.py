"""`nobet detect`: incidents and alarms of mentions in time order, as they would have been raised then. No store.

Each mention is scored (a score in the line is used as it is), put into an incident, and shown to the growth watch, as
the worker does it. Out comes one `group` line a mention, and an `alarm` line behind the mention that raised it. The
brand's own posts, and what is not about it, are of no incident (null).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from classifying import grouping_of
from commands.options import BackendName, Config, Language, complain, language, lines, moment, policy_of, scorer_of
from commands.scoring import SCORE_BATCH, _read, _score_batch
from desk.crisis.grouping import Grouping, left_aside, take_in, watch_of
from desk.settings import load_settings
from mention import Mention, Score
from nlp import Scorer
from playbooks.growth import FALSE_ALARMS, Unseen, Watch


def register(app: typer.Typer) -> None:
    """Add the command of this file."""
    app.command()(detect)


def detect(
    file: Annotated[str, typer.Argument(help="mentions as JSONL in time order, - for standard input")] = "-",
    per_week: Annotated[
        float, typer.Option("--false-alarms", min=0.001, max=100, help="false alarms a week that are accepted")
    ] = FALSE_ALARMS,
    unseen: Annotated[
        list[str] | None, typer.Option("--unseen", help="FROM/TO: time in which nothing was collected; repeatable")
    ] = None,
    backend: BackendName = None,
    config: Config = None,
    lang: Language = "en",
) -> None:
    """Which mentions belong to one incident, and what grows as it should not. JSONL in, JSONL out."""
    settings, say, policy = load_settings(config), language(lang), policy_of(config)
    watch = watch_of(policy, per_week=per_week)
    for span in unseen or ():
        watch.unseen(_span(span, policy.zone))
    places, bad = grouping_of(settings)(None, 0), 0
    for number, result in _scored(file, scorer_of(settings, backend), policy.zone):
        if isinstance(result, str):
            complain(result if result.startswith(file) else f"{file}, line {number}: {result}")
            bad += 1
            continue
        for record in _told(watch, places, *result, settings.brand.handles, say, policy.zone):
            print(json.dumps(record, ensure_ascii=False), flush=True)
    if watch.late:
        complain(
            f"{watch.late} mention(s) were grouped but not counted towards growth: posted over 15 minutes before one "
            "that stands above them, or in time given as --unseen; sort the file by published_at if that was no intent"
        )
    raise typer.Exit(1 if bad else 0)


def _told(
    watch: Watch, places: Grouping, mention: Mention, score: Score, handles: Sequence[str], say: str, zone: ZoneInfo
) -> Iterator[dict[str, Any]]:
    group = {"type": "group", "source": mention.source, "native_id": mention.native_id}
    if left_aside(mention, score, handles):
        yield {**group, "incident": None}
        return
    placed, alarm = take_in(places, watch, mention, score)
    yield {**group, "incident": placed.incident}
    if alarm is not None:
        at = alarm.at.astimezone(zone).isoformat()
        yield {"type": "alarm", "at": at, "incident": alarm.incident, "why": list(alarm.why[say])}


def _scored(file: str, scorer: Scorer, zone: ZoneInfo) -> Iterator[tuple[int, tuple[Mention, Score] | str]]:
    """Each line with its mention and score, or what is wrong with it; a mention without a moment is none here."""
    batch: list[tuple[int, Mention | str, Score | None]] = []
    for number, line in lines(file):
        if b'"published_at"' in line:
            batch.append((number, *_read(file, number, line, zone)))
        else:
            batch.append((number, "published_at is missing, and growth is about time", None))
        if len(batch) == SCORE_BATCH:
            yield from _score_batch(batch, scorer)
            batch = []
    yield from _score_batch(batch, scorer)


def _span(text: str, zone: ZoneInfo) -> Unseen:
    start, slash, end = text.partition("/")
    if not slash:
        raise typer.BadParameter(f"{text!r} is not FROM/TO", param_hint="--unseen")
    span = Unseen(moment(start, zone, "--unseen"), moment(end, zone, "--unseen"))
    if span.start >= span.end:
        raise typer.BadParameter(f"{text!r} ends before it begins", param_hint="--unseen")
    return span
