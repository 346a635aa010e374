"""The contract that every kind of source keeps when something goes wrong between it and its server.

What is read, and what that proves, is in test_collector_contract.py. Nothing here waits, and nothing tested may: the
waits that servers ask for are longer than a whole run of these tests.
"""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from collectors import registry
from collectors.meter import Limit, Meter, spending
from collectors.protocol import (
    BudgetSpent,
    CollectorError,
    RateLimited,
    Rechecks,
    Refused,
    Unavailable,
    Unreadable,
)
from collectors.registry import ConfigError
from tests.integration.faulty_server import Answer, Fault, FaultyServer
from tests.integration.worlds.world import NOW, SECRET, Kept, Post, World, collector, ids, is_a_sentence

pytest_plugins = ["tests.integration.served"]


FAULTS: dict[str, Callable[[Answer], Answer]] = {
    "429": Fault.status(429), "500": Fault.status(500), "503": Fault.status(503), "401": Fault.status(401),
    "403": Fault.status(403), "truncated": Fault.truncated, "broken": Fault.broken_json, "html": Fault.html,
    "empty": Fault.empty,
}  # fmt: skip


@pytest.mark.parametrize("page", [1, 2])
@pytest.mark.parametrize("name", [*FAULTS, "429 with time"])
def test_a_fault_is_a_sentence_and_costs_nothing(world: World, server: FaultyServer, name: str, page: int) -> None:
    world.add(8)
    expected = world.becomes[name]
    server.fail(page, FAULTS.get(name) or world.too_many(40))
    kept = Kept()
    error = None
    try:
        kept.take(collector(world, server).fetch(None, NOW))
    except CollectorError as raised:
        error = raised
    if expected is None:
        assert error is None
    else:
        assert isinstance(error, expected), f"{name} became {error!r}"
        assert is_a_sentence(str(error), world.kind)
        assert len(kept.mentions) == (page - 1) * world.page, "what came before the fault is kept"
        assert len(server.pages) == page, "a fault is not tried again inside the job"
    if name == "429 with time":
        assert isinstance(error, RateLimited) and error.retry_at is not None
        assert timedelta(seconds=39) <= error.retry_at - NOW <= timedelta(seconds=60)
    if name == "429":
        assert isinstance(error, RateLimited) and (error.retry_at is not None) is world.waits_unasked
    world.add(2)
    kept.take(collector(world, server).fetch(kept.cursor, NOW + timedelta(minutes=1)))
    assert set(kept.mentions) == ids(world)


@pytest.mark.parametrize("fault", [Fault.status(429), Fault.status(500), Fault.html, Fault.empty, Fault.status(403)])
def test_a_fault_beside_the_pages_costs_nothing(
    world: World, server: FaultyServer, fault: Callable[[Answer], Answer]
) -> None:
    """Signing in, a total, the articles of a feed, the open questions: what is asked for beside the pages."""
    world.add(5)
    right = server.route
    server.route = lambda request: right(request) if world.counts(request) else fault(right(request))
    kept = Kept()
    try:
        kept.take(collector(world, server).fetch(None, NOW))
    except CollectorError as error:
        assert is_a_sentence(str(error), world.kind) and kept.reach is None
    else:
        assert set(kept.mentions) == ids(world)
    server.route = right
    kept.take(collector(world, server).fetch(kept.cursor, NOW + timedelta(minutes=6)))
    assert set(kept.mentions) == ids(world) and kept.reach is not None


def test_a_server_that_does_not_answer_is_given_up(world: World, server: FaultyServer) -> None:
    world.add(4)
    server.fail(2, Fault.slow)
    kept = Kept()
    with pytest.raises(Unavailable) as raised:
        kept.take(collector(world, server, timeout=0.4).fetch(None, NOW))
    assert is_a_sentence(str(raised.value), world.kind) and "0.4 seconds" in str(raised.value)
    kept.take(collector(world, server).fetch(kept.cursor, NOW))
    assert set(kept.mentions) == ids(world)


def test_a_server_that_is_not_there_is_unavailable(world: World) -> None:
    with FaultyServer(world.route) as server:
        absent = server
    with pytest.raises(Unavailable) as raised:
        list(collector(world, absent).fetch(None, NOW))
    assert is_a_sentence(str(raised.value), world.kind)


