"""What the Şikayetvar collector makes of a portal that misbehaves, over real HTTP and a real crawl's process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from html import escape
from typing import Any

import pytest

from collectors.complaints.walk import MAX_TRIES
from collectors.meter import Limit, Meter, spending
from collectors.protocol import (
    Batch,
    BudgetSpent,
    CollectorError,
    Cursor,
    RateLimited,
    Reach,
    Refused,
    Rejected,
    Unavailable,
    Unreadable,
)
from collectors.registry import ConfigError, collector_for
from mention import Mention
from tests.integration.faulty_server import Answer, Fault, FaultyServer, Request

NOW = datetime(2026, 11, 21, 11, 5, tzinfo=UTC)  # 14:05 in Istanbul
MONTHS = (
    "Ocak", "Şubat", "Mart", "Nisan", "Mayıs", "Haziran", "Temmuz", "Ağustos", "Eylül", "Ekim", "Kasım", "Aralık",
)  # fmt: skip


@dataclass
class Complaint:
    """One complaint of the portal."""

    path: str
    at: datetime
    text: str = "Kargom gelmedi, ışık ŞĞİ"
    answers: list[tuple[str, str, str]] = field(default_factory=list)
    solved: bool = False
    shown: str | None = None

    def time(self) -> str:
        local = self.at + timedelta(hours=3)
        return f"{local.day} {MONTHS[local.month - 1]} {local.year} {local:%H:%M}"


@dataclass
class Portal:
    """A small portal: one brand's complaints, newest first, three to a page, in one of the two layouts."""

    complaints: list[Complaint] = field(default_factory=list)
    robots: str | None = None
    pages: dict[str, Answer] = field(default_factory=dict)
    charset: str = "utf-8"
    older: bool = False
    total: int | None = None
    links: bool = True
    size: int = 3

    def write(self, number: int = 1, **more: Any) -> Complaint:
        for _ in range(number):
            made = len(self.complaints) + 1
            self.complaints.append(
                Complaint(f"cinar-ev/sikayet-{made}", NOW - timedelta(days=3) + timedelta(minutes=made), **more)
            )
        return self.complaints[-1]

    @property
    def ids(self) -> set[str]:
        return {complaint.path for complaint in self.complaints}

    def route(self, request: Request) -> Answer:
        if request.path == "/robots.txt":
            return Answer(200, self.robots.encode()) if self.robots is not None else Answer(404)
        if request.path in self.pages:
            return self.pages[request.path]
        if request.path == "/cinar-ev":
            return self._list(int(request.query.get("page", "1")))
        for complaint in self.complaints:
            if request.path == f"/{complaint.path}":
                return self._answer(self._detail(complaint))
        return Answer(404, b"yok", {"content-type": "text/html"})

    def _list(self, page: int) -> Answer:
        newest = list(reversed(self.complaints))
        shown = newest[(page - 1) * self.size : page * self.size]
        if page > 1 and not shown:
            return Answer(302, b"", {"location": "/cinar-ev"})
        badge = '<div class="solved-badge">Çözüldü</div>'
        if self.older:
            cards = "".join(
                f'<article class="story-card"><h5><a href="/{c.path}">{c.path}</a></h5><p>{escape(c.text)[:40]}</p>'
                f"{badge if c.solved else ''}</article>"
                for c in shown
            )
        else:
            cards = "".join(
                f'<article class="card-v2 ga-v ga-c"><h2 class="complaint-title">'
                f'<a class="complaint-layer" href="/{c.path}?ref=liste">{c.path}</a></h2>'
                f'<p class="complaint-description">{escape(c.text)[:40]}</p>{badge if c.solved else ""}</article>'
                for c in shown
            )
        cards += '<section><a class="complaint-layer" href="/baska-marka/reklam">Reklam</a></section>'
        last = -(-len(newest) // self.size)
        links = "".join(f'<a class="page" href="/cinar-ev?page={n}">{n}</a>' for n in range(1, last + 1))
        count = f"<span>{self.total} Şikayet</span>" if self.total is not None else ""
        none = "" if newest else "<p>Bu marka için henüz şikayet yok.</p>"
        return self._answer(f"<h1>Çınar Ev</h1>{count}{none}{cards}<ul>{links if self.links and last > 1 else ''}</ul>")

    def _detail(self, c: Complaint) -> str:
        answers = "".join(
            f'<div class="answer{" ga-v ga-c" if by == "brand" else ""}">'
            + ("" if by == "brand" else f'<span class="username">{by}</span>')
            + f'<div class="post-time">{when}</div><p class="message">{escape(text)}</p></div>'
            for by, when, text in c.answers
        )
        return (
            f'<h1 class="complaint-detail-title">Başlık {c.path}</h1><span class="username">Ayşe K.</span>'
            f'<div class="js-tooltip time" title="{c.time() if c.shown is None else c.shown}"></div>'
            f"{'<div class=solved-badge>Çözüldü</div>' if c.solved else ''}"
            f'<div class="complaint-detail-description"><p>{escape(c.text)}</p></div>'
            f'<div class="complaint-answer-container">{answers}</div>'
        )

    def _answer(self, body: str) -> Answer:
        html = f"<!DOCTYPE html><html><head><title>Şikayetvar</title></head><body>{body}</body></html>"
        return Answer(200, html.encode(self.charset), {"content-type": f"text/html; charset={self.charset}"})


@dataclass
class Kept:
    """What a store would hold, and how the fetch ended."""

    mentions: dict[str, Mention] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    cursor: Cursor | None = None
    notes: list[str] = field(default_factory=list)
    gone: list[str] = field(default_factory=list)
    error: CollectorError | None = None
    reach: Reach | None = None
    batches: int = 0

    def take(self, batches: Iterator[Batch], kill_after: int | None = None) -> Kept:
        self.error, self.reach = None, None
        try:
            for number, batch in enumerate(batches, 1):
                self.mentions |= {item.mention.native_id: item.mention for item in batch.fetched}
                self.rejected += batch.rejected
                self.cursor = json.loads(json.dumps(batch.cursor))
                self.notes.append(batch.note)
                self.gone += batch.gone
                self.reach = batch.reach
                self.batches += 1
                if number == kill_after:
                    batches.close()  # type: ignore[attr-defined]
                    return self
        except CollectorError as error:
            self.error = error
        return self


@pytest.fixture
def portal() -> Portal:
    made = Portal()
    made.write(8)
    return made


@pytest.fixture
def server(portal: Portal) -> Iterator[FaultyServer]:
    with FaultyServer(portal.route, lambda request: request.path != "/robots.txt") as running:
        yield running


Make = Callable[..., Any]


@pytest.fixture
def collector(server: FaultyServer) -> Make:
    def make(**more: Any) -> Any:
        record = {
            "kind": "sikayetvar", "brand": "cinar-ev", "base_url": server.url, "terms_read": True, "delay": 0,
            "private_network": True, **more,
        }  # fmt: skip
        return collector_for(record)

    return make


def is_a_sentence(error: CollectorError | None, code: str) -> bool:
    text = str(error)
    assert text.startswith(f'Source "sikayetvar": [{code}] ') and text.endswith("."), text
    assert "\n" not in text and "Traceback" not in text and len(text) < 500, text
    return True


def lists(server: FaultyServer, since: int = 0) -> list[str]:
    return [request.query.get("page", "") for request in server.pages[since:] if request.path == "/cinar-ev"]


def details(server: FaultyServer, since: int = 0) -> list[str]:
    return [request.path[1:] for request in server.pages[since:] if request.path != "/cinar-ev"]


def test_paging_to_the_end_then_overlap_then_only_what_is_new(
    portal: Portal, server: FaultyServer, collector: Make
) -> None:
    kept = Kept().take(collector().fetch(None, NOW))
    assert kept.error is None and set(kept.mentions) == portal.ids and kept.rejected == []
    assert kept.reach == Reach("ended", since=min(c.at for c in portal.complaints))
    assert all(mention.published_at == c.at for c in portal.complaints for mention in [kept.mentions[c.path]])
    one = kept.mentions["cinar-ev/sikayet-1"]
    assert one.text == "Başlık cinar-ev/sikayet-1\n\nKargom gelmedi, ışık ŞĞİ" and one.author_name == "Ayşe K."
    assert one.url == f"{server.url}/cinar-ev/sikayet-1" and one.channel == "sikayetvar"
    assert sorted(set(lists(server))) == ["1", "2", "3"] and len(details(server)) == 8
    asked = len(server.pages)
    kept.take(collector().fetch(kept.cursor, NOW))
    assert kept.reach == Reach("overlap") and lists(server, asked) == ["1"] and details(server, asked) == []
    new = portal.write()
    asked = len(server.pages)
    kept.take(collector().fetch(kept.cursor, NOW))
    assert set(kept.mentions) == portal.ids and details(server, asked) == [new.path]
    assert kept.reach == Reach("overlap") and "overlap found on list page 2" in kept.notes[-1]
    headers = server.requests[0].headers
    assert headers["user-agent"] == "Nobet/0.1 (complaint reader)"
    assert not [request for request in server.requests if "cookie" in request.headers]


def test_the_older_layout_and_windows_1254(portal: Portal, collector: Make) -> None:
    portal.older, portal.charset, portal.links = True, "windows-1254", False
    portal.size = 12
    portal.write(6)
    kept = Kept().take(collector(name="sv").fetch(None, NOW))
    assert kept.error is None and set(kept.mentions) == portal.ids
    assert "ışık ŞĞİ" in kept.mentions["cinar-ev/sikayet-9"].text
    assert kept.mentions["cinar-ev/sikayet-9"].source == "sv"
    assert kept.reach is not None and kept.reach.proof == "ended"


def test_the_wrong_charset_costs_nothing(portal: Portal, server: FaultyServer, collector: Make) -> None:
    right = portal.route
    server.route = lambda request: (
        answer := right(request),
        Answer(answer.status, answer.body, {**answer.headers, "content-type": "text/html; charset=iso-8859-9"}),
    )[1]
    kept = Kept().take(collector().fetch(None, NOW))
    assert kept.error is None and set(kept.mentions) == portal.ids
    assert "ışık ŞĞİ" in kept.mentions["cinar-ev/sikayet-8"].text


def test_the_portals_own_count(portal: Portal, collector: Make) -> None:
    portal.total = 8
    kept = Kept().take(collector().fetch(None, NOW))
    assert kept.reach is not None and kept.reach.proof == "counted"
    portal.write(2)
    portal.total = 10
    kept.take(collector().fetch(kept.cursor, NOW))
    assert kept.reach == Reach("counted") and "the portal counts 10 complaints" in kept.notes[-1]
    portal.write()
    portal.total = 14
    kept.take(collector().fetch(kept.cursor, NOW))
    assert kept.reach == Reach("overlap") and "counts 3 complaints more than it lists" in kept.notes[-1]


def test_a_gap_is_told(portal: Portal, collector: Make) -> None:
    portal.total = 8
    kept = Kept().take(collector().fetch(None, NOW))
    portal.write(20)
    portal.total = 28
    kept.take(collector(list_pages=3).fetch(kept.cursor, NOW))
    oldest = portal.complaints[-9].at
    assert kept.reach == Reach("parsed", since=oldest, gap=True, missed=11)
    kept.take(collector(list_pages=3).fetch(kept.cursor, NOW))
    assert kept.reach is not None and not kept.reach.gap


def test_a_first_look_is_limited_in_depth_and_can_be_rewound(portal: Portal, collector: Make) -> None:
    kept = Kept().take(collector(list_pages=1).fetch(None, NOW))
    assert len(kept.mentions) == 3 and kept.reach == Reach("parsed", since=portal.complaints[-3].at)
    reader = collector(list_pages=1)
    kept.take(reader.fetch(reader.rewound(kept.cursor, portal.complaints[4].at), NOW))
    assert set(kept.mentions) >= {c.path for c in portal.complaints[2:]}
    assert kept.reach is not None and kept.reach.since is not None and kept.reach.since <= portal.complaints[4].at


@pytest.mark.parametrize("kill", range(1, 8))
def test_being_killed_between_any_two_batches_loses_nothing(
    portal: Portal, server: FaultyServer, collector: Make, kill: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("collectors.sikayetvar.BATCH", 1)
    kept = Kept().take(collector().fetch(None, NOW), kill_after=kill)
    portal.write(4)
    kept.take(collector().fetch(kept.cursor, NOW), kill_after=kill % 3 + 1)
    portal.complaints.pop(0)
    portal.write()
    kept.take(collector().fetch(kept.cursor, NOW))
    assert kept.error is None and set(kept.mentions) >= portal.ids
    assert kept.reach is not None and not kept.reach.gap
    kept.take(collector().fetch(kept.cursor, NOW))
    assert kept.reach is not None and kept.reach.proof == "overlap"


def test_a_crawl_stopped_by_its_pages_goes_on(portal: Portal, server: FaultyServer, collector: Make) -> None:
    portal.write(12)
    kept = Kept()
    for _ in range(12):
        kept.take(collector(pages=10).fetch(kept.cursor, NOW))
        assert kept.error is None
        if kept.reach:
            break
        assert "goes on in the next crawl" in kept.notes[-1]
    assert set(kept.mentions) == portal.ids and kept.reach is not None and kept.reach.proof == "ended"


@pytest.mark.parametrize(
    ("fault", "code", "kind"),
    [
        (Fault.status(500), "server_error", Unavailable),
        (Fault.status(502), "server_error", Unavailable),
        (Fault.status(401), "forbidden", Refused),
        (Fault.status(403), "forbidden", Refused),
        (Fault.status(404), "gone", Refused),
        (Fault.status(429, retry_after="40"), "rate_limited", RateLimited),
        (Fault.status(429), "rate_limited", RateLimited),
        (Fault.html, "bot_protection", Refused),
        (Fault.truncated, "unreachable", Unavailable),
        (Fault.empty, "layout", Unreadable),
        (lambda right: Answer.json({"items": []}), "layout", Unreadable),
    ],
    ids=["500", "502", "401", "403", "404", "429", "429 without a time", "bot page", "truncated", "empty", "json"],
)
def test_a_list_that_fails_is_a_sentence(
    portal: Portal, server: FaultyServer, collector: Make, fault: Any, code: str, kind: type[CollectorError]
) -> None:
    server.fail(1, fault)
    kept = Kept().take(collector().fetch(None, NOW))
    assert isinstance(kept.error, kind) and is_a_sentence(kept.error, code) and kept.reach is None
    assert len(server.pages) == 1, "whoever is refused does not insist"
    if code == "rate_limited" and isinstance(kept.error, RateLimited) and kept.error.retry_at:
        assert timedelta(seconds=39) <= kept.error.retry_at - NOW <= timedelta(seconds=60)
    if code in ("bot_protection", "forbidden"):
        assert "notification mails" in str(kept.error)
    kept.take(collector().fetch(kept.cursor, NOW))
    assert kept.error is None and set(kept.mentions) == portal.ids


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Fault.status(500), "server_error"),
        (Fault.status(429, retry_after="40"), "rate_limited"),
        (Fault.html, "bot_protection"),
        (Fault.truncated, "unreachable"),
    ],
    ids=["500", "429", "bot page", "truncated"],
)
def test_complaints_that_fail_come_first_next_time(
    portal: Portal, server: FaultyServer, collector: Make, fault: Any, code: str
) -> None:
    server.fail(3, fault, times=2)
    kept = Kept().take(collector().fetch(None, NOW))
    assert is_a_sentence(kept.error, code) and kept.reach is None
    assert "cinar-ev/sikayet-8" in kept.mentions
    server._faults.clear()
    asked = len(server.pages)
    kept.take(collector().fetch(kept.cursor, NOW))
    assert kept.error is None and set(kept.mentions) == portal.ids
    assert kept.reach is not None and kept.reach.proof == "ended"
    if code in ("server_error", "unreachable"):
        assert details(server, asked)[0] == "cinar-ev/sikayet-7"


