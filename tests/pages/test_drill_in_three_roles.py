"""A whole drill at the board: three people in Chromium, everybody else played by the script, from the first mention to
the signed review; and the exported review says what the log says."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from classifying import finder_of
from commands.rehearsing import Rehearsal
from desk.crisis.drill_clock import DrillClock
from desk.crisis.drill_home import cast_of, make_home, script_of, set_clock
from desk.crisis.drilling import Drills
from desk.crisis.room import CrisisRoom
from desk.crisis.room_view import DutyLine
from desk.settings import library_of, load_settings
from nlp import Scorer
from store.engine import Store
from tests.integration.review_again import rows
from tests.pages.conftest import Board, _free_port, running_chromium, watch

DRILL = "gas_smell"
PLAYERS = {"crisis_manager": "Can", "pr_lead": "Leyla", "legal": "Hakan"}
CONFIG = """
brand: {name: Çınar Ev, slug: cinar, handles: [cinarev], contact: destek@cinarev.example}
agents:
  - {name: Can, role: crisis_manager}
  - {name: Leyla, role: pr_lead}
  - {name: Hakan, role: legal}
sources: []
"""
STEP = timedelta(minutes=5)


@dataclass
class Played:
    """A drill that is being played: its rehearsal, its folder, its board, and a tab for each player."""

    rehearsal: Rehearsal
    folder: Path
    board: Board
    tabs: dict[str, Page]
    room: CrisisRoom
    shown: set[str] = field(default_factory=set)

    def at(self, now: datetime) -> None:
        """Everything happens that happens by itself up to a moment."""
        self.rehearsal.step(now)
        self.shown.clear()

    def go(self, name: str, crisis: int, tab: str = "") -> Page:
        """The player's tab, on a part of the crisis room as it is now; the board's clock shows now, and stands."""
        if not self.shown:
            now = self.rehearsal.reached()
            self.rehearsal.settings = set_clock(self.folder, _clock(self.rehearsal).set(datetime.now(UTC), now, 0.0))
            self.shown.update(PLAYERS.values())
        page = self.tabs[name]
        if name in self.shown:  # a session takes up another clock when its page is loaded
            self.shown.discard(name)
            self.shown.add("")
            page.goto(f"{self.board.url}/crisis?id={crisis}&me={name}&lang=tr")
        page.locator('[data-keep="tab-log"]').click()  # asks the server for the room as it is now
        expect(page.locator('[data-keep="tab-log"]')).to_have_attribute("aria-pressed", "true")
        page.locator(f'[data-keep="tab-{tab or "now"}"]').click()
        expect(page.locator(f'[data-keep="tab-{tab or "now"}"]')).to_have_attribute("aria-pressed", "true")
        return page

    def duties(self, name: str, crisis: int, now: datetime) -> tuple[DutyLine, ...]:
        """What a player does now: whatever lies with them, and an update once it is nearly due."""
        view = self.room.as_agent(name).room(crisis, now, "tr")
        waits = {step.id for step in view.steps if step.kind == "wait"}
        mine = (duty for duty in view.duties if duty.mine and duty.step not in waits)
        return tuple(duty for duty in mine if duty.kind != "update" or duty.due_at <= now + STEP)


def _clock(rehearsal: Rehearsal) -> DrillClock:
    assert rehearsal.settings.drill is not None
    return rehearsal.settings.drill


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with running_chromium() as browser:
        yield browser


@pytest.fixture
def played(tmp_path: Path, chromium: Browser) -> Iterator[Played]:
    (tmp_path / "nobet.yaml").write_text(CONFIG, encoding="utf-8")
    settings = load_settings(tmp_path / "nobet.yaml", {"NOBET_HOME": str(tmp_path)})
    brands = Store.open(settings.url)
    drills = Drills(brands, settings)
    drill = drills.drill(DRILL)
    plan, now = drills.plans[drill.plan], datetime.now(UTC)
    cast = cast_of(plan, settings, "tr", {role: [name] for role, name in PLAYERS.items()}, (), True)
    key = drills.key_for(DRILL, now)
    clock = DrillClock(key=key, name=DRILL, started=now, starts=drill.starts, speed=0)
    folder = drills.folder(key)
    home = make_home(folder, settings, drill, plan, cast, "tr", clock)
    drills.begin(key, script_of(folder), now)
    brands.close()
    store = Store.open(home.url)
    rehearsal = Rehearsal(store, home, script_of(folder), Scorer.of("linear", {}), finder_of(home))
    board = Board(SimpleNamespace(settings=home), _free_port())
    contexts = []
    try:
        board.start()
        tabs = {}
        for name in PLAYERS.values():
            context = chromium.new_context(viewport={"width": 1440, "height": 900}, color_scheme="light")
            contexts.append(context)
            tabs[name] = context.new_page()
            tabs[name].set_default_timeout(20_000)
        seen = [watch(tab) for tab in tabs.values()]
        yield Played(rehearsal, folder, board, tabs, CrisisRoom(store, home, library_of(home), "Can"))
        for one in seen:
            one.check()
    finally:
        for context in contexts:
            context.close()
        board.stop()
        store.close()


def done(page: Page) -> None:
    """Wait until the board has answered, and that it did not refuse."""
    expect(page.locator('main.sheet[aria-busy="true"]')).to_have_count(0)
    expect(page.locator(".told")).not_to_have_class(re.compile("wrong"))


def end(page: Page, duty: DutyLine, choices: dict[str, tuple[str, ...]]) -> None:
    """End one duty as a person does: read, choose or fill in, press."""
    if duty.kind == "first":
        page.locator(f'[data-keep*="{duty.key}"]').get_by_text("Haberim var").click()
    elif duty.kind == "update":
        page.locator('[data-keep="tab-statements"]').click()
        page.get_by_text("Başka yerde yazılan güncellemeyi kaydet").click()
        page.locator('[data-keep="update_published-text"]').fill(
            "Satışı durdurduk, inceliyoruz. Kullanmayın, vanayı kapatın."
        )
        page.locator('[data-keep="update_published-save"]').click()
    elif page.locator(f'[data-keep="decide-{duty.key}-save"]').count():
        option = choices.get(duty.step, ("fine",))[0]
        page.locator(f'[data-keep="decide-{duty.key}-option-{option}"]').check()
        page.locator(f'[data-keep="decide-{duty.key}-why"]').fill("Elimizdeki kayıtlar bunu gösteriyor.")
        page.locator(f'[data-keep="decide-{duty.key}-save"]').click()
    else:
        for kept in page.locator(f'[data-keep^="done-{duty.key}-kept_"]').all():
            kept.fill("Kriz klasörü, 19.35")
        page.locator(f'[data-keep="done-{duty.key}-save"]').click()
    done(page)


def test_a_drill_from_the_first_mention_to_the_signed_review(played: Played) -> None:
    choices = dict(played.rehearsal.script.drill.choices)
    now = played.rehearsal.begins + timedelta(minutes=1)
    played.at(now)
    [line] = played.room.crises(now)
    assert line.stage == "suspected", "one mention of high certainty is enough"
    crisis = line.id

    played.go("Can", crisis)
    # The crisis manager sees it from any page, and the board says loudly that it is a drill.
    can = played.tabs["Can"]
    can.goto(f"{played.board.url}/triage?me=Can&lang=tr")
    expect(can.locator(".drill")).to_contain_text("TATBİKAT")
    can.locator(".gap.crisis").click()
    expect(can.locator("h1")).to_be_visible()
    expect(can.locator('[data-keep="do-take-{}"]')).to_be_visible()
    can.locator('[data-keep="do-take-{}"]').click()
    done(can)
    can.locator('[data-keep="declare-why"]').fill("Kapalı ocakta gaz kokusu: can güvenliği.")
    can.locator('[data-keep="declare-save"]').click()
    done(can)
    assert played.room.state(crisis, now).stage == "declared"

    # The holding statement: written by the PR lead, approved by the lawyer, published by whoever wrote it.
    leyla = played.go("Leyla", crisis, "statements")
    leyla.locator('[data-keep="draft-text"]').fill(
        "Kıvılcım ocak için gelen gaz kokusu bildirimlerini inceliyoruz. Ocağı kullanmayın, vanayı kapatın. "
        "Saat 20.30’da yeniden bilgi vereceğiz."
    )
    leyla.locator('[data-keep="draft-save"]').click()
    done(leyla)
    leyla.get_by_role("button", name="Onaya sun").click()
    expect(leyla.locator(".sheet-main")).to_contain_text("onay bekliyor")
    hakan = played.go("Hakan", crisis, "statements")
    hakan.get_by_role("button", name="Bu metni onaylıyorum").click()
    expect(hakan.locator(".sheet-main")).to_contain_text("onaylandı")
    leyla = played.go("Leyla", crisis, "statements")
    leyla.get_by_role("button", name="Yayımladım").click()
    expect(leyla.locator(".sheet-main")).to_contain_text("Yayımlandı: Web sitesi")

    # Three people work off what is theirs; the script plays everybody else.
    ends = now + timedelta(hours=4)
    while now < ends:
        state = played.room.state(crisis, now)
        for name in PLAYERS.values():
            while mine := played.duties(name, crisis, now):
                page = played.go(name, crisis)
                end(page, mine[0], choices)
                assert mine[0].key not in {one.key for one in played.duties(name, crisis, now)}
        bent = any(one.how == "decided" and one.step == "bent" for one in played.room.state(crisis, now).duties)
        if bent and state.stage == "declared":
            for act in ("contain", "close"):
                page = played.go("Can", crisis)
                page.get_by_text("Kontrol altında" if act == "contain" else "Krizi kapat", exact=True).first.click()
                page.locator(f'[data-keep="{act}-why"]').fill("Yarım saattir yeni ileti yok.")
                page.locator(f'[data-keep="{act}-save"]').click()
                done(page)
            break
        now += STEP
        played.at(now)
    assert played.room.state(crisis, now).stage == "closed"

    # What the script still owes after the close is done by itself; then the review is written and signed at the board.
    for _ in range(6):
        now += timedelta(hours=4)
        played.at(now)
        for name in PLAYERS.values():
            for duty in played.duties(name, crisis, now):
                if duty.step != "review":
                    end(played.go(name, crisis), duty, choices)
    page = played.go("Can", crisis, "review")
    for name in ("summary", "causes", "went_well", "to_change"):
        page.locator(f'textarea[name="{name}"]').fill("Conta eksikti; satış 20 dakikada durdu.")
    page.get_by_role("button", name="Kaydet", exact=True).first.click()
    expect(page.locator(".told")).to_contain_text("Kaydedildi")
    page.locator('[data-keep="sign-why"]').fill("Olan bitenle uyuşuyor.")
    page.locator('[data-keep="sign-save"]').click()
    expect(page.locator(".sheet-main")).to_contain_text("Can imzaladı")
    assert played.room.state(crisis, now).stage == "reviewed"

    # The export tells the truth: every moment in it is one of the log's, counted by hand here.
    with page.expect_download() as waiting:
        page.get_by_role("button", name="JSON olarak indir").click()
    told = json.loads(waiting.value.path().read_text(encoding="utf-8"))
    check_against_the_log(told, played, crisis)


def check_against_the_log(told: dict[str, Any], played: Played, crisis: int) -> None:
    """The review's moments and counts once more, from the tables and the raw events, by code that knows no desk."""
    with played.rehearsal.store.read() as tx:
        log = rows(
            tx,
            "SELECT e.* FROM events e JOIN subject_events s ON s.event_id = e.id WHERE s.subject = :s "
            "ORDER BY e.at, e.id",
            s=f"crisis:{crisis}",
        )
        [row] = rows(tx, "SELECT * FROM crises WHERE id = :id", id=crisis)
        of_incident = (
            "FROM incident_mentions i JOIN mentions m ON m.id = i.mention_id WHERE i.incident_id IN (SELECT id FROM "
            "incidents WHERE id = :i OR merged_into = :i)"
        )
        said = rows(tx, f"SELECT m.published_at, m.author {of_incident}", i=row["incident_id"])
        alarm = rows(tx, "SELECT raised_at FROM alarms WHERE incident_id = :i", i=row["incident_id"])

    def first(type: str) -> datetime | None:
        return next((event["at"] for event in log if event["type"] == f"crisis_{type}"), None)

    moments = {one["name"]: datetime.fromisoformat(one["at"]) for one in told["numbers"]["milestones"] if one["at"]}
    assert moments["first_mention"] == min(each["published_at"] for each in said)
    assert moments["alarm"] == alarm[0]["raised_at"]
    for name in ("suspected", "taken", "declared", "contained", "closed"):
        assert moments[name] == first(name), name
    spoken = [e["at"] for e in log if e["type"] in ("crisis_statement_published", "crisis_updated")]
    assert moments["first_statement"] == min(spoken)
    assert told["numbers"]["mentions"]["mentions"] == len(said)
    assert told["review"]["signed_by"] == "Can" and told["review"]["intact"]
    by_people = {event["by"] for event in log if event["by"].startswith("agent:")}
    assert {f"agent:{name}" for name in PLAYERS.values()} <= by_people
    decided = [event for event in log if event["type"] == "crisis_decided"]
    assert {event["by"] for event in decided} == {"agent:Can", "agent:Hakan"}
