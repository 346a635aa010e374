"""Texts with what is known of each, from the licensed sets and the project's own mentions.

A set tells only what its annotators were asked. A film review marked positive says that it is not negative; whether it
would have been called neutral, nobody asked, so its loss is taken among the labels it could have had (`could_be`).
Helper sets (banking intents, emotions) train heads of their own that are thrown away: they teach the encoder, cheaply,
what customers of banks want and what Turkish and English feelings look like.
"""

from __future__ import annotations

import csv
import json
import random
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mention import LANGUAGES, SENTIMENTS
from nlp.backend import HEADS
from nlp.corpus import SETS, LicensedSet, TrainingError, WrittenMention, licensed, records
from nlp.normalise import clean, fold
from nlp.pieces import prepare

EMOTIONS = 8
"""Plutchik's eight, as XED numbers them from 1; a sentence can have several."""

HELPERS = (
    LicensedSet("banking77_en.jsonl", "en", "CC BY 4.0", "questions to a bank, 77 intents (helper head)", rows=10_003),
    LicensedSet("xed_emotions_tr.tsv", "tr", "CC BY 4.0", "film subtitles, eight emotions (helper head)", rows=12_000),
    LicensedSet("xed_emotions_en.tsv", "en", "CC BY 4.0", "film subtitles, eight emotions (helper head)", rows=8_000),
)
"""Helper sets under `topic/` of the data folder."""


@dataclass(frozen=True)
class Example:
    """A text and what is known of it: per head the label's place; -1 is unknown.

    `could_be` has the sentiments its annotators could choose from; `intent` and `emotions` are helpers' labels.
    """

    text: str
    language: str
    labels: dict[str, int] = field(default_factory=dict)
    could_be: tuple[bool, ...] = (True,) * len(SENTIMENTS)
    intent: int = -1
    emotions: tuple[int, ...] | None = None

    def read(self) -> str:
        """The text as it is cut into pieces."""
        return prepare(clean(self.text), self.language)


def own(mentions: Sequence[WrittenMention]) -> list[Example]:
    """The project's own mentions, all heads known."""
    return [
        Example(
            mention.text,
            mention.language,
            {head: labels.index(getattr(mention, head)) for head, labels in HEADS.items()},
        )
        for mention in mentions
    ]


def borrowed(data_folder: Path, seed: int) -> tuple[list[Example], list[LicensedSet]]:
    """The licensed sets' texts (see corpus.SETS) and the helpers', and which sets were there."""
    found: list[Example] = []
    used: list[LicensedSet] = []
    for language in LANGUAGES:
        texts, sets = licensed(data_folder, language, seed)
        kinds = {text.sentiment for text in texts}
        could_be = tuple(label in kinds for label in SENTIMENTS)
        found += [
            Example(text.text, language, {"sentiment": SENTIMENTS.index(text.sentiment)}, could_be) for text in texts
        ]
        used += sets
    for helper in HELPERS:
        path = data_folder / "topic" / helper.file
        if not path.is_file():
            continue
        try:
            rows = list(_helper(path, helper.language))
        except (OSError, ValueError, KeyError) as error:
            raise TrainingError(f"{path} cannot be read as the helper set it should be: {error!r}.") from None
        random.Random(f"{seed} {helper.file}").shuffle(rows)
        found += rows[: helper.rows]
        used.append(helper)
    return found, used


def everything(data_folder: Path) -> Iterator[str]:
    """Every read text of the licensed and helper sets, drawn or not: what the vocabulary is counted on."""
    for language in LANGUAGES:
        for chosen in SETS:
            path = data_folder / "sentiment" / "train" / chosen.file
            if chosen.language == language and path.is_file():
                yield from (Example(record["text"], language).read() for _, record in records(path))
    for helper in HELPERS:
        path = data_folder / "topic" / helper.file
        if path.is_file():
            yield from (example.read() for example in _helper(path, helper.language))


def _helper(path: Path, language: str) -> Iterator[Example]:
    with path.open(encoding="utf-8", newline="") as lines:
        if path.suffix == ".jsonl":
            records = [json.loads(line) for line in lines if line.strip()]
            intents = {name: place for place, name in enumerate(sorted({record["label"] for record in records}))}
            for record in records:
                yield Example(record["text"], language, intent=intents[record["label"]])
        else:
            for text, numbers, *_ in list(csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE))[1:]:
                told = {int(number) - 1 for number in numbers.split(",")}
                yield Example(text, language, emotions=tuple(int(place in told) for place in range(EMOTIONS)))


_VOWELS = re.compile(r"(?<=\w)[aeıioöuü](?=\w)")


def typed(text: str, language: str, dice: random.Random) -> str:
    """A read text as another hand would have typed it: in ASCII, with a slip, without its marks, or unchanged.

    `text` is what `Example.read` gives. Half of the Turkish texts lose their accents: that is how they are typed.
    """
    if language == "tr" and dice.random() < 0.5:
        text = fold(text)
    if dice.random() < 0.12:
        text = "".join(char for char in text if char not in ".,!?;:'\"")
    if len(text) > 8 and dice.random() < 0.15:
        for _ in range(1 + len(text) // 80):
            place = dice.randrange(1, len(text) - 2)
            slip = dice.random()
            if slip < 0.35:
                text = text[:place] + text[place + 1 :]
            elif slip < 0.7:
                text = text[:place] + text[place + 1] + text[place] + text[place + 2 :]
            else:
                text = text[:place] + text[place] + text[place:]
    if dice.random() < 0.02:
        text = _VOWELS.sub("", text)
    return text
