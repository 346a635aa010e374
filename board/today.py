"""Today: what must happen in the next hour? One sentence answers it; beneath stands what it is made of, by urgency.

Quiet is only claimed where it is proven (desk.quiet). Whoever answers sees their own cases first, whoever leads the
whole desk. Behind the marks of the charts are lists of this page, named in its address.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

from board import sheet
from board.charts import plot
from board.crisis_facts import stage_sign
from board.first_mentions import offer
from board.moments import Moments, epoch_ms
from board.queue import handle
from board.sheet import Block, Place
from board.texts import Texts, capital
from board.today_charts import DUE, SPOKEN, coverage_lanes, due_strip, hours_chart
from desk.crisis.room_view import CrisisLine
from desk.lookout import Alert
from desk.today import SHORTLY, SHOWN, SLOWLY, Growing, Next, Seen, Today
from mention import SENTIMENTS, URGENCIES

WORDS = 220
"""Characters of a customer's words on a card: two lines on a wide screen."""

NAMED = 4
"""Things of a kind that are named beside each other before the rest is counted."""


def picture(today: Today, texts: Texts, place: Place, now: datetime, wait: bool = True) -> Mapping[str, Any]:
    """The page at `now`, or the list behind one mark of its charts. `wait`: see desk.today.Today.look."""
    moments = Moments(texts, today.desk.zone, now)
    if (behind := _behind(today, place.tab, moments)) is not None:
        return behind
    seen = today.look(now, texts.language, wait)
    # Drawings are of what is kept for everybody, so they are kept as long: most of a refresh would go into their words.
    kept, name = today.desk.kept, ("today", texts.language, seen.watched is None)
    strip = kept.get((*name, "strip"), now, SHORTLY, lambda: _strip(seen, moments))
    drawn = kept.get((*name, "drawn"), now, SLOWLY, lambda: _drawn(seen, moments))
    main: list[Block] = [
        *_crises(seen, moments), *_first(seen, moments), *_approvals(seen, moments),
        *strip, *_growing(seen, moments), *drawn,
    ]  # fmt: skip
    side = [
        *_yesterday(seen, moments), *_silent(seen, moments), *_evening(seen, moments), *_waking(seen, moments),
        *_actions(seen, moments), *_present(seen, moments), *offer(today.desk.settings, texts),
    ]  # fmt: skip
    return {"top": [answer(seen, moments), _counts(seen, moments)], "main": main, "side": side}


def _strip(seen: Seen, moments: Moments) -> list[Block]:
    chart = due_strip(seen, moments) if seen.due else None
    return [plot(chart, 2)] if chart else []


def _drawn(seen: Seen, moments: Moments) -> list[Block]:
    lanes = coverage_lanes(seen, moments)
    return [plot(hours_chart(seen, moments), 2), *([plot(lanes, 2)] if lanes else [])]


# --- the answer ---


def answer(seen: Seen, moments: Moments) -> Block:
    """The heading with the one sentence that answers the page's question, and its sign."""
    texts, counts = moments.texts, seen.counts
    parts = []
    late_duties = sum(one.late for one in seen.crises)
    if seen.crises:
        said = texts.say_number("today.crises", len(seen.crises), moments.number(len(seen.crises)))
        late = texts.say_number("today.duties_late", late_duties, moments.number(late_duties))
        parts.append(f"{said} ({late})" if late_duties else said)
    if counts["late"]:
        parts.append(texts.say_number("today.late", counts["late"], moments.number(counts["late"])))
    if counts["due_1h"]:
        parts.append(texts.say_number("today.due_1h", counts["due_1h"], moments.number(counts["due_1h"])))
    if seen.slow.growing:
        parts.append(texts.say_number("today.grows", len(seen.slow.growing), moments.number(len(seen.slow.growing))))
    if seen.told:
        parts.append(texts.say_number("today.told", len(seen.told), moments.number(len(seen.told))))
    if parts:
        words = capital("; ".join(parts), texts.language) + "."
        sign = "critical" if seen.crises or seen.told else "late" if counts["late"] else "urgent"
        return _answer(moments, sign, words, loud=bool(seen.crises or counts["late"]))
    until = seen.quiet.until
    words = texts.say(
        f"quiet.{seen.quiet.state}", until=moments.near(until) if until else "–",
        since=moments.since(until) if until else "–", sources=_names(seen.quiet.sources, moments),
    )  # fmt: skip
    return _answer(moments, "met" if seen.quiet.state == "proven" else "unknown", words)


