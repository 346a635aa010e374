"""One case as the browser draws it: who, by when, in whose words, what is to be done, and what was done."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, time, timedelta
from typing import Any

from board.facts import facts_data
from board.log import hand, log_line
from board.marks import marked
from board.moments import Moments, epoch_ms
from board.queue import SHORT, handle, row_data
from desk.clock import Clock
from desk.desk import HEADS, is_web_link
from desk.views import CaseView, EventView, MentionView, QueueRow, RunView
from mention import HOT, LANGUAGES, LabelScore

WHOLE = 200_000
"""Characters of one mention that the board shows when asked for all of it; the rest is in the export."""


def case_data(view: CaseView, moments: Moments, whole: Collection[int] = ()) -> dict[str, Any]:
    """A case as JSON-able values; `whole` are the ids of mentions to be shown in full length."""
    texts = moments.texts
    row = view.row
    data = row_data(row, moments, {})
    data |= {
        "status_word": texts.label("status", "waiting_team" if row.waiting_for == "team" else row.status),
        "contacts": texts.say("case.contact_number", n=moments.number(view.contacts + 1)) if view.contacts else "",
        "clocks": [_clock(clock, moments) for clock in view.clocks],
        "clock_name": texts.label("clock", row.due_clock) if row.due_clock else "",
        "story": _story(view, moments, whole),
        "log": [log_line(event, moments, view.run) for event in reversed(view.events)],
        "run": _run(view.run, moments) if view.run else None,
        "reasons": [reason.say(texts.language) for reason in view.reasons],
        "heads": {head: [[label, texts.label(head, label)] for label in labels] for head, labels in HEADS.items()},
        "languages": [[code, texts.label("language", code)] for code in LANGUAGES],
        "newest": max((event.id for event in view.events), default=None),
        "tags": list(view.tags),
        "snoozed": texts.say("case.snoozed", at=moments.near(row.snoozed_until)) if row.snoozed_until else "",
        "snooze": _snooze(row.due_at, moments),
        "merged": list(view.merged),
        "merged_into": row.merged_into,
        "split": list(view.split),
        "siblings": [_sibling(one, moments) for one in view.siblings if one.merged_into is None],
        "mentions_list": [
            {
                "id": m.id,
                "channel": texts.label("channel", m.channel),
                "at": moments.near(m.published_at),
                "text": m.text[:120],
            }
            for m in view.mentions
        ],
    }
    return data


def _snooze(due_at: datetime | None, moments: Moments) -> list[list[str]]:
    """Until when a case may sleep, as [moment, words]: never past its own deadline."""
    local = moments.now.astimezone(moments.zone)
    tomorrow = datetime.combine(local.date() + timedelta(days=1), time(9), moments.zone)
    offered = [moments.now + timedelta(minutes=30), moments.now + timedelta(hours=2), tomorrow]
    return [[at.isoformat(timespec="minutes"), moments.near(at)] for at in offered if due_at is None or at <= due_at]


def _sibling(row: QueueRow, moments: Moments) -> dict[str, Any]:
    texts = moments.texts
    return {
        "id": row.case_id, "channel": texts.label("channel", row.channel), "topic": texts.label("topic", row.topic),
        "status": texts.label("status", row.status), "at": moments.near(row.posted_at),
    }  # fmt: skip


def _clock(clock: Clock, moments: Moments) -> dict[str, Any]:
    texts = moments.texts
    told = {
        "name": texts.label("clock", clock.clock),
        "state": clock.state,
        "word": texts.label("state", clock.state),
        "urgency": clock.urgency,
        "due": epoch_ms(clock.due_at) if clock.state in ("running", "breached") else None,
        "due_text": texts.say("clock.due", at=moments.near(clock.due_at)) if clock.due_at else "",
        "said": "",
        "why": [line.text(moments.zone, texts.language) for line in clock.why],
    }
    if clock.state == "late":
        told["said"] = texts.say("clock.late_by", length=moments.length(clock.late_s))
    elif clock.state == "met" and clock.stopped_at is not None:
        length = moments.length((clock.stopped_at - clock.started_at).total_seconds())
        told["said"] = texts.say("clock.took", length=length)
    elif clock.state == "running" and clock.due_at is None:
        told["said"] = texts.say("clock.so_far", length=moments.length(clock.used_s))
    return told


def _story(view: CaseView, moments: Moments, whole: Collection[int]) -> list[dict[str, Any]]:
    """What the customer wrote, what was answered and what was noted, in the order of time."""
    told = [(m.published_at, 0, _mention(m, moments, m.id in whole)) for m in view.mentions]
    told += [(e.at, 1, _ours(e, moments)) for e in view.events if e.type in ("answered", "note", "auto_acknowledged")]
    return [item for _, _, item in sorted(told, key=lambda entry: entry[:2])]


def _mention(mention: MentionView, moments: Moments, whole: bool) -> dict[str, Any]:
    texts = moments.texts
    text = mention.text[: WHOLE if whole else SHORT]
    labels = []
    for head in HEADS:
        label = mention.labels.get(head)
        if label is None:
            continue
        scored: LabelScore | None = getattr(mention.score, head, None)
        corrected = scored is None or scored.label != label
        labels.append(
            {
                "head": head,
                "name": texts.say(f"head.{head}"),
                "value": label,
                "label": texts.label(head, label),
                "share": "" if scored is None or corrected else _share(head, label, scored, moments),
                "corrected": corrected,
                "unsure": mention.score is not None and head in mention.score.abstained and not corrected,
            }
        )
    return {
        "kind": "mention",
        "id": mention.id,
        "who": mention.author_name or mention.author or texts.say("who.unknown"),
        "handle": handle(mention.author, mention.author_name, mention.channel),
        "channel": texts.label("channel", mention.channel),
        "followers": moments.followers(mention.followers),
        "rating": texts.say("who.rating", n=moments.number(mention.rating)) if mention.rating is not None else "",
        "at": moments.near(mention.published_at),
        "at_full": moments.full(mention.published_at),
        "seen": texts.say("story.seen", length=_lag(mention, moments)),
        "url": mention.url if mention.url and is_web_link(mention.url) else "",
        "pieces": marked(text, mention.score.reasons if mention.score else {}),
        "cut": len(mention.text) > len(text) and not whole,
        "facts": facts_data(mention.score.facts if mention.score else (), moments),
        "labels": labels,
        "edited": texts.say("story.edited", at=moments.near(mention.edited_at)) if mention.edited_at else "",
        "versions": [
            {"until": texts.say("story.until", at=moments.near(one.until)), "text": one.text[:WHOLE]}
            for one in reversed(mention.versions)
        ],
        "deleted": texts.say("story.deleted", at=moments.near(mention.deleted_at)) if mention.deleted_at else "",
    }


def _share(head: str, label: str, scored: LabelScore, moments: Moments) -> str:
    """How probable the label is. Urgent and critical were decided on together, so their probability is said together:
    'critical, 9 %' of a text that needs somebody at once with 80 % would tell a reader to look away."""
    if head == "urgency" and label in HOT:
        return moments.texts.say("label.hot", share=moments.percent(sum(scored.probs.get(one, 0.0) for one in HOT)))
    return moments.percent(scored.probs.get(label, 0.0))


def _lag(mention: MentionView, moments: Moments) -> str:
    return moments.length(max(0.0, (mention.seen_at - mention.published_at).total_seconds()))


def _ours(event: EventView, moments: Moments) -> dict[str, Any]:
    link = str(event.data.get("link") or "")
    return {
        "kind": event.type,
        "who": hand(event.by, moments.texts),
        "title": moments.texts.label("story", event.type),
        "at": moments.near(event.at),
        "at_full": moments.full(event.at),
        "text": str(event.data.get("text") or ""),
        "undone": not event.counts,
        "url": link if is_web_link(link) else "",
    }


def _run(run: RunView, moments: Moments) -> dict[str, Any]:
    texts, book = moments.texts, run.playbook
    language = texts.language

    def role(name: str) -> str:
        outside = book.outside.get(name)
        return outside.say(language) if outside else texts.label("role", name)

    states = {step.id: step for step in run.steps}
    steps = []
    for step in book.steps:
        state = states.get(step.id)
        if state is None:
            continue
        steps.append(
            {
                "id": step.id,
                "title": step.title.say(language),
                "text": step.text.say(language),
                "who": role(step.who),
                "state": state.state,
                "due": epoch_ms(state.due_at) if state.state == "open" else None,
                "box": moments.box(step.within),
                "done": texts.say(f"step.{state.state}_by", who=hand(state.by, texts), at=moments.near(state.done_at))
                if state.done_at and state.by
                else "",
            }
        )
    return {
        "title": book.title.say(language),
        "version": texts.say("playbook.version", n=moments.number(run.version)),
        "summary": book.summary.say(language),
        "inform": [
            {"who": role(i.role), "box": texts.say("playbook.within", box=moments.box(i.within))}
            for i in book.inform_first
        ],
        "decides": texts.say(
            "playbook.decides_text",
            who=role(book.decides.role),
            deputy=role(book.decides.deputy),
            box=moments.box(book.decides.hand_over_after),
        ),
        "solutions": [
            {
                "title": s.title.say(language),
                "limit": _limit(s.limit.amount, s.limit.currency, s.limit.count, moments),
                "who": ", ".join(role(who) for who in s.who),
                "note": s.note.say(language) if s.note else "",
            }
            for s in book.solutions
        ],
        "steps": steps,
        "done": texts.say(
            "playbook.progress",
            done=moments.number(sum(1 for s in steps if s["state"] != "open")),
            all=moments.number(len(steps)),
        ),
        "not_to_say": [{"say": n.say.say(language), "why": n.why.say(language)} for n in book.do_not_say],
    }


def _limit(amount: Any, currency: str | None, count: int | None, moments: Moments) -> str:
    if amount is not None:
        return moments.texts.say("playbook.up_to", n=f"{moments.number(amount)} {currency}")
    return moments.texts.say_number("playbook.up_to_times", count or 0, moments.number(count or 0))
