"""The sentences in which a clock explains itself, in Turkish and English, from one table.

A rule returns `Line(code, params)`; how it reads is decided where it is shown.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from desk.policy import write_duration

_WEEKDAYS = {
    "en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"),
    "tr": ("Pzt", "Sal", "Çar", "Per", "Cum", "Cmt", "Paz"),
}

LINES: dict[str, tuple[str, str]] = {  # code: (English, Turkish)
    "posted": ("posted {at}", "yazıldığı an: {at}"),
    "no_clock": ("urgency none: no answer is due", "aciliyet yok: yanıt beklenmiyor"),
    "always": ("{urgency}: within {length} at any hour", "{urgency}: günün her saatinde {length} içinde"),
    "staffed": ("{urgency}: within {length} of staffed time", "{urgency}: mesai içinde {length}"),
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
        "son kabul {cutoff} (kapanıştan {before} önce): kapanışta, {at}, yanıtlanmış olmalı",
    ),
    "after_cutoff": (
        "not before the cutoff {cutoff} ({before} before the close)",
        "son kabul {cutoff} geçmiş (kapanıştan {before} önce)",
    ),
    "closed_day": ("{day} is not staffed", "{day} masa kapalı"),
    "holiday": ("{day} is a public holiday", "{day} resmî tatil"),
    "half_day": ("{day} is a half day, closing at 13:00", "{day} yarım gün, 13:00'te kapanış"),
    "exception": ("{day} has hours of its own (exception)", "{day} için özel saatler geçerli"),
    "grace": (
        "due {grace} of staffed time after the next opening {opening}: {at}",
        "bir sonraki açılıştan ({opening}) sonra mesai içinde {grace}: {at}",
    ),
    "platform": (
        "{channel} itself closes at {at} ({rule}), which is earlier",
        "{channel} kendisi {at} kapatıyor ({rule}); bu daha erken",
    ),
    "platform_later": (
        "{channel} itself closes later, at {at} ({rule})",
        "{channel} kendisi daha geç kapatıyor: {at} ({rule})",
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
    "paused": ("paused {at}: waiting for the customer", "{at} durdu: müşteri bekleniyor"),
    "resumed": ("resumed {at} after {length}: {cause}", "{at} sürdü ({length} sonra): {cause}"),
    "ended": ("resolved {at}", "{at} çözüldü"),
    "answered": ("answered {at} by {by}", "{at} yanıtlandı: {by}"),
    "cancelled": ("cancelled {at}: {cause}", "{at} iptal: {cause}"),
    "was_past": ("it was {length} past its deadline then", "o sırada süresi {length} aşılmıştı"),
    "met": ("met, {length} before the deadline", "tutuldu, süreden {length} önce"),
    "late": ("late by {length}", "{length} geç kalındı"),
    "breached": ("still open, {length} past the deadline", "hâlâ açık, süre {length} aşıldı"),
    "running": ("{length} left", "{length} kaldı"),
    "measured": ("measured without a deadline: {length} so far", "son anı yok, ölçülüyor: şimdiye dek {length}"),
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
    "same_day": ("same day", "bugün yanıtlanacak"),
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
        """The sentence with times in `zone`, in `en` or `tr`."""
        which = 1 if language == "tr" else 0
        shown = {name: _show(value, zone, language) for name, value in self.params.items()}
        return LINES[self.code][which].format_map(shown)


def _show(value: object, zone: ZoneInfo, language: str) -> str:
    if isinstance(value, datetime):
        local = value.astimezone(zone)
        seconds = f":{local:%S}" if local.second else ""
        return f"{_WEEKDAYS[language][local.weekday()]} {local:%Y-%m-%d %H:%M}{seconds}"
    if isinstance(value, timedelta):
        return _duration(value, language)
    if isinstance(value, str) and value in WORDS:
        return WORDS[value][1 if language == "tr" else 0]
    return str(value)


def _duration(length: timedelta, language: str) -> str:
    """A length for reading, in whole seconds: `1h30m`, in Turkish `1 sa 30 dk`."""
    text = write_duration(timedelta(seconds=int(length.total_seconds())))
    if language != "tr":
        return text
    words = {"d": "gün", "h": "sa", "m": "dk", "s": "sn"}
    return " ".join(f"{number} {words[unit]}" for number, unit in re.findall(r"(\d+)([dhms])", text))
