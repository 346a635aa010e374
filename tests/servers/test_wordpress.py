"""The feed collector over the comments of a real WordPress: its own feed, its own 304s, its own form.

It runs with `make test-servers`, which sets NOBET_TEST_SERVERS=1, and takes a minute. MariaDB, PHP and WordPress are
installed by apt the first time (see wordpress_server.py); NOBET_WORDPRESS names the folder of another WordPress.
Everything lies in a temporary folder and listens on a socket there or on 127.0.0.1.

What is seen here of WordPress 6.1: the feed shows the newest ten comments (`posts_per_rss`), links no older page, and
its ETag and Last-Modified are the time of the newest approved comment and nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import requests
from sqlalchemy import select

from collecting import Collected, collect
from collectors import registry
from collectors.protocol import Reach
from store import editing, events
from store import tables as t
from store.engine import Store
from tests.servers.wordpress_server import WordPress

pytestmark = pytest.mark.skipif(
    os.environ.get("NOBET_TEST_SERVERS") != "1", reason="WordPress has to be installed: `make test-servers` runs it"
)

BRAND = "blog"
SHOWN = 10
"""Comments in a feed; WordPress's own default."""

TITLES = ("Kargo günlüğü", "İade & değişim", "ÇÖĞÜŞİ çöğüşı IĞDIR")

# What was written, and what a reader sees of it. WordPress keeps it as it is where a plug-in or administrator writes.
WRITTEN = {
    "Çınar Ev’den aldım, ÇÖĞÜŞİ çöğüşı IĞDIR ığdır & <b>ışıklı</b> iğne 😡":
        "Çınar Ev’den aldım, ÇÖĞÜŞİ çöğüşı IĞDIR ığdır & ışıklı iğne 😡",
    "<script>alert('x')</script>Kargom gelmedi<img src=x onerror=alert(1)>": "Kargom gelmedi",
    "<!-- gizli --><style>*{display:none}</style><p onclick=\"x()\">Kırık geldi</p>": "Kırık geldi",
    "&lt;script&gt; diye yazdım": "<script> diye yazdım",
    "İki satır\nve\n\nbir paragraf": "İki satır\nve\nbir paragraf",
    "Robert); DROP TABLE wp_comments; – {{7*7}} %s \\ ${x}": "Robert); DROP TABLE wp_comments; – {{7*7}} %s \\ ${x}",
    "<a href=\"javascript:alert(1)\">tıkla</a> <iframe src=//kotu.example></iframe>bekliyorum": "tıkla bekliyorum",
    "<table><tr><td>kapanmayan": "kapanmayan",
}  # fmt: skip

REPLY = 3
"""Which of them answers another comment, from the second wave on; WordPress says so in the text."""


class Blog:
    """A site with three new articles and nothing else, and a store. Minutes count from twelve hours ago."""

    def __init__(self, site: WordPress, store: Store) -> None:
        self.site, self.store = site, store
        [before] = site.call(["get_posts", {"numberposts": -1, "fields": "ids"}])
        site.call(*[["wp_delete_post", number, True] for number in before])  # and its comments
        self.start = datetime.now(UTC).replace(microsecond=0) - timedelta(hours=12)
        old = stamp(self.start - timedelta(days=1))
        article = {"post_content": "Yazı", "post_status": "publish", "post_date": old, "post_date_gmt": old}
        self.articles = site.call(*[["wp_insert_post", {"post_title": title, **article}] for title in TITLES])
        self.feed = f"{site.url}/comments/feed/"

    def comment(self, minute: float, text: str, **more: Any) -> list[Any]:
        """The call that writes a comment."""
        at = stamp(self.start + timedelta(minutes=minute))
        fields = {
            "comment_post_ID": self.articles[int(minute) % len(self.articles)], "comment_author": "Ayşe Iğdırlı",
            "comment_content": text, "comment_date": at, "comment_date_gmt": at,
        }  # fmt: skip
        return ["wp_insert_comment", fields | more]

    def write(self, *comments: list[Any]) -> tuple[list[int], list[str]]:
        """Write comments: their numbers, and the ids that the feed gives them."""
        numbers = self.site.call(*comments)
        return numbers, self.site.call(*[["get_comment_guid", number] for number in numbers])

    def poll(self, minute: float, feed: str = "", name: str = "yorumlar") -> Collected:
        """One fetch of the comments, into the store."""
        record = {
            "kind": "feed", "name": name, "url": feed or self.feed, "channel": "blog", "private_network": True,
        }  # fmt: skip
        now = self.start + timedelta(minutes=minute)
        return collect(self.store, BRAND, registry.collector_for(record), lambda: now)

    def stored(self, name: str = "yorumlar") -> dict[str, Any]:
        with self.store.read() as tx:
            rows = tx.execute(select(t.mentions).where(t.mentions.c.source == name)).all()
        assert len({row.native_id for row in rows}) == len(rows)
        return {row.native_id: row for row in rows}

    def says_unchanged(self, minute: float) -> bool:
        """Whether WordPress answers 304 to somebody who read the feed when a comment of that minute was its newest."""
        at = self.start + timedelta(minutes=minute)
        headers = {"If-Modified-Since": f"{at:%a, %d %b %Y %H:%M:%S} GMT"}
        return requests.get(self.feed, headers=headers, timeout=60).status_code == 304


