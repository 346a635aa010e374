"""Trendyol: the one answer that a customer's question can get.

Needs the API key and secret of the seller's panel. `POST
https://apigw.trendyol.com/integration/qna/sellers/{sellerId}/questions/{id}/answers` with {text} of 10 to 2000
characters; only WAITING_FOR_ANSWER can be answered, an answered question cannot be answered again, and an answer with
forbidden words is refused afterwards (https://developers.trendyol.com/reference/answerquestion and
https://developers.trendyol.com/docs/müşteri-sorularını-cevaplama). `GET .../questions/{id}` shows status, answer {text}
and rejectedAnswer {text, reason}, which is how it is looked for. The User-Agent is 'SELLERID - SelfIntegration'
(https://developers.trendyol.com/docs/2-authorization).
"""

from __future__ import annotations

from base64 import b64encode
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic import Field

from desk.sending.http import Door, looking
from desk.sending.protocol import (
    About,
    CannotTell,
    Outgoing,
    Receipt,
    Refused,
    SenderSettings,
    required,
    same_words,
    secret,
)
from mention import Mention

HOST = "https://apigw.trendyol.com"
WAITING = ("WAITING_FOR_ANSWER", "")
_ADVICE = {
    400: "Read Trendyol's words: length (10 to 2000 characters), forbidden words, or a question that is closed.",
    401: "Check seller_id, and the API key and secret that the environment holds for this sender.",
    403: "Check seller_id and integrator: Trendyol refuses requests whose User-Agent does not name them.",
    404: "The question is gone.",
}


class TrendyolSenderSettings(SenderSettings):
    """Which seller answers on Trendyol."""

    seller_id: str = Field(pattern=r"^\d{1,20}$", description="the seller's number, from the seller panel")
    integrator: str = Field(
        "SelfIntegration", pattern=r"^[A-Za-z0-9]{1,30}$", description="who integrates, in the User-Agent"
    )
    api_key_env: str = Field("NOBET_TRENDYOL_API_KEY", description="environment variable with the API key")
    api_secret_env: str = Field("NOBET_TRENDYOL_API_SECRET", description="environment variable with the API secret")


class TrendyolSender:
    """Answers questions on Trendyol."""

    kind: ClassVar[str] = "trendyol"
    Settings: ClassVar[type[SenderSettings]] = TrendyolSenderSettings
    about: ClassVar[About] = About("Trendyol", ("trendyol",))

    def __init__(self, settings: TrendyolSenderSettings) -> None:
        self.settings: TrendyolSenderSettings = settings

    def address(self, mention: Mention, private: bool) -> dict[str, Any]:
        """The question's number. An answer stands beside the question, so it cannot be private."""
        if private:
            raise Refused("Answers on Trendyol are public; there is no private one.")
        return {"in_reply_to": mention.native_id}

    def send(self, outgoing: Outgoing, now: datetime) -> Receipt:
        """See the protocol."""
        door, url = self._question(outgoing, now)
        door.ask("POST", f"{url}/answers", json={"text": outgoing.text})
        # The answer's number is of no use: a question has one answer, and is read by its own number.
        return Receipt(f"answer:{outgoing.address['in_reply_to']}")

    def find(self, outgoing: Outgoing, now: datetime) -> Receipt | None:
        """See the protocol."""
        with looking(self.settings.sender):
            door, url = self._question(outgoing, now)
            question = door.ask("GET", url)
        answer, rejected = _part(question, "answer"), _part(question, "rejectedAnswer")
        if same_words(str(answer.get("text") or ""), outgoing.text):
            made = answer.get("creationDate")
            at = datetime.fromtimestamp(made / 1000, UTC) if isinstance(made, int) and made > 0 else None
            link = str(question.get("webUrl") or "")
            link = link if link.startswith("https://") else ""
            return Receipt(f"answer:{outgoing.address['in_reply_to']}", link or None, at)
        if answer.get("text"):
            raise Refused(door.sentence("the question has another answer already", "It can be answered only once."))
        if same_words(str(rejected.get("text") or ""), outgoing.text):
            why = " ".join(str(rejected.get("reason") or question.get("reason") or "").split())[:200]
            raise Refused(door.sentence(f'Trendyol refused the answer ("{why}")', "Change the text, then send again."))
        if str(question.get("status") or "") in WAITING:
            return None
        raise CannotTell(
            door.sentence(
                f"the question stands at {question.get('status')} and shows no answer",
                "Look in the seller panel; then say that it is there, or send it again.",
            )
        )

    def _question(self, outgoing: Outgoing, now: datetime) -> tuple[Door, str]:
        settings = self.settings
        number = required(settings, outgoing.address, "in_reply_to", "the question's number")
        key = secret(settings, settings.api_key_env, "the API key of the seller panel")
        word = secret(settings, settings.api_secret_env, "the API secret of the seller panel")
        pair = b64encode(f"{key}:{word}".encode()).decode()
        door = Door(
            settings.sender, now, timeout=settings.timeout, base_url=settings.base_url, advice=_ADVICE,
            secrets=[key, word, pair],
        )  # fmt: skip
        door.session.headers["User-Agent"] = f"{settings.seller_id} - {settings.integrator}"
        door.session.headers["Authorization"] = f"Basic {pair}"
        return door, f"{HOST}/integration/qna/sellers/{settings.seller_id}/questions/{quote(number, safe='')}"


def _part(value: dict[str, Any], name: str) -> dict[str, Any]:
    found = value.get(name)
    return found if isinstance(found, dict) else {}
