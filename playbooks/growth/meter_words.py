"""What the meter says, in Turkish and English, one sentence an idea, the most important first. Pure."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from playbooks.growth.meter import Ahead, Meter

_PHASES = {
    "rising": ("yükseliyor", "rising"),
    "level": ("aynı düzeyde", "level"),
    "falling": ("düşüyor", "falling"),
}
_SILENT = {
    "few": (
        "Önümüzdeki saatler için tahmin yok: bunun için en az 8 ileti gerekir.",
        "No prediction for the next hours: it takes at least 8 mentions.",
    ),
    "young": (
        "Önümüzdeki saatler için tahmin yok: olay henüz 25 dakikalık değil.",
        "No prediction for the next hours: the incident is not 25 minutes old yet.",
    ),
    "unseen": (
        "Önümüzdeki saatler için tahmin yok: son saatin yarısından azı görüldü.",
        "No prediction for the next hours: less than half of the last hour was seen.",
    ),
}
HALF = 0.995
"""Share of a quarter of an hour from which on it is not worth a word that some of it was not seen."""


def said(meter: Meter, zone: ZoneInfo, language: str = "tr") -> tuple[str, ...]:
    """The meter in sentences; times in `zone`. What is not known is left out, or said to be unknown."""
    turkish = language == "tr"
    return tuple(filter(None, (
        _blind(meter, zone, turkish), _size(meter, turkish), _speed(meter, turkish), _carried(meter, turkish),
        _channels(meter, turkish), _ahead(meter, turkish),
    )))  # fmt: skip


def phase_name(phase: str, language: str) -> str:
    """How a phase is called: `yükseliyor`, `rising`."""
    return _PHASES[phase][0 if language == "tr" else 1]


def _blind(meter: Meter, zone: ZoneInfo, turkish: bool) -> str:
    if meter.blind_since is not None:
        local = meter.blind_since.astimezone(zone)
        same = local.date() == meter.at.astimezone(zone).date()
        at = f"{local:%H:%M}" if same else f"{local:%d.%m. %H:%M}" if turkish else f"{local:%Y-%m-%d %H:%M}"
        return f"Saat {at} sonrasına ait veri yok." if turkish else f"No data since {at}."
    if meter.seen < HALF:
        share = round(100 * meter.seen)
        return (
            f"Son 15 dakikanın yaklaşık %{share} kadarı görüldü; hız buna göre hesaplandı." if turkish
            else f"About {share} % of the last 15 minutes was seen; the speed allows for it."
        )  # fmt: skip
    return ""


def _size(meter: Meter, turkish: bool) -> str:
    who = meter.carried.authors + meter.carried.unknown
    if turkish:
        reach = f"; yazanların toplam {_number(meter.audience, turkish)} takipçisi var" if meter.audience else ""
        return f"Şimdiye kadar {_number(meter.size, turkish)} ileti, {_number(who, turkish)} yazar{reach}."
    reach = f"; they have {_number(meter.audience, turkish)} followers together" if meter.audience else ""
    return (
        f"{_counted(meter.size, 'mention', turkish)} so far by {_counted(who, 'author', turkish)}{reach}."
    )  # fmt: skip


def _speed(meter: Meter, turkish: bool) -> str:
    if meter.speed is None:
        return ""
    before = meter.speed_before
    if turkish:
        parts = [f"Son 15 dakikada {_number(meter.speed, True)} ileti"]
        if before is not None:
            parts.append(f"bir saat önceki 15 dakikada {_number(before, True)}")
    else:
        parts = [f"{_number(meter.speed, False)} in the last 15 minutes"]
        if before is not None:
            parts.append(f"{_number(before, False)} in 15 minutes an hour ago")
    if meter.phase is not None:
        parts.append(phase_name(meter.phase, "tr" if turkish else "en"))
    if meter.doubling is not None:
        middle, low = max(1, round(meter.doubling.minutes)), max(1, round(meter.doubling.low))
        high = meter.doubling.high
        if turkish:
            span = f"{low}–{round(high)}" if high else f"en az {low}, üst sınırı belirsiz"
            parts.append(f"{middle} dakikada ikiye katlanıyor ({span})")
        else:
            span = f"{low}–{round(high)}" if high else f"at least {low}, upper end open"
            parts.append(f"doubling every {middle} min ({span})")
    return "; ".join(parts) + "."


def _carried(meter: Meter, turkish: bool) -> str:
    carried = meter.carried
    if meter.size < 8 or not carried.authors:  # of a handful, a share says nothing
        return ""
    loudest = round(100 * carried.loudest)
    few = carried.voices < 5
    if turkish:
        told = f"İletilerin %{loudest} kadarını en çok yazan üç kişi yazdı"
        told += "; olayı birkaç kişi taşıyor" if few else "; birçok ayrı kişi yazıyor"
        if carried.new is not None:
            told += f"; yaşı bilinen hesapların %{round(100 * carried.new)} kadarı yeni"
        return told + "."
    told = f"The three loudest wrote {loudest} % of it"
    told += "; a few people carry it" if few else "; many different people write"
    if carried.new is not None:
        told += f"; {round(100 * carried.new)} % of the accounts whose age is known are new"
    return told + "."


def _channels(meter: Meter, turkish: bool) -> str:
    total = sum(count for _, count in meter.channels)
    if not total:
        return ""
    shares = [
        f"{name} %{round(100 * count / total)}" if turkish else f"{name} {round(100 * count / total)} %"
        for name, count in meter.channels[:5]
    ]
    return ("Kanallara göre: " if turkish else "By channel: ") + ", ".join(shares) + "."


def _ahead(meter: Meter, turkish: bool) -> str:
    if meter.silent:
        return _SILENT[meter.silent][0 if turkish else 1]
    if not meter.ahead:
        return ""
    parts = [_hours(one, turkish) for one in meter.ahead]
    return (
        f"Büyük olasılıkla (%80) gelecek ileti sayısı: {', '.join(parts)}." if turkish
        else f"Likely still to come (80 %): {', '.join(parts)}."
    )  # fmt: skip


def _hours(one: Ahead, turkish: bool) -> str:
    span = f"{_number(one.low, turkish)}–{_number(one.high, turkish)}"
    if turkish:
        return f"{one.hours} saat içinde {span}"
    return f"{span} within {one.hours} hour{'' if one.hours == 1 else 's'}"


def _number(value: float, turkish: bool) -> str:
    text = f"{round(value):,}"
    return text.replace(",", ".") if turkish else text


def _counted(number: int, word: str, turkish: bool) -> str:
    return f"{_number(number, turkish)} {word}{'' if number == 1 else 's'}"
