"""Which replies, statements and concessions somebody must approve first, who may, and from when their deputy may. Pure.

What is approved is one exact matter: its text, its channel, whether the public sees it, and its sum. A changed
character is another matter and needs an approval of its own. Nobody approves what they wrote themselves.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from desk.money import Money, known_currency
from desk.policy import Duration, write_duration
from desk.roles import Hand, Role, may, said
from playbooks.schema import ROLES, Amount, Bilingual, Channel, Currency, Id, Playbook, Urgency, one_of
from playbooks.words import name_of

KINDS = ("reply", "concession", "statement")
STATES = ("asked", "approved", "rejected", "withdrawn", "expired")

_ACTION = {"reply": "approve_reply", "concession": "approve_concession", "statement": "approve_statement"}
_LAST_RESORT = ("team_lead", "crisis_manager")
"""Who decides where a rule names nobody who may approve such a thing; the first one that may."""

Count = Callable[[datetime, timedelta], datetime]
"""How a time box runs: the moment at which a length has passed since another moment."""

DECIDER = "decider"
"""In a rule: whoever the case's playbook says decides, and the deputy and the time that it names."""


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


def _by(value: str) -> str:
    return one_of(value, (*ROLES, DECIDER), "role")


class Over(_Form):
    """A sum above which a rule holds. A sum in another currency cannot be compared, and so the rule holds for it."""

    amount: Amount = Field(description="money, as quoted text")
    currency: Currency = Field(description="ISO 4217 code")

    @model_validator(mode="after")
    def _in_use(self) -> Over:
        known_currency(self.currency)
        return self


class Situation(_Form):
    """When a rule holds: every field that is filled must hold; an empty one asks nothing."""

    kinds: tuple[Literal["reply", "concession", "statement"], ...] = Field((), description="what is to be approved")
    urgencies: tuple[Urgency, ...] = Field((), description="urgency of the case")
    channels: tuple[Channel, ...] = Field((), description="channel of the reply")
    playbooks: tuple[Id, ...] = Field((), description="playbook of the case")
    public: bool | None = Field(None, description="true: only what the public sees; false: only what it does not")
    over: Over | None = Field(None, description="only what promises more than this sum")


class ApprovalRule(_Form):
    """What must be approved by whom. Every rule that holds asks for its own approval."""

    when: Situation = Field(default_factory=Situation, description="which matters; all when left out")
    by: Annotated[str, AfterValidator(_by)] = Field(description="the role that approves, or decider")
    deputy: Role | None = Field(None, description="the role that may do so too, after hand_over_after")
    hand_over_after: Duration = Field(timedelta(minutes=30), description="how long the first role is waited for")
    people: int = Field(1, ge=1, le=3, description="how many different persons must approve")
    four_eyes: bool = Field(False, description="also where the writer has the approving role themselves")

    @model_validator(mode="after")
    def _they_may(self) -> ApprovalRule:
        kinds = self.when.kinds or ("reply",)
        for role in (self.by, self.deputy):
            for kind in kinds if role not in (None, DECIDER) else ():
                if not may(str(role), _ACTION[kind]):
                    raise ValueError(f"the role {role!r} may not approve a {kind}; see docs/reference/roles.md")
        if self.deputy is not None and self.deputy == self.by:
            raise ValueError("the deputy must be another role than the one that approves")
        return self


_RULES = (
    ApprovalRule(when=Situation(kinds=("statement",)), by="pr_lead", deputy="crisis_manager", four_eyes=True),
    ApprovalRule(
        when=Situation(kinds=("reply",), urgencies=("critical",), public=True), by="crisis_manager", deputy="pr_lead",
        hand_over_after=timedelta(minutes=15),
    ),
)  # fmt: skip


class Approvals(_Form):
    """What must be approved before it is sent or given."""

    rules: tuple[ApprovalRule, ...] = Field(_RULES, description="see docs/reference/roles.md")
    good_for: Duration = Field(timedelta(days=3), description="how long a question stays open and an approval good")


