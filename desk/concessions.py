"""What may be given to a customer, how far each role's own authority goes, and whether it worked. Pure.

Sums are compared within one currency only: a sum in a currency for which no limit is set is within nobody's limit.
What goes past a colleague's own limit needs an approval by somebody whose limit reaches that far; nothing and nobody
goes past the month's budget.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from desk.approvals import Need, able, asked_of, decided_by
from desk.money import Money, known_currency, total
from desk.policy import Duration
from desk.roles import Hand, Refused, Role, said
from playbooks.schema import Amount, Bilingual, Currency, Limit, Playbook, Solution

Kind = Literal["voucher", "refund", "replacement", "loyalty_points", "executive_call"]
KINDS: tuple[Kind, ...] = ("voucher", "refund", "replacement", "loyalty_points", "executive_call")
MONEY_KINDS = ("voucher", "refund")
"""Kinds that are a sum of money; the others are counted (pieces, points, calls)."""

STATES = ("promised", "granted", "redeemed", "cancelled")

NAMES: dict[str, tuple[str, str]] = {
    "voucher": ("kupon", "voucher"),
    "refund": ("para iadesi", "refund"),
    "replacement": ("yenisinin gönderilmesi", "replacement"),
    "loyalty_points": ("sadakat puanı", "loyalty points"),
    "executive_call": ("yönetici araması", "call from an executive"),
}

MAX_COUNT = 1_000_000
"""Pieces or points of one concession; more is a slip of the hand."""


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Authority(_Form):
    """How far somebody may go alone with one kind of concession, in one currency or by count."""

    kind: Kind = Field(description="voucher, refund, replacement, loyalty_points or executive_call")
    per_case: Limit = Field(description="on one case, all colleagues together: an amount with currency, or a count")
    per_month: Limit | None = Field(
        None, description="by one colleague alone in a calendar month; no limit if left out"
    )
    per_person_year: Limit | None = Field(None, description="to one customer in 365 days; no limit if left out")

    @model_validator(mode="after")
    def _one_unit(self) -> Authority:
        for limit in (self.per_case, self.per_month, self.per_person_year):
            if limit is None:
                continue
            if (limit.amount is not None) != (self.kind in MONEY_KINDS):
                form = "an amount with its currency" if self.kind in MONEY_KINDS else "a count"
                raise ValueError(f"a limit of {self.kind} is {form}")
            if limit.currency != self.per_case.currency:
                raise ValueError("the limits of one line are in one currency; write a line for each currency")
        return self


class RoleAuthority(Authority):
    """How far everybody of a role may go alone."""

    role: Role = Field(description="the role")


class Budget(_Form):
    """What the whole desk may give in a calendar month in one currency. No approval goes past it."""

    amount: Amount = Field(description="money, as quoted text")
    currency: Currency = Field(description="ISO 4217 code")


def _limit(amount: str) -> Limit:
    return Limit(amount=Decimal(amount), currency="TRY")


def _role(role: str, kind: Kind, case: str, month: str, year: str | None = None) -> RoleAuthority:
    yearly = _limit(year) if year else None
    return RoleAuthority(
        role=role, kind=kind, per_case=_limit(case), per_month=_limit(month), per_person_year=yearly
    )  # fmt: skip


def _counted(role: str, kind: Kind, case: int, month: int | None = None) -> RoleAuthority:
    monthly = Limit(count=month) if month else None
    return RoleAuthority(role=role, kind=kind, per_case=Limit(count=case), per_month=monthly)


# A start for a shop in Turkey, in the order of the shipped playbooks' own limits; every brand sets its own.
_LIMITS = (
    _role("agent", "voucher", "250.00", "7500.00", "750.00"),
    _role("agent", "refund", "500.00", "15000.00"),
    _counted("agent", "replacement", 1, 50),
    _counted("agent", "loyalty_points", 500, 20_000),
    _role("team_lead", "voucher", "750.00", "30000.00", "2250.00"),
    _role("team_lead", "refund", "3000.00", "60000.00"),
    _counted("team_lead", "replacement", 2, 200),
    _counted("team_lead", "loyalty_points", 2500, 100_000),
    _counted("team_lead", "executive_call", 1, 10),
    _role("crisis_manager", "voucher", "5000.00", "100000.00"),
    _role("crisis_manager", "refund", "25000.00", "250000.00"),
    _counted("crisis_manager", "replacement", 5),
    _counted("crisis_manager", "loyalty_points", 10_000),
    _counted("crisis_manager", "executive_call", 3),
)


class Concessions(_Form):
    """What may be given, by whom, up to where."""

    limits: tuple[RoleAuthority, ...] = Field(_LIMITS, description="limits of each role; what is not listed is denied")
    budget: tuple[Budget, ...] = Field((), description="the whole desk's month, a line for each currency")
    hand_over_after: Duration = Field(timedelta(minutes=30), description="wait for an approval before the next role")
    warn_below: int = Field(20, ge=0, le=1_000_000, description="warn when fewer voucher codes of a value are left")

    @field_validator("limits", "budget")
    @classmethod
    def _in_use(cls, lines: tuple[RoleAuthority, ...] | tuple[Budget, ...]) -> Any:
        for line in lines:
            known_currency(line.currency if isinstance(line, Budget) else line.per_case.currency)
        return lines

    @model_validator(mode="after")
    def _once(self) -> Concessions:
        lines = [(line.role, line.kind, line.per_case.currency) for line in self.limits]
        for line in lines:
            if lines.count(line) > 1:
                raise ValueError(f"the limit of {line[1]} for the role {line[0]} is given twice in one currency")
        budgets = [line.currency for line in self.budget]
        if len(set(budgets)) < len(budgets):
            raise ValueError("the budget names a currency twice")
        return self


@dataclass(frozen=True)
class Wish:
    """What somebody would give: a sum for MONEY_KINDS, else a count. `solution` is the playbook's, where it is one."""

    kind: str
    money: Money | None = None
    count: int = 1
    solution: str | None = None

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise Refused(
                f"“{self.kind}” diye bir telafi yok.", f"{self.kind!r} is no concession; known are {', '.join(KINDS)}."
            )
        name_tr, name_en = NAMES[self.kind]
        if (self.money is not None) != (self.kind in MONEY_KINDS):
            if self.kind in MONEY_KINDS:
                raise Refused(
                    f"{name_tr}: tutar ve para birimi yazın.", f"{name_en}: write an amount and its currency."
                )
            raise Refused(f"{name_tr}: tutar değil, adet yazın.", f"{name_en}: write a count, not an amount.")
        if self.money is not None and self.count != 1:
            raise Refused(f"{name_tr}: her biri ayrı verilir.", f"{name_en}: each one is granted by itself.")
        if isinstance(self.count, bool) or not isinstance(self.count, int) or not 1 <= self.count <= MAX_COUNT:
            raise Refused(
                f"{name_tr}: 1 ile {MAX_COUNT} arasında bir adet yazın.",
                f"{name_en}: write a count of 1 to {MAX_COUNT}.",
            )

    @property
    def unit(self) -> Decimal:
        """The sum, or the count."""
        return self.money.amount if self.money is not None else Decimal(self.count)

    @property
    def currency(self) -> str | None:
        """The sum's currency; None for what is counted."""
        return self.money.currency if self.money is not None else None

    @property
    def text(self) -> str:
        """The wish in full, in one line; it is what an approval of it is about."""
        what = str(self.money) if self.money is not None else str(self.count)
        return f"{self.kind} {what}" + (f" ({self.solution})" if self.solution else "")

    def say(self, language: str) -> str:
        """The wish for a person: `kupon 250.00 TRY`."""
        what = str(self.money) if self.money is not None else str(self.count)
        return f"{NAMES[self.kind][0 if language == 'tr' else 1]} {what}"


