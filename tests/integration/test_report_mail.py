"""A scheduled report reaches a real mail server once a period; a kill at any moment sends nothing twice and is told."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from desk.report import sending
from desk.report.content import ReportContent, Say, Section
from desk.report.sending import AGAIN_AFTER, LEFT_AFTER, MOST_TRIES, Mailer, Progress, send_with_files
from desk.settings import Settings
from store import events as event_log
from store import report_runs as run_store
from store import warnings as warning_store
from store.engine import Store
from tests.integration.report_work import settings_of
from tests.integration.sending_mail import MailSite, mail_site

ISTANBUL = ZoneInfo("Europe/Istanbul")
MORNING = datetime(2026, 11, 21, 8, 1, tzinfo=ISTANBUL)
END = datetime(2026, 11, 21, tzinfo=ISTANBUL)
REPORTS = [{"name": "sabah", "to": ["NOBET_PR", "NOBET_BOSS"], "formats": ["csv", "json"]}]
ADDRESSES = {"NOBET_PR": "one://secret-pr", "NOBET_BOSS": "one://secret-boss"}


def desk(**more: Any) -> Settings:
    return settings_of(**{"reports": REPORTS, **more})


def state_of(store: Store) -> tuple[str, Progress]:
    with store.read() as tx:
        row = run_store.run(tx, "cinar", "sabah", END)
    assert row is not None
    return row.state, Progress.of(row.told)


def events_of(store: Store, type: str) -> list[Any]:
    with store.read() as tx:
        return [event for event in event_log.all_events(tx, "cinar", 0, 10_000) if event.type == type]


def test_a_mail_server_gets_it_once_with_its_files(store: Store):
    with mail_site() as site:
        _once(store, site)


def _once(store: Store, site: MailSite) -> None:
    address = f"mailto://127.0.0.1:{site.port}/?from=nobet@cinarev.example&to=pr@cinarev.example&mode=insecure"
    settings = desk(reports=[{**REPORTS[0], "to": ["NOBET_PR"], "formats": ["html", "csv"]}])
    mailer = Mailer(store, settings, {"NOBET_PR": address})
    assert mailer.run(MORNING - timedelta(minutes=2)) == 0 and not site.taken  # it is not due yet
    assert mailer.run(MORNING) == 1
    assert mailer.run(MORNING + timedelta(minutes=1)) == 0
    assert Mailer(store, settings, {"NOBET_PR": address}).run(MORNING + timedelta(hours=1)) == 0
    ((mail, to),) = site.taken
    assert to == ("pr@cinarev.example",)
    parts = {part.get_filename(): part.get_payload(decode=True) for part in mail.walk() if part.get_filename()}
    assert set(parts) == {"rapor-2026-11-20.html", "rapor-2026-11-20.csv"}
    assert b"Tan\xc4\xb1mlar" in parts["rapor-2026-11-20.html"]
    text = next(part for part in mail.walk() if part.get_content_type() == "text/plain" and not part.get_filename())
    assert "20 Kasım 2026 Cuma" in text.get_payload(decode=True).decode()
    assert state_of(store) == ("sent", Progress(("NOBET_PR",)))
    (event,) = events_of(store, "report_sent")
    assert event.data["sent"] == ["NOBET_PR"] and "127.0.0.1" not in str(event.data)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is sent does not matter in these tests; making it takes a second each time."""

    def made(store: Store, settings: Settings, period: Any, now: datetime, language: str) -> ReportContent:
        return ReportContent("Çınar Ev", language, period, now, (Section("summary", "Özet", (Say("ö"),)),))

    monkeypatch.setattr(sending, "make", made)


class Posted:
    """A service that notes what it took; it can be made to say no."""

    def __init__(self, *refuses: str) -> None:
        self.taken: list[str] = []
        self.refuses = set(refuses)

    def __call__(self, address: str, title: str, text: str, attached: Any) -> bool:
        if address in self.refuses:
            return False
        self.taken.append(address)
        return True


def test_a_server_that_is_down_is_asked_again_and_then_it_is_told(store: Store, quick: None):
    settings, post = desk(), Posted(ADDRESSES["NOBET_BOSS"])
    mailer, now = Mailer(store, settings, ADDRESSES, post), MORNING
    for n in range(MOST_TRIES):
        assert mailer.run(now) == int(n == MOST_TRIES - 1)
        now += AGAIN_AFTER
    assert post.taken == [ADDRESSES["NOBET_PR"]]  # whoever got it is not mailed again for the other's sake
    state, progress = state_of(store)
    assert (state, progress.sent, set(progress.refused)) == ("failed", ("NOBET_PR",), {"NOBET_BOSS"})
    with store.read() as tx:
        told = warning_store.alerts_for(tx, "cinar", "Can", MORNING - timedelta(hours=1))
        out = warning_store.due_alerts(tx, "cinar", now)
    assert told and "NOBET_BOSS" in told[0].text and "secret" not in told[0].text
    assert [alert.channel for alert in out] == ["NOBET_CAN"]
    assert len(events_of(store, "report_failed")) == 1
    post.refuses.clear()
    assert mailer.run(now) == 0 and post.taken == [ADDRESSES["NOBET_PR"]]  # it was given up and stays so


