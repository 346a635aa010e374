"""The reply check as a whole: templates pass it, hostile texts do not break it, places and sentences are right."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from classifying import reader_of
from desk.replies import Grant, ReplyContext, check, context_for, shipped
from desk.replies.address import addresses
from desk.replies.lengths import length
from desk.replies.phrases import find_phrases
from desk.replies.reading import Reply
from desk.settings import Settings
from mention import CHANNEL_FAMILY, FAMILIES, LANGUAGES
from playbooks.drafts import draft
from playbooks.facts import FACTS, sample_facts
from playbooks.shelf import load_library

ZONE = ZoneInfo("Europe/Istanbul")
NOW = datetime(2026, 9, 1, 12, 0, tzinfo=ZONE)  # before every day that the sample facts promise
LIBRARY = load_library()
NO_COMPLAINT = ("praise", "plain_question")


@pytest.fixture(scope="module")
def reader():
    return reader_of(Settings())


def _of_family(family: str) -> str:
    usual = {"social": "x", "forum": "reddit", "portal": "sikayetvar", "marketplace": "trendyol"}
    return usual.get(family) or next(channel for channel, own in CHANNEL_FAMILY.items() if own == family)


def _about(playbook, family: str, language: str) -> ReplyContext:
    facts = sample_facts(language)
    return context_for(
        _of_family(family),
        language,
        now=NOW,
        zone=ZONE,
        customer_names=(facts["name"],),
        agent=facts["agent"],
        brand=facts["brand"],
        contact=facts["contact"],
        reference=facts["case_number"],
        authority=(Grant("refund"), Grant("voucher", Decimal(150), "TRY")),
        apology=playbook.apology,
        next_step=playbook.id not in NO_COMPLAINT,
        contact_wanted=family in ("portal", "email"),
        do_not_say=tuple(one.say.say(language) for one in playbook.do_not_say),
    )


@pytest.mark.parametrize("playbook_id", sorted(LIBRARY))
@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_every_template_passes_with_its_facts_and_is_held_without_them(playbook_id, family, language, reader):
    playbook = LIBRARY[playbook_id]
    about = _about(playbook, family, language)
    full = check(draft(playbook, family, language, sample_facts(language)), about, reader)
    assert not full, [(finding.rule, finding.what("en")) for finding in full]
    bare = draft(playbook, family, language, {})
    if FACTS["agent"].slot(language) in bare:
        assert "left_over_placeholder" in {finding.rule for finding in check(bare, about, reader)}


def test_what_blocks_comes_first_and_places_are_of_the_text(reader):
    text = "Merhaba ‹ad›!!! Sipariş numaranız 4471-209-8836, en kısa sürede döneceğiz."
    found = check(text, context_for("x", "tr", now=NOW, zone=ZONE), reader)
    places = {finding.rule: text[finding.start : finding.end] for finding in found}
    assert places == {
        "left_over_placeholder": "‹ad›",
        "personal_data_in_public": "4471-209-8836",
        "promise_without_date": "en kısa sürede",
        "exclamation_marks": "!!!",
    }
    assert [finding.blocks for finding in found] == [True, True, True, False]
    assert found[0].say("tr") == "“‹ad›” doldurulmamış. Gerçek bilgiyi yazın ya da cümleyi çıkarın."
    assert found[0].what("en") == "“‹ad›” was left unfilled."


def test_places_hold_behind_invisible_letters_and_ligatures(reader):
    text = "ﬁyat\u200b için\u0307 👩‍👧 en k\u0131sa s\u0075\u0308rede."
    found = [f for f in check(text, context_for("email", "tr", now=NOW, zone=ZONE), reader) if "date" in f.rule]
    assert [text[one.start : one.end] for one in found] == ["en k\u0131sa su\u0308rede"]


def test_what_stood_in_the_reply_is_shown_without_effect(reader):
    found = check("Merhaba \u202eabc\u202c, yolda. {limit} {found}", context_for("x", "tr", now=NOW, zone=ZONE), reader)
    said = next(one for one in found if one.rule == "hidden_characters").say("en")
    assert "\u202e" not in said and "U+202E" in said


def test_without_a_reader_the_other_rules_still_work():
    found = check("Sana ‹ad›", context_for("email", "tr", now=NOW, zone=ZONE))
    assert {finding.rule for finding in found} == {"left_over_placeholder", "not_our_form"}


@pytest.mark.parametrize(
    ("channel", "public"),
    [("x", True), ("sikayetvar", True), ("trendyol", True), ("email", False), ("whatsapp", False), ("unknown", True)],
)
def test_a_channel_is_public_unless_its_family_is_private(channel, public):
    assert context_for(channel, "tr", now=NOW, zone=ZONE).public is public
    assert context_for(channel, "tr", now=NOW, zone=ZONE, public=not public).public is not public


@pytest.mark.parametrize(
    ("text", "count", "counted"),
    [
        ("şğü", "x", 3), ("字", "x", 2), ("https://cinar.example/uzun/uzun/uzun/uzun", "x", 23),
        ("https://a.example @ayse@mastodon.example", "mastodon", 29), ("👨‍👩‍👧‍👦é", "graphemes", 2),
        ("e\u0301", "graphemes", 1), ("şğ", "bytes", 4), ("👍🏽", "plain", 2), ("a\r\nb", "graphemes", 3),
    ],
)  # fmt: skip
def test_length_is_counted_as_the_channel_counts(text, count, counted):
    assert length(text, count) == counted


SEN = "sana|seninle|kargonu|numaranı|faturana|yazabilirsin|istersen|gönderir misin|bekliyorsun|iletmelisin|haklısın"
SIZ = "size|siparişiniz|adresinizden|gönderin|iletiniz|paylaşmayın|isterseniz|misiniz|numaranıza|yazdınız|olursanız"
NEITHER = (
    "yarın|kargonun|altın|için|Aydın|kadın|insan|Nisan|Hasan|Mersin|versin|gelsin|olsun|bütün|yalnız|henüz|deniz|Denizli"
    "|üzgünüz|memnunuz|eminiz|organize|yazın|satın|yardım|zaman|siparişin|adresini|bilgilerini|Şen|ürünün|gelin|basın"
    "|metin|yakın|kalın|sakın|derin|ekranın|noksan|desen|lisan|Ulaş|gönderinin|hoş geldin kuponu|sorunu|onun|bunun"
)


@pytest.mark.parametrize(
    ("word", "form"),
    [
        *((w, "sen") for w in SEN.split("|")),
        *((w, "siz") for w in SIZ.split("|")),
        *((w, None) for w in NEITHER.split("|")),
    ],
)
@pytest.mark.parametrize("frame", ["{}", "Merhaba, {} bugün.", "Evet; {}!"])
def test_siz_and_sen_are_told_from_other_words(word, form, frame):
    found = {one.form for one in addresses(Reply(frame.format(word)), frozenset())}
    assert found == ({form} if form else set())


@pytest.mark.parametrize(
    ("phrase", "text", "found"),
    [
        ("donus yap*", "Size DÖNÜŞ\nyapılacaktır.", ["DÖNÜŞ\nyapılacaktır"]),
        ("*acagiz", "yazacağız ve arayacagiz", ["yazacağız", "arayacagiz"]),
        ("olduysek ... ozur", "olduysek, çok içten bir özür", ["olduysek, çok içten bir özür"]),
        ("olduysek ... ozur", "olduysek bir iki üç dört beş özür", []),
        ("soon", "sooner monsoon", []),
        ("dm*", "DM’den", ["DM’den"]),
    ],
)
def test_phrases_are_found_as_words(phrase, text, found):
    reply = Reply(text)
    assert [reply.written(*span) for span in find_phrases(reply, (phrase,))] == found


PIECES = st.sampled_from(
    ["‹", "{{", "[isim]", "en kısa sürede", "Fatma", "'nın", " ", "\n", ".", "!", "150 TL", "%99", "23 Kasım",
     "31.02.2026", "iade", "özür", "sana", "size", "\u202e", "\u200d", "👨‍👩‍👧", "http://", "a.example", "@",
     "İ", "ﬁ", "٣", "а", "\ud800", "0532 123 45 67", "²", "१२ TL", "9" * 30, "9999999 bin TL", "en geç", "99 Ocak 9999",
     "🏴\U000e0067\U000e007f"]
)  # fmt: skip
HOSTILE = st.one_of(st.text(max_size=80), st.lists(PIECES, max_size=25).map("".join))


class _Plain:
    """A reader that takes every other word for somebody's number."""

    def personal(self, text):
        return [("order", at, at + 1) for at in range(0, len(text), 7)]

    def language(self, text):
        return "en" if len(text) % 2 else "tr"


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(HOSTILE, st.sampled_from(["x", "trendyol", "email", "mastodon", "bluesky", "whatsapp"]),
       st.sampled_from(LANGUAGES), st.tuples(HOSTILE, HOSTILE, HOSTILE))  # fmt: skip
def test_no_text_breaks_the_check(text, channel, language, told):
    about = context_for(
        channel, language, now=NOW, zone=ZONE, other_names=told, customer_names=told[:1], colleagues=told[1:],
        contact=told[0], do_not_say=told, forbidden=told, earlier=told, hosts=told[:1], apology=True, next_step=True,
        contact_wanted=True, promised_dates=(NOW.date(),), authority=(Grant("voucher", Decimal(1), "TRY"),),
        tone="sen" if len(text) % 2 else "siz",
    )  # fmt: skip
    found = check(text, about, _Plain())
    assert found == check(text, about, _Plain())
    for finding in found:
        assert 0 <= finding.start <= finding.end <= len(text)
        assert finding.say("tr") and finding.say("en")


def test_a_long_text_gives_few_findings_of_each_rule():
    text = "Merhaba ‹ad›, 150 TL iade! " * 400
    found = check(text, context_for("x", "tr", now=NOW, zone=ZONE), None, shipped())
    assert all(sum(one.rule == rule.id for one in found) <= 20 for rule in shipped())
