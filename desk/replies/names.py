"""Whose names stand in a reply: those of other customers, and signatures of other agents.

First names are words too (Deniz, Umut, Barış, Can), so a first name alone counts only where it is used as one: after a
salutation, before Hanım or Bey, with an apostrophe, or with a capital inside a sentence and no further name behind it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

from desk.replies.reading import Reply, fold


def _words(listed: str) -> frozenset[str]:
    return frozenset(listed.split())


_BEFORE = _words("sayin merhaba merhabalar sevgili selam degerli dear hi hello mr mrs ms miss sn")
_AFTER = _words("hanim bey hn bn beyefendi hanimefendi bay bayan abi abla")
_TITLES = _BEFORE | _AFTER | _words("bey'in hanim'in beyin hanimin beye hanima beyi hanimi")
_SUFFIX = re.compile(
    r"(?:[ynst]?[iuae]|[dt][ae]n?|n?[iu]n|y?l[ae]|l[ae]r[iae]?|s[iu]n[iae]|[dt][ae]ki|gil(?:ler)?|c[ae]|s)?"
)
_NAME_WORD = re.compile(r"[^\W\d_]{2,}")
_INTRODUCES = re.compile(r"(?:ekibinden|temsilcisi|adim|ben|this is|my name is|i am|i'm)[ ,:-]{1,3}$")
_SIGNED = 5
"""Words of a line that can still be a signature: `Müşteri temsilcisi Elif Ak Yıldız`."""


def words_of(names: Iterable[str]) -> frozenset[str]:
    """The folded words of names."""
    return frozenset(word for name in names for word in _NAME_WORD.findall(fold(name)))


def others(reply: Reply, names: Iterable[str], known: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Where other people are named, as places of `reply.plain`. `known` are words of names that belong here."""
    wanted: list[tuple[str, ...]] = [tuple(_NAME_WORD.findall(fold(name))) for name in names]
    wanted = [name for name in dict.fromkeys(wanted) if name and not all(word in known for word in name)]
    if not wanted:
        return
    firsts: dict[str, list[tuple[str, ...]]] = {}
    for name in wanted:
        runs = {(word,) for word in name if word not in known and len(word) > 2}
        for run in {*runs, name}:
            firsts.setdefault(run[0][:3], []).append(run)
    candidates = {beginning: sorted(set(runs), key=lambda run: (-len(run), run)) for beginning, runs in firsts.items()}
    words = reply.words
    past = 0
    for number, (word, start, _) in enumerate(words):
        if start < past:
            continue
        for name in candidates.get(word[:3], ()):
            there = [one[0] for one in words[number : number + len(name)]]
            if len(there) < len(name) or any(a != b for a, b in zip(there[:-1], name[:-1], strict=True)):
                continue
            if not _is(there[-1], name[-1]) or not _apart(reply, words[number : number + len(name)]):
                continue
            if len(name) > 1 or _used_as_name(reply, number, name[0]):
                past = words[number + len(name) - 1][2]
                yield start, past
                break


def _apart(reply: Reply, run: list[tuple[str, int, int]]) -> bool:
    """Whether only blanks stand between the words of a name."""
    return all(not reply.plain[a[2] : b[1]].strip(" .") for a, b in pairwise(run))


def _is(word: str, name: str) -> bool:
    base, _, tail = word.partition("'")
    if base == name:
        return True
    return not tail and word.startswith(name) and len(name) > 3 and _SUFFIX.fullmatch(word[len(name) :]) is not None


def _used_as_name(reply: Reply, number: int, name: str) -> bool:
    words = reply.words
    word, start, end = words[number]
    if not reply.written(start, end)[:1].isupper():
        return False
    before = words[number - 1] if number else None
    after = words[number + 1] if number + 1 < len(words) else None
    if "'" in word or (before and before[0] in _BEFORE and not reply.plain[before[2] : start].strip(" ,")):
        return not _another_name(reply, end, after)
    if after and after[0].partition("'")[0] in _TITLES and not reply.plain[end : after[1]].strip():
        return True
    if word != name:
        return False  # `Umuta`, `Canlar`: without an apostrophe only with a title
    return not reply.begins_sentence(start) and not _another_name(reply, end, after)


def _another_name(reply: Reply, end: int, after: tuple[str, int, int] | None) -> bool:
    """Whether a capitalised word follows at once: `Deniz Kargo` and `Umut Caddesi` are no customers."""
    if after is None or reply.plain[end : after[1]].strip(" "):
        return False
    return after[0] not in _TITLES and reply.written(after[1], after[2])[:1].isupper() and after[1] - end == 1


def signatures(reply: Reply, names: Iterable[str], known: frozenset[str]) -> Iterator[tuple[int, int]]:
    """Where somebody of `names` signs: in a short line or part of a sentence at the end, or by introduction."""
    wanted = words_of(names) - known
    if not wanted:
        return
    zone = _zone(reply)
    for word, start, end in reply.words:
        if word in wanted and reply.written(start, end)[:1].isupper():
            introduced = _INTRODUCES.search(reply.plain, max(0, start - 20), start) is not None
            if introduced or any(first <= start < past for first, past in zone):
                yield start, end


def _zone(reply: Reply) -> list[tuple[int, int]]:
    """The places where a reply is signed: its last four lines if short, and what follows its last full stop."""
    zone: list[tuple[int, int]] = []
    end = len(reply.plain)
    for _ in range(4):
        start = reply.plain.rfind("\n", 0, end) + 1
        line = reply.plain[start:end]
        if (
            start
            and line.strip()
            and len(line) < 80
            and len(line.split()) <= _SIGNED
            and not line.rstrip().endswith(".")
        ):
            zone.append((start, end))
        end = start - 1
        if end <= 0:
            break
    if reply.sentences:
        start, end = reply.sentences[-1]
        if end - start < 60 and len(reply.plain[start:end].split()) <= _SIGNED and start:
            zone.append((start, end))
    return zone
