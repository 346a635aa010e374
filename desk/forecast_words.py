"""A forecast in sentences, in Turkish and English. Pure."""

from __future__ import annotations

from datetime import datetime
from zoneinfo import ZoneInfo

from desk.forecast import Forecast, Range


def sentences(made: Forecast, horizon: datetime, zone: ZoneInfo, language: str = "tr") -> tuple[str, ...]:
    """What is waiting, what comes, what the desk manages, what will be late, and what would help; one sentence each."""
    at = f"{horizon.astimezone(zone):%H:%M}"
    said = _turkish(made, at) if language == "tr" else _english(made, at)
    return tuple(sentence for sentence in said if sentence)


def span(breaches: Range) -> str:
    """The 80 % interval as people write it: `6–11`, or one number where both ends are the same."""
    return str(breaches.low) if breaches.low == breaches.high else f"{breaches.low}–{breaches.high}"


def _turkish(made: Forecast, at: str) -> list[str]:
    late = f", {made.late_now} tanesinin süresi şimdiden dolmuş" if made.late_now else ""
    said = [
        f"{made.open} açık kayıt var{late}; {at} olana dek ~{round(made.expected_new)} yeni kayıt bekleniyor.",
        f"{_count(made.hands)} kişi saatte ~{round(made.per_hour)} kayıt yanıtlıyor." if made.hands
        else f"{at} olana dek masada kimse görünmüyor.",
    ]  # fmt: skip
    if made.breaches.high == 0:
        return [*said, f"Böyle giderse {at} olana dek gecikme beklenmiyor."]
    said.append(
        f"Böyle giderse {at} olana dek büyük olasılıkla {span(made.breaches)} gecikme olur "
        f"(ortanca {made.breaches.median})."
    )
    if made.extra and made.with_extra:
        said.append(f"{made.extra} kişi daha {at} olana dek çalışırsa bu {span(made.with_extra)} olur.")
    if made.extra is None:
        said.append("Masaya kaç kişi eklenirse eklensin bu gecikmelerin çoğu önlenemiyor.")
    if made.unavoidable >= 0.5:
        said.append(f"Bunların ~{round(made.unavoidable)} tanesi kaç kişi olursa olsun yetişmez: süreleri çok yakın.")
    return [*said, _risk(made, "En çok risk altında: ")]


def _english(made: Forecast, at: str) -> list[str]:
    late = f", {made.late_now} of them late already" if made.late_now else ""
    hands = "1 person answers" if made.hands == 1 else f"{_count(made.hands)} people answer"
    said = [
        f"{_cases(made.open)} open{late}; about {round(made.expected_new)} new expected until {at}.",
        f"{hands} about {round(made.per_hour)} an hour." if made.hands else f"Nobody is on the desk until {at}.",
    ]
    if made.breaches.high == 0:
        return [*said, f"If nothing changes, nothing will be late by {at}."]
    said.append(
        f"If nothing changes, {span(made.breaches)} will most likely be late by {at} (median {made.breaches.median})."
    )
    if made.extra and made.with_extra:
        more = "1 more person" if made.extra == 1 else f"{made.extra} more people"
        said.append(f"{more} until {at} would make that {span(made.with_extra)}.")
    if made.extra is None:
        said.append("No number of people added to the desk prevents most of them.")
    if made.unavoidable >= 0.5:
        said.append(f"About {round(made.unavoidable)} of them nobody can prevent: they are due too soon.")
    return [*said, _risk(made, "Most at risk: ")]


def _cases(number: int) -> str:
    return "1 case is" if number == 1 else f"{number} cases are"


def _count(hands: float) -> str:
    """A number of people; an average over changing shifts has one place, as `~2.5`."""
    return f"{hands:.0f}" if abs(hands - round(hands)) < 0.05 else f"~{hands:.1f}"


def _risk(made: Forecast, lead: str) -> str:
    named = ", ".join(f"N-{case_id}" for case_id, _ in made.at_risk[:5])
    return f"{lead}{named}." if named else ""