def test_one_complaint_that_never_answers_is_quarantined(portal: Portal, server: FaultyServer, collector: Make) -> None:
    portal.pages["/cinar-ev/sikayet-5"] = Answer(500, b"x", {"content-type": "text/html"})
    kept = Kept()
    for number in range(1, MAX_TRIES + 1):
        kept.take(collector().fetch(kept.cursor, NOW))
        assert isinstance(kept.error, Unavailable) and kept.reach is None, number
    assert set(kept.mentions) == portal.ids - {"cinar-ev/sikayet-5"}
    assert [item.native_id for item in kept.rejected] == ["cinar-ev/sikayet-5"]
    kept.take(collector().fetch(kept.cursor, NOW))
    assert kept.error is None and kept.reach is not None


def test_an_odd_complaint_is_no_changed_layout(portal: Portal, collector: Make) -> None:
    portal.complaints[4].shown = "bilinmiyor"
    kept = Kept()
    for _ in range(MAX_TRIES):
        kept.take(collector().fetch(kept.cursor, NOW))
        assert kept.error is None
    (bad,) = kept.rejected
    assert bad.native_id == "cinar-ev/sikayet-5" and "bilinmiyor" in bad.reason and "<h1" in bad.raw["page"]
    assert set(kept.mentions) == portal.ids - {bad.native_id} and kept.reach is not None


