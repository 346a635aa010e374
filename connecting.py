"""Connecting a source: what its kind asks for, trying it without storing anything, writing it into the configuration.

The command line (`nobet add, try, check, sources`) and the set-up on the board both go through here: both ask the same
questions, and a source that is written down has answered before.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any, get_args, get_origin

import yaml
from pydantic.fields import FieldInfo

from classifying import finder_of
from classifying import grouping_of as grouping_of
from classifying import reader_of as reader_of
from classifying import scorer_of as scorer_of
from collectors.meter import Limit, Meter, spending
from collectors.protocol import About, CollectorError, Fetched, SourceSettings, Verifies
from collectors.query import Query, QueryError
from collectors.query.misses import near_miss
from collectors.query.trial import Trial as QueryTrial
from collectors.registry import KINDS as KINDS
from collectors.registry import ConfigError, collector_for
from desk.config_text import changed
from desk.configuring import put, read
from desk.settings import Settings, SettingsError, read_yaml, validate
from mention import Mention, Score
from nlp import Scorer, Unscorable
from nlp.extract.about import about as means
from playbooks.routing import Decision, route
from playbooks.schema import Library
from worker import is_pushed, keep_for, name_of, with_query

TRY_REQUESTS = 10
"""Requests that a try may make: a look at what would come, not a collection; paid sources charge for it."""

TRY_MENTIONS = 20
TRIED_SHOWN = 8
MONTH = timedelta(days=30.4375)


class ConnectingError(ValueError):
    """A source that cannot be written down; the message says what and what to do."""


@dataclass(frozen=True)
class Question:
    """One thing that a kind asks for. `secret` ones are kept in the environment under `variable`."""

    field: str
    text: str
    required: bool
    default: Any = None
    secret: bool = False
    variable: str = ""


@dataclass(frozen=True)
class Tried:
    """One mention that a source would bring, as it would be scored and routed; `score` is None where it cannot be."""

    mention: Mention
    score: Score | None
    decision: Decision | None
    why_not: str = ""


@dataclass(frozen=True)
class Trial:
    """What a source would bring. Nothing of it was stored."""

    source: str
    ok: bool
    said: str
    """A sentence: what the service answered, or what went wrong."""
    mentions: tuple[Tried, ...] = ()
    fetched: int = 0
    passed: int = 0
    rejected: tuple[str, ...] = ()
    """Why items could not be read, each reason once."""
    requests: int = 0
    month_items: int | None = None
    """Items a month at the rate of those that were read; None where they tell no rate."""
    month_cost: Decimal | None = None
    currency: str = ""


def about(kind: str) -> About:
    """What a kind tells of itself. Raises ConfigError naming the known kinds."""
    if kind not in KINDS:
        raise ConfigError(f"{kind!r} is not a kind of source; there are: {', '.join(KINDS)}")
    return KINDS[kind].about


def questions(kind: str) -> list[Question]:
    """What has to be asked before a source of a kind can be used: its own list, what has no default, its secrets."""
    fields = KINDS[kind].Settings.model_fields
    secrets = [name for name in fields if name.endswith("_env")]
    asked = [name for name in about(kind).asks if name not in secrets]
    needed = [name for name, field in fields.items() if field.is_required() and name not in ("kind", *asked, *secrets)]
    found = [Question(name, _text(fields[name]), name in needed or fields[name].is_required(), _default(fields[name]))
             for name in [*asked, *needed]]  # fmt: skip
    for name in secrets:
        variable = str(_default(fields[name]) or "")
        if variable:
            optional = "optional" in _text(fields[name]).lower()
            found.append(Question(name, _text(fields[name]), not optional, None, True, variable))
    return found


def _text(field: FieldInfo) -> str:
    return field.description or ""


def _default(field: FieldInfo) -> Any:
    return None if field.is_required() else field.get_default(call_default_factory=True)


def answer(kind: str, field: str, typed: str) -> Any:
    """What a person typed for a setting, as the configuration writes it: lists by commas, YAML for anything deeper.

    Raises ConnectingError where it cannot be that; whether the value is allowed is for the form to say.
    """
    known = KINDS[kind].Settings.model_fields
    if field not in known:
        raise ConnectingError(f"{field!r} is not a setting of {kind}; there are: {', '.join(known)}")
    form = known[field].annotation
    kinds = {get_origin(part) or part for part in (form, *get_args(form))}
    text = typed.strip()
    try:
        if text[:1] in "[{":
            return yaml.safe_load(text)
        if kinds & {tuple, list, frozenset, set}:
            return [part.strip() for part in text.split(",") if part.strip()]
        if bool in kinds and text.lower() in ("yes", "no", "true", "false", "evet", "hayır", "hayir"):
            return text.lower() in ("yes", "true", "evet")
        if (int in kinds or float in kinds) and str not in kinds:
            return yaml.safe_load(text)
    except yaml.YAMLError:
        raise ConnectingError(f"{field}: {text[:60]!r} cannot be read as a value") from None
    return text


def verify(collector: Any, now: datetime) -> tuple[bool, str]:
    """Ask the service whether the configuration works, storing nothing: (whether it does, a sentence)."""
    if is_pushed(collector):
        return True, "It sends to us: nothing to ask. `nobet intake` receives it."
    try:
        if isinstance(collector, Verifies):
            with spending(_small_meter(collector, now)):
                return True, collector.verify(now)
    except CollectorError as error:
        return False, str(error)
    trial = attempt(collector, None, None, None, now, most=1)
    return trial.ok, trial.said


def _small_meter(collector: Any, now: datetime) -> Meter:
    limit = Limit(TRY_REQUESTS, now + timedelta(hours=1), f"of a try ({TRY_REQUESTS} requests)")
    return Meter(name_of(collector), request_limit=limit)


def attempt(
    collector: Any, settings: Settings | None, scorer: Scorer | None, library: Library | None, now: datetime,
    most: int = TRY_MENTIONS,
) -> Trial:  # fmt: skip
    """What a source would bring now, at most `most` mentions, scored and routed where a scorer and a library are given.

    Stores nothing, and never raises for what the source does wrong.
    """
    source = name_of(collector)
    keep = keep_for(settings, collector) if settings is not None else None
    kept: list[Fetched] = []
    fetched = passed = 0
    moments: list[datetime] = []
    reasons: dict[str, None] = {}
    ok, said = True, ""
    meter = _small_meter(collector, now)
    try:
        with spending(meter), contextlib.closing(collector.fetch(None, now)) as batches:
            for batch in batches:
                fetched += len(batch.fetched)
                for item in batch.fetched:
                    moments.append(item.mention.published_at)
                    if keep is None or keep(item.mention):
                        kept.append(item)
                    else:
                        passed += 1
                reasons |= {item.reason: None for item in batch.rejected}
                said = batch.note or said
                if len(kept) >= most:
                    break
    except CollectorError as error:
        # A try that read something before it had used up its few requests has shown what there was to see.
        enough = bool(kept) and meter.requests >= TRY_REQUESTS
        ok, said = enough, f"the first {TRY_REQUESTS} requests were made" if enough else str(error)
    told = _judge([item.mention for item in kept[:most]], scorer, library)
    items, cost = _month(collector.settings, moments, now)
    return Trial(
        source, ok, said or "it answered, with nothing new", told, fetched, passed, tuple(reasons)[:5],
        meter.requests, items, cost, collector.settings.currency,
    )  # fmt: skip


def _judge(mentions: Sequence[Mention], scorer: Scorer | None, library: Library | None) -> tuple[Tried, ...]:
    if scorer is None or library is None:
        return tuple(Tried(mention, None, None) for mention in mentions)
    tried = []
    for mention, score in zip(mentions, scorer.score(list(mentions)), strict=True):
        if isinstance(score, Unscorable):
            tried.append(Tried(mention, None, None, score.reason))
        else:
            tried.append(Tried(mention, score, route(mention, score, library)))
    return tuple(tried)


def _month(settings: SourceSettings, moments: Sequence[datetime], now: datetime) -> tuple[int | None, Decimal | None]:
    """Items a month at the rate of those read (at least five over an hour), and what they cost."""
    if len(moments) < 5 or now - min(moments) < timedelta(hours=1):
        return None, None
    items = round(len(moments) * (MONTH / (now - min(moments))))
    return items, (items * settings.price_per_item).quantize(Decimal("0.01")) if settings.price_per_item else None


@dataclass(frozen=True)
class QueryTried:
    """A query on stored mentions, and on lines that somebody typed: each with whether it counts, and why not."""

    query: str
    stored: QueryTrial
    lines: tuple[tuple[str, bool, str, str], ...]
    """The line, whether it counts, the kind of a near miss (empty for none), the part of the query that decided."""
    notes: tuple[str, ...]


def try_query(query: str, stored: Iterable[Mention], lines: Sequence[str], now: datetime) -> QueryTried:
    """What a query would take and what it would nearly take. Raises ConnectingError with the place of a mistake."""
    try:
        parsed = Query.parse(query)
    except QueryError as error:
        raise ConnectingError(str(error)) from None
    trial = QueryTrial(parsed, TRIED_SHOWN)
    for mention in stored:
        trial.add(mention)
    told = []
    for at, line in enumerate(line for line in lines if line.strip()):
        mention = Mention(source="line", native_id=str(at), text=line.strip(), published_at=now)
        miss = near_miss(parsed, mention)
        why = (miss.kind, miss.clause) if miss else ("", "")
        told.append((line.strip(), parsed.match(mention) is not None, *why))
    return QueryTried(query, trial, tuple(told), tuple(parsed.notes))


@dataclass(frozen=True)
class LineTold:
    """Whether a line that says the brand's name means the brand: `about`, `not_about` or `unsure`, and by what."""

    text: str
    verdict: str
    why: tuple[str, ...]


