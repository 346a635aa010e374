"""How a collector speaks HTTP: every request has a time limit and a size limit, every refusal becomes a sentence.

A `Transport` is mounted on a `requests` session, so the clients of others (praw, tweepy) go through the same door:
nothing waits longer than it was told to, nothing sleeps, and what goes wrong is one of the protocol's errors.
"""

from __future__ import annotations

import json
import socket
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import DecodeError, HTTPError, ProtocolError, ReadTimeoutError

from collectors.addresses import ADVICE, checked, is_private
from collectors.mail.charset import decoded
from collectors.meter import meter
from collectors.protocol import CollectorError, RateLimited, Refused, Unavailable, Unreadable

MAX_BYTES = 20 * 1024 * 1024
"""Bytes of one answer, unpacked. A page of 100 posts is under 1 MB; more than this is a mistake or an attack."""

LONGEST_WAIT = timedelta(days=31)
"""A wait beyond this is taken for a broken header: no source here counts in more than months."""

KEPT = "What was read before is kept."

_CHUNK = 64 * 1024


class RefusedStatus(Refused):
    """A refusal that carries its HTTP status, so that a refused page marker can be told from a refused key."""

    def __init__(self, sentence: str, status: int) -> None:
        super().__init__(sentence)
        self.status = status


def wait_until(headers: Mapping[str, str], at: datetime) -> datetime | None:
    """When an answer's headers allow the next request (aware UTC), None where they do not say.

    `at` is when the answer came. Read in this order: `Retry-After` (seconds or an HTTP date, RFC 9110 10.2.3),
    `x-rate-limit-reset` (X: seconds since 1970), `x-ratelimit-reset` (Reddit: seconds from now).
    """
    when: datetime | None = None
    try:
        if value := headers.get("retry-after"):
            when = at + timedelta(seconds=float(value)) if _is_number(value) else parsedate_to_datetime(value)
        elif value := headers.get("x-rate-limit-reset"):
            when = datetime.fromtimestamp(float(value), UTC)
        elif value := headers.get("x-ratelimit-reset"):
            when = at + timedelta(seconds=float(value))
    except (ValueError, TypeError, OverflowError, OSError):
        return None
    if when is None:
        return None
    when = when.replace(tzinfo=UTC) if when.tzinfo is None else when.astimezone(UTC)
    return min(max(when, at), at + LONGEST_WAIT)


def _is_number(value: str) -> bool:
    return value.strip().replace(".", "", 1).isdigit()


