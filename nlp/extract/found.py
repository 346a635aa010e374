"""What can be found in a text: one frozen class per kind, each with its place, the text as written and its meaning.

Places count characters of the text as the author wrote it: `text[start:end] == finding.text`, whatever invisible
characters, foreign digits or capitals stand there.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

Grade = Literal["mild", "strong", "hate", "threat"]
Precision = Literal["time", "day", "week", "month", "year"]
Unit = Literal["minute", "hour", "day", "workday", "week", "month", "year"]


@dataclass(frozen=True, slots=True)
class Finding:
    """A piece of the text: where it begins, where it ends (past its last character), and what stands there."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Reference(Finding):
    """An order, a tracking or a product's number: `value` in capitals without separators that only group it.

    `told` is True where a word beside it says what it is, False where its shape alone does.
    """

    kind: Literal["order", "tracking", "code"]
    value: str
    told: bool


@dataclass(frozen=True, slots=True)
class Named(Finding):
    """A product of the brand or a carrier, under the name that the brand or the trade uses."""

    kind: Literal["product", "carrier"]
    value: str


@dataclass(frozen=True, slots=True)
class Personal(Finding):
    """Something to be masked before others read it.

    `value` is E.164 for a phone, lower case for an address, digits and capitals for the rest. `valid` is False where
    the checksum fails but a word says what it was meant to be (a mistyped IBAN is still nearly an IBAN). `private` is
    False for a company's own line (444, 0850, 0800), which needs no mask.
    """

    kind: Literal["phone", "email", "iban", "national_id", "card"]
    value: str
    valid: bool = True
    private: bool = True


@dataclass(frozen=True, slots=True)
class Amount(Finding):
    """A sum of money: `value` in units of `currency` (ISO 4217)."""

    value: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class When(Finding):
    """A day, seen from when the author wrote: `day` in the given zone, `at` where a time of day is said.

    `precision` is how exactly it was said; `assumed` is True where the year, the direction (last or next Tuesday), the
    order of day and month or the day of a time had to be guessed.
    """

    day: date
    at: datetime | None
    precision: Precision
    assumed: bool


@dataclass(frozen=True, slots=True)
class Lasting(Finding):
    """How long something has lasted. `amount` and `unit` are None for `günlerdir` or `since Monday`.

    `since` is the first day in the given zone, None where nobody can tell; `since_at` the moment where hours or
    minutes are said. `ongoing` is False for a span that the text does not tie to the present (`valid for 30 days`).
    """

    amount: Decimal | None
    unit: Unit | None
    since: date | None
    since_at: datetime | None
    ongoing: bool


@dataclass(frozen=True, slots=True)
class City(Finding):
    """A province of Turkey, and the district where one is named; spelled as the state spells them."""

    province: str
    district: str | None


@dataclass(frozen=True, slots=True)
class Offence(Finding):
    """Offensive words. `word` is the entry of the list that was hit."""

    grade: Grade
    word: str


@dataclass(frozen=True, slots=True)
class Found:
    """All that was found in one text, each kind in the text's order."""

    orders: tuple[Reference, ...] = ()
    trackings: tuple[Reference, ...] = ()
    codes: tuple[Reference, ...] = ()
    products: tuple[Named, ...] = ()
    phones: tuple[Personal, ...] = ()
    emails: tuple[Personal, ...] = ()
    ibans: tuple[Personal, ...] = ()
    national_ids: tuple[Personal, ...] = ()
    cards: tuple[Personal, ...] = ()
    amounts: tuple[Amount, ...] = ()
    dates: tuple[When, ...] = ()
    durations: tuple[Lasting, ...] = ()
    cities: tuple[City, ...] = ()
    carriers: tuple[Named, ...] = ()
    offences: tuple[Offence, ...] = ()

    @property
    def personal(self) -> tuple[Personal, ...]:
        """What `mask` covers: everything personal but companies' own lines, in the text's order."""
        every = (*self.phones, *self.emails, *self.ibans, *self.national_ids, *self.cards)
        return tuple(sorted((one for one in every if one.private), key=lambda one: one.start))

    @property
    def every(self) -> tuple[Finding, ...]:
        """All findings in the text's order."""
        kinds: tuple[tuple[Finding, ...], ...] = (
            self.orders, self.trackings, self.codes, self.products, self.phones, self.emails, self.ibans,
            self.national_ids, self.cards, self.amounts, self.dates, self.durations, self.cities, self.carriers,
            self.offences,
        )  # fmt: skip
        return tuple(sorted((one for kind in kinds for one in kind), key=lambda one: (one.start, one.end)))
