"""What we know and what we do not: facts with their sources and times, kept with everything they said before.

The rule of the room: what is known has a source. What nobody has checked yet stands under what we do not know.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from desk.crisis.acting import SHORT, Acting, typed
from desk.crisis.words import FACT_WORDS
from desk.roles import Refused
from store.rows import EventRow

MAX_FACT = 1000


@dataclass(frozen=True)
class Said:
    """One version of a fact: its words, its source, as of when, how sure, and who wrote it down when and why."""

    text: str
    source: str
    as_of: datetime
    status: str
    """known, unknown or refuted."""
    by: str
    at: datetime
    why: str = ""


@dataclass(frozen=True)
class Fact:
    """A fact as it stands, and its history, the oldest version first (the newest is `now`)."""

    id: int
    history: tuple[Said, ...]

    @property
    def now(self) -> Said:
        """What it says now."""
        return self.history[-1]

    @property
    def version(self) -> int:
        """How often it was written, from 1."""
        return len(self.history)


def facts_of(log: Iterable[EventRow]) -> tuple[Fact, ...]:
    """The facts of a crisis, in the order in which they were first written down. Pure."""
    found: dict[int, Fact] = {}
    for row in log:
        if row.type == "crisis_fact_added":
            found[row.id] = Fact(row.id, (_said(row),))
        elif row.type == "crisis_fact_changed" and (fact := found.get(int(row.data["fact"]))) is not None:
            found[fact.id] = replace(fact, history=(*fact.history, _said(row)))
    return tuple(found.values())


def _said(row: EventRow) -> Said:
    told = row.data
    as_of = datetime.fromisoformat(told["as_of"])
    return Said(told["text"], told["source"], as_of, told["status"], row.by, row.at, told.get("why", ""))


class FactKeeping(Acting):
    """Writing facts down."""

    def add_fact(
        self, crisis_id: int, text: str, source: str, status: str, now: datetime, as_of: datetime | None = None
    ) -> int:
        """Write a fact down; answers its id. `status` is known, unknown or refuted; `as_of`: when it was so.

        Raises Refused for something known without a source, and for a time to come.
        """
        told = self._fact(text, source, status, as_of or now, now)
        with self._held(crisis_id, now, "work_crisis") as held:
            if held.state.stage in ("reviewed", "dismissed"):
                self._refuse_stage(held)
            return self._tell(held, "crisis_fact_added", now, told)

    def change_fact(
        self, crisis_id: int, fact_id: int, text: str, source: str, status: str, why: str, now: datetime,
        as_of: datetime | None = None, expected: int | None = None,
    ) -> None:  # fmt: skip
        """Write a fact anew; what it said before stays. `expected` is the version that I saw."""
        told = self._fact(text, source, status, as_of or now, now)
        why = typed(why, SHORT, "gerekçe", "reason")
        with self._held(crisis_id, now, "work_crisis") as held:
            if held.state.stage in ("reviewed", "dismissed"):
                self._refuse_stage(held)
            fact = next((one for one in facts_of(held.log) if one.id == fact_id), None)
            if fact is None:
                raise Refused("Böyle bir bilgi yok.", "There is no such fact.")
            if expected is not None and fact.version != expected:
                who, at = self._who(fact.now.by, "tr"), self._clock(fact.now.at)
                raise Refused(
                    f"Bu bilgiyi {who} saat {at} itibarıyla değiştirdi; önce onu okuyun.",
                    f"{who} changed this fact at {at}; read that first.",
                )
            self._tell(held, "crisis_fact_changed", now, {"fact": fact_id, "why": why, **told})

    def _fact(self, text: str, source: str, status: str, as_of: datetime, now: datetime) -> dict[str, str]:
        if status not in FACT_WORDS:
            raise Refused("Bir bilgi bilinen, bilinmeyen ya da yanlış çıkandır.",
                          "A fact is known, unknown or refuted.")  # fmt: skip
        if as_of.tzinfo is None or as_of > now:
            raise Refused("Bilginin zamanı gelecekte olamaz.", "A fact cannot be of a time to come.")
        text = typed(text, MAX_FACT, "bilgi", "fact")
        source = typed(source, SHORT, "kaynak", "source", needed=status != "unknown")
        return {"text": text, "source": source, "status": status, "as_of": as_of.isoformat()}
