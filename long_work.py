"""The worker's long work: each job runs as `nobet …` in a process of its own, is followed, and ends when it is told to.

A job that is killed with its worker is taken up again by the next one: an import stores nothing twice, a report is
written anew, a training that did not end has promoted nothing. A back-fill is done by the sources' own round; its job
follows it. Nothing here blocks the clocks: a process of its own has a processor of its own.
"""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import threading
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from desk.settings import CHECKOUT, Settings
from store import events as event_log
from store import jobs, looks
from store.engine import Store
from store.jobs import JobRow

log = logging.getLogger("nobet")

LOOK_EVERY = 2.0
"""Seconds between two looks for a job that waits."""

BEAT_EVERY = 1.0
"""Seconds between two looks whether a running job is to end."""

END_WITHIN = 10.0
"""Seconds that a process has to end by itself once it was asked to."""

COMMANDS = ("import", "training", "report")
PROGRAM = (sys.executable, str(CHECKOUT / "nobet.py"))
PROGRESS = "NOBET_PROGRESS"
"""Set for a process that is followed: commands/progress.py then says how far it is, a JSON line on standard error."""

CALM = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""Linear algebra on one processor: a training must not take all of them from the board and the clocks; and beside other
work it is quicker so (learning from the desk: 8 s instead of 113 s on two busy cores)."""

MOST_TOLD = 1000


def command_of(row: JobRow, settings: Settings) -> list[str]:
    """The command of a job, without the program: options and values apart, so that nothing is read by a shell."""
    args: Mapping[str, Any] = row.args
    lang = "en" if args.get("lang") == "en" else "tr"
    config = [] if settings.file is None else ["--config", str(settings.file)]
    if row.kind == "import":
        source = [f"--source={args['source']}"] if args.get("source") else []
        return ["import", *source, *config, "--", str(args["file"])]
    if row.kind == "training":
        return ["train", "--from-desk", "--by", row.by.removeprefix("agent:"), "--lang", lang, *config]
    period = (
        ["--last", str(args["last"])] if args.get("last") else ["--from", str(args["from"]), "--to", str(args["to"])]
    )
    return ["report", *period, "--format", str(args["format"]), "--lang", lang, "--out", str(args["out"]), *config]


class LongWork:
    """Takes up the jobs of one brand, one process at a time."""

    def __init__(
        self, store: Store, settings: Settings, stop: threading.Event,
        program: Sequence[str] = PROGRAM,
    ) -> None:  # fmt: skip
        self.store, self.settings, self.stop = store, settings, stop
        self.brand = settings.brand.key
        self._program = program

    def run(self) -> int:
        """Do every job that waits, one after the other, until there is none or we are to stop; answers how many."""
        self.follow()
        count = 0
        while not self.stop.is_set():
            with self.store.read() as tx:
                if not jobs.waits(tx, self.brand, COMMANDS, _now()):
                    break
            with self.store.write() as tx:
                row = jobs.take(tx, self.brand, COMMANDS, _now())
            if row is None:
                break
            self._do(row)
            count += 1
        return count

    def _do(self, row: JobRow) -> None:
        command = [*self._program, *command_of(row, self.settings)]
        environ = {**CALM, **os.environ, "NOBET_HOME": str(self.settings.home), PROGRESS: "1", "PYTHONUNBUFFERED": "1"}
        heard = _Heard()
        log.info("job %d: %s", row.id, row.kind)
        try:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                encoding="utf-8", errors="replace", env=environ, cwd=CHECKOUT,
            )  # fmt: skip
        except OSError as error:
            self._end(row, "failed", f"The work could not be started ({error.strerror}).")
            return
        threads = [
            threading.Thread(target=heard.listen, args=(stream, name), daemon=True)
            for stream, name in ((process.stdout, "out"), (process.stderr, "err"))
        ]
        for thread in threads:
            thread.start()
        state = self._follow_process(row, process, heard)
        for thread in threads:
            thread.join(END_WITHIN)
        if state is None:
            return  # we are to stop: the job stays running and is taken up by whoever comes after us
        if state == "cancelled":
            self._end(row, "cancelled", heard.ending())
        elif process.returncode == 0 or (row.kind == "import" and heard.said("read ")):
            self._end(row, "done", heard.ending(), heard.result())  # an import with rejected lines exits with 1
        else:
            self._end(row, "failed", heard.trouble() or f"The work ended with status {process.returncode}.")

    def _follow_process(self, row: JobRow, process: subprocess.Popen[str], heard: _Heard) -> str | None:
        """Until the process has ended: "ended" or "cancelled"; None where we are to stop."""
        while True:
            try:
                process.wait(BEAT_EVERY)
                return "ended"
            except subprocess.TimeoutExpired:
                pass
            with self.store.write() as tx:
                goes_on = jobs.beat(tx, row.id, _now(), heard.done, heard.total)
            if goes_on and not self.stop.is_set():
                continue
            process.terminate()
            try:
                process.wait(END_WITHIN)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            return "cancelled" if not goes_on else None

    def follow(self) -> None:
        """Bring the back-fills' jobs up to date: asked for where they wait, and ended where their round has ended."""
        with self.store.read() as tx:
            rows = jobs.running(tx, self.brand, "back_fill")
        for row in rows:
            source = str(row.args.get("source"))
            since, until = (datetime.fromisoformat(str(row.args[name])) for name in ("since", "until"))
            with self.store.write() as tx:
                now = _now()
                if row.state == "waiting":
                    jobs.take(tx, self.brand, ("back_fill",), now, row.id)
                    looks.ask_backfill(tx, self.brand, source, since, until, now, "asked for on the board")
                found = [
                    one for one in looks.backfills_since(tx, self.brand, since)
                    if (one.source, one.since, one.until) == (source, since, until)
                ]  # fmt: skip
                one = found[0] if found else None
                if not jobs.beat(tx, row.id, now, one.found if one else 0, None, one.note if one else ""):
                    if one is not None and one.state in ("waiting", "running"):
                        looks.move_backfill(tx, one.id, state="given_up", note="ended on the board")
                    jobs.finish(tx, row.id, "cancelled", one.note if one else "", now)
                elif one is not None and one.state in ("done", "given_up"):
                    state = "done" if one.state == "done" else "failed"
                    if jobs.finish(tx, row.id, state, one.note, now, {"found": one.found}):
                        self._log(tx, row, state, now)

    def _end(self, row: JobRow, state: str, told: str, result: dict[str, Any] | None = None) -> None:
        now = _now()
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            if jobs.finish(tx, row.id, state, told[:MOST_TOLD], now, result) and state != "cancelled":
                self._log(tx, row, state, now)
        log.info("job %d: %s", row.id, state)

    def _log(self, tx: Any, row: JobRow, state: str, now: datetime) -> None:
        data = {"job": row.id, "kind": row.kind}
        event_log.append(
            tx, self.brand, type=f"job_{state}", at=now, by="system", recorded_at=now, data=data
        )  # job_done or job_failed


