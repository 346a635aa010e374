"""A desk with something on it: mentions brought in through the real store, scored by hand, routed by the real intake.

Times are relative to now, because the board shows the present; the desk is staffed around the clock, so that what is
urgent at night is urgent at noon.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from collectors.protocol import Fetched, Rejected
from desk.desk import Desk
from desk.intake import Intake
from desk.settings import Settings, load_settings
from mention import SENTIMENTS, TOPICS, URGENCIES, Fact, LabelScore, Mention, Score
from playbooks.shelf import load_library
from store import cases, editing, events, ingest, looks, scoring, sources
from store.engine import Store

CONFIG = """
brand: {name: Çınar Ev, slug: cinar, handles: [cinarev]}
desk:
  hours: {mon: ["00:00-24:00"], tue: ["00:00-24:00"], wed: ["00:00-24:00"], thu: ["00:00-24:00"],
          fri: ["00:00-24:00"], sat: ["00:00-24:00"], sun: ["00:00-24:00"]}
  holidays: null
  promises:
    critical: {within: 30m, clock: always}
    urgent: {within: 2h, clock: always}
    same_day: {within: 5h, clock: staffed}
agents: [{name: Elif}, {name: Mert}, {name: Deniz}]
sources: []
"""


def now() -> datetime:
    """The present moment, in UTC."""
    return datetime.now(UTC)


def a_head(label: str, labels: tuple[str, ...], sure: float) -> LabelScore:
    """A label with its probability; the rest is shared evenly."""
    rest = (1 - sure) / (len(labels) - 1)
    return LabelScore(label=label, probs={name: sure if name == label else rest for name in labels})


@dataclass(frozen=True)
class Said:
    """One mention and what the classifier is to have said of it. `ago` is minutes before now."""

    text: str
    ago: float
    topic: str = "delivery_delay"
    urgency: str = "same_day"
    sentiment: str = "negative"
    channel: str = "x"
    author: str | None = "ayse.k"
    name: str | None = None
    followers: int | None = None
    drove: dict[str, tuple[str, ...]] = field(default_factory=dict)
    abstained: tuple[str, ...] = ()
    sure: float = 0.88
    language: str = "tr"
    url: str | None = None
    rating: float | None = None
    facts: tuple[tuple[str, str], ...] = ()
    """What was found in the words: kind and text, which is its value too."""


STORY = (
    Said(
        "Ocak gaz kaçırıyor, kapattım ama koku hâlâ var. Telefonunuzu kimse açmıyor, evde bebek var!", 18, "safety",
        "critical", author="aysenur_k", name="Ayşenur Kılıç", followers=3412, sure=0.94,
        drove={"urgency": ("gaz kaçırıyor", "koku", "bebek"), "topic": ("gaz",), "sentiment": ("kimse açmıyor",)},
        url="https://x.example/aysenur_k/status/1",
    ),
    Said(
        "Üçüncü kez yazıyorum. İade edeli 19 gün oldu, param hâlâ yatmadı. Bugün cevap gelmezse tüketici hakem "
        "heyetine başvuruyorum. Sipariş numaram sizde kayıtlı, her seferinde baştan anlatmaktan yoruldum.", 190,
        "return_refund", "urgent", channel="sikayetvar", author="mtekin", name="Murat T.", sure=0.81,
        drove={"urgency": ("Üçüncü kez", "hakem heyetine", "Bugün"), "topic": ("İade", "param"),
               "sentiment": ("yoruldum",)},
        url="https://sikayetvar.example/cinar-ev/1",
    ),
    Said(
        "kargom 6 gündür şubede bekliyor, düğün hediyesiydi, düğün yarın. lütfen biri baksın", 75, "delivery_delay",
        "urgent", author="selin_byk", name="Selin Büyük", followers=891, drove={"urgency": ("yarın", "lütfen"),
        "topic": ("kargom", "şubede")},
    ),
    Said("Yemek takımından iki tabak kırık çıktı, fotoğrafları ekledim. Değişim nasıl olacak?", 240, "product_defect",
         channel="review", author="gulsen", name="Gülşen Akyol", rating=2.0, drove={"topic": ("kırık",)}),
    Said("The wardrobe arrived with the wrong doors (white instead of oak). Who do I talk to about this?", 95,
         "wrong_item", channel="email", author="c.wells@mail.example", name="Catherine Wells", language="en",
         drove={"topic": ("wrong",), "urgency": ("Who",)}),
    Said("Kurye paketi kapıya fırlatıp gitti, zili bile çalmadı. Kamerada var.", 50, "courier", channel="forum",
         author="balkondaki_kedi", drove={"topic": ("Kurye",), "sentiment": ("fırlatıp",)}),
    Said("pazar günü bağdat caddesi mağazası açık mı", 22, "question", sentiment="neutral", author="berkay_tnr",
         name="Berkay Tuner", followers=87, drove={"topic": ("açık mı",)}),
    Said("Sitede 1.299 yazıyordu, kasada 1.499 çektiniz. Farkı geri istiyorum.", 310, "price_promotion",
         channel="sikayetvar", author="hakanozden", name="Hakan Özden", abstained=("topic",), sure=0.41,
         drove={"topic": ("çektiniz",)}),
    Said("Selvi nevresim harika, renkleri solmadı, paketleme de özenliydi. Teşekkürler!", 130, "praise", "none",
         "positive", author="nur.sahin", name="Nur Şahin", followers=15400, drove={"sentiment": ("harika",)}),
    Said("Nerede bu kargo ya kaçıncı gün", 12, "delivery_delay", author="ozan__d", followers=230,
         drove={"topic": ("kargo",)}),
    Said("çınar ağacının gölgesinde çay keyfi, pazar böyle geçsin", 33, "other", "none", "neutral", author="gezgin34"),
    Said("cinar ev reklamını herkes konuşuyor", 41, "other", "none", "neutral", author="medya_notlari"),
)  # fmt: skip

HOSTILE = (
    "<script>alert('x')</script><img src=x onerror=alert(1)> kargom nerede",
    "# başlık **kalın** [tıkla](javascript:alert(1)) `kod` :material/home: $x^2$",
    '=HYPERLINK("http://kotu.example","tıkla") +cmd|\'/C calc\'!A0 {name} {{7*7}} %s',
)
HOSTILE_NAME = "<b onmouseover=alert(1)>Zararlı</b>"


def _found(text: str, kind: str, words: str) -> Fact:
    start = text.index(words)
    return Fact(kind=kind, start=start, end=start + len(words), text=words, value=words)


@dataclass
class House:
    """A store with its intake and its desk, and short ways to fill it."""

    store: Store
    settings: Settings
    desk: Desk
    intake: Intake
    count: int = 0

    def bring(self, said: Said, at: datetime | None = None) -> int:
        """Store, score and route one mention; answers its id."""
        self.count += 1
        at = at or now()
        mention = Mention(
            source=said.channel, native_id=f"n{self.count}", text=said.text, author=said.author,
            author_name=said.name, followers=said.followers, url=said.url, rating=said.rating,
            published_at=at - timedelta(minutes=said.ago),
        )  # fmt: skip
        seen = mention.published_at + timedelta(seconds=40 + 7 * self.count)
        saved = ingest.save_batch(
            self.store, self.desk.brand, said.channel, [Fetched(mention, {"text": said.text})], seen_at=min(seen, at)
        )
        score = Score(
            native_id=mention.native_id, source=said.channel, language=said.language, abstained=said.abstained,
            sentiment=a_head(said.sentiment, SENTIMENTS, said.sure), urgency=a_head(said.urgency, URGENCIES, said.sure),
            topic=a_head(said.topic, TOPICS, said.sure), reasons=said.drove, model="by hand",
            facts=tuple(_found(said.text, kind, words) for kind, words in said.facts),
        )  # fmt: skip
        with self.store.write() as tx:
            scoring.save_scores(tx, self.desk.brand, [(saved.new_ids[0], score)], [], at)
        self.intake.run(at)
        return saved.new_ids[0]

    def edit(self, mention_id: int, text: str) -> None:
        """The author edits a mention, and a fetch meets it again."""
        with self.store.read() as tx:
            found = cases.mention_of(tx, self.desk.brand, mention_id)
        assert found is not None
        edited = found[0].mention.model_copy(update={"text": text})
        ingest.save_batch(self.store, self.desk.brand, edited.source, [Fetched(edited, {"text": text})], seen_at=now())

    def delete(self, mention_id: int) -> None:
        """The author deletes a mention, and the platform says so."""
        with self.store.write() as tx:
            found = cases.mention_of(tx, self.desk.brand, mention_id)
            assert found is not None
            mention = found[0].mention
            editing.remove_deleted(tx, self.desk.brand, mention.source, [mention.native_id], now())

    def poll(self, source: str, outcome: str, note: str = "", ago: float = 0.0, **more: Any) -> None:
        """Write down a fetch of a source `ago` minutes before now, as the worker does."""
        at = now() - timedelta(minutes=ago)
        told = {
            "kind": source, "started_at": at - timedelta(seconds=3), "finished_at": at, "outcome": outcome,
            "fetched": 25, "new": 0, "known": 25, "rejected": 0, "note": note, "next_at": at + timedelta(minutes=4),
            "failures": 0, **more,
        }  # fmt: skip
        with self.store.write() as tx:
            sources.record_poll(tx, self.desk.brand, source, **told)


def open_house(folder: Path, config_text: str = CONFIG) -> House:
    """An empty desk whose store and configuration lie in `folder`."""
    config = folder / "nobet.yaml"
    config.write_text(config_text, encoding="utf-8")
    settings = load_settings(config, {"NOBET_HOME": str(folder)})
    store = Store.open(settings.url)
    library = load_library()
    return House(store, settings, Desk(store, settings, library, "Elif"), Intake(store, settings, library))


SOURCES = """
sources:
  - {kind: x, requests_per_day: 2000, items_per_month: 10000, money_per_month: 50, price_per_item: 0.005}
  - {kind: sikayetvar, brand: cinar-ev, terms_read: true}
  - {kind: feed, name: blog, url: "https://blog.example/feed.xml"}
  - {kind: forum, site: spirit, start_urls: ["https://forum.example/"], terms_read: true}
  - {kind: reddit, subreddits: [kahve]}
  - {kind: trendyol, seller_id: "1", enabled: false}
