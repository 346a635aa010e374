"""Webhooks: who sent it is proven by published vectors, and what it says becomes mentions or sentences."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.protocol import Refused
from collectors.registry import ConfigError, collector_for
from collectors.signatures import Check, Request, Unsigned, prove, standard_signature, twilio_text
from collectors.webhook import Parsed, WebhookCollector, WebhookSettings, parse

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
ISTANBUL = ZoneInfo("Europe/Istanbul")
SECRET = "0123456789abcdef0123456789abcdef"
TURKISH = "İıŞşĞğÜüÖöÇç: Kargom hâlâ yolda, 'yarın' dediniz! 👩‍👩‍👧"

# The test vector of the Standard Webhooks libraries.
STANDARD = {
    "webhook-id": "msg_p5jXN8AQM9LWM0D4loKWxJek",
    "webhook-timestamp": "1614265330",
    "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
}
STANDARD_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
STANDARD_BODY = b'{"test": 2432232314}'
STANDARD_AT = datetime.fromtimestamp(1614265330, UTC)


def hexed(secret: str, text: bytes) -> str:
    return hmac.new(secret.encode(), text, hashlib.sha256).hexdigest()


def test_the_published_vector_of_standard_webhooks() -> None:
    check = Check("standard", ["another-secret-of-16", STANDARD_SECRET])
    assert prove(check, Request(STANDARD_BODY, STANDARD), STANDARD_AT) == STANDARD["webhook-id"]
    assert standard_signature(STANDARD_SECRET, STANDARD["webhook-id"], 1614265330, STANDARD_BODY) in STANDARD.values()
    several = STANDARD | {"webhook-signature": f"v1,AAAA v2,x= {STANDARD['webhook-signature']}"}
    assert prove(check, Request(STANDARD_BODY, several), STANDARD_AT)


@pytest.mark.parametrize(
    ("changes", "body", "away", "why"),
    [
        ({}, STANDARD_BODY + b" ", 0, "signature is not right"),
        ({}, STANDARD_BODY, 301, "301 seconds from ours"),
        ({}, STANDARD_BODY, -301, "301 seconds from ours"),
        ({"webhook-timestamp": "1614265331"}, STANDARD_BODY, 0, "signature is not right"),
        ({"webhook-timestamp": "soon"}, STANDARD_BODY, 0, "no number of seconds"),
        ({"webhook-timestamp": "9" * 40}, STANDARD_BODY, 0, "no number of seconds"),
        ({"webhook-id": "msg_other"}, STANDARD_BODY, 0, "signature is not right"),
        ({"webhook-id": ""}, STANDARD_BODY, 0, "webhook-id is missing"),
        ({"webhook-signature": ""}, STANDARD_BODY, 0, "webhook-signature is missing"),
        ({"webhook-signature": "v1,"}, STANDARD_BODY, 0, "signature is not right"),
        ({"webhook-signature": "v1,ığü %%% " + "0" * 64}, STANDARD_BODY, 0, "signature is not right"),
    ],
)
def test_what_is_not_proven_is_refused(changes: dict[str, str], body: bytes, away: int, why: str) -> None:
    check = Check("standard", [STANDARD_SECRET])
    with pytest.raises(Unsigned, match=why) as error:
        prove(check, Request(body, STANDARD | changes), STANDARD_AT + timedelta(seconds=away))
    assert "g0hM9" not in str(error.value) and STANDARD_SECRET not in str(error.value)


def test_the_published_vector_of_twilio() -> None:
    form = b"CallSid=CA1234567890ABCDE&From=%2B12349013030&To=%2B18005551212&Caller=%2B12349013030&Digits=1234"
    check = Check("twilio", ["12345"])
    url = "https://mycompany.com/myapp.php?foo=1&bar=2"
    prove(check, Request(form, {"x-twilio-signature": "0/KCTR6DLpKmkAf8muzZqo1nDgQ="}, url), NOW)
    for body, address in ((form + b"&a=b", url), (form, url + "3")):
        with pytest.raises(Unsigned):
            prove(check, Request(body, {"x-twilio-signature": "0/KCTR6DLpKmkAf8muzZqo1nDgQ="}, address), NOW)
    assert twilio_text("u", [("b", "2"), ("a", "1"), ("b", "2")]) == b"ua1b2"


def test_bodies_signed_alone_and_with_a_time() -> None:
    body = TURKISH.encode()
    for given_as in (f"sha256={hexed(SECRET, body)}", hexed(SECRET, body).upper(),
                     base64.b64encode(bytes.fromhex(hexed(SECRET, body))).decode()):  # fmt: skip
        prove(Check("body", [SECRET]), Request(body, {"x-hub-signature-256": given_as}), NOW)
    stamp = str(int(NOW.timestamp()))
    mine = Check("timestamped", [SECRET], 60, "X-Shop-Signature", "X-Shop-Time")
    headers = {"x-shop-signature": hexed(SECRET, stamp.encode() + b"." + body), "x-shop-time": stamp}
    prove(mine, Request(body, headers), NOW + timedelta(seconds=59))
    with pytest.raises(Unsigned, match="x-shop-time"):
        prove(mine, Request(body, headers), NOW + timedelta(seconds=61))


@given(body=st.binary(max_size=200), signature=st.text(max_size=90))
def test_no_header_breaks_the_proof(body: bytes, signature: str) -> None:
    for form in ("standard", "timestamped", "body", "twilio"):
        names = ("webhook-signature", "x-signature", "x-hub-signature-256", "x-twilio-signature")
        headers = dict.fromkeys(names, signature) | {
            "webhook-id": signature,
            "webhook-timestamp": "1",
            "x-timestamp": "1",
        }
        with pytest.raises(Unsigned):
            prove(Check(form, [SECRET]), Request(body, headers), datetime.fromtimestamp(1, UTC))


def settings(**more: Any) -> WebhookSettings:
    made = collector_for({"kind": "webhook", "name": "shop", "channel": "chat", **more})
    assert isinstance(made, WebhookCollector)
    return made.settings


def read(body: Any, content_type: str = "application/json", message_id: str | None = None, **more: Any) -> Parsed:
    data = body if isinstance(body, bytes) else json.dumps(body, ensure_ascii=False).encode()
    return parse(settings(**more), data, content_type, now=NOW, zone=ISTANBUL, message_id=message_id)


def test_a_mention_in_our_own_words() -> None:
    record = {
        "source": "elsewhere",
        "native_id": 7,
        "text": TURKISH,
        "published_at": "2026-11-21 12:00",
        "shop": "Moda",
    }
    (found,) = read(record).fetched
    mention = found.mention
    assert (mention.source, mention.native_id, mention.text, mention.channel) == ("shop", "7", TURKISH, "chat")
    assert mention.published_at == datetime(2026, 11, 21, 9, 0, tzinfo=UTC) and mention.extra["shop"] == "Moda"
    assert found.raw == record


def test_the_senders_own_json() -> None:
    fields = {
        "native_id": "event.id", "text": "event.messages.0.body|event.caption", "author": "event.from.phone",
        "published_at": "event.ts", "extra.order": "event.order",
    }  # fmt: skip
    event = {
        "id": 5,
        "messages": [{"body": "<p>Kargom &amp; iadem</p>"}],
        "from": {"phone": "+90555"},
        "ts": 1795262400123,
    }
    body = {
        "events": [
            {"event": {**event, "order": "A-1"}},
            {"event": {"id": 6, "caption": "Foto", "ts": "21.11.2026 09:30"}},
        ]
    }
    parsed = read(body, fields=fields, items="events", html=True)
    one, two = (item.mention for item in parsed.fetched)
    assert (one.text, one.author, one.extra) == ("Kargom & iadem", "+90555", {"order": "A-1", "channel": "chat"})
    assert one.published_at == datetime.fromtimestamp(1795262400.123, UTC) and two.text == "Foto"
    assert two.published_at == datetime(2026, 11, 21, 6, 30, tzinfo=UTC)
    assert "no list at" in read({"events": 3}, fields=fields, items="events").fault


def test_an_id_and_a_time_that_are_not_given() -> None:
    one = read({"text": "a"}, message_id="msg_1", undated=True).fetched[0].mention
    assert one.native_id == "msg_1" and one.published_at == NOW and one.extra["undated"]
    assert read({"text": "a"}, undated=True).rejected[0].reason == "native_id is missing"
    assert read({"native_id": "1", "text": "a"}).rejected[0].reason == "published_at is missing"
    two = read([{"text": "a"}, {"text": "b"}], message_id="msg_1", undated=True)
    assert len(two.rejected) == 2, "one id cannot name two mentions"


@pytest.mark.parametrize(
    ("body", "why"),
    [
        (b"", "could not be read"), (b"{", "could not be read"), (b"\xff\xfe{", "not UTF-8"), (b'{"a": NaN}', "NaN"),
        (b"[" * 5000, "nested too deep"), (b"[" * 70 + b"]" * 70, "nested deeper"),
        (json.dumps([{}] * 1001).encode(), "at most 1000"), ('{"text": "ş"}'.encode("cp1254"), "not UTF-8"),
    ],
)  # fmt: skip
def test_a_body_that_cannot_be_read_is_kept_with_its_reason(body: bytes, why: str) -> None:
    parsed = read(body)
    assert why in parsed.fault and len(parsed.rejected) == 1 and not parsed.fetched
    json.dumps(parsed.rejected[0].raw).encode()


def test_single_items_that_are_none() -> None:
    good = {"native_id": "1", "text": "a", "published_at": "2026-11-21T09:00:00Z"}
    parsed = read([good, 7, None, [good], {**good, "text": " "}, {**good, "published_at": "2031-01-01T00:00:00Z"},
                   {**good, "extra": []}, {**good, "text": {"a": 1}}, {**good, "published_at": True}])  # fmt: skip
    assert len(parsed.fetched) == 1 and len(parsed.rejected) == 8 and not parsed.fault


def test_other_charsets_are_read_where_they_are_declared() -> None:
    body = json.dumps({"native_id": "1", "text": "Işık ğ", "published_at": "2026-11-21T09:00Z"}, ensure_ascii=False)
    for charset in ("windows-1254", '"ISO-8859-9"'):
        parsed = read(body.encode("cp1254"), f"application/json; charset={charset}")
        assert parsed.fetched[0].mention.text == "Işık ğ"
    assert read(b"\xef\xbb\xbf" + body.encode()).fetched[0].mention.text == "Işık ğ"
    for charset in ("zip", "rot13", "nonsense"):
        assert read(body.encode("cp1254"), f"application/json; charset={charset}").fault


def test_surrogates_and_nul_can_be_stored() -> None:
    parsed = read(
        b'{"native_id": "1", "text": "a\\u0000\\ud800", "published_at": "2026-11-21T09:00Z", "x": ["\\u0000"]}'
    )
    assert parsed.fetched[0].mention.text == "a��" and "\x00" not in json.dumps(parsed.fetched[0].raw)


def whatsapp(*messages: Any, **value: Any) -> dict[str, Any]:
    """A payload as Meta's reference shows it."""
    contacts = [{"profile": {"name": "Ayşe Işık"}, "wa_id": "905551112233"}]
    whole = {
        "messaging_product": "whatsapp", "contacts": contacts, "messages": list(messages),
        "metadata": {"display_phone_number": "908502220000", "phone_number_id": "1"}, **value,
    }  # fmt: skip
    return {
        "object": "whatsapp_business_account",
        "entry": [{"id": "1", "changes": [{"field": "messages", "value": whole}]}],
    }


