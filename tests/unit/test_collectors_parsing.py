"""What a feed entry, a Reddit entry, an X post and a Discourse post become."""

from __future__ import annotations

import io
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import feedparser
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from collectors import discourse, feed, x_post
from collectors.protocol import Fetched, Rejected
from collectors.reddit_entry import is_gone, parse_entry
from mention import Engagement, Mention
from tests.tries import tries

NOW = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)


def rss(item: str) -> Fetched | Rejected:
    body = f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel><item>{item}</item></channel></rss>'
    parsed = feedparser.parse(io.BytesIO(body.encode()), sanitize_html=False)
    return feed.parse_entry(parsed.entries[0], "blog", "news", "https://a.example/feed", NOW)


def of(item: Fetched | Rejected) -> Mention:
    assert isinstance(item, Fetched), item
    return item.mention


def test_a_feed_entry() -> None:
    mention = of(
        rss(
            "<title>Kargo &amp;amp; iade</title><description>&lt;p&gt;Paket &lt;b&gt;gelmedi&lt;/b&gt;&lt;/p&gt;"
            "&lt;script&gt;alert(1)&lt;/script&gt;</description><link>https://a.example/1</link>"
            "<guid>g-1</guid><author>ayse@a.example (Ayşe)</author><pubDate>Sat, 21 Nov 2026 11:30:00 +0300</pubDate>"
        )
    )
    assert mention.text == "Kargo & iade\n\nPaket gelmedi"
    assert (mention.native_id, mention.author, mention.url) == ("g-1", "Ayşe", "https://a.example/1")
    assert mention.published_at == NOW - timedelta(minutes=30) and mention.extra == {"channel": "news"}


def test_a_feed_entry_keeps_its_id_when_it_is_edited_or_re_dated() -> None:
    old = of(rss("<title>a</title><guid>g-1</guid><pubDate>Fri, 20 Nov 2026 09:00:00 GMT</pubDate>"))
    new = of(rss("<title>b</title><guid>g-1</guid><pubDate>Sat, 21 Nov 2026 09:00:00 GMT</pubDate>"))
    assert old.native_id == new.native_id
    old = of(rss("<title>a</title><link>https://a.example/1</link>"))
    assert old.native_id == "https://a.example/1"
    dated = of(rss("<title>a</title><pubDate>Fri, 20 Nov 2026 09:00:00 GMT</pubDate>"))
    undated = of(rss("<title>a</title>"))
    assert dated.native_id == undated.native_id and dated.native_id.startswith("digest:")
    assert of(rss(f"<title>a</title><guid>{'g' * 999}</guid>")).native_id.startswith("digest:")


@pytest.mark.parametrize(
    ("link", "url"),
    [
        ("/2026/1", "https://a.example/2026/1"), ("javascript:alert(1)", None), ("data:text/html,x", None),
        ("http://[broken", None), ("", None),
    ],
)  # fmt: skip
def test_only_web_addresses_are_links(link: str, url: str | None) -> None:
    mention = of(rss(f'<title>a</title><guid isPermaLink="false">1</guid><link>{link}</link>'))
    assert mention.url == url and mention.native_id == "1"


@pytest.mark.parametrize("date", ["", "<pubDate>bir ara</pubDate>", "<pubDate>31 Feb 2026 10:00:00 GMT</pubDate>"])
def test_an_undated_entry_gets_now_and_says_so(date: str) -> None:
    mention = of(rss(f"<title>a</title><guid>1</guid>{date}"))
    assert mention.published_at == NOW and mention.extra["undated"] is True


def test_a_turkish_date_in_a_feed_is_read() -> None:
    mention = of(rss("<title>a</title><guid>1</guid><pubDate>Cmt, 21 Kas 2026 11:30:00 +0300</pubDate>"))
    assert mention.published_at == NOW - timedelta(minutes=30) and "undated" not in mention.extra


def test_an_entry_without_words_is_rejected_with_its_id() -> None:
    item = rss("<guid>g-1</guid><description>&lt;img src=x&gt;</description>")
    assert isinstance(item, Rejected) and item.native_id == "g-1" and "text" in item.reason


