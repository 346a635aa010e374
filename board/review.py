"""The review of a crisis: numbers and timeline as the log has them, what people write, its actions, its signature."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from board import sheet
from board.moments import Moments
from board.papers import blocks_of, file
from board.sheet import Block, Deed
from desk.crisis.review_paper import paper
from desk.crisis.review_reading import SECTIONS, ActionRow, Review
from desk.crisis.reviewing import Reviews
from desk.roles import any_may

FORMATS = ("pdf", "html", "md", "json")


def review_tab(crisis_id: int, reviews: Reviews, moments: Moments) -> list[Block]:
    """The tab of a crisis that is over: what is still missing, what is written, what is to be done, the numbers."""
    texts, now = moments.texts, moments.now
    review = reviews.review(crisis_id, now)
    blocks: list[Block] = []
    if review.signed_at is not None:
        said = texts.say("review.signed", who=review.signed_by, at=moments.near(review.signed_at))
        blocks.append(sheet.note(("met", said), review.signed_why, "" if review.intact else texts.say("review.broken")))
    elif review.missing:
        blocks.append(
            sheet.note(
                ("urgent", texts.say("review.missing")), " ".join(each.say(texts.language) for each in review.missing)
            )
        )
    blocks.append(_exports(texts))
    may = any_may(reviews.agent().roles, "write_review")
    if review.signed_at is None and may:
        blocks += _writing(review, moments)
    blocks += _actions(review, reviews, moments, may)
    if review.signed_at is None and any_may(reviews.agent().roles, "sign_review"):
        why = sheet.field("why", texts.say("review.sign_why"), "area", required=True, max=500, rows=2)
        blocks.append(
            sheet.form(
                "sign",
                texts.say("review.sign"),
                [why],
                title=texts.say("review.sign"),
                form={"version": str(review.version)},
                said=texts.say("review.signed_said"),
                text=texts.say("review.sign_text"),
            )
        )
    if review.signed_at is not None and may:
        noted = [sheet.field("text", texts.say("review.note"), "area", required=True, max=20_000)]
        blocks.append(
            sheet.fold(
                "noting",
                texts.say("review.note_add"),
                [sheet.form("review_note", texts.say("review.note_add"), noted, said=texts.say("review.noted"))],
            )
        )
    with_numbers = paper(review, reviews.quotes(crisis_id, now, review=review), texts.language, reviews.zone)
    return [*blocks, *blocks_of(with_numbers)]


def _exports(texts: Any) -> Block:
    made = [
        sheet.press("export", texts.say("review.export", format=one.upper()), form={"format": one}) for one in FORMATS
    ]
    return sheet.buttons(*made)


def _writing(review: Review, moments: Moments) -> list[Block]:
    texts = moments.texts
    place = 0 if texts.language == "tr" else 1
    fields = [
        sheet.field(name, words[place], "area", review.sections.get(name, ""), max=20_000, rows=4)
        for name, words in SECTIONS.items()
    ]
    sub = (
        texts.say("review.edited", who=review.edited_by, at=moments.near(review.edited_at)) if review.edited_at else ""
    )
    return [
        sheet.form(
            "save_review",
            texts.say("review.save"),
            fields,
            keep=f"review-{review.version}",
            title=texts.say("review.write"),
            form={"version": str(review.version)},
            said=texts.say("review.saved"),
            text=sub or texts.say("review.write_text"),
        )
    ]


def _actions(review: Review, reviews: Reviews, moments: Moments, may: bool) -> list[Block]:
    texts = moments.texts
    items = [_action(one, reviews, moments, may) for one in review.actions]
    blocks: list[Block] = [
        sheet.head(texts.say("review.actions")),
        sheet.cards(items, texts.say("review.actions"), texts.say("review.no_actions")),
    ]
    if review.signed_at is None and may:
        books = [
            ["", texts.say("review.no_playbook")],
            *([book, reviews.library[book].title.say(texts.language)] for book in reviews.library),
        ]
        fields = [
            sheet.field("what", texts.say("review.what"), required=True, max=500),
            sheet.field(
                "owner", texts.say("review.owner"), "select", options=[["", "–"], *([n, n] for n in reviews.agents())]
            ),
            sheet.field("due_on", texts.say("review.due_on"), "date"),
            sheet.field("playbook", texts.say("review.playbook"), "select", options=books),
            sheet.field("change", texts.say("review.change"), "area", max=500, rows=2),
        ]
        blocks.append(
            sheet.fold(
                "add-action",
                texts.say("review.add_action"),
                [
                    sheet.form(
                        "add_action", texts.say("review.add_action"), fields, said=texts.say("review.action_added")
                    )
                ],
            )
        )
    return blocks


def _action(one: ActionRow, reviews: Reviews, moments: Moments, may: bool) -> Block:
    texts = moments.texts
    state = texts.say(f"action.{one.state}")
    meta = [
        state,
        one.owner or texts.say("review.no_owner"),
        one.due_on or texts.say("review.no_day"),
        one.playbook or "",
        one.note,
    ]
    inner: list[Block] = [sheet.text(one.change, dim=True)] if one.change else []
    if one.state == "open" and (may or one.owner == reviews.me):
        keep = {"action": str(one.id)}
        note = sheet.field("note", texts.say("crisis.note"), max=500)
        version = [sheet.field("version", texts.say("review.version"), "number", required=True)] if one.playbook else []
        owner = [
            sheet.field(
                "owner",
                texts.say("review.owner"),
                "select",
                one.owner,
                options=[["", "–"], *([n, n] for n in reviews.agents())],
            ),
            sheet.field("due_on", texts.say("review.due_on"), "date", one.due_on),
        ]
        inner.append(
            sheet.fold(
                f"action-{one.id}",
                texts.say("review.settle"),
                [
                    sheet.form(
                        "edit_action",
                        texts.say("review.edit_action"),
                        owner,
                        keep=f"edit-{one.id}",
                        form=keep,
                        quiet=True,
                        said=texts.say("review.saved"),
                    ),
                    sheet.form(
                        "action_done",
                        texts.say("action.mark_done"),
                        [note, *version],
                        keep=f"done-{one.id}",
                        form=keep,
                        said=texts.say("review.saved"),
                    ),
                    sheet.form(
                        "action_dropped",
                        texts.say("action.mark_dropped"),
                        [note],
                        keep=f"drop-{one.id}",
                        form=keep,
                        quiet=True,
                        said=texts.say("review.saved"),
                    ),
                ],
            )
        )
    sign = {"open": "same_day", "done": "met"}.get(one.state, "none")
    return {
        "keep": f"action-{one.id}",
        "title": one.what,
        "sign": (sign, state),
        "meta": [m for m in meta[1:] if m],
        "blocks": inner,
    }


def deeds(reviews: Reviews, language: str) -> Mapping[str, sheet.Do]:
    """What can be done with a review."""

    def save(deed: Deed, now: datetime) -> None:
        sections = {name: deed.said(name) for name in SECTIONS if name in deed.form}
        reviews.save(deed.of, sections, deed.number("version"), now)

    def add(deed: Deed, now: datetime) -> None:
        reviews.add_action(
            deed.of,
            deed.said("what"),
            now,
            deed.said("owner"),
            deed.said("due_on"),
            deed.said("playbook") or None,
            deed.said("change") or None,
        )

    def exported(deed: Deed, now: datetime) -> Mapping[str, Any]:
        format = deed.said("format") if deed.said("format") in FORMATS else "html"
        return file(
            f"kriz-{deed.of}" if language == "tr" else f"crisis-{deed.of}",
            format,
            reviews.export(deed.of, format, language, now),
        )

    return {
        "save_review": save,
        "add_action": add,
        "edit_action": lambda deed, now: reviews.edit_action(
            deed.number("action"), now, owner=deed.said("owner"), due_on=deed.said("due_on")
        ),
        "action_done": lambda deed, now: reviews.settle_action(
            deed.number("action"), "done", deed.said("note"), now, deed.number("version") or None
        ),
        "action_dropped": lambda deed, now: reviews.settle_action(
            deed.number("action"), "dropped", deed.said("note"), now
        ),
        "sign": lambda deed, now: reviews.sign(deed.of, deed.said("why"), now, deed.number("version") or None),
        "review_note": lambda deed, now: reviews.note(deed.of, deed.said("text"), now),
        "export": exported,
    }