def said(body: bytes) -> str:
    """What a JSON error body says, in at most 200 characters on one line; empty for anything else (HTML pages)."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return ""
    if not isinstance(data, dict):
        return ""
    found: Any = data.get("detail") or data.get("message") or data.get("reason") or data.get("error")
    errors = data.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        found = errors[0].get("message") or found
    elif isinstance(errors, list) and errors and isinstance(errors[0], str):
        found = found or errors[0]
    return " ".join(str(found).split())[:200] if found else ""


def _unicode(body: bytes, declared: str | None) -> tuple[bytes, str]:
    """A JSON body that can be decoded, and how: JSON is UTF-8 (RFC 8259, 8.1), whatever charset the header declares.

    One that is no Unicode is read in the charset that it declares, or the likeliest one; nothing in it is dropped.
    """
    encoding = json.detect_encoding(body)
    try:
        body.decode(encoding)
        return body, encoding
    except UnicodeDecodeError:
        return decoded(body, declared)[0].encode("utf-8", "replace"), "utf-8"


class _Inside(Exception):
    """A connection was made to an address inside a private network; nothing was sent over it."""


def _looked_at(sock: socket.socket) -> socket.socket:
    if is_private(str(sock.getpeername()[0])):
        sock.close()
        raise _Inside
    return sock


class _PublicHTTP(HTTPConnection):
    def _new_conn(self) -> socket.socket:
        return _looked_at(super()._new_conn())


class _PublicHTTPS(HTTPSConnection):
    def _new_conn(self) -> socket.socket:
        return _looked_at(super()._new_conn())


class _PublicHTTPPool(HTTPConnectionPool):
    ConnectionCls = _PublicHTTP


class _PublicHTTPSPool(HTTPSConnectionPool):
    ConnectionCls = _PublicHTTPS


class Transport(HTTPAdapter):
    """The door of one fetch of one source. Every request through it is charged to the fetch's meter.

    `source` is named in every sentence; `now` (aware UTC) is when the fetch began; `timeout` is seconds without a
    sign of life (four times that for a whole answer); `base_url` sends every request to another server (tests);
    `advice` says what to do by status; `pause` is the wait after a 429 that names none; `secrets` are never repeated;
    `private_network` lets it reach addresses inside the own network.
    """

    def __init__(
        self,
        source: str,
        now: datetime,
        *,
        timeout: float,
        base_url: str | None = None,
        max_bytes: int = MAX_BYTES,
        advice: Mapping[int, str] | None = None,
        pause: timedelta | None = None,
        secrets: tuple[str, ...] = (),
        private_network: bool = False,
    ) -> None:
        super().__init__(max_retries=0)
        if not private_network:
            # A proxy's own pools are left alone: the proxy is the operator's, and may well stand inside.
            self.poolmanager.pool_classes_by_scheme = {"http": _PublicHTTPPool, "https": _PublicHTTPSPool}
        self.private_network = private_network
        self.source = source
        self.timeout = timeout
        self.base_url = base_url
        self.max_bytes = max_bytes
        self.advice = dict(advice or {})
        self.pause = pause
        self.secrets = tuple(secret for secret in secrets if secret)
        self._now = now
        self._began = time.monotonic()

    def session(self, user_agent: str) -> requests.Session:
        """A session in which every request goes through this transport."""
        session = requests.Session()
        session.headers["User-Agent"] = user_agent
        # Without it a .netrc of whoever runs us would take the place of a request's own Authorization header.
        session.auth = lambda request: request
        session.mount("https://", self)
        session.mount("http://", self)
        return session

    def at(self) -> datetime:
        """The time now: when the fetch began, and what has passed since."""
        return self._now + timedelta(seconds=time.monotonic() - self._began)

    def sentence(self, what: str, advice: str = "") -> str:
        """A sentence about this source, without secrets."""
        text = f'Source "{self.source}": {what}. {KEPT} {advice}'.strip()
        for secret in self.secrets:
            text = text.replace(secret, "(secret)")
        return text

    def send(self, request: requests.PreparedRequest, *_args: Any, **options: Any) -> requests.Response:
        """The answer with its whole body; raises a CollectorError for every answer that is none."""
        host = urlsplit(request.url or "").netloc
        if self.base_url:
            parts = urlsplit(request.url or "")
            request.url = self.base_url.rstrip("/") + parts.path + (f"?{parts.query}" if parts.query else "")
            # The proxies were chosen for the host that is no longer asked.
            options["proxies"] = requests.utils.get_environ_proxies(request.url)
        options.update(stream=True, timeout=self.timeout)
        asked = urlsplit(request.url or "")
        checked(asked.hostname or "", asked.port, self.private_network, self.sentence)
        meter().request()
        try:
            response = self._first_answer(request, options)
            body = self._body(response, host)
        except CollectorError:
            raise
        except _Inside:
            what = f"{asked.hostname} is an address inside a private network"
            raise Refused(self.sentence(what, ADVICE)) from None
        except (requests.Timeout, ReadTimeoutError):
            raise self._unavailable(f"{host} did not answer within {self.timeout:g} seconds") from None
        except (DecodeError, requests.exceptions.ContentDecodingError):
            raise Unreadable(self.sentence(f"the answer of {host} could not be unpacked")) from None
        except requests.exceptions.SSLError:
            raise self._unavailable(f"the certificate of {host} was not accepted") from None
        except (requests.RequestException, HTTPError, OSError) as error:
            why = type(error).__name__
            raise self._unavailable(f"{host} could not be reached or broke off its answer ({why})") from None
        if "json" in (kind := response.headers.get("content-type", "").lower()) or "javascript" in kind:
            body, response.encoding = _unicode(body, response.encoding)
        # requests reads the body from here; it has been read under our limits already.
        response._content = body
        response._content_consumed = True
        self._check(response, host)
        return response

    def _first_answer(self, request: requests.PreparedRequest, options: dict[str, Any]) -> requests.Response:
        """The answer's beginning. A server may close an idle connection in the moment in which it is used again; a
        request that only reads is then sent once more, on a new one."""
        try:
            return super().send(request, **options)
        except requests.ConnectionError as error:
            dropped = any(isinstance(cause, ProtocolError) for cause in error.args)
            if request.method != "GET" or not dropped:
                raise
        return super().send(request, **options)

    def _unavailable(self, what: str) -> Unavailable:
        return Unavailable(self.sentence(what, "It is tried again later."))

    def _body(self, response: requests.Response, host: str) -> bytes:
        """The unpacked body. Read piece by piece, so that a server that drips forever meets a deadline too."""
        until = time.monotonic() + 4 * self.timeout
        parts: list[bytes] = []
        size = 0
        try:
            while part := response.raw.read1(_CHUNK, decode_content=True):
                parts.append(part)
                size += len(part)
                if size > self.max_bytes:
                    raise Unreadable(self.sentence(f"the answer of {host} is larger than {self.max_bytes:,} bytes"))
                if time.monotonic() > until:
                    raise self._unavailable(f"{host} did not finish its answer within {4 * self.timeout:g} seconds")
        except BaseException:
            response.close()
            raise
        response.raw.release_conn()
        return b"".join(parts)

    def _check(self, response: requests.Response, host: str) -> None:
        status = response.status_code
        if status < 400:
            return
        detail = said(response.content)
        what = f"{host} answered {status} to {urlsplit(response.url).path}" + (f' ("{detail}")' if detail else "")
        advice = self.advice.get(status, "")
        wait = wait_until(response.headers, self.at())
        if status == 429:
            wait = wait or (self.at() + self.pause if self.pause else None)
            until = f"Reading goes on at {wait:%Y-%m-%d %H:%M:%S} UTC." if wait else "It is tried again later."
            raise RateLimited(self.sentence(f"{what}: too many requests", advice or until), wait)
        if status >= 500 or status == 408:
            error = self._unavailable(what)
            error.retry_at = wait if "retry-after" in response.headers else None
            raise error
        advice = advice or "Check the address and the access of this source in the configuration."
        raise RefusedStatus(self.sentence(what, advice), status)
