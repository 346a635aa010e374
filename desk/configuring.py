"""Changing `nobet.yaml`: comments stay, nothing is written that cannot be read again, the file before is kept.

A change names fields and their new values (see config_text.py for how the text follows). The file before is kept beside
it as `nobet.yaml.bak-<time>`, the newest KEPT of them. Secrets are never in the file, see desk/secrets.py.
"""

from __future__ import annotations

import difflib
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path

import yaml

from desk.config_text import Changes, changed, different
from desk.quality import Week, quality
from desk.roles import Refused, require
from desk.settings import CONFIG_NAME, Mistake, Settings, SettingsError, mistakes, read_yaml
from desk.team import Agent
from mention import Mention
from store import events as event_log
from store import settings_log
from store.engine import Store
from store.search import history

KEPT = 20
"""How many earlier files are kept; a change a day is three weeks of them."""

RECENT = 2_000
"""Stored mentions on which a query is tried: a second's work."""

QUALITY_FOR = timedelta(minutes=10)
_counted: dict[tuple[str, str], tuple[datetime, list[Week]]] = {}

_BACKUP = re.compile(r"\.bak-(\d{8}T\d{6}Z)(?:-\d+)?")


@dataclass(frozen=True)
class Written:
    """The configuration as it stands in its file; no text where there is no file yet."""

    file: Path
    text: str

    @property
    def digest(self) -> str:
        """Names the text by its content."""
        return hashlib.sha256(self.text.encode()).hexdigest()[:16]


@dataclass(frozen=True)
class Proposal:
    """A change that was not made yet: the file it was made from, what it would be, and what is wrong with it."""

    base: Written
    text: str
    fields: tuple[str, ...]
    mistakes: tuple[Mistake, ...] = ()

    @property
    def lines(self) -> list[tuple[str, str]]:
        """The lines that change, each with `+`, `-` or a blank for one beside them, `…` between two places."""
        found: list[tuple[str, str]] = []
        for line in difflib.unified_diff(self.base.text.splitlines(), self.text.splitlines(), n=1, lineterm=""):
            if line.startswith(("---", "+++")):
                continue
            if line.startswith("@@"):
                found += [("…", "")] if found else []
            else:
                found.append((line[0], line[1:]))
        return found


@dataclass(frozen=True)
class Before:
    """A configuration that is kept from before a change; `by` and `fields` are of the change that ended it."""

    name: str
    at: datetime
    by: str = ""
    fields: tuple[str, ...] = ()


