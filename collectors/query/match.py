"""A query at work: which mentions it matches, by which words, and where those stand in the original text."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import islice
from typing import NamedTuple

from collectors.query.syntax import And, Field, Near, Node, Not, Or, Words, leaves, parse
from collectors.query.turkish import LONGEST_WORD, TOKEN, Token, WordForms, fold
from mention import Mention, search_text

MOST_FOUND = 50
"""Places marked in one text; a text that repeats a word a thousand times needs no more to be explained."""

_KNOWN_TOKENS = 100_000
"""Different tokens whose words are remembered, about a month of a brand's; noise must not fill the memory."""

_FIRST = {c: search_text(c) for c in "abcçdefgğhıijklmnoöpqrsştuüvwxyzABCÇDEFGĞHIİJKLMNOÖPQRSŞTUÜVWXYZ"}
"""What the usual letters fold to, so that most words need not be folded to know that the query has none like them."""

_VARIATION = "\ufe0f"  # asks for the coloured form of a symbol; typed or not, it is the same emoji


class Place(NamedTuple):
    """An occurrence: first and last token by number, and where it begins and ends in the text."""

    first: int
    last: int
    start: int
    end: int


@dataclass(frozen=True)
class Found:
    """Words of the mention that satisfied a clause; `start` and `end` count characters of the original text.

    A field (author, source, ...) stands in no text: both are 0 and `text` is the field's value.
    """

    text: str
    start: int
    end: int
    clause: str


@dataclass(frozen=True)
class Match:
    """Why a mention matches: the words found, in the text's order, and every clause that is satisfied."""

    found: tuple[Found, ...]
    clauses: tuple[str, ...]


class Query:
    """What counts as a mention, in Nöbet's query language. Made by `parse`; equal if their trees are equal."""

    def __init__(self, root: Node, notes: tuple[str, ...] = ()) -> None:
        self.root = root
        self.notes = notes
        self._matchers: list[WordForms] = []
        self._parts: dict[Words, tuple[int, ...]] = {}
        self._tags: dict[Words, int] = {}
        self._symbols: dict[Words, re.Pattern[str]] = {}
        for leaf in leaves(root):
            if isinstance(leaf, Words) and leaf not in self._parts:
                self._compile(leaf)
        self._by_letter: dict[str, list[tuple[int, WordForms]]] = {}
        for number, forms in enumerate(self._matchers):  # whatever changes at a word's end, its first letter stays
            self._by_letter.setdefault(forms.word[:1], []).append((number, forms))
        self._known: dict[str, tuple[int, ...]] = {}
        self._known_nearly: dict[str, tuple[int, ...]] = {}
        self._possible_without_words = bool(self._symbols) or _possible(root)

    @classmethod
    def parse(cls, text: str) -> Query:
        """The query that `text` says. Raises QueryError, a sentence with the column and what to do."""
        return cls(*parse(text))

    def __str__(self) -> str:
        return str(self.root)

    def __repr__(self) -> str:
        return f"Query({str(self)!r})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Query) and self.root == other.root

    def __hash__(self) -> int:
        return hash(self.root)

    def match(self, mention: Mention) -> Match | None:
        """Why the mention matches, or None."""
        hits = self._hits(mention.text)
        if not hits and not self._possible_without_words:
            return None
        reading = Reading(self, mention, hits)
        return reading.match() if reading.true(self.root) else None

    def read(self, mention: Mention, *, nearly: bool = False) -> Reading:
        """The mention read for this query; with `nearly`, words that only look like a query's word count as it."""
        return Reading(self, mention, self._nearly(mention.text) if nearly else self._hits(mention.text))

    def _compile(self, leaf: Words) -> None:
        raws = [m.group() for m in TOKEN.finditer(leaf.text)]
        several = len(raws) > 1
        self._parts[leaf] = tuple(
            self._matcher(WordForms(raw, exact=leaf.exact, prefix=leaf.prefix, in_phrase=several)) for raw in raws
        )
        if several:  # a hashtag has no spaces: #ÇınarEv is the phrase "çınar ev"
            self._tags[leaf] = self._matcher(WordForms("#" + "".join(fold(raw).whole for raw in raws)))
        if not raws:
            symbols = [re.escape(c) for c in leaf.text.replace(_VARIATION, "")]
            self._symbols[leaf] = re.compile(f"{_VARIATION}?".join(symbols) + f"{_VARIATION}?")

    def _matcher(self, forms: WordForms) -> int:
        self._matchers.append(forms)
        return len(self._matchers) - 1

    def _hits(self, text: str) -> dict[int, list[Place]]:
        """For each word of the query the places where it stands."""
        known = self._known
        hits: dict[int, list[Place]] = {}
        for number, found in enumerate(TOKEN.finditer(text)):
            raw = found.group()
            words = known.get(raw)
            if words is None:
                words = self._words_of(raw)
            if words:
                place = Place(number, number, found.start(), found.end())
                for word in words:
                    hits.setdefault(word, []).append(place)
        return hits

    def _words_of(self, raw: str) -> tuple[int, ...]:
        first = _FIRST.get(raw[0])
        if first is not None and first not in self._by_letter:
            return _remember(self._known, raw, ())
        token = _said(raw)
        like = self._by_letter.get(token.base[:1], ()) if token else ()
        return _remember(self._known, raw, tuple(number for number, forms in like if token and forms.matches(token)))

    def _nearly(self, text: str) -> dict[int, list[Place]]:
        hits = self._hits(text)
        for number, found in enumerate(TOKEN.finditer(text)):
            raw = found.group()
            words = self._known_nearly.get(raw)
            if words is None:
                token = _said(raw)
                like = tuple(i for i, forms in enumerate(self._matchers) if token and forms.nearly(token))
                words = _remember(self._known_nearly, raw, like)
            for word in words:
                hits.setdefault(word, []).append(Place(number, number, found.start(), found.end()))
        return {word: sorted(places) for word, places in hits.items()}

    @cached_property
    def words(self) -> tuple[Words, ...]:
        """Every word and phrase of the query, each once."""
        return tuple(self._parts)


