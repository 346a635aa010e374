"""The mail path, end to end: sent over SMTP, served by a real IMAP server, read as mentions, each exactly once."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any

import pytest
from imapclient import IMAPClient

from collectors import registry
from collectors.meter import Limit, Meter, spending
from collectors.protocol import BudgetSpent, Refused, Rewinds, Verifies
from tests.integration.imap_server import PASSWORD, Box, MailServer
from tests.integration.worlds.world import TURKISH, Kept

NOW = datetime.now(UTC).replace(microsecond=0)
"""The real time: the servers stamp what comes with it."""


@pytest.fixture(autouse=True)
def password(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setenv("NOBET_IMAP_PASSWORD", PASSWORD)
    monkeypatch.delenv("NOBET_IMAP_TOKEN", raising=False)
    yield


@pytest.fixture
def box(mail: MailServer) -> Box:
    return mail.box()


def collector(mail: MailServer, box: Box, **more: Any) -> Any:
    return registry.collector_for(
        {
            "kind": "imap", "host": "127.0.0.1", "port": mail.port, "security": "none", "user": box.address,
            "private_network": True, "batch": 3, **more,
        }
    )  # fmt: skip


def letter(number: int, text: str = "", **headers: str | None) -> EmailMessage:
    message = EmailMessage()
    written: dict[str, str | None] = {
        "From": "Ayşe Işık <ayse@musteri.test>", "To": "destek@marka.test", "Subject": f"Sipariş {number}",
        "Date": format_datetime(NOW - timedelta(minutes=number)), "Message-ID": f"<{number}@musteri.test>",
    }  # fmt: skip
    for name, value in (written | {key.replace("_", "-"): value for key, value in headers.items()}).items():
        if value is not None:
            message[name] = value
    message.set_content(text or f"gönderi {number}")
    return message


def lie(box: Box, numbers: range) -> None:
    for number in numbers:
        box.lie(letter(number).as_bytes())


def names(numbers: range) -> set[str]:
    return {f"{number}@musteri.test" for number in numbers}


def test_a_mail_sent_over_smtp_arrives_as_it_was_written(mail: MailServer, box: Box) -> None:
    mail.send(box, letter(1, TURKISH))
    kept = Kept()
    kept.take(collector(mail, box).fetch(None, NOW))
    (mention,) = kept.mentions.values()
    assert mention.text == f"Sipariş 1\n\n{TURKISH}"
    assert (mention.author, mention.author_name) == ("ayse@musteri.test", "Ayşe Işık")
    assert mention.published_at == NOW - timedelta(minutes=1)
    assert mention.channel == "email" and mention.family == "email" and mention.source == "imap"
    assert kept.reach is not None and kept.reach.proof == "moved"
    assert kept.reach.since == NOW - timedelta(days=7)


@pytest.mark.parametrize("security", ["tls", "starttls"])
def test_it_is_read_over_tls(mail: MailServer, box: Box, security: str, monkeypatch: pytest.MonkeyPatch) -> None:
    lie(box, range(1, 3))
    port = mail.tls_port if security == "tls" else mail.port
    kept = Kept()
    secure = {"security": security, "port": port, "ca_file": str(mail.authority)}
    kept.take(collector(mail, box, **secure).fetch(None, NOW))
    assert set(kept.mentions) == names(range(1, 3))
    monkeypatch.delenv("NOBET_IMAP_PASSWORD")
    if mail.xoauth2:
        monkeypatch.setenv("NOBET_IMAP_TOKEN", "ya29.token")
        again = collector(mail, box, **secure)
        assert isinstance(again, Verifies) and "Mails in INBOX: 2." in again.verify(NOW)


def test_every_mail_is_read_to_the_end_and_nothing_is_marked(mail: MailServer, box: Box) -> None:
    lie(box, range(1, 12))
    kept = Kept()
    kept.take(collector(mail, box).fetch(None, NOW))
    assert set(kept.mentions) == names(range(1, 12)) and kept.batches == 5
    with IMAPClient("127.0.0.1", mail.port, ssl=False) as client:
        client.login(box.address, PASSWORD)
        client.select_folder("INBOX", readonly=True)
        flags = client.get_flags(client.search())
        assert len(flags) == 11 and not any(b"\\Seen" in found for found in flags.values())
    lie(box, range(12, 15))
    kept.take(collector(mail, box).fetch(kept.cursor, NOW))
    assert set(kept.mentions) == names(range(1, 15)) and kept.batches == 7
    assert kept.reach is not None and kept.reach.since is None
    kept.take(collector(mail, box).fetch(kept.cursor, NOW))
    assert kept.batches == 8 and "read on from UID 14" in kept.notes[-1]


def test_a_kill_between_any_two_batches_loses_nothing(mail: MailServer) -> None:
    for kill_after in range(1, 6):
        box = mail.box()
        lie(box, range(1, 8))
        kept = Kept()
        kept.take(collector(mail, box).fetch(None, NOW), kill_after)
        lie(box, range(8, 12))
        kept.take(collector(mail, box).fetch(kept.cursor, NOW), kill_after)
        given = copy.deepcopy(kept.cursor)
        kept.take(collector(mail, box).fetch(given, NOW))
        assert set(kept.mentions) == names(range(1, 12)), f"killed after batch {kill_after}"


def test_the_cursor_given_is_not_changed(mail: MailServer, box: Box) -> None:
    lie(box, range(1, 8))
    kept = Kept()
    kept.take(collector(mail, box).fetch(None, NOW), kill_after=1)
    given = copy.deepcopy(kept.cursor)
    list(collector(mail, box).fetch(given, NOW))
    assert given == kept.cursor


@pytest.mark.parametrize("killed", [None, 1, 2])
def test_new_uids_bring_nothing_twice_and_lose_nothing(mail: MailServer, box: Box, killed: int | None) -> None:
    lie(box, range(1, 6))
    kept = Kept()
    kept.take(collector(mail, box).fetch(None, NOW))
    before = dict(kept.mentions)
    box.renumber()
    lie(box, range(6, 9))
    kept.take(collector(mail, box).fetch(kept.cursor, NOW), killed)
    kept.take(collector(mail, box).fetch(kept.cursor, NOW))
    assert set(kept.mentions) == names(range(1, 9))
    assert {name: kept.mentions[name] for name in before} == before
    if killed is None:
        assert any("UIDs were given anew" in note for note in kept.notes)


def test_a_mailbox_with_a_long_history_is_searched_in_parts(mail: MailServer, box: Box) -> None:
    lie(box, range(1, 4))
    box.renumber(next_uid=130_000)
    kept = Kept()
    meter = Meter("imap")
    with spending(meter):
        kept.take(collector(mail, box).fetch(None, NOW))
    assert set(kept.mentions) == names(range(1, 4)) and kept.reach is not None
    assert meter.requests == 3 + 3 + 2, "connect, login, EXAMINE; three searches of 50,000 UIDs; one batch"


def test_twenty_senders_at_once_while_the_mailbox_is_read(mail: MailServer, box: Box) -> None:
    sent = [letter(number) for number in range(1, 101)]
    kept = Kept()
    with ThreadPoolExecutor(20) as senders:
        waiting = list(senders.map(lambda message: senders.submit(mail.send, box, message), sent[:20]))
        rest = [senders.submit(mail.send, box, message) for message in sent[20:]]
        while not all(one.done() for one in [*waiting, *rest]):
            kept.take(collector(mail, box, batch=10).fetch(kept.cursor, NOW))
        assert not [error for one in [*waiting, *rest] if (error := one.exception())]
    kept.take(collector(mail, box, batch=10).fetch(kept.cursor, NOW))
    assert set(kept.mentions) == names(range(1, 101)) and not kept.rejected


def test_mails_that_are_deleted_meanwhile_are_passed_over(mail: MailServer, box: Box) -> None:
    lie(box, range(1, 10))
    kept = Kept()
    batches = collector(mail, box).fetch(None, NOW)
    kept.take(iter([next(batches)]))
    with IMAPClient("127.0.0.1", mail.port, ssl=False) as client:
        client.login(box.address, PASSWORD)
        client.select_folder("INBOX")
        client.delete_messages([2, 5, 6])  # one that was read, two that were listed and not read yet
        client.expunge()
    kept.take(batches)
    assert len(kept.mentions) == 7 and not kept.rejected
    assert any("2 deleted meanwhile" in note for note in kept.notes)
    with IMAPClient("127.0.0.1", mail.port, ssl=False) as client:
        client.login(box.address, PASSWORD)
        client.select_folder("INBOX")
        client.delete_messages(client.search())
        client.expunge()
    kept.take(collector(mail, box).fetch(kept.cursor, NOW))  # an emptied inbox is an orderly desk, not a fault
    assert kept.reach is not None
    lie(box, range(20, 22))
    kept.take(collector(mail, box).fetch(kept.cursor, NOW))
    assert names(range(20, 22)) <= set(kept.mentions)


def test_a_mail_of_five_megabytes(mail: MailServer, box: Box) -> None:
    photo = letter(1, "Fotoğraf ektedir.")
    photo.add_attachment(b"\xff\xd8" * 1_900_000, maintype="image", subtype="jpeg", filename="kırık ürün.jpg")
    mail.send(box, photo)
    mail.send(box, letter(2, "Uzun ışıklı satır\n" * 250_000))
    kept = Kept()
    kept.take(collector(mail, box).fetch(None, NOW))
    first, second = kept.mentions["1@musteri.test"], kept.mentions["2@musteri.test"]
    assert first.text == "Sipariş 1\n\nFotoğraf ektedir."
    assert first.extra["attachments"] == [{"name": "kırık ürün.jpg", "type": "image/jpeg", "bytes": 3_800_000}]
    assert second.text == "Sipariş 2\n\n" + "\n".join(["Uzun ışıklı satır"] * 250_000)
    kept = Kept()
    kept.take(collector(mail, box, max_bytes=100_000).fetch(None, NOW))
    assert kept.mentions["1@musteri.test"].text == first.text
    assert "read to 100,000" in kept.mentions["1@musteri.test"].extra["faults"][0]
    assert 100_000 > len(kept.mentions["2@musteri.test"].text) > 40_000


def test_a_mail_without_date_author_or_id(mail: MailServer, box: Box) -> None:
    box.lie(letter(1, From=None).as_bytes())
    box.lie(letter(2, Date=None).as_bytes())
    box.lie(letter(3, Date="dün akşam", Message_ID=None).as_bytes())
    box.lie(letter(4, Date=format_datetime(NOW + timedelta(days=400))).as_bytes())
    kept = Kept()
    kept.take(collector(mail, box).fetch(None, NOW))
    assert len(kept.mentions) == 4 and not kept.rejected
    assert kept.mentions["1@musteri.test"].author is None
    came = kept.mentions["2@musteri.test"]
    assert came.extra["date_received"] is True and abs(came.published_at - datetime.now(UTC)) < timedelta(minutes=10)
    assert [name for name in kept.mentions if name.startswith("digest:")]
    ahead = kept.mentions["4@musteri.test"]
    assert ahead.published_at <= datetime.now(UTC) and "date_claimed" in ahead.extra
    again = Kept()
    again.take(collector(mail, box).fetch(None, NOW + timedelta(hours=1)))
    assert set(again.mentions) == set(kept.mentions)


def test_another_mail_under_a_known_id_is_another_mention(mail: MailServer, box: Box) -> None:
    box.lie(letter(1, "ilk").as_bytes())
    box.lie(letter(1, "ilk").as_bytes())  # a copy
    box.lie(letter(1, "başka biri, aynı kimlik", From="x@baska.test").as_bytes())
    kept = Kept()
    kept.take(collector(mail, box, batch=1).fetch(None, NOW))
    assert len(kept.mentions) == 2 and kept.mentions["1@musteri.test"].text.endswith("ilk")
    box.renumber()
    kept.take(collector(mail, box).fetch(kept.cursor, NOW))
    assert len(kept.mentions) == 2


def test_a_bad_item_does_not_cost_the_good_ones(mail: MailServer, box: Box) -> None:
    box.lie(letter(1).as_bytes())
    box.lie(b"From: x@y.test\r\nMessage-ID: <empty@y.test>\r\n\r\n   \r\n")
    box.lie(letter(3).as_bytes())
    kept = Kept()
    kept.take(collector(mail, box).fetch(None, NOW))
    assert set(kept.mentions) == {"1@musteri.test", "3@musteri.test"}
    assert [(item.native_id, item.reason) for item in kept.rejected] == [("empty@y.test", "text is empty")]


def test_an_empty_mailbox_says_so_and_another_name_keeps_the_channel(mail: MailServer, box: Box) -> None:
    kept = Kept()
    kept.take(collector(mail, box, name="destek-kutusu").fetch(None, NOW))
    assert kept.batches == 1 and "first fetch" in kept.notes[0] and kept.reach is not None
    lie(box, range(1, 2))
    kept.take(collector(mail, box, name="destek-kutusu").fetch(kept.cursor, NOW))
    (mention,) = kept.mentions.values()
    assert mention.source == "destek-kutusu" and mention.channel == "email"


def test_a_fetch_of_few_mails_goes_on_in_the_next(mail: MailServer, box: Box) -> None:
    lie(box, range(1, 12))
    kept, reached = Kept(), []
    for _ in range(3):
        kept.take(collector(mail, box, messages=5).fetch(kept.cursor, NOW))
        reached.append(kept.reach)
    assert set(kept.mentions) == names(range(1, 12))
    assert reached[:2] == [None, None] and reached[2] is not None
    assert reached[2].since == NOW - timedelta(days=7)


def test_old_mails_are_left_until_a_rewind_asks_for_them(mail: MailServer, box: Box) -> None:
    lie(box, range(1, 4))
    soon = NOW + timedelta(days=30)
    kept = Kept()
    kept.take(collector(mail, box).fetch(None, soon))
    assert not kept.mentions
    reader = collector(mail, box)
    assert isinstance(reader, Rewinds)
    kept.take(reader.fetch(reader.rewound(kept.cursor, NOW - timedelta(hours=1)), soon))
    assert set(kept.mentions) == names(range(1, 4))
    fresh = Kept()
    fresh.take(reader.fetch(reader.rewound(None, NOW - timedelta(hours=1)), soon))
    assert set(fresh.mentions) == names(range(1, 4))


def test_a_budget_stops_before_it_is_passed(mail: MailServer, box: Box) -> None:
    lie(box, range(1, 12))
    kept = Kept()
    meter = Meter("imap", item_limit=Limit(4, NOW + timedelta(days=1), "of 4 items"))
    with spending(meter), pytest.raises(BudgetSpent):
        kept.take(collector(mail, box).fetch(None, NOW))
    assert len(kept.mentions) == 4 == meter.items and meter.requests > 5
    kept.take(collector(mail, box).fetch(kept.cursor, NOW))
    assert set(kept.mentions) == names(range(1, 12))


def test_several_folders_and_one_that_is_not_there(mail: MailServer, box: Box) -> None:
    lie(box, range(1, 3))
    with IMAPClient("127.0.0.1", mail.port, ssl=False) as client:
        client.login(box.address, PASSWORD)
        client.create_folder("Şikâyet")
        client.append("Şikâyet", letter(9).as_bytes(), msg_time=NOW)
    kept = Kept()
    kept.take(collector(mail, box, folders=["INBOX", "Şikâyet"]).fetch(None, NOW))
    assert set(kept.mentions) == names(range(1, 3)) | {"9@musteri.test"}
    with pytest.raises(Refused, match="Arşiv"):
        list(collector(mail, box, folders=["INBOX", "Arşiv"]).fetch(None, NOW))
