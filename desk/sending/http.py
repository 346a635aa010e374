"""How a sender speaks HTTP: every failure is told apart by whether the platform may have taken the message.

A `Door` is mounted on a `requests` session, so that tweepy goes through it too. Nothing is ever sent twice by it: no
retries, no redirects, a new connection for every request (a kept one may be closed by the server in the moment in which
it is used, and then nobody knows whether the request was read). A request that only reads can be asked again; one that
writes is `MaybeSent` as soon as a byte of it may have arrived.
"""

from __future__ import annotations

import json
import time
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests
from requests.adapters import HTTPAdapter
from urllib3.exceptions import HTTPError, MaxRetryError, NewConnectionError

from desk.sending.protocol import CannotTell, MaybeSent, NotSent, Refused

MAX_BYTES = 10 * 1024 * 1024
"""Bytes of one answer; a page of 100 messages is under 1 MB."""

LONGEST_WAIT = timedelta(days=1)
"""A wait beyond this is taken for a broken header: an answer that comes days later is none."""

ERRAND = 4
"""Timeouts that one errand with all its requests may take: its claim must not lapse before it is over."""

_CHUNK = 64 * 1024


def wait_until(headers: Mapping[str, str], at: datetime) -> datetime | None:
    """When an answer's headers allow the next request (aware UTC), None where they do not say; `at` is when it came.

    Read in this order: `Retry-After` (seconds or an HTTP date, RFC 9110 10.2.3), `x-rate-limit-reset` (X: seconds since
    1970), `x-ratelimit-reset` (Reddit: seconds from now; Mastodon: ISO 8601), `ratelimit-reset` (Bluesky: since 1970).
    """
    when: datetime | None = None
    try:
        if value := headers.get("retry-after"):
            when = at + timedelta(seconds=float(value)) if _is_number(value) else parsedate_to_datetime(value)
        elif value := headers.get("x-rate-limit-reset") or headers.get("ratelimit-reset"):
            when = datetime.fromtimestamp(float(value), UTC)
        elif value := headers.get("x-ratelimit-reset"):
            when = at + timedelta(seconds=float(value)) if _is_number(value) else datetime.fromisoformat(value)
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
    found: Any = data.get("detail") or data.get("message") or data.get("error_description") or data.get("error")
    errors = data.get("errors")
    if isinstance(errors, list) and errors and isinstance(errors[0], dict):
        found = errors[0].get("detail") or errors[0].get("message") or found
    if isinstance(found, dict):
        found = found.get("message")
    return " ".join(str(found).split())[:200] if found else ""


