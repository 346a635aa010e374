"""The query language's grammar: a text becomes a tree, and every tree can be written as text again.

    query  = all {OR all}
    all    = clause {[AND] clause}
    clause = (NOT | -) clause | near
    near   = atom [NEAR/n atom]
    atom   = "(" query ")" | field:value | word | word* | "phrase" | ="exact"

VE, VEYA and DEĞİL are AND, OR and NOT. Reference: docs/reference/query.md; why by hand: docs/why/query.md.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from collectors.query.turkish import APOSTROPHES, LONGEST_WORD, MARKS, TOKEN

MAX_LENGTH = 2000
"""Characters of a query; `query` in the settings allows as many."""

MAX_TERMS = 200
"""Words, phrases and fields of a query: more cannot be read by a person, and each costs time for every mention."""

MAX_DEPTH = 20
"""Parentheses and NOTs inside one another; deeper is an accident, and the parser calls itself."""

MAX_NEAR = 50

FIELDS = ("author", "source", "lang", "channel", "url")
_KEYWORDS = {"AND": "AND", "VE": "AND", "OR": "OR", "VEYA": "OR", "NOT": "NOT", "DEĞİL": "NOT", "DEGIL": "NOT"}
_NEAR = re.compile(r"NEAR(?:/(\d{1,4}))?")
_QUOTES = '"“”„«»'
_FIELD = re.compile(r"([^\W\d_]+):")
_BARE = re.compile(rf"[#@]?\w[\w{MARKS}{APOSTROPHES}]*")
_FOREIGN_SIGNS = {"&": "AND", "&&": "AND", "+": "AND", "|": "OR", "||": "OR", "!": "NOT", "-": "NOT"}


class QueryError(ValueError):
    """A query that cannot be understood; the message is a sentence with the column (from 1) and what to do."""

    def __init__(self, column: int, sentence: str) -> None:
        super().__init__(f"Query, column {column}: {sentence}")
        self.column = column


@dataclass(frozen=True)
class Words:
    """A word, or several words side by side; `exact` allows no endings, `prefix` any ending."""

    text: str
    exact: bool = False
    prefix: bool = False

    def __str__(self) -> str:
        if self.prefix:
            return f"{self.text}*"
        if not self.exact and _BARE.fullmatch(self.text) and not _is_keyword(self.text):
            return self.text
        return f'="{self.text}"' if self.exact else f'"{self.text}"'


@dataclass(frozen=True)
class Field:
    """A limit on something other than the text: author, source, lang, channel or url."""

    name: str
    value: str
    prefix: bool = False

    def __str__(self) -> str:
        star = "*" if self.prefix else ""
        bare = re.fullmatch(r"@?[\w./-]+", self.value)
        return f"{self.name}:{self.value}{star}" if bare else f'{self.name}:"{self.value}{star}"'


@dataclass(frozen=True)
class Near:
    """Two words or phrases (or an OR of such) with at most `apart` words between them, in either order."""

    left: Node
    right: Node
    apart: int

    def __str__(self) -> str:
        return f"{_inside(self.left)} NEAR/{self.apart} {_inside(self.right)}"


@dataclass(frozen=True)
class Not:
    """What must not be."""

    item: Node

    def __str__(self) -> str:
        return f"NOT {_inside(self.item)}"


@dataclass(frozen=True)
class And:
    """All of at least two clauses."""

    items: tuple[Node, ...]

    def __str__(self) -> str:
        return " AND ".join(f"({item})" if isinstance(item, Or) else str(item) for item in self.items)


@dataclass(frozen=True)
class Or:
    """At least one of at least two."""

    items: tuple[Node, ...]

    def __str__(self) -> str:
        return " OR ".join(str(item) for item in self.items)


Node = Words | Field | Near | Not | And | Or


def _inside(node: Node) -> str:
    return f"({node})" if isinstance(node, And | Or | Near) else str(node)


def _is_keyword(text: str) -> bool:
    return text in _KEYWORDS or _NEAR.fullmatch(text) is not None


def all_of(items: list[Node]) -> Node:
    """One clause as it is, several as And; an And inside becomes part of it."""
    flat = [part for item in items for part in (item.items if isinstance(item, And) else (item,))]
    return flat[0] if len(flat) == 1 else And(tuple(flat))


def any_of(items: list[Node]) -> Node:
    """One alternative as it is, several as Or; an Or inside becomes part of it."""
    flat = [part for item in items for part in (item.items if isinstance(item, Or) else (item,))]
    return flat[0] if len(flat) == 1 else Or(tuple(flat))


def leaves(node: Node) -> Iterator[Words | Field]:
    """Every word, phrase and field of a tree, from left to right."""
    if isinstance(node, Words | Field):
        yield node
    elif isinstance(node, Near):
        yield from leaves(node.left)
        yield from leaves(node.right)
    elif isinstance(node, Not):
        yield from leaves(node.item)
    else:
        for item in node.items:
            yield from leaves(item)


@dataclass(frozen=True)
class _Piece:
    kind: str  # one of ( ) AND OR NOT NEAR term end
    column: int
    node: Words | Field | None = None
    apart: int = 0


def parse(text: str) -> tuple[Node, tuple[str, ...]]:
    """The tree of a query, and notes on what is allowed but probably meant otherwise. Raises QueryError."""
    if len(text) > MAX_LENGTH:
        raise QueryError(MAX_LENGTH + 1, f"a query has at most {MAX_LENGTH} characters; this one has {len(text)}.")
    pieces = list(_pieces(text))
    terms = [piece for piece in pieces if piece.kind == "term"]
    if len(terms) > MAX_TERMS:
        raise QueryError(
            terms[MAX_TERMS].column, f"a query has at most {MAX_TERMS} words, phrases and fields; split it in two."
        )
    if len(pieces) == 1:
        raise QueryError(1, "the query is empty. Write the words to look for, such as kargo OR iade.")
    parser = _Parser(pieces)
    node = parser.either(0)
    left = parser.piece
    if left.kind == ")":
        raise QueryError(left.column, "this parenthesis was never opened. Remove it, or open one before.")
    return node, tuple(_notes(terms))


def _notes(terms: list[_Piece]) -> Iterator[str]:
    for piece in terms:
        if isinstance(piece.node, Words) and piece.node.text in ("and", "or", "not", "ve", "veya", "değil", "degil"):
            word = piece.node.text
            operator = _KEYWORDS[word.upper().replace("DEĞIL", "DEĞİL")]
            yield f"Query, column {piece.column}: {word!r} is looked for as a word; the operator is {operator}."


class _Parser:
    def __init__(self, pieces: list[_Piece]) -> None:
        self._pieces = pieces
        self._at = 0

    @property
    def piece(self) -> _Piece:
        return self._pieces[self._at]

    def _take(self) -> _Piece:
        piece = self.piece
        self._at += 1
        return piece

    def either(self, depth: int) -> Node:
        items = [self._both(depth)]
        while self.piece.kind == "OR":
            self._take()
            items.append(self._both(depth))
        return any_of(items)

    def _both(self, depth: int) -> Node:
        items = [self._clause(depth)]
        while self.piece.kind in ("AND", "NOT", "(", "term"):
            if self.piece.kind == "AND":
                self._take()
            items.append(self._clause(depth))
        return all_of(items)

    def _clause(self, depth: int) -> Node:
        if depth > MAX_DEPTH:
            raise QueryError(
                self.piece.column, f"more than {MAX_DEPTH} levels of parentheses and NOT; write it flatter."
            )
        if self.piece.kind == "NOT":
            self._take()
            return Not(self._clause(depth + 1))
        left = self._atom(depth)
        if self.piece.kind != "NEAR":
            return left
        near = self._take()
        right = self._atom(depth)
        if self.piece.kind == "NEAR":
            raise QueryError(
                self.piece.column, "NEAR joins two sides only. For three words write (a NEAR/5 b) AND (b NEAR/5 c)."
            )
        for side in (left, right):
            parts = side.items if isinstance(side, Or) else (side,)
            if not all(isinstance(part, Words) for part in parts):
                raise QueryError(near.column, "NEAR joins words and phrases, or an OR of such in parentheses.")
        return Near(left, right, near.apart)

    def _atom(self, depth: int) -> Node:
        piece = self._take() if self.piece.kind != "end" else self.piece
        if piece.node is not None:
            return piece.node
        if piece.kind == "(":
            if self.piece.kind == ")":
                raise QueryError(piece.column, "there is nothing inside these parentheses. Fill or remove them.")
            node = self.either(depth + 1)
            if self.piece.kind != ")":
                raise QueryError(piece.column, "the parenthesis opened here is never closed. Add a ) where it ends.")
            self._take()
            return node
        if piece.kind == "end":
            before = self._pieces[self._at - 1]
            what = f"after {before.kind} there has to be a word" if self._at else "the query is empty"
            raise QueryError(before.column, f"{what}, a phrase or a group. Add it, or remove {before.kind}.")
        if piece.kind == ")":
            raise QueryError(piece.column, "a word is missing before this parenthesis, or it was never opened.")
        raise QueryError(piece.column, f"{piece.kind} needs something to its left; quote it to find the word itself.")


def _pieces(text: str) -> Iterator[_Piece]:
    at = 0
    while at < len(text):
        letter, column = text[at], at + 1
        if letter.isspace():
            at += 1
        elif letter in "()":
            yield _Piece(letter, column)
            at += 1
        elif letter in "-−–" and at + 1 < len(text) and not text[at + 1].isspace() and text[at + 1] not in ")-−–":
            yield _Piece("NOT", column)
            at += 1
        else:
            piece, at = _term(text, at)
            yield piece
    yield _Piece("end", len(text) + 1)


def _term(text: str, at: int) -> tuple[_Piece, int]:
    column = at + 1
    exact = text[at] == "="
    if exact:
        at += 1
    field = None if exact else _FIELD.match(text, at)
    if field and field[1].lower() in FIELDS:
        value, end, _ = _value(text, field.end(), column, f"{field[1]}: needs its value directly after the colon")
        return _Piece("term", column, _field(field[1].lower(), value, column)), end
    value, end, quoted = _value(text, at, column, "= stands directly before a word or a phrase")
    if quoted or exact:
        return _Piece("term", column, _words(value, exact, quoted, column)), end
    if value in _KEYWORDS:
        return _Piece(_KEYWORDS[value], column), end
    if near := _NEAR.fullmatch(value):
        if near[1] is None or int(near[1]) > MAX_NEAR:
            raise QueryError(column, f"NEAR needs a distance in words from 0 to {MAX_NEAR}, such as NEAR/5.")
        return _Piece("NEAR", column, apart=int(near[1])), end
    if value in _FOREIGN_SIGNS:
        raise QueryError(column, f"{value!r} is no operator here; write {_FOREIGN_SIGNS[value]}, or quote it.")
    if field:
        raise QueryError(column, _unknown_field(field[1], value))
    return _Piece("term", column, _words(value, exact, quoted, column)), end


def _value(text: str, at: int, column: int, missing: str) -> tuple[str, int, bool]:
    """A quoted or bare value that begins at `at`, where it ends, and whether it was quoted."""
    if at < len(text) and text[at] in _QUOTES:
        close = next((i for i in range(at + 1, len(text)) if text[i] in _QUOTES), -1)
        if close < 0:
            raise QueryError(at + 1, "the quotation mark opened here is never closed. Add one where the phrase ends.")
        return " ".join(text[at + 1 : close].split()), close + 1, True
    end = at
    while end < len(text) and not text[end].isspace() and text[end] not in "()" + _QUOTES:
        end += 1
    if end == at:
        raise QueryError(column, f"{missing}.")
    return text[at:end], end, False


def _field(name: str, value: str, column: int) -> Field:
    prefix = value.endswith("*") and len(value) > 1
    value = value.removesuffix("*") if prefix else value
    if not any(c.isalnum() for c in value) or "*" in value:
        raise QueryError(column, f"{name}: needs a value with letters or digits; a * may stand at its end only.")
    return Field(name, " ".join(value.split()), prefix and name != "url")


def _unknown_field(name: str, value: str) -> str:
    if name.lower() in ("http", "https"):
        return f'links are looked for with url:, such as url:"{value[:60]}".'
    meant = difflib.get_close_matches(name.lower(), FIELDS, n=1)
    hint = f"did you mean {meant[0]}:?" if meant else "fields are " + ", ".join(f"{field}:" for field in FIELDS) + "."
    return f'there is no field {name}:; {hint} To find these words, quote them: "{value[:60]}".'


def _words(value: str, exact: bool, quoted: bool, column: int) -> Words:
    prefix = not quoted and not exact and value.endswith("*")
    value = value.removesuffix("*") if prefix else value
    tokens = [m for m in TOKEN.finditer(value)]
    if "*" in value:
        raise QueryError(column, "a * stands at the end of a single word outside quotation marks, such as karg*.")
    if any(m["url"] for m in tokens):
        raise QueryError(column, f'links are looked for with url:, such as url:"{value[:60]}".')
    if not value.strip() and not prefix:
        raise QueryError(column, "there is nothing between these quotation marks. Fill or remove them.")
    if prefix and (len(tokens) != 1 or sum(c.isalnum() for c in value) < 2):
        raise QueryError(column, "a * needs a single word with at least two letters before it.")
    if any(len(m["word"]) > LONGEST_WORD for m in tokens):
        raise QueryError(column, f"a word of more than {LONGEST_WORD} letters is never looked for; shorten it.")
    return Words(tokens[0].group() if prefix else value, exact, prefix)
