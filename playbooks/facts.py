"""The facts a reply template may use: what each is called, what an empty slot says, and whether it may be public.

A fact the desk does not know yet becomes a visible slot such as `‹sipariş numarası›`, never a blank and never a
guess. A private fact has no place in a public reply, so templates of the public families cannot use one.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from playbooks.words import say_day, say_number

PUBLIC_FAMILIES = ("social", "forum", "portal", "marketplace")
"""Families whose answers strangers can read; complaint portals show the brand's answer, and a marketplace puts it on
the product's page."""

SLOT_OPEN, SLOT_CLOSE = "‹", "›"
"""Marks of an empty slot: seen at once by a person, typed by nobody, and in no template syntax."""

MAX_LINE = 200
"""Characters of a one-line fact; longer is no name or number but a pasted text (or an attack on the layout)."""

MAX_TEXT = 5000
"""Characters of a fact that may have several lines."""


@dataclass(frozen=True)
class Fact:
    """One fact: `tr`/`en` name its slot; the samples are realistic and rather long, for checks of length."""

    name: str
    tr: str
    en: str
    sample_tr: str
    sample_en: str
    public: bool = True
    lines: bool = False

    def slot(self, language: str) -> str:
        """The visible slot that stands where the fact is not known."""
        return f"{SLOT_OPEN}{self.tr if language == 'tr' else self.en}{SLOT_CLOSE}"


_ALL = (
    Fact("name", "ad", "name", "Ayşe Nur Karahan", "Catherine Wells"),
    Fact("brand", "marka", "brand", "Çınar Mağazaları", "Cinar Stores"),
    Fact("agent", "temsilcinin adı", "agent’s name", "Mehmet", "Charlotte"),
    # What somebody bought is theirs to tell: it may be a medicine or a ring.
    Fact("product", "ürün", "product", "ahşap duvar saati", "wooden wall clock", public=False),
    Fact("received_item", "gelen ürün", "item that came", "siyah masa lambası", "black desk lamp", public=False),
    Fact("order_number", "sipariş numarası", "order number", "4471-209-8836", "4471-209-8836", public=False),
    Fact("tracking_number", "takip numarası", "tracking number", "72609118834", "72609118834", public=False),
    # The link holds the tracking number, so it is as private as the number is.
    Fact(
        "tracking_link", "takip bağlantısı", "tracking link", "https://kargo.example/izle/72609118834",
        "https://cargo.example/track/72609118834", public=False,
    ),
    Fact("carrier", "kargo firması", "carrier", "Yıldırım Kargo", "Yildirim Cargo"),
    Fact("case_number", "kayıt numarası", "case number", "N-20260", "N-20260"),
    Fact(
        "promised_date", "söz verilen tarih", "promised date", "23 Eylül 2026 Çarşamba", "Wednesday 23 September 2026"
    ),
    Fact(
        "delivery_date", "yeni teslim tarihi", "new delivery date", "30 Eylül 2026 Çarşamba",
        "Wednesday 30 September 2026",
    ),
    Fact(
        "next_update", "dönüş zamanı", "time of our next message", "30 Eylül 2026 Çarşamba 18.00",
        "18:00 on Wednesday 30 September 2026",
    ),
    Fact(
        "answer_by", "bir kişinin yanıtlayacağı saat", "time by which a person answers", "30 Eylül 2026 Çarşamba 18.00",
        "18:00 on Wednesday 30 September 2026",
    ),
    Fact(
        "call_time", "arama saati", "time of the call", "30 Eylül Çarşamba 11.00", "11:00 on Wednesday 30 September",
        public=False,
    ),
    Fact("cause", "sebep", "cause", "aktarma merkezindeki yoğunluk", "a backlog at the sorting centre"),
    Fact(
        "action_taken", "yapılan işlem", "action taken",
        "paylaşımı kaldırdık ve planlı paylaşımları durdurduk", "we took the post down and paused scheduled posts",
    ),
    Fact(
        "offer", "önerimiz", "our offer",
        "yeni ürünün kargo ücreti bize ait olarak bugün yola çıkarılması ve 150,00 TL tutarında hediye çeki",
        "a new item sent today at our expense and a voucher of TRY 150.00", public=False, lines=True,
    ),
    # What a stranger may read of an offer: that there is one, never how much it is worth or its code.
    Fact(
        "public_offer", "herkese açık öneri cümlesi", "our offer as the public may read it",
        "Size bir çözüm önerimiz var.", "We have a solution to offer you.",
    ),
    Fact("amount", "tutar", "amount", "1.250,00 TL", "TRY 1,250.00", public=False),
    Fact("voucher_code", "hediye çeki kodu", "voucher code", "CINAR-7Q4K-9XHD", "CINAR-7Q4K-9XHD", public=False),
    Fact(
        "correct_information", "doğru bilgi", "correct information",
        "iade süresi teslimattan itibaren 14 gündür", "returns are accepted within 14 days of delivery", lines=True,
    ),
    Fact(
        "answer", "yanıt", "answer",
        "Hafta sonu mağazalarımız 10.00–22.00 arasında açıktır.", "Our shops are open from 10 am to 10 pm.",
        lines=True,
    ),
    Fact("contact", "iletişim bilgimiz", "our contact", "0850 000 00 00, destek@cinar.example",
         "+90 850 000 00 00, help@cinar.example"),
)  # fmt: skip

FACTS: dict[str, Fact] = {fact.name: fact for fact in _ALL}

_CONTROLS = re.compile(
    r"[\x00-\x08\x0b-\x1f\x7f-\x9f"  # control characters, the line break and the tab apart
    r"\u00ad\u200b\u200e\u200f\u202a-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"  # unseen marks that reorder or hide text
    r"\ud800-\udfff]"
)


def sample_facts(language: str) -> dict[str, str]:
    """Every fact with a realistic value, for previews and for checks of length."""
    return {fact.name: fact.sample_tr if language == "tr" else fact.sample_en for fact in _ALL}


def say_fact(fact: Fact, value: object, language: str) -> str:
    """A fact's value as plain text; empty text when there is none.

    Dates are spelled in the language (a datetime must already be in the desk's time zone), numbers with its
    separators. Text keeps every visible character as it is; control characters and marks that reorder text go, and a
    one-line fact stays on one line, so that a hostile name cannot forge a second paragraph of our letter.
    """
    if value is None:
        return ""
    if isinstance(value, date):
        return say_day(value, language)
    if isinstance(value, Decimal):
        return say_number(value, language)
    text = unicodedata.normalize("NFC", str(value)).replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub("[\u2028\u2029\x0b\x0c\x85]", "\n", text)
    if not fact.lines:
        text = text.replace("\n", " ")
    text = _CONTROLS.sub("", text)
    text = "\n".join(" ".join(line.split()) for line in text.split("\n")).strip()
    text = re.sub(r"\n{3,}", "\n\n", text)
    limit = MAX_TEXT if fact.lines else MAX_LINE
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"
