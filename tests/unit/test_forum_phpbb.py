"""The site file for phpBB, on pages in the form of phpBB's own templates (prosilver 3.2 and 3.3)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from collectors.spiders.pages import place, read_list, read_thread
from collectors.spiders.site import load_site

NOW = datetime(2026, 11, 21, 12, 0, tzinfo=UTC)
URL = "https://board.example/forum/viewtopic.php?t=12"
ALLOWED = frozenset({place(URL)})

FORUM = """
<ul class="topiclist"><li class="header"><dl class="row-item"><dt>Başlıklar</dt></dl></li></ul>
<ul class="topiclist topics">
<li class="row bg1"><dl class="row-item topic_read"><dt title="Okunmamış ileti yok"><div class="list-inner">
  <a href="./viewtopic.php?f=2&amp;t=12&amp;sid=0123456789abcdef" class="topictitle">Kargo gecikti</a><br>
  <div class="pagination"><ul>
    <li><a class="button" href="./viewtopic.php?f=2&amp;t=12&amp;sid=0123456789abcdef">1</a></li>
    <li><a class="button" href="./viewtopic.php?f=2&amp;t=12&amp;start=10&amp;sid=0123456789abcdef">2</a></li>
  </ul></div>
</div></dt>
<dd class="posts">11 <dfn>Cevaplar</dfn></dd><dd class="views">340 <dfn>Görüntüleme</dfn></dd>
<dd class="lastpost"><span><dfn>Son mesaj </dfn>gönderen <a href="#" class="username">ayşe</a>
  <br>21 Kas 2026, 14:05</span></dd></dl></li>
</ul>
<div class="pagination">30 başlık <ul><li class="active"><span>1</span></li>
<li><a class="button" href="./viewforum.php?f=2&amp;start=25" role="button">2</a></li>
<li class="arrow next"><a class="button" href="./viewforum.php?f=2&amp;sid=0123&amp;start=25" rel="next">
<span class="sr-only">Sonraki</span></a></li></ul></div>
"""
TOPIC = """
<h2 class="topic-title"><a href="./viewtopic.php?f=2&amp;t=12">Kargo gecikti</a></h2>
<div id="p88" class="post has-profile bg2 online"><div class="inner">
<dl class="postprofile" id="profile88"><dt class="no-profile-rank">
  <div class="avatar-container"></div><a href="./memberlist.php"
    style="color: #AA0000;" class="username-coloured">Ayşe</a>
</dt></dl>
<div class="postbody"><div id="post_content88"><h3 class="first"><a href="#p88">Kargo gecikti</a></h3>
<p class="author"><a class="unread" href="./viewtopic.php?p=88#p88"><i class="icon"></i></a>
<span class="responsive-hide">gönderen <strong><a href="#" class="username-coloured">Ayşe</a></strong> &raquo;
</span>DATE</p>
<div class="content"><blockquote><div><cite>Mehmet yazdı:</cite>bende geldi</div></blockquote>Bende hâlâ yok.</div>
<div class="notice">Son düzenleyen Ayşe</div><div id="sig88" class="signature">imza</div>
</div></div></div></div>
<div class="pagination"><ul><li class="arrow previous"><a href="./viewtopic.php?t=12" rel="prev">Önceki</a></li></ul>
</div>
"""


def test_a_forum_page() -> None:
    page = read_list(FORUM, "https://board.example/forum/viewforum.php?f=2", load_site("phpbb"), ALLOWED)
    (thread,) = page.threads
    assert thread.id == "12" and thread.url == "https://board.example/forum/viewtopic.php?f=2&t=12"
    assert thread.seen is not None and thread.seen.startswith("11 Cevaplar Son mesaj")
    assert page.next == "https://board.example/forum/viewforum.php?f=2&start=25"


@pytest.mark.parametrize(
    "date",
    ['<time datetime="2026-11-21T11:05:00+00:00">21 Kas 2026, 14:05</time>', "21 Kas 2026, 14:05", "Bugün, 14:05"],
)
def test_a_topic_page(date: str) -> None:
    site = load_site("phpbb")
    page = read_thread(TOPIC.replace("DATE", date), URL, "12", True, site, site.zone, NOW, ALLOWED)
    assert page.bad == () and page.drift == "" and page.next is None
    (post,) = page.posts
    assert post["native_id"] == "88" and post["author"] == "Ayşe"
    assert post["text"] == "Kargo gecikti\n\nBende hâlâ yok."
    assert post["published_at"] == "2026-11-21T11:05:00+00:00"
    assert post["url"] == "https://board.example/forum/viewtopic.php?p=88#p88"
