"""The proof that nothing was lost and nothing decided beside the log: for `nobet verify`. Reads only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from desk.clock import Clocks
from desk.replay import differing
from store import events as event_log
from store import proof as proof_store
from store.engine import Store
from store.proof import Way

__all__ = ["Proof", "Way", "prove"]


@dataclass(frozen=True)
class Proof:
    """What was counted, and what is wrong, a sentence each; nothing is wrong where `problems` is empty."""

    ways: tuple[Way, ...]
    problems: tuple[str, ...]


def prove(store: Store, brand: str, clocks: Clocks, now: datetime) -> Proof:
    """Counts every mention's way, checks the log's chain, and reckons every deadline again from the log alone."""
    with store.read() as tx:
        ways = tuple(proof_store.ways(tx, brand))
        chain = event_log.verify_chain(tx, brand)
    problems = [sentence for way in ways for sentence in _wrong(way)]
    return Proof(ways, (*problems, *chain, *differing(store, brand, clocks, now)))


def _wrong(way: Way) -> list[str]:
    said = []
    if way.came is not None and way.came != way.stored:
        said.append(f"{way.source}: {way.came} mentions came in, {way.stored} are stored.")
    if way.caseless:
        said.append(f"{way.source}: {way.caseless} routed mentions are in no case.")
    if way.scoreless:
        said.append(f"{way.source}: {way.scoreless} mentions went past the classifier without a score.")
    return said
