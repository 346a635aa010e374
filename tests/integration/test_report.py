"""A report says the same in every format, whatever names hold, on both databases; an empty one says what is proven."""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from html.parser import HTMLParser
from pathlib import Path

import pypdf
import pytest
from typer.testing import CliRunner

from desk.metrics.period import Period
from desk.metrics.reading import Measures
from desk.report import forms
from desk.report.content import ReportContent
from desk.report.forms import COLUMNS, SCHEMA, files
from desk.report.keeping import Keeper
from desk.report.making import STEPS, make
from desk.report.words import say_number
from nobet import command_line
from store.engine import Store
from tests.integration.report_work import HOSTILE, NOW, fill, open_on, settings_of, yesterday


class Page(HTMLParser):
    """The words of a page, its tags, where its links lead, and its anchors."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.words: list[str] = []
        self.tags: set[str] = set()
        self.links: set[str] = set()
        self.anchors: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        told = dict(attrs)
        self.tags.add(tag)
        self.anchors |= {told["id"]} if told.get("id") else set()
        self.links |= {told["href"]} if told.get("href") else set()
        assert not any(name.startswith("on") for name in told)
        assert "src" not in told or str(told["src"]).startswith("data:image/png;base64,")

    def handle_data(self, data):
        self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def content_of(store: Store, language: str = "tr", **more) -> ReportContent:
    settings = settings_of(**more)
    return make(store, settings, yesterday(settings), NOW, language)


def values(content: ReportContent) -> dict[tuple[str, str, str], object]:
    return {
        (section.id, one.figure, one.key): forms.plain(one.value)
        for section in content.sections
        for one in section.numbers
    }


@pytest.fixture
def filled(store: Store) -> Store:
    fill(open_on(store, settings_of()))
    return store


@pytest.fixture(scope="module")
def content(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ReportContent]:
    """A report on the desk's yesterday, made once for this file."""
    store = Store.open(f"sqlite:///{tmp_path_factory.mktemp('report')}/nobet.db")
    fill(open_on(store, settings_of()))
    yield content_of(store)
    store.close()


@pytest.fixture(scope="module")
def made(content: ReportContent) -> dict[str, bytes]:
    return files(content, ("html", "pdf", "csv", "json", "png"), "rapor")


def test_what_is_counted(filled: Store):
    content = content_of(filled)
    counted = values(content)
    assert counted["mentions", "mentions", ""] == 6
    assert counted["mentions", "negative", ""] == 5
    assert counted["mentions", "mentions", "channel:email"] == 3
    assert counted["matters", "matter", "topic:courier"] == 1
    assert counted["matters", "incident", "incident:1"] == 2
    assert (counted["voice", "voice", "name:rival-1"], counted["voice", "voice", "name:brand"]) == (2, 1)
    assert [counted["crises", name, ""] for name in ("alarms", "crises", "drills")] == [1, 1, 1]
    assert counted["quality", "abstained", ""] == 1
    measured = Measures(filled, settings_of()).numbers(content.period, NOW)
    assert counted["response", "first_answer_median", ""] == pytest.approx(measured.figure("first_answer_median").value)
    assert counted["response", "cases", ""] == measured.figure("cases").n == 5
    before = {one.figure: one.before for one in content.section("mentions").numbers if not one.key}
    assert before["mentions"] == 1
    times = [one for one in content.section("mentions").numbers if one.key.startswith("time:")]
    assert sum(one.value for one in times if one.figure == "mentions") == 6  # the chart's columns sum to the whole
    assert forms.to_json(content) == forms.to_json(content_of(filled))


def test_every_format_says_the_same_numbers(content: ReportContent, made: dict[str, bytes]):
    counted = values(content)
    assert {name.rpartition(".")[2] for name in made} == {"html", "pdf", "csv", "json", "png"}
    told = json.loads(made["rapor.json"])
    assert told["schema"] == SCHEMA
    of_json = {
        (section["section"], one["figure"], one["group"]): one["value"]
        for section in told["sections"]
        for one in section["numbers"]
    }
    assert of_json == counted
    rows = list(csv.DictReader(io.StringIO(made["rapor.csv"].decode("utf-8-sig"))))
    assert tuple(rows[0]) == COLUMNS
    of_csv = {(row["section"], row["figure"], row["group"].lstrip("'")): row["value"] for row in rows}
    assert of_csv == {key: "" if value is None else str(value) for key, value in counted.items()}
    for row in rows:
        assert not any(value.lstrip().startswith(tuple("=+-@")) and not _is_number(value) for value in row.values())
    page, pdf = Page(made["rapor.html"].decode()), words_of_pdf(made["rapor.pdf"])
    for section in content.sections:
        for one in section.numbers:
            if ":" not in one.key and one.value is not None:
                said = say_number(one, "tr")
                assert said in page.text, one
                assert said.replace(" ", "") in pdf, one


def words_of_pdf(data: bytes) -> str:
    return "".join("".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(data)).pages)


def _is_number(value: str) -> bool:
    try:
        float(value)
    except ValueError:
        return False
    return True


