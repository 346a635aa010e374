"""YouTube: an answer under a comment, as the brand's channel.

Needs an OAuth client and a refresh token of the channel's account with the scope youtube.force-ssl. `POST
/youtube/v3/comments?part=snippet` with snippet {parentId, textOriginal}; parentId is the thread's first comment
(https://developers.google.com/youtube/v3/docs/comments/insert; 50 units of the day's quota). There is no idempotency
key: it is looked for among the thread's answers (`GET /youtube/v3/comments?parentId=`, plainText), by authorChannelId.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from pydantic import Field

from desk.sending.google import TOKEN, refreshed_token
from desk.sending.http import Door, looking
from desk.sending.protocol import (
    About,
    CannotTell,
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

HOST = "https://youtube.googleapis.com"
COMMENTS = f"{HOST}/youtube/v3/comments"
PAGES = 10
_ADVICE = {
    400: "YouTube refused the comment: change the text, then send again.",
    401: "Check the refresh token that the environment holds for this sender.",
    403: "Comments may be closed there, the quota used up, or the scope youtube.force-ssl missing.",
    404: "The comment or the video is gone.",
}


class YoutubeSenderSettings(SenderSettings):
    """Which channel answers on YouTube."""

    channel_id: str = Field(pattern=r"^UC[A-Za-z0-9_-]{22}$", description="id of the channel that answers (UC…)")
    client_id_env: str = Field("NOBET_YOUTUBE_CLIENT_ID", description="environment variable with the client id")
    client_secret_env: str = Field("NOBET_YOUTUBE_CLIENT_SECRET", description="environment variable with its secret")
    refresh_token_env: str = Field(
        "NOBET_YOUTUBE_REFRESH_TOKEN", description="environment variable with the channel's refresh token"
    )


class YoutubeSender:
    """Answers comments on YouTube."""

    kind: ClassVar[str] = "youtube"
    Settings: ClassVar[type[SenderSettings]] = YoutubeSenderSettings
    about: ClassVar[About] = About("YouTube", ("youtube",), settles=timedelta(minutes=2))

    def __init__(self, settings: YoutubeSenderSettings) -> None:
        self.settings: YoutubeSenderSettings = settings

    def address(self, mention: Mention, private: bool) -> dict[str, Any]:
        """The thread's first comment: YouTube hangs every answer there."""
        if private:
            raise Refused("Comments on YouTube are public; there is no private answer.")
        return {"in_reply_to": mention.thread_id or mention.native_id}

    def send(self, outgoing: Outgoing, now: datetime) -> Receipt:
        """See the protocol."""
        door, parent = self._door(outgoing, now)
        body = {"snippet": {"parentId": parent, "textOriginal": outgoing.text}}
        answer = door.ask("POST", COMMENTS, params={"part": "snippet"}, json=body)
        if not answer.get("id"):
            raise door.nonsense("YouTube took the comment and named no id")
        return Receipt(str(answer["id"]))

    def find(self, outgoing: Outgoing, now: datetime) -> Receipt | None:
        """See the protocol."""
        with looking(self.settings.sender):
            door, parent = self._door(outgoing, now)
            return pick(self._answers(door, parent), outgoing, door.sentence, alone=False)

    def _answers(self, door: Door, parent: str) -> Iterator[Shown]:
        params = {"part": "snippet", "parentId": parent, "maxResults": "100", "textFormat": "plainText"}
        for _ in range(PAGES):
            answer = door.ask("GET", COMMENTS, params=params)
            for item in answer.get("items") or ():
                said = item.get("snippet") if isinstance(item, dict) else None
                if not isinstance(said, dict):
                    continue
                if (said.get("authorChannelId") or {}).get("value") != self.settings.channel_id:
                    continue
                try:
                    at = datetime.fromisoformat(str(said.get("publishedAt"))).astimezone(UTC)
                except ValueError:
                    at = None
                for text in {str(said.get(name) or "") for name in ("textOriginal", "textDisplay")}:
                    yield Shown(text, Receipt(str(item.get("id")), None, at))
            if not answer.get("nextPageToken"):
                return
            params = params | {"pageToken": str(answer["nextPageToken"])}
        raise CannotTell(door.sentence("the thread is too long to be searched", "Look on YouTube yourself."))

    def _door(self, outgoing: Outgoing, now: datetime) -> tuple[Door, str]:
        settings = self.settings
        parent = required(settings, outgoing.address, "in_reply_to", "the comment that is answered")
        keys = (
            secret(settings, settings.client_id_env, "the client id of the Google app"),
            secret(settings, settings.client_secret_env, "the client secret of the Google app"),
            secret(settings, settings.refresh_token_env, "the refresh token of the channel that answers"),
        )
        door = Door(
            settings.sender, now, timeout=settings.timeout, base_url=settings.base_url, advice=_ADVICE, secrets=keys,
            reads=[TOKEN],
        )  # fmt: skip
        door.bearer(refreshed_token(door, *keys))
        return door, parent
