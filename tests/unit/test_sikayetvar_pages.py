"""What is read from Şikayetvar's pages in both layouts, and how far one complaint is one, whichever way it comes."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from collectors import page_readers
from collectors.complaints.portal import complaint_path, page_number, read_detail, read_list
from collectors.complaints.records import mentions
from collectors.complaints.saved import decoded, read_page
from collectors.protocol import Fetched, Rejected
from mention import Mention

NOW = datetime(2026, 11, 21, 11, 40, tzinfo=UTC)  # 14:40 in Istanbul
FIXTURES = Path(__file__).parents[1] / "fixtures" / "sikayetvar"
BRAND = "https://www.sikayetvar.com/cinar-ev"


def page(name: str) -> str:
    return (FIXTURES / name).read_text(encoding="utf-8")


def found(items: tuple[Fetched | Rejected, ...] | None) -> list[Mention]:
    assert items is not None
    assert all(isinstance(item, Fetched) for item in items), items
    return [item.mention for item in items if isinstance(item, Fetched)]


@pytest.mark.parametrize(
    ("url", "path"),
    [
        ("/cinar-ev/kargom-gelmedi", "cinar-ev/kargom-gelmedi"),
        ("https://www.sikayetvar.com/Cinar-Ev/Kargom-Gelmedi/?utm_source=mail#yorum", "cinar-ev/kargom-gelmedi"),
        ("http://m.sikayetvar.com/cinar-ev/kargom-gelmedi", "cinar-ev/kargom-gelmedi"),
        ("https://sikayetvar.com/cinar-ev/kargo%C5%9Fuz", "cinar-ev/kargoşuz"),
        ("https://www.sikayetvar.com/cinar-ev", None),
        ("https://www.sikayetvar.com/uye/ayse-k", None),
        ("https://files.sikayetvar.com/lg/cmp.svg", None),
        ("https://kotu.example/cinar-ev/kargom-gelmedi", None),
        ("https://www.sikayetvar.com.kotu.example/a/b", None),
        ("javascript:alert(1)//a/b", None),
        ("http://[", None),
        ("/cinar-ev/" + "a" * 400, None),
        ("/cinar-ev/<script>", None),
    ],
)
def test_a_complaint_has_one_id_whatever_its_address(url: str, path: str | None) -> None:
    assert complaint_path(url) == path


def test_page_numbers_of_hostile_addresses() -> None:
    assert page_number("/x?page=12") == 12
    for url in ("/x", "/x?page=", "/x?page=-1", "/x?page=٣", "/x?page=99999999999", "http://["):
        assert page_number(url) == 1


def test_a_list_in_the_newer_layout() -> None:
    listed = read_list(page("list.html"), f"{BRAND}?page=1", "cinar-ev")
    assert [card.path for card in listed.cards] == [
        "cinar-ev/iade-param-odenmedi", "cinar-ev/koltuk-kirik-geldi", "cinar-ev/musteri-hizmetleri-acmiyor",
    ]  # fmt: skip
    assert listed.last == 49 and listed.total == 1204 and listed.drift == "" and not listed.empty
    first, second, third = listed.cards
    assert first.title == "İade Param 3 Haftadır Ödenmedi!" and first.shown == "21 Kasım 13:40" and not first.solved
    assert first.url == f"{BRAND}/iade-param-odenmedi" and first.author == "Şükrü Ö."
    assert second.solved and second.text == "Ayağı kırık." and second.title.endswith("<script>alert(1)</script>")
    assert third.title == "Müşteri Hizmetleri Telefonu Açmıyor"


def test_a_list_in_the_older_layout() -> None:
    listed = read_list(page("list_story.html"), f"{BRAND}?page=2", "cinar-ev")
    assert [card.path for card in listed.cards] == ["cinar-ev/yanlis-urun-gonderildi", "cinar-ev/kargo-gelmedi-2"]
    assert listed.number == 2 and listed.last is None and listed.drift == ""
    assert listed.cards[0].shown == "12 Eylül 2024 08:00"


@pytest.mark.parametrize("html", ["", "<html>", "<p>Bir şeyler ters gitti</p>", "<div class=kart>x</div>" * 30, "\0"])
def test_a_list_without_complaints_is_a_changed_layout_unless_it_says_so(html: str) -> None:
    listed = read_list(html, BRAND, "cinar-ev")
    assert not listed.cards and "a.complaint-layer" in listed.drift and not listed.empty
    said = read_list("<body><p>Bu marka hakkında HENÜZ ŞİKAYET YOK.</p></body>", BRAND, "cinar-ev")
    assert said.empty and said.drift == ""


def test_cards_that_lost_their_links_are_a_changed_layout() -> None:
    html = "<article class=card-v2><h3>x</h3></article>" * 3
    html += "<article class=card-v2><a class=complaint-layer href=/cinar-ev/a>a</a></article>"
    listed = read_list(f"<body>{html}</body>", BRAND, "cinar-ev")
    assert "3 of 4 cards have no link" in listed.drift and "card-v2" in listed.page


def test_a_complaint_with_answers() -> None:
    detail = read_detail(page("detail.html"), f"{BRAND}/iade-param-odenmedi", NOW)
    assert detail.lacks == "" and not detail.removed
    complaint, reply, unclear = found(mentions(detail.record, NOW, "sikayetvar"))
    assert complaint.native_id == "cinar-ev/iade-param-odenmedi" == complaint.thread_id
    assert complaint.text == (
        "İade Param 3 Haftadır Ödenmedi!\n\nSiparişimi 1 Kasım'da iade ettim; kargo firması teslim aldı.\n"
        'IBAN\'ıma hâlâ "iade" yatmadı. ÇÖZÜM İSTİYORUM, yoksa tüketici hakem heyetine gideceğim.\n<b>kalın</b> =1+1'
    )
    assert complaint.published_at == datetime(2026, 11, 21, 10, 40, tzinfo=UTC)
    assert (complaint.author, complaint.author_name) == ("sukru-o", "Şükrü Ö.")
    assert complaint.engagement.views == 1318 and complaint.engagement.likes == 27 and complaint.engagement.replies == 3
    assert complaint.extra["solved"] is False, "a similar complaint's badge is not this one's"
    (answer,) = complaint.extra["answers"]
    assert answer["text"].startswith("Değerli müşterimiz") and answer["at"] == "2026-11-21T10:55:00+00:00"
    assert reply.text == 'Yalan! Bankam "böyle bir iade yok" diyor.' and reply.in_reply_to == complaint.native_id
    assert reply.published_at == datetime(2026, 11, 21, 11, 30, tzinfo=UTC) and reply.thread_id == complaint.thread_id
    assert unclear.extra["undated"] is True and unclear.published_at == NOW, "what is unclear is not lost"
    assert complaint.channel == "sikayetvar" and complaint.family == "portal" == reply.family


def test_the_older_layout_of_a_complaint() -> None:
    (one,) = found(read_page(page("detail_story.html").encode(), None, "sikayetvar", NOW))
    assert one.native_id == "cinar-ev/yanlis-urun-gonderildi" and one.author_name == "Iğdırlı İlkay"
    assert one.text.startswith("Yanlış Ürün Gönderildi\n\nMavi perde") and "excerpt" not in one.extra
    assert one.published_at == datetime(2024, 9, 12, 5, 0, tzinfo=UTC)


def detail_of(time: str, text: str = "Kargom gelmedi", more: str = "") -> str:
    return (
        f"<body><h1 class=complaint-detail-title>Kargo</h1><div class='js-tooltip time' title='{time}'></div>"
        f"<div class=complaint-detail-description><p>{text}</p></div>{more}</body>"
    )


@pytest.mark.parametrize(
    ("shown", "now", "expected"),
    [
        ("31 Aralık 23:50", datetime(2027, 1, 1, 5, tzinfo=UTC), datetime(2026, 12, 31, 20, 50, tzinfo=UTC)),
        ("1 Ocak 00:10", datetime(2026, 12, 31, 21, 30, tzinfo=UTC), datetime(2026, 12, 31, 21, 10, tzinfo=UTC)),
        ("28 Eylül 12:10", NOW, datetime(2026, 9, 28, 9, 10, tzinfo=UTC)),
        ("15 Aralık 12:10", NOW, datetime(2025, 12, 15, 9, 10, tzinfo=UTC)),
        ("29 Şubat 10:00", NOW, datetime(2024, 2, 29, 7, 0, tzinfo=UTC)),
        ("31 Aralık 2025 18:24", NOW, datetime(2025, 12, 31, 15, 24, tzinfo=UTC)),
        ("2 saat önce", NOW, datetime(2026, 11, 21, 9, 40, tzinfo=UTC)),
        ("Dün 09:30", NOW, datetime(2026, 11, 20, 6, 30, tzinfo=UTC)),
    ],
)
def test_turkish_dates_with_and_without_a_year(shown: str, now: datetime, expected: datetime) -> None:
    detail = read_detail(detail_of(shown), f"{BRAND}/kargo", now)
    assert detail.record["published_at"] == expected.isoformat()


@pytest.mark.parametrize(
    ("html", "lacks"),
    [
        (detail_of("bilinmiyor"), "date"),
        (detail_of("").replace("js-tooltip time", "zaman"), "date"),
        (detail_of("Dün 09:30").replace("complaint-detail-description", "metin"), "text"),
        ("<html><body></body></html>", "text"),
    ],
)
def test_a_complaint_that_lacks_a_field_says_which(html: str, lacks: str) -> None:
    detail = read_detail(html, f"{BRAND}/kargo", NOW)
    assert detail.lacks == lacks and detail.reason and detail.page == html
    (item,) = read_page(html.encode(), f"{BRAND}/kargo", "sikayetvar", NOW) or ()
    assert isinstance(item, Rejected) and item.native_id == "cinar-ev/kargo" and item.raw["page"] == html


def test_a_complaint_that_was_taken_down_is_no_changed_layout() -> None:
    detail = read_detail("<body><p>Bu şikayet yayından kaldırılmıştır.</p></body>", f"{BRAND}/kargo", NOW)
    assert detail.removed and detail.lacks == ""


def test_a_reply_keeps_its_id_and_equal_ones_are_told_apart() -> None:
    more = "<div class=complaint-answer-container>{}</div>"
    one = "<div><span class=username>Ali</span><p class=message>Hâlâ gelmedi</p></div>"
    first = read_detail(detail_of("Dün 09:30", more=more.format(one)), f"{BRAND}/kargo", NOW).record["replies"]
    both = read_detail(detail_of("Dün 09:30", more=more.format(one * 2)), f"{BRAND}/kargo", NOW).record["replies"]
    assert [reply["id"] for reply in both] == [first[0]["id"], first[0]["id"] + "-2"]


def test_a_container_with_one_answer_and_no_block_is_the_brands() -> None:
    more = (
        "<div class='complaint-answer-container ga-v ga-c'><div class=post-time>Bugün 10:00</div>"
        "<p class=message>Merhaba</p></div>"
    )
    record = read_detail(detail_of("Dün 09:30", more=more), f"{BRAND}/kargo", NOW).record
    assert [answer["text"] for answer in record["answers"]] == ["Merhaba"] and record["replies"] == []


def test_a_saved_list_brings_beginnings() -> None:
    items = found(read_page(page("list.html").encode(), None, "sikayetvar", NOW))
    assert [item.native_id for item in items][:2] == ["cinar-ev/iade-param-odenmedi", "cinar-ev/koltuk-kirik-geldi"]
    assert all(item.extra["excerpt"] for item in items) and items[1].extra["solved"]
    assert items[2].published_at == datetime(2025, 12, 31, 15, 24, tzinfo=UTC)
    older = found(read_page(page("list_story.html").encode(), None, "sikayetvar", NOW))
    assert older[1].extra["undated"] is True and older[1].published_at == NOW


def test_the_page_and_the_saved_page_are_one_mention() -> None:
    detail = read_detail(page("detail.html"), f"{BRAND}/iade-param-odenmedi?x=1", NOW)
    read = found(mentions(detail.record, NOW, "sikayetvar"))
    saved = found(page_readers.sikayetvar(page("detail.html").encode(), "sikayetvar", NOW))  # type: ignore[arg-type]
    assert saved == read


@pytest.mark.parametrize(
    "html",
    [b"", b"   ", b"<html><h1>Haberler</h1></html>", b"<link rel=canonical href='https://forum.example/a/b'>",
     b"<link rel=canonical href='https://forum.example/a/b'><article class=story-card><p>x</p></article>", b"\xff\xfe"],
)  # fmt: skip
def test_pages_of_others_are_left_to_other_readers(html: bytes) -> None:
    assert read_page(html, None, "s", NOW) is None


def test_saved_pages_in_other_encodings() -> None:
    html = detail_of("Dün 09:30", "Şişli'ye ığdır çıktı").replace(
        "<body>", "<link rel=canonical href='https://www.sikayetvar.com/cinar-ev/kargo'><body>"
    )
    for data in (
        html.encode("cp1254"), html.encode(), b"\xef\xbb\xbf" + html.encode(), html.encode("utf-16"),
        b"<meta charset=windows-1254>" + html.encode("cp1254"), html.encode()[:-3],
    ):  # fmt: skip
        (one,) = found(read_page(data, None, "sikayetvar", NOW))
        assert one.text == "Kargo\n\nŞişli'ye ığdır çıktı"
    assert decoded("ış".encode()[:-1]).startswith("ı")


def test_a_five_megabyte_complaint_and_a_deep_page() -> None:
    big = read_detail(detail_of("Dün 09:30", "ş" * 4_900_000), f"{BRAND}/kargo", NOW)
    (one,) = found(mentions(big.record, NOW, "s"))
    assert len(one.text) > 4_900_000 and len(big.record["html"]) <= 200_000
    read_detail("<div>" * 5_000, f"{BRAND}/kargo", NOW)
    read_list("<article>" * 5_000, BRAND, "cinar-ev")
