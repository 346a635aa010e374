"""`nobet run` as a visitor meets it: the demo, its address, what happens in the first minute, Ctrl-C."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import pytest

from store.engine import Store
from store.export import iterate
from tests.acceptance.command import ROOT, environment, nobet


@contextmanager
def running(home: Path, command: str = "run", **env: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """`nobet run` (or `board`) with its address; ended however the test ends."""
    process = subprocess.Popen(
        [sys.executable, "-m", "nobet", command], cwd=ROOT, env=environment(home, **env), text=True,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        said = ""
        for line in process.stdout:
            said += line
            if found := re.search(r"http://127\.0\.0\.1:\d+", line):
                break
        else:
            pytest.fail(f"no address was printed: {said}")
        yield process, found.group()
    finally:
        if process.poll() is None:
            process.kill()
        process.wait()


def children(pid: int) -> list[int]:
    done = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True)
    return [int(line) for line in done.stdout.split()]


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    state = Path(f"/proc/{pid}/stat")
    return not state.exists() or state.read_text().rsplit(")", 1)[1].split()[0] != "Z"


def until(what: str, condition: object, seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():  # type: ignore[operator]
        assert time.monotonic() < deadline, f"not within {seconds:.0f} s: {what}"
        time.sleep(0.3)


def test_the_demo_lives_within_a_minute_and_ends_with_ctrl_c(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with running(home) as (process, address):
        started = time.monotonic()
        with urllib.request.urlopen(address, timeout=10) as answer:
            assert answer.status == 200
        until("cases with a playbook", lambda: sum(bool(c["playbook"]) for c in cases(home)) >= 5)
        first = len(cases(home))
        until("the queue moves", lambda: len(cases(home)) > first, 60 - (time.monotonic() - started))
        until("a promise runs out", lambda: any(ran_out(c) for c in cases(home)), 75)
        assert {e["type"] for e in nobet(home, "export", "events").jsonl} >= {"customer_posted", "playbook_started"}
        both = children(process.pid)
        assert len(both) == 2
        process.send_signal(signal.SIGINT)
        assert process.wait(30) == 0
        assert process.stdout is not None and "has stopped" in process.stdout.read()
        assert not any(alive(pid) for pid in both)


def cases(home: Path) -> list[dict[str, str]]:
    """What `nobet export cases` says, read here: it is asked for three times a second, and a process takes one."""
    store = Store.open(f"sqlite:///{home / 'nobet.db'}")
    try:
        return list(iterate(store, "demo", "cases"))
    finally:
        store.close()


def ran_out(case: dict[str, str]) -> bool:
    """Whether an answer's deadline passed after the case was opened: it ran out while somebody could watch."""
    if not case["due_at"] or case["status"] not in ("new", "assigned"):
        return False
    due, opened = datetime.fromisoformat(case["due_at"]), datetime.fromisoformat(case["opened_at"])
    return opened < due < datetime.now(UTC)


def test_a_taken_port_is_left_alone_and_a_dead_worker_comes_back(tmp_path: Path) -> None:
    home = tmp_path / "home"
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            taken.bind(("127.0.0.1", 8501))
            taken.listen()
        except OSError:
            pass  # somebody else has it: taken all the same
        with running(home) as (process, address):
            assert not address.endswith(":8501")
            [worker, board] = sorted(children(process.pid))
            os.kill(worker, signal.SIGKILL)
            until("two processes again", lambda: len(children(process.pid)) == 2 and not alive(worker), 20)
            assert alive(board) and process.poll() is None
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) == 0


def test_killed_outright_it_leaves_nobody_behind(tmp_path: Path) -> None:
    with running(tmp_path / "home") as (process, _):
        both = children(process.pid)
        process.kill()
        process.wait()
        until("worker and board end with it", lambda: not any(alive(pid) for pid in both), 20)


def test_a_port_that_was_asked_for_and_is_taken_is_a_sentence(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        answer = nobet(tmp_path, "board", NOBET_PORT=str(port))
    assert answer.status == 1 and str(port) in answer.err and "NOBET_PORT" in answer.err
