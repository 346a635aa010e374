"""A mail as a mention: character sets, parts, threads, times, ids, and what programs write; hostile ones too."""

from __future__ import annotations

import io
import json
import sys
import types
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors.mail.message import content_digest, parse_message, split_mbox
from collectors.protocol import Fetched, Rejected
from mention import Mention
from tests.tries import tries

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
TURKISH = "Kargom ÇÖĞÜŞİ ışıklı şaka mı iğne"


def parsed(data: bytes | EmailMessage, **more: Any) -> Fetched:
    found = parse_message(data if isinstance(data, bytes) else bytes(data), "imap", "email", NOW, **more)
    assert isinstance(found, Fetched), found
    json.dumps(found.raw, allow_nan=False)
    return found


def mention_of(data: bytes | EmailMessage, **more: Any) -> Mention:
    return parsed(data, **more).mention


def plain(body: bytes, *headers: bytes) -> bytes:
    head = b"".join(header + b"\r\n" for header in (b"Message-ID: <1@a.test>", b"From: a@b.test", *headers))
    return head + b"\r\n" + body


CHARSETS = {
    "utf-8": ("utf-8", "utf-8"),
    "iso-8859-9": ("iso-8859-9", "cp1254"),
    "latin-1 for Turkish": ("iso-8859-1", "cp1254"),
    "utf-8 that is windows-1254": ("utf-8", "cp1254"),
    "ascii that is utf-8": ("us-ascii", "utf-8"),
    "nothing": ("", "cp1254"),
    "unknown": ("x-turkce", "utf-8"),
    "no text encoding": ("rot13", "utf-8"),
    "utf-16": ("utf-16", "utf-16"),
}


@pytest.mark.parametrize("name", list(CHARSETS))
@pytest.mark.parametrize("form", ["plain", "html"])
def test_turkish_letters_arrive_whatever_the_mail_declares(name: str, form: str) -> None:
    declared, real = CHARSETS[name]
    kind = f"Content-Type: text/{form}" + (f'; charset="{declared}"' if declared else "")
    text = TURKISH if form == "plain" else f"<html><body><p>{TURKISH}</p></body></html>"
    import base64

    data = plain(base64.b64encode(text.encode(real)), kind.encode(), b"Content-Transfer-Encoding: base64")
    assert mention_of(data).text == TURKISH


def test_headers_arrive_encoded_raw_or_broken() -> None:
    encoded = b"Subject: =?utf-8?B?S2FyZ29tIGdlbG1lZGksIMSxxZ/EsWs=?="
    assert mention_of(plain(b"x", encoded)).extra["subject"] == "Kargom gelmedi, ışık"
    assert mention_of(plain(b"x", "Subject: ışık şaka".encode("cp1254"))).extra["subject"] == "ışık şaka"
    assert mention_of(plain(b"x", "Subject: ışık şaka".encode())).extra["subject"] == "ışık şaka"
    assert mention_of(plain(b"x", b"Subject: =?utf-8?B?!!!?=")).text.endswith("x")
    who = mention_of(b"From: =?iso-8859-9?Q?Ay=FEe_I=FE=FDk?= <Ayse@Musteri.test>\r\n\r\nx")
    assert (who.author, who.author_name) == ("ayse@musteri.test", "Ayşe Işık")


def test_html_only_alternatives_and_stubs() -> None:
    both = EmailMessage()
    both.set_content("Yalnızca düz metin olarak yazdım, ışıklı.")
    both.add_alternative("<p>Yalnızca düz metin <b>olarak</b></p><script>x()</script>", subtype="html")
    assert mention_of(both).text == "Yalnızca düz metin olarak yazdım, ışıklı."
    stub = EmailMessage()
    stub.set_content("HTML gerekir.")
    stub.add_alternative("<p>" + "Kargom gelmedi. " * 30 + "</p><style>p{}</style>", subtype="html")
    assert mention_of(stub).text.startswith("Kargom gelmedi. Kargom")
    only = EmailMessage()
    only.set_content("<div>Merhaba<br>kargom gelmedi<blockquote>eski</blockquote></div>", subtype="html")
    assert mention_of(only).text == "Merhaba\nkargom gelmedi\neski" and "html" in parsed(only).raw


