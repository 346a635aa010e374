"""Reddit: a comment under a post or comment, an answer in a private talk, or a new private message.

Needs an OAuth client and the account's refresh token (scopes `submit`, `read`, `history`, `privatemessages`,
`identity`), read from environment variables. `POST /api/comment` (thing_id: t1, t3 or t4; text) and `POST
/api/compose` (to, subject, text), with api_type=json, which answers 200 with `json.errors` when it refuses:
https://www.reddit.com/dev/api. What is typed is Markdown on Reddit, as it is for everybody there.

Reddit has no idempotency key: a comment is looked for in the account's own comments (`GET /user/NAME/comments`, newest
first), a message in `GET /message/sent`; with raw_json=1 the body is what was typed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, ClassVar

from pydantic import Field

from desk.sending.http import Door, looking
from desk.sending.protocol import (
    SKEW,
    About,
    CannotTell,
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

WWW, API = "https://www.reddit.com", "https://oauth.reddit.com"
TOKEN = "/api/v1/access_token"
PAGE, PAGES = 100, 10
"""A listing holds its newest 1,000 entries."""
SUBJECT = 100
"""Characters of a private message's subject (https://www.reddit.com/dev/api#POST_api_compose)."""

_ADVICE = {
    400: "Check the refresh token that the environment holds for this sender, then send again.",
    401: "Check the client id and secret that the environment holds for this sender, then send again.",
    403: "The account may not write there (subreddit rules, ban, locked): answer by hand or another way.",
    404: "The post is gone; answer another way.",
}
_WAIT = re.compile(r"(\d+) (second|minute|hour)")
_UNITS = {"second": 1, "minute": 60, "hour": 3600}


class RedditSenderSettings(SenderSettings):
    """Which account answers on Reddit."""

    account: str = Field(pattern=r"^[A-Za-z0-9_-]{2,20}$", description="name of the account that answers, without u/")
    subject: str = Field(
        "Yanıtımız", min_length=1, max_length=SUBJECT, pattern=r"^[^\r\n]+$",
        description="subject of a new private message; an answer in a talk keeps the talk's",
    )  # fmt: skip
    client_id_env: str = Field("NOBET_REDDIT_CLIENT_ID", description="environment variable with the client id")
    client_secret_env: str = Field("NOBET_REDDIT_CLIENT_SECRET", description="environment variable with the secret")
    refresh_token_env: str = Field(
        "NOBET_REDDIT_REFRESH_TOKEN", description="environment variable with the account's refresh token"
    )


