"""What a sender is: it hands one reply to one platform, and can look whether it is there already.

The promise of the outbox (desk/outbox.py) is exactly one message. It rests on three words that a sender keeps apart:

- `NotSent`, `Refused`: the platform surely did not take it (never reached, told to wait, said no).
- `MaybeSent`: the request went out and no answer says what became of it. Then nothing is sent again before `find`.
- `CannotTell`: `find` cannot know. Then nothing is sent again at all until a person has looked.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict, Field, model_validator

from mention import Mention

SKEW = timedelta(minutes=2)
"""How far a platform's clock may be behind ours: what is older than the reply by more than this is not the reply."""


class SenderSettings(BaseModel):
    """What every sender's configuration has; an adapter adds its own fields. Unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field(description="which adapter sends")
    name: str = Field("", max_length=100, description="the sender's name in the outbox; the kind when left out")
    enabled: bool = Field(True, description="false keeps the configuration and sends nothing")
    sources: tuple[str, ...] = Field(
        (), max_length=100, description="names of the sources it answers for; every one of its channels when left out"
    )
    settles: float | None = Field(
        None, ge=0, description="seconds until a message is certain to be shown by the platform's own listing"
    )
    timeout: float = Field(30.0, gt=0, le=60, description="seconds without a sign of life before it is given up")
    base_url: str | None = Field(None, description="another server instead of the platform's, for tests and proxies")

    @property
    def sender(self) -> str:
        """The name under which this sender's replies are kept."""
        return self.name or self.kind

    @model_validator(mode="after")
    def _variables_are_named(self) -> SenderSettings:
        for name in type(self).model_fields:
            # A secret in the place of its variable's name would be repeated wherever the name is.
            if name.endswith("_env") and not re.fullmatch(r"(?:[A-Za-z_][A-Za-z0-9_]{0,99})?", getattr(self, name)):
                raise ValueError(
                    f"{name!r} takes the name of an environment variable (letters, digits, _), not what it holds"
                )
        return self


@dataclass(frozen=True)
class Outgoing:
    """One reply as a sender sees it. `address` is what the sender's own `address` made of the mention."""

    brand: str
    key: str
    """The send key: one reply, one key, for ever."""
    text: str
    private: bool
    address: Mapping[str, Any]
    queued_at: datetime
    known: frozenset[str] = frozenset()
    """Native ids and links of this sender's other replies: what is found under one of them is not this reply."""

    def unnamed(self, place: str) -> str:
        """How a name begins for a reply of these words at `place`, where the platform tells no id; see `pick`."""
        return f"{place}:{hashlib.sha256(self.text.encode()).hexdigest()[:16]}:"

    def name_for(self, unnamed: str, at: datetime) -> str:
        """A name of ours for a reply that was taken at `at`, for a platform that tells no id."""
        return f"{unnamed}{int(at.timestamp())}:{self.token[:16]}"

    @property
    def token(self) -> str:
        """64 hex digits that are this reply's alone: what idempotency keys, message ids and record keys are made of."""
        return hashlib.sha256(f"{self.brand}\0{self.key}".encode()).hexdigest()


@dataclass(frozen=True)
class Receipt:
    """Where the reply is: the platform's id, its link, and when it took it (aware UTC; None if it does not say)."""

    native_id: str
    url: str | None = None
    at: datetime | None = None


class SendError(Exception):
    """A reply that did not go out, or may not have; the message is a sentence for the person who must act."""


class NotSent(SendError):
    """Surely not taken, and later may work. `retry_at` (aware UTC) where the platform named a time; `everybody` says
    that the whole account has to wait, and not this reply alone."""

    def __init__(self, sentence: str, retry_at: datetime | None = None, everybody: bool = False) -> None:
        super().__init__(sentence)
        self.retry_at = retry_at
        self.everybody = everybody


class Refused(SendError):
    """Surely not taken, and the same again will not be either: a person must change the text or the configuration."""

    def __init__(self, sentence: str, status: int | None = None) -> None:
        super().__init__(sentence)
        self.status = status