class Configuring:
    """One person's hands on the configuration of a brand."""

    def __init__(self, store: Store, settings: Settings, me: Agent) -> None:
        self.store = store
        self.settings = settings
        self.me = me

    @property
    def file(self) -> Path:
        """Where the configuration stands, or would stand."""
        return self.settings.file or self.settings.home / CONFIG_NAME

    def read(self) -> Written:
        """The configuration as it stands now. Raises SettingsError where the file cannot be read."""
        return read(self.file)

    def digest(self) -> str:
        """Names the file as it stands, without looking whether it can be read as a configuration."""
        try:
            return Written(self.file, self.file.read_text(encoding="utf-8")).digest
        except (OSError, UnicodeDecodeError):
            return ""

    def propose(self, base: str, changes: Changes) -> Proposal:
        """What the file would be. `base` is the digest of the file from which the changes were made.

        Raises Refused for who may not, for the demo and a drill, and where the file was changed meanwhile.
        """
        self._may()
        with _said():
            written = self._unchanged(base)
            text = changed(written.text, changes)
        found = mistakes(yaml.safe_load(text) or {})
        return Proposal(written, text, tuple(dict.fromkeys(".".join(map(str, path)) for path in changes)), tuple(found))

    def save(self, proposal: Proposal, now: datetime) -> str:
        """Write a proposal; answers the name under which the file before is kept. Raises Refused."""
        self._may()
        if proposal.mistakes:
            raise Refused(
                "Önce hataları giderin; hiçbir şey yazılmadı.", "Mend the mistakes first; nothing was written."
            )
        with _said():
            return self._put(proposal.base.digest, proposal.text, proposal.fields, now, "")

    def restore(self, name: str, now: datetime) -> str:
        """Put an earlier file in place again; what stands now is kept as one more. Raises Refused."""
        self._may()
        if name not in {one.name for one in self.before()}:
            raise Refused("Bu yedek artık yok; en yeni yedeklerden birini seçin.",
                          "That earlier file is no longer kept; choose one of the newest.")  # fmt: skip
        with _said():
            written = self.read()
            text = read(self.file.with_name(name)).text
        if found := mistakes(yaml.safe_load(text) or {}):
            raise Refused(f"Bu yedek artık geçerli değil: {found[0].sentence}",
                          f"That earlier file is no longer valid: {found[0].sentence}")  # fmt: skip
        with _said():
            return self._put(written.digest, text, different(written.text, text), now, name)

    def before(self) -> tuple[Before, ...]:
        """The earlier files that are kept, the newest first, with who ended each and which fields were changed."""
        with self.store.read() as tx:
            told = {str(one.data.get("kept")): one for one in settings_log.changes(tx, self.settings.brand.key, KEPT)}
        found = []
        for file in kept_of(self.file):
            stamp = _BACKUP.search(file.name)
            at = datetime.strptime(stamp[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC) if stamp else None
            change = told.get(file.name)
            if at is not None:
                by = change.by.removeprefix("agent:") if change else ""
                fields = tuple(map(str, change.data.get("fields", ()))) if change else ()
                found.append(Before(file.name, at, by, fields))
        return tuple(found)

    def quality(self, now: datetime) -> list[Week]:
        """How the classifier's labels stood up in the last four weeks; kept for QUALITY_FOR, because it counts much."""
        key = (self.settings.brand.key, self.settings.url)
        at, found = _counted.get(key, (now - 2 * QUALITY_FOR, []))
        if now - at > QUALITY_FOR:
            with self.store.read() as tx:
                found = quality(tx, self.settings.brand.key, self.settings.desk.zone, 4, now)
            _counted[key] = (now, found)
        return found

    def recent(self, now: datetime) -> list[Mention]:
        """The newest stored mentions, at most RECENT, for trying a query."""
        found: list[Mention] = []
        for days in (1, 7, 30, 365):
            past = history(self.store, self.settings.brand.key, since=now - timedelta(days=days))
            found = list(islice(past, RECENT))
            if len(found) >= RECENT // 2:
                break
        return found

    def _may(self) -> None:
        require(self.me, "manage_settings")
        if self.settings.drill is not None:
            raise Refused("Bu bir tatbikat; ayarlar asıl panoda değiştirilir.",
                          "This is a drill; settings are changed on the real board.")  # fmt: skip
        if self.settings.demo:
            raise Refused("Örnek marka çalışıyor ve ayarı yok; önce kendi markanızı kurun.",
                          "The demo brand runs and has no settings; set up your own brand first.")  # fmt: skip

    def _unchanged(self, base: str) -> Written:
        written = self.read()
        if written.digest != base:
            with self.store.read() as tx:
                newest = settings_log.changes(tx, self.settings.brand.key, 1)
            fields = ", ".join(map(str, newest[0].data.get("fields", ()))) if newest else ""
            if newest and newest[0].data.get("to") == written.digest:
                who = newest[0].by.removeprefix("agent:")
                raise Refused(
                    f"Siz yazarken {who} ayarları değiştirdi ({fields}). Yazdıklarınız duruyor; bakıp yeniden "
                    "denetleyin.",
                    f"{who} changed the settings while you were writing ({fields}). What you typed is kept; look and "
                    "check again.",
                )
            raise Refused(
                f"Siz yazarken {written.file.name} pano dışında değişti. Yazdıklarınız duruyor; bakıp yeniden "
                "denetleyin.",
                f"{written.file.name} was changed outside the board while you were writing. What you typed is kept; "
                "look and check again.",
            )
        return written

    def _put(self, base: str, text: str, fields: Sequence[str], now: datetime, restored: str) -> str:
        brand = self.settings.brand.key
        with self.store.write() as tx:
            event_log.hold(tx, brand)
            before = self._unchanged(base)
            kept = keep(before, now)
            to = Written(before.file, text).digest
            data = {"fields": list(fields), "kept": kept, "from": before.digest, "to": to}
            event_log.append(
                tx, brand, type=settings_log.CHANGED, at=now, by=f"agent:{self.me.name}", recorded_at=now,
                data=data | ({"restored": restored} if restored else {}),
            )  # fmt: skip
            put(before.file, text)  # last: where it fails, nothing was written down either
        return kept


# --- the files ---


@contextmanager
def _said() -> Iterator[None]:
    """What is wrong with a file, as something that people read."""
    try:
        yield
    except SettingsError as error:
        raise Refused(f"Ayar dosyasında sorun var: {error}", str(error)) from None


def read(file: Path) -> Written:
    """A configuration file; an empty one where there is none. Raises SettingsError for one that is no YAML."""
    if not file.exists():
        return Written(file, "")
    read_yaml(file)  # says what is wrong, with the line
    return Written(file, file.read_text(encoding="utf-8"))


def put(file: Path, text: str) -> None:
    """Puts a text in a file's place at once, so that nobody reads half of it. Raises SettingsError."""
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=file.parent, prefix=file.name, suffix=".partial")
        with os.fdopen(handle, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        if file.exists():
            os.chmod(name, file.stat().st_mode & 0o777)
        os.replace(name, file)
    except OSError as error:
        raise SettingsError(f"{file}: cannot be written ({error.strerror}); nothing was changed") from None


def keep(before: Written, now: datetime) -> str:
    """Keep a file from before a change, and let go of all but the newest KEPT; answers its name, empty for no file."""
    if not before.file.exists():
        return ""
    name = f"{before.file.name}.bak-{now.astimezone(UTC):%Y%m%dT%H%M%SZ}"
    free = next(
        at for at in (name, *(f"{name}-{n:02d}" for n in range(2, 99))) if not before.file.with_name(at).exists()
    )
    put(before.file.with_name(free), before.text)
    for old in kept_of(before.file)[KEPT:]:
        old.unlink(missing_ok=True)
    return free


def kept_of(file: Path) -> list[Path]:
    """The earlier files of a configuration, the newest first."""
    found = [
        path for path in file.parent.glob(f"{file.name}.bak-*") if _BACKUP.fullmatch(path.name.removeprefix(file.name))
    ]
    return sorted(found, key=lambda path: path.name, reverse=True)
