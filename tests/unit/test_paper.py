"""A document keeps its words: escaped in HTML, and in a PDF that another library reads again."""

from __future__ import annotations

import io
from html.parser import HTMLParser

import pypdf
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from desk.paper import (
    Bullets,
    Facts,
    Grid,
    Heading,
    Link,
    Links,
    PageBreak,
    Paper,
    Picture,
    Text,
    clean,
    to_html,
    to_pdf,
)

TURKISH = "Şişli'de ığdır gibi çöğür: ÖĞÜNÜ İÇTİ, ğ ş ı İ ö ü ç Ğ Ş I Ç"
HOSTILE = """<script>alert(1)</script><b>&amp; "x" 'y' <para><font size=99><img src="http://bad.example/x.png"/>"""


def pdf(paper: Paper) -> pypdf.PdfReader:
    return pypdf.PdfReader(io.BytesIO(to_pdf(paper)))


def words(reader: pypdf.PdfReader) -> str:
    return " ".join(" ".join(page.extract_text() for page in reader.pages).split())


def paper(*blocks, title="Kriz kitabı", language="tr", subtitle="") -> Paper:
    return Paper(title, language, subtitle, blocks)


ALL_BLOCKS = (
    Heading(1, "Birinci bölüm"), Text(TURKISH), Bullets(("Önce sor", "Sonra yaz")),
    Facts((("Karar veren", "Kriz yöneticisi"),)), Heading(3, "Alt başlık"),
    Grid(("Rol", "Süre"), (("Hukuk", "15 dakika"),)), PageBreak(), Heading(1, "İkinci"), Heading(1, "Üçüncü"),
    PageBreak(), Heading(1, "Dördüncü"),
)  # fmt: skip


def test_every_block_is_in_both_forms_with_its_turkish_letters():
    document = paper(*ALL_BLOCKS, subtitle="Ayaz Ev için")
    reader, page = pdf(document), to_html(document)
    for said in ("Kriz kitabı", "Ayaz Ev için", "Birinci bölüm", TURKISH, "Önce sor", "Kriz yöneticisi", "Alt başlık",
                 "15 dakika", "Dördüncü", "İçindekiler"):  # fmt: skip
        assert said in words(reader)
        assert said.replace("'", "&#x27;") in page


def test_pages_are_numbered_and_bookmarked_and_chapters_begin_where_the_contents_say():
    reader = pdf(paper(*ALL_BLOCKS))
    assert [page.extract_text().split("\n")[0] for page in reader.pages] == ["1 / 3", "2 / 3", "3 / 3"]
    chapters = [mark for mark in reader.outline if not isinstance(mark, list)]
    assert [(mark.title, reader.get_destination_page_number(mark) + 1) for mark in chapters] == [
        ("Birinci bölüm", 1), ("İkinci", 2), ("Üçüncü", 2), ("Dördüncü", 3),
    ]  # fmt: skip
    contents = reader.pages[0].extract_text().split("Birinci bölüm\n" + TURKISH[:6])[0]
    assert "3\nDördüncü" in contents or "Dördüncü" in contents.split("3")[-1]


def test_a_short_document_has_no_contents_and_still_says_how_many_pages():
    reader = pdf(paper(Text("a"), PageBreak(), Text("b")))
    assert "İçindekiler" not in words(reader) and "1 / 2" in words(reader)
    assert pdf(paper()).pages[0].extract_text().split() == ["1", "/", "1", "Kriz", "kitabı"]