def test_attachments_are_listed_and_not_kept() -> None:
    mail = EmailMessage()
    mail["Subject"] = "Fatura"
    mail.set_content("Ektedir")
    mail.add_attachment(b"%PDF" * 100, maintype="application", subtype="pdf", filename="fatura ışık.pdf")
    mail.add_attachment("not: iç".encode(), maintype="text", subtype="plain", filename="not.txt")
    found = parsed(mail)
    assert found.mention.text == "Fatura\n\nEktedir"
    assert [(item["name"], item["bytes"]) for item in found.mention.extra["attachments"]] == [
        ("fatura ışık.pdf", 400), ("not.txt", 8),
    ]  # fmt: skip
    assert "PDF" not in json.dumps(found.raw["text"])
    photo = EmailMessage()
    photo.add_attachment(b"x", maintype="image", subtype="png", filename="kırık.png")
    assert mention_of(photo).text == "kırık.png"


def test_a_mail_passed_on_as_an_attachment_says_what_is_in_it() -> None:
    inner = EmailMessage()
    inner["Subject"] = "Şikâyet"
    inner.set_content("Kargom gelmedi")
    outer = EmailMessage()
    outer["Subject"] = "FW: Şikâyet"
    outer.add_attachment(inner)
    found = mention_of(outer)
    assert found.text == "FW: Şikâyet\n\nKargom gelmedi" and found.extra["attachments"][0]["name"] == "Şikâyet"


def test_threads() -> None:
    first = mention_of(plain(b"x"))
    assert (first.thread_id, first.in_reply_to) == ("1@a.test", None)
    answer = mention_of(plain(b"x", b"In-Reply-To: <2@a.test>", b"References: <0@a.test>\r\n <2@a.test>"))
    assert (answer.thread_id, answer.in_reply_to) == ("0@a.test", "2@a.test")
    bare = mention_of(plain(b"x", b"References: <0@a.test> <2@a.test>", b"Subject: YNT: Kargom"))
    assert (bare.thread_id, bare.in_reply_to, bare.text) == ("0@a.test", "2@a.test", "x")


AUTOMATIC = {
    "reply": [b"Auto-Submitted: auto-replied (vacation)"],
    "notice": [b"Auto-Submitted: auto-generated"],
    "list": [b"Precedence: bulk"],
    "list ": [b"List-Id: <duyuru.marka.test>"],
    "reply ": [b"Subject: Otomatik yan\xc4\xb1t: sipari\xc5\x9f"],
    "reply  ": [b"Precedence: auto_reply"],
    "bounce": [b"X-Failed-Recipients: a@b.test"],
    "bounce ": [b"Return-Path: <>"],
    "bounce  ": [b"Content-Type: multipart/report; report-type=delivery-status; boundary=a"],
    "receipt": [b"Content-Type: multipart/report; report-type=disposition-notification; boundary=a"],
}


@pytest.mark.parametrize("kind", list(AUTOMATIC))
def test_what_a_program_wrote_is_marked_and_kept(kind: str) -> None:
    body = b"--a\r\n\r\nkutu dolu\r\n--a--\r\n" if b"boundary" in AUTOMATIC[kind][0] else b"kutu dolu"
    found = mention_of(plain(body, *AUTOMATIC[kind]))
    assert found.extra["automatic"] is True and found.extra["automatic_kind"] == kind.strip()
    assert "kutu dolu" in found.text


def test_a_person_is_no_program() -> None:
    for headers in ([], [b"Auto-Submitted: no"], [b"Precedence: first-class"], [b"Subject: Otomatik vites"]):
        assert "automatic" not in mention_of(plain(b"x", *headers)).extra


def test_times() -> None:
    came = NOW - timedelta(hours=1)
    assert mention_of(plain(b"x", b"Date: Sat, 21 Nov 2026 09:30:00 +0300")).published_at == datetime(
        2026, 11, 21, 6, 30, tzinfo=UTC
    )
    turkish = mention_of(plain(b"x", "Date: 21 Kasım 2026 Cumartesi 09:30".encode()))
    assert turkish.published_at == datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
    ahead = mention_of(plain(b"x", b"Date: Mon, 21 Nov 2050 09:30:00 +0300"), received=came)
    assert ahead.published_at == came and ahead.extra["date_claimed"].startswith("2050")
    none = mention_of(plain(b"x", b"Received: from a by b; Sat, 21 Nov 2026 08:00:00 +0000"))
    assert none.published_at == datetime(2026, 11, 21, 8, tzinfo=UTC) and none.extra["date_received"]
    assert mention_of(plain(b"x")).published_at == NOW and mention_of(plain(b"x")).extra["undated"]
    epoch = mention_of(plain(b"x", b"Date: Thu, 01 Jan 1970 00:00:00 +0000"), received=came)
    assert epoch.published_at == came


