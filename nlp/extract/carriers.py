"""Carriers: which of them a text names, under whatever name. `kolay gelsin` is a greeting before it is a carrier."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp.extract.found import Named
from nlp.extract.names import Hit, Names, is_ending, one_slip
from nlp.extract.reading import Reading

CARRIERS: dict[str, tuple[str, ...]] = {
    "Yurtiçi Kargo": ("yurtiçi kargo", "yurt içi kargo", "yurtiçi", "yk kargo"),
    "Aras Kargo": ("aras kargo", "aras"),
    "MNG Kargo": ("mng kargo", "mng", "dhl ecommerce", "dhl e-commerce"),
    "PTT Kargo": ("ptt kargo", "ptt", "pttkargo"),
    "Sürat Kargo": ("sürat kargo", "sürat"),
    "HepsiJet": ("hepsijet", "hepsi jet", "hepsiburada kargo"),
    "Trendyol Express": (
        "trendyol express",
        "trendyol ekspres",
        "trendyol expres",
        "tyexpress",
        "ty express",
        "tex kargo",
    ),
    "UPS": ("ups kargo", "ups"),
    "DHL": ("dhl kargo", "dhl express", "dhl"),
    "FedEx": ("fedex", "fed ex", "fedex express"),
    "TNT": ("tnt kargo", "tnt express", "tnt"),
    "Kolay Gelsin": ("kolay gelsin", "kolaygelsin"),
    "Sendeo": ("sendeo",),
    "Horoz Lojistik": ("horoz lojistik", "horoz kargo"),
    "Ceva Lojistik": ("ceva lojistik", "ceva logistics"),
    "Scotty": ("scotty kargo", "scotty kurye"),
    "Jetizz": ("jetizz",),
    "Kargoist": ("kargoist",),
    "Kargo Türk": ("kargo türk", "kargotürk"),
    "ByExpress": ("byexpress", "by express"),
    "Aramex": ("aramex",),
    "GLS": ("gls kargo", "gls"),
    "DPD": ("dpd",),
    "Evri": ("evri", "hermes parcel"),
    "Royal Mail": ("royal mail", "parcelforce"),
    "USPS": ("usps",),
    "Filo Kargo": ("filo kargo",),
    "Murathan": ("murathan kargo", "murathan lojistik"),
    "PackUpp": ("packupp",),
}
"""Each carrier, and what people call it; the words that need company are in _DOUBTFUL."""

# Words that are something else first: domestic, a man's name, speed (and, typed in ASCII, a face), oops, a greeting.
_DOUBTFUL = frozenset({"yurtici", "aras", "surat", "ups", "kolaygelsin", "tnt", "gls", "evri"})
_PARCEL = re.compile(
    r"kargo\w*|paket\w*|teslim\w*|kurye\w*|dagitim\w*|gonderi\w*|takip|sube\w*|parcel|delivery|deliver\w*"
    r"|courier|package|tracking"
)
_NEAR = 50
_SLIPPED = tuple(
    (alias.split()[0], name)
    for name, (first, *_) in CARRIERS.items()
    for alias in (Reading(first).plain,)
    if len(alias.split()[0]) >= 5
)
"""First words long enough to be recognised with one letter wrong, when the word for parcel follows or seven letters."""

_NAMES: Names[tuple[str, str]] = Names(
    (alias, (name, "".join(Reading(alias).plain.split()))) for name, aliases in CARRIERS.items() for alias in aliases
)


def find(reading: Reading) -> Iterator[Named]:
    """The carriers in the text, in order."""
    hits = [hit for hit in _NAMES.find(reading) if _meant(reading, hit)]
    found = [Named(*reading.span(hit.start, hit.end), "carrier", hit.value[0]) for hit in hits]
    found += _slipped(reading, {number for hit in hits for number in range(hit.first, hit.first + hit.words)})
    return iter(sorted(found, key=lambda one: one.start))


def _meant(reading: Reading, hit: Hit[tuple[str, str]]) -> bool:
    said = hit.value[1]
    if said not in _DOUBTFUL:
        return True
    plain, start, end = reading.plain, hit.start, hit.end
    capital = reading.capital(start)
    if said == "kolaygelsin":
        second = reading.words[hit.first + hit.words - 1]
        both = capital and reading.capital(second.start)
        return hit.words == 1 or bool(hit.ending and (both or hit.apostrophe)) or (
            both and _PARCEL.search(plain, end, end + _NEAR) is not None
        )  # fmt: skip
    if said in ("ups", "tnt", "gls", "evri"):
        typed = reading.typed(start, start + 3)
        return (typed.isupper() and not reading.shouted) or (
            (bool(hit.ending) or not reading.opens(start)) and _parcel_near(plain, start, end)
        )
    if said == "surat":
        return False if not hit.ending else capital and hit.apostrophe
    if said == "yurtici":
        return (capital and hit.apostrophe) or (bool(hit.ending) and capital and not reading.opens(start))
    return (capital and (hit.apostrophe or not reading.opens(start)) and _parcel_near(plain, start, end)) or (
        hit.ending in ("la", "dan", "in", "tan", "a") and _parcel_near(plain, start, end)
    )


def _parcel_near(plain: str, start: int, end: int) -> bool:
    return _PARCEL.search(plain[max(0, start - _NEAR) : start] + " " + plain[end : end + _NEAR]) is not None


def _slipped(reading: Reading, known: set[int]) -> Iterator[Named]:
    """Names with one letter wrong: `yutriçi kargo`, `hepsjet`."""
    words = reading.words
    for number, word in enumerate(words):
        if number in known or len(word.base) < 5:
            continue
        following = words[number + 1] if number + 1 < len(words) else None
        cargo = following is not None and following.base.startswith("kargo") and (
            following.base == "kargo" or is_ending(following.base[5:])
        )  # fmt: skip
        for stem, name in _SLIPPED:
            if not (one_slip(stem, word.base) and word.base[0] == stem[0]):
                continue
            if cargo and following is not None:
                yield Named(*reading.span(word.start, following.end), "carrier", name)
                break
            if len(stem) >= 7 and stem not in ("yurtici", "trendyol", "murathan", "kargoist"):
                yield Named(*reading.span(word.start, word.end), "carrier", name)
                break
