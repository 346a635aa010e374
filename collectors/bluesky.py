"""Bluesky: search for posts, and mentions of, replies to and quotes of an account, signed in with an app password.

Manual: `handle` is the account that reads (name.bsky.social, or its DID), its app password (Settings > Privacy and
security > App passwords) lies in an environment variable; never the account's own password. `native_query` is searched
in all of Bluesky, `mentions` are the account's notifications. Without signing in the search is refused
(bluesky-social/atproto #2838, #3583). API facts: the lexicons of bluesky-social/atproto (app.bsky.feed.searchPosts,
app.bsky.notification.listNotifications, app.bsky.feed.getPosts, com.atproto.server.createSession).

Posts cannot be edited on Bluesky. A post's time is the earlier of what its author's program says and when Bluesky first
saw it, as Bluesky sorts (`sortAt`); a post imported with an old date is filed deep down, and no later search meets it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar
from urllib.parse import urlsplit

import requests
from pydantic import Field, field_validator, model_validator

from collectors.bluesky_session import BlueskyTransport, Session, server_of
from collectors.json_api import at as time_at
from collectors.json_api import secret
from collectors.plain import storable
from collectors.protocol import About, Batch, Cursor, Fetched, Rejected, Says, SourceSettings
from collectors.timeline import (
    MAX_SEARCHES,
    ApiTransport,
    Item,
    Timeline,
    ask,
    count,
    mapping,
    rewound,
    searches,
    texts,
    unreadable,
)
from collectors.transport import RefusedStatus
from collectors.walk import ExpiredMarker, walk_all
from mention import MentionError, clean_text, parse_mention

SERVICE = "https://bsky.social"
PAGE = 100
"""Posts of one request, the most that both lexicons allow."""

POSTS = 25
"""Posts asked for by uri in one request (app.bsky.feed.getPosts)."""

REASONS = ("mention", "reply", "quote")
"""Notifications that are somebody's words; likes, reposts and follows are not."""

WINDOW = timedelta(minutes=5)
"""Bluesky counts 3,000 requests in five minutes per address: the wait after a 429 that names none."""

_ADVICE = {
    400: "Check the handle and the query in the configuration.",
    401: "Check the handle, and the app password that the environment holds for this source.",
    403: "Check that the account may still sign in, and that the service allows search.",
}