def stamp(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}"


@pytest.fixture(scope="module")
def site() -> Iterator[WordPress]:
    with WordPress() as running:
        yield running


@pytest.fixture
def blog(site: WordPress, tmp_path: Path) -> Iterator[Blog]:
    store = Store.open(f"sqlite:///{tmp_path / 'nobet.db'}")
    yield Blog(site, store)
    store.close()


def test_every_comment_is_stored_once_with_its_text_and_known_ones_prove_the_overlap(blog: Blog) -> None:
    written: dict[str, str] = {}
    parent = 0
    for wave in range(8):
        minutes = [wave * 60 + n for n in range(len(WRITTEN))]
        comments = [
            blog.comment(minute, text, comment_parent=parent if n == REPLY else 0)
            for n, (minute, text) in enumerate(zip(minutes, WRITTEN, strict=True))
        ]
        numbers, ids = blog.write(*comments)
        seen = list(WRITTEN.values())
        if parent:
            seen[REPLY] = f"In reply to Ayşe Iğdırlı.\n{seen[REPLY]}"
        written |= dict(zip(ids, seen, strict=True))
        parent = numbers[0]
        result = blog.poll(wave * 60 + 30)
        assert (result.outcome, result.new, result.edited, result.rejected) == ("ok", len(WRITTEN), 0, 0)
        if wave:
            assert (result.known, result.reach) == (SHOWN - len(WRITTEN), Reach("overlap"))
        else:
            assert result.reach is not None and result.reach.proof == "ended"
        again = blog.poll(wave * 60 + 31)
        # WordPress would say 304, and hide edits behind it: it is not asked to.
        assert (again.outcome, again.new, again.edited, again.requests) == ("ok", 0, 0, 1)
        assert again.reach == Reach("overlap")
        assert blog.says_unchanged(minutes[-1]) and not blog.says_unchanged(minutes[-2])

    stored = blog.stored()
    assert len(written) == 64 and set(stored) == set(written)
    for native_id, text in written.items():
        row = stored[native_id]
        title, _, body = row.text.partition("\n\n")
        assert body == text
        assert title in {f"Comment on {one} by Ayşe Iğdırlı" for one in TITLES}
        assert row.author == "Ayşe Iğdırlı" and row.url == native_id and row.extra["channel"] == "blog"
    assert min(row.published_at for row in stored.values()) == blog.start

    # The same comments as Atom have the same ids and say the same.
    result = blog.poll(500, feed=f"{blog.feed}atom/", name="atom")
    assert (result.outcome, result.new) == ("ok", SHOWN)
    for native_id, row in blog.stored("atom").items():
        assert row.text == stored[native_id].text and row.published_at == stored[native_id].published_at


def test_what_a_feed_moves_on_from_is_a_gap(blog: Blog) -> None:
    _, first = blog.write(*[blog.comment(n, f"ilk {n}") for n in range(5)])
    blog.poll(10)
    _, many = blog.write(*[blog.comment(60 + n, f"sonra {n}") for n in range(25)])
    result = blog.poll(100)
    assert (result.outcome, result.new, result.known) == ("ok", SHOWN, 0)
    assert "some in between may be missing" in result.note
    assert result.reach is not None and result.reach.gap and result.reach.since is not None
    assert blog.start + timedelta(minutes=75) <= result.reach.since < blog.start + timedelta(minutes=85)
    assert set(blog.stored()) == {*first, *many[-SHOWN:]}, "WordPress links no older page"
    with blog.store.read() as tx:
        [gap] = [event for event in events.all_events(tx, BRAND) if event.type == "coverage_gap"]
    assert gap.data["source"] == "yorumlar"
    blog.write(blog.comment(110, "yine"))
    assert blog.poll(120).reach == Reach("overlap")


