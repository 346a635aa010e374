"""Incidents: what is one matter, how large, how fast it grows, what proves its alarm; sorted by hand where wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol

from board import sheet
from board.charts import plot
from board.log import hand
from board.moments import Moments
from board.sheet import Block, Deed, Place
from board.texts import Texts, capital
from desk.chart import Chart, Moment, Series
from desk.crisis.incidents import IncidentLine, IncidentMention, IncidentPage, Incidents
from desk.desk import is_web_link
from playbooks.growth.meter import Meter
from playbooks.growth.meter_words import phase_name
from playbooks.growth.meter_words import said as meter_said

SIGN_OF_PHASE = {"rising": "critical", "level": "urgent", "falling": "met"}
BARS = 24
"""Quarters of an hour that the curve shows: six hours."""


class Sorts(Protocol):
    """Putting right what was grouped wrongly; every act answers an event's id, by which it is undone."""

    def move(self, mentions: Sequence[int], into: int, now: datetime) -> int:
        """Mentions belong to another incident."""

    def split(self, mentions: Sequence[int], now: datetime) -> int:
        """Mentions are an incident of their own."""

    def merge(self, into: int, gone: int, now: datetime) -> int:
        """Two incidents are one."""

    def undo(self, event_id: int, now: datetime) -> int:
        """Take an act back."""


def picture(incidents: Incidents, texts: Texts, place: Place, now: datetime, moments: Moments) -> Mapping[str, Any]:
    """The list, or one incident."""
    if not place.id:
        return {
            "top": [sheet.head(texts.say("page.incidents"), 1, texts.say("incident.what"))],
            "main": _list(incidents, moments),
            "side": [],
        }
    page = incidents.incident(place.id, now)
    title = capital(page.line.title.say(texts.language), texts.language)
    top = [
        sheet.head(title, 1, texts.label("topic", page.line.topic), (texts.say("incident.back"), {"id": 0})),
        _figures(page, moments),
    ]
    return {"title": title, "top": top, "main": _main(page, moments), "side": _side(page, incidents, moments)}


def _list(incidents: Incidents, moments: Moments) -> list[Block]:
    texts = moments.texts
    lines = incidents.incidents(moments.now)
    loud = [line for line in lines if line.alarm or line.crisis_id]
    quiet = [line for line in lines if not (line.alarm or line.crisis_id)]
    return [
        sheet.head(texts.say("incident.alarmed")),
        sheet.cards(
            [_line(one, moments) for one in loud], texts.say("incident.alarmed"), texts.say("incident.none_alarmed")
        ),
        sheet.head(texts.say("incident.others")),
        sheet.cards([_line(one, moments) for one in quiet], texts.say("incident.others"), texts.say("incident.none")),
    ]


def _line(one: IncidentLine, moments: Moments) -> Block:
    texts = moments.texts
    sign = (
        ("critical", texts.say("incident.crisis"))
        if one.crisis_id
        else ("urgent", texts.say("incident.alarm"))
        if one.alarm
        else None
    )
    channels = ", ".join(f"{texts.label('channel', name)} {moments.number(n)}" for name, n in one.channels[:4])
    return {
        "keep": f"incident-{one.id}",
        "title": capital(one.title.say(texts.language), texts.language),
        "go": {"id": one.id},
        "sign": sign,
        "text": one.alarm.said.say(texts.language) if one.alarm else "",
        "meta": [
            texts.say_number("incident.size", one.size, moments.number(one.size)),
            texts.say("incident.last_hour", n=moments.number(one.last_hour)),
            channels,
            texts.say("incident.since", at=moments.near(one.first_at)),
        ],
    }


def _figures(page: IncidentPage, moments: Moments) -> Block:
    texts, meter = moments.texts, page.meter
    items: list[Block] = [{"n": moments.number(meter.size), "label": texts.say("incident.mentions")}]
    if meter.speed is not None:
        phase = (SIGN_OF_PHASE[meter.phase], phase_name(meter.phase, texts.language)) if meter.phase else None
        items.append({"n": moments.number(round(meter.speed, 1)), "label": texts.say("incident.speed"), "sign": phase})
    if meter.doubling is not None:
        items.append(
            {
                "n": texts.say("incident.minutes", n=moments.number(round(meter.doubling.minutes))),
                "label": texts.say("incident.doubling"),
            }
        )
    items.append({"n": moments.number(page.unanswered), "label": texts.say("incident.unanswered")})
    return sheet.figures(items)


