"""What is read from a forum's pages: threads, posts, and whether a page is one of the forum's at all."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from collectors.spiders.pages import ThreadPage, bot_protection, clean_url, place, read_list, read_thread
from collectors.spiders.site import Site, read_site

NOW = datetime(2026, 11, 21, 11, 5, tzinfo=UTC)
BASE = "https://www.forum.example/konular?sayfa=1"
SITE = r"""
site: Forum
drop_query: [sid]
threads:
  row: li
  link: a
  id: 't=(\d+)'
  activity: ".sayi, .son::attr(title)"
  next: a.sonraki
  empty: p.bos
posts:
  row: article
  id: "xpath:./@data-id"
  text: .metin
  without: [blockquote, .imza]
  author: .yazan
  date: {select: .tarih, match: '(?:Gönderim: )?(.+)'}
  likes: .begeni
  url: "/ileti/{id}#i{id}"
  title: h1
  next: "link[rel=next]"
"""


def site(**posts: Any) -> Site:
    made = read_site(SITE, "f.yaml")
    return made.model_copy(update={"posts": made.posts.model_copy(update=posts)}) if posts else made


def thread(html: str, first: bool = False, **posts: Any) -> ThreadPage:
    shape = site(**posts)
    return read_thread(html, BASE, "7", first, shape, shape.zone, NOW, frozenset({place(BASE)}))


def post(id: str = "1", text: str = "söz", date: str = "Bugün 14:00", more: str = "") -> str:
    return (
        f'<article data-id="{id}"><b class=yazan> Ayşe  Işık </b><i class=tarih>{date}</i>'
        f"<div class=metin>{text}</div>{more}</article>"
    )


def test_threads_with_their_ids_marks_and_addresses() -> None:
    html = """<ul>
      <li><a href="/konu?t=12&sid=abc#son">A</a> <b class=sayi> 5 </b><i class=son title="Dün 10:00"></i></li>
      <li><a href="https://forum.example/konu?sid=x&t=9">B</a></li>
      <li><a href="/konu?t=12&page=3">A, last page</a></li>
      <li><a href="https://elsewhere.example/konu?t=1">no</a></li>
      <li><a href="javascript:alert(1)">no</a> <a>no</a></li>
      <li><a href="http://[">no</a></li>
      <li>no link</li></ul>
      <a class=sonraki href="?sayfa=2&sid=abc">&raquo;</a>"""
    page = read_list(html, BASE, site(), frozenset({place(BASE)}))
    assert [(link.id, link.url, link.seen) for link in page.threads] == [
        ("12", "https://www.forum.example/konu?t=12", "5 Dün 10:00"),
        ("9", "https://forum.example/konu?t=9", None),
    ]
    assert page.next == "https://www.forum.example/konular?sayfa=2" and not page.empty


def test_an_empty_list_proves_it() -> None:
    allowed = frozenset({place(BASE)})
    assert read_list("<p class=bos>Konu yok</p>", BASE, site(), allowed).empty
    assert not read_list("<p>başka bir şey</p>", BASE, site(), allowed).empty


def test_a_post_with_everything() -> None:
    likes = "<span class=begeni>Beğen (1.204)</span>"
    page = thread(f"<h1> Kargom  gelmedi </h1>{post(more=likes)}{post('2')}<link rel=next href='?t=7&p=2'>", first=True)
    first, second = page.posts
    assert first == {
        "native_id": "1",
        "thread": "7",
        "url": "https://www.forum.example/ileti/1#i1",
        "author": "Ayşe Işık",
        "date": "Bugün 14:00",
        "title": "Kargom gelmedi",
        "html": '<div class="metin">söz</div>',
        "likes": 1204,
        "published_at": "2026-11-21T11:00:00+00:00",
        "text": "Kargom gelmedi\n\nsöz",
    }
    assert second["text"] == "söz", "the title is the opening post's"
    assert page.next == "https://www.forum.example/konular?t=7&p=2"
    assert page.drift == "" and page.ids == ("1", "2")


def test_the_title_is_said_once_and_only_on_the_first_page() -> None:
    assert thread(f"<h1>Kargo</h1>{post(text='Kargo nerede?')}", first=True).posts[0]["text"] == "Kargo nerede?"
    assert thread(f"<h1>Kargo</h1>{post()}").posts[0]["text"] == "söz"
    assert thread(f"<h1>Kargo</h1>{post(text='')}", first=True).posts[0]["text"] == "Kargo"


def test_hostile_markup_is_text() -> None:
    text = "&lt;script&gt;a&lt;/script&gt;<script>b()</script><img src=x onerror=c()><b>d</b><!-- e --><style>f</style>"
    assert thread(post(text=text)).posts[0]["text"] == "<script>a</script>d"


def test_what_is_not_the_authors_is_left_out_and_kept_in_the_raw_html() -> None:
    text = "<blockquote>kargom çalındı</blockquote><p>bende sorun yok</p><div class=imza>imza</div>"
    (found,) = thread(post(text=text)).posts
    assert found["text"] == "bende sorun yok" and "çalındı" in found["html"]


def test_ids_that_begin_anew_in_each_thread() -> None:
    assert thread(post("#3"), id_within="thread").posts[0]["native_id"] == "7:#3"


def test_a_post_that_cannot_be_read_is_named_and_costs_only_itself() -> None:
    html = (
        post("1")
        + post("2", date="gizli")
        + post("3", text="<img src=a.png>")
        + '<article><i class=tarih>Dün</i></article><article data-id="5"></article>'
        + post("6").replace("metin", "baska")
        + post("7")
        + post("8")
        + post("9")
    )
    page = thread(html)
    assert page.ids == ("1", "7", "8", "9") and page.drift == ""
    assert [bad["reason"] for bad in page.bad] == [
        "published_at 'gizli' is not a date and time",
        "the post has no text of its own (a picture, or only a quotation)",
        "the post has no usable id at posts.id 'xpath:./@data-id'",
        "the post has no date at posts.date '.tarih'",
        "the post has no text at posts.text '.metin'",
    ]
    assert [bad["native_id"] for bad in page.bad] == ["2", "3", None, "5", "6"]


def test_a_layout_that_changed_is_told_from_one_odd_post() -> None:
    assert "posts.row 'article'" in thread("<section>yeni düzen</section>").drift
    assert thread(post() + post("2", date="?")).drift == ""
    assert thread(post() + post("2", date="?") + post("3", date="?")).drift == (
        "2 of 3 posts have no readable date at posts.date '.tarih'"
    )
    pictures = "".join(post(str(number), text="<img>") for number in range(5))
    assert thread(pictures).drift == "", "pictures without words are no change of layout"
    assert "posts.text" in thread(pictures.replace("metin", "x")).drift


def test_a_thread_with_its_newest_post_first_is_not_read_as_if_it_were_the_oldest() -> None:
    html = post("3", date="Bugün 14:00") + post("2", date="Bugün 13:00") + post("1", date="Dün 10:00")
    assert "from the newest to the oldest" in thread(html).drift
    assert thread(html + post("4", date="Bugün 14:01")).drift == ""


def test_session_ids_and_fragments_are_no_part_of_an_address() -> None:
    assert clean_url("https://a.example/x?sid=1&t=2&boş=#y", site()) == "https://a.example/x?t=2&bo%C5%9F="
    assert clean_url("https://a.example/x?sid=1", site()) == "https://a.example/x"


def test_an_address_keeps_parameters_without_a_value() -> None:
    assert clean_url("https://a.example/show.php?12-Baslik&sid=1&page=2", site()) == (
        "https://a.example/show.php?12-Baslik&page=2"
    )


def test_links_are_relative_to_the_base_of_the_page_if_it_is_on_the_forum() -> None:
    allowed = frozenset({place(BASE)})
    html = '<head><base href="{}"></head><ul><li><a href="konu?t=12">A</a></li></ul>'
    for base, url in (
        ("https://forum.example/alt/", "https://forum.example/alt/konu?t=12"),
        ("/alt/", "https://www.forum.example/alt/konu?t=12"),
        ("https://elsewhere.example/", "https://www.forum.example/konu?t=12"),
        ("http://[", "https://www.forum.example/konu?t=12"),
    ):
        (link,) = read_list(html.format(base), BASE, site(), allowed).threads
        assert link.url == url


def test_pages_that_are_numbered() -> None:
    numbered = read_site(
        SITE.replace("next: a.sonraki", "page_url: '{first}&p={page}'").replace(
            '"link[rel=next]"', '"link[rel=next]"\n  pages: ".sayfa"\n  page_url: "{first}?p={page}"'
        ),
        "f.yaml",
    )
    allowed = frozenset({place(BASE)})
    listed = read_list("<li><a href='/konu?t=12&q=x#son'>A</a></li>", BASE + "&p=3", numbered, allowed, BASE, 3)
    assert listed.next == BASE + "&p=4" and listed.threads[0].url == "https://www.forum.example/konu"
    assert listed.html == ""
    assert read_list("<p>bitti</p>", BASE + "&p=9", numbered, allowed, BASE, 9).next is None
    html = "<b class=sayfa>2</b><b class=sayfa>son</b><b class=sayfa>17</b>" + post("1") + post("2", date="Dün 10:00")
    page = read_thread(html, BASE, "7", True, numbered, numbered.zone, NOW, allowed)
    assert page.pages == 17 and page.first_url == "https://www.forum.example/konular" and page.html == ""
    assert page.oldest == datetime(2026, 11, 20, 7, 0, tzinfo=UTC) and page.newest == datetime(
        2026, 11, 21, 11, 0, tzinfo=UTC
    )
    huge = read_thread(html.replace("17", "9" * 5000), BASE, "7", False, numbered, numbered.zone, NOW, allowed)
    assert huge.pages == 100_000 and huge.first_url is None


def test_a_page_that_cannot_be_read_is_kept() -> None:
    html = "<section>yeni düzen</section>"
    assert thread(html).html == html and thread(post()).html == ""
    assert len(thread("x" * 500_000).html) == 200_000


def test_bot_protection_is_told_from_a_page_of_the_forum() -> None:
    assert bot_protection(200, {"cf-mitigated": "challenge"}, "")
    assert bot_protection(403, {}, "<title>Just a moment...</title>") == "the words 'just a moment...'"
    assert bot_protection(200, {}, "<h1>LÜTFEN BEKLEYİNİZ</h1>")
    assert bot_protection(200, {}, "<div class=g-recaptcha>")
    assert bot_protection(403, {}, "<form>giriş<div class=g-recaptcha></div></form>") is None, "a login form"
    assert bot_protection(200, {}, "<script src=/cdn-cgi/challenge-platform/scripts/jsd/main.js>") is None
    assert bot_protection(403, {}, "<p>Yetkiniz yok</p>") is None
    assert bot_protection(200, {}, "<p>İnsan mısın?</p>", ("insan mısın",)) == "the words 'insan mısın'"


@given(st.text(alphabet=st.characters(codec="utf-8"), max_size=200), st.booleans())
def test_any_page_is_read_without_an_error(html: str, in_a_post: bool) -> None:
    page = thread(post(text=html) if in_a_post else html)
    for found in page.posts:
        assert found["text"].strip()
    read_list(html, BASE, site(), frozenset({place(BASE)}))
