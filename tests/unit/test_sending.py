"""Senders without a server: what they are called, what they make of a mention, what they make of a text."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes, policy
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.signatures import Check, Request, prove
from desk.outbox import GIVE_UP, LEASE, LONGEST_PAUSE, pause
from desk.sending import bluesky, webhook, x
from desk.sending.http import ERRAND, LONGEST_WAIT, said, wait_until
from desk.sending.protocol import CannotTell, Outgoing, Receipt, Refused, SenderSettings, Shown, pick
from desk.sending.registry import KINDS, SenderError, Senders, kind_of, kinds_in_folder, sender_for
from desk.sending.smtp import SmtpSender
from desk.settings import SettingsError, validate
from mention import Mention
from tests.integration.sending_kinds import MAIL, NOW, cases, smtp_record

ROOT = Path(__file__).resolve().parents[2]
HOW_TO = (ROOT / "docs" / "how-to" / "send-replies.md").read_text(encoding="utf-8")


def outgoing(text: str = "Merhaba", known: tuple[str, ...] = (), key: str = "k1", **address: Any) -> Outgoing:
    return Outgoing("deneme", key, text, False, address, NOW, frozenset(known))


# --- kinds ---


def test_every_file_of_a_kind_is_listed() -> None:
    assert sorted(kinds_in_folder()) == list(KINDS)


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_and_its_settings_are_in_the_how_to(kind: str) -> None:
    found = kind_of(kind)
    assert found.kind == kind and found.about.title in HOW_TO
    assert f"kind: {kind}" in HOW_TO
    for field, info in found.Settings.model_fields.items():
        assert f"`{field}`" in HOW_TO, f"{field} of {kind} is not in send-replies.md"
        assert info.description


def test_every_form_ends_its_errand_within_the_claim() -> None:
    [limit] = [part.le for part in SenderSettings.model_fields["timeout"].metadata if hasattr(part, "le")]
    assert timedelta(seconds=ERRAND * limit) < LEASE


@pytest.mark.parametrize(
    ("record", "words"),
    [
        ({}, "the kind 'None' is not known"),
        ({"kind": "smpt"}, "did you mean 'smtp'"),
        ({"kind": "x"}, "user_id: Field required"),
        ({"kind": "x", "user_id": "1", "acess_token_env": "A"}, "did you mean 'access_token_env'?"),
        ({"kind": "x", "user_id": "1", "access_token_env": "1-abc/def"}, "takes the name of an environment variable"),
        ({"kind": "mastodon", "url": "m.example"}, "url: is not the http or https address of a server"),
        ({"kind": "webhook", "url": "ftp://a/b", "channels": ["sms"]}, "url: is not an http or https address"),
        ({"kind": "webhook", "url": "https://a/b", "status_url": "https://a/b", "channels": ["sms"]}, "{key}"),
        ({"kind": "smtp", "host": "h", "from_address": "a b@c"}, "from_address: is not a mail address"),
        ({"kind": "smtp", "host": "h", "from_address": "a@b.c", "from_name": "a\nBcc: x@y.z"}, "from_name"),
        ({"kind": "smtp", "host": "h", "from_address": "a@b.c", "security": "none"}, "readable"),
        ({"kind": "smtp", "host": "h", "from_address": "a@b.c", "archive": "z@b.c"}, "'archive' is of no use"),
        ({"kind": "smtp", "host": "h", "from_address": "a@b.c", "imap_host": "i"}, "imap_folder"),
        ({"kind": "hepsiburada", "merchant_id": "b2910839-83b9", "user_agent": "a\r\nX: y"}, "user_agent"),
    ],
)  # fmt: skip
def test_a_wrong_configuration_is_named(record: dict[str, Any], words: str) -> None:
    with pytest.raises(SenderError) as error:
        sender_for(record)
    assert words in str(error.value) and "1-abc/def" not in str(error.value)


@pytest.mark.parametrize("senders", ["smtp", [{"name": "a"}], [3]])
def test_senders_are_a_list_of_kinds(senders: Any) -> None:
    with pytest.raises(SettingsError, match="kind"):
        validate({"senders": senders}, None)
    assert validate({"senders": [{"kind": "x"}]}, None).senders == ({"kind": "x"},)


def test_who_answers_a_mention() -> None:
    record = {"kind": "trendyol", "seller_id": "1"}
    hook = {"kind": "webhook", "url": "https://a.example/b", "channels": ["whatsapp"]}
    senders = Senders(
        [record | {"name": "her"}, record | {"name": "ikinci", "sources": ["magaza2"]}, hook,
         smtp_record(25), {"kind": "x", "user_id": "1", "enabled": False}]
    )  # fmt: skip

    def chosen(source: str, channel: str, private: bool = False) -> str | None:
        mention = Mention(source=source, native_id="1", text="?", published_at=NOW, extra={"channel": channel})
        found = senders.choose(mention, private)
        return found and found.settings.sender

    assert chosen("magaza1", "trendyol") == "her" and chosen("magaza2", "trendyol") == "ikinci"
    assert chosen("magaza1", "trendyol", True) is None  # there is no private answer
    assert chosen("wa", "whatsapp", True) == "webhook" and chosen("posta", "email", True) == "smtp"
    assert chosen("posta", "email") is None and chosen("x", "x") is None and chosen("eksi", "eksi") is None
    with pytest.raises(SenderError, match="Two senders"):
        Senders([record, record])


# --- addresses ---


@pytest.mark.parametrize(
    ("name", "private", "extra", "address"),
    [
        ("x", False, {}, {"in_reply_to": "900"}),
        ("x", False, {"version_id": "950"}, {"in_reply_to": "950"}),
        ("x", True, {"author_id": "222"}, {"recipient": "222"}),
        ("x", True, {}, None),
        ("reddit", False, {}, {"in_reply_to": "t1_a"}),
        ("reddit", True, {}, {"recipient": "musteri"}),
        ("bluesky", True, {}, None),
        ("trendyol", True, {}, None),
        ("google_play", True, {}, None),
        ("app_store", True, {}, None),
        ("youtube", True, {}, None),
        ("youtube", False, {}, {"in_reply_to": "900"}),
    ],
)
def test_where_an_answer_goes(name: str, private: bool, extra: dict[str, Any], address: dict[str, Any] | None) -> None:
    case = cases()[name]
    sender = sender_for(case.record)
    mention = case.make().model_copy(update={"extra": extra})
    if address is None:
        with pytest.raises(Refused):
            sender.address(mention, private)
    else:
        assert sender.address(mention, private) == address


def test_a_private_message_on_reddit_is_answered_in_its_talk() -> None:
    case = cases()["reddit"]
    mention = case.make().model_copy(update={"native_id": "t4_z"})
    assert sender_for(case.record).address(mention, True) == {"in_reply_to": "t4_z"}


@pytest.mark.parametrize("to", ["", "ayse", "a@b\r\nBcc: x@y.z", "a@b.c, x@y.z", "<a@b.c>", "a b@c.d", "ayşe@x.tr"])
def test_what_is_no_mail_address_is_not_written_to(to: str) -> None:
    sender = sender_for(smtp_record(25))
    with pytest.raises(Refused):
        sender.address(Mention.model_validate({"text": "?", "published_at": NOW, **MAIL, "author": to}), True)


# --- texts ---


@given(
    subject=st.text(max_size=300), text=st.text(min_size=1, max_size=500),
    ids=st.lists(st.text(max_size=60), max_size=3),
)  # fmt: skip
def test_nothing_in_a_mail_is_a_header(subject: str, text: str, ids: list[str]) -> None:
    sender = sender_for(smtp_record(25))
    assert isinstance(sender, SmtpSender)
    subject = subject.encode("utf-8", "replace").decode()
    text = text.encode("utf-8", "replace").decode()
    mail = {"recipient": "a@b.example", "subject": subject, "in_reply_to": ids[0] if ids else "", "references": ids}
    data = sender.message(outgoing(text, **mail)).as_bytes()
    assert data == sender.message(outgoing(text, **mail)).as_bytes()
    parsed = message_from_bytes(data, policy=policy.default)
    allowed = {"from", "to", "subject", "date", "message-id", "in-reply-to", "references", "content-type",
               "content-transfer-encoding", "mime-version"}  # fmt: skip
    names = [name.lower() for name, _ in parsed.items()]
    assert set(names) <= allowed and len(set(names)) == len(names)
    assert str(parsed["to"]) == "a@b.example" and "\n" not in str(parsed["subject"])
    assert parsed.get_content_type() == "text/plain"
    body = parsed.get_payload(decode=True).decode()  # type: ignore[union-attr]
    assert body.splitlines() == (text + "\n").splitlines() or body.rstrip("\r\n") == text.rstrip("\r\n")


def test_a_reply_has_one_message_id_for_ever() -> None:
    sender = sender_for(smtp_record(25))
    assert isinstance(sender, SmtpSender)
    ids = {sender.message_id(outgoing(key=key)) for key in ("k1", "k1", "k2")}
    assert len(ids) == 2 and all(re.fullmatch(r"nobet\.[0-9a-f]{40}@marka\.test", one) for one in ids)


def test_the_record_key_is_a_tid_of_the_reply() -> None:
    one = bluesky.record_key(outgoing())
    assert one == bluesky.record_key(outgoing("başka söz")) != bluesky.record_key(outgoing(key="k2"))
    assert re.fullmatch(
        r"[234567abcdefghij][234567abcdefghijklmnopqrstuvwxyz]{12}", one
    )  # https://atproto.com/specs/tid
    digits = "234567abcdefghijklmnopqrstuvwxyz"
    number = 0
    for sign in one:
        number = number << 5 | digits.index(sign)
    assert datetime.fromtimestamp((number >> 10) / 1e6, UTC) == NOW


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("İşte: https://a.example/ş?x=1.", ["https://a.example/ş?x=1"]),
        ("@ayse.bsky.social selam", []),
        ("(http://a.example/b) https://c.example", ["http://a.example/b", "https://c.example"]),
        ("javascript:alert(1)", []),
    ],
)
def test_links_are_marked_by_their_bytes(text: str, found: list[str]) -> None:
    marked = bluesky.links(text)
    data = text.encode()
    cut = [data[one["index"]["byteStart"] : one["index"]["byteEnd"]].decode() for one in marked]
    assert cut == found == [one["features"][0]["uri"] for one in marked]


@pytest.mark.parametrize(
    ("shown", "links", "typed"),
    [
        ("@a @b_c Selam", [], "Selam"),
        ("1 &lt; 2 &amp; 3", [], "1 < 2 & 3"),
        ("bak https://t.co/q", [{"url": "https://t.co/q", "expanded_url": "https://u.example/?a=1&b=2"}],
         "bak https://u.example/?a=1&b=2"),
        ("bak https://t.co/q", "bozuk", "bak https://t.co/q"),
    ],
)  # fmt: skip
def test_a_post_of_x_as_it_was_typed(shown: str, links: Any, typed: str) -> None:
    assert x.plain(shown, {"urls": links}) == typed


# --- looking ---


def shown(text: str, name: str, minutes: int = 1, url: str | None = None) -> Shown:
    return Shown(text, Receipt(name, url, NOW + timedelta(minutes=minutes)))


@pytest.mark.parametrize(
    ("there", "known", "alone", "found"),
    [
        ([], (), True, None),
        ([("Merhaba", "a")], (), True, "a"),
        ([("Merhaba \n", "a")], (), True, "a"),
        ([("Merhaba", "a")], ("a",), True, None),
        ([("Merhaba", "a"), ("Merhaba", "b")], ("a",), True, "b"),
        ([("Selam", "a")], (), False, None),
        ([("Selam", "a")], (), True, CannotTell),
        ([("Selam", "a")], ("a",), True, None),
        ([("Merhaba", "eski", -60)], (), True, None),
        ([("Selam", "eski", -60)], (), True, None),
        ([("Merhaba", "a", -1)], (), True, "a"),  # a platform's clock may be behind
    ],
)
def test_which_message_is_the_reply(there: Any, known: tuple[str, ...], alone: bool, found: Any) -> None:
    def look() -> Receipt | None:
        return pick([shown(*one) for one in there], outgoing(known=known), lambda a, b: f"{a} {b}", alone=alone)

    if found is CannotTell:
        with pytest.raises(CannotTell, match="in other words"):
            look()
    else:
        receipt = look()
        assert (receipt and receipt.native_id) == found


def test_replies_whose_id_was_not_told_are_counted() -> None:
    first, second = outgoing(key="k1"), outgoing(key="k2")
    prefix = first.unnamed("answer:7")
    name = first.name_for(prefix, NOW + timedelta(seconds=30))
    there = [shown("Merhaba", "1"), shown("Merhaba", "2", 3)]

    def look(there: list[Shown], known: str) -> Receipt | None:
        one = outgoing(known=(known,), key=second.key)
        return pick(there, one, lambda a, b: f"{a} {b}", alone=False, unnamed=prefix)

    assert look(there[:1], name) is None
    assert look(there, name) == there[1].receipt
    assert look(there[:1], outgoing("Selam").name_for(outgoing("Selam").unnamed("answer:7"), NOW)) == there[0].receipt
    # One that was sent long before this reply was pressed is not among what is listed since.
    assert look(there[:1], first.name_for(prefix, NOW - timedelta(hours=1))) == there[0].receipt


# --- small things ---


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry-after": "30"}, 30), ({"retry-after": "Fri, 20 Nov 2026 09:01:00 GMT"}, 60),
        ({"x-rate-limit-reset": str(int(NOW.timestamp()) + 90)}, 90), ({"x-ratelimit-reset": "12.5"}, 12.5),
        ({"x-ratelimit-reset": "2026-11-20T09:02:00Z"}, 120), ({"retry-after": "-5"}, None),
        ({"retry-after": "99999999"}, LONGEST_WAIT.total_seconds()), ({"retry-after": "yarın"}, None), ({}, None),
    ],
)  # fmt: skip
def test_how_long_a_platform_wants_to_be_left_alone(headers: dict[str, str], seconds: float | None) -> None:
    assert wait_until(headers, NOW) == (None if seconds is None else NOW + timedelta(seconds=seconds))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (b'{"detail": "a\\nb"}', "a b"), (b'{"errors": [{"detail": "c"}]}', "c"), (b'{"error": {"message": "d"}}', "d"),
        (b"<html>", ""), (b"[]", ""), (b"", ""), (b"[" * 100_000, ""),
    ],
)  # fmt: skip
def test_what_an_error_says(body: bytes, words: str) -> None:
    assert said(body) == words


def test_a_webhook_is_signed_as_our_own_intake_asks() -> None:
    for key in ("gizli", "whsec_Z2l6bGk="):
        body, stamp = b'{"a": 1}', int(NOW.timestamp())
        headers = {
            "webhook-id": "m1", "webhook-timestamp": str(stamp),
            "webhook-signature": webhook.signature(key, "m1", stamp, body),
        }  # fmt: skip
        assert prove(Check("standard", [key]), Request(body, headers), NOW) == "m1"


def test_waits_grow_and_end() -> None:
    waits = [pause(tries) for tries in range(60)]
    assert waits == sorted(waits) and waits[0] == timedelta(seconds=30) and waits[-1] == LONGEST_PAUSE < GIVE_UP
