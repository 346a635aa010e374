"""Kill -9 around a send: however often the process dies, and wherever, every customer gets exactly one message.

Each schedule is one reply. Processes that deliver it die one after the other: at a random line of ours, or in the
moment in which the platform has the request and has not taken it, or has taken it and not answered; others meet
connections that break off and 5xx. The last one finds what the others left. The seeds are fixed; `make test-long` kills
200 times.
"""

from __future__ import annotations

import os
import random
import shutil
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from desk import outbox
from desk.sending.protocol import Outgoing
from desk.sending.registry import Senders
from mention import Mention
from store import Store, events
from store import outbox as rows
from store.tables import events as event_table
from tests.integration import sending_child
from tests.integration.forking import forking
from tests.integration.imap_server import MailServer, mail
from tests.integration.sending_kinds import MAIL, NOW, SMTP_ENV, cases, smtp_record
from tests.integration.sending_mail import mail_site
from tests.integration.sending_server import Fate, platforms
from tests.integration.sending_work import BRAND, a_case, env_of

__all__ = ["mail"]
KILLS = int(os.environ.get("NOBET_TEST_KILLS", "3"))
"""Of each kind; `make test-long` runs 200."""

SEED = 20261122
STEP = timedelta(minutes=10)
"""Between two processes: longer than a claim holds, and than any platform needs to show a message."""

LIVES = 12
"""Processes of one reply at most; the last ones are left alone."""

TEXT = "Merhaba, kargonuz bugün 17.00'ye kadar elinizde. Takip: https://kargo.example/?no=1&dil=tr <3"


class Killing:
    """One kind's schedules on one store. `sites` hold the fates; `texts` answers what customers of a reply see."""

    def __init__(
        self, url: str, record: dict[str, Any], env: dict[str, str], site: Any, texts: Callable[[Any, int], list[str]]
    ) -> None:
        self.url, self.record, self.env, self.site, self.texts = url, record, env, site, texts
        self.context = forking()
        self.store = Store.open(url)
        self.now = NOW
        self.kills = 0

    def life(self, now: datetime, kill_at: int) -> Any:
        """One process; what it says at its end, or None where it was killed."""
        ours, theirs = self.context.Pipe()
        arguments = (self.url, [self.record], self.env, now, kill_at, theirs)
        process = self.context.Process(target=sending_child.life, args=arguments)
        process.start()
        theirs.close()
        self.site.pid = process.pid
        ours.send("go")
        try:
            said = ours.recv()
        except EOFError:
            said = None
        process.join()
        assert process.exitcode in (0, -9), f"the process ended with {process.exitcode}"
        self.kills += process.exitcode == -9
        return said

    def enqueue(self, number: int, mention: Mention, private: bool) -> rows.OutboxRow:
        [sender] = Senders([self.record])
        with self.store.write() as tx:
            case_id, mention_id = a_case(tx, mention, self.now)
            return outbox.enqueue(
                tx, BRAND, send_key=f"k{number}", case_id=case_id, mention_id=mention_id, mention=mention,
                sender=sender, private=private, text=TEXT, by="agent:Elif", now=self.now,
            )  # fmt: skip

    def schedule(self, number: int, mention: Mention, private: bool, lines: int, chance: random.Random) -> int:
        """One reply and its deaths; the lines that a whole life ran."""
        row = self.enqueue(number, mention, private)
        story: list[tuple[int, list[Fate]]] = []
        for turn in range(LIVES):
            kill_at = 0
            fates: list[Fate] = []
            if turn < LIVES - 6 and lines:
                match chance.randrange(8):
                    case 0 | 1 | 2:
                        kill_at = chance.randint(1, lines)
                    case 3 | 4:
                        fates = [Fate("after", "kill")]
                    case 5:
                        fates = [Fate("before", "kill")]
                    case 6:
                        fates = [Fate(chance.choice(("before", "after")), "drop")]
                    case 7:
                        fates = [Fate(chance.choice(("before", "after")), "503")]
            self.site.fates = fates
            story.append((kill_at, fates))
            said = self.life(self.now, kill_at)
            if said is not None and not lines:
                lines = said[0]
            self.now += STEP
            self.site.now = self.now
            with self.store.read() as tx:
                state = rows.row(tx, BRAND, row.id)
                assert state is not None
                told = tx.execute(
                    select(event_table.c.type).where(event_table.c.case_id == row.case_id).order_by(event_table.c.id)
                )
                types = list(told.scalars())
            if state.state not in rows.ON_THE_WAY:
                break
        self.site.fates = []
        seen = self.texts(row, number)
        assert len(seen) == 1, f"schedule {number}: the customer sees {len(seen)} messages after {story}: {state.error}"
        assert TEXT in seen[0]
        assert state.state == "sent", f"schedule {number}: {state.state} ({state.error}) after {story}"
        assert state.native_id and state.sent_at and state.sent_at >= row.created_at
        assert types == ["send_queued", "sent"], f"schedule {number}: {types} after {story}"
        return lines

    def run(self, make: Callable[[int], Mention], private: bool) -> None:
        """Schedules until KILLS processes were killed."""
        chance = random.Random(SEED)
        lines, number = 0, 0
        while self.kills < KILLS:
            number += 1
            lines = self.schedule(number, make(number), private, lines, chance)
        with self.store.read() as tx:
            assert events.verify_chain(tx, BRAND) == []
        self.store.close()
        assert number > KILLS / 6, "a schedule that never ends proves nothing"
        print(f"{self.record['kind']}: {number} replies, {self.kills} kills, {lines} lines")


