"""X (Twitter): a reply to a post, or a direct message, as the brand's account, through API v2 and tweepy.

Needs the four keys of OAuth 1.0a with write access (for direct messages too), read from environment variables: an
app-only bearer token may not write (https://docs.x.com/x-api/direct-messages/manage/integrate). `POST /2/tweets` with
`reply.in_reply_to_tweet_id`; `POST /2/dm_conversations/with/{participant_id}/messages`.

X has no idempotency key. A reply is looked for in the account's own posts (`GET /2/users/{id}/tweets`, start_time), a
direct message in its conversation (`GET /2/dm_conversations/with/{participant_id}/dm_events`). X writes links as
t.co, escapes & < > and puts the answered names before the text: all three are undone before texts are compared.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

import tweepy
from pydantic import Field

from desk.sending.http import Door, looking
from desk.sending.protocol import (
    SKEW,
    About,
    CannotTell,
    MaybeSent,
    Outgoing,
    Receipt,
    Refused,
    SendError,
    SenderSettings,
    Shown,
    pick,
    required,
    secret,
)
from mention import Mention

# tweepy logs the Authorization header of every request at DEBUG; no log of ours may hold a token.
logging.getLogger("tweepy.client").setLevel(logging.INFO)

PAGE, PAGES = 100, 8
"""The newest 800 posts or messages are looked through; X lists at most 3,200."""

_ADVICE = {
    401: "Check the four X keys that the environment holds for this sender, then send again.",
    403: "X refused this message (who may answer or write to the customer, text, or the app's write access): read "
    "X's words, then change the text or answer by hand.",
    404: "The post or the account is gone; answer another way.",
}
_NAMES = re.compile(r"^(?:@\w{1,15}\s+)+")


class XSenderSettings(SenderSettings):
    """Which account answers on X."""

    user_id: str = Field(pattern=r"^\d{1,20}$", description="numeric id of the account that answers")
    consumer_key_env: str = Field("NOBET_X_CONSUMER_KEY", description="environment variable with the app's API key")
    consumer_secret_env: str = Field("NOBET_X_CONSUMER_SECRET", description="environment variable with its secret")
    access_token_env: str = Field("NOBET_X_ACCESS_TOKEN", description="environment variable with the access token")
    access_secret_env: str = Field("NOBET_X_ACCESS_SECRET", description="environment variable with its secret")


def plain(text: str, entities: Any) -> str:
    """A post's text as it was typed: links whole, & < > themselves, without the answered names before it."""
    links = entities.get("urls") if isinstance(entities, dict) else None
    for link in links if isinstance(links, list) else ():
        if isinstance(link, dict) and link.get("url") and link.get("expanded_url"):
            text = text.replace(str(link["url"]), str(link["expanded_url"]))
    text = text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return _NAMES.sub("", text)


