"""Near-duplicates: what is a copy in Turkish and English, what is not, and what order and time may not change."""

from __future__ import annotations

import itertools
import time
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nlp.matters_copies import ALIKE, SHORT, NearDuplicates, folded, jaccard, shingles

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
PARCEL = "Siparişim 12345678 beş gündür gelmedi, kimse telefona bakmıyor, rezalet @HepYanda"
REFUND = "I returned the jacket three weeks ago and still have no refund, order 55512345. Nobody answers me @shop"

COPIES = [
    ("retweet", PARCEL, f"RT @ali_veli: {PARCEL}", "tr"),
    ("retweet of a retweet", PARCEL, f"RT @ali: RT @veli: {PARCEL}", "tr"),
    ("other order number", PARCEL, PARCEL.replace("12345678", "98-76543"), "tr"),
    ("other emoji and marks", PARCEL, PARCEL.replace(", rezalet", "!!! rezalet 😡😡"), "tr"),
    ("typed in ASCII", PARCEL, "Siparisim 12345678 bes gundur gelmedi, kimse telefona bakmiyor, rezalet", "tr"),
    ("shouted", PARCEL, "SİPARİŞİM 12345678 BEŞ GÜNDÜR GELMEDİ, KİMSE TELEFONA BAKMIYOR, REZALET", "tr"),
    ("a name added", PARCEL, PARCEL.replace("kimse", "Ayşe Hanım, kimse"), "tr"),
    ("hidden characters", PARCEL, PARCEL.replace("telefona", "tele\u200bfona"), "tr"),
    ("letters drawn out", PARCEL, PARCEL.replace("rezalet", "rezaleeeeet"), "tr"),
    ("a link of its own", REFUND, f"{REFUND} https://t.co/a8Xq", "en"),
    ("other name, other number", REFUND, REFUND.replace("jacket", "dress").replace("55512345", "777"), "en"),
    ("other user", REFUND, REFUND.replace("@shop", "@helpdesk"), "en"),
    ("cut off by an old retweet", REFUND, "RT @jo: " + REFUND[:75] + "…", "en"),
    ("short and equal", "kargom nerede", "Kargom nerede???", "tr"),
    ("via", REFUND, f"{REFUND} via @news", "en"),
]
OTHERS = [
    ("short, one word differs", "kargom nerede kaldı", "kargom nerede bekliyor", "tr"),
    ("short, another flight", "GA418 iptal edildi", "GA207 iptal edildi", "tr"),
    (
        "the same matter, told by another",
        PARCEL,
        "Beş gündür kargo bekliyorum, çağrı merkezine ulaşamıyorum, yazık",
        "tr",
    ),
    (
        "same words, other matter",
        REFUND,
        "The jacket I bought three weeks ago lost its zip and nobody answers at all",
        "en",
    ),
    ("cut off too early to tell", REFUND, REFUND[:20] + "…", "en"),
    ("only user names", "@a", "@b", "en"),
    ("only emoji", "😡😡", "😡😡", "tr"),
    ("nothing", "", "", "tr"),
    ("nothing to be seen", "\u200b \ufeff", "\u200b \ufeff", "en"),
]


@pytest.mark.parametrize(("what", "first", "second", "language"), COPIES, ids=[row[0] for row in COPIES])
def test_copies(what: str, first: str, second: str, language: str) -> None:
    for one, other in itertools.permutations((first, second)):
        copies = NearDuplicates()
        assert copies.add("a", one, language, NOON) is None
        assert copies.add("b", other, language, NOON) == "a", what
        assert copies.groups() == [("a", "b")]


@pytest.mark.parametrize(("what", "first", "second", "language"), OTHERS, ids=[row[0] for row in OTHERS])
def test_not_copies(what: str, first: str, second: str, language: str) -> None:
    copies = NearDuplicates()
    assert copies.add("a", first, language, NOON) is None
    assert copies.add("b", second, language, NOON) is None, what


def test_a_copy_is_a_copy_whichever_language_it_was_taken_for() -> None:
    assert folded("IIIı çoooook kötüüüü İADE ISRARLA", "tr") == folded("IIIı çoooook kötüüüü İADE ISRARLA", "en")


def test_the_first_is_the_first_posted() -> None:
    copies = NearDuplicates()
    copies.add("late", PARCEL, "tr", NOON)
    assert copies.add("early", PARCEL, "tr", NOON - timedelta(hours=2)) == "late"
    assert copies.first("late") == "early"
    assert copies.latest("early") == "late"
    assert copies.add("early", PARCEL, "tr", NOON) is None  # a replay: it is the first itself
    assert copies.first("nobody") is None