@dataclass(frozen=True)
class Spent:
    """What was given before and not cancelled, in the wish's kind and currency (the budget: all kinds of money)."""

    case: Decimal = Decimal(0)
    month: Decimal = Decimal(0)
    """By this colleague in this month on their own authority; what others approved is not counted."""
    person_year: Decimal = Decimal(0)
    budget: Decimal = Decimal(0)
    solution: Decimal = Decimal(0)
    solution_times: int = 0


class Granter(Hand, Protocol):
    """Whoever grants: their roles, and limits of their own (desk.team.Agent)."""

    @property
    def limits(self) -> tuple[Authority, ...]:
        """Limits of their own; a line here stands instead of their roles' lines of the same kind and currency."""


def judge(
    wish: Wish, agent: Granter, rules: Concessions, spent: Spent, playbook: Playbook | None = None
) -> tuple[Need, ...]:
    """The approvals that a concession needs; none where it is within the agent's own authority.

    Raises Refused where no approval would help: past the month's budget, a solution that the playbook does not have,
    or a sum that is past everybody's limit.
    """
    _within_budget(wish, rules, spent)
    needs = list(_of_solution(wish, agent, spent, playbook))
    if not any(_reaches(line, wish, spent, alone=True) for line in _own(wish, agent, rules)):
        needs.append(_beyond_own(wish, agent, rules, spent))
    return tuple(needs)


