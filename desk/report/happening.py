"""What happened beside the answers (causes, concessions, crises, drills), and what a report rests on: coverage, labels.

Names that people or orders brought (products, crises, notes) are told as they are; every format escapes them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection

from desk import ledger
from desk.causes.naming import NAMES
from desk.causes.weekly import Week, week_of
from desk.concessions import Share
from desk.coverage import SEEN
from desk.crisis.words import stage_words
from desk.ledger import Sums
from desk.metrics.period import Period
from desk.quality import Share as Wilson
from desk.report.content import Block, Figures, Number, Row, Rows, Say, Section
from desk.report.listening import incident_name
from desk.report.words import pick, say_length, say_moment
from desk.settings import Settings
from desk.tonight import Record, Tonight
from desk.watch import Coverage, coverage
from playbooks.words import name_of
from store import crises as crisis_store
from store import drills as drill_store
from store import volume as volume_store
from store.crises import CrisisRow
from store.drills import DrillRow
from store.engine import Store
from store.volume import AlarmLine

MOST = 15
_MEASURES = {
    "answered": "concession_answered", "resolved": "concession_resolved", "satisfied": "concession_satisfied",
    "wrote_again": "concession_again",
}  # fmt: skip
_DRILL_STATES = {
    "running": ("sürüyor", "running"), "ended": ("bitti", "ended"), "broken_off": ("yarıda kesildi", "broken off")
}  # fmt: skip


@dataclass(frozen=True)
class Happened:
    """Everything that was read for these sections; of the last period what is compared."""

    causes: Week
    sums: Sums
    sums_before: Sums
    worked: dict[str, Share]
    alarms: Sequence[AlarmLine]
    alarms_before: int
    crises: Sequence[CrisisRow]
    crises_before: int
    drills: Sequence[DrillRow]
    drills_before: int
    coverage: Coverage
    quality: tuple[int, int, int]
    quality_before: tuple[int, int, int]


def happen(tx: Connection, settings: Settings, period: Period, now: datetime) -> Happened:
    """Read what happened in the period; of one that is not over, until `now`."""
    brand, before = settings.brand.key, period.before
    rows = ledger.ledger(tx, brand, period.start, period.end)
    all_crises = crisis_store.all_of(tx, brand, limit=5000)
    played = drill_store.all_of(tx, brand, limit=5000)
    return Happened(
        week_of(tx, settings, period.start, period.end, unnamed=False),
        ledger.sums(rows),
        ledger.sums(ledger.ledger(tx, brand, before.start, before.end)),
        ledger.worked(tx, brand, rows, now)["all"],
        volume_store.alarms_in(tx, brand, period.start, period.end),
        len(volume_store.alarms_in(tx, brand, before.start, before.end)),
        [row for row in all_crises if period.holds(row.opened_at)],
        sum(before.holds(row.opened_at) for row in all_crises),
        [row for row in played if period.holds(row.started_at)],
        sum(before.holds(row.started_at) for row in played),
        coverage(tx, brand, period.start, min(period.end, now), now),
        volume_store.quality(tx, brand, period.start, period.end),
        volume_store.quality(tx, brand, before.start, before.end),
    )


def forecasts(store: Store, settings: Settings, period: Period, now: datetime) -> Record:
    """The evenings' forecasts of the period, held against what happened."""
    return Tonight(store, settings).evenings(min(period.end, now), period.start)


# --- telling ---


