"""A mention as the grouping by incident sees it: stems, facts, links, hashtags, conversation and topic.

Every feature is a string: a stem (`kurut`), a meaning that two languages share (`~fire`), or `kind:value`.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass

from mention import Fact, Mention, Score
from nlp.incidents_words import stem
from nlp.matters_copies import folded
from nlp.matters_evidence import marks
from nlp.normalise import clean, fold, lower, tokens

READ_LIMIT = 1_500
"""Characters that are read: a complaint states its matter early, and a page of text must not outvote the others."""
MOST = 48
"""Features of one mention; of a longer text the first that come count, facts before words."""
SAYS_ENOUGH = 40
"""Folded characters from which an equal text is a copy; below that, anybody may have written the same."""

LANGUAGE = "lang"
"""The kind of the feature that says in which language a mention is; evidence of nothing."""

_CODE = re.compile(r"[a-z]{1,8}\d{1,6}")
_NUMBER = re.compile(r"\d{3,5}(?!\d)|\d{1,3}[.,]\d{2,3}(?![\d.,])")  # a price or a year; longer is somebody's order
_FACTS = {
    "product": "product",
    "carrier": "carrier",
    "city": "place",
    "tracking": "tracking",
}
_PREFIX = re.compile(r"[A-Za-z]{1,6}")
_MEDIA = ("media", "media_id", "image", "video")  # where collectors put what was posted with the words


@dataclass(frozen=True)
class BrandFacts:
    """What every mention of the brand may hold and so proves nothing: its `names`, and its `own` hashtags and hosts."""

    names: frozenset[str] = frozenset()
    own: frozenset[str] = frozenset()

    def __post_init__(self) -> None:
        stems = {stem(fold(lower(word, "tr"))) for name in self.names for word in name.split()}
        plain = {fold(lower(one.lstrip("#"), "tr")) for one in self.own}
        plain |= {fold(lower(name.replace(" ", ""), "tr")) for name in self.names}
        object.__setattr__(self, "names", frozenset(stems - {""}))
        object.__setattr__(self, "own", frozenset(plain))


@dataclass(frozen=True, slots=True)
class Read:
    """What counts of a mention: `features` with the words they were written in, in the order of the text; `copy`: a
    short hash of the folded text, empty where the text is too short to be a copy of anything."""

    features: dict[str, str]
    copy: str


def read(mention: Mention, score: Score, brand: BrandFacts) -> Read:
    """The features of a mention with its score. Never raises for what a customer wrote."""
    features: dict[str, str] = {f"{LANGUAGE}:{score.language}": ""}
    for fact in score.facts:
        _put_fact(features, fact)
    language = score.language
    for mark in sorted(marks(mention.text, language, brand.own)):
        features[mark] = mark.partition(":")[2]
    if mention.thread_id:
        features[f"thread:{mention.source}:{mention.thread_id[:200]}"] = ""
    for name in _MEDIA:
        value = mention.extra.get(name)
        if isinstance(value, str) and 4 < len(value) <= 500:
            features[f"media:{value}"] = value
    if "topic" not in score.abstained:
        features[f"topic:{score.topic.label}"] = score.topic.label
    text = clean(mention.text, READ_LIMIT)
    covered = [(one.start, one.end) for one in score.facts if one.kind not in ("date", "duration", "offence")]
    for token in tokens(text, language):
        if len(features) >= MOST:
            break
        if any(start <= token.start < end for start, end in covered):
            continue  # a fact already says it, with its meaning
        written = text[token.start : token.end]
        found = _stem(token.form, written)
        if found and found not in brand.names:
            features.setdefault(found, written[:40])
    plain = folded(mention.text, language)
    digest = hashlib.blake2b(plain.encode("utf-8", "replace"), digest_size=8).hexdigest()
    return Read(features, digest if len(plain) >= SAYS_ENOUGH else "")


def kind_of(feature: str) -> str:
    """The kind of a feature; `words` for stems, which are of one language, `meaning` for what two languages share."""
    if feature[0] == "~":
        return "meaning"
    kind, colon, _ = feature.partition(":")
    return kind if colon else "words"


def _stem(form: str, written: str) -> str:
    if any(char.isdigit() for char in form):
        if found := _CODE.match(fold(written.lower())):
            return f"code:{found.group()}"
        number = _NUMBER.match(written)
        return f"amount:{number.group().replace(',', '.')}" if number else ""
    return stem(form)


def _put_fact(features: dict[str, str], fact: Fact) -> None:
    value = fact.value.strip()[:120]
    if not value:
        return
    if fact.kind == "city":
        district, comma, province = value.partition(", ")
        features[f"place:{province or district}"] = province or district
        if comma:
            features[f"place:{district}, {province}"] = value
    elif fact.kind == "order":
        features[f"order:{value}"] = value
        if found := _PREFIX.match(value):
            features[f"prefix:{found.group().upper()}"] = found.group().upper()
    elif fact.kind == "amount":
        features[f"amount:{value.split(' ')[0]}"] = value  # without the currency, which most leave out
    elif fact.kind == "code":
        features[f"code:{fold(value.lower())}"] = value
    elif fact.kind in _FACTS:
        features[f"{_FACTS[fact.kind]}:{value}"] = value
