"""What every tier of tests may ask for: one real forum and one real mail server, started when they are first needed.

The temporary folders lie in memory where there is enough of it. The store syncs each commit to disk, as it must for its
users; thousands of small stores would spend most of the run waiting for that.
"""

import os
import shutil
from pathlib import Path

from hypothesis import settings as trials

from tests.integration.imap_server import mail
from tests.integration.spirit_server import spirit

__all__ = ["mail", "spirit"]

MEMORY = Path("/dev/shm")
ENOUGH = 3 * 2**30
"""Bytes that must be free; a whole run was seen to need less than one GB."""

if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(MEMORY))

# Forty examples of what a test leaves open; `make test-long` takes three hundred. What needs its own number says so.
trials.register_profile("quick", max_examples=40)
trials.register_profile("long", max_examples=300)
trials.load_profile(os.environ.get("NOBET_TEST_PROFILE", "quick"))
