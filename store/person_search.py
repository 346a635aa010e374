"""Finding persons: by what they told of themselves, by what they wrote, and by what they wait for.

What is looked for comes folded or in the one spelling of person_traits (see desk/traits.py). Exact values are one look
into an index; parts of names and numbers read the index of their kind; words read the newest mentions alone, because
SQLite has no index over words and a hundred thousand texts take longer than a caller waits.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, func, select
from sqlalchemy import case as when

from mention import clean_text
from store import person_links as links
from store.dialect import chunks, holds_words
from store.rows import LIVE_STATUSES
from store.tables import authors, case_mentions, cases, mentions, persons, source_state
from store.tables_persons import mention_persons, person_attributes, person_traits

NEWEST = 20_000
"""Mentions whose words are searched, the newest of the brand: about 40 ms on SQLite with 100,000 mentions."""


TEXT_SHOWN = 300
"""Characters of a text that a list shows."""


@dataclass(frozen=True)
class FoundRow:
    """A home that has what was looked for; `kind` is the trait's, or `words`, and `shown` how it was written."""

    home: int
    kind: str
    shown: str


@dataclass(frozen=True)
class PersonLine:
    """A person in a list: `due_at` is the nearest deadline of their live cases, `wrote` counts mentions since a time
    that the caller names; `last_at` and `words` are the last of all of them, the words empty where it was deleted."""

    id: int
    name: str
    accounts: tuple[tuple[str, str], ...]
    live: int
    due_at: datetime | None
    urgent: bool
    wrote: int
    last_at: datetime | None
    words: str


def with_trait(tx: Connection, brand: str, kinds: Sequence[str], value: str, limit: int) -> list[FoundRow]:
    """Homes that have exactly this trait, of one of these kinds, each once."""
    query = _traits(brand, kinds).where(person_traits.c.value == clean_text(value))
    return _found(tx, query.limit(limit))


def with_part(tx: Connection, brand: str, kinds: Sequence[str], words: str, limit: int) -> list[FoundRow]:
    """Homes of whose traits of these kinds one holds every one of the words (folded), anywhere in it."""
    parts = holds_words(person_traits.c.value, clean_text(words))
    return _found(tx, _traits(brand, kinds).where(*parts).limit(limit)) if parts else []


def with_account(tx: Connection, brand: str, handle: str, platforms: Collection[str], limit: int) -> list[FoundRow]:
    """Homes that have, or say that they have, the account of this folded handle on one of these platforms or on a
    source of the brand's."""
    names = select(source_state.c.source).where(source_state.c.brand == brand)
    everywhere = sorted({*platforms, *tx.execute(names).scalars()})
    values = [f"{platform}:{clean_text(handle)}" for platform in everywhere]
    return _found(tx, _traits(brand, ("handle", "declared")).where(person_traits.c.value.in_(values)).limit(limit))


def with_words(tx: Connection, brand: str, words: str, limit: int, newest: int = NEWEST) -> list[FoundRow]:
    """Homes that wrote a mention with all these words (folded) among the newest of the brand, the latest first."""
    newest_ids = (
        select(mentions.c.id, mentions.c.search, mentions.c.published_at)
        .where(mentions.c.brand == brand, mentions.c.deleted_at.is_(None))
        .order_by(mentions.c.published_at.desc())
        .limit(newest)
        .subquery()
    )
    parts = holds_words(newest_ids.c.search, clean_text(words))
    if not parts:
        return []
    hit = select(newest_ids.c.id, newest_ids.c.published_at).where(*parts)
    hit = hit.order_by(newest_ids.c.published_at.desc()).limit(limit * 4)  # a few of one person are one result
    rows = tx.execute(hit).all()
    whose = {}
    for chunk in chunks([row.id for row in rows]):
        query = select(mention_persons.c.mention_id, mention_persons.c.person_id, mentions.c.text)
        query = query.join(mentions, mentions.c.id == mention_persons.c.mention_id)
        for mention_id, home, text in tx.execute(query.where(mention_persons.c.mention_id.in_(chunk))):
            whose[mention_id] = (int(home), str(text))
    found: dict[int, FoundRow] = {}
    for row in rows:
        if row.id in whose:
            home, text = whose[row.id]
            found.setdefault(home, FoundRow(home, "words", text))
    return list(found.values())[:limit]


