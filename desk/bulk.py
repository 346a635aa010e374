"""One act on many cases: each case gets its own event and its own answer, and the whole is taken back in one go.

Each case is done by the same act as alone, in a transaction of its own: one that cannot be done (somebody else has it,
it is closed) stops none of the others, and is named with its reason. Nothing here sends anything to a customer; one
answer for many cases is a crisis manager's act (desk/crisis).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from types import MappingProxyType
from zoneinfo import ZoneInfo

from desk.moves import Moves
from desk.roles import NotAllowed, Refused
from desk.room import DeskError
from store import cases as case_store
from store import events as event_log

AT_ONCE = 50
"""Cases in one call; a page asks for more of them one call after the other, and shows how far it is."""

LENGTHS: Mapping[str, timedelta] = MappingProxyType(
    {"30m": timedelta(minutes=30), "1h": timedelta(hours=1), "2h": timedelta(hours=2)}
)
"""How long a batch can be put off, beside `tomorrow` (nine o'clock of the next day in the desk's zone)."""

EVENTS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "assign": ("assigned",), "set_aside": ("set_aside",), "tag": ("tagged",), "snooze": ("snoozed",),
    "resolve": ("resolved",), "wait": ("waiting_for_customer",),
})  # fmt: skip
"""What each act writes into the log."""


@dataclass
class Account:
    """What became of a batch: the cases that were done, those that were so already, and why the others were not."""

    done: list[int] = field(default_factory=list)
    same: list[int] = field(default_factory=list)
    failed: dict[int, DeskError | Refused] = field(default_factory=dict)


def until(text: str, now: datetime, zone: ZoneInfo) -> datetime:
    """The moment to which a batch is put off: one of LENGTHS, or `tomorrow`. Pure."""
    if text == "tomorrow":
        return datetime.combine(now.astimezone(zone).date() + timedelta(days=1), time(9), zone)
    if text not in LENGTHS:
        raise Refused("Ne zamana kadar erteleneceğini seçin.", "Choose how long the cases are put off.")
    return now + LENGTHS[text]


def do(desk: Moves, act: str, cases: Sequence[int], words: str, now: datetime) -> Account:
    """Do an act (a key of EVENTS) on up to AT_ONCE cases.

    `words` is what the act needs: whom to assign to (empty: nobody), the reason to set aside for, the tags to add, how
    long to snooze. Raises Refused for an act or words that fit no case at all.
    """
    if act not in EVENTS or not 0 < len(cases) <= AT_ONCE:
        raise Refused("Bu, toplu olarak yapılamaz.", "That cannot be done to many at once.")
    moment = until(words, now, desk.zone) if act == "snooze" else now
    tags = tuple(words.replace(",", " ").split())
    if act == "tag" and not tags:
        raise Refused("En az bir etiket yazın.", "Write at least one tag.")
    acts: Mapping[str, Callable[[int], None]] = {
        "assign": lambda case: desk.assign(case, words or None, now),
        "set_aside": lambda case: desk.set_aside(case, words, now),
        "tag": lambda case: desk.tag(case, tags, now, more=True),
        "snooze": lambda case: _snooze(desk, case, moment, now),
        "resolve": lambda case: desk.resolve(case, now),
        "wait": lambda case: desk.wait(case, now),
    }
    return _each(desk, cases, acts[act], EVENTS[act], now)


def undo(desk: Moves, act: str, cases: Sequence[int], at: datetime, now: datetime) -> Account:
    """Take back what `do` did at `at`, on those of the cases to which nothing was done since."""
    if act not in EVENTS or not 0 < len(cases) <= AT_ONCE:
        raise Refused("Bu, toplu olarak yapılamaz.", "That cannot be done to many at once.")
    return _each(desk, cases, lambda case: _nothing(desk.undo(case, now, EVENTS[act], at)), ("undone",), now)


def _snooze(desk: Moves, case: int, moment: datetime, now: datetime) -> None:
    """Alone, a case says when it is due; of a hundred, one sentence must do for all that are due too early."""
    with desk.store.read() as tx:
        row = case_store.case(tx, desk.brand, case)
    if row is not None and row.due_at is not None and moment > row.due_at:
        raise Refused(
            "Son anı daha erken; o kadar uzun ertelenemez.", "It is due earlier; it cannot sleep longer than that."
        )
    desk.snooze(case, moment, now)


def _nothing(_: object) -> None:
    return None


def _each(
    desk: Moves, cases: Sequence[int], one: Callable[[int], None], types: tuple[str, ...], now: datetime
) -> Account:
    account = Account()
    for case in dict.fromkeys(cases):
        try:
            one(case)
        except NotAllowed:
            raise  # it is about the hand and not about the case: said once
        except (DeskError, Refused) as error:
            account.failed[case] = error
            continue
        (account.done if _written(desk, case, types, now) else account.same).append(case)
    return account


def _written(desk: Moves, case: int, types: tuple[str, ...], now: datetime) -> bool:
    """Whether the act was written down: one that changes nothing writes nothing."""
    with desk.store.read() as tx:
        events = event_log.of_case(tx, case)
    return any(event.type in types and event.by == desk.by and event.at == now for event in events)