def test_a_fetch_that_was_cut_off_proves_nothing_until_it_is_complete(world: World, server: FaultyServer) -> None:
    world.add(8)
    server.fail(2, Fault.status(500))
    kept = Kept()
    with pytest.raises(Unavailable):
        kept.take(collector(world, server).fetch(None, NOW))
    assert kept.reach is None and kept.proofs == 0
    kept.take(collector(world, server).fetch(kept.cursor, NOW + timedelta(minutes=1)))
    assert kept.reach is not None and not kept.reach.gap and kept.proofs == 1
    assert set(kept.mentions) == ids(world)


WAITS: dict[str, tuple[int, dict[str, str], timedelta | None]] = {
    "Retry-After in seconds": (429, {"retry_after": "90"}, timedelta(seconds=90)),
    "Retry-After as a date": (
        429, {"retry_after": format_datetime(NOW + timedelta(minutes=5), usegmt=True)}, timedelta(minutes=5)
    ),
    "Retry-After in the past": (429, {"retry_after": "Sat, 21 Nov 2020 09:00:00 GMT"}, timedelta(0)),
    "Retry-After of ten years": (429, {"retry_after": "315360000"}, timedelta(days=31)),
    "x-rate-limit-reset, since 1970": (
        429, {"x_rate_limit_reset": str(int(NOW.timestamp()) + 120)}, timedelta(seconds=120)
    ),
    "x-ratelimit-reset, in seconds": (429, {"x_ratelimit_reset": "150"}, timedelta(seconds=150)),
    "without a time": (429, {}, None),
    "with nonsense for a time": (429, {"retry_after": "soon", "x_ratelimit_reset": "nan"}, None),
    "503 with Retry-After": (503, {"retry_after": "70"}, timedelta(seconds=70)),
    "503 without": (503, {}, None),
}  # fmt: skip


@pytest.mark.parametrize("form", WAITS)
def test_a_rate_limit_in_any_form_is_a_time_and_never_a_wait(world: World, server: FaultyServer, form: str) -> None:
    status, headers, wait = WAITS[form]
    world.add(5)
    server.fail(2, Fault.status(status, **headers))
    kept, began = Kept(), time.monotonic()
    with pytest.raises(RateLimited if status == 429 else Unavailable) as raised:
        kept.take(collector(world, server).fetch(None, NOW))
    passed = timedelta(seconds=time.monotonic() - began)
    assert passed < timedelta(seconds=20), "nothing sleeps"
    assert is_a_sentence(str(raised.value), world.kind) and len(server.pages) == 2
    at = raised.value.retry_at
    if wait is not None:
        assert at is not None and wait <= at - NOW <= wait + passed + timedelta(seconds=1)
    elif status == 429 and world.waits_unasked:
        assert at is not None and timedelta(seconds=30) <= at - NOW <= timedelta(days=1)
    else:
        assert at is None
    kept.take(collector(world, server).fetch(kept.cursor, NOW + timedelta(minutes=6)))
    assert set(kept.mentions) == ids(world)


def _in(charset: str, declared: str | None) -> Callable[[Answer], Answer]:
    """An answer in another charset than its form demands, which it declares or does not."""

    def fault(right: Answer) -> Answer:
        headers = {name: value for name, value in right.headers.items()}
        if declared:
            headers["content-type"] = f"{headers['content-type'].partition(';')[0]}; charset={declared}"
        return replace(right, body=right.body.decode().encode(charset, "replace"), headers=headers)

    return fault


def _torn(right: Answer) -> Answer:
    """An answer in UTF-8 in which letters lost their second byte."""
    return replace(right, body=right.body.replace("ş".encode(), b"\xc5").replace("ğ".encode(), b"\xc4"))


CHARSETS: dict[str, Callable[[Answer], Answer]] = {
    "UTF-8, declared as windows-1254": _in("utf-8", "windows-1254"),
    "UTF-8, declared as ISO-8859-1": _in("utf-8", "iso-8859-1"),
    "UTF-8, declared as what there is not": _in("utf-8", "x-türkçe"),
    "windows-1254, declared": _in("windows-1254", "windows-1254"),
    "ISO-8859-9, declared as UTF-8": _in("iso-8859-9", "utf-8"),
    "broken UTF-8": _torn,
}
COMPLAINT = "Kargom çok geç geldi, şikâyetçiyim: düğmesi kırık, iğne gibi"


