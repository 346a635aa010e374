"""Kill -9 while a model is kept, promoted or brought back: the old one or the new one is in use, never neither."""

from __future__ import annotations

import random
import shutil
import time
from pathlib import Path

from nlp import champion
from nlp.adapter import AdaptedHead, Adapter
from store import Store
from store import events as event_log
from tests.integration import desk_work
from tests.integration.desk_work import BRAND
from tests.integration.forking import forking
from tests.unit import toy_desk

FIRST = Adapter.named("linear-1-00000000", "0" * 16, {"topic": AdaptedHead({}, 1.25)}, {"made_at": "2025"})
KILLS = 8


def in_use(folder: Path) -> str:
    """The champion, which must be whole."""
    name = champion.line_of(champion.changes(folder))[-1]
    return name if name == champion.SHIPPED else Adapter.load(folder / name).version


def test_killed_at_every_line(tmp_path: Path) -> None:
    context = forking()
    before = tmp_path / "before"
    champion.keep(before, FIRST)
    champion.promote(before, FIRST.version, by="system", at=toy_desk.NOW)
    found: list[str] = []
    number = 0
    while True:
        number += 1
        folder = tmp_path / "models"
        shutil.copytree(before, folder)
        process = context.Process(target=desk_work.at_line, args=(number, folder))
        process.start()
        process.join()
        found.append(in_use(folder))
        done = process.exitcode == 0
        # Whatever was left behind is in nobody's way.
        desk_work.at_line(0, folder) if found[-1] == FIRST.version else champion.rollback(
            folder, by="system", at=toy_desk.NOW
        )
        assert not list(folder.glob(".desk*")) or found[-1] != FIRST.version
        shutil.rmtree(folder)
        if done:
            break
        assert process.exitcode == -9
    assert number > 60, f"only {number} lines were tried"
    second = (set(found) - {FIRST.version}).pop()
    assert set(found) == {FIRST.version, second}
    # Old, then new, then the old one brought back, then new again: each for a whole stretch of lines.
    stretches = [name for at, name in enumerate(found) if at == 0 or found[at - 1] != name]
    assert stretches == [FIRST.version, second, FIRST.version, second]


def test_the_log_tells_every_swap_once_however_often_it_is_killed(store: Store, tmp_path: Path) -> None:
    from commands.models import tell_changes

    context = forking()
    folder = tmp_path / "models"
    champion.keep(folder, FIRST)
    chance = random.Random(20261122)
    for _ in range(KILLS):
        ours, theirs = context.Pipe(duplex=False)
        process = context.Process(target=desk_work.swap_for_ever, args=(store.url, folder, FIRST.version, theirs))
        process.start()
        theirs.close()
        assert ours.recv() == "begun"
        time.sleep(chance.uniform(0.0, 0.15))
        process.kill()
        process.join()
        if in_use(folder) == FIRST.version:  # the next one begins with a promotion again
            champion.rollback(folder, by="system", at=toy_desk.NOW)
    tell_changes(store, BRAND, folder)
    assert tell_changes(store, BRAND, folder) == 0
    told = champion.changes(folder)
    with store.read() as tx:
        events = event_log.all_events(tx, BRAND, limit=100_000)
        assert event_log.verify_chain(tx, BRAND) == []
    assert len(told) > KILLS
    assert [event.data["change"] for event in events] == [change.id for change in told]
    assert {event.type for event in events} == {"model_promoted", "model_rolled_back"}
    assert {event.by for event in events} == {"agent:Elif", "system"}
