"""Mentions for detection: scored and stored on a real store, with a grouping that is the real one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import select

from classifying import grouping_of
from desk.crisis.detecting import Detecting
from desk.settings import Brand, Settings, validate
from mention import Fact, LabelScore, Mention, Score
from playbooks.crisis.plan import Plan
from playbooks.crisis.shelf import load_plans
from store import Store, ingest, scoring
from store.tables import events
from store.tables_crisis import alarms, crises, incident_mentions, incidents
from tests.integration.store_making import fetched

BRAND = "marka"
BEGIN = datetime(2026, 11, 16, 6, 0, tzinfo=UTC)
PLANS: dict[str, Plan] = {name: plan for name, plan in load_plans().items() if name == "any_crisis"}
"""The plan for any crisis alone: 20 mentions and four times the usual, or one certain text of danger."""

QUIET = (
    "Pazar günü mağazanız {n} kaçta açılıyor acaba", "Nevresim takımının {n} numaralı rengi solmuş",
    "Müşteri hizmetlerine {n} kez yazdım, cevap yok", "Kargom {n} gündür şubede bekliyor",
)  # fmt: skip
BURST = (
    "Selvi su ısıtıcısı kutudan çatlak çıktı", "Selvi su ısıtıcısının gövdesi çatlak, su akıtıyor",
    "çatlak Selvi su ısıtıcısı gönderdiniz, mutfak su içinde", "Selvi ısıtıcı ilk kullanımda çatlak verdi",
)  # fmt: skip


def settings_of(url: str, **more: Any) -> Settings:
    brand = Brand(name="Marka", slug=BRAND, handles=("@marka",))
    made = validate({"brand": brand.model_dump(), **more}, None)
    return made.model_copy(update={"store_url": url})


def detecting(store: Store, plans: dict[str, Plan] | None = None, **more: Any) -> Detecting:
    settings = settings_of(store.url, **more)
    return Detecting(store, settings, grouping_of(settings), PLANS if plans is None else plans)


def mention(number: object, at: datetime, text: str, **more: Any) -> Mention:
    start: dict[str, Any] = {"source": "x", "native_id": str(number), "text": text, "author": f"a{number}"}
    return Mention(**({**start, "published_at": at} | more))


def score(
    of: Mention, topic: str = "product_defect", urgency: str = "same_day", sure: float = 0.95,
    facts: Sequence[Fact] = (),
) -> Score:  # fmt: skip
    return Score(
        native_id=of.native_id, source=of.source, language="tr",
        sentiment=LabelScore(label="negative", probs={"negative": 0.9}),
        urgency=LabelScore(label=urgency, probs={urgency: sure}),
        topic=LabelScore(label=topic, probs={topic: sure}), model="test", facts=tuple(facts),
    )  # fmt: skip


Scored = tuple[Mention, Score]


def quiet(count: int, begin: datetime = BEGIN, every: timedelta = timedelta(minutes=20)) -> list[Scored]:
    made = [mention(f"q{n}", begin + n * every, QUIET[n % len(QUIET)].format(n=n)) for n in range(count)]
    return [(one, score(one, "question")) for one in made]


def burst(count: int, begin: datetime, every: timedelta = timedelta(seconds=40)) -> list[Scored]:
    made = [mention(f"b{n}", begin + n * every, BURST[n % len(BURST)]) for n in range(count)]
    return [(one, score(one)) for one in made]


def bring(store: Store, *pairs: Scored, seen_at: datetime | None = None) -> list[int]:
    """Store mentions with their scores; their ids."""
    at = seen_at or max(one.published_at for one, _ in pairs)
    ids = []
    for source in dict.fromkeys(one.source for one, _ in pairs):
        of_it = [one for one, _ in pairs if one.source == source]
        ids += ingest.save_batch(store, BRAND, source, fetched(*of_it), seen_at=at).new_ids
    with store.write() as tx:
        scoring.save_scores(tx, BRAND, list(zip(ids, (known for _, known in pairs), strict=True)), [], at)
    return ids


def found(store: Store) -> dict[str, str]:
    """The incident of each placed mention, by native id."""
    query = select(incident_mentions.c.mention_id, incidents.c.name).join(
        incidents, incidents.c.id == incident_mentions.c.incident_id
    )
    with store.read() as tx:
        names = {int(id): str(name) for id, name in tx.execute(query)}
        known = scoring_names(tx, list(names))
    return {known[id]: name for id, name in names.items()}


def scoring_names(tx: Any, ids: Sequence[int]) -> dict[int, str]:
    from store import incidents as incident_store

    return {id: native for id, (_, native) in incident_store.names_of(tx, BRAND, ids).items()}


def rows(store: Store, table: Any) -> list[Any]:
    with store.read() as tx:
        return list(tx.execute(select(table).order_by(*table.primary_key.columns)))


def told(store: Store, type: str) -> list[Any]:
    with store.read() as tx:
        return list(tx.execute(select(events).where(events.c.type == type).order_by(events.c.id)))


def everything(store: Store) -> dict[str, Any]:
    """What detection made, without the moments at which it was written."""
    place = {row.id: row.name for row in rows(store, incidents)}
    return {
        "placed": found(store),
        "incidents": sorted(
            (row.name, row.topic, row.mentions, row.first_at, row.last_at, place.get(row.merged_into))
            for row in rows(store, incidents)
        ),
        "alarms": [(place[row.incident_id], row.at, row.view, row.facts, row.proof) for row in rows(store, alarms)],
        "crises": [(place[row.incident_id], row.plan, row.stage, row.severity) for row in rows(store, crises)],
        "events": [(row.type, row.at, row.by) for row in rows(store, events)],
    }  # fmt: skip
