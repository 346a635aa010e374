"""To which product, supplier, carrier, branch and campaign a complaint belongs: by its facts and its source. Pure.

What a source itself names (a marketplace's product, the branch whose reviews are read, a column of an imported file)
counts before what was found in the words. Names are one when they are spelt alike but for case, accents and gaps.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any

from desk.paper import clean
from mention import search_text
from playbooks.schema import Bilingual

KINDS = ("product", "supplier", "carrier", "branch", "campaign")

FACTS = {"product": "product", "code": "product", "carrier": "carrier", "city": "branch"}
"""What a fact of the text (mention.FACTS) is; a place is taken for the branch or region that serves it."""

EXTRA = {
    "product": ("product", "product_name"),
    "supplier": ("supplier",),
    "carrier": ("carrier",),
    "branch": ("branch", "location"),
    "campaign": ("campaign",),
}
"""Where a source names it in a mention's `extra`; the first that is there counts."""

FIELDS = tuple(field for fields in EXTRA.values() for field in fields)
"""Every field of `extra` that names something."""

NAMES: Mapping[str, Bilingual] = {
    "product": Bilingual(tr="ürün", en="product"),
    "supplier": Bilingual(tr="tedarikçi", en="supplier"),
    "carrier": Bilingual(tr="kargo firması", en="carrier"),
    "branch": Bilingual(tr="şube ya da bölge", en="branch or region"),
    "campaign": Bilingual(tr="kampanya", en="campaign"),
}

LONGEST = 120
MOST = 6
"""Names of one kind that a mention counts for; a pasted price list is no complaint about all of it."""

NO_COMPLAINT = frozenset({"praise", "question"})
"""Topics that are no complaint, however bad the mood."""


def names_of(
    facts: Iterable[Mapping[str, Any]], extra: Mapping[str, Any], known: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """Kind and name of everything that a mention names. `facts` are as stored in a score; `known` leads from the folded
    names, aliases and codes of the brand's products to the product's name."""
    found: dict[tuple[str, str], tuple[str, str]] = {}
    told: set[str] = set()
    for kind, fields in EXTRA.items():
        value = next((name for field in fields if field in extra and (name := plain(extra[field]))), "")
        if value:
            told.add(kind)
            _put(found, kind, value, known)
    for fact in facts:
        kind_of_fact = FACTS.get(str(fact.get("kind")))
        if kind_of_fact is None or kind_of_fact in told:
            continue
        _put(found, kind_of_fact, plain(fact.get("value")), known)
    return tuple(found.values())


def _put(found: dict[tuple[str, str], tuple[str, str]], kind: str, value: str, known: Mapping[str, str]) -> None:
    if kind == "product":
        value = known.get(folded(value), value)
    key = (kind, folded(value))
    if key[1] and sum(one == kind for one, _ in found) < MOST:
        found.setdefault(key, (kind, value))


def plain(value: object) -> str:
    """A name on one line, without control characters and not longer than LONGEST; empty for what is no text."""
    return " ".join(clean(value).split())[:LONGEST].strip() if isinstance(value, str) else ""


@lru_cache(maxsize=8192)
def folded(value: str) -> str:
    """What names are compared by."""
    return search_text(value)


def is_complaint(sentiment: str, topic: str, facts: Iterable[Mapping[str, Any]]) -> bool:
    """Whether a mention complains of us: in a bad mood, about something, and not about another of our name."""
    if sentiment != "negative" or topic in NO_COMPLAINT:
        return False
    return all(fact.get("kind") != "not_about_us" for fact in facts)
