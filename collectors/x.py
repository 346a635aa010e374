"""X (Twitter): recent search, and what concerns an account: its mentions, replies to it, quotes of its posts.

Needs a bearer token of an X app, read from an environment variable; API v2 through tweepy. Search reaches back seven
days and every post read costs money: `items_per_month` stops before it costs more than wanted. Limits: 450 searches in
15 minutes per app, 100 posts a page, 512 characters a query (https://docs.x.com/x-api). A 429 has no Retry-After:
`x-rate-limit-reset` says when; the monthly cap of a plan is a 429 too, and is told apart by its body.

Replies are searched with `to:ID` and quotes with `quotes_of_tweet_id:ID` (both standalone operators of recent search,
https://docs.x.com/x-api/posts/search/integrate/operators), because search honours `since_id`: only what is new is read
and paid. `/2/tweets/:id/quote_tweets` knows no `since_id`, so every poll would pay the newest ten quotes again.

An edit on X is a new post with a new id; the ids of all versions stand in `edit_history_tweet_ids`, oldest first
(https://docs.x.com/x-api/fundamentals/edit-posts). A mention keeps the first of them for ever.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar

import tweepy
from pydantic import Field, model_validator

from collectors.meter import meter
from collectors.protocol import (
    About,
    Batch,
    BudgetSpent,
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
from collectors.transport import KEPT, RefusedStatus, Transport
from collectors.walk import ExpiredMarker, Listing, Page, walk_all
from collectors.x_post import id_at, parse_post, time_of

# tweepy logs the Authorization header of every request at DEBUG; no log of ours may hold a token.
logging.getLogger("tweepy.client").setLevel(logging.INFO)

PAGE = 100

SEARCH_REACH = timedelta(days=7) - timedelta(minutes=5)
"""Recent search covers seven days and refuses an older since_id; five minutes for clocks that differ."""

CERTAIN = timedelta(days=5)
"""Once a search was answered whole, everything older than this has been read: the mark of a quiet search is lifted to
here, so that it stays within the reach of search although nobody posts. Two days of the seven are left for outages."""

WINDOW = timedelta(minutes=15)

TWEET_FIELDS = [
    "id", "text", "note_tweet", "author_id", "conversation_id", "created_at", "in_reply_to_user_id",
    "referenced_tweets", "lang", "public_metrics", "edit_history_tweet_ids",
]  # fmt: skip
USER_FIELDS = ["id", "name", "username", "public_metrics", "verified"]

_GONE = ("resource-not-found", "not-authorized-for-resource")
"""Ends of the problem types of posts that were deleted, or whose account is now protected, suspended or closed
(https://docs.x.com/x-api/fundamentals/response-codes-and-errors): X wants both removed."""

_ADVICE = {
    401: "Check the bearer token that the environment holds for this source.",
    402: "The X account has no credits left: top it up in X's developer console.",
    403: "The X app may not use this endpoint: check its access level in X's developer console.",
    404: "Check the user id in the configuration.",
}


class XSettings(SourceSettings):
    """What an X source reads, as whom, and up to which cost."""

    native_query: str = Field("", max_length=512, description="recent search, in X's own query language")
    user_id: str = Field("", pattern=r"^\d{0,20}$", description="numeric id of the account whose mentions are read")
    replies: bool = Field(False, description="read replies to that account that do not name it, too")
    quotes: int = Field(0, ge=0, le=10, description="newest posts of that account whose quotes are read; 0 for none")
    items_per_month: int | None = Field(
        10_000, ge=10, description="posts read in a UTC month after which reading stops; null for no limit"
    )
    price_per_item: Decimal = Field(
        Decimal("0.005"), ge=0, description="what one post read costs; the price told when this was written"
    )
    overlap: float = Field(60.0, ge=0, description="seconds before the last fetch that are read (and paid) again")
    first_pages: int = Field(5, ge=1, description="pages of 100 per listing that the very first fetch reads")
    bearer_token_env: str = Field("NOBET_X_BEARER_TOKEN", description="environment variable with the bearer token")
    timeout: float = Field(30.0, gt=0, description="seconds without a sign of life before a request is given up")
    base_url: str | None = Field(None, description="another server instead of api.twitter.com, for tests")

    @model_validator(mode="after")
    def _reads_something(self) -> XSettings:
        if not self.native_query.strip() and not self.user_id:
            raise ValueError("give a query, a native_query in X's own words, or a user_id")
        if (self.replies or self.quotes) and not self.user_id:
            raise ValueError("replies and quotes are read of an account: give its user_id")
        return self


class _Api:
    """X's API for one fetch: it speaks through the transport, and every post that comes is charged."""

    def __init__(self, settings: XSettings, client: tweepy.Client, transport: Transport, now: datetime) -> None:
        self.settings, self.client, self.transport, self.now = settings, client, transport, now

    def afford(self, least: int, most: int = PAGE) -> int:
        """How many posts may be asked for, at most `most`. Raises BudgetSpent when that is fewer than `least`."""
        left = meter().items_left(most)
        limit = meter().item_limit
        if left < least and limit is not None:
            raise BudgetSpent(
                f'Source "{self.settings.source}": fewer than {least} posts are left of the budget {limit.name}, and '
                f"X gives no fewer at once. {KEPT} Reading goes on at {limit.until:%Y-%m-%d %H:%M} UTC; raise the "
                "budget to go on now.",
                limit.until,
            )
        return left

    def ask(self, call: str, *args: Any, **options: Any) -> dict[str, Any]:
        """The answer to a call of tweepy; its posts are charged."""
        try:
            answer = getattr(self.client, call)(*args, **options)
        except RateLimited as limited:
            raise self._limited(limited) from None
        except CollectorError:
            raise
        except (tweepy.TweepyException, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise self.unreadable(f"the answer is not what X's API gives ({type(error).__name__})") from None
        if not isinstance(answer, dict):
            raise self.unreadable("the answer is not what X's API gives")
        posts = answer.get("data")
        meter().charge_items(len(posts) if isinstance(posts, list) else 0)
        return answer

    def unreadable(self, what: str) -> Unreadable:
        """The error for an answer that makes no sense."""
        return Unreadable(self.transport.sentence(what, "It is tried again later."))

    def _limited(self, error: RateLimited) -> RateLimited:
        if isinstance(error, BudgetSpent) or "usage cap" not in str(error).lower():
            return error
        # The plan's monthly cap is a 429 as well, and its reset header speaks of the quarter of an hour. On which
        # day the cap is lifted depends on the account, so it is tried once a day.
        wait = self.transport.at() + timedelta(days=1)
        what = "the monthly cap of the X plan is used up (X: Usage cap exceeded)"
        advice = f"It is tried again at {wait:%Y-%m-%d %H:%M} UTC; a larger plan lifts the cap."
        return RateLimited(self.transport.sentence(what, advice), wait)


class _XListing:
    """A recent search; positions are post ids."""

    empty_is_expired = False
    least = 10
    """The smallest max_results that X accepts here."""

    def __init__(self, api: _Api, query: str = "") -> None:
        self.first_pages = api.settings.first_pages
        self._api, self._settings, self._now = api, api.settings, api.now
        self._query = query
        self._top = id_at(api.now + timedelta(minutes=1))
        """Positions from here on must not become the mark: an id from the future would hide what is still to come."""

    def read(self, since: int | None, marker: str | None) -> Page:
        """One page of up to 100 posts, parsed and counted against the budget."""
        options: dict[str, Any] = {
            "tweet_fields": TWEET_FIELDS,
            "user_fields": USER_FIELDS,
            "expansions": ["author_id"],
            "max_results": self._api.afford(self.least),
        }
        floor, note = self._floor(since)
        if floor:
            options["since_id"] = floor
        try:
            answer = self._ask(marker, options)
        except RefusedStatus as refused:
            if marker is not None and refused.status in (400, 404):
                raise ExpiredMarker(str(refused)) from None
            raise
        page = self._parsed(answer, note if marker is None else "")
        return self._marked(page, since, marker, page.next is None and (since is None or floor > 0))

    def _ask(self, marker: str | None, options: dict[str, Any]) -> dict[str, Any]:
        return self._api.ask("search_recent_tweets", self._query, next_token=marker, **options)

    def _marked(self, page: Page, since: int | None, marker: str | None, whole: bool) -> Page:
        """The page with its mark, and whether it goes down to the last fetch (`whole`: X says that it does)."""
        newest = page.newest
        if marker is None and page.next is None:
            newest = max(newest or 0, id_at(self._now - CERTAIN))
        return replace(page, newest=newest, reached=whole)

    def _floor(self, since: int | None) -> tuple[int, str]:
        """The since_id to ask with (0 for none), and what is to be said about it."""
        read_until = self._read_until(since)
        if read_until is None:
            return 0, ""
        if read_until < self._now - SEARCH_REACH:
            return 0, (
                "the last fetch lies before the seven days that recent search covers: posts in between may be missing"
            )
        return id_at(read_until), ""

    def _read_until(self, since: int | None) -> datetime | None:
        if since is None:
            return None
        try:
            return time_of(since) - timedelta(seconds=self._settings.overlap)
        except (ValueError, OverflowError, OSError):
            return None

    def _parsed(self, answer: dict[str, Any], note: str) -> Page:
        posts, meta = answer.get("data", []), answer.get("meta")
        if not isinstance(posts, list) or not isinstance(meta, dict):
            raise self._api.unreadable("the answer has neither posts nor a count of them")
        includes = answer.get("includes")
        users = includes.get("users") if isinstance(includes, dict) else None
        by_id = {str(user.get("id")): user for user in users or () if isinstance(user, dict)}
        fetched: list[Fetched] = []
        rejected: list[Rejected] = []
        ids: list[int] = []
        for post in posts:
            parsed = parse_post(post, by_id, self._settings.source, self._now)
            if isinstance(parsed, Rejected):
                rejected.append(parsed)
                continue
            fetched.append(parsed)
            # The version's id, not the mention's: an edited post is listed where its newest version stands.
            if (number := int(parsed.raw["post"]["id"])) < self._top:
                ids.append(number)
        left_out = answer.get("errors")
        if isinstance(left_out, list) and left_out:
            note = "; ".join(part for part in (note, f"X left out parts of {len(left_out)} posts") if part)
        marker = meta.get("next_token")
        return Page(
            tuple(fetched), tuple(rejected), max(ids, default=None), min(ids, default=None),
            str(marker) if marker else None, note=note,
        )  # fmt: skip


class _Mentions(_XListing):
    """The mentions of the account: the newest 800, of any age."""

    least = 5

    def _ask(self, marker: str | None, options: dict[str, Any]) -> dict[str, Any]:
        user = self._settings.user_id
        return self._api.ask("get_users_mentions", user, pagination_token=marker, **options)

    def _floor(self, since: int | None) -> tuple[int, str]:
        read_until = self._read_until(since)
        return (0, "") if read_until is None else (id_at(read_until), "")

    def _marked(self, page: Page, since: int | None, marker: str | None, whole: bool) -> Page:
        # The listing ends after 800 posts whether or not since_id was reached. On a single page that cannot be; on
        # several, only a post that was read before proves that nothing lies between.
        if since is not None and marker is not None and (page.oldest is None or page.oldest > since):
            whole = False
        return replace(page, reached=whole)


class _Quotes(_XListing):
    """Quotes of the account's newest posts. `own` holds the ids of these, newest first, from one fetch to the next."""

    def __init__(self, api: _Api, own: list[int]) -> None:
        super().__init__(api)
        self._own = own
        # The account's posts are listed after `now`: a mark above it could hide quotes of a post made meanwhile.
        self._top = id_at(api.now)

    def read(self, since: int | None, marker: str | None) -> Page:
        """One page of quotes; the page at a marker is asked with the posts of its first page."""
        if marker is None:
            self._refresh()
        if not self._own:
            return Page((), reached=True, note="the account has no posts of the last seven days to be quoted")
        quoted = " OR ".join(f"quotes_of_tweet_id:{number}" for number in self._own)
        self._query = f"({quoted}) -is:retweet"
        return super().read(since, marker)

    def _refresh(self) -> None:
        """Learn the account's newest posts, asking only for what is newer than the newest one known."""
        edge = id_at(self._now - SEARCH_REACH)
        known = [number for number in self._own if number > edge]
        answer = self._api.ask(
            "get_users_tweets", self._settings.user_id, max_results=self._api.afford(5, max(5, self._settings.quotes)),
            since_id=max(known, default=edge), exclude=["replies", "retweets"],
        )  # fmt: skip
        posts = answer.get("data", [])
        if not isinstance(posts, list):
            raise self._api.unreadable("the account's posts are not a list")
        new = [str(post.get("id")) for post in posts if isinstance(post, dict)]
        found = {int(number) for number in new if number.isascii() and number.isdecimal() and len(number) <= 19}
        self._own[:] = sorted({*found, *known}, reverse=True)[: self._settings.quotes]


class XCollector:
    """Reads search, mentions, replies and quotes, each down to the last fetch, within the month's budget."""

    kind: ClassVar[str] = "x"
    Settings: ClassVar[type[SourceSettings]] = XSettings
    about: ClassVar[About] = About(
        title="X (Twitter)",
        reads=Says(
            "recent search, an account's mentions, replies to it, quotes of its posts",
            "son yedi günün araması, bir hesabın bahsedilmeleri, hesaba verilen yanıtlar, gönderilerinin alıntıları",
        ),
        needs=Says(
            "the bearer token of an X app (X developer console), with credits",
            "kredisi olan bir X uygulamasının bearer token'ı (X geliştirici konsolu)",
        ),
        costs=Says(
            "about 0.005 USD for every post read, asking again after deleted posts included; stops at items_per_month",
            "silinenleri yoklamak dahil, okunan her gönderi için yaklaşık 0,005 USD; items_per_month dolunca durur",
        ),
        proves=Says(
            "that nothing of the last seven days was missed in what was asked; not what X leaves out of its search",
            "son yedi günde sorulandan hiçbir şeyin kaçmadığını; X'in aramaya hiç almadıklarını kanıtlayamaz",
        ),
        tested="recorded",
        asks=("native_query", "user_id"),
        removes_deleted=True,
        settles=60.0,
    )

    def __init__(self, settings: XSettings) -> None:
        self.settings = settings

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        """Every page after `cursor`; see the protocol."""
        settings = self.settings
        own = list(((cursor or {}).get("own") or {}).get(settings.user_id) or ())
        with self._api(now) as api:
            listings: dict[str, Listing] = {name: make(api, own) for name, make in self._listings().items()}
            read_at = api.now.isoformat()
            yield from walk_all(
                settings.source, listings, cursor,
                lambda: {"read_at": read_at} | ({"own": {settings.user_id: list(own)}} if settings.quotes else {}),
            )  # fmt: skip

    def _listings(self) -> dict[str, Callable[[_Api, list[int]], Listing]]:
        """What the settings ask for, by the names that the cursor keeps."""
        query, user = self.settings.native_query, self.settings.user_id
        found: dict[str, Callable[[_Api, list[int]], Listing]] = {}
        if query.strip():
            found[f"search {query}"] = lambda api, own: _XListing(api, query)
        if user:
            found[f"mentions of {user}"] = lambda api, own: _Mentions(api)
        if self.settings.replies:
            found[f"replies to {user}"] = lambda api, own: _XListing(api, f"to:{user} -from:{user} -is:retweet")
        if self.settings.quotes:
            found[f"quotes of {user}"] = _Quotes
        return found

    def verify(self, now: datetime) -> str:
        """Ask how much of the plan was used: `GET /2/usage/tweets`, which reads no post and is not billed as one
        (https://docs.x.com/x-api/usage/introduction; 50 requests in 15 minutes)."""
        with self._api(now) as api:
            try:
                body = api.client.request("GET", "/2/usage/tweets").json()
                used, cap = body["data"]["project_usage"], body["data"].get("project_cap")
                read, of = int(used), f" of {int(cap):,}" if cap else ""
            except (tweepy.TweepyException, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
                raise api.unreadable(f"the answer is not what X's usage gives ({type(error).__name__})") from None
        return f"X accepts the token; {read:,}{of} posts of the plan's month were read. Asking this read no post."

    def rewound(self, cursor: Cursor | None, to: datetime) -> Cursor | None:
        """See `Rewinds`; search reaches back seven days from the last fetch."""
        kept = cursor or {}
        read_at = kept.get("read_at")
        if read_at and to < datetime.fromisoformat(read_at) - SEARCH_REACH:
            return None
        mark, states = id_at(to), kept.get("listings") or {}
        lower = {name: {"since": min(mark, states.get(name, {}).get("since", mark))} for name in self._listings()}
        return {**kept, "listings": {**states, **lower}}

    def deleted(self, native_ids: Sequence[str], now: datetime) -> tuple[str, ...]:
        """See `Rechecks`. `GET /2/tweets?ids=`: every post that is still there is read, and paid, once more; only
        what X itself calls not found or not to be seen any more counts as deleted."""
        asked = [number for number in native_ids if number.isascii() and number.isdecimal()][:PAGE]
        if not asked:
            return ()
        with self._api(now) as api:
            api.afford(len(asked), len(asked))
            answer = api.ask("get_tweets", asked, tweet_fields=["id"])
            errors, posts = answer.get("errors", []), answer.get("data", [])
            if not isinstance(errors, list) or not isinstance(posts, list) or not (errors or posts):
                raise api.unreadable("the answer to a question after posts names none of them")
        gone = {
            str(error.get("value") or error.get("resource_id"))
            for error in errors
            if isinstance(error, dict) and str(error.get("type", "")).endswith(_GONE)
        }
        return tuple(number for number in asked if number in gone)

    @contextmanager
    def _api(self, now: datetime) -> Iterator[_Api]:
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
            secrets=(token,), private_network=settings.private_network,
        )  # fmt: skip
        client = tweepy.Client(bearer_token=token, return_type=dict, wait_on_rate_limit=False)
        with transport.session(client.user_agent) as session:
            # tweepy's host is a constant; the transport is where another one can be asked.
            client.session = session
            yield _Api(settings, client, transport, now)