@pytest.mark.parametrize("name", CHARSETS)
def test_a_wrong_charset_is_refused_or_still_readable(world: World, server: FaultyServer, name: str) -> None:
    world.posts = [Post(number, COMPLAINT) for number in (3, 2, 1)]
    server.fail(1, CHARSETS[name])
    kept = Kept()
    try:
        kept.take(collector(world, server).fetch(None, NOW))
    except Unreadable as error:
        assert is_a_sentence(str(error), world.kind) and not kept.mentions and kept.cursor is None
    for mention in kept.mentions.values():
        readable = mention.text.replace("\N{REPLACEMENT CHARACTER}", "")
        assert mention.text.startswith("Kargom ") and not set(readable) - set(COMPLAINT), mention.text
        if "declared" in name and not name.startswith("ISO-8859-9"):
            assert mention.text == COMPLAINT
    new = world.add(2)
    kept.take(collector(world, server).fetch(kept.cursor, NOW + timedelta(minutes=1)))
    assert set(kept.mentions) == ids(world) and ids(world, new) <= set(kept.mentions)


def test_every_request_is_counted(world: World, server: FaultyServer) -> None:
    world.add(8)
    kept = Kept()
    for minutes in (0, 10):
        asked = len(server.requests)
        with spending(Meter(world.kind)) as spent:
            kept.take(collector(world, server).fetch(kept.cursor, NOW + timedelta(minutes=minutes)))
        assert spent.requests == len(server.requests) - asked > 0
    asked = len(server.requests)
    server.fail(1, Fault.status(500))
    with spending(Meter(world.kind)) as spent, pytest.raises(Unavailable):
        kept.take(collector(world, server).fetch(kept.cursor, NOW + timedelta(minutes=20)))
    assert spent.requests == len(server.requests) - asked > 0, "one that failed counts too"


def test_a_spent_budget_stops_between_two_pages(world: World, server: FaultyServer) -> None:
    world.add(8)
    for _ in range(2):  # the first time may sign in
        with spending(Meter(world.kind)) as first_page:
            Kept().take(collector(world, server).fetch(None, NOW), kill_after=1)
    until, asked = datetime(2026, 11, 22, tzinfo=UTC), len(server.requests)
    limit = Limit(first_page.requests, until, f"of {first_page.requests} requests a day")
    kept = Kept()
    with spending(Meter(world.kind, request_limit=limit)) as spent, pytest.raises(BudgetSpent) as raised:
        kept.take(collector(world, server).fetch(None, NOW))
    assert limit.name in str(raised.value) and "2026-11-22 00:00" in str(raised.value)
    assert is_a_sentence(str(raised.value), world.kind) and raised.value.retry_at == until
    assert spent.requests == limit.left == len(server.requests) - asked
    assert len(kept.mentions) == world.page and kept.reach is None
    with spending(Meter(world.kind, request_limit=Limit(0, until, "of no requests"))), pytest.raises(BudgetSpent):
        kept.take(collector(world, server).fetch(kept.cursor, NOW))
    assert len(server.requests) - asked == limit.left, "nothing is asked once nothing is left"
    kept.take(collector(world, server).fetch(kept.cursor, NOW + timedelta(minutes=1)))
    assert set(kept.mentions) == ids(world) and kept.reach is not None and not kept.reach.gap


def test_an_address_inside_the_network_is_refused_before_it_is_asked(world: World, server: FaultyServer) -> None:
    world.add(1)
    with pytest.raises(Refused) as raised:
        list(registry.collector_for(world.settings(server.url)).fetch(None, NOW))
    assert "private network" in str(raised.value) and "private_network: true" in str(raised.value)
    assert is_a_sentence(str(raised.value), world.kind) and server.requests == []


