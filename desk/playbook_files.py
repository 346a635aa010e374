"""The brand's own playbooks as files: one in force, the versions before it beside it, nothing ever half written.

    playbooks/late_delivery.yaml             in force
    playbooks/plans/cargo_collapse.yaml      in force, before the shipped plan of the same id
    playbooks/versions/playbook/late_delivery/3.yaml

Every file is written beside its place, synced and moved into it, so that a reader sees the old text or the new one.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

from desk.roles import Refused
from desk.settings import OWN_PLAYBOOKS, Settings
from playbooks.crisis.shelf import PLANS
from playbooks.shelf import ENDINGS, SHIPPED

BEGUN = ".playbooks-"
"""How a copy of the shipped playbooks is called until it is whole."""


class Files:
    """The files of a brand's playbooks. Raises Refused, with a sentence, where the disk does not let it write."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings

    @property
    def folder(self) -> Path | None:
        """The brand's own folder; None while the shipped playbooks are used."""
        return self.settings.playbook_folder

    def place(self, kind: str, id: str) -> Path:
        """The file in force of a playbook or plan."""
        own, shipped = self.folder, (PLANS if kind == "plan" else SHIPPED)
        if own is not None:
            here = own / "plans" if kind == "plan" else own
            for ending in ENDINGS:
                if (found := here / f"{id}{ending}").is_file():
                    return found
        return shipped / f"{id}.yaml"

    def text(self, kind: str, id: str) -> str:
        """The text in force. Raises Refused where it cannot be read."""
        place = self.place(kind, id)
        try:
            return place.read_text(encoding="utf-8-sig")
        except (OSError, UnicodeDecodeError) as error:
            raise Refused(
                f"{place.name} okunamıyor: {error}. Dosyayı ve izinlerini denetleyin.",
                f"{place.name} cannot be read: {error}. Look at the file and its permissions.",
            ) from None

    def own(self) -> Path:
        """The brand's own folder; the shipped playbooks are copied there where it has none. All of it is there at once,
        or nothing; to be called by one at a time (inside a write transaction)."""
        if (folder := self.folder) is not None:
            return folder
        home = self.settings.home
        try:
            for left in home.glob(f"{BEGUN}*"):  # of a process that died while copying
                shutil.rmtree(left, ignore_errors=True)
            begun = Path(tempfile.mkdtemp(prefix=BEGUN, dir=home))
            begun.chmod(0o755)
            for file in sorted(SHIPPED.glob("*.yaml")):
                _write(begun / file.name, file.read_text(encoding="utf-8"))
            os.rename(begun, home / OWN_PLAYBOOKS)
            _sync(home)
        except OSError as error:
            raise _not_written(error) from None
        return home / OWN_PLAYBOOKS

    def put(self, kind: str, id: str, text: str) -> None:
        """Put a text in force."""
        folder = self.own()
        place = self.place(kind, id)
        if place.parent in (PLANS, SHIPPED):
            place = (folder / "plans" if kind == "plan" else folder) / f"{id}.yaml"
        self._put(place, text)

    def keep(self, kind: str, id: str, version: int, text: str) -> None:
        """Keep the text of a version beside those before it."""
        self._put(self._version(kind, id, version), text)

    def kept(self, kind: str, id: str, version: int) -> str | None:
        """The text of a version that was kept; None where it was not."""
        try:
            return self._version(kind, id, version).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError):
            return None

    def versions(self, kind: str, id: str) -> tuple[int, ...]:
        """The numbers of the versions that were kept, the newest first."""
        folder = self.folder
        if folder is None:
            return ()
        found = (folder / "versions" / kind / id).glob("*.yaml")
        return tuple(sorted((int(file.stem) for file in found if file.stem.isdigit()), reverse=True))

    def _version(self, kind: str, id: str, version: int) -> Path:
        return (self.folder or self.settings.home / OWN_PLAYBOOKS) / "versions" / kind / id / f"{version}.yaml"

    def _put(self, place: Path, text: str) -> None:
        try:
            place.parent.mkdir(parents=True, exist_ok=True)
            beside = place.with_name(f".{place.name}.new")
            _write(beside, text)
            os.replace(beside, place)
            _sync(place.parent)
        except OSError as error:
            raise _not_written(error) from None


def _write(file: Path, text: str) -> None:
    with file.open("w", encoding="utf-8", newline="\n") as stream:
        stream.write(text)
        stream.flush()
        os.fsync(stream.fileno())


def _sync(folder: Path) -> None:
    """A move is kept once its folder is synced."""
    try:
        handle = os.open(folder, os.O_RDONLY)
    except OSError:
        return  # a system on which folders cannot be opened keeps moves by itself
    try:
        os.fsync(handle)
    except OSError:
        pass
    finally:
        os.close(handle)


def _not_written(error: OSError) -> Refused:
    why = error.strerror or str(error)
    return Refused(
        f"Dosya yazılamadı ({why}); hiçbir şey değişmedi. Senaryo klasörüne yazma izni verip yeniden kaydedin.",
        f"The file could not be written ({why}); nothing was changed. Let the folder of playbooks be written to, and "
        "save again.",
    )
