"""CSV as people export it: Turkish or English headers, comma, semicolon or tab, line ends within quotes.

A quote that is never closed costs its own line only: the lines it would have swallowed are read again.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
import re
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from collectors.complaints.export import as_complaint
from collectors.dates import parse_date
from collectors.lines import (
    BROKEN,
    MAX_LINE,
    TOO_LONG,
    Bad,
    Good,
    Reading,
    UnreadableFile,
    good,
    is_broken,
    mended,
    numbered,
)
from mention import Mention, MentionError, clean_text, search_text

SEPARATORS = {";": "semicolon", ",": "comma", "\t": "tab", "|": "bar"}

COLUMNS = {
    "text": "text metin mesaj message yorum comment icerik content body tweet gonderi post aciklama sikayet complaint "
    "review degerlendirme fulltext tweettext sikayetmetni sikayeticerigi sikayetdetayi sikayetaciklamasi",
    "published_at": "publishedat tarih date datetime createdat timestamp zaman time postedat tarihsaat yayintarihi "
    "olusturmatarihi yorumtarihi gonderimtarihi createddate sikayettarihi",
    "hour": "saat hour",
    "author": "author yazar kullanici kullaniciadi username user handle screenname uye nick",
    "author_name": "authorname yazaradi ad adsoyad isim name fullname displayname musteri musteriadi customer "
    "sikayetci sikayetsahibi",
    "source": "source kaynak platform mecra",
    "native_id": "nativeid id no mentionid tweetid postid yorumid sikayetno sikayetid sikayetnumarasi kayitno "
    "commentid reviewid",
    "url": "url link baglanti adres permalink sikayetlinki sikayetbaglantisi sikayetadresi sikayeturl",
    "rating": "rating puan yildiz star stars score",
    "followers": "followers takipci takipcisayisi followerscount followercount",
    "lang": "lang language dil",
    "thread_id": "threadid thread konuid conversationid",
    "in_reply_to": "inreplyto yanitlanan replyto",
    "likes": "likes like begeni begenisayisi likecount favorites engagementlikes",
    "shares": "shares share paylasim paylasimsayisi retweet retweets retweetcount rt engagementshares",
    "replies": "replies yanit yanitlar yanitsayisi cevap cevapsayisi replycount yorumsayisi engagementreplies",
    "views": "views goruntulenme goruntuleme goruntulenmesayisi impressions izlenme viewcount engagementviews",
    "channel": "channel kanal",
    "engagement": "engagement etkilesim",
    "extra": "extra",
}
"""Each field's column names, folded (`search_text`, letters and digits only)."""

_FIELD_OF = {name: field for field, names in COLUMNS.items() for name in names.split()}
_COUNTS = ("likes", "shares", "replies", "views")


@dataclass(frozen=True)
class Form:
    """How one CSV file is written: its separator, and the field of each column (None: kept in extra)."""

    separator: str
    skip: int
    header: tuple[str, ...]
    fields: tuple[str | None, ...]

    @property
    def own_ids(self) -> bool:
        """Whether the ids are those that Nöbet gave, as `nobet export` writes them."""
        return any(name == field == "native_id" for name, field in zip(self.header, self.fields, strict=True))

    def has(self, field: str) -> bool:
        """Whether a column holds this field."""
        return field in self.fields


def form_of(path: Path, head: str) -> Form:
    """The form of a CSV file from its beginning; raises UnreadableFile when no column holds text or a time."""
    lines = head.splitlines(keepends=True)
    skip = 0
    while skip < len(lines) and (not lines[skip].strip() or re.fullmatch(r"sep=.\s*", lines[skip])):
        skip += 1  # Excel writes "sep=;" above the header
    best: Form | None = None
    for separator in SEPARATORS:
        try:
            header = next(csv.reader(lines[skip:], delimiter=separator), [])
        except csv.Error:
            continue
        form = Form(separator, skip, tuple(name.strip() for name in header), _fields(header))
        if best is None or _known(form) > _known(best):
            best = form
    if best is None or not best.has("text") or not best.has("published_at"):
        missing = "a text" if best is None or not best.has("text") else "a time"
        names = ", ".join(best.header)[:200] if best else ""
        raise UnreadableFile(
            f"{path} is neither JSONL nor a CSV that names {missing} column (text or metin, date or tarih); its first "
            f"line is {names!r}. Nothing was read: give it a header line."
        )
    return best


