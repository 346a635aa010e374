"""What a rule of the reply check is: plain data that validates itself, so that a brand can write its own.

A rule names a kind of matcher and what it looks for; the code of the matchers is in matchers.py. Every rule carries
replies that it must catch and replies that it must let pass; a test runs them all.
"""

from __future__ import annotations

from datetime import datetime
from string import Formatter
from typing import Annotated, Any, ClassVar, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, Field, StrictInt, TypeAdapter, ValidationError, field_validator, model_validator

from desk.replies.context import PERSONAL_KINDS, ReplyContext, context_for
from desk.replies.phrases import phrase_problem
from mention import CHANNEL_FAMILY, FAMILIES
from playbooks.schema import Bilingual, Id, Part, Words, one_of

LEVELS = ("blocking", "advising")
EXAMPLES = 6
"""Replies that a rule must catch, and that it must let pass, at least."""

EXAMPLE_NOW = datetime.fromisoformat("2026-11-22T14:30:00+03:00")
"""The moment at which examples are checked: a Sunday afternoon in Istanbul."""
EXAMPLE_ZONE = ZoneInfo("Europe/Istanbul")


def _phrase(value: str) -> str:
    problem = phrase_problem(value)
    if problem:
        raise ValueError(problem)
    return value


def _family(value: str) -> str:
    return one_of(value, FAMILIES, "channel family")


def _channel(value: str) -> str:
    return one_of(value, tuple(CHANNEL_FAMILY), "channel")


Phrase = Annotated[Words, AfterValidator(_phrase)]
Family = Annotated[str, AfterValidator(_family)]
Channel = Annotated[str, AfterValidator(_channel)]


class Phrases(Part):
    """Phrases per language, in folded form (see phrases.py); `both` are looked for in either language."""

    tr: tuple[Phrase, ...] = Field((), description="Turkish phrases")
    en: tuple[Phrase, ...] = Field((), description="English phrases")
    both: tuple[Phrase, ...] = Field((), description="phrases of both languages")

    def of(self, language: str) -> tuple[str, ...]:
        """The phrases for one language."""
        return (*(self.tr if language == "tr" else self.en), *self.both)


NO_PHRASES = Phrases()


class Matcher(Part):
    """What all kinds share: the slots that the rule's sentences may use beside `found`."""

    SLOTS: ClassVar[tuple[str, ...]] = ("found",)


class Allowed(Part):
    """How long a reply may be on one channel, and what that channel counts."""

    count: Literal["plain", "x", "mastodon", "graphemes", "bytes"] = Field("plain", description="what is counted")
    least: Annotated[StrictInt, Field(ge=1)] | None = Field(None, description="no shorter than this")
    most: Annotated[StrictInt, Field(ge=1)] | None = Field(None, description="no longer than this")


class LengthMatcher(Matcher):
    """Replies longer or shorter than the channel takes, counted as the channel counts."""

    SLOTS: ClassVar[tuple[str, ...]] = ("length", "limit", "over", "channel")
    kind: Literal["length"]
    side: Literal["most", "least"] = Field(description="which limit is looked at")
    limits: dict[Channel, Allowed] = Field(min_length=1, description="by channel")
    otherwise: Allowed | None = Field(None, description="for channels not listed")


class PhraseMatcher(Matcher):
    """Phrases that must not stand in a reply."""

    kind: Literal["phrases"]
    any: Phrases = Field(description="each is reported")
    unless: Phrases = Field(NO_PHRASES, description="one of these in the same sentence makes it right")
    unless_dated: bool = Field(False, description="a day, hour or span in the same or next sentence makes it right")


class MissingMatcher(Matcher):
    """Something that the reply must say: reported when none of the phrases stands in it."""

    SLOTS: ClassVar[tuple[str, ...]] = ()
    kind: Literal["missing"]
    wanted: Literal["apology", "next_step", "contact"] = Field(description="looked for only where the context wants it")
    any: Phrases = Field(description="one of these is enough")
    unless: Phrases = Field(NO_PHRASES, description="a sentence with one of these does not count")