@pytest.mark.parametrize("what", ["complaint-detail-description", "js-tooltip time"])
def test_a_changed_complaint_page_is_recognised_and_kept(
    portal: Portal, server: FaultyServer, collector: Make, what: str
) -> None:
    kept = Kept().take(collector().fetch(None, NOW))
    right, before = portal.route, dict(kept.mentions)
    server.route = lambda request: (
        answer := right(request),
        Answer(answer.status, answer.body.replace(what.encode(), b"yeni-tasarim"), answer.headers),
    )[1]
    portal.write(4)
    kept.take(collector().fetch(kept.cursor, NOW))
    assert isinstance(kept.error, Unreadable) and is_a_sentence(kept.error, "layout")
    assert kept.error.page is not None and "yeni-tasarim" in kept.error.page
    assert kept.mentions == before and kept.rejected == [] and kept.reach is None
    kept.take(collector().fetch(kept.cursor, NOW))
    assert isinstance(kept.error, Unreadable) and kept.rejected == [], "nothing is given up while the layout is unknown"
    server.route = right
    kept.take(collector().fetch(kept.cursor, NOW))
    assert kept.error is None and set(kept.mentions) == portal.ids and kept.reach is not None


def test_a_changed_list_is_recognised_and_kept(portal: Portal, server: FaultyServer, collector: Make) -> None:
    right = portal.route
    server.route = lambda request: (
        answer := right(request),
        Answer(answer.status, answer.body.replace(b"complaint-layer", b"x").replace(b"complaint-title", b"x"),
               answer.headers),
    )[1]  # fmt: skip
    kept = Kept().take(collector().fetch(None, NOW))
    assert isinstance(kept.error, Unreadable) and is_a_sentence(kept.error, "layout")
    assert "a.complaint-layer" in str(kept.error) and kept.error.page is not None and "card-v2" in kept.error.page


