"""How many examples a property that asks for many is tried with: a quarter of them in `make test`, all in test-long."""

from __future__ import annotations

import os

LONG = os.environ.get("NOBET_TEST_PROFILE") == "long"


def tries(number: int) -> int:
    """`number` examples in the long run; a quarter of them, and at least 25, in the quick one."""
    return number if LONG else max(25, number // 4)
