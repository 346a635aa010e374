"""A grouping whose answers are written down: which incident each mention joins, and what it shows to be the same."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mention import Mention, Score
from nlp.incidents_told import Moved, Placed, Why


class Scripted:
    """Answers by script; remembers where each mention is."""

    def __init__(self, script: Mapping[str, tuple[str, tuple[str, ...]]], state: dict[str, Any] | None) -> None:
        self.script = script
        self.places: dict[str, str] = dict(state or {})

    def place(self, mention: Mention, score: Score) -> Placed:
        id = f"{mention.source}:{mention.native_id}"
        incident, merged = self.script[id]
        self.places = {one: incident if at in merged else at for one, at in self.places.items()} | {id: incident}
        return Placed(id, incident, False, (Why("alone"),), merged)

    def remember(self, mention: Mention, score: Score, incident: str) -> None:
        self.places[f"{mention.source}:{mention.native_id}"] = incident

    def forget(self, mention: str) -> bool:
        return self.places.pop(mention, None) is not None

    def incident_of(self, mention: str) -> str | None:
        return self.places.get(mention)

    def members(self, incident: str) -> tuple[str, ...]:
        return tuple(one for one, at in self.places.items() if at == incident)

    def together(self, one: str, other: str) -> Sequence[Moved]:
        return ()

    def apart(self, one: str, other: str) -> Sequence[Moved]:
        return ()

    def take_back(self, one: str, other: str) -> bool:
        return False

    def carry(self, mentions: Sequence[str], into: str) -> None:
        self.places |= dict.fromkeys(mentions, into)

    def state(self) -> dict[str, Any]:
        return dict(self.places)