def message(number: int, **more: Any) -> dict[str, Any]:
    base = {"from": "905551112233", "id": f"wamid.{number}", "timestamp": "1795255200", "type": "text"}
    return base | ({"text": {"body": TURKISH}} if "type" not in more else {}) | more


def test_whatsapp_messages_of_every_type() -> None:
    payload = whatsapp(
        message(1, context={"from": "908502220000", "id": "wamid.0"}),
        message(2, type="image", image={"id": "m1", "mime_type": "image/jpeg", "caption": "Kırık geldi"}),
        message(3, type="audio", audio={"id": "m2", "voice": True}),
        message(4, type="interactive", interactive={"type": "list_reply", "list_reply": {"id": "1", "title": "İade"}}),
        message(5, type="button", button={"text": "Evet", "payload": "yes"}),
        message(6, type="location", location={"latitude": 41.0, "longitude": 29.0, "name": "Moda"}),
        message(7, type="document", document={"id": "m3", "filename": "fatura.pdf"}),
        message(8, type="unsupported", errors=[{"code": 131051}]),
        message(9, type="reaction", reaction={"emoji": "👍", "message_id": "wamid.0"}),
        "not a message",
        statuses=[{"id": "wamid.0", "status": "read"}],
    )
    parsed = read(payload, payload="whatsapp", channel="whatsapp")
    texts = {item.mention.native_id: item.mention.text for item in parsed.fetched}
    assert texts == {
        "wamid.1": TURKISH, "wamid.2": "Kırık geldi", "wamid.3": "[audio]", "wamid.4": "İade", "wamid.5": "Evet",
        "wamid.6": "[location] 41.0, 29.0\nModa", "wamid.7": "[document]\nfatura.pdf", "wamid.8": "[unsupported]",
    }  # fmt: skip
    first = parsed.fetched[0].mention
    assert (first.author, first.author_name, first.in_reply_to) == ("905551112233", "Ayşe Işık", "wamid.0")
    assert first.published_at == datetime.fromtimestamp(1795255200, UTC) and first.channel == "whatsapp"
    assert parsed.ignored == 2 and len(parsed.rejected) == 1 and parsed.fetched[2].mention.extra["media_id"] == "m2"


