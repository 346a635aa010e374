"""Making a large report in a process of its own, so that nobody else's page waits for it.

A thread of the board would hold the interpreter from everybody's pages for as long as it reckons. `made_apart` starts
`python -m desk.report.apart`, hands it the work over its standard input, and reads from its standard output how far it
is and what it made. The process ends when that input closes: with the report, or with whoever asked for it, however
they end. See docs/why/reports.md.
"""

from __future__ import annotations

import contextlib
import gc
import logging
import os
import pickle
import subprocess
import sys
import threading
from collections.abc import Sequence
from datetime import datetime
from typing import IO

from desk.metrics.period import Period
from desk.report.making import Made, Told, made, titles_of
from desk.settings import CHECKOUT, Settings
from store.engine import Store

log = logging.getLogger("nobet")

PROGRAM = (sys.executable, "-m", "desk.report.apart")

CALM = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
"""One processor: the others are for the pages (see long_work.py)."""

AT_MOST_S = 600.0
"""Seconds after which making is given up: a hundred times as long as a month of 100,000 mentions takes."""

END_WITHIN_S = 5.0
"""Seconds that a process which has fallen silent has to end by itself."""

NICER = 5
"""How much the process yields to others of the machine: with a page and a report at once, the page gets three times as
much of a processor."""


class NotMade(RuntimeError):
    """A process that was to make a report ended without it; the message is a sentence that says how."""


def made_apart(
    url: str, settings: Settings, period: Period, now: datetime, language: str, told: Told = lambda done: None,
    program: Sequence[str] = PROGRAM,
) -> Made:  # fmt: skip
    """As making.made, of the store at `url`, made by another process. Raises NotMade where that ended without it."""
    environ = {**CALM, **os.environ}
    try:
        process = subprocess.Popen(program, cwd=CHECKOUT, env=environ, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    except OSError as error:
        raise NotMade(f"The process that was to make it could not be started ({error.strerror}).") from None
    assert process.stdin is not None and process.stdout is not None
    limit = threading.Timer(AT_MOST_S, process.kill)
    limit.daemon = True
    limit.start()
    try:
        # The playbooks are at hand here; there they would have to be read, which takes as long as a day's report.
        pickle.dump((url, settings, period, now, language, dict(titles_of(settings))), process.stdin)
        process.stdin.flush()  # it stays open: when it closes, the other side ends
        return _heard(process.stdout, told)
    except (EOFError, pickle.UnpicklingError, OSError):
        raise NotMade(f"The process that made it ended with status {_status(process)}, and without it.") from None
    finally:
        limit.cancel()
        process.kill()
        process.wait()
        process.stdout.close()
        with contextlib.suppress(OSError):  # what it did not read is lost with it
            process.stdin.close()


def _status(process: subprocess.Popen[bytes]) -> int:
    try:
        return process.wait(END_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()  # it speaks what nobody understands
        return process.wait()


def _heard(stream: IO[bytes], told: Told) -> Made:
    """Listen until it has said everything. Raises NotMade for what went wrong there, EOFError where it fell silent."""
    while True:
        what, value = pickle.load(stream)
        if what == "made":
            assert isinstance(value, Made)
            return value
        if what == "failed":
            raise NotMade(f"The process that made it says: {value}")
        told(value)


def main() -> None:
    """The other side: read the work, say how far it is, hand over what was made."""
    with os.fdopen(os.dup(1), "wb") as out:
        os.dup2(2, 1)  # whatever else is printed here must not stand among the answers
        url, settings, period, now, language, titles = pickle.load(sys.stdin.buffer)
        threading.Thread(target=_end_with_input, daemon=True).start()
        os.nice(NICER)
        gc.disable()  # it lives for seconds, and looking for rings among a million values takes a tenth of them

        def say(what: str, value: object) -> None:
            pickle.dump((what, value), out, protocol=pickle.HIGHEST_PROTOCOL)
            out.flush()

        try:
            store = Store.open(url, migrate=False)
            try:
                found = made(store, settings, period, now, language, lambda done: say("done", done), titles)
            finally:
                store.close()
            say("made", found)
        except BrokenPipeError:
            pass  # nobody waits for it any more
        except Exception as error:
            log.exception("a report could not be made")
            say("failed", f"{type(error).__name__}: {error}"[:500])


def _end_with_input() -> None:
    """End this process when whoever asked for its work has gone."""
    while os.read(0, 1024):  # not sys.stdin: a thread that waits in there holds up the end of the process
        pass
    os._exit(1)


if __name__ == "__main__":
    main()