def means_us(settings: Settings, lines: Sequence[str]) -> tuple[LineTold, ...]:
    """What each line says of the brand's name, by the configured words; without a homonym the brand."""
    homonym = finder_of(settings).homonym
    told = []
    for line in (line.strip() for line in lines if line.strip()):
        if homonym is None:
            told.append(LineTold(line, "about", ()))
            continue
        verdict = means(line, homonym)
        told.append(LineTold(line, verdict.label, tuple(word for word, _ in verdict.words)))
    return tuple(told)


def problem_of(settings: Settings) -> str:
    """What is wrong with settings that their users alone can tell: sources, query, order numbers; empty for nothing."""
    try:
        if settings.brand.query.strip():
            Query.parse(settings.brand.query)
        finder_of(settings)
        for source in settings.sources:
            if source.get("enabled", True):
                collector_for(with_query(settings, source))
    except (SettingsError, ConfigError, QueryError) as error:
        return str(error).removeprefix("the configuration: ")
    return ""


def source_record(kind: str, answers: Mapping[str, Any]) -> dict[str, Any]:
    """The configuration of a source: its kind and the answers that differ from the defaults."""
    fields = KINDS[kind].Settings.model_fields
    record: dict[str, Any] = {"kind": kind}
    for name, value in answers.items():
        if name not in fields or fields[name].is_required() or value != _default(fields[name]):
            record[name] = value
    return record