def test_a_page_asks_nobody_runs_nothing_and_leads_to_definitions_and_cases(made: dict[str, bytes]):
    page = Page(made["rapor.html"].decode())
    assert not page.tags & {"script", "iframe", "object", "link", "form"}
    inside = {link[1:] for link in page.links if link.startswith("#")}
    assert inside <= page.anchors and "def-first_answer_median" in inside
    outside = {link for link in page.links if not link.startswith("#")}
    assert outside and all(re.fullmatch(r"https://nobet\.example/triage\?case=\d+", link) for link in outside)
    assert "kurye attı" not in page.text and not {"a1", "a2", "a3"} & set(page.text.split())  # nobody's words or name


def test_names_that_people_gave_are_said_and_are_nothing_but_words(made: dict[str, bytes]):
    assert HOSTILE in Page(made["rapor.html"].decode()).text
    told = json.loads(made["rapor.json"])
    assert any(HOSTILE in said for section in told["sections"] for said in section["said"])
    assert "<script>" in words_of_pdf(made["rapor.pdf"])


def test_a_day_of_nothing_says_so_and_whether_that_is_proven(store: Store):
    settings = settings_of(rivals=[])
    period = Period.yesterday(NOW, settings.desk.zone)
    content = make(store, settings, period, NOW, "tr")
    said = {section.id: " ".join(getattr(one, "text", "") for one in section.blocks) for section in content.sections}
    assert "yanıt bekleyen bir kayıt olmadı" in said["summary"]
    assert "hiçbir şey kanıtlamaz" in said["coverage"]
    assert "Rakip adı verilmemiş" in said["voice"]
    assert files(content, ("html", "csv", "json"), "r")
    house = open_on(store, settings)
    for at in (period.start - timedelta(minutes=5), period.end + timedelta(minutes=5)):
        house_poll(house.store, at, period)
    again = make(store, settings, period, NOW, "tr")
    assert "Sessizlik kanıtlıdır" in " ".join(getattr(one, "text", "") for one in again.section("coverage").blocks)


def house_poll(store: Store, at: datetime, period: Period) -> None:
    from store import sources

    with store.write() as tx:
        sources.record_poll(tx, "cinar", "x", kind="x", started_at=at, finished_at=at, outcome="ok", fetched=3, new=0,
                            known=3, rejected=0, note="", next_at=period.end + timedelta(hours=1), failures=0,
                            proof="overlap", settles_s=60.0)  # fmt: skip


def test_the_command_writes_what_was_asked_for_beside_one_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / "nobet.yaml").write_text("brand: {name: Boş}\nsources: []\n", encoding="utf-8")
    monkeypatch.setenv("NOBET_HOME", str(tmp_path))
    monkeypatch.delenv("NOBET_STORE_URL", raising=False)

    def run(*options: str) -> tuple[int, str]:
        done = CliRunner().invoke(command_line("report"), ["report", *options])
        return done.exit_code, done.output

    out = tmp_path / "there" / "r"
    status, said = run("--last", "day", "--format", "csv,json", "--out", str(out), "--lang", "tr")
    assert status == 0, said
    assert said.split() == [str(out.parent / name) for name in ("r.csv", "r.json")]
    today = datetime.now(UTC).date()
    one = tmp_path / "one.txt"
    days = ("--from", str(today - timedelta(days=2)), "--to", str(today - timedelta(days=1)))
    assert run(*days, "--format", "json", "--out", str(one))[0] == 0 and json.loads(one.read_text("utf-8"))
    future = str(today + timedelta(days=3))
    for wrong in (
        ("--last", "year"), ("--from", "2026-11-21"), ("--from", "x", "--to", "2026-01-01"), ("--format", "docx"),
        ("--from", "2026-01-02", "--to", "2026-01-01"), ("--from", "2026-01-01", "--to", future),
        ("--last", "day", "--from", "2026-01-01"), ("--from", "1900-01-01", "--to", "2026-01-01"),
    ):  # fmt: skip
        status, said = run(*wrong)
        assert status == 2 and "Traceback" not in said, (wrong, said)


def test_what_is_kept_is_made_once_and_made_anew_later(filled: Store):
    settings = settings_of()
    keeper, period = Keeper(filled, settings), yesterday(settings)
    first = keeper.show(period, "tr", NOW, patience_s=60)
    assert first.made is not None and not first.failed
    again = keeper.show(period, "tr", NOW + timedelta(seconds=5), patience_s=60)
    assert again.made is first.made and again.done == STEPS
    key = next(one.link for one in first.made.content.section("response").numbers if one.figure == "open_now")
    assert [one.case_id for one in keeper.behind(first.made, key)] == sorted(
        one.case_id for one in keeper.behind(first.made, key)
    )
    with pytest.raises(ValueError):
        keeper.behind(first.made, "first_answer_median.all@agent=Elif")
    keeper.show(period, "tr", NOW + timedelta(hours=1), patience_s=0)
    entry = keeper._entries[period, "tr"]
    if entry.thread is not None:
        entry.thread.join(60)
    assert entry.made is not None and entry.made.content.as_of == NOW + timedelta(hours=1)
