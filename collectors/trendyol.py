"""Trendyol: the questions that customers ask a seller, through the seller's integration API, with the shop's deadline.

Needs the API key and secret of the seller's panel (Hesap Bilgilerim > Entegrasyon Bilgileri), read from environment
variables. Where each fact was read:

- `GET /integration/qna/sellers/{sellerId}/questions/filter` on https://apigw.trendyol.com; parameters page (from 0),
  size, startDate and endDate (ms since 1970), status, orderByField (CreatedDate, LastModifiedDate), orderByDirection;
  answer {content, page, size, totalElements, totalPages}; one question at `.../questions/{id}`:
  https://developers.trendyol.com/reference/getquestionfilter. Fields of a question: id, text, customerId, userName,
  showUserName, status, public, productMainId, productName, webUrl, creationDate, answer {text, creationDate}.
- Pages of 50 at most, two weeks at most between the two dates, and one week without dates:
  https://developers.trendyol.com/v2.0/docs/getting-customer-questions. The reference allows a size of 200; 50 is what
  both allow. A longer span is said to be cut to two weeks without an error, so none is ever asked for.
- Basic authentication; the User-Agent 'SELLERID - SelfIntegration' (else 403):
  https://developers.trendyol.com/docs/2-authorization
- Answers have 10 to 2000 characters, and only WAITING_FOR_ANSWER can be answered:
  https://developers.trendyol.com/docs/müşteri-sorularını-cevaplama
- A question that is not answered within three business days is closed (UNANSWERED). The API gives no deadline: it is
  computed by `collectors.workdays`, whose assumptions are there.
- 50 requests in 10 seconds to one address, then 429: from integrators' notes, not from a page of Trendyol's.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic import Field

from collectors import questions
from collectors.json_api import JsonApi, iso, part, secret, total
from collectors.protocol import About, Batch, Cursor, Fetched, Rejected, Says, SourceSettings
from collectors.questions import Question, Questions, Reading
from collectors.reviews import parsed
from collectors.transport import Transport
from collectors.workdays import after_workdays

HOST = "https://apigw.trendyol.com"
SIZE = 50
WIDEST = timedelta(days=14)
WORKDAYS = 3
LIMITS = {"min": 10, "max": 2000}
PAUSE = timedelta(minutes=1)
_ADVICE = {
    401: "Check seller_id, and the API key and secret that the environment holds for this source.",
    403: "Check seller_id and integrator: Trendyol refuses requests whose User-Agent does not name them.",
    404: "Check seller_id in the configuration.",
}


class TrendyolSettings(SourceSettings):
    """Whose questions are read."""

    seller_id: str = Field(pattern=r"^\d{1,20}$", description="the seller's number, from the seller panel")
    integrator: str = Field(
        "SelfIntegration",
        pattern=r"^[A-Za-z0-9]{1,30}$",
        description="who integrates, in the User-Agent; as it is when the software is your own",
    )
    first_days: float = Field(14.0, gt=0, le=90, description="days that the very first fetch looks back")
    overlap: float = Field(3600.0, ge=0, description="seconds before the newest question that are read again")
    api_key_env: str = Field("NOBET_TRENDYOL_API_KEY", description="environment variable with the API key")
    api_secret_env: str = Field("NOBET_TRENDYOL_API_SECRET", description="environment variable with the API secret")
    timeout: float = Field(30.0, gt=0, description="seconds without a sign of life before a request is given up")
    base_url: str | None = Field(None, description="another server instead of apigw.trendyol.com (the stage, a test)")


def _time(value: Any) -> datetime | None:
    """A time of the API, ms since 1970; None where there is none (0 included)."""
    if not isinstance(value, int | float) or isinstance(value, bool) or value <= 0:
        return None
    try:
        return datetime.fromtimestamp(value / 1000, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def parse_question(raw: Any, source: str, now: datetime) -> Fetched | Rejected:
    """A question of the API as a mention, with the moment at which Trendyol closes it."""
    if not isinstance(raw, dict):
        return Rejected("an item that is no question", str(raw)[:10_000])
    asked, answer, refused = _time(raw.get("creationDate")), part(raw, "answer"), part(raw, "rejectedAnswer")
    address = str(raw.get("webUrl") or "")
    customer = raw.get("customerId")
    record = {
        "source": source,
        "native_id": raw.get("id"),
        "text": raw.get("text"),
        "author": str(customer) if customer else None,
        "author_name": raw.get("userName") if raw.get("showUserName") is not False else None,
        "url": address if address.startswith(("https://", "http://")) else None,
        "published_at": asked,
        "extra": {
            "channel": "trendyol",
            "status": raw.get("status"),
            "public": raw.get("public"),
            "product": raw.get("productName"),
            "product_id": raw.get("productMainId"),
            "answer_by": iso(after_workdays(asked, WORKDAYS)) if asked else None,
            "answer_limits": LIMITS,
            "answer": answer.get("text"),
            "answered_at": iso(_time(answer.get("creationDate"))),
            "refused_answer": refused.get("text"),
            "refused_because": refused.get("reason") or raw.get("reason"),
        },
    }
    return parsed(raw, record, now)


class _Trendyol:
    """The requests of one seller."""

    def __init__(self, settings: TrendyolSettings, api: JsonApi, now: datetime) -> None:
        self._settings, self._api, self._now = settings, api, now
        self._url = f"{HOST}/integration/qna/sellers/{settings.seller_id}/questions"

    def page(self, start: int, end: int, page: int, *, waiting: bool) -> Questions:
        """One page of questions asked between two times."""
        params = {
            "supplierId": self._settings.seller_id, "startDate": str(start), "endDate": str(end), "page": str(page),
            "size": str(SIZE), "orderByField": "CreatedDate", "orderByDirection": "ASC",
        }  # fmt: skip
        if waiting:
            params["status"] = "WAITING_FOR_ANSWER"
        answer = self._api.get(f"{self._url}/filter", params)
        content, pages = answer.get("content"), answer.get("totalPages")
        if not isinstance(content, list) or not isinstance(pages, int):
            raise self._api.unreadable("the answer has no list of questions, or does not say how many pages there are")
        items = tuple(self._question(raw) for raw in content)
        return Questions(items, total(answer.get("totalElements")), page + 1 < pages)

    def one(self, native_id: str) -> Question:
        """One question by its number."""
        return self._question(self._api.get(f"{self._url}/{quote(native_id, safe='')}"))

    def _question(self, raw: Any) -> Question:
        item = parse_question(raw, self._settings.source, self._now)
        asked = _time(raw.get("creationDate")) if isinstance(raw, dict) else None
        waiting = isinstance(raw, dict) and raw.get("status") in ("WAITING_FOR_ANSWER", "WAITING_FOR_APPROVE")
        return Question(item, questions.ms(asked) if asked else None, waiting)


class TrendyolCollector:
    """Reads a seller's questions: the new ones, and the open ones until they are answered."""

    kind: ClassVar[str] = "trendyol"
    Settings: ClassVar[type[SourceSettings]] = TrendyolSettings
    about: ClassVar[About] = About(
        title="Trendyol",
        reads=Says(
            "Questions that customers ask you on Trendyol, with the moment at which Trendyol closes each.",
            "Müşterilerin Trendyol'da mağazanıza sorduğu sorular ve her sorunun kapanacağı an.",
        ),
        needs=Says(
            "A Trendyol seller account: the seller number, API key and API secret of its integration page.",
            "Trendyol satıcı hesabı: entegrasyon bilgileri sayfasındaki satıcı numarası, API anahtarı ve API gizli "
            "anahtarı.",
        ),
        costs=Says("Nothing beside the seller account.", "Satıcı hesabı dışında ücreti yoktur."),
        proves=Says(
            "That as many questions were read as Trendyol counts in the time that was asked for. The deadline is "
            "computed: the API does not deliver it.",
            "Sorulan zaman aralığında Trendyol'un saydığı kadar sorunun okunduğunu. Son cevap anını API vermez, "
            "iş günlerine göre hesaplanır.",
        ),
        tested="documents",
        asks=("seller_id",),
        own=True,
    )

    def __init__(self, settings: TrendyolSettings) -> None:
        self.settings = settings

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        """New questions since `cursor`, then the open ones again; see the protocol."""
        settings = self.settings
        now = now.astimezone(UTC)
        with self._api(now) as api:
            reading = Reading(
                _Trendyol(settings, api, now), api, cursor, now, widest=WIDEST,
                first=timedelta(days=settings.first_days), overlap=timedelta(seconds=settings.overlap),
            )  # fmt: skip
            yield from reading.batches()

    def verify(self, now: datetime) -> str:
        """How many questions wait for an answer, as Trendyol says."""
        now = now.astimezone(UTC)
        with self._api(now) as api:
            shop = _Trendyol(self.settings, api, now)
            page = shop.page(questions.ms(now - WIDEST), questions.ms(now), 0, waiting=True)
        count = len(page.items) if page.total is None else page.total
        return f"Trendyol answers for seller {self.settings.seller_id}: {count} questions wait for an answer."

    def rewound(self, cursor: Cursor | None, to: datetime) -> Cursor | None:
        """A cursor that reads everything asked since `to` again."""
        return questions.rewound(cursor, to)

    def _api(self, now: datetime) -> JsonApi:
        settings = self.settings
        key = secret(settings, settings.api_key_env, "the API key of your Trendyol integration page")
        hidden = secret(settings, settings.api_secret_env, "the API secret of your Trendyol integration page")
        pair = b64encode(f"{key}:{hidden}".encode()).decode()
        transport = Transport(
            settings.source, now, timeout=settings.timeout, base_url=settings.base_url, advice=_ADVICE, pause=PAUSE,
            secrets=(key, hidden, pair), private_network=settings.private_network,
        )  # fmt: skip
        api = JsonApi(transport, f"{settings.seller_id} - {settings.integrator}")
        api.session.headers["Authorization"] = f"Basic {pair}"
        return api
