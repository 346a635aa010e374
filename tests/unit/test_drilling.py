"""Drills before and after they are played: their clock, who plays, what stays outside, what is kept, what is amber."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from desk.crisis.drill_clock import DrillClock
from desk.crisis.drill_home import cast_of, cast_plan, make_home, open_home, script_of, set_clock, settings_for
from desk.crisis.drill_result import sentences
from desk.crisis.drilling import Drills, rehearsed, rehearsing
from desk.drafting import senders_of
from desk.roles import NotAllowed, Refused
from desk.settings import Settings, SettingsError, load_settings, validate
from playbooks.crisis.scorecard import compared_numbers
from playbooks.crisis.shelf import load_plans
from playbooks.drills import load_drills, mentions_of
from store import Store, events, subjects
from store.drills import DrillRow

NOW = datetime(2026, 11, 23, 9, tzinfo=UTC)
PLANS = load_plans()
DRILL = load_drills(PLANS)["gas_smell"]
PLAN = PLANS[DRILL.plan]
CLOCK = DrillClock(key="k", name="gas_smell", started=NOW, starts=DRILL.starts, speed=60)

# A desk of a real brand: everything in it that could reach somebody outside.
REAL = """
brand: {name: Marka, slug: marka, handles: [marka], query: marka, contact: destek@marka.example}
agents:
  - {name: Ece, role: crisis_manager, alerts: [NOBET_ECE], deputy: Can, away: [{from: 2026-01-01, to: 2027-01-01}]}
  - {name: Can, role: team_lead, also: [agent], alerts: [NOBET_CAN_SMS], shifts: {mon: ["08:00-12:00"]}}
  - {name: Pelin, role: pr_lead}
assignment: [{to: {agent: Pelin}}, {to: {role: agent}}]
sources: [{kind: feed, url: "http://127.0.0.1:9/feed"}]
senders:
  - {kind: webhook, url: "http://127.0.0.1:9/reply", channels: [x]}
  - {kind: smtp, host: 127.0.0.1, port: 9, from_address: "destek@marka.example"}
