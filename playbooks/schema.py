"""What a playbook is: the predefined way to handle one scenario, in Turkish and English.

These models hold what one field can say of itself. What needs two fields or two files to be wrong (a decider who is
their own deputy, an id used twice) is found by playbooks/checks.py, which can name the line.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    StrictBool,
    StrictInt,
    StringConstraints,
    WithJsonSchema,
    model_validator,
)

from mention import CHANNEL_FAMILY, FAMILIES, SENTIMENTS, TOPICS, URGENCIES

ROLES = ("agent", "team_lead", "crisis_manager", "pr_lead", "legal", "administrator", "viewer")
CONCESSIONS = ("voucher", "refund", "replacement", "loyalty_points", "executive_call")
KINDS = ("do", "inform", "decide", "reply", "offer", "look_up", "wait", "review")
CLOCKS = ("staffed", "always")

LONGEST = timedelta(days=365)
"""A time box longer than a year is a slip of the hand, not a plan."""

_DURATION = re.compile(r"(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?")


def parse_duration(value: object) -> timedelta:
    """A time box from text such as `30m`, `2h`, `1h30m` or `3d`; a timedelta is passed through.

    Raises ValueError with a sentence for anything else, for zero and for more than a year.
    """
    if isinstance(value, timedelta):
        length = value
    else:
        match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
        if match is None or not any(match.groups()):
            raise ValueError(f"{value!r} is not a time box; write minutes, hours or days such as 30m, 2h, 1h30m or 3d")
        try:
            days, hours, minutes = (int(part or 0) for part in match.groups())
            length = timedelta(days=days, hours=hours, minutes=minutes)
        except (ValueError, OverflowError):  # more digits than int() or timedelta() take
            length = LONGEST * 2
    if not timedelta(0) < length <= LONGEST:
        raise ValueError(f"{str(value)[:40]!r} must be longer than nothing and at most 365 days")
    return length


def said_duration(length: timedelta) -> str:
    """A time box as it is written: `1h30m`, `3d`; what parse_duration reads back. Seconds are rounded up to minutes."""
    minutes = -(-length // timedelta(minutes=1))
    parts = ((minutes // 1440, "d"), (minutes // 60 % 24, "h"), (minutes % 60, "m"))
    return "".join(f"{number}{unit}" for number, unit in parts if number) or "0m"


def one_of(value: str, allowed: tuple[str, ...], what: str) -> str:
    """`value` if it is allowed; else ValueError with a sentence that offers the nearest or all allowed words."""
    if value in allowed:
        return value
    raise ValueError(f"{value!r} is not a known {what}; {suggestion(value, allowed)}")


def suggestion(value: str, allowed: tuple[str, ...]) -> str:
    """What to write instead: the nearest allowed word, or all of them when none is near."""
    near = difflib.get_close_matches(value, allowed, n=1)
    return f"did you mean {near[0]!r}?" if near else f"known are {', '.join(allowed)}"


def _known(allowed: tuple[str, ...], what: str) -> tuple[Callable[[str], str], Any]:
    def check(value: str) -> str:
        return one_of(value, allowed, what)

    return check, WithJsonSchema({"type": "string", "enum": list(allowed)})


def _money(value: object) -> Decimal:
    # Only text: a YAML number is a binary float by the time it is seen here, and 0.1 is then no longer 0.1.
    if isinstance(value, Decimal):
        amount = value
    elif isinstance(value, str):
        try:
            amount = Decimal(value)
        except InvalidOperation:
            raise ValueError(f"{value!r} is not an amount; write it in quotes such as '250.00'") from None
    else:
        raise ValueError(f"write the amount in quotes, such as '{value}', so that no cent is lost")
    if not amount.is_finite() or amount <= 0:
        raise ValueError("an amount must be more than nothing")
    exponent = amount.as_tuple().exponent
    if isinstance(exponent, int) and exponent < -2:
        raise ValueError(f"{value} has more than two decimals")
    return amount


_topic, _topic_schema = _known(TOPICS, "topic")
_urgency, _urgency_schema = _known(URGENCIES, "urgency")
_sentiment, _sentiment_schema = _known(SENTIMENTS, "sentiment")
_channel, _channel_schema = _known(tuple(CHANNEL_FAMILY), "channel")
_family, _family_schema = _known(FAMILIES, "channel family")
_kind, _kind_schema = _known(KINDS, "kind of step")
_clock, _clock_schema = _known(CLOCKS, "clock")

Family = Annotated[str, AfterValidator(_family), _family_schema]
_concession, _concession_schema = _known(CONCESSIONS, "concession")

Topic = Annotated[str, AfterValidator(_topic), _topic_schema]
Urgency = Annotated[str, AfterValidator(_urgency), _urgency_schema]
Sentiment = Annotated[str, AfterValidator(_sentiment), _sentiment_schema]
Channel = Annotated[str, AfterValidator(_channel), _channel_schema]
Concession = Annotated[str, AfterValidator(_concession), _concession_schema]
Kind = Annotated[str, AfterValidator(_kind), _kind_schema]
Clock = Annotated[str, AfterValidator(_clock), _clock_schema]
Id = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]
TimeBox = Annotated[
    timedelta,
    BeforeValidator(parse_duration),
    PlainSerializer(said_duration, return_type=str, when_used="json"),
    WithJsonSchema({"type": "string", "examples": ["30m", "2h", "3d"]}),
]
Amount = Annotated[Decimal, BeforeValidator(_money), WithJsonSchema({"type": "string", "examples": ["250.00"]})]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Z]{3}$")]


class Part(BaseModel):
    """Any part of a playbook: read once, never changed, and no field that is not known."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Bilingual(Part):
    """One text in both languages; both are required, so that no page is ever half translated."""

    tr: Words = Field(description="the Turkish text, written first")
    en: Words = Field(description="the English text")

    def say(self, language: str) -> str:
        """The Turkish text for `tr`, the English one for any other language."""
        return self.tr if language == "tr" else self.en


