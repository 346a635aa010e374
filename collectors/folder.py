"""A watched folder: JSONL, CSV, mails (.eml, .mbox) and saved pages that people and programs put there.

Manual: `path` is the folder. A file is read once its size and time have not changed from one look to the next; names
that begin with a dot or end in `.part`, `.tmp` and the like are still being written and are left alone. A JSONL file
that grows is read on from where it was left, whole lines only. With `done: NAME` a file goes to that subfolder after
what it held is stored (so at the look after the one that read it). Links are never followed, subfolders never entered.

The cursor holds, for every file that is still there, its stamp (size, time, inode), how many items of it are stored,
and for JSONL the byte and the line reached; a kill repeats at most a batch, and the store knows what it has.
"""

from __future__ import annotations

import copy
import hashlib
import json
import os
import stat
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, BinaryIO, ClassVar
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from collectors import files
from collectors.lines import MAX_LINE, Bad, Good, Notes, Reading, UnreadableFile
from collectors.protocol import (
    About,
    Batch,
    Cursor,
    Fetched,
    Reach,
    Refused,
    Rejected,
    Says,
    SourceSettings,
    Unavailable,
    Unreadable,
)

BATCH = 500
"""Items stored with one cursor; a kill repeats at most these."""

HEAVY = 5_000_000
"""Characters of text after which a batch is handed over although it is short."""

LEFT_ALONE = timedelta(hours=1)
"""A JSONL file untouched for this long is finished: its last line is judged as it is, and it may be moved away."""

MANY = 5_000
"""Files in the folder from which on the note says that reading would be lighter if they were moved."""

LINES = (".jsonl", ".ndjson")
UNFINISHED = (".part", ".partial", ".tmp", ".temp", ".crdownload", ".download", ".filepart", ".swp", ".lock", "~")
"""Ends of names under which browsers, editors and transfer programs write until they have finished."""

_HEAD = 4096
KEPT = "What was read before is kept."


class FolderSettings(SourceSettings):
    """Which folder is watched, and what its files stand for."""

    every: float = Field(10.0, gt=0, description="seconds between two looks; a file is read at the second that sees it")
    path: str = Field(min_length=1, max_length=1000, description="the folder, an absolute path or one with ~")
    channel: str = Field("portal", min_length=1, max_length=50, description="platform of items that name none")
    mail_channel: str = Field("email", min_length=1, max_length=50, description="platform of saved mails")
    done: str = Field(
        "", max_length=100, description="subfolder to which files go after they are stored; '' leaves them"
    )
    timezone: str | None = Field(None, description="IANA zone of times without an offset; UTC when left out")

    @field_validator("path")
    @classmethod
    def _is_absolute(cls, value: str) -> str:
        if not Path(value).expanduser().is_absolute():
            raise ValueError("must be an absolute path such as /srv/nobet/in, or begin with ~/")
        return value

    @field_validator("done")
    @classmethod
    def _is_one_name(cls, value: str) -> str:
        if value and (Path(value).name != value or value.startswith(".") or "\x00" in value):
            raise ValueError("is the plain name of a subfolder, such as done")
        return value

    @field_validator("timezone")
    @classmethod
    def _is_zone(cls, value: str | None) -> str | None:
        if value is not None:
            try:
                ZoneInfo(value)
            except (KeyError, ValueError, OSError):
                raise ValueError("is not an IANA time zone such as Europe/Istanbul") from None
        return value


@dataclass(frozen=True)
class _File:
    """A file as the listing shows it."""

    path: Path
    size: int
    stamp: str
    changed_at: datetime

    @property
    def name(self) -> str:
        return self.path.name


@dataclass
class _Load:
    """What was read and not yet handed over."""

    fetched: list[Fetched] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    weight: int = 0

    def take(self, item: Good | Bad, name: str, channel: str) -> None:
        if isinstance(item, Good):
            found = item.fetched
            if item.part == "line" and channel != found.mention.source and not found.mention.extra.get("channel"):
                extra = {**found.mention.extra, "channel": channel}
                found = Fetched(found.mention.model_copy(update={"extra": extra}), found.raw)
            self.fetched.append(found)
            self.weight += len(found.mention.text)
        else:
            raw = {"file": name, item.part: item.line, "item": item.raw}
            self.rejected.append(Rejected(f"{name}, {item.part} {item.line}: {item.reason}", raw))
            self.weight += len(item.raw) if isinstance(item.raw, str) else 1000

    @property
    def full(self) -> bool:
        return len(self.fetched) + len(self.rejected) >= BATCH or self.weight >= HEAVY

    def batch(self, cursor: Cursor, note: str = "", reach: Reach | None = None) -> Batch:
        batch = Batch(tuple(self.fetched), copy.deepcopy(cursor), tuple(self.rejected), note, reach)
        self.fetched, self.rejected, self.weight = [], [], 0
        return batch