def test_a_server_that_comes_back_gets_what_it_lacked(store: Store, quick: None):
    post = Posted(*ADDRESSES.values())
    mailer = Mailer(store, desk(), ADDRESSES, post)
    assert mailer.run(MORNING) == 0 and not post.taken
    assert mailer.run(MORNING + AGAIN_AFTER / 2) == 0 and not post.taken
    post.refuses.clear()
    assert mailer.run(MORNING + AGAIN_AFTER) == 1
    assert post.taken == list(ADDRESSES.values()) and state_of(store)[0] == "sent"


def test_an_address_that_is_not_set_is_named_and_the_others_are_sent(store: Store, quick: None):
    post = Posted()
    mailer = Mailer(store, desk(), {"NOBET_BOSS": "one://secret-boss"}, post)
    mailer.run(MORNING)
    state, progress = state_of(store)
    assert state == "making" and progress.refused == {"NOBET_PR": "is not set"} and post.taken == ["one://secret-boss"]


class Killed(BaseException):
    """The process ends here."""


@contextmanager
def killed_at(store: Store, after: int, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[int]]:
    """Let the store end the process before its write number `after`; answers how many were begun."""
    count, write = [0], store.write

    def counted() -> Any:
        count[0] += 1
        if count[0] > after:
            raise Killed
        return write()

    with monkeypatch.context() as patch:
        patch.setattr(store, "write", counted)
        yield count


@pytest.mark.parametrize("after", range(6))
def test_killed_between_any_two_lines_nobody_gets_it_twice_and_doubt_is_told(
    store: Store, quick: None, monkeypatch: pytest.MonkeyPatch, after: int
):  # fmt: skip
    post = Posted()
    with killed_at(store, after, monkeypatch) as count, pytest.raises(Killed):
        Mailer(store, desk(), ADDRESSES, post).run(MORNING)
    assert count[0] == after + 1
    before = list(post.taken)
    assert Mailer(store, desk(), ADDRESSES, post).run(MORNING + timedelta(minutes=1)) == (1 if after == 0 else 0)
    Mailer(store, desk(), ADDRESSES, post).run(MORNING + LEFT_AFTER + timedelta(minutes=1))
    assert len(post.taken) == len(set(post.taken)), "somebody got it twice"
    state, progress = state_of(store)
    assert state in ("sent", "failed")
    doubt = len(set(ADDRESSES.values()) - set(post.taken))
    assert {*progress.sent, *progress.unsure} == set(ADDRESSES)
    assert doubt <= len(progress.unsure) <= 1  # of the one that was being sent nobody knows, and it is said
    assert (state == "failed") == bool(progress.unsure)
    assert before == post.taken[: len(before)]


def test_a_worker_that_stood_still_too_long_says_what_it_did_not_send(
    store: Store, quick: None, monkeypatch: pytest.MonkeyPatch
):
    post = Posted()
    with killed_at(store, 1, monkeypatch), pytest.raises(Killed):
        Mailer(store, desk(), ADDRESSES, post).run(MORNING)
    Mailer(store, desk(), ADDRESSES, post).run(MORNING + timedelta(days=1))
    state, progress = state_of(store)
    assert state == "failed" and set(progress.refused) == set(ADDRESSES)
    assert len(post.taken) == 2  # the next day's report


def test_what_a_service_library_says_goes_nowhere(store: Store, quick: None, caplog: pytest.LogCaptureFixture):
    def fails(address: str, title: str, text: str, attached: Any) -> bool:
        raise RuntimeError(f"could not reach {address}")

    mailer = Mailer(store, desk(), ADDRESSES, fails)
    for n in range(MOST_TRIES):
        mailer.run(MORNING + n * AGAIN_AFTER)
    assert state_of(store)[0] == "failed" and "secret" not in caplog.text
    assert "secret" not in str(state_of(store)[1]) and "secret" not in str(events_of(store, "report_failed")[0].data)


def test_an_address_that_is_none_is_refused():
    assert send_with_files("nothing", "t", "x", {}) is False
