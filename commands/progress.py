"""How far a command is, for whoever follows it: the worker, which does long work by running commands."""

from __future__ import annotations

import json
import os
import sys
import threading
import time

from long_work import PROGRESS


def followed() -> bool:
    """Whether somebody follows this process."""
    return bool(os.environ.get(PROGRESS))


def progress(done: int, total: int | None = None) -> None:
    """Say how far the work is, in what it counts; `total` is None while it is not known. Silent without a listener."""
    if followed():
        print(json.dumps({"progress": [done, total]}), file=sys.stderr, flush=True)


def end_with_parent() -> None:
    """End this process when the one that follows it is gone: it will be started again, and must not run twice."""
    if not followed():
        return
    parent = os.getppid()

    def watch() -> None:
        while os.getppid() == parent:
            time.sleep(1.0)
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()
