"""Google Business Profile: the reviews of a brand's places on Google Maps and Search, through the official API (v4).

Needs an OAuth client and the refresh token of a person who manages the places; Google must have granted the project
access to the Business Profile APIs. Where each fact was read:

- `GET /v4/accounts/{a}/locations/{l}/reviews` on https://mybusiness.googleapis.com; parameters pageSize (50 at most),
  pageToken, orderBy ('updateTime desc'); answer {reviews, averageRating, totalReviewCount, nextPageToken}; scope
  https://www.googleapis.com/auth/business.manage; only for verified places:
  https://developers.google.com/my-business/reference/rest/v4/accounts.locations.reviews/list
- A review: name, reviewId, reviewer {displayName, isAnonymous}, starRating (ONE to FIVE), comment, createTime,
  updateTime, reviewReply {comment, updateTime}: .../rest/v4/accounts.locations.reviews. A reply has at most 4096 bytes.
- Reviews stayed on v4 when Google moved the rest of the API elsewhere.
- Google puts its own translation into the comment: '(Translated by Google) ...' and '(Original)' before the words that
  the customer wrote. From integrators' notes; Google's reference does not mention it.

A rating without words has no comment; it becomes a mention whose text is its stars, since it is public and can be
answered.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from pydantic import Field, field_validator

from collectors import reviews
from collectors.google_token import refreshed_token
from collectors.json_api import JsonApi, at, iso, part, secret, total
from collectors.protocol import About, Batch, Cursor, Fetched, Rejected, Says, SourceSettings
from collectors.reviews import ReviewListing, Shown, counted, parsed
from collectors.transport import RefusedStatus, Transport
from collectors.walk import ExpiredMarker, walk_all

HOST = "https://mybusiness.googleapis.com"
SIZE = 50
STARS = {"ONE": 1, "TWO": 2, "THREE": 3, "FOUR": 4, "FIVE": 5}
LIMITS = {"max": 2048}
"""Characters of a reply that certainly fit: Google allows 4096 bytes, and a Turkish letter may take two."""
PAUSE = timedelta(minutes=1)
TRANSLATED, ORIGINAL = "(Translated by Google)", "(Original)"
_ADVICE = {
    400: "Check the locations in the configuration, and the OAuth client and refresh token in the environment.",
    401: "Check the OAuth client and the refresh token that the environment holds for this source.",
    403: "Ask Google for access to the Business Profile APIs, and check that the person manages these places.",
    404: "Check the locations in the configuration: accounts/NUMBER/locations/NUMBER, each verified at Google.",
}


class GoogleBusinessSettings(SourceSettings):
    """Which places' reviews are read, and as whom."""

    locations: tuple[str, ...] = Field(
        min_length=1, max_length=500, description="the places, each as accounts/NUMBER/locations/NUMBER"
    )
    overlap: float = Field(86400.0, ge=0, description="seconds before the last change read that are read again")
    first_pages: int = Field(20, ge=1, le=200, description="pages of 50 a place that the very first fetch reads")
    client_id_env: str = Field("NOBET_GOOGLE_BUSINESS_CLIENT_ID", description="environment variable with the client id")
    client_secret_env: str = Field(
        "NOBET_GOOGLE_BUSINESS_CLIENT_SECRET", description="environment variable with the client secret"
    )
    refresh_token_env: str = Field(
        "NOBET_GOOGLE_BUSINESS_REFRESH_TOKEN", description="environment variable with the refresh token"
    )
    timeout: float = Field(30.0, gt=0, description="seconds without a sign of life before a request is given up")
    base_url: str | None = Field(None, description="another server instead of Google's, for tests")

    @field_validator("locations")
    @classmethod
    def _are_names(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not re.fullmatch(r"accounts/[0-9A-Za-z_-]+/locations/[0-9A-Za-z_-]+", name):
                raise ValueError(f"{name[:60]!r} is not a place, as accounts/NUMBER/locations/NUMBER")
        return tuple(dict.fromkeys(value))


def original(comment: str) -> tuple[str, str | None]:
    """What the customer wrote, and Google's translation of it where it was added."""
    if TRANSLATED not in comment:
        return comment, None
    before, _, after = comment.partition(TRANSLATED)
    translation, marker, written = after.partition(ORIGINAL)
    if marker:
        return written.strip(), translation.strip()
    if before.strip():  # the older form: the customer's words first
        return before.strip(), after.strip()
    return comment, None


def parse_review(raw: Any, source: str, location: str, now: datetime) -> tuple[Fetched | Rejected, int | None]:
    """A review of the API as a mention, and when it was last changed (seconds since 1970)."""
    if not isinstance(raw, dict):
        return Rejected("an item that is no review", str(raw)[:10_000]), None
    reviewer, reply = part(raw, "reviewer"), part(raw, "reviewReply")
    created, updated = at(raw.get("createTime")), at(raw.get("updateTime"))
    stars = STARS.get(str(raw.get("starRating")))
    bare = raw.get("comment") is None and stars is not None
    text, translation = ("★" * (stars or 0), None) if bare else original(str(raw.get("comment") or ""))
    record = {
        "source": source,
        "native_id": raw.get("reviewId"),
        "text": text,
        "author_name": None if reviewer.get("isAnonymous") else reviewer.get("displayName"),
        "published_at": created,
        "rating": stars,
        "extra": {
            "channel": "google_business",
            "location": location,
            "rating_only": True if bare else None,
            "translation": translation,
            "edited_at": iso(updated) if updated and created and updated > created else None,
            "answer_limits": LIMITS,
            "answer": reply.get("comment"),
            "answered_at": iso(at(reply.get("updateTime"))),
        },
    }
    moment = updated or created
    return parsed(raw, record, now), int(moment.timestamp()) if moment else None


class GoogleBusinessCollector:
    """Reads the reviews of each place, last changed first, down to the last fetch."""

    kind: ClassVar[str] = "google_business"
    Settings: ClassVar[type[SourceSettings]] = GoogleBusinessSettings
    about: ClassVar[About] = About(
        title="Google Business Profile",
        reads=Says(
            "The reviews of your places on Google Maps and Search, ratings without words included, and your replies.",
            "İşletmelerinizin Google Haritalar ve Arama'daki yorumları (yazısız puanlar dahil) ve verdiğiniz yanıtlar.",
        ),
        needs=Says(
            "A Google Cloud project with access to the Business Profile APIs, its OAuth client, and the refresh token "
            "of a person who manages the places.",
            "Business Profile API erişimi verilmiş bir Google Cloud projesi, OAuth istemcisi ve işletmeleri yöneten "
            "bir kişinin yenileme belirteci (refresh token).",
        ),
        costs=Says(
            "Nothing; Google must grant access first.", "Ücretsizdir; önce Google'ın erişim izni vermesi gerekir."
        ),
        proves=Says(
            "Overlap with the last fetch; on a first fetch that reads everything, Google's own count.",
            "Son okumayla örtüşmeyi; her şeyi okuyan ilk okumada Google'ın kendi sayısını.",
        ),
        tested="documents",
        asks=("locations",),
        own=True,
        settles=3600.0,
    )

    def __init__(self, settings: GoogleBusinessSettings) -> None:
        self.settings = settings

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        """Every page of every place after `cursor`; see the protocol."""
        now = now.astimezone(UTC)
        totals: dict[str, int | None] = {}
        with self._api(now) as api:
            listings = {name: self._listing(api, name, totals, now) for name in self.settings.locations}

            def everything() -> int | None:
                counts = [totals.get(name) for name in listings]
                return None if None in counts else sum(count or 0 for count in counts)

            yield from counted(walk_all(self.settings.source, listings, cursor), everything)

    def verify(self, now: datetime) -> str:
        """How many reviews Google counts for each place."""
        counts = []
        with self._api(now.astimezone(UTC)) as api:
            for name in self.settings.locations:
                counts.append(
                    total(api.get(f"{HOST}/v4/{name}/reviews", {"pageSize": "1"}).get("totalReviewCount")) or 0
                )
        return f"Google answers for {len(counts)} places with {sum(counts)} reviews."

    def rewound(self, cursor: Cursor | None, to: datetime) -> Cursor | None:
        """A cursor that reads everything changed since `to` again."""
        return reviews.rewound(cursor, to, self.settings.locations)

    def _listing(self, api: JsonApi, name: str, totals: dict[str, int | None], now: datetime) -> ReviewListing:
        def ask(marker: str | None) -> Shown:
            params = {"pageSize": str(SIZE), "orderBy": "updateTime desc"} | ({"pageToken": marker} if marker else {})
            try:
                answer = api.get(f"{HOST}/v4/{name}/reviews", params)
            except RefusedStatus as refused:
                if marker is not None and refused.status == 400:
                    raise ExpiredMarker(str(refused)) from None
                raise
            totals[name] = total(answer.get("totalReviewCount"))
            found = answer.get("reviews", [])  # a place without reviews has no such field
            if not isinstance(found, list):
                raise api.unreadable(f"the answer for {name} has no list of reviews")
            if not found and marker is None and totals[name]:
                raise api.unreadable(f"Google counts {totals[name]} reviews of {name} and lists none")
            token = answer.get("nextPageToken")
            return Shown(found, str(token) if token else None)

        return ReviewListing(
            ask, lambda raw: parse_review(raw, self.settings.source, name, now), now,
            overlap=self.settings.overlap, first_pages=self.settings.first_pages, whole=True,
        )  # fmt: skip

    def _api(self, now: datetime) -> JsonApi:
        settings = self.settings
        client = secret(settings, settings.client_id_env, "the OAuth client's id")
        hidden = secret(settings, settings.client_secret_env, "the OAuth client's secret")
        refresh = secret(settings, settings.refresh_token_env, "the refresh token")
        transport = Transport(
            settings.source, now, timeout=settings.timeout, base_url=settings.base_url, advice=_ADVICE, pause=PAUSE,
            secrets=(hidden, refresh), private_network=settings.private_network,
        )  # fmt: skip
        api = JsonApi(transport, "Nobet/0.1 (reviews)")
        try:
            api.bearer(refreshed_token(api, client, hidden, refresh))
        except BaseException:
            api.session.close()
            raise
        return api
