"""What was said: how much, in which tone, where, of what, and beside whom. Counted from the store, told as sections."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from desk.chart import Chart, Moment, Series
from desk.metrics.period import Period, midnight
from desk.quality import Share
from desk.report.content import Drawn, Figures, Number, Row, Rows, Say, Section
from desk.report.words import pick, say_period, say_short, say_value
from desk.settings import Settings
from mention import SENTIMENTS, search_text
from playbooks.words import name_of
from store import volume as volume_store
from store.volume import AlarmLine, Volume

MOST_CELLS = 62
"""Columns of a chart over time: two months of days; a longer period has several days to a column."""

SHOWN = 10
COLUMNS = ("mentions", "negative", "neutral", "positive", "unscored")


@dataclass(frozen=True)
class Cell:
    """A column of the charts over time: from when, and what was said in it."""

    key: str
    start: datetime
    end: datetime
    volumes: tuple[Volume, ...]


@dataclass(frozen=True)
class Heard:
    """Everything that was counted for these sections. `before` is None where nothing was listened to then."""

    cells: tuple[Cell, ...]
    before: tuple[Volume, ...] | None
    alarms: tuple[AlarmLine, ...]
    incidents: tuple[tuple[int, str, int], ...]
    incidents_before: Mapping[int, int]
    voice: Mapping[str, int]
    voice_before: Mapping[str, int] | None
    voice_any: int
    first: datetime | None

    @property
    def volumes(self) -> tuple[Volume, ...]:
        """All of the period."""
        return tuple(one for cell in self.cells for one in cell.volumes)

    @property
    def total(self) -> int:
        """How many mentions."""
        return sum(one.count for one in self.volumes)


def cells_of(period: Period) -> tuple[tuple[str, datetime, datetime], ...]:
    """The columns of a period: its hours for one day, else its days, several to a column where they are many."""
    if period.days == 1:
        hours = round((period.end - period.start) / timedelta(hours=1))
        moments = [period.start + timedelta(hours=n) for n in range(hours)]
        return tuple((_hour(at, period), at, min(at + timedelta(hours=1), period.end)) for at in moments)
    step = math.ceil(period.days / MOST_CELLS)
    firsts = [period.first + timedelta(days=n) for n in range(0, period.days, step)]
    ends = [*firsts[1:], period.last + timedelta(days=1)]
    return tuple(
        (first.isoformat(), midnight(first, period.zone), midnight(end, period.zone))
        for first, end in zip(firsts, ends, strict=True)
    )


def _hour(at: datetime, period: Period) -> str:
    # with its offset, because a day on which the clock is set back has one hour twice
    return at.astimezone(period.zone).strftime("%Y-%m-%dT%H:%M%z")


def hear(tx: Connection, settings: Settings, period: Period) -> Heard:
    """Count everything. Reads each mention's index entry once or twice, and texts only where rivals are named."""
    brand, before = settings.brand.key, period.before
    first = volume_store.first_mention(tx, brand)
    listened = first is not None and first < before.end
    cells = tuple(
        Cell(key, start, end, tuple(volume_store.volumes(tx, brand, start, end)))
        for key, start, end in cells_of(period)
    )
    found = volume_store.by_incident(tx, brand, period.start, period.end)
    names = names_of(settings)
    voice, any_ = volume_store.naming(tx, brand, period.start, period.end, names) if names else ({}, 0)
    return Heard(
        cells,
        tuple(volume_store.volumes(tx, brand, before.start, before.end)) if listened else None,
        tuple(volume_store.alarms_in(tx, brand, period.start, period.end)),
        tuple(found),
        volume_store.of_incidents(tx, brand, [id for id, _, _ in found[:SHOWN]], before.start, before.end),
        voice,
        volume_store.naming(tx, brand, before.start, before.end, names)[0] if names and listened else None,
        any_,
        first,
    )


def names_of(settings: Settings) -> dict[str, tuple[str, ...]]:
    """What is looked for in texts: the brand first, then each rival, by title; empty where no rival is named."""
    if not settings.rivals:
        return {}
    brand = settings.brand
    own = [brand.name, *brand.handles]
    named = {brand.name: own, **{rival.name: [rival.name, *rival.names] for rival in settings.rivals}}
    return {title: tuple(dict.fromkeys(search_text(word) for word in words)) for title, words in named.items()}


# --- telling ---


