"""What a change point says, in Turkish and English: when the curve bent and what was done then, never why. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from zoneinfo import ZoneInfo

from playbooks.growth.change import Act, Change


def said(found: Change | None, zone: ZoneInfo, language: str = "tr") -> tuple[str, ...]:
    """The finding in sentences, times in `zone`; what was done is quoted as it was called."""
    turkish = language == "tr"
    if found is None:
        return (
            "Eğrinin kırılıp kırılmadığını söylemek için veri yetersiz." if turkish
            else "There is too little data to say whether the curve bent.",
        )  # fmt: skip
    if not found.told:
        return (
            f"Eğrinin kırıldığı söylenemiyor (olasılık %{round(100 * found.probability)})." if turkish
            else f"Nothing shows that the curve bent (probability {round(100 * found.probability)} %).",
        )  # fmt: skip
    low, high = _time(found.low, found.high, zone, turkish), _time(found.high, found.low, zone, turkish)
    what = _what(found, turkish)
    first = (
        f"{what} {low} ile {high} arasında (%90)" if turkish else f"{what} between {low} and {high} (90 %)"
    )  # fmt: skip
    done = _acts(found.acts, zone)
    first += (f"; o sırada yapılan: {done}." if turkish else f"; in that time: {done}.") if done else "."
    told = [first, _rates(found, turkish)]
    if found.shortly:
        before = _acts(found.shortly, zone)
        told.append(
            f"Bundan önceki yarım saatte yapılan: {before}." if turkish
            else f"In the half hour before that: {before}."
        )  # fmt: skip
    if found.acts or found.shortly:
        told.append(
            "Aynı zamana denk geliyor; sebebin bu olduğu rakamlardan anlaşılmaz." if turkish
            else "They fall together in time; that one is the reason for the other is not in the numbers."
        )  # fmt: skip
    else:
        told.append(
            "O sırada ve öncesindeki yarım saatte kayıtlı bir işlem yok." if turkish
            else "Nothing is recorded as done then or in the half hour before."
        )  # fmt: skip
    return tuple(told)


def _what(found: Change, turkish: bool) -> str:
    if not found.broke:
        return "Büyüme hızlandı:" if turkish else "The growth quickened"
    if found.before > 1:
        return "Büyüme kırıldı:" if turkish else "The growth broke"
    return "Düşüş hızlandı:" if turkish else "The decline quickened"


def _rates(found: Change, turkish: bool) -> str:
    before, after = (f"{value:.1f}" if value < 10 else f"{value:.0f}" for value in (found.before, found.after))
    if turkish:
        return f"Saatlik hız değişimi: öncesinde ×{before.replace('.', ',')}, sonrasında ×{after.replace('.', ',')}."
    return f"Change of the rate in an hour: ×{before} before, ×{after} after."


def _acts(acts: Sequence[Act], zone: ZoneInfo) -> str:
    return ", ".join(f"{act.what} {act.at.astimezone(zone):%H:%M}" for act in acts)


def _time(at: datetime, other: datetime, zone: ZoneInfo, turkish: bool) -> str:
    """The time of day; with its day where the two are of different days."""
    local = at.astimezone(zone)
    if local.date() == other.astimezone(zone).date():
        return f"{local:%H:%M}"
    return f"{local:%d.%m. %H:%M}" if turkish else f"{local:%Y-%m-%d %H:%M}"
