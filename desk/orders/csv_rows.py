"""A CSV file as shops export it: delimiter and encoding found out, bad lines named and passed over.

Only the columns that the configuration names are kept, so that a big export costs little memory.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from mention import search_text

DELIMITERS = (";", ",", "\t", "|")
MOST_CELL = 20_000
"""Characters of one cell; a longer one is a pasted document or an attack, and its line is passed over."""

MOST_LINES = 50
"""Lines that one quoted record may span; a quote that is never closed costs its own line, not the file."""

MOST_BAD = 100
"""Sentences about bad lines that are kept of one file."""

_SCIENTIFIC = re.compile(r"\d[.,]\d+E\+\d+", re.I)


class NotATable(ValueError):
    """A file that holds no table of orders; the message says why."""


@dataclass
class Table:
    """One file: the header as written, and of each row the kept columns' cells.

    `missing` are the wanted columns that the file does not have, `bad` sentences about lines that were passed over.
    """

    delimiter: str
    header: tuple[str, ...]
    columns: tuple[str, ...]
    missing: tuple[str, ...] = ()
    rows: list[tuple[str, ...]] = field(default_factory=list)
    bad: list[str] = field(default_factory=list)
    bad_lines: int = 0

    def record(self, number: int) -> dict[str, str]:
        """A row as a record, by the names that the configuration uses."""
        return dict(zip(self.columns, self.rows[number], strict=True))

    def complain(self, sentence: str) -> None:
        """One line that was passed over."""
        self.bad_lines += 1
        if len(self.bad) < MOST_BAD:
            self.bad.append(sentence)


def read_table(raw: bytes, wanted: Sequence[str], delimiter: str | None = None, encoding: str | None = None) -> Table:
    """The table in a file's bytes; `wanted` are the columns to keep. Raises NotATable."""
    lines = decoded(raw, encoding).splitlines(keepends=True)
    at = 0
    while at < len(lines) and (not lines[at].strip() or re.fullmatch(r"sep=.\s*", lines[at])):
        at += 1  # Excel writes "sep=;" above the header
    if at == len(lines):
        raise NotATable("the file is empty")
    whole = lines[-1].endswith(("\n", "\r"))
    table = _headed(lines[at], wanted, delimiter)
    if not table.columns:
        names = ", ".join(name for name in table.header if name)[:300]
        raise NotATable(f"none of the columns in the configuration is in its header ({names})")
    places = _places(table.header, table.columns)
    width = len(table.header)
    for number, last, cells in _records(lines, at + 1, table, width):
        if not any(cell.strip() for cell in cells):
            continue
        if last == len(lines) and not whole and len(cells) < width:
            table.complain(f"line {number} is cut off: {len(cells)} cells, the header has {width}")
            continue
        if len(cells) * 2 < width:  # a few empty cells at the end are often left out, half a line is not
            table.complain(f"line {number} has {len(cells)} cells, the header has {width}")
            continue
        kept = tuple(cells[place] if place < len(cells) else "" for place in places)
        if any(len(cell) < 30 and _SCIENTIFIC.fullmatch(cell.strip()) for cell in kept):
            table.complain(
                f"line {number}: a spreadsheet shortened a number to its like of 1,23E+11; export it as text"
            )
            continue
        table.rows.append(kept)
    return table


def decoded(raw: bytes, encoding: str | None = None) -> str:
    """The text of a file: a byte order mark decides, then UTF-8, then Windows-1254. Raises NotATable."""
    if encoding is not None:
        try:
            return raw.decode({"utf-8": "utf-8-sig"}.get(encoding, encoding))
        except UnicodeDecodeError as error:
            raise NotATable(f"it is not {encoding} (byte {error.start}), as the configuration says") from None
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        try:
            return raw.decode("utf-16")
        except UnicodeDecodeError:
            raise NotATable("it begins as UTF-16 and is not") from None
    if b"\x00" in raw[:100_000]:
        raise NotATable("it is no text file; export the orders as CSV")
    try:
        return raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        return raw.decode("cp1254", "replace")


def _headed(line: str, wanted: Sequence[str], delimiter: str | None) -> Table:
    best: tuple[int, int, Table] | None = None
    for sign in (delimiter,) if delimiter else DELIMITERS:
        cells = _split(line, sign)
        if cells is None:
            continue
        header = tuple(" ".join(cell.split())[:100] for cell in cells)
        folded = {search_text(name) for name in header}
        columns = tuple(path for path in wanted if search_text(path) in folded)
        missing = tuple(path for path in wanted if search_text(path) not in folded)
        rank = (len(columns), len(header))
        if best is None or rank > best[:2]:
            best = (*rank, Table(sign, header, columns, missing))
    if best is None:
        raise NotATable("its first line is no header")
    return best[2]


def _places(header: tuple[str, ...], columns: tuple[str, ...]) -> list[int]:
    folded = [search_text(name) for name in header]
    return [folded.index(search_text(name)) for name in columns]


def _records(lines: list[str], at: int, table: Table, width: int) -> Iterator[tuple[int, int, list[str]]]:
    """Each record with the numbers of its first and last line, from 1; bad ones are complained about."""
    while at < len(lines):
        past, quotes = at + 1, lines[at].count('"')
        while quotes % 2 and past < len(lines) and past - at < MOST_LINES:
            quotes += lines[past].count('"')
            past += 1
        if quotes % 2:
            table.complain(f"line {at + 1}: a quote is opened and never closed")
            at += 1
            continue
        cells = _split("".join(lines[at:past]), table.delimiter)
        if cells is None or any(len(cell) > MOST_CELL for cell in cells):
            table.complain(f"line {at + 1}: a cell is longer than {MOST_CELL:,} characters or cannot be read")
        elif len(cells) > width and any(cell.strip() for cell in cells[width:]):
            table.complain(f"line {at + 1} has {len(cells)} cells, the header has {width}")
            past = at + 1  # a stray quote may have joined lines that are right on their own
        else:
            yield at + 1, past, cells
        at = past


def _split(text: str, delimiter: str) -> list[str] | None:
    try:
        rows = list(csv.reader(text.splitlines(keepends=True), delimiter=delimiter))
    except csv.Error:
        return None
    return rows[0] if rows else []
