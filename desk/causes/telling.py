"""The list of causes for people and programs: text, JSON, CSV, and a page to mail, in Turkish and English.

Names and notes are hostile text: CSV cells run as no formula, the page escapes everything.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from desk.causes.naming import NAMES
from desk.causes.weekly import FEWEST, Finding, Week
from desk.ledger import cell
from desk.paper import Grid, Heading, Paper, Text, to_html
from playbooks.words import name_of, say_money, say_number

MOST = 20
"""Causes of one part of the list that people are shown; programs get all."""

FIELDS = (
    "id", "kind", "value", "topic", "people", "mentions", "per", "of", "usual", "times_low", "times", "times_high",
    "chance", "adjusted", "risen", "began_from", "began", "began_to", "state", "owner", "note", "concessions", "money",
    "examples",
)  # fmt: skip
"""What a line says, in this order."""


@dataclass(frozen=True)
class Word:
    """A word in both languages; empty where there is none to say."""

    tr: str
    en: str

    def say(self, language: str) -> str:
        """In Turkish for `tr`, in English for any other language."""
        return self.tr if language == "tr" else self.en


STATES: Mapping[str, Word] = {
    "": Word("", ""),  # not followed
    "open": Word("açık", "open"),
    "acknowledged": Word("üstlenildi", "acknowledged"),
    "fixed": Word("giderildi", "fixed"),
    "back": Word("yeniden arttı", "back"),
}


def usual_of(one: Finding) -> float | None:
    """How many people would be usual in this stretch, None without a history."""
    return None if one.ratio is None else one.now.of * one.before.people / one.before.of


def record(one: Finding, zone: ZoneInfo) -> dict[str, Any]:
    """A cause as JSON: sums as text with every decimal, times in `zone`."""
    usual = usual_of(one)
    began = [at.astimezone(zone).isoformat() for at in one.began] if one.began else [None, None, None]
    times = (one.ratio.low, one.ratio.middle, one.ratio.high) if one.ratio else (None, None, None)
    low, middle, high = (None if value is None else round(value, 2) for value in times)
    values = (
        one.id, one.kind, one.value, one.topic, one.now.people, one.mentions, one.per, one.now.of,
        None if usual is None else round(usual, 2), low, middle, high, float(f"{one.chance:.3g}"),
        float(f"{one.adjusted:.3g}"), one.risen, *began, one.state, one.owner, one.note, one.concessions,
        {currency: format(amount, "f") for currency, amount in one.money.items()}, list(one.examples),
    )  # fmt: skip
    return dict(zip(FIELDS, values, strict=True))


def week_record(week: Week, zone: ZoneInfo) -> dict[str, Any]:
    """The whole list as JSON."""
    return {
        "from": week.start.astimezone(zone).isoformat(), "to": week.end.astimezone(zone).isoformat(),
        "mentions": week.mentions, "windows": week.windows, "looked_at": week.looked_at, "unnamed": week.unnamed,
        "causes": [record(one, zone) for one in week.findings],
    }  # fmt: skip


def write_csv(week: Week, zone: ZoneInfo, stream: TextIO) -> None:
    """The list as CSV with a header; text that a spreadsheet would run as a formula begins with an apostrophe."""
    writer = csv.writer(stream)
    writer.writerow(FIELDS)
    for one in week.findings:
        line = record(one, zone)
        line["money"] = "; ".join(f"{amount} {currency}" for currency, amount in line["money"].items())
        line["examples"] = " ".join(map(str, line["examples"]))
        writer.writerow([cell(value) for value in line.values()])


def text(week: Week, zone: ZoneInfo, language: str) -> str:
    """The list as plain text."""
    lines = [title(language), span(week, zone, language), ""]
    for heading, intro, part in parts(week, language):
        lines += [heading, intro, *(f"- {sentence(one, zone, language)}" for one in part), ""]
    return "\n".join([*lines, footing(week, language)]) + "\n"


def paper(week: Week, zone: ZoneInfo, language: str) -> Paper:
    """The list as a document."""
    turkish = language == "tr"
    header = (
        ("sebep", "kişi", "olağanı", "kat (%90)", "başlangıç", "verilen", "durum", "örnek") if turkish
        else ("cause", "people", "usual", "times (90 %)", "since", "given", "state", "examples")
    )  # fmt: skip
    blocks: list[Heading | Text | Grid] = []
    for heading, intro, part in parts(week, language):
        blocks += [Heading(2, heading), Text(intro)]
        if part:
            blocks.append(Grid(header, tuple(_cells(one, zone, language) for one in part)))
    return Paper(title(language), language, span(week, zone, language), (*blocks, Text(footing(week, language))))


def html(week: Week, zone: ZoneInfo, language: str) -> str:
    """The list as one page."""
    return to_html(paper(week, zone, language))


def title(language: str) -> str:
    """The list's title."""
    return "Şikâyetlerin sebepleri" if language == "tr" else "What people complain of"


def span(week: Week, zone: ZoneInfo, language: str) -> str:
    """The stretch that the list is about."""
    start, end = _day(week.start, zone, language, clock=True), _day(week.end, zone, language, clock=True)
    return f"{start} – {end}"