orders: [{kind: http, name: shop, url: {order: "http://127.0.0.1:9/{value}"}, fields: {number: {path: number}}}]
acknowledge: [email, x]
board: {url: "https://nobet.marka.example", port: 8600}
classifier: {backend: linear}
desk: {hours: {mon: ["09:00-18:00"]}}
"""


def brand(folder: Path, text: str = REAL) -> Settings:
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "nobet.yaml").write_text(text, encoding="utf-8")
    settings = load_settings(None, {"NOBET_HOME": str(folder)})
    assert settings.senders and settings.sources and settings.orders
    return settings


# --- the clock


@given(st.floats(0.1, 5000), st.integers(0, 10**6), st.integers(0, 10**6))
def test_the_clock_goes_on_at_its_speed_and_tells_both_ways(speed: float, one: int, other: int) -> None:
    clock = CLOCK.set(NOW, DRILL.starts, speed)
    early, late = sorted((NOW + timedelta(seconds=one), NOW + timedelta(seconds=other)))
    assert clock.at(early) <= clock.at(late)
    assert abs(clock.at(late) - clock.at(early) - (late - early) * speed) < timedelta(seconds=1)
    assert abs(clock.real(clock.at(late)) - late) < timedelta(seconds=1)
    again = clock.set(late + timedelta(days=3), clock.at(late), speed)
    assert again.at(late + timedelta(days=3)) == clock.at(late), "the pause is not of the drill"


def test_a_clock_of_no_speed_stands_and_one_begins_when_it_was_set() -> None:
    assert CLOCK.set(NOW, DRILL.starts, 0).at(NOW + timedelta(days=9)) == DRILL.starts
    assert CLOCK.at(NOW - timedelta(hours=1)) == DRILL.starts
    assert CLOCK.at(NOW + timedelta(minutes=1)) == DRILL.starts + timedelta(hours=1)
    with pytest.raises(ValueError, match="offset"):
        DrillClock(key="k", name="n", started=datetime(2026, 1, 1), starts=NOW, speed=1)


# --- who plays


@pytest.mark.parametrize(
    ("given", "absent", "everybody", "played", "script"),
    [
        ({}, (), False, set(), {"agent", "team_lead", "crisis_manager", "pr_lead", "legal"}),
        ({}, (), True, {"agent", "team_lead", "crisis_manager", "pr_lead"}, {"legal"}),
        ({}, ("crisis_manager",), True, {"agent", "team_lead", "pr_lead"}, {"crisis_manager", "legal"}),
        ({"legal": ["Av. Su"]}, (), True, {"legal"}, {"agent", "team_lead", "crisis_manager", "pr_lead"}),
    ],
)
def test_who_plays_and_what_the_script_plays(tmp_path: Path, given, absent, everybody, played, script) -> None:
    cast = cast_of(PLAN, brand(tmp_path), "tr", given, absent, everybody)
    assert set(cast.players) == played and script <= set(cast.script)
    assert not set(cast.players) & cast.script and set(cast.stand_ins) == set(cast.script)
    seats = {seat.role: seat.people for seat in cast_plan(PLAN, cast).roles}
    assert all(seats[role] == (name,) for role, name in cast.stand_ins.items() if role in seats)
    assert all("tatbikat" in name for name in cast.stand_ins.values())


@pytest.mark.parametrize(
    ("given", "absent"), [({"pilot": ["A"]}, ()), ({}, ("pilot",)), ({"legal": ["A"]}, ("legal",))]
)
def test_a_role_that_is_none_is_refused(tmp_path: Path, given, absent) -> None:
    with pytest.raises(Refused, match=r"pilot|legal"):
        cast_of(PLAN, brand(tmp_path), "tr", given, absent, False)


# --- what stays outside


def test_nothing_that_reaches_out_comes_into_the_folder_of_a_drill(tmp_path: Path) -> None:
    settings = brand(tmp_path)
    cast = cast_of(PLAN, settings, "tr", {"crisis_manager": ["Ece"], "agent": ["Can"]}, (), True)
    made = make_home(tmp_path / "drills" / "k", settings, DRILL, PLAN, cast, "tr", CLOCK)
    assert (made.sources, made.senders, made.orders, made.acknowledge) == ((), (), (), ())
    assert not [agent.name for agent in made.agents if agent.alerts] and not made.board.url
    assert made.home == tmp_path / "drills" / "k" and made.url == f"sqlite:///{tmp_path / 'drills' / 'k' / 'nobet.db'}"
    assert made.brand.name == "TATBİKAT · Marka" and made.brand.key == "marka" and not made.brand.query
    assert not senders_of(made).allow and made.moment(NOW) == DRILL.starts
    text = (made.home / "nobet.yaml").read_text(encoding="utf-8")
    assert not [word for word in ("NOBET_", "http", "127.0.0.1", "destek@") if word in text]
    names = {agent.name: agent for agent in made.agents}
    assert names["Ece"].role == "crisis_manager" and not names["Ece"].away and "Pelin" not in names
    assert names["Can"].shifts is not None and names["Can"].roles == ("agent",)
    assert len(made.assignment) == 1, "a rule that names somebody who does not play is left out"
    assert made.desk == settings.desk and made.classifier == settings.classifier


def test_a_drill_never_opens_the_brands_own_store(tmp_path: Path) -> None:
    settings = brand(tmp_path)
    cast = cast_of(PLAN, settings, "tr", {}, (), False)
    made = make_home(tmp_path / "drills" / "k", settings, DRILL, PLAN, cast, "tr", CLOCK)
    outside = {"NOBET_HOME": str(tmp_path), "NOBET_STORE_URL": "postgresql+psycopg://real@host/brand"}
    assert load_settings(made.home / "nobet.yaml", outside).url == made.url


@pytest.mark.parametrize(
    "reaching",
    ["sources: [{kind: demo}]", "senders: [{kind: smtp}]", "acknowledge: [x]", "agents: [{name: A, alerts: [HOOK]}]"],
)
def test_settings_of_a_drill_that_reach_out_are_refused(tmp_path: Path, reaching: str) -> None:
    data = {**yaml.safe_load(reaching), "drill": CLOCK.model_dump(mode="json")}
    with pytest.raises(SettingsError, match="nothing may leave it"):
        validate(data, tmp_path / "nobet.yaml")


def test_the_folder_keeps_the_drill_as_it_was_and_its_clock_can_be_set(tmp_path: Path) -> None:
    settings = brand(tmp_path)
    cast = cast_of(PLAN, settings, "en", {"legal": ["Su"]}, (), False)
    made = make_home(tmp_path / "k", settings, DRILL, PLAN, cast, "en", CLOCK)
    script = script_of(made.home)
    assert script.drill == DRILL and script.plan == cast_plan(PLAN, cast) and script.language == "en"
    assert script.roles == cast.script and script.players == {"legal": ("Su",)}
    assert mentions_of(script.drill, "en") == mentions_of(DRILL, "en")
    later = made.drill.set(NOW + timedelta(days=1), DRILL.starts + timedelta(hours=2), 5)
    assert set_clock(made.home, later).drill == later == open_home(made.home).drill
    with pytest.raises(Refused, match="not the folder of a drill"):
        script_of(tmp_path)
    assert settings_for(settings, cast, "en", CLOCK)["brand"]["name"] == "DRILL · Marka"


# --- what is kept


def row(plan: str, days: float, state: str = "ended") -> DrillRow:
    at = NOW - timedelta(days=days)
    return DrillRow(1, "b", "k", "d", 1, plan, 1, "tr", "/h", {}, at, at if state != "running" else None, state, {})


def test_what_was_not_rehearsed_for_ninety_days_is_amber() -> None:
    results = [row("old", 90), row("fresh", 89.9), row("fresh", 300), row("broken", 1, "broken_off"),
               row("open", 1, "running")]  # fmt: skip
    plans = {"never": ["never"], "old": ["old"], "fresh": ["fresh"], "broken": ["broken"], "open": ["open"],
             "words": ["words", "fresh"]}  # fmt: skip
    found = {one.name: (one.days, one.amber) for one in rehearsed(plans, results, NOW)}
    assert found == {
        "never": (None, True), "broken": (None, True), "open": (None, True), "old": (90, True),
        "fresh": (89, False), "words": (89, False),
    }  # fmt: skip
    assert [one.name for one in rehearsed(plans, results, NOW)][3:] == ["old", "fresh", "words"]


def test_a_playbook_is_rehearsed_by_the_plans_that_use_its_words() -> None:
    plan = PLAN.model_copy(update={"id": "safety", "playbook": "hazard"})
    found = rehearsing({"safety": plan}, {"hazard": None, "other": None})  # type: ignore[dict-item]
    assert found == {"safety": ("safety",), "hazard": ("hazard", "safety"), "other": ("other",)}


RESULT = {
    "drill": "gas_smell", "found_by": "script", "script_roles": ["legal"], "cases": 3, "surprises": 1,
    "numbers": {
        "detection": 300.0, "first_informed": 360.0, "declared": None, "decision": None, "first_answer": 4000.0,
        "answered_same_day": 0.5, "promises_kept": None, "updates_late": 2, "steps_late": 0,
    },
    "roles": [{"role": "legal", "ended": 2, "late": 1, "handed_on": 0, "still_open": 3}],
    "goals": [{"id": "a", "what": {"tr": "Hedef", "en": "Goal"}, "role": "legal", "by_s": 600, "at_s": None,
               "in_time": False}],
}  # fmt: skip


def test_a_drill_begins_and_ends_once_and_is_compared_with_the_last(tmp_path: Path) -> None:
    settings = brand(tmp_path)
    store = Store.open(settings.url)
    drills = Drills(store, settings)
    cast = cast_of(PLAN, settings, "tr", {}, (), False)
    people = cast_of(PLAN, settings, "tr", {"legal": ["Su"]}, (), False)
    newer = DRILL.model_copy(update={"version": DRILL.version + 1})
    keys = []
    for number, (who, drill, language) in enumerate(
        [(cast, DRILL, "tr"), (cast, DRILL, "tr"), (people, DRILL, "tr"), (cast, newer, "tr"), (cast, DRILL, "en"),
         (cast, DRILL, "tr"), (people, DRILL, "tr")]
    ):  # fmt: skip
        at = NOW + timedelta(days=number)
        keys.append(drills.key_for("gas_smell", at))
        made = make_home(drills.folder(keys[-1]), settings, drill, PLAN, who, language, CLOCK)
        drills.begin(keys[-1], script_of(made.home), at)
    with pytest.raises(Refused, match="began already"):
        drills.begin(keys[0], script_of(made.home), NOW)
    # the second is broken off; then people, another version and another language, which say nothing of the script's
    for number in (0, 2, 3, 4):
        first = drills.end(keys[number], NOW + timedelta(days=number, hours=1), RESULT)
        assert first is not None and first["compared_with"] is None and "compared" not in first
    assert drills.end(keys[1], NOW + timedelta(days=1, hours=1), None) is None
    better = {**RESULT, "numbers": {**RESULT["numbers"], "detection": 200.0, "updates_late": 3}}
    kept = drills.end(keys[5], NOW + timedelta(days=5, hours=1), better)
    assert kept is not None and kept["compared_with"] == keys[0], (
        "what is not like it, or was broken off, is passed over"
    )
    assert (kept["compared"]["detection"], kept["compared"]["updates_late"]) == ("better", "worse")
    assert drills.end(keys[5], NOW + timedelta(days=9), RESULT) == kept, "what has ended keeps its result"
    team = drills.end(keys[6], NOW + timedelta(days=6, hours=1), better)
    assert team is not None and team["compared_with"] == keys[2], "a team is compared with a team"
    assert [(one.state, one.key) for one in drills.results("gas_smell")] == [
        ("broken_off" if number == 1 else "ended", keys[number]) for number in reversed(range(7))
    ]  # fmt: skip
    with store.read() as tx:
        log = subjects.events_of(tx, "marka", subjects.subject("drill", drills.played(keys[0]).id))
        assert [one.type for one in log] == ["drill_started", "drill_ended"]
        assert not events.verify_chain(tx, "marka")
    store.close()


def test_the_story_is_told_to_those_who_lead_and_to_nobody_who_plays(tmp_path: Path) -> None:
    settings = brand(tmp_path, REAL.replace("role: pr_lead", "role: viewer"))
    store = Store.open(settings.url)
    ece, _, pelin = settings.agents
    assert {one.name for one in Drills(store, settings, ece).listed()} >= {"gas_smell", "cargo_collapse"}
    with pytest.raises(NotAllowed):
        Drills(store, settings, pelin).listed()
    with pytest.raises(Refused, match="no drill 'nothing'"):
        Drills(store, settings).drill("nothing")
    with pytest.raises(Refused, match="no drill 'x'"):
        Drills(store, settings).played("x")
    store.close()


def test_a_result_is_said_in_both_languages() -> None:
    against = compared_numbers(RESULT["numbers"], {**RESULT["numbers"], "first_answer": 5000.0, "updates_late": 1})
    told = {**RESULT, "compared_with": "gas_smell-1", "compared": against}
    said = {
        "tr": """Kriz fark edildi: 5 dk (aynı) · algılama bulamadı, senaryo bildirdi
