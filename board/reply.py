"""The answer as the browser draws it: where it can go, one decision for every draft, what the check says, what became
of what was sent."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from board.moments import Moments
from board.queue import Place
from board.texts import Texts
from desk.desk import Desk, DeskError, is_web_link
from desk.drafting import Target
from desk.material import Given
from desk.views import CaseView, PendingApproval, SentReply
from mention import LANGUAGES
from playbooks.decision import Decision

WRITTEN = ("cause", "action_taken", "answer", "correct_information")
"""Facts that a person writes once for all drafts; the others are known or follow from the offer."""

LIMITS = {"x": 280, "sms": 160, "trendyol": 2000, "hepsiburada": 2000, "bluesky": 300, "mastodon": 500}
"""Characters an answer has on the platform, counted live; what holds is the check (paid accounts may write more)."""

KEPT = 60
"""Drafts kept per session; a new one costs a few milliseconds."""


def reply_data(desk: Desk, view: CaseView, place: Place, moments: Moments, memory: Any) -> dict[str, Any]:
    """Everything the answer's form shows of a case at `moments.now`."""
    now = moments.now
    targets = desk.targets(view, now)
    chosen = next((one for one in targets if one.key == place.target), targets[0] if targets else None)
    spoken = next((code for code in (place.draft_language, view.row.language) if code in LANGUAGES), "tr")
    decision = desk.decision_of(view)
    return {
        "targets": [_target(one, moments) for one in targets],
        "target": chosen.key if chosen else None,
        "language": spoken,
        "text": _draft(desk, view, chosen, spoken, now, memory),
        "snippets": []
        if chosen is None
        else [{"id": one.id, "title": one.title, "text": one.text} for one in desk.snippets(view, chosen, spoken, now)],
        "last": [
            {
                "who": one.by,
                "at": moments.near(one.at),
                "channel": moments.texts.label("channel", one.channel),
                "text": one.text[:2000],
            }
            for one in desk.last_answers(view, spoken, now)
        ],
        "given": [_given(one, moments) for one in desk.given(view.row.case_id)],
        "decision": _decision(decision, view, moments),
        "sends": [_send(one, moments) for one in desk.sent_replies(view.row.case_id)],
        "approvals": [approval_data(one, moments) for one in desk.approvals(now) if one.case_id == view.row.case_id],
    }


def _target(one: Target, moments: Moments) -> dict[str, Any]:
    texts = moments.texts
    how = "phone" if one.family == "phone" else "private" if one.private else "public"
    return {
        "key": one.key,
        "name": texts.say(f"target.{how}", channel=texts.label("channel", one.channel)),
        "channel": texts.label("channel", one.channel),
        "limit": LIMITS.get(one.channel) if one.family != "phone" else None,
        "private": one.private,
        "way": one.way,
        "who": one.who,
        "open": one.window.open,
        "why": one.window.why.text(moments.zone, texts.language) if one.window.closes_at or not one.window.open else "",
    }


def _draft(desk: Desk, view: CaseView, target: Target | None, language: str, now: datetime, memory: Any) -> str:
    """The draft, kept in `memory` until what it is made of changes."""
    if target is None:
        return ""
    drafts: dict[tuple[object, ...], str] = memory.setdefault("drafts", {})
    decided = max((event.id for event in view.events if event.type == "decided"), default=0)
    run = (view.run.playbook.id, view.run.version) if view.run else None
    key = (view.row.case_id, run, decided, len(view.mentions), target.key, language, desk.me)
    if key not in drafts:
        while len(drafts) >= KEPT:
            del drafts[next(iter(drafts))]
        try:
            drafts[key] = desk.draft(view.row.case_id, target.family, language, now, target.key)
        except ValueError:  # DeskError, DecisionError, DraftError: then a person finds the words
            drafts[key] = ""
    return drafts[key]