def _answer(moments: Moments, sign: str, words: str, loud: bool = False) -> Block:
    texts = moments.texts
    day = moments.day(moments.now.astimezone(moments.zone).date())
    return {"b": "answer", "keep": "answer", "title": texts.say("page.today"), "when": day, "sign": sign, "text": words,
            "loud": loud}  # fmt: skip


def _names(names: tuple[str, ...], moments: Moments) -> str:
    rest = len(names) - NAMED
    more = [moments.texts.say_number("today.more", rest, moments.number(rest))] if rest > 0 else []
    return ", ".join([*names[:NAMED], *more])


def _counts(seen: Seen, moments: Moments) -> Block:
    texts, counts = moments.texts, seen.counts
    later = f"{moments.near(seen.at)} – {moments.clock(seen.day_ends)}"
    shown: list[tuple[str, int, str, Mapping[str, Any]]] = [
        ("late", counts["late"], texts.say("view.late"), {"page": "triage", "view": "late"}),
        ("urgent", counts["due_1h"], texts.say("view.due_1h"), {"page": "triage", "view": "due_1h"}),
        ("same_day", seen.due_today, texts.say("today.due_today"),
         {"tab": f"{DUE}-{int(seen.at.timestamp()) // 60}-{int(seen.day_ends.timestamp()) // 60}-any"}),
        ("", counts["mine"], texts.say("view.mine"), {"page": "triage", "view": "mine"}),
        ("", counts["unassigned"], texts.say("view.unassigned"), {"page": "triage", "view": "unassigned"}),
    ]  # fmt: skip
    items = [{"sign": sign if n else "", "n": moments.number(n), "label": name, "go": dict(go)}
             for sign, n, name, go in shown]  # fmt: skip
    return {"b": "counts", "keep": "counts", "label": texts.say("today.counts", when=later), "items": items}


# --- what is next ---


def _first(seen: Seen, moments: Moments) -> list[Block]:
    texts = moments.texts
    title = texts.say("today.next_mine" if seen.own else "today.next")
    if not seen.first:
        return [sheet.head(title), sheet.text(texts.say("today.nobody_waits"), dim=True)]
    cards = [case_card(one, moments, first=not n) for n, one in enumerate(seen.first)]
    return [sheet.head(title), sheet.cards(cards, title)]


def case_card(one: Next, moments: Moments, first: bool = False) -> Block:
    """A case as a card: whose promise ends when, who wrote, and their words; the `first` has its own button."""
    texts, case = moments.texts, one.case
    who = case.author_name or case.author or texts.say("who.unknown")
    go = {"page": "triage", "case": case.id}
    due: dict[str, Any] = {"sign": ("none", texts.label("urgency", "none"))}
    if case.due_at:
        due = {"due": epoch_ms(case.due_at), "urgency": case.urgency}
    words = one.words[:WORDS] + ("…" if len(one.words) > WORDS else "")
    meta = [
        handle(case.author, case.author_name, case.channel), texts.label("channel", case.channel),
        texts.label("topic", case.topic), case.assignee or texts.say("today.nobodys"),
        texts.say("today.until", at=moments.near(case.due_at)) if case.due_at else "",
    ]  # fmt: skip
    return {
        "keep": f"case-{case.id}", "title": who, "go": go, "text": words or texts.say("row.deleted"), "words": True,
        "meta": [part for part in meta if part], **due,
        "buttons": [sheet.lead(texts.say("today.open"), go, primary=True, keep="open-first")]
        if first and case.due_at
        else None,
    }  # fmt: skip


