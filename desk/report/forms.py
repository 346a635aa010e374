"""A report as files: HTML, PDF, CSV, JSON, and a picture of each chart. All are drawn from one ReportContent.

docs/reference/report.md says what the columns of the CSV and the fields of the JSON are; JSON names its version.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from decimal import Decimal
from typing import Any

from desk.ledger import cell
from desk.paper import Block, Grid, Heading, Link, Links, Paper, Picture, Text, to_html, to_pdf
from desk.report.content import Drawn, Figures, Number, ReportContent, Rows, Say, Section, Value
from desk.report.settings import FORMATS
from desk.report.words import (
    NOTHING,
    pick,
    say_change,
    say_count,
    say_interval,
    say_moment,
    say_number,
    say_period,
    say_value,
)

SCHEMA = "nobet.report/1"
"""What the JSON calls itself; the number rises when a field changes its meaning or goes."""

COLUMNS = (
    "from", "to", "section", "figure", "group", "name", "value", "unit", "n", "low", "high", "before", "undecided",
    "remark",
)  # fmt: skip
"""The columns of the CSV, a line a number."""

LONG = 16
"""Rows from which on a table is folded where a document can fold."""

PLACES = 6
"""Decimals that a program gets: a millionth of a share, a microsecond."""


def files(content: ReportContent, formats: Sequence[str], stem: str) -> dict[str, bytes]:
    """The report in these formats (of FORMATS), by file name; `png` is a file for each chart.

    Raises ValueError for a format that is none.
    """
    if wrong := [name for name in formats if name not in FORMATS]:
        raise ValueError(f"{wrong[0]!r} is none of {', '.join(FORMATS)}")
    pictures = _pictures(content) if {"html", "pdf", "png"} & set(formats) else {}
    made: dict[str, bytes] = {}
    if "html" in formats or "pdf" in formats:
        document = paper(content, pictures)
        if "html" in formats:
            made[f"{stem}.html"] = to_html(document).encode()
        if "pdf" in formats:
            made[f"{stem}.pdf"] = to_pdf(document)
    if "csv" in formats:
        made[f"{stem}.csv"] = to_csv(content).encode("utf-8-sig")  # so that a spreadsheet reads it as UTF-8
    if "json" in formats:
        made[f"{stem}.json"] = to_json(content).encode()
    if "png" in formats:
        made |= {f"{stem}-{name}.png": picture for name, picture in pictures.items()}
    return {name: made[name] for name in sorted(made)}


def _pictures(content: ReportContent) -> dict[str, bytes]:
    from desk.report.pictures import png  # here: it loads matplotlib, which most processes never need

    return {chart.keep: png(chart) for chart in content.charts}


def title(content: ReportContent) -> str:
    """The report's title."""
    return pick(content.language == "tr", f"{content.brand} raporu", f"{content.brand}: report")


def subtitle(content: ReportContent) -> str:
    """The days it is about, what they are compared with, and when it was made."""
    language, period = content.language, content.period
    days, before = say_period(period, language), say_period(period.before, language)
    at = say_moment(content.as_of, period, language)
    zone = str(content.zone)
    return pick(
        language == "tr",
        f"{days}. Önceki dönem: {before}. {at} itibarıyla, saat dilimi {zone}.",
        f"{days}. Last period: {before}. As of {at}, time zone {zone}.",
    )


# --- paper ---


def paper(content: ReportContent, pictures: dict[str, bytes]) -> Paper:
    """The report as a document; `pictures` are PNG by the charts' names."""
    blocks: list[Block] = []
    for section in content.sections:
        blocks.append(Heading(1, section.title))
        for block in section.blocks:
            blocks += _blocks(block, content, pictures)
    blocks += _cases(content)
    blocks += _definitions(content)
    return Paper(title(content), content.language, subtitle(content), tuple(blocks))


def _blocks(block: Say | Figures | Rows | Drawn, content: ReportContent, pictures: dict[str, bytes]) -> Iterator[Block]:
    language, turkish = content.language, content.language == "tr"
    if isinstance(block, Say):
        yield Text(block.text)
    elif isinstance(block, Figures):
        if block.title:
            yield Heading(3, block.title)
        header = (
            ("gösterge", "değer", "%95 aralık", "n", "önceki dönem", "fark") if turkish
            else ("figure", "value", "95 % interval", "n", "last period", "difference")
        )  # fmt: skip
        yield Grid(header, tuple(_figure(number, content) for number in block.numbers))
    elif isinstance(block, Rows):
        if not block.drawn and block.rows:
            yield Heading(3, block.title)
            columns = (block.over, *(_name(figure, content) for figure in block.figures))
            remarks = any(row.remark for row in block.rows)
            yield Grid(
                (*columns, "") if remarks else columns,
                tuple(
                    (
                        row.name,
                        *(_linked(number, _in_row(number, language)) for number in row.numbers),
                        *((row.remark,) if remarks else ()),
                    )
                    for row in block.rows
                ),
                pick(turkish, f"{len(block.rows)} satır", f"{len(block.rows)} rows") if len(block.rows) > LONG else "",
            )
    else:
        chart = block.chart
        yield Picture(pictures[chart.keep], chart.label)
        yield Grid(*chart.table(), folded=pick(turkish, "Sayıları göster", "Show the numbers"))


def _name(figure: str, content: ReportContent) -> str:
    return content.meaning(figure).name.say(content.language)


