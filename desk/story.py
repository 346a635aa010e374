"""The sentences in which a clock explains itself, in Turkish and English, from one table.

A rule returns `Line(code, params)`; how it reads is decided where it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple
from zoneinfo import ZoneInfo

from desk.policy import write_duration

_WEEKDAYS = (
    ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    ("Pzt", "Sal", "Çar", "Per", "Cum", "Cmt", "Paz"),
)
_NOTHING: Mapping[str, object] = MappingProxyType({})
_NAMES = ("by", "because")  # what people are called and wrote stays as it is, even where it is one of our words

LINES: dict[str, tuple[str, str]] = {  # code: (English, Turkish)
    "clock_due": ("{clock} ({urgency}): {state}, due {at}", "{clock} ({urgency}): {state}, son an {at}"),
    "clock_open": ("{clock} ({urgency}): {state}, no deadline", "{clock} ({urgency}): {state}, son an yok"),
    "no_clocks": ("case {case}: no promise runs on it", "{case} numaralı dosya: işleyen bir söz yok"),
    "posted": ("posted {at}", "yazıldığı an: {at}"),
    "no_clock": ("urgency none: no answer is due", "aciliyet yok: yanıt beklenmiyor"),
    "always": ("{urgency}: within {length} at any hour", "{urgency}: günün her saatinde {length} içinde"),
    "staffed": ("{urgency}: within {length} of staffed time", "{urgency}: mesai süresiyle {length} içinde"),
    "resolution_always": (
        "{urgency}: to be resolved within {length}, pauses apart",
        "{urgency}: duraklamalar dışında {length} içinde çözülmeli",
    ),
    "resolution_staffed": (
        "{urgency}: to be resolved within {length} of staffed time, pauses apart",
        "{urgency}: duraklamalar dışında, mesai süresiyle {length} içinde çözülmeli",
    ),
    "waits_for_opening": (
        "the desk is closed then; counting starts at the opening {at}",
        "o sırada masa kapalı; süre {at} açılışında başlar",
    ),
    "over_nights": (
        "closed hours until then are not counted ({length})",
        "aradaki kapalı saatler sayılmaz ({length})",
    ),
    "same_day": (
        "before the cutoff {cutoff} ({before} before the close): due at the close {at}",
        "son kabulden ({cutoff}, kapanıştan {before} önce) önce: son an kapanış, {at}",
    ),
    "after_cutoff": (
        "not before the cutoff {cutoff} ({before} before the close)",
        "son kabul {cutoff} (kapanıştan {before} önce) geçmiş",
    ),
    "closed_day": ("{day} is not staffed", "{day} masa kapalı"),
    "closed_exception": ("{day} is not staffed (exception)", "{day} masa kapalı (özel gün)"),
    "closed_because": ("{day} is not staffed: {because}", "{day} masa kapalı: {because}"),
    "holiday": ("{day} is a public holiday", "{day} resmî tatil"),
    "half_day": ("{day} is a half day, closing at 13:00", "{day} yarım gün, 13:00'te kapanış"),
    "exception": ("{day} has hours of its own (exception)", "{day} için özel saatler geçerli (özel gün)"),
    "exception_because": (
        "{day} has hours of its own: {because}",
        "{day} için özel saatler geçerli: {because}",
    ),
    "grace": (
        "due {grace} of staffed time after the next opening {opening}: {at}",
        "bir sonraki açılıştan ({opening}) sonra mesai süresiyle {grace}: {at}",
    ),
    "platform": (
        "{channel} itself closes at {at} ({rule}), which is earlier",
        "{channel} {at} anında kendisi kapatıyor ({rule}); bu daha erken",
    ),
    "platform_later": (
        "{channel} itself closes later, at {at} ({rule})",
        "{channel} kendisi daha geç, {at} anında kapatıyor ({rule})",
    ),
    "due": ("due {at}", "son an: {at}"),
    "window_none": ("{channel} sets no limit to when you may answer", "{channel} yanıt için süre sınırı koymuyor"),
    "window_open": (
        "{channel} takes an answer until {at} ({rule})",
        "{channel} {at} anına kadar yanıt alıyor ({rule})",
    ),
    "window_closed_template": (
        "{channel} takes no free text since {at} ({rule}): send an approved message template or call the customer; it "
        "opens again when they write",
        "{channel} {at} anından beri serbest metin almıyor ({rule}): onaylı bir mesaj şablonu gönderin ya da müşteriyi "
        "arayın; müşteri yazınca yeniden açılır",
    ),
    "window_closed_another": (
        "{channel} takes no answer since {at} ({rule}): reach the customer by e-mail or phone; it opens again when "
        "they write",
        "{channel} {at} anından beri yanıt almıyor ({rule}): müşteriye e-postayla ya da telefonla ulaşın; müşteri "
        "yazınca yeniden açılır",
    ),
    "window_closed_question": (
        "{channel} closed the question at {at} ({rule}) and takes no answer to it: reach the customer through their "
        "order in the seller panel",
        "{channel} soruyu {at} anında kapattı ({rule}), artık yanıtlanamaz: müşteriye satıcı panelindeki siparişi "
        "üzerinden ulaşın",
    ),
    "window_unopened_template": (
        "the customer has not written on {channel}: send an approved message template, or wait until they write",
        "müşteri {channel} üzerinden yazmamış: onaylı bir mesaj şablonu gönderin ya da yazmasını bekleyin",
    ),
    "window_unopened_another": (
        "the customer has not written on {channel}, and only they can begin there: reach them by e-mail or phone",
        "müşteri {channel} üzerinden yazmamış, orada ilk yazan yalnızca müşteri olabilir: e-postayla ya da telefonla "
        "ulaşın",
    ),
    "window_unopened_question": (
        "the customer has asked nothing on {channel}: reach them through their order in the seller panel",
        "müşterinin {channel} üzerinde sorusu yok: satıcı panelindeki siparişi üzerinden ulaşın",
    ),
    "started": ("started {at}: {cause}", "{at} başladı: {cause}"),
    "auto_ack": (
        "{at}: an automatic acknowledgement is not an answer",
        "{at}: otomatik alındı iletisi yanıt sayılmaz",
    ),
    "not_human": (
        "{at}: answered by {by}, not by a person: no answer",
        "{at}: {by} yanıtladı, bir kişi değil: yanıt sayılmaz",
    ),
    "wrote_again": (
        "{at}: the customer wrote again; the clock keeps its start",
        "{at}: müşteri yeniden yazdı; süre başlangıcını korur",
    ),
    "urgency": (
        "{at}: urgency {old} → {new}; recomputed from the clock's own start",
        "{at}: aciliyet {old} → {new}; sürenin kendi başlangıcından yeniden hesaplandı",
    ),
    "paused": ("paused {at}: waiting for the customer", "{at} duraklatıldı: müşteri bekleniyor"),
    "resumed": ("resumed {at} after {length}: {cause}", "{at} devam etti ({length} sonra): {cause}"),
    "left_when_resumed": ("{length} left when it resumes", "devam edince {length} kalacak"),
    "ended": ("resolved {at}", "{at} çözüldü"),
    "answered": ("answered {at} by {by}", "{at} yanıtlandı: {by}"),
    "cancelled": ("cancelled {at}: {cause}", "{at} iptal edildi: {cause}"),
    "runs_again": (
        "reopened {at}: it runs again from its own start",
        "{at} yeniden açıldı: kendi başlangıcından işler",
    ),
    "was_past": ("it was {length} past its deadline then", "o sırada son an {length} geçilmişti"),
    "met": ("met, {length} before the deadline", "tutuldu, son andan {length} önce"),
    "late": ("late by {length}", "{length} geç kalındı"),
    "breached": ("still open, {length} past the deadline", "hâlâ açık, son an {length} geçildi"),
    "running": ("{length} left", "{length} kaldı"),
    "measured": ("no deadline, only measured: {length}", "son anı yok, yalnızca ölçülür: {length}"),
}

WORDS: dict[str, tuple[str, str]] = {
    "customer_posted": ("the customer posted", "müşteri yazdı"),
    "customer_wrote": ("the customer wrote after our answer", "müşteri yanıtımızdan sonra yazdı"),
    "customer_back": ("the customer wrote", "müşteri yazdı"),
    "back_with_us": ("back with us", "sıra bizde"),
    "reopened": ("reopened", "yeniden açıldı"),
    "set_aside": ("set aside", "kenara ayrıldı"),
    "urgency_none": ("urgency none", "aciliyet yok"),
    "none": ("none", "yok"),
    "the_platform": ("the platform", "platform"),
    "same_day": ("same day", "aynı gün"),
    "urgent": ("urgent", "acil"),
    "critical": ("critical", "kritik"),
    "delivered_deadline": ("the deadline it delivered", "bildirdiği son an"),
    "business_days_2": ("2 business days", "2 iş günü"),
    "business_days_3": ("3 business days", "3 iş günü"),
    "first_answer": ("first answer", "ilk yanıt"),
    "next_answer": ("next answer", "sonraki yanıt"),
    "resolution": ("resolution", "çözüm"),
    "running": ("running", "işliyor"),
    "paused": ("paused", "duraklatıldı"),
    "met": ("met", "tutuldu"),
    "late": ("late", "geç"),
    "breached": ("breached", "aşıldı"),
    "cancelled": ("cancelled", "iptal"),
    "window_24h": ("24 h messaging window", "24 saatlik mesaj penceresi"),
}


class Line(NamedTuple):
    """One sentence of an explanation: a code of LINES and its values (datetimes, durations, words, names)."""

    code: str
    params: Mapping[str, object] = _NOTHING

    def text(self, zone: ZoneInfo, language: str = "en") -> str:
        """The sentence with times in `zone`, in `tr` or else in English."""
        which = 1 if language == "tr" else 0
        shown = {name: _show(name, value, zone, which) for name, value in self.params.items()}
        return LINES[self.code][which].format_map(shown)


def _show(name: str, value: object, zone: ZoneInfo, which: int) -> str:
    if isinstance(value, datetime):
        local = value.astimezone(zone)
        seconds = f":{local:%S}" if local.second else ""
        return f"{_day(local, which)} {local:%H:%M}{seconds}"
    if isinstance(value, date):
        return _day(value, which)
    if isinstance(value, timedelta):
        return _duration(value, which)
    if name not in _NAMES and value in WORDS:
        return WORDS[str(value)][which]
    # the brand's own words, and a platform's, may hold anything; a sentence is one line
    return " ".join(str(value).split()) if isinstance(value, str) else str(value)


def _day(value: date, which: int) -> str:
    # not strftime's %Y, which leaves out the zeros of an early year on some systems
    return f"{_WEEKDAYS[which][value.weekday()]} {value.year:04d}-{value.month:02d}-{value.day:02d}"


def _duration(length: timedelta, which: int) -> str:
    """A length for reading, in whole seconds: `1h30m`, in Turkish `1 sa 30 dk`."""
    text = write_duration(timedelta(seconds=int(length.total_seconds())))
    if which == 0:
        return text
    words = {"d": "gün", "h": "sa", "m": "dk", "s": "sn"}
    return " ".join(f"{number} {words[unit]}" for number, unit in re.findall(r"(\d+)([dhms])", text))
