"""App Store: the developer's response to a review. A review has one response; sending it again replaces it by itself.

Needs an App Store Connect API key (role Customer Support or above; the .p8 file's path or text in an environment
variable). `POST /v1/customerReviewResponses` creates or overwrites
(https://developer.apple.com/documentation/appstoreconnectapi/post-v1-customerreviewresponses); `GET
/v1/customerReviews/{id}/response` is how it is looked for. Its token: a JWT signed with ES256, aud appstoreconnect-v1,
at most 20 minutes (.../appstoreconnectapi/generating-tokens-for-api-requests). Reviews that were read from Apple's
public feed have another id, which this API does not know: they are answered by hand.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar
from urllib.parse import quote

import jwt
from pydantic import Field

from desk.sending.google_play import key_text
from desk.sending.http import Door, looking
from desk.sending.protocol import About, Outgoing, Receipt, Refused, SenderSettings, required, same_words
from mention import Mention

HOST = "https://api.appstoreconnect.apple.com"
TOKEN_LIFE = timedelta(minutes=15)
_ADVICE = {
    401: "Check issuer_id, key_id and the App Store Connect key that the environment holds for this sender.",
    403: "The App Store Connect key needs the role Customer Support or above, and the agreements must be signed.",
    404: "The review is gone, or it was read from the public feed, whose ids App Store Connect does not know.",
    409: "Apple refused the text (at most 5970 characters): change it, then send again.",
}


class AppStoreSenderSettings(SenderSettings):
    """With which key reviews are answered."""

    issuer_id: str = Field("", max_length=100, description="issuer id of the key; empty for a personal key")
    key_id: str = Field(min_length=1, max_length=100, description="id of the App Store Connect key")
    key_env: str = Field(
        "NOBET_APP_STORE_KEY", description="environment variable with the .p8 key: the path of its file, or its text"
    )


class AppStoreSender:
    """Answers reviews on the App Store."""

    kind: ClassVar[str] = "app_store"
    Settings: ClassVar[type[SenderSettings]] = AppStoreSenderSettings
    about: ClassVar[About] = About("App Store", ("app_store",))

    def __init__(self, settings: AppStoreSenderSettings) -> None:
        self.settings: AppStoreSenderSettings = settings

    def address(self, mention: Mention, private: bool) -> dict[str, Any]:
        """The review. A response stands under it, so it cannot be private."""
        if private:
            raise Refused("Responses on the App Store are public; there is no private one.")
        return {"in_reply_to": mention.native_id}

    def send(self, outgoing: Outgoing, now: datetime) -> Receipt:
        """See the protocol."""
        door, review = self._door(outgoing, now)
        body = {
            "data": {
                "type": "customerReviewResponses",
                "attributes": {"responseBody": outgoing.text},
                "relationships": {"review": {"data": {"type": "customerReviews", "id": review}}},
            }
        }
        return _receipt(door.ask("POST", f"{HOST}/v1/customerReviewResponses", json=body), review)

    def find(self, outgoing: Outgoing, now: datetime) -> Receipt | None:
        """See the protocol."""
        with looking(self.settings.sender):
            door, review = self._door(outgoing, now)
            try:
                answer = door.ask("GET", f"{HOST}/v1/customerReviews/{quote(review, safe='')}/response")
            except Refused as refused:
                if refused.status == 404:  # no response yet; that the review is gone is said by the next try
                    return None
                raise
        data = answer.get("data")
        attributes = data.get("attributes") if isinstance(data, dict) else None
        text = attributes.get("responseBody") if isinstance(attributes, dict) else None
        return _receipt(answer, review) if same_words(str(text or ""), outgoing.text) else None

    def _door(self, outgoing: Outgoing, now: datetime) -> tuple[Door, str]:
        settings = self.settings
        review = required(settings, outgoing.address, "in_reply_to", "the review that is answered")
        key = key_text(settings, settings.key_env, "the App Store Connect key")
        claims: dict[str, Any] = {
            "iat": int(now.timestamp()), "exp": int((now + TOKEN_LIFE).timestamp()), "aud": "appstoreconnect-v1",
        }  # fmt: skip
        # A personal key has no issuer; it says sub: user instead.
        claims |= {"iss": settings.issuer_id} if settings.issuer_id else {"sub": "user"}
        try:
            token = jwt.encode(claims, key, algorithm="ES256", headers={"kid": settings.key_id, "typ": "JWT"})
        except (ValueError, TypeError, jwt.PyJWTError):
            raise Refused(
                f'Sender "{settings.sender}": the environment variable {settings.key_env} holds no App Store Connect '
                "key (.p8). Correct it, then send again; nothing was sent."
            ) from None
        door = Door(settings.sender, now, timeout=settings.timeout, base_url=settings.base_url, advice=_ADVICE)
        door.bearer(token)
        return door, review


def _receipt(answer: dict[str, Any], review: str) -> Receipt:
    data = answer.get("data")
    data = data if isinstance(data, dict) else {}
    attributes = data.get("attributes")
    try:
        changed = attributes.get("lastModifiedDate") if isinstance(attributes, dict) else None
        at = datetime.fromisoformat(str(changed)).astimezone(UTC)
    except ValueError:
        at = None
    return Receipt(str(data.get("id") or f"response:{review}"), None, at)
