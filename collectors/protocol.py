"""What a collector is: it fetches batches from one source after a cursor. It stores nothing itself.

The promise is at-least-once: a batch and its cursor are stored in one transaction by whoever called `fetch`, so a
collector must be able to go on from any cursor it ever yielded, and a replay of a batch stores nothing twice.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, ClassVar, Protocol

from pydantic import BaseModel, ConfigDict, Field

from mention import Mention

Cursor = dict[str, Any]
"""Where a collector stands, as JSON; None before the first batch."""


class SourceSettings(BaseModel):
    """What every source's configuration has; a collector adds its own fields. Unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field(description="which collector reads this source")
    name: str = Field("", description="the source's name in the store; the kind when left out")
    every: float = Field(300.0, gt=0, description="seconds between two fetches")
    enabled: bool = Field(True, description="false keeps the configuration and fetches nothing")

    @property
    def source(self) -> str:
        """The name under which this source's mentions and cursor are stored."""
        return self.name or self.kind


@dataclass(frozen=True)
class Fetched:
    """One mention with the payload it was parsed from (JSON-able), kept so that a parser's mistake can be mended."""

    mention: Mention
    raw: Any


@dataclass(frozen=True)
class Rejected:
    """An item that could not be read as a mention: why, and the item itself, for the quarantine."""

    reason: str
    raw: Any
    native_id: str | None = None


@dataclass(frozen=True)
class Batch:
    """Part of a fetch, stored whole with `cursor`. A cursor must let a later fetch miss nothing before it."""

    fetched: tuple[Fetched, ...]
    cursor: Cursor
    rejected: tuple[Rejected, ...] = ()
    note: str = ""
    """Evidence in a few words, e.g. '304 not modified', 'overlap found on page 3', 'listing ended'."""


class CollectorError(Exception):
    """A fetch that failed; the message is a sentence for the person who must act, without secrets."""

    retry_at: datetime | None = None


class RateLimited(CollectorError):
    """The source asked us to wait until `retry_at` (aware UTC; None when it did not say)."""

    def __init__(self, sentence: str, retry_at: datetime | None = None) -> None:
        super().__init__(sentence)
        self.retry_at = retry_at


class Refused(CollectorError):
    """The source refused who we are or what we asked (401, 403, 404): a person must change the configuration."""


class Unavailable(CollectorError):
    """The source could not be reached or failed itself (network, 5xx, time-out); later may work."""


class Unreadable(CollectorError):
    """The source answered in a form that we do not understand (broken JSON, HTML for JSON, a changed layout)."""


class Collector(Protocol):
    """One source. `Settings` describes its configuration; `fetch` brings what is new after `cursor`."""

    kind: ClassVar[str]
    Settings: ClassVar[type[SourceSettings]]

    def __init__(self, settings: Any) -> None: ...

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        """Every page after `cursor`, batch by batch, oldest guarantees first.

        `now` is aware UTC. Raises a CollectorError; batches yielded before it remain good.
        """
        ...
