"""From stored mentions to incidents, alarms and suspected crises, on both databases: each once, none lost."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from desk.crisis.detecting import SWEEP_EVERY, Detecting
from desk.crisis.knowledge import unpack
from mention import Fact
from store import Store, ingest, sources
from store import events as event_log
from store import incidents as incident_store
from store.tables_crisis import alarms, crises, detection_states, incident_mentions, incidents
from tests.integration.detecting_work import (
    BEGIN,
    BRAND,
    PLANS,
    bring,
    burst,
    detecting,
    everything,
    found,
    mention,
    quiet,
    rows,
    score,
    settings_of,
    told,
)

START = BEGIN + timedelta(hours=20)
"""When the burst begins, after sixty quiet mentions."""


def story() -> list:  # type: ignore[type-arg]
    return [*quiet(60), *burst(30, START)]


def test_a_snowball_is_placed_told_and_suspected_once(store: Store) -> None:
    ids = bring(store, *story())
    now = START + timedelta(minutes=20)
    job = detecting(store)
    done = job.run(now)
    assert (done.placed, done.alarms, done.crises) == (90, 1, 1)
    [alarm], [crisis] = rows(store, alarms), rows(store, crises)
    places = found(store)
    assert len(places) == 90 and len({places[f"b{n}"] for n in range(30)}) == 1
    assert alarm.incident_id == crisis.incident_id and crisis.key == f"incident:{alarm.incident_id}"
    assert crisis.plan == "any_crisis" and crisis.stage == "suspected"
    assert START < alarm.at <= START + timedelta(minutes=10), "seen while it was small"
    in_burst = set(ids[60:])
    assert 0 < len(alarm.proof) <= 12 and set(alarm.proof) <= in_burst and len(set(alarm.proof)) == len(alarm.proof)
    assert "15 dakikada" in alarm.facts["why"]["tr"][0] and "in 15 min" in alarm.facts["why"]["en"][0]
    [event] = told(store, "incident_alarm")
    assert event.at == alarm.at and event.data["proof"] == alarm.proof
    assert len(told(store, "crisis_suspected")) == 1
    again = detecting(store).run(now + timedelta(minutes=1))
    assert (again.placed, again.alarms, again.crises) == (0, 0, 0)
    with store.read() as tx:
        assert event_log.verify_chain(tx, BRAND) == []


def test_however_the_rounds_fall_the_same_comes_out(store: Store, tmp_path) -> None:  # type: ignore[no-untyped-def]
    pairs = story()
    bring(store, *pairs)
    detecting(store).run(START + timedelta(minutes=20))
    other = Store.open(f"sqlite:///{tmp_path / 'other.db'}")
    for place in range(0, 90, 9):
        bring(other, *pairs[place : place + 9])
        job = detecting(other)  # a process that has just begun, and knows nothing but the store
        job.run(START + timedelta(minutes=20))
    one, two = everything(store), everything(other)
    other.close()
    for name in ("placed", "incidents"):
        assert one[name] == two[name], name
    assert [row[:3] for row in one["alarms"]] == [row[:3] for row in two["alarms"]]


def test_what_was_scored_late_is_placed_too(store: Store) -> None:
    first, second, third = quiet(3)
    late = [mention("late", BEGIN - timedelta(minutes=5), "Kargom hâlâ yolda, çok geç kaldı")]
    ingest.save_batch(store, BRAND, "x", [_plain(one) for one in late], seen_at=BEGIN)
    job = detecting(store)
    bring(store, first)
    assert job.run(BEGIN).placed == 1
    bring(store, second)
    assert job.run(BEGIN + timedelta(hours=1)).placed == 1
    with store.write() as tx:
        from store import scoring

        [stored] = scoring.unscored(tx, BRAND, 10)
        scoring.save_scores(tx, BRAND, [(stored.id, score(late[0]))], [], BEGIN)
    bring(store, third)
    assert job.run(BEGIN + timedelta(hours=1, seconds=5)).placed == 2
    assert set(found(store)) == {"q0", "q1", "q2", "late"}


def test_a_sweep_finds_what_was_passed_over(store: Store) -> None:
    """A slow transaction on PostgreSQL stores a mention under an id that a round has passed already."""
    job = detecting(store)
    bring(store, *quiet(3))
    job.run(BEGIN + timedelta(hours=1))
    job._floor = 10_000
    bring(store, *quiet(4)[3:])
    assert job.run(BEGIN + timedelta(hours=1, minutes=1)).placed == 0
    assert job.run(BEGIN + timedelta(hours=1) + SWEEP_EVERY).placed == 1


def _plain(one):  # type: ignore[no-untyped-def]
    from tests.integration.store_making import fetched

    return fetched(one)[0]


def test_the_brands_own_posts_and_other_things_of_its_name_are_left_aside(store: Store) -> None:
    ours = mention("own", BEGIN, "Selvi su ısıtıcısı stoklarda", author="Marka")
    theirs = mention("else", BEGIN, "Marka diye bir köy var")
    about = Fact(kind="not_about_us", start=0, end=0, text="", value="köy")
    bring(store, (ours, score(ours)), (theirs, score(theirs, facts=[about])), *quiet(1))
    job = detecting(store)
    assert job.run(BEGIN).left_aside == 2
    assert job.run(BEGIN + SWEEP_EVERY).left_aside == 0, "looked at once"
    assert set(found(store)) == {"q0"}


def test_one_certain_text_opens_a_crisis_at_once(store: Store) -> None:
    danger = mention(1, BEGIN, "Isıtıcı patladı, çocuğun eli yandı", author="anne")
    [id] = bring(store, (danger, score(danger, "safety", "critical", 0.97)))
    done = detecting(store, **{"board": {"language": "tr"}}).run(BEGIN + timedelta(minutes=1))
    assert (done.alarms, done.crises) == (1, 1)
    [alarm], [crisis] = rows(store, alarms), rows(store, crises)
    assert (alarm.view, alarm.proof, crisis.severity) == ("at_once", [id], 3)
    assert crisis.title == "Güvenlik" or crisis.title


def test_one_certain_text_opens_one_where_the_plans_forgot_the_trigger(store: Store) -> None:
    plan = PLANS["any_crisis"]
    grows = [one for one in plan.triggers if one.kind == "growth"]
    without = {plan.id: plan.model_copy(update={"triggers": tuple(grows)})}
    danger = mention(1, BEGIN, "Isıtıcı patladı, çocuğun eli yandı")
    bring(store, (danger, score(danger, "safety", "critical", 0.97)))
    assert detecting(store, without).run(BEGIN).crises == 1


def test_an_alarm_waits_for_its_trigger_and_an_old_one_opens_nothing(store: Store) -> None:
    pairs = story()
    job = detecting(store)
    bring(store, *pairs[:68])
    done = job.run(START + timedelta(minutes=6))
    assert (done.alarms, done.crises) == (1, 0), "the plan asks for twenty mentions"
    bring(store, *pairs[68:])
    assert job.run(START + timedelta(minutes=21)).crises == 1


def test_an_imported_alarm_of_last_month_opens_nothing(store: Store) -> None:
    bring(store, *story())
    done = detecting(store).run(START + timedelta(days=20))
    assert (done.placed, done.alarms, done.crises) == (90, 1, 0)


def test_two_incidents_that_turn_out_to_be_one(store: Store) -> None:
    """The grouping's merge moves mentions, the alarm and the crisis, and the log says it."""
    job = _merging(store)
    before = {row.id: row for row in rows(store, incidents)}
    bring(store, (one := mention("m3", BEGIN + timedelta(minutes=3), "C"), score(one)))
    done = job.run(BEGIN + timedelta(minutes=3))
    assert done.merged == 1
    first, second = sorted(before)
    now = {row.id: row for row in rows(store, incidents)}
    assert now[second].merged_into == first and now[second].mentions == 0 and now[first].mentions == 3
    assert {row.incident_id for row in rows(store, incident_mentions)} == {first}
    [alarm], [crisis] = rows(store, alarms), rows(store, crises)
    assert alarm.incident_id == crisis.incident_id == first
    [event] = told(store, "incident_merged")
    assert (event.data["into"], event.data["gone"]) == (first, second)
    with store.read() as tx:
        from store import subjects

        both = {each.id for each in subjects.events_of(tx, BRAND, f"incident:{first}")}
        assert event.id in both and event.id in {
            each.id for each in subjects.events_of(tx, BRAND, f"incident:{second}")
        }


