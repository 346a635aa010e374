"""The order desk: asks every order source at once, within a time limit, remembers answers for a while, never raises.

What it remembers lives in this process only: nothing of an order is stored, so nothing of it is to be erased.
"""

from __future__ import annotations

import logging
import os
import queue
import threading
from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from desk.orders.card import MOST_ORDERS, Found, OrderCard, Silent, shown
from desk.orders.carriers import with_own
from desk.orders.keys import OrderKey, OrderKeyError, fold, order_key
from desk.orders.order import Order, merged
from desk.orders.registry import sources_for
from desk.orders.source import Check, Deadline, OrderSource, OrderSourceError, seconds
from desk.settings import Settings

log = logging.getLogger(__name__)

TOTAL_S = 8.0
"""Seconds for a whole card, whatever the sources' own limits: an agent who waits longer asks the customer instead."""

FAILED_FOR = timedelta(seconds=15)
"""How long a failure is remembered: long enough to spare a system that is down, short enough to notice its return."""

KNOWN_FOR = timedelta(hours=24)
"""How long the last known answer may stand in for a silent source; an older one would mislead."""

MOST_KEPT = 2000
"""Answers in memory; the longest unused goes first."""

MOST_FAILURES = 3
"""Failures running after which a source is not asked for FAILED_FOR: agents open one case after another, and each
would wait out the whole time limit."""

MOST_BUSY = 4
"""Questions of ours that one source may be working on; one that hangs is not given more."""


@dataclass(frozen=True)
class _Answer:
    """What a source said of a key at a time, or how it failed."""

    at: datetime
    orders: tuple[Order, ...] = ()
    failed: str | None = None


