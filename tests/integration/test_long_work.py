"""Long work: asked for once, done by one worker, followed, ended when asked, taken up again after a death."""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from desk.jobs import MOST_BYTES, Jobs
from desk.roles import NotAllowed, Refused
from desk.room import Room
from desk.settings import Settings
from long_work import LongWork, command_of
from playbooks.shelf import load_library
from store import jobs, looks
from store.engine import Store
from store.jobs import LEFT_AFTER

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SETTINGS = Settings.model_validate({
    "brand": {"name": "Deneme", "slug": "deneme"},
    "agents": [{"name": "Elif", "role": "administrator"}, {"name": "Mert", "role": "agent"}],
})  # fmt: skip

WORKER = """
import json, sys, time
from pathlib import Path
place = Path(sys.argv[-1])
{beginning}
for done in range(4):
    print(json.dumps({{"progress": [done, 4]}}), file=sys.stderr, flush=True)
while {waits} and not (place.parent / "go").exists():
    time.sleep(0.02)
{ending}
"""


def _program(folder: Path, beginning: str = "", waits: bool = False, ending: str = "") -> tuple[str, str]:
    """A stand-in for the program: it says how far it is, may wait for a file named `go`, and ends."""
    script = folder / "program.py"
    script.write_text(WORKER.format(beginning=beginning, waits=waits, ending=ending), encoding="utf-8")
    return sys.executable, str(script)


def _room(store: Store, home: Path, me: str = "Elif") -> Room:
    return Room(store, SETTINGS.model_copy(update={"home": home}), load_library(None), me)


def _asked(store: Store, home: Path) -> int:
    return Jobs(_room(store, home)).ask("import", {"file": str(home / "lines.jsonl")}, "one", NOW)


def _now(store: Store, job_id: int) -> jobs.JobRow:
    with store.read() as tx:
        row = jobs.job(tx, "deneme", job_id)
    assert row is not None
    return row


def test_asked_twice_is_one_job_taken_by_one_worker(store: Store) -> None:
    with store.write() as tx:
        first, new = jobs.ask(tx, "deneme", "import", "k", {"file": "a"}, "agent:Elif", NOW)
        again, newer = jobs.ask(tx, "deneme", "import", "k", {"file": "b"}, "agent:Mert", NOW)
    assert (new, newer, first) == (True, False, again)
    with store.write() as tx:
        assert jobs.take(tx, "elsewhere", ("import",), NOW) is None
        assert jobs.take(tx, "deneme", ("training",), NOW) is None
        taken = jobs.take(tx, "deneme", ("import",), NOW)
        assert taken is not None and (taken.state, taken.args) == ("running", {"file": "a"})
        assert jobs.take(tx, "deneme", ("import",), NOW) is None, "it is taken"
        assert jobs.beat(tx, first, NOW, 3, 9)
        assert jobs.take(tx, "deneme", ("import",), NOW + LEFT_AFTER) is None
        left = jobs.take(tx, "deneme", ("import",), NOW + LEFT_AFTER + timedelta(seconds=1))
        assert left is not None and left.done == 0, "a dead worker's job begins anew"
        assert jobs.cancel(tx, "deneme", first, NOW) == "running"
        assert not jobs.beat(tx, first, NOW, 4, 9), "its worker hears of it"
        assert jobs.finish(tx, first, "cancelled", "", NOW)
        assert not jobs.finish(tx, first, "done", "", NOW), "it ends once"
        second, _ = jobs.ask(tx, "deneme", "report", "l", {}, "agent:Elif", NOW)
        assert jobs.cancel(tx, "deneme", second, NOW) == "cancelled", "what waits ends at once"
        assert jobs.cancel(tx, "elsewhere", second, NOW) is None
        assert [row.id for row in jobs.newest(tx, "deneme")] == [second, first]


def test_who_may_ask_and_what_is_handed_over(store: Store, tmp_path: Path) -> None:
    mine, theirs = Jobs(_room(store, tmp_path)), Jobs(_room(store, tmp_path, "Mert"))
    with pytest.raises(NotAllowed):
        theirs.ask("import", {}, "k", NOW)
    job_id = mine.ask("import", {}, "k", NOW)
    assert [row.id for row in mine.views()] == [job_id] and theirs.views() == ()
    with pytest.raises(NotAllowed):
        theirs.cancel(job_id, NOW)
    assert mine.cancel(job_id, NOW) == "cancelled" and mine.cancel(job_id, NOW) == "cancelled"
    with pytest.raises(Refused):
        mine.cancel(99, NOW)
    kept = mine.keep_file("../../etc/Şikâyet listesi;rm.CSV", b"a,b\n1,2\n")
    assert kept.parent == tmp_path / "work" / "imports" and kept.suffix == ".csv" and kept.read_bytes() == b"a,b\n1,2\n"
    assert mine.keep_file("../../etc/Şikâyet listesi;rm.CSV", b"a,b\n1,2\n") == kept
    for name, content in (("a.exe", b"x"), ("a.csv", b""), ("a.csv", b"x" * (MOST_BYTES + 1)), ("", b"x")):
        with pytest.raises(Refused):
            mine.keep_file(name, content)