def _within_budget(wish: Wish, rules: Concessions, spent: Spent) -> None:
    for line in rules.budget:
        if wish.currency == line.currency and total((spent.budget, wish.unit)) > line.amount:
            left = max(Decimal(0), line.amount - spent.budget)
            raise Refused(
                f"Ayın bütçesi {line.amount} {line.currency}; geriye {left} {line.currency} kaldı. "
                "Hiçbir şey verilmedi.",
                f"The month's budget is {line.amount} {line.currency}, {left} {line.currency} of it are left. "
                "Nothing was granted.",
            )


def _of_solution(wish: Wish, agent: Granter, spent: Spent, playbook: Playbook | None) -> Iterable[Need]:
    if wish.solution is None:
        return
    solution = next((each for each in playbook.solutions if each.id == wish.solution), None) if playbook else None
    if playbook is None or solution is None:
        raise Refused(
            f"Kaydın senaryosunda “{wish.solution}” diye bir çözüm yok.",
            f"The playbook of the case has no solution {wish.solution!r}.",
        )
    if not set(solution.who) & set(agent.roles):
        why = Bilingual(
            tr=f"“{solution.title.tr}” çözümü size açık değil",
            en=f"the solution “{solution.title.en}” is not yours to give",
        )
        yield Need(asked_of(solution.who, "concession"), why)
    if beyond := _beyond_solution(wish, spent, solution):
        yield decided_by(playbook, "concession", beyond)


def _beyond_solution(wish: Wish, spent: Spent, solution: Solution) -> Bilingual | None:
    limit = solution.limit
    title = solution.title
    if limit.count is not None:
        # of money, the playbook counts the times; of what is counted, the pieces
        given = Decimal(spent.solution_times + 1) if wish.money is not None else total((spent.solution, wish.unit))
        if given <= limit.count:
            return None
        return Bilingual(
            tr=f"“{title.tr}” kayıt başına en çok {limit.count}", en=f"“{title.en}” is limited to {limit.count} a case"
        )
    if wish.currency != limit.currency:
        return Bilingual(
            tr=f"“{title.tr}” sınırı {limit.currency} ile yazılmış; karşılaştırılamaz",
            en=f"the limit of “{title.en}” is in {limit.currency} and cannot be compared",
        )
    if total((spent.solution, wish.unit)) <= (limit.amount or 0):
        return None
    return Bilingual(
        tr=f"“{title.tr}” kayıt başına en çok {limit.amount} {limit.currency}",
        en=f"“{title.en}” goes up to {limit.amount} {limit.currency} a case",
    )


def _own(wish: Wish, agent: Granter, rules: Concessions) -> list[Authority]:
    """The lines of an agent's own authority over a wish."""
    personal = [line for line in agent.limits if _about(line, wish)]
    if personal:
        return personal
    return [line for line in rules.limits if line.role in agent.roles and _about(line, wish)]


def _about(line: Authority, wish: Wish) -> bool:
    return line.kind == wish.kind and line.per_case.currency == wish.currency


def _reaches(line: Authority, wish: Wish, spent: Spent, *, alone: bool) -> bool:
    checks = [(line.per_case, spent.case), (line.per_person_year, spent.person_year)]
    if alone:
        checks.append((line.per_month, spent.month))
    return all(limit is None or total((before, wish.unit)) <= _size(limit) for limit, before in checks)


def _size(limit: Limit) -> Decimal:
    return limit.amount if limit.amount is not None else Decimal(limit.count or 0)


def _beyond_own(wish: Wish, agent: Granter, rules: Concessions, spent: Spent) -> Need:
    """The need of somebody whose limit reaches: the role with the lowest first, the next one after a time."""
    lines = sorted((line for line in rules.limits if _about(line, wish)), key=lambda line: _size(line.per_case))
    reaching = able([line.role for line in lines if _reaches(line, wish, spent, alone=False)], "concession")
    if not reaching:
        highest = lines[-1] if lines else None
        if highest is None:
            raise Refused(
                f"{wish.say('tr')}: bu tür ve para birimi için kimseye sınır tanınmamış. Hiçbir şey verilmedi.",
                f"{wish.say('en')}: nobody has a limit for this kind and currency. Nothing was granted.",
            )
        top = f"{_size(highest.per_case)} {highest.per_case.currency or ''}".strip()
        raise Refused(
            f"{wish.say('tr')} herkesin sınırını aşıyor (en yüksek: {said([highest.role], 'tr')}, {top}; bu kayıtta "
            f"{spent.case} verildi). Hiçbir şey verilmedi.",
            f"{wish.say('en')} is past everybody's limit (the highest: {said([highest.role], 'en')}, {top}; "
            f"{spent.case} was given on this case). Nothing was granted.",
        )
    return Need(
        reaching[:1], _why_beyond(wish, agent, rules, spent), next(iter(reaching[1:]), None), rules.hand_over_after
    )


