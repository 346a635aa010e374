"""Views of the queue with a name: what one asks every morning is asked once. One's own, or the whole desk's."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from desk import reading
from desk.roles import Refused, any_may
from desk.room import Room
from desk.views import VIEWS, Filters
from store import saved_views as view_store
from store.saved_views import SavedRow

MOST = 30
"""Saved views that a person sees: more than that is no choice any more."""

TITLE = 40
"""Characters of a name that stands on a button."""

KEPT = ("view", "search", "urgency", "channel", "topic", "language")
"""What of Filters a saved view keeps."""


@dataclass(frozen=True)
class SavedView:
    """One saved view as a person sees it; `mine` where they may change it."""

    id: int
    title: str
    owner: str
    shared: bool
    mine: bool
    filters: Filters


class SavedViews:
    """The saved views that one person sees, and what they do with them."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def views(self) -> tuple[SavedView, ...]:
        """My own and the shared ones, in their order."""
        with self._room.store.read() as tx:
            return tuple(self._view(row) for row in view_store.seen_by(tx, self._room.brand, self._room.me)[:MOST])

    def counts(self, views: tuple[SavedView, ...], now: datetime) -> dict[int, int]:
        """How many cases are in each of these views."""
        with self._room.store.read() as tx:
            return {
                one.id: reading.number(tx, self._room.brand, one.filters, self._room.me, now) for one in views
            }  # fmt: skip

    def save(self, title: str, filters: Filters, shared: bool, now: datetime) -> int:
        """Save a view under a name of mine; the same name again means the same view, changed. Answers its number.

        Raises Refused without a name, or where there are MOST already.
        """
        name = _title(title)
        brand, me = self._room.brand, self._room.me
        with self._room.store.write() as tx:
            there = view_store.seen_by(tx, brand, me)
            if len(there) >= MOST and not any(row.owner == me and row.title == name for row in there):
                raise Refused(
                    f"Bir kişi en çok {MOST} görünüm kullanabilir; önce birini silin.",
                    f"One person can use at most {MOST} views; delete one first.",
                )
            return view_store.save(tx, brand, me, name, shared, _kept(filters), now)

    def rename(self, id: int, title: str, now: datetime) -> None:
        """Give a view another name. Raises Refused where I have one of that name."""
        name = _title(title)
        with self._room.store.write() as tx:
            row = self._changeable(view_store.one(tx, self._room.brand, id))
            there = view_store.seen_by(tx, self._room.brand, row.owner)
            if any(one.owner == row.owner and one.title == name and one.id != id for one in there):
                raise Refused(f"“{name}” adında bir görünüm var.", f"There is a view called “{name}”.")
            view_store.change(tx, self._room.brand, id, now, title=name)

    def share(self, id: int, shared: bool, now: datetime) -> None:
        """Let the whole desk see a view, or only its owner."""
        with self._room.store.write() as tx:
            self._changeable(view_store.one(tx, self._room.brand, id))
            view_store.change(tx, self._room.brand, id, now, shared=shared)

    def move(self, id: int, by: int, now: datetime) -> None:
        """Put a view `by` places on (or back) among those that I see."""
        with self._room.store.write() as tx:
            row = self._changeable(view_store.one(tx, self._room.brand, id))
            order = [one.id for one in view_store.seen_by(tx, self._room.brand, self._room.me) if one.id != row.id]
            before = [one.id for one in view_store.seen_by(tx, self._room.brand, self._room.me)]
            order.insert(max(0, min(len(order), before.index(id) + by)), id)
            for position, one in enumerate(order, 1):
                view_store.change(tx, self._room.brand, one, now, position=position)

    def remove(self, id: int) -> Mapping[str, Any]:
        """Forget a view; answers what brings it back (see `restore`)."""
        with self._room.store.write() as tx:
            row = self._changeable(view_store.one(tx, self._room.brand, id))
            view_store.remove(tx, self._room.brand, id)
        return {"title": row.title, "shared": row.shared, "filters": dict(row.filters)}

    def _changeable(self, row: SavedRow | None) -> SavedRow:
        if row is None:
            raise Refused("Bu görünüm artık yok.", "That view is no longer there.")
        if row.owner != self._room.me and not any_may(self._room.agent().roles, "undo_other"):
            raise Refused(
                f"Bu görünüm {row.owner} kullanıcısının; yalnızca o ya da ekip lideri değiştirebilir.",
                f"That view is {row.owner}'s; only they or a team lead can change it.",
            )
        return row

    def _view(self, row: SavedRow) -> SavedView:
        mine = row.owner == self._room.me or any_may(self._room.agent().roles, "undo_other")
        return SavedView(row.id, row.title, row.owner, row.shared, mine, filters_of(row.filters))


def filters_of(kept: Mapping[str, Any]) -> Filters:
    """Filters as they were kept; a view that is none any more is the open one. Pure."""
    said = {name: str(kept[name]) for name in KEPT if kept.get(name)}
    if said.get("view") not in VIEWS:
        said["view"] = "open"
    return Filters(**said)  # type: ignore[arg-type]


def _kept(filters: Filters) -> dict[str, Any]:
    return {name: value for name, value in asdict(filters).items() if name in KEPT and value}


def _title(title: str) -> str:
    name = " ".join(title.split())[:TITLE]
    if not name:
        raise Refused("Görünüme bir ad verin.", "Give the view a name.")
    return name
