"""The sentences in which a clock explains itself, in Turkish and English, from one table.

A rule returns `Line(code, params)`; how it reads is decided where it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from desk.policy import write_duration

_WEEKDAYS = (
    ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    ("Pzt", "Sal", "Çar", "Per", "Cum", "Cmt", "Paz"),
)
_NAMES = ("by",)  # what people are called stays as it is, even where it is one of our words

LINES: dict[str, tuple[str, str]] = {  # code: (English, Turkish)
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
    "holiday": ("{day} is a public holiday", "{day} resmî tatil"),
    "half_day": ("{day} is a half day, closing at 13:00", "{day} yarım gün, 13:00'te kapanış"),
    "exception": ("{day} has hours of its own (exception)", "{day} için özel saatler geçerli (özel gün)"),
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
    "window_24h": ("24 h messaging window", "24 saatlik mesaj penceresi"),
}


@dataclass(frozen=True)
class Line:
    """One sentence of an explanation: a code of LINES and its values (datetimes, durations, words, names)."""

    code: str
    params: Mapping[str, object] = field(default_factory=dict)

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
    return str(value)


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