def reddit_entry(kind: str = "t3", **data: Any) -> dict[str, Any]:
    base = {"name": f"{kind}_abc", "author": "ali", "created_utc": NOW.timestamp() - 60.0, "subreddit": "Turkey"}
    return {"kind": kind, "data": {**base, **data}}


def test_a_reddit_post() -> None:
    entry = reddit_entry(
        title="Kargom nerede", selftext="3 gün oldu <b>&</b>", permalink="/r/Turkey/comments/abc/x/", is_self=True,
        score=-4, num_comments=7,
    )  # fmt: skip
    item = parse_entry(entry, "reddit", NOW)
    mention = of(item)
    assert mention.text == "Kargom nerede\n\n3 gün oldu <b>&</b>"
    assert (mention.native_id, mention.thread_id, mention.in_reply_to) == ("t3_abc", "t3_abc", None)
    assert mention.url == "https://www.reddit.com/r/Turkey/comments/abc/x/"
    assert mention.engagement == Engagement(replies=7) and mention.extra["score"] == -4
    assert isinstance(item, Fetched) and item.raw == entry


def test_a_reddit_comment() -> None:
    entry = reddit_entry("t1", body="aynen", link_id="t3_abc", parent_id="t1_up", score=3, id="c1", name="t1_c1")
    mention = of(parse_entry(entry, "r", NOW))
    assert (mention.native_id, mention.thread_id, mention.in_reply_to) == ("t1_c1", "t3_abc", "t1_up")
    assert mention.url == "https://www.reddit.com/comments/abc/_/c1/" and mention.engagement.likes == 3
    assert mention.channel == "reddit" and mention.family == "forum"


@pytest.mark.parametrize(
    ("entry", "reason"),
    [
        (reddit_entry("t1", body="[deleted]", author="[deleted]"), "deleted on Reddit"),
        (reddit_entry("t1", body="a", created_utc=None), "published_at"),
        (reddit_entry("t1", body=" "), "text"),
        (reddit_entry("t5", body="a"), "unknown kind"),
        ({"kind": "t3"}, "unknown kind"), ("text", "unknown kind"), (None, "unknown kind"), ([], "unknown kind"),
        (reddit_entry("t3", title="a", name=None), "native_id"),
        (reddit_entry("t3", title="a", created_utc=1e300), "published_at"),
        (reddit_entry("t3", title="a", author={"x": 1}), "author"),
    ],
)  # fmt: skip
def test_an_odd_reddit_entry_is_rejected_with_its_reason(entry: Any, reason: str) -> None:
    item = parse_entry(entry, "reddit", NOW)
    assert isinstance(item, Rejected) and reason in item.reason


@pytest.mark.parametrize(
    ("entry", "gone"),
    [
        (reddit_entry("t1", body="[deleted]"), True), (reddit_entry("t1", body="[removed]"), True),
        (reddit_entry(title="a", selftext="[deleted]"), True), (reddit_entry(title="[deleted by user]"), True),
        (reddit_entry(title="a", removed_by_category="deleted"), True),
        (reddit_entry(title="a", author="[deleted]"), False), (reddit_entry("t1", body="a"), False),
        (reddit_entry("t4", body="[deleted]"), False), ({"kind": "t1"}, False), (None, False),
        (reddit_entry("t1", body="[deleted]", name=None), False),
    ],
)  # fmt: skip
def test_what_reddit_shows_as_deleted(entry: Any, gone: bool) -> None:
    assert is_gone(entry) is gone


def test_an_edited_reddit_entry_says_when() -> None:
    mention = of(parse_entry(reddit_entry("t1", body="a", edited=NOW.timestamp() - 30), "reddit", NOW))
    assert mention.extra["edited_at"] == "2026-11-21T08:59:30+00:00"
    for edited in (False, True, -1, 1e300, "x"):
        assert "edited_at" not in of(parse_entry(reddit_entry("t1", body="a", edited=edited), "r", NOW)).extra


