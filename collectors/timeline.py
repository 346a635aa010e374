"""Timelines: newest-first listings of a JSON API whose positions are times, as social networks have them.

Mastodon, Bluesky and YouTube differ in their paths and fields; here is what they share: how an answer is asked for and
checked, and how a page of posts becomes a page of the walk (`collectors.walk`). Positions are seconds since 1970.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests

from collectors.json_api import at as time_at
from collectors.protocol import CollectorError, Cursor, Fetched, Rejected, Unavailable, Unreadable
from collectors.transport import RefusedStatus, Transport
from collectors.walk import Page
from mention import clean_text

MAX_PAGE_KEPT = 200_000
"""Characters kept of an answer that could not be read (see CollectorError.page)."""

CLOCK_AHEAD = timedelta(minutes=1)
"""A post from further ahead does not lift the high-water mark: it would stand above what is still to come."""

Item = tuple[Fetched | Rejected | None, datetime | None]
"""An entry of a listing: what it became (None: passed over on purpose), and when it was listed."""


class ApiTransport(Transport):
    """A Transport that also understands how Mastodon and Bluesky say when a rate limit is over.

    Mastodon: `X-RateLimit-Reset`, an ISO time (https://docs.joinmastodon.org/api/rate-limits/). Bluesky:
    `ratelimit-reset`, seconds since 1970 (https://docs.bsky.app/docs/advanced-guides/rate-limits).
    """

    def _check(self, response: requests.Response, host: str) -> None:
        if response.status_code == 429 and "retry-after" not in response.headers:
            wait = _reset(response.headers, self.at())
            if wait is not None:
                response.headers["retry-after"] = str(max(0.0, (wait - self.at()).total_seconds()))
        super()._check(response, host)


def _reset(headers: Mapping[str, str], at: datetime) -> datetime | None:
    try:
        if value := headers.get("ratelimit-reset"):
            return datetime.fromtimestamp(float(value), UTC)
        value = headers.get("x-ratelimit-reset") or ""
        return time_at(value) if "T" in value else None
    except (ValueError, OverflowError, OSError):
        return None


def ask(
    session: requests.Session,
    transport: Transport,
    url: str,
    params: Mapping[str, Any] | None = None,
    *,
    headers: Mapping[str, str] | None = None,
    body: Any = None,
    form: type = dict,
    signing_in: bool = False,
) -> tuple[Any, requests.Response]:
    """The decoded JSON answer, of the type `form`, and the answer itself; a POST where there is a `body`.

    `signing_in` says that the answer holds a token, so that no part of it is ever kept.
    Raises a CollectorError. A redirect is refused: an API that moved must be named anew in the configuration, because
    the key would be sent along.
    """
    host, path = urlsplit(url).netloc, urlsplit(url).path
    method = "GET" if body is None else "POST"
    try:
        # The auth keeps a .netrc in the home folder from taking the place of the token.
        answer = session.request(
            method, url, params=dict(params or {}), json=body, headers=dict(headers or {}), allow_redirects=False,
            auth=lambda request: request,
        )  # fmt: skip
    except CollectorError:
        raise
    except requests.RequestException as error:  # an address that is none
        what = f"{host} could not be asked ({type(error).__name__})"
        raise Unavailable(transport.sentence(what, "Check the server's address in the configuration.")) from None
    if 300 <= answer.status_code < 400:
        what = f"{host} leads {path} elsewhere ({answer.status_code})"
        advice = "Check the server's address in the configuration."
        raise RefusedStatus(transport.sentence(what, advice), answer.status_code)
    try:
        data = json.loads(answer.content)
    except (ValueError, RecursionError):
        what = f"the answer of {host} to {path} is not JSON"
        raise unreadable(transport, None if signing_in else answer, what) from None
    if not isinstance(data, form):
        what = f"the answer of {host} to {path} has another form than its API names"
        raise unreadable(transport, None if signing_in else answer, what)
    return data, answer


def unreadable(transport: Transport, answer: requests.Response | None, what: str) -> Unreadable:
    """An Unreadable that keeps the answer, without secrets, for whoever repairs the reader."""
    error = Unreadable(transport.sentence(what, "It is tried again later."))
    if answer is None:
        return error
    page = clean_text(answer.content[: 4 * MAX_PAGE_KEPT].decode("utf-8", "replace"))[:MAX_PAGE_KEPT]
    for secret in transport.secrets:
        page = page.replace(secret, "(secret)")
    error.page = page
    return error


@dataclass
class Timeline:
    """One listing of a source; `load` brings the entries at a marker, the marker below and a note."""

    load: Callable[[str | None], tuple[Iterable[Item], str | None, str]]
    now: datetime
    first_pages: int
    overlap: float
    """Seconds before the last fetch that are read again: posts are listed late, edited, and not strictly in order."""
    empty_is_expired: bool = False

    def read(self, since: int | None, marker: str | None) -> Page:
        """The page at `marker`; see collectors.walk.Listing."""
        items, below, note = self.load(marker)
        fetched: list[Fetched] = []
        rejected: list[Rejected] = []
        positions: list[int] = []
        top = (self.now + CLOCK_AHEAD).timestamp()
        for found, when in items:
            if isinstance(found, Fetched):
                fetched.append(found)
            elif found is not None:
                rejected.append(found)
            if when is not None and when.timestamp() <= top:
                positions.append(int(when.timestamp()))
        reached = False
        if since is not None and positions:
            # Most of the page, because one old post among new ones (a backdated one) says nothing.
            known = sum(position <= since - self.overlap for position in positions)
            reached = known * 2 >= len(positions)
        newest, oldest = max(positions, default=None), min(positions, default=None)
        return Page(tuple(fetched), tuple(rejected), newest, oldest, below, reached=reached, note=note)


def rewound(cursor: Cursor | None, to: datetime, listings: Iterable[str]) -> Cursor:
    """`cursor` with every listing's mark set back to `to`, so that the next fetch reads down to there."""
    kept = dict(cursor or {})
    states = dict(kept.get("listings") or {})
    mark = int(to.timestamp())
    for name in listings:
        since = (states.get(name) or {}).get("since")
        states[name] = {"since": mark if since is None else min(mark, since)}
    return {**kept, "listings": states}


def searches(value: Any) -> Any:
    """A setting that is one search or several, as a list; for services that know no OR. Blank ones are left out."""
    if not isinstance(value, str | list | tuple):
        return value  # pydantic says what is wrong with it
    listed = [value] if isinstance(value, str) else value
    clean = (one.strip() if isinstance(one, str) else one for one in listed)
    return list(dict.fromkeys(one for one in clean if one != ""))


MAX_SEARCHES = 10
"""Searches of one source: each is at least one request in every fetch."""


def count(record: Mapping[str, Any], name: str) -> int:
    """A counter of an answer; 0 where it is missing or hidden (-1)."""
    value = record.get(name)
    return value if isinstance(value, int) and value > 0 else 0


def mapping(value: Any) -> dict[str, Any]:
    """The value where it is a JSON object, else an empty one: what strangers' servers leave out costs no post."""
    return value if isinstance(value, dict) else {}


def texts(*values: Any) -> str:
    """Those of the values that are text with something in it, as paragraphs."""
    return "\n\n".join(value for value in values if isinstance(value, str) and value.strip())
