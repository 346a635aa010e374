"""The first set-up: what a source would bring, and how far the first mentions of the own brand are."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from board import sheet
from board.evidence import evidence
from board.moments import Moments, epoch_ms
from board.sheet import Block
from board.texts import Texts
from desk.beginning import progress
from desk.desk import Desk
from desk.settings import Settings

POLL_MS = 700
"""Milliseconds between two looks at a try, or at the first mentions."""

PATIENCE_S = 45
"""Seconds after which the page says what to do where no worker has taken the configuration up."""


def offer(settings: Settings, texts: Texts) -> list[Block]:
    """A calm line that leads to the set-up while the demo brand runs; nothing once there is a brand of one's own."""
    if not settings.demo:
        return []
    go = sheet.lead(texts.say("begin.offer_do"), {"page": "setup"})
    return [sheet.note(("none", texts.say("settings.demo")), texts.say("begin.offer"), buttons=[go])]


def tried(told: Mapping[str, Any], ok: bool, texts: Texts) -> list[Block]:
    """What a source would bring, and the way on."""
    heard = " ".join(piece for piece, _ in told["said"])
    counts = " · ".join(part for part in told["counts"] if part)
    if not ok:
        return [sheet.note(("late", texts.say("setup.works_not")), heard, counts, loud=True)]
    go_on = sheet.press("take_source", texts.say("begin.take"), primary=True, keep="take-source")
    word = texts.say("setup.works") if told["mentions"] else texts.say("begin.works_empty")
    blocks: list[Block] = [sheet.note(("met", word), heard, counts, buttons=[go_on])]
    cards = [
        {
            "keep": f"t{n}",
            "title": one["who"],
            "text": one["text"],
            "words": True,
            "sign": (one["sign"], one["urgency"]) if one["sign"] else None,
            "meta": [part for part in (one["channel"], one["at"], *one["labels"], one["goes"]) if part],
        }
        for n, one in enumerate(told["mentions"][:8])
    ]
    if cards:
        blocks += [sheet.head(texts.say("setup.would_come"), 2), sheet.cards(cards, texts.say("setup.would_come"))]
    return blocks


def waiting(desk: Desk, from_file: bool, since: datetime | None, moments: Moments) -> list[Block]:
    """How far the first mentions are: the configuration is written, and the worker starts with it by itself."""
    texts, settings, now = moments.texts, desk.settings, moments.now
    far = progress(desk.store, settings, now)
    waits = bool(settings.sources) or from_file
    late = since is not None and (now - since).total_seconds() > PATIENCE_S
    ready = far.first_case is not None
    steps = [
        ("written", True, ""),
        ("worker", far.worker, texts.say("begin.no_worker") if (late or ready) and not far.worker else ""),
        *(
            [("read", far.asked or far.stored > 0, " ".join(p for p, _ in evidence(far.trouble, texts)))]
            if waits
            else []
        ),
        *([("scored", ready or (far.stored > 0 and far.waiting == 0), "")] if waits else []),
    ]
    done = all(ok for _, ok, _ in steps)
    items, ahead = [], False
    for name, ok, more in steps:
        state = "done" if ok else "ahead" if ahead else "failed" if more else "now"
        ahead = ahead or not ok
        counted = name in ("read", "scored") and far.stored > 0
        word = (
            texts.say_number("begin.stored", far.stored, moments.number(far.stored))
            if counted and name == "read"
            else ""
        )
        items.append({"state": state, "text": texts.say(f"begin_wait.{name}"), "more": more or word})
    blocks: list[Block] = [
        sheet.head(texts.say("begin.ready" if ready else "begin.waiting", name=settings.brand.name), 1),
        {
            "b": "wait",
            "keep": "first",
            "every": 0 if ready or (done and not waits) else POLL_MS,
            "tick": 0 if ready else epoch_ms(now),
            "items": items,
        },
    ]
    if ready:
        text = texts.say_number("begin.cases", far.cases, moments.number(far.cases))
        first = sheet.lead(
            texts.say("begin.open_first"),
            {"page": "triage", "case": far.first_case},
            primary=True,
            keep="open-first",
        )
        blocks.append(sheet.note(("met", texts.say("begin.here")), text, buttons=[first], loud=True))
    elif done and far.stored:
        go = sheet.lead(texts.say("begin.open_none"), {"page": "triage", "view": "none"}, primary=True)
        blocks.append(sheet.note(("met", texts.say("begin.here")), texts.say("begin.none_due"), buttons=[go]))
    elif not waits or far.trouble:
        go = sheet.lead(texts.say("begin.to_sources"), {"page": "sources"}, primary=True)
        blocks.append(
            sheet.note(("same_day", texts.say("begin.no_source")), texts.say("begin.no_source_text"), buttons=[go])
        )
    blocks.append(
        sheet.buttons(
            sheet.lead(texts.say("page.settings"), {"page": "settings"}),
            sheet.lead(texts.say("page.sources"), {"page": "sources"}),
        )
    )
    return blocks