class Reading:
    """One mention read for one query: which parts of the query's tree are true of it, and where."""

    def __init__(self, query: Query, mention: Mention, hits: dict[int, list[Place]]) -> None:
        self._query, self._mention, self._hits = query, mention, hits
        self._places: dict[Words, list[Place]] = {}

    def true(self, node: Node) -> bool:
        """Whether this part of the query's tree is true of the mention."""
        if isinstance(node, Words):
            return bool(self.places(node))
        if isinstance(node, Field):
            return _field_holds(node, self._mention)
        if isinstance(node, Not):
            return not self.true(node.item)
        if isinstance(node, And):
            return all(self.true(item) for item in node.items)
        if isinstance(node, Or):
            return any(self.true(item) for item in node.items)
        return next(self._pairs(node), None) is not None

    def places(self, words: Words) -> list[Place]:
        """Where a word or phrase of the query stands, in the text's order."""
        if words not in self._places:
            self._places[words] = self._find(words)
        return self._places[words]

    def match(self) -> Match:
        """The words and clauses that are true, whether or not the whole query is."""
        found: list[Found] = []
        clauses: list[str] = []
        for node in _satisfied(self, self._query.root):
            clause = str(node)
            if clause in clauses:
                continue
            clauses.append(clause)
            found += self.found(node)
        unique = sorted(dict.fromkeys(found), key=lambda f: (f.start, f.end))
        return Match(tuple(unique[:MOST_FOUND]), tuple(clauses))

    def found(self, node: Node) -> list[Found]:
        """What in the mention satisfies a word, phrase, field or NEAR; nothing for anything else."""
        clause = str(node)
        if isinstance(node, Field):
            return [Found(_value_of(node, self._mention)[:200], 0, 0, clause)]
        if isinstance(node, Words):
            return [self._mark(place, clause) for place in self.places(node)[:MOST_FOUND]]
        pairs = islice(self._pairs(node), MOST_FOUND) if isinstance(node, Near) else ()
        return [self._mark(place, clause) for pair in pairs for place in pair]

    def _mark(self, place: Place, clause: str) -> Found:
        return Found(self._mention.text[place.start : place.end], place.start, place.end, clause)

    def _find(self, words: Words) -> list[Place]:
        if symbol := self._query._symbols.get(words):
            return [Place(-1, -1, m.start(), m.end()) for m in symbol.finditer(self._mention.text)]
        parts = self._query._parts[words]
        first = self._hits.get(parts[0], [])
        if len(parts) == 1:
            return first
        rest = [{place.first: place for place in self._hits.get(part, ())} for part in parts[1:]]
        whole = [
            Place(place.first, place.first + len(rest), place.start, rest[-1][place.first + len(rest)].end)
            for place in first
            if all(place.first + 1 + i in after for i, after in enumerate(rest))
        ]
        return sorted([*whole, *self._hits.get(self._query._tags[words], ())])

    def _side(self, node: Node) -> list[Place]:
        if isinstance(node, Or):
            return sorted({place for item in node.items for place in self._side(item)})
        return [place for place in self.places(node) if place.first >= 0] if isinstance(node, Words) else []

    def _pairs(self, node: Near) -> Iterator[tuple[Place, Place]]:
        """Each place of the left side with its nearest neighbour of the right one, if that is near enough."""
        left, right = self._side(node.left), self._side(node.right)
        starts = [place.first for place in right]
        for place in left:
            after = bisect_right(starts, place.last)
            if after < len(right) and right[after].first - place.last - 1 <= node.apart:
                yield place, right[after]
                continue
            before = bisect_left(starts, place.first) - 1
            while before >= 0 and right[before].last >= place.first:  # a longer phrase that reaches into this one
                before -= 1
            if before >= 0 and place.first - right[before].last - 1 <= node.apart:
                yield place, right[before]