Kıyaslanan tatbikat: gas_smell-1
İlk kişi haberdar oldu: 6 dk (aynı)
İlan edildi: yok
İlk karar: yok
İlk yanıt: 1 sa 7 dk (daha iyi)
Aynı gün yanıtlanan: %50 (aynı)
Tutulan sözler: yok
Geciken güncelleme: 2 (daha kötü)
Geciken adım: 0 (aynı)
Hedefler:
  ✗ Hedef (hiç / 10 dk)
Roller (bitirdiği, geciken, elinden giden, bekleyen):
  hukuk · senaryo: 2, 1, 0, 3""",
        "en": """Detected: 5 min (the same) · the detection did not find it; the script reported it
Compared with: gas_smell-1
First informed: 6 min (the same)
Declared: none
First decision: none
First answer: 1 h 7 min (better)
Answered the same day: 50% (the same)
Promises kept: none
Updates late: 2 (worse)
Steps late: 0 (the same)
Goals:
  ✗ Goal (never / 10 min)
Roles (ended, late, lost to a deputy, still open):
  legal · script: 2, 1, 0, 3""",
    }
    for language, name in (("tr", "hukuk"), ("en", "legal")):
        assert "\n".join(sentences(told, language, {"legal": name}.__getitem__)) == said[language]
    assert "Kıyaslanacak bir tatbikat yok." in sentences(RESULT, "tr", str)
    assert "There is no drill to compare it with." in sentences({**RESULT, "compared_with": None}, "en", str)