def test_edits_and_late_approvals_are_seen_when_the_feed_moves_on(blog: Blog) -> None:
    """WordPress dates its feed by its newest comment alone, so that it calls a feed unchanged although an older comment
    was edited or approved since, or another one came in the same second."""
    (old, newest, gone), (old_id, newest_id, gone_id) = blog.write(
        blog.comment(1, "kargo geç geldi"), blog.comment(9, "kutu ezikti"), blog.comment(5, "yanlışlıkla yazdım")
    )
    (held,), (held_id,) = blog.write(blog.comment(7, "onay bekliyor", comment_approved="0"))
    assert blog.poll(10).new == 3 and held_id not in blog.stored()

    blog.site.call(
        ["wp_update_comment", {"comment_ID": old, "comment_content": "kargo hiç gelmedi"}],
        ["wp_update_comment", {"comment_ID": newest, "comment_content": "kutu ezikti, ürün kırık"}],
        ["wp_set_comment_status", held, "approve"],
        ["wp_delete_comment", gone, True],
    )
    _, (same_second,) = blog.write(blog.comment(9, "aynı saniyede"))
    assert blog.says_unchanged(9)
    assert blog.poll(11).edited == 2, "seen although WordPress calls the feed unchanged"
    _, (later,) = blog.write(blog.comment(12, "sonraki"))
    assert not blog.says_unchanged(9)
    assert blog.poll(13).outcome == "ok"
    stored = blog.stored()
    assert set(stored) == {old_id, newest_id, gone_id, held_id, same_second, later}, "a feed does not tell deletions"
    assert stored[old_id].text.endswith("kargo hiç gelmedi") and stored[newest_id].text.endswith("ürün kırık")
    with blog.store.read() as tx:
        versions = editing.versions_of(tx, [stored[old_id].id, stored[newest_id].id, stored[held_id].id])
    assert [text.partition("\n\n")[2] for _, text, _ in versions[stored[old_id].id]][:1] == ["kargo geç geldi"]
    assert stored[newest_id].id in versions and stored[held_id].id not in versions

    # Approved after ten newer ones, a comment never stands in the feed, whatever comes then.
    (buried,), (buried_id,) = blog.write(blog.comment(14, "çok geç onaylandı", comment_approved="0"))
    blog.write(*[blog.comment(20 + n, f"yeni {n}") for n in range(SHOWN)])
    blog.poll(40)
    blog.site.call(["wp_set_comment_status", buried, "approve"])
    blog.write(blog.comment(41, "en yeni"))
    assert blog.poll(42).reach == Reach("overlap")
    assert buried_id not in blog.stored()


def test_a_visitor_writes_through_the_form(blog: Blog) -> None:
    blog.site.call(["update_option", "comment_previously_approved", 0])
    form = {
        "comment_post_ID": blog.articles[1], "author": "Şükrü <script>", "email": "sukru@example.com", "url": "",
        "comment": "Çınar Ev'in \"kargosu\" ]]> <script>alert(1)</script><b>ĞÜŞİÖÇ</b> <h1>ığ</h1> \x0b\x01 😡",
    }  # fmt: skip
    answer = requests.post(f"{blog.site.url}/wp-comments-post.php", data=form, timeout=60, allow_redirects=False)
    assert answer.status_code == 302, answer.text
    result = blog.poll(12 * 60 + 1)
    assert (result.outcome, result.new, result.rejected) == ("ok", 1, 0), result
    [row] = blog.stored().values()
    # What WordPress leaves of a stranger's markup, and its quotation marks.
    assert row.text == "Comment on İade & değişim by Şükrü\n\nÇınar Ev’in “kargosu” ]]> alert(1)ĞÜŞİÖÇ ığ 😡"
    assert row.author == "Şükrü" and "well-formed" not in result.note


def test_a_comment_that_breaks_the_feed_does_not_take_the_others_with_it(blog: Blog) -> None:
    _, ids = blog.write(
        blog.comment(1, "önceki"), blog.comment(2, "kırık ]]> </item></channel></rss> \x0b\x01 son"),
        blog.comment(3, "sonraki"),
    )  # fmt: skip
    result = blog.poll(5)
    assert (result.outcome, result.new, result.rejected) == ("ok", 3, 0)
    assert "not well-formed; 3 entries kept" in result.note
    stored = blog.stored()
    assert set(stored) == set(ids)
    assert stored[ids[0]].text.endswith("\n\nönceki") and stored[ids[2]].text.endswith("\n\nsonraki")
    assert "kırık" in stored[ids[1]].text and "son" in stored[ids[1]].text
