"""What was found in a text, in the form that is stored with its score and shown beside it."""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from zoneinfo import ZoneInfo

from mention import FACTS, Fact, Mention
from nlp.extract import Brand, Homonym, about, extract
from nlp.extract.found import Amount, City, Finding, Lasting, Named, Offence, Personal, Reference, When

MOST = 40
"""Facts kept of one text: a pasted price list is no case of forty facts."""


@dataclass(frozen=True)
class Finder:
    """Finds facts for one brand. `homonym` is None for a name that is nothing else."""

    zone: ZoneInfo
    brand: Brand = field(default_factory=Brand)
    homonym: Homonym | None = None

    def find(self, mention: Mention, language: str) -> tuple[Fact, ...]:
        """The facts of a mention's text, in the text's order; days are counted from when it was posted."""
        found = extract(mention.text, language, mention.published_at, self.zone, self.brand)
        facts = [_fact(one) for one in found.every][:MOST]
        if self.homonym is not None and (hit := self._not_about_us(mention.text)) is not None:
            facts.append(hit)
        return tuple(facts)

    def _not_about_us(self, text: str) -> Fact | None:
        """Doubt only where the name stands in the text: without it a source brought the mention for other reasons."""
        assert self.homonym is not None
        verdict = about(text, self.homonym)
        if verdict.label != "not_about":
            return None
        words = ", ".join(word for word, _ in verdict.words)
        return Fact(kind="not_about_us", start=0, end=0, text="", value=words[:200])


def _fact(found: Finding) -> Fact:
    kind, value = _told(found)
    assert kind in FACTS
    return Fact(kind=kind, start=found.start, end=found.end, text=found.text, value=value)


def _told(found: Finding) -> tuple[str, str]:
    match found:
        case Reference() | Named():
            return found.kind, found.value
        case Personal():
            # Phone and address lead to a person's other messages; the rest is only there to be masked.
            return found.kind, found.value if found.kind in ("phone", "email") else ""
        case Amount():
            return "amount", f"{_plain(found.value)} {found.currency}"
        case When():
            return "date", (found.at or found.day).isoformat()
        case Lasting():
            since = found.since_at or found.since
            return "duration", since.isoformat() if since is not None and found.ongoing else ""
        case City():
            return "city", f"{found.district}, {found.province}" if found.district else found.province
        case Offence():
            return "offence", found.grade
    raise TypeError(f"{type(found).__name__} is no finding that is known here")


def _plain(value: Decimal) -> str:
    return format(value.quantize(Decimal("0.01")) if value % 1 else value.quantize(Decimal(1)), "f")