class _Heard:
    """What a process has said: how far it is, its last lines, its sentences of trouble."""

    def __init__(self) -> None:
        self.done: int | None = None
        self.total: int | None = None
        self._lines: dict[str, list[str]] = {"out": [], "err": []}

    def listen(self, stream: Any, name: str) -> None:
        """Read a stream to its end."""
        for line in stream:
            if name == "err" and line.startswith('{"progress"'):
                self._progress(line)
                continue
            lines = self._lines[name]
            lines.append(line.rstrip())
            del lines[:-40]

    def _progress(self, line: str) -> None:
        try:
            done, total = json.loads(line)["progress"]
            self.done, self.total = int(done), None if total is None else int(total)
        except (ValueError, TypeError, KeyError):
            log.warning("a job told its progress in a form that is none")

    def said(self, beginning: str) -> bool:
        """Whether a line of standard output begins so."""
        return any(line.startswith(beginning) for line in self._lines["out"])

    def ending(self) -> str:
        """The last lines of standard output, and what was complained of."""
        return "\n".join([*self._lines["out"][-12:], *self._lines["err"][-8:]]).strip()

    def trouble(self) -> str:
        """The sentences on standard error."""
        return "\n".join(self._lines["err"][-8:]).strip()

    def result(self) -> dict[str, Any]:
        """The numbers of an import's line `read 3, new 2, …`, and the file that a report names; empty without."""
        for line in self._lines["out"]:
            if line.startswith("read "):
                pairs = (part.rsplit(" ", 1) for part in line.split(", "))
                return {name: int(count) for name, count in pairs if count.isdigit()}
        files = [line for line in self._lines["out"] if line and Path(line).is_absolute()]
        return {"files": files} if files else {}


def _now() -> datetime:
    return datetime.now(UTC)
