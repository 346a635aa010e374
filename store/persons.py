"""Persons: whose an author, a mention and a case is, and what mentions tell of them.

A *home* is the person that an author, a case or a mention had before any link; confirmed links join homes into one
person, shown under the oldest home's id. Homes are never changed by linking, so that every undoing only looks them up.
Links and attributes are in person_links.py.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Integer, Select, and_, bindparam, delete, func, select, update

from mention import Score
from store.decode import CASE_COLUMNS, SCORED_MENTION_COLUMNS, case_row, score_of, stored_mention
from store.dialect import chunks
from store.dialect import insert as insert_or
from store.rows import LIVE_STATUSES, CaseRow, StoredMention, one_of
from store.rows_persons import TRAIT_KINDS, TraitRow
from store.tables import authors, case_mentions, cases, mentions, persons, scores
from store.tables_persons import author_homes, case_homes, mention_persons, person_traits

KEPT = 20
"""Mentions kept as proof of one trait of one person; the account of a busy author would fill the table otherwise."""


def home_of(tx: Connection, brand: str, source: str, handle: str) -> int | None:
    """The home of an author; None for one who was never seen in a case."""
    query = (
        select(func.coalesce(author_homes.c.person_id, authors.c.person_id))
        .select_from(authors.outerjoin(author_homes, _same_author()))
        .where(authors.c.brand == brand, authors.c.source == source, authors.c.handle == handle)
    )
    found = tx.execute(query).scalar_one_or_none()
    return None if found is None else int(found)


def wrote(tx: Connection, brand: str, mention_id: int, home: int) -> bool:
    """Keeps that a mention is of this home, whatever becomes of its author; True where it was not known."""
    statement = insert_or(tx, mention_persons).values(brand=brand, mention_id=mention_id, person_id=home)
    options = {"preserve_rowcount": True}
    return tx.execute(statement.on_conflict_do_nothing(), execution_options=options).rowcount == 1


def has_written(tx: Connection, home: int) -> bool:
    """Whether any mention is known to be of this home."""
    query = select(mention_persons.c.mention_id).where(mention_persons.c.person_id == home).limit(1)
    return tx.execute(query).scalar_one_or_none() is not None


def exists(tx: Connection, brand: str, person_id: int) -> bool:
    """Whether the brand has this person."""
    query = select(persons.c.id).where(persons.c.id == person_id, persons.c.brand == brand)
    return tx.execute(query).scalar_one_or_none() is not None


def name_of(tx: Connection, brand: str, person_id: int) -> str | None:
    """The name that the person's first author had; None where there was none."""
    query = select(persons.c.name).where(persons.c.id == person_id, persons.c.brand == brand)
    return tx.execute(query).scalar_one_or_none()


def accounts(tx: Connection, brand: str, homes: Collection[int]) -> list[tuple[str, str, int]]:
    """(source, handle, home) of every author of these homes, in that order."""
    # Two looks, each into an index: with one `or` over both tables SQLite read every author of the brand.
    joined = authors.outerjoin(author_homes, _same_author())
    kept = (
        select(authors.c.source, authors.c.handle, author_homes.c.person_id)
        .select_from(author_homes.join(authors, _same_author()))
        .where(author_homes.c.brand == brand, author_homes.c.person_id.in_(homes))
    )
    own = (
        select(authors.c.source, authors.c.handle, authors.c.person_id)
        .select_from(joined)
        .where(authors.c.brand == brand, authors.c.person_id.in_(homes), author_homes.c.person_id.is_(None))
    )
    found = [(source, handle, int(person)) for query in (kept, own) for source, handle, person in tx.execute(query)]
    return sorted(found)


def by_author(
    tx: Connection, brand: str, source: str, handle: str, limit: int
) -> list[tuple[StoredMention, Score | None]]:
    """The newest mentions of an author that were not deleted, with their scores."""
    query = _scored().where(
        mentions.c.brand == brand, mentions.c.source == source, mentions.c.author == handle,
        mentions.c.deleted_at.is_(None),
    )  # fmt: skip
    rows = tx.execute(query.order_by(mentions.c.published_at.desc(), mentions.c.id.desc()).limit(limit))
    return [(stored_mention(row), score_of(row)) for row in rows]


def written(tx: Connection, brand: str, mention_ids: Sequence[int]) -> list[tuple[StoredMention, Score | None]]:
    """These mentions of the brand with their scores, by id; those that are not there are left out."""
    found = []
    for chunk in chunks(list(mention_ids)):
        query = _scored().where(mentions.c.brand == brand, mentions.c.id.in_(chunk)).order_by(mentions.c.id)
        found += [(stored_mention(row), score_of(row)) for row in tx.execute(query)]
    return found


