"""A large report is made by a process of its own: the same numbers, a sentence where it dies, and no orphan."""

from __future__ import annotations

import logging
import pickle
import subprocess
import sys
import time
from datetime import timedelta
from typing import Any

import pytest

from desk.report import apart, keeping
from desk.report.apart import NotMade, made_apart
from desk.report.forms import to_json
from desk.report.keeping import Keeper
from desk.report.making import STEPS, made
from desk.settings import CHECKOUT
from store.engine import Store
from tests.integration.report_work import NOW, fill, open_on, settings_of, yesterday

KILLED = (sys.executable, "-c", "import os, signal; os.kill(os.getpid(), signal.SIGKILL)")
NONSENSE = (sys.executable, "-c", "import time; print('Merhaba', flush=True); time.sleep(60)")


@pytest.fixture
def filled(store: Store) -> Store:
    fill(open_on(store, settings_of()))
    return store


def test_the_same_numbers_come_from_another_process(filled: Store) -> None:
    settings = settings_of()
    period, told = yesterday(settings), []
    here = made(filled, settings, period, NOW, "tr")
    there = made_apart(filled.url, settings, period, NOW, "tr", told.append)
    assert to_json(there.content) == to_json(here.content) and there.content == here.content
    assert there.numbers == here.numbers and there.cases.facts() == here.cases.facts()
    assert told == list(range(STEPS + 1))


def test_a_keeper_hands_on_what_is_large(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = settings_of()
    asked = []
    monkeypatch.setattr(keeping, "made_apart", lambda *told: asked.append(told) or made_apart(*told))
    small = Keeper(filled, settings).show(yesterday(settings), "tr", NOW, patience_s=60)
    assert small.made is not None and not asked
    monkeypatch.setattr(keeping, "APART_FROM", 5)  # the two days have six posts
    keeper = Keeper(filled, settings)
    large = keeper.show(yesterday(settings), "tr", NOW, patience_s=60)
    assert large.made is not None and len(asked) == 1 and large.done == STEPS
    assert to_json(large.made.content) == to_json(small.made.content)
    key = next(one.link for one in large.made.content.section("response").numbers if one.figure == "open_now")
    assert keeper.behind(large.made, key) == keeper.behind(small.made, key) != []


@pytest.mark.parametrize("program", [KILLED, NONSENSE, ("/nowhere",)], ids=["killed", "nonsense", "missing"])
def test_one_that_dies_leaves_a_sentence(
    program: tuple[str, ...], filled: Store, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(apart, "END_WITHIN_S", 0.2)
    settings = settings_of()
    with pytest.raises(NotMade, match=r"The process that made it|could not be started"):
        made_apart(filled.url, settings, yesterday(settings), NOW, "tr", program=program)
    monkeypatch.setattr(keeping, "APART_FROM", 0)
    monkeypatch.setattr(keeping, "made_apart", lambda *told: made_apart(*told, program=program))
    keeper = Keeper(filled, settings)
    with caplog.at_level(logging.WARNING, "nobet"):
        shown = keeper.show(yesterday(settings), "tr", NOW, patience_s=60)
    assert shown.failed and shown.made is None
    [said] = [record for record in caplog.records if record.name == "nobet"]
    assert said.exc_info is None and "2026-11-20" in said.getMessage() and "begun anew" in said.getMessage()
    monkeypatch.setattr(keeping, "made_apart", made_apart)
    again = keeper.show(yesterday(settings), "tr", NOW + timedelta(minutes=5), patience_s=60)
    if again.made is None:  # a page is not kept waiting for what is there already, be it a failure
        thread = keeper._entries[yesterday(settings), "tr"].thread
        assert thread is None or thread.join(60) is None
        again = keeper.show(yesterday(settings), "tr", NOW + timedelta(minutes=5))
    assert again.made is not None and not again.failed


def test_what_goes_wrong_there_is_said_here(filled: Store) -> None:
    settings = settings_of()
    with pytest.raises(NotMade, match="StoreError"):
        made_apart("sqlite:////nowhere/nobet.db", settings, yesterday(settings), NOW, "tr")


ASKS = """
import pickle, subprocess, sys, time
real = subprocess.Popen

def popen(*told, **more):
    process = real(*told, **more)
    print(process.pid, flush=True)
    return process

subprocess.Popen = popen
from desk.report.apart import made_apart

def told(done):
    print("told", flush=True)
    time.sleep(60)

made_apart(*pickle.load(sys.stdin.buffer), told)
"""


def alive(pid: int) -> bool:
    state = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True).stdout.strip()
    return bool(state) and not state.startswith("Z")


def test_it_ends_with_whoever_asked(filled: Store) -> None:
    """A board that is killed while a report is made leaves no process behind."""
    settings = settings_of()
    board = subprocess.Popen([sys.executable, "-c", ASKS], cwd=CHECKOUT, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert board.stdin is not None and board.stdout is not None
    with board.stdin, board.stdout:
        pickle.dump((filled.url, settings, yesterday(settings), NOW, "tr"), board.stdin)
        board.stdin.flush()
        pid = int(board.stdout.readline())
        assert board.stdout.readline() == b"told\n"
        assert alive(pid), "what it made is more than a pipe holds: it waits to be read"
        board.kill()
        board.wait()
        until = time.monotonic() + 10
        while alive(pid) and time.monotonic() < until:
            time.sleep(0.05)
        assert not alive(pid)


def test_none_is_left_when_it_is_done(filled: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    started = []
    real = subprocess.Popen

    def popen(*told: Any, **more: Any) -> subprocess.Popen[bytes]:
        started.append(real(*told, **more))
        return started[-1]

    monkeypatch.setattr(subprocess, "Popen", popen)
    settings = settings_of()
    made_apart(filled.url, settings, yesterday(settings), NOW, "tr")
    [process] = started
    assert process.returncode is not None and process.stdin.closed and process.stdout.closed