def section(heard: Heard, period: Period, language: str) -> Section:
    """How much was said, and in which tone."""
    turkish = language == "tr"
    blocks: list[Say | Figures | Rows | Drawn] = []
    if heard.first is not None and heard.before is not None and heard.first > period.before.start:
        blocks.append(Say(pick(
            turkish,
            "Nöbet önceki dönemin tamamını dinlemedi; önceki döneme ait sayılar eksiktir.",
            "Nöbet did not listen for the whole of the last period; its numbers are too small.",
        )))  # fmt: skip
    elif heard.before is None:
        blocks.append(Say(pick(turkish, "Önceki dönem dinlenmedi; karşılaştırma yok.",
                               "Nothing was listened to in the last period; there is no comparison.")))  # fmt: skip
    if not heard.total:
        blocks.append(Say(pick(turkish, "Bu dönemde hiçbir ileti gelmedi. Bunun kanıtlı olup olmadığını Kapsam "
                               "bölümü söyler.", "No mention came in this period. Whether that is proven is said "
                               "under Coverage.")))  # fmt: skip
    blocks.append(Figures(pick(turkish, "Toplam", "In all"), _totals(heard)))
    over = pick(turkish, "saat", "hour") if period.days == 1 else pick(turkish, "gün", "day")
    if heard.total:
        rows = tuple(
            Row(_cell_name(cell, period, language), _counts(cell.volumes, f"time:{cell.key}",
                                                            _cell_name(cell, period, language)))
            for cell in heard.cells
        )  # fmt: skip
        blocks.append(Rows(pick(turkish, "Zaman içinde iletiler", "Mentions over time"), over, COLUMNS, rows, True))
        blocks.append(Drawn(_stack(heard, rows, period, language, over)))
    for dimension, title in (
        ("channel", pick(turkish, "Kanala göre", "By channel")), ("language", pick(turkish, "Dile göre", "By language"))
    ):  # fmt: skip
        groups = _groups(heard.volumes, dimension)
        if groups:
            blocks.append(Rows(title, pick(turkish, "kanal", "channel") if dimension == "channel"
                               else pick(turkish, "dil", "language"), COLUMNS, tuple(
                Row(name, _counts(found, f"{dimension}:{key}", name))
                for key, found in groups for name in (_group_name(dimension, key, language),)
            )))  # fmt: skip
    return Section("mentions", pick(turkish, "İletiler ve duygu", "Mentions and sentiment"), tuple(blocks))


def _tally(volumes: Iterable[Volume]) -> dict[str, int]:
    found = dict.fromkeys(COLUMNS, 0)
    for one in volumes:
        found["mentions"] += one.count
        found[one.sentiment if one.sentiment in SENTIMENTS else "unscored"] += one.count
    return found


def _counts(volumes: Iterable[Volume], key: str, name: str) -> tuple[Number, ...]:
    tally = _tally(volumes)
    return tuple(Number(figure, tally[figure], "mentions", key=key, name=name) for figure in COLUMNS)


def _totals(heard: Heard) -> tuple[Number, ...]:
    now = _tally(heard.volumes)
    then = None if heard.before is None else _tally(heard.before)
    numbers = [
        Number(figure, now[figure], "mentions", before=None if then is None else then[figure]) for figure in COLUMNS
    ]
    share, last = _negative(now), None if then is None else _negative(then)
    low, high = share.interval or (None, None)
    numbers.append(Number("negative_share", share.value, "share", n=share.n, low=low, high=high,
                          before=last.value if last else None, before_n=last.n if last else None))  # fmt: skip
    return tuple(numbers)


def _negative(tally: Mapping[str, int]) -> Share:
    return Share(tally["negative"], sum(tally[name] for name in SENTIMENTS))


def _cell_name(cell: Cell, period: Period, language: str) -> str:
    local = cell.start.astimezone(period.zone)
    return f"{local:%H:%M}" if period.days == 1 else say_short(local.date(), language)


def _stack(heard: Heard, rows: Sequence[Row], period: Period, language: str, over: str) -> Chart:
    turkish = language == "tr"
    series = tuple(
        Series(
            name_of("sentiment", name, language) if name in SENTIMENTS else pick(turkish, "etiketsiz", "not labelled"),
            name if name in SENTIMENTS else "none",
            tuple(_of(row, name) for row in rows),
        )
        for name in COLUMNS[1:]
        if name != "unscored" or any(_of(row, name) for row in rows)
    )
    moments = tuple(
        Moment(next(n for n, cell in enumerate(heard.cells) if cell.start <= alarm.at < cell.end),
               incident_name(alarm.incident, alarm.topic, language), {"page": "incidents", "id": alarm.incident})
        for alarm in heard.alarms[:6]
    )  # fmt: skip
    title = pick(turkish, "İletiler, duyguya göre", "Mentions by sentiment")
    total = say_value(heard.total, "mentions", language)
    return Chart(
        "stack", "mentions-by-sentiment", title, f"{title}: {total}, {say_period(period, language)}", over,
        pick(turkish, "ileti", "mentions"), tuple(row.name for row in rows), series, moments,
        period=say_period(period, language),
    )  # fmt: skip