def test_a_private_message_of_reddit() -> None:
    entry = reddit_entry(
        "t4", id="m1", name="t4_m1", subject="Siparişim", body="Nerede?", first_message_name="t4_m0",
        parent_id="t4_m0", was_comment=False, context="", dest="cinarev", score=0, num_comments=None,
    )  # fmt: skip
    mention = of(parse_entry(entry, "reddit", NOW))
    assert mention.text == "Siparişim\n\nNerede?" and mention.channel == "reddit_message"
    assert (mention.thread_id, mention.in_reply_to) == ("t4_m0", "t4_m0")
    assert mention.url == "https://www.reddit.com/message/messages/m1"


def test_a_comment_in_the_inbox_is_the_comment_of_the_listing() -> None:
    listed = reddit_entry(
        "t1", id="c1", name="t1_c1", body="aynen", link_id="t3_abc", parent_id="t3_abc",
        permalink="/r/Turkey/comments/abc/x/c1/", num_comments=9,
    )  # fmt: skip
    inbox = reddit_entry(
        "t1", id="c1", name="t1_c1", body="aynen", parent_id="t3_abc", was_comment=True, type="post_reply",
        context="/r/Turkey/comments/abc/x/c1/?context=3", link_title="x", subject="post reply", num_comments=11,
    )  # fmt: skip
    assert of(parse_entry(listed, "r", NOW)) == of(parse_entry(inbox, "r", NOW))


def test_a_removed_author_is_nobody() -> None:
    assert of(parse_entry(reddit_entry(title="a", author="[deleted]"), "reddit", NOW)).author is None


USER = {"id": "7", "username": "ayse", "name": "Ayşe Ş", "verified": True, "public_metrics": {"followers_count": 120}}


def post(**fields: Any) -> dict[str, Any]:
    return {
        "id": str(x_post.id_at(NOW - timedelta(minutes=1)) + 5),
        "text": "Kargo &lt;nerede&gt; &amp; niye",
        **fields,
    }


def test_an_x_post_with_its_fields() -> None:
    item = x_post.parse_post(
        post(
            author_id="7", created_at="2026-11-21T08:59:00.000Z", conversation_id="1", lang="tr",
            referenced_tweets=[{"type": "replied_to", "id": "5"}, {"type": "quoted", "id": "6"}],
            public_metrics={
                "like_count": 1, "retweet_count": 2, "quote_count": 3, "reply_count": 4, "impression_count": 9,
            },
        ),
        {"7": USER}, "x", NOW,
    )  # fmt: skip
    mention = of(item)
    assert mention.text == "Kargo <nerede> & niye"
    assert (mention.author, mention.author_name, mention.followers) == ("ayse", "Ayşe Ş", 120)
    assert (mention.thread_id, mention.in_reply_to, mention.lang) == ("1", "5", "tr")
    assert mention.engagement == Engagement(likes=1, shares=5, replies=4, views=9)
    assert mention.url == f"https://x.com/ayse/status/{mention.native_id}"
    assert mention.extra["quote_of"] == "6" and isinstance(item, Fetched) and item.raw["user"] == USER


def test_an_x_post_without_fields_takes_its_time_from_its_id() -> None:
    mention = of(x_post.parse_post(post(), {}, "x", NOW))
    assert mention.published_at == NOW - timedelta(minutes=1) and mention.author is None and mention.followers is None


def test_a_long_x_post_is_whole() -> None:
    assert of(x_post.parse_post(post(note_tweet={"text": "u" * 1000}), {}, "x", NOW)).text == "u" * 1000


def test_an_edited_x_post_stays_the_mention_that_it_was() -> None:
    first = str(x_post.id_at(NOW - timedelta(minutes=20)) + 9)
    second = post(text="Kargom geldi", created_at="2026-11-21T08:59:00.000Z")
    second["edit_history_tweet_ids"] = [first, second["id"]]
    mention = of(x_post.parse_post(second, {}, "x", NOW))
    assert (mention.native_id, mention.text) == (first, "Kargom geldi")
    assert mention.published_at == NOW - timedelta(minutes=20), "the clock starts when the customer first wrote"
    assert mention.extra["edited_at"] == "2026-11-21T08:59:00+00:00" and mention.extra["version_id"] == second["id"]
    assert mention.url == f"https://x.com/i/web/status/{second['id']}"


