"""Long work as people see it: asked for on the board, done by the worker, followed and ended from any page.

An import, a training, a report, a back-fill. The page may be left: the job goes on, and whoever looks sees how far it
is.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

from desk.roles import Refused, any_may, require
from desk.room import Room
from store import events as event_log
from store import jobs as job_store
from store import sources as source_store
from store.jobs import ENDED, JobRow

__all__ = ["ACTIONS", "ENDED", "MOST_BYTES", "SUFFIXES", "JobRow", "Jobs"]

ACTIONS = {
    "import": "manage_sources",
    "training": "manage_models",
    "report": "see_reports",
    "back_fill": "manage_sources",
}
"""What somebody must be allowed to do to ask for a job of each kind, and to end it."""

MOST_BYTES = 10_000_000
"""Bytes of a file that may be handed over on the board; a larger one goes in with `nobet import`."""

SUFFIXES = (".jsonl", ".csv", ".eml", ".mbox", ".html", ".htm", ".mhtml", ".json", ".txt")
"""Files that the import reads (collectors/files.py)."""


class Jobs:
    """One person's hands on the long work of a brand."""

    def __init__(self, room: Room) -> None:
        self.room = room
        self.store, self.settings, self.brand = room.store, room.settings, room.brand

    @property
    def folder(self) -> Path:
        """Where files for jobs and what jobs made are kept, beside the store."""
        return self.settings.home / "work"

    def ask(self, kind: str, args: Mapping[str, Any], key: str, now: datetime) -> int:
        """Ask for a job (kind one of ACTIONS); asking again with the same key is the same job. Answers its id.

        Raises NotAllowed for whoever may not, Refused in a drill and in the demo, where there is nothing to do it to.
        """
        require(self.room.agent(), ACTIONS[kind])
        if self.settings.drill is not None:
            raise Refused("Tatbikatta uzun iş başlatılmaz; kendi panonuzda başlatın.",
                          "A drill starts no long work; start it on your own board.")  # fmt: skip
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            job_id, new = job_store.ask(tx, self.brand, kind, key, dict(args), self.room.by, now)
            if new:
                self._log(tx, "job_asked", job_id, kind, now)
        return job_id

    def keep_file(self, name: str, content: bytes) -> Path:
        """Keep a file that was handed over, under a name of its own; the same content is kept once.

        Raises Refused for one that is empty, too large, or of no kind that is read.
        """
        suffix = Path(name).suffix.lower()
        if suffix not in SUFFIXES:
            raise Refused(f"“{name[:80]}” okunabilecek bir tür değil. Okunanlar: {', '.join(SUFFIXES)}.",
                          f"“{name[:80]}” is of no kind that is read; these are: {', '.join(SUFFIXES)}.")  # fmt: skip
        if not content:
            raise Refused("Dosya boş; hiçbir şey alınmadı.", "The file is empty; nothing was taken in.")
        if len(content) > MOST_BYTES:
            most = MOST_BYTES // 1_000_000
            raise Refused(f"Dosya {most} MB’den büyük. Komut satırından alın: nobet import DOSYA.",
                          f"The file is larger than {most} MB. Take it in with: nobet import FILE.")  # fmt: skip
        stem = re.sub(r"[^A-Za-z0-9_-]+", "-", Path(name).stem)[:40].strip("-") or "file"
        kept = self.folder / "imports" / f"{stem}-{hashlib.sha256(content).hexdigest()[:16]}{suffix}"
        kept.parent.mkdir(parents=True, exist_ok=True)
        partial = kept.with_name(kept.name + ".partial")
        partial.write_bytes(content)
        partial.replace(kept)
        return kept

    def cancel(self, job_id: int, now: datetime) -> str:
        """Ask to end a job; answers its state (`running` where its worker has still to hear of it).

        Raises NotAllowed for whoever may not ask for one of its kind, Refused where there is no such job.
        """
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            row = job_store.job(tx, self.brand, job_id)
            if row is None:
                raise Refused(f"{job_id} numaralı iş yok.", f"There is no job {job_id}.")
            require(self.room.agent(), ACTIONS[row.kind])
            if row.state in ENDED or row.cancel_at is not None:
                return row.state
            state = job_store.cancel(tx, self.brand, job_id, now)
            self._log(tx, "job_cancelled", job_id, row.kind, now)
        return state or row.state

    def views(self, limit: int = 20) -> tuple[JobRow, ...]:
        """The newest jobs of the kinds that this person may see; what has not ended first."""
        mine = [kind for kind, action in ACTIONS.items() if any_may(self.room.agent().roles, action)]
        with self.store.read() as tx:
            return tuple(row for row in job_store.newest(tx, self.brand, limit) if row.kind in mine)

    def one(self, job_id: int) -> JobRow | None:
        """One job, None where there is none."""
        with self.store.read() as tx:
            return job_store.job(tx, self.brand, job_id)

    def sources(self, now: datetime) -> tuple[str, ...]:
        """The names of the sources that were ever read, for asking that one be read again."""
        with self.store.read() as tx:
            return tuple(state.source for state in source_store.source_states(tx, self.brand, now))

    def _log(self, tx: Any, type: str, job_id: int, kind: str, now: datetime) -> None:
        event_log.append(
            tx, self.brand, type=type, at=now, by=self.room.by, recorded_at=now, data={"job": job_id, "kind": kind}
        )