def _figure(number: Number, content: ReportContent) -> tuple[str | Link, ...]:
    language = content.language
    name = _name(number.figure, content)
    label = f"{name} ({number.name})" if number.name else name
    value = say_number(number, language)
    if number.remark and number.value is not None:
        value = f"{value} ({number.remark})"
    if number.undecided:
        open_ = say_count(number.undecided, language)
        tr, en = ("belli değil", "undecided") if number.unit == "share" else ("açık", "open")
        value += pick(language == "tr", f", {open_} {tr}", f", {open_} {en}")
    return (
        Link(label, f"#def-{number.figure}"), _linked(number, value), say_interval(number, language),
        "" if number.n is None else say_count(number.n, language),
        "" if number.before is None else say_value(number.before, number.unit, language, number.key),
        say_change(number, language),
    )  # fmt: skip


def _in_row(number: Number, language: str) -> str:
    told = say_number(number, language)
    interval = say_interval(number, language)
    if interval and number.value is not None:
        told += f" ({interval})"
    if number.before is not None:
        before = say_value(number.before, number.unit, language, number.key)
        told += pick(language == "tr", f", önceki {before}", f", before {before}")
    return told


def _linked(number: Number, told: str) -> str | Link:
    return Link(told, f"#{_anchor(number)}") if number.cases else told


def _anchor(number: Number) -> str:
    return "cases-" + re.sub(r"[^a-z0-9_-]", "-", f"{number.figure}-{number.key}".lower())[:100]


def _cases(content: ReportContent) -> Iterator[Block]:
    """The numbers of the cases behind each number that has some: on the board's address where it is known."""
    numbers = [number for section in content.sections for number in section.numbers if number.cases]
    if not numbers:
        return
    language, turkish = content.language, content.language == "tr"
    yield Heading(1, pick(turkish, "Sayıların arkasındaki kayıtlar", "The cases behind the numbers"))
    yield Text(pick(turkish, "En büyük değerden başlayarak; adlar raporlarda durmaz.",
                    "The largest value first; no names stand in a report."))  # fmt: skip
    for number in numbers:
        name = _name(number.figure, content)
        yield Heading(3, f"{name} ({number.name})" if number.name else name, _anchor(number))
        some = len(number.cases) < number.of
        told = pick(turkish, f"{say_count(number.of, language)} kayıt", f"{say_count(number.of, language)} cases")
        told += pick(turkish, f", ilk {len(number.cases)}:", f", the first {len(number.cases)}:") if some else ":"
        if content.board:
            links = tuple(Link(f"#{case}", f"{content.board}/triage?case={case}") for case in number.cases)
            yield Links(told, links)
        else:
            yield Text(f"{told} {', '.join(f'#{case}' for case in number.cases)}")


def _definitions(content: ReportContent) -> Iterator[Block]:
    turkish = content.language == "tr"
    yield Heading(1, pick(turkish, "Tanımlar", "Definitions"))
    for one in content.meanings:
        yield Heading(3, one.name.say(content.language), f"def-{one.id}")
        yield Text(one.meaning.say(content.language))
        yield Text(pick(turkish, f"Hesap: {one.formula} ({one.anchor})", f"Reckoned: {one.formula} ({one.anchor})"))


# --- for programs ---


def plain(value: Value) -> int | float | str | None:
    """A value as programs get it: money as text with every decimal, other numbers to PLACES decimals."""
    if isinstance(value, Decimal):
        return format(value, "f")
    return round(float(value), PLACES) if isinstance(value, float) else value


def to_csv(content: ReportContent) -> str:
    """A line a number; text that a spreadsheet would run as a formula begins with an apostrophe."""
    stream = io.StringIO(newline="")
    writer = csv.writer(stream)
    writer.writerow(COLUMNS)
    first, last = content.period.first.isoformat(), content.period.last.isoformat()
    for section in content.sections:
        for one in section.numbers:
            told = (
                first, last, section.id, one.figure, one.key, one.name, plain(one.value), one.unit, one.n,
                plain(one.low), plain(one.high), plain(one.before), one.undecided, one.remark,
            )  # fmt: skip
            writer.writerow([cell(value) for value in told])
    return stream.getvalue()


def to_json(content: ReportContent) -> str:
    """Everything, for a program."""
    period, zone = content.period, content.zone
    told = {
        "schema": SCHEMA,
        "brand": content.brand,
        "language": content.language,
        "zone": str(zone),
        "from": period.first.isoformat(),
        "to": period.last.isoformat(),
        "before": {"from": period.before.first.isoformat(), "to": period.before.last.isoformat()},
        "as_of": content.as_of.astimezone(zone).isoformat(),
        "sections": [_section(section) for section in content.sections],
        "definitions": [
            {
                "figure": one.id, "unit": one.unit, "name": one.name.say(content.language),
                "meaning": one.meaning.say(content.language), "formula": one.formula, "explained": one.anchor,
                "better": one.better,
            }
            for one in content.meanings
        ],
    }  # fmt: skip
    return json.dumps(told, ensure_ascii=False, indent=1, allow_nan=False) + "\n"


def _section(section: Section) -> dict[str, Any]:
    return {
        "section": section.id,
        "title": section.title,
        "said": [block.text for block in section.blocks if isinstance(block, Say)],
        "numbers": [_number(one) for one in section.numbers],
        "charts": [{"chart": one.keep, "title": one.title} for one in section.charts],
    }


def _number(one: Number) -> dict[str, Any]:
    return {
        "figure": one.figure, "group": one.key, "name": one.name, "value": plain(one.value), "unit": one.unit,
        "n": one.n, "low": plain(one.low), "high": plain(one.high), "before": plain(one.before),
        "undecided": one.undecided, "remark": one.remark, "cases": list(one.cases), "of": one.of,
    }  # fmt: skip


def shown(content: ReportContent, section: str, figure: str, key: str = "") -> str:
    """One number as the document writes it, for whoever tells it elsewhere (a mail's first line). A dash for none."""
    for one in content.section(section).numbers:
        if (one.figure, one.key) == (figure, key):
            return say_number(one, content.language)
    return NOTHING