@pytest.mark.parametrize("history", [None, [], ["1", "2"], ["abc"], [None], [[]], "123", [str(10**18 * 9)]])
def test_a_history_of_versions_that_makes_no_sense_is_passed_over(history: Any) -> None:
    odd = post(edit_history_tweet_ids=history)
    mention = of(x_post.parse_post(odd, {}, "x", NOW))
    assert mention.native_id == odd["id"] and "edited_at" not in mention.extra


def test_an_undetermined_language_is_none() -> None:
    assert of(x_post.parse_post(post(lang="und"), {}, "x", NOW)).lang is None


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        ({"id": "12345", "text": "a"}, "holds no time"), ({"id": "29700859246", "text": "a"}, "holds no time"),
        ({"id": "abc", "text": "a"}, "numeric id"), ({"text": "a"}, "numeric id"), ("a", "numeric id"),
        (None, "numeric id"), ({"id": "9" * 30, "text": "a"}, "numeric id"), ({"id": "-5", "text": "a"}, "numeric id"),
        (post(text=""), "text"), (post(created_at="dün"), "published_at"),
        ({"id": str(x_post.id_at(NOW + timedelta(days=30))), "text": "a"}, "future"),
    ],
)  # fmt: skip
def test_an_odd_x_post_is_rejected_with_its_reason(odd: Any, reason: str) -> None:
    item = x_post.parse_post(odd, {}, "x", NOW)
    assert isinstance(item, Rejected) and reason in item.reason


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
REDDIT_NAMES = ("name", "id", "title", "selftext", "body", "author", "permalink", "created_utc", "link_id", "parent_id",
                "score", "num_comments", "subreddit", "is_self", "url", "over_18", "edited", "context", "subject",
                "first_message_name", "removed_by_category")  # fmt: skip
X_NAMES = ("id", "text", "note_tweet", "author_id", "created_at", "conversation_id", "referenced_tweets", "lang",
           "public_metrics", "edit_history_tweet_ids")  # fmt: skip


@given(kind=st.sampled_from(["t1", "t3", "t4"]), data=st.dictionaries(st.sampled_from(REDDIT_NAMES), JSON))
@settings(max_examples=tries(100), deadline=None)
def test_no_reddit_entry_breaks_it(kind: str, data: dict[str, Any]) -> None:
    base = {"name": "t3_a", "title": "a", "body": "a", "created_utc": NOW.timestamp()}
    item = parse_entry({"kind": kind, "data": {**base, **data}}, "reddit", NOW)
    json.dumps(item.raw, allow_nan=False).encode()
    if isinstance(item, Fetched):
        json.dumps(item.mention.extra, allow_nan=False)


@given(fields=st.dictionaries(st.sampled_from(X_NAMES), JSON), user=st.dictionaries(st.text(max_size=9), JSON))
@settings(max_examples=tries(100), deadline=None)
def test_no_x_post_breaks_it(fields: dict[str, Any], user: dict[str, Any]) -> None:
    item = x_post.parse_post({**post(author_id="7"), **fields}, {"7": {**USER, **user}}, "x", NOW)
    json.dumps(item.raw, allow_nan=False).encode()
    if isinstance(item, Fetched):
        json.dumps(item.mention.extra, allow_nan=False)


def test_the_time_in_an_id() -> None:
    # The recorded search of 2022 holds a bot that writes the time of posting into its text.
    written = datetime(2022, 10, 7, 22, 42, 12, 637103, tzinfo=UTC)
    assert abs(x_post.time_of(1578516068309794817) - written) < timedelta(seconds=1)