class FolderCollector:
    """Reads one folder; the cursor says for every file in it how far it is stored."""

    kind: ClassVar[str] = "folder"
    Settings: ClassVar[type[SourceSettings]] = FolderSettings
    about: ClassVar[About] = About(
        title="Watched folder",
        reads=Says(
            en="files put into a folder: JSONL, CSV, mails (.eml, .mbox), saved pages",
            tr="bir klasöre bırakılan dosyaları: JSONL, CSV, e-posta (.eml, .mbox), kaydedilmiş sayfalar",
        ),
        needs=Says(en="a folder that Nöbet may read", tr="Nöbet'in okuyabildiği bir klasör"),
        costs=Says(en="nothing", tr="ücretsiz"),
        proves=Says(
            en="that every file in the folder was read; not that every file was put there",
            tr="klasördeki her dosyanın okunduğunu; her dosyanın oraya bırakıldığını değil",
        ),
        tested="real_server",
        asks=("path", "channel"),
        own=True,
        settles=20.0,
    )

    def __init__(self, settings: FolderSettings) -> None:
        self.settings = settings
        self.folder = Path(settings.path).expanduser()
        self.zone = ZoneInfo(settings.timezone) if settings.timezone else None

    def verify(self, now: datetime) -> str:
        """How many files wait there. Raises a CollectorError."""
        found, links, _ = self._listing(())
        return f"{self.folder} can be read: {len(found)} file(s)" + (f", {links} link(s) passed over" if links else "")

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        """Everything in the folder that is finished and not stored yet; see the protocol."""
        now = now.astimezone(UTC)
        known: dict[str, dict[str, Any]] = copy.deepcopy((cursor or {}).get("files") or {})
        listing, links, mark = self._listing(known)
        self._check_mount(cursor, mark, bool(listing))
        listing, moved = self._moved(listing, known, now)
        there = {file.name for file in listing}
        known = {name: entry for name, entry in known.items() if name in there}
        after: Cursor = {"folder": mark, "had": bool((cursor or {}).get("had") or listing), "files": known}
        load, read, waiting, refused = _Load(), 0, 0, []
        for file in listing:
            entry = known.get(file.name) or {}
            if entry.get("stamp") == file.stamp and entry.get("done"):
                continue
            try:
                if file.path.suffix.lower() in LINES and self._is_lines(file):
                    parts = self._lines(file, known, now)
                elif entry.get("stamp") == file.stamp:
                    parts = self._whole(file, known, now)
                else:  # seen for the first time, or still changing
                    known[file.name] = {"stamp": file.stamp}
                    waiting += 1
                    continue
                for item in parts:
                    load.take(item, file.name, self.settings.channel)
                    if load.full:
                        yield load.batch(after)
            except UnreadableFile as error:  # its sentence names the file; it is not looked at again until it changes
                reason = str(error).replace(str(self.folder) + os.sep, "")
                load.rejected.append(Rejected(reason, {"file": file.name}))
                known[file.name] = {"stamp": file.stamp, "done": True}
            except FileNotFoundError:
                known.pop(file.name, None)
            except OSError as error:
                refused.append(f"{file.name} ({error.strerror or type(error).__name__})")
                continue
            read += 1
            waiting += not known.get(file.name, {"done": True}).get("done")
            if load.full:
                yield load.batch(after)
        yield load.batch(
            after, _note(read, waiting, moved, links, len(listing)), self._reach(cursor, waiting, refused, now)
        )
        if refused:
            what = f"{', '.join(refused[:3])} could not be read"
            raise Refused(self._sentence(what, "Change the rights of the file or take it away."))

    def _reach(self, cursor: Cursor | None, waiting: int, refused: list[str], now: datetime) -> Reach | None:
        """The listing was read to its end; a file that is not finished, or may not be read, leaves it open."""
        if waiting or refused:
            return None
        return Reach("ended", since=None if cursor else now)

    def _sentence(self, what: str, advice: str) -> str:
        return f'Source "{self.settings.source}": {what[:300]}. {KEPT} {advice}'

    def _listing(self, known: Any) -> tuple[list[_File], int, str]:
        """The files to look at, oldest first; how many links were passed over; what tells this folder from another."""
        found: list[_File] = []
        links = 0
        try:
            here = os.stat(self.folder)
            with os.scandir(self.folder) as entries:
                for entry in entries:
                    name = entry.name
                    if name.startswith((".", "~")) or name.lower().endswith(UNFINISHED):
                        continue
                    if entry.is_symlink():
                        links += 1
                    elif entry.is_file(follow_symlinks=False):
                        try:
                            seen = entry.stat(follow_symlinks=False)
                        except FileNotFoundError:
                            continue
                        found.append(_file(Path(entry.path), seen))
        except (FileNotFoundError, NotADirectoryError):
            raise Refused(self._sentence(f"there is no folder {self.folder}", "Make it, or correct 'path'.")) from None
        except PermissionError:
            what = f"the folder {self.folder} may not be read by this user"
            raise Refused(self._sentence(what, "Change its rights.")) from None
        except OSError as error:
            what = f"the folder {self.folder} could not be read ({error.strerror})"
            raise Unavailable(self._sentence(what, "It is tried again later.")) from None
        return sorted(found, key=lambda f: (f.changed_at, f.name)), links, f"{here.st_dev}-{here.st_ino}"

    def _check_mount(self, cursor: Cursor | None, mark: str, any_files: bool) -> None:
        """An empty folder in the place of one that had files is a share that is not mounted, not silence."""
        before = cursor or {}
        if any_files or not before.get("had") or before.get("folder") in (None, mark):
            return
        if self.settings.done and (self.folder / self.settings.done).is_dir():
            return
        what = f"{self.folder} is empty and another folder than before"
        raise Unreadable(self._sentence(what, "Is a network share not mounted? A file put there makes it count again."))

    def _moved(self, listing: list[_File], known: dict[str, dict[str, Any]], now: datetime) -> tuple[list[_File], int]:
        """Moves away what was stored whole before this look; the files that are left, and how many went."""
        if not self.settings.done:
            return listing, 0
        left: list[_File] = []
        target = self.folder / self.settings.done
        for file in listing:
            entry = known.get(file.name) or {}
            still_grows = "offset" in entry and now - file.changed_at < LEFT_ALONE
            if not entry.get("done") or entry.get("stamp") != file.stamp or still_grows:
                left.append(file)
                continue
            try:
                target.mkdir(exist_ok=True)
                if target.is_symlink():
                    raise OSError("it is a link")
                if _stamp(os.lstat(file.path)) != file.stamp:  # written to in this moment: it is read again
                    left.append(file)
                    continue
                file.path.rename(_free(target, file.path, now))
            except FileNotFoundError:
                continue
            except OSError as error:
                what = f"{file.name} could not be moved to {self.settings.done} ({error.strerror or error})"
                raise Refused(self._sentence(what, "Change the rights of the folder, or leave 'done' out.")) from None
        return left, len(listing) - len(left)

    def _is_lines(self, file: _File) -> bool:
        """Whether a .jsonl file can be read line by line; anything odd (UTF-16, an array) is read as a whole file."""
        with _opened(file.path) as stream:
            head = stream.read(_HEAD).removeprefix(b"\xef\xbb\xbf").lstrip()
        return head.startswith(b"{") or not head

    def _whole(self, file: _File, known: dict[str, dict[str, Any]], now: datetime) -> Iterator[Good | Bad]:
        """The items of a finished file that are not stored yet. Marks it done, unless it changed meanwhile."""
        entry = known[file.name]
        skip = int(entry.get("items") or 0)
        _opened(file.path).close()  # refuses what became a link since the listing
        source, channel = self.settings.source, self.settings.mail_channel
        items = files.read(file.path, now=now, zone=self.zone, source=source, channel=channel)
        for number, item in enumerate(items, 1):
            if number > skip:
                entry["items"] = number
                yield item
        stamp = _stamp(os.lstat(file.path))
        known[file.name] = {"stamp": stamp, "done": True} if stamp == file.stamp else {"stamp": stamp}

    def _lines(self, file: _File, known: dict[str, dict[str, Any]], now: datetime) -> Iterator[Good | Bad]:
        """The whole lines of a JSONL file after where it was left; from its beginning where it is another file now."""
        reading = Reading(now, self.zone, self.settings.source, Notes([], set()))
        with _opened(file.path) as stream:
            entry = known.get(file.name) or {}
            head = stream.read(_HEAD)
            if not _goes_on(entry, head, file):
                entry = {"offset": 0, "line": 0, "utf8": False}
            before = entry.get("stamp")
            known[file.name] = entry
            entry.pop("done", None)
            stream.seek(entry["offset"])
            while line := stream.readline(MAX_LINE):
                item = None
                if not line.endswith(b"\n") and not _may_end_here(line, stream, now - file.changed_at > LEFT_ALONE):
                    break
                whole = len(line) < MAX_LINE or line.endswith(b"\n")
                if not whole:
                    while (rest := stream.readline(MAX_LINE)) and not rest.endswith(b"\n"):
                        pass
                entry["line"] += 1
                if text := _text(line, entry).strip():
                    item = files.json_line(entry["line"], text, whole, reading)
                entry["offset"] = stream.tell()
                entry["covers"] = min(entry["offset"], len(head))
                entry["head"] = hashlib.sha256(head[: entry["covers"]]).hexdigest()[:16]
                entry["ino"] = file.stamp.rsplit("-", 1)[1]
                if item is not None:
                    yield item
            reached = entry["offset"] >= os.fstat(stream.fileno()).st_size
        entry["stamp"] = file.stamp
        # what is left of an unfinished line is looked at again until it is whole or an hour old
        if reached or before == file.stamp:
            entry["done"] = reached