def _of(row: Row, figure: str) -> float:
    return float(next(number.value or 0 for number in row.numbers if number.figure == figure))


def incident_name(id: int, topic: str, language: str) -> str:
    """An incident without a customer's words: its topic and number."""
    return f"{name_of('topic', topic, language)} #{id}"


def _groups(volumes: Iterable[Volume], dimension: str) -> list[tuple[str, list[Volume]]]:
    found: dict[str, list[Volume]] = {}
    for one in volumes:
        found.setdefault(getattr(one, dimension) or "", []).append(one)
    return sorted(found.items(), key=lambda item: (-sum(one.count for one in item[1]), item[0]))[:30]


def _group_name(dimension: str, key: str, language: str) -> str:
    if not key:
        return pick(language == "tr", "bilinmiyor", "not known")
    if dimension == "language":
        names = {"tr": ("Türkçe", "Turkish"), "en": ("İngilizce", "English")}
        pair = names.get(key, (key, key))
        return pair[0] if language == "tr" else pair[1]
    return name_of(dimension, key, language)


def matters(heard: Heard, period: Period, language: str) -> Section:
    """What it was about: topics and incidents, each with the last period's count."""
    turkish = language == "tr"
    now = _by_topic(heard.volumes)
    then = None if heard.before is None else _by_topic(heard.before)
    topics = sorted(now, key=lambda topic: (-now[topic], topic))
    rows = tuple(
        Row(name, (Number("matter", now[topic], "mentions", key=f"topic:{topic}", name=name,
                          before=None if then is None else then[topic]),))
        for topic in topics for name in (name_of("topic", topic, language),)
    )  # fmt: skip
    lines = tuple(
        Row(name, (Number("incident", many, "mentions", key=f"incident:{id}", name=name, link=f"incident:{id}",
                          before=None if then is None else heard.incidents_before.get(id, 0)),))
        for id, topic, many in heard.incidents[:SHOWN] for name in (incident_name(id, topic, language),)
    )  # fmt: skip
    blocks: list[Say | Rows] = []
    if rows:
        blocks.append(Rows(pick(turkish, "Konular", "Topics"), pick(turkish, "konu", "topic"), ("matter",), rows))
    if lines:
        blocks.append(Rows(pick(turkish, "En çok konuşulan olaylar", "Incidents most spoken of"),
                           pick(turkish, "olay", "incident"), ("incident",), lines))  # fmt: skip
    if not blocks:
        blocks.append(Say(pick(turkish, "Bu dönemde konuşulan bir konu yok.", "Nothing was spoken of in this period.")))
    return Section("matters", pick(turkish, "Öne çıkan konular", "Top matters"), tuple(blocks))


def _by_topic(volumes: Iterable[Volume]) -> Counter[str]:
    found: Counter[str] = Counter()
    for one in volumes:
        if one.topic is not None:
            found[one.topic] += one.count
    return found


def voice(heard: Heard, settings: Settings, language: str) -> Section:
    """The brand beside the rivals that the settings name."""
    turkish = language == "tr"
    title = pick(turkish, "Ses payı", "Share of voice")
    if not settings.rivals:
        said = pick(
            turkish,
            "Rakip adı verilmemiş, bu yüzden ses payı hesaplanmadı. Ayarlara “rivals” ile rakip adlarını yazarsanız "
            "burada görünür.",
            "No rival is named, so no share of voice was reckoned. Name rivals in the settings under “rivals” to see "
            "it here.",
        )
        return Section("voice", title, (Say(said),))
    whole = pick(
        turkish,
        f"Kaynaklarınızın getirdiği iletilerden bu adlardan en az birini anan {heard.voice_any} ileti içinde sayıldı. "
        "Kaynaklar markanızı aradığı için bu, pazarın payı değildir: rakipleri de getiren bir kaynak yoksa payınız "
        "olduğundan büyük görünür.",
        f"Counted in the {heard.voice_any} mentions, of those your sources brought, that name at least one of these. "
        "Sources look for your brand, so this is no share of the market: without a source that brings rivals too, "
        "yours looks larger than it is.",
    )
    rows = []
    for n, (name, many) in enumerate(heard.voice.items()):
        share = Share(many, heard.voice_any)
        low, high = share.interval or (None, None)
        key = "name:brand" if n == 0 else f"name:rival-{n}"
        last = None if heard.voice_before is None else heard.voice_before[name]
        rows.append(Row(name, (
            Number("voice", many, "mentions", key=key, name=name, before=last),
            Number("voice_share", share.value, "share", n=share.n, low=low, high=high, key=key, name=name),
        )))  # fmt: skip
    table = Rows(title, pick(turkish, "ad", "name"), ("voice", "voice_share"), tuple(rows))
    return Section("voice", title, (Say(whole), table))
