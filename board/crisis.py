"""The crisis room: what is true, who does what by when. One page for all crises, one room for each, one wall screen.

Everything goes through desk.crisis.room; here it is only laid out. The review of a crisis is in review.py.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from board import sheet
from board.crisis_answers import answers_tab, statements_tab
from board.crisis_facts import fact_card, facts_tab, stage_sign, wall
from board.crisis_people import log_tab, people_tab
from board.log import hand
from board.moments import Moments, epoch_ms
from board.ready import history, ready
from board.review import review_tab
from board.sheet import Block, Deed, Place
from board.texts import Texts, capital
from desk.crisis.alerting import Alerts
from desk.crisis.reviewing import Reviews
from desk.crisis.room import CrisisRoom
from desk.crisis.room_view import CrisisLine, DutyLine, RoomView, StepLine
from playbooks.crisis.choice import by_hand

TABS = ("now", "facts", "statements", "answers", "people", "log", "review")


def picture(
    room: CrisisRoom, reviews: Reviews, alerts: Alerts, texts: Texts, place: Place, now: datetime
) -> Mapping[str, Any]:
    """Everything the page shows: the list of crises, or the room of one."""
    moments = Moments(texts, room.zone, now)
    if not place.id:
        return {"top": [], "main": _all(room, moments), "side": ready(room, alerts, moments)}
    if place.wall:
        return {"top": [], "main": wall(room.wall(place.id, now), moments), "side": []}
    view = room.room(place.id, now, texts.language)
    tab = place.tab if place.tab in TABS else "now"
    top = [*_head(view, moments), _tabs(view, tab, texts)]
    if tab == "now":
        return {"title": view.title, "top": top, "main": _now(view, room, moments), "side": _beside(view, moments)}
    tabs: Mapping[str, Callable[[], list[Block]]] = {
        "facts": lambda: facts_tab(view, moments),
        "statements": lambda: statements_tab(view, room, moments),
        "answers": lambda: answers_tab(view, room, moments),
        "people": lambda: [*people_tab(view, room, moments), *history(view.id, alerts, moments)],
        "log": lambda: log_tab(view, moments),
        "review": lambda: review_tab(view.id, reviews, moments),
    }
    return {"title": view.title, "top": top, "main": tabs[tab](), "side": []}


# --- all crises ---


def _all(room: CrisisRoom, moments: Moments) -> list[Block]:
    texts = moments.texts
    open_, mine = room.crises(moments.now), room.my_agenda(moments.now)
    blocks: list[Block] = [sheet.head(texts.say("page.crisis"), 1, texts.say("crisis.what"))]
    if mine.in_several:
        blocks.append(sheet.note(("urgent", texts.say("crisis.in_several")), texts.say("crisis.in_several_text")))
    blocks.append(
        sheet.cards([_line(one, moments) for one in open_], texts.say("crisis.open"), texts.say("crisis.none"))
    )
    chosen = [[plan.id, plan.title.say(texts.language)] for plan in by_hand(room.plans())]
    blocks.append(
        sheet.fold(
            "report",
            texts.say("crisis.report"),
            [
                sheet.form(
                    "open",
                    texts.say("crisis.report_save"),
                    [
                        sheet.field("title", texts.say("crisis.report_title"), required=True, max=200),
                        sheet.field("plan", texts.say("crisis.plan"), "select", options=chosen),
                        sheet.field("why", texts.say("crisis.report_why"), "area", required=True, max=500),
                    ],
                    said=texts.say("crisis.reported"),
                    text=texts.say("crisis.report_text"),
                ),
            ],
        )
    )
    past = room.past()
    if past:
        blocks.append(sheet.head(texts.say("crisis.past")))
        blocks.append(sheet.cards([_past(one, moments) for one in past], texts.say("crisis.past")))
    return blocks


def _line(one: CrisisLine, moments: Moments) -> Block:
    texts = moments.texts
    meta = [
        texts.say("crisis.severity", n=one.severity),
        texts.say("crisis.since", at=moments.near(one.opened_at)),
        texts.say_number("crisis.duties_open", one.open, moments.number(one.open)),
        texts.say_number("crisis.duties_late", one.late, moments.number(one.late)) if one.late else "",
        texts.say_number("crisis.duties_mine", one.mine, moments.number(one.mine)) if one.mine else "",
    ]
    return {
        "keep": f"crisis-{one.id}",
        "title": capital(one.title, moments.texts.language),
        "go": {"id": one.id, "tab": ""},
        "sign": stage_sign(one.stage, texts),
        "due": epoch_ms(one.next_at),
        "urgency": "urgent",
        "meta": [part for part in meta if part],
    }


def _past(one: Any, moments: Moments) -> Block:
    texts = moments.texts
    return {
        "keep": f"crisis-{one.id}",
        "title": capital(one.title, moments.texts.language),
        "go": {"id": one.id, "tab": "review"},
        "sign": stage_sign(one.stage, texts),
        "meta": [texts.say("crisis.since", at=moments.near(one.opened_at))],
        "state": "done",
    }


# --- one crisis ---


def _head(view: RoomView, moments: Moments) -> list[Block]:
    texts = moments.texts
    back = (texts.say("crisis.back"), {"id": 0, "tab": ""})
    sub = f"{view.plan_title} · {texts.say('playbook.version', n=view.plan_version)} · {view.severity_title}"
    figures: list[Block] = []
    if view.next_update_at is not None:
        figures.append(
            {
                "due": epoch_ms(view.next_update_at),
                "urgency": "urgent",
                "label": texts.say("crisis.next_update"),
                "go": {"tab": "statements"},
            }
        )
    if view.duties:
        nearest = min(view.duties, key=lambda duty: duty.due_at)
        figures.append(
            {"due": epoch_ms(nearest.due_at), "urgency": "urgent", "label": nearest.title, "go": {"tab": "now"}}
        )
    figures.append(
        {
            "n": moments.number(view.unanswered),
            "label": texts.say("crisis.unanswered", all=moments.number(view.cases)),
            "go": {"tab": "answers"},
        }
    )
    incident = {"go": {"page": "incidents", "id": view.incident_id}} if view.incident_id else {}
    figures.append({"n": moments.number(view.mentions), "label": texts.say("crisis.mentions"), **incident})
    return [
        sheet.head(capital(view.title, texts.language), 1, sub, back, sign=stage_sign(view.stage, texts)),
        sheet.figures(figures),
    ]


def _tabs(view: RoomView, chosen: str, texts: Texts) -> Block:
    shown = TABS if view.stage in ("closed", "reviewed") else TABS[:-1]
    return sheet.tabs([(name, texts.say(f"crisis_tab.{name}")) for name in shown], chosen, texts.say("crisis.tabs"))


def _now(view: RoomView, room: CrisisRoom, moments: Moments) -> list[Block]:
    texts = moments.texts
    steps = {step.id: step for step in view.steps}
    mine = [duty for duty in view.duties if duty.mine]
    others = [duty for duty in view.duties if not duty.mine]
    blocks: list[Block] = []
    if mine:
        blocks.append(sheet.head(texts.say("crisis.mine")))
        blocks.append(sheet.cards([_duty(duty, steps, view, moments) for duty in mine], texts.say("crisis.mine")))
    blocks += _stage_acts(view, moments)
    blocks.append(sheet.head(texts.say("crisis.others")))
    blocks.append(
        sheet.cards(
            [_duty(duty, steps, view, moments) for duty in others],
            texts.say("crisis.others"),
            texts.say("crisis.nothing_open"),
        )
    )
    blocks.append(sheet.fold("plan", texts.say("crisis.whole_plan"), [_plan(view, moments)]))
    return blocks


def _duty(duty: DutyLine, steps: Mapping[str, StepLine], view: RoomView, moments: Moments) -> Block:
    texts = moments.texts
    step = steps.get(duty.step)
    who = f"{duty.role_title}: {duty.person}" if duty.person else duty.role_title
    meta = [who, texts.say("crisis.until", at=moments.near(duty.due_at))]
    meta.append(
        texts.say("crisis.seen_at", at=moments.near(duty.seen_at)) if duty.seen_at else texts.say("crisis.unseen")
    )
    blocks: list[Block] = []
    if step is not None and step.why:
        blocks.append(sheet.text(step.why, dim=True))
    if step is not None and step.to:
        blocks.append(sheet.text(texts.say("crisis.tell", who=", ".join(step.to)), dim=True))
    blocks += _ending(duty, step, view, moments)
    return {
        "keep": duty.key,
        "title": duty.title,
        "text": step.text if step else "",
        "due": epoch_ms(duty.due_at),
        "urgency": "critical" if duty.mine else "urgent",
        "meta": meta,
        "blocks": blocks,
    }


def _ending(duty: DutyLine, step: StepLine | None, view: RoomView, moments: Moments) -> list[Block]:
    """How a duty is ended here: a decision with its options, a done with a note, or only a sight of it."""
    texts = moments.texts
    see = None
    if duty.mine and duty.seen_at is None and duty.kind != "first":
        see = sheet.press("seen", texts.say("crisis.i_see"), texts.say("crisis.seen_said"), form={"duty": duty.key})
    if duty.kind == "first":
        told = sheet.press(
            "seen", texts.say("crisis.i_know"), texts.say("crisis.seen_said"), form={"duty": duty.key}, primary=True
        )
        return [sheet.buttons(told)] if duty.mine else []
    if duty.kind == "update":
        return [sheet.buttons(see, sheet.lead(texts.say("crisis.to_statements"), {"tab": "statements"}))]
    if step is None or not step.may_end:
        return [sheet.buttons(see)] if see else []
    form = {"step": step.id, "duty": duty.key}
    if step.kind == "decide":
        options = [[option.id, option.title, option.means] for option in step.options]
        fields = [
            sheet.field("option", texts.say("crisis.choose"), "choice", options=options, required=True),
            sheet.field("why", texts.say("crisis.reason"), "area", required=True, max=500, rows=2),
        ]
        ends = sheet.form(
            "decide",
            texts.say("crisis.decide"),
            fields,
            keep=f"decide-{duty.key}",
            form=form,
            said=texts.say("crisis.decided"),
        )
    else:
        kept = [
            sheet.field("note", texts.say("crisis.note"), max=500, hint=texts.say("crisis.note_hint")),
            *(
                sheet.field(f"kept_{one.id}", texts.say("crisis.kept_where", what=one.what), max=500)
                for one in view.evidence
                if one.id in step.evidence and one.collected_at is None
            ),
        ]
        ends = sheet.form(
            "done",
            texts.say("crisis.done"),
            kept,
            keep=f"done-{duty.key}",
            form=form,
            quiet=not duty.mine,
            said=texts.say("crisis.done_said"),
        )
    return [sheet.buttons(see), ends] if see else [ends]


def _stage_acts(view: RoomView, moments: Moments) -> list[Block]:
    """What may become of the crisis now; whether I may say so, the desk answers."""
    texts = moments.texts
    acts: dict[str, tuple[str, ...]] = {
        "suspected": ("declare", "dismiss"),
        "declared": ("contain", "close"),
        "contained": ("close", "declare"),
    }
    blocks: list[Block] = []
    untaken = any(duty.kind == "take" for duty in view.duties)
    if view.stage == "suspected" and untaken:
        blocks.append(
            sheet.note(
                ("urgent", texts.say("crisis.untaken")),
                texts.say("crisis.untaken_text"),
                view.stages[-1].why if view.stages else "",
                [sheet.press("take", texts.say("crisis.take"), texts.say("crisis.taken"), primary=True)],
            )
        )
    why = sheet.field("why", texts.say("crisis.reason"), "area", required=True, max=500, rows=2)
    for act in acts.get(view.stage, ()):
        words = texts.say(f"crisis_act.{act}")
        saved = sheet.form(
            act, words, [why], keep=act, said=texts.say(f"crisis_done.{act}"), text=texts.say(f"crisis_text.{act}")
        )
        open_at_once = act == "declare" and view.stage == "suspected" and not untaken
        blocks.append(saved if open_at_once else sheet.fold(f"act-{act}", words, [saved]))
    if view.stage in ("suspected", "declared", "contained"):
        levels = [[str(n), texts.say("crisis.severity", n=n)] for n in range(1, 6)]
        fields = [sheet.field("level", texts.say("crisis.level"), "select", str(view.severity), options=levels), why]
        blocks.append(
            sheet.fold(
                "act-severity",
                texts.say("crisis_act.severity"),
                [
                    sheet.form(
                        "severity",
                        texts.say("crisis_act.severity"),
                        fields,
                        keep="severity",
                        said=texts.say("crisis_done.severity"),
                    )
                ],
            )
        )
    if view.stage == "closed":
        blocks.append(
            sheet.note(
                ("same_day", texts.say("crisis.to_review")),
                texts.say("crisis.to_review_text"),
                buttons=[sheet.lead(texts.say("crisis_tab.review"), {"tab": "review"}, primary=True)],
            )
        )
    return blocks


def _plan(view: RoomView, moments: Moments) -> Block:
    texts = moments.texts
    rows = []
    for step in view.steps:
        ended = (
            texts.say("crisis.by_at", who=hand(step.ended_by, texts), at=moments.near(step.ended_at))
            if step.ended_at
            else ""
        )
        rows.append(
            [
                step.title,
                step.role_title,
                texts.say(f"crisis_step.{step.state}"),
                ended or (moments.near(step.due_at) if step.due_at else ""),
                step.note,
            ]
        )
    header = [texts.say(f"crisis_plan.{name}") for name in ("step", "role", "state", "when", "note")]
    return sheet.table(header, rows, texts.say("crisis.whole_plan"))


def _beside(view: RoomView, moments: Moments) -> list[Block]:
    """What everybody in the room must have in view: what is known, what is not, what was decided, what not to say."""
    texts = moments.texts
    blocks: list[Block] = [sheet.head(texts.say("crisis.known"))]
    blocks.append(
        sheet.cards(
            [fact_card(fact, moments) for fact in view.known], texts.say("crisis.known"), texts.say("crisis.known_none")
        )
    )
    blocks.append(sheet.head(texts.say("crisis.not_known")))
    blocks.append(
        sheet.cards(
            [fact_card(fact, moments) for fact in view.not_known],
            texts.say("crisis.not_known"),
            texts.say("crisis.not_known_none"),
        )
    )
    blocks.append(sheet.buttons(sheet.lead(texts.say("crisis.add_fact"), {"tab": "facts"})))
    if view.decisions:
        blocks.append(sheet.head(texts.say("crisis.decisions")))
        blocks.append(
            sheet.cards(
                [
                    {
                        "keep": f"d{n}",
                        "title": one.chosen,
                        "text": one.why,
                        "meta": [one.title, hand(one.by, texts), moments.near(one.at)],
                    }
                    for n, one in enumerate(view.decisions)
                ],
                texts.say("crisis.decisions"),
            )
        )
    said = [{"keep": f"n{n}", "title": words, "text": why} for n, (words, why) in enumerate(view.do_not_say)]
    blocks.append(
        sheet.fold("not-to-say", texts.say("crisis.do_not_say"), [sheet.cards(said, texts.say("crisis.do_not_say"))])
    )
    blocks.append(sheet.buttons(sheet.lead(texts.say("crisis.wall"), {"wall": True})))
    return blocks


# --- what people do ---


def deeds(room: CrisisRoom) -> Mapping[str, sheet.Do]:
    """What can be done in the list and in a room, but for statements, people and the review."""

    def opened(deed: Deed, now: datetime) -> Mapping[str, Any]:
        incident = deed.number("incident") or None
        made = room.open_by_hand(deed.said("title"), deed.said("plan"), deed.said("why"), now, incident, key=deed.id)
        return {"go": {"id": made, "tab": ""}}

    def done(deed: Deed, now: datetime) -> None:
        for name in deed.form:
            if name.startswith("kept_") and deed.said(name):
                room.collected(deed.of, name.removeprefix("kept_"), deed.said(name), now)
        room.step_done(deed.of, deed.said("step"), deed.said("note"), now, deed.said("duty") or None)

    return {
        "open": opened,
        "take": lambda deed, now: room.take(deed.of, now),
        "declare": lambda deed, now: room.declare(deed.of, deed.said("why"), now),
        "dismiss": lambda deed, now: room.dismiss(deed.of, deed.said("why"), now),
        "contain": lambda deed, now: room.contain(deed.of, deed.said("why"), now),
        "close": lambda deed, now: room.close(deed.of, deed.said("why"), now),
        "severity": lambda deed, now: room.severity(deed.of, deed.number("level"), deed.said("why"), now),
        "seen": lambda deed, now: room.seen(deed.of, deed.said("duty"), now),
        "done": done,
        "decide": lambda deed, now: room.decide(
            deed.of, deed.said("step"), deed.said("option"), deed.said("why"), now, deed.said("duty") or None
        ),
        "add_fact": lambda deed, now: room.add_fact(
            deed.of, deed.said("text"), deed.said("source"), deed.said("status"), now
        ),
        "change_fact": lambda deed, now: room.change_fact(
            deed.of,
            deed.number("fact"),
            deed.said("text"),
            deed.said("source"),
            deed.said("status"),
            deed.said("why"),
            now,
            expected=deed.number("version") or None,
        ),
    }
