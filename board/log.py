"""The case's log in words: what happened, by whose hand, and what was said or changed with it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from board.moments import Moments
from board.texts import Texts
from desk.desk import is_web_link
from desk.views import EventView, RunView

EVENTS = (
    "customer_posted", "customer_wrote", "routed", "playbook_started", "assigned", "seen", "answered",
    "auto_acknowledged", "note", "waiting_for_customer", "back_with_us", "resolved", "reopened", "set_aside",
    "urgency_changed", "label_corrected", "step_done", "step_skipped", "mention_edited", "mention_deleted",
    "coverage_gap", "undone", "merged", "split", "split_off", "joined_by_hand", "snoozed", "tagged", "waiting_for_team",
    "reply_taken_over", "decided", "reply_waits", "reply_held", "concession_waits", "tier_set", "approval_asked",
    "approval_step", "approved", "approval_rejected", "approval_withdrawn", "approval_expired", "concession_granted",
    "concession_cancelled", "concession_kept", "concession_redeemed", "voucher_code_seen", "send_queued", "sent",
    "send_failed", "send_unsure", "send_again", "send_cancelled", "warned", "reply_held", "unassigned",
    "crisis_answer_applied",
)  # fmt: skip


def hand(by: str, texts: Texts) -> str:
    """Who did it: the agent's name, the customer, or Nöbet itself."""
    if by.startswith("agent:"):
        return by.removeprefix("agent:")
    return texts.label("hand", by)


def log_line(event: EventView, moments: Moments, run: RunView | None) -> dict[str, Any]:
    """One event as a line. An event of a type unknown here (a later version's) is shown by its name."""
    texts = moments.texts
    link = str(event.data.get("link") or "")
    return {
        "at": moments.full(event.at),
        "hand": hand(event.by, texts),
        "what": texts.label("event", event.type),
        "more": _MORE[event.type](event, texts, run) if event.type in _MORE else "",
        "url": link if is_web_link(link) else "",
    }


def _assigned(event: EventView, texts: Texts, run: RunView | None) -> str:
    to = event.data.get("to")
    if not to:
        return texts.say("log.to_nobody")
    if event.by == f"agent:{to}":
        return texts.say("log.took_it")
    return texts.say("log.to", who=to)


def _text(event: EventView, texts: Texts, run: RunView | None) -> str:
    return str(event.data.get("text") or event.data.get("reason") or "")


def _urgency(event: EventView, texts: Texts, run: RunView | None) -> str:
    old, new = str(event.data.get("old", "")), str(event.data.get("urgency", ""))
    return texts.say("log.change", old=texts.label("urgency", old), new=texts.label("urgency", new))


def _label(event: EventView, texts: Texts, run: RunView | None) -> str:
    head = str(event.data.get("head", ""))
    old, new = str(event.data.get("old") or ""), str(event.data.get("new", ""))
    change = texts.say("log.change", old=texts.label(head, old), new=texts.label(head, new))
    return f"{texts.label('head', head)}: {change}"


def _step(event: EventView, texts: Texts, run: RunView | None) -> str:
    name = str(event.data.get("step", ""))
    step = run.playbook.step(name) if run else None
    return step.title.say(texts.language) if step else name


def _playbook(event: EventView, texts: Texts, run: RunView | None) -> str:
    name = str(event.data.get("playbook") or "")
    if run and run.playbook.id == name:
        return run.playbook.title.say(texts.language)
    return name


def _first_urgency(event: EventView, texts: Texts, run: RunView | None) -> str:
    urgency = event.data.get("urgency")
    return texts.label("urgency", str(urgency)) if urgency else ""


def _gap(event: EventView, texts: Texts, run: RunView | None) -> str:
    return str(event.data.get("source") or "")


def _undone(event: EventView, texts: Texts, run: RunView | None) -> str:
    return texts.label("event", str(event.data.get("what") or ""))


def _other(name: str) -> Callable[[EventView, Texts, RunView | None], str]:
    return lambda event, texts, run: f"N-{event.data.get(name)}"


def _tags(event: EventView, texts: Texts, run: RunView | None) -> str:
    return " ".join(f"#{tag}" for tag in event.data.get("tags", ()))


def _tier(event: EventView, texts: Texts, run: RunView | None) -> str:
    return str(event.data.get("tier") or "")


def _team(event: EventView, texts: Texts, run: RunView | None) -> str:
    return str(event.data.get("team") or "")


def _why(event: EventView, texts: Texts, run: RunView | None) -> str:
    return str(event.data.get(texts.language) or "")


_MORE: Mapping[str, Callable[[EventView, Texts, RunView | None], str]] = {
    "assigned": _assigned,
    "answered": _text,
    "note": _text,
    "undone": _undone,
    "merged": _other("from"),
    "split": _other("to"),
    "split_off": _other("from"),
    "tagged": _tags,
    "tier_set": _tier,
    "waiting_for_team": _team,
    "set_aside": _text,
    "auto_acknowledged": _text,
    "urgency_changed": _urgency,
    "label_corrected": _label,
    "step_done": _step,
    "step_skipped": _step,
    "playbook_started": _playbook,
    "customer_posted": _first_urgency,
    "coverage_gap": _gap,
    "reply_held": _why,
}
