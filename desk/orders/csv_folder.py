"""Orders in a folder of CSV exports: every file is kept in an index and read again when it changes.

A file that is still being written is not read; until it is whole, what it said before stays. A line that cannot be
read gets a sentence (see `check`), the rest of the file is kept. Parsing is in csv_rows.py.
"""

from __future__ import annotations

import fnmatch
import os
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from desk.orders.csv_rows import NotATable, Table, read_table
from desk.orders.keys import KINDS, OrderKey, fold
from desk.orders.mapping import Mapper
from desk.orders.order import Order
from desk.orders.settings import At, CsvSettings
from desk.orders.source import Check, Deadline, OrderSourceError

SETTLED_S = 3.0
"""A file is whole when nothing was written to it for this long, or when two looks find it the same. In seconds."""

MOST_BYTES = 100_000_000
"""Bytes of one file: about a million rows, which take a minute to read and 1.2 GB (measured: 200,000 rows, 15 MB, 11 s,
240 MiB on two busy cores); more belongs in a database."""

MOST_FILES = 500
_UNFINISHED = (".tmp", ".part", ".partial", ".crdownload", ".filepart", "~")
_SHOWN_NOTES = 20


@dataclass(frozen=True)
class _Signature:
    """By what a change of a file is seen."""

    size: int
    changed_ns: int
    inode: int


@dataclass
class _File:
    """One file as it was last read; `index` leads from (kind, folded value) to its rows."""

    signature: _Signature
    table: Table | None
    mapper: Mapper
    note: str | None = None
    index: dict[tuple[str, str], list[int]] = field(default_factory=dict)


