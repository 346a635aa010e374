"""What was found in a customer's words, as a reader needs it beside them: order, carrier, place, sums, since when."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from babel.dates import format_date

from board.moments import Moments
from mention import FACTS, Fact

MOST = 10
"""Facts shown of one mention; the text itself has the rest."""

_HIDDEN = ("iban", "national_id", "card")
"""Said to be there and not repeated: they do not help to answer, and a screen is seen by others."""


def facts_data(facts: Sequence[Fact], moments: Moments) -> list[dict[str, str]]:
    """The facts as JSON-able values with `kind`, `name` and `text`, each once, the most needed kinds first."""
    told: dict[tuple[str, str], dict[str, str]] = {}
    for fact in sorted(facts, key=lambda one: FACTS.index(one.kind) if one.kind in FACTS else len(FACTS)):
        text = _text(fact, moments)
        if text is not None:
            name = moments.texts.say(f"fact.{fact.kind}")
            told.setdefault((fact.kind, text), {"kind": fact.kind, "name": name, "text": text})
    return list(told.values())[:MOST]


def _text(fact: Fact, moments: Moments) -> str | None:
    """What is shown of a fact; None for one that helps nobody (a date that says only what the text says)."""
    if fact.kind in _HIDDEN:
        return "•••" + "".join(char for char in fact.text if char.isalnum())[-4:]
    if fact.kind == "duration":
        return (
            moments.texts.say("fact.since", text=fact.text, day=_day(fact.value, moments)) if fact.value else fact.text
        )
    if fact.kind == "date":
        day = _day(fact.value, moments)
        return moments.texts.say("fact.day", text=fact.text, day=day) if day else fact.text
    if fact.kind == "offence":
        return moments.texts.say(f"fact.offence_{fact.value}")
    if fact.kind == "not_about_us":
        return fact.value
    if fact.kind == "amount":
        return fact.text
    return fact.value or fact.text


def _day(value: str, moments: Moments) -> str:
    """The day of an ISO date or time in the reader's words; nothing where it is none."""
    try:
        if len(value) > 10:
            return moments.near(datetime.fromisoformat(value))
        return str(format_date(date.fromisoformat(value), "EEE d MMM", locale=moments.texts.language))
    except ValueError:
        return ""
