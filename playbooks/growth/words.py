"""Why an alarm was raised, in one sentence and what supports it, in Turkish and English. Pure."""

from __future__ import annotations

from playbooks.growth.alarm import Alarm
from playbooks.growth.doubling import Doubling
from playbooks.words import name_of


def why(alarm: Alarm, language: str = "tr") -> tuple[str, ...]:
    """The explanation, most important first; the first sentence stands on its own."""
    turkish = language == "tr"
    if alarm.view == "at_once":
        topic = name_of("topic", alarm.topic or "other", language)
        return (
            f"Tek ileti yeterli: {topic}, kritik; ikisi de yüksek kesinlikte."
            if turkish
            else f"One text is enough: {topic}, critical; both with high certainty.",
        )
    return (_counts(alarm, turkish), *_view(alarm, turkish, language))


def _counts(alarm: Alarm, turkish: bool) -> str:
    usual = _number(alarm.usual, turkish)
    parts = [
        f"15 dakikada {alarm.count}, olağanı {usual}" if turkish
        else f"{alarm.count} in 15 min where {usual} {'is' if usual == '1' else 'are'} usual",
    ]  # fmt: skip
    crowd = []
    if alarm.authors:
        crowd.append(f"{alarm.authors} yazar" if turkish else _plural(alarm.authors, "author"))
    if alarm.channels:
        crowd.append(f"{len(alarm.channels)} kanal" if turkish else _plural(len(alarm.channels), "channel"))
    if alarm.doubling:
        crowd.append(_doubling(alarm.doubling, turkish))
    if not crowd:
        return parts[0] + "."
    return parts[0] + ("; " if turkish else ", ") + ", ".join(crowd) + "."


def _doubling(found: Doubling, turkish: bool) -> str:
    """`11 dakikada ikiye katlanıyor (8–19)`."""
    middle, low = max(1, round(found.minutes)), max(1, round(found.low))
    high = max(1, round(found.high)) if found.high else None
    if turkish:
        span = f"{low}–{high}" if high else f"en az {low}, üst sınırı belirsiz"
        return f"{middle} dakikada ikiye katlanıyor ({span})"
    span = f"{low}–{high}" if high else f"at least {low}, upper end open"
    return f"doubling every {middle} min ({span})"


def _view(alarm: Alarm, turkish: bool, language: str) -> list[str]:
    topic = name_of("topic", alarm.topic, language) if alarm.topic else None
    said = []
    if topic:
        said.append(f"Konu: {topic}." if turkish else f"Topic: {topic}.")
    if alarm.own < alarm.count:
        said.append(
            f"Bunların {alarm.own} tanesi aynı olaydan." if turkish else f"{alarm.own} of them are of this incident."
        )
    if alarm.view == "reach":
        said.append(
            "Sayıdan çok erişim yükseldi: geniş kitlesi olanlar yazıyor." if turkish
            else "It is the reach that rose more than the number: people with large audiences write."
        )  # fmt: skip
    if alarm.view == "severity":
        said.append(
            "Sayıdan çok ağırlık yükseldi: iletiler olağandan acil." if turkish
            else "It is the severity that rose more than the number: the texts are more urgent than usual."
        )  # fmt: skip
    if alarm.channels:
        share = ", ".join(f"{name} {count}" for name, count in alarm.channels[:5])
        said.append(f"Kanallara göre: {share}." if turkish else f"By channel: {share}.")
    return said


def _number(value: float, turkish: bool) -> str:
    if value >= 2:
        return str(round(value))
    text = f"{value:.1f}"
    if text.endswith(".0"):
        return text[:-2] if text != "0.0" else ("0,1'den az" if turkish else "under 0.1")
    return text.replace(".", ",") if turkish else text


def _plural(number: int, word: str) -> str:
    return f"{number} {word}" if number == 1 else f"{number} {word}s"
