"""What a crawl may connect to: public addresses only, unless the source's settings say otherwise; how often it asks.

An address is looked at where it is used: names when they are resolved for the connection itself (so a second, other
answer of the name's server changes nothing), addresses written as numbers before the request. Redirects and robots.txt
go the same way, since each is a request of its own. Through a proxy (http_proxy, https_proxy in the environment) the
proxy resolves names; then they are looked up here first, and the proxy's own address may be a private one.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

from scrapy.exceptions import IgnoreRequest
from scrapy.http import Request
from scrapy.resolver import CachingThreadedResolver
from twisted.internet.error import DNSLookupError

from collectors.addresses import is_private, leads_inside

if TYPE_CHECKING:
    from twisted.internet.defer import Deferred

INSIDE: set[str] = set()
"""Host names whose address lies inside the network, as this process has found; Scrapy hides a resolver's own error."""


class InsideNetwork(IgnoreRequest):
    """The request would have reached a private address."""


class PublicResolver(CachingThreadedResolver):
    """Scrapy's resolver (IPv4), for which a name with a private address does not exist."""

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:
        """The address of a name; DNSLookupError where it is a private one."""
        return super().getHostByName(name, timeout).addCallback(_public, name)


def _public(address: str, name: str) -> str:
    if is_private(address) and name.lower() not in _proxy_hosts():
        INSIDE.add(name.lower())
        raise DNSLookupError(f"{name} is an address inside a private network")
    return address


def _proxy_hosts() -> set[str]:
    """The hosts of the proxies that the environment names."""
    return {(urlsplit(url).hostname or "").lower() for url in getproxies().values()}


class Guard:
    """Downloader middleware: refuses numbers of private addresses, and names of them where a proxy resolves names."""

    @classmethod
    def from_crawler(cls, _crawler: Any) -> Guard:
        """Scrapy's way of making it."""
        return cls()

    async def process_request(self, request: Request) -> None:
        """Let the request pass, or raise InsideNetwork."""
        parts = urlsplit(request.url)
        host = (parts.hostname or "").lower()
        if parts.scheme not in ("http", "https"):
            return
        if _is_number(host):
            inside = is_private(host)
        elif parts.scheme in getproxies() and not proxy_bypass(host):
            inside = await asyncio.to_thread(leads_inside, host, parts.port) is not None
        else:
            inside = False
        if inside:
            INSIDE.add(host)
            raise InsideNetwork(f"{host} is an address inside a private network")


def _is_number(host: str) -> bool:
    try:
        ipaddress.ip_address(host.split("%")[0])
    except ValueError:
        return False
    return True


class Count:
    """Downloader middleware, the last before the network: counts every request, that of robots.txt too."""

    def __init__(self, crawler: Any) -> None:
        self._crawler = crawler

    @classmethod
    def from_crawler(cls, crawler: Any) -> Count:
        """Scrapy's way of making it."""
        return cls(crawler)

    def process_request(self, request: Request) -> None:
        """Let the request pass."""
        if not request.url.startswith("data:"):
            self._crawler.spider.requests += 1