def of_homes(
    tx: Connection, brand: str, homes: Collection[int], limit: int
) -> list[tuple[StoredMention, Score | None, int]]:
    """The newest mentions known to be of these homes that were not deleted, with score and home."""
    query: Select[Any] = (
        select(*SCORED_MENTION_COLUMNS, mention_persons.c.person_id)
        .join_from(mention_persons, mentions, mentions.c.id == mention_persons.c.mention_id)
        .join(scores, scores.c.mention_id == mentions.c.id, isouter=True)
        .where(
            mentions.c.brand == brand, mention_persons.c.person_id.in_(homes), mentions.c.deleted_at.is_(None),
        )
        .order_by(mentions.c.published_at.desc(), mentions.c.id.desc())
        .limit(limit)
    )  # fmt: skip
    return [(stored_mention(row), score_of(row), int(row.person_id)) for row in tx.execute(query)]


def homes_of_mentions(tx: Connection, mention_ids: Collection[int]) -> dict[int, int]:
    """The home of each mention that is known to be somebody's."""
    found: dict[int, int] = {}
    for chunk in chunks(sorted(mention_ids)):
        query = select(mention_persons.c.mention_id, mention_persons.c.person_id)
        rows = tx.execute(query.where(mention_persons.c.mention_id.in_(chunk)))
        found |= {int(mention_id): int(person) for mention_id, person in rows}
    return found


# --- traits ---


def save_traits(tx: Connection, brand: str, mention_id: int, traits: Sequence[TraitRow]) -> None:
    """A mention tells these traits and no others; past KEPT mentions a trait of a person is not proved once more."""
    forget_traits(tx, [mention_id])
    busy = {home for home in {trait.person_id for trait in traits} if _wrote_much(tx, home)}
    rows = []
    for trait in traits:
        one_of(trait.kind, TRAIT_KINDS, "trait")
        if trait.person_id not in busy or _proofs(tx, brand, trait) < KEPT:
            rows.append({**asdict(trait), "brand": brand, "public": int(trait.public)})
    if rows:
        tx.execute(insert_or(tx, person_traits).on_conflict_do_nothing(), rows)


def _wrote_much(tx: Connection, home: int) -> bool:
    query = select(mention_persons.c.mention_id).where(mention_persons.c.person_id == home).limit(KEPT)
    return len(tx.execute(query).all()) >= KEPT


def _proofs(tx: Connection, brand: str, trait: TraitRow) -> int:
    query = select(person_traits.c.mention_id).where(
        person_traits.c.brand == brand, person_traits.c.person_id == trait.person_id,
        person_traits.c.kind == trait.kind, person_traits.c.value == trait.value,
    )  # fmt: skip
    return len(tx.execute(query.limit(KEPT)).all())


def forget_traits(tx: Connection, mention_ids: Sequence[int]) -> set[int]:
    """Takes away what these mentions told; the homes of whom they told it."""
    homes: set[int] = set()
    for chunk in chunks(list(mention_ids)):
        told = person_traits.c.mention_id.in_(chunk)
        homes |= set(tx.execute(select(person_traits.c.person_id).where(told)).scalars())
        tx.execute(delete(person_traits).where(told))
    return homes


def traits_of(tx: Connection, brand: str, homes: Collection[int]) -> list[TraitRow]:
    """Every trait of these homes; a mention that was deleted where it was written tells nothing any more."""
    found: list[TraitRow] = []
    for chunk in chunks(sorted(homes)):
        query = (
            select(*(person_traits.c[name] for name in TraitRow.__dataclass_fields__))
            .join(mentions, mentions.c.id == person_traits.c.mention_id)
            .where(
                person_traits.c.brand == brand, person_traits.c.person_id.in_(chunk), mentions.c.deleted_at.is_(None)
            )
            .order_by(*(person_traits.c[name] for name in ("person_id", "kind", "value", "mention_id")))
        )
        found += [TraitRow(**{**row._mapping, "public": bool(row.public)}) for row in tx.execute(query)]
    return found


_CARRIERS = (  # made once: it is asked for every trait of every mention
    select(person_traits.c.person_id)
    .where(
        person_traits.c.brand == bindparam("of_brand"), person_traits.c.kind == bindparam("of_kind"),
        person_traits.c.value == bindparam("of_value"),
    )
    .distinct()
    .order_by(person_traits.c.person_id)
    .limit(bindparam("most", type_=Integer))
)  # fmt: skip


def carriers(tx: Connection, brand: str, kind: str, value: str, limit: int) -> list[int]:
    """At most `limit` homes that have this trait, the oldest first."""
    asked = {"of_brand": brand, "of_kind": kind, "of_value": value, "most": limit}
    return list(tx.execute(_CARRIERS, asked).scalars())


