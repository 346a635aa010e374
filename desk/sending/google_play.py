"""Google Play: the developer's reply to a review. A review has one reply; sending it again replaces it by itself.

Needs a service account with 'Reply to reviews', its key file in an environment variable (path, or JSON on one line).
`POST androidpublisher/v3/applications/{packageName}/reviews/{reviewId}:reply` with {replyText}, about 350 characters at
most; HTML tags are stripped (https://developers.google.com/android-publisher/api-ref/rest/v3/reviews/reply). It is
looked for with `GET .../reviews/{reviewId}`: comments[].developerComment.text.
"""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, ClassVar
from urllib.parse import quote

from pydantic import Field

from desk.sending.google import TOKEN, service_account_token
from desk.sending.http import Door, looking
from desk.sending.protocol import About, Outgoing, Receipt, Refused, SenderSettings, required, same_words, secret
from mention import Mention

HOST = "https://androidpublisher.googleapis.com"
SCOPE = "https://www.googleapis.com/auth/androidpublisher"
LARGEST_KEY = 64 * 1024
_ADVICE = {
    400: "Google refused the text (about 350 characters at most): change it, then send again.",
    401: "Check the service account's key that the environment holds for this sender.",
    403: "Give the service account the right to reply to reviews in the Play Console.",
    404: "The review is gone, or the package is another app's.",
}


class GooglePlaySenderSettings(SenderSettings):
    """Whose reviews are answered."""

    package: str = Field(pattern=r"^[A-Za-z][A-Za-z0-9_.]{2,150}$", description="package name of the app")
    key_env: str = Field(
        "NOBET_GOOGLE_PLAY_KEY",
        description="environment variable with the service account's key file: its path, or its JSON on one line",
    )


class GooglePlaySender:
    """Answers reviews on Google Play."""

    kind: ClassVar[str] = "google_play"
    Settings: ClassVar[type[SenderSettings]] = GooglePlaySenderSettings
    about: ClassVar[About] = About("Google Play", ("google_play",))

    def __init__(self, settings: GooglePlaySenderSettings) -> None:
        self.settings: GooglePlaySenderSettings = settings

    def address(self, mention: Mention, private: bool) -> dict[str, Any]:
        """The review. A reply stands under it, so it cannot be private."""
        if private:
            raise Refused("Replies on Google Play are public; there is no private one.")
        return {"in_reply_to": mention.native_id}

    def send(self, outgoing: Outgoing, now: datetime) -> Receipt:
        """See the protocol."""
        door, url = self._review(outgoing, now)
        door.ask("POST", f"{url}:reply", json={"replyText": outgoing.text})
        return self._receipt(outgoing)

    def find(self, outgoing: Outgoing, now: datetime) -> Receipt | None:
        """See the protocol."""
        with looking(self.settings.sender):
            door, url = self._review(outgoing, now)
            for comment in door.ask("GET", url).get("comments") or ():
                reply = comment.get("developerComment") if isinstance(comment, dict) else None
                if isinstance(reply, dict) and same_words(str(reply.get("text") or ""), outgoing.text):
                    return self._receipt(outgoing, reply.get("lastModified"))
        return None

    def _receipt(self, outgoing: Outgoing, changed: Any = None) -> Receipt:
        review = str(outgoing.address["in_reply_to"])
        url = f"https://play.google.com/store/apps/details?id={self.settings.package}&reviewId={quote(review, safe='')}"
        try:
            at = datetime.fromtimestamp(int(changed["seconds"]), UTC)
        except (TypeError, KeyError, ValueError, OverflowError):
            at = None
        return Receipt(f"reply:{review}", url, at)

    def _review(self, outgoing: Outgoing, now: datetime) -> tuple[Door, str]:
        settings = self.settings
        review = required(settings, outgoing.address, "in_reply_to", "the review that is answered")
        key = key_text(settings, settings.key_env, "the service account's key file")
        door = Door(
            settings.sender, now, timeout=settings.timeout, base_url=settings.base_url, advice=_ADVICE, reads=[TOKEN]
        )
        door.bearer(service_account_token(door, key, SCOPE, now))
        path = f"/androidpublisher/v3/applications/{settings.package}/reviews/{quote(review, safe='')}"
        return door, HOST + path


def key_text(settings: SenderSettings, variable: str, what: str) -> str:
    """A key that the environment holds as its text or as the path of its file. Raises Refused."""
    value = secret(settings, variable, what)
    if value.startswith("{"):
        return value
    if value.startswith("-----"):  # an environment file has one line a variable; line ends are then written as \n
        return value.replace("\\n", "\n")
    try:
        with Path(value).expanduser().open(encoding="utf-8") as file:
            return file.read(LARGEST_KEY)
    except (OSError, ValueError):
        raise Refused(
            f'Sender "{settings.sender}": the environment variable {variable} holds neither {what} nor the path of a '
            "file with it that can be read. Correct it, then send again; nothing was sent."
        ) from None
