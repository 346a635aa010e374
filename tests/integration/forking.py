"""Children that can be killed, forked from one server that has loaded what any of them needs.

One list for all tests: the server is started once a test process, and what it was not told then every child would
import for itself, which takes seconds. With some two hundred children that is the difference of a quarter of an hour.
"""

from __future__ import annotations

import multiprocessing
from multiprocessing.context import ForkServerContext

LOADED = (
    "answering_child", "crisis_child", "desk_work", "detecting_child", "escalating_child", "playbook_child",
    "sending_child", "store_writer",
)  # fmt: skip


def forking() -> ForkServerContext:
    """The context to start children from."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["tests.acceptance.command_child", *(f"tests.integration.{name}" for name in LOADED)]
    )
    return context
