"""Which persons are one: suggested with evidence, confirmed by an agent, undone without a trace.

Homes (see store/persons.py) are the corners of a graph, confirmed links its edges, and a person is what hangs together.
No link joins what is joined already, so the edges are a forest and every undoing parts one person into exactly two.
All of it works inside the caller's write transaction; `a` and `b` are ids of persons as anybody has them at hand.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Connection

from desk.likeness import (
    CROWD,
    SAME,
    Evidence,
    Proof,
    Trait,
    Traits,
    check_identity,
    evidence,
    proves,
    score,
    worth_suggesting,
)  # fmt: skip
from desk.traits import Ours, is_private, traits_of
from mention import Score
from store import cases as case_store
from store import events as event_log
from store import person_links as links
from store import persons as store
from store.rows import StoredMention
from store.rows_persons import LINK_REJECTED, LINKED, UNLINKED, LinkRow, Parting, TraitRow

EARLIER = 50
"""Mentions of an author that are read when the author first becomes a person; the newest tell enough."""

_LEADS = {"handle": ("handle", "declared"), "declared": ("handle",), "name": (), "city": ()}
"""The traits by which others are found that share one of a kind; names and cities lead on only together."""

BY_HAND = Evidence("by_hand")
"""Somebody knew it; it weighs nothing, so the customer is asked who they are before anything private is said."""


class PersonError(ValueError):
    """Something that cannot be done to these persons; the message is a sentence for the agent."""


@dataclass(frozen=True)
class Account:
    """Where a person writes: all that is shown of somebody who may be another person."""

    source: str
    handle: str


@dataclass(frozen=True)
class Suggestion:
    """Another person who may be this one: their accounts, the shared evidence, its score in [0, 1].

    Of the other's words nothing is here: every value in `evidence` stands on both sides, and its mentions are this
    person's own. `a` and `b` go into `confirm` and `reject`. `check_identity`: ask the customer before anything
    private is said.
    """

    a: int
    b: int
    other: int
    accounts: tuple[Account, ...]
    evidence: tuple[Evidence, ...]
    score: float
    check_identity: bool


@dataclass(frozen=True)
class Mixed:
    """A case that holds mentions of somebody who is another person again; they belong into a case of their own."""

    case_id: int
    mention_ids: tuple[int, ...]
    person_id: int


@dataclass(frozen=True)
class Parted:
    """What an undoing left: the two persons, and the cases in which their mentions stand together."""

    one: int
    other: int
    mixed: tuple[Mixed, ...] = ()


# --- learning from mentions ---


def learn(tx: Connection, brand: str, mention_ids: Sequence[int], ours: Ours, now: datetime) -> int:
    """Read what mentions (scored, their authors persons) tell of their authors, and suggest links; how many links are
    newly suggested. Telling it the same mention again, or an edited one, replaces what it told before."""
    fresh = 0
    for stored, scored in store.written(tx, brand, mention_ids):
        mention = stored.mention
        handle = mention.author or f"unknown:{mention.native_id}"
        home = links.knows_writer(tx, stored.id) or store.home_of(tx, brand, mention.source, handle)
        if home is None or stored.deleted_at is not None:
            continue
        told: list[TraitRow] | None = _keep(tx, brand, stored, scored, home, ours)
        if mention.author is not None and not store.has_written(tx, home):
            for earlier, scored_then in store.by_author(tx, brand, mention.source, mention.author, EARLIER):
                if earlier.id != stored.id and store.wrote(tx, brand, earlier.id, home):
                    _keep(tx, brand, earlier, scored_then, home, ours)
                    told = None
        store.wrote(tx, brand, stored.id, home)
        case_id = case_store.case_of(tx, stored.id)
        members = links.members(tx, brand, home)
        if case_id is not None and len(members) > 1:
            store.keep_homes(tx, brand, min(members), members)
        fresh += suggest(tx, brand, home, now, told)
    return fresh


def forget(tx: Connection, brand: str, mention_ids: Sequence[int], now: datetime) -> None:
    """Take away what deleted or erased mentions told, and suggestions that stood on it; confirmed links stay."""
    homes = store.forget_traits(tx, mention_ids) | set(store.homes_of_mentions(tx, mention_ids).values())
    for home in sorted(homes):
        for each in links.links_of(tx, brand, [home], ("suggested",)):
            _weigh(tx, brand, home, [each.b if each.a == home else each.a], now)


def _keep(
    tx: Connection, brand: str, stored: StoredMention, scored: Score | None, home: int, ours: Ours
) -> list[TraitRow]:
    mention = stored.mention
    public = not is_private(mention)
    rows = [
        TraitRow(home, told.kind, told.value, told.shown, stored.id, public, mention.published_at)
        for told in traits_of(mention, scored, ours)
    ]
    store.save_traits(tx, brand, stored.id, rows)
    return rows


# --- suggesting ---


def suggest(tx: Connection, brand: str, home: int, now: datetime, told: Sequence[TraitRow] | None = None) -> int:
    """Look for homes that share a trait with this one and keep what is worth suggesting; how many are newly suggested.

    `told` are the traits that have just come; without them all of the home's are looked at. Each costs a look into an
    index, and one that a crowd has in common leads to nobody.
    """
    every = store.traits_of(tx, brand, [home])
    looked = every if told is None else told
    found: set[int] = set()
    for kind, value in sorted({(row.kind, row.value) for row in looked}):
        for wanted in {"handle": ("handle", "declared"), "declared": ("handle",), "name": (), "city": ()}.get(
            kind, (kind,)
        ):
            found |= _few(store.carriers(tx, brand, wanted, value, CROWD + 1))
    new = {row.value for row in looked if row.kind in ("name", "city")}
    names = {row.value for row in every if row.kind == "name"}
    cities = {row.value for row in every if row.kind == "city"}
    for name, city in sorted((name, city) for name in names for city in cities if name in new or city in new)[:25]:
        found |= _few(store.named_in(tx, brand, name, city, CROWD + 1))
    asked = {end for each in links.links_of(tx, brand, [home], ("suggested",)) for end in (each.a, each.b)}
    return _weigh(tx, brand, home, sorted((found | asked) - {home}), now)


def _few(homes: list[int]) -> set[int]:
    return set(homes) if len(homes) <= CROWD else set()


def _weigh(tx: Connection, brand: str, home: int, others: Sequence[int], now: datetime) -> int:
    """Bring the links of `home` with `others` up to date; how many are newly suggested."""
    if not others:
        return 0
    traits = _traits(tx, brand, [home, *others])
    known = {(each.a, each.b): each for each in links.links_of(tx, brand, [home])}
    fresh = 0
    for other in others:
        a, b = sorted((home, other))
        link = known.get((a, b))
        if link is not None and link.state == "confirmed":
            continue
        found = _evidence(tx, brand, traits[a], traits[b])
        refused = link.refused if link is not None else ()
        good = worth_suggesting(found, refused)
        if link is not None and link.state == "rejected" and not good:
            continue
        if link is None and not good:
            continue
        state = "suggested" if good else "withdrawn"
        fresh += good and (link is None or link.state != "suggested")
        records = tuple(each.record() for each in found)
        links.save_link(tx, brand, LinkRow(a, b, state, score(found), records, refused, "system", now))
    return fresh


def _traits(tx: Connection, brand: str, homes: Collection[int]) -> dict[int, Traits]:
    found = {home: Traits(home) for home in homes}
    rows = store.traits_of(tx, brand, homes)
    for home, of_home in groupby(rows, key=lambda row: row.person_id):
        traits = []
        for (kind, value), same in groupby(of_home, key=lambda row: (row.kind, row.value)):
            told = list(same)
            proofs = tuple(Proof(row.mention_id, row.public, row.at) for row in told)
            traits.append(Trait(kind, value, told[0].shown, proofs))
        found[home] = Traits(home, tuple(traits))
    return found


def _evidence(tx: Connection, brand: str, one: Traits, other: Traits) -> tuple[Evidence, ...]:
    """The evidence between two homes, each piece weighed by how many persons have it."""
    seen: dict[tuple[str, str], int] = {}
    for kind, _ in SAME.values():
        for value in one.of(kind).keys() & other.of(kind).keys():
            seen[kind, value] = len(store.carriers(tx, brand, kind, value, CROWD + 1))
    for name in one.of("name").keys() & other.of("name").keys():
        for city in one.of("city").keys() & other.of("city").keys():
            seen["name_city", f"{name}|{city}"] = len(store.named_in(tx, brand, name, city, CROWD + 1))
    return evidence(one, other, seen)


def suggestions(
    tx: Connection, brand: str, person_id: int, limit: int = 10, members: Collection[int] | None = None
) -> tuple[Suggestion, ...]:
    """Persons who may be this one, the best first; of several links to one person the best is there. `members` are
    this one's homes where they are known already.

    What is shown is reckoned from what is known now, so nothing of a deleted mention is in it.
    """
    members = members or links.members(tx, brand, person_id)
    every = links.links_of(tx, brand, members, ("suggested", "rejected", "withdrawn"))
    across = [each for each in every if (each.a in members) != (each.b in members)]
    groups: dict[frozenset[int], list[LinkRow]] = {}
    for each in across:
        outside = each.b if each.a in members else each.a
        them = next((group for group in groups if outside in group), None) or links.members(tx, brand, outside)
        groups.setdefault(them, []).append(each)
    found = []
    for them, between in groups.items():
        refused = {code for each in between for code in each.refused}
        best = _best(tx, brand, members, [each for each in between if each.state == "suggested"], refused)
        if best is not None:
            link, shown = best
            accounts = tuple(Account(source, handle) for source, handle, _ in store.accounts(tx, brand, them))
            found.append(Suggestion(link.a, link.b, min(them), accounts, shown, score(shown), check_identity(shown)))
    return tuple(sorted(found, key=lambda each: (-each.score, each.other))[:limit])


def _best(
    tx: Connection, brand: str, members: Collection[int], suggested: Sequence[LinkRow], refused: Collection[str]
) -> tuple[LinkRow, tuple[Evidence, ...]] | None:
    best: tuple[LinkRow, tuple[Evidence, ...]] | None = None
    for each in suggested:
        mine, theirs = (each.a, each.b) if each.a in members else (each.b, each.a)
        traits = _traits(tx, brand, [mine, theirs])
        found = _evidence(tx, brand, traits[mine], traits[theirs])
        if worth_suggesting(found, refused) and (best is None or score(found) > score(best[1])):
            best = each, tuple(replace(piece, theirs=()) for piece in found)
    return best


# --- what people decide ---


def confirm(tx: Connection, brand: str, a: int, b: int, by: str, now: datetime) -> int:
    """These two are one person: authors and cases stand under the older one from now on. Answers that one's id.

    `by` is `agent:NAME`. Needs no suggestion: without one the link is by hand. Raises PersonError where the two are
    one already, or one of them is not there.
    """
    event_log.hold(tx, brand)
    _both(tx, brand, a, b)
    if b in links.members(tx, brand, a):
        raise PersonError("The two are one person already.")
    a, b = sorted((a, b))
    known = links.link(tx, brand, a, b)
    pieces = known.evidence if known is not None and known.state == "suggested" else (BY_HAND.record(),)
    weight = known.score if known is not None and known.state == "suggested" else 0.0
    told = {"a": a, "b": b, "score": weight, "evidence": [dict(each) for each in pieces]}
    event_log.append(tx, brand, type=LINKED, at=now, by=by, recorded_at=now, data=told)
    for end in (a, b):
        members = links.members(tx, brand, end)
        store.keep_homes(tx, brand, min(members), members)
    _linked(tx, brand, told, by, now)
    members = links.members(tx, brand, a)
    store.stand_under(tx, brand, members, min(members))
    return min(members)


def reject(tx: Connection, brand: str, a: int, b: int, by: str, now: datetime) -> None:
    """These two are not one person; suggested again only where evidence of a new kind comes. PersonError as above."""
    event_log.hold(tx, brand)
    _both(tx, brand, a, b)
    if b in links.members(tx, brand, a):
        raise PersonError("The two are one person; undo their link instead.")
    a, b = sorted((a, b))
    known = links.link(tx, brand, a, b)
    told = {"a": a, "b": b, "evidence": [dict(each) for each in known.evidence] if known else []}
    event_log.append(tx, brand, type=LINK_REJECTED, at=now, by=by, recorded_at=now, data=told)
    _refused(tx, brand, told, by, now)


def unlink(tx: Connection, brand: str, a: int, b: int, by: str, now: datetime) -> Parted:
    """Undo a confirmed link: everything stands again as if it had never been, what came in since with its author.

    The pair counts as rejected. Raises PersonError where no confirmed link joins exactly these two (see `linked`).
    """
    event_log.hold(tx, brand)
    a, b = sorted((a, b))
    known = links.link(tx, brand, a, b)
    if known is None or known.state != "confirmed":
        raise PersonError("No confirmed link joins these two.")
    before = links.members(tx, brand, a)
    store.keep_homes(tx, brand, min(before), before)
    told = {"a": a, "b": b, "evidence": [dict(each) for each in known.evidence]}
    event_log.append(tx, brand, type=UNLINKED, at=now, by=by, recorded_at=now, data=told)
    _unlinked(tx, brand, told, by, now)
    cases = store.case_ids_of(tx, brand, min(before))
    one, other = links.members(tx, brand, a), links.members(tx, brand, b)
    mixed = _mixed(tx, brand, cases, (one, other))
    for members in (one, other):
        store.stand_under(tx, brand, members, min(members))
    return Parted(min(one), min(other), mixed)


def linked(tx: Connection, brand: str, person_id: int, members: Collection[int] | None = None) -> tuple[LinkRow, ...]:
    """The confirmed links that make up a person, each to be undone by its `a` and `b`."""
    members = members or links.members(tx, brand, person_id)
    return tuple(links.links_of(tx, brand, members, ("confirmed",)))


def unproved(tx: Connection, brand: str, person_id: int, members: Collection[int] | None = None) -> bool:
    """Whether a person hangs together by a link without strong evidence: ask who they are before anything private."""
    return any(
        not any(proves(float(piece["weight"]), bool(piece["copyable"])) for piece in each.evidence)
        for each in linked(tx, brand, person_id, members)
    )


def now_under(tx: Connection, brand: str, person_id: int) -> int:
    """The id under which a person stands now."""
    return min(links.members(tx, brand, person_id))


def settle_case(tx: Connection, brand: str, case_id: int) -> int | None:
    """Put a case that was split off under the person who wrote its mentions; answers that one, None where the writer
    is not known. To be called after a split that parts two persons' mentions (`Parted.mixed`)."""
    event_log.hold(tx, brand)
    held = store.case_mention_homes(tx, brand, [case_id])
    homes = {home for _, _, _, home in held}
    if len({now_under(tx, brand, home) for home in homes}) != 1:
        return None
    person = now_under(tx, brand, min(homes))
    store.give_case(tx, brand, case_id, min(homes), person)
    return person