class TextWords(Part):
    """Words of the mention, in folded form (see mention.search_text); `iade*` also takes `iadem`, `iadesi`."""

    any: tuple[Words, ...] = Field((), description="at least one of these is in the text")
    also: tuple[Words, ...] = Field((), description="and at least one of these")
    none: tuple[Words, ...] = Field((), description="and none of these")


class When(Part):
    """Which mentions a playbook is for: every field that is filled must hold; an empty field asks nothing."""

    topics: tuple[Topic, ...] = Field((), description="topics of the score")
    urgencies: tuple[Urgency, ...] = Field((), description="urgencies, after rules have raised them")
    sentiments: tuple[Sentiment, ...] = Field((), description="sentiments of the score")
    channels: tuple[Channel, ...] = Field((), description="platforms the mention came from")
    words: TextWords = Field(default_factory=lambda: TextWords(), description="words of the text")


class Informed(Part):
    """Who must know before the public does, and how soon after the playbook starts."""

    role: Words = Field(description="a role, or one of the playbook's outside parties")
    within: TimeBox = Field(description="time box from the start of the run")
    why: Bilingual | None = Field(None, description="why this role, for whoever wonders at night")


class Decider(Part):
    """Who decides, and who does when they cannot be reached."""

    role: Words = Field(description="the role that decides")
    deputy: Words = Field(description="the role that decides in their absence")
    hand_over_after: TimeBox = Field(description="how long a decision waits for the first before the deputy takes it")


class Limit(Part):
    """How far a solution goes for one case: an amount of money, or a number of times."""

    amount: Amount | None = Field(None, description="money, as quoted text")
    currency: Currency | None = Field(None, description="ISO 4217 code of the amount")
    count: Annotated[StrictInt, Field(ge=1)] | None = Field(None, description="how many, where it is not money")

    @model_validator(mode="after")
    def _money_or_count(self) -> Limit:
        if (self.amount is None) == (self.count is None):
            raise ValueError("a limit is either an amount with its currency or a count")
        if (self.amount is None) != (self.currency is None):
            raise ValueError("an amount needs its currency, and a currency its amount")
        return self


class Solution(Part):
    """Something that may be given to the customer, how far, and by whom."""

    id: Id = Field(description="name within the playbook")
    title: Bilingual = Field(description="what is given")
    limit: Limit = Field(description="per case, at most")
    who: tuple[Words, ...] = Field(min_length=1, description="roles that may grant it up to the limit")
    concession: Concession | None = Field(None, description="kind of concession in the ledger; none: theirs anyway")
    offer: Bilingual | None = Field(None, description="how it is offered in private; may use {{ amount }}")
    public_offer: Bilingual | None = Field(None, description="the sentence strangers may read of it; no amounts")
    note: Bilingual | None = Field(None, description="when it fits, or what to mind")


class Step(Part):
    """One thing to be done, by whom, by when; the time box counts from the start of the run."""

    id: Id = Field(description="name within the playbook; a run's record refers to it")
    title: Bilingual = Field(description="the step in a few words")
    kind: Kind = Field(description="what sort of step it is")
    who: Words = Field(description="the role that does it")
    within: TimeBox = Field(description="time box from the start of the run; the reply also keeps its promise")
    clock: Clock | None = Field(None, description="staffed or always, where it differs from the playbook's")
    to: tuple[Words, ...] = Field((), description="for kind inform: roles or outside parties")
    solutions: tuple[Id, ...] = Field((), description="for kind offer: ids of solutions")
    text: Bilingual = Field(description="how it is done well")
    why: Bilingual | None = Field(None, description="why it is done at all")


_NEAREST = {"marketplace": "portal", "direct": "social", "phone": "forum"}
"""The family whose template stands in where a playbook of one's own was written before there were seven."""


