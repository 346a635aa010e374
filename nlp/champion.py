"""Which model is in use at a desk: a pointer that is swapped whole, and the adapters it may name.

A desk's folder (`models_folder`) holds one folder per adapter and `champion.json`, the list of every promotion and
rollback. Both appear under their name only when they are complete and on disk: a process killed between any two lines
leaves what was there before or what was to be, never neither. The shipped model is the champion until another is.
"""

from __future__ import annotations

import fcntl
import json
import logging
import os
import re
import shutil
import uuid
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

from nlp import backends
from nlp.adapter import Adapted, Adapter
from nlp.backend import Backend
from nlp.features import Space
from nlp.linear import LinearModel, ModelError
from nlp.scorer import Scorer

log = logging.getLogger("nobet")

POINTER = "champion.json"
SHIPPED = "shipped"
"""The name of the model without any adapter."""

_VERSION = re.compile(r"desk-\d+-[0-9a-f]{8}")

PROMOTED, ROLLED_BACK = "promoted", "rolled_back"


@dataclass(frozen=True)
class Change:
    """One line of the desk's models: `champion` took the place of `before` at `at` (ISO time, UTC), by whose hand
    (`agent:NAME` or `system`). `id` is never given twice."""

    id: str
    at: str
    action: str
    before: str
    champion: str
    by: str


def models_folder(home: Path, brand: str) -> Path:
    """Where a brand's models lie in the folder of configuration, store and files."""
    return home / "models" / brand


def shipped(name: str = backends.DEFAULT, labels: Mapping[str, str] | None = None) -> Backend:
    """The model without what the desk taught: the backend of a name, as `Scorer.of` loads it. Raises ModelError."""
    return Scorer.of(name, labels).backend


def spaces_of(backend: Backend) -> Mapping[str, Space]:
    """The linear model's features by language: the backend's own `spaces`, else those of the shipped linear model."""
    held: Mapping[str, Space] | None = getattr(backend, "spaces", None)
    return LinearModel.load().spaces if held is None else held


def changes(folder: Path) -> list[Change]:
    """Every promotion and rollback, the oldest first. Raises ModelError where the pointer is not readable."""
    try:
        record = json.loads((folder / POINTER).read_text(encoding="utf-8"))
        return [Change(**{name: str(value) for name, value in change.items()}) for change in record["changes"]]
    except FileNotFoundError:
        return []
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ModelError(
            f"{folder / POINTER} cannot be read ({type(error).__name__}). The shipped model is in use until the file "
            "is restored from a backup or removed."
        ) from None


def line_of(told: Sequence[Change]) -> list[str]:
    """The champions that stand behind one another, the present one last: a promotion adds one, a rollback takes one."""
    line = [SHIPPED]
    for change in told:
        if change.action == PROMOTED:
            line.append(change.champion)
        elif len(line) > 1:
            line.pop()
    return line


def promote(folder: Path, version: str, *, by: str, at: datetime, instead_of: str | None = None) -> Change:
    """Make an adapter of the folder the champion. Raises ModelError where it is not there, damaged, or champion now;
    or where the champion is not `instead_of`, the one it was compared with."""
    if not _VERSION.fullmatch(version):
        raise ModelError(f"{version} is no model of the desk; `nobet models` lists them.")
    with _alone(folder):
        Adapter.load(folder / version)
        told = changes(folder)
        before = line_of(told)[-1]
        if before == version:
            raise ModelError(f"{version} is in use already.")
        if instead_of is not None and before != instead_of:
            raise ModelError(f"{before} was promoted meanwhile, and {version} was not compared with it; train again.")
        return _swap(folder, told, PROMOTED, before, version, by, at)


def rollback(folder: Path, *, by: str, at: datetime) -> Change:
    """Bring back the champion before the present one. Raises ModelError where there is none before it."""
    with _alone(folder):
        told = changes(folder)
        line = line_of(told)
        if len(line) < 2:
            raise ModelError("The shipped model is in use; there is nothing to go back to.")
        return _swap(folder, told, ROLLED_BACK, line[-1], line[-2], by, at)


