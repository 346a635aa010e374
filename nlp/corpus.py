"""What the models learn from: the project's own mentions, and the licensed sets named in SETS with their licences.

Development and gold sets are no part of this file on purpose: nothing here can read them.
"""

from __future__ import annotations

import json
import random
import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mention import LANGUAGES, SENTIMENTS, TOPICS, URGENCIES


class TrainingError(Exception):
    """Training cannot begin or go on; the sentence says which file or line, and what to do."""


@dataclass(frozen=True)
class LicensedSet:
    """A public set: its file under `sentiment/train`, language, licence and source, and how many rows are used."""

    file: str
    language: str
    licence: str
    what: str
    rows: int
    per_label: int | None = None
    """At most this many rows of one label, where one label would drown the other."""


SETS = (
    LicensedSet(
        "semeval2017_en.jsonl",
        "en",
        "public research task (SemEval-2017 task 4); texts under Twitter's terms",
        "48k tweets, three classes; what overlaps with tweeteval's validation and test sets was removed",
        rows=48_200,
    ),
    LicensedSet("boun_movies_tr.jsonl", "tr", "MIT", "film reviews, positive or negative", rows=6_000),
    LicensedSet("boun_tweets_tr.jsonl", "tr", "MIT", "tweets, positive or negative", rows=2_000),
    LicensedSet(
        "humir_reviews_tr.jsonl",
        "tr",
        "research release by its authors; a re-upload states Apache-2.0",
        "film and hotel reviews, positive or negative",
        rows=14_000,
    ),
    LicensedSet(
        "winvoker_reviews_tr.jsonl",
        "tr",
        "CC BY-SA 4.0 by the upstream card, unverified",
        "shop reviews, positive or negative",
        rows=14_000,
        per_label=8_000,
    ),
)


@dataclass(frozen=True)
class Example:
    """A labelled text of a licensed set."""

    text: str
    sentiment: str


@dataclass(frozen=True)
class WrittenMention:
    """A mention written for this project by the rubric; `theme` groups texts about one matter, for honest folds."""

    text: str
    language: str
    sentiment: str
    urgency: str
    topic: str
    theme: str


def licensed(data_folder: Path, language: str, seed: int) -> tuple[list[Example], list[LicensedSet]]:
    """The licensed examples of a language, at most `rows` of each set drawn with `seed`, and the sets they came from.

    Sets that are not in the folder are left out. Raises TrainingError when a line is broken.
    """
    examples: list[Example] = []
    used: list[LicensedSet] = []
    for chosen in SETS:
        path = data_folder / "sentiment" / "train" / chosen.file
        if chosen.language != language or not path.is_file():
            continue
        rows = [_example(record, path, number) for number, record in records(path)]
        random.Random(f"{seed} {chosen.file}").shuffle(rows)
        if chosen.per_label is not None:
            kept: list[Example] = []
            for label in SENTIMENTS:
                kept += [row for row in rows if row.sentiment == label][: chosen.per_label]
            rows = kept
            random.Random(f"{seed} {chosen.file} mixed").shuffle(rows)
        examples += rows[: chosen.rows]
        used.append(chosen)
    return examples, used


def written(folder: Path) -> list[WrittenMention]:
    """The project's own mentions from every `*.jsonl` of a folder, in file order, repeated texts once.

    Raises TrainingError when there are none, or naming the file and line of one that is not by the rubric.
    """
    mentions: dict[str, WrittenMention] = {}
    for path in sorted(folder.glob("*.jsonl")):
        for number, record in records(path):
            mention = _written(record, path, number)
            mentions.setdefault(" ".join(mention.text.lower().split()), mention)
    if not mentions:
        raise TrainingError(f"There are no training mentions (*.jsonl) in {folder}; urgency and topic need them.")
    return list(mentions.values())


def fold_of(theme: str, folds: int) -> int:
    """The fold of a theme: the same theme is never on both sides, and adding mentions moves no other theme."""
    return zlib.crc32(theme.encode("utf-8")) % folds


def records(path: Path) -> Iterable[tuple[int, dict[str, Any]]]:
    """The lines of a JSONL file with their numbers, each with a `text`. Raises TrainingError naming a broken one."""
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if not line.strip():
                    continue
                record = json.loads(line)
                if not isinstance(record, dict) or not isinstance(record.get("text"), str) or not record["text"]:
                    raise TrainingError(f"{path}, line {number}: no text in it; mend or remove the line.")
                yield number, record
    except (OSError, UnicodeDecodeError) as error:
        raise TrainingError(f"{path} cannot be read as UTF-8 text: {error}.") from None
    except json.JSONDecodeError as error:
        raise TrainingError(f"{path}: a line is not JSON ({error}); mend or remove it.") from None


def _example(record: dict[str, Any], path: Path, number: int) -> Example:
    return Example(record["text"], _label(record, "label", SENTIMENTS, path, number))


def _written(record: dict[str, Any], path: Path, number: int) -> WrittenMention:
    return WrittenMention(
        text=record["text"],
        language=_label(record, "lang", LANGUAGES, path, number),
        sentiment=_label(record, "sentiment", SENTIMENTS, path, number),
        urgency=_label(record, "urgency", URGENCIES, path, number),
        topic=_label(record, "topic", TOPICS, path, number),
        theme=str(record.get("theme") or f"{path.name} {number}"),
    )


def _label(record: dict[str, Any], field: str, allowed: tuple[str, ...], path: Path, number: int) -> str:
    value = record.get(field)
    if value not in allowed:
        raise TrainingError(f"{path}, line {number}: {field} is {value!r}, not one of {', '.join(allowed)}.")
    return str(value)