def parts(week: Week, language: str) -> tuple[tuple[str, str, tuple[Finding, ...]], ...]:
    """The list as people read it: what has risen, what is followed, what is complained of most; heading and intro."""
    turkish = language == "tr"
    risen = week.risen[:MOST]
    followed = tuple(one for one in week.findings if one.id is not None and not one.risen)[:MOST]
    rest = sorted(
        (one for one in week.findings if not one.risen and one.id is None and one.now.people >= FEWEST),
        key=lambda one: (-one.now.people, one.key),
    )[:MOST]
    if week.windows < 2:
        intro = (
            "Karşılaştırılacak en az iki geçmiş dönem yok; artış henüz söylenemez." if turkish
            else "There are not two earlier stretches to compare with; what has risen cannot be said yet."
        )  # fmt: skip
    elif not risen:
        intro = (
            "Hiçbir sebepte olağanın üstünde artış yok." if turkish else "Nothing has risen above what is usual."
        )  # fmt: skip
    else:
        intro = (
            f"Önceki {week.windows} dönemle karşılaştırıldı; bunların yaklaşık onda biri rastlantı olabilir." if turkish
            else f"Compared with the {week.windows} stretches before; about one in ten of these may be chance."
        )  # fmt: skip
    names = ("Artanlar", "Takip edilenler", "En çok şikâyet edilenler") if turkish else (
        "Risen", "Followed", "Complained of most"
    )  # fmt: skip
    empty = "Yok." if turkish else "None."
    return (
        (names[0], intro, risen), (names[1], "" if followed else empty, followed),
        (names[2], "" if rest else empty, tuple(rest)),
    )  # fmt: skip


def name(one: Finding, language: str) -> str:
    """A cause in words: `Pofuduk Battaniye (ürün), ayıplı ürün`."""
    return f"{one.value} ({NAMES[one.kind].say(language)}), {name_of('topic', one.topic, language)}"


def sentence(one: Finding, zone: ZoneInfo, language: str) -> str:
    """A cause with its numbers on one line."""
    turkish = language == "tr"
    people = one.now.people
    told = [f"{people} kişi" if turkish else f"{people} {'person' if people == 1 else 'people'}"]
    usual = usual_of(one)
    if usual is not None:
        told.append(f"olağanı {_number(usual, language)}" if turkish else f"usual {_number(usual, language)}")
    if one.ratio is not None and people:
        told.append(_times(one, language) + (" katı (%90)" if turkish else " times (90 %)"))
    if one.began is not None:
        told.append(_began(one, zone, language))
    if one.concessions:
        told.append(f"verilen: {_given(one, language)}" if turkish else f"given: {_given(one, language)}")
    if one.state:
        told.append(_state(one, language))
    if one.examples:
        told.append(("örnek ileti: " if turkish else "examples: ") + ", ".join(map(str, one.examples)))
    number = f"#{one.id} " if one.id is not None else ""
    return f"{number}{name(one, language)}: " + "; ".join(told)


def footing(week: Week, language: str) -> str:
    """How it was counted, and what it leaves out."""
    orders = any(one.per == "orders" for one in week.findings)
    if language == "tr":
        per = "siparişi bilinenlerde sipariş, ötekilerde ileti sayısına" if orders else "ileti sayısına"
        return (
            f"Kişiler sayıldı, iletiler değil. Oranlar {per} göre hesaplandı. Karşılaştırılan sebep: "
            f"{week.looked_at}. Hiçbir ad geçmeyen şikâyeti olan kişi: {week.unnamed}."
        )
    per = "orders where they are known, else mentions" if orders else "mentions"
    return (
        f"Counted are people, not mentions. Rates are per {per}. Causes compared: {week.looked_at}. People whose "
        f"complaint names nothing: {week.unnamed}."
    )


def _cells(one: Finding, zone: ZoneInfo, language: str) -> tuple[str, ...]:
    usual = usual_of(one)
    number = f"#{one.id} " if one.id is not None else ""
    return (
        number + name(one, language), str(one.now.people), "–" if usual is None else _number(usual, language),
        "–" if one.ratio is None else _times(one, language), _began(one, zone, language) if one.began else "–",
        _given(one, language) if one.concessions else "–", _state(one, language) or "–",
        ", ".join(map(str, one.examples)) or "–",
    )  # fmt: skip


def _times(one: Finding, language: str) -> str:
    assert one.ratio is not None
    low, middle, high = (_number(value, language) for value in (one.ratio.low, one.ratio.middle, one.ratio.high))
    return f"{middle} ({low}–{high})"


def _began(one: Finding, zone: ZoneInfo, language: str) -> str:
    assert one.began is not None
    low, likely, high = (_day(at, zone, language) for at in one.began)
    if low == high:
        return f"{likely} gününden beri" if language == "tr" else f"since {likely}"
    return f"{likely} gününden beri ({low} – {high})" if language == "tr" else f"since {likely} ({low} – {high})"


def _given(one: Finding, language: str) -> str:
    sums = [say_money(Decimal(amount), currency, language) for currency, amount in one.money.items()]
    pieces = f"{one.concessions} telafi" if language == "tr" else f"{one.concessions} concession(s)"
    return ", ".join([pieces, *sums])


def _state(one: Finding, language: str) -> str:
    said = STATES[one.state].say(language)
    return f"{said} ({one.owner})" if one.owner else said


def _number(value: float, language: str) -> str:
    return say_number(round(value) if value >= 10 else float(f"{value:.1f}"), language)


def _day(at: datetime, zone: ZoneInfo, language: str, *, clock: bool = False) -> str:
    local = at.astimezone(zone)
    day = f"{local:%d.%m.%Y}" if language == "tr" else f"{local:%Y-%m-%d}"
    return f"{day} {local:%H:%M}" if clock else day