def _main(page: IncidentPage, moments: Moments) -> list[Block]:
    texts, line = moments.texts, page.line
    blocks: list[Block] = []
    if line.crisis_id:
        blocks.append(
            sheet.note(
                ("critical", texts.say("incident.crisis")),
                texts.say("incident.has_crisis"),
                buttons=[
                    sheet.lead(texts.say("incident.to_room"), {"page": "crisis", "id": line.crisis_id}, primary=True)
                ],
            )
        )
    if line.alarm:
        said = line.alarm.why.get(texts.language, ())
        blocks.append(
            sheet.note(("urgent", texts.say("incident.alarm")), line.alarm.said.say(texts.language), " ".join(said[1:]))
        )
    blocks.append(_curve(page, moments))
    for words in meter_said(page.meter, moments.zone, texts.language):
        blocks.append(sheet.text(words))
    if page.proof:
        blocks.append(sheet.head(texts.say("incident.proof")))
        blocks.append(sheet.cards([_mention(one, moments, "p") for one in page.proof], texts.say("incident.proof")))
    blocks.append(sheet.head(texts.say("incident.newest")))
    blocks.append(sheet.cards([_mention(one, moments, "n") for one in page.newest], texts.say("incident.newest")))
    return blocks


def _mention(one: IncidentMention, moments: Moments, where: str) -> Block:
    texts = moments.texts
    why = "; ".join(", ".join(map(str, reason.get("values", ()))) for reason in one.why if reason.get("values"))
    meta = [
        texts.label("channel", one.channel),
        moments.near(one.at),
        moments.followers(one.followers),
        texts.say("incident.shares_with", what=why[:160]) if why else "",
        texts.say("incident.placed_by", who=hand(one.by, texts)) if one.by != "system" else "",
    ]
    return {
        "keep": f"{where}{one.id}",
        "title": one.author or texts.say("who.unknown"),
        "text": one.text[:600],
        "words": True,
        "sign": (one.urgency, texts.label("urgency", one.urgency)),
        "meta": [part for part in meta if part],
        "out": [one.url, texts.say("story.open")] if one.url and is_web_link(one.url) else None,
    }


def _curve(page: IncidentPage, moments: Moments) -> Block:
    """The last six hours in quarters of an hour, and what the next hours likely bring."""
    texts, meter = moments.texts, page.meter
    counts = _quarters(page.times, moments.now)
    alarm = page.line.alarm.at if page.line.alarm else None
    marked = [n for n, (at, _) in enumerate(counts) if alarm and at <= alarm < at + timedelta(minutes=15)]
    ahead = _ahead(meter, moments)
    came, comes = (None,) * len(counts), (None,) * len(ahead)
    series = [Series(texts.say("incident.came"), "accent", (*(float(n) for _, n in counts), *comes))]
    if ahead:
        low, middle, high = ((*came, *(one[part] for _, one in ahead)) for part in range(3))
        series.append(Series(texts.say("incident.expected"), "before", middle, low=low, high=high))
    chart = Chart(
        "bars", "curve", texts.say("incident.curve"), texts.say("incident.curve"), texts.say("incident.quarter"),
        texts.say("incident.curve_unit"), tuple(moments.clock(at) for at, _ in (*counts, *ahead)), tuple(series),
        tuple(Moment(n, texts.say("incident.alarm")) for n in marked),
    )  # fmt: skip
    return plot(chart)


def _quarters(times: Sequence[datetime], now: datetime) -> list[tuple[datetime, int]]:
    start = now - timedelta(minutes=15 * BARS)
    counts = [0] * BARS
    for at in times:
        if start <= at <= now:
            counts[min(BARS - 1, int((at - start) / timedelta(minutes=15)))] += 1
    return [(start + timedelta(minutes=15 * n), count) for n, count in enumerate(counts)]


def _ahead(meter: Meter, moments: Moments) -> list[tuple[datetime, tuple[float, float, float]]]:
    """What each quarter of an hour to come likely brings: at least, in the middle, at most."""
    found: list[tuple[datetime, tuple[float, float, float]]] = []
    last = (0, 0, 0)
    for one in meter.ahead:
        low, middle, high = (
            max(0, value - before) / 4 for value, before in zip((one.low, one.middle, one.high), last, strict=True)
        )
        last = (one.low, one.middle, one.high)
        for quarter in range(4):
            at = moments.now + timedelta(hours=one.hours - 1, minutes=15 * quarter)
            found.append((at, (round(low, 1), round(middle, 1), round(high, 1))))
    return found