class MaybeSent(SendError):
    """The platform was told, and what it did is not known (connection lost, time-out, 5xx)."""

    def __init__(self, sentence: str, retry_at: datetime | None = None) -> None:
        super().__init__(sentence)
        self.retry_at = retry_at


class CannotTell(SendError):
    """Whether the reply is there cannot be found out by a program."""


@dataclass(frozen=True)
class About:
    """What the board and the docs tell of a kind."""

    title: str
    channels: tuple[str, ...]
    """Channels of mentions that it answers."""
    public: bool = True
    private: bool = False
    settles: timedelta = timedelta(0)
    """Until when after a try `find` may miss a message that was taken."""


class Sender(Protocol):
    """One account on one platform."""

    kind: ClassVar[str]
    Settings: ClassVar[type[SenderSettings]]
    about: ClassVar[About]
    settings: SenderSettings

    def __init__(self, settings: Any) -> None: ...

    def address(self, mention: Mention, private: bool) -> dict[str, Any]:
        """Where an answer to `mention` goes, as JSON. Pure. Raises Refused where it cannot go this way."""
        ...

    def send(self, outgoing: Outgoing, now: datetime) -> Receipt:
        """Hands the reply over, once. Raises NotSent, Refused or MaybeSent."""
        ...

    def find(self, outgoing: Outgoing, now: datetime) -> Receipt | None:
        """The reply where it is there already; None where it surely is not. Raises CannotTell; NotSent where the
        platform could not be asked now; Refused where it said that this reply will never be taken."""
        ...


@dataclass(frozen=True)
class Shown:
    """A message of our account that a platform lists: its words as they were typed, and where it is."""

    text: str
    receipt: Receipt


def same_words(one: str, other: str) -> bool:
    """Whether two texts are the same message: platforms trim ends, and turn one kind of blank into another."""
    return " ".join(one.split()) == " ".join(other.split())


def pick(
    shown: Iterable[Shown],
    outgoing: Outgoing,
    sentence: Callable[[str, str], str],
    *,
    alone: bool,
    unnamed: str = "",
) -> Receipt | None:
    """The receipt of the message that is `outgoing`, None where none is.

    `shown` are our account's messages to the same place since the reply was queued. With `alone`, nothing else of ours
    is expected there: then another text may be the reply in words that the platform changed, and a person must look.
    `unnamed` is how the names begin that were given to replies of the same words whose id the platform did not tell:
    as many of the messages, the oldest, are theirs.
    """
    since = outgoing.queued_at - SKEW
    left = [
        one
        for one in shown
        if not {one.receipt.native_id, one.receipt.url} & outgoing.known
        and (one.receipt.at is None or one.receipt.at >= since)
    ]
    same = [one.receipt for one in left if same_words(one.text, outgoing.text)]
    same.sort(key=lambda receipt: receipt.at or outgoing.queued_at)
    stamps = [name.removeprefix(unnamed).partition(":")[0] for name in outgoing.known if unnamed and unnamed in name]
    others = sum(1 for stamp in stamps if stamp.isdigit() and int(stamp) >= since.timestamp())
    if len(same) > others:
        return same[-1]
    left = [one for one in left if one.receipt not in same]
    if left and alone:
        link = left[0].receipt.url or left[0].receipt.native_id
        raise CannotTell(
            sentence(
                f"your account answered there meanwhile, in other words ({link})",
                "Look whether that is this reply; then say that it is there, or send it again.",
            )
        )
    return None


def secret(settings: SenderSettings, variable: str, what: str) -> str:
    """The value of an environment variable; Refused, naming it and `what` belongs there, when it is empty."""
    value = os.environ.get(variable, "").strip()
    if not value:
        raise Refused(
            f'Sender "{settings.sender}": the environment variable {variable} is empty. Put {what} there, then send '
            "again; nothing was sent."
        )
    return value


def required(settings: SenderSettings, address: Mapping[str, Any], name: str, what: str) -> str:
    """A part of an address that must be there; Refused in words (`what` is missing) otherwise."""
    value = address.get(name)
    if not isinstance(value, str) or not value.strip():
        raise Refused(f'Sender "{settings.sender}": {what} is not known. Answer by hand; nothing was sent.')
    return value