class BlueskySettings(SourceSettings):
    """What of Bluesky is read, and as whom."""

    handle: str = Field(min_length=3, max_length=253, description="the reading account: name.bsky.social, or its DID")
    native_query: tuple[Annotated[str, Field(max_length=500)], ...] = Field(
        (),
        max_length=MAX_SEARCHES,
        description="search for this, in Bluesky's own words, one or a list: it has no OR",
    )
    mentions: bool = Field(True, description="read the posts that mention, answer or quote the account")
    overlap: float = Field(3600.0, ge=0, description="seconds before the last fetch that are read again")
    first_pages: int = Field(10, ge=1, le=100, description="pages of 100 per listing that the very first fetch reads")
    app_password_env: str = Field(
        "NOBET_BLUESKY_APP_PASSWORD", description="environment variable with the app password"
    )
    user_agent: str = Field("Nobet/0.1", min_length=3, description="User-Agent the server sees")
    timeout: float = Field(30.0, gt=0, description="seconds without a sign of life before a request is given up")
    url: str = Field(SERVICE, max_length=300, description="where the account signs in; another one for an own server")

    @field_validator("handle")
    @classmethod
    def _is_a_handle(cls, value: str) -> str:
        handle = value.strip().removeprefix("@")
        if not handle.startswith("did:") and ("." not in handle or "@" in handle or "/" in handle):
            raise ValueError("is not a handle such as name.bsky.social")
        return handle

    @field_validator("url")
    @classmethod
    def _is_a_server(cls, value: str) -> str:
        return server_of(value)

    @field_validator("native_query", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return searches(value)

    @model_validator(mode="after")
    def _reads_something(self) -> BlueskySettings:
        if not self.native_query and not self.mentions:
            raise ValueError("give a query, a native_query in Bluesky's own words, or mentions: true")
        return self


class BlueskyCollector:
    """Reads a search and an account's notifications, each down to the last fetch."""

    kind: ClassVar[str] = "bluesky"
    Settings: ClassVar[type[SourceSettings]] = BlueskySettings
    about: ClassVar[About] = About(
        title="Bluesky",
        reads=Says(
            "a search over all of Bluesky, and what mentions, answers or quotes an account",
            "Bluesky'ın tamamında arama; bir hesaptan söz eden, onu yanıtlayan veya alıntılayan gönderiler",
        ),
        needs=Says("an account and an app password for it", "bir hesap ve o hesabın uygulama parolası"),
        costs=Says("nothing; 3,000 requests in five minutes", "ücretsiz; beş dakikada 3.000 istek"),
        proves=Says(
            "that nothing which Bluesky lists was missed; posts imported with an old date are not found",
            "Bluesky'ın listelediği hiçbir şeyin kaçmadığını; eski tarihle aktarılmış gönderiler bulunmaz",
        ),
        tested="real_server",
        asks=("handle", "native_query", "mentions"),
        removes_deleted=True,
        settles=300.0,
    )

    def __init__(self, settings: BlueskySettings) -> None:
        self.settings = settings

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        """Every page of both listings after `cursor`; see the protocol."""
        now = now.astimezone(UTC)
        transport = self._transport(now)
        with transport.session(self.settings.user_agent) as session:
            signed_in = transport.signed_in(session)
            listings = {name: self._listing(name, session, transport, signed_in, now) for name in self._names()}
            yield from walk_all(self.settings.source, listings, cursor)

    def verify(self, now: datetime) -> str:
        """As whom the service knows the account; see Verifies."""
        transport = self._transport(now.astimezone(UTC))
        with transport.session(self.settings.user_agent) as session:
            signed_in = transport.signed_in(session)
            found = self._get(session, transport, signed_in, "com.atproto.server.getSession", {})[0]
            return f"{urlsplit(self.settings.url).netloc} knows the account as @{str(found.get('handle'))[:253]}."

    def rewound(self, cursor: Cursor | None, to: datetime) -> Cursor:
        """A cursor from which everything since `to` is read again; see Rewinds."""
        return rewound(cursor, to, self._names())

    def deleted(self, native_ids: Sequence[str], now: datetime) -> tuple[str, ...]:
        """Those of the posts that Bluesky no longer shows; see Rechecks."""
        transport = self._transport(now.astimezone(UTC))
        shown: set[str] = set()
        with transport.session(self.settings.user_agent) as session:
            signed_in = transport.signed_in(session)
            for at in range(0, len(native_ids), POSTS):
                asked = {"uris": list(native_ids[at : at + POSTS])}
                found, answer = self._get(session, transport, signed_in, "app.bsky.feed.getPosts", asked)
                if not isinstance(found.get("posts"), list):
                    raise unreadable(transport, answer, "the answer to app.bsky.feed.getPosts has no posts")
                shown |= {str(mapping(post).get("uri")) for post in found["posts"]}
        return tuple(one for one in native_ids if one not in shown)

    def _names(self) -> list[str]:
        return [*self._searches(), *(["mentions"] if self.settings.mentions else [])]

    def _searches(self) -> dict[str, str]:
        """Each search by the name of its listing."""
        return {f"search {query}": query for query in self.settings.native_query}

    def _transport(self, now: datetime) -> BlueskyTransport:
        settings = self.settings
        where = "an app password of the account (Bluesky: Settings > Privacy and security > App passwords)"
        password = secret(settings, settings.app_password_env, where)
        return BlueskyTransport(
            settings.source, now, url=settings.url, handle=settings.handle, password=password, timeout=settings.timeout,
            advice=_ADVICE, pause=WINDOW, private_network=settings.private_network,
        )  # fmt: skip

    def _get(
        self,
        session: requests.Session,
        transport: ApiTransport,
        signed_in: Session,
        method: str,
        params: dict[str, Any],
    ) -> tuple[dict[str, Any], requests.Response]:
        bearer = {"Authorization": f"Bearer {signed_in.access}"}
        return ask(session, transport, f"{signed_in.server}/xrpc/{method}", params, headers=bearer)

    def _listing(
        self, name: str, session: requests.Session, transport: ApiTransport, signed_in: Session, now: datetime
    ) -> Timeline:
        def load(method: str, field: str, params: dict[str, Any]) -> Callable[..., tuple[list[Item], str | None, str]]:
            def page(marker: str | None) -> tuple[list[Item], str | None, str]:
                asked = {**params, "limit": PAGE, **({"cursor": marker} if marker else {})}
                try:
                    found, answer = self._get(session, transport, signed_in, method, asked)
                except RefusedStatus as refused:
                    if marker and refused.status == 400:  # the cursor is old, or lies beyond the 10,000 that are listed
                        raise ExpiredMarker(str(refused)) from None
                    raise
                posts, below = found.get(field), found.get("cursor")
                if not isinstance(posts, list):
                    raise unreadable(transport, answer, f"the answer to {method} has no {field}")
                if field == "posts" and not posts:  # the search gives a cursor even below its last post
                    below = None
                return list(self._items(posts, now)), str(below) if below else None, ""

            return page

        query = self._searches().get(name)
        if query is None:
            # priority=false: the account's own setting would leave out everybody whom it does not follow.
            params = {"reasons": list(REASONS), "priority": "false"}
            loader = load("app.bsky.notification.listNotifications", "notifications", params)
        else:
            params = {"q": query, "sort": "latest"}
            loader = load("app.bsky.feed.searchPosts", "posts", params)
        return Timeline(loader, now, self.settings.first_pages, self.settings.overlap)

    def _items(self, posts: Iterable[Any], now: datetime) -> Iterator[Item]:
        for post in posts:
            known = mapping(post)
            listed = posted_at(known)
            if known.get("reason") not in (None, *REASONS):  # a server that does not know the parameter gives them all
                yield None, listed
            else:
                yield parse_post(post, self.settings.source, now), listed


def posted_at(post: dict[str, Any]) -> datetime | None:
    """The earlier of what the author's program says and when Bluesky saw the post: nothing can be written later.

    A time from before 2000 is a program's mistake (its clock at zero), not an import.
    """
    times = [time_at(mapping(post.get("record")).get("createdAt")), time_at(post.get("indexedAt"))]
    return min((when for when in times if when is not None and when.year >= 2000), default=None)


def parse_post(post: Any, source: str, now: datetime) -> Fetched | Rejected:
    """A post of a search (app.bsky.feed.defs#postView) or of a notification, which has its fields too, as a mention."""
    try:
        post = storable(post)
    except ValueError as error:
        return Rejected(f"the post cannot be kept: {error}", clean_text(str(post)[:10_000]))
    uri = post.get("uri") if isinstance(post, dict) else None
    if not isinstance(uri, str) or not uri.startswith("at://"):
        return Rejected("a post without an at:// address", post)
    record, author = mapping(post.get("record")), mapping(post.get("author"))
    embed, reply = mapping(record.get("embed")), mapping(record.get("reply"))
    handle, did = author.get("handle"), author.get("did")
    if handle == "handle.invalid":  # what Bluesky shows where a name no longer leads to its account
        handle = None
    images = mapping(embed.get("media")).get("images") or embed.get("images")
    pictures = [mapping(image).get("alt") for image in images] if isinstance(images, list) else []
    quoted = mapping(embed.get("record"))
    langs = record.get("langs")
    indexed, published = time_at(post.get("indexedAt")), posted_at(post)
    old = indexed is not None and published is not None and indexed - published > timedelta(days=1)
    extra = {
        "channel": "bluesky",
        "author_id": did,
        "reason": post.get("reason"),
        "quote_of": mapping(quoted.get("record")).get("uri") or quoted.get("uri"),
        "link": mapping(embed.get("external")).get("uri"),
        "indexed_at": post.get("indexedAt") if old else None,
    }
    place = f"{handle or did}/post/{uri.rsplit('/', 1)[-1]}"
    try:
        mention, _ = parse_mention(
            {
                "source": source,
                "native_id": uri,
                # A picture's description is what a post without words says.
                "text": texts(record.get("text")) or texts(*pictures),
                "author": handle or did,
                "author_name": author.get("displayName") or None,
                "url": f"https://bsky.app/profile/{place}" if handle or did else None,
                "published_at": published,
                "lang": langs[0] if isinstance(langs, list) and langs else None,
                "thread_id": mapping(reply.get("root")).get("uri") or uri,
                "in_reply_to": mapping(reply.get("parent")).get("uri"),
                "engagement": {
                    "likes": count(post, "likeCount"),
                    "shares": count(post, "repostCount") + count(post, "quoteCount"),
                    "replies": count(post, "replyCount"),
                },
                "extra": {key: value for key, value in extra.items() if value is not None},
            },
            now=now,
        )
    except MentionError as error:
        return Rejected(str(error), post, uri)
    return Fetched(mention, post)
