"""Mastodon, and servers that speak its API (Pleroma, Akkoma, GoToSocial): hashtags, search, mentions of an account.

Manual: `url` is the server. `hashtags` are read without an account where the server lets everybody look; `native_query`
(the server's full-text search) and `mentions` need an access token with the scopes read:statuses, read:search,
read:notifications (Preferences > Development > New application). API facts: https://docs.joinmastodon.org/methods/
(timelines, search, notifications, statuses), and the code of mastodon/mastodon where it is named.

Every listing is newest first and paged by the Link header's max_id (search: by offset), read down to the last fetch and
`overlap` below it. min_id alone would miss posts: a post of another server gets an id by the time at which it was
written (lib/mastodon/snowflake.rb, `id_at(record.created_at)`), so one that arrives late is filed below those already
read. Ids belong to one server: the cursor names it, and another `url` under the same name starts anew.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, ClassVar
from urllib.parse import parse_qs, quote, urlsplit

import requests
from pydantic import Field, field_validator, model_validator

from collectors.json_api import at as time_at
from collectors.json_api import secret
from collectors.plain import plain_text, storable
from collectors.protocol import About, Batch, Cursor, Fetched, Reach, Rejected, Says, SourceSettings
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
from collectors.walk import walk_all
from mention import MentionError, clean_text, parse_mention

PAGE = 40
"""Posts of one request; Mastodon gives no more of a timeline or a search (80 of notifications)."""

IDS = 20
"""Posts asked for by id in one request (DEFAULT_STATUSES_LIMIT in mastodon/mastodon, app/controllers/api)."""

WINDOW = timedelta(minutes=5)
"""Mastodon counts 300 requests in five minutes per account: the wait after a 429 that names none."""

_ADVICE = {
    401: "Check the access token that the environment holds for this source, and that it may read posts.",
    403: "The access token may lack a scope: it needs read:statuses, read:search and read:notifications.",
    404: "Check the server's address, and that it speaks Mastodon's API.",
    422: "The server asks for a token of an account: put one into the environment.",
}


class MastodonSettings(SourceSettings):
    """Which server is read, as whom, and what of it."""

    url: str = Field(min_length=1, max_length=300, description="the server's address, e.g. https://mastodon.social")
    hashtags: tuple[str, ...] = Field((), description="hashtags to read, with or without #")
    native_query: tuple[Annotated[str, Field(max_length=500)], ...] = Field(
        (), max_length=MAX_SEARCHES, description="full-text search in Mastodon's own words, one or a list: it has no OR"
    )
    mentions: bool = Field(False, description="read the posts that mention or quote the token's account")
    overlap: float = Field(3600.0, ge=0, description="seconds before the last fetch that are read again")
    first_pages: int = Field(10, ge=1, le=200, description="pages of 40 per listing that the very first fetch reads")
    access_token_env: str = Field(
        "NOBET_MASTODON_ACCESS_TOKEN",
        description="environment variable with the access token; '' reads hashtags without an account",
    )
    user_agent: str = Field("Nobet/0.1", min_length=3, description="User-Agent the server sees")
    timeout: float = Field(30.0, gt=0, description="seconds without a sign of life before a request is given up")

    @field_validator("url")
    @classmethod
    def _is_a_server(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError("is not the http or https address of a server")
        return f"{parts.scheme}://{parts.netloc.lower()}"

    @field_validator("hashtags")
    @classmethod
    def _are_hashtags(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        tags = tuple(tag.strip().removeprefix("#") for tag in value)
        for tag in tags:
            if not re.fullmatch(r"[\w·]{1,100}", tag):
                raise ValueError(f"{tag!r} is not a hashtag: letters, digits and _ only")
        return tags

    @field_validator("native_query", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return searches(value)

    @model_validator(mode="after")
    def _reads_something(self) -> MastodonSettings:
        if not (self.hashtags or self.native_query or self.mentions):
            raise ValueError("name hashtags, a query, a native_query, or mentions: true")
        if not self.access_token_env and (self.native_query or self.mentions):
            raise ValueError("a search and mentions need an access token: name access_token_env")
        return self


class MastodonCollector:
    """Reads the listings that the settings name, each down to the last fetch."""

    kind: ClassVar[str] = "mastodon"
    Settings: ClassVar[type[SourceSettings]] = MastodonSettings
    about: ClassVar[About] = About(
        title="Mastodon",
        reads=Says(
            "hashtags, full-text search and mentions of an account, on one server of the fediverse",
            "fediverse'teki bir sunucuda etiketler, tam metin araması ve bir hesaptan söz eden gönderiler",
        ),
        needs=Says(
            "the server's address; an access token for search and mentions, hashtags often go without",
            "sunucunun adresi; arama ve bahsedilmeler için erişim jetonu (etiketler çoğu sunucuda jetonsuz okunur)",
        ),
        costs=Says("nothing; 300 requests in five minutes", "ücretsiz; beş dakikada 300 istek"),
        proves=Says(
            "that nothing which the server lists was missed; what other servers never sent to it, it does not list",
            "sunucunun listelediği hiçbir şeyin kaçmadığını; başka sunucuların iletmediği gönderiler listede olmaz",
        ),
        tested="recorded",
        asks=("url", "hashtags", "native_query", "mentions"),
        removes_deleted=True,
        settles=300.0,
    )

    def __init__(self, settings: MastodonSettings) -> None:
        self.settings = settings
        self._host = urlsplit(settings.url).netloc

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        """Every page of every listing after `cursor`; see the protocol."""
        now = now.astimezone(UTC)
        if (cursor or {}).get("server", self.settings.url) != self.settings.url:
            cursor = None
        transport = self._transport(now)
        with transport.session(self.settings.user_agent) as session:
            listings = self._listings(session, transport, now)
            for batch in walk_all(self.settings.source, listings, cursor, lambda: {"server": self.settings.url}):
                yield self._unproven(batch)

    def verify(self, now: datetime) -> str:
        """Which server answers, and as whom; see Verifies."""
        transport = self._transport(now.astimezone(UTC))
        with transport.session(self.settings.user_agent) as session:
            if self.settings.access_token_env:
                url = f"{self.settings.url}/api/v1/accounts/verify_credentials"
                account, _ = ask(session, transport, url, headers=self._headers())
                return f"{self._host} knows the token as @{full_handle(account, self._host) or '?'}."
            about, _ = ask(session, transport, f"{self.settings.url}/api/v1/instance")
            return f"{self._host} answers ({str(about.get('title'))[:80]}, version {str(about.get('version'))[:40]})."

    def rewound(self, cursor: Cursor | None, to: datetime) -> Cursor:
        """A cursor from which everything since `to` is read again; see Rewinds."""
        same = (cursor or {}).get("server", self.settings.url) == self.settings.url
        return {**rewound(cursor if same else None, to, self._names()), "server": self.settings.url}

    def deleted(self, native_ids: Sequence[str], now: datetime) -> tuple[str, ...]:
        """Those of the posts that the server no longer shows; see Rechecks.

        Asked by GET /api/v1/statuses?id[]= (Mastodon 4.3), one by one where a server does not know that.
        """
        transport = self._transport(now.astimezone(UTC))
        shown: set[str] = set()
        with transport.session(self.settings.user_agent) as session:
            url = f"{self.settings.url}/api/v1/statuses"
            for at in range(0, len(native_ids), IDS):
                some = native_ids[at : at + IDS]
                try:
                    found, _ = ask(session, transport, url, {"id[]": list(some)}, headers=self._headers(), form=list)
                except RefusedStatus as refused:
                    if refused.status not in (404, 405):
                        raise
                    known = {one for one in some if self._shown(session, transport, one)}
                    if not known:  # a server whose API is away answers 404 to everything
                        ask(session, transport, f"{self.settings.url}/api/v1/instance", headers=self._headers())
                    shown |= known
                else:
                    shown |= {str(status.get("id")) for status in found if isinstance(status, dict)}
        return tuple(one for one in native_ids if one not in shown)

    def _shown(self, session: requests.Session, transport: ApiTransport, native_id: str) -> bool:
        url = f"{self.settings.url}/api/v1/statuses/{quote(native_id, safe='')}"
        try:
            ask(session, transport, url, headers=self._headers())
        except RefusedStatus as refused:
            if refused.status in (404, 410):
                return False
            raise
        return True

    def _transport(self, now: datetime) -> ApiTransport:
        return ApiTransport(
            self.settings.source, now, timeout=self.settings.timeout, advice=_ADVICE, pause=WINDOW,
            secrets=(self._token(),), private_network=self.settings.private_network,
        )  # fmt: skip

    def _token(self) -> str:
        name = self.settings.access_token_env
        what = "an access token of the server (or say access_token_env: '' to read hashtags without one)"
        return secret(self.settings, name, what) if name else ""

    def _headers(self) -> dict[str, str]:
        token = self._token()
        return {"Authorization": f"Bearer {token}"} if token else {}

    def _names(self) -> list[str]:
        names = [f"#{tag}" for tag in self.settings.hashtags]
        return [*names, *self._searches(), *(["mentions"] if self.settings.mentions else [])]

    def _searches(self) -> dict[str, str]:
        """Each search by the name of its listing."""
        return {f"search {query}": query for query in self.settings.native_query}

    def _listings(self, session: requests.Session, transport: ApiTransport, now: datetime) -> dict[str, Timeline]:
        def load(name: str) -> Callable[[str | None], tuple[Iterable[Item], str | None, str]]:
            if query := self._searches().get(name):
                return lambda marker: self._search(session, transport, now, marker, query)
            if name == "mentions":
                # Without include_filtered, 4.3 holds back what the account's notification policy filters.
                params = {"types[]": ["mention", "quote"], "include_filtered": "true"}
                return lambda marker: self._linked(session, transport, now, marker, "notifications", params)
            path = f"timelines/tag/{quote(name.removeprefix('#'), safe='')}"
            return lambda marker: self._linked(session, transport, now, marker, path, {})

        pages, overlap = self.settings.first_pages, self.settings.overlap
        return {name: Timeline(load(name), now, pages, overlap) for name in self._names()}

    def _linked(
        self,
        session: requests.Session,
        transport: ApiTransport,
        now: datetime,
        marker: str | None,
        path: str,
        params: Mapping[str, Any],
    ) -> tuple[list[Item], str | None, str]:
        """A page of a listing whose Link header names the page below."""
        asked = {**params, "limit": str(PAGE), **({"max_id": marker} if marker else {})}
        url = f"{self.settings.url}/api/v1/{path}"
        entries, answer = ask(session, transport, url, asked, headers=self._headers(), form=list)
        items: list[Item] = []
        for entry in entries:
            status = entry.get("status") if path == "notifications" and isinstance(entry, dict) else entry
            if status is None:  # a notification whose post is gone
                continue
            # A mention's place in the list is that of its notification, which the server made when it arrived.
            listed = time_at(entry.get("created_at")) if isinstance(entry, dict) else None
            items.append((parse_status(status, self.settings.source, self._host, now), listed))
        # Only the id is taken from the link: behind a proxy its host and scheme may be anybody's.
        query = answer.links.get("next", {}).get("url", "").partition("?")[2]
        below = parse_qs(query.partition("#")[0]).get("max_id")
        return items, below[0] if below else None, ""

    def _search(
        self, session: requests.Session, transport: ApiTransport, now: datetime, marker: str | None, query: str
    ) -> tuple[list[Item], str | None, str]:
        """A page of a search, newest id first (app/services/statuses_search_service.rb).

        Paged by offset: the server reads max_id as a day here. What is filtered for the account is left out of a page
        that was cut already, so a short page is not the last one.
        """
        offset = int(marker) if marker and marker.isdecimal() else 0
        asked = {"q": query, "type": "statuses", "limit": str(PAGE), "offset": str(offset)}
        found, answer = ask(session, transport, f"{self.settings.url}/api/v2/search", asked, headers=self._headers())
        statuses = found.get("statuses")
        if not isinstance(statuses, list):
            raise unreadable(transport, answer, f"the search of {self._host} gave no list of posts")
        items: list[Item] = [
            (
                parse_status(status, self.settings.source, self._host, now),
                time_at(mapping(status).get("created_at")),
            )
            for status in statuses
        ]
        note = "" if items or offset else "a server without full-text search answers just so, without an error"
        # Not by PAGE: a server that gives fewer than it was asked for must not be skipped over.
        return items, str(offset + len(items)) if items else None, note

    def _unproven(self, batch: Batch) -> Batch:
        """A search that never found anything proves nothing: a server whose search is off or down says the same."""
        states = batch.cursor["listings"]
        silent = any("since" not in states.get(name, {}) for name in self._searches())
        if batch.reach is None or not silent:
            return batch
        return replace(batch, reach=Reach("parsed", batch.reach.since, batch.reach.gap, batch.reach.missed))


def full_handle(account: dict[str, Any], host: str) -> str | None:
    """An account's address in the fediverse, name@server; the server leaves its own name out."""
    name = account.get("acct") or account.get("username")
    if not isinstance(name, str) or not name:
        return None
    return name if "@" in name else f"{name}@{host}"


