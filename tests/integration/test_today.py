"""The day's first page over real stores: what is due, what grows, what is silent; quiet only where it is proven."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from board import today as page
from board.sheet import Block, Place
from board.texts import texts
from desk.crisis.reviewing import Reviews
from desk.crisis.room import CrisisRoom
from desk.desk import Desk
from desk.intake import Intake
from desk.metrics.period import Period
from desk.report.keeping import Keeper
from desk.settings import validate
from desk.today import Today
from desk.tonight import Tonight
from desk.views import Filters
from playbooks.shelf import load_library
from store import alarms, incidents, reviews, sources
from store import events as event_log
from store.engine import Store
from tests.pages.seed import House, Said

NOW = datetime(2026, 11, 20, 11, 5, tzinfo=UTC)  # Friday 14:05 in Istanbul
LIBRARY = load_library()
ROUND = {day: ["00:00-24:00"] for day in ("mon", "tue", "wed", "thu", "fri", "sat", "sun")}
SETTINGS: Mapping[str, Any] = {
    "brand": {"name": "Çınar Ev", "slug": "cinar"},
    "desk": {
        "hours": ROUND, "holidays": None,
        "promises": {"critical": {"within": "30m", "clock": "always"}, "urgent": {"within": "2h", "clock": "always"},
                     "same_day": {"within": "5h", "clock": "staffed"}},
    },
    "agents": [
        {"name": "Can", "role": "crisis_manager", "also": ["team_lead"]}, {"name": "Leyla", "role": "pr_lead"},
        {"name": "Elif", "role": "agent"}, {"name": "Mert", "role": "agent", "away": [{"from": "2026-11-20"}]},
    ],
    "sources": [{"kind": "x"}, {"kind": "feed", "name": "blog", "url": "https://blog.example/feed.xml"}],
}  # fmt: skip


@pytest.fixture
def house(store: Store) -> House:
    settings = validate(dict(SETTINGS), None)
    return House(store, settings, Desk(store, settings, LIBRARY, "Elif"), Intake(store, settings, LIBRARY))


def ago(minutes: float) -> datetime:
    return NOW - timedelta(minutes=minutes)


def today_of(house: House, me: str = "Can") -> Today:
    desk = house.desk.as_agent(me)
    return Today(desk, CrisisRoom.of(desk), Reviews(house.store, house.settings, LIBRARY, me))


def shown(house: House, me: str = "Can", tab: str = "", at: datetime = NOW, language: str = "tr") -> Mapping[str, Any]:
    return page.picture(today_of(house, me), texts(language), Place(tab=tab), at)


def block(picture: Mapping[str, Any], name: str) -> Block:
    """The block of that kind or name."""
    everything = [*picture["top"], *picture["main"], *picture["side"]]
    return next(one for one in everything if name in (one["b"], one.get("keep"), one.get("label")))


def said(picture: Mapping[str, Any], part: str) -> str:
    return repr(picture[part])


def watched(house: House, *names: str, until: float = 0.0, gap: str = "") -> None:
    """A day of fetches that proves that the sources were seen up to `until` minutes ago, and a worker that lives.

    The source `gap` found an hour ago that posts before may be missing.
    """
    with house.store.write() as tx:
        sources.beat(tx, house.desk.brand, "worker", NOW, {})
        for name in names:
            for back in range(24 * 60, -1, -60):
                if back < until:
                    continue
                at = ago(back)
                told: dict[str, Any] = {"kind": name, "started_at": at, "finished_at": at, "outcome": "ok",
                                        "fetched": 9, "new": 0, "known": 9, "rejected": 0, "note": "",
                                        "proof": "overlap", "settles_s": 60.0, "failures": 0,
                                        "next_at": at + timedelta(minutes=60)}  # fmt: skip
                if name == gap and back == 60:
                    told |= {"gap": True, "missed": 4, "reach_from": ago(70)}
                sources.record_poll(tx, house.desk.brand, name, **told)


def bring(house: House, ago: float, urgency: str = "urgent", author: str = "a", **more: Any) -> int:
    return house.bring(Said(more.pop("text", "Kargom nerede"), ago, urgency=urgency, author=author, **more), NOW)


def case_of(house: House, author: str) -> int:
    return next(one.case_id for one in house.desk.queue(Filters(search=author), NOW).rows)


def test_what_is_late_and_due_stands_first_and_every_number_leads_to_what_it_counts(house: House) -> None:
    watched(house, "x", "blog")
    for minutes, urgency, author in ((150, "urgent", "gec"), (70, "urgent", "yakin"), (20, "critical", "alev"),
                                     (10, "same_day", "sakin")):  # fmt: skip
        bring(house, minutes, urgency, author)
    house.desk.claim(case_of(house, "sakin"), NOW)
    picture = shown(house)
    assert block(picture, "answer")["text"] == "1 kaydın süresi geçti; 2 kaydın süresi bir saat içinde doluyor."
    assert block(picture, "answer")["sign"] == "late" and block(picture, "answer")["loud"]
    counts = {one["label"]: (one["n"], one["go"]) for one in block(picture, "counts")["items"]}
    assert counts["Geç kalındı"] == ("1", {"page": "triage", "view": "late"})
    assert counts["1 saat içinde"][0] == "2" and counts["Bugün dolacak"][0] == "3" and counts["Sahipsiz"][0] == "3"
    first = block(picture, "Sıradaki kayıtlar")["items"]
    assert [one["title"] for one in first] == ["gec", "alev", "yakin", "sakin"], "by the true deadline"
    assert first[0]["go"] == {"page": "triage", "case": case_of(house, "gec")}
    assert first[0]["buttons"] and not first[1]["buttons"]
    behind = shown(house, tab=str(counts["Bugün dolacak"][1]["tab"]))
    assert [one["title"] for one in behind["main"][0]["items"]] == ["alev", "yakin", "sakin"]
    strip = block(picture, "due")
    assert [(pin["tone"], pin["n"]) for pin in strip["pins"]] == [
        ("late", 1), ("critical", 1), ("urgent", 1), ("same_day", 1)
    ]  # fmt: skip
    assert strip["pins"][0]["go"] == {"page": "triage", "view": "late"}
    assert strip["pins"][1]["go"] == {"page": "triage", "case": case_of(house, "alev")}
    assert strip["pins"][1]["said"] == "14:15–14:30 · Kritik: 1 kayıt"


def test_whoever_answers_sees_their_own_cases_first_then_nobodys(house: House) -> None:
    for author, minutes in (("bir", 100), ("iki", 60), ("uc", 30)):
        bring(house, minutes, "urgent", author)
    house.desk.claim(case_of(house, "uc"), NOW)
    house.desk.as_agent("Mert").claim(case_of(house, "bir"), NOW)
    mine = block(shown(house, "Elif"), "Sıradaki kayıtlarınız")["items"]
    assert [one["title"] for one in mine] == ["uc", "iki"], "a colleague's case is theirs"
    assert [one["title"] for one in block(shown(house, "Leyla"), "Sıradaki kayıtlar")["items"]] == ["bir", "iki", "uc"]
    present = block(shown(house), "facts")["items"]
    assert present == [["Can", "0 açık kayıt"], ["Leyla", "0 açık kayıt"], ["Elif", "1 açık kayıt"]], "Mert is away"


def test_what_grows_has_its_numbers_and_its_alarm_stands_in_the_hours(house: House) -> None:
    watched(house, "x", "blog")
    ids = [bring(house, 10 + one, "same_day", f"k{one}") for one in range(9)]
    bring(house, 95, "none", "nur", text="Teşekkürler", sentiment="positive", topic="praise")
    with house.store.write() as tx:
        brand = house.desk.brand
        incidents.begin(tx, brand, ["i1"], NOW)
        [incident] = incidents.ids_of(tx, brand, ["i1"]).values()
        incidents.place(tx, brand, [(one, incident, []) for one in ids], "system", NOW)
        incidents.recount(tx, brand, [incident], NOW)
    grown = block(shown(house), "Büyüyen olaylar")["items"]
    assert grown[0]["meta"][:2] == ["son 1 saatte 9 ileti", "önceki saatte 0"] and grown[0]["sign"] is None
    with house.store.write() as tx:
        alarms.raise_(
            tx, brand, incident, at=ago(12), raised_at=ago(11), view="hour", proof=ids[:3],
            facts={"why": {"tr": ["Son saatte 9 ileti."], "en": ["9 messages in the last hour."]}},
        )  # fmt: skip
    picture = shown(house, at=NOW + timedelta(minutes=1))
    assert block(picture, "answer")["text"] == "1 olay büyüyor."
    assert block(picture, "Büyüyen olaylar")["items"][0]["text"] == "Son saatte 9 ileti."
    hours = block(picture, "hours")
    assert hours["moments"][0]["go"] == {"page": "incidents", "id": incident}
    assert hours["x"][hours["moments"][0]["at"]] == "13:00"
    negative, _, positive = hours["series"]
    assert sum(negative["values"]) == 9 and sum(positive["values"]) == 1
    behind = shown(house, tab=positive["go"][positive["values"].index(1.0)]["tab"])
    assert behind["main"][0]["items"][0]["text"] == "Teşekkürler"
    place = negative["values"].index(max(negative["values"]))
    spoken = shown(house, tab=negative["go"][place]["tab"])["main"][0]["items"]
    assert len(spoken) == max(negative["values"]) and all(one["go"]["page"] == "triage" for one in spoken)


def test_quiet_is_proven_or_not_said(house: House) -> None:
    watched(house, "x", "blog")
    picture = shown(house)
    assert block(picture, "answer")["text"].startswith("Sakin:") and "14:04" in block(picture, "answer")["text"]
    assert block(picture, "answer")["sign"] == "met"
    assert "kayıt yok" in said(picture, "main"), "an empty list says what will be here"
    english = block(shown(house, language="en"), "answer")["text"]
    assert (
        english == "Quiet: nothing is due within the hour, and every source that is switched on was seen until 14:04."
    )
    later = block(shown(house, at=NOW + timedelta(minutes=5)), "answer")
    assert later["sign"] == "unknown" and "toplayıcı çalışmıyor" in later["text"]


def test_a_source_that_is_not_seen_is_no_quiet(house: House) -> None:
    watched(house, "x")
    watched(house, "blog", until=120)
    picture = shown(house)
    answer = block(picture, "answer")
    assert answer["sign"] == "unknown" and "(blog)" in answer["text"] and "Sakin" not in answer["text"]
    assert "blog" in said(picture, "side") and "Kaynaklara bak" in said(picture, "side")
    lanes = block(picture, "coverage")
    assert [one["name"] for one in lanes["series"]] == ["blog", "x"], "in trouble first"
    hours = block(picture, "hours")
    unseen = hours["series"][-1]
    assert unseen["tone"] == "unseen" and unseen["values"][0] == 0 and unseen["shown"][0] == "–"
    assert unseen["values"][-2] > 0.4 and "blog" in unseen["shown"][-2]


def test_before_anybody_looked_at_the_coverage_nothing_is_claimed_of_it(house: House) -> None:
    watched(house, "x", "blog")
    picture = page.picture(today_of(house), texts("tr"), Place(), NOW, wait=False)
    assert "bakılıyor" in block(picture, "answer")["text"]
    assert "proven" not in said(picture, "top")


def test_a_crisis_stands_above_the_cases_with_its_late_duties(house: House) -> None:
    watched(house, "x", "blog")
    bring(house, 150)
    room = CrisisRoom.of(house.desk.as_agent("Can"))
    crisis = house_crisis = room.as_agent("Elif").open_by_hand("gaz kokusu", "any_crisis", "iki kişi", ago(120))
    room.take(crisis, ago(115))
    room.declare(crisis, "ürün güvenliği", ago(110))
    picture = shown(house)
    answer = block(picture, "answer")
    assert answer["text"].startswith("1 kriz sürüyor (") and answer["sign"] == "critical"
    assert [one["text"] for one in picture["main"] if one["b"] == "head"][:2] == ["Süren krizler", "Sıradaki kayıtlar"]
    assert block(picture, "Süren krizler")["items"][0]["go"] == {"page": "crisis", "id": house_crisis}
    with house.store.write() as tx:
        brand = house.desk.brand
        for what, due, playbook in (
            ("Kılavuzu yenile", "2026-11-19", None),
            ("Telefonu öne al", "2026-12-01", "safety"),
        ):
            reviews.add_action(tx, brand, crisis, NOW, what=what, owner="Can", due_on=due, state="open",
                               playbook=playbook, change=None, note="")  # fmt: skip
    picture = shown(house)
    assert block(picture, "Değerlendirmelerden geciken işler")["items"][0]["title"] == "Kılavuzu yenile"
    assert block(picture, "Bekleyen senaryo değişiklikleri")["items"][0]["title"] == "Telefonu öne al"
    assert "Kılavuzu yenile" not in said(shown(house, "Elif"), "side"), "who may not see reports is not shown them"


def test_the_forecast_and_what_comes_back_today(house: House) -> None:
    bring(house, 5, "same_day", "uykulu")
    house.desk.snooze(case_of(house, "uykulu"), NOW + timedelta(hours=1), NOW)
    for one in range(12):
        bring(house, 15, "critical", f"c{one}")
    Tonight(house.store, house.settings, lambda at: 1).forecast(NOW, runs=50)
    side = said(shown(house), "side")
    assert "Gecikme bekleniyor" in side and "1 ertelenmiş kayıt bugün geri dönüyor. İlki: 15:05." in side
    assert "Gecikme bekleniyor" not in said(shown(house, at=NOW + timedelta(hours=2)), "side"), (
        "an old one says nothing"
    )


def test_a_pr_lead_sees_how_yesterday_was_answered(house: House) -> None:
    start = ago(26 * 60)
    house.bring(Said("Kargom nerede", 0, urgency="urgent", author="dun"), start)
    [row] = house.desk.queue(Filters(search="dun"), start).rows
    house.desk.answer(row.case_id, "Bakıyoruz", "https://x.example/1", start + timedelta(minutes=30))
    keeper = Keeper(house.store, house.settings)

    def side(me: str) -> str:
        desk = house.desk.as_agent(me)
        reviews = Reviews(house.store, house.settings, LIBRARY, me)
        return repr(page.picture(Today(desk, CrisisRoom.of(desk), reviews, keeper), texts("tr"), Place(), NOW)["side"])

    keeper.show(Period.yesterday(NOW, house.desk.zone), "tr", NOW, patience_s=60.0)
    assert "Dün nasıl yanıtlandı" in side("Leyla") and "30 dk" in side("Leyla")
    assert "Dün nasıl yanıtlandı" not in side("Elif") and "Dün nasıl yanıtlandı" not in side("Can")


def test_an_address_that_somebody_made_up_leads_to_the_page(house: House) -> None:
    watched(house, "x", "blog")
    for tab in ("d-1-2-<b>", "d-x-y-any", "m-1-99999999999-negative", "m-5-5-negative", "d--1-3-any", "z-1-2-any"):
        assert block(shown(house, tab=tab), "answer")
    nothing = shown(house, tab="m-29000000-29000060-negative")
    assert nothing["main"][0]["items"] == [] and nothing["main"][0]["empty"]


def test_hostile_words_travel_as_they_are(house: House) -> None:
    bring(house, 100, "urgent", "k", text="<img src=x onerror=alert(1)> {n} %s", name="<b>Zararlı</b>")
    first = block(shown(house), "Sıradaki kayıtlar")["items"][0]
    assert first["title"] == "<b>Zararlı</b>" and first["text"] == "<img src=x onerror=alert(1)> {n} %s"


def test_gaps_that_were_not_filled_are_said(house: House) -> None:
    watched(house, "x", "blog", gap="blog")
    told = {"source": "blog", "from": ago(100).isoformat(), "to": ago(70).isoformat(), "missed": 4, "note": ""}
    with house.store.write() as tx:
        event_log.append(tx, "cinar", type="coverage_gap", at=ago(60), by="system", recorded_at=ago(60), data=told)
    picture = shown(house)
    assert block(picture, "answer")["sign"] == "met", "it is seen now"
    assert "blog: 12:25 – 12:55 arası eksik olabilir" in said(picture, "side")