def of_case(tx: Connection, brand: str, case_id: int) -> int | None:
    """The person that a case stands under; None where there is no such case, or nobody knows."""
    query = select(cases.c.person_id).where(cases.c.brand == brand, cases.c.id == case_id)
    found = tx.execute(query).scalar_one_or_none()
    return None if found is None else int(found)


def stands_under(tx: Connection, brand: str, homes: Collection[int]) -> dict[int, int]:
    """The person under whom each of these homes stands now."""
    linked: set[int] = set()
    for chunk in chunks(sorted(homes)):
        linked |= {end for row in links.links_of(tx, brand, chunk, ("confirmed",)) for end in (row.a, row.b)}
    return {home: min(links.members(tx, brand, home)) if home in linked else home for home in homes}


# --- who needs something ---

NEEDS = ("open", "late", "again", "tier")
"""What a person may need: a live case, a deadline that is past, three messages and no solution, a case of a person
whose tier is kept."""


def needing(tx: Connection, brand: str, need: str, now: datetime, limit: int, known: Collection[int] = ()) -> list[int]:
    """Persons who need something (one of NEEDS), the nearest deadline first; `known` are those with a tier."""
    query = (
        select(cases.c.person_id)
        .where(*_needing(brand, need, now, known))
        .group_by(cases.c.person_id)
        .order_by(func.min(cases.c.due_at).asc().nulls_last(), cases.c.person_id)
        .limit(limit)
    )
    return [int(found) for found in tx.execute(query).scalars()]


def count_needing(tx: Connection, brand: str, need: str, now: datetime, known: Collection[int] = ()) -> int:
    """How many persons need it."""
    query = select(func.count(cases.c.person_id.distinct())).where(*_needing(brand, need, now, known))
    return int(tx.execute(query).scalar_one())


def tiers(tx: Connection, brand: str) -> dict[int, str]:
    """The tier that was kept last of each home that has one."""
    query = (
        select(person_attributes.c.person_id, person_attributes.c.value)
        .where(person_attributes.c.brand == brand, person_attributes.c.name == "tier")
        .order_by(person_attributes.c.at)
    )
    latest = {int(home): str(value) for home, value in tx.execute(query)}
    return {home: value for home, value in latest.items() if value}


def _needing(brand: str, need: str, now: datetime, known: Collection[int]) -> list[ColumnElement[bool]]:
    live = [cases.c.brand == brand, cases.c.status.in_(LIVE_STATUSES), cases.c.person_id.is_not(None)]
    if need == "late":
        live.append(cases.c.due_at < now)
    elif need == "tier":
        live.append(cases.c.person_id.in_(sorted(known)))
    elif need == "again":
        inner = cases.alias()
        held = (
            select(inner.c.person_id)
            .join(case_mentions, case_mentions.c.case_id == inner.c.id)
            .where(inner.c.brand == brand, inner.c.status.in_(LIVE_STATUSES), inner.c.person_id.is_not(None))
            .group_by(inner.c.person_id)
            .having(func.count() >= 3)
        )
        live.append(cases.c.person_id.in_(held))
    return live


# --- what a list shows ---