@pytest.mark.parametrize("payload", [[], {}, {"entry": {}}, 3, None, "x"])
def test_what_is_no_whatsapp_payload_is_named(payload: Any) -> None:
    assert "WhatsApp" in read(payload, payload="whatsapp").fault


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(["entry", "changes", "value", "messages", "contacts", "type", "text"]), inner
            )
        ),
        max_leaves=20,
    )
)
def test_no_payload_breaks_the_reading(value: Any) -> None:
    for more in (
        {"payload": "whatsapp"},
        {"fields": {"text": "value.text.0", "native_id": "type"}},
        {"items": "entry"},
    ):
        parsed = read(value, **more)
        assert all(isinstance(item.reason, str) for item in parsed.rejected)


def test_a_sms_of_twilio() -> None:
    form = "MessageSid=SM1&From=%2B905551112233&To=%2B908502220000&Body=I%C5%9F%C4%B1k+yok&NumMedia=0"
    twilio = {"signed": "twilio", "public_url": "https://nobet.example.com", "channel": "sms"}
    mention = read(form.encode(), "application/x-www-form-urlencoded", **twilio).fetched[0].mention
    assert (mention.native_id, mention.author, mention.text) == ("SM1", "+905551112233", "Işık yok")
    assert mention.published_at == NOW and mention.channel == "sms" and mention.extra["to"] == "+908502220000"
    picture = (
        b"MessageSid=SM2&From=%2B90555&Body=&NumMedia=1&MediaContentType0=image/jpeg&MediaUrl0=https://x.example/1"
    )
    assert read(picture, "", **twilio).fetched[0].mention.text == "[image/jpeg]"