def test_no_secret_is_kept_or_logged(world: World, server: FaultyServer, caplog: pytest.LogCaptureFixture) -> None:
    if not world.env:
        pytest.skip(f"{world.kind} has no secret")
    caplog.set_level(logging.DEBUG)
    world.posts = [Post(4), Post(3, text="  "), Post(2), Post(1)]
    kept = Kept()
    kept.take(collector(world, server).fetch(None, NOW))
    echo = f"<!DOCTYPE html><title>no such key {SECRET}</title>".encode()
    errors = []
    for fault in (
        replace(Answer(200, echo), headers={"content-type": "text/html"}),
        Answer(403, echo),
        Answer(500, echo),
    ):
        server.fail(1, lambda _right, answer=fault: answer)  # type: ignore[misc]
        with pytest.raises(CollectorError) as raised:
            kept.take(collector(world, server).fetch(kept.cursor, NOW + timedelta(minutes=10)))
        errors.append(f"{raised.value} {raised.value.page}")
    assert kept.mentions and kept.rejected
    seen = {
        "a payload": json.dumps(kept.raw), "a rejection": repr(kept.rejected), "a cursor": json.dumps(kept.cursors),
        "a note": repr(kept.notes), "a mention": repr(kept.mentions), "an error": repr(errors), "a log": caplog.text,
    }  # fmt: skip
    for where, text in seen.items():
        assert not [secret for secret in (SECRET, *world.secrets) if secret in text], f"a secret in {where}"


def test_the_settings_hold_no_secret(world: World, server: FaultyServer) -> None:
    if not world.env:
        pytest.skip(f"{world.kind} has no secret")
    settings = collector(world, server).settings
    for text in (repr(settings), str(settings), settings.model_dump_json()):
        assert not [secret for secret in world.secrets if secret in text]
    record = world.settings(server.url)
    variables = [name for name in type(settings).model_fields if name.endswith("_env")]
    wrong: list[dict[str, object]] = [
        {"password": SECRET},
        {"every": SECRET},
        *({name: [SECRET]} for name in variables),
    ]
    wrong += [{name: SECRET} for name in variables]  # the secret where its variable's name belongs
    for more in wrong:
        with pytest.raises(ConfigError) as raised:
            registry.collector_for({**record, **more})
        assert SECRET not in str(raised.value) and next(iter(more)) in str(raised.value)


def test_nothing_is_called_deleted_because_a_question_failed(world: World, server: FaultyServer) -> None:
    checker = collector(world, server)
    if not isinstance(checker, Rechecks):
        pytest.skip(f"{world.kind} cannot be asked after single posts")
    world.add(2)
    stored = [world.native_id(post) for post in world.posts]
    nothing = lambda _right: Answer.json({})  # noqa: E731
    no_entries = lambda _right: Answer.json({"kind": "Listing", "data": {"children": []}})  # noqa: E731
    for fault in (
        Fault.html,
        Fault.empty,
        Fault.broken_json,
        Fault.status(500),
        Fault.status(429),
        nothing,
        no_entries,
    ):
        server.fail(1, fault)
        with pytest.raises(CollectorError) as raised:
            gone = checker.deleted(stored, NOW)
            pytest.fail(f"{gone} were called deleted")
        assert is_a_sentence(str(raised.value), world.kind)


def test_no_secret_reaches_an_error_or_a_log(
    world: World, server: FaultyServer, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    world.add(4)
    echo = lambda right: Answer.json({"detail": f"no such key {SECRET}"}, 403)  # noqa: E731
    server.fail(2, echo)
    with pytest.raises(Refused) as raised:
        list(collector(world, server).fetch(None, NOW))
    # A feed has no secret; what its server says is repeated as it is.
    if world.env:
        assert SECRET not in str(raised.value)
        assert SECRET not in caplog.text


def test_a_missing_or_wrong_secret_is_refused(
    world: World, server: FaultyServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    variables = [n for n, f in type(collector(world, server).settings).model_fields.items() if n.endswith("_env")]
    world.add(1)
    for variable in variables:
        name = getattr(collector(world, server).settings, variable)
        with monkeypatch.context() as without:
            without.delenv(name)
            with pytest.raises(Refused, match=name):
                list(collector(world, server).fetch(None, NOW))
            without.setenv(name, "wrong")
            with pytest.raises(Refused) as raised:
                list(collector(world, server).fetch(None, NOW))
            assert is_a_sentence(str(raised.value), world.kind)
