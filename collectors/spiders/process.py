"""The process of one crawl, seen from outside: started, read line by line, and ended with all its children in time."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parents[2]
COMMAND: tuple[str, ...] = (sys.executable, "-m", "collectors.spiders.crawl")


class CrawlDied(Exception):
    """The process ended without its closing line; the message says what it left on standard error."""


class CrawlTooLong(Exception):
    """The process was ended at its time limit."""


class Crawl:
    """A running crawl: `command` with `order` (JSON, one line) on its standard input; after `time_limit` seconds of
    wall clock it is killed."""

    def __init__(self, order: str, time_limit: float, command: tuple[str, ...] = COMMAND) -> None:
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process
        self.timed_out = False
        path = os.pathsep.join([str(_ROOT), *filter(None, [os.environ.get("PYTHONPATH")])])
        self.process = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            cwd=_ROOT,
            # What reads strangers' pages needs none of our secrets.
            env={**{k: v for k, v in os.environ.items() if not k.startswith("NOBET_")}, "PYTHONPATH": path},
            start_new_session=True,  # a process group of its own, so that all of it can be ended
        )
        self._timer = threading.Timer(time_limit, self._out_of_time)
        self._timer.daemon = True
        self._timer.start()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        assert self.process.stdin is not None
        with contextlib.suppress(BrokenPipeError):  # it died at once; reading its lines tells
            self.process.stdin.write(order.encode() + b"\n")
            self.process.stdin.flush()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._lines.put(line)
        self._lines.put(None)

    def _out_of_time(self) -> None:
        self.timed_out = True
        self.kill()

    def kill(self) -> None:
        """End the process and its children now."""
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.process.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the process if it still runs, and give back what it held."""
        self._timer.cancel()
        self.kill()
        self.process.wait()
        self._reader.join(timeout=5)
        for stream in (self.process.stdin, self.process.stdout):
            if stream is not None:
                with contextlib.suppress(OSError):
                    stream.close()
        self._errors.close()

    def lines(self, patience: float) -> Iterator[dict[str, Any] | None]:
        """The records that the crawl writes, its closing one last; None after `patience` seconds without any.

        Raises CrawlTooLong or CrawlDied where the closing record did not come.
        """
        while True:
            try:
                line = self._lines.get(timeout=patience)
            except queue.Empty:
                yield None
                continue
            if line is None:
                break
            if not line.endswith(b"\n"):
                break  # cut off in the middle by its end
            try:
                record = json.loads(line)
            except ValueError:
                raise CrawlDied("it wrote a line that is not JSON") from None
            yield record
            if "end" in record:
                return
        self.process.wait()
        if self.timed_out:
            raise CrawlTooLong
        raise CrawlDied(self._last_words())

    def _last_words(self) -> str:
        self._errors.seek(0, os.SEEK_END)
        self._errors.seek(max(0, self._errors.tell() - 4000))
        words = self._errors.read().decode("utf-8", "replace").strip().splitlines()
        return words[-1][:200] if words else f"exit status {self.process.returncode}"
