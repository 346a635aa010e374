"""Incidents joined and split by people: their word moves mentions now, holds for those that are yet to come, and can be
taken back.

Each act is one transaction: the rows, what the grouping knows, and an event with the hand, the pairs that were said
(`said`) and who was moved from where (`moved`). The worker notices that what it knew has changed, and reads it anew.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from desk.crisis.detecting import merge_rows
from desk.crisis.grouping import Begin
from desk.crisis.knowledge import SORTED, UNSORTED, Known, later, load, names_in
from desk.roles import Refused, require
from desk.settings import Settings
from desk.team import Agent
from store import alarms as alarm_store
from store import crises as crisis_store
from store import events as event_log
from store import incidents as incident_store
from store import subjects
from store.engine import Store

MOST = 500
"""Mentions that one act moves one by one; whole incidents are merged instead."""

WHY = [{"kind": "person", "values": [], "weight": 0.0}]


@dataclass
class _Act:
    """One act under way: what was said, and who was moved: (mention, from, to)."""

    tx: Connection
    known: Known
    at: datetime
    said: list[tuple[str, str, str]] = field(default_factory=list)
    moved: dict[int, tuple[int, int]] = field(default_factory=dict)


class Sorting:
    """One person's hands on a brand's incidents. Every act is for whoever may `split_merge`."""

    def __init__(self, store: Store, settings: Settings, begin: Begin, me: Agent) -> None:
        self.store = store
        self.settings = settings
        self.me = me
        self._begin = begin

    @property
    def brand(self) -> str:
        """The brand's key in the store."""
        return self.settings.brand.key

    # --- acts

    def together(self, one: int, other: int, now: datetime) -> int:
        """Two mentions are of one incident: `other` comes to `one`, with all that people joined to it. Answers the
        event's id, as every act does, for `undo`. Raises Refused."""
        with self._act(now) as act:
            places = self._places(act, [one, other])
            self._say(act, "together", one, other)
            if self._place_now(act, other, places) != places[one]:
                self._carry(act, [other], places[one], now)
            return self._told(act, "incident_joined", now, {"mentions": [one, other]}, places[one])

    def apart(self, one: int, other: int, now: datetime) -> int:
        """Two mentions are of different incidents: `other` leaves, with all people joined to it. Raises Refused."""
        with self._act(now) as act:
            places = self._places(act, [one, other])
            self._say(act, "apart", one, other)
            return self._told(act, "incident_parted", now, {"mentions": [one, other]}, places[one])

    def move(self, mentions: Sequence[int], into: int, now: datetime) -> int:
        """These mentions are of that incident. Raises Refused."""
        with self._act(now) as act:
            places = self._places(act, mentions)
            row = self._incident(act, into)
            anchor = self._anchor(act, into, besides=set(mentions))
            remembered = names_in(act.known, incident_store.names_of(act.tx, self.brand, mentions))
            for mention in mentions:
                if anchor is not None and mention in remembered:
                    self._say(act, "together", anchor, mention)
            self._carry(act, [one for one in mentions if self._place_now(act, one, places) != into], into, now)
            return self._told(act, "incident_moved", now, {"mentions": list(mentions)}, row.id)

    def split(self, mentions: Sequence[int], now: datetime) -> int:
        """These mentions of one incident are an incident of their own. Raises Refused."""
        with self._act(now) as act:
            places = self._places(act, mentions)
            if len(set(places.values())) > 1:
                raise Refused("Seçilen iletiler tek bir olaydan değil.", "The chosen mentions are not of one incident.")
            from_ = next(iter(places.values()))
            first, *others = mentions
            anchor = self._anchor(act, from_, besides=set(mentions))
            if anchor is None:
                raise Refused("Olayda başka ileti kalmıyor; ayıracak bir şey yok.",
                              "No other mention stays in the incident; there is nothing to split.")  # fmt: skip
            for other in others:
                self._say(act, "together", first, other)
            self._say(act, "apart", anchor, first)
            return self._told(act, "incident_split", now, {"mentions": list(mentions)}, from_)

    def merge(self, into: int, gone: int, now: datetime) -> int:
        """Two incidents are one; `gone` becomes `into`, with its alarm and its crises. Raises Refused."""
        if into == gone:
            raise Refused("Bir olay kendisiyle birleştirilemez.", "An incident cannot be merged with itself.")
        with self._act(now) as act:
            one, other = self._incident(act, into), self._incident(act, gone)
            ids = incident_store.ids_in(act.tx, self.brand, gone)
            remembered = names_in(act.known, incident_store.names_of(act.tx, self.brand, ids))
            anchor, theirs = self._anchor(act, into), next(iter(remembered), None)
            if anchor is not None and theirs is not None:
                self._say(act, "together", anchor, theirs, write=False)
            act.known.grouping.carry(list(remembered.values()), one.name)
            act.known.watch.merge(one.name, other.name)
            crises = [row.id for row in crisis_store.of_incident(act.tx, self.brand, gone)]
            said = [list(pair) for pair in act.said]
            data = {"said": said, "moved": [[id, gone, into] for id in ids], "crises": crises}
            event = merge_rows(act.tx, self.brand, gone, into, now, self._by, data)
            incident_store.recount(act.tx, self.brand, (into, gone), now)
            return event

    def undo(self, event_id: int, now: datetime) -> int:
        """Take an act back: what was said of pairs is forgotten, and whoever was moved goes back. Raises Refused where
        one of them was moved again since, or it was taken back already."""
        with self._act(now) as act:
            log = incident_store.events_of_types(act.tx, self.brand, (*SORTED, UNSORTED))
            event = next((one for one in log if one.id == event_id and one.type in SORTED), None)
            if event is None or event.by == "system":
                raise Refused("Geri alınacak böyle bir işlem yok.", "There is no such act to take back.")
            if any(one.type == UNSORTED and one.data.get("event") == event_id for one in log):
                raise Refused("Bu işlem zaten geri alınmış.", "It was taken back already.")
            if event.by != self._by:
                require(self.me, "undo_other")
            moved = {int(id): (int(from_), int(to)) for id, from_, to in event.data["moved"]}
            places = incident_store.incident_of(act.tx, self.brand, list(moved))
            if any(id in places and places[id] != to for id, (_, to) in moved.items()):
                raise Refused("İletilerden biri sonradan yine taşınmış; önce onu geri alın.",
                              "One of the mentions was moved again since; take that back first.")  # fmt: skip
            for _, one, other in event.data.get("said", ()):
                act.known.grouping.take_back(one, other)
            if event.type == "incident_merged":
                gone = int(event.data["gone"])
                incident_store.unmerge(act.tx, self.brand, gone, event.data["crises"], now)
                if event.data.get("alarm") is not None:
                    alarm_store.hand_back(act.tx, self.brand, int(event.data["alarm"]), gone)
            back: dict[int, list[int]] = {}
            for id, (from_, _) in moved.items():
                if id in places:
                    back.setdefault(from_, []).append(id)
            for from_, ids in back.items():
                self._carry(act, ids, from_, now)
            subject = int(event.data.get("incident") or event.data["into"])
            return self._told(act, UNSORTED, now, {"event": event_id, "what": event.type}, subject)

    # --- the parts of an act

    @property
    def _by(self) -> str:
        return f"agent:{self.me.name}"

    @contextmanager
    def _act(self, now: datetime) -> Iterator[_Act]:
        require(self.me, "split_merge")
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            known = load(tx, self.settings, self._begin, now)
            act = _Act(tx, known, now)
            yield act
            incident_store.keep_states(tx, self.brand, known.texts(), later(known.mark, 0, now))

    def _places(self, act: _Act, mentions: Sequence[int]) -> dict[int, int]:
        """The incident of each; Refused where one is in none."""
        if not mentions or len(mentions) > MOST:
            raise Refused(f"1 ile {MOST} arasında ileti seçin.", f"Choose between 1 and {MOST} mentions.")
        found = incident_store.incident_of(act.tx, self.brand, mentions)
        if set(found) != set(mentions):
            raise Refused("Bu ileti henüz bir olayda değil.", "That mention is in no incident yet.")
        return found

    def _incident(self, act: _Act, id: int) -> incident_store.IncidentRow:
        row = incident_store.incident(act.tx, self.brand, id)
        if row is None or row.merged_into is not None:
            raise Refused("Böyle bir olay yok ya da başka bir olayla birleştirilmiş.",
                          "There is no such incident, or it is part of another one.")  # fmt: skip
        return row

    def _anchor(self, act: _Act, incident: int, besides: Collection[int] = ()) -> int | None:
        """The newest remembered mention of an incident that is none of `besides`."""
        ids = [id for id in incident_store.ids_in(act.tx, self.brand, incident) if id not in besides]
        return next(iter(names_in(act.known, incident_store.names_of(act.tx, self.brand, ids[:MOST]))), None)

    def _say(self, act: _Act, how: str, one: int, other: int, write: bool = True) -> None:
        """Tell the grouping, and write down whom it moved. Refused for a contradiction, or a mention it forgot."""
        names = incident_store.names_of(act.tx, self.brand, [one, other])
        remembered = names_in(act.known, names)
        if other not in remembered or one not in remembered:
            raise Refused(
                "Bu ileti iki haftadan eski; artık birleştirilip ayrılmıyor, yalnızca taşınabiliyor.",
                "That mention is older than two weeks; it can be moved, but not joined or parted.",
            )
        grouping = act.known.grouping
        try:
            tell = grouping.together if how == "together" else grouping.apart
            shifts = tell(remembered[one], remembered[other])
        except ValueError:
            raise Refused("Bu, daha önce söylenenle çelişiyor; önce onu geri alın.",
                          "It contradicts what was said before; take that back first.") from None  # fmt: skip
        act.said.append((how, remembered[one], remembered[other]))
        if write:
            self._rows(act, {shift.mention: shift.incident for shift in shifts})

    def _rows(self, act: _Act, shifts: Mapping[str, str]) -> None:
        """Move rows as the grouping moved its mentions."""
        if not shifts:
            return
        ids = incident_store.ids_by_name(act.tx, self.brand, list(shifts))
        now_at = incident_store.incident_of(act.tx, self.brand, list(ids.values()))
        incident_store.begin(act.tx, self.brand, sorted(set(shifts.values())), act.at)
        places = incident_store.ids_of(act.tx, self.brand, shifts.values())
        moves = {ids[name]: places[into] for name, into in shifts.items() if name in ids}
        self._note(act, {id: into for id, into in moves.items() if now_at.get(id) != into}, now_at)

    def _carry(self, act: _Act, ids: Sequence[int], into: int, now: datetime) -> None:
        """Move mentions in the grouping and in the rows, without saying anything for later."""
        row = incident_store.incident(act.tx, self.brand, into)
        if row is None or not ids:
            return
        names = names_in(act.known, incident_store.names_of(act.tx, self.brand, ids))
        act.known.grouping.carry(list(names.values()), row.name)
        self._note(act, dict.fromkeys(ids, into), incident_store.incident_of(act.tx, self.brand, ids))

    def _note(self, act: _Act, moves: Mapping[int, int], before: Mapping[int, int]) -> None:
        for id, into in moves.items():
            act.moved[id] = (act.moved[id][0] if id in act.moved else before[id], into)
        incident_store.move(act.tx, self.brand, moves, self._by, WHY, act.at)

    def _place_now(self, act: _Act, mention: int, before: Mapping[int, int]) -> int:
        return act.moved[mention][1] if mention in act.moved else before[mention]

    def _told(self, act: _Act, type: str, now: datetime, data: Mapping[str, Any], incident: int) -> int:
        """Count the incidents anew and write the act down; answers the event's id."""
        touched = {incident for pair in act.moved.values() for incident in pair} | {incident}
        incident_store.recount(act.tx, self.brand, touched, now)
        moved = [[id, from_, to] for id, (from_, to) in sorted(act.moved.items()) if from_ != to]
        about = [subjects.subject("incident", one) for one in (incident, *sorted(touched - {incident})) if one]
        told = {**data, "incident": incident, "said": [list(pair) for pair in act.said], "moved": moved}
        return subjects.append(
            act.tx, self.brand, about, type=type, at=now, by=self._by, recorded_at=now, data=told
        )  # fmt: skip
