"""What the brand says in a crisis: statements to all, and one approved answer for many who wrote."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from board import sheet
from board.log import hand
from board.moments import Moments, epoch_ms
from board.sheet import Block, Deed
from board.texts import Texts
from desk.crisis.room import CrisisRoom
from desk.crisis.room_view import RoomView, WaitingCase
from desk.crisis.settings import STATEMENTS
from desk.crisis.statements import PLACES, Statement, needs_open
from desk.crisis.words import STATEMENT_WORDS
from desk.replies.check import Finding
from mention import CHANNEL_FAMILY, LANGUAGES

SIGN_OF = {"draft": "none", "asked": "urgent", "approved": "met", "rejected": "late", "published": "met"}
OFTEN = ("web", "press", "x", "instagram", "facebook", "sikayetvar", "eksisozluk", "reddit", "youtube", "email")
"""Places that are offered first for a statement; whatever channel it must be on is behind them."""


def statements_tab(view: RoomView, room: CrisisRoom, moments: Moments) -> list[Block]:
    """Every statement with what can be done next, and a form for a new one."""
    texts = moments.texts
    said = [one for one in view.statements if one.kind != "answer"]
    blocks: list[Block] = []
    if view.next_update_at is not None:
        late = view.update_late.total_seconds() > 0
        blocks.append(
            sheet.note(
                ("late" if late else "same_day", texts.say("crisis.next_update")),
                texts.say("crisis.update_due", at=moments.near(view.next_update_at)),
            )
        )
    blocks.append(
        sheet.cards(
            [_statement(one, view, room, moments) for one in reversed(said)],
            texts.say("crisis_tab.statements"),
            texts.say("statement.none"),
        )
    )
    if view.stage in ("suspected", "declared", "contained", "closed"):
        blocks.append(
            _new(texts, [kind for kind in STATEMENTS if kind != "answer"], "draft", texts.say("statement.write"))
        )
        fields = [
            sheet.field("channel", texts.say("statement.where_text"), "select", options=_places(texts)),
            sheet.field("url", texts.say("statement.link"), max=5000, hint="https://…"),
            sheet.field("text", texts.say("statement.text"), "area", required=True, max=20_000),
        ]
        blocks.append(
            sheet.fold(
                "elsewhere",
                texts.say("statement.elsewhere"),
                [
                    sheet.form(
                        "update_published",
                        texts.say("statement.elsewhere_save"),
                        fields,
                        said=texts.say("statement.published_said"),
                        text=texts.say("statement.elsewhere_text"),
                    )
                ],
            )
        )
    return blocks


def _places(texts: Texts) -> list[list[str]]:
    rest = [channel for channel in CHANNEL_FAMILY if channel not in OFTEN]
    known = [place for place in OFTEN if place in PLACES or place in CHANNEL_FAMILY]
    return [[place, _place(place, texts)] for place in (*known, *rest)]


def _place(place: str, texts: Texts) -> str:
    return texts.say(f"place.{place}") if place in PLACES else texts.label("channel", place)


def _new(texts: Texts, kinds: list[str], do: str, title: str) -> Block:
    fields = [
        sheet.field(
            "kind",
            texts.say("statement.kind"),
            "select",
            options=[[kind, STATEMENT_WORDS[kind].say(texts.language)] for kind in kinds],
        ),
        sheet.field(
            "language",
            texts.say("statement.language"),
            "select",
            texts.language,
            options=[[code, texts.label("language", code)] for code in LANGUAGES],
        ),
        sheet.field("text", texts.say("statement.text"), "area", required=True, max=20_000, rows=5),
    ]
    if do == "draft":
        fields.append(
            sheet.field("channels", texts.say("statement.where"), "many", "web", options=_places(texts)[: len(OFTEN)])
        )
    return sheet.form(do, texts.say("statement.keep"), fields, keep=do, title=title, said=texts.say("statement.kept"))


def _statement(one: Statement, view: RoomView, room: CrisisRoom, moments: Moments) -> Block:
    texts, language = moments.texts, moments.texts.language
    kind = STATEMENT_WORDS[one.kind].say(language)
    state = texts.say(f"statement_state.{one.state}")
    meta = [
        hand(one.written_by, texts),
        moments.near(one.written_at),
        texts.label("language", one.language),
        ", ".join(_place(channel, texts) for channel in one.channels),
    ]
    inner: list[Block] = [{"b": "quote", "text": one.text}]
    keep = {"statement": str(one.id), "hash": one.text_hash, "version": str(one.version)}
    if one.state in ("draft", "rejected"):
        inner += _before(one, view, room, moments, keep)
    if one.note and one.state == "rejected":
        inner.append(sheet.note(("late", state), one.note))
    if one.state == "asked":
        waits = "; ".join(need.say(language) for need in needs_open(one))
        inner.append(sheet.text(texts.say("statement.waits_for", who=waits), dim=True))
        if one.written_by != room.by:
            note = sheet.field("note", texts.say("crisis.note"), max=500)
            inner.append(
                sheet.buttons(
                    sheet.press(
                        "approve",
                        texts.say("statement.approve"),
                        texts.say("statement.approved"),
                        form=keep,
                        primary=True,
                    )
                )
            )
            inner.append(
                sheet.fold(
                    f"reject-{one.id}",
                    texts.say("statement.reject"),
                    [
                        sheet.form(
                            "reject",
                            texts.say("statement.reject"),
                            [{**note, "required": True}],
                            keep=f"reject-{one.id}",
                            form=keep,
                            said=texts.say("statement.rejected"),
                        )
                    ],
                )
            )
        inner.append(
            sheet.buttons(
                sheet.press("withdraw", texts.say("statement.withdraw"), texts.say("statement.withdrawn"), form=keep)
            )
        )
    for decision in one.decisions:
        words = "statement.said_yes" if decision.approve else "statement.said_no"
        inner.append(
            sheet.text(
                texts.say(
                    words,
                    who=hand(decision.by, texts),
                    role=texts.label("role", decision.role),
                    at=moments.near(decision.at),
                ),
                dim=True,
            )
        )
    for gone in one.published:
        inner.append(
            sheet.text(
                texts.say(
                    "statement.published_at",
                    where=_place(gone.channel, texts),
                    who=hand(gone.by, texts),
                    at=moments.near(gone.at),
                ),
                dim=True,
            )
        )
    left = [channel for channel in one.channels if channel not in {gone.channel for gone in one.published}]
    if one.may_go_out and left and one.kind != "answer":
        fields = [
            sheet.field(
                "channel", texts.say("statement.where_text"), "select", options=[[c, _place(c, texts)] for c in left]
            ),
            sheet.field("url", texts.say("statement.link"), max=5000, hint="https://…"),
        ]
        inner.append(
            sheet.form(
                "published",
                texts.say("statement.publish"),
                fields,
                keep=f"publish-{one.id}-{len(left)}",
                form=keep,
                said=texts.say("statement.published_said"),
                text=texts.say("statement.publish_text"),
            )
        )
    return {
        "keep": f"statement-{one.id}",
        "title": kind,
        "sign": (SIGN_OF[one.state], state),
        "meta": [m for m in meta if m],
        "blocks": inner,
    }


def _before(one: Statement, view: RoomView, room: CrisisRoom, moments: Moments, keep: Mapping[str, str]) -> list[Block]:
    """Before a text is asked for: what is wrong with it, changing it, and asking."""
    texts, language = moments.texts, moments.texts.language
    found = room.check_statement(view.id, one.kind, one.language, one.text, one.channels, moments.now)
    inner: list[Block] = [_finding(each, texts) for each in found[:6]]
    change = [sheet.field("text", texts.say("statement.text"), "area", one.text, required=True, max=20_000, rows=5)]
    inner.append(sheet.text(room.needs_of(view.id, one.id, moments.now, language), dim=True))
    inner.append(
        sheet.buttons(
            sheet.press("ask", texts.say("statement.ask"), texts.say("statement.asked"), form=keep, primary=True)
        )
    )
    inner.append(
        sheet.fold(
            f"change-{one.id}",
            texts.say("statement.change"),
            [
                sheet.form(
                    "change",
                    texts.say("statement.keep"),
                    change,
                    keep=f"change-{one.id}-{one.version}",
                    form={**keep, "channels": ",".join(one.channels)},
                    said=texts.say("statement.kept"),
                )
            ],
        )
    )
    return inner


def _finding(one: Finding, texts: Texts) -> Block:
    sign = ("critical", texts.say("check.blocking")) if one.blocks else ("urgent", texts.say("check.advising"))
    return sheet.note(sign, one.say(texts.language))


# --- one answer for many ---


def answers_tab(view: RoomView, room: CrisisRoom, moments: Moments) -> list[Block]:
    """Whoever of the incident still waits, and the one approved answer that can be given to many of them."""
    texts = moments.texts
    answers = [one for one in view.statements if one.kind == "answer"]
    ready = [one for one in answers if one.may_go_out]
    blocks: list[Block] = []
    if not view.incident_id:
        blocks.append(sheet.note(("none", texts.say("answers.no_incident")), texts.say("answers.no_incident_text")))
    to_post = room.to_post(view.id, moments.now)
    if to_post:
        blocks.append(sheet.head(texts.say("answers.to_post"), sub=texts.say("answers.to_post_text")))
        blocks.append(
            sheet.cards(
                [
                    {
                        "keep": f"post-{one.case_id}",
                        "title": f"N-{one.case_id} · {texts.label('channel', one.channel)}",
                        "text": one.text,
                        "words": True,
                        "meta": [one.who, moments.near(one.at)],
                        "blocks": [
                            sheet.form(
                                "posted",
                                texts.say("answers.posted"),
                                [sheet.field("link", texts.say("statement.link"), max=5000)],
                                keep=f"post-{one.case_id}",
                                form={"case": str(one.case_id)},
                                said=texts.say("answers.posted_said"),
                            )
                        ],
                    }
                    for one in to_post[:50]
                ],
                texts.say("answers.to_post"),
            )
        )
    if ready and view.waiting:
        options = [[str(one.case_id), _who(one, texts), one.text[:160]] for one in view.waiting if not one.on_its_way]
        chosen = ",".join(value for value, *_ in options)
        fields = [
            sheet.field(
                "statement",
                texts.say("answers.which"),
                "select",
                options=[[str(one.id), one.text[:120]] for one in ready],
            ),
            sheet.field("cases", texts.say("answers.whom"), "many", chosen, options=options),
        ]
        blocks.append(
            sheet.form(
                "answer_many",
                texts.say("answers.apply"),
                fields,
                title=texts.say("answers.apply"),
                said=texts.say("answers.applied"),
                text=texts.say("answers.apply_text"),
            )
        )
    blocks.append(sheet.head(texts.say("answers.texts"), sub=texts.say("answers.texts_text")))
    blocks.append(
        sheet.cards(
            [_statement(one, view, room, moments) for one in reversed(answers)],
            texts.say("answers.texts"),
            texts.say("answers.no_texts"),
        )
    )
    blocks.append(_new(texts, ["answer"], "draft_answer", texts.say("answers.write")))
    blocks.append(
        sheet.head(texts.say("answers.waiting"), sub=texts.say("crisis.unanswered", all=moments.number(view.cases)))
    )
    blocks.append(
        sheet.cards(
            [_waiting(one, moments) for one in view.waiting], texts.say("answers.waiting"), texts.say("answers.nobody")
        )
    )
    return blocks


def _who(one: WaitingCase, texts: Texts) -> str:
    return f"{one.author_name or one.author or texts.say('who.unknown')} · {texts.label('channel', one.channel)}"


def _waiting(one: WaitingCase, moments: Moments) -> Block:
    texts = moments.texts
    meta = [
        texts.label("status", one.status),
        one.assignee or "",
        texts.say("answers.on_its_way") if one.on_its_way else "",
    ]
    return {
        "keep": f"case-{one.case_id}",
        "title": _who(one, texts),
        "go": {"page": "triage", "case": one.case_id},
        "text": one.text,
        "words": True,
        "due": epoch_ms(one.due_at),
        "urgency": "urgent",
        "meta": [part for part in meta if part],
    }


def deeds(room: CrisisRoom, texts: Texts) -> Mapping[str, sheet.Do]:
    """What can be done with statements and answers."""

    def answered(deed: Deed, now: datetime) -> Mapping[str, Any] | None:
        cases = [int(part) for part in deed.many("cases") if part.isdigit() and len(part) < 18]
        done = room.answer_many(deed.of, deed.number("statement"), cases, now)
        skipped = "; ".join(f"N-{case}: {why.say(texts.language)}" for case, why in done.skipped[:5])
        return {
            "told": texts.say(
                "answers.result", sending=len(done.sending), by_hand=len(done.by_hand), skipped=len(done.skipped)
            ),
            "more": skipped,
        }

    def drafted(deed: Deed, now: datetime) -> None:
        room.draft(deed.of, deed.said("kind"), deed.said("language"), deed.said("text"), deed.many("channels"), now)

    return {
        "draft": drafted,
        "draft_answer": lambda deed, now: room.draft(
            deed.of, "answer", deed.said("language"), deed.said("text"), (), now
        ),
        "change": lambda deed, now: room.change(
            deed.of, deed.number("statement"), deed.said("text"), deed.many("channels"), now, deed.number("version")
        ),
        "ask": lambda deed, now: room.ask(deed.of, deed.number("statement"), now),
        "approve": lambda deed, now: room.approve(deed.of, deed.number("statement"), "", now, deed.said("hash")),
        "reject": lambda deed, now: room.reject(
            deed.of, deed.number("statement"), deed.said("note"), now, deed.said("hash")
        ),
        "withdraw": lambda deed, now: room.withdraw(deed.of, deed.number("statement"), now),
        "published": lambda deed, now: room.published(
            deed.of, deed.number("statement"), deed.said("channel"), deed.said("url"), now
        ),
        "update_published": lambda deed, now: room.update_published(
            deed.of, texts.label("channel", deed.said("channel")), deed.said("url"), deed.said("text"), now
        ),
        "answer_many": answered,
        "posted": lambda deed, now: room.posted(deed.of, deed.number("case"), deed.said("link"), now),
    }
