"""What a mail server's faults become, with a real server behind a wire on which single commands go wrong."""

from __future__ import annotations

import contextlib
import logging
import random
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from collectors.protocol import CollectorError, RateLimited, Refused, Unavailable, Unreadable
from tests.integration.faulty_imap import GREETING, Fault, FaultyImap, bye, cut, drip, hang, says, sends
from tests.integration.imap_server import PASSWORD, Box, MailServer
from tests.integration.test_collector_contract import is_a_sentence
from tests.integration.test_mail_path import NOW, collector, lie, names
from tests.integration.worlds.world import Kept


@pytest.fixture
def box(mail: MailServer) -> Box:
    return mail.box()


@pytest.fixture
def wire(mail: MailServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[FaultyImap]:
    monkeypatch.setenv("NOBET_IMAP_PASSWORD", PASSWORD)
    monkeypatch.delenv("NOBET_IMAP_TOKEN", raising=False)
    with FaultyImap(mail.port) as running:
        yield running


def read(mail: MailServer, box: Box, wire: FaultyImap, kept: Kept, **more: Any) -> CollectorError | None:
    try:
        kept.take(collector(mail, box, port=wire.own_port, timeout=2, **more).fetch(kept.cursor, NOW))
    except CollectorError as error:
        return error
    return None


FETCH, SEARCH, LOGIN, EXAMINE = b"UID FETCH", b"UID SEARCH", b"LOGIN", b"EXAMINE"

CASES: dict[str, tuple[bytes, int, Fault, type[CollectorError]]] = {
    "greeting bye": (GREETING, 1, bye(b"come back later"), Unavailable),
    "greeting limit": (GREETING, 1, bye(b"[ALERT] Too many simultaneous connections"), RateLimited),
    "not imap": (GREETING, 1, sends(b"HTTP/1.1 400 Bad Request\r\n\r\n"), Unreadable),
    "nothing said": (GREETING, 1, sends(b""), Unavailable),
    "silence": (GREETING, 1, hang, Unavailable),
    "login refused": (LOGIN, 1, says(b"NO [AUTHENTICATIONFAILED] Invalid credentials"), Refused),
    "login over quota": (LOGIN, 1, says(b"NO [OVERQUOTA] Account exceeded bandwidth limits"), RateLimited),
    "login unavailable": (LOGIN, 1, says(b"NO [UNAVAILABLE] Temporary authentication failure"), Unavailable),
    "login bye": (LOGIN, 1, bye(), Unavailable),
    "no folder": (EXAMINE, 1, says(b"NO [NONEXISTENT] Unknown Mailbox"), Refused),
    "throttled": (
        SEARCH, 1, says(b"BAD Request is throttled. Suggested Backoff Time: 40000 milliseconds"), RateLimited
    ),
    "search limit": (SEARCH, 1, says(b"NO [LIMIT] slow down"), RateLimited),
    "search bad": (SEARCH, 1, says(b"BAD unknown command"), Unreadable),
    "fetch no": (FETCH, 3, says(b"NO [SERVERBUG] Internal error"), Unavailable),
    "fetch refused": (FETCH, 3, says(b"NO cannot"), Unavailable),
    "fetch bye": (FETCH, 4, bye(), Unavailable),
    "fetch cut": (FETCH, 4, cut(), Unavailable),
    "fetch silence": (FETCH, 4, hang, Unavailable),
    "fetch garbage": (FETCH, 4, sends(b"* 1 FETCH (UID 4 BODY[]<0> {12\r\nabc\r\n"), Unreadable),
}  # fmt: skip


@pytest.mark.parametrize("name", list(CASES))
def test_a_fault_is_a_sentence_and_costs_nothing(mail: MailServer, box: Box, wire: FaultyImap, name: str) -> None:
    command, at, fault, expected = CASES[name]
    lie(box, range(1, 9))
    wire.fail(command, fault, at)
    kept = Kept()
    error = read(mail, box, wire, kept)
    assert isinstance(error, expected), f"{name} became {error!r}"
    assert is_a_sentence(str(error), "imap") and PASSWORD not in str(error)
    assert len(kept.mentions) == (3 if command == FETCH else 0), "what came before the fault is kept"
    if name == "throttled":
        assert error.retry_at == NOW + timedelta(seconds=40)
    if expected is RateLimited:
        assert error.retry_at is not None and error.retry_at > NOW
    assert read(mail, box, wire, kept) is None
    assert set(kept.mentions) == names(range(1, 9)) and kept.reach is not None


@pytest.mark.parametrize("seed", range(30))
def test_random_faults_and_kills_lose_nothing_and_bring_nothing_twice(
    mail: MailServer, box: Box, wire: FaultyImap, seed: int
) -> None:
    dice = random.Random(seed)
    kept, served = Kept(), 0
    faults = [bye(), cut(dice.randint(1, 200)), says(b"NO [UNAVAILABLE] busy"), sends(b"")]
    for _ in range(dice.randint(2, 5)):
        new = dice.randint(0, 6)
        lie(box, range(served + 1, served + new + 1))
        served += new
        if dice.random() < 0.2:
            box.renumber(next_uid=dice.randint(1, 3000))
        if dice.random() < 0.7:
            wire.fail(dice.choice([LOGIN, EXAMINE, SEARCH, FETCH]), dice.choice(faults), dice.randint(1, 4))
        reader = collector(mail, box, port=wire.own_port, timeout=2, batch=dice.randint(1, 4))
        with contextlib.suppress(CollectorError):
            kept.take(reader.fetch(kept.cursor, NOW), dice.choice([None, None, 1, 2, 3]))
    kept.take(collector(mail, box).fetch(kept.cursor, NOW))
    assert set(kept.mentions) == names(range(1, served + 1)) and not kept.rejected


def test_a_server_that_drips_is_given_up(mail: MailServer, box: Box, wire: FaultyImap) -> None:
    lie(box, range(1, 3))
    wire.fail(FETCH, drip)
    error = None
    kept = Kept()
    try:
        kept.take(collector(mail, box, port=wire.own_port, timeout=0.3).fetch(None, NOW))
    except CollectorError as raised:
        error = raised
    assert isinstance(error, Unavailable) and "did not finish" in str(error)


def test_a_mail_that_is_listed_and_not_given_is_named(mail: MailServer, box: Box, wire: FaultyImap) -> None:
    lie(box, range(1, 3))
    wire.fail(FETCH, says(b"OK Fetch completed."), at=2)
    kept = Kept()
    assert read(mail, box, wire, kept) is None
    assert len(kept.rejected) == 2 and "does not give it" in kept.rejected[0].reason


def test_only_reading_commands_are_sent(mail: MailServer, box: Box, wire: FaultyImap) -> None:
    lie(box, range(1, 6))
    assert read(mail, box, wire, Kept()) is None
    asked = {command.split(b" ")[0] if not command.startswith(b"UID") else command[:10] for command in wire.commands}
    assert asked <= {b"CAPABILITY", b"LOGIN", b"EXAMINE", b"UID SEARCH", b"UID FETCH ", b"LOGOUT"}
    assert all(b"BODY.PEEK" in command for command in wire.commands if b"BODY" in command)


def test_an_absent_server_and_a_wrong_password(mail: MailServer, box: Box, monkeypatch: pytest.MonkeyPatch) -> None:
    with FaultyImap(mail.port) as gone:
        port = gone.own_port
    monkeypatch.setenv("NOBET_IMAP_PASSWORD", PASSWORD)
    with pytest.raises(Unavailable) as absent:
        list(collector(mail, box, port=port).fetch(None, NOW))
    monkeypatch.setenv("NOBET_IMAP_PASSWORD", "yanlış-ğüş")
    with pytest.raises(Refused, match="refused the login") as wrong:
        list(collector(mail, box).fetch(None, NOW))
    monkeypatch.setenv("NOBET_IMAP_PASSWORD", "  ")
    with pytest.raises(Refused, match="NOBET_IMAP_PASSWORD") as missing:
        list(collector(mail, box).fetch(None, NOW))
    for raised in (absent, wrong, missing):
        assert is_a_sentence(str(raised.value), "imap")


def test_no_secret_and_no_mail_reaches_a_log(
    mail: MailServer, box: Box, wire: FaultyImap, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    lie(box, range(1, 3))
    wire.fail(LOGIN, says(b"NO [AUTHENTICATIONFAILED] no such password " + PASSWORD.encode()))
    error = read(mail, box, wire, Kept())
    assert error is not None and PASSWORD not in str(error)
    assert read(mail, box, wire, Kept()) is None
    assert PASSWORD not in caplog.text and "musteri.test" not in caplog.text


def test_a_private_address_and_a_certificate_are_looked_at(
    mail: MailServer, box: Box, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("NOBET_IMAP_PASSWORD", PASSWORD)
    tls = {"security": "tls", "port": mail.tls_port}
    with pytest.raises(Refused, match="private network"):
        list(collector(mail, box, **tls, private_network=False).fetch(None, NOW))
    with pytest.raises(Unavailable, match="certificate"):
        list(collector(mail, box, **tls).fetch(None, NOW))
    with pytest.raises(ValueError, match="readable"):
        collector(mail, box, security="none", private_network=False)
