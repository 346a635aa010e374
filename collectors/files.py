"""Mentions from a file, for `nobet import` and the watched folder: JSONL and CSV, line by line in constant memory.

Saved mails, mailboxes and pages are read by `collectors.saved`. Every line comes out as `Good` or `Bad`, with its line
number; a bad line never costs the lines around it. What had to be assumed (encoding, separator, time zone) is a note on
the first line that it concerns, said once.
"""

from __future__ import annotations

import codecs
import io
import json
import math
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, TextIO
from zoneinfo import ZoneInfo

from collectors import saved, sheets
from collectors.lines import (
    BROKEN,
    TOO_LONG,
    Bad,
    Good,
    Notes,
    Reading,
    UnreadableFile,
    good,
    is_broken,
    mended,
    numbered,
)
from collectors.plain import storable
from mention import MentionError

__all__ = ["Bad", "Good", "UnreadableFile", "json_line", "read"]

_HEAD = 64 * 1024
_CONTROLS = (*range(1, 9), 11, *range(14, 27), *range(28, 32), 127)
"""Bytes that text hardly ever holds; more than one in twenty (or zeros, more than one in a hundred) is no text."""

_KNOWN_BINARY = {
    b"PK\x03\x04": "an Excel workbook or another zip archive; save the sheet as CSV",
    b"%PDF": "a PDF document; export the mentions as CSV or JSONL",
    b"\x1f\x8b": "packed with gzip; unpack it first",
    b"SQLite format 3": "an SQLite database; export the mentions as CSV or JSONL",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save the sheet as CSV",
}


def read(
    path: Path | str, *, now: datetime, zone: ZoneInfo | None, source: str | None = None, channel: str | None = None
) -> Iterator[Good | Bad]:
    """The lines of a JSONL or CSV file (or the items of a saved mail, mailbox or page), in order, without blank ones.

    `now` is aware UTC; a time without an offset is read in `zone`; `source` fills in a missing source, `channel` is
    that of saved mails. The file is looked at when `read` is called: raises FileNotFoundError, IsADirectoryError,
    PermissionError or UnreadableFile (all OSError), each with a sentence.
    """
    path = Path(path)
    _check_exists(path)
    if saved.is_saved(path):
        _open(path).close()
        return saved.items(path, now=now, source=source, channel=channel)
    with _open(path) as file:
        head = file.read(_HEAD)
        encoding, errors, note = _encoding(path, head, file)
    text_head = head.decode(encoding, "replace").lstrip("\ufeff")
    notes = Notes([], set())
    if note:
        notes.once("encoding", note)
    reading = Reading(now, zone, source, notes)
    if not text_head.strip() and len(head) < _HEAD:
        return iter(())
    if _is_jsonl(path, text_head):
        return _from(path, encoding, errors, lambda text: _json_lines(text, reading))
    form = sheets.form_of(path, text_head)
    return _from(path, encoding, errors, lambda text: sheets.rows(path, text, form, reading))


def _check_exists(path: Path) -> None:
    if path.is_dir():
        raise IsADirectoryError(f"{path} is a folder: name a file in it. Nothing was read.")
    if not path.exists():
        raise FileNotFoundError(f"{path} does not exist: check the name. Nothing was read.")
    if not path.is_file():
        raise UnreadableFile(f"{path} is a pipe or a device: save it to a file first. Nothing was read.")


def _open(path: Path) -> BinaryIO:
    try:
        return path.open("rb")
    except PermissionError:
        raise PermissionError(
            f"{path} may not be read by this user: change its permissions. Nothing was read."
        ) from None


def _from(path: Path, encoding: str, errors: str, lines: Any) -> Iterator[Good | Bad]:
    with _open(path) as file, io.TextIOWrapper(file, encoding=encoding, errors=errors, newline="") as text:
        yield from lines(text)


