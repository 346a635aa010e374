"""Finding a customer while they are on the telephone: by name, account, e-mail, phone, order or case number, or words.

What was typed is read once, purely (`asked`), into everything it may be; the store is then asked for each, the surest
first. Letters are compared as everywhere in this house (mention.search_text): `Büyük`, `BUYUK` and `buyuk` are one.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from desk.orders.keys import fold
from desk.person_card import CONTACT_DAYS, RAISING_TIERS
from desk.traits import plain_email, plain_handle
from mention import CHANNEL_FAMILY, clean_text, search_text
from store import person_search as store
from store.person_search import FoundRow, PersonLine

LONGEST = 200
"""Characters of what is looked for; more is a pasted text."""

SHORTEST = 2
"""Letters below which nothing is looked for: one letter is in everybody."""

MOST = 30
"""Customers in a list; whoever needs more should say more."""

VIEWS = ("late", "open", "again", "tier")
"""The lists of those who need something, the most pressing first."""

_CASE = re.compile(r"(?:#|n-|no ?)?0*([1-9]\d{0,11})")


@dataclass(frozen=True)
class Asked:
    """Everything that typed text may be; what it cannot be is empty."""

    email: str = ""
    phone: str = ""
    number: str = ""
    case: int = 0
    handle: str = ""
    words: str = ""

    @property
    def anything(self) -> bool:
        """Whether there is anything to look for."""
        return bool(self.words)


@dataclass(frozen=True)
class Found:
    """A customer and why they were found: the kind of what fits, and how it was written."""

    line: PersonLine
    kind: str
    shown: str
    tier: str = ""


def asked(typed: str, region: str = "TR") -> Asked:
    """What was typed, as everything that it may be; `region` is the country whose numbers are dialled without a code.

    A phone may be typed with blanks, brackets, with and without the country's code; an order number with or without
    its dashes. Text that is too short, or nothing but marks, is nothing.
    """
    text = clean_text(typed).strip()[:LONGEST]
    words = search_text(text)
    if len(re.sub(r"\W", "", words)) < SHORTEST and not words.isdigit():
        return Asked()
    digits = "".join(c for c in text if c in "0123456789")
    letters = re.sub(r"[\s()+./\-#]", "", text)
    phone = ""
    if 10 <= len(digits) <= 15 and letters == digits:
        phone = fold("phone", text, region)
    number = re.sub(r"[^A-Z0-9]", "", text.upper())
    one = len(text.split()) == 1
    case = _CASE.fullmatch(words)
    return Asked(
        email=plain_email(text) if one and "@" in text else "",
        phone=phone,
        number=number if len(digits) >= 4 and len(text) <= 64 and number.isascii() else "",
        case=int(case[1]) if case else 0,
        handle=plain_handle(text) if one and len(plain_handle(text)) >= SHORTEST else "",
        words=words,
    )


def search(tx: Connection, brand: str, typed: str, now: datetime, region: str = "TR") -> tuple[Found, ...]:
    """The customers whom typed text may mean, MOST at most; each once, as they stand now.

    The surest way that finds anybody decides: whoever has the order number is meant, not who wrote of one like it.
    """
    wanted = asked(typed, region)
    if not wanted.anything:
        return ()
    rows = next((found for found in _looks(tx, brand, wanted) if found), [])
    under = store.stands_under(tx, brand, {row.home for row in rows})
    best: dict[int, FoundRow] = {}
    for row in rows:
        best.setdefault(under[row.home], row)
    lines = store.lines(tx, brand, list(best)[:MOST], now - timedelta(days=CONTACT_DAYS))
    tiers = store.tiers(tx, brand)
    return tuple(Found(line, best[line.id].kind, best[line.id].shown, tiers.get(line.id, "")) for line in lines)


def _looks(tx: Connection, brand: str, wanted: Asked) -> Iterator[list[FoundRow]]:
    """The ways to look, the surest first; a way is only gone where the ones before found nobody."""
    if wanted.case and (person := store.of_case(tx, brand, wanted.case)) is not None:
        yield [FoundRow(person, "case", str(wanted.case))]
    for kinds, value in ((("email",), wanted.email), (("phone",), wanted.phone)):
        if value:
            yield store.with_trait(tx, brand, kinds, value, MOST)
    if wanted.number:
        yield store.with_trait(tx, brand, ("order", "tracking"), wanted.number, MOST)
        yield store.with_part(tx, brand, ("order", "tracking"), wanted.number, MOST)
    if wanted.handle:
        yield store.with_account(tx, brand, wanted.handle, CHANNEL_FAMILY, MOST)
    if not any(c.isdigit() for c in wanted.words):
        yield store.with_part(tx, brand, ("name",), wanted.words, MOST)
    yield store.with_words(tx, brand, wanted.words.lstrip("@"), MOST)


def needing(tx: Connection, brand: str, need: str, now: datetime) -> tuple[Found, ...]:
    """The customers of one of VIEWS, the nearest deadline first, MOST at most."""
    tiers = store.tiers(tx, brand)
    ids = store.needing(tx, brand, need, now, MOST, _raising(tiers))
    lines = store.lines(tx, brand, ids, now - timedelta(days=CONTACT_DAYS))
    return tuple(Found(line, "", "", tiers.get(line.id, "")) for line in lines)


def counts(tx: Connection, brand: str, now: datetime) -> dict[str, int]:
    """How many customers each of VIEWS has."""
    known = _raising(store.tiers(tx, brand))
    return {need: store.count_needing(tx, brand, need, now, known) for need in VIEWS}


def _raising(tiers: dict[int, str]) -> set[int]:
    return {home for home, tier in tiers.items() if search_text(tier) in RAISING_TIERS}
