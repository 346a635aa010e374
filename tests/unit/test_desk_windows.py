"""When a platform takes an answer: open to the last moment, closed from then on, and always a sentence."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from desk.clock import ClockError, Clocks
from desk.policy import Policy, policy_from
from desk.story import LINES
from desk.windows import RULES, Window, may_send
from mention import CHANNEL_FAMILY

ZONE = Policy().zone
WROTE = datetime(2026, 11, 23, 10, tzinfo=ZONE)  # a Monday
DAY = timedelta(hours=24)

WINDOWS = [  # channel, private, closes after
    ("whatsapp", True, DAY),
    ("whatsapp", False, DAY),  # there is nothing public there
    ("WhatsApp", True, DAY),
    ("messenger", True, DAY),
    ("instagram_message", True, DAY),
    ("instagram", True, DAY),
    ("facebook", True, DAY),
    ("trendyol", False, 3 * DAY),
    ("hepsiburada", False, 2 * DAY),
    ("instagram", False, None),
    ("facebook", False, None),
    ("x", False, None),
    ("x_message", True, None),
    ("reddit", False, None),
    ("reddit_message", True, None),
    ("mastodon", False, None),
    ("bluesky", True, None),
    ("email", True, None),
    ("a source of our own", False, None),
]


@pytest.mark.parametrize(("channel", "private", "after"), WINDOWS)
def test_open_until_it_closes(channel: str, private: bool, after: timedelta | None) -> None:
    if after is None:
        late = may_send(channel, private, WROTE, None, WROTE + 400 * DAY)
        assert late == Window(True, None, late.why) and late.why.code == "window_none"
        return
    at = WROTE + after
    before = may_send(channel, private, WROTE, None, at - timedelta(microseconds=1))
    assert before.open and before.closes_at == at and before.why.code == "window_open"
    closed = may_send(channel, private, WROTE, None, at)
    assert not closed.open and closed.closes_at == at


CLOSED = [
    (
        "whatsapp",
        "send an approved message template or call",
        "onaylı bir mesaj şablonu gönderin ya da müşteriyi arayın",
    ),
    ("messenger", "reach the customer by e-mail or phone", "müşteriye e-postayla ya da telefonla ulaşın"),
    ("trendyol", "through their order in the seller panel", "satıcı panelindeki siparişi üzerinden ulaşın"),
]


@pytest.mark.parametrize(("channel", "english", "turkish"), CLOSED)
@pytest.mark.parametrize("wrote", [WROTE, None])
def test_a_closed_window_says_what_to_do_instead(
    channel: str, english: str, turkish: str, wrote: datetime | None
) -> None:
    why = may_send(channel, True, wrote, None, WROTE + 9 * DAY).why
    if wrote is not None:
        assert english in why.text(ZONE) and turkish in why.text(ZONE, "tr")
        assert "2026-11-2" in why.text(ZONE)
    else:
        assert why.code.startswith("window_unopened_") and channel in why.text(ZONE, "tr")


def test_every_sentence_of_a_window_can_be_said_in_both_languages() -> None:
    said = {}
    for channel in (*RULES, "x"):
        for wrote in (WROTE, None):
            for delivered in (None, WROTE + DAY):
                for after in (timedelta(hours=1), 9 * DAY):
                    window = may_send(channel, True, wrote, delivered, WROTE + after)
                    said[window.why.code] = window.why
    assert set(said) == {code for code in LINES if code.startswith("window_")}
    for line in said.values():
        english, turkish = line.text(ZONE), line.text(ZONE, "tr")
        assert english != turkish and "{" not in english + turkish


def test_what_the_platform_delivered_stands_instead_of_its_usual_window() -> None:
    delivered = WROTE + timedelta(hours=30)
    assert may_send("hepsiburada", False, WROTE, delivered, delivered - timedelta(seconds=1)).open
    closed = may_send("hepsiburada", False, WROTE, delivered, delivered)
    assert not closed.open and "the deadline it delivered" in closed.why.text(ZONE)
    other = may_send("portal", False, WROTE, delivered, delivered)
    assert not other.open and other.why.code == "window_closed_another"
    assert may_send("hepsiburada", False, None, delivered, WROTE).closes_at == delivered
    never = datetime(9999, 12, 31, tzinfo=UTC)
    assert may_send("hepsiburada", False, WROTE, never, WROTE).closes_at == WROTE + 2 * DAY


def test_a_customer_who_writes_again_opens_the_window_again() -> None:
    again = WROTE + timedelta(hours=40)
    assert not may_send("whatsapp", True, WROTE, None, again).open
    assert may_send("whatsapp", True, again, None, again).closes_at == again + DAY
    # the deadline of an earlier message says nothing of a later one
    assert may_send("hepsiburada", False, again, WROTE + DAY, again).closes_at == again + 2 * DAY


def test_business_days_are_those_of_the_country() -> None:
    eve = datetime(2026, 10, 28, 10, tzinfo=ZONE)
    closes = datetime(2026, 11, 3, 10, tzinfo=ZONE)  # over Republic Day and a weekend
    assert may_send("trendyol", False, eve, None, eve).closes_at == closes
    assert Clocks(Policy()).may_send("trendyol", False, eve, None, eve).closes_at == closes
    none = Clocks(policy_from({"holidays": None})).may_send("trendyol", False, eve, None, eve)
    assert none.closes_at == datetime(2026, 11, 2, 10, tzinfo=ZONE)


@pytest.mark.parametrize("channel", sorted(RULES))
def test_the_deadline_and_the_window_are_one(channel: str) -> None:
    slow = Clocks(policy_from({"promises": {"same_day": {"within": "30d", "clock": "always"}}}))
    due = slow.due(WROTE, "same_day", channel)
    assert due.limit == "platform" and due.due_at == slow.may_send(channel, False, WROTE, None, WROTE).closes_at


def test_the_channels_are_known_ones() -> None:
    assert set(RULES) <= set(CHANNEL_FAMILY)
    for wrong in ((WROTE.replace(tzinfo=None), WROTE), (WROTE, WROTE.replace(tzinfo=None))):
        with pytest.raises(ClockError, match="has no offset"):
            may_send("x", False, wrong[0], None, wrong[1])
