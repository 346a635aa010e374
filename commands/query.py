"""`nobet query test`: a query tried on stored history or a file before it is saved."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from collectors.files import Bad, read
from collectors.protocol import SourceSettings
from collectors.query import Found, Query, QueryError
from collectors.query.translate import FOR_KIND, Native
from collectors.query.trial import Cost, Paid, Trial
from collectors.registry import collector_for
from commands.options import Config, Failure, complain, decoded, lines, utc_now
from desk.policy import parse_duration
from desk.settings import Settings, load_settings
from mention import Mention, MentionError, parse_mention
from store.engine import Store
from store.search import history

SHOWN_BAD = 20
"""Lines that are no mentions named one by one; the others are counted."""

SHOWN_KINDS = 10
AROUND = 60
"""Characters of the text shown before the first and after the last word found."""

LONGEST_SHOWN = 280
_WHY = {"spelling": "looks like a word of the query", "excluded": "excluded by", "lacking": "lacks only"}


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    group = typer.Typer(help="Try a query before it is saved.", no_args_is_help=True, rich_markup_mode=None)
    group.callback()(lambda: None)
    group.command()(test)
    app.add_typer(group, name="query")


def test(
    query: Annotated[str, typer.Argument(help="what counts as a mention, in the query language")],
    file: Annotated[str | None, typer.Argument(help="mentions as JSONL or CSV, - for standard input (JSONL)")] = None,
    store: Annotated[bool, typer.Option("--store", help="try it on the stored history (so without a file)")] = False,
    since: Annotated[str | None, typer.Option("--since", help="only what was posted since then: 30d, 12h, 2w")] = None,
    source: Annotated[str | None, typer.Option("--source", help="only mentions of this source")] = None,
    limit: Annotated[int, typer.Option("--limit", help="matches and near misses shown", min=0, max=1000)] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="one JSON object instead of text")] = False,
    config: Config = None,
) -> None:
    """What a query matches and why, what it would miss, and what it would cost a month at paid sources."""
    if file is not None and store:
        raise typer.BadParameter("name a file or --store, not both", param_hint="--store")
    now = utc_now()
    earliest = _earliest(since, now)
    try:
        parsed = Query.parse(query)
    except QueryError as error:
        raise Failure(str(error)) from None
    for note in parsed.notes:
        complain(note)
    settings = load_settings(config)
    configured = _configured(settings)
    trial = Trial(parsed, limit, tuple(_paid(configured, parsed, source)))
    bad: list[str] = []
    if file is None:
        kept = Store.open(settings.url)
        _add(trial, history(kept, settings.brand.key, since=earliest, source=source))
        kept.close()
    else:
        wanted = (m for m in _of_file(file, settings, now, bad) if source is None or m.source == source)
        _add(trial, (m for m in wanted if earliest is None or m.published_at >= earliest))
        for sentence in bad[:SHOWN_BAD]:
            complain(sentence)
        if len(bad) > SHOWN_BAD:
            complain(f"{len(bad) - SHOWN_BAD} more lines of {file} could not be read as mentions")
    costs = list(trial.costs(since=earliest if file is None else None, until=now if file is None else None))
    kinds = list(FOR_KIND) if as_json else [kind for kind in FOR_KIND if any(of.kind == kind for of in configured)]
    natives = [FOR_KIND[kind](parsed) for kind in kinds]
    if as_json:
        print(json.dumps(_as_json(trial, costs, natives, len(bad)), ensure_ascii=False))
    else:
        print("\n".join(_page(trial, costs, natives, settings, file)))
    raise typer.Exit(1 if bad else 0)


def _earliest(since: str | None, now: datetime) -> datetime | None:
    if since is None:
        return None
    try:
        return now - parse_duration(since)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--since") from None


def _add(trial: Trial, mentions: Iterable[Mention]) -> None:
    for mention in mentions:
        trial.add(mention)


def _of_file(file: str, settings: Settings, now: datetime, bad: list[str]) -> Iterator[Mention]:
    if file == "-":
        for number, line in lines(file):
            try:
                yield parse_mention(decoded("standard input", number, line), now=now, zone=settings.desk.zone)[0]
            except MentionError as error:
                said = str(error).removeprefix(f"standard input, line {number}: ")
                bad.append(f"standard input, line {number}: {said}; the line is passed over")
        return
    try:
        for item in read(Path(file), now=now, zone=settings.desk.zone):
            if isinstance(item, Bad):
                bad.append(f"{file}, line {item.line}: {item.reason}; the line is passed over")
            else:
                yield item.fetched.mention
    except OSError as error:  # the reader's own sentence
        raise Failure(str(error)) from None


def _paid(configured: list[SourceSettings], query: Query, source: str | None) -> Iterator[Paid]:
    for of in configured:
        if of.price_per_item and source in (None, of.source):
            native = FOR_KIND[of.kind](query) if of.kind in FOR_KIND else None
            yield Paid(of.source, of.kind, of.price_per_item, of.currency, native)


def _configured(settings: Settings) -> list[SourceSettings]:
    collectors: list[Any] = [collector_for(record) for record in settings.sources]
    return [collector.settings for collector in collectors]


def _page(
    trial: Trial, costs: list[Cost], natives: list[Native], settings: Settings, file: str | None
) -> Iterator[str]:
    zone = settings.desk.zone

    def row(mention: Mention, found: tuple[Found, ...]) -> str:
        posted = mention.published_at.astimezone(zone)
        author = f" {_plain('@' + mention.author, 40)}" if mention.author else ""
        return f"  {posted:%Y-%m-%d %H:%M}  {_plain(mention.source, 40)}{author}: {marked(mention.text, found)}"

    yield f"Query: {trial.query}"
    where = "the stored history" if file is None else file
    if trial.first is None or trial.last is None:
        yield f"There are no mentions in {where} to try it on."
    else:
        first, last = trial.first.astimezone(zone), trial.last.astimezone(zone)
        yield f"{trial.matched} of {trial.read} mentions in {where} match ({first:%Y-%m-%d} to {last:%Y-%m-%d})."
        for name, tally in sorted(trial.sources.items(), key=lambda item: -item[1].matched):
            yield f"  {_plain(name, 40)}: {tally.matched} of {tally.read}"
    if trial.newest():
        yield "\nNewest matches"
        for mention, match in trial.newest():
            yield row(mention, match.found)
            yield "    because: " + "; ".join(_because(clause, match.found) for clause in match.clauses)
    if trial.missed:
        yield "\nWhat it would miss"
        for (kind, clause), count in trial.missed.most_common(SHOWN_KINDS):
            yield f"  {count} {_WHY[kind]}: {clause}"
        for mention, miss in trial.newest_misses():
            yield row(mention, miss.found)
            yield f"    {_WHY[miss.kind]}: {miss.clause}"
    if natives:
        yield "\nHow the configured services are asked (--json shows all)"
    for native in natives:
        yield from _asked(native)
    yield "\nCost a month, before it is saved"
    if not costs:
        yield "  no configured source costs anything (price_per_item)"
    for cost in costs:
        yield from _cost(cost)


def _because(clause: str, found: tuple[Found, ...]) -> str:
    words = dict.fromkeys(_plain(item.text, 60) for item in found if item.clause == clause and item.text)
    return f"{clause} ({', '.join(words)})" if words else clause


def _asked(native: Native) -> Iterator[str]:
    if not native.texts:
        yield f"  {native.service}: {native.why_not}"
        return
    yield f"  {native.service}: " + " | ".join(native.texts)
    if native.filtered:
        yield "    filtered here: " + "; ".join(native.filtered)
    for sentence in native.missed:
        yield f"    may be missed: {sentence}"


def _cost(cost: Cost) -> Iterator[str]:
    paid = cost.paid
    name = f"  {paid.source} ({paid.price} {paid.currency} an item)"
    if cost.read is None:
        yield f"{name}: no estimate, {cost.why_not}"
        return
    yield f"{name}: about {cost.read} items read, {cost.money} {paid.currency}"
    yield (
        f"    of them {cost.matched} match ({cost.wanted_money} {paid.currency}); counted over {cost.days:.1f} days of "
        "history. It holds what was asked for until now: a broader query brings more than this."
    )


def marked(text: str, found: tuple[Found, ...]) -> str:
    """The part of a text around the words found, on one line, with each of them between » and «."""
    places = [(item.start, item.end) for item in found if item.end]
    start = max(0, places[0][0] - AROUND) if places else 0
    end = min(len(text), max(max(e for _, e in places) + AROUND, start + AROUND) if places else LONGEST_SHOWN)
    end = min(end, start + LONGEST_SHOWN)
    parts, at = ["…" if start else ""], start
    for first, last in places:
        if first >= at and last <= end:
            parts += [text[at:first], "»", text[first:last], "«"]
            at = last
    parts += [text[at:end], "…" if end < len(text) else ""]
    return _plain("".join(parts), 2 * LONGEST_SHOWN)


def _plain(text: str, longest: int) -> str:
    """What a stranger wrote, on one line and without anything that a terminal would obey."""
    return " ".join("".join(c if c.isprintable() else " " for c in text).split())[:longest]


def _as_json(trial: Trial, costs: list[Cost], natives: list[Native], bad: int) -> dict[str, Any]:
    def of(mention: Mention, found: tuple[Found, ...]) -> dict[str, Any]:
        return {
            "source": mention.source, "native_id": mention.native_id, "author": mention.author,
            "published_at": mention.published_at.isoformat(), "text": mention.text,
            "found": [{"text": f.text, "start": f.start, "end": f.end, "clause": f.clause} for f in found],
        }  # fmt: skip

    return {
        "query": str(trial.query),
        "read": trial.read, "matched": trial.matched, "rejected": bad,
        "from": trial.first.isoformat() if trial.first else None,
        "to": trial.last.isoformat() if trial.last else None,
        "sources": {name: {"read": tally.read, "matched": tally.matched} for name, tally in trial.sources.items()},
        "matches": [{**of(mention, match.found), "clauses": list(match.clauses)} for mention, match in trial.newest()],
        "missed": [{"why": kind, "clause": clause, "count": n} for (kind, clause), n in trial.missed.most_common()],
        "near_misses": [
            {**of(mention, miss.found), "why": miss.kind, "clause": miss.clause}
            for mention, miss in trial.newest_misses()
        ],
        "services": [
            {"service": native.service, "texts": list(native.texts), "filtered": list(native.filtered),
             "missed": list(native.missed), "why_not": native.why_not or None}
            for native in natives
        ],
        "costs": [
            {"source": cost.paid.source, "kind": cost.paid.kind, "price_per_item": str(cost.paid.price),
             "currency": cost.paid.currency, "days": round(cost.days, 2), "read": cost.read, "matched": cost.matched,
             "money": None if cost.money is None else str(cost.money),
             "wanted_money": None if cost.wanted_money is None else str(cost.wanted_money),
             "why_not": cost.why_not or None}
            for cost in costs
        ],
    }  # fmt: skip
