"""Simple simulators of what services find, by their documents: they know nothing of our language but its question.

Each is `finds(question, mention)`. Words are whole words in lower case; X folds accents.
"""

from __future__ import annotations

import re
import unicodedata

from mention import Mention

_PIECES = re.compile(r'-?from:\S+|-?lang:\S+|"[^"]*"|\(|\)|[^\s()"]+')


def _words(text: str, folds: bool) -> list[str]:
    if folds:
        text = "".join(c for c in unicodedata.normalize("NFKD", text.lower()) if not unicodedata.combining(c))
    return re.findall(r"\w+", text.lower())


def _holds(term: str, mention: Mention, folds: bool) -> bool:
    """One word, phrase, #tag, @name, emoji or field of a question."""
    if term.startswith("-"):
        return not _holds(term[1:], mention, folds)
    if term.startswith("from:"):
        return (mention.author or "").lower() == term[5:].lower()
    if term.startswith("lang:"):
        return mention.lang == term[5:]
    term = term.strip('"')
    if term[:1] in ("#", "@"):
        tagged = [found.lower() for found in re.findall(r"[#@]\w+", mention.text)]
        return term.lower() in (tagged if not folds else [*tagged, *[t[0] + _words(t, True)[0] for t in tagged]])
    wanted, said = _words(term, folds), _words(mention.text, folds)
    if not wanted:
        return term in mention.text
    return any(said[i : i + len(wanted)] == wanted for i in range(len(said)))


def boolean(question: str, mention: Mention, *, folds: bool) -> bool:
    """AND (written or not) before OR, parentheses: X, Reddit, Google News."""
    pieces = _PIECES.findall(question)
    at = 0

    def either() -> bool:
        nonlocal at
        found = both()
        while at < len(pieces) and pieces[at] == "OR":
            at += 1
            found = both() or found
        return found

    def both() -> bool:
        nonlocal at
        found = True
        while at < len(pieces) and pieces[at] not in ("OR", ")"):
            if pieces[at] == "AND":
                at += 1
                continue
            if pieces[at] == "(":
                at += 1
                inner = either()
                at += 1  # the closing one
                found = inner and found
            else:
                found = _holds(pieces[at], mention, folds) and found
                at += 1
        return found

    answer = either()
    assert at == len(pieces), f"not a question that the service can read: {question}"
    return answer


def bars(question: str, mention: Mention) -> bool:
    """YouTube: alternatives between bars."""
    assert "(" not in question
    return any(_holds(term, mention, False) for term in question.split("|"))


def everything(question: str, mention: Mention) -> bool:
    """Bluesky and Mastodon: all words and phrases of the question, no OR."""
    assert " OR " not in question and "(" not in question
    return all(_holds(term, mention, False) for term in re.findall(r'"[^"]*"|\S+', question))


def finds(service: str, question: str, mention: Mention) -> bool:
    """Whether the service would show the mention to this question."""
    if service == "YouTube":
        return bars(question, mention)
    if service in ("Bluesky", "Mastodon"):
        return everything(question, mention)
    return boolean(question, mention, folds=service == "X")
