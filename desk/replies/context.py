"""What a reply is checked against: who it goes to, where, what its author may promise, and what must not stand in it.

Everything is a plain value, so that a reply can be checked anywhere and the same reply always gets the same findings.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, Protocol
from zoneinfo import ZoneInfo

from pydantic import ConfigDict

from mention import family_of

Language = Literal["tr", "en"]

PRIVATE_FAMILIES = ("email", "direct", "phone")
"""Families whose answers only the customer reads."""

PERSONAL_KINDS = ("order", "tracking", "phone", "email", "iban", "national_id", "card", "company_phone")
"""What a Reader tells apart; `company_phone` is a line such as 0850 or 444, which is nobody's personal number."""


class Reader(Protocol):
    """What the check asks of the room that understands texts (nlp), which the desk does not import."""

    def personal(self, text: str) -> Sequence[tuple[str, int, int]]:
        """Personal data in the text as (one of PERSONAL_KINDS, start, end), places in characters of `text`."""
        ...

    def language(self, text: str) -> str:
        """The language of the text, `tr` or `en`."""
        ...


@dataclass(frozen=True)
class Grant:
    """Something the author may give on their own: a solution of the playbook and how far it goes for this case.

    Without an amount and without a percentage there is no limit in money (a replacement, or the price paid back).
    """

    __pydantic_config__ = ConfigDict(extra="forbid")

    solution: str
    """Id of the playbook's solution, such as `refund` or `voucher`."""
    amount: Decimal | None = None
    """Money that may be given at most, in `currency`."""
    currency: str | None = None
    """ISO 4217 code of `amount`."""
    percent: Decimal | None = None
    """Reduction of the price that may be given at most, in percent."""


@dataclass(frozen=True, kw_only=True)
class ReplyContext:
    """Everything a rule may ask about a reply. Only channel, family, language, now and zone must be known."""

    __pydantic_config__ = ConfigDict(extra="forbid")

    channel: str
    """The platform it is sent on, as in mention.CHANNEL_FAMILY: `x`, `trendyol`, `email`."""
    family: str
    """The channel's family (one of mention.FAMILIES), whose tone the reply takes."""
    language: Language
    """The customer's language, in which they are answered."""
    now: datetime
    """The moment of the check; aware."""
    zone: ZoneInfo
    """The desk's time zone, in which a promised day begins and ends."""
    public: bool = False
    """Whether strangers can read it: no personal data then, not even the customer's own."""
    customer_names: tuple[str, ...] = ()
    """How this customer is called: display name, signed name."""
    other_names: tuple[str, ...] = ()
    """Names of OTHER customers, such as of the cases the agent had open before."""
    agent: str = ""
    """The name of the agent who signs."""
    colleagues: tuple[str, ...] = ()
    """Names of the other agents, whose signature must not be copied along."""
    brand: str = ""
    """The brand's name as customers know it."""
    hosts: tuple[str, ...] = ()
    """The brand's own web addresses (`cinar.example`); links elsewhere are advised against. Empty: not known."""
    tone: Literal["siz", "sen"] = "siz"
    """How the brand speaks to Turkish customers."""
    apology: bool = False
    """Whether the playbook wants an apology."""
    next_step: bool = False
    """Whether the customer must learn what happens next."""
    contact_wanted: bool = False
    """Whether the reply must say where the customer reaches us."""
    contact: str = ""
    """The brand's contact as the settings have it; what stands here may stand in public."""
    reference: str = ""
    """Our own case number, which is no personal data."""
    authority: tuple[Grant, ...] = ()
    """What the agent may give in this case on their own."""
    approved: Decimal | None = None
    """The amount that somebody approved for this case beyond the agent's own authority."""
    approved_currency: str | None = None
    """ISO 4217 code of `approved`."""
    promised_dates: tuple[date, ...] = ()
    """Days this customer was already promised, or is to be promised by this decision; empty where none is known."""
    do_not_say: tuple[str, ...] = ()
    """The playbook's sentences that do harm, in the reply's language."""
    forbidden: tuple[str, ...] = ()
    """Words that the platform or the brand forbids; `kampanya*` takes every ending."""
    earlier: tuple[str, ...] = ()
    """What we already answered in this case, newest first."""


def context_for(
    channel: str, language: Language, *, now: datetime, zone: ZoneInfo, family: str = "", **known: Any
) -> ReplyContext:
    """A context for a channel, with the channel's own family unless told, and public unless the family is private.

    `known` are further fields of ReplyContext; TypeError for one that it does not have.
    """
    family = family or family_of(channel)
    return ReplyContext(
        channel=channel,
        family=family,
        language=language,
        now=now,
        zone=zone,
        **{"public": family not in PRIVATE_FAMILIES, **known},
    )