@pytest.fixture
def url(sqlite_template: Path, tmp_path: Path) -> str:
    shutil.copyfile(sqlite_template, tmp_path / "nobet.db")
    return f"sqlite:///{tmp_path / 'nobet.db'}"


def test_on_both_databases(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = cases()["trendyol"]
    env_of(monkeypatch, case.env)
    with platforms(NOW) as (site, server):
        record = {**case.record, "base_url": server.url, "settles": 0, "timeout": 20}
        killing = Killing(
            store_url, record, case.env, site,
            lambda row, _: [one["text"] for one in site.kept["trendyol"] if one["to"] == row.address["in_reply_to"]],
        )  # fmt: skip
        killing.run(case.make, case.private)


@pytest.mark.parametrize("name", list(cases()))
def test_one_message_however_often_the_process_dies(name: str, url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    case = cases()[name]
    env_of(monkeypatch, case.env)
    with platforms(NOW) as (site, server):
        record = {**case.record, "base_url": server.url, "settles": 0, "timeout": 20}

        def texts(row: Any, _number: int) -> list[str]:
            answered = row.address.get("in_reply_to")
            kept = site.kept.get(case.kept, [])
            token = Outgoing(BRAND, row.send_key, "", False, {}, NOW).token
            mine = {
                "bluesky": lambda one: one["record"]["reply"]["parent"]["uri"] == answered,
                "webhook": lambda one: one["key"] == token,
                "x_private": lambda one: one["to"] == row.address["recipient"],
                "reddit_private": lambda one: one["dest"] == row.address["recipient"],
            }.get(case.kept, lambda one: one["to"] == answered)
            return [one["text"] for one in kept if mine(one)]

        def make(number: int) -> Mention:
            made = case.make(number)
            extra = {**made.extra, "author_id": str(5000 + number)} if case.kept == "x_private" else made.extra
            author = f"musteri{number}" if case.kept == "reddit_private" else made.author
            return made.model_copy(update={"author": author, "extra": extra})

        Killing(url, record, case.env, site, texts).run(make, case.private)


def test_one_mail_however_often_the_process_dies(url: str, mail: MailServer, monkeypatch: pytest.MonkeyPatch) -> None:
    env_of(monkeypatch, SMTP_ENV)
    archive = mail.box()
    with mail_site(archive) as site:
        record = smtp_record(
            site.port, archive=archive.address, imap_host="127.0.0.1", imap_port=mail.port, imap_security="none",
            imap_user=archive.address, imap_folder="INBOX", settles=0, timeout=20,
        )  # fmt: skip
        killing = Killing(
            url, record, SMTP_ENV, site,
            lambda row, _number: site.texts(Outgoing(BRAND, row.send_key, "", False, {}, NOW).token[:40]),
        )  # fmt: skip
        asked = {"text": "?", "published_at": NOW, **MAIL}
        killing.run(lambda number: Mention.model_validate(asked | {"native_id": f"{number}@m.test"}), True)