def _goes_on(entry: dict[str, Any], head: bytes, file: _File) -> bool:
    """Whether this is the file of the last look, grown or unchanged: same inode, not shorter, same beginning."""
    offset = entry.get("offset")
    if offset is None or offset > file.size or entry.get("ino", "") not in ("", file.stamp.rsplit("-", 1)[1]):
        return False
    return not offset or hashlib.sha256(head[: entry["covers"]]).hexdigest()[:16] == entry["head"]


def _may_end_here(line: bytes, stream: BinaryIO, untouched: bool) -> bool:
    """Whether a last line without a line end is to be read: it is cut at MAX_LINE, a whole object, or left for long."""
    if len(line) >= MAX_LINE or untouched:
        return True
    try:
        return isinstance(json.loads(line), dict)
    except (ValueError, RecursionError):
        return False


def _text(line: bytes, entry: dict[str, Any]) -> str:
    """A line as text: UTF-8; Windows-1254 in a file that has shown no UTF-8 letter yet, as `nobet import` decides."""
    line = line.removeprefix(b"\xef\xbb\xbf") if entry["line"] == 1 else line
    try:
        text = line.decode("utf-8")
    except UnicodeDecodeError:
        if entry["utf8"]:
            return line.decode("utf-8", "surrogateescape")
        return line.decode("cp1254", "replace")
    entry["utf8"] = entry["utf8"] or not text.isascii()
    return text


