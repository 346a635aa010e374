"""Waits read from headers, and limits on what a server may send."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from collectors.protocol import CollectorError, Unavailable, Unreadable
from collectors.transport import LONGEST_WAIT, RefusedStatus, Transport, said, wait_until
from tests.integration.faulty_server import Answer, Fault, FaultyServer

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("headers", "when"),
    [
        ({"retry-after": "40"}, AT + timedelta(seconds=40)),
        ({"retry-after": "0.5"}, AT + timedelta(seconds=0.5)),
        ({"retry-after": "Sat, 21 Nov 2026 09:05:00 GMT"}, AT + timedelta(minutes=5)),
        ({"retry-after": "Sat, 21 Nov 2026 08:00:00 GMT"}, AT),
        ({"retry-after": "999999999999"}, None),
        ({"retry-after": "99999999"}, AT + LONGEST_WAIT),
        ({"retry-after": "soon"}, None),
        ({"retry-after": "-5"}, None),
        ({"x-rate-limit-reset": str(int(AT.timestamp()) + 90)}, AT + timedelta(seconds=90)),
        ({"x-rate-limit-reset": "1"}, AT),
        ({"x-rate-limit-reset": "nan"}, None),
        ({"x-ratelimit-reset": "525"}, AT + timedelta(seconds=525)),
        ({}, None),
    ],
)
def test_when_the_next_request_may_be_sent(headers: dict[str, str], when: datetime | None) -> None:
    assert wait_until(headers, AT) == when


@pytest.mark.parametrize(
    ("body", "text"),
    [
        (b'{"detail": "Usage cap\\n exceeded"}', "Usage cap exceeded"),
        (b'{"message": "Too Many Requests", "error": 429}', "Too Many Requests"),
        (b'{"errors": [{"message": "bad since_id"}], "title": "Invalid"}', "bad since_id"),
        (b"<html>no</html>", ""), (b"[1]", ""), (b"", ""), (b"{}", ""), (b"[" * 100_000, ""),
        (json.dumps({"detail": "x" * 999}).encode(), "x" * 200),
    ],
)  # fmt: skip
def test_what_an_error_says(body: bytes, text: str) -> None:
    assert said(body) == text


def get(answer: Answer, fault: Callable[[Answer], Answer] | None = None, **options: Any) -> requests.Response:
    with FaultyServer(lambda request: answer) as server:
        if fault:
            server.fail(1, fault)
        transport = Transport("s", AT, timeout=options.pop("timeout", 5), **options, private_network=True)
        with transport.session("Agent/1") as session:
            response = session.get(server.url)
        assert server.requests[0].headers["user-agent"] == "Agent/1"
        return response


def test_a_whole_answer_comes_through() -> None:
    assert get(Answer(200, "çğış".encode())).content.decode() == "çğış"


def test_packed_answers_are_unpacked_within_the_limit() -> None:
    bomb = Answer(200, gzip.compress(b"0" * 3_000_000), {"content-encoding": "gzip"})
    assert len(get(bomb).content) == 3_000_000
    with pytest.raises(Unreadable, match=r"larger than 1,000,000 bytes"):
        get(bomb, max_bytes=1_000_000)


def test_a_broken_packing_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="unpacked"):
        get(Answer(200, b"not gzip at all", {"content-encoding": "gzip"}))


def test_an_answer_that_drips_meets_a_deadline() -> None:
    with pytest.raises(Unavailable, match="did not finish"):
        get(Answer(200, b"x" * 1000), Fault.drip, timeout=0.4)


def test_a_redirect_in_circles_ends() -> None:
    with pytest.raises((CollectorError, requests.TooManyRedirects)):
        get(Answer(302, b"", {"location": "/"}))


@pytest.mark.parametrize("status", [400, 401, 402, 403, 404, 410, 418, 451])
def test_refusals_carry_their_status_and_advice(status: int) -> None:
    with pytest.raises(RefusedStatus, match=r'^Source "s": .* answered \d+ to / \("no"\)\..*Do this\.$') as raised:
        get(Answer.json({"message": "no"}, status), advice={status: "Do this."})
    assert raised.value.status == status


def test_a_busy_server_may_say_when() -> None:
    with pytest.raises(Unavailable) as raised:
        get(Answer(503, b"", {"retry-after": "30"}))
    assert raised.value.retry_at is not None and raised.value.retry_at >= AT + timedelta(seconds=30)


def test_another_base_url_is_asked_with_path_and_query() -> None:
    with FaultyServer(lambda request: Answer()) as server:
        transport = Transport("s", AT, timeout=5, base_url=server.url + "/", private_network=True)
        with transport.session("Agent/1") as session:
            session.get("https://api.example.com/2/posts?query=%C3%A7")
        assert (server.requests[0].path, server.requests[0].query) == ("/2/posts", {"query": "ç"})