def _crises(seen: Seen, moments: Moments) -> list[Block]:
    if not seen.crises:
        return []
    title = moments.texts.say("today.crises_title")
    return [sheet.head(title), sheet.cards([_crisis(one, seen, moments) for one in seen.crises], title)]


def _crisis(one: CrisisLine, seen: Seen, moments: Moments) -> Block:
    texts = moments.texts
    meta = [
        texts.say_number("crisis.duties_late", one.late, moments.number(one.late)) if one.late else "",
        texts.say_number("crisis.duties_mine", one.mine, moments.number(one.mine)) if one.mine else "",
        texts.say_number("crisis.duties_open", one.open, moments.number(one.open)),
        texts.say("today.not_acknowledged") if one.id in seen.told else "",
    ]
    return {
        "keep": f"crisis-{one.id}", "title": capital(one.title, texts.language), "go": {"page": "crisis", "id": one.id},
        "sign": stage_sign(one.stage, texts), "due": epoch_ms(one.next_at), "urgency": "critical",
        "meta": [part for part in meta if part],
    }  # fmt: skip


def _growing(seen: Seen, moments: Moments) -> list[Block]:
    if not seen.slow.growing:
        return []
    title = moments.texts.say("today.growing")
    return [sheet.head(title), sheet.cards([_grown(one, moments) for one in seen.slow.growing], title)]


def _grown(one: Growing, moments: Moments) -> Block:
    texts, line = moments.texts, one.line
    return {
        "keep": f"incident-{line.id}", "title": capital(line.title.say(texts.language), texts.language),
        "go": {"page": "incidents", "id": line.id},
        "sign": ("urgent", texts.say("incident.alarm")) if line.alarm else None,
        "text": line.alarm.said.say(texts.language) if line.alarm else "",
        "meta": [
            texts.say_number("today.last_hour", line.last_hour, moments.number(line.last_hour)),
            texts.say("today.hour_before", n=moments.number(max(0, one.hour_before))),
            texts.say_number("incident.size", line.size, moments.number(line.size)),
        ],
    }  # fmt: skip


# --- beside it ---


def _approvals(seen: Seen, moments: Moments) -> list[Block]:
    if not seen.approvals:
        return []
    texts = moments.texts
    title = texts.say("view.approvals")
    cards = [
        {
            "keep": f"approval-{one.id}", "title": capital(texts.label("approve", one.kind), texts.language),
            "go": {"page": "triage", "case": one.case_id, "view": "approvals"}, "text": one.text[:WORDS], "words": True,
            "meta": [one.asked_by, moments.near(one.asked_at),
                     *([texts.say("approve.deputy")] if one.as_deputy else [])],
        }
        for one in seen.approvals[:NAMED]
    ]  # fmt: skip
    return [sheet.head(title), sheet.cards(cards, title), *_rest(len(seen.approvals), "approvals", moments)]


def _rest(number: int, view: str, moments: Moments) -> list[Block]:
    if number <= NAMED:
        return []
    said = moments.texts.say_number("today.more", number - NAMED, moments.number(number - NAMED))
    return [sheet.buttons(sheet.lead(said, {"page": "triage", "view": view}))]


def _yesterday(seen: Seen, moments: Moments) -> list[Block]:
    """For whoever answers for the answers: how fast yesterday's were."""
    if seen.yesterday is None:
        return []
    texts = moments.texts
    first, *rest = seen.yesterday or (texts.say("today.yesterday_making"),)
    look = sheet.lead(texts.say("today.to_reports"), {"page": "reports"}, keep="to-reports")
    more = [sheet.text(" ".join(rest), dim=True)] if rest else []
    return [sheet.head(texts.say("today.yesterday")), sheet.text(first), *more, sheet.buttons(look)]


