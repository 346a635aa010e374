"""Google Play: the reviews of an app, through the official Google Play Developer API (reviews.list).

Needs a service account that may reply to reviews in the Play Console; its key file is read from an environment variable
(its path, or its JSON on one line). Where each fact was read:

- `GET /androidpublisher/v3/applications/{packageName}/reviews` on https://androidpublisher.googleapis.com; parameters
  maxResults, token; scope https://www.googleapis.com/auth/androidpublisher; answer {reviews, tokenPagination
  {nextPageToken}}: https://developers.google.com/android-publisher/api-ref/rest/v3/reviews/list
- Only reviews with a text, of production versions, that were written or changed within the last week; the first result
  is the one that was written or changed last: https://developers.google.com/android-publisher/reply-to-reviews
- A review: reviewId, authorName, comments [{userComment {text, lastModified {seconds, nanos}, starRating,
  reviewerLanguage, device, appVersionName, thumbsUpCount, thumbsDownCount}}, {developerComment {text, lastModified}}].
  A tab parts title and text: .../rest/v3/reviews. There is no time of writing, only of the last change.
- 200 requests an hour for each app: https://support.google.com/googleplay/android-developer/contact/review_apiqr
- A reply has at most 350 characters: .../rest/v3/reviews/reply

What the Play Store's pages ask for themselves (batchexecute) is not read: it is undocumented, its positions in nested
lists change, and an empty answer looks like an app without reviews.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic import Field

from collectors import reviews
from collectors.google_token import service_account_token
from collectors.json_api import JsonApi, at, iso, key_text, number, part
from collectors.protocol import About, Batch, Cursor, Fetched, Rejected, Says, SourceSettings
from collectors.reviews import ReviewListing, Shown, parsed
from collectors.transport import RefusedStatus, Transport
from collectors.walk import ExpiredMarker, walk_all

HOST = "https://androidpublisher.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/androidpublisher"
SIZE = 100
REACH = timedelta(days=7)
MARGIN = timedelta(hours=6)
"""Taken off the week, whose exact ends Google does not say."""
LISTING = "reviews"
LIMITS = {"max": 350}
PAUSE = timedelta(minutes=20)
"""The quota is counted by the hour; its 429 names no time."""
_ADVICE = {
    400: "Check package_name, and the service account's key that the environment holds for this source.",
    401: "Check the service account's key that the environment holds for this source.",
    403: "Give the service account the right 'Reply to reviews' for this app in the Play Console.",
    404: "Check package_name in the configuration.",
}


class GooglePlaySettings(SourceSettings):
    """Whose reviews are read."""

    every: float = Field(600.0, gt=0, description="seconds between two fetches, to begin with (200 requests an hour)")
    package_name: str = Field(
        pattern=r"^[A-Za-z][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)+$", description="the app's package name, as com.example.app"
    )
    overlap: float = Field(3600.0, ge=0, description="seconds before the newest review that are read again")
    first_pages: int = Field(50, ge=1, le=200, description="pages of 100 that the very first fetch reads")
    key_env: str = Field(
        "NOBET_GOOGLE_PLAY_KEY",
        description="environment variable with the service account's key file: its path, or its JSON on one line",
    )
    timeout: float = Field(30.0, gt=0, description="seconds without a sign of life before a request is given up")
    base_url: str | None = Field(None, description="another server instead of Google's, for tests")


def _time(comment: dict[str, Any]) -> datetime | None:
    moment = part(comment, "lastModified")
    try:
        seconds = int(moment["seconds"]) + int(moment.get("nanos") or 0) // 1000 / 1_000_000
        return datetime.fromtimestamp(seconds, UTC)
    except (KeyError, TypeError, ValueError, OverflowError, OSError):
        return None


def _last(raw: dict[str, Any], name: str) -> dict[str, Any]:
    """The comment of one kind that was changed last."""
    comments = raw.get("comments")
    found = [part(item, name) for item in comments if part(item, name)] if isinstance(comments, list) else []
    return max(found, key=lambda item: _time(item) or datetime.min.replace(tzinfo=UTC), default={})


def parse_review(raw: Any, source: str, package: str, now: datetime) -> tuple[Fetched | Rejected, int | None]:
    """A review of the API as a mention, and when it was last changed (seconds since 1970)."""
    if not isinstance(raw, dict):
        return Rejected("an item that is no review", str(raw)[:10_000]), None
    said, reply = _last(raw, "userComment"), _last(raw, "developerComment")
    changed = _time(said)
    title, tab, body = str(said.get("text") or "").partition("\t")
    text = "\n\n".join(piece for piece in (title.strip(), body.strip()) if piece) if tab else title
    stars, native_id = said.get("starRating"), raw.get("reviewId")
    address = f"https://play.google.com/store/apps/details?id={package}&reviewId={quote(str(native_id), safe='')}"
    record = {
        "source": source,
        "native_id": native_id,
        "text": text,
        "author_name": raw.get("authorName"),
        "url": address if native_id else None,
        "published_at": changed,
        "lang": said.get("reviewerLanguage"),
        "engagement": {"likes": number(said.get("thumbsUpCount"))},
        "rating": stars if stars in (1, 2, 3, 4, 5) else None,
        "extra": {
            "channel": "google_play",
            "app": package,
            "app_version": said.get("appVersionName"),
            "device": part(said, "deviceMetadata").get("productName") or said.get("device"),
            "answer_limits": LIMITS,
            "answer": reply.get("text"),
            "answered_at": iso(_time(reply)),
        },
    }
    return parsed(raw, record, now), int(changed.timestamp()) if changed else None


class GooglePlayCollector:
    """Reads the reviews of the last week, last changed first, down to the last fetch."""

    kind: ClassVar[str] = "google_play"
    Settings: ClassVar[type[SourceSettings]] = GooglePlaySettings
    about: ClassVar[About] = About(
        title="Google Play",
        reads=Says(
            "The reviews of your app on Google Play that have a text, and your replies.",
            "Uygulamanızın Google Play'deki metinli değerlendirmeleri ve verdiğiniz yanıtlar.",
        ),
        needs=Says(
            "A Google Cloud service account with the right 'Reply to reviews' in the Play Console, and its key file.",
            "Play Console'da yorumları yanıtlama yetkisi olan bir Google Cloud hizmet hesabı ve anahtar dosyası.",
        ),
        costs=Says("Nothing; 200 requests an hour.", "Ücretsizdir; saatte 200 istek."),
        proves=Says(
            "Overlap with the last fetch. Google lists one week only: what changed before that cannot be read again.",
            "Son okumayla örtüşmeyi. Google yalnızca son bir haftayı listeler; daha eskisi sonradan okunamaz.",
        ),
        tested="documents",
        asks=("package_name",),
        own=True,
        settles=3600.0,
    )

    def __init__(self, settings: GooglePlaySettings) -> None:
        self.settings = settings

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        """Every page after `cursor`; see the protocol."""
        settings = self.settings
        now = now.astimezone(UTC)
        # A week without reviews is an empty list and no failure, as long as the last fetch was less than a week ago.
        read_at = at((cursor or {}).get("read_at"))
        recent = read_at is not None and read_at > now - REACH + MARGIN
        with self._api(now) as api:
            listing = ReviewListing(
                lambda marker: self._page(api, marker),
                lambda raw: parse_review(raw, settings.source, settings.package_name, now),
                now,
                overlap=settings.overlap,
                first_pages=settings.first_pages,
                whole=recent,
                may_be_empty=recent,
            )
            for batch in walk_all(settings.source, {LISTING: listing}, cursor):
                done = now if batch.reach is not None else read_at
                yield replace(batch, cursor=batch.cursor | ({"read_at": iso(done)} if done else {}))

    def verify(self, now: datetime) -> str:
        """Whether Google lists reviews of the app."""
        with self._api(now.astimezone(UTC)) as api:
            api.get(self._url(), {"maxResults": "1"})
        return f"Google Play answers for {self.settings.package_name}: its reviews of the last week can be read."

    def rewound(self, cursor: Cursor | None, to: datetime) -> Cursor | None:
        """A cursor that reads everything changed since `to` again; None where the week does not reach back."""
        since = part(part(cursor, "listings"), LISTING).get("since")
        if isinstance(since, int) and to < datetime.fromtimestamp(since, UTC) - REACH:
            return None
        return reviews.rewound(cursor, to, [LISTING])

    def _url(self) -> str:
        return f"{HOST}/androidpublisher/v3/applications/{self.settings.package_name}/reviews"

    def _page(self, api: JsonApi, marker: str | None) -> Shown:
        params = {"maxResults": str(SIZE)} | ({"token": marker} if marker else {})
        try:
            answer = api.get(self._url(), params)
        except RefusedStatus as refused:
            if marker is not None and refused.status == 400:
                raise ExpiredMarker(str(refused)) from None
            raise
        found = answer.get("reviews", [])  # an app without reviews has no such field
        if not isinstance(found, list):
            raise api.unreadable("the answer has no list of reviews")
        token = part(answer, "tokenPagination").get("nextPageToken")
        return Shown(found, str(token) if token else None)

    def _api(self, now: datetime) -> JsonApi:
        settings = self.settings
        key = key_text(settings, settings.key_env, "the service account's JSON key")
        transport = Transport(
            settings.source, now, timeout=settings.timeout, base_url=settings.base_url, advice=_ADVICE, pause=PAUSE,
            private_network=settings.private_network,
        )  # fmt: skip
        api = JsonApi(transport, "Nobet/0.1 (reviews)")
        try:
            api.bearer(service_account_token(api, key, SCOPE, now))
        except BaseException:
            api.session.close()
            raise
        return api
