"""The demo brand's three days as they are played: the incident is found before 5 % of its mentions are in."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

from classifying import finder_of, grouping_of, with_facts
from collectors.demo import DAY, MORNING, STORY, DemoCollector, DemoSettings, read_story, running
from collectors.protocol import Fetched
from desk.crisis.detecting import DETECT_EVERY, Detecting
from desk.crisis.incidents import Incidents
from desk.settings import DEMO, Settings, validate
from mention import Mention, Score
from nlp.scorer import Scorer
from playbooks.crisis.shelf import load_plans
from store import Store, alarms, incidents, ingest, scoring
from store.alarms import AlarmRow

BEGIN = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
SECOND_DAY = BEGIN + timedelta(seconds=running(DAY + MORNING, 120))
DEPOT = ("gebze", "yıldırım", "yildirim", "depo", "nerede", "sel bas", "su bas")
"""Words of the story's one large incident: the carrier's flooded depot, and that nobody says where the parcels are."""


def played() -> list[Mention]:
    """Every mention of the story, posted at the real moment at which it is played at the demo's speed."""
    settings = DemoSettings(kind="demo")
    collector, made = DemoCollector(settings), []
    for line in read_story(STORY):
        since = -60 * line.before if line.before is not None else running(line.minute, settings.speed)
        found = collector._mention(line, BEGIN + timedelta(seconds=since), BEGIN + timedelta(days=1))
        assert isinstance(found, Fetched)
        made.append(found.mention)
    return sorted(made, key=lambda one: one.published_at)


def is_of_the_depot(one: Mention) -> bool:
    """Of the second day on: what a customer of the first day asks about their parcel is another matter."""
    return one.published_at > SECOND_DAY and any(word in one.text.lower() for word in DEPOT)


def test_the_incident_is_found_before_a_twentieth_of_it_is_in(tmp_path: Path) -> None:
    store = Store.open(f"sqlite:///{tmp_path / 'demo.db'}")
    settings = validate(DEMO, None).model_copy(update={"store_url": store.url})
    told = waiting = played()
    known = with_facts(told, Scorer.of("linear").score(told), finder_of(settings))
    scores = {one.native_id: found for one, found in zip(told, known, strict=True) if isinstance(found, Score)}
    job = Detecting(store, settings, grouping_of(settings), load_plans())
    at, alarm = BEGIN, None
    while waiting:
        now_in = [one for one in waiting if one.published_at <= at]
        waiting = waiting[len(now_in) :]
        bring(store, settings, now_in, scores, at)
        if job.run(at).alarms and alarm is None:
            alarm = depot_alarm(store, settings)
        if alarm is not None and waiting:
            at = waiting[-1].published_at  # it is found; the rest only says how large it becomes
        # Of the first day a round of the worker's a minute is enough: what is looked for comes on the second.
        at += timedelta(seconds=DETECT_EVERY if at >= SECOND_DAY else 60)
    assert alarm is not None
    depot = [one for one in told if is_of_the_depot(one)]
    before = [one for one in depot if one.published_at <= alarm.at]
    assert len(depot) > 100 and len(before) < 0.05 * len(depot), (len(before), len(depot))
    page = Incidents(store, settings).incident(alarm.incident_id, at)
    assert "Gebze" in page.line.title.tr and "Gebze" in page.line.title.en
    assert page.line.size > 0.5 * len(depot) and page.line.crisis_id is not None
    assert len(page.line.channels) >= 4 and {one.id for one in page.proof} == set(page.line.alarm.proof)  # type: ignore[union-attr]
    store.close()


def bring(store: Store, settings: Settings, new: list[Mention], scores: dict[str, Score], at: datetime) -> None:
    """Store and score mentions as the worker does."""
    if not new:
        return
    brand = settings.brand.key
    ids = ingest.save_batch(store, brand, "demo", [Fetched(one, {}) for one in new], seen_at=at).new_ids
    with store.write() as tx:
        scoring.save_scores(tx, brand, [(id, scores[one.native_id]) for id, one in zip(ids, new, strict=True)], [], at)


def depot_alarm(store: Store, settings: Settings) -> AlarmRow | None:
    """The alarm most of whose proof is about the depot."""
    with store.read() as tx:
        for row in alarms.since(tx, settings.brand.key, BEGIN):
            proof = incidents.scored(tx, settings.brand.key, row.proof)
            if sum(is_of_the_depot(stored.mention) for stored, _ in proof.values()) * 2 > len(proof):
                return row
    return None
