"""Who outside was told, and what goes out by itself: stakeholders, the press, scheduled posts to pause."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from desk.crisis.acting import SHORT, Acting, typed
from desk.crisis.settings import CrisisSettings
from desk.roles import Refused
from store.rows import EventRow


@dataclass(frozen=True)
class Telling:
    """One time that somebody outside was told: by what (telephone, mail), who did it, when, and a note."""

    by_what: str
    note: str
    by: str
    at: datetime


@dataclass(frozen=True)
class Party:
    """Somebody outside, and each time they were told, the last one last. `listed`: the settings name them."""

    name: str
    kind: str
    contact_hint: str
    listed: bool
    told: tuple[Telling, ...]


@dataclass(frozen=True)
class Post:
    """A scheduled post: whether it is paused, and who paused or resumed it when (empty and None: nobody did)."""

    name: str
    where: str
    paused: bool
    by: str = ""
    at: datetime | None = None


def parties_of(log: Iterable[EventRow], settings: CrisisSettings) -> tuple[Party, ...]:
    """Everybody of the settings in their order, then whoever was told beside them. Pure."""
    told: dict[str, list[Telling]] = {}
    for row in log:
        if row.type == "crisis_stakeholder_told":
            telling = Telling(row.data["by_what"], row.data.get("note", ""), row.by, row.at)
            told.setdefault(row.data["stakeholder"], []).append(telling)
    listed = [
        Party(one.name, one.kind, one.contact_hint, True, tuple(told.pop(one.name, ())))
        for one in settings.stakeholders
    ]
    return (*listed, *(Party(name, "other", "", False, tuple(each)) for name, each in told.items()))


def posts_of(log: Iterable[EventRow], settings: CrisisSettings) -> tuple[Post, ...]:
    """The scheduled posts of the settings, and those that are paused though the settings know them no more. Pure."""
    last: dict[str, EventRow] = {}
    for row in log:
        if row.type in ("crisis_post_paused", "crisis_post_resumed"):
            last[row.data["post"]] = row
    found = []
    for one in settings.scheduled_posts:
        row_ = last.pop(one.name, None)
        found.append(_post(one.name, one.where, row_))
    return (*found, *(_post(name, "", row) for name, row in last.items() if row.type == "crisis_post_paused"))


def _post(name: str, where: str, row: EventRow | None) -> Post:
    if row is None:
        return Post(name, where, False)
    return Post(name, where, row.type == "crisis_post_paused", row.by, row.at)


class Outside(Acting):
    """Telling people outside, and pausing what goes out by itself."""

    def told(self, crisis_id: int, stakeholder: str, by_what: str, note: str, now: datetime) -> None:
        """Somebody outside was told. A name that the settings do not have is kept as it is: a reporter who called."""
        stakeholder = typed(stakeholder, 100, "muhatap", "name")
        by_what = typed(by_what, 100, "yol", "way")
        note = typed(note, SHORT, "not", "note", needed=False)
        with self._held(crisis_id, now, "work_crisis") as held:
            if held.state.stage in ("reviewed", "dismissed"):
                self._refuse_stage(held)
            data = {"stakeholder": stakeholder, "by_what": by_what, "note": note}
            self._tell(held, "crisis_stakeholder_told", now, data)

    def pause(self, crisis_id: int, post: str, now: datetime) -> None:
        """A scheduled post is paused. Raises Refused where it is paused already, naming who and when."""
        self._move_post(crisis_id, post, True, now)

    def resume(self, crisis_id: int, post: str, now: datetime) -> None:
        """A scheduled post goes out again. Raises Refused where it is not paused."""
        self._move_post(crisis_id, post, False, now)

    def _move_post(self, crisis_id: int, post: str, paused: bool, now: datetime) -> None:
        with self._held(crisis_id, now, "work_crisis") as held:
            found = next((one for one in posts_of(held.log, self.settings.crisis) if one.name == post), None)
            if found is None:
                raise Refused(f"“{post}” ayarlarda yok.", f"{post!r} is not in the settings.")
            if found.paused is paused:
                who = f" ({self._who(found.by, 'tr')}, {self._clock(found.at)})" if found.at else ""
                if paused:
                    raise Refused(f"“{post}” zaten durdurulmuş{who}.", f"{post!r} is paused already{who}.")
                raise Refused(f"“{post}” durdurulmuş değil{who}.", f"{post!r} is not paused{who}.")
            type = "crisis_post_paused" if paused else "crisis_post_resumed"
            self._tell(held, type, now, {"post": post, "where": found.where})