def _both(tx: Connection, brand: str, a: int, b: int) -> None:
    for each in (a, b):
        if not store.exists(tx, brand, each):
            raise PersonError(f"There is no person {each}.")


def _mixed(
    tx: Connection, brand: str, cases: Collection[int], sides: tuple[frozenset[int], frozenset[int]]
) -> tuple[Mixed, ...]:
    found = []
    for case_id, of_case in groupby(store.case_mention_homes(tx, brand, cases), key=lambda row: row[0]):
        rows = list(of_case)
        mine, strangers = sides if rows[0][1] in sides[0] else sides[::-1]
        theirs = tuple(mention for _, _, mention, home in rows if home in strangers)
        if theirs and rows[0][1] in mine:
            found.append(Mixed(case_id, theirs, min(strangers)))
    return tuple(found)


# --- what an event does, whether it happens now or is replayed ---


def _linked(tx: Connection, brand: str, told: dict[str, Any], by: str, at: datetime) -> None:
    known = links.link(tx, brand, told["a"], told["b"])
    refused = known.refused if known is not None else ()
    pieces = tuple(told["evidence"])
    links.save_link(
        tx, brand, LinkRow(told["a"], told["b"], "confirmed", told["score"], pieces, refused, by, at, at)
    )  # fmt: skip


