"""The shipped drills: complete in both languages, marked, playable by the script, and scored from events alone."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest

from playbooks.crisis.events import Event
from playbooks.crisis.plan import written_out
from playbooks.crisis.run import Run
from playbooks.crisis.scorecard import Answered, Scorecard, compared, scorecard
from playbooks.crisis.shelf import load_plans
from playbooks.crisis.state import State
from playbooks.drills import DRILLS, Drill, check_drills, json_schema, load_drills, mentions_of, played_by_script
from playbooks.shelf import LibraryError
from tests.unit.crisis_player import at

PLANS = load_plans()
ALL = load_drills(PLANS)
GOOD = (DRILLS / "gas_smell.yaml").read_text(encoding="utf-8")


def scripted(drill: Drill, *, attentive: bool) -> tuple[Run, State]:
    """The drill played by the script in every role, minute by minute, until it is reviewed or the drill's time is up.

    Attentive: who leaves in a surprise is known to be away. Else nobody notices, and their work waits for them.
    """
    plan = written_out(PLANS[drill.plan])
    everybody = frozenset(seat.role for seat in plan.roles)
    left = [(drill.starts + surprise.at, role) for surprise in drill.surprises for role in surprise.absent]
    run = Run(plan, id=drill.id).fed(Event(drill.starts + drill.suspected_by, "suspected", why="the watch"))
    if attentive:
        run = run.fed(*(Event(moment, "absent", person=role) for moment, role in left))
    state, now = run.state(drill.starts), drill.starts
    while now <= drill.starts + drill.lasting and state.stage != "reviewed":
        state = run.state(now)
        gone = frozenset() if attentive else frozenset(role for moment, role in left if moment <= now)
        run = run.fed(*played_by_script(drill, run.plan, state, everybody - gone))
        now += timedelta(minutes=1)
    return run, run.state(now)


def carded(drill: Drill, run: Run, state: State) -> Scorecard:
    day = drill.starts + timedelta(hours=12)
    answers = [Answered(drill.starts, drill.starts + timedelta(minutes=25), drill.starts + timedelta(hours=2), day)]
    return scorecard(run, drill.starts, state.now, answers, drill.goals)


@pytest.mark.parametrize("id", sorted(ALL))
def test_the_script_alone_plays_a_drill_to_its_review_and_reaches_every_goal(id: str) -> None:
    drill = ALL[id]
    run, state = scripted(drill, attentive=True)
    assert [stage.stage for stage in state.stages] == ["suspected", "declared", "contained", "closed", "reviewed"]
    assert not state.refused and not state.open and state.now <= drill.starts + drill.lasting
    card = carded(drill, run, state)
    assert [reached.goal.id for reached in card.goals if not reached.in_time] == [], "a good team can do it"
    assert card.detection == drill.suspected_by and card.first_answer == timedelta(minutes=25)
    assert card.first_informed is not None and card.declared is not None and card.declared >= card.first_informed
    assert (card.steps_late, card.updates_late, card.answered_same_day, card.promises_kept) == (0, 0, 1.0, 1.0)
    asked = {duty.step for duty in state.duties if duty.how == "decided"}
    assert set(drill.choices) <= asked, "what the script is told to decide comes up"


@pytest.mark.parametrize("id", sorted(ALL))
def test_a_surprise_hurts_a_team_that_only_follows_the_script(id: str) -> None:
    drill = ALL[id]
    run, state = scripted(drill, attentive=False)
    card = carded(drill, run, state)
    missed = [reached.goal.id for reached in card.goals if not reached.in_time]
    assert missed, "whoever does not hand over the role of somebody who left misses a goal"
    assert len(missed) < len(card.goals) / 2, "and not all is lost"


@pytest.mark.parametrize("language", ["tr", "en"])
@pytest.mark.parametrize("id", sorted(ALL))
def test_mentions_are_in_order_marked_and_the_same_each_time(id: str, language: str) -> None:
    drill = ALL[id]
    mentions = mentions_of(drill, language)
    assert mentions == mentions_of(drill, language)
    assert len({mention.native_id for mention in mentions}) == len(mentions) >= 100
    times = [mention.published_at for mention in mentions]
    assert times == sorted(times) and times[0] >= drill.starts and times[-1] <= drill.starts + drill.lasting
    assert {mention.extra["drill"] for mention in mentions} == {id} and {m.lang for m in mentions} == {language}
    assert not [m.text for m in mentions if "{n}" in m.text]
    assert len({mention.channel for mention in mentions}) >= 4
    assert any(not mention.extra["matter"] for mention in mentions), "ordinary mentions stand among them"
    shifted = mentions_of(drill, language, at(0))
    assert [m.published_at - at(0) for m in shifted] == [t - drill.starts for t in times]


def test_half_of_a_voice_adds_something_and_ordinary_voices_are_not_of_the_matter() -> None:
    drill = ALL["gas_smell"]
    mentions = [one for one in mentions_of(drill, "tr") if (one.author or "").startswith("sahibi")]
    added = [one for one in mentions if any(one.text.endswith(" " + more.tr) for more in drill.voices[0].adds)]
    assert 0.3 * len(mentions) < len(added) < 0.7 * len(mentions)
    counts = {wave.voice: wave.count for wave in drill.waves if wave.channel == "instagram"}
    ordinary = [one for one in mentions_of(drill, "tr") if one.channel == "instagram" and "-w" in one.native_id]
    assert len(ordinary) == counts["gunluk"] and not any(one.extra["matter"] for one in ordinary)


def test_five_drills_are_written_and_each_takes_somebody_away() -> None:
    assert set(ALL) >= {"cargo_collapse", "gas_smell", "leaked_data", "offensive_post", "boycott_with_bots"}
    assert not check_drills(PLANS)
    assert all(len(d.surprises) >= 3 and any(s.absent for s in d.surprises) for d in ALL.values())
    assert {d.plan for d in ALL.values()} == {
        "boycott_or_attack", "cargo_collapse", "safety_recall", "data_leak", "offensive_post",
    }  # fmt: skip


BROKEN = [
    ("id: gas_smell", "id: gas_smells", "must be the same"),
    ("plan: safety_recall", "plan: no_crisis", "there is no crisis plan 'no_crisis'"),
    ('starts: "2026-09-19T19:30:00+03:00"', 'starts: "2026-09-19T19:30:00"', "offset"),
    ("voice: seyirci", "voice: seyircy", "is no voice"),
    ("choices: {stop_sale: [all]", "choices: {stop_sale: [peril]", "is no option"),
    ("measure: step, of: stop", "measure: step, of: halt", "is no step of the plan"),
    ("absent: [legal]", "absent: [lawyer]", "is no role"),
    ("{at: 2h30m, channel: email", "{at: 9h, channel: email", "after the drill's end"),
    ("channel: forum", "channel: pigeon", "not a known channel"),
    (", en: Bystanders}", "}", "English text is missing"),
    ("voices:\n", "  - {name: Ocak, aliases: [kıvılcım]}\nvoices:\n", "'kıvılcım' stands for two products"),
]


@pytest.mark.parametrize(("old", "new", "sentence"), BROKEN)
def test_a_broken_drill_is_found(tmp_path: Path, old: str, new: str, sentence: str) -> None:
    assert old in GOOD
    (tmp_path / "gas_smell.yaml").write_text(GOOD.replace(old, new, 1), encoding="utf-8")
    findings = check_drills(PLANS, tmp_path)
    assert any(sentence in finding.sentence for finding in findings), [str(f) for f in findings]
    with pytest.raises(LibraryError):
        load_drills(PLANS, tmp_path)


def test_the_json_schema_has_every_field() -> None:
    assert set(json_schema()["properties"]) == set(Drill.model_fields)


def test_the_script_does_nothing_of_what_people_play() -> None:
    drill = ALL["gas_smell"]
    plan = written_out(PLANS[drill.plan])
    run = Run(plan).fed(Event(drill.starts, "suspected", why="w"))
    later = run.state(drill.starts + timedelta(minutes=4))
    assert played_by_script(drill, plan, later, frozenset({"agent", "legal"})) == ()
    assert [e.type for e in played_by_script(drill, plan, later, frozenset({"team_lead"}))] == ["taken"]
    over = run.fed(Event(drill.starts, "declared", why="w"), Event(drill.starts, "closed", why="w"))
    end = over.fed(Event(later.now, "done", step="review")).state(later.now)
    assert [e.type for e in played_by_script(drill, plan, end, frozenset({"crisis_manager"}))] == ["reviewed"]
    assert played_by_script(drill, plan, end, frozenset({"agent"})) == (), "whoever plays them ends it themselves"


# -- the scorecard -----------------------------------------------------------------------------------------------


def test_the_numbers_of_a_scorecard_by_hand() -> None:
    run = Run(PLANS["any_crisis"]).fed(
        Event(at(10), "suspected", why="w"),
        Event(at(12), "taken", "agent:Ali"),
        Event(at(15), "declared", "agent:Ece", why="w"),
        Event(at(18), "seen", "agent:Ece", duty="first.crisis_manager.1"),
        Event(at(23), "updated", "agent:Pelin"),  # three minutes late
        Event(at(24), "done", "agent:Ali", step="keep_posts"),
        Event(at(40), "done", "agent:Can", step="pause"),  # due at 25, and with the crisis manager by then
        Event(at(28), "decided", "agent:Ece", step="danger", option="no_danger", why="w"),
    )
    answers = [
        Answered(at(0), at(30), at(60), at(70)),
        Answered(at(0), at(70), at(60), at(70)),
        Answered(at(0), at(71), None, at(70)),
        Answered(at(0), None, at(60), at(70)),
        Answered(at(0), None, at(600), at(700)),
        Answered(at(0), at(60 * 24), None, at(60 * 24)),
        Answered(at(0), at(20), None, None),
    ]
    card = scorecard(run, at(0), at(90), answers)
    minutes = {
        name: getattr(card, name) / timedelta(minutes=1)
        for name in ("detection", "first_informed", "declared", "decision", "first_answer")
    }
    assert minutes == {"detection": 10, "first_informed": 12, "declared": 15, "decision": 28, "first_answer": 20}
    assert card.answered_same_day == 2 / 7, "until the moment itself; not later, not after now, not where no day is"
    assert card.promises_kept == 1 / 3, "the one that can still be kept is not counted yet"
    assert card.updates_late == 2 and card.steps_late >= 2
    roles = {role.role: role for role in card.roles}
    assert roles["team_lead"].handed_on >= 1
    empty = scorecard(Run(PLANS["any_crisis"]), at(0), at(1), [])
    assert (empty.detection, empty.first_answer, empty.promises_kept, empty.roles) == (None, None, None, ())


def test_a_scorecard_is_compared_with_the_last_one() -> None:
    def card(minute: int):
        run = Run(PLANS["any_crisis"]).fed(Event(at(minute), "declared", "agent:Ece", why="w"))
        return scorecard(run, at(0), at(60), [Answered(at(0), at(minute), at(10), at(60))])

    words = compared(card(5), card(20))
    assert (words["detection"], words["declared"], words["first_answer"], words["promises_kept"]) == ("better",) * 4
    assert words["answered_same_day"] == "same" and words["decision"] == "unknown"
    assert compared(card(20), card(5))["promises_kept"] == "worse"