class OrderDesk:
    """The brand's order sources, asked for one case at a time. Safe to share between threads.

    `settings` are the whole configuration, `environ` holds the secrets; `sources` replaces the configured ones in
    tests. Nothing is asked before `look_up`.
    """

    def __init__(
        self,
        settings: Settings,
        environ: Mapping[str, str] | None = None,
        *,
        sources: Sequence[OrderSource] | None = None,
        total_s: float = TOTAL_S,
    ) -> None:
        self._zone = settings.desk.zone
        self._carriers = with_own(settings.carriers)
        self._sources: tuple[OrderSource, ...] = (
            tuple(sources)
            if sources is not None
            else sources_for(
                settings.orders,
                home=settings.home,
                zone=self._zone,
                region=settings.brand.region,
                environ=os.environ if environ is None else environ,
            )
        )
        self._limits = {one.name: one.time_limit for one in settings.orders}
        self._fresh = {one.name: timedelta(seconds=one.fresh_for) for one in settings.orders}
        self._total_s = total_s
        self._lock = threading.Lock()
        self._answers: OrderedDict[tuple[str, str, str], _Answer] = OrderedDict()
        self._known: OrderedDict[tuple[str, str, str], _Answer] = OrderedDict()
        self._silent_since: dict[str, datetime] = {}
        self._busy: dict[str, int] = {}
        self._failures: dict[str, int] = {}
        self._last_failure: dict[str, _Answer] = {}

    @property
    def configured(self) -> bool:
        """Whether there is any order source; without one the board shows no card."""
        return bool(self._sources)

    def look_up(self, keys: Iterable[OrderKey], now: datetime, *, retry: bool = False) -> OrderCard:
        """The card of one case. `keys` are that case's own, first choice first (see keys.keys_from); `now` is aware.

        The first key that finds anything decides. With `retry` nothing remembered is used. Never raises: what fails
        is on the card.
        """
        keys = tuple(keys)
        if not keys or not self._sources:
            return OrderCard("not_asked", now, self._zone)
        deadline = Deadline.after(self._total_s)
        failed: dict[str, str] = {}
        for key in keys:
            # A source that failed for the first key would only cost the same time again for the next.
            asked = [one for one in self._sources if key.kind in one.kinds and one.name not in failed]
            if deadline.passed:
                failed |= {one.name: f'Orders "{one.name}": no time was left to ask it' for one in asked}
                break
            answers = self._ask_all(asked, key, now, deadline, retry)
            failed |= {name: answer.failed for name, answer in answers.items() if answer.failed is not None}
            found = self._collected(answers)
            if found:
                found = self._completed(found, {one.name for one in asked}, now, deadline, retry, failed)
                return self._card("found", keys, key, found, failed, now)
        if not failed:
            return self._card("not_found", keys, keys[0], {}, failed, now)
        for key in keys:
            remembered = self._remembered(key, failed, now)
            if remembered:
                return self._card("not_reachable", keys, key, remembered, failed, now)
        return self._card("not_reachable", keys, keys[0], {}, failed, now)

    def check(self) -> dict[str, Check]:
        """Each source's own check, by its name; never raises."""
        told = {}
        for source in self._sources:
            try:
                # A first reading of a big export takes its time, and nobody's customer waits for this.
                told[source.name] = source.check(Deadline.after(max(30.0, self._limit(source))))
            except Exception as error:
                log.exception("orders: the check of %s failed", source.name)
                told[source.name] = Check(
                    False, f'Orders "{source.name}": failed unexpectedly ({type(error).__name__})'
                )
        return told

    def forget(self) -> None:
        """Forgets every answer, as after an erasure of personal data."""
        with self._lock:
            self._answers.clear()
            self._known.clear()

    def _limit(self, source: OrderSource) -> float:
        return self._limits.get(source.name, 4.0)

    def _ask_all(
        self, sources: Sequence[OrderSource], key: OrderKey, now: datetime, deadline: Deadline, retry: bool
    ) -> dict[str, _Answer]:
        """Every source's answer; those that are remembered are not asked, the others all at once."""
        answers: dict[str, _Answer] = {}
        arrived: queue.SimpleQueue[tuple[str, _Answer]] = queue.SimpleQueue()
        waiting: dict[str, float] = {}
        for source in sources:
            kept = None if retry else self._fresh_answer(source, key, now)
            if kept is None and not retry:
                kept = self._down(source, now)
            if kept is not None:
                answers[source.name] = kept
            elif not self._begin(source):
                busy = f'Orders "{source.name}": it is still busy with earlier questions'
                answers[source.name] = self._keep(source.name, key, _Answer(now, failed=busy))
            else:
                limit = Deadline.after(min(self._limit(source), deadline.left))
                waiting[source.name] = limit.at
                # a daemon: a source that hangs in the operating system must not keep the program from ending
                threading.Thread(
                    target=self._ask, args=(source, key, now, limit, arrived), daemon=True, name=f"orders {source.name}"
                ).start()
        while waiting:
            limit = Deadline(max(waiting.values()))
            try:
                # a moment more than the source was given, so that its own sentence arrives
                name, answer = arrived.get(timeout=limit.left + 0.25)
            except queue.Empty:
                break
            if waiting.pop(name, None) is not None:
                answers[name] = answer
        for name in waiting:
            late = f'Orders "{name}": no answer within {seconds(self._limits.get(name, self._total_s))} seconds'
            answers[name] = self._keep(name, key, _Answer(now, failed=late))
        return {one.name: answers[one.name] for one in sources}

    def _ask(
        self,
        source: OrderSource,
        key: OrderKey,
        now: datetime,
        limit: Deadline,
        arrived: queue.SimpleQueue[tuple[str, _Answer]],
    ) -> None:
        try:
            answer = _Answer(now, orders=source.find(key, limit))
        except OrderSourceError as error:
            answer = _Answer(now, failed=str(error))
        except Exception as error:
            # the card must come whatever an adapter does; the type alone, since a message may quote a customer
            log.error("orders: %s failed unexpectedly (%s)", source.name, type(error).__name__)
            answer = _Answer(now, failed=f'Orders "{source.name}": failed unexpectedly ({type(error).__name__})')
        finally:
            with self._lock:
                self._busy[source.name] -= 1
        arrived.put((source.name, self._keep(source.name, key, answer)))

    def _begin(self, source: OrderSource) -> bool:
        with self._lock:
            if self._busy.get(source.name, 0) >= MOST_BUSY:
                return False
            self._busy[source.name] = self._busy.get(source.name, 0) + 1
            return True

    def _fresh_answer(self, source: OrderSource, key: OrderKey, now: datetime) -> _Answer | None:
        with self._lock:
            answer = self._answers.get((source.name, key.kind, key.folded))
        if answer is None:
            return None
        fresh = FAILED_FOR if answer.failed is not None else self._fresh.get(source.name, timedelta(seconds=120))
        return answer if timedelta(0) <= now - answer.at < fresh else None

    def _down(self, source: OrderSource, now: datetime) -> _Answer | None:
        """The failure of a source that has failed MOST_FAILURES times running, and just now; it gets a rest."""
        with self._lock:
            if self._failures.get(source.name, 0) < MOST_FAILURES:
                return None
            last = self._last_failure[source.name]
        return last if timedelta(0) <= now - last.at < FAILED_FOR else None

    def _keep(self, name: str, key: OrderKey, answer: _Answer) -> _Answer:
        at = (name, key.kind, key.folded)
        with self._lock:
            if answer.failed is None:
                self._silent_since.pop(name, None)
                self._failures[name] = 0
                _put(self._known, at, answer)
            else:
                self._silent_since.setdefault(name, answer.at)
                self._failures[name] = self._failures.get(name, 0) + 1
                self._last_failure[name] = answer
            _put(self._answers, at, answer)
        return answer

    def _collected(self, answers: Mapping[str, _Answer]) -> dict[str, _Kept]:
        """The orders of all answers by number; one that two sources know is one, what the first says wins."""
        found: dict[str, _Kept] = {}
        for answer in answers.values():
            for order in answer.orders:
                _add(found, _Kept(order, answer.at))
        return found

    def _completed(
        self,
        found: dict[str, _Kept],
        asked: set[str],
        now: datetime,
        deadline: Deadline,
        retry: bool,
        failed: dict[str, str],
    ) -> dict[str, _Kept]:
        """What sources that know only order numbers (a carrier's list, the stock) say of the orders found."""
        others = [one for one in self._sources if one.name not in asked and "order" in one.kinds]
        for folded, kept in list(found.items())[:MOST_ORDERS] if others else ():
            try:
                number = order_key(kept.order.number)
            except OrderKeyError:
                continue  # a number that grew too long when it was put into one spelling
            answers = self._ask_all(others, number, now, deadline, retry)
            failed |= {name: answer.failed for name, answer in answers.items() if answer.failed is not None}
            for answer in answers.values():
                for order in answer.orders:
                    if fold("order", order.number) == folded:
                        _add(found, _Kept(order, answer.at))
        return found

    def _remembered(self, key: OrderKey, failed: Mapping[str, str], now: datetime) -> dict[str, _Kept]:
        found: dict[str, _Kept] = {}
        with self._lock:
            known = [self._known.get((name, key.kind, key.folded)) for name in failed]
        for answer in known:
            if answer is not None and now - answer.at <= KNOWN_FOR:
                for order in answer.orders:
                    _add(found, _Kept(order, answer.at, old=True))
        return found

    def _card(
        self,
        state: str,
        keys: tuple[OrderKey, ...],
        by: OrderKey,
        found: Mapping[str, _Kept],
        failed: Mapping[str, str],
        now: datetime,
    ) -> OrderCard:
        newest = sorted(found.values(), key=lambda one: _age(one.order), reverse=True)
        orders: list[Found] = [
            shown(one.order, keys, by, now, self._zone, self._carriers, as_of=one.at, old=one.old)
            for one in newest[:MOST_ORDERS]
        ]
        with self._lock:
            silent = tuple(
                Silent(name, sentence, self._silent_since.get(name, now)) for name, sentence in failed.items()
            )
        more = max(0, len(newest) - MOST_ORDERS)
        return OrderCard(state, now, self._zone, tuple(orders), silent, more)  # type: ignore[arg-type]


@dataclass(frozen=True)
class _Kept:
    order: Order
    at: datetime
    old: bool = False


def _add(found: dict[str, _Kept], new: _Kept) -> None:
    folded = fold("order", new.order.number)
    before = found.get(folded)
    found[folded] = new if before is None else _Kept(merged(before.order, new.order), min(before.at, new.at), new.old)


def _put(kept: OrderedDict[tuple[str, str, str], _Answer], at: tuple[str, str, str], answer: _Answer) -> None:
    kept[at] = answer
    kept.move_to_end(at)
    while len(kept) > MOST_KEPT:
        kept.popitem(last=False)


def _age(order: Order) -> float:
    return order.placed_at.timestamp() if order.placed_at else 0.0