def _known(form: Form) -> int:
    return sum(field is not None for field in form.fields)


def _fields(header: list[str]) -> tuple[str | None, ...]:
    """The field of each column; of two columns for one field the one with the field's own name wins, else the first."""
    folded = [re.sub(r"[^a-z0-9]", "", search_text(name)) for name in header]
    owner: dict[str, int] = {}
    for at, name in enumerate(folded):
        field = _FIELD_OF.get(name)
        if field and (field not in owner or (header[at].strip() == field and header[owner[field]].strip() != field)):
            owner[field] = at
    return tuple(next((f for f, at in owner.items() if at == column), None) for column in range(len(header)))


class _Lines:
    """Physical lines for csv.reader, with those of the record being read remembered, so that they can be given back."""

    def __init__(self, text: TextIO) -> None:
        self._numbered = numbered(text)
        self._back: deque[tuple[int, str, bool]] = deque()
        self.record: list[tuple[int, str, bool]] = []
        self._size = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        item = self._back.popleft() if self._back else next(self._numbered)
        self.record.append(item)
        self._size += len(item[1])
        if not item[2] or self._size > MAX_LINE:
            raise csv.Error(TOO_LONG)
        return item[1]

    def begin(self) -> None:
        """Start a new record."""
        self.record, self._size = [], 0

    def give_back(self) -> None:
        """Keep the first line of the record only; the others are read again."""
        self._back.extendleft(reversed(self.record[1:]))
        self.record = self.record[:1]


def rows(path: Path, text: TextIO, form: Form, reading: Reading) -> Iterator[Good | Bad]:
    """The rows below the header as mentions or rejections, with the number of the line each begins on."""
    csv.field_size_limit(MAX_LINE)  # the module's own limit of 131,072 is shorter than a long complaint
    if form.separator != ",":
        reading.notes.once("separator", f"columns are separated by {SEPARATORS[form.separator]}s")
    if not form.has("native_id"):
        reading.notes.once(
            "digest",
            "there is no id column: the id is a digest of source, author, time and text, so equal rows are one",
        )
    source = reading.source
    if not form.has("source") and not source:
        source = "import"
        reading.notes.once("source", 'there is no source column: the source is called "import"')
    reading = Reading(reading.now, reading.zone, source, reading.notes)
    lines = _Lines(text)
    for _ in range(form.skip):
        next(lines, None)
    next(csv.reader(lines, delimiter=form.separator), None)  # the header, read already
    reader = csv.reader(lines, delimiter=form.separator, strict=True)
    while True:
        lines.begin()
        try:
            row = next(reader)
        except StopIteration:
            return
        except csv.Error as error:
            found = _after_error(lines, form, error, reading)
            if isinstance(found, Bad):
                yield found
                continue
            row = found
        if not any(cell.strip() for cell in row):
            continue
        number = lines.record[0][0]
        yield _row(number, row, "".join(line for _, line, _ in lines.record), form, reading)


def _after_error(lines: _Lines, form: Form, error: csv.Error, reading: Reading) -> list[str] | Bad:
    """A row that strict CSV refuses: read leniently where it is one line of the right width, else rejected."""
    several = len(lines.record) > 1
    lines.give_back()
    number, line, whole = lines.record[0]
    unclosed = several or "unexpected end" in str(error)
    if whole and not unclosed:
        row = next(csv.reader(io.StringIO(line, newline=""), delimiter=form.separator), [])
        if len(row) == len(form.header):
            reading.notes.once("quotes", f"quotes are not doubled inside a field (first on line {number})")
            return row
    reason = f"a quote on line {number} is never closed" if unclosed else f"the line is not CSV: {error}"
    if not whole or (TOO_LONG in str(error) and not several):
        reason = TOO_LONG
    return Bad(number, mended(line), reason, reading.notes.take())


