"""The lines of an imported file: their numbers, what becomes of each, and what is said once per file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from collectors.protocol import Fetched
from mention import MAX_TEXT, Mention, clean_text, parse_mention

MAX_LINE = 6 * MAX_TEXT + 1_000_000
"""Characters of one line that are looked at: the longest text, every character of it escaped as \\uXXXX."""

MAX_RAW = 1_000_000
"""Characters of a line without a readable mention that are kept for the quarantine."""

MAX_NOTES = 500
"""Different notes of one file; a file in which every line has fields of its own must not fill the memory."""

ESCAPED = re.compile("[\udc80-\udcff]")
"""What a byte that is not in the file's encoding becomes (error handler surrogateescape)."""


class UnreadableFile(OSError):
    """A file of which no line can be read as a mention; the message is a sentence that says what to do."""


@dataclass(frozen=True)
class Good:
    """A line that is a mention; `notes` say what was assumed or moved, each once per file.

    `part` is what `line` counts: the lines of a file, the mails of a mailbox, the items of a saved page.
    """

    line: int
    fetched: Fetched
    notes: tuple[str, ...] = ()
    part: str = "line"


@dataclass(frozen=True)
class Bad:
    """A line that is none: its number, what it held, and why it was rejected."""

    line: int
    raw: Any
    reason: str
    notes: tuple[str, ...] = ()
    part: str = "line"


@dataclass
class Notes:
    """What is to be said once per file; `take` hands out what is new since the last line."""

    waiting: list[str]
    said: set[str]

    def once(self, key: str, sentence: str) -> None:
        """Say `sentence` unless something under `key` was said before."""
        if key not in self.said and len(self.said) < MAX_NOTES:
            self.said.add(key)
            self.waiting.append(sentence)

    def take(self) -> tuple[str, ...]:
        """What was said since the last call."""
        new, self.waiting = tuple(self.waiting), []
        return new


@dataclass(frozen=True)
class Reading:
    """What every line of one import is read with."""

    now: datetime
    zone: ZoneInfo | None
    source: str | None
    notes: Notes


def numbered(text: TextIO) -> Iterator[tuple[int, str, bool]]:
    """The lines with their numbers from 1; False where a line is longer than MAX_LINE (its beginning is given)."""
    number = 0
    while line := text.readline(MAX_LINE):
        number += 1
        whole = len(line) < MAX_LINE or line.endswith(("\n", "\r"))
        if not whole:
            while (rest := text.readline(MAX_LINE)) and not rest.endswith(("\n", "\r")):
                pass
        yield number, line, whole


def is_broken(line: str) -> bool:
    """Whether the line holds a byte that is not in the file's encoding (see `collectors.files`)."""
    return not line.isascii() and ESCAPED.search(line) is not None


def mended(line: str) -> str:
    """A rejected line as it can be stored: bytes outside the encoding are shown as Windows-1254 would read them."""
    kept = line.rstrip("\r\n")[:MAX_RAW]
    return clean_text(ESCAPED.sub(lambda m: bytes([ord(m[0]) - 0xDC00]).decode("cp1254", "replace"), kept))


BROKEN = "the line is not valid UTF-8, unlike the rest of the file: save it as UTF-8 and import it again"
TOO_LONG = f"the line is longer than {MAX_LINE:,} characters; its beginning is kept"


def good(line: int, record: Mapping[str, Any], raw: Any, reading: Reading) -> Good:
    """The mention of a record; unknown fields go to `extra`, with a note on the first line that has each.

    Raises MentionError for a record that is no mention.
    """
    unknown = {k: v for k, v in record.items() if k not in Mention.model_fields and v is not None and v != ""}
    extra = record.get("extra")
    if unknown and (extra is None or extra == "" or isinstance(extra, Mapping)):
        record = {k: v for k, v in record.items() if k not in unknown} | {"extra": {**unknown, **(extra or {})}}
    mention, assumed = parse_mention(record, now=reading.now, zone=reading.zone, source=reading.source)
    for name in unknown:
        reading.notes.once(f"field {name}", f"unknown field {name[:60]!r} is kept in extra (first on line {line})")
    for note in assumed:
        reading.notes.once(note, f"{note} (first on line {line})")
    return Good(line, Fetched(mention, raw), reading.notes.take())
