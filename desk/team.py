"""Who is on the desk: roles, teams, languages, shifts, absences; and to whom a new case goes. Pure.

The forms are those of `agents:` and `assignment:` in nobet.yaml. A shift is counted as the desk's own hours are, so
that night shifts, clock changes, public holidays and half days come out the same everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from desk.calendar import Calendar, to_us
from desk.concessions import Authority
from desk.policy import Date, Hours, Interval, OneOff, Policy
from desk.roles import Role, any_may
from playbooks.schema import ROLES, Bilingual, Channel, Topic, Urgency
from playbooks.words import name_of

Name = Annotated[str, Field(min_length=1, max_length=60, pattern=r"^[^:\n]+$")]


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)


class Away(_Form):
    """Days on which somebody is not there, the first and the last included, in the desk's time zone."""

    since: Date = Field(alias="from", description="first day")
    until: Date | None = Field(None, alias="to", description="last day; the first one when left out")

    @model_validator(mode="after")
    def _in_order(self) -> Away:
        if self.until is not None and self.until < self.since:
            raise ValueError(f"the absence ends on {self.until}, before it begins on {self.since}")
        return self

    def holds(self, day: date) -> bool:
        """Whether a day is one of these."""
        return self.since <= day <= (self.until or self.since)


class Agent(_Form):
    """A person on the desk."""

    name: Name = Field(description="shown as the hand in the log")
    role: Role = Field("agent", description="what they may do, see docs/reference/roles.md")
    also: tuple[Role, ...] = Field((), description="further roles, where one person has several")
    teams: tuple[str, ...] = Field((), description="teams that assignment rules name")
    languages: tuple[Literal["tr", "en"], ...] = Field((), description="languages they answer in; all when empty")
    channels: tuple[Channel, ...] = Field((), description="channels they answer in; all when empty")
    deputy: Name | None = Field(None, description="the colleague who takes their cases while they are not there")
    shifts: Hours | None = Field(
        None, description="weekly hours; those of their first team or of the desk when left out"
    )
    away: tuple[Away, ...] = Field((), description="holidays and other absences, {from: 2026-12-01, to: 2026-12-07}")
    alerts: tuple[Annotated[str, Field(pattern=r"^[A-Z_][A-Z0-9_]{0,99}$")], ...] = Field(
        (), description="environment variables that hold the addresses at which they are alerted"
    )
    limits: tuple[Authority, ...] = Field((), description="limits of concessions of their own, before their role's")

    @property
    def roles(self) -> tuple[str, ...]:
        """Every role they have, the first one first."""
        return tuple(dict.fromkeys((self.role, *self.also)))


def with_somebody_in_charge(agents: tuple[Agent, ...]) -> tuple[Agent, ...]:
    """The agents; where nobody is named a role at all, the first one gets every role.

    A desk of one, and a configuration from before roles existed, must not lock itself out.
    """
    if not agents or any({"role", "also"} & agent.model_fields_set for agent in agents):
        return agents
    return (agents[0].model_copy(update={"also": ROLES}), *agents[1:])


class CaseIs(_Form):
    """Which cases a rule is for: every field that is filled must hold; an empty one asks nothing."""

    languages: tuple[Literal["tr", "en"], ...] = Field((), description="language of the case")
    channels: tuple[Channel, ...] = Field((), description="channel it came from")
    topics: tuple[Topic, ...] = Field((), description="its topic")
    urgencies: tuple[Urgency, ...] = Field((), description="its urgency")
    teams: tuple[str, ...] = Field((), description="the team it was given to")


class To(_Form):
    """To whom a rule gives a case: one of a team, one of a role, or one person."""

    team: str | None = Field(None, description="a colleague of this team")
    role: Role | None = Field(None, description="a colleague of this role")
    agent: Name | None = Field(None, description="this colleague, else their deputy")

    @model_validator(mode="after")
    def _one(self) -> To:
        if sum(part is not None for part in (self.team, self.role, self.agent)) != 1:
            raise ValueError("name exactly one of team, role and agent")
        return self


class Rule(_Form):
    """One assignment rule; the first whose `when` holds and for whom somebody is there decides."""

    when: CaseIs = Field(default_factory=CaseIs, description="which cases; all when left out")
    to: To = Field(description="to whom")