def test_an_empty_list_is_only_believed_at_first_and_when_it_says_so(portal: Portal, collector: Make) -> None:
    complaints, portal.complaints = portal.complaints, []
    kept = Kept().take(collector().fetch(None, NOW))
    assert kept.error is None and kept.reach == Reach("ended") and "no complaint" in kept.notes[-1]
    portal.complaints = complaints
    kept.take(collector().fetch(kept.cursor, NOW))
    assert set(kept.mentions) == portal.ids
    portal.complaints = []
    kept.take(collector().fetch(kept.cursor, NOW))
    assert isinstance(kept.error, Unreadable) and "were read from it before" in str(kept.error)


def test_answers_replies_and_solved_are_seen_later(portal: Portal, server: FaultyServer, collector: Make) -> None:
    kept = Kept().take(collector().fetch(None, NOW))
    one = portal.complaints[3]
    one.answers = [("brand", "21 Kasım 10:00", "Üzgünüz"), ("Ayşe K.", "21 Kasım 11:00", "Hâlâ gelmedi <b>!</b>")]
    asked = len(server.pages)
    kept.take(collector().fetch(kept.cursor, NOW + timedelta(minutes=10)))
    assert details(server, asked) == [], "not at once"
    later = NOW + timedelta(hours=12)
    kept.take(collector().fetch(kept.cursor, later))
    assert [answer["text"] for answer in kept.mentions[one.path].extra["answers"]] == ["Üzgünüz"]
    (reply,) = [mention for mention in kept.mentions.values() if mention.in_reply_to == one.path]
    assert reply.text == "Hâlâ gelmedi <b>!</b>" and reply.thread_id == one.path
    assert reply.published_at == datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
    portal.complaints[-1].solved = True
    asked = len(server.pages)
    kept.take(collector().fetch(kept.cursor, later + timedelta(minutes=1)))
    assert details(server, asked) == [portal.complaints[-1].path], "a card that changed is looked at"
    assert kept.mentions[portal.complaints[-1].path].extra["solved"] is True
    asked = len(server.pages)
    kept.take(collector().fetch(kept.cursor, later + timedelta(days=30)))
    assert details(server, asked) == [], "the old and the solved are left alone"


