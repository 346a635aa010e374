"""YouTube: comments and replies under a channel's videos, or under single videos, through the Data API v3.

Manual: `channel_id` (UC...) reads the comments of all videos of a channel, `video_ids` those of single videos, such as
a reviewer's. The API key (Google Cloud console > Credentials, with the YouTube Data API v3 enabled) lies in an
environment variable and is sent in a header, so that it stands in no address and no log. YouTube does not search all
comments for a word; `native_query` narrows the threads of the channel or the video (searchTerms).

Every request costs one unit of the day's quota (10,000 by default), refused ones too; it is counted here in
`units_per_day` and begins anew at midnight Pacific time (https://developers.google.com/youtube/v3/determine_quota_cost).
API facts: https://developers.google.com/youtube/v3/docs/commentThreads and .../comments.

A reply does not lift its thread in the listing, so threads younger than `overlap` are looked at again in every fetch,
and their replies are read when their number changed. A reply to an older thread is not seen.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import requests
from pydantic import Field, field_validator, model_validator

from collectors.json_api import at as time_at
from collectors.json_api import secret
from collectors.plain import plain_text, storable
from collectors.protocol import (
    About,
    Batch,
    BudgetSpent,
    Cursor,
    Fetched,
    RateLimited,
    Refused,
    Rejected,
    Says,
    SourceSettings,
)
from collectors.timeline import ApiTransport, Item, Timeline, ask, count, mapping, rewound, unreadable
from collectors.transport import RefusedStatus
from collectors.walk import ExpiredMarker, Page, walk_all
from mention import MentionError, clean_text, parse_mention

SITE = "https://www.googleapis.com"
PAGE = 100
"""Threads or replies of one request, the most that the API allows."""

IDS = 50
"""Comments asked for by id in one request."""

MAX_THREADS = 1000
"""Threads whose number of replies is remembered, about 40 KB of cursor; the replies of others are read each time."""

PAUSE = timedelta(minutes=1)
"""The wait where the API says 'too fast' and not until when; its limits count by the minute."""

PACIFIC = ZoneInfo("America/Los_Angeles")

_SPENT = ("quotaExceeded", "dailyLimitExceeded")
_TOO_FAST = ("rateLimitExceeded", "userRateLimitExceeded")
_ADVICE = {
    400: "Check the API key that the environment holds for this source, and the ids in the configuration.",
    401: "Check the API key that the environment holds for this source.",
    403: "Check that the YouTube Data API v3 is enabled for the key, and that the key may be used from here.",
    404: "Check the channel_id and the video_ids in the configuration.",
}


class YouTubeSettings(SourceSettings):
    """Whose comments are read, and up to how many units a day."""

    channel_id: str = Field(
        "", pattern=r"^(UC[\w-]{22})?$", description="channel whose videos' comments are read, UC..."
    )
    video_ids: tuple[str, ...] = Field((), max_length=200, description="single videos whose comments are read")
    native_query: str = Field("", max_length=200, description="read only threads with these words (searchTerms)")
    overlap: float = Field(
        172_800.0, ge=0, description="seconds before the last fetch whose threads are looked at again for replies"
    )
    first_pages: int = Field(10, ge=1, le=200, description="pages of 100 threads per listing read by the first fetch")
    units_per_day: int = Field(10_000, ge=1, description="quota units per Pacific day after which reading stops")
    api_key_env: str = Field("NOBET_YOUTUBE_API_KEY", description="environment variable with the API key")
    user_agent: str = Field("Nobet/0.1", min_length=3, description="User-Agent the server sees")
    timeout: float = Field(30.0, gt=0, description="seconds without a sign of life before a request is given up")
    base_url: str | None = Field(None, description="another server instead of www.googleapis.com, for tests")

    @field_validator("video_ids")
    @classmethod
    def _are_ids(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for video in value:
            if not re.fullmatch(r"[\w-]{11}", video, re.ASCII):
                raise ValueError(f"{video!r} is not a video's id: the 11 characters after v=")
        return value

    @model_validator(mode="after")
    def _reads_something(self) -> YouTubeSettings:
        if not self.channel_id and not self.video_ids:
            raise ValueError("give a channel_id, video_ids, or both")
        return self


class Quota:
    """Units spent in the Pacific day, kept in the cursor so that they outlive the process."""

    def __init__(self, cursor: Cursor | None, now: datetime, limit: int) -> None:
        self.day = f"{now.astimezone(PACIFIC):%Y-%m-%d}"
        self.limit = limit
        kept = (cursor or {}).get("quota") or {}
        self.units: int = kept.get("units", 0) if kept.get("day") == self.day else 0

    def spend(self, transport: ApiTransport) -> None:
        """Count one request about to be made. Raises BudgetSpent when none is left."""
        if self.units >= self.limit:
            until = pacific_midnight(transport.at())
            what = f"the budget of {self.limit:,} quota units a day (units_per_day) is used up"
            advice = f"Reading goes on at {until:%Y-%m-%d %H:%M} UTC, when YouTube's day begins."
            raise BudgetSpent(transport.sentence(what, advice), until)
        self.units += 1


def pacific_midnight(at: datetime) -> datetime:
    """When the next day of YouTube's quota begins, aware UTC."""
    day = at.astimezone(PACIFIC).date() + timedelta(days=1)
    return datetime(day.year, day.month, day.day, tzinfo=PACIFIC).astimezone(UTC)