def named_in(tx: Connection, brand: str, name: str, city: str, limit: int) -> list[int]:
    """At most `limit` homes that have this name as well as this city, the oldest first."""
    city_of = person_traits.alias()
    lives_there = (
        select(city_of.c.mention_id)
        .where(
            city_of.c.brand == brand,
            city_of.c.person_id == person_traits.c.person_id,
            city_of.c.kind == "city",
            city_of.c.value == city,
        )
        .exists()
    )
    query = (
        select(person_traits.c.person_id)
        .where(
            person_traits.c.brand == brand, person_traits.c.kind == "name", person_traits.c.value == name, lives_there
        )
        .distinct()
        .order_by(person_traits.c.person_id)
        .limit(limit)
    )
    return list(tx.execute(query).scalars())


def homes_with_traits(tx: Connection, brand: str) -> list[int]:
    """Every home of which anything is known, the oldest first."""
    query = select(person_traits.c.person_id).where(person_traits.c.brand == brand).distinct()
    return sorted(tx.execute(query).scalars())


# --- moving authors and cases between persons ---


def keep_homes(tx: Connection, brand: str, person_id: int, members: Collection[int]) -> None:
    """Writes down the homes of every author and case that stands under `person_id`, where they are not yet.

    `members` are the homes that are this person now. A case's home is that of the first mention in it, where that is
    one of the members; else the person itself.
    """
    known = select(authors.c.brand, authors.c.source, authors.c.handle, authors.c.person_id)
    missing = known.outerjoin(author_homes, _same_author()).where(
        authors.c.brand == brand, authors.c.person_id == person_id, author_homes.c.person_id.is_(None)
    )
    rows = [dict(row._mapping) for row in tx.execute(missing)]
    if rows:
        tx.execute(author_homes.insert(), rows)
    homeless = (
        select(cases.c.id)
        .outerjoin(case_homes, case_homes.c.case_id == cases.c.id)
        .where(cases.c.brand == brand, cases.c.person_id == person_id, case_homes.c.person_id.is_(None))
    )
    for case_id in list(tx.execute(homeless).scalars()):
        home = _first_writer(tx, case_id) if len(members) > 1 else None
        home = home if home in members else person_id
        tx.execute(case_homes.insert().values(brand=brand, case_id=case_id, person_id=home))


def _first_writer(tx: Connection, case_id: int) -> int | None:
    home = func.coalesce(mention_persons.c.person_id, author_homes.c.person_id)
    query = (
        select(home)
        .select_from(case_mentions)
        .join(mentions, mentions.c.id == case_mentions.c.mention_id)
        .outerjoin(mention_persons, mention_persons.c.mention_id == mentions.c.id)
        .outerjoin(
            author_homes,
            and_(
                author_homes.c.brand == mentions.c.brand, author_homes.c.source == mentions.c.source,
                author_homes.c.handle == mentions.c.author,
            ),
        )
        .where(case_mentions.c.case_id == case_id)
        .order_by(case_mentions.c.at, mentions.c.id)
        .limit(1)
    )  # fmt: skip
    found = tx.execute(query).scalar_one_or_none()
    return None if found is None else int(found)


def stand_under(tx: Connection, brand: str, members: Collection[int], person_id: int) -> None:
    """Authors and cases whose home is one of `members` stand under `person_id` from now on.

    Their homes must be kept (`keep_homes`); those of a member that stands alone again are not kept any longer.
    """
    author = select(author_homes.c.handle).where(_same_author(), author_homes.c.person_id.in_(members))
    tx.execute(update(authors).where(authors.c.brand == brand, author.exists()).values(person_id=person_id))
    case = select(case_homes.c.case_id).where(case_homes.c.brand == brand, case_homes.c.person_id.in_(members))
    tx.execute(update(cases).where(cases.c.id.in_(case)).values(person_id=person_id))
    if len(members) == 1:
        for homes in (author_homes, case_homes):
            tx.execute(delete(homes).where(homes.c.brand == brand, homes.c.person_id.in_(members)))


def standing(tx: Connection, brand: str) -> list[int]:
    """Every person under whom linked authors or cases stand, the oldest first."""
    by_author = select(authors.c.person_id).join(author_homes, _same_author()).where(authors.c.brand == brand)
    by_case = (
        select(cases.c.person_id).join(case_homes, case_homes.c.case_id == cases.c.id).where(cases.c.brand == brand)
    )
    return sorted(set(tx.execute(by_author).scalars()) | set(tx.execute(by_case).scalars()))


