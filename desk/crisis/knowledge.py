"""What detection knows between two mentions: the grouping, the watch, and what the watch was told of unseen time.

It is kept in the transaction in which its answers are written, and made again from the store where it cannot be read.
"""

from __future__ import annotations

import base64
import json
import logging
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from desk.crisis.grouping import Begin, Grouping, watch_of
from desk.crisis.unseen import Blind
from desk.settings import Settings
from playbooks.growth import State, Watch, heard
from store import incidents as incident_store
from store.incidents import KeptState, Mark

REMEMBERED = timedelta(days=14)
"""How far back a lost grouping is made again: as long as it remembers a mention (nlp.incidents.Rules.keep)."""

SORTED = ("incident_joined", "incident_parted", "incident_moved", "incident_merged", "incident_split")
"""Events of what people said of mentions; their `said` are pairs that the grouping keeps."""

UNSORTED = "incident_sorting_undone"

log = logging.getLogger("nobet")


@dataclass
class Known:
    """Grouping and watch of a brand, as they were kept under `mark` (None: never yet)."""

    grouping: Grouping
    watch: Watch
    blind: Blind = field(default_factory=Blind)
    mark: Mark | None = None

    def texts(self) -> dict[str, str]:
        """As the store keeps them."""
        growth = {"watch": self.watch.state().text, "told": self.blind.record()}
        return {"grouping": pack(self.grouping.state()), "growth": pack(growth)}


def pack(value: Mapping[str, Any]) -> str:
    """JSON, compressed, as text. The fastest level: stronger ones save a sixth and take three times as long."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return base64.b64encode(zlib.compress(text.encode("utf-8", "surrogatepass"), 1)).decode("ascii")


def unpack(text: str) -> dict[str, Any]:
    """What was packed. Raises ValueError where it is damaged."""
    try:
        found = json.loads(zlib.decompress(base64.b64decode(text)).decode("utf-8", "surrogatepass"))
    except zlib.error as error:
        raise ValueError(f"the kept state is damaged: {error}") from None
    if not isinstance(found, dict):
        raise ValueError("the kept state is no object")
    return found


def load(tx: Connection, settings: Settings, begin: Begin, now: datetime) -> Known:
    """What was known last; what cannot be read is made again from the mentions that were placed."""
    brand = settings.brand.key
    kept = incident_store.kept_states(tx, brand)
    mark = incident_store.mark_of(tx, brand)
    try:
        return Known(*_read(kept, settings, begin), mark)
    except (ValueError, KeyError, TypeError) as error:
        if kept:
            log.warning("what detection knew cannot be read and is made again from the store: %s", error)
    known = Known(begin(None, incident_store.highest(tx, brand)), watch_of(settings.desk), Blind(), mark)
    for stored, score, incident in incident_store.placed_since(tx, brand, now - REMEMBERED):
        known.grouping.remember(stored.mention, score, incident)
        known.watch.add(heard(stored.mention, score, incident))  # its alarms were raised then
    _say_again(tx, brand, known.grouping)
    return known


def _read(kept: Mapping[str, KeptState], settings: Settings, begin: Begin) -> tuple[Grouping, Watch, Blind]:
    grouping, growth = unpack(kept["grouping"].state), unpack(kept["growth"].state)
    watch = watch_of(settings.desk, State(growth["watch"]))
    return begin(grouping, 0), watch, Blind.of(growth["told"])


def _say_again(tx: Connection, brand: str, grouping: Grouping) -> None:
    """What people said of pairs and did not take back, said again to a grouping that was made anew."""
    events = incident_store.events_of_types(tx, brand, (*SORTED, UNSORTED))
    undone = {event.data.get("event") for event in events if event.type == UNSORTED}
    for event in events:
        if event.type in SORTED and event.id not in undone:
            for how, one, other in event.data.get("said", ()):
                try:
                    (grouping.together if how == "together" else grouping.apart)(one, other)
                except ValueError as error:
                    log.warning("what was said of two mentions does not hold any more: %s", error)


def names_in(known: Known, mentions: Mapping[int, tuple[str, str]]) -> dict[int, str]:
    """How the grouping calls mentions that it remembers, by id."""
    names = {id: f"{source}:{native}" for id, (source, native) in mentions.items()}
    return {id: name for id, name in names.items() if known.grouping.incident_of(name) is not None}


def later(mark: Mark | None, mention_id: int, now: datetime) -> Mark:
    """The mark after `mark`, at `now`: its moment is always later, so whoever read the one before sees a change."""
    if mark is None:
        return mention_id, now
    return max(mark[0], mention_id), max(now, mark[1] + timedelta(microseconds=1))
