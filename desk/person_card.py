"""What is known of a person beside their words: accounts, tier, reach, contacts; and what of it a draft may use."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection

from desk.persons import Account, PersonError, unproved
from desk.traits import is_private
from mention import Fact, search_text
from playbooks.routing import MAX_RAISE, REACH, WIDE_REACH
from store import person_links as links
from store import persons as store
from store.rows import CaseRow
from store.rows_persons import AttributeRow

CONTACT_DAYS = 90

RAISING_TIERS = frozenset({"gold", "altin", "platinum", "platin", "vip"})
"""Tiers (folded) that raise a priority where a brand names no others."""

MAX_TIER = 40

NEVER_FROM_OTHERS = frozenset({"iban", "national_id", "card", "offence", "not_about_us"})
"""Facts that are taken from the mention being answered or not at all."""

READ = 50
"""Mentions of a person whose facts a draft may draw on; older ones are of other matters."""


@dataclass(frozen=True)
class PersonCard:
    """A person at a glance. `reach` is the most followers seen, `contacts` counts mentions in the last CONTACT_DAYS,
    `ask_identity` says that nothing proves yet that all accounts are one person's."""

    person_id: int
    name: str
    accounts: tuple[Account, ...]
    tier: str
    tier_source: str
    tier_at: datetime | None
    reach: int
    contacts: int
    open_cases: int
    ask_identity: bool


@dataclass(frozen=True)
class PersonFact:
    """A fact from one of a person's mentions; `own`: the author of the mention being answered wrote it."""

    fact: Fact
    mention_id: int
    own: bool


def card(
    tx: Connection, brand: str, person_id: int, now: datetime, raising: Collection[str] = RAISING_TIERS,
    members: Collection[int] | None = None,
) -> PersonCard:  # fmt: skip
    """A person at a glance, whatever id of theirs is given; `members` are their homes where they are known already.

    Raises PersonError where there is none.
    """
    name = store.name_of(tx, brand, person_id)
    if not store.exists(tx, brand, person_id):
        raise PersonError(f"There is no person {person_id}.")
    members = members or links.members(tx, brand, person_id)
    accounts = store.accounts(tx, brand, members)
    tier = tier_of(tx, brand, members, raising)
    return PersonCard(
        person_id=min(members), name=store.name_of(tx, brand, min(members)) or name or "",
        accounts=tuple(Account(source, handle) for source, handle, _ in accounts),
        tier=tier.value if tier else "", tier_source=tier.source if tier else "", tier_at=tier.at if tier else None,
        reach=links.reach_of(tx, brand, accounts),
        contacts=links.contacts_since(tx, brand, accounts, now - timedelta(days=CONTACT_DAYS)),
        open_cases=links.live_cases(tx, brand, min(members)), ask_identity=unproved(tx, brand, person_id, members),
    )  # fmt: skip


def set_tier(tx: Connection, brand: str, person_id: int, tier: str, source: str, now: datetime) -> None:
    """Keep a person's loyalty tier; `source` is `agent:NAME` or the order adapter's name; an empty tier takes it away.

    Raises PersonError for a tier that is no short word, or where there is no such person.
    """
    tier = " ".join(tier.split())
    if len(tier) > MAX_TIER:
        raise PersonError(f"A tier is at most {MAX_TIER} characters.")
    if not store.exists(tx, brand, person_id):
        raise PersonError(f"There is no person {person_id}.")
    links.set_attribute(tx, brand, AttributeRow(person_id, "tier", tier, source, now))


def tier_of(
    tx: Connection, brand: str, members: Collection[int], raising: Collection[str] = RAISING_TIERS
) -> AttributeRow | None:
    """The tier of a person made of these homes: of several the one that raises, then the latest.

    What was set while a home was linked wrongly does not count: nobody knows whose it was.
    """
    partings = [each for each in links.partings(tx, brand, members) if not {each.a, each.b} <= set(members)]
    latest: dict[tuple[int, str], AttributeRow] = {}
    for row in links.attributes(tx, brand, members):  # the latest first
        wrong = any(p.person_id == row.person_id and p.since <= row.at <= p.until for p in partings)
        if row.name == "tier" and not wrong:
            latest.setdefault((row.person_id, row.source), row)
    held = [row for row in latest.values() if row.value]
    return max(held, key=lambda row: (search_text(row.value) in raising, row.at), default=None)


def raises(priority: int, tier: str, reach: int, counted: int = 0, raising: Collection[str] = RAISING_TIERS) -> int:
    """The priority (1 highest to 5) after tier and reach: one step up for a raising tier, one from REACH followers and
    two from WIDE_REACH, MAX_RAISE at most; never lower.

    `counted` are the followers that routing has counted already, so that the same reach does not raise twice.
    """
    steps = max(0, _reach_steps(reach) - _reach_steps(counted)) + (search_text(tier) in raising)
    return min(priority, max(1, priority - min(steps, MAX_RAISE)))


def open_case_of_person(tx: Connection, brand: str, person_id: int, topic: str, since: datetime) -> CaseRow | None:
    """The open case of this person (whatever id of theirs is given) on the topic, written to at `since` or later;
    None where there is none. Suggested links do not count."""
    return store.open_case_of_person(tx, brand, min(links.members(tx, brand, person_id)), topic, since)


def may_use(fact: Fact, own: bool, private: bool) -> bool:
    """Whether a draft may use a fact of the person: their own always; that of another account of theirs only where
    nobody else reads along, and never numbers that open doors (IBAN, card, national id)."""
    return own or (private and fact.kind not in NEVER_FROM_OTHERS)


def facts_for_draft(tx: Connection, brand: str, mention_id: int, private: bool | None = None) -> tuple[PersonFact, ...]:
    """The facts that a draft answering this mention may use, its author's own first, then the newest.

    Facts of other accounts come only over confirmed links and into private channels (`private`; None: as the mention's
    own channel is). A mention whose writer is not known gives only its own facts.
    """
    asked = store.written(tx, brand, [mention_id])
    if not asked:
        return ()
    stored, scored = asked[0]
    goes_private = is_private(stored.mention) if private is None else private
    home = links.knows_writer(tx, mention_id)
    found = [(stored.id, scored.facts if scored else (), True)]
    if home is not None:
        members = links.members(tx, brand, home)
        others = store.of_homes(tx, brand, members, READ)
        found += [(each.id, s.facts if s else (), of == home) for each, s, of in others if each.id != mention_id]
    kept = [
        PersonFact(fact, number, own)
        for number, facts, own in found
        for fact in facts
        if may_use(fact, own, goes_private)
    ]
    return _once(sorted(kept, key=lambda each: (each.mention_id != mention_id, not each.own, -each.mention_id)))


def _once(facts: Sequence[PersonFact]) -> tuple[PersonFact, ...]:
    seen: dict[tuple[str, str], PersonFact] = {}
    for each in facts:
        seen.setdefault((each.fact.kind, each.fact.value or each.fact.text), each)
    return tuple(seen.values())


def _reach_steps(followers: int) -> int:
    return (followers >= REACH) + (followers >= WIDE_REACH)
