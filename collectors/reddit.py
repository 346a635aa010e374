"""Reddit: new posts of subreddits, a search, and comments, through the OAuth API (praw).

Needs an OAuth client of the type 'script' or 'web app' (https://www.reddit.com/prefs/apps); its id and secret are
read from two environment variables. The limit is 100 requests a minute for one client; a listing holds its newest
1,000 entries, so an interval in which more are posted leaves a gap, which the batch's note names.

Listings are not always in time order and may be a little stale (praw-dev/praw #1025, #1050): every fetch reads on
until most of a page is older than the last fetch less `overlap`, and the store knows what it has by the fullname.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import praw
import prawcore
from prawcore.exceptions import OAuthException, PrawcoreException
from pydantic import Field, field_validator, model_validator

from collectors.plain import storable
from collectors.protocol import (
    Batch,
    CollectorError,
    Cursor,
    Fetched,
    RateLimited,
    Refused,
    Rejected,
    SourceSettings,
    Unreadable,
)
from collectors.transport import MAX_BYTES, RefusedStatus, Transport, wait_until
from collectors.walk import ExpiredMarker, Page, walk_all
from mention import MentionError, clean_text, parse_mention, search_text

PAGE = 100
"""Entries of one request; Reddit gives no more (https://www.reddit.com/dev/api#listings)."""

WINDOW = timedelta(minutes=10)
"""Reddit counts requests in windows of ten minutes (prawcore.const.WINDOW_SIZE): the wait after a 429 without one."""

SITE = "https://www.reddit.com"
_GONE = ("[deleted]", "[removed]")
_ADVICE = {
    401: "Check the client id and secret that the environment holds for this source.",
    403: "The subreddit may be private or quarantined: check its name, or remove it from the configuration.",
    404: "The subreddit may be banned or misspelt: check its name, or remove it from the configuration.",
}


class RedditSettings(SourceSettings):
    """What a Reddit source reads, and as whom."""

    subreddits: tuple[str, ...] = Field(
        (), description="subreddits to read, without r/; join several in one listing with +"
    )
    query: str = Field("", max_length=512, description="search for this instead of reading every new post")
    comments: bool = Field(False, description="read the comments of the subreddits too (Reddit cannot search them)")
    comment_words: tuple[str, ...] = Field((), description="keep only comments with one of these words; all if empty")
    overlap: float = Field(3600.0, ge=0, description="seconds before the last fetch that are read again")
    first_pages: int = Field(10, ge=1, le=10, description="pages of 100 per listing that the very first fetch reads")
    client_id_env: str = Field("NOBET_REDDIT_CLIENT_ID", description="environment variable with the client id")
    client_secret_env: str = Field("NOBET_REDDIT_CLIENT_SECRET", description="environment variable with the secret")
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

    @model_validator(mode="after")
    def _reads_something(self) -> RedditSettings:
        if not self.subreddits and not self.query:
            raise ValueError("name subreddits, a query, or both")
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


class _RedditListing:
    """One listing of Reddit; positions are seconds since 1970."""

    empty_is_expired = True

    def __init__(self, settings: RedditSettings, reddit: praw.Reddit, transport: Transport, now: datetime) -> None:
        self.first_pages = settings.first_pages
        self.path = ""
        self.params: dict[str, str | int] = {}
        self.words: tuple[str, ...] = ()
        self._settings, self._reddit, self._transport, self._now = settings, reddit, transport, now

    def read(self, since: int | None, marker: str | None) -> Page:
        """One page of 100 entries, parsed."""
        params: dict[str, str | int] = {"limit": PAGE, **self.params}
        if marker is not None:
            params["after"] = marker
        try:
            answer = self._reddit.request(method="GET", path=self.path, params=params)
        except RefusedStatus as refused:
            if marker is not None and refused.status in (400, 404, 410):
                raise ExpiredMarker(str(refused)) from None
            raise
        except CollectorError:
            raise
        except OAuthException as error:
            what = f"Reddit refused the client ({error.error})"
            raise Refused(self._transport.sentence(what, _ADVICE[401])) from None
        except prawcore.exceptions.Redirect:
            raise Refused(self._transport.sentence(f"Reddit leads {self.path} elsewhere", _ADVICE[404])) from None
        except (PrawcoreException, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            what = f"the answer to {self.path} is not what Reddit's API gives ({type(error).__name__})"
            raise Unreadable(self._transport.sentence(what, "It is tried again later.")) from None
        return self._page(answer, since)

    def _page(self, answer: Any, since: int | None) -> Page:
        data = answer.get("data") if isinstance(answer, dict) else None
        children = data.get("children") if isinstance(data, dict) else None
        if not isinstance(data, dict) or not isinstance(children, list):
            what = f"the answer to {self.path} is not a listing"
            raise Unreadable(self._transport.sentence(what, "It is tried again later."))
        fetched: list[Fetched] = []
        rejected: list[Rejected] = []
        positions: list[int] = []
        passed = 0
        for child in children:
            parsed = parse_entry(child, self._settings.source, self._now)
            created = child.get("data", {}).get("created_utc") if isinstance(child, dict) else None
            # A clock that runs ahead must not lift the high-water mark above what is still to come.
            if isinstance(created, int | float) and 0 < created <= self._now.timestamp() + 60:
                positions.append(int(created))
            if isinstance(parsed, Rejected):
                rejected.append(parsed)
            elif self.words and not any(word in search_text(parsed.mention.text) for word in self.words):
                passed += 1
            else:
                fetched.append(parsed)
        reached = False
        if since is not None and positions:
            known = sum(position <= since - self._settings.overlap for position in positions)
            reached = known * 2 >= len(positions)
        after = data.get("after")
        note = f"{passed} comments without the words passed over" if passed else ""
        newest, oldest = max(positions, default=None), min(positions, default=None)
        return Page(
            tuple(fetched), tuple(rejected), newest, oldest, str(after) if after else None, reached=reached, note=note
        )  # fmt: skip


def parse_entry(child: Any, source: str, now: datetime) -> Fetched | Rejected:
    """A post (t3) or comment (t1) of a listing as a mention; the fullname is its id."""
    kind = child.get("kind") if isinstance(child, dict) else None
    entry = child.get("data") if isinstance(child, dict) else None
    try:
        raw = storable(child)
    except ValueError as error:
        return Rejected(f"the entry cannot be kept: {error}", clean_text(str(child)[:10_000]))
    if kind not in ("t1", "t3") or not isinstance(entry, dict):
        return Rejected(f"an entry of the unknown kind {str(kind)[:40]!r}", raw)
    name = str(entry.get("name") or (f"{kind}_{entry['id']}" if entry.get("id") else "")) or None
    body = entry.get("body") if kind == "t1" else entry.get("selftext")
    if kind == "t1" and body in _GONE:
        return Rejected("the comment was deleted on Reddit before it was read", raw, name)
    if body in _GONE:
        body = ""
    parts = [entry.get("title"), body] if kind == "t3" else [body]
    author = entry.get("author")
    score, replies = entry.get("score"), entry.get("num_comments")
    extra = {"channel": "reddit", "subreddit": entry.get("subreddit")}
    if kind == "t3" and not entry.get("is_self") and entry.get("url"):
        extra["link"] = entry["url"]
    if entry.get("over_18"):
        extra["over_18"] = True
    if isinstance(score, int) and score < 0:
        extra["score"] = score
    try:
        mention, _ = parse_mention(
            {
                "source": source,
                "native_id": name,
                "text": "\n\n".join(part for part in map(str, filter(None, parts)) if part.strip()),
                "author": None if author in _GONE else author,
                "url": _link(entry, kind),
                "published_at": entry.get("created_utc"),
                "thread_id": name if kind == "t3" else entry.get("link_id"),
                "in_reply_to": entry.get("parent_id") if kind == "t1" else None,
                # Reddit gives a balance of votes, which may be negative; likes cannot be.
                "engagement": {
                    "likes": max(score, 0) if isinstance(score, int) else 0,
                    "replies": max(replies, 0) if isinstance(replies, int) else 0,
                },
                "extra": storable(extra),
            },
            now=now,
        )
    except MentionError as error:
        return Rejected(str(error), raw, name)
    return Fetched(mention, raw)


def _link(entry: dict[str, Any], kind: str) -> str | None:
    """The entry's address; comments before 2017 came without a permalink, which is made from their thread's."""
    if entry.get("permalink"):
        return f"{SITE}{entry['permalink']}"
    if kind == "t1" and entry.get("link_id") and entry.get("id"):
        return f"{SITE}/comments/{str(entry['link_id']).removeprefix('t3_')}/_/{entry['id']}/"
    return None


class RedditCollector:
    """Reads the listings that the settings name, each down to the last fetch."""

    kind: ClassVar[str] = "reddit"
    Settings: ClassVar[type[SourceSettings]] = RedditSettings

    def __init__(self, settings: RedditSettings) -> None:
        self.settings = settings

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        """Every page of every listing after `cursor`; see the protocol."""
        settings = self.settings
        client = os.environ.get(settings.client_id_env, "").strip()
        secret = os.environ.get(settings.client_secret_env, "").strip()
        for value, name in ((client, settings.client_id_env), (secret, settings.client_secret_env)):
            if not value:
                raise Refused(
                    f'Source "{settings.source}": the environment variable {name} is empty. Put the OAuth client '
                    "there (https://www.reddit.com/prefs/apps); nothing was read."
                )
        now = now.astimezone(UTC)
        transport = Transport(
            settings.source, now, timeout=settings.timeout, max_bytes=MAX_BYTES, advice=_ADVICE, pause=WINDOW,
            secrets=(secret,),
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
                refresh_token=None,
                reddit_url=(settings.base_url or SITE).rstrip("/"),
                oauth_url=(settings.base_url or "https://oauth.reddit.com").rstrip("/"),
                check_for_updates=False,
                check_for_async=False,
                requestor_class=_Requestor,
                requestor_kwargs={"session": session, "transport": transport},
            )
            yield from walk_all(settings.source, self._listings(reddit, transport, now), cursor)

    def _listings(self, reddit: praw.Reddit, transport: Transport, now: datetime) -> dict[str, _RedditListing]:
        settings = self.settings
        listings: dict[str, _RedditListing] = {}

        def add(name: str, path: str, params: dict[str, str | int], words: tuple[str, ...] = ()) -> None:
            listing = _RedditListing(settings, reddit, transport, now)
            listing.path, listing.params, listing.words = path, params, words
            listings[name] = listing

        if settings.query:
            for name in settings.subreddits or ("all",):
                params: dict[str, str | int] = {"q": settings.query, "sort": "new", "t": "all", "include_over_18": "on"}
                if name.lower() != "all":
                    params["restrict_sr"] = "1"
                add(f"r/{name}/search {settings.query}", f"r/{name}/search", params)
        else:
            for name in settings.subreddits:
                add(f"r/{name}/new", f"r/{name}/new", {})
        if settings.comments:
            words = tuple(folded for word in settings.comment_words if (folded := search_text(word)))
            for name in settings.subreddits:
                add(f"r/{name}/comments", f"r/{name}/comments", {}, words)
        return listings
