"""Where a crawl may connect to: numbers before the request, names by the answer that the connection uses."""

from __future__ import annotations

import asyncio

import pytest
from scrapy.http import Request
from twisted.internet.error import DNSLookupError

from collectors.spiders.guard import INSIDE, Guard, InsideNetwork, _public


def passes(url: str) -> bool:
    try:
        asyncio.run(Guard().process_request(Request(url)))
    except InsideNetwork:
        return False
    return True


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1/", "http://127.0.0.1:8080/x", "http://10.1.2.3/", "https://192.168.1.1/",
        "http://169.254.169.254/latest/meta-data/", "http://[::1]/", "http://[fe80::1]/", "http://[fc00::1]/",
        "http://[::ffff:10.0.0.1]/", "http://0.0.0.0/", "http://100.64.0.1/",
    ],
)  # fmt: skip
def test_numbers_inside_the_network(url: str) -> None:
    assert not passes(url)


@pytest.mark.parametrize("url", ["http://93.184.216.34/", "https://[2606:2800:220:1:248:1893:25c8:1946]/", "data:,"])
def test_other_numbers(url: str) -> None:
    assert passes(url)


def test_a_name_is_judged_by_the_answer_that_the_connection_uses() -> None:
    assert _public("93.184.216.34", "forum.example") == "93.184.216.34"
    with pytest.raises(DNSLookupError):  # the same name, answered differently the second time
        _public("10.0.0.1", "Forum.Example")
    assert "forum.example" in INSIDE


def test_a_proxy_may_be_inside_but_not_what_is_asked_through_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("http_proxy", "http://proxy.lan:3128")
    assert _public("10.0.0.2", "proxy.lan") == "10.0.0.2"
    assert not passes("http://localhost/")