class XSender:
    """Answers on X, in public or by direct message."""

    kind: ClassVar[str] = "x"
    Settings: ClassVar[type[SenderSettings]] = XSenderSettings
    about: ClassVar[About] = About("X (Twitter)", ("x",), private=True, settles=timedelta(minutes=1))

    def __init__(self, settings: XSenderSettings) -> None:
        self.settings: XSenderSettings = settings

    def address(self, mention: Mention, private: bool) -> dict[str, Any]:
        """The post that is answered, or the account that is written to; see the protocol."""
        if private:
            writer = str(mention.extra.get("author_id") or "")
            if not writer:
                raise Refused("The mention does not say the number of the account that wrote it, which X asks for.")
            return {"recipient": writer}
        return {"in_reply_to": str(mention.extra.get("version_id") or mention.native_id)}

    def send(self, outgoing: Outgoing, now: datetime) -> Receipt:
        """See the protocol."""
        door, client = self._client(now)
        if outgoing.private:
            to = required(self.settings, outgoing.address, "recipient", "the account that is written to")
            answer = self._ask(door, client, "create_direct_message", participant_id=to, text=outgoing.text)
            number = answer.get("dm_event_id")
            if not number:
                raise door.nonsense("X took the message and named no id")
            return Receipt(str(number), f"https://x.com/messages/{self.settings.user_id}-{to}")
        post = required(self.settings, outgoing.address, "in_reply_to", "the post that is answered")
        answer = self._ask(door, client, "create_tweet", in_reply_to_tweet_id=post, text=outgoing.text)
        if not answer.get("id"):
            raise door.nonsense("X took the reply and named no id")
        return Receipt(str(answer["id"]), f"https://x.com/i/web/status/{answer['id']}")

    def find(self, outgoing: Outgoing, now: datetime) -> Receipt | None:
        """See the protocol."""
        with looking(self.settings.sender):
            door, client = self._client(now)
            if outgoing.private:
                to = required(self.settings, outgoing.address, "recipient", "the account that is written to")
                return pick(self._messages(door, client, to, outgoing), outgoing, door.sentence, alone=False)
            post = required(self.settings, outgoing.address, "in_reply_to", "the post that is answered")
            return pick(self._replies(door, client, post, outgoing), outgoing, door.sentence, alone=True)

    def _replies(self, door: Door, client: tweepy.Client, post: str, outgoing: Outgoing) -> list[Shown]:
        start = (outgoing.queued_at - SKEW).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        pages = self._pages(
            door, client, "get_users_tweets", id=self.settings.user_id, start_time=start,
            tweet_fields=["created_at", "entities", "note_tweet", "referenced_tweets", "text"],
        )  # fmt: skip
        found = []
        for one in pages:
            others = one.get("referenced_tweets") or ()
            if not any(o.get("type") == "replied_to" and str(o.get("id")) == post for o in others):
                continue
            note = one.get("note_tweet") or {}
            text = plain(str(note.get("text") or one.get("text") or ""), note.get("entities") or one.get("entities"))
            number = str(one.get("id"))
            found.append(Shown(text, Receipt(number, f"https://x.com/i/web/status/{number}", _time(one))))
        # Whoever begins a reply with names finds them taken off on both sides.
        bare = _NAMES.sub("", outgoing.text)
        return [Shown(outgoing.text, s.receipt) if s.text.split() == bare.split() else s for s in found]

    def _messages(self, door: Door, client: tweepy.Client, to: str, outgoing: Outgoing) -> Iterator[Shown]:
        pages = self._pages(
            door, client, "get_direct_message_events", participant_id=to, event_types="MessageCreate",
            dm_event_fields=["id", "text", "sender_id", "created_at", "entities"],
        )  # fmt: skip
        for one in pages:
            at = _time(one)
            if at is not None and at < outgoing.queued_at - SKEW:
                return
            if str(one.get("sender_id")) == self.settings.user_id:
                number = str(one.get("id"))
                text = str(one.get("text") or "")
                for said in (plain(text, one.get("entities")), text):
                    url = f"https://x.com/messages/{self.settings.user_id}-{to}"
                    yield Shown(said, Receipt(number, url, at))

    def _pages(self, door: Door, client: tweepy.Client, call: str, **options: Any) -> Iterator[dict[str, Any]]:
        marker = None
        for _ in range(PAGES):
            answer = self._call(door, client, call, max_results=PAGE, pagination_token=marker, **options)
            items, meta = answer.get("data", []), answer.get("meta") or {}
            if not isinstance(items, list):
                raise CannotTell(door.sentence("X's answer is not a list of messages", "Look on X yourself."))
            yield from (item for item in items if isinstance(item, dict))
            marker = meta.get("next_token")
            if not marker:
                return
        raise CannotTell(door.sentence("too many messages were written since", "Look on X yourself."))

    def _ask(self, door: Door, client: tweepy.Client, call: str, **options: Any) -> dict[str, Any]:
        answer = self._call(door, client, call, **options).get("data")
        if not isinstance(answer, dict):
            raise door.nonsense("the answer is not what X's API gives")
        return answer

    def _call(self, door: Door, client: tweepy.Client, call: str, **options: Any) -> dict[str, Any]:
        try:
            answer = getattr(client, call)(user_auth=True, **options)
        except SendError:
            raise
        except (tweepy.TweepyException, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            what = f"the answer is not what X's API gives ({type(error).__name__})"
            raise MaybeSent(door.sentence(what, "It is looked for before anything is sent again.")) from None
        if not isinstance(answer, dict):
            raise door.nonsense("the answer is not what X's API gives")
        return answer

    def _client(self, now: datetime) -> tuple[Door, tweepy.Client]:
        settings = self.settings
        keys = [
            secret(settings, settings.consumer_key_env, "the API key of the X app"),
            secret(settings, settings.consumer_secret_env, "the API key secret of the X app"),
            secret(settings, settings.access_token_env, "the access token of the account that answers"),
            secret(settings, settings.access_secret_env, "the access token secret of the account that answers"),
        ]
        door = Door(
            settings.sender, now, timeout=settings.timeout, base_url=settings.base_url, advice=_ADVICE, secrets=keys
        )
        client = tweepy.Client(
            consumer_key=keys[0], consumer_secret=keys[1], access_token=keys[2], access_token_secret=keys[3],
            return_type=dict, wait_on_rate_limit=False,
        )  # fmt: skip
        client.session = door.session  # tweepy's host is a constant; the door is where another one can be asked
        return door, client


def _time(one: dict[str, Any]) -> datetime | None:
    try:
        return datetime.fromisoformat(str(one.get("created_at"))).astimezone(UTC)
    except ValueError:
        return None