@dataclass(frozen=True)
class CaseFacts:
    """What the rules look at. `team` is the team a case was given to, None for none."""

    language: str
    channel: str
    topic: str
    urgency: str
    team: str | None = None


@dataclass(frozen=True)
class Choice:
    """To whom a case goes (None: to nobody, it waits in the queue), and why."""

    agent: Agent | None
    why: tuple[Bilingual, ...]


class Rota:
    """The agents and when they are there. Build it once per configuration: it lays out the calendars it needs."""

    def __init__(self, agents: Sequence[Agent], policy: Policy) -> None:
        self.agents = tuple(agents)
        self._zone = policy.zone
        hours = {agent.name: _hours_of(agent, policy) for agent in agents}
        calendars = {own.version: Calendar(own) for own in hours.values()}  # most have the desk's hours: one calendar
        self._calendars = {name: calendars[own.version] for name, own in hours.items()}

    def agent(self, name: str) -> Agent | None:
        """The agent of that name, or None."""
        return next((agent for agent in self.agents if agent.name == name), None)

    def away(self, agent: Agent, now: datetime) -> bool:
        """Whether an agent is absent on the day of `now` in the desk's zone."""
        day = now.astimezone(self._zone).date()
        return any(absence.holds(day) for absence in agent.away)

    def on_shift(self, agent: Agent, now: datetime) -> bool:
        """Whether an agent is there: in their hours (their team's or the desk's where they have none) and not away."""
        if self.away(agent, now):
            return False
        us = to_us(now)
        return self._calendars[agent.name].staffed_between(us, us + 1) > 0

    def present(self, now: datetime) -> tuple[Agent, ...]:
        """Everybody who is there, in the order of the configuration."""
        return tuple(agent for agent in self.agents if self.on_shift(agent, now))


def on_shift(agent: Agent, now: datetime, policy: Policy) -> bool:
    """Whether an agent is there at a moment; see Rota, which is quicker for many questions."""
    return Rota((agent,), policy).on_shift(agent, now)


def present(agents: Sequence[Agent], now: datetime, policy: Policy) -> tuple[Agent, ...]:
    """Everybody who is there at a moment; see Rota, which is quicker for many questions."""
    return Rota(agents, policy).present(now)


def choose(facts: CaseFacts, rota: Rota, load: Mapping[str, int], now: datetime, rules: Sequence[Rule] = ()) -> Choice:
    """The colleague to whom a case goes, and why.

    The rules are tried in their order; one for whom nobody is there is told and passed over, and after the last comes
    everybody. Of those who are there, may claim, and answer in the case's language and channel, the one with the
    fewest open cases (`load`, by name; 0 where it says nothing) is chosen, the first in the configuration of several.
    """
    why: list[Bilingual] = []
    here = [agent for agent in rota.present(now) if any_may(agent.roles, "claim")]
    if not here:
        return Choice(None, (_both("şu anda nöbette kimse yok; kayıt kuyrukta bekler",
                                   "nobody is on shift; the case waits in the queue"),))  # fmt: skip
    for at, rule in enumerate(rules, 1):
        if not _holds(rule.when, facts):
            continue
        asked = _asked(rule.to, rota, here)
        fitting = [agent for agent in asked if _answers(agent, facts)]
        target = _target(rule.to)
        if fitting:
            why.append(_both(f"{at}. kural: {target.tr}", f"rule {at}: {target.en}"))
            return _least_loaded(fitting, load, facts, why)
        why.append(_both(f"{at}. kural ({target.tr}): uygun kimse nöbette değil",
                         f"rule {at} ({target.en}): nobody fitting is on shift"))  # fmt: skip
    fitting = [agent for agent in here if _answers(agent, facts)]
    if not fitting:
        why.append(_both(f"nöbette {facts.channel} kanalında {_LANGUAGE[facts.language][0]} yanıt veren kimse yok",
                         f"nobody on shift answers in {_LANGUAGE[facts.language][1]} on {facts.channel}"))  # fmt: skip
        return Choice(None, tuple(why))
    return _least_loaded(fitting, load, facts, why)


class _Languages(dict[str, tuple[str, str]]):
    def __missing__(self, code: str) -> tuple[str, str]:
        return (code, code)


_LANGUAGE = _Languages(tr=("Türkçe", "Turkish"), en=("İngilizce", "English"))