def _merging(store: Store) -> Detecting:
    """Two mentions of two incidents, the second with a crisis; a third shows them to be one."""
    from tests.integration.grouping_by_script import Scripted

    settings = settings_of(store.url)
    script = {"x:m1": ("i1", ()), "x:m2": ("i2", ()), "x:m3": ("i1", ("i2",))}
    job = Detecting(store, settings, lambda state, begun: Scripted(script, state), PLANS)
    one, two = mention("m1", BEGIN, "A"), mention("m2", BEGIN + timedelta(minutes=1), "B")
    bring(store, (one, score(one)), (two, score(two, "safety", "critical", 0.97)))
    assert job.run(BEGIN + timedelta(minutes=1)).crises == 1
    return job


def test_another_process_wrote_meanwhile_and_nothing_is_placed_twice(store: Store) -> None:
    pairs = story()
    one, two = detecting(store), detecting(store)
    bring(store, *pairs[:40])
    one.run(START)
    bring(store, *pairs[40:70])
    two.run(START + timedelta(minutes=5))
    bring(store, *pairs[70:])
    one.run(START + timedelta(minutes=20))  # it must notice that its own knowledge is old
    places = found(store)
    assert len(places) == 90 and len({places[f"b{n}"] for n in range(30)}) == 1
    assert len(rows(store, alarms)) == 1


