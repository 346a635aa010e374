"""A desk with two days on it, for the tests of reports: cases answered, late and open, an alarm, a crisis, polls."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from desk.desk import Desk
from desk.intake import Intake
from desk.metrics.period import Period
from desk.settings import Settings, validate
from playbooks.shelf import load_library
from store import crises, drills, sources
from store.engine import Store
from store.tables_crisis import alarms, incident_mentions, incidents
from tests.pages.seed import House, Said

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
HOSTILE = "=HYPERLINK(\"http://kotu.example\") <script>alert('ğ')</script> $x^2$ {name}"
CONFIG: dict[str, Any] = {
    "brand": {"name": "Çınar Ev", "slug": "cinar", "handles": ["cinarev"]},
    "desk": {"hours": {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")},
             "holidays": None, "promises": {"critical": {"within": "30m", "clock": "always"},
                                            "urgent": {"within": "2h", "clock": "always"},
                                            "same_day": {"within": "5h", "clock": "always"}}},
    "agents": [{"name": "Elif", "role": "agent"}, {"name": "Can", "role": "crisis_manager", "alerts": ["NOBET_CAN"]},
               {"name": "Leyla", "role": "pr_lead"}],
    "board": {"url": "https://nobet.example"},
    "rivals": [{"name": "Ayaz Ev", "names": ["ayazev"]}],
}  # fmt: skip


def settings_of(**more: Any) -> Settings:
    """The desk's settings, with more of them."""
    return validate({**CONFIG, **more}, None)


def yesterday(settings: Settings, now: datetime = NOW) -> Period:
    """The day before a moment."""
    return Period.yesterday(now, settings.desk.zone)


def open_on(store: Store, settings: Settings) -> House:
    """An empty desk on a store."""
    library = load_library()
    return House(store, settings, Desk(store, settings, library, "Elif"), Intake(store, settings, library))


def fill(house: House, now: datetime = NOW) -> None:
    """Two days: the one before yesterday has one case, yesterday six, one still open, one answered late."""
    day = yesterday(house.settings, now).start
    house.bring(Said("Kargom gelmedi", 3, author="a0"), day - timedelta(hours=9))
    house.desk.answer(1, "Bakıyoruz.", "", day - timedelta(hours=8))
    texts = ("Kargom nerede, Ayaz Ev daha hızlı", "Tabak kırık çıktı", "param yatmadı", "kurye attı", "harika nevresim",
             "ayazev mi cinar ev mi")  # fmt: skip
    topics = ("delivery_delay", "product_defect", "return_refund", "courier", "praise", "question")
    for n, (text, topic) in enumerate(zip(texts, topics, strict=True)):
        at = day + timedelta(hours=8 + n)
        praise = topic == "praise"
        house.bring(Said(text, 5, topic, "none" if praise else "urgent", "positive" if praise else "negative",
                         channel="x" if n % 2 else "email", author=f"a{n + 1}",
                         abstained=("topic",) if n == 3 else ()), at)  # fmt: skip
    for case, hours in ((2, 8.5), (3, 9.25), (4, 15.0)):
        house.desk.seen(case, day + timedelta(hours=hours - 0.2))
        house.desk.answer(case, "Hemen bakıyoruz.", "", day + timedelta(hours=hours))
    for at in (day - timedelta(hours=1), day + timedelta(hours=11), now):
        told = {"kind": "x", "started_at": at - timedelta(seconds=3), "finished_at": at, "outcome": "ok", "fetched": 5,
                "new": 0, "known": 5, "rejected": 0, "note": "", "next_at": at + timedelta(hours=13), "failures": 0,
                "proof": "overlap", "settles_s": 60.0}  # fmt: skip
        with house.store.write() as tx:
            sources.record_poll(tx, "cinar", "x", **told)
    with house.store.write() as tx:
        at = day + timedelta(hours=10)
        row = {"id": 1, "brand": "cinar", "name": "i1", "topic": "delivery_delay", "mentions": 2, "first_at": at,
               "last_at": at, "updated_at": at}  # fmt: skip
        tx.execute(incidents.insert().values(row))
        for mention in (2, 3):
            placed = {"mention_id": mention, "brand": "cinar", "incident_id": 1, "by": "system", "why": [], "at": at}
            tx.execute(incident_mentions.insert().values(placed))
        tx.execute(alarms.insert().values(brand="cinar", incident_id=1, at=at, raised_at=at, view="count", facts={},
                                          proof=[]))  # fmt: skip
        crises.open(tx, "cinar", key="k", incident_id=1, title=HOSTILE, plan="p", plan_version=1, body={}, people={},
                    opened_at=at, severity=2)  # fmt: skip
        drills.begin(tx, "cinar", key="d", drill=HOSTILE, version=1, plan="p", plan_version=1, language="tr", home="h",
                     players={}, started_at=at)  # fmt: skip