@dataclass(frozen=True)
class Matter:
    """What is to be approved: its kind (one of KINDS), its exact text, where it goes, and what it promises."""

    kind: str
    text: str
    channel: str
    public: bool
    urgency: str = "same_day"
    playbook: str | None = None
    money: Money | None = None

    @property
    def text_hash(self) -> str:
        """SHA-256, in hex, over everything that an approval is about: one changed character is another matter."""
        about = [self.kind, self.channel, self.public, str(self.money) if self.money else None, self.text]
        return hashlib.sha256(json.dumps(about, ensure_ascii=True).encode("ascii")).hexdigest()


@dataclass(frozen=True)
class Need:
    """One approval that is needed: by whom (any of `by`), by how many persons, by the deputy from when, and why."""

    by: tuple[str, ...]
    why: Bilingual
    deputy: str | None = None
    hand_over_after: timedelta = timedelta(minutes=30)
    people: int = 1
    deputy_from: datetime | None = None
    """Set once it is asked for, by `counted`."""

    def json(self) -> dict[str, Any]:
        """As the store keeps it."""
        return {
            "by": list(self.by), "deputy": self.deputy, "hand_over_after": write_duration(self.hand_over_after),
            "people": self.people, "why": self.why.model_dump(),
            "deputy_from": self.deputy_from.isoformat() if self.deputy_from else None,
        }  # fmt: skip


def need_from(data: dict[str, Any]) -> Need:
    """A need as `Need.json` wrote it."""
    since = data["deputy_from"]
    return Need(
        tuple(data["by"]), Bilingual(**data["why"]), data["deputy"], people=data["people"],
        deputy_from=datetime.fromisoformat(since) if since else None,
    )  # fmt: skip


@dataclass(frozen=True)
class Decision:
    """What one person said to one need (by its place): in which role, when, and why."""

    need: int
    by: str
    role: str
    approve: bool
    at: datetime
    note: str = ""


def needed(matter: Matter, rules: Approvals, playbook: Playbook | None, writer: Hand) -> tuple[Need, ...]:
    """The approvals that a matter needs before it may be sent; none where no rule holds.

    A writer who has the approving role needs nobody, unless the rule asks for four eyes or for several persons.
    """
    found: dict[tuple[tuple[str, ...], str | None], Need] = {}
    for rule in rules.rules:
        why = _why(rule.when, matter)
        if why is None:
            continue
        need = _need(rule, matter.kind, playbook, why)
        if not rule.four_eyes and need.people == 1 and set(need.by) & set(writer.roles):
            continue
        same = found.get((need.by, need.deputy))
        if same is not None:  # two rules ask the same person: once, and the stricter of both
            wait = min(same.hand_over_after, need.hand_over_after)
            need = replace(same, people=max(same.people, need.people), hand_over_after=wait)
        found[need.by, need.deputy] = need
    return tuple(found.values())


def able(roles: Iterable[str], kind: str) -> tuple[str, ...]:
    """Those of the roles that may approve a matter of this kind at all."""
    return tuple(role for role in roles if may(role, _ACTION[kind]))


def asked_of(roles: Iterable[str], kind: str) -> tuple[str, ...]:
    """Those of the roles that may approve a matter of this kind; the last resort where none may."""
    return able(roles, kind) or able(_LAST_RESORT, kind)[:1]


def counted(needs: Sequence[Need], now: datetime, count: Count | None = None) -> tuple[Need, ...]:
    """The needs with the moment from which each deputy may decide; the time runs on the wall clock without `count`."""
    count = count or (lambda start, length: start + length)
    return tuple(
        need if need.deputy is None else replace(need, deputy_from=count(now, need.hand_over_after)) for need in needs
    )


def turn(need: Need, roles: Sequence[str], now: datetime) -> str | None:
    """The role in which somebody with these roles may decide this need at `now`; None where it is not their turn."""
    for role in need.by:
        if role in roles:
            return role
    if need.deputy in roles and need.deputy_from is not None and now >= need.deputy_from:
        return need.deputy
    return None


