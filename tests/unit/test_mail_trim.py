"""Quoted mails, signatures and disclaimers go; what the person wrote stays, above, between and below."""

from __future__ import annotations

import pytest

from collectors.mail.trim import MAX_LINES, is_forward, trimmed

OURS = "Kargom hâlâ gelmedi."

QUOTED = {
    "gmail tr": "21 Kas 2026 Cmt, saat 09:30 tarihinde Marka <d@marka.test> şunu yazdı:\n\n> Merhaba\n> Ayşe",
    "gmail en": "On Sat, Nov 21, 2026 at 9:30 AM Marka <destek@marka.test> wrote:\n> Hello",
    "gmail wrapped": "On Sat, Nov 21, 2026 at 9:30 AM Marka Müşteri Hizmetleri\n<destek@marka.test> wrote:\n> Hello",
    "html without marks": "Marka <d@marka.test>, 21 Kas 2026 Cmt, 09:30 tarihinde şunu yazdı:\nMerhaba Ayşe",
    "outlook tr": "Kimden: Marka <d@marka.test>\nGönderilme: 21 Kasım 2026 09:30\nKime: Ayşe\nKonu: Sipariş\n\nMerhaba",
    "outlook en": "From: Marka\nSent: Saturday, November 21, 2026 9:30 AM\nTo: Ayşe\nSubject: Sipariş\n\nHello",
    "outlook rule": "-----Özgün İleti-----\nKimden: Marka\nMerhaba",
    "original message": "-----Original Message-----\nFrom: Marka\nHello",
    "marks only": "> Merhaba\n> Ayşe Hanım",
    "signature": "-- \nAyşe Işık\n0555 000 00 00",
    "signature and quote": "-- \nAyşe\n\nOn Sat, Nov 21, 2026 at 9:30 AM Marka <d@marka.test> wrote:\n> Hello",
    "telephone tr": "iPhone'umdan gönderildi",
    "telephone en": "Sent from my iPhone",
    "android": "Android için Outlook edinin",
    "disclaimer": "Bu e-posta ve ekleri yalnızca gönderildiği kişiye özeldir ve gizli bilgi içerebilir. Bu "
    "mesajın muhatabı değilseniz kopyalamayınız; gönderen, içeriğinden dolayı sorumlu tutulamaz.",
}  # fmt: skip


@pytest.mark.parametrize("name", list(QUOTED))
def test_what_others_wrote_goes(name: str) -> None:
    assert trimmed(f"{OURS}\n\n{QUOTED[name]}", "Re: Sipariş") == OURS


@pytest.mark.parametrize(
    "text",
    [
        "Kargo görevlisi kapıya şunu yazdı:\nevde yoktunuz",
        "Konu: sipariş\nKargom gelmedi.",
        "Bu e-posta ve önceki üç mailime cevap vermediniz.",
        "telefon gönderildi mi?",
        "Fiyat > 100 TL ise iade ederim",
        "-- ",
        "> yalnızca alıntı",
    ],
)
def test_what_the_person_wrote_stays(text: str) -> None:
    assert trimmed(text) == text.strip()


def test_an_answer_between_and_below_the_quotes_stays() -> None:
    text = "On Sat, Nov 21, 2026 at 9:30 AM Marka <d@marka.test> wrote:\n> adres?\nİğne Sokak 3\n> telefon?\n0555"
    assert trimmed(text, "Re: x") == "İğne Sokak 3\n0555"


def test_a_forwarded_mail_stays_whole() -> None:
    block = QUOTED["outlook tr"]
    assert trimmed(f"Bilginize\n\n{block}", "İLT: Şikâyet") == f"Bilginize\n\n{block}"
    assert is_forward("Fwd: x") and is_forward("FW: x") and not is_forward("Forward planı")
    passed = "Bilginize\n\n---------- Forwarded message ---------\nFrom: Ayşe\n\n> Kargom gelmedi"
    assert trimmed(passed, "konu") == passed


def test_a_mail_that_no_person_wrote_is_left_whole() -> None:
    text = "\n".join(["> satır"] * (MAX_LINES + 1))
    assert trimmed(text) == text
