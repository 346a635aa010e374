"""A small brand for the tests of what a desk teaches: a model of a few hundred made-up words, and its lessons."""

from __future__ import annotations

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np

from mention import LANGUAGES
from nlp import fitting
from nlp.backend import HEADS
from nlp.corpus import WrittenMention
from nlp.features import Space
from nlp.lessons import Lesson, decided, read
from nlp.linear import Head, LinearModel
from nlp.normalise import forms

START = datetime(2026, 9, 1, 9, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)

# What each matter is called, by language: (words, topic, urgency, sentiment).
MATTERS = [
    ({"tr": "kargo gecikti gelmedi bekliyorum", "en": "parcel late waiting arrived"}, "delivery_delay", "same_day"),
    ({"tr": "kurye kaba bağırdı kapıda", "en": "driver rude shouted door"}, "courier", "same_day"),
    ({"tr": "kırık çizik bozuk parça", "en": "broken scratched faulty part"}, "product_defect", "same_day"),
    ({"tr": "fatura yanlış kesildi ücret", "en": "invoice wrong charged fee"}, "billing", "same_day"),
    ({"tr": "kilitlendi giremiyorum hesap şimdi", "en": "locked cannot enter account"}, "account_access", "urgent"),
    ({"tr": "duman yangın çarptı priz", "en": "smoke burning shock socket"}, "safety", "critical"),
    ({"tr": "teşekkürler harika memnun güzel", "en": "thanks great happy lovely"}, "praise", "none"),
    ({"tr": "acaba kaç açık mı saat", "en": "what time open when"}, "question", "same_day"),
]  # fmt: skip
FILLER = {
    "tr": ("bugün", "dün", "yine", "ürün", "mağaza", "sipariş", "benim", "için", "çok", "biraz", "sonra", "sabah"),
    "en": ("today", "yesterday", "again", "item", "shop", "order", "mine", "for", "very", "little", "later", "evening"),
}
MARKED = {"tr": ("dolap", "vestiyer", "gardırop"), "en": ("wardrobe", "closet", "cupboard")}
"""Words that the shipped model has seen in every matter alike, and that mean a topic of its own at this desk."""


def text_of(chance: random.Random, matter: int, language: str, *, marked: bool = False) -> str:
    words = chance.sample(MATTERS[matter][0][language].split(), 2) + chance.choices(FILLER[language], k=5)
    if marked:
        words.append(chance.choice(MARKED[language]))
    chance.shuffle(words)
    return " ".join(words)


def sentiment_of(topic: str) -> str:
    return {"praise": "positive", "question": "neutral"}.get(topic, "negative")


@cache
def written() -> tuple[WrittenMention, ...]:
    """The shipped mentions: every matter, in both languages."""
    chance = random.Random(1)
    made = []
    for i in range(640):
        matter, language = i % len(MATTERS), LANGUAGES[(i // len(MATTERS)) % 2]
        _, topic, urgency = MATTERS[matter]
        text = text_of(chance, matter, language, marked=i % 3 == 0)
        made.append(WrittenMention(text, language, sentiment_of(topic), urgency, topic, f"theme {i}"))
    return tuple(made)


@cache
def model() -> LinearModel:
    """The shipped model of the toy brand."""
    spaces, heads = {}, {}
    for language in LANGUAGES:
        ours = [mention for mention in written() if mention.language == language]
        words = [forms(mention.text, language) for mention in ours]
        spaces[language] = space = Space.fit(words, words=500, chars=500)
        rows = fitting.matrix(space, words)
        for head, labels in HEADS.items():
            truth = np.array([labels.index(getattr(mention, head)) for mention in ours])
            coef, intercept = fitting.logistic(rows, truth, len(labels), np.ones(len(truth)), 3.0)
            intercept = intercept.clip(-6)  # a label that is never seen is still possible, as in the shipped model
            heads[f"{head}.{language}"] = Head(language, labels, coef.astype(np.float32), intercept.astype(np.float32))
    decision = {"hot": 0.3, "critical": 0.3, "sure": {"sentiment": 0.4, "urgency": 0.1, "topic": 0.2}}
    return LinearModel(spaces, heads, decision, "linear-1-toy00000")


def evaluation() -> list[dict[str, Any]]:
    """Texts that nobody learns from, as the shipped evaluation has them."""
    chance = random.Random(2)
    made = []
    for i in range(320):
        matter, language = i % len(MATTERS), LANGUAGES[(i // len(MATTERS)) % 2]
        _, topic, urgency = MATTERS[matter]
        labels = {"sentiment": sentiment_of(topic), "urgency": urgency, "topic": topic}
        made.append({"text": text_of(chance, matter, language), "lang": language, **labels})
    return made


def lessons(
    count: int, truth: Callable[[random.Random, bool, str], str], *, seed: int = 3, persons: int | None = None
) -> list[Lesson]:
    """`count` mentions that people decided on, one an hour: `truth` gives the topic from (chance, marked, usual one);
    where the model says otherwise, it was corrected."""
    chance = random.Random(seed)
    texts, topics, languages = [], [], []
    for i in range(count):
        language, marked = LANGUAGES[i % 2], chance.random() < 0.5
        matter = chance.choice([0, 1, 2, 3, 7])
        texts.append(f"{text_of(chance, matter, language, marked=marked)} {i}")
        topics.append(truth(chance, marked, MATTERS[matter][1]))
        languages.append(language)
    toy = model()
    sheet = read(list(zip(texts, languages, strict=True)), toy, toy.spaces)
    said = {head: decided(head, sheet.logs[head], sheet.floors, toy.decision) for head in HEADS}
    made = []
    for i, (text, topic, language) in enumerate(zip(texts, topics, languages, strict=True)):
        labels = {head: HEADS[head][said[head][i]] for head in HEADS} | {"topic": topic}
        corrected = frozenset({"topic"} if topic != HEADS["topic"][said["topic"][i]] else ())
        person = f"x {seed} {i % persons if persons else i}"
        at = START + timedelta(hours=i)
        made.append(Lesson(seed * 100_000 + i, text, person, at, labels, corrected, None, language))
    return made


def own_topic(chance: random.Random, marked: bool, usual: str) -> str:
    """The desk's convention: whatever is about a wardrobe goes to `other`, a team of its own."""
    return "other" if marked else usual


def noise(chance: random.Random, marked: bool, usual: str) -> str:
    """People who correct a third of the topics to anything."""
    return chance.choice(HEADS["topic"]) if chance.random() < 0.33 else usual
