"""Which pieces of the customer's words drove the score: the text cut into marked and unmarked pieces. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from mention import search_text

Piece = tuple[str, tuple[str, ...]]
"""A piece of the text, and the heads (sentiment, urgency, topic) it spoke for; none where it is unmarked."""


def marked(text: str, reasons: Mapping[str, Sequence[str]]) -> list[Piece]:
    """The whole of `text`, in order, in pieces: joined they are the text again, letter by letter.

    `reasons` are the words that drove each head, quoted from the text. They are found whichever way they are written
    (case, accents, Turkish letters, line breaks), and only where they begin a word.
    """
    folded, origin = _fold(text)
    heads_at: list[set[str]] = [set() for _ in text]
    for head, words in reasons.items():
        for word in words:
            wanted = search_text(word)
            at = folded.find(wanted) if wanted else -1
            while at >= 0:
                end = at + len(wanted)
                if _stands_alone(folded, at, end):
                    for i in range(origin[at], origin[end - 1] + 1):
                        heads_at[i].add(head)
                at = folded.find(wanted, end)
    return _cut(text, heads_at)


def _fold(text: str) -> tuple[str, list[int]]:
    """The text as it is compared, and for each of its letters the place it came from."""
    letters: list[str] = []
    origin: list[int] = []
    for place, char in enumerate(text):
        folded = " " if char.isspace() else search_text(char)
        if folded == " " and letters and letters[-1] == " ":
            continue
        letters.extend(folded)
        origin.extend([place] * len(folded))
    return "".join(letters), origin


def _stands_alone(folded: str, start: int, end: int) -> bool:
    before = folded[start - 1] if start else " "
    after = folded[end] if end < len(folded) else " "
    return not (before.isalnum() and folded[start].isalnum()) and not (after.isalnum() and folded[end - 1].isalnum())


def _cut(text: str, heads_at: Sequence[set[str]]) -> list[Piece]:
    pieces: list[Piece] = []
    start = 0
    for place in range(1, len(text) + 1):
        if place == len(text) or heads_at[place] != heads_at[start]:
            pieces.append((text[start:place], tuple(sorted(heads_at[start]))))
            start = place
    return pieces
