"""X (Twitter): recent search and the mentions of an account, through the API v2 (tweepy).

Needs a bearer token, read from an environment variable. Search reaches back seven days and costs money per post
read: `posts_per_month` is a budget that this source keeps itself. Limits: 450 searches in 15 minutes per app, 100
posts a page, 512 characters a query (https://docs.x.com/x-api). A 429 has no Retry-After: `x-rate-limit-reset` says
when; the monthly cap of the plan is a 429 too, and is told apart by its body.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import tweepy
from pydantic import Field, model_validator

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
from collectors.transport import RefusedStatus, Transport
from collectors.walk import ExpiredMarker, Page, walk_all
from mention import MentionError, clean_text, parse_mention

# tweepy logs the Authorization header of every request at DEBUG; no log of ours may hold a token.
logging.getLogger("tweepy.client").setLevel(logging.INFO)

PAGE = 100
SNOWFLAKE_EPOCH_MS = 1288834974657
"""Milliseconds since 1970 of id 0: an id's upper bits count milliseconds from here (Twitter's Snowflake, 2010)."""

_UNIX_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

FIRST_SNOWFLAKE = 29_700_859_247
"""Ids below are older than Snowflake and hold no time (https://ws-dl.blogspot.com, TweetedAt, 2019-08-03)."""

SEARCH_REACH = timedelta(days=7) - timedelta(minutes=5)
"""Recent search covers seven days and refuses an older since_id; five minutes for clocks that differ."""

WINDOW = timedelta(minutes=15)

TWEET_FIELDS = [
    "id", "text", "note_tweet", "author_id", "conversation_id", "created_at", "in_reply_to_user_id",
    "referenced_tweets", "lang", "public_metrics", "edit_history_tweet_ids",
]  # fmt: skip
USER_FIELDS = ["id", "name", "username", "public_metrics", "verified"]

_ADVICE = {
    401: "Check the bearer token that the environment holds for this source.",
    402: "The X account has no credits left: top it up in X's developer console.",
    403: "The X app may not use this endpoint: check its access level in X's developer console.",
    404: "Check the user id in the configuration.",
}


class XSettings(SourceSettings):
    """What an X source reads, as whom, and up to which cost."""

    query: str = Field("", max_length=512, description="recent search, in X's query language, at most 512 characters")
    user_id: str = Field("", pattern=r"^\d{0,20}$", description="numeric id of an account whose mentions are read")
    posts_per_month: int = Field(10_000, ge=10, description="posts read in a calendar month (UTC) before it stops")
    overlap: float = Field(60.0, ge=0, description="seconds before the last fetch that are read (and paid) again")
    first_pages: int = Field(5, ge=1, description="pages of 100 per listing that the very first fetch reads")
    bearer_token_env: str = Field("NOBET_X_BEARER_TOKEN", description="environment variable with the bearer token")
    timeout: float = Field(30.0, gt=0, description="seconds without a sign of life before a request is given up")
    base_url: str | None = Field(None, description="another server instead of api.twitter.com, for tests")

    @model_validator(mode="after")
    def _reads_something(self) -> XSettings:
        if not self.query.strip() and not self.user_id:
            raise ValueError("give a query, a user_id, or both")
        return self


def time_of(post_id: int) -> datetime:
    """When a post was made, from its id: (id >> 22) + 1288834974657 ms since 1970, aware UTC.

    Raises ValueError for an id from before Snowflake, which holds no time.
    """
    if post_id < FIRST_SNOWFLAKE:
        raise ValueError(f"the id {post_id} is older than X's timed ids and holds no time")
    return _UNIX_EPOCH + timedelta(milliseconds=(post_id >> 22) + SNOWFLAKE_EPOCH_MS)


def id_at(when: datetime) -> int:
    """The smallest id that a post made at `when` can have; 0 before Snowflake."""
    return max(0, (when - _UNIX_EPOCH) // timedelta(milliseconds=1) - SNOWFLAKE_EPOCH_MS) << 22


class Budget:
    """Posts read in the calendar month, kept in the cursor so that it outlives the process."""

    def __init__(self, cursor: Cursor | None, now: datetime, limit: int) -> None:
        self.month = f"{now:%Y-%m}"
        self.limit = limit
        kept = (cursor or {}).get("budget") or {}
        self.posts: int = kept.get("posts", 0) if kept.get("month") == self.month else 0
        self.next_month = (now.replace(day=1) + timedelta(days=32)).replace(
            day=1, hour=0, minute=0, second=0, microsecond=0
        )

    @property
    def left(self) -> int:
        return self.limit - self.posts

    def cursor(self) -> Cursor:
        """What is added to each batch's cursor."""
        return {"budget": {"month": self.month, "posts": self.posts}}


class _XListing:
    """Recent search or an account's mentions; positions are post ids."""

    empty_is_expired = False

    def __init__(
        self,
        settings: XSettings,
        client: tweepy.Client,
        transport: Transport,
        budget: Budget,
        now: datetime,
        search: bool,
    ) -> None:
        self.first_pages = settings.first_pages
        self._settings, self._client, self._transport, self._budget = settings, client, transport, budget
        self._now, self._search = now, search

    def read(self, since: int | None, marker: str | None) -> Page:
        """One page of up to 100 posts, parsed and counted against the budget."""
        least = 10 if self._search else 5  # X refuses a smaller max_results
        if self._budget.left < least:
            until = self._budget.next_month
            raise RateLimited(
                self._transport.sentence(
                    f"this month's budget of {self._budget.limit:,} posts (posts_per_month) is used up",
                    f"Reading goes on at {until:%Y-%m-%d} 00:00 UTC; raise posts_per_month to go on now.",
                ),
                until,
            )
        options: dict[str, Any] = {
            "max_results": min(PAGE, self._budget.left),
            "tweet_fields": TWEET_FIELDS,
            "user_fields": USER_FIELDS,
            "expansions": ["author_id"],
        }
        floor, note = self._floor(since)
        if floor:
            options["since_id"] = floor
        try:
            if self._search:
                answer = self._client.search_recent_tweets(self._settings.query, next_token=marker, **options)
            else:
                answer = self._client.get_users_mentions(self._settings.user_id, pagination_token=marker, **options)
        except RateLimited as limited:
            raise self._limited(limited) from None
        except RefusedStatus as refused:
            if marker is not None and refused.status in (400, 404):
                raise ExpiredMarker(str(refused)) from None
            raise
        except CollectorError:
            raise
        except (tweepy.TweepyException, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            what = f"the answer is not what X's API gives ({type(error).__name__})"
            raise Unreadable(self._transport.sentence(what, "It is tried again later.")) from None
        return self._page(answer, note if marker is None else "")

    def _floor(self, since: int | None) -> tuple[int, str]:
        """The since_id to ask with (0 for none), and what is to be said about it."""
        if since is None:
            return 0, ""
        try:
            read_until = time_of(since) - timedelta(seconds=self._settings.overlap)
        except (ValueError, OverflowError, OSError):
            return 0, ""
        if self._search and read_until < self._now - SEARCH_REACH:
            return 0, (
                "the last post read is older than the seven days that recent search covers: "
                "posts in between may be missing"
            )
        return id_at(read_until), ""

    def _limited(self, error: RateLimited) -> RateLimited:
        if "usage cap" not in str(error).lower():
            return error
        # The plan's monthly cap is a 429 as well, and its reset header speaks of the quarter of an hour. On which
        # day the cap is lifted depends on the account, so it is tried once a day.
        wait = self._transport.at() + timedelta(days=1)
        what = "the monthly cap of the X plan is used up (X: Usage cap exceeded)"
        advice = f"It is tried again at {wait:%Y-%m-%d %H:%M} UTC; a larger plan lifts the cap."
        return RateLimited(self._transport.sentence(what, advice), wait)

    def _page(self, answer: Any, note: str) -> Page:
        posts = answer.get("data", []) if isinstance(answer, dict) else None
        meta = answer.get("meta") if isinstance(answer, dict) else None
        if not isinstance(posts, list) or not isinstance(meta, dict):
            what = "the answer has neither posts nor a count of them"
            raise Unreadable(self._transport.sentence(what, "It is tried again later."))
        self._budget.posts += len(posts)
        includes = answer.get("includes")
        users = includes.get("users") if isinstance(includes, dict) else None
        by_id = {str(user.get("id")): user for user in users or () if isinstance(user, dict)}
        fetched: list[Fetched] = []
        rejected: list[Rejected] = []
        ids: list[int] = []
        top = id_at(self._now + timedelta(minutes=1))
        for post in posts:
            parsed = parse_post(post, by_id, self._settings.source, self._now)
            if isinstance(parsed, Rejected):
                rejected.append(parsed)
                continue
            fetched.append(parsed)
            # An id from the future must not lift the high-water mark above what is still to come.
            if (number := int(parsed.mention.native_id)) < top:
                ids.append(number)
        marker = meta.get("next_token")
        left_out = answer.get("errors")
        if isinstance(left_out, list) and left_out:
            note = "; ".join(part for part in (note, f"X left out parts of {len(left_out)} posts") if part)
        return Page(
            tuple(fetched), tuple(rejected), max(ids, default=None), min(ids, default=None),
            str(marker) if marker else None, reached=not marker, note=note,
        )  # fmt: skip


def parse_post(post: Any, users: dict[str, dict[str, Any]], source: str, now: datetime) -> Fetched | Rejected:
    """A post of an answer as a mention; without fields (older recordings) its time comes from its id."""
    user = users.get(str(post.get("author_id")), {}) if isinstance(post, dict) else {}
    try:
        post, user = storable(post), storable(user)
    except ValueError as error:
        return Rejected(f"the post cannot be kept: {error}", clean_text(str(post)[:10_000]))
    number = str(post.get("id") or "") if isinstance(post, dict) else ""
    if not (number.isascii() and number.isdecimal() and len(number) <= 19):
        return Rejected("a post without a numeric id", post)
    raw = {"post": post, "user": user or None}
    try:
        published = post.get("created_at") or time_of(int(number))
    except ValueError as error:
        return Rejected(str(error), raw, number)
    handle = user.get("username")
    note_tweet, metrics, followed = (
        value if isinstance(value, dict) else {}
        for value in (post.get("note_tweet"), post.get("public_metrics"), user.get("public_metrics"))
    )
    others = post.get("referenced_tweets")
    others = [other for other in others if isinstance(other, dict)] if isinstance(others, list) else []
    related = {str(other.get("type")): other.get("id") for other in others}
    versions = post.get("edit_history_tweet_ids")
    extra: dict[str, Any] = {
        "channel": "x",
        "author_id": post.get("author_id"),
        "verified": user.get("verified"),
        "quote_of": related.get("quoted"),
        "repost_of": related.get("retweeted"),
        "edit_of": versions[0] if isinstance(versions, list) and versions and versions[0] != number else None,
    }
    try:
        mention, _ = parse_mention(
            {
                "source": source,
                "native_id": number,
                "text": _unescape(str(note_tweet.get("text") or post.get("text") or "")),
                "author": handle,
                "author_name": user.get("name"),
                "followers": _count(followed, "followers_count") if followed else None,
                "url": f"https://x.com/{handle}/status/{number}" if handle else f"https://x.com/i/web/status/{number}",
                "published_at": published,
                "lang": None if post.get("lang") in ("und", "zxx", "qme", "qst", "art") else post.get("lang"),
                "thread_id": post.get("conversation_id"),
                "in_reply_to": related.get("replied_to"),
                "engagement": {
                    "likes": _count(metrics, "like_count"),
                    "shares": _count(metrics, "retweet_count") + _count(metrics, "quote_count"),
                    "replies": _count(metrics, "reply_count"),
                    "views": _count(metrics, "impression_count"),
                },
                "extra": {key: value for key, value in extra.items() if value is not None},
            },
            now=now,
        )
    except MentionError as error:
        return Rejected(str(error), raw, number)
    return Fetched(mention, raw)


def _unescape(text: str) -> str:
    """X escapes exactly these three characters in a post's text."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def _count(metrics: dict[str, Any], name: str) -> int:
    value = metrics.get(name)
    return value if isinstance(value, int) and value > 0 else 0


class XCollector:
    """Reads recent search and mentions, each down to the last fetch, within the month's budget."""

    kind: ClassVar[str] = "x"
    Settings: ClassVar[type[SourceSettings]] = XSettings

    def __init__(self, settings: XSettings) -> None:
        self.settings = settings

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        """Every page after `cursor`; see the protocol."""
        settings = self.settings
        token = os.environ.get(settings.bearer_token_env, "").strip()
        if not token:
            raise Refused(
                f'Source "{settings.source}": the environment variable {settings.bearer_token_env} is empty. Put the '
                "X app's bearer token there; nothing was read."
            )
        now = now.astimezone(UTC)
        transport = Transport(
            settings.source, now, timeout=settings.timeout, base_url=settings.base_url, advice=_ADVICE, pause=WINDOW,
            secrets=(token,),
        )  # fmt: skip
        client = tweepy.Client(bearer_token=token, return_type=dict, wait_on_rate_limit=False)
        budget = Budget(cursor, now, settings.posts_per_month)
        listings = {}
        if settings.query.strip():
            name = f"search {settings.query}"
            listings[name] = _XListing(settings, client, transport, budget, now, search=True)
        if settings.user_id:
            name = f"mentions of {settings.user_id}"
            listings[name] = _XListing(settings, client, transport, budget, now, search=False)
        with transport.session(client.user_agent) as session:
            # tweepy's host is a constant; the transport is where another one can be asked.
            client.session = session
            yield from walk_all(settings.source, listings, cursor, budget.cursor)