def test_a_complaint_that_is_taken_down_is_told(portal: Portal, collector: Make) -> None:
    kept = Kept().take(collector().fetch(None, NOW))
    gone = portal.complaints.pop(2)
    portal.pages[f"/{portal.complaints[0].path}"] = Answer(302, b"", {"location": "/cinar-ev"})
    kept.take(collector().fetch(kept.cursor, NOW + timedelta(hours=12)))
    assert kept.error is None and sorted(kept.gone) == sorted([gone.path, portal.complaints[0].path])


def test_robots_txt_is_obeyed(portal: Portal, server: FaultyServer, collector: Make) -> None:
    portal.robots = "User-agent: *\nDisallow: /"
    kept = Kept().take(collector(user_agent="Mozilla/5.0 (Nobet)").fetch(None, NOW))
    assert isinstance(kept.error, Refused) and is_a_sentence(kept.error, "robots")
    assert [request.path for request in server.requests] == ["/robots.txt"]
    server.route = lambda request: Answer(500) if request.path == "/robots.txt" else portal.route(request)
    kept = Kept().take(collector().fetch(None, NOW))
    assert isinstance(kept.error, Unavailable) and is_a_sentence(kept.error, "robots_unreadable")


def test_complaints_that_robots_txt_bars_are_left_out(portal: Portal, server: FaultyServer, collector: Make) -> None:
    portal.robots = "User-agent: *\nDisallow: /cinar-ev/sikayet-2"
    kept = Kept().take(collector().fetch(None, NOW))
    assert kept.error is None and set(kept.mentions) == portal.ids - {"cinar-ev/sikayet-2"}
    portal.robots = "User-agent: *\nDisallow: /cinar-ev/"
    kept = Kept().take(collector().fetch(None, NOW))
    assert isinstance(kept.error, Refused) and details(server, 12) == []


