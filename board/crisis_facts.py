"""What is true in a crisis and what is not known yet; and the few big things of it for a screen on the wall."""

from __future__ import annotations

from board import sheet
from board.log import hand
from board.moments import Moments, epoch_ms
from board.sheet import Block
from board.texts import Texts, capital
from desk.crisis.facts import Fact
from desk.crisis.room_view import RoomView, WallView
from desk.crisis.words import FACT_WORDS, stage_words

SIGN_OF = {
    "suspected": "urgent",
    "declared": "critical",
    "contained": "same_day",
    "closed": "met",
    "reviewed": "met",
    "dismissed": "none",
}
"""Which sign a stage carries; its word stands beside it."""


def stage_sign(stage: str, texts: Texts) -> sheet.Sign:
    """A stage's sign and word."""
    words = stage_words(stage).say(texts.language)
    return SIGN_OF.get(stage, "none"), words[:1].replace("i", "İ" if texts.language == "tr" else "I").upper() + words[
        1:
    ]


# --- facts ---


def fact_card(fact: Fact, moments: Moments) -> Block:
    """One fact with its source, its time and its hand."""
    texts, now = moments.texts, fact.now
    meta = [
        texts.say("crisis.source", source=now.source) if now.source else "",
        moments.near(now.as_of),
        hand(now.by, texts),
    ]
    return {"keep": f"fact-{fact.id}", "title": now.text, "meta": [part for part in meta if part]}


def facts_tab(view: RoomView, moments: Moments) -> list[Block]:
    """What is known, what is not, what turned out wrong; each with its source and what it said before."""
    texts = moments.texts
    status = [[name, words.say(texts.language)] for name, words in FACT_WORDS.items()]
    blocks: list[Block] = []
    for name in ("known", "unknown", "refuted"):
        found = [fact for fact in view.facts if fact.now.status == name]
        blocks.append(
            sheet.head(texts.say({"known": "crisis.known", "unknown": "crisis.not_known"}.get(name, "crisis.refuted")))
        )
        items = []
        for fact in found:
            fields = [
                sheet.field("text", texts.say("crisis.fact"), "area", fact.now.text, required=True, max=1000, rows=2),
                sheet.field("source", texts.say("crisis.fact_source"), value=fact.now.source, max=500),
                sheet.field("status", texts.say("crisis.fact_status"), "select", fact.now.status, options=status),
                sheet.field("why", texts.say("crisis.fact_why"), required=True, max=500),
            ]
            change = sheet.form(
                "change_fact",
                texts.say("crisis.fact_change"),
                fields,
                keep=f"fact-{fact.id}-{fact.version}",
                form={"fact": str(fact.id), "version": str(fact.version)},
                said=texts.say("crisis.fact_kept"),
            )
            earlier = [
                {"at": moments.full(one.at), "who": hand(one.by, texts), "what": one.text, "more": one.why}
                for one in reversed(fact.history[:-1])
            ]
            inner: list[Block] = [sheet.fold(f"change-{fact.id}", texts.say("crisis.fact_change"), [change])]
            if earlier:
                inner.append(sheet.fold(f"was-{fact.id}", texts.say("crisis.fact_was"), [sheet.lines(earlier)]))
            items.append({**fact_card(fact, moments), "blocks": inner})
        blocks.append(sheet.cards(items, texts.say("crisis.fact"), texts.say("crisis.fact_none")))
    fields = [
        sheet.field("text", texts.say("crisis.fact"), "area", required=True, max=1000, rows=2),
        sheet.field("source", texts.say("crisis.fact_source"), max=500, hint=texts.say("crisis.fact_source_hint")),
        sheet.field("status", texts.say("crisis.fact_status"), "select", "known", options=status),
    ]
    blocks.append(
        sheet.form(
            "add_fact",
            texts.say("crisis.fact_add"),
            fields,
            title=texts.say("crisis.add_fact"),
            said=texts.say("crisis.fact_kept"),
            text=texts.say("crisis.fact_rule"),
        )
    )
    return blocks


# --- the wall ---


def wall(view: WallView, moments: Moments) -> list[Block]:
    """The few big things, to be read from across the room."""
    texts, language = moments.texts, moments.texts.language
    figures: list[Block] = []
    if view.next_update_at is not None:
        figures.append(
            {"due": epoch_ms(view.next_update_at), "urgency": "urgent", "label": texts.say("crisis.next_update")}
        )
    figures += [
        {"n": moments.number(view.unanswered), "label": texts.say("crisis.unanswered", all=moments.number(view.cases))},
        {"n": moments.number(view.mentions), "label": texts.say("crisis.mentions")},
        {
            "n": moments.number(view.late),
            "label": texts.say("crisis.late"),
            "sign": ("late", texts.say("sign.late")) if view.late else None,
        },
    ]
    duties = [
        {
            "keep": f"w{n}",
            "title": title.say(language),
            "due": epoch_ms(due),
            "urgency": "urgent",
            "meta": [role.say(language), person or texts.say("crisis.anybody")],
        }
        for n, (title, role, person, due, _) in enumerate(view.next_duties)
    ]
    known = [{"keep": f"k{n}", "title": said} for n, said in enumerate(view.known)]
    unknown = [{"keep": f"u{n}", "title": said} for n, said in enumerate(view.not_known)]
    sub = f"{view.severity.say(language)} · {texts.say('crisis.since', at=moments.near(view.since))}"
    return [
        sheet.head(capital(view.title, texts.language), 1, sub, sign=stage_sign(view.stage, texts)),
        sheet.figures(figures),
        sheet.head(texts.say("crisis.next")),
        sheet.cards(duties, texts.say("crisis.next"), texts.say("crisis.nothing_open")),
        sheet.head(texts.say("crisis.known")),
        sheet.cards(known, texts.say("crisis.known"), texts.say("crisis.known_none")),
        sheet.head(texts.say("crisis.not_known")),
        sheet.cards(unknown, texts.say("crisis.not_known"), texts.say("crisis.not_known_none")),
        sheet.buttons(sheet.lead(texts.say("crisis.leave_wall"), {"wall": False})),
    ]
