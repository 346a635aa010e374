"""What a collector is: it fetches batches from one source after a cursor. It stores nothing itself.

The promise is at-least-once: a batch and its cursor are stored in one transaction by whoever called `fetch`, so a
collector must be able to go on from any cursor it ever yielded, and a replay of a batch stores nothing twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, ClassVar, Literal, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from collectors.query import Query
from mention import Mention

Cursor = dict[str, Any]
"""Where a collector stands, as JSON; None before the first batch."""


class SourceSettings(BaseModel):
    """What every source's configuration has; a collector adds its own fields. Unknown fields are errors."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    kind: str = Field(description="which collector reads this source")
    name: str = Field("", description="the source's name in the store; the kind when left out")
    enabled: bool = Field(True, description="false keeps the configuration and fetches nothing")
    every: float = Field(300.0, gt=0, description="seconds between two fetches, to begin with")
    fastest: float | None = Field(None, gt=0, description="least seconds between two; a fifth of `every` when left out")
    slowest: float | None = Field(None, gt=0, description="most seconds between two; twice `every` when left out")
    query: str | None = Field(
        None, max_length=2000, description="what counts as a mention here; the brand's query when left out, '' for all"
    )
    requests_per_day: int | None = Field(None, ge=1, description="requests in a UTC day after which reading stops")
    items_per_month: int | None = Field(None, ge=1, description="items read in a UTC month after which reading stops")
    money_per_month: Decimal | None = Field(None, gt=0, description="cost in a UTC month after which reading stops")
    price_per_item: Decimal = Field(Decimal(0), ge=0, description="what one item read costs, in `currency`")
    currency: str = Field("USD", pattern=r"^[A-Z]{3}$", description="currency of the two amounts, ISO 4217")
    private_network: bool = Field(
        False, description="true lets this source reach addresses inside your own network (never by default)"
    )

    @property
    def source(self) -> str:
        """The name under which this source's mentions and cursor are stored."""
        return self.name or self.kind

    @field_validator("query")
    @classmethod
    def _can_be_understood(cls, value: str | None) -> str | None:
        if value and value.strip():
            Query.parse(value)  # its error is a ValueError with the column and what to do
        return value

    @property
    def bounds(self) -> tuple[float, float]:
        """The least and the most seconds between two fetches."""
        fastest = self.every / 5 if self.fastest is None else self.fastest
        return fastest, max(fastest, self.every * 2 if self.slowest is None else self.slowest)

    @model_validator(mode="after")
    def _variables_are_named(self) -> SourceSettings:
        for name in type(self).model_fields:
            # A secret in the place of its variable's name would be repeated wherever the name is.
            if name.endswith("_env") and not re.fullmatch(r"(?:[A-Za-z_][A-Za-z0-9_]{0,99})?", getattr(self, name)):
                raise ValueError(
                    f"{name!r} takes the name of an environment variable (letters, digits, _), not what it holds"
                )
        return self

    @model_validator(mode="after")
    def _bounds_hold_every(self) -> SourceSettings:
        if (self.fastest or 0) > self.every or (self.slowest is not None and self.slowest < self.every):
            raise ValueError("'every' must lie between 'fastest' and 'slowest'")
        if self.money_per_month is not None and not self.price_per_item:
            raise ValueError("'money_per_month' needs 'price_per_item': without a price nothing can be counted")
        return self


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


Proof = Literal["overlap", "unchanged", "counted", "ended", "moved", "parsed"]
"""How a fetch knows that it read everything: it met what it had read before (`overlap`), the source says that nothing
changed (`unchanged`), the source's own count agrees (`counted`), it read the whole listing to its end (`ended`), the
source's own sequence went on without a hole (`moved`: IMAP UIDs, since_id that is honoured), or nothing but a page that
parsed (`parsed`), which proves little where a source normally speaks."""


@dataclass(frozen=True)
class Reach:
    """What a fetch that came to its end proves: from when on everything that the source lists was read.

    `since` (aware UTC) is None where the fetch joins what was read before. `gap` says that posts between the last fetch
    and `since` may be missing, `missed` how many if it can be estimated.
    """

    proof: Proof
    since: datetime | None = None
    gap: bool = False
    missed: int | None = None


