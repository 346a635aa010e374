"""A collector that will be killed: brings overlapping batches from its stored cursor on, to the end."""

from __future__ import annotations

from datetime import timedelta
from multiprocessing.connection import Connection

from collectors.protocol import Rejected
from store import Store, ingest
from tests.integration.store_making import BRAND, NOW, fetched, mention

BATCHES = 100
STEP = 20
OVERLAP = 10


def bring_everything(store: Store) -> None:
    with store.read() as tx:
        cursor = ingest.cursor_of(tx, BRAND, "x") or {"next": 0}
    for number in range(cursor["next"], BATCHES):
        first = number * STEP
        batch = fetched(*(mention(each, text=f"{each}: ışık " * 20) for each in range(first, first + STEP + OVERLAP)))
        ingest.save_batch(
            store,
            BRAND,
            "x",
            batch,
            seen_at=NOW + timedelta(seconds=number),
            cursor={"next": number + 1},
            rejected=[Rejected("no text", {"number": number})],
        )


def collect(url: str, answers: Connection) -> None:
    """The whole life of the process; says "begun" when the store is open and "done" at the end."""
    store = Store.open(url)
    answers.send("begun")
    bring_everything(store)
    answers.send("done")
