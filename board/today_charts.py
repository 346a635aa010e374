"""The charts of the day's first page: when what is due, how people spoke by the hour, what was seen of the sources."""

from __future__ import annotations

from collections import Counter
from datetime import datetime, timedelta

from board.coverage import axis, folded, in_trouble
from board.moments import Moments
from board.texts import capital
from desk.ahead import PLACES
from desk.chart import Chart, Moment, Piece, Pin, Series
from desk.coverage import BLOCKED, BROKEN, OFF, PARTLY, QUOTA, SEEN, Span
from desk.today import Hour, Seen
from mention import SENTIMENTS, URGENCIES, search_text

TONE_OF = {SEEN: "met", PARTLY: "urgent", BLOCKED: "late", QUOTA: "same_day", BROKEN: "critical", OFF: "none"}
"""Which tone a state of the coverage has."""

FINEST = timedelta(minutes=15)
LANES = 8
"""Sources that are drawn, those in trouble first; the page of the sources has them all."""

DUE, SPOKEN = "d", "m"
"""How the place behind a mark begins: cases due in a stretch of time, mentions of a sentiment in one."""


def place_of(kind: str, start: datetime, end: datetime, what: str) -> str:
    """The place of what stands behind a mark, for the address: kind, minutes since 1970, what."""
    return f"{kind}-{int(start.timestamp()) // 60}-{int(end.timestamp()) // 60}-{what}"


def due_strip(seen: Seen, moments: Moments) -> Chart | None:
    """When what is due in the next eight staffed hours; None where the desk does not open for years."""
    texts, line = moments.texts, seen.ahead
    if line is None:
        return None
    late = [one for one in seen.due if one.due_at < seen.at]
    places: Counter[tuple[int, str]] = Counter()
    only: dict[tuple[int, str], int] = {}
    for one in seen.due[len(late) :]:
        if one.due_at <= line.end:
            key = (line.place(one.due_at), one.urgency)
            places[key] += 1
            only[key] = one.case_id
    pins = []
    if late:
        said = texts.say_number("today.pin_late", len(late), moments.number(len(late)))
        pins.append(Pin(0.0, "late", said, len(late), {"page": "triage", "view": "late"}))
    ranks = {urgency: rank for rank, urgency in enumerate(reversed(URGENCIES))}
    for (place, urgency), n in sorted(places.items(), key=lambda pair: (pair[0][0], ranks[pair[0][1]])):
        start, end = line.begins(place), line.begins(place + 1) if place + 1 < PLACES else line.end
        # Two quarters may have closed time between them: what falls into it stands in the one before.
        until = max(end, start + FINEST)
        number = texts.say_number("today.cases", n, moments.number(n))
        said = f"{moments.near(start)}–{moments.clock(until)} · {texts.label('urgency', urgency)}: {number}"
        alone = {"page": "triage", "case": only[place, urgency]}
        go = alone if n == 1 else {"tab": place_of(DUE, start, until, urgency)}
        pins.append(Pin(place / PLACES, urgency, said, n, go))
    urgencies = [name for name in reversed(URGENCIES) if any(key[1] == name for key in places)]
    names = [
        *([("late", texts.say("sign.late"))] if late else []),
        *((u, texts.label("urgency", u)) for u in urgencies),
    ]
    ticks = tuple(
        (share, moments.near(at) if opens else moments.clock(at)) for share, at, opens in line.hours(moments.zone)
    )
    period = f"{moments.near(line.start)} – {moments.near(line.end)}"
    total = texts.say_number("today.cases", sum(places.values()), moments.number(sum(places.values())))
    return Chart(
        "strip", "due", texts.say("today.strip"), f"{texts.say('today.strip')}: {total}", texts.say("today.when_due"),
        texts.say("today.cases_unit"), pins=tuple(pins), ticks=ticks, names=tuple(names), period=period,
    )  # fmt: skip