def _said(raw: str) -> Token | None:
    """The token folded; None for a link, whose letters are not what somebody said (`url:` finds it)."""
    link = raw[:4].lower() in ("http", "www.") and TOKEN.fullmatch(raw)
    return None if link and link["url"] else fold(raw)


def _remember(known: dict[str, tuple[int, ...]], raw: str, words: tuple[int, ...]) -> tuple[int, ...]:
    if len(known) >= _KNOWN_TOKENS:
        known.clear()
    if len(raw) <= LONGEST_WORD:
        known[raw] = words
    return words


def _satisfied(reading: Reading, node: Node) -> Iterator[Node]:
    """The clauses that made the query true: of an OR those that hold."""
    if isinstance(node, And | Or):
        for item in node.items:
            if reading.true(item):
                yield from _satisfied(reading, item)
    elif reading.true(node):
        yield node


def _value_of(field: Field, mention: Mention) -> str:
    if field.name == "author":
        return mention.author or mention.author_name or ""
    if field.name == "url":
        return mention.url or field.value
    return str(getattr(mention, field.name) or "")


def _field_holds(field: Field, mention: Mention) -> bool:
    wanted = search_text(field.value)
    if field.name == "author":
        # With @ it is the account's name; without, the name that is shown will do too.
        given = (mention.author,) if wanted.startswith("@") else (mention.author, mention.author_name)
        wanted = wanted.removeprefix("@")
        names = [search_text(name).removeprefix("@") for name in given if name]
    elif field.name == "lang":
        lang = search_text(mention.lang or "").replace("_", "-")
        return lang == wanted or lang.startswith(wanted + "-") or (field.prefix and lang.startswith(wanted))
    elif field.name == "url":
        links = [m["url"] for m in TOKEN.finditer(mention.text) if m["url"]]
        return any(wanted in search_text(link) for link in [mention.url or "", *links])
    else:
        names = [search_text(mention.source if field.name == "source" else mention.channel)]
    return any(name == wanted or (field.prefix and name.startswith(wanted)) for name in names)


def _possible(node: Node, *, wanted: bool = True) -> bool:
    """Whether the tree can be true (or, not `wanted`, false) of a text that holds no word of the query."""
    if isinstance(node, Words | Near):
        return not wanted
    if isinstance(node, Field):
        return True
    if isinstance(node, Not):
        return _possible(node.item, wanted=not wanted)
    some = any if isinstance(node, Or) == wanted else all
    return some(_possible(item, wanted=wanted) for item in node.items)
