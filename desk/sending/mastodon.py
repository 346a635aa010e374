"""Mastodon: a status in answer to a status, public or to the customer alone, as the brand's account.

Needs an access token of the account (scopes write:statuses, read:statuses, read:accounts), and the server on which the
source reads, since a status has another id on every server. `POST /api/v1/statuses` with in_reply_to_id, visibility and
the header Idempotency-Key, under which Mastodon takes a status once within an hour
(https://docs.joinmastodon.org/methods/statuses/#create).

After that, and before every second try, it is looked for among the answered status's descendants (`GET
/api/v1/statuses/{id}/context`); their words as they were typed come from `GET /api/v1/statuses/{id}/source`. Here an
answer reaches only whom it names: the customer's handle is put before the text where the text does not hold it.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import quote, urlsplit

from pydantic import Field, field_validator

from desk.sending.http import Door, looking
from desk.sending.protocol import (
    SKEW,
    About,
    NotSent,
    Outgoing,
    Receipt,
    Refused,
    SenderSettings,
    Shown,
    pick,
    required,
    secret,
)
from mention import Mention

_ADVICE = {
    401: "Check the access token that the environment holds for this sender, then send again.",
    403: "The token lacks write:statuses, or the account may not write: correct it, then send again.",
    404: "The status is gone, or the sender's url is not the server on which the source reads.",
    422: "Mastodon refused the text (mostly its length): change it, then send again.",
}


class MastodonSenderSettings(SenderSettings):
    """Which account answers on Mastodon."""

    url: str = Field(description="the server on which the source reads, such as https://mastodon.social")
    visibility: str = Field(
        "public", pattern="^(public|unlisted|private)$", description="who sees a public answer in listings"
    )
    token_env: str = Field("NOBET_MASTODON_TOKEN", description="environment variable with the account's access token")

    @field_validator("url")
    @classmethod
    def _is_a_server(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.netloc:
            raise ValueError("is not the http or https address of a server")
        return f"{parts.scheme}://{parts.netloc}"


class MastodonSender:
    """Answers on Mastodon."""

    kind: ClassVar[str] = "mastodon"
    Settings: ClassVar[type[SenderSettings]] = MastodonSenderSettings
    about: ClassVar[About] = About("Mastodon", ("mastodon",), private=True)

    def __init__(self, settings: MastodonSenderSettings) -> None:
        self.settings: MastodonSenderSettings = settings

    def address(self, mention: Mention, private: bool) -> dict[str, Any]:
        """The status that is answered, and whom an answer must name."""
        if not mention.author:
            raise Refused("The mention does not say who wrote it; Mastodon shows an answer only to whom it names.")
        return {"in_reply_to": mention.native_id, "recipient": mention.author.removeprefix("@")}

    def send(self, outgoing: Outgoing, now: datetime) -> Receipt:
        """See the protocol."""
        door = self._door(now)
        answer = door.ask(
            "POST", f"{self.settings.url}/api/v1/statuses",
            headers={"Idempotency-Key": outgoing.token},
            json={
                "status": self._text(outgoing), "in_reply_to_id": self._answered(outgoing),
                "visibility": "direct" if outgoing.private else self.settings.visibility,
            },
        )  # fmt: skip
        if not answer.get("id"):
            raise door.nonsense("Mastodon took the status and named no id")
        return _receipt(answer)

    def find(self, outgoing: Outgoing, now: datetime) -> Receipt | None:
        """See the protocol."""
        with looking(self.settings.sender):
            door = self._door(now)
            me = door.ask("GET", f"{self.settings.url}/api/v1/accounts/verify_credentials").get("id")
            answered = self._answered(outgoing)
            context = door.ask("GET", f"{self.settings.url}/api/v1/statuses/{quote(answered, safe='')}/context")
            below = context.get("descendants")
            if not me or not isinstance(below, list):
                raise NotSent(door.sentence("Mastodon's answer is not what its API gives", "It is asked again later."))
            mine = [
                one
                for one in below
                if isinstance(one, dict)
                and str((one.get("account") or {}).get("id")) == str(me)
                and str(one.get("in_reply_to_id")) == answered
                and (_receipt(one).at or outgoing.queued_at) >= outgoing.queued_at - SKEW
            ]
            return pick((self._shown(door, one) for one in mine), self._typed(outgoing), door.sentence, alone=True)

    def _shown(self, door: Door, status: dict[str, Any]) -> Shown:
        number = quote(str(status.get("id")), safe="")
        source = door.ask("GET", f"{self.settings.url}/api/v1/statuses/{number}/source")
        return Shown(str(source.get("text") or ""), _receipt(status))

    def _typed(self, outgoing: Outgoing) -> Outgoing:
        return Outgoing(**{**vars(outgoing), "text": self._text(outgoing)})

    def _text(self, outgoing: Outgoing) -> str:
        handle = "@" + required(self.settings, outgoing.address, "recipient", "whom the answer must name")
        return outgoing.text if handle.casefold() in outgoing.text.casefold() else f"{handle} {outgoing.text}"

    def _answered(self, outgoing: Outgoing) -> str:
        return required(self.settings, outgoing.address, "in_reply_to", "the status that is answered")

    def _door(self, now: datetime) -> Door:
        settings = self.settings
        token = secret(settings, settings.token_env, "the access token of the account that answers")
        door = Door(settings.sender, now, timeout=settings.timeout, base_url=settings.base_url, advice=_ADVICE)
        door.bearer(token)
        return door


def _receipt(status: dict[str, Any]) -> Receipt:
    try:
        made = datetime.fromisoformat(str(status.get("created_at"))).astimezone(UTC)
    except ValueError:
        made = None
    url = status.get("url") or status.get("uri")
    return Receipt(str(status.get("id")), str(url) if url else None, made)
