"""Trustpilot: the reviews of a company, through the official Business Units API.

Needs an API key, read from an environment variable; Trustpilot gives keys with its paid plans. The company's public
pages are not read: they stand behind bot protection. Where each fact was read:

- `GET /v1/business-units/{id}/reviews` on https://api.trustpilot.com; parameters page (from 1), perPage (100 at most),
  orderBy=createdat.desc; the key in the header `apikey`; a page after the last has an empty list; answer
  {links, reviews}: https://developers.trustpilot.com/business-units-api
- Fields of a review: id, stars, title, text, language, createdAt, updatedAt, experiencedAt, numberOfLikes, isVerified,
  reviewVerificationLevel, status, companyReply {text, createdAt, updatedAt}, consumer {id, displayName,
  numberOfReviews}, location {name}: the same, and the sample answers of public clients.
- `GET /v1/business-units/{id}` has numberOfReviews {total}: the same.
- At most 833 calls in 5 minutes and 10,000 an hour: https://developers.trustpilot.com/rate-limiting

The reference number of an order is only in the private API, which needs a person's sign-in; it is not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from pydantic import Field

from collectors import reviews
from collectors.json_api import JsonApi, at, iso, number, part, secret, titled, total
from collectors.protocol import About, Batch, Cursor, Fetched, Rejected, Says, SourceSettings
from collectors.reviews import ReviewListing, Shown, counted, parsed
from collectors.transport import Transport
from collectors.walk import walk_all

HOST = "https://api.trustpilot.com"
SIZE = 100
LISTING = "reviews"
PAUSE = timedelta(minutes=5)
_ADVICE = {
    401: "Check the API key that the environment holds for this source.",
    403: "The API key may not read this company: check its access in Trustpilot's business portal.",
    404: "Check business_unit_id in the configuration.",
}


class TrustpilotSettings(SourceSettings):
    """Whose reviews are read."""

    business_unit_id: str = Field(
        pattern=r"^[0-9a-fA-F]{24}$", description="the company's id at Trustpilot, 24 hexadecimal digits"
    )
    overlap: float = Field(86400.0, ge=0, description="seconds before the newest review that are read again")
    first_pages: int = Field(10, ge=1, le=200, description="pages of 100 that the very first fetch reads")
    api_key_env: str = Field("NOBET_TRUSTPILOT_API_KEY", description="environment variable with the API key")
    timeout: float = Field(30.0, gt=0, description="seconds without a sign of life before a request is given up")
    base_url: str | None = Field(None, description="another server instead of api.trustpilot.com, for tests")


def parse_review(raw: Any, source: str, now: datetime) -> tuple[Fetched | Rejected, int | None]:
    """A review of the API as a mention, and when it was written (seconds since 1970)."""
    if not isinstance(raw, dict):
        return Rejected("an item that is no review", str(raw)[:10_000]), None
    consumer, reply, location = part(raw, "consumer"), part(raw, "companyReply"), part(raw, "location")
    written = at(raw.get("createdAt"))
    stars = raw.get("stars")
    record = {
        "source": source,
        "native_id": raw.get("id"),
        "text": titled(raw.get("title"), raw.get("text")),
        "author": consumer.get("id"),
        "author_name": consumer.get("displayName"),
        "url": f"https://www.trustpilot.com/reviews/{raw['id']}" if raw.get("id") else None,
        "published_at": written,
        "lang": raw.get("language"),
        "engagement": {"likes": number(raw.get("numberOfLikes"))},
        "rating": stars if stars in (1, 2, 3, 4, 5) else None,
        "extra": {
            "channel": "trustpilot",
            "verified": raw.get("isVerified"),
            "verification": raw.get("reviewVerificationLevel"),
            "edited_at": iso(at(raw.get("updatedAt"))),
            "experienced_at": iso(at(raw.get("experiencedAt"))),
            "location": location.get("name"),
            "answer": reply.get("text"),
            "answered_at": iso(at(reply.get("createdAt"))),
        },
    }
    return parsed(raw, record, now), int(written.timestamp()) if written else None


class TrustpilotCollector:
    """Reads a company's reviews, newest first, down to the last fetch."""

    kind: ClassVar[str] = "trustpilot"
    Settings: ClassVar[type[SourceSettings]] = TrustpilotSettings
    about: ClassVar[About] = About(
        title="Trustpilot",
        reads=Says(
            "The reviews of your company on Trustpilot, with stars and your replies.",
            "Şirketinizin Trustpilot'taki değerlendirmeleri; yıldızlar ve verdiğiniz yanıtlarla birlikte.",
        ),
        needs=Says(
            "A Trustpilot business account with API access: an API key and the company's business unit id.",
            "API erişimi olan bir Trustpilot kurumsal hesabı: API anahtarı ve şirketin business unit kimliği.",
        ),
        costs=Says(
            "API access is part of Trustpilot's paid plans.", "API erişimi Trustpilot'un ücretli paketlerine dahildir."
        ),
        proves=Says(
            "Overlap with the last fetch; on a first fetch that reads everything, Trustpilot's own count. A reply to "
            "an older review is not noticed.",
            "Son okumayla örtüşmeyi; her şeyi okuyan ilk okumada Trustpilot'un kendi sayısını. Eski bir "
            "değerlendirmeye sonradan verilen yanıt fark edilmez.",
        ),
        tested="documents",
        asks=("business_unit_id",),
        own=True,
        settles=3600.0,
    )

    def __init__(self, settings: TrustpilotSettings) -> None:
        self.settings = settings

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        """Every page after `cursor`; see the protocol."""
        settings = self.settings
        now = now.astimezone(UTC)
        with self._api(now) as api:
            listing = ReviewListing(
                lambda marker: self._page(api, marker), lambda raw: parse_review(raw, settings.source, now), now,
                overlap=settings.overlap, first_pages=settings.first_pages, whole=True,
            )  # fmt: skip
            yield from counted(walk_all(settings.source, {LISTING: listing}, cursor), lambda: self._total(api))

    def verify(self, now: datetime) -> str:
        """The company's name and its number of reviews, as Trustpilot says."""
        with self._api(now.astimezone(UTC)) as api:
            unit = api.get(self._url())
        name = unit.get("displayName") or self.settings.business_unit_id
        return f"Trustpilot answers for {name}: {number(part(unit, 'numberOfReviews').get('total'))} reviews."

    def rewound(self, cursor: Cursor | None, to: datetime) -> Cursor | None:
        """A cursor that reads everything written since `to` again."""
        return reviews.rewound(cursor, to, [LISTING])

    def _url(self) -> str:
        return f"{HOST}/v1/business-units/{self.settings.business_unit_id}"

    def _page(self, api: JsonApi, marker: str | None) -> Shown:
        page = int(marker or 1)
        params = {"page": str(page), "perPage": str(SIZE), "orderBy": "createdat.desc"}
        answer = api.get(f"{self._url()}/reviews", params)
        found, links = answer.get("reviews"), answer.get("links")
        if not isinstance(found, list):
            raise api.unreadable("the answer has no list of reviews")
        named = {link.get("rel") for link in links if isinstance(link, dict)} if isinstance(links, list) else set()
        # The link to the next page is how Trustpilot says that there is one; without any links a full page does.
        more = "next-page" in named if named else len(found) >= SIZE
        return Shown(found, str(page + 1) if more and found else None)

    def _total(self, api: JsonApi) -> int | None:
        return total(part(api.get(self._url()), "numberOfReviews").get("total"))

    def _api(self, now: datetime) -> JsonApi:
        settings = self.settings
        key = secret(settings, settings.api_key_env, "the API key of your Trustpilot application")
        transport = Transport(
            settings.source, now, timeout=settings.timeout, base_url=settings.base_url, advice=_ADVICE, pause=PAUSE,
            secrets=(key,), private_network=settings.private_network,
        )  # fmt: skip
        api = JsonApi(transport, "Nobet/0.1 (reviews)")
        api.session.headers["apikey"] = key  # never in the address: addresses are logged along the way
        return api
