"""The report's parts: how numbers are written, when one is due, a chart's picture, and that every figure is told."""

from __future__ import annotations

import io
import re
import subprocess
import sys
from datetime import date, datetime
from decimal import Decimal
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from pydantic import ValidationError

from desk.chart import Chart, Moment, Piece, Series
from desk.metrics.definitions import DEFINITIONS
from desk.metrics.period import Period
from desk.report.content import Figures, Number, Row, Rows, Section
from desk.report.listening import cells_of
from desk.report.meanings import OWN, PAGE, meaning_of
from desk.report.pictures import png
from desk.report.settings import ReportMail
from desk.report.words import say_change, say_interval, say_length, say_number, say_period
from desk.settings import SettingsError, validate

ROOT = Path(__file__).resolve().parents[2]
ISTANBUL, BERLIN = ZoneInfo("Europe/Istanbul"), ZoneInfo("Europe/Berlin")


# --- how numbers are written ---


@pytest.mark.parametrize(("number", "turkish", "english"), [
    (Number("mentions", 12345, "mentions"), "12.345 ileti", "12,345 mentions"),
    (Number("mentions", 1, "mentions"), "1 ileti", "1 mention"),
    (Number("negative_share", 0.4567, "share"), "%45,7", "45.7%"),
    (Number("minutes_total", 7500.0, "seconds"), "2 sa 5 dk", "2 h 5 min"),
    (Number("minutes_total", 0.4, "seconds"), "0 sn", "0 s"),
    (Number("unseen_minutes", 90.0, "minutes"), "1 sa 30 dk", "1 h 30 min"),
    (Number("cause_times", 2.345, "ratio"), "2,35", "2.35"),
    (Number("concession_money", Decimal("1250.50"), "money", key="currency:TRY"), "1.250,50 TL", "TRY 1,250.50"),
    (Number("mentions", None, "mentions"), "–", "–"),
    (Number("mentions", None, "mentions", remark="ulaşılmadı"), "ulaşılmadı", "ulaşılmadı"),
])  # fmt: skip
def test_a_number_is_written_with_its_unit_in_both_languages(number: Number, turkish: str, english: str):
    assert (say_number(number, "tr"), say_number(number, "en")) == (turkish, english)


@pytest.mark.parametrize(("number", "said"), [
    (Number("mentions", 5, "mentions", before=8), "−3 ileti"),
    (Number("mentions", 5, "mentions", before=5), "±0 ileti"),
    (Number("negative_share", 0.5, "share", before=0.455), "+4,5 puan"),
    (Number("minutes_total", 60.0, "seconds", before=125.0), "−1 dk 5 sn"),
    (Number("concession_money", Decimal("10.10"), "money", key="currency:TRY", before=Decimal(10)), "+0,10 TL"),
    (Number("mentions", 5, "mentions"), ""),
    (Number("mentions", None, "mentions", before=5), ""),
])  # fmt: skip
def test_a_change_is_written_with_its_sign(number: Number, said: str):
    assert say_change(number, "tr") == said


def test_an_interval_that_has_no_end_says_so():
    def interval(low: float | None, high: float | None) -> str:
        return say_interval(Number("minutes_total", 1.0, "seconds", low=low, high=high), "tr")

    assert interval(60, 120) == "1 dk – 2 dk"
    assert (interval(60, None), interval(None, 60), interval(None, None)) == ("en az 1 dk", "en çok 1 dk", "")


@given(st.floats(0, 4e9))
def test_a_length_is_never_more_than_it_was_and_short_of_it_by_less_than_its_smallest_unit(seconds: float):
    sizes = {"d": 86_400, "h": 3_600, "min": 60, "s": 1}
    parts = say_length(seconds, "en").replace(",", "").split()
    told = sum(int(n) * sizes[unit] for n, unit in zip(parts[::2], parts[1::2], strict=True))
    assert told <= seconds < told + max(1, sizes[parts[1]]) and len(parts) <= 4


def test_a_period_is_said_in_both_languages():
    one = Period(date(2026, 11, 21), date(2026, 11, 21), ISTANBUL)
    assert (say_period(one, "tr"), say_period(one, "en")) == ("21 Kasım 2026 Cumartesi", "Saturday 21 November 2026")
    week = Period(date(2026, 11, 16), date(2026, 11, 22), ISTANBUL)
    assert say_period(week, "tr") == "16 Kasım 2026 – 22 Kasım 2026"


# --- the structure ---


def test_what_cannot_be_true_is_refused():
    with pytest.raises(ValueError, match="no unit"):
        Number("mentions", 1, "tons")
    with pytest.raises(ValueError, match="not those of the columns"):
        Rows("t", "o", ("mentions",), (Row("x", (Number("negative", 1, "mentions"),)),))


def test_a_section_tells_each_number_once_and_in_order():
    one, two = Number("mentions", 1, "mentions"), Number("negative", 2, "mentions", key="channel:x")
    section = Section("s", "S", (Figures("", (one,)), Rows("t", "o", ("negative",), (Row("X", (two,)),))))
    assert list(section.numbers) == [one, two]


@pytest.mark.parametrize(("first", "last", "zone", "count"), [
    (date(2026, 11, 21), date(2026, 11, 21), ISTANBUL, 24),
    (date(2026, 10, 25), date(2026, 10, 25), BERLIN, 25),
    (date(2026, 3, 29), date(2026, 3, 29), BERLIN, 23),
    (date(2026, 10, 1), date(2026, 10, 31), BERLIN, 31),
    (date(2026, 1, 1), date(2026, 12, 31), BERLIN, 61),
])  # fmt: skip
def test_the_columns_of_a_chart_are_the_whole_period_without_a_gap(
    first: date, last: date, zone: ZoneInfo, count: int
):  # fmt: skip
    period = Period(first, last, zone)
    cells = cells_of(period)
    assert len(cells) == count and len({key for key, _, _ in cells}) == count
    assert (cells[0][1], cells[-1][2]) == (period.start, period.end)
    assert all(end == start for (_, _, end), (_, start, _) in pairwise(cells))