@dataclass(frozen=True)
class Batch:
    """Part of a fetch, stored whole with `cursor`. A cursor must let a later fetch miss nothing before it."""

    fetched: tuple[Fetched, ...]
    cursor: Cursor
    rejected: tuple[Rejected, ...] = ()
    note: str = ""
    """Evidence in a few words, e.g. '304 not modified', 'overlap found on page 3', 'listing ended'."""
    reach: Reach | None = None
    """On the batch that completes a fetch; a fetch that ends without one goes on in the next and proves nothing yet."""
    gone: tuple[str, ...] = ()
    """native_ids that the source says were deleted; they are removed from the store where the platform demands it."""


class CollectorError(Exception):
    """A fetch that failed; the message is a sentence for the person who must act, without secrets."""

    retry_at: datetime | None = None
    page: str | None = None
    """The page that could not be read, kept for whoever repairs the reader; at most 200,000 characters, no secrets."""


class RateLimited(CollectorError):
    """The source asked us to wait until `retry_at` (aware UTC; None when it did not say)."""

    def __init__(self, sentence: str, retry_at: datetime | None = None) -> None:
        super().__init__(sentence)
        self.retry_at = retry_at


class BudgetSpent(RateLimited):
    """A budget of our own is used up until `retry_at`."""


class Refused(CollectorError):
    """The source refused who we are or what we asked (401, 403, 404): a person must change the configuration."""


class Unavailable(CollectorError):
    """The source could not be reached or failed itself (network, 5xx, time-out); later may work."""


class Unreadable(CollectorError):
    """The source answered in a form that we do not understand (broken JSON, HTML for JSON, a changed layout)."""


@dataclass(frozen=True)
class Says:
    """One sentence in both languages of the board."""

    en: str
    tr: str


Tested = Literal["real_server", "recorded", "documents"]
"""How a kind was tested: against a server that we did not write, against recorded real answers, or only against answers
written by the service's documents."""


@dataclass(frozen=True)
class About:
    """What `nobet sources` and the board tell of a kind before anybody configures it."""

    title: str
    reads: Says
    needs: Says
    """Keys, accounts, permissions; 'nothing' where that is so."""
    costs: Says
    proves: Says
    """What its fetches can prove about completeness, and what they cannot."""
    tested: Tested
    asks: tuple[str, ...] = ()
    """The settings that `nobet add` asks for, in this order, beside the variables of its secrets."""
    own: bool = False
    """Whether everything it brings is addressed to the brand (mail, reviews, shop questions): no query is needed."""
    removes_deleted: bool = False
    """Whether the platform demands that what was deleted there is removed here."""
    settles: float = 60.0
    """Seconds until a post is certain to be listed by the source; younger minutes are not called seen yet."""


class Collector(Protocol):
    """One source. `Settings` describes its configuration; `fetch` brings what is new after `cursor`."""

    kind: ClassVar[str]
    Settings: ClassVar[type[SourceSettings]]
    about: ClassVar[About]

    def __init__(self, settings: Any) -> None: ...

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        """Every page after `cursor`, batch by batch, oldest guarantees first.

        `now` is aware UTC. Raises a CollectorError; batches yielded before it remain good.
        """
        ...


@runtime_checkable
class Verifies(Protocol):
    """A collector that can ask its service whether the configuration works, cheaper than by a fetch."""

    def verify(self, now: datetime) -> str:
        """One sentence of what the service says (which account, which access). Raises a CollectorError."""
        ...


@runtime_checkable
class Rewinds(Protocol):
    """A collector that can read older posts again, for back-fill."""

    def rewound(self, cursor: Cursor | None, to: datetime) -> Cursor | None:
        """A cursor from which a fetch reads everything posted since `to` (aware UTC) that the source still lists.

        None where the source does not reach back that far.
        """
        ...


@runtime_checkable
class Rechecks(Protocol):
    """A collector that can ask which stored mentions were deleted by their authors since."""

    def deleted(self, native_ids: Sequence[str], now: datetime) -> tuple[str, ...]:
        """Those of `native_ids` (at most 100) that the source no longer shows. Raises a CollectorError."""
        ...