def _why_beyond(wish: Wish, agent: Granter, rules: Concessions, spent: Spent) -> Bilingual:
    own = _own(wish, agent, rules)
    if not own:
        return Bilingual(
            tr=f"{wish.say('tr')} için {agent.name} adına sınır yok",
            en=f"{agent.name} has no limit for {wish.say('en')}",
        )
    best = max(own, key=lambda line: _size(line.per_case))
    tr, en = [], []
    for limit, before, name_tr, name_en in (
        (best.per_case, spent.case, "kayıt başına", "a case"),
        (best.per_month, spent.month, "ayda", "a month"),
        (best.per_person_year, spent.person_year, "müşteri başına yılda", "a customer and year"),
    ):
        if limit is not None and total((before, wish.unit)) > _size(limit):
            size = f"{_size(limit)} {limit.currency or ''}".strip()
            tr.append(f"{name_tr} {size} (önceden {before})")
            en.append(f"{size} {name_en} ({before} before)")
    return Bilingual(tr="sınır " + ", ".join(tr), en="own limit " + ", ".join(en))


# --- whether it worked ---

WRITES_AGAIN_WITHIN = timedelta(days=14)
SATISFIED_FROM, UNSATISFIED_TO = 4.0, 2.0
"""Ratings are of 1 to 5 stars; the middle says neither."""


@dataclass(frozen=True)
class Heard:
    """One thing that happened to the customer's cases after a concession: an event's type, when, and on which case.

    `praise` and `rating` are of what the customer wrote: whether it is thanks, and its stars.
    """

    at: datetime
    type: str
    same_case: bool = True
    praise: bool = False
    rating: float | None = None


@dataclass(frozen=True)
class Outcome:
    """What followed a concession; None where it cannot be known (yet)."""

    answered: bool
    resolved: bool
    satisfied: bool | None
    wrote_again: bool | None


def outcome(heard: Sequence[Heard], given_at: datetime, now: datetime) -> Outcome:
    """Whether a concession worked, from what happened after it; `heard` in any order.

    `resolved`: its case stands resolved. `satisfied`: the last rating (4 and more: yes, 2 and less: no) or, without
    one, praise. `wrote_again`: within 14 days the customer wrote something else than thanks, on any of their cases;
    unknown until the 14 days are over.
    """
    after = sorted((each for each in heard if given_at < each.at <= now), key=lambda each: each.at)
    here = [each.type for each in after if each.same_case]
    moves = [type for type in here if type in ("resolved", "reopened")]
    ratings = [each.rating for each in after if each.rating is not None]
    judged = [rating >= SATISFIED_FROM for rating in ratings if not UNSATISFIED_TO < rating < SATISFIED_FROM]
    praised = any(each.praise for each in after)
    end = given_at + WRITES_AGAIN_WITHIN
    again = any(
        each.type in ("customer_posted", "customer_wrote") and not each.praise and each.at <= end for each in after
    )
    return Outcome(
        answered="answered" in here,
        resolved=bool(moves) and moves[-1] == "resolved",
        satisfied=judged[-1] if judged else True if praised else None,
        wrote_again=True if again else False if now > end else None,
    )


@dataclass(frozen=True)
class Share:
    """How many of how many; `of` counts only those of whom it is known."""

    yes: int
    of: int

    @property
    def share(self) -> float | None:
        """The part in [0, 1]; None of nothing."""
        return self.yes / self.of if self.of else None


def outcomes(all_of: Iterable[Outcome]) -> dict[str, Share]:
    """Each measure over many concessions, with its sample size."""
    rows = list(all_of)
    result = {}
    for name in ("answered", "resolved", "satisfied", "wrote_again"):
        known = [value for row in rows if (value := getattr(row, name)) is not None]
        result[name] = Share(sum(known), len(known))
    return result