def test_pages_that_do_not_come_are_given_up(portal: Portal, server: FaultyServer, collector: Make) -> None:
    server.fail(2, Fault.slow)
    server.fail(3, Fault.drip)
    kept = Kept().take(collector(timeout=0.5).fetch(None, NOW))
    assert isinstance(kept.error, Unavailable) and is_a_sentence(kept.error, "timeout")
    kept.take(collector().fetch(kept.cursor, NOW))
    assert kept.error is None and set(kept.mentions) == portal.ids


def test_a_crawl_is_ended_at_its_time_limit(portal: Portal, server: FaultyServer, collector: Make) -> None:
    server.fail(3, Fault.slow)
    kept = Kept().take(collector(time_limit=6).fetch(None, NOW))
    assert isinstance(kept.error, Unavailable) and is_a_sentence(kept.error, "time_limit")
    kept.take(collector().fetch(kept.cursor, NOW))
    assert kept.error is None and set(kept.mentions) == portal.ids


def test_a_private_address_is_refused_unless_the_source_allows_it(server: FaultyServer, collector: Make) -> None:
    kept = Kept().take(collector(private_network=False).fetch(None, NOW))
    assert isinstance(kept.error, Refused) and "private network" in str(kept.error) and server.requests == []


def test_redirects_never_leave_the_portal(portal: Portal, server: FaultyServer, collector: Make) -> None:
    with FaultyServer(lambda request: Answer(200, b"<p>gizli</p>", {"content-type": "text/html"})) as elsewhere:
        portal.pages["/cinar-ev/sikayet-4"] = Answer(302, b"", {"location": f"{elsewhere.url}/gizli"})
        Kept().take(collector().fetch(None, NOW))
        assert elsewhere.requests == []