def test_a_bridge_makes_two_groups_one() -> None:
    words = [f"kelime{chr(97 + i)}{chr(98 + i)}" for i in range(24)]
    left, right = " ".join(words[:18]), " ".join(words[6:])
    bridge = " ".join(words[3:21])
    assert jaccard(shingles(left), shingles(right)) < ALIKE < jaccard(shingles(left), shingles(bridge))
    copies = NearDuplicates()
    assert [copies.add(str(i), text, "tr", NOON) for i, text in enumerate((left, right, bridge))] == [None, None, "0"]
    assert copies.groups() == [("0", "1", "2")]


def test_what_is_old_or_too_much_is_forgotten() -> None:
    copies = NearDuplicates(keep=timedelta(hours=1), most=50)
    copies.add("old", PARCEL, "tr", NOON)
    copies.add("other", REFUND, "en", NOON + timedelta(hours=2))
    assert len(copies) == 1
    assert copies.add("new", PARCEL, "tr", NOON + timedelta(hours=2)) is None
    for i in range(500):
        copies.add(f"n{i}", f"{PARCEL} {'abcdefghij'[i % 10] * 2}", "tr", NOON + timedelta(hours=2, seconds=i))
        assert len(copies) <= 50
    assert copies.add("copy", PARCEL, "tr", NOON + timedelta(hours=2, seconds=500)) is not None


def test_a_campaign_of_many_wordings_is_one_group_also_when_its_first_wordings_are_forgotten() -> None:
    letters = "abcçdefgğhıijklmnoöprsştuüvyz"
    copies = NearDuplicates(most=150)
    for i in range(400):
        name = letters[i % 29] + letters[i // 29 % 29] + letters[i * 7 % 29]
        copies.add(f"{i:04}", PARCEL.replace("kimse", f"{name} Hanım, kimse"), "tr", NOON + timedelta(seconds=i))
    assert len(copies.groups()) == 1 and len(copies) == 150


@pytest.mark.parametrize(
    "text",
    ["", " ", "😡" * 5_000, "a" * 1_000_000, "RT @x: " * 100_000, "RT" + " " * 100_000, "@" * 100_000, "\ud800" * 50,
     "ş\u0327" * 50_000, "&amp;" * 50_000, "\x00" * 100, "#" * 100_000, "<phone> <url>", "٣٤٥ ٦٧٨", "مرحبا " * 40],
)  # fmt: skip
def test_hostile_texts(text: str) -> None:
    copies = NearDuplicates()
    copies.add("a", text, "tr", NOON)
    again = copies.add("b", text, "tr", NOON)
    assert again == ("a" if folded(text, "tr") else None)


def test_bounds_must_bound() -> None:
    with pytest.raises(ValueError, match="alike"):
        NearDuplicates(alike=0)
    with pytest.raises(ValueError, match="bound"):
        NearDuplicates(most=0)
    with pytest.raises(ValueError, match="time zone"):
        NearDuplicates().add("a", "text", "tr", datetime(2026, 11, 22))


TEXTS = st.lists(
    st.one_of(
        st.sampled_from([row[1] for row in COPIES + OTHERS] + [row[2] for row in COPIES + OTHERS]),
        st.text(max_size=120),
        st.lists(st.sampled_from(PARCEL.split()), min_size=6, max_size=14).map(" ".join),
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=60, deadline=None)
@given(texts=TEXTS, data=st.data())
def test_order_of_arrival_does_not_change_the_groups(texts: list[str], data: st.DataObject) -> None:
    order = data.draw(st.permutations(range(len(texts))))
    found = []
    for places in (range(len(texts)), order):
        copies = NearDuplicates()
        for place in places:
            copies.add(str(place), texts[place], "tr", NOON)
        found.append((copies.groups(), [copies.first(str(place)) for place in range(len(texts))]))
    assert found[0] == found[1]
    members = [id for group in found[0][0] for id in group]
    assert sorted(members) == sorted(str(i) for i, text in enumerate(texts) if folded(text, "tr"))


@settings(max_examples=60, deadline=None)
@given(one=st.text(max_size=300), other=st.text(max_size=300))
def test_jaccard_is_a_share_and_has_no_direction(one: str, other: str) -> None:
    left, right = shingles(folded(one, "tr")), shingles(folded(other, "tr"))
    assert 0 <= jaccard(left, right) == jaccard(right, left) <= 1
    assert not len(left) or jaccard(left, left) == 1
    assert len(shingles("x" * (SHORT - 36))) == 0


def test_ten_times_the_mentions_cost_not_much_more_each() -> None:
    def seconds(copies: NearDuplicates, begin: int, count: int) -> float:
        begun = time.process_time()
        for i in range(begin, begin + count):
            words = " ".join(f"{'bcdfghklmn'[i // 10**k % 10]}{'aeiou'[(i + k) % 5]}s{k}t" for k in range(12))
            copies.add(str(i), words, "tr", NOON)
        return time.process_time() - begun

    copies = NearDuplicates()
    few = seconds(copies, 0, 200)
    seconds(copies, 200, 1_800)
    assert seconds(copies, 2_000, 200) < 4 * few + 0.05
