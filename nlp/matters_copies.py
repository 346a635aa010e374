"""Near-duplicates: retweets, copies, and complaints that were copied with another order number, name or emoji.

Texts are compared by what is left when links, user names, emoji, marks and digits are gone and letters are folded
(`folded`). Texts that are long enough are cut into letter shingles and looked up with datasketch's MinHash LSH; what it
brings is believed only after the shingles themselves were counted (Jaccard). Of short texts only equal ones are copies:
in four words, one other word is another matter.

A group is whatever is tied by pairs of copies, so the order in which texts arrive does not change the groups.
"""

from __future__ import annotations

import hashlib
import heapq
import re
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import lru_cache

import numpy as np
from datasketch import MinHash, MinHashLSH
from numpy.typing import NDArray

from nlp.normalise import clean, fold, lower, tokens

Shingles = NDArray[np.uint32]

READ_LIMIT = 2_000
"""Characters compared: whoever copies a complaint copies its beginning; a 1 MB text costs what a long one does."""
SHINGLE = 5
"""Letters of a shingle, spaces included: a Turkish suffix with the end of its word."""
SHORT = 40
"""Folded characters (about six words) below which only equal texts are copies."""
ALIKE = 0.6
"""Shingles in common, of all that either has, from which texts are copies. Two other names in a complaint of 120
characters leave 0.7; people who wrote of one matter on their own reached 0.24 (docs/why/matters.md)."""
_INSIDE = 0.95  # of a text cut off with an ellipsis, as old retweets are, so much must stand in the longer one
_PERMUTATIONS = 128
_BANDS, _ROWS = 32, 4  # finds 99.9 % of pairs at 0.65, 99 % at 0.6, 87 % at 0.5, 5 % at 0.2
_MOST_INDEXED = 64
"""Wordings of one group that are looked up. A campaign of 10,000 variants would otherwise bring them all."""
_CODE_DIGITS = 4  # GA418 and K220 are names and stay; ZX83920174 is somebody's order

_RETWEET = re.compile(r"\A\s*(?:[RM]T\s*@\w{1,50}\s*:?\s*)+", re.IGNORECASE)
_VIA = re.compile(r"\s(?:via|by)\s+@\w{1,50}\s*\Z", re.IGNORECASE)
_TWICE = re.compile(r"(.)\1+")
_ZEROS = re.compile(r"0+")


def folded(text: str, language: str) -> str:
    """What of a text counts when copies are looked for; empty when nothing in it is a word or a number.

    Runs of a letter count once, so that the same text is the same whichever language it was taken for.
    """
    return _folded(clean(text, READ_LIMIT), language)[0]


@lru_cache(maxsize=1_024)  # asked for twice on the way of a mention
def _folded(cleaned: str, language: str) -> tuple[str, bool]:
    """The folded text, and whether it was cut off with an ellipsis."""
    bare = _VIA.sub("", _RETWEET.sub("", cleaned))
    words: list[str] = []
    cut = False
    for token in tokens(bare, language):
        form = token.form
        if form == "...":
            cut = True
        elif form == "<phone>":
            words.append("0")
        elif form[0].isalnum():
            words.append(_word(form, bare[token.start : token.end], language))
            cut = False
    return " ".join(words), cut


def _word(form: str, written: str, language: str) -> str:
    if not any(char.isalpha() for char in form):
        return "0"
    if "0" in form and sum(char.isdigit() for char in written) <= _CODE_DIGITS:
        return fold(lower(written, language))
    return _TWICE.sub(r"\1", _ZEROS.sub("0", form))


def shingles(text: str) -> Shingles:
    """The different shingles of a folded text as numbers in rising order."""
    codes = np.frombuffer(text.encode("utf-32-le", "replace"), np.uint32).astype(np.uint64)
    count = len(codes) - SHINGLE + 1
    if count < 1:
        return np.empty(0, np.uint32)
    mixed = np.zeros(count, np.uint64)
    for place in range(SHINGLE):
        mixed = mixed * np.uint64(0x9E3779B97F4A7C15) + codes[place : place + count]  # Fibonacci hashing's multiplier
    return np.unique((mixed >> np.uint64(32)).astype(np.uint32))


def jaccard(one: Shingles, other: Shingles) -> float:
    """Shingles in common, of all that either has; 0 when neither has any."""
    common = _common(one, other)
    either = len(one) + len(other) - common
    return common / either if either else 0.0


