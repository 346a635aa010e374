"""A desk with thousands of open cases, put in by the thousand: one mention, one case and its first event each."""

from __future__ import annotations

from datetime import timedelta

from sqlalchemy import func, insert, select

from mention import search_text
from store import events
from store.rows import NewEvent
from store.tables import case_mentions, cases, mentions
from tests.pages.seed import House, now

TOPICS = ("delivery_delay", "return_refund", "wrong_item", "billing", "courier")
CHANNELS = ("x", "sikayetvar", "forum", "review")


def crowd(house: House, number: int) -> None:
    """`number` open cases: each is due 20 seconds after the one before, the first in two hours from now.

    The n-th says `kargo n` and is by `Kişi n`; every tenth is urgent, the others are for the same day.
    """
    at, brand = now(), house.desk.brand
    with house.store.write() as tx:
        last = [
            int(tx.execute(select(func.coalesce(func.max(table.c.id), 0))).scalar_one()) for table in (mentions, cases)
        ]
        told, held, put, log = [], [], [], []
        for n in range(1, number + 1):
            mention, case = last[0] + n, last[1] + n
            text, name, channel = (
                f"{n}. sıradaki kargo nerede, {n % 9 + 2} gündür bekliyorum",
                f"Kişi {n}",
                CHANNELS[n % 4],
            )
            due = at + timedelta(hours=2, seconds=20 * n)
            posted, urgency = due - timedelta(hours=5), "urgent" if n % 10 == 0 else "same_day"
            told.append({
                "id": mention, "brand": brand, "source": channel, "native_id": f"c{n}", "channel": channel,
                "text": text, "search": search_text(f"{text} kisi{n} {name}"), "author": f"kisi{n}",
                "author_name": name, "published_at": posted,
                "seen_at": posted, "likes": 0, "shares": 0, "replies": 0, "views": 0,
                "extra": {}, "stage": "routed",
            })  # fmt: skip
            held.append({
                "id": case, "brand": brand, "status": "new", "urgency": urgency, "priority": 3,
                "topic": TOPICS[n % 5], "sentiment": "negative", "language": "tr", "channel": channel,
                "source": channel, "playbook": None, "assignee": None, "reasons": [], "posted_at": posted,
                "opened_at": posted, "updated_at": posted, "due_at": due, "due_clock": "first_answer", "version": 1,
            })  # fmt: skip
            put.append({"case_id": case, "mention_id": mention, "brand": brand, "at": posted})
            first = {"urgency": urgency, "channel": channel}
            log.append(NewEvent("customer_posted", posted, "customer", posted, case, mention, first))
        tx.execute(insert(mentions), told)
        tx.execute(insert(cases), held)
        tx.execute(insert(case_mentions), put)
        events.append_all(tx, brand, log)