def homes_under(tx: Connection, brand: str, person_id: int) -> frozenset[int]:
    """The homes of the linked authors and cases that stand under a person."""
    by_author = (
        select(author_homes.c.person_id)
        .join(authors, _same_author())
        .where(authors.c.brand == brand, authors.c.person_id == person_id)
    )
    by_case = (
        select(case_homes.c.person_id)
        .join(cases, cases.c.id == case_homes.c.case_id)
        .where(cases.c.brand == brand, cases.c.person_id == person_id)
    )
    return frozenset(tx.execute(by_author).scalars()) | frozenset(tx.execute(by_case).scalars())


def kept_homes(tx: Connection, brand: str) -> list[int]:
    """Every home that is kept because its authors or cases stand, or may stand, under another person."""
    found: set[int] = set()
    for homes in (author_homes, case_homes):
        found |= set(tx.execute(select(homes.c.person_id).where(homes.c.brand == brand).distinct()).scalars())
    return sorted(found)


# --- cases ---


def give_case(tx: Connection, brand: str, case_id: int, home: int, person_id: int) -> None:
    """A case is of another home from now on and stands under `person_id`, who that home is part of."""
    if home != person_id or tx.execute(select(case_homes).where(case_homes.c.case_id == case_id)).one_or_none():
        statement = insert_or(tx, case_homes).values(brand=brand, case_id=case_id, person_id=home)
        tx.execute(statement.on_conflict_do_update(index_elements=["case_id"], set_={"person_id": home}))
    tx.execute(update(cases).where(cases.c.brand == brand, cases.c.id == case_id).values(person_id=person_id))


def open_case_of_person(tx: Connection, brand: str, person_id: int, topic: str, since: datetime) -> CaseRow | None:
    """The case of this person on this topic that is neither resolved nor set aside and was written to at `since` or
    later, the one written to last; None where there is none. `person_id` is the person as it stands now."""
    last = (
        select(func.max(mentions.c.published_at))
        .join(case_mentions, case_mentions.c.mention_id == mentions.c.id)
        .where(case_mentions.c.case_id == cases.c.id)
        .scalar_subquery()
    )
    query = (
        select(*CASE_COLUMNS)
        .where(
            cases.c.brand == brand, cases.c.person_id == person_id, cases.c.topic == topic,
            cases.c.status.in_(LIVE_STATUSES), last >= since,
        )
        .order_by(last.desc(), cases.c.id.desc())
        .limit(1)
    )  # fmt: skip
    row = tx.execute(query).one_or_none()
    return None if row is None else case_row(row)


def case_mention_homes(tx: Connection, brand: str, case_ids: Collection[int]) -> list[tuple[int, int, int, int]]:
    """(case, the case's home, mention, the mention's home) of every mention in these cases whose writer is known."""
    query = (
        select(
            cases.c.id, func.coalesce(case_homes.c.person_id, cases.c.person_id),
            case_mentions.c.mention_id, mention_persons.c.person_id,
        )
        .join(case_mentions, case_mentions.c.case_id == cases.c.id)
        .join(mention_persons, mention_persons.c.mention_id == case_mentions.c.mention_id)
        .outerjoin(case_homes, case_homes.c.case_id == cases.c.id)
        .where(cases.c.brand == brand, cases.c.id.in_(case_ids))
        .order_by(cases.c.id, case_mentions.c.mention_id)
    )  # fmt: skip
    return [(row[0], row[1], row[2], row[3]) for row in tx.execute(query) if row[1] is not None]


def homes_of_cases(tx: Connection, case_ids: Collection[int]) -> dict[int, int]:
    """The home of each of these cases that has a person."""
    found: dict[int, int] = {}
    for chunk in chunks(sorted(case_ids)):
        home = func.coalesce(case_homes.c.person_id, cases.c.person_id)
        query = select(cases.c.id, home).outerjoin(case_homes, case_homes.c.case_id == cases.c.id)
        rows = tx.execute(query.where(cases.c.id.in_(chunk)))
        found |= {int(case_id): int(person) for case_id, person in rows if person is not None}
    return found


def case_ids_of(tx: Connection, brand: str, person_id: int) -> list[int]:
    """The cases that stand under a person, the oldest first."""
    query = select(cases.c.id).where(cases.c.brand == brand, cases.c.person_id == person_id).order_by(cases.c.id)
    return list(tx.execute(query).scalars())


def _scored() -> Select[Any]:
    return select(*SCORED_MENTION_COLUMNS).join_from(
        mentions, scores, scores.c.mention_id == mentions.c.id, isouter=True
    )


def _same_author() -> ColumnElement[bool]:
    return and_(
        author_homes.c.brand == authors.c.brand, author_homes.c.source == authors.c.source,
        author_homes.c.handle == authors.c.handle,
    )  # fmt: skip