def _common(one: Shingles, other: Shingles) -> int:
    return int(np.intersect1d(one, other, assume_unique=True).size)


def _same(number: int) -> int:
    return number


@dataclass(slots=True)
class _Wording:
    """A folded text, and the mentions that say it. Without shingles it is short."""

    key: bytes
    serial: int
    shingles: Shingles | None
    cut: bool
    group: int
    ids: set[str] = field(default_factory=set)
    indexed: bool = False


@dataclass(slots=True)
class _Group:
    first: tuple[float, str]
    latest: tuple[float, str]
    wordings: set[int] = field(default_factory=set)
    indexed: int = 0


class NearDuplicates:
    """Copies among the mentions of the last `keep`, at most `most` of them; what is older is forgotten.

    Not for several threads at once. The same mentions in the same order always give the same answers.
    """

    def __init__(self, *, alike: float = ALIKE, keep: timedelta = timedelta(days=14), most: int = 50_000) -> None:
        """`alike` is a Jaccard similarity in (0, 1]. Raises ValueError for anything else, or a bound below 1."""
        if not 0 < alike <= 1:
            raise ValueError(f"alike is a share of shingles in (0, 1], not {alike}")
        if most < 1 or keep <= timedelta(0):
            raise ValueError("keep and most bound the memory: both must be above zero")
        self._alike = alike
        self._keep = keep.total_seconds()
        self._most = most
        self._blank = MinHash(num_perm=_PERMUTATIONS, hashfunc=_same)
        self._index = MinHashLSH(num_perm=_PERMUTATIONS, params=(_BANDS, _ROWS))
        self._wordings: dict[int, _Wording] = {}
        self._serials: dict[bytes, int] = {}
        self._groups: dict[int, _Group] = {}
        self._of: dict[str, int] = {}  # mention: its wording's serial
        self._oldest: list[tuple[float, str]] = []
        self._next = 0
        self._now = float("-inf")

    def __len__(self) -> int:
        """Mentions that are remembered."""
        return len(self._of)

    def add(self, id: str, text: str, language: str, at: datetime) -> str | None:
        """Remember a mention, posted `at` (aware); the id of the first of its copies, None when it is the first.

        Of copies posted at the same moment the one with the smallest id is first. A mention that comes late may be
        older than the first that is answered; `first` then says so. A text without words has no copies. An id that was
        added before gets the answer it has now. Raises ValueError for a moment without a time zone.
        """
        if at.tzinfo is None:
            raise ValueError("at has no time zone: older and newer cannot be told apart")
        if id in self._of:
            known = self.first(id)
            return None if known == id else known
        plain, cut = _folded(clean(text, READ_LIMIT), language)
        if not plain:
            return None
        moment = at.timestamp()
        wording, standing = self._wording(plain, cut and len(plain) >= SHORT)
        self._take_in(wording, id, moment)
        self._forget()
        return standing

    def first(self, id: str) -> str | None:
        """The first of a mention's copies (itself when there is none before it), None for a mention not remembered."""
        group = self._group_of(id)
        return group.first[1] if group else None

    def latest(self, id: str) -> str | None:
        """The copy posted last, None for a mention that is not remembered."""
        group = self._group_of(id)
        return group.latest[1] if group else None

    def says_enough(self, id: str) -> bool:
        """Whether a mention's text is long enough that a copy of it is no chance (SHORT folded characters)."""
        serial = self._of.get(id)
        return serial is not None and self._wordings[serial].shingles is not None

    def groups(self) -> list[tuple[str, ...]]:
        """All remembered mentions that have words, copies together, in alphabetical order."""
        found = [
            tuple(sorted(id for serial in group.wordings for id in self._wordings[serial].ids))
            for group in self._groups.values()
        ]
        return sorted(found)

    def _group_of(self, id: str) -> _Group | None:
        serial = self._of.get(id)
        return None if serial is None else self._groups[self._wordings[serial].group]

    def _wording(self, plain: str, cut: bool) -> tuple[_Wording, str | None]:
        """The wording of a folded text, in its group, and that group's first as it stands."""
        key = hashlib.blake2b(plain.encode("utf-8", "replace") + (b"\0cut" if cut else b""), digest_size=16).digest()
        serial = self._serials.get(key)
        if serial is not None:
            known = self._wordings[serial]
            return known, self._groups[known.group].first[1]
        self._next += 1
        cuts = shingles(plain) if len(plain) >= SHORT else None
        wording = _Wording(key, self._next, cuts, cut, self._next)
        print_of = None if cuts is None else self._print(cuts)
        found = [] if print_of is None else self._copies(wording, print_of)
        standing = self._joined(found)
        if standing is None:
            self._groups[wording.group] = group = _Group((float("inf"), ""), (float("-inf"), ""))
        else:
            wording.group, group = standing, self._groups[standing]
        group.wordings.add(wording.serial)
        self._wordings[wording.serial] = wording
        self._serials[key] = wording.serial
        if print_of is not None and group.indexed < _MOST_INDEXED:
            self._look_up(wording, group, print_of)
        return wording, group.first[1] or None

    def _print(self, cuts: Shingles) -> MinHash:
        made = self._blank.copy()
        made.update_batch(cuts.tolist())
        return made

    def _look_up(self, wording: _Wording, group: _Group, print_of: MinHash) -> None:
        """From now on this wording is found."""
        self._index.insert(wording.serial, print_of, check_duplication=False)
        wording.indexed = True
        group.indexed += 1

    def _copies(self, wording: _Wording, print_of: MinHash) -> list[int]:
        """The groups that hold a copy of a wording; of each group one proof is enough."""
        found: list[int] = []
        for serial in sorted(self._index.query(print_of)):
            other = self._wordings[serial]
            if other.group not in found and self._are_copies(wording, other):
                found.append(other.group)
        return found

    def _are_copies(self, one: _Wording, other: _Wording) -> bool:
        if one.shingles is None or other.shingles is None:
            return False
        common = _common(one.shingles, other.shingles)
        few, _ = sorted((one, other), key=lambda it: (len(it.shingles if it.shingles is not None else ()), it.cut))
        if few.cut and few.shingles is not None and common >= _INSIDE * len(few.shingles):
            return True
        return common >= self._alike * (len(one.shingles) + len(other.shingles) - common)

    def _joined(self, numbers: list[int]) -> int | None:
        """The groups that a new wording has shown to be one, made one."""
        if not numbers:
            return None
        kept = max(numbers, key=lambda number: (len(self._groups[number].wordings), -number))
        into = self._groups[kept]
        for number in numbers:
            if number == kept:
                continue
            gone = self._groups.pop(number)
            for serial in gone.wordings:
                self._wordings[serial].group = kept
            into.wordings |= gone.wordings
            into.first, into.latest = min(into.first, gone.first), max(into.latest, gone.latest)
            into.indexed += gone.indexed
        return kept

    def _take_in(self, wording: _Wording, id: str, moment: float) -> None:
        self._now = max(self._now, moment)
        group = self._groups[wording.group]
        group.first, group.latest = min(group.first, (moment, id)), max(group.latest, (moment, id))
        wording.ids.add(id)
        self._of[id] = wording.serial
        heapq.heappush(self._oldest, (moment, id))

    def _forget(self) -> None:
        while self._oldest and (self._oldest[0][0] < self._now - self._keep or len(self._of) > self._most):
            _, id = heapq.heappop(self._oldest)
            wording = self._wordings[self._of.pop(id)]
            wording.ids.discard(id)
            if not wording.ids:
                self._drop(wording)

    def _drop(self, wording: _Wording) -> None:
        """A wording nobody says any more. Its group stays one while any other of its wordings is said."""
        del self._wordings[wording.serial], self._serials[wording.key]
        group = self._groups[wording.group]
        group.wordings.discard(wording.serial)
        if wording.indexed:
            self._index.remove(wording.serial)
            group.indexed -= 1
            self._promote(group)
        if not group.wordings:
            del self._groups[wording.group]

    def _promote(self, group: _Group) -> None:
        """A place in the index is free: the newest wording of the group that waits for one takes it."""
        if len(group.wordings) <= group.indexed or group.indexed >= _MOST_INDEXED:
            return
        waiting = (self._wordings[serial] for serial in sorted(group.wordings, reverse=True))
        chosen = next((one for one in waiting if not one.indexed and one.shingles is not None), None)
        if chosen is not None and chosen.shingles is not None:
            self._look_up(chosen, group, self._print(chosen.shingles))