def parse_status(status: Any, source: str, host: str, now: datetime) -> Fetched | Rejected:
    """A post (https://docs.joinmastodon.org/entities/Status/) of the server `host` as a mention."""
    try:
        status = storable(status)
    except ValueError as error:
        return Rejected(f"the post cannot be kept: {error}", clean_text(str(status)[:10_000]))
    number = status.get("id") if isinstance(status, dict) else None
    if not isinstance(number, str) or not number:
        return Rejected("a post without an id", status)
    account = mapping(status.get("account"))
    media = status.get("media_attachments")
    pictures = [mapping(item).get("description") for item in media] if isinstance(media, list) else []
    warning, content = (plain_text(str(status.get(name) or "")) for name in ("spoiler_text", "content"))
    quoted = mapping(mapping(status.get("quote")).get("quoted_status")).get("id")
    visibility = status.get("visibility")
    extra: dict[str, Any] = {
        "channel": "mastodon",
        "uri": status.get("uri"),
        "author_id": account.get("id"),
        "edited_at": status.get("edited_at"),
        "visibility": None if visibility == "public" else visibility,
        "bot": account.get("bot") or None,
        "quote_of": quoted,
        "repost_of": mapping(status.get("reblog")).get("id"),
    }
    hidden = account.get("followers_count")
    try:
        mention, _ = parse_mention(
            {
                "source": source,
                "native_id": number,
                # A picture's description is what a post without words says.
                "text": texts(warning, content) or texts(*pictures),
                "author": full_handle(account, host),
                "author_name": account.get("display_name") or None,
                "followers": hidden if isinstance(hidden, int) and hidden >= 0 else None,
                "url": status.get("url") or status.get("uri"),
                "published_at": status.get("created_at"),
                "lang": status.get("language"),
                "in_reply_to": status.get("in_reply_to_id"),
                "engagement": {
                    "likes": count(status, "favourites_count"),
                    "shares": count(status, "reblogs_count") + count(status, "quotes_count"),
                    "replies": count(status, "replies_count"),
                },
                "extra": {key: value for key, value in extra.items() if value is not None},
            },
            now=now,
        )
    except MentionError as error:
        return Rejected(str(error), status, number)
    return Fetched(mention, status)
