"""A run, minute by minute: who is told, reminded, passed over; what comes when; and that order does not matter."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desk.calendar import calendar_of, from_us, to_us
from desk.policy import Policy
from playbooks.crisis.events import Event
from playbooks.crisis.run import Run
from playbooks.crisis.shelf import load_plans
from playbooks.crisis.state import agenda
from tests.unit.crisis_player import T0, B, at, declared, holder, open_steps, out_of_it, play, small

PLAN = load_plans()["any_crisis"]


# -- nobody takes it ---------------------------------------------------------------------------------------------


def test_a_suspected_crisis_that_nobody_takes_goes_up_and_stays_with_the_last() -> None:
    run = Run(PLAN).fed(Event(T0, "suspected", why="23 in 15 min"))
    went = [(minute, holder(run, "take.1", minute)[0]) for minute in (0, 4, 5, 9, 10, 14, 15, 19, 20, 600)]
    assert went == [
        (0, "team_lead"),
        (4, "team_lead"),
        (5, "crisis_manager"),
        (9, "crisis_manager"),
        (10, "pr_lead"),
        (14, "pr_lead"),
        (15, "executive"),
        (19, "executive"),
        (20, "executive"),
        (600, "executive"),
    ]
    told = {notice.role for notice in run.state(at(20)).notices}
    assert told == {"team_lead", "crisis_manager", "pr_lead", "executive"}
    assert run.state(at(600)).notices[-1].kind == "reminder", (
        "the last in the chain is reminded until somebody takes it"
    )


def test_who_took_it_must_declare_or_dismiss_and_is_replaced_where_they_do_not() -> None:
    run = Run(PLAN).fed(Event(T0, "suspected", why="w"), Event(at(2), "taken", "agent:Ali"))
    assert [duty.kind for duty in run.state(at(3)).open] == ["declare"]
    assert holder(run, "declare.1", 3)[0] == "team_lead" and holder(run, "declare.1", 8)[0] == "crisis_manager"
    done = run.fed(Event(at(9), "dismissed", "agent:Can", why="a joke"))
    assert done.state(at(10)).stage == "dismissed" and not done.state(at(10)).open
    again = done.fed(Event(at(30), "suspected", why="no joke"))
    assert [duty.key for duty in again.state(at(30)).open] == ["take.2"]


@pytest.mark.parametrize(
    ("events", "kind"),
    [
        ([], "taken"),
        ([], "contained"),
        ([], "closed"),
        ([], "reviewed"),
        ([], "updated"),
        ([], "dismissed"),
        (["declared"], "suspected"),
        (["declared"], "declared"),
        (["declared"], "reviewed"),
        (["declared"], "dismissed"),
        (["declared", "closed"], "contained"),
        (["declared", "closed"], "reviewed"),
        (["declared", "closed"], "updated"),
    ],
)
def test_a_stage_is_reached_only_from_those_before_it(events: list[str], kind: str) -> None:
    run = Run(PLAN).fed(*(Event(at(i), event, why="w") for i, event in enumerate(events)))
    bad = Event(at(9), kind, why="w")
    assert run.refusal(bad)
    state, before = run.fed(bad).state(at(10)), run.state(at(10))
    assert [refusal.event.type for refusal in state.refused] == [kind]
    assert (state.stages, state.duties) == (before.stages, before.duties)


# -- updates -----------------------------------------------------------------------------------------------------


def test_updates_come_within_five_minutes_then_every_twenty_for_two_hours_then_hourly() -> None:
    run = declared(PLAN)
    due = [run.state(at(0)).next_update_at]
    for minute in (4, 20, 40, 60, 80, 100, 118, 130):
        run = run.fed(Event(at(minute), "updated", "agent:Pelin"))
        due.append(run.state(at(minute)).next_update_at)
    assert due == [at(m) for m in (5, 24, 40, 60, 80, 100, 120, 138, 190)]
    assert run.fed(Event(at(140), "contained", why="w")).state(at(141)).next_update_at is None
    late = declared(PLAN).state(at(6))
    assert "update.1" in [duty.key for duty in late.late]
    assert holder(declared(PLAN), "update.1", 6)[0] == "executive", "nobody published: it is the deputy's now"


# -- holders -----------------------------------------------------------------------------------------------------


def test_who_has_seen_it_has_the_whole_time_box_and_who_has_not_their_patience() -> None:
    plan = small([{"id": "a"}], ["a"])
    run = declared(plan)
    assert [holder(run, "step.a.1", m)[0] for m in (0, 4, 5, 9, 10)] == [
        "agent",
        "agent",
        "team_lead",
        "team_lead",
        "crisis_manager",
    ]
    seen = run.fed(Event(at(3), "seen", "agent:Ali", duty="step.a.1"))
    assert [holder(seen, "step.a.1", m)[0] for m in (5, 9, 10)] == ["agent", "agent", "team_lead"]
    too_late = run.fed(Event(at(6), "seen", "agent:Ali", duty="step.a.1"))
    assert holder(too_late, "step.a.1", 6)[0] == "team_lead", "it had gone on before"


def test_people_by_name_away_back_and_handed_over() -> None:
    plan = small([{"id": "a", "within": "3h", "hand_over_after": "3h"}], ["a"])
    run = declared(plan, people={"agent": ("Ali", "Oya"), "team_lead": ("Can",)})
    assert holder(run, "step.a.1", 1) == ("agent", "Ali")
    gone = run.fed(Event(at(10), "absent", person="Ali"))
    assert holder(gone, "step.a.1", 11) == ("agent", "Oya")
    both = gone.fed(Event(at(20), "absent", person="Oya"))
    assert holder(both, "step.a.1", 21) == ("team_lead", "Can"), "nobody of the role is there: the deputy, at once"
    given_ = run.fed(Event(at(10), "handed_over", "agent:Ali", role="agent", person="Su"))
    assert holder(given_, "step.a.1", 11) == ("agent", "Su")
    assert [notice.person for notice in given_.state(at(11)).notices if notice.duty == "step.a.1"] == ["Ali", "Su"]
    started = declared(plan, people={"agent": ("Ali", "Oya")}, present=frozenset({"Oya"}))
    assert holder(started, "step.a.1", 0) == ("agent", "Oya")


def test_where_nobody_at_all_is_there_the_last_role_is_told_that_nobody_is() -> None:
    plan = small([{"id": "a"}], ["a"])
    run = declared(plan).fed(*(Event(at(-1), "absent", person=r) for r in ("agent", "team_lead", "crisis_manager")))
    state = run.state(at(0))
    assert {duty.holder.role for duty in state.open} == {"crisis_manager"}
    assert {notice.why.tr for notice in state.untold} == {"yerinde kimse yok; bulunabilen ilk kişi siz olun"}


def test_reminders_repeat_until_done_or_handed_over_and_only_the_newest_is_owed() -> None:
    plan = small([{"id": "a", "within": "1h", "hand_over_after": "1h", "remind_every": "20m"}], ["a"])
    run = declared(plan)

    def keys(minutes: float) -> list[str]:
        return [
            n.key.rsplit("/", 1)[-1]
            for n in run.state(at(minutes)).notices
            if n.duty == "step.a.1" and n.kind == "reminder"
        ]

    assert [keys(m) for m in (19, 20, 41, 60)] == [[], ["r1"], ["r2"], []], (
        "at 60 it is the deputy's, with its own count"
    )
    assert keys(80) == ["r1"]
    assert not [n for n in run.fed(Event(at(30), "done", step="a")).state(at(90)).notices if n.duty == "step.a.1"]


# -- branches, strands, loops ------------------------------------------------------------------------------------

OPTIONS = [{"id": "yes", "title": B, "means": B, "next": ["b"]}, {"id": "no", "title": B, "means": B, "next": []}]


def test_strands_join_and_a_branch_not_taken_is_not_waited_for() -> None:
    steps = [
        {"id": "a", "next": ["c"]},
        {"id": "q", "kind": "decide", "options": OPTIONS},
        {"id": "b", "next": ["c"]},
        {"id": "c"},
    ]
    run = declared(small(steps, ["a", "q"]))
    run = run.fed(Event(at(1), "done", step="a"))
    assert open_steps(run, 1) == ["q"] and run.state(at(1)).waiting == ("c",)
    no = run.fed(Event(at(2), "decided", step="q", option="no", why="w"))
    yes = run.fed(Event(at(2), "decided", step="q", option="yes", why="w"))
    assert open_steps(no, 2) == [] or open_steps(no, 2) == ["c"]
    assert open_steps(yes, 2) == ["b"]
    assert open_steps(yes.fed(Event(at(3), "done", step="b")), 3) == ["c"]
    first = [step | {"join": "any"} if step["id"] == "c" else step for step in steps]
    quick = declared(small(first, ["a", "q"])).fed(Event(at(1), "done", step="a"))
    assert open_steps(quick, 1) == ["c", "q"]
    done = quick.fed(
        *(Event(at(m), "done", step=s) for m, s in ((2, "c"), (4, "b"))),
        Event(at(3), "decided", step="q", option="yes", why="w"),
    )
    assert open_steps(done, 5) == [], "the slower strand does not begin it again"


def test_a_branch_that_ends_lets_go_of_what_waited_for_it() -> None:
    steps = [
        {"id": "a", "next": ["c"]},
        {"id": "q", "kind": "decide", "options": OPTIONS},
        {"id": "b", "next": ["c"]},
        {"id": "c"},
    ]
    run = declared(small(steps, ["a", "q"])).fed(
        Event(at(1), "done", step="a"), Event(at(2), "decided", step="q", option="no", why="w")
    )
    assert open_steps(run, 2) == ["c"]


def test_a_wait_ends_by_itself_and_a_loop_begins_again_with_a_number() -> None:
    options = [{"id": "again", "title": B, "means": B, "next": ["w"]}, {"id": "out", "title": B, "means": B}]
    steps = [
        {"id": "w", "kind": "wait", "within": "30m", "next": ["q"]},
        {"id": "q", "kind": "decide", "options": options},
    ]
    run = declared(small(steps, ["w"]))
    assert open_steps(run, 29) == ["w"] and open_steps(run, 30) == ["q"]
    run = run.fed(Event(at(31), "decided", step="q", option="again", why="w"))
    assert [duty.key for duty in run.state(at(61)).open if duty.step] == ["step.q.2"]
    assert [duty.began_at for duty in run.state(at(61)).duties if duty.key == "step.w.2"] == [at(31)]


def test_it_flares_up_again() -> None:
    run = declared(PLAN).fed(
        Event(at(60), "contained", why="falling"),
        Event(at(90), "declared", "agent:Ece", why="a film"),
    )
    state = run.state(at(90))
    assert state.stage == "declared" and state.next_update_at == at(95)
    assert "first.crisis_manager.2" in [duty.key for duty in state.open], "they are told again: it is new"


def test_severity_tells_more_roles_and_nobody_twice() -> None:
    run = declared(PLAN).fed(Event(at(1), "severity", "agent:Ece", severity=3, why="someone is hurt"))
    run = run.fed(Event(at(2), "severity", "agent:Ece", severity=3, why="said again"))
    firsts = [duty.role for duty in run.state(at(3)).duties if duty.kind == "first"]
    assert sorted(firsts) == ["crisis_manager", "executive", "legal", "pr_lead"]


# -- time --------------------------------------------------------------------------------------------------------


def test_across_midnight_and_a_holiday_time_is_counted_by_the_desk() -> None:
    zone = ZoneInfo("Europe/Istanbul")
    calendar = calendar_of(Policy.model_validate({}))

    def count(start: datetime, length: timedelta, clock: str) -> datetime:
        if clock == "always":
            return start + length
        return from_us(calendar.add_staffed(to_us(start), length // timedelta(microseconds=1)))

    plan = small([{"id": "a", "within": "2h", "clock": "staffed"}, {"id": "n", "within": "2h"}], ["a", "n"])
    # Wednesday 28 October 2026 closes at 13:00 for the eve; the 29th is a holiday; the desk opens on Friday at 9.
    start = datetime(2026, 10, 28, 12, 30, tzinfo=zone)
    run = Run(plan, count=count).fed(Event(start, "declared", why="w"))
    due = {duty.step: duty.due_at.astimezone(zone) for duty in run.state(start).duties if duty.step}
    assert due["a"] == datetime(2026, 10, 30, 10, 30, tzinfo=zone)
    assert due["n"] == datetime(2026, 10, 28, 14, 30, tzinfo=zone)
    night = datetime(2026, 10, 28, 23, 59, tzinfo=zone)
    over = (
        Run(plan, count=count).fed(Event(night, "suspected", why="w")).state(datetime(2026, 10, 29, 0, 5, tzinfo=zone))
    )
    assert over.open[0].holder.role == "team_lead", "suspected before midnight, with the deputy after it"


def test_times_of_any_zone_and_none() -> None:
    tokyo = T0.astimezone(ZoneInfo("Asia/Tokyo"))
    local = Run(PLAN).fed(Event(tokyo, "declared", "agent:Ece", why="it is one"))
    assert local.state(tokyo) == declared(PLAN).state(T0)
    with pytest.raises(ValueError, match="no offset"):
        Event(datetime(2026, 1, 1), "declared", why="w")
    with pytest.raises(ValueError, match="no offset"):
        Run(PLAN).state(datetime(2026, 1, 1))
    with pytest.raises(ValueError, match="needs 'why'"):
        Event(T0, "declared")


# -- two at once -------------------------------------------------------------------------------------------------


def test_two_crises_at_once_share_people_and_no_notice() -> None:
    people = {role: (f"{role}-person",) for role in ("agent", "team_lead", "crisis_manager", "pr_lead", "legal")}
    one, two = (
        Run(PLAN, id=name, people=people).fed(Event(at(i), "declared", why="w"))
        for i, name in enumerate(("kargo", "gaz"))
    )
    states = {run.id: run.state(at(2)) for run in (one, two)}
    keys = [notice.key for state in states.values() for notice in state.notices]
    assert len(keys) == len(set(keys))
    both = agenda(states)["crisis_manager-person"]
    assert {run for run, _ in both} == {"kargo", "gaz"}
    assert [duty.due_at for _, duty in both] == sorted(duty.due_at for _, duty in both)
    done = one.fed(Event(at(2), "seen", duty="first.crisis_manager.1"))
    assert two.state(at(2)) == states["gaz"] and done.state(at(2)) != states["kargo"]


# -- properties --------------------------------------------------------------------------------------------------

PLAYED, _ = play(Run(PLAN), out_of_it(Run(PLAN).plan))
END = max(event.at for event in PLAYED.events)


@given(seed=st.integers(0, 10**6), minutes=st.integers(0, int((END - T0).total_seconds() // 60)))
@settings(max_examples=40, deadline=None)
def test_the_order_in_which_events_arrive_does_not_matter(seed: int, minutes: int) -> None:
    shuffled = list(PLAYED.events) + random.Random(seed).sample(PLAYED.events, 3)  # and some arrive twice
    random.Random(seed).shuffle(shuffled)
    assert Run(PLAN, events=tuple(shuffled)).state(at(minutes)) == PLAYED.state(at(minutes))


MOVES = st.lists(
    st.tuples(
        st.integers(0, 240),
        st.sampled_from(
            [
                ("suspected", {"why": "w"}),
                ("taken", {}),
                ("declared", {"why": "w"}),
                ("contained", {"why": "w"}),
                ("closed", {"why": "w"}),
                ("dismissed", {"why": "w"}),
                ("updated", {}),
                ("reviewed", {"why": "w"}),
                ("absent", {"person": "crisis_manager"}),
                ("present", {"person": "crisis_manager"}),
                ("handed_over", {"role": "pr_lead", "person": "Pelin"}),
                ("seen", {"duty": "take.1"}),
                ("seen", {"duty": "step.danger.1"}),
                ("done", {"step": "keep_posts"}),
                ("done", {"step": "pause"}),
                ("done", {"step": "facts"}),
                ("done", {"step": "holding_write"}),
                ("done", {"step": "nowhere"}),
                ("decided", {"step": "danger", "option": "danger", "why": "w"}),
                ("decided", {"step": "danger", "option": "no_danger", "why": "w"}),
                ("decided", {"step": "whose", "option": "unknown", "why": "w"}),
            ]
        ),
    ),
    max_size=14,
)


@given(moves=MOVES, seed=st.integers(0, 999))
@settings(max_examples=60, deadline=None)
def test_whatever_happens_nobody_is_told_twice_nobody_is_forgotten_and_it_is_always_the_same(moves, seed) -> None:
    events = [Event(at(minute), kind, **more) for minute, (kind, more) in moves]
    run, told = Run(PLAN), []
    for minute in range(0, 260, 20):
        state = run.state(at(minute))
        keys = [notice.key for notice in state.untold]
        assert len(keys) == len(set(keys)) and not set(keys) & set(told)
        told += keys
        run = run.fed(*(Event(at(minute), "told", notice=key) for key in keys))
        run = run.fed(*(event for event in events if at(minute) < event.at <= at(minute + 20)))
        for duty in state.open:  # with somebody, in unbroken legs, and whoever has it was told of it
            assert duty.holder.until is None and duty.legs[0].since == duty.began_at
            assert all(a.until == b.since for a, b in zip(duty.legs, duty.legs[1:], strict=False))
            assert any(n.duty == duty.key and n.role == duty.holder.role for n in state.notices)
    shuffled = list(run.events)
    random.Random(seed).shuffle(shuffled)
    assert Run(PLAN, events=tuple(shuffled)).state(at(260)) == run.state(at(260))


def test_a_killed_worker_that_missed_two_hours_tells_every_holder_once_and_one_reminder() -> None:
    run = Run(PLAN).fed(Event(T0, "suspected", why="w"))
    untold = run.state(at(120)).untold
    assert [notice.role for notice in untold if notice.kind != "reminder"] == [
        "team_lead",
        "crisis_manager",
        "pr_lead",
        "executive",
    ]
    assert len([notice for notice in untold if notice.kind == "reminder"]) == 1
    after = run.fed(*(Event(at(120), "told", notice=notice.key) for notice in untold))
    assert not after.state(at(121)).untold


def test_utc_is_what_comes_out() -> None:
    assert all(duty.began_at.tzinfo is UTC for duty in PLAYED.state(END).duties)
