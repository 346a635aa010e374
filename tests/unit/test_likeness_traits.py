"""What a mention tells of its author: accounts, addresses, numbers, names; what is the brand's own tells nothing."""

from __future__ import annotations

import string
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.settings import Brand, Settings
from desk.team import Agent
from desk.traits import MOST, Ours, is_private, ours_of, plain_email, traits_of
from mention import Fact, LabelScore, Mention, Score

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)
NOBODY = Ours()


def wrote(text: str = "Merhaba", **fields: Any) -> Mention:
    start = {"source": "x", "native_id": "1", "text": text, "author": None, "published_at": NOON}
    return Mention(**(start | fields))


def scored(*facts: tuple[str, str]) -> Score:
    label = LabelScore(label="neutral", probs={})
    found = tuple(Fact(kind=kind, start=0, end=1, text=value, value=value) for kind, value in facts)
    return Score(
        native_id="1", source="x", language="tr", sentiment=label, urgency=label, topic=label, model="t", facts=found
    )


def told(mention: Mention, score: Score | None = None, ours: Ours = NOBODY, kind: str = "") -> set[str]:
    return {f"{t.kind} {t.value}" for t in traits_of(mention, score, ours) if kind in ("", t.kind)}


CLAIMED = [
    ("X'te @ayse_k benim, oraya da yazdım", "x:ayse_k"),
    ("Twitter'da @ayse hesabı benim", "x:ayse"),
    ("Twitter’daki @ayse bana ait", "x:ayse"),
    ("Instagram hesabım: ayse.kaya, oradan da yazdım.", "instagram:ayse.kaya"),
    ("instagram hesabım @aysekaya", "instagram:aysekaya"),
    ("Ekşi nickim: kirik_fincan", "eksi:kirik_fincan"),
    ("donanımhaber kullanıcı adım @tamirci35", "donanimhaber:tamirci35"),
    ("My Reddit is u/blue_mug, same story there", "reddit:blue_mug"),
    ("my twitter account is @BlueMug.", "x:bluemug"),
    ("I'm @blue_mug on X by the way", "x:blue_mug"),
    ("u/blue_mug on reddit is me", "reddit:blue_mug"),
]


@pytest.mark.parametrize(("text", "value"), CLAIMED)
def test_an_account_that_the_author_claims(text: str, value: str) -> None:
    assert told(wrote(text), kind="declared") == {f"declared {value}"}


NOT_CLAIMED = [
    "X'te @ayse benim değil",
    "X'teki @ayse ben değilim, karıştırmayın",
    "@cinarev cevap verin",
    "instagram hesabım çalındı, yardım edin",
    "twitter hesabım kapandi",
    "Instagram'da @sehirkargo sayfasına baktım",
    "My Reddit is u/blue_mug? not me",
    "my x is broken",
    "u/blue_mug on reddit is a liar",
    "Max'te @ayse benim",
]


@pytest.mark.parametrize("text", NOT_CLAIMED)
def test_no_account_is_claimed(text: str) -> None:
    assert told(wrote(text), kind="declared") == set()


def test_the_accounts_own_description_counts() -> None:
    bio = wrote("Kargom nerede", extra={"bio": "Sinop. Instagram hesabım: ayse.kaya"})
    assert told(bio, kind="declared") == {"declared instagram:ayse.kaya"}


SIGNED = [
    ("Kargom gelmedi.\n\nSaygılarımla,\nTuğçe Balaban", "tugce balaban"),
    ("Bilginize.\nİyi günler,\n\n  TUĞÇE BALABAN", "tugce balaban"),
    ("Teşekkürler. Tuğçe Balaban", "tugce balaban"),
    ("Merhaba, ben Tuğçe Balaban, geçen hafta sipariş verdim", "tugce balaban"),
    ("Adım Tuğçe Nur Balaban.", "tugce nur balaban"),
    ("Kind regards,\nJohn Q. Miller", "john q. miller"),
    ("Hello, my name is Ingrid Moe and I am waiting", "ingrid moe"),
]


@pytest.mark.parametrize(("text", "name"), SIGNED)
def test_signed_names(text: str, name: str) -> None:
    assert told(wrote(text), kind="name") == {f"name {name}"}


@pytest.mark.parametrize(
    "text",
    ["Ben Ankara'dan yazıyorum", "Saygılarımla", "Teşekkürler Çınar Ev", "Ben Müşteri Hizmetleri ile görüştüm",
     "Saygılar,\nAyşe", "I am Very Angry'", "iyi günler dilerim herkese"],
)  # fmt: skip
def test_no_name_is_signed(text: str) -> None:
    assert told(wrote(text), kind="name") == set()