def keep(folder: Path, adapter: Adapter) -> Path:
    """Put an adapter into the desk's folder, whole and on disk; answers where. One that is there already stays."""
    with _alone(folder):
        final = folder / adapter.version
        for left in folder.glob(".*.new"):  # a training that was killed
            shutil.rmtree(left, ignore_errors=True)
        if final.exists():
            try:
                Adapter.load(final)
                _renew(final, adapter)
                return final
            except ModelError:  # damaged since: what was just made takes its place
                shutil.rmtree(final)
        fresh = folder / f".{adapter.version}.new"
        adapter.save(fresh)
        for path in [*fresh.iterdir(), fresh]:
            _to_disk(path)
        fresh.rename(final)
        _to_disk(folder)
        return final


def _renew(final: Path, adapter: Adapter) -> None:
    """The same numbers measured again: only what is told of them is new."""
    fresh = final.parent / f".{adapter.version}.new"
    adapter.save(fresh)
    _to_disk(fresh / "adapter.json")
    os.replace(fresh / "adapter.json", final / "adapter.json")
    _to_disk(final)
    shutil.rmtree(fresh)


def adapters(folder: Path) -> list[Adapter]:
    """Every adapter of the folder that can be read, the oldest first."""
    found = []
    for path in sorted(folder.glob("desk-*")):
        try:
            found.append(Adapter.load(path))
        except ModelError as error:
            log.warning("%s", error)
    return sorted(found, key=lambda adapter: (str(adapter.record.get("made_at")), adapter.version))


def champion_on(folder: Path, backend: Backend, spaces: Mapping[str, Space]) -> tuple[Adapter | None, str]:
    """The adapter in use on a shipped model, None for the shipped model alone; and why it is not the one that was
    promoted, in a sentence, where that is so."""
    try:
        name = line_of(changes(folder))[-1]
        if name == SHIPPED:
            return None, ""
        adapter = Adapter.load(folder / name)
        Adapted(backend, adapter, spaces)  # raises where it was taught on another model
        return adapter, ""
    except ModelError as error:
        return None, str(error)


def load_champion(folder: Path, make: Callable[[], Backend] = shipped) -> Scorer:
    """A scorer with the champion of a desk's folder, on the backend that `make` loads.

    A champion that cannot be used (damaged, or taught on another shipped model) is told in the log, and the shipped
    model works until it is taught anew: scoring never stops for it. Raises ModelError where the shipped one is damaged.
    """
    backend = make()
    return _scorer(folder, backend)


def _scorer(folder: Path, backend: Backend) -> Scorer:
    if not (folder / POINTER).exists():
        return Scorer(backend)  # no desk has taught anything: the features need not be read twice
    spaces = spaces_of(backend)
    adapter, note = champion_on(folder, backend, spaces)
    if note:
        log.warning("the desk's model is not used: %s", note)
    return Scorer(backend if adapter is None else Adapted(backend, adapter, spaces))


class Champion:
    """The champion's scorer, always the present one. Ask for it once per batch: a look at the pointer takes
    microseconds, and a new champion is taken up without a restart."""

    def __init__(self, folder: Path, make: Callable[[], Backend] = shipped) -> None:
        self._folder = folder
        self._backend = make()
        self._stamp = self._look()
        self._scorer = _scorer(folder, self._backend)

    @property
    def scorer(self) -> Scorer:
        """The scorer to use now. One that cannot be loaded for a moment leaves the one before in use."""
        stamp = self._look()
        if stamp != self._stamp:
            self._stamp = stamp
            try:
                self._scorer = _scorer(self._folder, self._backend)
                log.info("scoring with %s from now on", self._scorer.model)
            except (ModelError, OSError) as error:
                log.warning("the new model could not be taken up, %s stays: %s", self._scorer.model, error)
        return self._scorer

    def _look(self) -> tuple[int, int, int]:
        try:
            found = os.stat(self._folder / POINTER)
            return found.st_ino, found.st_mtime_ns, found.st_size
        except OSError:
            return 0, 0, 0


def _swap(
    folder: Path, told: Sequence[Change], action: str, before: str, version: str, by: str, at: datetime
) -> Change:
    change = Change(uuid.uuid4().hex, at.isoformat(timespec="seconds"), action, before, version, by)
    record = {"champion": version, "changes": [asdict(one) for one in (*told, change)]}
    fresh = folder / f".{POINTER}.new"
    fresh.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")
    _to_disk(fresh)
    os.replace(fresh, folder / POINTER)
    _to_disk(folder)
    return change


def _to_disk(path: Path) -> None:
    """What was written under a path survives a power cut; of a folder, its names do."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One hand at a time; a process that is killed lets go by itself."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)  # like the store: its owner alone
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