# --- when one is due ---


def mail(**more: object) -> ReportMail:
    return ReportMail.model_validate({"name": "sabah", "to": ["NOBET_MAIL"], **more})


@pytest.mark.parametrize(("every", "now", "period"), [
    ("day", "2026-11-23T08:00+03:00", ("2026-11-22", "2026-11-22")),
    ("day", "2026-11-23T07:59+03:00", None),  # a day ago is too long ago
    ("day", "2026-11-23T20:00+03:00", ("2026-11-22", "2026-11-22")),  # the worker stood still this morning
    ("week", "2026-11-23T08:00+03:00", ("2026-11-16", "2026-11-22")),
    ("week", "2026-11-25T23:00+03:00", ("2026-11-16", "2026-11-22")),
    ("week", "2026-11-27T08:00+03:00", None),
    ("month", "2026-12-01T08:00+03:00", ("2026-11-01", "2026-11-30")),
    ("month", "2026-11-30T23:59+03:00", None),
    ("month", "2026-12-09T08:00+03:00", None),
])  # fmt: skip
def test_when_a_report_is_due_and_of_which_days(every: str, now: str, period: tuple[str, str] | None):
    found = mail(every=every).due(datetime.fromisoformat(now), ISTANBUL)
    assert (None if found is None else (found.first.isoformat(), found.last.isoformat())) == period


def test_a_moment_that_the_clock_jumps_over_is_sent_all_the_same():
    late = datetime.fromisoformat("2026-03-29T03:30+02:00")  # 02:30 is not there on this day
    assert mail(at="02:30").due(late, BERLIN) is not None


@pytest.mark.parametrize("wrong", [
    {"to": []}, {"to": ["me@example.com"]}, {"at": "8:00"}, {"at": "24:00"}, {"every": "year"}, {"name": "a b"},
    {"formats": ["png"]}, {"language": "de"},
])  # fmt: skip
def test_a_schedule_that_cannot_be_kept_is_refused(wrong: dict[str, object]):
    with pytest.raises(ValidationError):
        mail(**wrong)


def test_two_schedules_of_one_name_and_one_in_a_drill_are_refused():
    one = {"name": "a", "to": ["NOBET_MAIL"]}
    with pytest.raises(SettingsError, match="two reports are called"):
        validate({"reports": [one, one]}, None)
    drill = {"key": "d", "name": "d", "started": "2026-11-21T09:00:00+03:00", "starts": "2026-11-21T09:00:00+03:00",
             "speed": 1}  # fmt: skip
    with pytest.raises(SettingsError, match="nothing may leave it; take out reports"):
        validate({"reports": [one], "drill": drill}, None)


# --- pictures ---

HOSTILE = "<b>$x^2$ \\frac{1}{2} ğ\x00\u202e {0} %s" * 3
X = tuple(f"{n} Kas" for n in range(1, 5))
CHARTS = (
    Chart("stack", "s", HOSTILE, "l", "gün", "ileti", X, (
        Series(HOSTILE, "negative", (1, 2, None, 0)), Series("nötr", "neutral", (0, 1, None, 2)),
        Series("görülmeyen", "unseen", (0, 0, 1, 0.5))), (Moment(1, HOSTILE),)),
    Chart("lines", "l", "t", "l", "gün", "dk", X, (
        Series("a", "accent", (1, None, 3, 4), low=(0, None, 2, 3), high=(2, None, 4, None)),)),
    Chart("bars", "b", "t", "l", "o", "u", X, (
        Series("a", "accent", (1, None, 0, 4)), Series("b", "late", (1, 1, 1, 1)))),
    Chart("heat", "h", "t", "l", "o", "u", X, (Series("Pzt", "accent", (1, None, 0, 4)),)),
    Chart("lanes", "k", "t", "l", "o", "u", (), (Series("x", "met", pieces=(Piece(0, 0.5, "met", "görüldü"),)),)),
    Chart("stack", "e", "boş", "l", "o", "u"),
)  # fmt: skip


@pytest.mark.parametrize("chart", CHARTS, ids=lambda chart: chart.keep)
def test_a_chart_of_each_kind_is_a_picture_whatever_it_says(chart: Chart):
    drawn = Image.open(io.BytesIO(png(chart)))
    assert drawn.size == (1152, 480) and len(drawn.convert("L").getcolors(256) or ()) > 10


def test_the_same_chart_is_the_same_picture_and_another_one_is_not():
    one = CHARTS[1]
    assert png(one) == png(one) != png(CHARTS[2])


def test_the_board_and_the_command_line_load_no_plotting():
    code = "import sys, board.pages, commands.report, desk.rounds; print('matplotlib' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.split()[-1] == "False"


# --- the page that explains ---


def test_every_figure_of_the_report_is_explained():
    page = (ROOT / PAGE).read_text(encoding="utf-8")
    told = dict(re.findall(r"^### (\w+)\n+(.+?)(?=\n#|\Z)", page, re.M | re.S))
    assert set(told) == set(OWN)
    for id, meaning in OWN.items():
        assert meaning.name.en in told[id] and meaning.unit in told[id] and meaning.formula in told[id], id


def test_no_figure_has_two_meanings():
    assert not set(OWN) & set(DEFINITIONS)
    assert meaning_of("first_answer_median").anchor == DEFINITIONS["first_answer_median"].anchor