def test_a_five_megabyte_complaint(portal: Portal, collector: Make) -> None:
    portal.write(text="ş" * 2_400_000)
    kept = Kept().take(collector().fetch(None, NOW))
    assert kept.error is None and len(kept.mentions["cinar-ev/sikayet-9"].text) > 2_400_000
    kept = Kept().take(collector(max_bytes=100_000).fetch(None, NOW))
    assert isinstance(kept.error, Unreadable) and is_a_sentence(kept.error, "too_large")
    assert len(kept.mentions) == 8


def test_requests_are_charged_and_a_budget_ends_the_crawl(
    portal: Portal, server: FaultyServer, collector: Make
) -> None:
    kept = Kept()
    for _ in range(6):
        before = len(server.requests)
        with spending(Meter("sikayetvar", request_limit=Limit(5, NOW + timedelta(days=1), "a day"))) as spent:
            kept.take(collector().fetch(kept.cursor, NOW))
        assert spent.requests == len(server.requests) - before <= 5
        if kept.reach or isinstance(kept.error, BudgetSpent):
            break
    assert kept.mentions


def test_another_brand_under_the_same_name_starts_anew(collector: Make, portal: Portal) -> None:
    kept = Kept().take(collector().fetch(None, NOW))
    kept.mentions.clear()
    assert kept.cursor is not None
    kept.cursor["site"][-1] = "eski-marka"
    kept.take(collector().fetch(kept.cursor, NOW))
    assert set(kept.mentions) == portal.ids


def test_stop_ends_a_running_crawl(portal: Portal, server: FaultyServer, collector: Make) -> None:
    reader = collector()
    right = portal.route

    def stopping(request: Request) -> Answer:
        if request.path != "/robots.txt":
            reader.stop()
        return right(request)

    server.route = stopping
    kept = Kept().take(reader.fetch(None, NOW))
    assert isinstance(kept.error, Unavailable) and "it was stopped" in str(kept.error)


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"terms_read": False}, "terms_read"),
        ({"brand": "https://www.sikayetvar.com/"}, "brand"),
        ({"brand": "a/b/c"}, "brand"),
        ({"brand": "../x"}, "brand"),
        ({"base_url": "file:///etc/passwd"}, "base_url"),
    ],
)
def test_what_cannot_be_configured(collector: Make, more: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        collector(**more)


def test_a_brands_address_is_understood(collector: Make) -> None:
    assert collector(brand="https://www.sikayetvar.com/Cinar-Ev?page=3").settings.brand == "cinar-ev"
