"""What a person has written and not sent yet, in any form of the board: it waits for them on every machine.

The browser keeps a copy of its own, so that a lost connection loses nothing; what is here is what survives a closed
tab, a sign-out and a change of machine. The words that were written last win, whichever tab they come from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

from desk.room import MAX_WORDS, Room
from store import drafts as draft_store
from store.engine import Store

MOST = 300
"""Drafts a person may have; who has more forgot them."""

OLD = timedelta(days=60)
"""A draft that was not touched for so long is not going to be sent; it may hold what a customer told us, so it goes."""


class Drafts:
    """One person's drafts at the desk."""

    def __init__(self, room: Room) -> None:
        self._room = room

    def keep(self, written: Mapping[str, tuple[str, datetime]], dropped: Sequence[str], now: datetime) -> None:
        """Keep texts by their keys, each with the moment it was written, and forget those whose keys begin so.

        An empty text is a draft too: somebody cleared the field. A moment to come counts as `now`: a browser's clock
        may be wrong. Past MOST drafts, those that were touched longest ago go.
        """
        brand, me = self._room.brand, self._room.me
        with self._room.store.write() as tx:
            for beginning in dropped:
                if beginning:
                    draft_store.drop(tx, brand, me, beginning)
            for key, (text, at) in written.items():
                draft_store.put(tx, brand, me, key, text[:MAX_WORDS], min(at, now))
            if written:
                draft_store.prune(tx, brand, me, MOST)

    def drop(self, beginning: str) -> None:
        """Forget the drafts whose keys begin so: what they were for is done."""
        with self._room.store.write() as tx:
            draft_store.drop(tx, self._room.brand, self._room.me, beginning)

    def told(self, beginning: str) -> dict[str, tuple[str | None, datetime]]:
        """Every draft by its key with the moment it was written; the words only of those whose keys begin so."""
        with self._room.store.read() as tx:
            times = draft_store.times(tx, self._room.brand, self._room.me)
            texts = draft_store.texts(tx, self._room.brand, self._room.me, beginning) if beginning else {}
        return {key: (texts.get(key), at) for key, at in times.items()}

    def text(self, key: str, since: datetime) -> str:
        """The words of one draft; empty where there is none that was written at `since` or later."""
        with self._room.store.read() as tx:
            at = draft_store.times(tx, self._room.brand, self._room.me).get(key)
            if at is None or at < since:
                return ""
            return draft_store.texts(tx, self._room.brand, self._room.me, key).get(key, "")


def tidy(store: Store, brand: str, now: datetime) -> None:
    """Forget everybody's drafts that are OLD; the worker does it now and then."""
    with store.write() as tx:
        draft_store.forget(tx, brand, now - OLD)


def moment(ms: float) -> datetime:
    """A moment as the browser counts it (milliseconds since 1970, UTC)."""
    return datetime.fromtimestamp(ms / 1000, UTC)