def verdict(needs: Sequence[Need], decisions: Sequence[Decision]) -> str:
    """`rejected` once anybody says no, `approved` once every need has its number of persons, else `asked`."""
    if any(not decision.approve for decision in decisions):
        return "rejected"
    return "approved" if all(not open_of(at, need, decisions) for at, need in enumerate(needs)) else "asked"


def open_of(at: int, need: Need, decisions: Sequence[Decision]) -> int:
    """How many more persons the need at this place waits for."""
    return max(0, need.people - len({decision.by for decision in decisions if decision.need == at}))


def covers(needs: Sequence[Need], decisions: Sequence[Decision]) -> bool:
    """Whether what was decided is enough for the needs as they are now, which may have grown since it was asked."""
    for need in needs:
        allowed = {*need.by, need.deputy}
        if len({each.by for each in decisions if each.approve and each.role in allowed}) < need.people:
            return False
    return True


def say_needs(needs: Sequence[Need], language: str) -> str:
    """Who must approve, as a sentence for the person who waits."""
    parts = []
    for need in needs:
        who = said(need.by, language)
        if need.people > 1:
            who = f"{need.people} kişi ({who})" if language == "tr" else f"{need.people} persons ({who})"
        parts.append(f"{who}: {need.why.say(language)}")
    return ("Onay gerekli – " if language == "tr" else "Approval needed – ") + "; ".join(parts) + "."


def _need(rule: ApprovalRule, kind: str, playbook: Playbook | None, why: Bilingual) -> Need:
    if rule.by != DECIDER:
        return Need(asked_of([rule.by], kind), why, rule.deputy, rule.hand_over_after, rule.people)
    if playbook is None:
        return Need(asked_of([], kind), why, rule.deputy, rule.hand_over_after, rule.people)
    return decided_by(playbook, kind, why, rule.people)


def decided_by(playbook: Playbook, kind: str, why: Bilingual, people: int = 1) -> Need:
    """The need that whoever decides in a playbook approves, their deputy after the playbook's time."""
    by = asked_of([playbook.decides.role], kind)
    deputy = next((role for role in able([playbook.decides.deputy], kind) if role not in by), None)
    return Need(by, why, deputy, playbook.decides.hand_over_after, people)


def _why(when: Situation, matter: Matter) -> Bilingual | None:
    """Why a rule holds for a matter; None where it does not."""
    if when.kinds and matter.kind not in when.kinds:
        return None
    if when.urgencies and matter.urgency not in when.urgencies:
        return None
    if when.channels and matter.channel not in when.channels:
        return None
    if when.playbooks and matter.playbook not in when.playbooks:
        return None
    if when.public is not None and matter.public is not when.public:
        return None
    tr, en = [], []
    if when.over is not None:
        if matter.money is None:
            return None
        if matter.money.currency != when.over.currency:
            tr.append(f"{matter.money}, {when.over.currency} ile karşılaştırılamaz")
            en.append(f"{matter.money} cannot be compared with {when.over.currency}")
        elif matter.money.amount <= when.over.amount:
            return None
        else:
            tr.append(f"{matter.money}, {when.over.amount} {when.over.currency} üstünde")
            en.append(f"{matter.money} is more than {when.over.amount} {when.over.currency}")
    if when.kinds == ("statement",):
        tr.append("marka adına açıklama")
        en.append("a statement in the brand's name")
    if when.urgencies:
        tr.append(f"aciliyet {name_of('urgency', matter.urgency, 'tr')}")
        en.append(f"urgency {name_of('urgency', matter.urgency, 'en')}")
    if when.public is not None:
        tr.append("herkese açık" if matter.public else "özel ileti")
        en.append("public" if matter.public else "private")
    if when.channels:
        tr.append(f"kanal {matter.channel}")
        en.append(f"channel {matter.channel}")
    if when.playbooks:
        tr.append(f"senaryo {matter.playbook}")
        en.append(f"playbook {matter.playbook}")
    return Bilingual(tr=", ".join(tr) or "her zaman", en=", ".join(en) or "always")
