"""A query tried before it is saved: what counts, what would be left out and why; and how the classifier stood up."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from board import sheet
from board.moments import Moments
from board.sheet import Block
from desk.quality import Share, Week

SHOWN = 240
"""Characters of a mention that are shown."""


def trial(tried: Any, moments: Moments) -> list[Block]:
    """What came of trying a query (connecting.QueryTried); nothing before."""
    if tried is None:
        return []
    texts, stored = moments.texts, tried.stored
    blocks: list[Block] = [sheet.head(texts.say("query.outcome"), 2)]
    blocks += [sheet.text(note, dim=True) for note in tried.notes]
    if tried.lines:
        rows = [
            [line[:SHOWN], {"sign": ("met", texts.say("query.counts"))} if counts else _out(kind, moments), clause]
            for line, counts, kind, clause in tried.lines
        ]
        header = [texts.say(f"query.{name}") for name in ("line", "verdict", "by")]
        blocks.append(sheet.table(header, rows, texts.say("query.your_lines")))
    if not stored.read:
        return [*blocks, sheet.text(texts.say("query.nothing_stored"), dim=True)]
    counted = texts.say("query.of", n=moments.number(stored.matched), all=moments.number(stored.read))
    blocks.append(sheet.head(counted, 3, texts.say("query.since", at=moments.near(stored.first))))
    matches = [
        _card(f"m{n}", mention, ("met", texts.say("query.counts")), "; ".join(match.clauses), moments)
        for n, (mention, match) in enumerate(stored.newest())
    ]
    blocks.append(sheet.cards(matches, texts.say("query.matches"), texts.say("query.no_match")))
    blocks.append(sheet.head(texts.say("query.missed"), 3, texts.say("query.missed_text")))
    misses = [
        _card(f"x{n}", mention, _sign(miss.kind, moments), miss.clause, moments)
        for n, (mention, miss) in enumerate(stored.newest_misses())
    ]
    blocks.append(sheet.cards(misses, texts.say("query.missed"), texts.say("query.no_miss")))
    return blocks


def _out(kind: str, moments: Moments) -> Block:
    return {"sign": _sign(kind, moments) if kind else ("none", moments.texts.say("query.far"))}


def _sign(kind: str, moments: Moments) -> sheet.Sign:
    return ("urgent", moments.texts.say(f"query_miss.{kind}"))


def _card(keep: str, mention: Any, sign: sheet.Sign, by: str, moments: Moments) -> Block:
    text = " ".join(mention.text.split())
    return {
        "keep": keep,
        "title": "",
        "sign": sign,
        "text": text if len(text) <= SHOWN else f"{text[:SHOWN]}…",
        "words": True,
        "meta": [moments.texts.label("channel", mention.channel), moments.near(mention.published_at), by],
    }


def quality(weeks: Sequence[Week], moments: Moments) -> list[Block]:
    """How the labels stood up, week by week: what share of those that people looked at they left as they were."""
    texts = moments.texts
    rows = [
        [
            week.name,
            texts.say("quality.of", n=moments.number(week.looked.hits), all=moments.number(week.looked.n)),
            *(_share(week.heads[head].stood, moments) for head in ("sentiment", "urgency", "topic")),
            ", ".join(week.models) or "–",
        ]
        for week in reversed(weeks)
    ]
    heads = [texts.label("head", head) for head in ("sentiment", "urgency", "topic")]
    header = [texts.say("quality.when"), texts.say("quality.looked"), *heads, texts.say("quality.model")]
    return [sheet.table(header, rows, texts.say("quality.title")), sheet.text(texts.say("quality.text"), dim=True)]


def _share(share: Share, moments: Moments) -> str:
    if share.value is None or share.interval is None:
        return moments.texts.say("quality.none")
    low, high = (moments.percent(end) for end in share.interval)
    value, n = moments.percent(share.value), moments.number(share.n)
    return moments.texts.say("quality.share", value=value, n=n, low=low, high=high)