def _row(number: int, row: list[str], line: str, form: Form, reading: Reading) -> Good | Bad:
    if is_broken(line):
        return Bad(number, mended(line), BROKEN, reading.notes.take())
    while len(row) > len(form.header) and not row[-1].strip():
        row.pop()
    if len(row) > len(form.header):
        reason = (
            f"the line has {len(row)} columns and the header {len(form.header)}: a text that holds the separator "
            "must stand in quotes"
        )
        return Bad(number, mended(line), reason, reading.notes.take())
    cells = [clean_text(cell) for cell in row]
    raw = {name or f"column {at + 1}": cell for at, (name, cell) in enumerate(zip(form.header, cells, strict=False))}
    try:
        record = _record(number, cells, form, reading)
        return good(number, record, raw, reading)
    except MentionError as error:
        return Bad(number, raw, str(error), reading.notes.take())


def _record(number: int, cells: list[str], form: Form, reading: Reading) -> dict[str, Any]:
    """The cells as a mention's record, before `parse_mention`."""
    given: dict[str, str] = {}
    record: dict[str, Any] = {}
    for name, field, cell in zip(form.header, form.fields, cells, strict=False):
        value = cell if field == "text" else cell.strip()
        if field is None:
            record[f"column {name}" if name in _RESERVED else name] = value
        elif value:
            given[field] = value
    when = given.pop("published_at", "")
    hour = given.pop("hour", "")
    if not given.get("text", "").strip():
        raise MentionError("text", "text is empty")
    if not when:
        raise MentionError("published_at", "published_at is missing")
    published, assumed = parse_date(f"{when} {hour}".strip(), reading.zone)
    for note in assumed:
        reading.notes.once(note, f"{note} (first on line {number})")
    extra = _json_cell(given, "extra")
    engagement = _json_cell(given, "engagement")
    if channel := given.pop("channel", ""):
        extra.setdefault("channel", search_text(channel))
    for field in (*_COUNTS, "followers", "rating"):
        if field not in given:
            continue
        value, target = given.pop(field), engagement if field in _COUNTS else record
        amount = _rating(value) if field == "rating" else _count(value)
        if amount is None:
            # A mention is worth more than a counter that nobody can read.
            extra.setdefault(field, value)
            reading.notes.once(f"number {field}", f"{field} {value[:30]!r} is no number; kept in extra (line {number})")
        else:
            target[field] = amount
    record |= given
    record |= {"published_at": published, "extra": extra, "engagement": engagement}
    if not form.own_ids:
        record = as_complaint(record)
    if "native_id" not in record:
        if form.has("native_id"):
            reading.notes.once("empty id", f"a line without an id gets a digest as its id (first on line {number})")
        name = record.get("source") or reading.source or ""
        parts = [name, record.get("author") or "", published.isoformat(), record["text"]]
        record["native_id"] = "digest:" + hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:32]
    return record


_RESERVED = frozenset({"", *Mention.model_fields})


def _json_cell(given: dict[str, str], field: str) -> dict[str, Any]:
    """A column that holds a JSON object, as `nobet export` writes `engagement` and `extra`."""
    cell = given.pop(field, "")
    if not cell:
        return {}
    try:
        value = json.loads(cell)
    except (ValueError, RecursionError):
        value = None
    if not isinstance(value, dict):
        raise MentionError(field, f"{field} is not a JSON object")
    return value


def _count(value: str) -> int | None:
    """A count as a spreadsheet writes it: 1250, 1.250, 1,250, 1 250, 1250.0; None for anything else."""
    plain = re.sub(r"[\s\u00a0\u202f]", "", value)
    if re.fullmatch(r"\d{1,3}([.,]\d{3})+", plain):
        plain = re.sub(r"[.,]", "", plain)
    plain = re.sub(r"[.,]0+$", "", plain)
    return int(plain) if plain.isascii() and plain.isdigit() and len(plain) <= 15 else None


def _rating(value: str) -> float | None:
    """A rating: 4, 4.5, 4,5, 4/5 (as 4); None for anything else."""
    found = re.fullmatch(r"(\d{1,3}(?:[.,]\d+)?)(?:\s*/\s*\d+)?", value)
    return float(found[1].replace(",", ".")) if found else None