class ToldMatcher(Matcher):
    """Sentences or words that the context names: the playbook's do_not_say, the platform's forbidden words."""

    kind: Literal["told"]
    field: Literal["do_not_say", "forbidden"] = Field(description="which of the context's lists")
    near: bool = Field(False, description="only those said in nearly these words (and not exactly)")


class PersonalMatcher(Matcher):
    """Personal data, links and ways to reach somebody."""

    SLOTS: ClassVar[tuple[str, ...]] = ("found", "what")
    kind: Literal["personal"]
    kinds: tuple[str, ...] = Field(min_length=1, description="what is looked for")
    ours_too: bool = Field(False, description="whether the brand's own contact is reported as well")
    unless: Phrases = Field(NO_PHRASES, description="one of these in the same sentence makes it right")

    @field_validator("kinds")
    @classmethod
    def _known(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for kind in value:
            one_of(kind, (*PERSONAL_KINDS, "address", "link", "handle"), "kind of personal data")
        return value


class NameMatcher(Matcher):
    """Names that do not belong in this reply."""

    kind: Literal["names"]
    whose: Literal["other_customers", "colleagues"] = Field(
        description="another customer's name anywhere, or another agent's as signature"
    )


class FormMatcher(Matcher):
    """Siz and sen in one Turkish reply, or the one that the brand does not use."""

    SLOTS: ClassVar[tuple[str, ...]] = ("found", "other", "tone")
    kind: Literal["forms"]
    report: Literal["mixed", "other"] = Field(description="both in one reply, or only the form that is not the brand's")


class AmountMatcher(Matcher):
    """Money or percentages offered beyond what the agent may give and what was approved."""

    SLOTS: ClassVar[tuple[str, ...]] = ("found", "limit")
    kind: Literal["amounts"]
    of: Literal["money", "percent"] = Field(description="what is offered")
    any: Phrases = Field(description="words that make a number an offer, in the same sentence")
    unless: Phrases = Field(NO_PHRASES, description="words in the same sentence that make it a fact")


class GrantMatcher(Matcher):
    """Phrases that promise what only some solutions allow."""

    kind: Literal["grant"]
    any: Phrases = Field(description="each is reported")
    unless: Phrases = Field(NO_PHRASES, description="one of these in the same sentence makes it right")
    solutions: tuple[Id, ...] = Field(min_length=1, description="one of these among the agent's grants allows it")


class DayMatcher(Matcher):
    """Days that cannot be right: promised but past, or not the day that the customer was told."""

    SLOTS: ClassVar[tuple[str, ...]] = ("found", "known")
    kind: Literal["days"]
    report: Literal["past", "unknown"] = Field(description="what is wrong with the day")
    any: Phrases = Field(description="words that make a day a promise, in the same sentence")


class CharacterMatcher(Matcher):
    """Characters and ways of writing that do harm."""

    kind: Literal["characters"]
    report: Literal["hidden", "mixed_scripts", "emoji", "capitals", "exclamations"] = Field(description="which")


class PlaceholderMatcher(Matcher):
    """What a template or a hurried hand left over: `‹…›`, `{{ }}`, `[isim]`, `XXX`."""

    kind: Literal["placeholders"]
    any: Phrases = Field(description="words that are placeholders wherever they stand")
    bracketed: Phrases = Field(description="words that are placeholders within [ ], ( ), < > or { }")


class LinkMatcher(Matcher):
    """Links that a customer should not be sent to."""

    kind: Literal["links"]
    report: Literal["not_https", "not_ours"] = Field(description="what is wrong with the link")


class LanguageMatcher(Matcher):
    """A reply in another language than the customer's."""

    SLOTS: ClassVar[tuple[str, ...]] = ("written", "wanted")
    kind: Literal["language"]
    least: Annotated[StrictInt, Field(ge=1)] = Field(3, description="words from which a language can be told")


class RepeatedMatcher(Matcher):
    """The same words as an earlier answer in the case."""

    SLOTS: ClassVar[tuple[str, ...]] = ("share",)
    kind: Literal["repeated"]
    share: float = Field(0.8, gt=0, le=1, description="share of the reply's word triples that the earlier one has")


AnyMatcher = Annotated[
    LengthMatcher | PhraseMatcher | MissingMatcher | ToldMatcher | PersonalMatcher | NameMatcher | FormMatcher
    | AmountMatcher | GrantMatcher | DayMatcher | CharacterMatcher | PlaceholderMatcher | LinkMatcher | LanguageMatcher
    | RepeatedMatcher,
    Field(discriminator="kind"),
]  # fmt: skip

_CONTEXT: TypeAdapter[ReplyContext] = TypeAdapter(ReplyContext)


class Example(Part):
    """A reply and the least that must be known about it; the rest is an e-mail in Turkish at EXAMPLE_NOW."""

    text: str = Field(description="the reply")
    context: dict[str, Any] = Field(default_factory=dict, description="fields of ReplyContext")
    times: Annotated[StrictInt, Field(ge=1)] = Field(1, description="`text` so many times, for rules of length")

    @model_validator(mode="after")
    def _context_is_one(self) -> Example:
        try:
            self.about()
        except ValidationError as error:
            first = error.errors()[0]
            named = ".".join(str(part) for part in first["loc"])
            raise ValueError(f"context: {named}: {first['msg']}") from None
        return self

    @property
    def reply(self) -> str:
        """The whole text."""
        return self.text * self.times

    def about(self) -> ReplyContext:
        """The context as the check takes it. Raises ValidationError for fields that it does not have."""
        told = {"channel": "email", "language": "tr", **self.context}
        usual = context_for(told["channel"], told["language"], now=EXAMPLE_NOW, zone=EXAMPLE_ZONE)
        defaults = {"family": usual.family, "public": usual.public, "now": EXAMPLE_NOW, "zone": EXAMPLE_ZONE}
        return _CONTEXT.validate_python({**defaults, **told})


class Rule(Part):
    """One rule of the reply check."""

    id: Id = Field(description="name of the rule; its file is called the same")
    level: Literal["blocking", "advising"] = Field(description="whether a reply with this cannot be sent")
    languages: tuple[Literal["tr", "en"], ...] = Field(("tr", "en"), description="languages of replies it is for")
    channels: tuple[Channel, ...] = Field((), description="channels it is for; every channel when empty")
    families: tuple[Family, ...] = Field((), description="channel families it is for; every family when empty")
    public_only: bool = Field(False, description="only for replies that strangers can read")
    looks_for: AnyMatcher = Field(description="the kind of matcher and what it looks for")
    say: Bilingual = Field(description="what is wrong, with slots such as {found}")
    instead: Bilingual = Field(description="what to do instead")
    source: str = Field("", description="where the rule or its numbers come from")
    catches: tuple[Example, ...] = Field(min_length=EXAMPLES, description="replies that it must report")
    passes: tuple[Example, ...] = Field(min_length=EXAMPLES, description="replies that it must let pass")

    @model_validator(mode="after")
    def _slots_are_known(self) -> Rule:
        known = self.looks_for.SLOTS
        for text in (self.say.tr, self.say.en, self.instead.tr, self.instead.en):
            try:
                used = [name for _, name, _, _ in Formatter().parse(text) if name is not None]
            except ValueError as error:
                raise ValueError(f"{text[:40]!r}: {error}; a slot is written {{found}}") from None
            for name in used:
                if name not in known:
                    listed = ", ".join(f"{{{slot}}}" for slot in known) or "none"
                    raise ValueError(f"{{{name}}} is no slot of a rule of this kind; it has {listed}")
        return self

    def is_for(self, context: ReplyContext) -> bool:
        """Whether the rule looks at replies of this kind."""
        return (
            context.language in self.languages
            and (not self.channels or context.channel in self.channels)
            and (not self.families or context.family in self.families)
            and (context.public or not self.public_only)
        )
