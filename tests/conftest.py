"""What every tier of tests may ask for: one real forum and one real mail server, started when they are first needed.

The temporary folders lie in memory where there is enough of it. The store syncs each commit to disk, as it must for its
users; thousands of small stores would spend most of the run waiting for that.
"""

import os
import shutil
from pathlib import Path

# Several test processes share few processors. Linear algebra that spreads over all of them in each process then waits
# for itself: learning from the desk took 113 s instead of 8 beside other work (two cores, OpenBLAS).
for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ.setdefault(_name, "1")

import pytest  # noqa: E402
from hypothesis import settings as trials  # noqa: E402

from tests.integration.imap_server import mail  # noqa: E402
from tests.integration.spirit_server import spirit  # noqa: E402
from tests.long import leave_out  # noqa: E402

__all__ = ["mail", "spirit"]

MEMORY = Path("/dev/shm")
ENOUGH = 3 * 2**30
"""Bytes that must be free; a whole run was seen to need less than one GB."""

if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# Forty examples of what a test leaves open, the same ones each time: whether a change lands must not hang on a draw.
# `make test-long` takes three hundred, drawn anew. What needs its own number says so (tests/tries.py).
trials.register_profile("quick", max_examples=40, derandomize=True, database=None)
trials.register_profile("long", max_examples=300)
trials.load_profile(os.environ.get("NOBET_TEST_PROFILE", "quick"))


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave to `make test-long` what takes long."""
    leave_out(items)
