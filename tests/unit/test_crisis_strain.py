"""Runs under strain: people away, roles handed over, declared again, over midnight and a holiday, two at once."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from desk.deadline import Deadlines
from desk.policy import Policy
from playbooks.crisis.events import Event
from playbooks.crisis.run import Run
from playbooks.crisis.shelf import load_plans
from playbooks.crisis.state import agenda
from tests.unit.crisis_player import B, at, declared, holder, open_steps, small

PLANS = load_plans()
PLAN = PLANS["any_crisis"]


def test_when_the_last_one_leaves_it_comes_back_to_who_is_there() -> None:
    plan = small([{"id": "a", "within": "1h"}], ["a"])
    people = {"agent": ("Ali",), "team_lead": ("Can",), "crisis_manager": ("Ece",)}
    run = declared(plan, people=people).fed(Event(at(12), "absent", person="Ece"))
    assert [holder(run, "step.a.1", m)[1] for m in (0, 5, 10, 12, 40)] == ["Ali", "Can", "Ece", "Ali", "Can"]
    legs = next(duty.legs for duty in run.state(at(50)).open if duty.step == "a")
    assert all(leg.until is None or leg.since < leg.until for leg in legs)


def test_nobody_loses_their_work_to_somebody_who_is_away() -> None:
    plan = small([{"id": "a", "within": "1h"}], ["a"])
    people = {"agent": ("Ali",), "team_lead": ("Can",), "crisis_manager": ("Ece",)}
    run = declared(plan, people=people).fed(*(Event(at(-1), "absent", person=who) for who in ("Can", "Ece")))
    assert [holder(run, "step.a.1", m) for m in (0, 6, 59)] == [("agent", "Ali")] * 3, "it stays, and is reminded"
    back = run.fed(Event(at(20), "present", person="Ece"))
    assert [holder(back, "step.a.1", m)[1] for m in (19, 20, 30)] == ["Ali", "Ece", "Ece"]
    keys = [notice.key for notice in back.state(at(59)).notices]
    assert len(keys) == len(set(keys))


def test_where_everybody_is_away_the_first_who_comes_back_has_it() -> None:
    plan = small([{"id": "a", "within": "1h"}], ["a"])
    people = {"agent": ("Ali",), "team_lead": ("Can",), "crisis_manager": ("Ece",)}
    run = declared(plan, people=people).fed(*(Event(at(-1), "absent", person=n) for n in ("Ali", "Can", "Ece")))
    assert holder(run, "step.a.1", 10) == ("crisis_manager", "")
    back = run.fed(Event(at(20), "present", person="Ali"))
    assert [holder(back, "step.a.1", m) for m in (19, 20)] == [("crisis_manager", ""), ("agent", "Ali")]
    told = [n.person for n in back.state(at(21)).notices if n.duty == "step.a.1" and n.kind != "reminder"]
    assert told == ["", "Ali"]


def test_a_role_that_nobody_has_is_passed_over_at_once() -> None:
    plan = small([{"id": "a", "within": "1h"}], ["a"])
    run = declared(plan, people={"agent": (), "team_lead": ("Can",), "crisis_manager": ()})
    assert [holder(run, "step.a.1", m) for m in (0, 30)] == [("team_lead", "Can")] * 2
    given_ = run.fed(Event(at(10), "handed_over", role="crisis_manager", person="Ece"))
    assert holder(given_, "step.a.1", 11) == ("crisis_manager", "Ece"), "now there is somebody further up"


def test_a_role_handed_over_takes_all_its_open_work_with_it() -> None:
    people = {role: (f"{role}-1", f"{role}-2") for role in ("agent", "team_lead", "crisis_manager", "pr_lead", "legal")}
    run = declared(PLAN, people=people)
    before = {duty.key for duty in run.state(at(1)).due_for("crisis_manager-1")}
    assert before >= {"step.danger.1", "first.crisis_manager.1"}
    given_ = run.fed(Event(at(2), "handed_over", "agent:crisis_manager-1", role="crisis_manager", person="Deniz"))
    state = given_.state(at(2))
    assert {duty.key for duty in state.due_for("Deniz")} == before and not state.due_for("crisis_manager-1")
    told = {notice.duty for notice in state.untold if notice.person == "Deniz"}
    assert told == before, "whoever takes over is told of every open duty"
    again = given_.fed(Event(at(3), "handed_over", role="crisis_manager", person="Su"))
    assert {duty.holder.person for duty in again.state(at(3)).open if duty.role == "crisis_manager"} == {"Su"}
    later = again.fed(Event(at(4), "decided", "agent:Su", step="danger", option="danger", why="w"))
    assert [d.holder.person for d in later.state(at(4)).open if d.step == "stop"] == ["Su"], "and all that comes"


def test_when_it_flares_up_again_the_whole_plan_runs_again() -> None:
    """Contained, and declared again: the steps behind the first ones begin again too, and open ones are not doubled."""

    def go_through(minute: float) -> list[Event]:
        return [
            Event(at(minute), "done", step="keep_posts"),
            Event(at(minute), "done", step="pause"),
            Event(at(minute), "decided", step="danger", option="no_danger", why="w"),
            Event(at(minute + 1), "done", step="holding_write"),
            Event(at(minute + 2), "decided", step="holding_read", option="fine", why="w"),
            Event(at(minute + 3), "done", step="holding_publish"),
        ]

    run = declared(PLAN).fed(*go_through(1), Event(at(60), "contained", why="falling"))
    before = {duty.step for duty in run.state(at(60)).duties if duty.step}
    assert {"facts", "tell_house", "answers"} <= before
    again = run.fed(Event(at(90), "declared", "agent:Ece", why="a film"), *go_through(91))
    keys = [duty.key for duty in again.state(at(95)).duties]
    assert {"step.danger.2", "step.holding_write.2", "step.holding_publish.2"} <= set(keys)
    assert "step.facts.2" not in keys and "step.answers.2" not in keys, "they are still open, and go on"
    done = run.fed(
        Event(at(61), "done", step="facts"),
        Event(at(90), "declared", "agent:Ece", why="a film"),
        Event(at(91), "done", step="keep_posts"),
    )
    assert "step.facts.2" in [duty.key for duty in done.state(at(92)).open], "what had ended begins again"
    once_more = again.fed(Event(at(120), "contained", why="w"), Event(at(121), "closed", why="w"))
    assert [stage.stage for stage in once_more.state(at(122)).stages] == [
        "declared", "contained", "declared", "contained", "closed",
    ]  # fmt: skip


def test_a_severity_that_the_plan_does_not_know_is_refused_with_a_sentence() -> None:
    bad = Event(at(1), "severity", "agent:Ece", severity=5, why="w")
    assert declared(PLAN).refusal(bad) is not None
    assert declared(PLAN).fed(bad).state(at(2)).severity == 1


def test_a_loop_that_comes_back_by_the_same_way_holds_nothing_up() -> None:
    options = [{"id": "again", "title": B, "means": B, "next": ["a"]}, {"id": "out", "title": B, "means": B}]
    steps = [
        {"id": "a", "next": ["c", "w"]},
        {"id": "c"},
        {"id": "w", "kind": "wait", "within": "30m", "next": ["q"]},
        {"id": "q", "kind": "decide", "options": options},
    ]
    run = declared(small(steps, ["a"])).fed(Event(at(1), "done", step="a"))
    assert open_steps(run, 2) == ["c", "w"], "c does not wait for the loop through a, from which it came"
    round_ = run.fed(
        Event(at(3), "done", step="c"),
        Event(at(32), "decided", step="q", option="again", why="w"),
        Event(at(33), "done", step="a"),
    )
    assert open_steps(round_, 34) == ["w"]


def test_a_whole_crisis_over_midnight_and_a_holiday_by_the_desks_own_hours() -> None:
    zone = ZoneInfo("Europe/Istanbul")
    deadlines = Deadlines(Policy.model_validate({}))
    plan = PLANS["cargo_collapse"]

    def on(day: int, hour: int, minute: int = 0) -> datetime:
        return datetime(2026, 10, day, hour, minute, tzinfo=zone)

    run = Run(plan, count=deadlines.after).fed(
        Event(on(27, 23, 50), "declared", why="the hub stands still"), Event(on(27, 23, 54), "updated")
    )
    assert run.state(on(28, 0)).next_update_at == on(28, 0, 14), "updates keep their cadence over midnight"
    night = {duty.step: duty.holder.role for duty in run.state(on(28, 0, 6)).open if duty.step}
    assert night["keep_posts"] == "crisis_manager", "unseen at night it went up, twice, across the date"
    # The eve closes at 13:00, the 29th is a holiday, Friday opens at 9:00: nine hours end on Friday at 17:30.
    held = run.fed(Event(on(28, 12, 30), "contained", why="falling"))
    due = {duty.step: duty.due_at.astimezone(zone) for duty in held.state(on(28, 12, 31)).open if duty.step}
    assert due["promises"] == due["fees_back"] == on(30, 17, 30)
    held = held.fed(Event(on(28, 12, 31), "seen", "agent:Can", duty="step.promises.1"))
    holiday = held.state(on(29, 12))
    promises = next(duty for duty in holiday.open if duty.step == "promises")
    assert not promises.late_by(on(29, 12)) and promises.holder.role == "team_lead", "seen, it stays over the holiday"
    told = [notice.at.astimezone(zone) for notice in holiday.notices if notice.duty == promises.key]
    assert told == [on(28, 12, 30)], "nobody is reminded of desk work on a holiday"
    after = held.fed(Event(on(30, 17, 29), "done", step="promises")).state(on(30, 17, 40))
    assert not next(d for d in after.duties if d.step == "promises").late_by(on(30, 17, 40))
    assert "fees_back" in {duty.step for duty in after.late}


def test_two_crises_by_different_plans_are_played_beside_each_other() -> None:
    people = {role: (f"{role}-person",) for role in ("agent", "team_lead", "crisis_manager", "pr_lead", "legal")}
    runs = {
        name: Run(PLANS[plan], id=name, people=people).fed(Event(at(start), "declared", why="w"))
        for name, plan, start in (("kargo", "cargo_collapse", 0), ("veri", "data_leak", 3))
    }
    told: list[str] = []
    for minute in range(3, 60, 3):
        states = {name: run.state(at(minute)) for name, run in runs.items()}
        busy = agenda(states)
        held = [(run, duty.key) for has in busy.values() for run, duty in has]
        assert sorted(held) == sorted((name, duty.key) for name, state in states.items() for duty in state.open)
        assert all([d.due_at for _, d in has] == sorted(d.due_at for _, d in has) for has in busy.values())
        for name, state in states.items():
            told += [notice.key for notice in state.untold]
            who, first = next(((who, has[0]) for who, has in busy.items() if has[0][0] == name), ("", None))
            runs[name] = runs[name].fed(*(Event(at(minute), "told", notice=n.key) for n in state.untold))
            if first is not None and first[1].kind == "first":
                runs[name] = runs[name].fed(Event(at(minute), "seen", f"agent:{who}", duty=first[1].key))
    assert len(told) == len(set(told)), "nobody is told twice, in either"
    assert {key.split("/")[0] for key in told} == {"kargo", "veri"}
    both = agenda({name: run.state(at(4)) for name, run in runs.items()})
    assert {run for run, _ in both["team_lead-person"]} == {"kargo", "veri"}