def _side(page: IncidentPage, incidents: Incidents, moments: Moments) -> list[Block]:
    texts, line = moments.texts, page.line
    shares = [
        [texts.label("channel", name), moments.number(n), moments.percent(n / line.size) if line.size else ""]
        for name, n in line.channels
    ]
    blocks: list[Block] = []
    if not line.crisis_id:
        fields = [sheet.field("why", texts.say("crisis.report_why"), "area", required=True, max=500, rows=2)]
        blocks.append(
            sheet.fold(
                "report",
                texts.say("crisis.report"),
                [
                    sheet.form(
                        "report",
                        texts.say("crisis.report_save"),
                        fields,
                        keep="report",
                        said=texts.say("crisis.reported"),
                        form={"title": capital(line.title.say(texts.language), texts.language)},
                    )
                ],
            )
        )
    blocks.append(
        sheet.table(
            [texts.say("incident.channel"), texts.say("incident.mentions"), texts.say("incident.share")],
            shares,
            texts.say("incident.channels"),
        )
    )
    if page.waiting:
        blocks.append(sheet.head(texts.say("incident.unanswered"), 3))
        go = [sheet.lead(f"N-{case}", {"page": "triage", "case": case}) for case in page.waiting[:24]]
        blocks.append(sheet.buttons(*go))
    if page.widest:
        blocks.append(
            sheet.fold(
                "widest",
                texts.say("incident.widest"),
                [sheet.cards([_mention(one, moments, "w") for one in page.widest], texts.say("incident.widest"))],
            )
        )
    blocks.append(sheet.fold("sort", texts.say("incident.sort"), _sorting(page, incidents, moments)))
    return blocks


def _sorting(page: IncidentPage, incidents: Incidents, moments: Moments) -> list[Block]:
    texts, line = moments.texts, page.line
    mentions = [[str(one.id), one.author or texts.say("who.unknown"), one.text[:120]] for one in page.newest]
    others = [
        [str(one.id), capital(one.title.say(texts.language), texts.language)]
        for one in incidents.incidents(moments.now)
        if one.id != line.id
    ]
    blocks: list[Block] = [sheet.text(texts.say("incident.sort_text"), dim=True)]
    which = sheet.field("mentions", texts.say("incident.which"), "many", options=mentions)
    blocks.append(
        sheet.form(
            "split", texts.say("incident.split"), [which], keep="split", quiet=True, said=texts.say("incident.sorted")
        )
    )
    if others:
        into = sheet.field("into", texts.say("incident.into"), "select", options=others)
        blocks.append(
            sheet.form(
                "move",
                texts.say("incident.move"),
                [which, into],
                keep="move",
                quiet=True,
                said=texts.say("incident.sorted"),
            )
        )
        blocks.append(
            sheet.form(
                "merge",
                texts.say("incident.merge"),
                [into],
                keep="merge",
                quiet=True,
                said=texts.say("incident.sorted"),
            )
        )
    acts = [
        {
            "keep": f"act-{one.event_id}",
            "title": texts.label("sorting", one.what),
            "state": "done" if one.undone else "",
            "meta": [hand(one.by, texts), moments.near(one.at)],
            "buttons": []
            if one.undone
            else [
                sheet.press(
                    "undo", texts.say("incident.undo"), texts.say("incident.undone"), form={"event": str(one.event_id)}
                )
            ],
        }
        for one in page.acts
    ]
    if acts:
        blocks.append(sheet.cards(acts, texts.say("incident.acts")))
    return blocks


def deeds(
    sorting: Callable[[], Sorts], report: Callable[[str, str, int, str, datetime], int]
) -> Mapping[str, sheet.Do]:
    """What can be done with an incident. `report` opens a crisis: title, why, incident, key, now."""

    def numbers(deed: Deed) -> list[int]:
        return [int(part) for part in deed.many("mentions") if part.isdigit() and len(part) < 18]

    def reported(deed: Deed, now: datetime) -> Mapping[str, Any]:
        made = report(deed.said("title", 200), deed.said("why"), deed.of, deed.id, now)
        return {"go": {"page": "crisis", "id": made}}

    return {
        "report": reported,
        "split": lambda deed, now: sorting().split(numbers(deed), now),
        "move": lambda deed, now: sorting().move(numbers(deed), deed.number("into"), now),
        "merge": lambda deed, now: sorting().merge(deed.of, deed.number("into"), now),
        "undo": lambda deed, now: sorting().undo(deed.number("event"), now),
    }