def check_new(settings: Settings, record: Mapping[str, Any]) -> Any:
    """The collector of a new source. Raises ConfigError where it is wrong or another source has its name."""
    collector = collector_for(with_query(settings, record))
    taken = {str(source.get("name") or source["kind"]) for source in settings.sources}
    if name_of(collector) in taken and not settings.demo:
        raise ConfigError(f"a source is called {name_of(collector)!r} already; give this one another 'name'")
    return collector


def written(file: Path, record: Mapping[str, Any], brand: str | None = None) -> str:
    """The configuration file's text with a source added at the end of `sources`, comments and order kept.

    A file that is not there yet begins with the `brand`'s name. Raises ConnectingError where the file cannot be read or
    what would be written is not valid.
    """
    try:
        before = read(file).text
        sources = (read_yaml(file) if before else {}).get("sources")
        there = len(sources) if isinstance(sources, list) else 0
        if not before and not brand:
            raise ConnectingError(f"{file} is not there yet: say what the brand is called")
        changes: dict[tuple[str | int, ...], Any] = {("sources", there): dict(record)}
        if brand and "brand" not in (yaml.safe_load(before) or {}):
            changes = {("brand",): {"name": brand}, **changes}
        text = changed(before, changes)
    except SettingsError as error:
        raise ConnectingError(str(error)) from None
    try:
        settings = validate(yaml.safe_load(text), file)
        for source in settings.sources:
            if source.get("enabled", True):
                collector_for(with_query(settings, source))
    except (SettingsError, ConfigError) as error:
        raise ConnectingError(f"nothing was written: {error}") from None
    return text


def write(file: Path, text: str) -> None:
    """Puts a text in a file's place at once, so that nobody reads half of it. Raises ConnectingError."""
    try:
        put(file, text)
    except SettingsError as error:
        raise ConnectingError(str(error)) from None