class _CommentsDisabled(RefusedStatus):
    """The video's owner has switched its comments off: nothing is there to be missed."""


class _YouTubeTransport(ApiTransport):
    """Reads the reasons that the API gives: a spent quota and switched-off comments are both a 403."""

    def _check(self, response: requests.Response, host: str) -> None:
        if response.status_code < 400:
            return
        reasons, message = said(response.content)
        if not reasons or response.status_code >= 500:
            return super()._check(response, host)
        what = f"YouTube answered {response.status_code}" + (f' ("{message}")' if message else "")
        if any(reason in _SPENT for reason in reasons):
            until = pacific_midnight(self.at())
            advice = f"Reading goes on at {until:%Y-%m-%d %H:%M} UTC, when YouTube's day begins."
            raise BudgetSpent(self.sentence("YouTube says that the day's quota of the key is used up", advice), until)
        if any(reason in _TOO_FAST for reason in reasons):
            raise RateLimited(self.sentence(f"{what}: too many requests"), self.at() + PAUSE)
        if response.status_code == 429:
            return super()._check(response, host)
        if "commentsDisabled" in reasons:
            raise _CommentsDisabled(self.sentence(what), 403)
        status = 410 if "invalidPageToken" in reasons else response.status_code
        raise RefusedStatus(self.sentence(what, _ADVICE.get(response.status_code, _ADVICE[403])), status)


def said(body: bytes) -> tuple[tuple[str, ...], str]:
    """The reasons of an error answer and its message as plain text, at most 200 characters.

    The form is `{"error": {"message": ..., "errors": [{"reason": ..., "domain": ...}], "details": [{"reason": ...}]}}`.
    """
    try:
        error = mapping(mapping(json.loads(body)).get("error"))
    except (ValueError, RecursionError):
        return (), ""
    found: list[str] = []
    for name in ("errors", "details"):
        parts = error.get(name)
        found += [str(mapping(part).get("reason")) for part in parts if part] if isinstance(parts, list) else []
    return tuple(found), " ".join(plain_text(str(error.get("message") or "")).split())[:200]


class _Threads(Timeline):
    """Threads of a channel or a video; one whose comments are switched off is read to its end, and says so."""

    def read(self, since: int | None, marker: str | None) -> Page:
        """The page at `marker`; see collectors.walk.Listing."""
        try:
            return super().read(since, marker)
        except _CommentsDisabled:
            return Page((), reached=True, note="its comments are switched off")


