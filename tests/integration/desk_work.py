"""A desk at work on a store: mentions that were scored and routed, answered and corrected by people."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from pathlib import Path

from commands.models import tell_changes
from desk.desk import Desk
from desk.intake import Intake
from desk.settings import Brand, Settings, library_of
from mention import Mention
from nlp.adapter import AdaptedHead, Adapter
from nlp.champion import keep, promote, rollback
from nlp.lessons import Lesson
from nlp.scorer import Scorer
from store import Store, cases, ingest
from tests.integration.store_making import fetched
from tests.unit import toy_desk
from worker import score_pending

BRAND = "marka"


def settings_of(store_url: str, home: Path) -> Settings:
    brand = Brand(name="Marka", slug=BRAND)
    return Settings(brand=brand).model_copy(update={"home": home, "store_url": store_url})


def desk_of(store: Store, home: Path) -> Desk:
    settings = settings_of(store.url, home)
    return Desk(store, settings, library_of(settings))


def bring(desk: Desk, mentions: Sequence[Mention], scorer: Scorer, at: datetime) -> list[int]:
    """Store, score and route mentions as the worker does; their ids."""
    store = desk.store
    ids = ingest.save_batch(store, BRAND, "x", fetched(*mentions), seen_at=at).new_ids
    while score_pending(store, BRAND, scorer, lambda: at):
        pass
    intake = Intake(store, desk.settings, library_of(desk.settings))
    while intake.run(at).total:
        pass
    return ids


def work(desk: Desk, lessons: Sequence[Lesson], scorer: Scorer) -> list[int]:
    """What people decided in `lessons`, done on the board: each mention answered, and corrected where it was wrong."""
    mentions = [
        Mention(source="x", native_id=str(one.mention_id), text=one.text, author=one.person, published_at=one.at)
        for one in lessons
    ]
    ids = []
    for one, mention in zip(lessons, mentions, strict=True):
        [mention_id] = bring(desk, [mention], scorer, one.at)
        ids.append(mention_id)
        at = one.at + timedelta(minutes=5)
        page = desk.set_aside_mentions("", 1)
        if page and page[0].id == mention_id:
            case_id = desk.open_from_mention(mention_id, at)
        else:
            with desk.store.read() as tx:
                case_id = cases.case_of(tx, mention_id) or 0
        for head in sorted(one.corrected):
            desk.correct(case_id, mention_id, head, one.labels[head], at)
        desk.answer(case_id, "Bakıyoruz", "", at)
    return ids


def at_line(number: int, folder: Path) -> None:
    """Keep a second adapter, promote it, go back, promote it again; killed by SIGKILL at the given line of ours."""
    second = Adapter.named("linear-1-00000000", "0" * 16, {"topic": AdaptedHead({}, 1.5)}, {"made_at": "2026"})
    lines = 0

    def trace(frame: object, event: str, _: object) -> object:
        nonlocal lines
        name = frame.f_code.co_filename  # type: ignore[attr-defined]
        if not name.endswith(("nlp/champion.py", "nlp/adapter.py")):
            return None
        if event == "line":
            lines += 1
            if lines == number:
                os.kill(os.getpid(), signal.SIGKILL)
        return trace

    sys.settrace(trace)  # type: ignore[arg-type]
    keep(folder, second)
    promote(folder, second.version, by="system", at=toy_desk.NOW)
    rollback(folder, by="system", at=toy_desk.NOW)
    promote(folder, second.version, by="system", at=toy_desk.NOW)
    sys.settrace(None)


def swap_for_ever(url: str, folder: Path, version: str, begun: object) -> None:
    """Promote and roll back, each told to the log, until killed."""
    store = Store.open(url)
    begun.send("begun")  # type: ignore[attr-defined]
    while True:
        promote(folder, version, by="agent:Elif", at=toy_desk.NOW)
        tell_changes(store, BRAND, folder)
        rollback(folder, by="system", at=toy_desk.NOW)
        tell_changes(store, BRAND, folder)
