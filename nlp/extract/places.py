"""Cities: which province, and district, a text names. Names that are words too need more than their letters."""

from __future__ import annotations

import re
from collections.abc import Iterator

from nlp.extract.found import City
from nlp.extract.names import Hit, Names, fold
from nlp.extract.provinces import ALIASES, DISTRICTS, HOMONYMS, NEVER, PROVINCES
from nlp.extract.reading import Reading

_BESIDE = re.compile(
    r"(?:il(?:i|inde|imiz|ce\w*)?|sehir|sehri\w*|merkez\w*|valili\w*|belediye\w*|sube\w*|magaza\w*|bayi\w*"
    r"|otogar\w*|havaliman\w*"
    r"|havaalan\w*|universite\w*|city|province|branch|store|airport|oturu\w*|yasiyo\w*|ikamet|adres\w*|depo\w*"
    r"|aktarma|transfer|cad\w*"
    r"|mah\w*|turkey|turkiye)(?![a-z])"
)
_WHERE = re.compile(
    r"(?:ta|te|da|de|tan|ten|dan|den|taki|teki|daki|deki|tayim|teyim|dayim|deyim|dayiz|deyiz|tayiz|ya|ye|li|liyim)"
)
_IN = re.compile(r"(?<![a-z])(?:in|from|to)[ ]$")

_Place = tuple[str, str | None]


def _entries() -> Iterator[tuple[str, _Place]]:
    for province in PROVINCES:
        yield province, (province, None)
    for alias, province in ALIASES.items():
        yield alias, (province, None)
    for province, districts in DISTRICTS.items():
        for district in districts.split():
            yield district, (province, district)
    yield "Eyüp Sultan", ("İstanbul", "Eyüpsultan")


_NAMES: Names[_Place] = Names(_entries())


def find(reading: Reading) -> Iterator[City]:
    """The cities in the text, in order. A district beside its own province makes one finding: `Kadıköy/İstanbul`."""
    hits = [hit for hit in _NAMES.find(reading) if _meant(reading, hit)]
    at = 0
    while at < len(hits):
        hit = hits[at]
        (province, district), end = hit.value, hit.end
        if at + 1 < len(hits):
            following = hits[at + 1]
            gap = reading.plain[hit.end : following.start]
            beside = following.value[0] == province and len(gap) <= 3 and not gap.strip(" /,-.()")
            if beside and (district is None or following.value[1] is None):
                district, end = district or following.value[1], following.end
                at += 1
        at += 1
        yield City(*reading.span(hit.start, end), province, district)


def _meant(reading: Reading, hit: Hit[_Place]) -> bool:
    start, end = hit.start, hit.end
    if start and reading.plain[start - 1] == "@":
        return False
    name = "".join(fold(reading.typed(start, end)))
    if not hit.apostrophe and name in NEVER:
        return False
    stem = name.removesuffix(hit.ending) if hit.ending else name
    if stem not in HOMONYMS:
        return True
    following = reading.plain[end : end + 28].lstrip(" ,/('-")
    beside = _BESIDE.match(following) is not None
    province = fold(hit.value[0])[0]
    previous = reading.plain[max(0, start - 28) : start].rstrip(" ,/(-")
    if hit.value[1] is not None and (following.startswith(province) or previous.endswith(province)):
        return True  # fatih/istanbul
    where = bool(hit.ending) and _WHERE.fullmatch(hit.ending) is not None
    if reading.shouted:
        return beside or (hit.apostrophe and where)
    if not reading.capital(start):
        return where and beside
    if hit.apostrophe or beside:
        return True
    return not reading.opens(start) and (where or _IN.search(reading.plain, max(0, start - 6), start) is not None)
