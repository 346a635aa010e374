"""Hepsiburada: the answer to a customer's question ('Satıcıya Sor').

Needs the merchant id, the service key and the integration's User-Agent. `POST /api/v1.0/issues/{number}/answer` on
https://api-asktoseller-merchant.hepsiburada.com, a form with the part `Answer` (files may go with it; none do
here), at most 2000 characters, refused after the question's expireDate
(https://developers.hepsiburada.com/hepsiburada/reference/soru-cevaplama and the API definition of that portal). It is
looked for with `GET /api/v1.0/issues/{number}`: the conversation shows what the seller said. The names of the two sides
are not documented: whoever is not the customer is the seller. Written by the documents, not tried against Hepsiburada.
"""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import quote
from zoneinfo import ZoneInfo

from pydantic import Field

from desk.sending.http import Door, looking
from desk.sending.protocol import (
    About,
    NotSent,
    Outgoing,
    Receipt,
    SenderSettings,
    Shown,
    pick,
    required,
    secret,
)
from mention import Mention

HOST = "https://api-asktoseller-merchant.hepsiburada.com"
_ZONE = ZoneInfo("Europe/Istanbul")
_CUSTOMER = ("customer", "müşteri", "musteri", "user", "buyer")
_ADVICE = {
    400: "Read Hepsiburada's words: at most 2000 characters, and only while the question is open.",
    401: "Check merchant_id, user_agent, and the service key that the environment holds for this sender.",
    403: "Check user_agent (as Hepsiburada gave it) and that the integration may use Satıcıya Sor.",
    404: "The question is gone.",
}


class HepsiburadaSenderSettings(SenderSettings):
    """Which seller answers on Hepsiburada."""

    merchant_id: str = Field(pattern=r"^[0-9A-Fa-f-]{10,40}$", description="the merchant id, from the seller panel")
    user_agent: str = Field(
        min_length=1, max_length=100, pattern=r"^[\x20-\x7e]+$",
        description="the User-Agent that Hepsiburada gave for your integration",
    )  # fmt: skip
    service_key_env: str = Field(
        "NOBET_HEPSIBURADA_SERVICE_KEY", description="environment variable with the service key"
    )


class HepsiburadaSender:
    """Answers questions on Hepsiburada."""

    kind: ClassVar[str] = "hepsiburada"
    Settings: ClassVar[type[SenderSettings]] = HepsiburadaSenderSettings
    about: ClassVar[About] = About("Hepsiburada", ("hepsiburada",))

    def __init__(self, settings: HepsiburadaSenderSettings) -> None:
        self.settings: HepsiburadaSenderSettings = settings

    def address(self, mention: Mention, private: bool) -> dict[str, Any]:
        """The question's number; the talk is the seller's and the customer's alone, whatever was asked for."""
        return {"in_reply_to": mention.native_id}

    def send(self, outgoing: Outgoing, now: datetime) -> Receipt:
        """See the protocol."""
        door, url = self._issue(outgoing, now)
        # Hepsiburada answers 201 and a bare word: what it says is not needed.
        door.session.request("POST", f"{url}/answer", files={"Answer": (None, outgoing.text)}, allow_redirects=False)
        return Receipt(outgoing.name_for(self._unnamed(outgoing), door.at()))

    def find(self, outgoing: Outgoing, now: datetime) -> Receipt | None:
        """See the protocol."""
        with looking(self.settings.sender):
            door, url = self._issue(outgoing, now)
            talk = door.ask("GET", url).get("conversations")
            if not isinstance(talk, list):
                raise NotSent(door.sentence("the question shows no conversation", "It is asked again later."))
            ours = [
                Shown(str(part.get("content") or ""), self._receipt(outgoing, part))
                for part in talk
                if isinstance(part, dict) and not str(part.get("from") or "customer").casefold().startswith(_CUSTOMER)
            ]
            return pick(ours, outgoing, door.sentence, alone=False, unnamed=self._unnamed(outgoing))

    def _unnamed(self, outgoing: Outgoing) -> str:
        return outgoing.unnamed(f"answer:{outgoing.address['in_reply_to']}")

    def _receipt(self, outgoing: Outgoing, part: dict[str, Any]) -> Receipt:
        at = _time(part.get("createdAt"))
        name = outgoing.name_for(self._unnamed(outgoing), at or outgoing.queued_at)
        return Receipt(str(part.get("id") or name), None, at)

    def _issue(self, outgoing: Outgoing, now: datetime) -> tuple[Door, str]:
        settings = self.settings
        number = required(settings, outgoing.address, "in_reply_to", "the question's number")
        key = secret(settings, settings.service_key_env, "the service key of your Hepsiburada integration")
        pair = b64encode(f"{settings.merchant_id}:{key}".encode()).decode()
        door = Door(
            settings.sender, now, timeout=settings.timeout, base_url=settings.base_url, advice=_ADVICE,
            secrets=[key, pair],
        )  # fmt: skip
        door.session.headers["User-Agent"] = settings.user_agent
        door.session.headers["Authorization"] = f"Basic {pair}"
        door.session.headers["merchantId"] = settings.merchant_id
        return door, f"{HOST}/api/v1.0/issues/{quote(number, safe='')}"


def _time(value: Any) -> datetime | None:
    """A time of the API; one without an offset is Turkish time."""
    try:
        when = datetime.fromisoformat(str(value))
    except ValueError:
        return None
    return (when if when.tzinfo else when.replace(tzinfo=_ZONE)).astimezone(UTC)