class YouTubeCollector:
    """Reads the threads of a channel and of single videos, each down to the last fetch, with their replies."""

    kind: ClassVar[str] = "youtube"
    Settings: ClassVar[type[SourceSettings]] = YouTubeSettings
    about: ClassVar[About] = About(
        title="YouTube",
        reads=Says(
            "comments and replies under a channel's videos, or under single videos",
            "bir kanalın veya tek tek videoların altındaki yorumlar ve yanıtlar",
        ),
        needs=Says(
            "an API key of a Google Cloud project with the YouTube Data API v3",
            "YouTube Data API v3'ün etkin olduğu bir Google Cloud projesinin API anahtarı",
        ),
        costs=Says(
            "no money; one unit of the day's quota (10,000) per request",
            "para istemez; her istek günlük 10.000 birimlik kotadan bir birim harcar",
        ),
        proves=Says(
            "that no thread was missed, nor a reply to a thread younger than the overlap",
            "hiçbir yorumun ve örtüşme süresi içindeki yorumlara gelen hiçbir yanıtın kaçmadığını",
        ),
        tested="documents",
        asks=("channel_id", "video_ids"),
        removes_deleted=True,
        settles=300.0,
    )

    def __init__(self, settings: YouTubeSettings) -> None:
        self.settings = settings

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        """Every page of every listing after `cursor`; see the protocol."""
        now = now.astimezone(UTC)
        quota = Quota(cursor, now, self.settings.units_per_day)
        with _Reader(self.settings, self._transport(now), quota, cursor, now) as reader:
            listings = {name: self._listing(reader, asked, now) for name, asked in self._asked().items()}
            yield from walk_all(self.settings.source, listings, cursor, reader.cursor)

    def verify(self, now: datetime) -> str:
        """Which channel or videos the key can see; costs one unit. See Verifies."""
        settings = self.settings
        now = now.astimezone(UTC)
        with _Reader(settings, self._transport(now), Quota(None, now, 10), None, now) as reader:
            path, ids = ("channels", [settings.channel_id]) if settings.channel_id else ("videos", settings.video_ids)
            items, _, _ = reader.get(path, {"part": "snippet", "id": ",".join(ids[:IDS])})
            names = [str(mapping(mapping(item).get("snippet")).get("title"))[:80] for item in items]
            if not names:
                raise Refused(reader.transport.sentence(f"YouTube knows none of these {path}", _ADVICE[404]))
            return f"YouTube takes the key and knows {', '.join(names[:3])}."

    def rewound(self, cursor: Cursor | None, to: datetime) -> Cursor:
        """A cursor from which every thread since `to` is read again; see Rewinds."""
        return {**rewound(cursor, to, self._asked()), "replies": {}}

    def deleted(self, native_ids: Sequence[str], now: datetime) -> tuple[str, ...]:
        """Those of the comments that YouTube no longer shows; see Rechecks."""
        now = now.astimezone(UTC)
        shown: set[str] = set()
        quota = Quota(None, now, self.settings.units_per_day)
        with _Reader(self.settings, self._transport(now), quota, None, now) as reader:
            for at in range(0, len(native_ids), IDS):
                items, _, _ = reader.get("comments", {"part": "id", "id": ",".join(native_ids[at : at + IDS])})
                shown |= {str(mapping(item).get("id")) for item in items}
        return tuple(one for one in native_ids if one not in shown)

    def _asked(self) -> dict[str, dict[str, str]]:
        """What is asked for each listing, by the listing's name."""
        words = {"searchTerms": self.settings.native_query.strip()} if self.settings.native_query.strip() else {}
        channel = self.settings.channel_id
        asked = {f"channel {channel}": {"allThreadsRelatedToChannelId": channel, **words}} if channel else {}
        return asked | {f"video {video}": {"videoId": video, **words} for video in self.settings.video_ids}

    def _listing(self, reader: _Reader, asked: Mapping[str, str], now: datetime) -> Timeline:
        load = partial(reader.threads, asked)
        return _Threads(load, now, self.settings.first_pages, self.settings.overlap)

    def _transport(self, now: datetime) -> _YouTubeTransport:
        settings = self.settings
        where = "an API key with the YouTube Data API v3 (Google Cloud console > Credentials)"
        key = secret(settings, settings.api_key_env, where)
        return _YouTubeTransport(
            settings.source, now, timeout=settings.timeout, base_url=settings.base_url, advice=_ADVICE, pause=PAUSE,
            secrets=(key,), private_network=settings.private_network,
        )  # fmt: skip


