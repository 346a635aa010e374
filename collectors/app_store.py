"""App Store: the reviews of an app, through the App Store Connect API where a key is given, else from Apple's feed.

With `key_id` the official API is read: every review of every country, with the developer's responses. Needs an API key
of App Store Connect (role Customer Support or above), read from an environment variable (the .p8 file's path, or its
text). Without `key_id` the public review feed of each country is read: no key, no responses, 500 reviews a country.

Where each fact was read:

- API: `GET /v1/apps/{id}/customerReviews` on https://api.appstoreconnect.apple.com; sort=-createdDate, limit (200 at
  most), include=response; attributes rating, title, body, reviewerNickname, createdDate, territory (three letters);
  links.next, meta.paging.total: https://developer.apple.com/documentation/appstoreconnectapi (List All Customer Reviews
  for an App). A review that was edited is not marked (https://developer.apple.com/forums/thread/817212).
- Its token: a JWT signed with ES256, kid in the header, iss, iat, exp at most 20 minutes later, aud appstoreconnect-v1
  (.../appstoreconnectapi/generating-tokens-for-api-requests).
- Feed: https://itunes.apple.com/{country}/rss/customerreviews/page={n}/id={app}/sortby=mostrecent/json, 50 a page, 10
  pages ('CustomerReviews RSS page depth is limited to 10', status 400). Apple does not document it. The first entry may
  be the app itself; a single entry is no list; pages come back empty now and then although they have reviews: all from
  notes of people who read it, in 2026 too. An empty page where there was something is therefore an error here, and a
  feed that was never anything but empty proves nothing.

A review has another id in the API than in the feed: whoever changes from one to the other reads the last ones twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import parse_qs, urlsplit

import jwt
from pydantic import Field, field_validator, model_validator

from collectors import reviews
from collectors.json_api import JsonApi, at, iso, key_text, number, part, titled, total
from collectors.protocol import About, Batch, Cursor, Fetched, Reach, Refused, Rejected, Says, SourceSettings
from collectors.reviews import ReviewListing, Shown, counted, parsed
from collectors.transport import RefusedStatus, Transport
from collectors.walk import ExpiredMarker, walk_all

API, FEEDS = "https://api.appstoreconnect.apple.com", "https://itunes.apple.com"
SIZE, FEED_SIZE, FEED_PAGES = 200, 50, 10
LISTING = "reviews"
TOKEN_LIFE = timedelta(minutes=15)
LIMITS = {"max": 5970}
PAUSE = timedelta(minutes=10)
_ADVICE = {
    400: "Check app_id and countries in the configuration.",
    401: "Check issuer_id, key_id and the App Store Connect key that the environment holds for this source.",
    403: "The App Store Connect key needs the role Customer Support or above, and the agreements must be signed.",
    404: "Check app_id and countries in the configuration.",
}


class AppStoreSettings(SourceSettings):
    """Whose reviews are read, and how."""

    every: float = Field(900.0, gt=0, description="seconds between two fetches, to begin with")
    app_id: str = Field(pattern=r"^\d{5,15}$", description="the app's number in the App Store (from its address)")
    countries: tuple[str, ...] = Field(
        ("tr",), min_length=1, description="countries whose feeds are read without a key"
    )
    issuer_id: str = Field(
        "", max_length=100, description="issuer id of the App Store Connect key; empty for a personal key"
    )
    key_id: str = Field(
        "", max_length=100, description="id of the App Store Connect key; empty to read the feeds instead"
    )
    overlap: float = Field(86400.0, ge=0, description="seconds before the newest review that are read again")
    first_pages: int = Field(
        10, ge=1, le=200, description="pages that the very first fetch reads (200 reviews; 50 in feeds)"
    )
    key_env: str = Field(
        "NOBET_APP_STORE_KEY", description="environment variable with the .p8 key: the path of its file, or its text"
    )
    timeout: float = Field(30.0, gt=0, description="seconds without a sign of life before a request is given up")
    base_url: str | None = Field(None, description="another server instead of Apple's, for tests")

    @field_validator("countries")
    @classmethod
    def _are_countries(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for country in value:
            if not re.fullmatch(r"[A-Za-z]{2}", country):
                raise ValueError(f"{country[:20]!r} is not a country's two letters")
        return tuple(dict.fromkeys(country.lower() for country in value))

    @model_validator(mode="after")
    def _key_is_whole(self) -> AppStoreSettings:
        if self.issuer_id and not self.key_id:
            raise ValueError("issuer_id is of no use without key_id")
        return self


def parse_review(
    raw: Any, response: dict[str, Any], source: str, app: str, now: datetime
) -> tuple[Fetched | Rejected, int | None]:
    """A review of the API as a mention, and when it was written (seconds since 1970)."""
    if not isinstance(raw, dict):
        return Rejected("an item that is no review", str(raw)[:10_000]), None
    said, reply = part(raw, "attributes"), part(response, "attributes")
    written, stars = at(said.get("createdDate")), said.get("rating")
    record = {
        "source": source,
        "native_id": raw.get("id"),
        "text": titled(said.get("title"), said.get("body")),
        "author_name": said.get("reviewerNickname"),
        "url": f"https://apps.apple.com/app/id{app}?see-all=reviews",
        "published_at": written,
        "rating": stars if stars in (1, 2, 3, 4, 5) else None,
        "extra": {
            "channel": "app_store",
            "app": app,
            "country": said.get("territory"),
            "answer_limits": LIMITS,
            "answer": reply.get("responseBody"),
            "answer_state": reply.get("state"),
            "answered_at": iso(at(reply.get("lastModifiedDate"))),
        },
    }
    return parsed({"review": raw, "response": response or None}, record, now), int(
        written.timestamp()
    ) if written else None


def parse_entry(raw: Any, country: str, source: str, app: str, now: datetime) -> tuple[Fetched | Rejected, int | None]:
    """An entry of a feed as a mention, and when it was written or changed (seconds since 1970)."""
    if not isinstance(raw, dict):
        return Rejected("an entry that is no review", str(raw)[:10_000]), None

    def label(name: str) -> Any:
        return part(raw, name).get("label")

    changed, stars = at(label("updated")), number(label("im:rating"))
    author = part(raw, "author")
    profile = str(part(author, "uri").get("label") or "")
    record = {
        "source": source,
        "native_id": label("id"),
        "text": titled(label("title"), label("content")),
        "author": match[1] if (match := re.search(r"/id(\d+)", profile)) else None,
        "author_name": part(author, "name").get("label"),
        "url": f"https://apps.apple.com/{country}/app/id{app}?see-all=reviews",
        "published_at": changed,
        "engagement": {"likes": number(label("im:voteSum"))},
        "rating": stars if 1 <= stars <= 5 else None,
        "extra": {"channel": "app_store", "app": app, "country": country, "app_version": label("im:version")},
    }
    return parsed(raw, record, now), int(changed.timestamp()) if changed else None


class AppStoreCollector:
    """Reads an app's reviews, newest first, down to the last fetch."""

    kind: ClassVar[str] = "app_store"
    Settings: ClassVar[type[SourceSettings]] = AppStoreSettings
    about: ClassVar[About] = About(
        title="App Store",
        reads=Says(
            "The reviews of your app in Apple's App Store; with a key of every country and with your responses.",
            "Uygulamanızın App Store'daki değerlendirmeleri; anahtarla tüm ülkeler ve verdiğiniz yanıtlar dahil.",
        ),
        needs=Says(
            "Best an App Store Connect API key (issuer id, key id, .p8 file); without one nothing, but less is read.",
            "Tercihen bir App Store Connect API anahtarı (issuer id, key id, .p8 dosyası); anahtarsız da çalışır ama "
            "daha azını okur.",
        ),
        costs=Says(
            "Nothing beside the developer account; the feed is free.", "Geliştirici hesabı dışında ücreti yoktur."
        ),
        proves=Says(
            "Overlap with the last fetch; with a key, on a first fetch that reads everything, Apple's own count. The "
            "feed lists 500 reviews a country and is sometimes empty without reason, which is reported as an error.",
            "Son okumayla örtüşmeyi; anahtarla, her şeyi okuyan ilk okumada Apple'ın kendi sayısını. Akış ülke başına "
            "500 değerlendirme listeler ve bazen sebepsiz boş gelir; bu hata olarak bildirilir.",
        ),
        tested="documents",
        asks=("app_id", "countries", "issuer_id", "key_id"),
        own=True,
        settles=3600.0,
    )

    def __init__(self, settings: AppStoreSettings) -> None:
        self.settings = settings

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        """Every page after `cursor`; see the protocol."""
        settings = self.settings
        now = now.astimezone(UTC)
        with self._api(now) as api:
            if settings.key_id:
                yield from self._official(api, cursor, now)
                return
            listings = {f"feed {country}": self._feed(api, country, now) for country in settings.countries}
            empty = True
            for batch in walk_all(settings.source, listings, cursor):
                empty = empty and not batch.fetched and not batch.rejected
                if batch.reach is not None and empty:
                    # Apple's feeds are empty now and then: that one is, proves little.
                    batch = replace(batch, reach=Reach("parsed", since=batch.reach.since))
                yield batch

    def verify(self, now: datetime) -> str:
        """Whether Apple answers for the app."""
        with self._api(now.astimezone(UTC)) as api:
            if self.settings.key_id:
                app = api.get(f"{API}/v1/apps/{self.settings.app_id}", {"fields[apps]": "name"})
                name = part(part(app, "data"), "attributes").get("name") or self.settings.app_id
                return f"App Store Connect answers for {name}."
            for country in self.settings.countries:
                self._feed(api, country, now).read(None, None)
        return f"Apple's review feeds answer for {len(self.settings.countries)} countries."

    def rewound(self, cursor: Cursor | None, to: datetime) -> Cursor | None:
        """A cursor that reads everything written since `to` again, as far as Apple lists it."""
        return reviews.rewound(cursor, to, [LISTING, *(f"feed {country}" for country in self.settings.countries)])

    def _official(self, api: JsonApi, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        settings = self.settings
        totals: list[int | None] = [None]
        responses: dict[str, dict[str, Any]] = {}

        def ask(marker: str | None) -> Shown:
            params = {"sort": "-createdDate", "limit": str(SIZE), "include": "response"}
            try:
                answer = api.get(
                    f"{API}/v1/apps/{settings.app_id}/customerReviews", params | ({"cursor": marker} if marker else {})
                )
            except RefusedStatus as refused:
                if marker is not None and refused.status == 400:
                    raise ExpiredMarker(str(refused)) from None
                raise
            found = answer.get("data")
            if not isinstance(found, list):
                raise api.unreadable("the answer has no list of reviews")
            totals[0] = total(part(part(answer, "meta"), "paging").get("total"))
            included = answer.get("included")
            for item in included if isinstance(included, list) else ():
                responses[str(part(part(part(item, "relationships"), "review"), "data").get("id"))] = item
                responses[str(item.get("id")) if isinstance(item, dict) else ""] = item
            # Only the cursor is taken from the link: a link must not lead the key elsewhere.
            link = parse_qs(urlsplit(str(part(answer, "links").get("next") or "")).query)
            return Shown(found, link["cursor"][0] if link.get("cursor") else None)

        def parse(raw: Any) -> tuple[Fetched | Rejected, int | None]:
            named = part(part(part(raw, "relationships"), "response"), "data").get("id")
            own = raw.get("id") if isinstance(raw, dict) else None
            response = responses.get(str(named)) or responses.get(str(own)) or {}
            return parse_review(raw, response, settings.source, settings.app_id, now)

        listing = ReviewListing(ask, parse, now, overlap=settings.overlap, first_pages=settings.first_pages, whole=True)
        yield from counted(walk_all(settings.source, {LISTING: listing}, cursor), lambda: totals[0])

    def _feed(self, api: JsonApi, country: str, now: datetime) -> ReviewListing:
        settings = self.settings

        def ask(marker: str | None) -> Shown:
            page = int(marker or 1)
            url = f"{FEEDS}/{country}/rss/customerreviews/page={page}/id={settings.app_id}/sortby=mostrecent/json"
            answer = api.get(url)
            feed = answer.get("feed")
            if not isinstance(feed, dict):
                raise api.unreadable(f"the answer for {country} is not a feed")
            found = feed.get("entry", [])
            entries = found if isinstance(found, list) else [found]
            shown = [entry for entry in entries if not (isinstance(entry, dict) and "im:name" in entry)]
            last = _last_page(feed)
            if not shown and page > 1 and last is not None and page <= last:
                raise api.unreadable(
                    f"page {page} of the feed of {country} is empty, although the feed has {last} pages"
                )
            more = page < last if last is not None else len(shown) >= FEED_SIZE - 1
            return Shown(shown, str(page + 1) if more and shown and page < FEED_PAGES else None)

        return ReviewListing(
            ask, lambda raw: parse_entry(raw, country, settings.source, settings.app_id, now), now,
            overlap=settings.overlap, first_pages=settings.first_pages,
        )  # fmt: skip

    def _api(self, now: datetime) -> JsonApi:
        settings = self.settings
        transport = Transport(
            settings.source, now, timeout=settings.timeout, base_url=settings.base_url, advice=_ADVICE, pause=PAUSE,
            secrets=(settings.key_id,), private_network=settings.private_network,
        )  # fmt: skip
        token = (
            self._token(key_text(settings, settings.key_env, "the App Store Connect key (.p8)"), now)
            if settings.key_id
            else ""
        )
        api = JsonApi(transport, "Nobet/0.1 (reviews)")
        if token:
            api.bearer(token)
        return api

    def _token(self, key: str, now: datetime) -> str:
        settings = self.settings
        issued = int(now.timestamp())
        claims: dict[str, Any] = {
            "iat": issued,
            "exp": issued + int(TOKEN_LIFE.total_seconds()),
            "aud": "appstoreconnect-v1",
        }
        # A personal key has no issuer; it says sub: user instead.
        claims |= {"iss": settings.issuer_id} if settings.issuer_id else {"sub": "user"}
        try:
            return jwt.encode(claims, key, algorithm="ES256", headers={"kid": settings.key_id, "typ": "JWT"})
        except (ValueError, TypeError, jwt.PyJWTError):
            raise Refused(
                f'Source "{settings.source}": the environment variable {settings.key_env} holds no App Store Connect '
                "key (.p8). Correct it; nothing was read."
            ) from None


def _last_page(feed: dict[str, Any]) -> int | None:
    """The number of the feed's last page, from its link; None where it has none."""
    links = feed.get("link")
    for link in links if isinstance(links, list) else [links]:
        named = part(link, "attributes")
        if named.get("rel") == "last" and (match := re.search(r"/page=(\d+)", str(named.get("href") or ""))):
            return int(match[1])
    return None
