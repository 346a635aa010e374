"""From the draft to the answer that the customer has: one message, one answer in the log, by the hand that gave it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from desk.desk import DeskError
from desk.granting import cancel
from desk.roles import NotAllowed, Refused
from desk.sending.protocol import CannotTell, MaybeSent
from desk.sending.protocol import Refused as SenderRefused
from store import events as event_log
from store.engine import Store
from tests.integration.answering_work import TEXT, WAYS, Flow, flows, minutes
from tests.integration.concession_making import at_once

ELIF = "agent:Elif"
VOUCHER = {"solution": "voucher", "amount": "100.00", "currency": "TRY"}
LARGE = {"solution": "voucher", "amount": "300.00", "currency": "TRY"}


@pytest.fixture
def dialect() -> str:
    """SQLite, but where a test says `both`: what the store must do on its own is tested on both elsewhere."""
    return "sqlite"


both = pytest.mark.parametrize("dialect", ["sqlite", "postgresql"])


@pytest.fixture
def flow(store: Store, tmp_path: Path) -> Iterator[Flow]:
    yield from flows(store, tmp_path)


def send(flow: Flow, case_id: int, way: str = "x public", name: str = "Elif", at: float = 10, **more: Any) -> str:
    told = {"text": TEXT.format(name), "send_key": f"{name}-{way}", **more}
    desk = flow.hand(name)
    key = flow.keys(case_id, minutes(at), name)[way]
    return desk.send(case_id, key, "tr", told["text"], told["send_key"], minutes(at), told.get("after"))


def newest(flow: Flow, case_id: int) -> int:
    return max(event.id for event in flow.desk.case(case_id, minutes(0)).events)


def asked(flow: Flow, name: str, at: float) -> list[int]:
    return [one.id for one in flow.hand(name).approvals(minutes(at))]


# --- where ---


def test_the_customer_is_reached_where_they_wrote_last_first_and_by_phone(flow: Flow) -> None:
    case_id = flow.three()
    found = flow.desk.targets(flow.desk.case(case_id, minutes(4)), minutes(4))
    shown = [(one.channel, one.family, one.private, one.way, one.window.open) for one in found]
    assert shown == [
        ("email", "email", True, "send", True),
        ("sikayetvar", "portal", False, "send", True),
        ("x", "social", False, "send", True),
        ("x", "direct", True, "send", True),
        ("email", "phone", True, "by_hand", True),
    ]
    assert next(one.who for one in found if one.channel == "x") == "Ayşe Yılmaz"
    assert len({one.key for one in found}) == len(found)


def test_a_deleted_mention_is_answered_nowhere_but_an_earlier_one_there_is(flow: Flow) -> None:
    flow.bring(at=minutes(0))
    last = flow.bring("hâlâ yok", at=minutes(1))
    [case_id] = flow.ids(now=minutes(2))
    desk = flow.desk
    assert desk.targets(desk.case(case_id, minutes(2)), minutes(2))[0].mention_id == last
    view = desk.case(case_id, minutes(2))
    gone = tuple(m if m.id != last else type(m)(**{**vars(m), "deleted_at": minutes(2)}) for m in view.mentions)
    before = desk.targets(type(view)(**{**vars(view), "mentions": gone}), minutes(2))
    assert {one.mention_id for one in before} == {last - 1}
    none = tuple(type(m)(**{**vars(m), "deleted_at": minutes(2)}) for m in view.mentions)
    assert desk.targets(type(view)(**{**vars(view), "mentions": none}), minutes(2)) == ()


def test_a_closed_window_says_why_and_sends_nothing(flow: Flow) -> None:
    flow.bring("soru", at=minutes(0), source="trendyol", extra={"answer_by": minutes(30).isoformat()})
    [case_id] = flow.ids(now=minutes(1))
    flow.desk.senders.ways["trendyol"] = (False,)  # type: ignore[attr-defined]
    first, *_ = flow.desk.targets(flow.desk.case(case_id, minutes(31)), minutes(31))
    assert first.channel == "trendyol" and not first.window.open
    with pytest.raises(Refused) as refused:
        send(flow, case_id, "trendyol public", at=31)
    assert "kapattı" in refused.value.say("tr") and "closed" in refused.value.say("en")
    assert flow.replies(case_id) == []
    with pytest.raises(DeskError, match="choose another channel"):
        flow.desk.send(case_id, "999:public", "tr", TEXT, "k", minutes(5))


# --- in which words ---


def test_one_decision_and_every_draft_follows_the_sum_in_private_only(flow: Flow) -> None:
    case_id = flow.three()
    desk, now = flow.desk, minutes(5)
    desk.decide(case_id, {**VOUCHER, "facts": {"cause": "depo taşındı"}, "delivery_date": "2026-11-23"}, now)
    view = desk.case(case_id, now)
    drafts = {
        (one.channel, one.family): desk.draft(case_id, one.family, "tr", now, one.key)
        for one in desk.targets(view, now)
    }
    for (channel, family), text in drafts.items():
        private = family in ("email", "direct", "phone")
        assert ("100" in text) is private, (channel, family)
        assert private or "çözüm önerimiz var" in text
    assert "depo taşındı" in drafts["email", "email"] and "23 Kasım" in drafts["email", "email"]
    assert "Ayşe Yılmaz" in drafts["x", "direct"]
    assert "Değerli müşterimiz" in drafts["email", "email"], "nobody is greeted by a mail address"
    assert "‹" in drafts["email", "email"], "what nobody knows yet is a slot, and a slot cannot be sent"
    with pytest.raises(Refused):
        send(flow, case_id, "email private", text=drafts["email", "email"])
    view = desk.case(case_id, minutes(6))
    assert desk.decision_of(view) is not None and len(flow.given(case_id)) == 1


def test_the_check_finds_what_may_not_go_and_send_refuses_in_both_languages(flow: Flow) -> None:
    case_id = flow.one()
    key = flow.keys(case_id, minutes(5))["x public"]
    bad = "Merhaba, özür dileriz. Sipariş no 12345678, 5.000 TL iade edeceğiz, bugün 17.00’ye kadar. [isim]"
    found = flow.desk.check_reply(case_id, key, "tr", bad, minutes(5))
    assert {"left_over_placeholder", "amount_beyond_authority"} <= {one.rule for one in found if one.blocks}
    with pytest.raises(Refused) as refused:
        flow.desk.send(case_id, key, "tr", bad, "k", minutes(5))
    assert refused.value.say("tr") != refused.value.say("en")
    assert flow.replies(case_id) == [] and flow.events(case_id, "send_queued") == []
    assert not [one for one in flow.desk.check_reply(case_id, key, "tr", TEXT.format("Elif"), minutes(5)) if one.blocks]


def test_another_sum_than_the_one_granted_may_not_be_promised(flow: Flow) -> None:
    case_id = flow.one()
    flow.desk.decide(case_id, VOUCHER, minutes(5))
    send(flow, case_id, at=5)  # told, so it stands
    flow.desk.decide(case_id, {**VOUCHER, "amount": "900.00"}, minutes(6))  # waits for a yes
    assert [given.state for given in flow.given(case_id)] == ["promised"]
    key = flow.keys(case_id, minutes(7))["x private"]
    text = "Merhaba, özür dileriz. Size 900 TL hediye çeki veriyoruz; bugün 17.00’ye kadar size yazacağız. Elif"
    assert "amount_beyond_authority" in {o.rule for o in flow.desk.check_reply(case_id, key, "tr", text, minutes(7))}


# --- sending ---


@both
def test_from_send_to_answered_under_the_writers_hand_when_it_was_sent(flow: Flow) -> None:
    case_id = flow.one()
    assert send(flow, case_id) == "queued"
    assert (
        flow.events(case_id, "answered") == [] and flow.clock(case_id, "first_answer", minutes(11)).state == "running"
    )
    flow.sender.at = minutes(12)
    done = flow.deliver(minutes(40))
    assert (done.sent, done.failed, done.unsure) == (1, 0, 0)
    [event] = flow.events(case_id, "answered")
    assert (event.by, event.at, event.data["text"]) == (ELIF, minutes(12), TEXT.format("Elif"))
    first = flow.clock(case_id, "first_answer", minutes(41))
    assert (first.state, first.stopped_at) == ("met", minutes(12))
    row = flow.desk.case(case_id, minutes(41)).row
    assert (row.status, row.assignee) == ("answered", "Elif")
    [sent] = flow.desk.sent_replies(case_id)
    assert (sent.state, sent.sent_at) == ("sent", minutes(12)) and sent.url.startswith("https://p.example/")
    assert [m["text"] for m in flow.sender.platform.shown()] == [TEXT.format("Elif")]
    assert flow.deliver(minutes(50)).sent == 0
    with pytest.raises(DeskError, match="cannot be taken back"):
        flow.desk.undo(case_id, minutes(51))
    with flow.store.read() as tx:
        assert event_log.verify_chain(tx, flow.desk.brand) == []


@both
def test_the_customer_writes_between_sending_and_recording(flow: Flow) -> None:
    case_id = flow.one()
    send(flow, case_id)
    flow.sender.at = minutes(11)
    flow.sender.then = lambda: flow.bring("peki ne zaman?", at=minutes(11.5), now=minutes(12))
    flow.deliver(minutes(12))
    row = flow.desk.case(case_id, minutes(13)).row
    assert row.status != "answered" and case_id in flow.ids(now=minutes(13))
    again = flow.clock(case_id, "next_answer", minutes(13))
    assert (again.state, again.started_at) == ("running", minutes(11.5)) and row.due_clock == "next_answer"
    assert flow.clock(case_id, "first_answer", minutes(13)).state == "met"


def test_three_ways_answered_are_one_first_answer(flow: Flow) -> None:
    case_id = flow.three()
    for number, way in enumerate(("x public", "sikayetvar public", "email private")):
        assert send(flow, case_id, way, at=10 + number, after=newest(flow, case_id)) == "queued"
        flow.sender.at = minutes(10 + number)
        flow.deliver(minutes(10 + number))
    assert [event.at for event in flow.events(case_id, "answered")] == [minutes(10), minutes(11), minutes(12)]
    clocks = flow.desk.case(case_id, minutes(20)).clocks
    assert [(c.clock, c.state) for c in clocks if "answer" in c.clock] == [("first_answer", "met")]
    assert flow.clock(case_id, "first_answer", minutes(20)).stopped_at == minutes(10)
    assert sorted((m["to"], m["private"]) for m in flow.sender.platform.shown()) == [
        ("ayse", False), ("ayse-y", False), ("ayse@posta.example", True),
    ]  # fmt: skip


@both
def test_one_press_is_one_message_whenever_it_is_told_again(flow: Flow) -> None:
    case_id = flow.one()
    assert [send(flow, case_id), send(flow, case_id)] == ["queued", "queued"]
    flow.deliver(minutes(11))
    assert send(flow, case_id, at=12) == "queued"
    assert len(flow.replies(case_id)) == 1 and len(flow.sender.platform.shown()) == 1
    with pytest.raises(DeskError, match="in other words"):
        send(flow, case_id, at=12, text=TEXT.format("Saygılarımla, Elif"))


@pytest.mark.parametrize("delivered", [True, False])
def test_a_colleagues_answer_that_i_have_not_read_stops_mine(flow: Flow, delivered: bool) -> None:
    case_id = flow.one()
    seen = newest(flow, case_id)
    send(flow, case_id, name="Mert", at=9)
    if delivered:
        flow.deliver(minutes(9))
    with pytest.raises(DeskError, match="Mert answered this customer at 10:09"):
        send(flow, case_id, after=seen)
    with pytest.raises(DeskError, match="Mert answered"):
        flow.desk.answer(case_id, "x", "", minutes(10), seen)
    assert send(flow, case_id, at=11, after=newest(flow, case_id)) == "queued"


@both
def test_of_two_who_press_at_once_one_sends_and_one_reads(flow: Flow) -> None:
    case_id = flow.one()
    seen = newest(flow, case_id)
    problems = at_once([
        lambda name=name: send(flow, case_id, name=name, after=seen)  # type: ignore[misc]
        for name in ("Elif", "Mert", "Leyla", "Can")
    ])  # fmt: skip
    assert [type(problem) for problem in problems] == [DeskError] * 3, problems
    assert len(flow.replies(case_id)) == 1


@both
def test_four_who_approve_at_once_send_it_once(flow: Flow) -> None:
    case_id = flow.one(urgency="critical")
    send(flow, case_id)
    [question] = asked(flow, "Can", 26)
    problems = at_once([
        lambda name=name: flow.hand(name).decide_approval(question, True, "", minutes(26))  # type: ignore[misc]
        for name in ("Can", "Pelin", "Can", "Pelin")
    ])  # fmt: skip
    assert len(problems) == 3 and len(flow.replies(case_id)) == 1


def test_a_colleagues_answer_that_was_taken_back_stops_nobody(flow: Flow) -> None:
    case_id = flow.one()
    seen = newest(flow, case_id)
    send(flow, case_id, name="Mert", at=9)
    flow.hand("Mert").cancel_send(flow.replies(case_id)[0].id, minutes(9))
    assert send(flow, case_id, after=seen) == "queued"


@pytest.mark.parametrize("how", ["merged", "split"])
def test_an_answer_on_its_way_reaches_the_case_that_its_mention_is_in_by_then(flow: Flow, how: str) -> None:
    lead = flow.hand("Leyla")
    flow.bring(at=minutes(0))
    flow.bring("fatura da yanlış", at=minutes(1))
    [case_id] = flow.ids(now=minutes(2))
    send(flow, case_id, at=5)
    if how == "split":
        there = lead.split(case_id, [flow.replies(case_id)[0].mention_id or 0], minutes(6))
    else:
        flow.bring("kargom", at=minutes(3), source="forum", author="ayse-f")
        there = max(flow.ids(now=minutes(6)))
        a, b = (flow.desk.case(one, minutes(6)).row.person_id or 0 for one in (case_id, there))
        lead.link_persons(case_id, a, b, minutes(6))
        lead.merge(there, case_id, minutes(6))
    flow.deliver(minutes(7))
    assert len(flow.events(there, "answered")) == 1 and flow.events(case_id, "answered") == []
    assert flow.clock(there, "first_answer", minutes(8)).state == "met"


def test_an_answer_given_by_hand_is_recorded_once_and_sends_nothing(flow: Flow) -> None:
    case_id = flow.three()
    key = flow.keys(case_id, minutes(5))["sikayetvar public"]
    seen = newest(flow, case_id)
    for _ in range(2):
        flow.desk.answer(case_id, "Yazdık.", "https://s.example/1", minutes(10), seen, key)
    [event] = flow.events(case_id, "answered")
    assert (event.by, event.data["channel"], event.data["link"]) == (ELIF, "sikayetvar", "https://s.example/1")
    assert flow.clock(case_id, "first_answer", minutes(11)).state == "met" and flow.replies(case_id) == []
    assert flow.desk.case(case_id, minutes(11)).row.status == "answered"


def test_where_nothing_sends_the_reply_is_copied(flow: Flow) -> None:
    case_id = flow.three()
    for way in ("email phone",):
        with pytest.raises(DeskError, match="copy the answer"):
            send(flow, case_id, way)
    WAYS_LEFT = {**WAYS, "x": ()}
    flow.desk.senders.ways = WAYS_LEFT  # type: ignore[attr-defined]
    assert "x private" not in flow.keys(case_id, minutes(9)) and "x public" in flow.keys(case_id, minutes(9))
    with pytest.raises(DeskError, match="copy the answer"):
        send(flow, case_id)


@pytest.mark.parametrize(
    ("name", "act"),
    [
        ("Vera", lambda f, c, d: send(f, c, name="Vera")),
        ("Vera", lambda f, c, d: d.answer(c, "x", "", minutes(9))),
        ("Vera", lambda f, c, d: d.decide(c, VOUCHER, minutes(9))),
        ("Vera", lambda f, c, d: d.note(c, "x", minutes(9))),
        ("Vera", lambda f, c, d: d.begin_reply(c, minutes(9))),
        ("Vera", lambda f, c, d: d.set_tier(c, "gold", minutes(9))),
        ("Vera", lambda f, c, d: d.cancel_send(1, minutes(9))),
        ("Vera", lambda f, c, d: d.send_again(1, minutes(9))),
        ("Vera", lambda f, c, d: d.it_is_there(1, "", minutes(9))),
        ("Hakan", lambda f, c, d: send(f, c, name="Hakan")),
        ("Hakan", lambda f, c, d: d.answer(c, "x", "", minutes(9))),
        ("Hakan", lambda f, c, d: d.decide(c, VOUCHER, minutes(9))),
        ("Elif", lambda f, c, d: (f.hand("Mert").claim(c, minutes(8)), d.assign(c, "Leyla", minutes(9)))),
    ],
)
def test_what_a_role_may_not_do(flow: Flow, name: str, act: Any) -> None:
    case_id = flow.one()
    with pytest.raises(NotAllowed, match=name):
        act(flow, case_id, flow.hand(name))
    assert flow.replies(case_id) == [] and flow.given(case_id) == []
    assert flow.events(case_id, "decided") == [] and flow.events(case_id, "answered") == []


# --- when it does not go out ---


def refused() -> None:
    raise SenderRefused("Too long for them.")


def lost() -> None:
    raise MaybeSent("No answer came.")


def blind() -> None:
    raise CannotTell("They cannot be asked.")


@both
def test_a_reply_that_was_refused_is_sent_again_or_not_at_all(flow: Flow) -> None:
    case_id = flow.one()
    send(flow, case_id)
    flow.sender.before = refused
    assert flow.deliver(minutes(11)).failed == 1
    [reply] = flow.desk.sent_replies(case_id)
    assert (reply.state, reply.error) == ("failed", "Too long for them.")
    assert flow.clock(case_id, "first_answer", minutes(12)).state == "running"
    flow.sender.before = lambda: None
    flow.desk.send_again(reply.id, minutes(12))
    assert flow.deliver(minutes(12)).sent == 1 and len(flow.events(case_id, "answered")) == 1
    for act in (flow.desk.send_again, flow.desk.cancel_send):
        with pytest.raises(DeskError, match="sent by now"):
            act(reply.id, minutes(13))
    with pytest.raises(DeskError, match="no reply 999"):
        flow.desk.cancel_send(999, minutes(13))


@pytest.mark.parametrize("there", [True, False])
def test_a_reply_of_which_nobody_knows(flow: Flow, there: bool) -> None:
    case_id = flow.one()
    send(flow, case_id)
    flow.sender.look = blind
    if there:
        flow.sender.then = lost
    else:
        flow.sender.before = lost
    flow.deliver(minutes(11))
    flow.deliver(minutes(20))
    [reply] = flow.desk.sent_replies(case_id)
    assert reply.state == "unsure" and flow.events(case_id, "answered") == []
    flow.sender.before = flow.sender.then = lambda: None
    if there:
        with pytest.raises(DeskError, match="https"):
            flow.desk.it_is_there(reply.id, "javascript:x", minutes(30))
        flow.hand("Mert").it_is_there(reply.id, "https://p.example/1", minutes(30))
    else:
        flow.desk.send_again(reply.id, minutes(30))
        flow.deliver(minutes(30))
    assert len(flow.sender.platform.shown()) == 1
    [event] = flow.events(case_id, "answered")
    first = flow.clock(case_id, "first_answer", minutes(31))
    assert event.by == ELIF and first.state == "met"
    assert abs(first.stopped_at - minutes(11 if there else 30)) < timedelta(minutes=1), "when it was tried"


def test_a_reply_taken_back_is_no_answer(flow: Flow) -> None:
    case_id = flow.one()
    send(flow, case_id)
    flow.desk.cancel_send(flow.replies(case_id)[0].id, minutes(10))
    assert flow.deliver(minutes(11)).sent == 0
    assert flow.sender.platform.shown() == [] and flow.desk.case(case_id, minutes(12)).row.status != "answered"


# --- approvals ---


@both
def test_a_critical_answer_in_public_waits_for_a_yes_and_goes_out_word_for_word(flow: Flow) -> None:
    case_id = flow.one(urgency="critical")
    assert [send(flow, case_id), send(flow, case_id)] == ["asked", "asked"]
    assert flow.replies(case_id) == [] and len(flow.events(case_id, "reply_waits")) == 1
    assert asked(flow, "Elif", 11) == [] and asked(flow, "Pelin", 11) == [] and asked(flow, "Vera", 11) == []
    [question] = flow.hand("Can").approvals(minutes(11))
    assert (question.text, question.asked_by, question.public) == (TEXT.format("Elif"), "Elif", True)
    assert asked(flow, "Pelin", 26) == [question.id], "as deputy, a quarter of an hour later"
    assert [row.case_id for row in flow.hand("Can").approval_rows(minutes(11))] == [case_id]
    for name in ("Elif", "Vera", "Mert"):
        with pytest.raises(NotAllowed):
            flow.hand(name).decide_approval(question.id, True, "", minutes(12))
    flow.hand("Can").decide_approval(question.id, True, "", minutes(12))
    with pytest.raises(Refused):
        flow.hand("Can").decide_approval(question.id, True, "", minutes(12))
    [reply] = flow.replies(case_id)
    assert (reply.by, reply.text, reply.approval_id) == (ELIF, TEXT.format("Elif"), question.id)
    flow.deliver(minutes(13))
    assert [event.by for event in flow.events(case_id, "answered")] == [ELIF]
    assert send(flow, case_id, at=14) == "queued", "the same press, told again"
    with pytest.raises(Refused, match="second time"):
        send(flow, case_id, at=14, send_key="another press")
    assert len(flow.sender.platform.shown()) == 1


def test_a_no_has_its_reason_and_a_changed_text_is_asked_anew(flow: Flow) -> None:
    case_id = flow.one(urgency="critical")
    send(flow, case_id)
    [first] = asked(flow, "Can", 11)
    with pytest.raises(Refused, match="Say why"):
        flow.hand("Can").decide_approval(first, False, " ", minutes(11))
    flow.hand("Can").decide_approval(first, False, "tarihi yazın", minutes(11))
    assert flow.replies(case_id) == [] and flow.events(case_id, "approval_rejected")[0].by == "agent:Can"
    other = TEXT.format("Elif").replace("17.30", "17.00")
    key = flow.keys(case_id, minutes(12))["x public"]
    assert "kriz" in flow.desk.needs_approval(case_id, key, other, "tr", minutes(12)).lower()
    assert send(flow, case_id, at=12, text=other, send_key="k2") == "asked"
    [second] = asked(flow, "Can", 13)
    changed = other.replace("özür dileriz", "çok özür dileriz")
    assert send(flow, case_id, at=13, text=changed, send_key="k3") == "asked"
    [third] = asked(flow, "Can", 14)
    assert third not in (first, second), "the second is withdrawn: its text was changed"
    flow.hand("Can").decide_approval(third, True, "", minutes(14))
    assert [reply.text for reply in flow.replies(case_id)] == [changed]
    assert flow.desk.needs_approval(case_id, key, changed, "tr", minutes(15)) == ""


def held(flow: Flow, case_id: int) -> list[str]:
    return [event.data["tr"] for event in flow.events(case_id, "reply_held")]


@pytest.mark.parametrize(
    ("meanwhile", "goes"),
    [
        (lambda f, c: f.bring("hâlâ yok!", at=minutes(11), urgency="critical"), False),
        (lambda f, c: send(f, c, "x private", "Mert", 11), False),
        (lambda f, c: f.hand("Mert").answer(c, "Yazdım.", "", minutes(11)), False),
        (lambda f, c: f.desk.answer(c, "Yazdım.", "", minutes(11)), False),
        (lambda f, c: f.desk.resolve(c, minutes(11)), False),
        (lambda f, c: f.desk.decide(c, VOUCHER, minutes(11)), False),
        (lambda f, c: send(f, c, "x private", at=11), True),
        (lambda f, c: f.desk.note(c, "aradım", minutes(11)), True),
        (lambda f, c: [send(f, c, "sikayetvar public", at=11), approve(f, "Can", 12, -1)], True),
    ],
)  # fmt: skip
def test_an_approved_reply_stays_where_somebody_wrote_since(flow: Flow, meanwhile: Any, goes: bool) -> None:
    case_id = flow.three(urgency="critical")
    send(flow, case_id)
    meanwhile(flow, case_id)
    flow.deliver(minutes(12))
    before = len(flow.replies(case_id))
    approve(flow, "Can", 13, 0)
    assert len(flow.replies(case_id)) - before == int(goes)
    assert bool(held(flow, case_id)) is not goes, "its writer reads in the log why it stayed"
    assert flow.events(case_id, "approved"), "the yes itself stands"


def approve(flow: Flow, name: str, at: float, number: int = 0) -> int:
    question = asked(flow, name, at)[number]
    flow.hand(name).decide_approval(question, True, "", minutes(at))
    return question


def test_an_approved_reply_that_has_grown_stale_stays(flow: Flow) -> None:
    case_id = flow.one(urgency="critical")
    send(flow, case_id)
    approve(flow, "Can", 60 * 24)
    assert flow.replies(case_id) == [] and len(held(flow, case_id)) == 1, "it says today, and it is tomorrow"
    assert send(flow, case_id, at=60 * 24 + 5, send_key="k2") == "queued", (
        "its writer has read it again: the yes is good"
    )
    [reply] = flow.replies(case_id)
    assert reply.approval_id is not None


def test_a_reply_that_waits_in_a_case_that_was_merged_is_held_where_its_customer_is_now(flow: Flow) -> None:
    x = flow.one(urgency="critical")
    portal = flow.write("ayse-y", at=1, source="sikayetvar")
    send(flow, x)
    lead = flow.hand("Leyla")
    a, b = (flow.desk.case(one, minutes(11)).row.person_id or 0 for one in (x, portal))
    lead.link_persons(x, a, b, minutes(11))
    lead.merge(portal, x, minutes(11))
    approve(flow, "Can", 12)
    assert flow.replies(x) == [] and len(held(flow, portal)) == 1
    assert send(flow, portal, at=13, send_key="k2") == "asked", "in the case that it is in now"


def test_held_or_not_the_writers_next_press_is_good_without_another_question(flow: Flow) -> None:
    case_id = flow.one(urgency="critical")
    send(flow, case_id)
    flow.bring("hâlâ yok", at=minutes(11), urgency="critical")
    approve(flow, "Can", 12)
    assert flow.replies(case_id) == []
    assert send(flow, case_id, at=13, send_key="k2") == "queued"
    assert asked(flow, "Can", 14) == [] and len(flow.replies(case_id)) == 1


def test_an_approval_that_comes_after_the_platform_closed_sends_nothing(flow: Flow) -> None:
    extra = {"answer_by": minutes(20).isoformat()}
    flow.bring("kargom nerede", at=minutes(0), source="trendyol", urgency="critical", extra=extra)
    [case_id] = flow.ids(now=minutes(1))
    flow.desk.senders.ways["trendyol"] = (False,)  # type: ignore[attr-defined]
    text = "Merhaba, siparişiniz söz verdiğimiz günde ulaşmadı, özür dileriz. Bugün 17.30’a kadar bilgi vereceğiz. Elif"
    assert send(flow, case_id, "trendyol public", text=text) == "asked"
    approve(flow, "Can", 21)
    assert flow.replies(case_id) == [] and "kapattı" in held(flow, case_id)[0]


def test_a_script_that_was_approved_is_not_posted(flow: Flow) -> None:
    case_id = flow.one()
    flow.hand("Leyla").decide(case_id, LARGE, minutes(5))
    assert send(flow, case_id, "x phone") == "asked"
    approve(flow, "Leyla", 11)
    assert flow.replies(case_id) == [] and held(flow, case_id) == []


def test_a_private_answer_about_a_large_sum_is_read_first(flow: Flow) -> None:
    case_id = flow.one()
    flow.hand("Leyla").decide(case_id, LARGE, minutes(5))
    assert send(flow, case_id, "x private") == "asked"
    assert send(flow, case_id, "x private", "Leyla", at=11) == "queued", "who approves it needs nobody"


# --- concessions ---


def test_what_is_within_my_limit_is_granted_with_the_decision_once(flow: Flow) -> None:
    case_id = flow.one()
    for at in (5, 6):
        flow.desk.decide(case_id, VOUCHER, minutes(at))
    flow.desk.decide(case_id, {**VOUCHER, "facts": {"cause": "depo taşındı"}}, minutes(7))
    flow.hand("Mert").decide(case_id, {**VOUCHER, "delivery_date": "2026-11-23"}, minutes(8))
    [given] = flow.given(case_id)
    assert (given.granted_by, str(given.amount), given.state) == ("Elif", "100.00", "promised")
    assert len(flow.events(case_id, "decided")) == 3 and len(flow.events(case_id, "concession_granted")) == 1


def test_another_offer_takes_the_place_of_one_that_was_not_told(flow: Flow) -> None:
    case_id = flow.one()
    flow.desk.decide(case_id, VOUCHER, minutes(5))
    flow.desk.decide(case_id, {**VOUCHER, "amount": "150.00"}, minutes(6))
    flow.desk.decide(case_id, VOUCHER, minutes(7))
    assert [(str(g.amount), g.state) for g in flow.given(case_id)] == [
        ("100.00", "cancelled"), ("150.00", "cancelled"), ("100.00", "promised"),
    ]  # fmt: skip
    send(flow, case_id)
    flow.desk.decide(case_id, {**VOUCHER, "amount": "120.00"}, minutes(12))
    states = [(str(g.amount), g.state) for g in flow.given(case_id)][2:]
    assert states == [("100.00", "promised"), ("120.00", "promised")], "what the customer was told stands"


def test_a_cancelled_offer_that_is_decided_again_is_given_again(flow: Flow) -> None:
    case_id = flow.one()
    flow.desk.decide(case_id, VOUCHER, minutes(5))
    flow.desk.decide(case_id, {"facts": {"cause": "depo"}}, minutes(6))
    assert [g.state for g in flow.given(case_id)] == ["cancelled"]
    for at in (7, 8):
        flow.desk.decide(case_id, VOUCHER, minutes(at))
    assert [g.state for g in flow.given(case_id)] == ["cancelled", "promised"]
    with flow.store.write() as tx:
        cancel(tx, flow.desk.brand, flow.given(case_id)[1].id, flow.desk.agent(), "yanlış", minutes(9))
    for at in (10, 11):
        flow.desk.decide(case_id, VOUCHER, minutes(at))
    assert [g.state for g in flow.given(case_id)] == ["cancelled", "cancelled", "promised"]


@both
def test_what_is_past_my_limit_is_asked_for_and_given_by_my_hand_after_the_yes(flow: Flow) -> None:
    case_id = flow.one()
    for at in (5, 6):
        flow.desk.decide(case_id, LARGE, minutes(at))
    assert flow.given(case_id) == [] and len(flow.events(case_id, "concession_waits")) == 1
    [question] = asked(flow, "Leyla", 7)
    flow.hand("Leyla").decide_approval(question, True, "", minutes(8))
    with pytest.raises(Refused):
        flow.hand("Can").decide_approval(question, True, "", minutes(8))
    flow.desk.decide(case_id, LARGE, minutes(9))
    [given] = flow.given(case_id)
    assert (given.granted_by, str(given.amount), given.approval_id) == ("Elif", "300.00", question)
    assert asked(flow, "Leyla", 10) == [] and len(flow.events(case_id, "concession_granted")) == 1


def test_an_offer_that_was_changed_while_it_waited_is_not_given(flow: Flow) -> None:
    case_id = flow.one()
    flow.desk.decide(case_id, LARGE, minutes(5))
    [old] = asked(flow, "Leyla", 6)
    flow.desk.decide(case_id, {**LARGE, "amount": "350.00"}, minutes(6))
    assert old not in asked(flow, "Leyla", 7), "its question is withdrawn"
    [new] = asked(flow, "Leyla", 7)
    flow.hand("Leyla").decide_approval(new, False, "çok", minutes(8))
    assert flow.given(case_id) == []
    flow.desk.decide(case_id, {**LARGE, "amount": "350.00"}, minutes(9))
    assert len(asked(flow, "Leyla", 10)) == 1, "asked again after a no"


def test_nothing_is_decided_on_a_closed_case_or_without_a_playbook(flow: Flow) -> None:
    case_id = flow.one()
    flow.desk.resolve(case_id, minutes(5))
    with pytest.raises(DeskError, match="reopen"):
        flow.desk.decide(case_id, VOUCHER, minutes(6))
    with pytest.raises(DeskError, match="reopen"):
        send(flow, case_id)
    flow.bring(topic="other", author="veli", at=minutes(1))
    other = max(flow.ids(now=minutes(2)))
    with pytest.raises(DeskError, match="No playbook"):
        flow.desk.decide(other, VOUCHER, minutes(6))
    with pytest.raises(DeskError):
        flow.desk.decide(other, {"facts": {"no_such_fact": "x"}}, minutes(6))