def _stamp(seen: os.stat_result) -> str:
    return f"{seen.st_size}-{seen.st_mtime_ns}-{seen.st_ino}"


def _file(path: Path, seen: os.stat_result) -> _File:
    return _File(path, seen.st_size, _stamp(seen), datetime.fromtimestamp(seen.st_mtime, UTC))


def _opened(path: Path) -> BinaryIO:
    """The file for reading, never through a link and never a pipe."""
    number = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0))
    stream = os.fdopen(number, "rb")
    if not stat.S_ISREG(os.fstat(number).st_mode):
        stream.close()
        raise UnreadableFile(f"{path} is a pipe or a device: save it to a file first. Nothing was read.")
    return stream


def _free(target: Path, path: Path, now: datetime) -> Path:
    """A name in `target` that is not taken, so that nothing stored is overwritten."""
    wanted, number = target / path.name, 0
    while wanted.exists() or wanted.is_symlink():
        number += 1
        wanted = target / f"{path.stem}.{now:%Y%m%dT%H%M%S}-{number}{path.suffix}"
    return wanted


def _note(read: int, waiting: int, moved: int, links: int, total: int) -> str:
    parts = [f"{read} file(s) read" if read else "nothing new"]
    if waiting:
        parts.append(f"{waiting} still being written")
    if moved:
        parts.append(f"{moved} moved away")
    if links:
        parts.append(f"{links} link(s) passed over")
    if total > MANY:
        parts.append(f"{total} files are in the folder; set 'done' to have read ones moved away")
    return ", ".join(parts)