def _decision(decision: Decision | None, view: CaseView, moments: Moments) -> dict[str, Any]:
    """The form of the decision, filled with what was decided last."""
    language = moments.texts.language
    facts = decision.facts if decision else {}
    made = {name: value if isinstance(value, str) else value.say(language) for name, value in facts.items()}
    solutions = view.run.playbook.solutions if view.run else ()
    return {
        "made": decision is not None,
        "solution": (decision.solution if decision else None) or "",
        "amount": str(decision.amount) if decision and decision.amount is not None else "",
        "delivery_date": decision.delivery_date.isoformat() if decision and decision.delivery_date else "",
        "next_update": decision.next_update.astimezone(moments.zone).strftime("%Y-%m-%dT%H:%M")
        if decision and decision.next_update
        else "",
        "facts": [[name, moments.texts.say(f"decide.{name}"), made.get(name, "")] for name in WRITTEN],
        "solutions": [
            {
                "id": one.id, "title": one.title.say(language), "money": one.limit.amount is not None,
                "currency": one.limit.currency or "",
                "limit": moments.money(one.limit.amount, one.limit.currency)
                if one.limit.amount is not None and one.limit.currency
                else "",
            }
            for one in solutions
        ],
    }  # fmt: skip


def decided(form: Mapping[str, Any], view: CaseView, desk: Desk) -> dict[str, Any]:
    """A decision as the browser's form says it, for desk.decide. Raises DeskError for an amount that is no number."""
    made: dict[str, Any] = {"facts": {}}
    for name in WRITTEN:
        if text := str(form.get(name) or "").strip():
            made["facts"][name] = text[:2000]
    solution = str(form.get("solution") or "")
    if solution:
        made["solution"] = solution
        found = view.run.playbook.solution(solution) if view.run else None
        if found is not None and found.limit.amount is not None:
            try:
                made["amount"] = Decimal(str(form.get("amount") or "").strip().replace(",", "."))
            except InvalidOperation:
                raise DeskError("Write the amount as a number such as 150.00.") from None
            made["currency"] = found.limit.currency
    if day := str(form.get("delivery_date") or ""):
        made["delivery_date"] = day
    if moment := str(form.get("next_update") or ""):
        try:
            at = datetime.fromisoformat(moment)
        except ValueError:
            raise DeskError("Choose a time that is still to come.") from None
        made["next_update"] = at if at.tzinfo else at.replace(tzinfo=desk.zone)
    return made


def checked(
    desk: Desk, case_id: int, key: str, language: str, text: str, texts: Texts, now: datetime
) -> dict[str, Any]:
    """What the check says of a text, and who must approve it."""
    found = desk.check_reply(case_id, key, language, text, now)
    return {
        "findings": [
            {"level": one.level, "what": one.what(texts.language), "advice": one.advice(texts.language),
             "quote": text[one.start : one.end][:80] if one.end - one.start < len(text) else ""}
            for one in found
        ],
        "approval": desk.needs_approval(case_id, key, text, texts.language, now),
    }  # fmt: skip


def _given(one: Given, moments: Moments) -> dict[str, Any]:
    texts = moments.texts
    size = (
        moments.money(Decimal(one.amount), one.currency) if one.amount and one.currency else moments.number(one.count)
    )
    return {
        "id": one.id, "what": f"{texts.label('concession', one.kind)} {size}", "state": one.state,
        "word": texts.label("given", one.state), "by": one.by, "at": moments.near(one.at), "code": one.has_code,
    }  # fmt: skip


def _send(one: SentReply, moments: Moments) -> dict[str, Any]:
    texts = moments.texts
    return {
        "id": one.id, "state": one.state, "word": texts.label("send", one.state),
        "channel": texts.label("channel", one.channel), "text": one.text[:400],
        "at": moments.near(one.sent_at or one.created_at), "who": one.by.removeprefix("agent:"), "error": one.error,
        "url": one.url if is_web_link(one.url) else "",
    }  # fmt: skip


def approval_data(one: PendingApproval, moments: Moments) -> dict[str, Any]:
    """A question that waits for this person's yes."""
    texts = moments.texts
    where = texts.label("channel", one.channel)
    return {
        "id": one.id, "case": one.case_id, "text": one.text, "by": one.asked_by, "at": moments.near(one.asked_at),
        "kind": texts.label("approve", one.kind),
        "where": texts.say("target.public" if one.public else "target.private", channel=where)
        if one.kind == "reply" else "",
        "deputy": one.as_deputy,
    }  # fmt: skip