class Replies(Part):
    """One reply template per channel family, each in that channel's own tone (see playbooks/drafts.py)."""

    social: Bilingual = Field(description="short and warm; public, so it moves to a private message")
    forum: Bilingual = Field(description="plain, helpful, factual; no marketing")
    portal: Bilingual = Field(description="formal and complete: next step, date, contact")
    email: Bilingual = Field(description="a full letter with salutation and signature")
    marketplace: Bilingual | None = Field(None, description="formal, answered in place: no link, phone or mail")
    direct: Bilingual | None = Field(None, description="a short private message, which may hold private facts")
    phone: Bilingual | None = Field(None, description="a script for a call, a line for each part of it")

    def of(self, family: str) -> Bilingual:
        """The template of a family (one of FAMILIES), or of the nearest one where the playbook has none for it."""
        found: Bilingual | None = getattr(self, family)
        return found if found is not None else self.of(_NEAREST[family])


class Snippet(Part):
    """A sentence or two that fit many replies; facts stand in it as in a template."""

    id: Id = Field(description="name within the playbook, or among the general snippets")
    title: Bilingual = Field(description="what it is for")
    text: Bilingual = Field(description="what is put into the reply")
    families: tuple[Family, ...] = Field((), description="channel families it is for; none: all that its facts allow")


class Acknowledgement(Part):
    """What is sent automatically until a person answers, per channel family; it is never an answer."""

    social: Bilingual = Field(description="short; asks for nothing")
    forum: Bilingual = Field(description="one paragraph")
    portal: Bilingual = Field(description="formal, with the case number")
    email: Bilingual = Field(description="a short letter")
    marketplace: Bilingual = Field(description="formal; only where the marketplace takes more than one answer")
    direct: Bilingual = Field(description="short")
    phone: Bilingual = Field(description="read aloud to a caller whom nobody can take")


class Phrases(Part):
    """The general snippets and the automatic acknowledgements: one file beside the playbooks, `snippets.yaml`."""

    snippets: tuple[Snippet, ...] = Field((), description="sentences for any case")
    acknowledgement: Acknowledgement | None = Field(None, description="automatic messages per family and language")


class NotToSay(Part):
    """A sentence that does harm, and the harm it does."""

    say: Bilingual = Field(description="the sentence")
    why: Bilingual = Field(description="what is wrong with it")


class Playbook(Part):
    """The predefined way to handle one scenario."""

    id: Id = Field(description="name of the playbook; its file is called the same")
    version: Annotated[StrictInt, Field(ge=1)] = Field(description="raised with every change; a run keeps its own")
    order: Annotated[StrictInt, Field(ge=0)] = Field(100, description="breaks ties in routing; the lower goes first")
    title: Bilingual = Field(description="the scenario in a few words")
    summary: Bilingual = Field(description="what it is for and what good handling looks like")
    when: When = Field(description="which mentions it is for")
    priority_floor: Annotated[StrictInt, Field(ge=1, le=5)] = Field(
        5, description="its cases have at least this priority (1 is the highest)"
    )
    urgency_floor: Urgency | None = Field(None, description="its cases are at least this urgent")
    clock: Clock = Field("staffed", description="whether time boxes run in staffed time or always")
    outside: dict[Id, Bilingual] = Field(default_factory=dict, description="parties outside the house, by name")
    inform_first: tuple[Informed, ...] = Field((), description="who must know first")
    decides: Decider = Field(description="who decides, and their deputy")
    solutions: tuple[Solution, ...] = Field((), description="what may be given, up to which limit, by whom")
    steps: tuple[Step, ...] = Field(min_length=1, description="what is done, in order")
    apology: StrictBool = Field(False, description="whether every reply of this playbook must apologise")
    replies: Replies = Field(description="reply templates per channel family and language")
    snippets: tuple[Snippet, ...] = Field((), description="sentences for replies in this scenario")
    do_not_say: tuple[NotToSay, ...] = Field(min_length=1, description="what not to say, and why")
    source: Bilingual = Field(description="where the practice comes from")

    def step(self, step_id: str) -> Step | None:
        """The step of that id, or None."""
        return next((step for step in self.steps if step.id == step_id), None)

    def solution(self, solution_id: str) -> Solution | None:
        """The solution of that id, or None."""
        return next((solution for solution in self.solutions if solution.id == solution_id), None)

    def clock_of(self, step: Step) -> str:
        """The clock a step's time box runs on: its own, else the playbook's."""
        return step.clock or self.clock


@dataclass(frozen=True, eq=False)
class Library(Mapping[str, Playbook]):
    """All playbooks by id, in the order in which routing considers them (`order`, then id), and the general phrases."""

    playbooks: tuple[Playbook, ...] = ()
    phrases: Phrases = field(default_factory=Phrases)

    def __post_init__(self) -> None:
        ordered = tuple(sorted(self.playbooks, key=lambda playbook: (playbook.order, playbook.id)))
        object.__setattr__(self, "playbooks", ordered)

    def __getitem__(self, playbook_id: str) -> Playbook:
        for playbook in self.playbooks:
            if playbook.id == playbook_id:
                return playbook
        raise KeyError(playbook_id)

    def __iter__(self) -> Iterator[str]:
        return (playbook.id for playbook in self.playbooks)

    def __len__(self) -> int:
        return len(self.playbooks)