@pytest.mark.parametrize(("ending", "state", "told"), [
    ("print('read 4, new 3, known 1, rejected 0')", "done", "read 4"),
    ("print('read 4, new 3, known 0, rejected 1'); sys.exit(1)", "done", "read 4"),
    ("print('nobet: the file is not there', file=sys.stderr); sys.exit(1)", "failed", "the file is not there"),
    ("sys.exit(3)", "failed", "status 3"),
])  # fmt: skip
def test_a_job_ends_as_its_process_did(store: Store, tmp_path: Path, ending: str, state: str, told: str) -> None:
    job_id = _asked(store, tmp_path)
    work = LongWork(store, SETTINGS, threading.Event(), _program(tmp_path, ending=ending))
    assert work.run() == 1 and work.run() == 0
    row = _now(store, job_id)
    assert row.state == state and told in row.told and row.finished_at is not None
    if state == "done":
        assert row.result is not None and row.result["read"] == 4 and row.result["new"] == 3


def test_it_is_followed_and_ends_when_it_is_told_to(store: Store, tmp_path: Path) -> None:
    job_id = _asked(store, tmp_path)
    work = LongWork(store, SETTINGS, threading.Event(), _program(tmp_path, waits=True))
    running = threading.Thread(target=work.run)
    running.start()
    try:
        _until(lambda: _now(store, job_id).done == 3)
        assert _now(store, job_id).total == 4 and _now(store, job_id).state == "running"
        assert Jobs(_room(store, tmp_path)).cancel(job_id, NOW) == "running"
        running.join(20)
    finally:
        (tmp_path / "go").touch()
    assert _now(store, job_id).state == "cancelled"


def test_a_worker_that_stops_leaves_the_job_to_the_next(store: Store, tmp_path: Path) -> None:
    job_id = _asked(store, tmp_path)
    stop = threading.Event()
    pids = tmp_path / "pids"
    beginning = f"import os; Path({str(pids)!r}).open('a').write(f'{{os.getpid()}}\\n')"
    work = LongWork(store, SETTINGS, stop, _program(tmp_path, beginning=beginning, waits=True))
    running = threading.Thread(target=work.run)
    running.start()
    _until(lambda: _now(store, job_id).done == 3)
    stop.set()
    running.join(20)
    assert _now(store, job_id).state == "running", "it has not ended"
    with pytest.raises(ProcessLookupError):
        os.kill(int(pids.read_text().split()[0]), 0)
    (tmp_path / "go").touch()
    with store.write() as tx:
        jobs.beat(tx, job_id, NOW)  # long ago
    work = LongWork(store, SETTINGS, threading.Event(), _program(tmp_path, ending="print('read 1, new 1')"))
    assert work.run() == 1 and _now(store, job_id).state == "done"


def test_a_back_fill_is_asked_for_followed_and_ended(store: Store, tmp_path: Path) -> None:
    mine = Jobs(_room(store, tmp_path))
    args = {"source": "reddit", "since": "2026-11-01T00:00:00+03:00", "until": "2026-11-02T00:00:00+03:00"}
    first = mine.ask("back_fill", args, "a", NOW)
    work = LongWork(store, SETTINGS, threading.Event())
    assert work.run() == 0
    with store.read() as tx:
        (asked,) = looks.open_backfills(tx, "deneme")
    assert (asked.source, asked.since) == ("reddit", datetime(2026, 10, 31, 21, 0, tzinfo=UTC))
    with store.write() as tx:
        looks.move_backfill(tx, asked.id, found=7)
    work.run()
    assert _now(store, first).state == "running" and _now(store, first).done == 7
    with store.write() as tx:
        looks.move_backfill(tx, asked.id, state="done")
    work.run()
    assert _now(store, first).state == "done" and _now(store, first).result == {"found": 7}
    second = mine.ask("back_fill", {**args, "source": "x"}, "b", NOW)
    work.run()
    mine.cancel(second, NOW)
    work.run()
    assert _now(store, second).state == "cancelled"
    with store.read() as tx:
        assert looks.open_backfills(tx, "deneme") == [], "nothing goes on reading"


def test_commands_are_lists_and_what_was_typed_is_only_a_value() -> None:
    row = jobs.JobRow(
        1, "deneme", "import", "k", {"file": "--help", "source": "; rm -rf /"}, "agent:Elif", "waiting", 0, None, "",
        None, NOW, None, None, None, None,
    )  # fmt: skip
    assert command_of(row, SETTINGS) == ["import", "--source=; rm -rf /", "--", "--help"]


def _until(holds: Callable[[], bool], within: float = 30.0) -> None:
    """Wait for something another thread does; the loop ends with it."""
    done = threading.Event()
    for _ in range(int(within / 0.05)):
        if holds():
            return
        done.wait(0.05)
    raise AssertionError("it did not happen")