@pytest.mark.parametrize(
    ("wrong", "why"),
    [
        ({"path": "A/b"}, "path"), ({"fields": {"txt": "a"}}, "'txt' is no field"),
        ({"fields": {"text": " "}}, "dotted path"),
        ({"fields": {"source": "a"}}, "'source' is no field"), ({"signed": "md5"}, "signed"),
        ({"signed": "twilio"}, "public_url"), ({"payload": "whatsapp", "items": "a"}, "leave"),
        ({"timezone": "Mars"}, "IANA"), ({"public_url": "nobet"}, "address"), ({"name": "***"}, "path"),
        ({"signed": "twilio", "public_url": "https://a.example", "payload": "json"}, "form"),
    ],
)  # fmt: skip
def test_wrong_settings_are_named(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(ConfigError, match=why):
        settings(**wrong)


def test_secrets_are_found_or_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    made = collector_for({"kind": "webhook", "name": "Mağaza 1"})
    assert isinstance(made, WebhookCollector) and list(made.fetch(None, NOW)) == [] and made.push
    monkeypatch.delenv("NOBET_WEBHOOK_SECRET", raising=False)
    with pytest.raises(Refused, match="NOBET_WEBHOOK_SECRET is empty"):
        made.verify(NOW)
    monkeypatch.setenv("NOBET_WEBHOOK_SECRET", "short")
    with pytest.raises(Refused, match="fewer than 16"):
        made.verify(NOW)
    monkeypatch.setenv("NOBET_WEBHOOK_SECRET", f"{SECRET}, {STANDARD_SECRET}")
    assert made.secrets() == (SECRET, STANDARD_SECRET) and "2 secret(s)" in made.verify(NOW)
