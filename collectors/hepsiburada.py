"""Hepsiburada: the questions that customers ask a seller ('Satıcıya Sor'), with the deadline that Hepsiburada gives.

Needs the merchant id, the service key (Basic authentication: merchant id and key) and the User-Agent that Hepsiburada
gave for the integration. Where each fact was read:

- `GET /api/v1.0/issues` on https://api-asktoseller-merchant.hepsiburada.com (the documents name the test server, which
  has -sit in its name; the live one is without it): parameters status (1 waiting, 2 answered, 3 rejected, 4 closed,
  7 the seller made contact), minCreatedAt, maxCreatedAt, sortBy (0 by creation), desc, page (from 1), size; the headers
  merchantId and User-Agent are demanded. Answer {data, currentPage, totalPageCount, totalItemCount, nextPage}; one
  question at `/api/v1.0/issues/{number}`: https://developers.hepsiburada.com/hepsiburada/reference/soru-listesi and
  the API definition of the same portal (product saticiya-sor-entegrasyonu, v1.0, of 2026-05-07).
- Fields: issueNumber, createdAt, lastModifiedAt, expireDate, status, customerId, orderNumber, subject {description},
  product {sku, name, stockCode}, lastContent, conversations [{createdAt, content, from}], where `from` is the customer
  or the seller; which words it has is not documented.
- `expireDate` is computed by Hepsiburada. The documents of 2026 speak of one business day, older ones of two: nothing
  is computed here while the field is there, and one business day where it is missing. After it the question is closed
  (AutoClosed) and an answer is refused: https://developers.hepsiburada.com/hepsiburada/reference/soru-cevaplama
- An answer has at most 2000 characters (the same definition).

Times without an offset are read as Turkish time: of the two readings it is the earlier one.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic import Field

from collectors import questions
from collectors.json_api import JsonApi, iso, number, part, secret, total
from collectors.protocol import About, Batch, Cursor, Fetched, Rejected, Says, SourceSettings
from collectors.questions import Question, Questions, Reading
from collectors.reviews import parsed
from collectors.transport import Transport
from collectors.workdays import ZONE, after_workdays

HOST = "https://api-asktoseller-merchant.hepsiburada.com"
PATH = "/api/v1.0/issues"
SIZE = 50
WIDEST = timedelta(days=14)
"""No limit of a span is documented; two weeks keep an answer's pages few."""
WORKDAYS = 1
LIMITS = {"max": 2000}
PAUSE = timedelta(minutes=1)
WAITING = "1"
_CUSTOMER = ("customer", "müşteri", "musteri", "user", "buyer")
_ADVICE = {
    401: "Check merchant_id, user_agent, and the service key that the environment holds for this source.",
    403: "Check user_agent (as Hepsiburada gave it) and that the integration may use Satıcıya Sor.",
    404: "Check merchant_id in the configuration.",
}


class HepsiburadaSettings(SourceSettings):
    """Whose questions are read."""

    merchant_id: str = Field(
        pattern=r"^[0-9A-Fa-f-]{10,40}$", description="the merchant id (a UUID), from the seller panel"
    )
    user_agent: str = Field(
        min_length=1, max_length=100, description="the User-Agent that Hepsiburada gave for your integration"
    )
    first_days: float = Field(14.0, gt=0, le=90, description="days that the very first fetch looks back")
    overlap: float = Field(3600.0, ge=0, description="seconds before the newest question that are read again")
    service_key_env: str = Field(
        "NOBET_HEPSIBURADA_SERVICE_KEY", description="environment variable with the service key"
    )
    timeout: float = Field(30.0, gt=0, description="seconds without a sign of life before a request is given up")
    base_url: str | None = Field(None, description="another server instead of Hepsiburada's (the test server, a test)")


def _time(value: Any) -> datetime | None:
    try:
        when = datetime.fromisoformat(value) if isinstance(value, str) else None
        if when is None or when.year < 2000:  # .NET writes a missing time as the year 1
            return None
        return (when.replace(tzinfo=ZONE) if when.tzinfo is None else when).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _said(raw: dict[str, Any]) -> tuple[str, str | None, datetime | None]:
    """What the customer wrote, the seller's last answer, and when it was given."""
    talk = raw.get("conversations")
    parts = [item for item in talk if isinstance(item, dict)] if isinstance(talk, list) else []
    parts.sort(key=lambda item: _time(item.get("createdAt")) or datetime.min.replace(tzinfo=UTC))
    asked: list[str] = []
    answer, answered = None, None
    for index, item in enumerate(parts):
        who, content = str(item.get("from") or "").strip().casefold(), str(item.get("content") or "")
        # Without a name, the first to speak is who asked.
        if who.startswith(_CUSTOMER) or (not who and index == 0):
            asked.append(content)
        else:
            answer, answered = content, _time(item.get("createdAt"))
    # The last words of a talk that is listed may be the seller's own.
    otherwise = "" if parts else str(raw.get("lastContent") or "")
    return "\n\n".join(text for text in asked if text.strip()) or otherwise, answer, answered


