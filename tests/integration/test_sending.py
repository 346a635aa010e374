"""Every sender against a server that answers as its platform does, and the outbox on both databases."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, select, update

from desk import outbox
from desk.outbox import Delivered, OutboxError
from desk.sending.registry import SenderError, Senders
from mention import Mention
from store import Store, events
from store import outbox as rows
from store.outbox import OutboxRow
from store.tables import events as event_table
from store.tables_outbox import outbox as table
from tests.integration.faulty_server import FaultyServer
from tests.integration.imap_server import MailServer, mail
from tests.integration.sending_kinds import MAIL, NOW, SECRET, SMTP_ENV, Case, cases, smtp_record
from tests.integration.sending_mail import MailSite, mail_site
from tests.integration.sending_server import Fate, Platforms, platforms
from tests.integration.sending_work import BRAND, a_case, env_of

__all__ = ["mail"]
TEXT = "Merhaba Ayşe Hanım, kargonuz yarın 17.00'ye kadar elinizde. https://kargo.example/?no=1&dil=tr <3 @baskasi"
LATER = timedelta(minutes=10)


class Bench:
    """A store, one sender, and the hands that use them."""

    def __init__(self, store: Store, record: dict[str, Any], site: Any) -> None:
        self.store, self.site = store, site
        self.senders = Senders([record])
        self.now = NOW

    def press(
        self, mention: Mention, private: bool = False, text: str = TEXT, key: str = "k1", case_id: int | None = None
    ) -> OutboxRow:
        [sender] = self.senders
        with self.store.write() as tx:
            if case_id is None:
                case_id, mention_id = a_case(tx, mention, self.now)
            else:
                mention_id = 1
            return outbox.enqueue(
                tx, BRAND, send_key=key, case_id=case_id, mention_id=mention_id, mention=mention, sender=sender,
                private=private, text=text, by="agent:Elif", now=self.now,
            )  # fmt: skip

    def deliver(self, after: timedelta = timedelta(0), **more: Any) -> Delivered:
        self.now += after
        self.site.now = self.now
        return outbox.deliver(self.store, BRAND, self.senders, self.now, **more)

    def row(self, row_id: int = 1) -> OutboxRow:
        with self.store.read() as tx:
            found = rows.row(tx, BRAND, row_id)
        assert found is not None
        return found

    def told(self) -> list[tuple[str, str]]:
        with self.store.read() as tx:
            assert events.verify_chain(tx, BRAND) == []
            return [tuple(row) for row in tx.execute(select(event_table.c.type, event_table.c.by))]


@pytest.fixture
def world(store: Store) -> Iterator[tuple[Store, Platforms, FaultyServer]]:
    with platforms(NOW) as (site, server):
        yield store, site, server


@pytest.fixture(params=list(cases()))
def case(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Case:
    found = cases()[request.param]
    env_of(monkeypatch, found.env)
    return found


@pytest.fixture
def quiet(sqlite_template: Any, tmp_path: Any) -> Iterator[Store]:
    """A store on SQLite alone, for what differs between platforms and not between databases."""
    (tmp_path / "nobet.db").write_bytes(sqlite_template.read_bytes())
    opened = Store.open(f"sqlite:///{tmp_path / 'nobet.db'}")
    yield opened
    opened.close()


@pytest.fixture
def bench(quiet: Store, case: Case) -> Iterator[Bench]:
    with platforms(NOW) as (site, server):
        yield Bench(quiet, {**case.record, "base_url": server.url, "settles": 0, "timeout": 20}, site)


def one(world: tuple[Store, Platforms, FaultyServer], name: str, monkeypatch: pytest.MonkeyPatch, **more: Any) -> Bench:
    """A bench of one kind on both databases."""
    store, site, server = world
    env_of(monkeypatch, cases()[name].env)
    return Bench(store, {**cases()[name].record, "base_url": server.url, "settles": 0, "timeout": 20, **more}, site)


# --- every platform ---


def test_the_text_arrives_as_it_was_typed(bench: Bench, case: Case) -> None:
    bench.press(case.make(), case.private)
    assert bench.deliver() == Delivered(sent=1)
    [seen] = bench.site.messages(case.kept)
    assert seen == ("@musteri@m.example " + TEXT if case.kept == "mastodon" else TEXT)
    row = bench.row()
    assert (row.state, row.error, row.tries, row.text) == ("sent", "", 1, TEXT)
    assert (row.native_id and row.sent_at == NOW) or (row.sent_at is not None and row.sent_at > NOW)
    assert bench.told() == [("send_queued", "agent:Elif"), ("sent", "agent:Elif")]
    assert bench.deliver(LATER) == Delivered() and len(bench.site.writes) == 1
    if case.kept == "mastodon":
        assert bench.site.kept["mastodon"][0]["visibility"] == ("direct" if case.private else "public")


@pytest.mark.parametrize(
    "fate", [Fate("before", "drop"), Fate("after", "drop"), Fate("before", "500"), Fate("after", "502")]
)
def test_what_may_be_there_is_looked_for_first(bench: Bench, case: Case, fate: Fate) -> None:
    bench.site.fates = [fate]
    bench.press(case.make(), case.private)
    assert bench.deliver() == Delivered(later=1)
    row = bench.row()
    assert row.state == "queued" and row.tried_at is not None and "looked for" in row.error
    there = fate.when == "after"
    assert bench.deliver(LATER) == Delivered(sent=1, found=int(there))
    assert len(bench.site.messages(case.kept)) == 1
    assert len(bench.site.writes) == (1 if there else 2)
    assert bench.row().state == "sent" and bench.row().native_id
    assert [kind for kind, _ in bench.told()] == ["send_queued", "sent"]


def test_a_platform_that_wants_to_be_left_alone_is(bench: Bench, case: Case) -> None:
    bench.site.fates = [Fate("before", "429", {"retry_after": "1200"})]
    bench.press(case.make(), case.private)
    assert bench.deliver() == Delivered(later=1)
    row = bench.row()
    assert row.tried_at is None and row.next_at >= NOW + timedelta(minutes=20) and "too many requests" in row.error
    assert bench.deliver(LATER) == Delivered() and bench.deliver(LATER * 2) == Delivered(sent=1)
    assert len(bench.site.messages(case.kept)) == 1


def test_a_refusal_is_told_with_the_platform_s_words_and_no_secret(bench: Bench, case: Case) -> None:
    bench.site.fates = [Fate("before", "400")]
    bench.press(case.make(), case.private)
    assert bench.deliver() == Delivered(failed=1)
    row = bench.row()
    assert row.state == "failed" and row.tried_at is None and "answered 400" in row.error and "error 400" in row.error
    assert SECRET not in row.error and "jeton" not in row.error
    assert bench.told()[-1] == ("send_failed", "system")
    assert bench.deliver(LATER) == Delivered()
    with bench.store.write() as tx:
        outbox.send_again(tx, BRAND, row.id, "agent:Mert", bench.now)
    assert bench.deliver(LATER) == Delivered(sent=1) and len(bench.site.messages(case.kept)) == 1


def test_a_server_that_is_not_there_took_nothing(quiet: Store, case: Case) -> None:
    bench = Bench(quiet, {**case.record, "base_url": "http://127.0.0.1:9", "settles": 0}, Platforms(NOW))
    bench.press(case.make(), case.private)
    assert bench.deliver() == Delivered(later=1)
    row = bench.row()
    assert row.tried_at is None and row.state == "queued" and "could not be reached" in row.error
    assert row.next_at >= NOW + outbox.FIRST_PAUSE


def test_a_missing_secret_is_named(bench: Bench, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in case.env:
        monkeypatch.setenv(name, "")
    bench.press(case.make(), case.private)
    bench.deliver()
    row = bench.row()
    assert row.state == "failed" and "NOBET_" in row.error and bench.site.writes == []


def test_the_same_words_twice_are_two_messages(bench: Bench, case: Case) -> None:
    """Pressed for two customers (or twice for one, in a talk), each arrives once, though the second is looked for."""
    # Some take one answer a question.
    second = case.make(2) if case.kept in ("trendyol", "google_play", "app_store") else case.make()
    first = bench.press(case.make(), case.private)
    assert bench.deliver() == Delivered(sent=1)
    bench.site.fates = [Fate("before", "drop")]
    if second == case.make():
        bench.press(second, case.private, key="k2", case_id=first.case_id)
    else:
        bench.press(second, case.private, key="k2")
    bench.deliver(timedelta(seconds=1))
    assert bench.deliver(LATER) == Delivered(sent=1)
    assert len(bench.site.messages(case.kept)) == 2
    assert bench.row(1).native_id != bench.row(2).native_id


# --- the outbox, on both databases ---


def test_nothing_is_looked_for_before_the_platform_shows_it(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = one(world, "x", monkeypatch, settles=900)
    bench.site.fates, bench.site.shows = [Fate("after", "drop")], False
    bench.press(cases()["x"].make())
    bench.deliver()
    assert bench.deliver(LATER) == Delivered() and len(bench.site.writes) == 1
    bench.site.shows = True
    assert bench.deliver(LATER) == Delivered(sent=1, found=1) and len(bench.site.writes) == 1


def test_a_dead_process_is_followed_when_its_claim_lapses(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = one(world, "x", monkeypatch)
    bench.press(cases()["x"].make())
    with bench.store.write() as tx:
        taken = rows.claim(tx, BRAND, NOW, NOW + outbox.LEASE)
    assert taken is not None and taken.tried_at is None
    assert bench.deliver(outbox.LEASE / 2) == Delivered()
    assert bench.deliver(outbox.LEASE) == Delivered(sent=1)
    with bench.store.write() as tx:  # the dead one wakes up
        assert not rows.finish(tx, taken.id, taken.tries + 1, state="failed", error="?")
        assert not rows.renew(tx, taken.id, taken.tries + 1, NOW, NOW)
    assert bench.row().state == "sent" and bench.row().tries == 2


def test_two_at_once_send_each_reply_once(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = one(world, "trendyol", monkeypatch)
    for number in range(1, 13):
        bench.press(cases()["trendyol"].make(number), key=f"k{number}")
    threads = [threading.Thread(target=bench.deliver) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(bench.site.messages("trendyol")) == 12 == len(bench.site.writes)
    with bench.store.read() as tx:
        assert rows.counts(tx, BRAND) == {state: 12 if state == "sent" else 0 for state in rows.STATES}


def test_replies_of_one_case_keep_their_order(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = one(world, "x_private", monkeypatch)
    mention = cases()["x_private"].make()
    first = bench.press(mention, True, "bir")
    bench.press(mention, True, "iki", "k2", first.case_id)
    bench.site.fates = [Fate("before", "drop")]
    assert bench.deliver() == Delivered(later=1) and len(bench.site.writes) == 1
    assert bench.deliver(LATER) == Delivered(sent=2)
    assert bench.site.messages("x_private") == ["bir", "iki"]


def test_one_told_to_wait_holds_back_the_others(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = one(world, "webhook", monkeypatch)
    for number in (1, 2):
        bench.press(cases()["webhook"].make(number), key=f"k{number}")
    bench.site.fates = [Fate("before", "429", {"retry_after": "60"})]
    assert bench.deliver() == Delivered(later=1) and len(bench.site.writes) == 1
    assert bench.deliver(LATER) == Delivered(sent=2)


def test_what_follows_is_in_the_same_transaction(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = one(world, "x", monkeypatch)
    bench.press(cases()["x"].make())

    def breaks(tx: Connection, row: OutboxRow) -> None:
        raise RuntimeError(row.state)

    with pytest.raises(RuntimeError, match="sent"):
        bench.deliver(on_sent=breaks)
    assert bench.row().state == "sending" and [kind for kind, _ in bench.told()] == ["send_queued"]
    seen: list[OutboxRow] = []

    def follows(tx: Connection, row: OutboxRow) -> None:
        seen.append(row)
        events.append(
            tx, BRAND, type="answered", at=row.sent_at or NOW, by=row.by, recorded_at=NOW, case_id=row.case_id
        )

    assert bench.deliver(LATER, on_sent=follows) == Delivered(sent=1, found=1)
    assert seen[0].native_id and seen[0].sent_at and seen[0].sent_at < NOW + LATER
    assert [kind for kind, _ in bench.told()] == ["send_queued", "sent", "answered"]
    assert len(bench.site.messages("x")) == 1


def test_pressing_twice_is_pressing_once(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = one(world, "x", monkeypatch)
    mention = cases()["x"].make()
    first = bench.press(mention)
    assert bench.press(mention, case_id=first.case_id) == first
    with pytest.raises(OutboxError, match="in other words"):
        bench.press(mention, text="başka", case_id=first.case_id)
    assert bench.deliver() == Delivered(sent=1)
    assert bench.press(mention, case_id=first.case_id).state == "sent"
    assert bench.told() == [("send_queued", "agent:Elif"), ("sent", "agent:Elif")]


def test_only_what_was_approved_is_sent(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = one(world, "x", monkeypatch)
    mention, [sender] = cases()["x"].make(), list(bench.senders)
    with bench.store.write() as tx:
        case_id, mention_id = a_case(tx, mention, NOW)
    given: dict[str, Any] = {
        "case_id": case_id, "mention_id": mention_id, "mention": mention, "sender": sender, "private": False,
        "by": "agent:Elif", "now": NOW, "approval_id": 3,
    }  # fmt: skip
    for approved in (None, "", outbox.text_hash(TEXT + " ")):
        with pytest.raises(OutboxError, match="word for word"), bench.store.write() as tx:
            outbox.enqueue(tx, BRAND, send_key="k1", text=TEXT, approved_hash=approved, **given)
    with bench.store.write() as tx:
        outbox.enqueue(tx, BRAND, send_key="k1", text=TEXT, approved_hash=outbox.text_hash(TEXT), **given)
        tx.execute(update(table).values(text=TEXT + " ve hediye çekiniz"))
    assert bench.deliver() == Delivered(failed=1)
    assert "was changed" in bench.row().error and bench.site.writes == []


def test_a_rehearsal_sends_nothing(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = one(world, "x", monkeypatch)
    bench.press(cases()["x"].make())
    store, _, server = world
    drill = Senders([{**cases()["x"].record, "base_url": server.url}], allow=False)
    with pytest.raises(SenderError, match="rehearsal"):
        outbox.deliver(store, BRAND, drill, NOW)
    with pytest.raises(SenderError, match="rehearsal"):
        drill.named("x")
    assert bench.row().state == "queued" and bench.site.writes == []


def test_a_sender_that_is_gone_keeps_its_replies(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = one(world, "x", monkeypatch)
    bench.press(cases()["x"].make())
    senders, bench.senders = bench.senders, Senders([])
    assert bench.deliver() == Delivered(later=1) and 'no sender "x"' in bench.row().error
    bench.senders = senders
    assert bench.deliver(LATER) == Delivered(sent=1)


def test_after_a_day_a_person_is_told(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = one(world, "x", monkeypatch)
    bench.press(cases()["x"].make())
    bench.site.fates = [Fate("before", "429"), Fate("before", "429")]
    bench.deliver()
    assert bench.deliver(outbox.GIVE_UP) == Delivered(failed=1)
    assert "24 hours" in bench.row().error and "Nothing was sent" in bench.row().error


def test_a_fault_of_our_own_is_no_second_message(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = one(world, "x", monkeypatch)
    bench.press(cases()["x"].make())
    [sender] = bench.senders
    send = sender.send

    def broken(outgoing: Any, now: datetime) -> Any:
        send(outgoing, now)
        raise KeyError("a mistake of ours")

    sender.send = broken  # type: ignore[method-assign]
    assert bench.deliver() == Delivered(later=1) and "see the log" in bench.row().error
    assert bench.deliver(LATER) == Delivered(sent=1, found=1) and len(bench.site.messages("x")) == 1


# --- what cannot be told ---


def test_another_answer_of_ours_is_shown_to_a_person(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = one(world, "x", monkeypatch)
    bench.press(cases()["x"].make())
    bench.site.fates = [Fate("before", "drop")]
    bench.deliver()
    bench.site.take("x", "Telefondan yazdım: yarın gelecek", to="900")
    assert bench.deliver(LATER) == Delivered(unsure=1)
    row = bench.row()
    assert row.state == "unsure" and "other words" in row.error and "/status/1000" in row.error
    assert bench.deliver(LATER * 200) == Delivered() and len(bench.site.writes) == 1
    with pytest.raises(OutboxError, match="https"), bench.store.write() as tx:
        outbox.it_is_there(tx, BRAND, row.id, "javascript:alert(1)", "agent:Mert", bench.now)
    seen: list[OutboxRow] = []
    with bench.store.write() as tx:
        outbox.it_is_there(
            tx,
            BRAND,
            row.id,
            "https://x.com/i/web/status/1000",
            "agent:Mert",
            bench.now,
            lambda _tx, row: seen.append(row),
        )
    assert seen == [bench.row()] and seen[0].state == "sent" and seen[0].sent_at == row.tried_at
    assert [kind for kind, _ in bench.told()] == ["send_queued", "send_unsure", "sent"]
    with pytest.raises(OutboxError, match="sent by now"), bench.store.write() as tx:
        outbox.send_again(tx, BRAND, row.id, "agent:Mert", bench.now)


def test_a_receiver_that_cannot_be_asked(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = one(world, "webhook", monkeypatch, status_url="")
    bench.press(cases()["webhook"].make())
    bench.site.fates = [Fate("before", "drop")]
    bench.deliver()
    assert bench.deliver(LATER) == Delivered(unsure=1) and "no status_url" in bench.row().error
    with bench.store.write() as tx:
        outbox.send_again(tx, BRAND, 1, "agent:Elif", bench.now)
    assert bench.deliver(LATER) == Delivered(sent=1)
    keys = {request.headers["idempotency-key"] for request in bench.site.writes}
    assert len(keys) == 1 and len(bench.site.writes) == 2


def test_a_receiver_that_takes_once_is_simply_told_again(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = one(world, "webhook", monkeypatch, status_url="", takes_once=True)
    bench.press(cases()["webhook"].make())
    bench.site.fates = [Fate("before", "drop")]
    bench.deliver()
    assert bench.deliver(LATER) == Delivered(sent=1)


def test_taking_back(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = one(world, "x", monkeypatch)
    for number in (1, 2):
        bench.press(cases()["x"].make(number), key=f"k{number}")
    with bench.store.write() as tx:
        assert outbox.cancel(tx, BRAND, 1, "agent:Elif", NOW).state == "cancelled"
    bench.site.fates = [Fate("before", "drop")]
    bench.deliver()
    with pytest.raises(OutboxError, match="looked for"), bench.store.write() as tx:
        outbox.cancel(tx, BRAND, 2, "agent:Elif", NOW)
    bench.deliver(LATER)
    with pytest.raises(OutboxError, match="sent by now"), bench.store.write() as tx:
        outbox.cancel(tx, BRAND, 2, "agent:Elif", NOW)
    with pytest.raises(OutboxError, match="no reply 77"), bench.store.write() as tx:
        outbox.cancel(tx, BRAND, 77, "agent:Elif", NOW)
    assert len(bench.site.writes) == 2 == len({request.body for request in bench.site.writes}) + 1


def test_a_question_that_somebody_else_answered(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = one(world, "trendyol", monkeypatch)
    bench.press(cases()["trendyol"].make())
    bench.site.fates = [Fate("before", "drop")]
    bench.deliver()
    bench.site.take("trendyol", "Panelden cevapladık.", to="900")
    assert bench.deliver(LATER) == Delivered(failed=1) and "another answer" in bench.row().error


def test_no_answer_in_time(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = one(world, "webhook", monkeypatch, timeout=0.2)
    bench.press(cases()["webhook"].make())
    bench.site.fates = [Fate("after", "hang")]
    assert bench.deliver() == Delivered(later=1) and "did not answer" in bench.row().error
    assert bench.deliver(LATER) == Delivered(sent=1, found=1)


# --- mail ---

Letters = tuple[Bench, MailSite, Mention]


@pytest.fixture
def letters(
    quiet: Store, mail: MailServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Bench, MailSite, Mention]]:
    env_of(monkeypatch, SMTP_ENV)
    archive = mail.box()
    with mail_site(archive) as site:
        record = smtp_record(
            site.port, archive=archive.address, imap_host="127.0.0.1", imap_port=mail.port, imap_security="none",
            imap_user=archive.address, imap_folder="INBOX", settles=0,
        )  # fmt: skip
        yield Bench(quiet, record, site), site, Mention.model_validate({"text": "?", "published_at": NOW, **MAIL})


def test_a_mail_is_plain_text_in_its_thread(letters: Letters) -> None:
    bench, site, mention = letters
    text = "Merhaba,\n\n.tek nokta\n<b>kalın</b> & " + "uzun " * 300 + "\nİyi günler"
    bench.press(mention, True, text)
    assert bench.deliver() == Delivered(sent=1)
    [(taken, to)] = site.taken
    assert taken.get_content_type() == "text/plain" and taken.get_content().replace("\r\n", "\n") == text + "\n"
    assert to == ("ayse@musteri.test", bench.senders.named("smtp").settings.archive)  # type: ignore[union-attr]
    assert str(taken["subject"]) == "Re: Kargom nerede?" and str(taken["to"]) == "ayse@musteri.test"
    assert taken["in-reply-to"] == "<soru.1@musteri.test>"
    assert taken["references"] == "<ilk.1@musteri.test> <soru.1@musteri.test>"
    assert "bcc" not in taken and bench.row().native_id == str(taken["message-id"]).strip("<>")


@pytest.mark.parametrize(("fate", "found"), [(Fate("after", "drop"), 1), (Fate("before", "drop"), 0)])
def test_a_mail_is_looked_for_by_its_id(letters: Letters, fate: Fate, found: int) -> None:
    bench, site, mention = letters
    site.fates = [fate]
    bench.press(mention, True)
    assert bench.deliver() == Delivered(later=1)
    assert bench.deliver(LATER) == Delivered(sent=1, found=found) and len(site.taken) == 1


def test_a_mail_that_the_server_refuses(letters: Letters) -> None:
    bench, site, mention = letters
    site.refused = {"ayse@musteri.test"}
    bench.press(mention, True)
    assert bench.deliver() == Delivered(failed=1) and site.taken == []  # the copy alone would look like an answer
    assert "550" in bench.row().error and "customer's address" in bench.row().error
    site.refused = {bench.senders.named("smtp").settings.archive}  # type: ignore[union-attr]
    with bench.store.write() as tx:
        outbox.send_again(tx, BRAND, 1, "agent:Elif", bench.now)
    assert bench.deliver(LATER) == Delivered(failed=1) and site.taken == []
    site.refused, site.fates = set(), [Fate("before", "451")]
    with bench.store.write() as tx:
        outbox.send_again(tx, BRAND, 1, "agent:Elif", bench.now)
    assert bench.deliver(LATER) == Delivered(later=1) and bench.row().tried_at is None
    assert bench.deliver(LATER) == Delivered(sent=1) and len(site.taken) == 1


def test_without_imap_a_person_is_asked(quiet: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    env_of(monkeypatch, SMTP_ENV)
    with mail_site() as site:
        bench = Bench(quiet, smtp_record(site.port, settles=0), site)
        site.fates = [Fate("after", "drop")]
        bench.press(Mention.model_validate({"text": "?", "published_at": NOW, **MAIL}), True)
        bench.deliver()
        assert bench.deliver(LATER) == Delivered(unsure=1) and "imap_host" in bench.row().error
        with bench.store.write() as tx:
            outbox.it_is_there(tx, BRAND, 1, "", "agent:Elif", bench.now)
        assert len(site.taken) == 1 and bench.row().state == "sent"