def _least_loaded(fitting: Sequence[Agent], load: Mapping[str, int], facts: CaseFacts, why: list[Bilingual]) -> Choice:
    best = min(fitting, key=lambda agent: load.get(agent.name, 0))  # min keeps the first of equals
    count = load.get(best.name, 0)
    if len(fitting) == 1:
        why.append(_both(f"{best.name}: uygun olan tek kişi", f"{best.name}: the only one who fits"))
    else:
        why.append(_both(f"{best.name}: uygun {len(fitting)} kişi içinde açık kaydı en az olan ({count})",
                         f"{best.name}: fewest open cases ({count}) of the {len(fitting)} who fit"))  # fmt: skip
    return Choice(best, tuple(why))


def _asked(to: To, rota: Rota, here: Sequence[Agent]) -> list[Agent]:
    """Those of the people on shift whom a rule means; a deputy only while the colleague is not there."""
    if to.team is not None:
        return [agent for agent in here if to.team in agent.teams]
    if to.role is not None:
        return [agent for agent in here if to.role in agent.roles]
    named = [agent for agent in here if agent.name == to.agent]
    absent = rota.agent(to.agent or "")
    return named or [agent for agent in here if absent is not None and agent.name == absent.deputy]


def _answers(agent: Agent, facts: CaseFacts) -> bool:
    speaks = not agent.languages or facts.language in agent.languages
    return speaks and (not agent.channels or facts.channel in agent.channels)


def _holds(when: CaseIs, facts: CaseFacts) -> bool:
    asked: tuple[tuple[Sequence[str], str | None], ...] = (
        (when.languages, facts.language), (when.channels, facts.channel), (when.topics, facts.topic),
        (when.urgencies, facts.urgency), (when.teams, facts.team),
    )  # fmt: skip
    return all(not wanted or found in wanted for wanted, found in asked)


def _target(to: To) -> Bilingual:
    if to.team is not None:
        return _both(f"{to.team} ekibi", f"team {to.team}")
    if to.role is not None:
        return _both(name_of("role", to.role, "tr"), name_of("role", to.role, "en"))
    return _both(str(to.agent), str(to.agent))


def _both(tr: str, en: str) -> Bilingual:
    return Bilingual(tr=tr, en=en)


def _hours_of(agent: Agent, policy: Policy) -> Policy:
    """The plain policy whose staffed time is one person's: holidays hold for them, and on an exception the hours of
    both are theirs."""
    base = policy.of(team=agent.teams[0] if agent.teams else None).working_time
    if agent.shifts is None:
        return base
    shifts = agent.shifts
    exceptions = {
        day: OneOff(hours=_common(shifts.of(day.weekday()), one_off.hours)) for day, one_off in base.exceptions.items()
    }
    return base.model_copy(update={"hours": shifts, "exceptions": exceptions})


def _common(one: tuple[Interval, ...], other: tuple[Interval, ...]) -> tuple[Interval, ...]:
    pairs = ((max(a, c), min(b, d)) for a, b in one for c, d in other)
    return tuple((start, end) for start, end in pairs if start < end)


def agent_problems(agents: Sequence[Agent]) -> list[str]:
    """What cannot be right about agents together, a sentence each: names used twice, deputies who are not there."""
    names = [agent.name for agent in agents]
    found = [f"the agent {name!r} is named twice" for name in dict.fromkeys(names) if names.count(name) > 1]
    for agent in agents:
        if agent.deputy is not None and (agent.deputy not in names or agent.deputy == agent.name):
            found.append(f"the deputy of {agent.name!r} must be another agent, not {agent.deputy!r}")
    return found


def rule_problems(rules: Sequence[Rule], agents: Sequence[Agent]) -> list[str]:
    """What assignment rules name that is not on the desk, a sentence each."""
    found = []
    names = {agent.name for agent in agents}
    teams = {team for agent in agents for team in agent.teams}
    for at, rule in enumerate(rules, 1):
        if rule.to.agent is not None and rule.to.agent not in names:
            found.append(f"rule {at} gives cases to {rule.to.agent!r}, who is not on the desk")
        if rule.to.team is not None and rule.to.team not in teams:
            found.append(f"rule {at} gives cases to the team {rule.to.team!r}, which nobody is in")
    return found
