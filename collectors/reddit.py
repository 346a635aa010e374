"""Reddit: new posts of subreddits, a search, comments, and the inbox of an account, through the OAuth API (praw).

Needs an OAuth client of the type 'script' or 'web app' (https://www.reddit.com/prefs/apps); its id and secret are
read from two environment variables, and for the inbox a refresh token of the account from a third (scopes `read`,
`identity`, `privatemessages`). The limit is 100 requests a minute for one client; a listing holds its newest
1,000 entries, so an interval in which more are posted leaves a gap, which the batch's note names.

Listings are not always in time order and may be a little stale (praw-dev/praw #1025, #1050): every fetch reads on
until most of a page is older than the last fetch less `overlap`, and the store knows what it has by the fullname.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import praw
import prawcore
from prawcore.exceptions import OAuthException, PrawcoreException
from pydantic import Field, ValidationInfo, field_validator, model_validator

from collectors.protocol import (
    About,
    Batch,
    CollectorError,
    Cursor,
    Fetched,
    RateLimited,
    Refused,
    Rejected,
    Says,
    SourceSettings,
    Unreadable,
)
from collectors.reddit_entry import SITE, fullname, is_entry, is_gone, parse_entry
from collectors.transport import MAX_BYTES, RefusedStatus, Transport, wait_until
from collectors.walk import ExpiredMarker, Listing, Page, walk_all
from mention import search_text

PAGE = 100
"""Entries of one request; Reddit gives no more (https://www.reddit.com/dev/api#listings)."""

WINDOW = timedelta(minutes=10)
"""Reddit counts requests in windows of ten minutes (prawcore.const.WINDOW_SIZE): the wait after a 429 without one."""

REFRESH_TOKEN = "NOBET_REDDIT_REFRESH_TOKEN"

_ADVICE = {
    400: "Check the refresh token that the environment holds for this source.",
    401: "Check the client id and secret that the environment holds for this source.",
    403: "The subreddit may be private or quarantined: check its name, or remove it from the configuration.",
    404: "The subreddit may be banned or misspelt: check its name, or remove it from the configuration.",
}


class RedditSettings(SourceSettings):
    """What a Reddit source reads, and as whom."""

    subreddits: tuple[str, ...] = Field(
        (), description="subreddits to read, without r/; join several in one listing with +"
    )
    native_query: str = Field("", max_length=512, description="search for this instead of reading every new post")
    comments: bool = Field(False, description="read the comments of the subreddits too (Reddit cannot search them)")
    comment_words: tuple[str, ...] = Field((), description="keep only comments with one of these words; all if empty")
    inbox: bool = Field(False, description="read the account's messages, username mentions and comment replies")
    overlap: float = Field(3600.0, ge=0, description="seconds before the last fetch that are read again")
    first_pages: int = Field(10, ge=1, le=10, description="pages of 100 per listing that the very first fetch reads")
    client_id_env: str = Field("NOBET_REDDIT_CLIENT_ID", description="environment variable with the client id")
    client_secret_env: str = Field("NOBET_REDDIT_CLIENT_SECRET", description="environment variable with the secret")
    refresh_token_env: str = Field(
        "",
        validate_default=True,
        description=f"environment variable with the account's refresh token; {REFRESH_TOKEN} where the inbox is read",
    )
    user_agent: str = Field("", description="User-Agent, unique as Reddit asks; made from the client id when empty")
    timeout: float = Field(30.0, gt=0, description="seconds without a sign of life before a request is given up")
    base_url: str | None = Field(None, description="another server instead of reddit.com, for tests")

    @field_validator("subreddits")
    @classmethod
    def _are_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        names = tuple(name.removeprefix("/").removeprefix("r/").rstrip("/") for name in value)
        for name in names:
            if not re.fullmatch(r"[A-Za-z0-9_]{2,30}(\+[A-Za-z0-9_]{2,30})*", name):
                raise ValueError(f"{name!r} is not the name of a subreddit")
        return names

    @field_validator("refresh_token_env")
    @classmethod
    def _inbox_needs_a_token(cls, value: str, others: ValidationInfo) -> str:
        return value or (REFRESH_TOKEN if others.data.get("inbox") else "")

    @model_validator(mode="after")
    def _reads_something(self) -> RedditSettings:
        if not self.subreddits and not self.native_query and not self.inbox:
            raise ValueError("name subreddits, a query, a native_query in Reddit's own words, or the inbox")
        if self.comments and not self.subreddits:
            raise ValueError("comments are read per subreddit: name subreddits")
        return self


class _Requestor(prawcore.Requestor):
    """Sends prawcore's requests as they are; the transport has named what went wrong, so nothing is tried again here.

    Reddit's budget headers are taken off before prawcore's rate limiter sees them, because it would sleep inside the
    job; when they say that nothing is left, the next request is refused with the time at which it may be sent.
    """

    def __init__(self, *, transport: Transport, **options: Any) -> None:
        super().__init__(**options)
        self._transport = transport
        self._blocked: datetime | None = None

    def request(self, *args: Any, timeout: float | None = None, **options: Any) -> Any:
        if self._blocked and self._blocked > self._transport.at():
            what = "the request budget of this ten minutes is used up"
            until = f"Reading goes on at {self._blocked:%H:%M:%S} UTC."
            raise RateLimited(self._transport.sentence(what, until), self._blocked)
        response = self._http.request(*args, **options)
        left = response.headers.pop("x-ratelimit-remaining", None)
        try:
            spent = left is not None and float(left) < 1
        except ValueError:
            spent = False
        if spent:
            at = self._transport.at()
            self._blocked = wait_until({"x-ratelimit-reset": response.headers.get("x-ratelimit-reset", "")}, at)
        return response


@dataclass(frozen=True)
class _Asked:
    """A listing as the settings ask for it: its path, its parameters, and the words that its entries must have."""

    path: str
    params: dict[str, str | int] = field(default_factory=dict)
    words: tuple[str, ...] = ()


class _Api:
    """Reddit's API for one fetch: what goes wrong becomes a sentence."""

    def __init__(self, settings: RedditSettings, reddit: praw.Reddit, transport: Transport, now: datetime) -> None:
        self.settings, self.transport, self.now = settings, transport, now
        self._reddit = reddit

    def get(self, path: str, **params: str | int) -> dict[str, Any]:
        """A decoded answer."""
        try:
            answer = self._reddit.request(method="GET", path=path, params=params)
        except CollectorError:
            raise
        except OAuthException as error:
            what = f"Reddit refused the client ({error.error})"
            raise Refused(self.transport.sentence(what, _ADVICE[401])) from None
        except prawcore.exceptions.Redirect:
            raise Refused(self.transport.sentence(f"Reddit leads {path} elsewhere", _ADVICE[404])) from None
        except (PrawcoreException, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            what = f"the answer to {path} is not what Reddit's API gives ({type(error).__name__})"
            raise self.unreadable(what) from None
        if not isinstance(answer, dict):
            raise self.unreadable(f"the answer to {path} is not what Reddit's API gives")
        return answer

    def children(self, path: str, **params: str | int) -> tuple[list[Any], Any]:
        """The entries of a listing, and the marker of its next page."""
        data = self.get(path, **params).get("data")
        children = data.get("children") if isinstance(data, dict) else None
        if not isinstance(data, dict) or not isinstance(children, list):
            raise self.unreadable(f"the answer to {path} is not a listing")
        return children, data.get("after")

    def unreadable(self, what: str) -> Unreadable:
        """The error for an answer that makes no sense."""
        return Unreadable(self.transport.sentence(what, "It is tried again later."))


class _RedditListing:
    """One listing of Reddit; positions are seconds since 1970."""

    empty_is_expired = True

    def __init__(self, api: _Api, asked: _Asked) -> None:
        self.first_pages = api.settings.first_pages
        self._api, self._asked = api, asked

    def read(self, since: int | None, marker: str | None) -> Page:
        """One page of 100 entries, parsed."""
        params = {"limit": PAGE, **self._asked.params} | ({} if marker is None else {"after": marker})
        try:
            children, after = self._api.children(self._asked.path, **params)
        except RefusedStatus as refused:
            if marker is not None and refused.status in (400, 404, 410):
                raise ExpiredMarker(str(refused)) from None
            raise
        return self._page(children, after, since)

    def _page(self, children: list[Any], after: Any, since: int | None) -> Page:
        now, words = self._api.now, self._asked.words
        fetched: list[Fetched] = []
        rejected: list[Rejected] = []
        positions: list[int] = []
        gone: list[str] = []
        passed = 0
        for child in children:
            created = child["data"].get("created_utc") if is_entry(child) else None
            # A clock that runs ahead must not lift the high-water mark above what is still to come.
            if isinstance(created, int | float) and 0 < created <= now.timestamp() + 60:
                positions.append(int(created))
            if is_gone(child):
                gone.append(fullname(child))
                continue
            parsed = parse_entry(child, self._api.settings.source, now)
            if isinstance(parsed, Rejected):
                rejected.append(parsed)
            elif words and not any(word in search_text(parsed.mention.text) for word in words):
                passed += 1
            else:
                fetched.append(parsed)
        reached = False
        if since is not None and positions:
            known = sum(position <= since - self._api.settings.overlap for position in positions)
            reached = known * 2 >= len(positions)
        notes = (
            f"{passed} comments without the words passed over" if passed else "",
            f"{len(gone)} entries were deleted on Reddit" if gone else "",
        )
        return Page(
            tuple(fetched), tuple(rejected), max(positions, default=None), min(positions, default=None),
            str(after) if after else None, reached=reached, note="; ".join(filter(None, notes)), gone=tuple(gone),
        )  # fmt: skip


class RedditCollector:
    """Reads the listings that the settings name, each down to the last fetch."""

    kind: ClassVar[str] = "reddit"
    Settings: ClassVar[type[SourceSettings]] = RedditSettings
    about: ClassVar[About] = About(
        title="Reddit",
        reads=Says(
            "new posts of subreddits or a search, comments, and an account's inbox",
            "subreddit'lerin yeni gönderileri ya da bir arama, yorumlar ve bir hesabın gelen kutusu",
        ),
        needs=Says(
            "an OAuth client of the type 'script' (reddit.com/prefs/apps); for the inbox a refresh token",
            "'script' türünde bir OAuth istemcisi (reddit.com/prefs/apps); gelen kutusu için bir refresh token",
        ),
        costs=Says(
            "nothing within 100 requests a minute; commercial use needs Reddit's consent",
            "dakikada 100 isteğe kadar ücretsiz; ticari kullanım Reddit'in onayını gerektirir",
        ),
        proves=Says(
            "that nothing was missed, as long as fewer than 1,000 entries were posted between two fetches",
            "iki okuma arasında 1.000'den az girdi yayımlandığı sürece hiçbir şeyin kaçmadığını",
        ),
        tested="recorded",
        asks=("subreddits", "native_query"),
        removes_deleted=True,
        settles=300.0,
    )

    def __init__(self, settings: RedditSettings) -> None:
        self.settings = settings

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        """Every page of every listing after `cursor`; see the protocol."""
        with self._api(now) as api:
            listings: dict[str, Listing] = {name: _RedditListing(api, asked) for name, asked in self._asked().items()}
            yield from walk_all(self.settings.source, listings, cursor)

    def verify(self, now: datetime) -> str:
        """Ask Reddit who we are, or, for a client without an account, for the newest post; one request more brings the
        token. Neither costs anything."""
        with self._api(now) as api:
            if self.settings.refresh_token_env:
                name = api.get("api/v1/me").get("name")
                if not name:
                    raise api.unreadable("the answer to api/v1/me names no account")
                return f"Reddit accepts the client; it reads as u/{str(name)[:40]}."
            place = self.settings.subreddits[0] if self.settings.subreddits else "all"
            children, _ = api.children(f"r/{place}/new", limit=1)
        return f"Reddit accepts the client; r/{place} shows {'its newest post' if children else 'no post'}."

    def rewound(self, cursor: Cursor | None, to: datetime) -> Cursor | None:
        """See `Rewinds`. How far the 1,000 entries of a listing reach back is only known once they are read: the fetch
        says so where they end before `to`."""
        kept, mark = cursor or {}, int(to.timestamp())
        states = kept.get("listings") or {}
        lower = {name: {"since": min(mark, states.get(name, {}).get("since", mark))} for name in self._asked()}
        return {**kept, "listings": {**states, **lower}}

    def deleted(self, native_ids: Sequence[str], now: datetime) -> tuple[str, ...]:
        """See `Rechecks`: one request, https://www.reddit.com/dev/api#GET_api_info. Messages (t4) cannot be asked for.
        What Reddit does not name at all (a subreddit that was closed) is gone too, unless it names nothing whatever."""
        asked = [name for name in native_ids if name.startswith(("t1_", "t3_"))][:PAGE]
        if not asked:
            return ()
        with self._api(now) as api:
            children, _ = api.children("api/info", id=",".join(asked), limit=PAGE)
            shown = {fullname(child): is_gone(child) for child in children if is_entry(child)}
            if not shown.keys() & set(asked):
                raise api.unreadable(f"Reddit names none of {len(asked)} entries that it was asked for")
        return tuple(name for name in asked if shown.get(name, True))

    def _asked(self) -> dict[str, _Asked]:
        """The listings that the settings ask for, by the names that the cursor keeps."""
        settings = self.settings
        asked: dict[str, _Asked] = {}
        if settings.native_query:
            for name in settings.subreddits or ("all",):
                params: dict[str, str | int] = {
                    "q": settings.native_query, "sort": "new", "t": "all", "include_over_18": "on",
                }  # fmt: skip
                if name.lower() != "all":
                    params["restrict_sr"] = "1"
                asked[f"r/{name}/search {settings.native_query}"] = _Asked(f"r/{name}/search", params)
        else:
            for name in settings.subreddits:
                asked[f"r/{name}/new"] = _Asked(f"r/{name}/new")
        if settings.comments:
            words = tuple(folded for word in settings.comment_words if (folded := search_text(word)))
            for name in settings.subreddits:
                asked[f"r/{name}/comments"] = _Asked(f"r/{name}/comments", words=words)
        if settings.inbox:
            # mark=false: reading for Nöbet does not take away the account's own sign of new mail.
            asked["inbox"] = _Asked("message/inbox", {"mark": "false"})
        return asked

    @contextmanager
    def _api(self, now: datetime) -> Iterator[_Api]:
        settings = self.settings
        client, secret = self._secret(settings.client_id_env), self._secret(settings.client_secret_env)
        token = self._secret(settings.refresh_token_env) if settings.refresh_token_env else None
        now = now.astimezone(UTC)
        transport = Transport(
            settings.source, now, timeout=settings.timeout, max_bytes=MAX_BYTES, advice=_ADVICE, pause=WINDOW,
            secrets=(secret, token or ""), private_network=settings.private_network,
        )  # fmt: skip
        with transport.session("") as session:
            # Everything praw would look up in its environment or a praw.ini is named here, so that neither can
            # point a token at another server.
            reddit = praw.Reddit(
                client_id=client,
                client_secret=secret,
                user_agent=settings.user_agent or f"python:nobet:0.1 (client {client})",
                username=None,
                password=None,
                refresh_token=token,
                reddit_url=(settings.base_url or SITE).rstrip("/"),
                oauth_url=(settings.base_url or "https://oauth.reddit.com").rstrip("/"),
                check_for_updates=False,
                check_for_async=False,
                requestor_class=_Requestor,
                requestor_kwargs={"session": session, "transport": transport},
            )
            yield _Api(settings, reddit, transport, now)

    def _secret(self, name: str) -> str:
        value = os.environ.get(name, "").strip()
        if not value:
            raise Refused(
                f'Source "{self.settings.source}": the environment variable {name} is empty. Put the OAuth client and '
                "its tokens there (https://www.reddit.com/prefs/apps); nothing was read."
            )
        return value
