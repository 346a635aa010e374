"""`nobet score` and `nobet route`: what a mention means and where it goes, no store. JSONL in, JSONL out."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Annotated, Any
from zoneinfo import ZoneInfo

import typer

from classifying import finder_of, with_facts
from commands.options import (
    BackendName,
    Config,
    Language,
    complain,
    decoded,
    language,
    lines,
    policy_of,
    scorer_of,
    utc_now,
)
from desk.clock import Clocks, due_json
from desk.intake import platform_deadline
from desk.settings import library_of, load_settings
from mention import Mention, MentionError, Score, clean_text, parse_mention
from nlp import Scorer, Unscorable
from playbooks.routing import route
from playbooks.schema import Library

SCORE_BATCH = 64
"""Lines scored together: memory stays constant, and a pipe sees its first answers soon."""

SCORE_BYTES = 8_000_000
"""Bytes of lines scored together at most: one line may be MAX_LINE long, 64 of those would fill the memory."""


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    app.command()(score)
    app.command("route")(route_lines)


def score(
    file: Annotated[str, typer.Argument(help="mentions as JSONL, - for standard input")] = "-",
    backend: BackendName = None,
    facts: Annotated[
        bool, typer.Option("--facts", help="also order numbers, sums, dates, places and the like found in each text")
    ] = False,
    config: Config = None,
) -> None:
    """Score mentions; only `text` is needed. A line that cannot be scored is named and passed over."""
    settings = load_settings(config)
    scorer, finder = scorer_of(settings, backend), finder_of(settings) if facts else None
    bad = 0
    for number, result in _scored(file, scorer, settings.desk.zone):
        if isinstance(result, str):
            complain(result if result.startswith(file) else f"{file}, line {number}: {result}")
            bad += 1
        else:
            mention, scored = result
            told = with_facts([mention], [scored], finder)[0] if finder else scored
            print(json.dumps(score_json(told, facts), ensure_ascii=False), flush=True)
    raise typer.Exit(1 if bad else 0)


def route_lines(
    file: Annotated[str, typer.Argument(help="mentions (or scores) as JSONL, - for standard input")] = "-",
    backend: BackendName = None,
    config: Config = None,
    lang: Language = "en",
) -> None:
    """The playbook, priority and clocks of each mention, with the reasons. A score in the line is kept."""
    settings = load_settings(config)
    library, arithmetic, say = library_of(settings), Clocks(policy_of(config)), language(lang)
    bad = 0
    for number, result in _scored(file, scorer_of(settings, backend), settings.desk.zone):
        if isinstance(result, str):
            complain(result if result.startswith(file) else f"{file}, line {number}: {result}")
            bad += 1
            continue
        print(json.dumps(_routed(*result, library, arithmetic, say), ensure_ascii=False), flush=True)
    raise typer.Exit(1 if bad else 0)


def _routed(mention: Mention, score: Score, library: Library, arithmetic: Clocks, say: str) -> dict[str, Any]:
    decision = route(mention, score, library)
    running = []
    if decision.action == "open_case" and decision.urgency != "none":
        answer_by = platform_deadline(mention)
        answer = arithmetic.due(mention.published_at, decision.urgency, mention.channel, answer_by)
        zone = arithmetic.policy.zone
        started = mention.published_at.astimezone(zone).isoformat()
        running = [{"clock": "first_answer", "started_at": started, **due_json(answer, arithmetic.policy, say)}]
    return {
        "native_id": mention.native_id, "source": mention.source, "action": decision.action,
        "playbook": decision.playbook, "playbook_version": decision.playbook_version, "urgency": decision.urgency,
        "priority": decision.priority, "clocks": running, "inform_first": list(decision.inform_first),
        "needs_person": decision.needs_person, "reasons": [reason.say(say) for reason in decision.reasons],
    }  # fmt: skip


def score_json(score: Score | Unscorable, facts: bool = False) -> dict[str, Any]:
    """A score in the form of the command line; probabilities to four places, its `facts` where they were asked for."""
    assert isinstance(score, Score)
    data = score.model_dump(mode="json", exclude=None if facts else {"facts"})
    for head in ("sentiment", "urgency", "topic"):
        data[head]["probs"] = {label: round(p, 4) for label, p in data[head]["probs"].items()}
    return data


def _scored(file: str, scorer: Scorer, zone: ZoneInfo) -> Iterator[tuple[int, tuple[Mention, Score] | str]]:
    """Each line of a file with its mention and score, or with the sentence of what is wrong with it, in order."""
    batch: list[tuple[int, Mention | str, Score | None]] = []
    held = 0
    for number, line in lines(file):
        batch.append((number, *_read(file, number, line, zone)))
        held += len(line)
        if len(batch) == SCORE_BATCH or held >= SCORE_BYTES:
            yield from _score_batch(batch, scorer)
            batch, held = [], 0
    yield from _score_batch(batch, scorer)


def _score_batch(
    batch: list[tuple[int, Mention | str, Score | None]], scorer: Scorer
) -> Iterator[tuple[int, tuple[Mention, Score] | str]]:
    results = iter(scorer.score([m for _, m, s in batch if isinstance(m, Mention) and s is None]))
    for number, mention, given in batch:
        if isinstance(mention, str):
            yield number, mention
            continue
        result = given if given is not None else next(results)
        yield number, result.reason if isinstance(result, Unscorable) else (mention, result)


def _read(file: str, number: int, line: bytes, zone: ZoneInfo) -> tuple[Mention | str, Score | None]:
    """A line as a mention, and its score where the line carries one (a scored mention, or the score alone)."""
    try:
        record = decoded(file, number, line)
        if not isinstance(record, dict):
            raise MentionError("", "the line is not a JSON object")
        given, record = _score_in(record)
        text = record.get("text", "(not given)" if given else None)
        if not isinstance(text, str) or not text.strip():
            raise MentionError("text", "text is missing" if text is None else "text is empty")
        filled = {
            "source": "unknown", "native_id": str(number), **{k: v for k, v in record.items() if v is not None},
            "text": clean_text(text),
        }  # fmt: skip
        filled.setdefault("published_at", utc_now())
        return parse_mention(filled, now=utc_now(), zone=zone)[0], given
    except MentionError as error:
        return str(error), None


def _score_in(record: dict[str, Any]) -> tuple[Score | None, dict[str, Any]]:
    held = record.get("score") if isinstance(record.get("score"), dict) else None
    if held is None and isinstance(record.get("urgency"), dict) and isinstance(record.get("topic"), dict):
        held = record
    if held is None:
        return None, record
    try:
        named = {name: str(record.get(name, "")) for name in ("native_id", "source")}
        base = {**named, "model": "given"}
        found = Score.model_validate({**base, **held})
    except ValueError:
        raise MentionError("score", "the score in the line is not in the form that `nobet score` writes") from None
    names = set(Score.model_fields) - {"native_id", "source"} | {"score"}
    return found, {k: v for k, v in record.items() if k not in names}
