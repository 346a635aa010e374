"""Drafts: facts are values, slots are visible, white space is settled, and a template can do nothing but a letter."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mention import FAMILIES, LANGUAGES
from playbooks.checks import reply_problems
from playbooks.drafts import DraftError, draft, length_on, placeholders, render, settle
from playbooks.facts import FACTS, MAX_LINE, sample_facts, say_fact
from playbooks.shelf import load_library
from playbooks.words import say_day, say_money
from tests.tries import tries

LIBRARY = load_library()
LATE = LIBRARY["late_delivery"]


def test_missing_facts_are_visible_slots_in_the_language():
    assert "‹sipariş numarası›" in draft(LATE, "email", "tr", {})
    assert "‹order number›" in draft(LATE, "email", "en", {})
    assert "‹sipariş numarası›" in draft(LATE, "email", "tr", {"order_number": "  "})
    assert "‹sipariş numarası›" in draft(LATE, "email", "tr", {"order_number": None})


def test_known_facts_stand_in_the_letter_and_unknown_names_are_not_used():
    text = draft(LATE, "email", "tr", {"name": "Ayşe", "order_number": 447120, "shoe_size": "38"})
    assert text.startswith("Sayın Ayşe,") and "447120" in text and "38" not in text


def test_a_condition_follows_what_is_known():
    without = draft(LATE, "email", "tr", {})
    with_cause = draft(LATE, "email", "tr", {"cause": "depoda sayım"})
    assert "firmasına soruyor" in without and "firmasına soruyor" not in with_cause
    assert "Gecikmenin sebebi: depoda sayım." in with_cause


HOSTILE = [
    "{{ 7*7 }}",
    "{% for x in range(10**9) %}x{% endfor %}",
    "{{ ''.__class__.__mro__ }}",
    "{# hidden #}",
    "<script>alert(1)</script>",
    "=HYPERLINK('http://x','y')",
    "**bold** [link](javascript:alert(1))",
    'O\'Brien & "Söhne" <a@b.example>',
    "%s %(name)s {0} {name}",
    "\\n\\u0041",
    "‹order number›",
    "🦊 İIıi ŞĞÜ",
]


@pytest.mark.parametrize("hostile", HOSTILE)
@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_values_stay_exactly_the_text_they_are(hostile, language):
    for playbook in LIBRARY.values():
        for family in FAMILIES:
            text = draft(playbook, family, language, {**sample_facts(language), "name": hostile})
            assert hostile in text
            assert text.count("49") == draft(playbook, family, language, sample_facts(language)).count("49")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("Ayşe\n\nSayın müdür", "Ayşe Sayın müdür"),
        ("Ali\r\nVeli", "Ali Veli"),
        ("a\u2028b\u2029c", "a b c"),
        ("\u202egnirts desrever", "gnirts desrever"),
        ("zero\u200bwidth\x00\x1b[31m", "zerowidth[31m"),
        ("  two   blanks\t", "two blanks"),
        ("e\u0301", "é"),
        ("x" * 5000, "x" * (MAX_LINE - 1) + "…"),
        ("\ud800half", "half"),
    ],
)
def test_a_one_line_fact_cannot_forge_lines_or_hide_text(value, said):
    assert say_fact(FACTS["name"], value, "tr") == said


def test_a_fact_of_several_lines_keeps_them():
    assert say_fact(FACTS["answer"], "bir\n\n\n\niki", "tr") == "bir\n\niki"


def test_dates_and_amounts_are_said_in_the_language():
    day = date(2026, 11, 24)
    assert say_fact(FACTS["delivery_date"], day, "tr") == "24 Kasım 2026 Salı"
    assert say_fact(FACTS["delivery_date"], day, "en") == "Tuesday 24 November 2026"
    when = datetime(2026, 11, 24, 18, 5, tzinfo=UTC)
    assert say_fact(FACTS["next_update"], when, "tr") == "24 Kasım 2026 Salı 18.05"
    assert say_fact(FACTS["next_update"], when, "en") == "18:05 on Tuesday 24 November 2026"
    assert say_fact(FACTS["offer"], Decimal("1250.50"), "tr") == "1.250,50"
    assert say_fact(FACTS["offer"], Decimal("1250.50"), "en") == "1,250.50"


@pytest.mark.parametrize(
    ("amount", "currency", "turkish", "english"),
    [
        ("1250", "TRY", "1.250,00 TL", "TRY 1,250.00"),
        ("0.05", "TRY", "0,05 TL", "TRY 0.05"),
        ("250.5", "EUR", "250,50 EUR", "EUR 250.50"),
        ("1250", "JPY", "1.250 JPY", "JPY 1,250"),
        ("1250.5", "JPY", "1.250,5 JPY", "JPY 1,250.5"),  # nothing is rounded away, however odd
        ("7", "XQZ", "7,00 XQZ", "XQZ 7.00"),
        ("99999999999999999.99", "TRY", "99.999.999.999.999.999,99 TL", "TRY 99,999,999,999,999,999.99"),
        ("1E+3", "TRY", "1.000,00 TL", "TRY 1,000.00"),
    ],
)
def test_money_is_said_as_people_write_it(amount, currency, turkish, english):
    assert say_money(Decimal(amount), currency, "tr") == turkish
    assert say_money(Decimal(amount), currency, "en") == english


@pytest.mark.parametrize(
    ("value", "now", "turkish", "english"),
    [
        (date(2026, 11, 15), None, "15 Kasım 2026 Pazar", "Sunday 15 November 2026"),
        (date(2026, 11, 15), datetime(2026, 1, 1, tzinfo=UTC), "15 Kasım Pazar", "Sunday 15 November"),
        (date(2027, 1, 4), datetime(2026, 12, 31, tzinfo=UTC), "4 Ocak 2027 Pazartesi", "Monday 4 January 2027"),
        (datetime(2026, 11, 16, 18, 0, tzinfo=UTC), datetime(2026, 11, 15, tzinfo=UTC),
         "16 Kasım Pazartesi 18.00", "18:00 on Monday 16 November"),
        (datetime(2026, 2, 3, 9, 5, tzinfo=UTC), None, "3 Şubat 2026 Salı 09.05", "09:05 on Tuesday 3 February 2026"),
    ],
)  # fmt: skip
def test_a_day_is_said_with_its_weekday_and_its_year_where_it_is_another(value, now, turkish, english):
    assert say_day(value, "tr", now) == turkish
    assert say_day(value, "en", now) == english


BAD_TEMPLATES = [
    ("{{ name", "cannot be read"),
    ("{% if name %}", "cannot be read"),
    ("{{ nmae }}", "did you mean 'name'"),
    ("{{ name.__class__ }}", "getattr is not allowed"),
    ("{{ name['x'] }}", "getitem is not allowed"),
    ("{{ name() }}", "call is not allowed"),
    ("{{ 'a' * 1000000000 }}", "mul is not allowed"),
    ("{% for x in name %}{{ x }}{% endfor %}", "for is not allowed"),
    ("{% set name = 'x' %}", "assign is not allowed"),
    ("{% include 'x' %}", "include is not allowed"),
    ("{% import 'x' as y %}", "import is not allowed"),
    ("{{ name|upper }}", "not allowed|cannot be read|No filter"),
    ("{% macro x() %}{% endmacro %}", "macro is not allowed"),
    ("{{ self }}", "is not a fact"),
    ("{{ range }}", "is not a fact"),
    ("{% if name %}" * 150 + "{% endif %}" * 150, "nested too deeply"),
    ("{{ " + "not " * 5000 + "name }}", "nested too deeply"),
    ("{{ " + "(" * 5000 + "name" + ")" * 5000 + " }}", "nested too deeply"),
]


@pytest.mark.parametrize(("template", "sentence"), BAD_TEMPLATES)
def test_a_template_that_is_more_than_a_letter_is_refused(template, sentence):
    with pytest.raises(DraftError, match=sentence):
        render(template, "tr", {"name": "Ayşe"})


def test_the_line_within_the_template_is_named():
    with pytest.raises(DraftError) as caught:
        placeholders("Merhaba,\n\n{{ nmae }}")
    assert caught.value.line == 3


@pytest.mark.parametrize(("family", "language"), [("pigeon", "tr"), ("social", "de"), ("", "en")])
def test_an_unknown_family_or_language_is_a_sentence(family, language):
    with pytest.raises(DraftError, match="is not a"):
        draft(LATE, family, language, {})


def test_white_space_is_settled():
    assert settle("  a  b \n\n\n\n c\t\n\n") == "a b\n\nc"


def test_length_is_counted_as_x_counts_it():
    assert length_on("social", "ığüşöç’–") == 8
    assert length_on("social", "🦊") == 2
    assert length_on("social", "bakın https://example.com/a/very/long/path?with=query") == 6 + 23
    assert length_on("social", "e\u0301") == 1
    assert length_on("email", "🦊") == 1


PROBLEMS = [
    ("Sipariş {{ order_number }} geldi mi?", "social", "tr", "is private"),
    ("Your {{ product }} is here", "forum", "en", "is private"),
    ("{{ brand }}’dan merhaba", "email", "tr", "suffix"),
    ("{{ brand }}'ın ekibi", "portal", "tr", "suffix"),
    ("x" * 281, "social", "en", "281 characters"),
    ("x" * 2001, "portal", "en", "2001 characters"),
    ("x" * 1001, "direct", "tr", "1001 characters"),
    ("x" * 2001, "marketplace", "tr", "2001 characters"),
    ("Merhaba.", "marketplace", "tr", "asks for at least 10"),
    ("{{ brand }} {{ contact }}", "marketplace", "tr", "no place in a marketplace reply"),
    ("{{ amount }} geldi mi?", "marketplace", "tr", "is private"),
    ("{{ voucher_code }} kodunuzdur.", "social", "tr", "is private"),
    ("{{ tracking_link }} buradan bakın.", "portal", "tr", "is private"),
    ("Bize DM’den yazar mısınız?", "marketplace", "tr", "leading the customer away, as 'DM'"),
    ("Please call us about this.", "marketplace", "en", "leading the customer away, as 'call us'"),
    ("Bakın: https://cinar.example", "marketplace", "tr", "leading the customer away"),
    ("Yazın: destek@cinar.example", "marketplace", "tr", "leading the customer away"),
    ("Arayın: 0850 000 00 00 hemen", "marketplace", "tr", "leading the customer away"),
    ("Hello {{ customer }}", "email", "en", "not a fact"),
]


@pytest.mark.parametrize(("template", "family", "language", "sentence"), PROBLEMS)
def test_what_keeps_a_template_from_being_sent_is_found(template, family, language, sentence):
    assert any(sentence in said for said, _ in reply_problems(template, family, language))


@pytest.mark.parametrize(
    ("template", "family", "language"),
    [
        ("{{ brand }}’s team", "forum", "en"),
        ("{{ brand }} olarak", "social", "tr"),
        ("{{ order_number }}", "email", "tr"),
        ("x" * 280, "social", "en"),
        ("{{ tracking_link }} {{ offer }}", "direct", "tr"),
        ("{{ order_number }} {{ amount }}", "phone", "en"),
        ("{{ public_offer }} {{ next_update }}", "marketplace", "tr"),
        ("{{ contact }}", "portal", "tr"),
    ],
)
def test_what_is_fine_is_let_pass(template, family, language):
    assert list(reply_problems(template, family, language)) == []


@pytest.mark.parametrize(
    ("template", "language", "missing"),
    [
        ("Özür dileriz.", "tr", False),
        ("ÖZÜR DİLERİM, haklısınız.", "tr", False),
        ("{% if cause %}Özür dileriz.{% else %}Özrümüzü kabul edin.{% endif %}", "tr", False),
        ("Çok üzgünüz.", "tr", True),
        ("{% if cause %}Özür dileriz.{% else %}Bakıyoruz.{% endif %}", "tr", True),
        ("We are sorry.", "en", False),
        ("I apologise for this.", "en", False),
        ("What a pity.", "en", True),
        ("Özür dileriz.", "en", True),
    ],
)
def test_an_apology_that_is_wanted_is_looked_for_with_and_without_facts(template, language, missing):
    said = [sentence for sentence, _ in reply_problems(template, "email", language, apology=True)]
    assert any("wants an apology" in sentence for sentence in said) is missing
    assert list(reply_problems(template, "email", language)) == []


def test_the_longest_public_offer_counts_towards_the_length():
    template = "x" * 240 + " {{ public_offer }}"
    assert list(reply_problems(template, "social", "tr")) == []
    assert "social takes 280" in next(reply_problems(template, "social", "tr", False, "y" * 60))[0]


def test_what_a_family_must_not_hold_is_a_slot_even_where_a_template_asks_for_it():
    old = LATE.model_copy(update={"replies": LATE.replies.model_copy(update={"marketplace": None, "direct": None})})
    facts = {**sample_facts("tr"), "order_number": "SECRET-1"}
    text = draft(old, "marketplace", "tr", facts)
    assert FACTS["contact"].slot("tr") in text and "0850" not in text, (
        "the portal's template stands in, without contact"
    )
    assert draft(old, "direct", "tr", facts) == draft(LATE, "social", "tr", facts)
    assert "SECRET-1" in draft(LATE, "direct", "tr", facts)


@settings(max_examples=tries(150), deadline=None)
@given(
    facts=st.dictionaries(st.sampled_from(sorted(FACTS)), st.text(max_size=300)),
    playbook=st.sampled_from(sorted(LIBRARY)),
    family=st.sampled_from(FAMILIES),
    language=st.sampled_from(LANGUAGES),
)
def test_any_facts_give_a_settled_draft_twice_the_same(facts, playbook, family, language):
    text = draft(LIBRARY[playbook], family, language, facts)
    assert text and text == draft(LIBRARY[playbook], family, language, facts)
    assert text == settle(text)
    assert "\x00" not in text and "\r" not in text