def test_a_name_shown_beside_the_account() -> None:
    assert told(wrote(author_name="Tuğçe Balaban"), kind="name") == {"name tugce balaban"}
    for shown in ("Tuğçe", "tugce_balaban", "Kargo Mağdurları 2026", "A B", "Çınar Ev Destek", None):
        assert told(wrote(author_name=shown), kind="name") == set()


def test_accounts_addresses_and_numbers() -> None:
    mail = wrote(
        source="destek", author="Ayse.Kaya+cinar@gmail.com", extra={"channel": "email", "reply_to": "A@b.example"}
    )
    assert told(mail) == {"email aysekaya@gmail.com", "email a@b.example"}
    assert told(wrote(source="mesaj", author="905321234567", extra={"channel": "whatsapp"})) == {"phone +905321234567"}
    assert told(wrote(author="@Ayşe_K")) == {"handle x:ayse_k"}
    assert told(wrote(source="r", author="u/Blue", extra={"channel": "reddit_message"})) == {"handle reddit:blue"}
    # Two forums of one kind are two places, and a portal's Ayşe is anybody.
    assert told(wrote(source="forum-a", author="usta", extra={"channel": "forum"})) == {"handle forum-a:usta"}
    facts = scored(("order", "SN-4711 5678"), ("tracking", "KP01234567891"), ("phone", "+905321234567"),
                   ("email", "Ayse@Ev.Example"), ("city", "Gerze, Sinop"),
                   ("iban", "TR00"), ("amount", "100 TRY"))  # fmt: skip
    assert told(wrote(), facts) == {
        "order SN47115678", "tracking KP01234567891", "phone +905321234567", "email ayse@ev.example", "city sinop",
    }  # fmt: skip


@pytest.mark.parametrize("number", ["1111111", "123456", "987654", "12", "SN-0000", "AB"])
def test_a_number_that_was_made_up(number: str) -> None:
    assert told(wrote(), scored(("order", number))) == set()


def test_what_is_the_brands_own_tells_nothing() -> None:
    settings = Settings(
        brand=Brand(name="Çınar Ev", handles=("cinarev",), contact="destek@cinarev.example, 0850 222 11 00"),
        agents=(Agent(name="Elif Tuna"),),
    )
    ours = ours_of(settings, ["mert@ofis.example"], ["+902121112233"])
    facts = scored(("email", "destek@cinarev.example"), ("email", "fatura@cinarev.example"), ("phone", "+908502221100"),
                   ("phone", "+902121112233"), ("email", "mert@ofis.example"), ("email", "noreply@kargo.example"),
                   ("phone", "+904441234"))  # fmt: skip
    text = "X'te @cinarev hesabım @cinarev benim\nSaygılarımla,\nElif Tuna"
    assert told(wrote(text, author="cinarev"), facts, ours) == set()
    assert ours_of(Settings(brand=Brand(name="B", contact="bizim@gmail.com"))).domains == frozenset()


@pytest.mark.parametrize(
    ("written", "plain"),
    [("A.B@GMAIL.com", "ab@gmail.com"), ("a.b+x@googlemail.com", "ab@gmail.com"), ("a.b@ev.example", "a.b@ev.example"),
     ("<a@b.example>", "a@b.example"), ("a@b", ""), ("@b.example", ""), ("a", ""), ("a@b@c.example", ""),
     ("+x@gmail.com", ""), ("No-Reply@b.example", "")],
)  # fmt: skip
def test_addresses_in_one_spelling(written: str, plain: str) -> None:
    assert plain_email(written) == plain


@pytest.mark.parametrize(
    ("channel", "extra", "private"),
    [("email", {}, True), ("whatsapp", {}, True), ("reddit_message", {}, True), ("x", {}, False), ("portal", {}, False),
     ("x", {"private": True}, True), ("unheard-of", {}, False)],
)  # fmt: skip
def test_who_reads_along(channel: str, extra: dict[str, Any], private: bool) -> None:
    assert is_private(wrote(source="s", extra={"channel": channel, **extra})) is private


@given(st.text(max_size=300), st.text(max_size=40), st.text(max_size=40), st.text(string.printable, max_size=60))
def test_whatever_strangers_write_is_read(text: str, author: str, name: str, bio: str) -> None:
    mention = wrote(text or ".", author=author, author_name=name, extra={"bio": bio, "reply_to": bio})
    found = traits_of(mention, None, NOBODY)
    assert len(found) <= MOST
    assert all(each.value for each in found)


@pytest.mark.parametrize(
    "piece", ["X'te @a", "Saygılarımla ", "Ben Ali ", "my x is ", "Ali Ali ", "instagram hesabım "]
)
def test_a_hostile_text_is_read_in_time(piece: str) -> None:
    assert len(traits_of(wrote(piece * 200_000), None, NOBODY)) <= MOST