class Door(HTTPAdapter):
    """The door of one errand of one sender.

    `sender` is named in every sentence; `now` (aware UTC) is when it began; `timeout` is seconds without a sign of life
    (ERRAND times that for everything); `base_url` sends every request to another server; `advice` says what to do by
    status; `secrets` are never repeated; `reads` are paths to which a POST changes nothing (a token request).
    """

    def __init__(
        self,
        sender: str,
        now: datetime,
        *,
        timeout: float,
        base_url: str | None = None,
        advice: Mapping[int, str] | None = None,
        secrets: Collection[str] = (),
        reads: Collection[str] = (),
    ) -> None:
        super().__init__(max_retries=0)
        self.sender = sender
        self.timeout = timeout
        self.base_url = base_url
        self.advice = dict(advice or {})
        self.secrets = tuple(one for one in secrets if one)
        self.reads = frozenset(reads)
        self._now, self._began = now, time.monotonic()
        self.session = requests.Session()
        self.session.headers["User-Agent"] = "nobet (+customer service replies)"
        self.session.headers["Connection"] = "close"
        # Without it a .netrc of whoever runs us would take the place of a request's own Authorization header.
        self.session.auth = lambda request: request
        self.session.mount("https://", self)
        self.session.mount("http://", self)

    def at(self) -> datetime:
        """The time now: when the errand began, and what has passed since."""
        return self._now + timedelta(seconds=time.monotonic() - self._began)

    def sentence(self, what: str, advice: str = "") -> str:
        """A sentence about this sender, without secrets."""
        text = f'Sender "{self.sender}": {what}. {advice}'.strip()
        for one in self.secrets:
            text = text.replace(one, "(secret)")
        return text

    def bearer(self, token: str) -> None:
        """Carry `token` from now on, and never repeat it in a sentence."""
        self.secrets = (*self.secrets, token)
        self.session.headers["Authorization"] = f"Bearer {token}"

    def ask(self, method: str, url: str, **options: Any) -> dict[str, Any]:
        """The object that `url` answers with; an empty one where it answers nothing. Raises a SendError."""
        return self.told(self.session.request(method, url, allow_redirects=False, **options))

    def told(self, response: requests.Response) -> dict[str, Any]:
        """The object in an answer of success; a message that was taken with words nobody understands is `MaybeSent`."""
        if not response.content.strip():
            return {}
        try:
            answer = response.json()
        except (ValueError, RecursionError):
            answer = None
        if isinstance(answer, dict):
            return answer
        what = f"the answer to {urlsplit(response.url).path} is not a JSON object"
        if self._is_read(response.request):
            raise NotSent(self.sentence(what, "It is tried again later."))
        raise MaybeSent(self.sentence(what, "It is looked for before anything else is done."))

    def nonsense(self, what: str) -> MaybeSent:
        """The error for a message that was taken by an answer that does not say where it is."""
        return MaybeSent(self.sentence(what, "It is looked for before anything else is done."))

    def _is_read(self, request: Any) -> bool:
        return request.method in ("GET", "HEAD") or urlsplit(request.url or "").path in self.reads

    def send(self, request: requests.PreparedRequest, *_args: Any, **options: Any) -> requests.Response:
        """The answer with its whole body; raises a SendError for every answer that is none."""
        host = urlsplit(request.url or "").netloc
        if self.base_url:
            parts = urlsplit(request.url or "")
            request.url = self.base_url.rstrip("/") + parts.path + (f"?{parts.query}" if parts.query else "")
            # The proxies were chosen for the host that is no longer asked.
            options["proxies"] = requests.utils.get_environ_proxies(request.url)
        left = ERRAND * self.timeout - (time.monotonic() - self._began)
        if left <= 0:
            raise NotSent(self.sentence("the platform takes too long", "It is tried again later."))
        options.update(stream=True, timeout=min(self.timeout, left))
        self.close()  # no connection is used twice, whatever the last answer said of keeping it
        try:
            response = super().send(request, **options)
            body = self._body(response)
        except (requests.RequestException, HTTPError, OSError) as error:
            raise self._lost(request, host, error) from None
        response._content = body
        response._content_consumed = True
        self._check(request, response, host)
        return response

    def _lost(self, request: Any, host: str, error: Exception) -> NotSent | MaybeSent:
        if "CERTIFICATE_VERIFY_FAILED" in str(error):  # before a byte of the request went out
            return NotSent(self.sentence(f"the certificate of {host} was not accepted", "It is tried again later."))
        if _never_connected(error):
            return NotSent(self.sentence(f"{host} could not be reached", "It is tried again later."))
        what = f"{host} did not answer ({type(error).__name__})"
        if self._is_read(request):
            return NotSent(self.sentence(what, "It is tried again later."))
        return MaybeSent(self.sentence(what, "It is looked for before anything is sent again."))

    def _body(self, response: requests.Response) -> bytes:
        """The unpacked body. Read piece by piece, so that a server that drips forever meets a deadline too."""
        until = self._began + ERRAND * self.timeout
        parts: list[bytes] = []
        size = 0
        with response:
            while part := response.raw.read1(_CHUNK, decode_content=True):
                parts.append(part)
                size += len(part)
                if size > MAX_BYTES or time.monotonic() > until:
                    raise OSError("the answer does not end")
        return b"".join(parts)

    def _check(self, request: Any, response: requests.Response, host: str) -> None:
        status = response.status_code
        if 200 <= status < 300:
            return
        detail = said(response.content)
        what = f"{host} answered {status} to {urlsplit(response.url).path}" + (f' ("{detail}")' if detail else "")
        wait = wait_until(response.headers, self.at())
        if status == 429:
            until = f"It is tried again at {wait:%H:%M:%S} UTC." if wait else "It is tried again later."
            raise NotSent(self.sentence(f"{what}: too many requests", until), wait, everybody=True)
        if status >= 500 or status == 408:
            wait = wait if "retry-after" in response.headers else None
            if self._is_read(request):
                raise NotSent(self.sentence(what, "It is tried again later."), wait)
            raise MaybeSent(self.sentence(what, "It is looked for before anything is sent again."), wait)
        advice = self.advice.get(status, "Check the account and its rights in the configuration, then send again.")
        raise Refused(self.sentence(what, advice), status)


def _never_connected(error: Exception) -> bool:
    """Whether a request ended before a connection stood: then nothing of it can have arrived."""
    if isinstance(error, requests.exceptions.ConnectTimeout | requests.exceptions.ProxyError):
        return True
    return isinstance(error, requests.ConnectionError) and any(
        isinstance(cause, MaxRetryError) and isinstance(cause.reason, NewConnectionError) for cause in error.args
    )


@contextmanager
def looking(sender: str) -> Iterator[None]:
    """While a reply is looked for: asking writes nothing, and what the platform refuses to show cannot be told."""
    try:
        yield
    except MaybeSent as lost:
        raise NotSent(str(lost), lost.retry_at) from None
    except Refused as refused:
        if refused.status in (None, 401):  # our own configuration: it can be asked once that is put right
            raise NotSent(str(refused)) from None
        raise CannotTell(
            f'Sender "{sender}": whether the reply is there could not be asked ({refused}) Look on the platform; then '
            "say that it is there, or send it again."
        ) from None