def _silent(seen: Seen, moments: Moments) -> list[Block]:
    """What is silent: sources that are not seen, a worker that stopped, alerts that do not arrive."""
    texts, notes = moments.texts, []
    look = sheet.lead(texts.say("today.to_sources"), {"page": "sources"}, keep="to-sources")
    sign = ("late", texts.say("today.not_seen"))
    if seen.quiet.state == "stopped":
        since = seen.quiet.until
        said = texts.say("today.worker_since", since=moments.since(since)) if since else texts.say("today.worker_never")
        notes.append(sheet.note(("late", texts.say("today.worker")), said, texts.say("today.worker_do")))
    alerts = seen.watched.alerts if seen.watched else ()
    if alerts:
        said = "; ".join(_alert(one, moments) for one in alerts[:NAMED])
        rest = len(alerts) - NAMED
        more = texts.say_number("gap.more", rest, moments.number(rest)) if rest > 0 else ""
        notes.append(sheet.note(sign, said + ".", more, [look]))
    if seen.silent:
        rest = len(seen.silent) - 1
        more = texts.say_number("today.more", rest, moments.number(rest)) if rest else ""
        whose = sheet.lead(texts.say("page.crisis"), {"page": "crisis"}, keep="to-alerts")
        notes.append(sheet.note(("late", texts.say("today.alerts")), seen.silent[0], more, [whose]))
    if not notes and seen.quiet.state == "proven" and not seen.calm:
        said = texts.say("today.seen_until", until=moments.near(seen.quiet.until or seen.at))
        notes.append(sheet.note(("met", texts.say("coverage.seen")), said))
    elif not notes and seen.quiet.state == "no_sources":
        notes.append(sheet.note(("unknown", texts.say("today.not_seen")), texts.say("today.no_sources"), "", [look]))
    return [sheet.head(texts.say("today.silence")), *notes] if notes else []


def _alert(one: Alert, moments: Moments) -> str:
    if one.what == "gap":
        when = f"{moments.near(one.since)} – {moments.clock(one.until or one.since)}"
        return moments.texts.say("today.gap", name=one.source, when=when)
    key = "today.unseen_since" if one.what == "unseen" else "today.idle_since"
    return moments.texts.say(key, name=one.source, since=moments.since(one.since))


def _evening(seen: Seen, moments: Moments) -> list[Block]:
    evening, texts = seen.evening, moments.texts
    if evening is None or not evening.said:
        return []
    worst = evening.forecast.breaches.high
    sign = ("urgent", texts.say("today.will_be_late")) if worst else ("met", texts.say("today.in_time"))
    first, *rest = evening.said[2:] if len(evening.said) > 2 else evening.said
    title = texts.say("today.evening", until=moments.near(evening.horizon))
    return [sheet.head(title), sheet.note(sign, first, " ".join([*rest, *evening.said[:2]]))]


def _waking(seen: Seen, moments: Moments) -> list[Block]:
    if not seen.waking or seen.wakes_at is None:
        return []
    texts = moments.texts
    said = texts.say_number("today.waking", seen.waking, moments.number(seen.waking))
    first = texts.say("today.wakes_first", at=moments.near(seen.wakes_at))
    look = sheet.lead(texts.say("today.to_snoozed"), {"page": "triage", "view": "snoozed"})
    return [sheet.head(texts.say("view.snoozed")), sheet.text(f"{said} {first}"), sheet.buttons(look)]