def parse_question(raw: Any, source: str, now: datetime) -> Fetched | Rejected:
    """A question of the API as a mention, with the moment at which Hepsiburada closes it."""
    if not isinstance(raw, dict):
        return Rejected("an item that is no question", str(raw)[:10_000])
    asked, expires = _time(raw.get("createdAt")), _time(raw.get("expireDate"))
    product, subject = part(raw, "product"), part(raw, "subject")
    text, answer, answered = _said(raw)
    computed = expires is None and asked is not None
    if expires is None and asked is not None:
        expires = after_workdays(asked, WORKDAYS)
    customer = raw.get("customerId")
    record = {
        "source": source,
        "native_id": raw.get("issueNumber"),
        "text": text,
        "author": str(customer) if customer else None,
        "published_at": asked,
        "extra": {
            "channel": "hepsiburada",
            "status": raw.get("status"),
            "subject": subject.get("description"),
            "order": raw.get("orderNumber"),
            "product": product.get("name"),
            "product_id": product.get("sku"),
            "answer_by": iso(expires),
            "answer_by_computed": True if computed else None,
            "answer_limits": LIMITS,
            "answer": answer,
            "answered_at": iso(answered),
        },
    }
    return parsed(raw, record, now)


class _Hepsiburada:
    """The requests of one merchant."""

    def __init__(self, settings: HepsiburadaSettings, api: JsonApi, now: datetime) -> None:
        self._settings, self._api, self._now = settings, api, now

    def page(self, start: int, end: int, page: int, *, waiting: bool) -> Questions:
        """One page of questions asked between two times."""
        params = {
            "minCreatedAt": _iso_ms(start), "maxCreatedAt": _iso_ms(end), "sortBy": "0", "desc": "false",
            "page": str(page + 1), "size": str(SIZE),
        }  # fmt: skip
        if waiting:
            params["status"] = WAITING
        answer = self._api.get(HOST + PATH, params)
        data, pages = answer.get("data"), answer.get("totalPageCount")
        if data is None and answer.get("totalItemCount") == 0:
            data = []  # the list may be null, says the definition
        if not isinstance(data, list) or not isinstance(pages, int):
            raise self._api.unreadable("the answer has no list of questions, or does not say how many pages there are")
        return Questions(
            tuple(self._question(raw) for raw in data), total(answer.get("totalItemCount")), page + 1 < pages
        )

    def one(self, native_id: str) -> Question:
        """One question by its number."""
        return self._question(self._api.get(f"{HOST}{PATH}/{quote(native_id, safe='')}"))

    def _question(self, raw: Any) -> Question:
        item = parse_question(raw, self._settings.source, self._now)
        asked = _time(raw.get("createdAt")) if isinstance(raw, dict) else None
        state = str(raw.get("status") or "").casefold() if isinstance(raw, dict) else ""
        return Question(item, questions.ms(asked) if asked else None, state in (WAITING, "waitingforanswer"))


def _iso_ms(value: int) -> str:
    return datetime.fromtimestamp(value / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class HepsiburadaCollector:
    """Reads a merchant's questions: the new ones, and the open ones until they are answered."""

    kind: ClassVar[str] = "hepsiburada"
    Settings: ClassVar[type[SourceSettings]] = HepsiburadaSettings
    about: ClassVar[About] = About(
        title="Hepsiburada",
        reads=Says(
            "Questions that customers ask you on Hepsiburada (Satıcıya Sor), with the deadline that Hepsiburada gives.",
            "Müşterilerin Hepsiburada'da Satıcıya Sor üzerinden sorduğu sorular ve Hepsiburada'nın bildirdiği son "
            "cevap anı.",
        ),
        needs=Says(
            "A Hepsiburada merchant account: the merchant id, a service key, and the User-Agent of your integration.",
            "Hepsiburada satıcı hesabı: satıcı kimliği (merchant id), servis anahtarı ve entegrasyonunuzun User-Agent "
            "değeri.",
        ),
        costs=Says("Nothing beside the merchant account.", "Satıcı hesabı dışında ücreti yoktur."),
        proves=Says(
            "That as many questions were read as Hepsiburada counts in the time that was asked for.",
            "Sorulan zaman aralığında Hepsiburada'nın saydığı kadar sorunun okunduğunu.",
        ),
        tested="documents",
        asks=("merchant_id", "user_agent"),
        own=True,
    )

    def __init__(self, settings: HepsiburadaSettings) -> None:
        self.settings = settings

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        """New questions since `cursor`, then the open ones again; see the protocol."""
        settings = self.settings
        now = now.astimezone(UTC)
        with self._api(now) as api:
            reading = Reading(
                _Hepsiburada(settings, api, now), api, cursor, now, widest=WIDEST,
                first=timedelta(days=settings.first_days), overlap=timedelta(seconds=settings.overlap),
            )  # fmt: skip
            yield from reading.batches()

    def verify(self, now: datetime) -> str:
        """How many questions wait for an answer, as Hepsiburada says."""
        with self._api(now.astimezone(UTC)) as api:
            answer = api.get(f"{HOST}{PATH}/count")
        waiting = number(answer.get("waitingForAnswer"))
        return f"Hepsiburada answers for merchant {self.settings.merchant_id}: {waiting} questions wait for an answer."

    def rewound(self, cursor: Cursor | None, to: datetime) -> Cursor | None:
        """A cursor that reads everything asked since `to` again."""
        return questions.rewound(cursor, to)

    def _api(self, now: datetime) -> JsonApi:
        settings = self.settings
        key = secret(settings, settings.service_key_env, "the service key of your Hepsiburada integration")
        pair = b64encode(f"{settings.merchant_id}:{key}".encode()).decode()
        transport = Transport(
            settings.source, now, timeout=settings.timeout, base_url=settings.base_url, advice=_ADVICE, pause=PAUSE,
            secrets=(key, pair), private_network=settings.private_network,
        )  # fmt: skip
        api = JsonApi(transport, settings.user_agent)
        api.session.headers["Authorization"] = f"Basic {pair}"
        api.session.headers["merchantId"] = settings.merchant_id
        return api
