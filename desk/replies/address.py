"""Siz or sen: which of the two a Turkish reply says, by pronouns, by verbs and by what belongs to whom.

A wrong alarm teaches the agent to click alarms away, so only forms that can mean nothing else count. What needs a
parser is left out on purpose: `siparişin` (your order, or of the order), `adresini` (yours or theirs), `yazın` (write!
or in summer), `olsun`, `versin`. Quoted words are the customer's and do not count. The endings are those of Göksel &
Kerslake, Turkish: A Comprehensive Grammar (2005), chapters 8 and 14, in folded letters (ı is i, ö is o, ü is u).
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

from desk.replies.phrases import find_phrases
from desk.replies.reading import Reply, fold

Form = Literal["siz", "sen"]


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_SIZ_PRONOUNS = _words(
    "siz sizi size sizin sizde sizden sizinle sizce sizler sizleri sizlere sizlerin sizlerden sizlerle sizinki"
)
_SEN_PRONOUNS = _words("sen seni sana senin sende senden seninle sence senle seninki")

# Stem and aorist of what customers are asked to do and of what they do. Made from a list, because the endings alone
# are many other words too: `kadın`, `insan`, `Mersin`, `versin`. The first group has no forms that are other words.
_PLAIN_VERBS = """
gönder gönderir|ilet iletir|bekle bekler|bildir bildirir|paylaş paylaşır|incele inceler|kullan kullanır|doldur doldurur
başvur başvurur|belirt belirtir|tıkla tıklar|yükle yükler|ekle ekler|onayla onaylar|yanıtla yanıtlar|cevapla cevaplar
"""
_VERBS = """
dene dener|ulaş ulaşır|iste ister|dile diler|söyle söyler|ara arar|yaz yazar|sor sorar|gör görür|yap yapar|et eder
ol olur|ver verir|al alır|bul bulur|gel gelir|git gider|bak bakar|oku okur|seç seçer|anlat anlatır|yaşa yaşar|kal kalır
bil bilir|düşün düşünür|hatırla hatırlar|öğren öğrenir|sakla saklar|bırak bırakır|gir girer|unut unutur|kapat kapatır
çık çıkar|çek çeker|belirle belirler|dön döner|at atar|aç açar|çekin çekinir|üzül üzülür
"""
_SOFTENED = {"et": "ed", "git": "gid"}
_OTHER_WORDS = _words(
    "yazin alin gelin olun verin edin yapin bakin cikin girin bilin kalin cekin sorun secin gorun bulun atin donun"
    " acin gidin dileyin soyleyin cikarsin atarsin"
)
"""Forms from the second group that are other words too (in summer, forehead, bride, a problem) or could be."""

_SEN_PHRASES = (
    "bize yaz", "bana yaz", "bizi ara", "beni ara", "bize ulas", "buradan yaz", "dm'den yaz", "mesaj at", "dm at",
    "kontrol et", "takip et", "merak etme", "endiselenme", "endise etme", "kusura bakma", "haber ver", "bize sor",
)  # fmt: skip

# What is yours and ends in a vowel: `kargonu` can be nobody else's (of the parcel: `kargonun`, another's: `kargosunu`).
_BELONGINGS = ("numara", "kargo", "fatura", "iade", "para", "kutu", "kapı", "hediye", "ödeme", "şifre", "bakiye")

_SIZ = re.compile(
    r"[a-z]{2,}(?:[aeiou]n[iu]z|s[ae]n[iu]z)"
    r"(?:'?(?:[iuae]|[dt][ae]n?|[iu]n|yl[ae]|l[ae]|[dt][ae]ki[a-z]{0,6}|c[ae]|d[iu]r|m[iu]|l[ae]r[a-z]{0,4}))?"
)
_NOT_SIZ = re.compile(
    r"(?:akdeniz|karadeniz|deniz|beniz|geniz|henuz|hanuz|organiz|senkroniz|harmoniz|koloniz|galvaniz|mekaniz"
    r"|memnunuz|eminiz|uzgunuz|yorgunuz|uygunuz|kizginiz|saskiniz|yakiniz|suskunuz|darginiz|kirginiz|olgunuz|duzgunuz"
    r"|ustunuz|butunuz|uzmaniz|insaniz|hayraniz|kurbaniz|eleman[iu]z|yoksunuz|tutkunuz|yoguniz|yogunuz|mahcubuz).*"
)
"""Words with that ending that are nobody's: names, nouns, and what we say of ourselves (`memnunuz`, `üzgünüz`)."""

_SEN = re.compile(
    r"[a-z]{1,}(?:[iu]yorsun|[iu]yordun|[iu]yorsan|acaksin|eceksin|acaksan|eceksen|malisin|melisin"
    r"|abilirsin|ebilirsin|abilirsen|ebilirsen|mazsin|mezsin|mazsan|mezsen|m[iu]ss[iu]n"
    r"|(?:[rz]|yor|cak|cek)m[iu]s[iu]n|m[iu]zs[iu]n)"
)
_SEN_WORDS = _words("misin musun degilsin degilsen haklisin")
_NOT_SAID = re.compile(r"\"[^\"\n]{1,300}\"|(?<![^\W_])'[^'\n]{1,300}'(?![^\W_])|hos (?:geldin|bulduk)")
"""Quotations, and a greeting that is a name too: `hoş geldin kuponu`."""