def _actions(seen: Seen, moments: Moments) -> list[Block]:
    """What reviews decided and nobody did: overdue actions, and proposed changes of playbooks."""
    texts = moments.texts
    blocks: list[Block] = []
    for title, found in (
        (texts.say("today.overdue"), seen.overdue),
        (texts.say("today.proposals"), tuple(one for one in seen.proposals if one not in seen.overdue)),
    ):
        if not found:
            continue
        cards = [
            {"keep": f"action-{one.id}", "title": one.what, "text": one.change or "",
             "go": {"page": "crisis", "id": one.crisis_id, "tab": "review"},
             "meta": [part for part in (one.owner, _day(one.due_on, moments),
                                        one.playbook or "") if part]}
            for one in found[:NAMED]
        ]  # fmt: skip
        rest = len(found) - NAMED
        more = texts.say_number("today.more", rest, moments.number(rest)) if rest > 0 else ""
        blocks += [sheet.head(title), sheet.cards(cards, title), *([sheet.text(more, dim=True)] if more else [])]
    return blocks


def _day(due_on: str, moments: Moments) -> str:
    return moments.texts.say("today.until", at=moments.day(date.fromisoformat(due_on))) if due_on else ""


def _present(seen: Seen, moments: Moments) -> list[Block]:
    texts, load = moments.texts, seen.slow.load
    title = texts.say("today.present")
    if not seen.present:
        return [sheet.head(title), sheet.text(texts.say("today.nobody_present"), dim=True)]
    shown = [
        (one.name, texts.say_number("today.open_cases", load.get(one.name, 0), moments.number(load.get(one.name, 0))))
        for one in seen.present
    ]
    return [sheet.head(title), sheet.facts(shown)]


# --- behind the marks ---


def _behind(today: Today, tab: str, moments: Moments) -> Mapping[str, Any] | None:
    """The list behind a mark, where the address names one; None for the page itself."""
    kind, _, rest = tab.partition("-")
    parts = rest.split("-")
    if len(parts) != 3 or not all(part.isascii() and part.isdigit() and len(part) < 11 for part in parts[:2]):
        return None
    start, end = (datetime.fromtimestamp(int(part) * 60, UTC) for part in parts[:2])
    if not timedelta() < end - start <= timedelta(days=2):
        return None
    texts = moments.texts
    when = f"{moments.near(start)} – {moments.near(end)}"
    back = (texts.say("page.today"), {"tab": ""})
    if kind == DUE and parts[2] in (*URGENCIES, "any"):
        urgency = None if parts[2] == "any" else parts[2]
        found = today.due_between(start, end, urgency)
        title = texts.say("today.due_in", when=when)
        cards = [case_card(one, moments) for one in found]
        number = (
            texts.say("today.first_n", n=moments.number(SHOWN))
            if len(found) == SHOWN
            else texts.say_number("today.cases", len(found), moments.number(len(found)))
        )
        sub = f"{texts.label('urgency', urgency)} · {number}" if urgency else number
        return _list(title, sub, back, cards, texts.say("today.none_due"))
    if kind == SPOKEN and parts[2] in SENTIMENTS:
        spoken = today.spoken(start, end, parts[2])
        cards = [
            {
                "keep": f"mention-{one.id}", "title": one.mention.author_name or one.mention.author
                or texts.say("who.unknown"),
                "go": {"page": "triage", "case": case} if case else None,
                "text": "" if one.deleted_at else one.mention.text[:600], "words": True,
                "meta": [texts.label("channel", one.mention.channel), moments.near(one.mention.published_at),
                         f"N-{case}" if case else texts.say("view.no_answer")],
            }
            for one, case in spoken
        ]  # fmt: skip
        sub = texts.say_number("today.shown", len(cards), moments.number(len(cards)))
        return _list(f"{texts.label('sentiment', parts[2])} · {when}", sub, back, cards, texts.say("today.none_said"))
    return None


def _list(
    title: str, sub: str, back: tuple[str, Mapping[str, Any]], cards: list[Block], empty: str
) -> Mapping[str, Any]:
    return {"title": title, "top": [sheet.head(title, 1, sub, back)], "main": [sheet.cards(cards, title, empty)],
            "side": []}  # fmt: skip