class _Reader:
    """Asks the API within one fetch; knows the quota and how many replies each thread had."""

    def __init__(
        self,
        settings: YouTubeSettings,
        transport: _YouTubeTransport,
        quota: Quota,
        cursor: Cursor | None,
        now: datetime,
    ) -> None:
        self.transport = transport
        self._settings, self._quota, self._now = settings, quota, now
        self._replies: dict[str, int] = dict((cursor or {}).get("replies") or {})
        self._session = transport.session(settings.user_agent)
        self._session.headers["X-Goog-Api-Key"] = transport.secrets[0]

    def __enter__(self) -> _Reader:
        return self

    def __exit__(self, *_: object) -> None:
        self._session.close()

    def cursor(self) -> Cursor:
        """What is added to each batch's cursor."""
        quota = {"day": self._quota.day, "units": self._quota.units}
        return {"quota": quota, "replies": dict(list(self._replies.items())[-MAX_THREADS:])}

    def get(self, path: str, params: Mapping[str, str]) -> tuple[list[Any], str | None, requests.Response]:
        """The items of one answer, the token of the next page, and the answer; costs one unit."""
        self._quota.spend(self.transport)
        found, answer = ask(self._session, self.transport, f"{SITE}/youtube/v3/{path}", params)
        items, token = found.get("items"), found.get("nextPageToken")
        if items is None and str(found.get("kind")).startswith("youtube#"):
            items = []  # what channels.list answers for a channel that it does not know
        if not isinstance(items, list):
            raise unreadable(self.transport, answer, f"YouTube's answer to {path} has no items")
        return items, str(token) if token else None, answer

    def threads(self, asked: Mapping[str, str], marker: str | None) -> tuple[list[Item], str | None, str]:
        """A page of threads with the replies that are new in them."""
        params = {
            **asked,
            "part": "snippet,replies",
            "order": "time",
            "maxResults": str(PAGE),
            "textFormat": "plainText",
        }
        if marker:
            params["pageToken"] = marker
        try:
            threads, below, _ = self.get("commentThreads", params)
        except RefusedStatus as refused:
            if marker and refused.status == 410:
                raise ExpiredMarker(str(refused)) from None
            raise
        items: list[Item] = []
        counted: dict[str, int] = {}
        own = 0
        for thread in threads:
            snippet = mapping(mapping(thread).get("snippet"))
            top = snippet.get("topLevelComment")
            when = time_at(mapping(mapping(top).get("snippet")).get("publishedAt"))
            number = mapping(thread).get("id")
            replies = mapping(mapping(thread).get("replies")).get("comments")
            replies = replies if isinstance(replies, list) else []
            total = count(snippet, "totalReplyCount")
            if isinstance(number, str) and total > len(replies):
                if total != self._replies.get(number):
                    replies = self._all_replies(number)
                counted[number] = total
            for comment in [top, *replies]:
                is_own = bool(self._settings.channel_id) and author_id(comment) == self._settings.channel_id
                own += is_own
                # A reply's own time says nothing of where its thread stands in the listing.
                place = when if comment is top else None
                parsed = None if is_own else parse_comment(comment, snippet, self._settings.source, self._now)
                items.append((parsed, place))
        # Only now: what is counted goes into the cursor of the batch that holds these replies.
        for number, total in counted.items():
            self._replies.pop(number, None)
            self._replies[number] = total
        return items, below, f"{own} comments of the channel's own passed over" if own else ""

    def _all_replies(self, thread: str) -> list[Any]:
        """Every reply of a thread: a listing of threads holds a few of them only."""
        replies: list[Any] = []
        params = {"part": "snippet", "parentId": thread, "maxResults": str(PAGE), "textFormat": "plainText"}
        used: set[str] = set()
        while True:
            try:
                items, token, _ = self.get("comments", params)
            except RefusedStatus as refused:
                if refused.status == 404:  # deleted since the page above was read
                    return replies
                raise
            replies += items
            if not token or token in used:
                return replies
            used.add(token)
            params["pageToken"] = token


def author_id(comment: Any) -> str | None:
    """The channel of a comment's author."""
    value = mapping(mapping(mapping(comment).get("snippet")).get("authorChannelId")).get("value")
    return value if isinstance(value, str) else None


def parse_comment(comment: Any, thread: Mapping[str, Any], source: str, now: datetime) -> Fetched | Rejected:
    """A comment (https://developers.google.com/youtube/v3/docs/comments) of a thread's snippet as a mention."""
    try:
        comment = storable(comment)
    except ValueError as error:
        return Rejected(f"the comment cannot be kept: {error}", clean_text(str(comment)[:10_000]))
    number = comment.get("id") if isinstance(comment, dict) else None
    if not isinstance(number, str) or not number:
        return Rejected("a comment without an id", comment)
    snippet = mapping(comment.get("snippet"))
    video = snippet.get("videoId") or thread.get("videoId")
    published, changed = snippet.get("publishedAt"), snippet.get("updatedAt")
    parent = snippet.get("parentId")
    top = mapping(thread.get("topLevelComment"))
    extra = {
        "channel": "youtube",
        "author_id": author_id(comment),
        "video_id": video,
        "edited_at": changed if changed != published else None,
    }
    try:
        mention, _ = parse_mention(
            {
                "source": source,
                "native_id": number,
                # textOriginal is given to the comment's author only; textDisplay is plain by textFormat=plainText.
                "text": snippet.get("textOriginal") or snippet.get("textDisplay") or "",
                "author": snippet.get("authorDisplayName") or None,
                "url": f"https://www.youtube.com/watch?v={video}&lc={number}" if video else None,
                "published_at": published,
                "thread_id": parent or number,
                "in_reply_to": parent,
                "engagement": {
                    "likes": count(snippet, "likeCount"),
                    "replies": count(thread, "totalReplyCount") if top.get("id") == number else 0,
                },
                "extra": {key: value for key, value in extra.items() if value is not None},
            },
            now=now,
        )
    except MentionError as error:
        return Rejected(str(error), comment, number)
    return Fetched(mention, comment)