def causes(found: Week, period: Period, language: str) -> Section:
    """Products, carriers and others that people complained of."""
    turkish = language == "tr"
    title = pick(turkish, "Ürün ve kargo kaynaklı sebepler", "Product and carrier causes")
    told = sorted(
        (one for one in found.findings if one.now.people), key=lambda one: (not one.risen, -one.now.people, one.key)
    )
    if not told:
        return Section("causes", title, (Say(pick(
            turkish, "Bu dönemde adı geçen bir ürün, kargo, şube ya da kampanyadan şikâyet eden olmadı.",
            "Nobody complained of a named product, carrier, branch or campaign in this period.",
        )),))  # fmt: skip
    rows = []
    for one in told[:MOST]:
        name = f"{one.value} ({NAMES[one.kind].say(language)}), {name_of('topic', one.topic, language)}"
        key = f"cause:{one.kind}/{one.value}/{one.topic}"
        times = one.ratio
        rows.append(Row(name, (
            Number("cause_people", one.now.people, "people", n=one.mentions, key=key, name=name),
            Number("cause_times", None if times is None else times.middle, "ratio", low=times.low if times else None,
                   high=times.high if times else None, key=key, name=name,
                   remark="" if times else pick(turkish, "geçmiş yetersiz", "too little history")),
        ), pick(turkish, "olağanın üstünde", "above the usual") if one.risen else ""))  # fmt: skip
    blocks: list[Block] = [Say(pick(
        turkish, "Kişiler sayıldı. “Olağanın kaç katı”nın aralığı %90’dır; tablo, artanlardan başlar.",
        "Counted are people. The interval of “times the usual” is 90 %; what has risen comes first.",
    ))]  # fmt: skip
    if len(told) > MOST:
        blocks.append(Say(pick(turkish, f"{len(told)} sebepten ilk {MOST}’i.", f"The first {MOST} of {len(told)}.")))
    blocks.append(Rows(title, pick(turkish, "sebep", "cause"), ("cause_people", "cause_times"), tuple(rows)))
    return Section("causes", title, tuple(blocks))


def concessions(found: Happened, language: str) -> Section:
    """What was given, and what it bought."""
    turkish = language == "tr"
    title = pick(turkish, "Telafiler ve karşılığı", "Concessions and what they bought")
    numbers = [Number("concessions", found.sums.concessions, "concessions", before=found.sums_before.concessions)]
    for currency in sorted({*found.sums.money, *found.sums_before.money}):
        numbers.append(Number(
            "concession_money", found.sums.money.get(currency, 0), "money", key=f"currency:{currency}", name=currency,
            before=found.sums_before.money.get(currency, 0),
        ))  # fmt: skip
    blocks: list[Block] = [Figures(pick(turkish, "Verilenler", "Given"), tuple(numbers))]
    if found.sums.concessions:
        shares = []
        for measure, figure in _MEASURES.items():
            share = found.worked[measure]
            low, high = Wilson(share.yes, share.of).interval or (None, None)
            remark = "" if share.of else pick(turkish, "henüz bilinmiyor", "not known yet")
            shares.append(Number(figure, share.share, "share", share.of, low, high, remark=remark))
        blocks.append(Figures(pick(turkish, "Sonrasında", "What followed"), tuple(shares)))
    else:
        blocks.append(Say(pick(turkish, "Bu dönemde telafi verilmedi.", "No concession was granted in this period.")))
    return Section("concessions", title, tuple(blocks))


def crises(found: Happened, period: Period, language: str) -> Section:
    """Alarms, crises and drills."""
    turkish = language == "tr"
    blocks: list[Block] = [Figures(pick(turkish, "Sayılar", "Counts"), (
        Number("alarms", len(found.alarms), "incidents", before=found.alarms_before),
        Number("crises", len(found.crises), "crises", before=found.crises_before),
        Number("drills", len(found.drills), "drills", before=found.drills_before),
    ))]  # fmt: skip
    for alarm in found.alarms[:MOST]:
        name = incident_name(alarm.incident, alarm.topic, language)
        at = say_moment(alarm.at, period, language)
        blocks.append(Say(pick(turkish, f"Alarm, {at}: {name}.", f"Alarm, {at}: {name}.")))
    for crisis in found.crises[:MOST]:
        stage, at = stage_words(crisis.stage).say(language), say_moment(crisis.opened_at, period, language)
        blocks.append(Say(pick(turkish, f"Kriz K-{crisis.id}, {at}: {crisis.title} ({stage}).",
                               f"Crisis K-{crisis.id}, {at}: {crisis.title} ({stage}).")))  # fmt: skip
    for drill in found.drills[:MOST]:
        state, at = _DRILL_STATES[drill.state][not turkish], say_moment(drill.started_at, period, language)
        blocks.append(Say(pick(turkish, f"Tatbikat, {at}: {drill.drill} ({state}).",
                               f"Drill, {at}: {drill.drill} ({state}).")))  # fmt: skip
    if not (found.alarms or found.crises or found.drills):
        blocks.append(Say(pick(turkish, "Bu dönemde alarm, kriz ya da tatbikat olmadı.",
                               "There was no alarm, crisis or drill in this period.")))  # fmt: skip
    return Section("crises", pick(turkish, "Krizler ve tatbikatlar", "Crises and drills"), tuple(blocks))


