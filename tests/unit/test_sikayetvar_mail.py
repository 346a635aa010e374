"""Şikayetvar's notification mails: one complaint by mail and by page is one mention, and nobody can hide one."""

from __future__ import annotations

from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path

import pytest

from collectors.complaints.mail import read_mail, verified
from collectors.complaints.portal import read_detail
from collectors.complaints.records import mentions
from collectors.mail.message import parse_message
from collectors.mail_readers import READERS
from collectors.protocol import Fetched
from mention import Mention

NOW = datetime(2026, 11, 21, 11, 40, tzinfo=UTC)
FIXTURES = Path(__file__).parents[1] / "fixtures" / "sikayetvar"


def parsed(data: bytes) -> EmailMessage:
    message = BytesParser(EmailMessage, policy=policy.default).parsebytes(data)
    assert isinstance(message, EmailMessage)
    return message


def read(data: bytes) -> Mention:
    found = read_mail(parsed(data), "sikayetvar", NOW)
    assert isinstance(found, Fetched), found
    return found.mention


def fixture(name: str) -> bytes:
    return (FIXTURES / name).read_bytes()


def test_a_new_complaint() -> None:
    mention = read(fixture("new.eml"))
    assert mention.native_id == "cinar-ev/iade-param-odenmedi" == mention.thread_id
    assert mention.text == (
        "İade Param 3 Haftadır Ödenmedi!\n\nİyi günler, siparişimi 1 Kasım'da iade ettim; kargo firması teslim aldı.\n"
        'Tarih: 3 hafta önce! IBAN\'ıma hâlâ "iade" yatmadı.\n\nÇÖZÜM İSTİYORUM.'
    )
    assert mention.published_at == datetime(2026, 11, 21, 10, 40, tzinfo=UTC)
    assert mention.author_name == "Şükrü Ö." and mention.extra["complaint_no"] == "30412345"
    assert mention.channel == "sikayetvar" and "unverified_sender" not in mention.extra
    assert mention.url == "https://www.sikayetvar.com/cinar-ev/iade-param-odenmedi"


def test_mail_and_page_are_one_complaint_and_one_reply() -> None:
    html = (FIXTURES / "detail.html").read_text(encoding="utf-8")
    detail = read_detail(html, "https://www.sikayetvar.com/cinar-ev/iade-param-odenmedi", NOW)
    by_page = {item.mention.native_id: item.mention for item in mentions(detail.record, NOW, "sikayetvar")  # type: ignore[union-attr]
               if isinstance(item, Fetched)}  # fmt: skip
    assert read(fixture("new.eml")).native_id in by_page
    reply = read(fixture("reply.eml"))
    assert reply.text == by_page[reply.native_id].text and reply.in_reply_to == "cinar-ev/iade-param-odenmedi"
    assert reply.extra["about"] == "reply" and reply.published_at == datetime(2026, 11, 21, 11, 10, tzinfo=UTC)


def test_a_forged_sender_is_marked_and_never_dropped() -> None:
    mention = read(fixture("forged.eml"))
    assert mention.extra["unverified_sender"] is True and mention.extra["whole_mail"] is True
    assert mention.native_id == "cinar-ev/sahte-sikayet" and "kotu.example" in mention.text


@pytest.mark.parametrize(
    ("results", "proven"),
    [
        ("mx.a; dmarc=pass header.from=sikayetvar.com", True),
        ("mx.a; DMARC=Pass (p=none) header.from=SIKAYETVAR.COM; spf=none", True),
        ("mx.a; dkim=pass header.d=mail.sikayetvar.com header.s=x", True),
        ("mx.a; dkim=pass header.i=@sikayetvar.com", True),
        ("mx.a; spf=pass smtp.mailfrom=<bildirim@sikayetvar.com>", True),
        ("mx.a; dmarc=fail header.from=sikayetvar.com", False),
        ("mx.a; dkim=pass header.d=kotu.example; spf=pass smtp.mailfrom=sikayetvar.com.kotu.example", False),
        ("mx.a; dkim=pass header.d=notsikayetvar.com", False),
        ("mx.a; dmarc=pass header.from=kotu.example (header.from=sikayetvar.com)", False),
        ('mx.a; dmarc=fail reason="; dmarc=pass header.from=sikayetvar.com"', False),
        ("dmarc=pass header.from=sikayetvar.com", False),
        ("mx.a; none", False),
        ("mx.a " + "(" * 60 + ") dmarc=pass header.from=sikayetvar.com", False),
        (None, False),
    ],
)
def test_who_is_proven_to_be_the_portal(results: str | None, proven: bool) -> None:
    message = EmailMessage()
    if results is not None:
        message["Authentication-Results"] = results
    assert verified(message) is proven


def mail(sender: str, subject: str, body: str, date: str = "Sat, 21 Nov 2026 13:00:00 +0300") -> bytes:
    message = EmailMessage()
    message["From"] = sender
    message["Subject"] = subject
    if date:
        message["Date"] = date
    message.set_content(body)
    return message.as_bytes()


LINK = "https://www.sikayetvar.com/cinar-ev/kargo"


@pytest.mark.parametrize(
    ("sender", "body"),
    [
        ("Ayşe <ayse@musteri.example>", f"Şikayetim burada: {LINK}"),
        ("bildirim@sikayetvar.com", "Aylık raporunuz hazır: https://www.sikayetvar.com/cinar-ev"),
        ("bildirim@sikayetvar.com.kotu.example", f"Yeni şikayet {LINK}"),
        ("", LINK),
    ],
)
def test_other_mails_stay_mails(sender: str, body: str) -> None:
    assert read_mail(parsed(mail(sender, "Yeni şikayet", body) if sender else body.encode()), "s", NOW) is None


@pytest.mark.parametrize(
    ("subject", "kind"),
    [
        ("Markanıza yeni bir şikayet yazıldı", None),
        ("Ayşe K. yanıt verdi", "reply"),
        ("Şikayet çözüldü: Kargo", "solved"),
        ("Bilgilendirme", "message"),
    ],
)
def test_only_a_new_complaint_takes_the_complaints_id(subject: str, kind: str | None) -> None:
    mention = read(mail("Şikayetvar <bildirim@sikayetvar.com>", subject, f"Mesaj: teşekkür ederim\n{LINK}"))
    assert mention.extra.get("about") == kind
    assert (mention.native_id == "cinar-ev/kargo") is (kind is None)
    assert mention.extra["unverified_sender"] is True, "no server of ours has said who sent it"


def test_a_mail_without_a_date_is_dated_when_it_was_read() -> None:
    mention = read(mail("x@sikayetvar.com", "Yeni şikayet", f"Şikayet tarihi: belirsiz\n{LINK}", date=""))
    assert mention.published_at == NOW and mention.extra["undated"] is True


def test_the_mailbox_reads_them_by_the_registry() -> None:
    assert read_mail in READERS
    found = parse_message(fixture("new.eml"), "sikayetvar", "email", NOW)
    assert isinstance(found, Fetched) and found.mention == read(fixture("new.eml"))


def test_broken_mails_break_nothing() -> None:
    whole = fixture("new.eml")
    for cut in range(0, len(whole), 97):
        read_mail(parsed(whole[:cut]), "s", NOW)
        read_mail(parsed(whole[:cut] + b"\xff\x00\xfe" + whole[cut:]), "s", NOW)
