"""Random faults and kill -9, schedule by schedule: the stored set equals the served set, exactly once.

The seeds are fixed. A schedule that fails is named with its seed and its steps; run it alone with
`random_faults.drive(kind, [seed], ...)`.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.integration import random_faults
from tests.integration.forking import forking

KINDS = ("feed", "reddit", "x", "discourse", "mastodon")
SCHEDULES = int(os.environ.get("NOBET_TEST_SCHEDULES", "16"))
"""Of each kind; `make test-long` runs 102."""

FIRST_SEED = 20261122
LIMIT_S = 900


@pytest.mark.parametrize("kind", KINDS)
def test_the_stored_set_is_the_served_set(kind: str, sqlite_template: Path, tmp_path: Path) -> None:
    seeds = list(range(FIRST_SEED, FIRST_SEED + SCHEDULES))
    # From a clean process: it forks for every fetch, and must have no thread when it does.
    context = forking()
    ours, theirs = context.Pipe(duplex=False)
    arguments = (kind, seeds, str(sqlite_template), str(tmp_path), theirs)
    driver = context.Process(target=random_faults.drive, args=arguments)
    driver.start()
    theirs.close()
    try:
        assert ours.poll(LIMIT_S), f"no results after {LIMIT_S} s"
        results = ours.recv()
    finally:
        driver.kill()  # the site sees its end and leaves too
        driver.join()
    kills, fetches = (sum(getattr(result, name) for result in results) for name in ("kills", "fetches"))
    faults, gaps = (sum(getattr(result, name) for result in results) for name in ("faults", "gaps"))
    print(f"{kind}: seeds {seeds[0]} to {seeds[-1]}: {fetches} fetches, {kills} killed, {faults} faults, {gaps} gaps")
    wrong = [result for result in results if result.wrong]
    told = "\n".join(f"seed {result.seed}: {result.wrong}\n  {result.steps}" for result in wrong[:3])
    assert not wrong, f"{len(wrong)} of {len(results)} schedules went wrong:\n{told}"
    assert len(results) == SCHEDULES
    assert kills > fetches / 8, f"{kills} of {fetches} fetches were killed: too few to prove anything"
    assert not gaps if kind not in random_faults.ENDS_EARLY else gaps, "listings that end early leave gaps to be filled"