def lines(tx: Connection, brand: str, ids: Sequence[int], since: datetime) -> list[PersonLine]:
    """These persons as they stand now, in the order given; those that are not there are left out."""
    found: dict[int, PersonLine] = {}
    for chunk in chunks(list(dict.fromkeys(ids))):
        names = select(persons.c.id, persons.c.name).where(persons.c.brand == brand, persons.c.id.in_(chunk))
        accounts: dict[int, list[tuple[str, str]]] = {}
        theirs = select(authors.c.person_id, authors.c.source, authors.c.handle)
        theirs = theirs.where(authors.c.brand == brand, authors.c.person_id.in_(chunk))
        for person, source, handle in tx.execute(theirs.order_by(authors.c.source, authors.c.handle)):
            accounts.setdefault(person, []).append((source, handle))
        hot = func.max(when((cases.c.urgency.in_(("critical", "urgent")), 1), else_=0))
        live = (
            select(cases.c.person_id, func.count(), func.min(cases.c.due_at), hot)
            .where(cases.c.brand == brand, cases.c.person_id.in_(chunk), cases.c.status.in_(LIVE_STATUSES))
            .group_by(cases.c.person_id)
        )
        open_of = {row[0]: (int(row[1]), row[2], bool(row[3])) for row in tx.execute(live)}
        written = _written(tx, brand, accounts, since)
        said = _last_words(tx, brand, accounts, {person: at for person, (_, at) in written.items() if at is not None})
        for id, name in tx.execute(names):
            number, due_at, urgent = open_of.get(id, (0, None, False))
            count, last_at = written.get(id, (0, None))
            found[id] = PersonLine(
                id, name or "", tuple(accounts.get(id, ())), number, due_at, urgent, count, last_at, said.get(id, "")
            )  # fmt: skip
    return [found[id] for id in dict.fromkeys(ids) if id in found]


def _written(
    tx: Connection, brand: str, accounts: Mapping[int, Sequence[tuple[str, str]]], since: datetime
) -> dict[int, tuple[int, datetime | None]]:
    """How many mentions since `since` each person's accounts posted, and when the last one was, whenever that was."""
    whose = {account: person for person, theirs in accounts.items() for account in theirs}
    by_source: dict[str, list[str]] = {}
    for source, handle in whose:
        by_source.setdefault(source, []).append(handle)
    # The time is not a condition, and each source is asked by itself: else SQLite reads every mention since then.
    lately = func.sum(when((mentions.c.published_at >= since, 1), else_=0))
    found: dict[int, tuple[int, datetime | None]] = {}
    for source, handles in by_source.items():
        query = (
            select(mentions.c.author, lately, func.max(mentions.c.published_at))
            .where(mentions.c.brand == brand, mentions.c.source == source, mentions.c.author.in_(handles))
            .group_by(mentions.c.author)
        )
        for handle, number, last in tx.execute(query):
            person = whose[source, str(handle)]
            before, latest = found.get(person, (0, None))
            found[person] = (before + int(number), max(filter(None, (latest, last)), default=None))
    return found


def _last_words(
    tx: Connection, brand: str, accounts: Mapping[int, Sequence[tuple[str, str]]], last: Mapping[int, datetime]
) -> dict[int, str]:
    """The beginning of what each of these persons wrote at their last moment."""
    whose = {account: person for person in last for account in accounts[person]}
    found: dict[int, str] = {}
    for source in sorted({source for source, _ in whose}):
        handles = [handle for place, handle in whose if place == source]
        moments = sorted({last[whose[source, handle]] for handle in handles})
        text = func.substr(mentions.c.text, 1, TEXT_SHOWN)
        query = select(mentions.c.author, mentions.c.published_at, text).where(
            mentions.c.brand == brand, mentions.c.source == source, mentions.c.author.in_(handles),
            mentions.c.published_at.in_(moments), mentions.c.deleted_at.is_(None),
        )  # fmt: skip
        for handle, at, words in tx.execute(query):
            person = whose[source, str(handle)]
            if at == last[person]:
                found[person] = str(words)
    return found


def _traits(brand: str, kinds: Sequence[str]) -> Select[Any]:
    return (
        select(person_traits.c.person_id, person_traits.c.kind, func.min(person_traits.c.shown))
        .where(person_traits.c.brand == brand, person_traits.c.kind.in_(kinds))
        .group_by(person_traits.c.person_id, person_traits.c.kind)
        .order_by(person_traits.c.person_id.desc())
    )


def _found(tx: Connection, query: Select[Any]) -> list[FoundRow]:
    return [FoundRow(int(home), str(kind), str(shown)) for home, kind, shown in tx.execute(query)]
