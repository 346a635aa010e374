"""What a query would miss: mentions that nearly match, with the reason, so that it is mended before it is saved."""

from __future__ import annotations

from dataclasses import dataclass

from collectors.query.match import Found, Query, Reading
from collectors.query.syntax import And, Node, Not, Or, Words
from mention import Mention


@dataclass(frozen=True)
class NearMiss:
    """A mention that one thing keeps from matching.

    `kind` is `spelling` (a word that looks like one of the query's), `excluded` (one NOT) or `lacking` (one clause);
    `clause` is the part of the query that decided, `found` the words that speak for the mention.
    """

    kind: str
    clause: str
    found: tuple[Found, ...]


def near_miss(query: Query, mention: Mention) -> NearMiss | None:
    """Why a mention that does not match nearly does; None for one that matches or is far from it.

    A clause that is lacking counts only where another one has found words: otherwise everything would be near.
    """
    reading = query.read(mention)
    if reading.true(query.root):
        return None
    nearly = query.read(mention, nearly=True)
    if nearly.true(query.root):
        exactly = set(reading.match().found)
        new = tuple(found for found in nearly.match().found if found not in exactly)
        if new:
            return NearMiss("spelling", new[0].clause, new)
    for alternative in query.root.items if isinstance(query.root, Or) else (query.root,):
        if isinstance(alternative, And):
            miss = _one_clause(reading, alternative)
            if miss is not None:
                return miss
    return None


def _one_clause(reading: Reading, node: And) -> NearMiss | None:
    failed = [item for item in node.items if not reading.true(item)]
    if len(failed) != 1:
        return None
    held = tuple(found for item in node.items if item is not failed[0] for found in _words_found(reading, item))
    if not held:
        return None
    if isinstance(failed[0], Not):
        return NearMiss("excluded", str(failed[0]), tuple(_words_found(reading, failed[0].item)) + held)
    return NearMiss("lacking", str(failed[0]), held)


def _words_found(reading: Reading, node: Node) -> list[Found]:
    if isinstance(node, Not):
        return []
    if isinstance(node, And | Or):
        return [found for item in node.items for found in _words_found(reading, item)]
    return reading.found(node) if isinstance(node, Words) or reading.true(node) else []