class RedditSender:
    """Answers on Reddit."""

    kind: ClassVar[str] = "reddit"
    Settings: ClassVar[type[SenderSettings]] = RedditSenderSettings
    about: ClassVar[About] = About(
        "Reddit", ("reddit", "reddit_message"), private=True, settles=timedelta(minutes=2)
    )  # listings may be a little stale (praw-dev/praw #1025, #1050)

    def __init__(self, settings: RedditSenderSettings) -> None:
        self.settings: RedditSenderSettings = settings

    def address(self, mention: Mention, private: bool) -> dict[str, Any]:
        """The entry that is answered; for a private answer to a public one, its author."""
        if mention.native_id.startswith("t4_") or not private:
            return {"in_reply_to": mention.native_id}
        if not mention.author:
            raise Refused("The author's account is gone; a private message cannot reach them.")
        return {"recipient": mention.author}

    def send(self, outgoing: Outgoing, now: datetime) -> Receipt:
        """See the protocol."""
        door = self._door(now)
        to = outgoing.address.get("recipient")
        form = {"api_type": "json", "raw_json": "1", "text": outgoing.text}
        if to:
            form |= {"to": str(to), "subject": self.settings.subject}
            self._taken(door, door.ask("POST", f"{API}/api/compose", data=form))
            # Reddit answers a new message with nothing but the absence of errors: its name is looked up.
            try:
                found = self.find(outgoing, now)
            except (NotSent, CannotTell):
                found = None
            return found or Receipt(outgoing.name_for(outgoing.unnamed(f"to:{to}"), door.at()))
        thing = required(self.settings, outgoing.address, "in_reply_to", "the entry that is answered")
        answer = self._taken(door, door.ask("POST", f"{API}/api/comment", data=form | {"thing_id": thing}))
        things = (answer.get("data") or {}).get("things") or [{}]
        data = things[0].get("data") if isinstance(things[0], dict) else None
        if not isinstance(data, dict) or not (data.get("name") or data.get("id")):
            raise door.nonsense("Reddit took the reply and named no id")
        return _receipt(data)

    def _taken(self, door: Door, answer: dict[str, Any]) -> dict[str, Any]:
        inner = answer.get("json")
        if not isinstance(inner, dict):
            raise door.nonsense("the answer is not what Reddit's API gives")
        for error in inner.get("errors") or ():
            name, words = (*map(str, error), "", "")[:2] if isinstance(error, list) else (str(error), "")
            what = f'Reddit refused it: {name} ("{words[:200]}")'
            if name.upper() == "RATELIMIT":
                wait = _WAIT.search(words)
                length = int(wait[1]) * _UNITS[wait[2]] if wait else 600
                raise NotSent(
                    door.sentence(what, "It is tried again then."), door.at() + timedelta(seconds=length), True
                )
            raise Refused(door.sentence(what, "Change the text or answer another way."))
        return inner

    def find(self, outgoing: Outgoing, now: datetime) -> Receipt | None:
        """See the protocol."""
        with looking(self.settings.sender):
            door = self._door(now)
            private = "recipient" in outgoing.address or str(outgoing.address.get("in_reply_to")).startswith("t4_")
            path = "/message/sent" if private else f"/user/{self.settings.account}/comments"
            listed = self._listed(door, path, outgoing)
            to = outgoing.address.get("recipient")
            unnamed = outgoing.unnamed(f"to:{to}") if to else ""
            return pick(listed, outgoing, door.sentence, alone=not to, unnamed=unnamed)

    def _listed(self, door: Door, path: str, outgoing: Outgoing) -> list[Shown]:
        """What the account wrote to the same place since the reply was queued."""
        wanted = ("dest", outgoing.address["recipient"]) if "recipient" in outgoing.address else (
            "parent_id", outgoing.address.get("in_reply_to"),
        )  # fmt: skip
        return [
            Shown(str(entry.get("body") or ""), _receipt(entry))
            for entry in self._entries(door, path, outgoing.queued_at - SKEW)
            if str(entry.get(wanted[0]) or "").casefold() == str(wanted[1]).casefold()
        ]

    def _entries(self, door: Door, path: str, since: datetime) -> Iterator[dict[str, Any]]:
        after = ""
        for _ in range(PAGES):
            params = {"limit": str(PAGE), "raw_json": "1", "sort": "new"} | ({"after": after} if after else {})
            data = door.ask("GET", f"{API}{path}", params=params).get("data")
            children = data.get("children") if isinstance(data, dict) else None
            if not isinstance(children, list):
                raise CannotTell(door.sentence("Reddit's answer is no listing", "Look on Reddit yourself."))
            entries = [child["data"] for child in children if isinstance(child, dict) and "data" in child]
            yield from entries
            after = str(data.get("after") or "") if isinstance(data, dict) else ""
            if not after or any((_receipt(entry).at or since) < since for entry in entries):
                return
        raise CannotTell(door.sentence("more was written since than Reddit lists", "Look on Reddit yourself."))

    def _door(self, now: datetime) -> Door:
        settings = self.settings
        keys = (
            secret(settings, settings.client_id_env, "the client id of the Reddit app"),
            secret(settings, settings.client_secret_env, "the secret of the Reddit app"),
            secret(settings, settings.refresh_token_env, "the refresh token of the account that answers"),
        )
        door = Door(
            settings.sender, now, timeout=settings.timeout, base_url=settings.base_url, advice=_ADVICE, secrets=keys,
            reads=[TOKEN],
        )  # fmt: skip
        door.session.headers["User-Agent"] = f"python:nobet.replies:v1 (by /u/{settings.account})"
        form = {"grant_type": "refresh_token", "refresh_token": keys[2]}
        token = door.ask("POST", f"{WWW}{TOKEN}", data=form, auth=(keys[0], keys[1])).get("access_token")
        if not isinstance(token, str) or not token:
            raise NotSent(door.sentence("Reddit answered the sign-in without a token", "It is tried again later."))
        door.bearer(token)
        return door


def _receipt(data: dict[str, Any]) -> Receipt:
    name = str(data.get("name") or f"t1_{data.get('id')}")
    link = data.get("permalink")
    made = data.get("created_utc")
    return Receipt(
        name,
        f"{WWW}{link}" if link else None,
        datetime.fromtimestamp(made, UTC) if isinstance(made, int | float) else None,
    )