def covered(found: Coverage, heard: int, language: str) -> Section:
    """What each source is known to have delivered, and what that says of the silence."""
    turkish = language == "tr"
    title = pick(turkish, "Kapsam: neler görülmedi", "Coverage: what was not seen")
    if not found.sources:
        return Section("coverage", title, (Say(pick(
            turkish, "Hiçbir kaynak okunmadı. Bu raporun sessizliği hiçbir şey kanıtlamaz.",
            "No source was read. Nothing is proven by what this report does not hold.",
        ), True),))  # fmt: skip
    rows, unseen = [], 0.0
    for one in found.sources:
        lost = sum(minutes for state, minutes in one.minutes.by_state.items() if state != SEEN)
        unseen += lost + one.minutes.unknown
        share = one.minutes.seen_share
        key = f"source:{one.source}"
        rows.append(Row(one.source, (
            Number("seen_share", None if share is None else math.floor(share * 1000) / 1000, "share",
                   n=round(sum(one.minutes.by_state.values())), key=key, name=one.source,
                   remark="" if share is not None else pick(turkish, "bilinmiyor", "not known")),
            Number("unseen_minutes", round(lost, 1), "minutes", key=key, name=one.source),
        )))  # fmt: skip
    if unseen < 1:
        said = (
            pick(turkish, "Her kaynağın her dakikası görüldü.", "Every minute of every source was seen.") if heard
            else pick(turkish, "Sessizlik kanıtlıdır: her kaynağın her dakikası görüldü ve bir şey yazılmadı.",
                      "The silence is proven: every minute of every source was seen, and nothing was written.")
        )  # fmt: skip
        loud = False
    else:
        length = say_length(unseen * 60, language)
        said = pick(
            turkish,
            f"Kaynakların toplam {length} kadarı görülmedi; o sürede yazılanlar bu raporda eksik olabilir.",
            f"Of all sources together {length} was not seen; what was written then may be missing here.",
        )
        if not heard:
            said += pick(turkish, " Bu yüzden sessizlik kanıtlı değildir.", " So the silence is not proven.")
        loud = True
    table = Rows(pick(turkish, "Kaynaklar", "Sources"), pick(turkish, "kaynak", "source"),
                 ("seen_share", "unseen_minutes"), tuple(rows))  # fmt: skip
    return Section("coverage", title, (Say(said, loud), table))


def quality(found: Happened, kept: Record, language: str) -> Section:
    """How sound the labels are, and how the forecasts did."""
    turkish = language == "tr"
    numbers = tuple(
        Number(figure, now, "mentions", before=then)
        for figure, now, then in zip(
            ("abstained", "corrected", "quarantined"), found.quality, found.quality_before, strict=True
        )
    )
    blocks: list[Block] = [Figures(pick(turkish, "Etiketler", "Labels"), numbers)]
    evenings = kept.forecasts
    if evenings:
        held = Wilson(sum(one.held for one in evenings), len(evenings))
        low, high = held.interval or (None, None)
        number = Number("forecasts_held", held.value, "share", n=held.n, low=low, high=high)
        blocks.append(Figures(pick(turkish, "Akşam tahminleri", "The evenings' forecasts"), (number,)))
    else:
        blocks.append(Say(pick(turkish, "Bu dönem için saklanmış bir akşam tahmini yok.",
                               "No forecast of an evening is kept for this period.")))  # fmt: skip
    return Section("quality", pick(turkish, "Verinin niteliği", "Quality of the data"), tuple(blocks))
