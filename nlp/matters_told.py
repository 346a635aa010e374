"""What the grouping of mentions is told, and what it tells: mentions, joins, moves, matters."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from nlp.matters_evidence import Evidence
from nlp.matters_table import Vector


@dataclass(frozen=True, slots=True, eq=False)
class Heard:
    """A mention as it is grouped. `at`: when it was posted (aware); `vector`: its embedding, of unit length, or zeros
    where there is none; `facts`: `kind:value`, from `matters_evidence.facts_of` and the desk's own knowledge."""

    id: str
    text: str
    language: str
    at: datetime
    vector: Vector
    facts: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Merged:
    """Two matters that became one: `gone` is the name that is no more."""

    gone: str
    into: str
    similarity: float


@dataclass(frozen=True, slots=True)
class Joined:
    """Where a mention went and why; `began`: as the first of a matter. `matter` is the name after all of `merged`."""

    mention: str
    matter: str
    began: bool
    evidence: tuple[Evidence, ...] = ()
    merged: tuple[Merged, ...] = ()


@dataclass(frozen=True, slots=True)
class Moved:
    """A mention that changed its matter because of what a person said."""

    mention: str
    matter: str


@dataclass(frozen=True, slots=True)
class Matter:
    """A matter as it stands. `typical`: the mention nearest to the middle of it; `facts`: (fact, mentions), commonest
    first; `members` in the order in which they were posted."""

    id: str
    members: tuple[str, ...]
    first_at: datetime
    last_at: datetime
    typical: str
    languages: dict[str, int]
    facts: tuple[tuple[str, int], ...]