class Tags(HTMLParser):
    """The names of every tag of a page, and every attribute that could lead out of it."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.leads: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.tags.add(tag)
        self.leads |= {
            str(value) for name, value in attrs if name in ("src", "href") and not str(value).startswith("#")
        }


def test_hostile_text_stays_text_everywhere():
    blocks = (
        *(Heading(level, HOSTILE) for level in (1, 1, 1, 1, 2, 3)), Text(HOSTILE), Bullets((HOSTILE,)),
        Facts(((HOSTILE, HOSTILE),)), Grid((HOSTILE,), ((HOSTILE,),)),
    )  # fmt: skip
    document = paper(*blocks, title=HOSTILE, subtitle=HOSTILE)
    page = Tags()
    page.feed(to_html(document))
    assert not page.tags & {"script", "img", "font", "b", "para"} and not page.leads
    reader = pdf(document)
    assert "<script>alert(1)</script>" in words(reader)
    assert reader.metadata.title == HOSTILE
    assert not any("/JS" in str(o) for o in reader.trailer["/Root"])


def test_the_page_asks_for_nothing_from_outside():
    page = to_html(paper(*ALL_BLOCKS))
    assert "default-src 'none'" in page and "@media print" in page
    assert "http:" not in page and "https:" not in page and "url(" not in page


def test_long_words_and_cells_longer_than_a_page_are_wrapped_and_nothing_is_lost():
    long_word, long_cell = "çğ" * 900, "kelime " * 1500
    document = paper(
        Text(long_word), Grid(("a", "b"), (("kısa", long_cell),)), Facts((("x", long_cell),)),
        Grid(tuple(f"s{i}" for i in range(20)), (("Şehirlerarası",) * 20,)),
    )  # fmt: skip
    found = words(pdf(document)).replace(" ", "")
    assert found.count("çğ") >= 890  # a line may break within a pair
    assert found.count("kelime") >= 2990  # one at each page's edge may be parted by the page number
    assert found.count("Ş") == 20


def test_a_character_the_font_has_not_is_seen_to_be_missing():
    assert "x ◊ y o ◊ 5TL" in words(pdf(paper(Text("x 😢 y ő ع 5₺"))))
    assert "😢" in to_html(paper(Text("x 😢")))


def test_what_no_page_may_hold_is_left_out():
    assert clean("a\x00b\u202ec\r\nd\ud800e\x1b[31m") == "abc\nde[31m"


def test_two_equal_documents_are_equal_files():
    assert to_pdf(paper(*ALL_BLOCKS)) == to_pdf(paper(*ALL_BLOCKS))


@pytest.mark.parametrize("wrong", [lambda: Heading(4, "x"), lambda: Grid((), ()), lambda: Grid(("a",), (("b", "c"),))])
def test_blocks_that_cannot_be_set_are_refused(wrong):
    with pytest.raises(ValueError):
        wrong()


@settings(max_examples=15, deadline=None)
@given(st.text(alphabet=st.characters(codec=None), max_size=60))
def test_no_text_breaks_a_document(text):
    document = paper(Heading(1, text), Text(text), Bullets((text,)), Facts(((text, text),)), Grid((text,), ((text,),)))
    assert len(pdf(document).pages) >= 1
    assert to_html(document).encode()


def test_links_lead_to_anchors_that_are_there_and_nowhere_else():
    document = paper(
        Grid(("Sayı", "Değer"), ((Link("Ortanca", "#def-median"), Link("<b>3</b>", "#gone")),)),
        Links("Kayıtlar:", (Link("#12", "https://nobet.example/triage?case=12&x=1"),)),
        Heading(2, "Tanım", "def-median"),
    )
    page, reader = to_html(document), pdf(document)
    assert '<a href="#def-median">Ortanca</a>' in page and '<h3 id="def-median">' in page
    assert "&lt;b&gt;3&lt;/b&gt;" in page and "https://nobet.example/triage?case=12&amp;x=1" in page
    assert "Ortanca" in words(reader) and "#12" in words(reader)
    for wrong in ("javascript:alert(1)", "#Büyük", "file:///etc/passwd"):
        with pytest.raises(ValueError):
            Link("x", wrong)


def test_a_picture_stands_in_the_page_itself_and_a_folded_table_beneath_it():
    out = io.BytesIO()
    Image.new("RGB", (40, 20), "white").save(out, "PNG")
    document = paper(Picture(out.getvalue(), 'İletiler "gün"'), Grid(("a",), (("b",),), "Sayıları göster"))
    page = to_html(document)
    assert (
        'alt="İletiler &quot;gün&quot;"' in page and 'src="data:image/png;base64,' in page and "img-src data:" in page
    )
    assert "<details><summary>Sayıları göster</summary><table>" in page
    assert len(pdf(document).pages[0].images) == 1 and "img-src" not in to_html(paper(Text("x")))
