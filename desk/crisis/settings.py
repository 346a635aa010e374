"""What a brand says of its crises beforehand: who approves which statement, who is told by name, which posts to pause.

The form of `crisis:` in nobet.yaml.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from desk.roles import Role, may

STATEMENTS = ("holding", "update", "apology", "correction", "answer")
"""Kinds of statements: the first one, what is new, an apology, the mending of something wrong; `answer` goes to
customers one by one and is published nowhere."""

PARTIES = ("press", "authority", "partner", "staff", "customer_group", "other")

_LEGAL_AND_PR = (("legal",), ("pr_lead",))
_LEGAL_OR_PR = (("legal", "pr_lead"),)
Groups = tuple[Annotated[tuple[Role, ...], Field(min_length=1, max_length=7)], ...]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Stakeholder(_Form):
    """Somebody outside who is told of a crisis by name."""

    name: str = Field(min_length=1, max_length=100, description="a person, a newspaper, an authority, a group")
    kind: Literal["press", "authority", "partner", "staff", "customer_group", "other"] = Field(
        "other", description="press, authority, partner, staff, customer_group or other"
    )
    contact_hint: str = Field("", max_length=200, description="where the number is found; no number, no secret")


class ScheduledPost(_Form):
    """Something that goes out by itself and must stop in a crisis."""

    name: str = Field(min_length=1, max_length=100, description="the campaign, the posts, the automatic message")
    where: str = Field("", max_length=200, description="the tool or the account where it is paused")


class StatementApprovals(_Form):
    """Who approves which statement: every line must say yes, by anybody who has one of its roles."""

    holding: Groups = Field(_LEGAL_AND_PR, min_length=1, max_length=5, description="the first statement")
    update: Groups = Field(_LEGAL_OR_PR, min_length=1, max_length=5, description="what is new")
    apology: Groups = Field(_LEGAL_AND_PR, min_length=1, max_length=5, description="an apology")
    correction: Groups = Field(_LEGAL_AND_PR, min_length=1, max_length=5, description="something wrong is mended")
    answer: Groups = Field(_LEGAL_OR_PR, min_length=1, max_length=5, description="one answer for many customers")

    @field_validator("*")
    @classmethod
    def _they_may(cls, value: Groups) -> Groups:
        for role in (role for group in value for role in group):
            if not may(role, "approve_statement"):
                raise ValueError(f"the role {role!r} may not approve a statement; see docs/reference/roles.md")
        return value

    def of(self, kind: str) -> Groups:
        """The lines for a kind of statement, one of STATEMENTS."""
        found: Groups = getattr(self, kind)
        return found


class CrisisSettings(_Form):
    """The section `crisis`."""

    statement_approvals: StatementApprovals = StatementApprovals()
    stakeholders: tuple[Stakeholder, ...] = Field((), max_length=300, description="who outside is told, by name")
    scheduled_posts: tuple[ScheduledPost, ...] = Field((), max_length=100, description="what is paused in a crisis")

    @field_validator("stakeholders", "scheduled_posts")
    @classmethod
    def _each_once(
        cls, value: tuple[Stakeholder, ...] | tuple[ScheduledPost, ...]
    ) -> tuple[Stakeholder, ...] | tuple[ScheduledPost, ...]:
        names = [one.name for one in value]
        if twice := next((name for name in names if names.count(name) > 1), None):
            raise ValueError(f"{twice!r} is named twice; the log tells them apart by their names")
        return value