"""
COVERED = CONFIG.replace("sources: []\n", SOURCES)
"""A configuration with sources, for the pages on which coverage is looked at."""


def watch_a_day(house: House) -> None:
    """A day of fetches: one source seen throughout, one that was limited, one with a gap that was read again, one whose
    pages changed, one that refuses us since an hour, one switched off."""
    feeds = {"x": 10.0, "sikayetvar": 15.0, "blog": 30.0, "forum": 20.0, "reddit": 15.0}
    for source, every in feeds.items():
        ago = 26 * 60.0
        while ago >= 0:
            outcome, note, more = _told(source, ago)
            house.poll(source, outcome, note, ago, kind="feed" if source == "blog" else source,
                       next_at=now() - timedelta(minutes=ago - every), settles_s=60.0, **more)  # fmt: skip
            ago -= every
    house.poll("trendyol", "off", "switched off in the configuration", 600, next_at=None)
    start, end = now() - timedelta(minutes=425), now() - timedelta(minutes=395)
    gap = {"source": "blog", "from": start.isoformat(), "to": end.isoformat(), "missed": 6, "note": ""}
    with house.store.write() as tx:
        events.append(tx, house.desk.brand, type="coverage_gap", at=end, by="system", recorded_at=end, data=gap)
        looks.ask_backfill(tx, house.desk.brand, "blog", start, end, end, "posts in between may be missing")
        looks.add_usage(tx, house.desk.brand, "x", now(), 1740, 3120)


def _told(source: str, ago: float) -> tuple[str, str, dict[str, Any]]:
    """How a fetch of a source went `ago` minutes before now: outcome, note and what it proves."""
    if source == "x" and 500 <= ago < 560:
        what = "api.x.com answered 429 to /2/tweets/search/recent: too many requests"
        return "rate_limited", f'Source "x": {what}. What was read before is kept. It is tried again later.', {}
    if source == "x" and 480 <= ago < 500:
        since = now() - timedelta(minutes=498)
        return "ok", "the listing ended on page 10 before a post that was read earlier: posts in between may be missing, fetch more often", {  # noqa: E501
            "proof": "ended", "reach_from": since, "gap": True, "missed": 42}  # fmt: skip
    if source == "blog" and 390 <= ago < 420:
        since = now() - timedelta(minutes=395)
        return "ok", "no entry of the last fetch is left in the feed: some in between may be missing, fetch more often", {  # noqa: E501
            "proof": "parsed", "reach_from": since, "gap": True, "missed": 6}  # fmt: skip
    if source == "forum" and ago < 190:
        return "unreadable", "page 1 of 'kahve' has no posts where div.post is expected", {"failures": 9}
    if source == "reddit" and ago < 62:
        return "refused", "Reddit answered 401: check NOBET_REDDIT_CLIENT_ID.", {"failures": 4}
    proof = "unchanged" if source == "sikayetvar" else "overlap"
    return "ok", "304 not modified" if proof == "unchanged" else "overlap found on page 1", {"proof": proof}


def fill(house: House) -> None:
    """The story above, polls of several sources, and something in quarantine."""
    for said in STORY:
        house.bring(said)
    house.poll("x", "ok", "overlap found on page 2", new=3, fetched=40, known=37)
    house.poll("sikayetvar", "empty", "304 not modified")
    house.poll("review", "rate_limited", "The source asked us to wait until 21:40.", failures=1)
    house.poll("forum", "unreadable", "page 1 of 'kahve' has no posts where div.post is expected", failures=3)
    house.poll("email", "ok", "inbox read to UID 4471", new=1)
    house.poll("reddit", "refused", "Reddit answered 401: check NOBET_REDDIT_CLIENT_ID.", failures=7)
    rejected = [Rejected("published_at '31.02.2026' is not a date and time", {"id": "p9", "tarih": "31.02.2026"}, "p9")]
    ingest.save_batch(house.store, house.desk.brand, "forum", [], seen_at=now(), rejected=rejected)