def test_a_mail_without_an_id_keeps_one_and_another_mail_gets_another() -> None:
    one, two = b"From: a@b.test\r\n\r\nbir", b"From: a@b.test\r\n\r\niki"
    assert mention_of(one).native_id == mention_of(one).native_id != mention_of(two).native_id
    same, other = parsed(plain(b"bir")), parsed(plain(b"iki"))
    assert content_digest(same) == content_digest(parsed(plain(b"bir", b"X-Hop: 2"))) != content_digest(other)


def test_a_service_reads_its_own_mails(monkeypatch: pytest.MonkeyPatch) -> None:
    def reader(mail: EmailMessage, source: str, now: datetime) -> Fetched | Rejected | None:
        if "hata" in str(mail["subject"]):
            raise ValueError
        return Rejected("gördüm", {}, str(mail["subject"])) if "portal" in str(mail["from"]) else None

    module = types.ModuleType("collectors.mail_readers")
    module.READERS = (reader,)  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, "collectors.mail_readers", module)
    portal = b"From: bildirim@portal.test\r\nSubject: Yeni\r\n\r\nx"
    found = parse_message(portal, "imap", "email", NOW)
    assert isinstance(found, Rejected) and found.native_id == "Yeni"
    assert mention_of(plain(b"x")).text == "x"
    assert "reader of its service failed" in mention_of(plain(b"x", b"Subject: hata")).extra["faults"][0]


def test_mbox_is_split_where_mails_begin() -> None:
    one, two = b"From: a@b.test\n\nilk\n>From burada\n", b"From: c@d.test\n\nikinci\nFrom ortada\n"
    box = b"From a@b.test Sat Nov 21 09:30:00 2026\n" + one + b"\nFrom c@d.test Sat Nov 21 09:31:00 2026\n" + two
    mails = list(split_mbox(io.BytesIO(box)))
    assert mails == [one.replace(b">From", b"From") + b"\n", two]
    assert list(split_mbox(io.BytesIO(b"no mailbox"))) == []


HOSTILE = {
    "parts without end": b"Content-Type: multipart/mixed; boundary=a\n\n"
    + b"--a\nContent-Type: multipart/mixed; boundary=a\n\n" * 5000,
    "mails in mails": b"Content-Type: message/rfc822\n\n" * 3000 + b"hi",
    "comments in comments": b"From: " + b"(" * 1_000_000 + b"\n\nhi",
    "two hundred thousand recipients": b"To: " + b"a@b.c, " * 200_000 + b"\n\nhi",
    "broken parameters": b'Content-Type: text/plain; charset="x\x00y"; name*0*=a; name*1=b\n\nhi',
    "no charset at all": b"Content-Type: text/plain; charset=hex\n\nabc",
    "flowing without end": b"Content-Type: text/plain; format=flowed\n\n" + b"a b \n" * 100_000,
    "NUL": b"\x00\xff" * 100,
    "nothing": b"",
}


@pytest.mark.parametrize("name", list(HOSTILE))
def test_a_hostile_mail_is_read_or_named(name: str) -> None:
    found = parse_message(HOSTILE[name], "imap", "email", NOW)
    assert isinstance(found, Fetched | Rejected)
    assert isinstance(found, Fetched) or found.reason


@settings(max_examples=tries(150), deadline=None)
@given(
    st.lists(
        st.tuples(
            st.sampled_from(["From", "Date", "Subject", "Content-Type", "Message-ID", "References", "Reply-To"]),
            st.binary(max_size=60).map(lambda value: value.replace(b"\n", b"").replace(b"\r", b"")),
        ),
        max_size=6,
    ),
    st.binary(max_size=300),
)
def test_no_bytes_raise(headers: list[tuple[str, bytes]], body: bytes) -> None:
    data = b"".join(name.encode() + b": " + value + b"\r\n" for name, value in headers) + b"\r\n" + body
    found = parse_message(data, "imap", "email", NOW)
    if isinstance(found, Fetched):
        json.dumps(found.raw, allow_nan=False)