class CsvFolder:
    """An OrderSource over the CSV files of one folder."""

    def __init__(self, settings: CsvSettings, folder: Path, mapper: Mapper, region: str) -> None:
        self.name = settings.name
        self._settings = settings
        self._folder = folder
        self._mapper = mapper
        self._region = region
        self._lock = threading.Lock()  # whoever holds it reads; what is there already may be asked meanwhile
        self._read_once = False
        self._files: dict[str, _File] = {}
        self._seen: dict[str, _Signature] = {}
        self._writing: set[str] = set()
        self._key_fields: dict[str, At | None] = {
            "order": settings.fields.number, "phone": settings.fields.phone, "email": settings.fields.email,
        }  # fmt: skip

    @property
    def kinds(self) -> frozenset[str]:
        """By what the mapped columns allow to look."""
        return frozenset(kind for kind in KINDS if self._key_fields[kind] is not None)

    def find(self, key: OrderKey, deadline: Deadline) -> tuple[Order, ...]:
        """The orders of this key. Raises OrderSourceError where the folder cannot be read or is still being read.

        Reading a big file may take longer than one question may: it goes on after the deadline. Until a changed file is
        read, everybody but the one who reads it is answered by what it said before.
        """
        self._brought_up_to_date(deadline)
        wanted = (key.kind, key.folded)
        orders: list[Order] = []
        for file in self._files.values():
            if file.table is not None and wanted in file.index:
                records = (file.table.record(row) for row in file.index[wanted][:1000])
                orders += file.mapper.orders(records)
        return tuple(orders)

    def _brought_up_to_date(self, deadline: Deadline) -> None:
        # at the first reading there is nothing to answer by yet, so everybody waits
        if not self._lock.acquire(timeout=0 if self._read_once else deadline.left):
            if self._read_once:
                return
            raise OrderSourceError(f'Orders "{self.name}": its files are still being read; ask again in a moment')
        try:
            self._look_again()
            self._read_once = True
        finally:
            self._lock.release()

    def check(self, deadline: Deadline) -> Check:
        """Reads the folder and says what stands in it."""
        if not self._lock.acquire(timeout=deadline.left):
            return Check(False, f'Orders "{self.name}": its files are still being read')
        try:
            self._look_again()
            self._read_once = True
            tables = [one.table for one in self._files.values() if one.table is not None]
            notes = list(self._notes())
        except OrderSourceError as error:
            return Check(False, str(error))
        finally:
            self._lock.release()
        fields = tuple(dict.fromkeys(name for table in tables for name in table.header))
        rows = sum(len(table.rows) for table in tables)
        if not tables:
            told = f"{self._folder} holds no readable file that fits {self._settings.pattern!r}"
            return Check(False, told, fields, tuple(notes))
        return Check(True, f"{len(tables)} file(s), {rows} row(s) in {self._folder}", fields, tuple(notes))

    def _notes(self) -> Iterator[str]:
        for name, file in self._files.items():
            if file.note:
                yield file.note
            if file.table is not None:
                yield from (f"{name}: {sentence}" for sentence in file.table.bad[:_SHOWN_NOTES])
                if file.table.bad_lines > _SHOWN_NOTES:
                    yield f"{name}: {file.table.bad_lines - _SHOWN_NOTES} more lines could not be read"
        yield from (f"{name} is still being written; it is read when it is whole" for name in sorted(self._writing))

    def _look_again(self) -> None:
        """Brings the index up to date with the folder."""
        there = self._listed()
        files = {name: file for name, file in self._files.items() if name in there}
        writing: set[str] = set()
        for name, signature in there.items():
            known = files.get(name)
            if known is not None and known.signature == signature:
                continue
            age = time.time() - signature.changed_ns / 1e9
            read = None
            if not 0 <= age < SETTLED_S or self._seen.get(name) == signature:
                read = self._read(name, signature)
            if read is None:
                writing.add(name)
            else:
                files[name] = read
        self._files, self._writing, self._seen = files, writing, there

    def _listed(self) -> dict[str, _Signature]:
        found: dict[str, _Signature] = {}
        try:
            with os.scandir(self._folder) as entries:
                for entry in sorted(entries, key=lambda one: one.name):
                    name = entry.name
                    if name.startswith((".", "~$")) or name.lower().endswith(_UNFINISHED):
                        continue
                    if not fnmatch.fnmatch(name.lower(), self._settings.pattern.lower()) or not entry.is_file():
                        continue
                    found[name] = _signature(entry.stat())
        except FileNotFoundError:
            raise OrderSourceError(f'Orders "{self.name}": there is no folder {self._folder}; make it') from None
        except NotADirectoryError:
            raise OrderSourceError(f'Orders "{self.name}": {self._folder} is a file; name its folder') from None
        except OSError as error:
            why = error.strerror or "not readable"
            raise OrderSourceError(f'Orders "{self.name}": {self._folder} cannot be read ({why})') from None
        if len(found) > MOST_FILES:
            raise OrderSourceError(
                f'Orders "{self.name}": {self._folder} holds {len(found)} files; at most {MOST_FILES} are read. '
                "Move old exports elsewhere."
            )
        return found

    def _read(self, name: str, signature: _Signature) -> _File | None:
        """One file, None where it changed while it was read."""
        path = self._folder / name
        if signature.size > MOST_BYTES:
            note = f"{name} has {signature.size:,} bytes; at most {MOST_BYTES:,} are read. Use a database instead"
            return _File(signature, None, self._mapper, note)
        try:
            raw = path.read_bytes()
            after = _signature(path.stat())
        except OSError as error:
            return _File(signature, None, self._mapper, f"{name} cannot be read ({error.strerror})")
        if after != signature or len(raw) != signature.size:
            return None
        try:
            table = read_table(raw, self._mapper.paths(), self._settings.delimiter, self._settings.encoding)
        except NotATable as error:
            return _File(signature, None, self._mapper, f"{name}: {error}")
        mapper = self._mapper.with_decimal("," if table.delimiter == ";" else ".")
        file = _File(signature, table, mapper)
        if table.missing:
            file.note = f"{name} has no column {', '.join(map(repr, table.missing))}; it has {', '.join(table.header)}"
        for number in range(len(table.rows)):
            record = table.record(number)
            for kind, place in self._key_fields.items():
                value = mapper.key_text(record, place)
                folded = fold(kind, value, self._region) if value else ""
                if folded:
                    file.index.setdefault((kind, folded), []).append(number)
        return file


def _signature(stat: os.stat_result) -> _Signature:
    return _Signature(stat.st_size, stat.st_mtime_ns, stat.st_ino)
