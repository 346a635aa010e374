"""What detection asks of the grouping, and the one way that a mention takes through grouping and watch.

This room may not import nlp; the entries hand a `Begin` in (classifying.grouping_of). The worker and `nobet detect`
both go through `left_aside` and `take_in`, so that they say the same of the same mentions.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, Protocol

from desk.calendar import holidays_of
from desk.policy import Policy
from mention import Mention, Score
from playbooks.growth import FALSE_ALARMS, Alarm, State, Watch, heard, limits

YEARS = range(2015, 2041)
"""Years whose holidays are laid out; other years are watched without."""


class Reason(Protocol):
    """Why a mention is in an incident; see nlp.incidents_told.Why."""

    @property
    def kind(self) -> str:
        """What sort of reason."""

    @property
    def values(self) -> tuple[str, ...]:
        """The words, facts, mentions or incidents that are meant."""

    @property
    def weight(self) -> float:
        """Nats that it added."""


class Placing(Protocol):
    """Where a mention went; see nlp.incidents_told.Placed."""

    @property
    def incident(self) -> str:
        """The incident's name."""

    @property
    def why(self) -> Sequence[Reason]:
        """The reasons."""

    @property
    def merged(self) -> tuple[str, ...]:
        """Incidents that turned out to be this one."""


class Shift(Protocol):
    """A mention that changed its incident because of what a person said."""

    @property
    def mention(self) -> str:
        """`source:native_id`."""

    @property
    def incident(self) -> str:
        """Where it is now."""


class Grouping(Protocol):
    """The grouping of one brand; nlp.incidents.Grouper is one, and says there what each of these does."""

    def place(self, mention: Mention, score: Score) -> Placing:
        """Put a mention where it belongs."""

    def remember(self, mention: Mention, score: Score, incident: str) -> None:
        """Take one in where it was placed before."""

    def forget(self, mention: str) -> bool:
        """Let go of one."""

    def incident_of(self, mention: str) -> str | None:
        """The name of its incident; None for one that is not remembered."""

    def members(self, incident: str) -> tuple[str, ...]:
        """The mentions of an incident, KeyError for a name that is not."""

    def together(self, one: str, other: str) -> Sequence[Shift]:
        """A person: `other` belongs to `one`. Raises ValueError where it contradicts what was said."""

    def apart(self, one: str, other: str) -> Sequence[Shift]:
        """A person: `other` does not belong to `one`. Raises ValueError where it contradicts what was said."""

    def take_back(self, one: str, other: str) -> bool:
        """Forget what was said of a pair."""

    def carry(self, mentions: Sequence[str], into: str) -> None:
        """Put mentions into an incident."""

    def state(self) -> dict[str, Any]:
        """All that is remembered, for JSON."""


class Begin(Protocol):
    """Makes the brand's grouping: from a kept state, or anew where so many incidents have a name already."""

    def __call__(self, state: dict[str, Any] | None, begun: int) -> Grouping:
        """Raises ValueError for a state that cannot be read."""


def name_of(mention: Mention) -> str:
    """How the grouping calls a mention."""
    return f"{mention.source}:{mention.native_id}"


def left_aside(mention: Mention, score: Score, handles: Iterable[str]) -> bool:
    """Whether a mention is no customer's word about the brand: the brand's own post, or about something of its name."""
    author = (mention.author or "").lstrip("@").lower()
    if author and author in {handle.lstrip("@").lower() for handle in handles}:
        return True
    return any(fact.kind == "not_about_us" for fact in score.facts)


def take_in(grouping: Grouping, watch: Watch, mention: Mention, score: Score) -> tuple[Placing, Alarm | None]:
    """Place a mention and show it to the watch; the alarm that it raises, if it does."""
    placed = grouping.place(mention, score)
    for gone in placed.merged:
        watch.merge(placed.incident, gone)
    return placed, watch.add(heard(mention, score, placed.incident))


def reasons_of(placed: Placing) -> list[dict[str, Any]]:
    """The reasons as the store keeps them."""
    return [{"kind": one.kind, "values": list(one.values), "weight": one.weight} for one in placed.why]


def watch_of(policy: Policy, state: State | None = None, per_week: float = FALSE_ALARMS) -> Watch:
    """The growth watch of a desk's hours and holidays. Raises ValueError for a state that cannot be read."""
    return Watch(policy.zone, holidays=holidays(policy.holidays), limits=limits(per_week), state=state)


def holidays(named: str | Sequence[str] | None) -> Iterator[date]:
    """Whole holidays of the desk's countries: on these people write as on a Sunday."""
    for country in (named,) if isinstance(named, str) else named or ():
        for year in YEARS:
            yield from (day for day, half in holidays_of(country, year).items() if not half)