@given(st.datetimes(datetime(2010, 11, 5), datetime(2060, 1, 1)))
@settings(deadline=None)
def test_ids_and_times_agree(naive: datetime) -> None:
    when = naive.replace(tzinfo=UTC, microsecond=naive.microsecond // 1000 * 1000)
    assert x_post.time_of(x_post.id_at(when)) == when


def discourse_post(**fields: Any) -> dict[str, Any]:
    return {
        "id": 12, "username": "ayse", "name": "Ayşe", "created_at": "2026-11-21T08:59:00.000Z", "post_number": 2,
        "cooked": "<p>Kargom &amp; iade</p>", "topic_id": 7, "topic_title": "Kargo", "post_url": "/t/kargo/7/2",
        **fields,
    }  # fmt: skip


def from_discourse(**fields: Any) -> Mention:
    return of(discourse.parse_post(discourse_post(**fields), "forum", "https://forum.example/topluluk", NOW))


def test_a_discourse_post() -> None:
    mention = from_discourse(actions_summary=[{"id": 2, "count": 3}], reads=40, reply_count=2, quote_count=1, version=1)
    assert (mention.native_id, mention.thread_id, mention.author) == ("12", "7", "ayse")
    assert mention.text == "Kargom & iade" and mention.url == "https://forum.example/topluluk/t/kargo/7/2"
    assert mention.engagement == Engagement(likes=3, shares=1, replies=2, views=40)
    assert mention.channel == "discourse" and mention.family == "forum" and "edited_at" not in mention.extra
    first = from_discourse(post_number=1)
    assert first.text == "Kargo\n\nKargom & iade", "a topic's title stands before its first post"
    edited = from_discourse(version=3, updated_at="2026-11-21T09:00:00.000Z")
    assert (edited.extra["version"], edited.extra["edited_at"]) == (3, "2026-11-21T09:00:00.000Z")


@pytest.mark.parametrize(
    ("cooked", "text"),
    [
        ('<aside class="quote"><blockquote>rezalet</blockquote></aside><p>katılmıyorum</p>', "katılmıyorum"),
        ('<p>ne güzel <img class="emoji" alt=":rage:" src="x"> oldu</p>', "ne güzel :rage: oldu"),
        ('<p>önce</p><aside class="onebox">başka site</aside>sonra', "önce\nsonra"),
        ("<p>a</p><script>alert(1)</script>", "a"), ("", "ham metin"), (None, "ham metin"),
        ('<p>bak:</p><aside class="onebox" data-onebox-src="https://a.example/1"><h3>x</h3></aside>',
         "bak:\nhttps://a.example/1"),
        ('<div class="video-onebox"><a href="https://a.example/v"><img src=x></a></div>', "https://a.example/v"),
        ("<p><img src=x></p>", "ham metin"),
    ],
)  # fmt: skip
def test_a_discourse_post_is_what_its_author_wrote(cooked: str | None, text: str) -> None:
    assert from_discourse(cooked=cooked, raw="ham metin").text == text


@pytest.mark.parametrize(
    ("odd", "reason"),
    [
        (None, "numeric id"), ({"id": "x"}, "numeric id"), ({"id": True}, "numeric id"),
        (discourse_post(cooked="<img src=x>"), "text"), (discourse_post(created_at="dün"), "published_at"),
        (discourse_post(username={"a": 1}), "author"),
    ],
)  # fmt: skip
def test_an_odd_discourse_post_is_rejected_with_its_reason(odd: Any, reason: str) -> None:
    item = discourse.parse_post(odd, "forum", "https://forum.example", NOW)
    assert isinstance(item, Rejected) and reason in item.reason


DISCOURSE_NAMES = (*discourse_post(), "raw", "version", "updated_at", "actions_summary", "reads", "category_id")


@given(fields=st.dictionaries(st.sampled_from(DISCOURSE_NAMES), JSON))
@settings(max_examples=tries(100), deadline=None)
def test_no_discourse_post_breaks_it(fields: dict[str, Any]) -> None:
    item = discourse.parse_post(discourse_post(**fields), "forum", "https://forum.example", NOW)
    json.dumps(item.raw, allow_nan=False).encode()
    if isinstance(item, Fetched):
        json.dumps(item.mention.extra, allow_nan=False)
