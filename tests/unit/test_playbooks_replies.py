"""What the playbooks write passes the desk's reply check: every solution, family and language, with a real case."""

from __future__ import annotations

from datetime import UTC, date, datetime
from functools import cache
from zoneinfo import ZoneInfo

import pytest

from classifying import reader_of
from desk.replies.check import check
from desk.replies.context import Grant, Reader, context_for
from desk.settings import Settings
from mention import CHANNEL_FAMILY, FAMILIES, LANGUAGES, family_of
from playbooks.decision import Decision, drafts_of
from playbooks.phrases import acknowledge
from playbooks.shelf import load_library

LIBRARY = load_library()
ISTANBUL = ZoneInfo("Europe/Istanbul")
NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
UPDATE = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
DELIVERY = date(2026, 11, 24)
PROMISED = date(2026, 11, 18)

CASE = {
    "name": "Ayşe Nur Karahan", "brand": "Çınar Mağazaları", "agent": "Mehmet", "order_number": "4471-209-8836",
    "product": "ahşap duvar saati", "received_item": "siyah masa lambası", "case_number": "N-20260",
    "contact": "0850 000 00 00, destek@cinar.example", "carrier": "Yıldırım Kargo", "tracking_number": "72609118834",
    "tracking_link": "https://kargo.example/izle/72609118834",
}  # fmt: skip
KNOWN = {
    "cause": {"tr": "aktarma merkezindeki yoğunluk", "en": "a backlog at the sorting centre"},
    "action_taken": {"tr": "paylaşımı kaldırdık", "en": "we took the post down"},
    "correct_information": {"tr": "iade süresi 14 gündür", "en": "returns are accepted within 14 days"},
    "answer": {"tr": "Mağazalarımız 10.00–22.00 arasında açıktır.", "en": "Our shops are open from 10 am to 10 pm."},
}
CHANNELS = {"social": "x", "forum": "reddit", "portal": "sikayetvar", "email": "email", "marketplace": "trendyol",
            "direct": "whatsapp", "phone": "call_centre"}  # fmt: skip


@cache
def reader() -> Reader:
    return reader_of(Settings())


def decisions(playbook_id: str) -> list[Decision]:
    book = LIBRARY[playbook_id]
    plain = [{}, {"facts": KNOWN, "delivery_date": DELIVERY, "promised_date": PROMISED}]
    offers = [
        {"solution": s.id, "amount": s.limit.amount, "currency": s.limit.currency, "delivery_date": DELIVERY}
        for s in book.solutions
    ]
    fixed = {"next_update": UPDATE, "decided_at": NOW}
    return [Decision.model_validate({**fixed, **more}) for more in (*plain, *offers)]


@pytest.mark.parametrize("playbook_id", sorted(LIBRARY))
def test_every_draft_passes_the_reply_check(playbook_id: str) -> None:
    book = LIBRARY[playbook_id]
    for decision in decisions(playbook_id):
        for (family, language), text in drafts_of(book, decision, CASE, zone=ISTANBUL).items():
            context = context_for(
                CHANNELS[family], language, now=NOW, zone=ISTANBUL, customer_names=("Ayşe Nur Karahan",),
                other_names=("Ali Veli",), agent="Mehmet", colleagues=("Zeynep",), brand="Çınar Mağazaları",
                hosts=("cinar.example", "kargo.example"), apology=book.apology, next_step=bool(book.solutions),
                contact_wanted=family in ("portal", "email"), contact=CASE["contact"], reference="N-20260",
                authority=tuple(Grant(s.id, s.limit.amount, s.limit.currency) for s in book.solutions),
                promised_dates=(UPDATE.date(), DELIVERY, PROMISED),
                do_not_say=tuple(entry.say.say(language) for entry in book.do_not_say),
            )  # fmt: skip
            found = [f"{one.rule}: {text[one.start : one.end]}" for one in check(text, context, reader())]
            assert found == [], (decision.solution, family, language, text)


def test_the_channels_cover_every_family_and_the_check_can_fail() -> None:
    assert {family_of(channel) for channel in CHANNELS.values()} == set(FAMILIES) == set(CHANNEL_FAMILY.values())
    for language in LANGUAGES:
        context = context_for("x", language, now=NOW, zone=ISTANBUL, apology=True)
        assert check("‹ad› " + CASE["order_number"], context, reader()), "a check that finds nothing proves nothing"


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_an_automatic_message_passes_it_too(family: str, language: str) -> None:
    acknowledgement = LIBRARY.phrases.acknowledgement
    assert acknowledgement is not None
    facts = {**CASE, "answer_by": "20 Kasım Cuma 18.00" if language == "tr" else "18:00 on Friday 20 November"}
    text = acknowledge(LIBRARY.phrases, family, language, facts)
    context = context_for(
        CHANNELS[family], language, now=NOW, zone=ISTANBUL, customer_names=("Ayşe Nur Karahan",),
        contact=CASE["contact"], brand="Çınar Mağazaları", hosts=("cinar.example",), reference="N-20260",
        promised_dates=(UPDATE.date(),),
    )  # fmt: skip
    assert [f"{one.rule}: {text[one.start : one.end]}" for one in check(text, context, reader())] == []