def test_a_failed_transaction_leaves_nothing_in_memory(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    bring(store, *quiet(5))
    job = detecting(store)
    broken = True

    def keep(*arguments: object) -> None:
        if broken:
            raise RuntimeError("the disk is full")
        real(*arguments)  # type: ignore[arg-type]

    real = incident_store.keep_states
    monkeypatch.setattr("desk.crisis.detecting.incident_store.keep_states", keep)
    with pytest.raises(RuntimeError):
        job.run(BEGIN + timedelta(hours=2))
    assert found(store) == {} and rows(store, incidents) == []
    broken = False
    assert job.run(BEGIN + timedelta(hours=2)).placed == 5


def test_no_word_of_a_customer_outlives_the_mention(store: Store) -> None:
    secret = "Zürafadesenli nevresimin dikişleri patladı, Zürafadesenli takım rezalet"
    one, two = mention("s1", BEGIN, secret), mention("s2", BEGIN + timedelta(minutes=1), secret + " ya")
    bring(store, (one, score(one)), (two, score(two)))
    job = detecting(store)
    job.run(BEGIN + timedelta(minutes=2))
    assert "zuraf" in json.dumps(unpack(rows(store, detection_states)[0].state)).lower()
    ingest.save_batch(store, BRAND, "x", [], seen_at=BEGIN, gone=["s1", "s2"])
    assert all(row.why == [] for row in rows(store, incident_mentions))
    job.run(BEGIN + SWEEP_EVERY + timedelta(minutes=3))
    grouping, growth = (unpack(row.state) for row in rows(store, detection_states))
    assert "zuraf" not in json.dumps([grouping, growth]).lower()
    state = grouping
    assert state["mentions"] == {} and state["incidents"] == [] and state["copies"] == {}
    assert len(rows(store, incident_mentions)) == 2, "that they were said still counts"


@pytest.mark.parametrize("broken", ["", "not a state", "eJwDAAAAAAE="])
def test_a_state_that_cannot_be_read_is_made_again(store: Store, broken: str) -> None:
    pairs = story()
    bring(store, *pairs[:80])
    detecting(store).run(START + timedelta(minutes=12))
    with store.write() as tx:
        tx.execute(detection_states.update().values(state=broken))
    bring(store, *pairs[80:])
    done = detecting(store).run(START + timedelta(minutes=20))
    places = found(store)
    assert done.placed == 10 and len({places[f"b{n}"] for n in range(30)}) == 1, "they join what was there before"
    assert len(rows(store, alarms)) == 1
    new = quiet(61)[60:]
    bring(store, *new)
    detecting(store).run(START + timedelta(minutes=30))
    assert len(rows(store, incidents)) == len({row.name for row in rows(store, incidents)})


# --- time that was not seen


def poll(store: Store, outcome: str, at, next_at=None) -> None:  # type: ignore[no-untyped-def]
    with store.write() as tx:
        sources.record_poll(
            tx, BRAND, "x", kind="x", started_at=at, finished_at=at, outcome=outcome, fetched=0, new=0, known=0,
            rejected=0, note="", next_at=next_at or at + timedelta(minutes=1), failures=int(outcome == "refused"),
            proof="overlap" if outcome == "ok" else None,
        )  # fmt: skip


def test_time_in_which_the_only_source_was_refused_is_told_to_the_watch(store: Store) -> None:
    bring(store, *quiet(6))
    poll(store, "ok", BEGIN)
    job = detecting(store)
    job.run(BEGIN + timedelta(hours=2))
    for minute in range(3, 33):
        poll(store, "refused", BEGIN + timedelta(hours=2, minutes=minute))
        job.run(BEGIN + timedelta(hours=2, minutes=minute, seconds=10))
    assert job._known is not None
    spans = job._known.watch._unseen
    assert spans and spans[-1][2] == 1.0
    blind = sum(end - start for start, end, _ in spans)
    assert blind > 25 * 60 and len(spans) <= 2, "an outage told minute by minute is one span"
    bring(store, *quiet(7)[6:])  # it is kept with the next mention
    job.run(BEGIN + timedelta(hours=2, minutes=40))
    assert detecting(store)._look(BEGIN + timedelta(hours=2, minutes=40)) is not None
