"""Who does what in a crisis, who was told, who outside must be told, what is paused; and the log that nobody edits."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from board import sheet
from board.log import hand
from board.moments import Moments
from board.sheet import Block
from board.texts import Texts
from desk.crisis.outside import Party, Post
from desk.crisis.room import CrisisRoom
from desk.crisis.room_view import RoleLine, RoomView


def people_tab(view: RoomView, room: CrisisRoom, moments: Moments) -> list[Block]:
    """Roles with their holders, evidence, who was told what, stakeholders, scheduled posts."""
    texts = moments.texts
    blocks: list[Block] = [sheet.head(texts.say("people.roles"))]
    blocks.append(sheet.cards([_role(one, room, moments) for one in view.roles], texts.say("people.roles")))
    here = [
        sheet.field(
            "person", texts.say("people.person"), "select", room.me, options=[[name, name] for name in room.agents()]
        ),
    ]
    blocks.append(
        sheet.fold(
            "absent",
            texts.say("people.absent"),
            [
                sheet.form(
                    "absent",
                    texts.say("people.absent_save"),
                    here,
                    keep="absent",
                    said=texts.say("people.kept"),
                    text=texts.say("people.absent_text"),
                ),
                sheet.form(
                    "present",
                    texts.say("people.present_save"),
                    here,
                    keep="present",
                    quiet=True,
                    said=texts.say("people.kept"),
                ),
            ],
        )
    )
    if view.evidence:
        kept: list[list[Any]] = [
            [
                one.what,
                moments.near(one.due_at) if one.due_at else "",
                moments.near(one.collected_at)
                if one.collected_at
                else {"sign": ("urgent", texts.say("people.not_kept"))},
                one.where,
            ]
            for one in view.evidence
        ]
        blocks.append(
            sheet.table(
                [texts.say(f"people_evidence.{name}") for name in ("what", "until", "kept", "where")],
                kept,
                texts.say("people.evidence"),
            )
        )
    blocks.append(sheet.head(texts.say("people.told")))
    rows = [
        [
            one.person or texts.label("role", one.role),
            one.title.get(texts.language, ""),
            moments.near(one.at),
            moments.near(one.acknowledged_at) if one.acknowledged_at else texts.say("people.not_acknowledged"),
        ]
        for one in reversed(view.notices)
    ][:60]
    blocks.append(
        sheet.table(
            [texts.say(f"people_told.{name}") for name in ("who", "what", "when", "answer")],
            rows,
            texts.say("people.told"),
        )
        if rows
        else sheet.text(texts.say("people.nobody_told"), dim=True)
    )
    blocks.append(sheet.head(texts.say("people.stakeholders"), sub=texts.say("people.stakeholders_text")))
    blocks.append(
        sheet.cards(
            [_party(one, moments) for one in view.stakeholders],
            texts.say("people.stakeholders"),
            texts.say("people.no_stakeholders"),
        )
    )
    blocks.append(
        sheet.fold(
            "told-other",
            texts.say("people.tell_other"),
            [
                sheet.form(
                    "told",
                    texts.say("people.tell_save"),
                    [sheet.field("stakeholder", texts.say("people.name"), required=True, max=100), *_telling(texts)],
                    keep="told-other",
                    said=texts.say("people.kept"),
                )
            ],
        )
    )
    if view.posts:
        blocks.append(sheet.head(texts.say("people.posts"), sub=texts.say("people.posts_text")))
        blocks.append(sheet.cards([_post(one, moments) for one in view.posts], texts.say("people.posts")))
    return blocks


def _role(one: RoleLine, room: CrisisRoom, moments: Moments) -> Block:
    texts = moments.texts
    person = texts.say("people.nobody_there") if one.person is None else one.person or texts.say("crisis.anybody")
    meta = [
        person,
        texts.say("people.since", at=moments.near(one.since)) if one.since else "",
        texts.say("people.deputy", role=one.deputy) if one.deputy else "",
    ]
    give = [
        sheet.field(
            "person", texts.say("people.person"), "select", options=[[n, n] for n in room.agents() if n != one.person]
        ),
        sheet.field("note", texts.say("crisis.note"), max=500),
    ]
    inner: list[Block] = []
    if one.person != room.me:
        inner.append(
            sheet.buttons(
                sheet.press("assume", texts.say("people.assume"), texts.say("people.kept"), form={"role": one.role})
            )
        )
    inner.append(
        sheet.fold(
            f"give-{one.role}",
            texts.say("people.hand_over"),
            [
                sheet.form(
                    "hand_over",
                    texts.say("people.hand_over"),
                    give,
                    keep=f"give-{one.role}",
                    form={"role": one.role},
                    quiet=True,
                    said=texts.say("people.kept"),
                )
            ],
        )
    )
    sign = (
        ("late", texts.say("people.empty"))
        if one.person is None
        else ("met", texts.say("people.mine"))
        if one.mine
        else None
    )
    return {
        "keep": f"role-{one.role}",
        "title": one.title,
        "sign": sign,
        "meta": [part for part in meta if part],
        "blocks": inner,
    }


def _telling(texts: Texts) -> list[Block]:
    return [
        sheet.field(
            "by_what", texts.say("people.by_what"), required=True, max=100, hint=texts.say("people.by_what_hint")
        ),
        sheet.field("note", texts.say("crisis.note"), max=500),
    ]


def _party(one: Party, moments: Moments) -> Block:
    texts = moments.texts
    told = [
        f"{moments.near(each.at)} · {each.by_what} · {hand(each.by, texts)}{': ' + each.note if each.note else ''}"
        for each in one.told
    ]
    sign = ("met", texts.say("people.was_told")) if told else ("urgent", texts.say("people.not_told"))
    form = sheet.form(
        "told",
        texts.say("people.tell_save"),
        _telling(texts),
        keep=f"told-{one.name}",
        form={"stakeholder": one.name},
        quiet=True,
        said=texts.say("people.kept"),
    )
    return {
        "keep": f"party-{one.name}",
        "title": one.name,
        "sign": sign,
        "text": "\n".join(told),
        "words": True,
        "meta": [texts.say(f"party.{one.kind}"), one.contact_hint]
        if one.contact_hint
        else [texts.say(f"party.{one.kind}")],
        "blocks": [sheet.fold(f"tell-{one.name}", texts.say("people.tell"), [form])],
    }


def _post(one: Post, moments: Moments) -> Block:
    texts = moments.texts
    sign = ("met", texts.say("people.paused")) if one.paused else ("urgent", texts.say("people.runs"))
    do = ("resume", texts.say("people.resume")) if one.paused else ("pause", texts.say("people.pause"))
    meta = [one.where, f"{hand(one.by, texts)} · {moments.near(one.at)}" if one.at else ""]
    return {
        "keep": f"post-{one.name}",
        "title": one.name,
        "sign": sign,
        "meta": [part for part in meta if part],
        "buttons": [sheet.press(do[0], do[1], texts.say("people.kept"), form={"post": one.name})],
    }


def log_tab(view: RoomView, moments: Moments) -> list[Block]:
    """What happened, the newest first; nobody can change it."""
    texts = moments.texts
    items = [
        {"at": moments.full(line.at), "who": hand(line.by, texts), "what": line.said.say(texts.language)}
        for line in view.log
    ]
    return [sheet.text(texts.say("crisis.log_text"), dim=True), sheet.lines(items)]


def deeds(room: CrisisRoom) -> Mapping[str, sheet.Do]:
    """What can be done with people, inside and out."""
    return {
        "assume": lambda deed, now: room.assume_role(deed.of, deed.said("role"), now),
        "hand_over": lambda deed, now: room.hand_over(
            deed.of, deed.said("role"), deed.said("person"), deed.said("note"), now
        ),
        "absent": lambda deed, now: room.absent(deed.of, deed.said("person"), now),
        "present": lambda deed, now: room.present(deed.of, deed.said("person"), now),
        "told": lambda deed, now: room.told(
            deed.of, deed.said("stakeholder"), deed.said("by_what"), deed.said("note"), now
        ),
        "pause": lambda deed, now: room.pause(deed.of, deed.said("post"), now),
        "resume": lambda deed, now: room.resume(deed.of, deed.said("post"), now),
    }
