"""Discourse forums: every public post, newest first, through the forum's own JSON (`/posts.json`).

Manual: `url` is the forum's address. Guests are enough for a public forum; a forum for members needs an API key, whose
environment variable `api_key_env` names. `/posts.json` lists posts of all topics by their id, so a reply in an old
topic is found like a new one. The list of topics (`/latest.json`) is not used: pinned topics stand first there of
whatever age, `last_posted_at` may be null, and a topic that was bumped says nothing about which of its posts is new.
`categories` keeps only posts of these categories; every post carries its own `category_id`.

Three generations of Discourse answer `/posts.json?before=N` differently (app/controllers/posts_controller.rb of
discourse/discourse): the newest 50 ids below N, the newest 50 up to N, or what is visible among the ids N-49 to N. An
answer that has N in it is of the two older kinds, and the next page is asked for below the window as well.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import urlsplit

import lxml.html
import requests
from lxml import etree
from pydantic import Field, field_validator

from collectors.plain import plain_text, storable
from collectors.protocol import (
    About,
    Batch,
    CollectorError,
    Cursor,
    Fetched,
    Refused,
    Rejected,
    Says,
    SourceSettings,
    Unreadable,
)
from collectors.transport import Transport
from collectors.walk import Listing, Page, walk_all
from mention import MentionError, clean_text, parse_mention, parse_time

WINDOW = 50
"""Ids that one page of an older Discourse looks through; also how many posts a page has at most."""

PAUSE = timedelta(seconds=60)
"""The wait after a 429 that names none: Discourse counts requests by the minute (and by ten seconds)."""

_ADVICE = {
    403: "The forum may be for members only: name an API key in api_key_env, and check it.",
    404: "Check the forum's address, and whether it is a Discourse forum.",
}


class DiscourseSettings(SourceSettings):
    """Which forum is read, and as whom."""

    url: str = Field(min_length=1, max_length=500, description="address of the forum, with its path if it has one")
    categories: tuple[int, ...] = Field(
        (), max_length=200, description="ids of the categories to keep, subcategories named too; all if empty"
    )
    overlap: float = Field(3600.0, ge=0, description="seconds before the last fetch that are read again, for edits")
    first_pages: int = Field(10, ge=1, le=200, description="pages of 50 posts that the very first fetch reads")
    api_key_env: str = Field("", description="environment variable with an API key; guests need none")
    api_username: str = Field("system", min_length=1, max_length=100, description="the user that the API key acts for")
    user_agent: str = Field("Nobet/0.1 (Discourse reader)", min_length=3, description="User-Agent the forum sees")
    timeout: float = Field(30.0, gt=0, description="seconds without a sign of life before a request is given up")

    @field_validator("url")
    @classmethod
    def _is_web_address(cls, value: str) -> str:
        if urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).netloc:
            raise ValueError("is not an http or https address")
        return value.rstrip("/")


class _Door(Transport):
    """A transport that also reads how long to wait from Discourse's own answer (`extras.wait_seconds`); older versions
    send no Retry-After (https://meta.discourse.org/t/81838)."""

    def _check(self, response: requests.Response, host: str) -> None:
        if response.status_code == 429 and "retry-after" not in response.headers:
            try:
                wait = json.loads(response.content)["extras"]["wait_seconds"]
                response.headers["retry-after"] = str(max(0.0, float(wait)))
            except (ValueError, KeyError, TypeError, RecursionError):
                pass
        super()._check(response, host)


class _Posts:
    """All posts of the forum; positions are seconds since 1970, markers are post ids."""

    empty_is_expired = False

    def __init__(self, settings: DiscourseSettings, session: requests.Session, transport: Transport, now: datetime):
        self.first_pages = settings.first_pages
        self._settings, self._session, self._transport, self._now = settings, session, transport, now

    def read(self, since: int | None, marker: str | None) -> Page:
        """The page below the post `marker`; `w` before it says that the forum looks through windows of ids."""
        before = None if marker is None else int(marker.removeprefix("w"))
        posts = self._get(before)
        numbers = [post["id"] for post in posts if isinstance(post, dict) and _is_number(post.get("id"))]
        windows = marker is not None and (marker.startswith("w") or before in numbers)
        lowest = min(numbers, default=None)
        if windows and before is not None:
            lowest = min(number for number in (lowest, before - WINDOW) if number is not None)
        # Ids begin at 1; an empty page below a post is the end, unless it is only an empty window.
        older = f"{'w' if windows else ''}{lowest}" if lowest is not None and lowest > (0 if windows else 1) else None
        return self._page(posts, since, older)

    def newest(self) -> datetime | None:
        """When the newest post that is shown to us was written; None where there is none."""
        times = [time for post in self._get(None) if (time := _created(post)) is not None]
        return max(times, default=None)

    def _get(self, before: int | None) -> list[Any]:
        address = f"{self._settings.url}/posts.json"
        try:
            # Not sent on to another host: requests would take the API key there.
            params = {} if before is None else {"before": str(before)}
            answer = self._session.get(address, params=params, allow_redirects=False)
            if answer.is_redirect:
                what = f"{address} leads to {answer.headers['location'][:150]}"
                raise Refused(self._transport.sentence(what, "Put the forum's present address into the configuration."))
            posts = answer.json()["latest_posts"]
        except CollectorError:
            raise
        except (requests.RequestException, ValueError, KeyError, TypeError, RecursionError) as error:
            what = f"{address} is not what Discourse gives ({type(error).__name__})"
            raise Unreadable(self._transport.sentence(what, _ADVICE[404])) from None
        if not isinstance(posts, list):
            raise Unreadable(self._transport.sentence(f"{address} has no list of posts", _ADVICE[404]))
        return posts

    def _page(self, posts: list[Any], since: int | None, older: str | None) -> Page:
        fetched: list[Fetched] = []
        rejected: list[Rejected] = []
        gone: list[str] = []
        positions: list[int] = []
        hidden = 0
        for post in posts:
            made = _created(post)
            # A clock that runs ahead must not lift the mark above what is still to come.
            if made is not None and 0 < made.timestamp() <= self._now.timestamp() + 60:
                positions.append(int(made.timestamp()))
            if not self._wanted(post):
                continue
            if isinstance(post, dict) and (post.get("deleted_at") or post.get("user_deleted")):
                gone.append(str(post.get("id")))
            elif isinstance(post, dict) and post.get("hidden"):
                hidden += 1  # its text is replaced by a notice until a moderator has decided
            elif isinstance(parsed := parse_post(post, self._settings.source, self._settings.url, self._now), Fetched):
                fetched.append(parsed)
            else:
                rejected.append(parsed)
        reached = False
        if since is not None and positions:
            # Ids are in the order of posting, but an import may bring old dates: a page's end counts, not one post.
            tail = positions[-5:]
            reached = sum(position <= since - self._settings.overlap for position in tail) * 2 > len(tail)
        notes = (
            f"{len(gone)} posts were deleted" if gone else "",
            f"{hidden} hidden posts passed over" if hidden else "",
        )
        return Page(
            tuple(fetched), tuple(rejected), max(positions, default=None), min(positions, default=None), older,
            reached=reached, note="; ".join(filter(None, notes)), gone=tuple(gone),
        )  # fmt: skip

    def _wanted(self, post: Any) -> bool:
        """Whether a post is a person's (1; not a moderator's note or a whisper) and of a category that is kept."""
        if not isinstance(post, dict):
            return True
        wanted = self._settings.categories
        return post.get("post_type", 1) == 1 and (not wanted or post.get("category_id") in wanted)


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 < value < 2**63


def _created(post: Any) -> datetime | None:
    try:
        return parse_time(post["created_at"])[0] if isinstance(post, dict) else None
    except (KeyError, MentionError):
        return None


def parse_post(post: Any, source: str, forum: str, now: datetime) -> Fetched | Rejected:
    """A post of `/posts.json` as a mention. `forum` is the forum's address.

    Its text is what a reader sees (`cooked`) without the quotes of others, since a quoted complaint is not the
    quoter's; the topic's title stands before its first post. `raw` (Markdown) only counts where the HTML has no words.
    """
    try:
        raw = storable(post)
    except ValueError as error:
        return Rejected(f"the post cannot be kept: {error}", clean_text(str(post)[:10_000]))
    if not isinstance(post, dict) or not _is_number(post.get("id")):
        return Rejected("a post without a numeric id", raw)
    number = str(post["id"])
    cooked, title, path = post.get("cooked"), post.get("topic_title"), post.get("post_url")
    # A post of nothing but a picture has no words in its HTML; its Markdown names the file.
    body = (_seen(cooked) if isinstance(cooked, str) else "") or str(post.get("raw") or "").strip()
    first = post.get("post_number") == 1 and isinstance(title, str) and title.strip()
    likes = [
        action.get("count")
        for action in post.get("actions_summary") or ()
        if isinstance(action, dict) and action.get("id") == 2  # 2 is a like, PostActionType.types of discourse
    ] if isinstance(post.get("actions_summary"), list) else []  # fmt: skip
    version = post.get("version") if _count(post.get("version")) > 1 else None
    extra: dict[str, Any] = {
        "channel": "discourse",
        "topic": title,
        "category_id": post.get("category_id"),
        "reply_to_post_number": post.get("reply_to_post_number"),
        "edited_at": post.get("updated_at") if version else None,
        "version": version,
    }
    try:
        mention, _ = parse_mention(
            {
                "source": source,
                "native_id": number,
                "text": f"{title.strip()}\n\n{body}".strip() if first and isinstance(title, str) else body,
                "author": post.get("username"),
                "author_name": post.get("name"),
                "url": f"{forum}{path}" if isinstance(path, str) and path.startswith("/") else None,
                "published_at": post.get("created_at"),
                "thread_id": post.get("topic_id"),
                "engagement": {
                    "likes": _count(likes[0] if likes else 0),
                    "shares": _count(post.get("quote_count")),
                    "replies": _count(post.get("reply_count")),
                    "views": _count(post.get("reads")),
                },
                "extra": storable({key: value for key, value in extra.items() if value is not None}),
            },
            now=now,
        )
    except MentionError as error:
        return Rejected(str(error), raw, number)
    return Fetched(mention, raw)


def _count(value: Any) -> int:
    return value if _is_number(value) else 0


_EMBEDDED = (
    ".//aside | .//img[contains(concat(' ', @class, ' '), ' emoji ')]"
    " | .//div[contains(@class, 'onebox') or contains(@class, 'lazy-video-container')]"
)


def _seen(cooked: str) -> str:
    """A post's HTML as text: without quotes of other posts, linked pages by their address, emoji by their names."""
    if not any(f"<{tag}" in cooked for tag in ("aside", "img", "div")):
        return plain_text(cooked)
    try:
        root = lxml.html.fromstring(f"<div>{clean_text(cooked)}</div>")
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return plain_text(cooked)
    for node in root.xpath(_EMBEDDED):
        kept = node.get("alt") or ""
        if node.tag != "img":
            # The author wrote the address of what is previewed here; of a quote, nothing.
            written = "" if "quote" in (node.get("class") or "").split() else node.get("data-onebox-src")
            kept = f" {next(iter(node.xpath('.//a/@href')), '') if written is None else written} "
        node.tail = f"{kept}{node.tail or ''}"
        node.drop_tree()
    return plain_text(lxml.html.tostring(root, encoding="unicode"))


class DiscourseCollector:
    """Reads the posts of one forum down to the last fetch."""

    kind: ClassVar[str] = "discourse"
    Settings: ClassVar[type[SourceSettings]] = DiscourseSettings
    about: ClassVar[About] = About(
        title="Discourse",
        reads=Says("the posts of one Discourse forum", "bir Discourse forumunun gönderileri"),
        needs=Says(
            "the forum's address; an API key where guests may not read",
            "forumun adresi; misafirlerin okuyamadığı yerde bir API anahtarı",
        ),
        costs=Says("nothing; one small request a fetch", "ücretsiz; her okumada tek küçük istek"),
        proves=Says(
            "that no post was missed which the forum shows us: it lists all of them in order",
            "forumun bize gösterdiği hiçbir gönderinin kaçmadığını: forum hepsini sırayla listeler",
        ),
        tested="recorded",
        asks=("url", "categories"),
        settles=120.0,  # the forum keeps /posts.json for a minute (discourse_expires_in)
    )

    def __init__(self, settings: DiscourseSettings) -> None:
        self.settings = settings

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        """Every page after `cursor`; see the protocol."""
        with self._posts(now) as posts:
            listings: dict[str, Listing] = {self._name: posts}
            yield from walk_all(self.settings.source, listings, cursor)

    def verify(self, now: datetime) -> str:
        """Read one page of posts: there is nothing cheaper that shows whether we may."""
        with self._posts(now) as posts:
            newest = posts.newest()
        shown = f"its newest post is of {newest:%Y-%m-%d %H:%M} UTC" if newest else "it shows no post"
        who = f"the key of {self.settings.api_username}" if self.settings.api_key_env else "guests"
        return f"The forum {urlsplit(self.settings.url).netloc} answers {who}; {shown}."

    def rewound(self, cursor: Cursor | None, to: datetime) -> Cursor | None:
        """See `Rewinds`; the forum lists every post that it ever had."""
        mark = int(to.timestamp())
        state = ((cursor or {}).get("listings") or {}).get(self._name) or {}
        return {"listings": {self._name: {"since": min(mark, state.get("since", mark))}}}

    @property
    def _name(self) -> str:
        return f"posts of {self.settings.url}"

    @contextmanager
    def _posts(self, now: datetime) -> Iterator[_Posts]:
        settings, headers = self.settings, {"Accept": "application/json"}
        if settings.api_key_env:
            key = os.environ.get(settings.api_key_env, "").strip()
            if not key:
                raise Refused(
                    f'Source "{settings.source}": the environment variable {settings.api_key_env} is empty. Put the '
                    "forum's API key there, or leave api_key_env out to read as a guest; nothing was read."
                )
            headers |= {"Api-Key": key, "Api-Username": settings.api_username}
        now = now.astimezone(UTC)
        transport = _Door(
            settings.source, now, timeout=settings.timeout, advice=_ADVICE, pause=PAUSE,
            secrets=(headers.get("Api-Key", ""),), private_network=settings.private_network,
        )  # fmt: skip
        with transport.session(settings.user_agent) as session:
            session.headers.update(headers)
            yield _Posts(settings, session, transport, now)
