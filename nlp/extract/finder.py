"""All finders over one text, in the order in which they may claim a number.

The surest claim goes first: an IBAN before a card, an announced order number before a national id that only its
checksum supports, a date before a price. Personal data is looked for in the whole text, because masking must not
stop half way; what a text means to the desk stands in its beginning.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import TypeVar
from zoneinfo import ZoneInfo

from nlp.extract import amounts, carriers, dates, lasting, offence, personal, places, references
from nlp.extract.brand import Brand
from nlp.extract.found import Finding, Found, Named, Personal
from nlp.extract.reading import Reading, Taken

READ_LIMIT = 20_000
"""Characters in which orders, dates, cities and the like are looked for: a long mail with its quoted history."""

_NOBODY = Brand()
F = TypeVar("F", bound=Finding)


def extract(text: str, language: str, said_at: datetime, zone: ZoneInfo, brand: Brand = _NOBODY) -> Found:
    """Everything the desk needs from a text.

    `language` is what the scorer said (`tr`, `en`; anything else is read as English where it matters), `said_at` the
    aware moment of writing, `zone` the zone in which its days are counted, `brand` what the brand told about itself.
    Never raises for what a text holds; raises ValueError for a `said_at` without a time zone.
    """
    if said_at.tzinfo is None:
        raise ValueError("said_at has no time zone: days cannot be counted from it")
    whole = Reading(text)
    short = whole if len(text) <= READ_LIMIT else Reading(text[:READ_LIMIT])
    taken = Taken()
    owned = list(personal.find_addresses(whole, taken))
    known = list(references.told(whole, taken))
    owned += personal.find_numbers(whole, taken, brand.region)
    known += references.shaped(whole, taken, brand)
    lasts = _in_order(lasting.find(short, taken, said_at, zone))
    when = _in_order(dates.find(short, taken, said_at, zone))
    sums = _in_order(amounts.find(short, taken))
    products: list[Named] = []
    for hit in brand.names.find(short):
        taken.take(hit.start, hit.end)  # its own code must not be found again as a stranger's
        products.append(Named(*short.span(hit.start, hit.end), "product", hit.value))
    return Found(
        orders=_in_order(one for one in known if one.kind == "order"),
        trackings=_in_order(one for one in known if one.kind == "tracking"),
        codes=_in_order(references.codes(short, taken)),
        products=_in_order(products),
        phones=_of(owned, "phone"),
        emails=_of(owned, "email"),
        ibans=_of(owned, "iban"),
        national_ids=_of(owned, "national_id"),
        cards=_of(owned, "card"),
        amounts=sums,
        dates=when,
        durations=lasts,
        cities=tuple(places.find(short)),
        carriers=tuple(carriers.find(short)),
        offences=_in_order(offence.find(short, language)),
    )


def _in_order(findings: Iterable[F]) -> tuple[F, ...]:
    return tuple(sorted(findings, key=lambda one: one.start))


def _of(owned: list[Personal], kind: str) -> tuple[Personal, ...]:
    return _in_order(one for one in owned if one.kind == kind)
