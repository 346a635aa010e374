"""What is done on many cases at once in Triage, and the views that somebody gave a name."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from board.deeds import said_in
from board.queue import Place
from board.texts import Texts
from desk import bulk
from desk.desk import Desk, DeskError
from desk.saved_views import SavedViews, filters_of

NAMED = 20
"""Cases that are named by number beside the reason why they were not done."""

COUNTED_EVERY = timedelta(seconds=10)
"""How old the number beside a saved view may be; the view that one is in is counted at every look."""

SEARCH_EVERY = timedelta(seconds=60)
"""A search through the words of every open case costs fifty times as much, so it is counted less often."""


def account_data(account: bulk.Account, texts: Texts, now: datetime) -> dict[str, Any]:
    """What became of a batch, as the browser says it: cases with the same reason stand together."""
    reasons: dict[str, list[int]] = {}
    for case, error in account.failed.items():
        reasons.setdefault(said_in(error, texts), []).append(case)
    failed = [{"why": why, "n": len(cases), "cases": cases[:NAMED]} for why, cases in reasons.items()]
    return {"done": account.done, "same": len(account.same), "failed": failed, "at": now.isoformat()}


def do_many(desk: Desk, act: str, cases: tuple[int, ...], words: str, texts: Texts, now: datetime) -> dict[str, Any]:
    """An act on a batch of cases; answers the account."""
    return account_data(bulk.do(desk, act, cases, words, now), texts, now)


def undo_many(desk: Desk, act: str, cases: tuple[int, ...], at: str, texts: Texts, now: datetime) -> dict[str, Any]:
    """A batch taken back; answers the account."""
    try:
        when = datetime.fromisoformat(at)
    except ValueError:
        raise DeskError("There is nothing to take back on this case.") from None
    return account_data(bulk.undo(desk, act, cases, when, now), texts, now)


def saved_data(desk: Desk, place: Place, here: int, now: datetime, memory: Any) -> list[dict[str, Any]]:
    """The saved views with how many cases each holds; `here` is how many the view holds that one is in."""
    saved = SavedViews(desk)
    views = saved.views()
    counted: dict[Any, tuple[datetime, int]] = memory.setdefault("saved_counts", {})
    old = tuple(
        one for one in views
        if (known := counted.get((one.id, one.filters))) is None
        or now - known[0] >= (SEARCH_EVERY if one.filters.search else COUNTED_EVERY)
    )  # fmt: skip
    if old:
        numbers = saved.counts(old, now)
        counted.update({(one.id, one.filters): (now, numbers[one.id]) for one in old})
    wanted = place.filters()
    return [
        {
            "id": one.id, "title": one.title, "owner": one.owner, "shared": one.shared, "mine": one.mine,
            "n": here if one.filters == wanted else counted[(one.id, one.filters)][1],
            "filters": {name: getattr(one.filters, name) for name in ("view", "search", "urgency", "channel", "topic",
                                                                      "language")},
        }
        for one in views
    ]  # fmt: skip


def do_view(desk: Desk, do: str, id: int, text: str, form: Mapping[str, str], now: datetime) -> dict[str, Any]:
    """Save, rename, share, move or forget a view; what is forgotten is answered, so that it can be brought back."""
    saved = SavedViews(desk)
    if do == "save_view":
        return {"saved": saved.save(text, filters_of(form), form.get("shared") == "yes", now)}
    if do == "remove_view":
        return {"removed": saved.remove(id)}
    if do == "rename_view":
        saved.rename(id, text, now)
    elif do == "share_view":
        saved.share(id, text == "yes", now)
    elif do == "move_view":
        saved.move(id, 1 if text == "on" else -1, now)
    return {}
