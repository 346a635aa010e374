"""Why a label: the customer's own words that pulled towards it, quoted as they stand in the text."""

from __future__ import annotations

from collections.abc import Sequence

from nlp.normalise import Token
from nlp.rules import Hit

MOST = 4
"""Reasons per label: what fits on one line of the board, and what a person reads in a glance."""

_SHARE = 0.08
"""A word must carry this share of all that pulled towards the label; below it a word is noise of the letter grams."""

_LINKS = "ve ile bir bu da de ki o mi mu icin gibi the a an of to in is it and i you my for on at was with that"
_TOO_COMMON = frozenset(_LINKS.split())


def words(text: str, tokens: Sequence[Token], pull: Sequence[float], most: int = MOST) -> tuple[str, ...]:
    """The words with the strongest pull towards a label, strongest first, each spelled as in `text`.

    `pull` is log-odds per token (Judgement.pull). Words that pull the other way are never given; a text in which
    nothing pulled gives none.
    """
    least = _SHARE * sum(value for value in pull if value > 0)
    summed: dict[str, float] = {}
    first: dict[str, Token] = {}
    for token, value in zip(tokens, pull, strict=True):
        form = token.form
        if form in summed:
            summed[form] += value
        elif form not in _TOO_COMMON and form[0] != "<":
            summed[form] = value
            first[form] = token
    strong = [form for form, value in summed.items() if value > 0 and value >= least]
    strong.sort(key=lambda form: (-summed[form], form))
    return tuple(text[first[form].start : first[form].end] for form in strong[:most])


def of_rules(text: str, tokens: Sequence[Token], hits: Sequence[Hit]) -> tuple[str, ...]:
    """What set off the hard rules, quoted as one piece of `text` each."""
    quotes = (text[tokens[hit.first].start : tokens[hit.last - 1].end] for hit in hits)
    return tuple(dict.fromkeys(" ".join(quote.split()) for quote in quotes))