def _refused(tx: Connection, brand: str, told: dict[str, Any], by: str, at: datetime) -> None:
    known = links.link(tx, brand, told["a"], told["b"])
    before = set(known.refused) if known is not None else set()
    pieces = tuple(told["evidence"])
    refused = tuple(sorted(before | {str(each["code"]) for each in pieces} | {BY_HAND.code}))
    links.save_link(tx, brand, LinkRow(told["a"], told["b"], "rejected", 0.0, pieces, refused, by, at))


def _unlinked(tx: Connection, brand: str, told: dict[str, Any], by: str, at: datetime) -> None:
    a, b = told["a"], told["b"]
    known = links.link(tx, brand, a, b)
    since = known.linked_at if known is not None and known.linked_at is not None else at
    everybody = links.members(tx, brand, a)
    _refused(tx, brand, told, by, at)
    links.part(tx, brand, [Parting(a, b, home, since, at) for home in sorted(everybody)])


_EFFECTS: dict[str, Callable[[Connection, str, dict[str, Any], str, datetime], None]] = {
    LINKED: _linked, UNLINKED: _unlinked, LINK_REJECTED: _refused,
}  # fmt: skip


def rebuild(tx: Connection, brand: str, now: datetime) -> int:
    """Make every link, parting and suggestion again from the log and from what mentions tell; how many events it took.

    Authors and cases end where the log says, wherever they stood.
    """
    event_log.hold(tx, brand)
    for person_id in store.standing(tx, brand):
        store.keep_homes(tx, brand, person_id, store.homes_under(tx, brand, person_id))
    links.forget_links(tx, brand)
    for home in store.kept_homes(tx, brand):
        store.stand_under(tx, brand, [home], home)
    events = links.link_events(tx, brand)
    for event in events:
        _EFFECTS[event.type](tx, brand, event.data, event.by, event.at)
    ends = {end for event in events for end in (event.data["a"], event.data["b"])}
    for members in {links.members(tx, brand, end) for end in ends}:
        if len(members) > 1:
            for home in members:
                store.keep_homes(tx, brand, home, [home])
            store.stand_under(tx, brand, members, min(members))
    for home in store.homes_with_traits(tx, brand):
        suggest(tx, brand, home, now)
    return len(events)