def hours_chart(seen: Seen, moments: Moments) -> Chart:
    """Mentions by sentiment over the last 24 hours, with what was not seen and the moments of alarms."""
    texts, hours = moments.texts, seen.slow.hours
    series = []
    for sentiment in SENTIMENTS:
        counts = [hour.counts.get(sentiment, 0) for hour in hours]
        go = tuple(
            {"tab": place_of(SPOKEN, hour.start, hour.start + timedelta(hours=1), sentiment)} if n else None
            for hour, n in zip(hours, counts, strict=True)
        )
        series.append(
            Series(
                texts.label("sentiment", sentiment), sentiment, tuple(float(n) for n in counts),
                tuple(moments.number(n) for n in counts), go=go,
            )
        )  # fmt: skip
    if any(_told(hour) for hour in hours):
        shares = tuple(_told(hour) for hour in hours)
        shown = tuple(_hidden_words(hour, moments) or "–" for hour in hours)
        series.append(
            Series(texts.say("today.unseen"), "unseen", shares, shown, go=({"page": "sources"},) * len(hours))
        )
    starts = {hour.start: n for n, hour in enumerate(hours)}
    alarms = []
    for at, line in seen.slow.alarms:
        place = starts.get(max((start for start in starts if start <= at), default=hours[0].start))
        if place is not None and at >= hours[0].start:
            title = capital(line.title.say(texts.language), texts.language)
            alarms.append(Moment(place, title, {"page": "incidents", "id": line.id}))
    total = sum(sum(hour.counts.values()) for hour in hours)
    label = texts.say("today.hours_label", n=moments.number(total))
    return Chart(
        "stack", "hours", texts.say("today.hours"), label, texts.say("today.hour"), texts.say("today.mentions_unit"),
        tuple(moments.clock(hour.start) for hour in hours), tuple(series), tuple(alarms),
        period=texts.say("today.last_24h"),
    )  # fmt: skip


def _told(hour: Hour) -> float:
    """The share of an hour that was not seen, where it is worth a word: a minute of one of sixty sources is not."""
    return round(hour.hidden.share, 3) if hour.hidden and hour.hidden.share >= 0.01 else 0.0


def _hidden_words(hour: Hour, moments: Moments) -> str:
    if not _told(hour) or hour.hidden is None:
        return ""
    return ", ".join(f"{name} {moments.length(part.total_seconds())}" for name, part in hour.hidden.sources[:4])


def coverage_lanes(seen: Seen, moments: Moments) -> Chart | None:
    """What was seen of each source in the last 24 hours; None while nobody has looked, or where there is no source."""
    texts, watched = moments.texts, seen.watched
    looked_at = [one for one in watched.coverage.sources if one.spans] if watched else []
    if watched is None or not looked_at:
        return None
    found = sorted(looked_at, key=lambda one: (in_trouble(one.source, watched), search_text(one.source)))
    start, whole = watched.coverage.start, watched.coverage.end - watched.coverage.start
    series, states = [], set()
    for one in found[:LANES]:
        pieces = []
        for span in folded(one.spans, FINEST):
            states.add(span.state)
            share = ((span.start - start) / whole, (span.end - start) / whole)
            pieces.append(
                Piece(round(share[0], 5), round(share[1], 5), TONE_OF[span.state], _span_words(span, moments),
                      {"page": "sources"})
            )  # fmt: skip
        series.append(Series(one.source, "none", pieces=tuple(pieces)))
    rest = len(found) - len(series)
    return Chart(
        "lanes", "coverage", texts.say("today.coverage"), texts.say("today.coverage"), texts.say("coverage.source"),
        texts.say("today.coverage_unit"), series=tuple(series),
        ticks=tuple((mark["at"], mark["text"]) for mark in axis("24h", watched, moments)),
        names=tuple((TONE_OF[state], texts.label("coverage", state)) for state in TONE_OF if state in states),
        period=texts.say("today.last_24h"),
        note=texts.say_number("today.more_sources", rest, moments.number(rest)) if rest else "",
    )  # fmt: skip


def _span_words(span: Span, moments: Moments) -> str:
    texts = moments.texts
    length = moments.length((span.end - span.start).total_seconds())
    said = f"{texts.label('coverage', span.state)} · {moments.near(span.start)} – {moments.near(span.end)} ({length})"
    if span.missed and span.state != SEEN:
        said += f" · {texts.say_number('coverage.missed', span.missed, moments.number(span.missed))}"
    return said
