"""One decision, each channel's draft: the facts and the offer are fixed once, and every family says them in its tone.

Pure: nothing is looked up and nothing is stored. What is private (an amount, a voucher code) stays out of every family
that strangers can read; there a sentence says only that there is an offer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import AwareDatetime, Field, StrictInt, field_validator, model_validator

from mention import FAMILIES, LANGUAGES
from playbooks.drafts import draft, render
from playbooks.facts import FACTS, PUBLIC_FAMILIES
from playbooks.schema import Amount, Bilingual, Currency, Id, Part, Playbook, Solution, suggestion
from playbooks.words import name_of, say_day, say_money

_DATES = ("promised_date", "delivery_date", "next_update", "call_time")
_DERIVED = ("offer", "public_offer", "amount")
"""Facts that follow from the solution, so that nobody can offer in words what was not decided."""

_IN_PUBLIC = Bilingual(tr="Size bir çözüm önerimiz var.", en="We have a solution to offer you.")


class DecisionError(ValueError):
    """A decision that a playbook cannot carry; a sentence in both languages for whoever decides."""

    def __init__(self, tr: str, en: str) -> None:
        super().__init__(en)
        self.tr, self.en = tr, en

    def say(self, language: str) -> str:
        """The sentence in Turkish (`tr`) or English."""
        return self.tr if language == "tr" else self.en


class Decision(Part):
    """What was decided in a case: at most one solution of its playbook, and the facts that every draft tells.

    Stored as `model_dump(mode="json")` and read back with `model_validate`. Raises ValueError (pydantic's) with a
    sentence for an unknown fact, an amount without a currency, and an offer written as a fact.
    """

    solution: Id | None = Field(None, description="id of one of the playbook's solutions; none: facts only")
    amount: Amount | None = Field(None, description="money given, where the solution's limit is an amount")
    currency: Currency | None = Field(None, description="ISO 4217 code of the amount")
    count: Annotated[StrictInt, Field(ge=1)] | None = Field(None, description="how many times; 1 when left out")
    facts: dict[str, str | Bilingual] = Field(
        default_factory=dict, description="facts by name; a plain text is said alike in both languages"
    )
    promised_date: date | None = Field(None, description="the day the customer had been promised")
    delivery_date: date | None = Field(None, description="the new day of delivery")
    next_update: AwareDatetime | None = Field(None, description="by when the customer hears from us again")
    call_time: AwareDatetime | None = Field(None, description="when the customer is called")
    decided_at: AwareDatetime | None = Field(None, description="when it was decided; this year's dates need no year")

    @field_validator("facts")
    @classmethod
    def _known(cls, facts: dict[str, str | Bilingual]) -> dict[str, str | Bilingual]:
        for name in facts:
            if name in _DATES:
                raise ValueError(f"{name!r} is a field of its own; give it as a date, so that both languages say it")
            if name in _DERIVED:
                raise ValueError(f"{name!r} follows from the solution and cannot be written by hand")
            if name not in FACTS:
                raise ValueError(f"{name!r} is not a fact that a reply can use; {suggestion(name, tuple(FACTS))}")
        return facts

    @model_validator(mode="after")
    def _whole(self) -> Decision:
        if (self.amount is None) != (self.currency is None):
            raise ValueError("an amount needs its currency, and a currency its amount")
        if self.solution is None and (self.amount is not None or self.count is not None):
            raise ValueError("an amount or a count is part of a solution; say which one is given")
        return self


@dataclass(frozen=True)
class Approval:
    """Why a decision must be granted by another: `code` is one of beyond_limit, other_currency, other_role; `who` are
    the roles that may; the sentence is in both languages."""

    code: str
    who: tuple[str, ...]
    tr: str
    en: str

    def say(self, language: str) -> str:
        """The sentence in Turkish (`tr`) or English."""
        return self.tr if language == "tr" else self.en


def solution_of(decision: Decision, playbook: Playbook) -> Solution | None:
    """The solution that was decided, or None for a decision of facts only.

    Raises DecisionError where the playbook has no such solution, or gives it in money and no amount was named (or the
    other way round).
    """
    if decision.solution is None:
        return None
    found = playbook.solution(decision.solution)
    if found is None:
        known = suggestion(decision.solution, tuple(solution.id for solution in playbook.solutions))
        raise DecisionError(
            f"“{decision.solution}” bu senaryonun çözümlerinden biri değil.",
            f"{decision.solution!r} is no solution of this playbook; {known}",
        )
    money = found.limit.amount is not None
    if money and (decision.amount is None or decision.count is not None):
        raise DecisionError(
            f"“{found.title.tr}” tutarla verilir; tutarı ve para birimini yazın.",
            f"{found.title.en!r} is given in money; write the amount and its currency, and no count.",
        )
    if not money and decision.amount is not None:
        raise DecisionError(
            f"“{found.title.tr}” tutarla verilmez; tutarı silin.",
            f"{found.title.en!r} is not given in money; leave the amount out.",
        )
    return found


def needs(decision: Decision, playbook: Playbook, role: str, already: Decimal | int = 0) -> Approval | None:
    """Why somebody of `role` may not grant the decision alone, and who may; None where they may.

    `already` is what this case was given of the solution before: money in the limit's currency, or times. The
    playbook's decider and deputy may grant everything; what a role may spend in a month is not known here. Raises
    DecisionError as `solution_of` does.
    """
    solution = solution_of(decision, playbook)
    deciders = (playbook.decides.role, playbook.decides.deputy)
    if solution is None or role in deciders:
        return None
    limit = solution.limit
    if limit.amount is not None and limit.currency is not None and decision.amount is not None:
        if decision.currency != limit.currency:
            return _approval(
                "other_currency", deciders,
                f"“{solution.title.tr}” için sınır {limit.currency} ile konmuş; bu karar {decision.currency} ile.",
                f"The limit of {solution.title.en!r} is in {limit.currency}, and this is in {decision.currency}.",
            )  # fmt: skip
        total = decision.amount + already
        if total > limit.amount:
            most, sum_ = ([say_money(a, limit.currency, lang) for lang in LANGUAGES] for a in (limit.amount, total))
            return _approval(
                "beyond_limit", deciders,
                f"“{solution.title.tr}” için sınır {most[0]}; bu kararla {sum_[0]} olur.",
                f"The limit of {solution.title.en!r} is {most[1]}; this would make {sum_[1]}.",
            )  # fmt: skip
    elif limit.count is not None and (decision.count or 1) + already > limit.count:
        times = (decision.count or 1) + already
        return _approval(
            "beyond_limit", deciders,
            f"“{solution.title.tr}” bir vakada en çok {limit.count} kez verilir; bu kararla {times} olur.",
            f"{solution.title.en!r} is given at most {limit.count} times in a case; this would make {times}.",
        )  # fmt: skip
    if role not in solution.who:
        return _approval(
            "other_role", tuple(dict.fromkeys((*solution.who, *deciders))),
            f"“{solution.title.tr}” için yetkiniz yok.", f"Your role may not grant {solution.title.en!r}.",
        )  # fmt: skip
    return None


def _approval(code: str, who: tuple[str, ...], tr: str, en: str) -> Approval:
    turkish = " ya da ".join(name_of("role", role, "tr") for role in who)
    english = " or ".join(name_of("role", role, "en") for role in who)
    return Approval(code, who, f"{tr} Verebilecek olan: {turkish}.", f"{en} It may be granted by: {english}.")


def told(
    playbook: Playbook, decision: Decision, language: str, facts: Mapping[str, object] | None = None, *, zone: ZoneInfo
) -> dict[str, str]:
    """The facts that a decision fixes, said in a language; moments are said in `zone`, the desk's time zone.

    `facts` is what the words of an offer may use besides. Raises DecisionError as `solution_of` does.
    """
    said = {n: value.say(language) if isinstance(value, Bilingual) else value for n, value in decision.facts.items()}
    now = decision.decided_at.astimezone(zone) if decision.decided_at else None
    for name in _DATES:
        value: date | None = getattr(decision, name)
        if value is not None:
            local = value.astimezone(zone) if isinstance(value, datetime) else value
            said[name] = say_day(local, language, now)
    solution = solution_of(decision, playbook)
    if solution is not None:
        if decision.amount is not None and decision.currency is not None:
            said["amount"] = say_money(decision.amount, decision.currency, language)
        said["offer"] = _offer(solution, language, {**(facts or {}), **said}, decision.count or 1)
        said["public_offer"] = (solution.public_offer or _IN_PUBLIC).say(language)
    return said


def _offer(solution: Solution, language: str, said: Mapping[str, object], count: int) -> str:
    if solution.offer is not None:
        words = render(solution.offer.say(language), language, said)
    else:  # a playbook of one's own that has no words for the customer yet
        amount = f" ({said['amount']})" if "amount" in said else ""
        words = solution.title.say(language) + amount
    return f"{words} ({count} {'kez' if language == 'tr' else 'times'})" if count > 1 else words


def drafts_of(
    playbook: Playbook,
    decision: Decision,
    facts: Mapping[str, object],
    families: Iterable[str] = FAMILIES,
    languages: Iterable[str] = LANGUAGES,
    *,
    zone: ZoneInfo,
) -> dict[tuple[str, str], str]:
    """The draft for each channel family and language, all from one decision.

    `facts` is what the desk knows of the case (name, order number, brand); what was decided comes before it. A written
    fact that names the amount or the voucher code is left as a slot where strangers read. Raises DecisionError as
    `solution_of` does, and DraftError for an unknown family or language.
    """
    drafts = {}
    families = tuple(families)
    for language in languages:
        known: dict[str, object] = {name: value for name, value in facts.items() if name not in _DERIVED}
        known |= told(playbook, decision, language, known, zone=zone)
        public = {name: value for name, value in known.items() if name in _FIXED or not _tells(value, decision, known)}
        for family in families:
            drafts[family, language] = draft(playbook, family, language, public if family in PUBLIC_FAMILIES else known)
    return drafts


_FIXED = (*_DATES, "public_offer")
"""Facts that are said by us and not written by hand; they tell no amount."""


def _tells(value: object, decision: Decision, known: Mapping[str, object]) -> bool:
    """Whether a written fact gives away the amount or the voucher code."""
    text = str(value)
    code = str(known.get("voucher_code") or "").strip()
    if code and code.casefold() in text.casefold():
        return True
    if decision.amount is None or decision.currency is None:
        return False
    unit = "|".join(("₺", "TL", "lira", re.escape(decision.currency)))
    for match in re.finditer(rf"(?:{unit})\s*([\d.,]*\d)|([\d.,]*\d)\s*(?:{unit})", text, re.IGNORECASE):
        if _digits(match[1] or match[2]) == _digits(f"{decision.amount:f}"):
            return True
    return False


def _digits(number: str) -> str:
    """A number without its separators and without a fraction of nothing: `1.250,00` and `1250` are both `1250`."""
    whole = re.sub(r"[.,]0{1,2}$", "", number)
    return re.sub(r"[.,]", "", whole)