_CLAUSE_ENDS = re.compile(r"\s*(?:[.!,;:…)]|\n|$)")


@dataclass(frozen=True, slots=True)
class Address:
    """A word that addresses the customer, and as what; places are of `Reply.plain`."""

    form: Form
    start: int
    end: int


def addresses(reply: Reply, names: frozenset[str]) -> Iterator[Address]:
    """The words that say siz or sen, in order. `names` are folded words that are somebody's name."""
    siz, sen, bare = _tables()
    quoted = [match.span() for match in _NOT_SAID.finditer(reply.plain)]
    at = 0
    found: list[Address] = []
    for word, start, end in reply.words:
        while at < len(quoted) and quoted[at][1] <= start:
            at += 1
        if word in names or (at < len(quoted) and quoted[at][0] <= start):
            continue
        commands = word in bare and _CLAUSE_ENDS.match(reply.plain, end) is not None
        if word in _SIZ_PRONOUNS or word in siz or (_SIZ.fullmatch(word) and not _NOT_SIZ.fullmatch(word)):
            found.append(Address("siz", start, end))
        elif word in _SEN_PRONOUNS or commands:
            if not _is_name(reply, start, end):
                found.append(Address("sen", start, end))
        elif "'" not in word and (word in sen or word in _SEN_WORDS or _SEN.fullmatch(word)):
            found.append(Address("sen", start, end))
    starts = [first for first, _ in quoted]
    for start, end in find_phrases(reply, _SEN_PHRASES):
        number = bisect_right(starts, start) - 1
        inside = number >= 0 and start < quoted[number][1]
        if not inside and _CLAUSE_ENDS.match(reply.plain, end):
            found.append(Address("sen", start, end))
    yield from sorted(found, key=lambda one: (one.start, one.end))


def _is_name(reply: Reply, start: int, end: int) -> bool:
    """Whether the word is a name or a button: a capital inside a sentence, or a letter that folding took (`Şen`)."""
    written = reply.written(start, end)
    begins = reply.begins_sentence(start)
    return written[:1] in "şŞ" or (written[:1].isupper() and not begins and not written.isupper())


@lru_cache(maxsize=1)
def _tables() -> tuple[frozenset[str], frozenset[str], frozenset[str]]:
    """Folded forms from the lists above: those that say siz, those that say sen, and bare imperatives."""
    siz: set[str] = set()
    sen: set[str] = set()
    bare: set[str] = set()
    for plain, listed in ((True, _PLAIN_VERBS), (False, _VERBS)):
        for entry in listed.replace("\n", "|").split("|"):
            if not entry:
                continue
            stem, aorist = entry.split()
            low, high = _low(stem), _high(stem)
            siz |= set(_polite(_SOFTENED.get(stem, stem))) | {
                f"{stem}m{low}y{_i(low)}n",
                f"{stem}m{low}y{_i(low)}n{_i(low)}z",
            }
            sen |= {f"{aorist}s{_high(aorist)}n", f"{aorist}s{_low(aorist)}n"}
            sen |= {f"{stem}{'t' if stem[-1] in 'fstkçşhp' else 'd'}{high}n", f"{stem}m{low}d{_i(low)}n"}
            if plain:
                sen |= {f"{stem}m{low}n{_i(low)}", f"{stem}m{low}n", f"{stem}s{low}n{low}"}
                bare.add(stem)
    for noun in _BELONGINGS:
        low, high = _low(noun), _high(noun)
        sen |= {f"{noun}n{ending}" for ending in ("", high, low, f"d{low}", f"d{low}n")}
    folded_siz, folded_sen = {fold(form) for form in siz}, {fold(form) for form in sen}
    return (
        frozenset(folded_siz - _OTHER_WORDS),
        frozenset(folded_sen - folded_siz - _OTHER_WORDS),
        frozenset(fold(stem) for stem in bare),
    )


def _polite(stem: str) -> tuple[str, str]:
    glide = "y" if stem[-1] in "aeıioöuü" else ""
    high = _high(stem)
    return f"{stem}{glide}{high}n", f"{stem}{glide}{high}n{high}z"


def _last_vowel(stem: str) -> str:
    return next(char for char in reversed(stem) if char in "aeıioöuü")


def _low(stem: str) -> str:
    return "a" if _last_vowel(stem) in "aıou" else "e"


def _high(stem: str) -> str:
    return {"a": "ı", "ı": "ı", "o": "u", "u": "u", "ö": "ü", "ü": "ü"}.get(_last_vowel(stem), "i")


def _i(low: str) -> str:
    return "ı" if low == "a" else "i"
