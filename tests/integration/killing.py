"""Dying at a given line: kill -9 between any two lines of ours, counted as they run."""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any


class Lines:
    """How many lines of ours were run so far."""

    def __init__(self) -> None:
        self.run = 0


@contextmanager
def killed_at(line: int, ours: tuple[str, ...]) -> Iterator[Lines]:
    """Die by kill -9 at the `line`-th line that runs of files whose names begin like one of `ours` (0: never).

    Threads that are begun in the block are counted too.
    """
    lines = Lines()

    def each_line(frame: FrameType, event: str, _argument: Any) -> Any:
        if event == "line":
            lines.run += 1
            if lines.run == line:
                os.kill(os.getpid(), signal.SIGKILL)
        return each_line

    def each_call(frame: FrameType, _event: str, _argument: Any) -> Any:
        return each_line if frame.f_code.co_filename.startswith(ours) else None

    threading.settrace(each_call)
    sys.settrace(each_call)
    yield lines
    sys.settrace(None)
    threading.settrace(None)  # type: ignore[arg-type]