def _encoding(path: Path, head: bytes, file: BinaryIO) -> tuple[str, str, str]:
    """Encoding, how errors in it are handled, and a note. Reads the rest of `file` to be sure.

    UTF-8 is decided by the whole file: Turkish in Windows-1254 is practically never valid UTF-8. Where both occur, the
    commoner of the two wins, and broken places stay visible as lone surrogates (one line is then rejected, not all).
    """
    if path.suffix.lower() == ".msg":
        raise UnreadableFile(f"{path} is a mail of Outlook; save it as .eml (or .mbox). Nothing was read.")
    for magic, what in _KNOWN_BINARY.items():
        if head.startswith(magic):
            raise UnreadableFile(f"{path} is {what}. Nothing was read.")
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32", "replace", "the file is in UTF-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16", "replace", "the file is in UTF-16"
    controls = sum(head.count(bytes([code])) for code in _CONTROLS)
    if head.count(0) * 100 > len(head) or controls * 20 > len(head):
        raise UnreadableFile(f"{path} is a binary file, or UTF-16 without a mark: save it as UTF-8. Nothing was read.")
    decoder = codecs.getincrementaldecoder("utf-8")(errors="surrogateescape")
    letters = broken = 0
    part, final = head, False
    while not final:
        final = not part
        text = decoder.decode(part, final)
        if not text.isascii():
            valid = len(text.encode("utf-8", "ignore").decode("utf-8"))
            broken += len(text) - valid
            letters += valid - len(text.encode("ascii", "ignore"))
        part = file.read(_HEAD)
    if not broken:
        return "utf-8-sig", "strict", ""
    if letters > broken:
        return (
            "utf-8-sig",
            "surrogateescape",
            "the file is in UTF-8 with broken places; lines that hold one are rejected",
        )
    return "cp1254", "replace", "the file is not UTF-8; read as Windows-1254 (Turkish)"


def _is_jsonl(path: Path, head: str) -> bool:
    """Whether the file holds one JSON object a line; raises UnreadableFile for a JSON array."""
    start = head.lstrip()
    named = path.suffix.lower() in (".jsonl", ".ndjson", ".json")
    if start.startswith("["):
        lines = [line for line in start.splitlines() if line.strip()]
        if not (named and len(lines) > 1 and _is_whole_list(lines[0]) and lines[1].lstrip().startswith("{")):
            raise UnreadableFile(
                f"{path} is a JSON array, not JSONL: write one object a line (jq -c '.[]' {path.name}). "
                "Nothing was read."
            )
        return True
    return named or start.startswith("{")


def _is_whole_list(line: str) -> bool:
    try:
        return isinstance(json.loads(line), list)
    except (ValueError, RecursionError):
        return False


def _json_lines(text: TextIO, reading: Reading) -> Iterator[Good | Bad]:
    for number, line, whole in numbered(text):
        line = line.removeprefix("\ufeff")  # of a file that was joined to another
        if not line.strip():
            continue
        yield json_line(number, line, whole, reading)


def json_line(number: int, line: str, whole: bool, reading: Reading) -> Good | Bad:
    """One line of JSONL as a mention; `whole` is False where only its beginning was read."""

    def bad(reason: str) -> Bad:
        return Bad(number, mended(line), reason, reading.notes.take())

    if not whole:
        return bad(TOO_LONG)
    if is_broken(line):
        return bad(BROKEN)
    try:
        record = json.loads(line, parse_constant=_no_number, parse_float=_finite)
    except json.JSONDecodeError as error:
        return bad(f"broken JSON at column {error.colno}: {error.msg}")
    except ValueError as error:
        return bad(f"broken JSON: {error}")
    except RecursionError:
        return bad("the line is nested too deep to be a mention")
    if not isinstance(record, dict):
        kind = {list: "list", str: "text", bool: "true or false"}.get(type(record), "number")
        return bad(f"the line is a JSON {kind if record is not None else 'null'}, not an object")
    try:
        record = storable(record)
    except ValueError as error:
        return bad(f"the line cannot be kept: {error}")
    try:
        return good(number, record, record, reading)
    except MentionError as error:
        return Bad(number, record, str(error), reading.notes.take())


def _no_number(name: str) -> float:
    raise ValueError(f"{name} is not a JSON number")


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError(f"the number {text[:20]} is too large")
    return number
