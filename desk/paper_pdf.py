"""The typesetter of desk/paper.py: a document as PDF pages, with ReportLab and the Bitstream Vera that comes with it.

Vera holds every Turkish and western European letter. Of a letter with a mark that it has not the letter is printed, and
for any other character (an emoji, another script) a ◊, so that it is seen that something stood there; the HTML has it.
"""

from __future__ import annotations

import io
import unicodedata
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any
from xml.sax.saxutils import escape

import reportlab
from reportlab.lib import colors
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont
from reportlab.platypus import (
    BaseDocTemplate,
    CondPageBreak,
    Frame,
    Image,
    PageTemplate,
    Paragraph,
    Spacer,
    Table,
    TableStyle,
)
from reportlab.platypus import PageBreak as NewPage
from reportlab.platypus.tableofcontents import TableOfContents

from desk.paper import (
    CONTENTS,
    Block,
    Bullets,
    Cell,
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
    words_of,
)

PLAIN, BOLD = "Vera", "VeraBd"
MARGIN = 18 * mm
WIDTH = A4[0] - 2 * MARGIN
INK, QUIET, LINE, SHADE = (colors.HexColor(c) for c in ("#1c2430", "#55606e", "#d5dae1", "#f3f5f8"))
SIZES = {1: 16.0, 2: 12.0, 3: 10.0}
BODY = 9.0
ROOM = A4[1] - 2 * MARGIN - 60
"""Points that a row may be high, with a heading above it."""
SHORT = 12
"""Letters of a cell that is not broken at its spaces."""
LONGEST_WORD = 24
"""Letters of a word that a column is made wide for; a longer one is broken."""

_SPELT: dict[int, str | None] = {
    ord(c): said
    for c, said in {
        "→": "›", "₺": "TL", "☐": "[ ]", "✓": "+", "✗": "×", "\u2011": "-", "\u202f": "\u00a0", "\t": " ",
    }.items()
}  # fmt: skip
_SPELT |= {ord(c): None for c in "\u200b\u200c\u200d\u2060\ufe0e\ufe0f\ufeff"}
"""Characters that Vera has not, said by ones that it has; those without a shape of their own are left out."""


def set_pages(paper: Paper) -> bytes:
    """The document as a PDF; the same document gives the same bytes."""
    _fonts()
    if paper.chapters:  # the contents need several passes, and each tells the next how many pages there are
        return _pass(paper, {"all": 0})
    count = {"all": 0}
    _pass(paper, count)
    return _pass(paper, count)


def _pass(paper: Paper, pages: dict[str, int]) -> bytes:
    out = io.BytesIO()
    # `invariant` leaves out the moment and a random name, so that two equal plans are equal files.
    doc = BaseDocTemplate(
        out, pagesize=A4, title=clean(paper.title), author="Nöbet", lang=paper.language, invariant=1,
        leftMargin=MARGIN, rightMargin=MARGIN, topMargin=MARGIN, bottomMargin=MARGIN,
    )  # fmt: skip

    def foot(canvas: Any, _: Any) -> None:
        canvas.setFont(PLAIN, 7.5)
        canvas.setFillColor(QUIET)
        canvas.drawCentredString(A4[0] / 2, 10 * mm, f"{canvas.getPageNumber()} / {pages['all']}")
        canvas.showOutline()

    def placed(flowable: Any) -> None:
        level = getattr(flowable, "level", 0)
        pages["all"] = max(pages["all"], doc.page)
        if level:
            words, key = flowable.words, f"h{flowable.number}"
            doc.canv.bookmarkPage(key)
            doc.canv.addOutlineEntry(words, key, level - 1, closed=level == 1)
            if level == 1:
                doc.notify("TOCEntry", (0, escape(words), doc.page, key))

    doc.afterFlowable = placed
    doc.addPageTemplates(PageTemplate("page", [Frame(MARGIN, MARGIN, WIDTH, A4[1] - 2 * MARGIN, 0, 0, 0, 0)], foot))
    story = list(_story(paper))
    if paper.chapters:
        doc.multiBuild(story)
    else:
        doc.build(story)
    return out.getvalue()


@cache
def _fonts() -> None:
    folder = Path(reportlab.__file__).parent / "fonts"
    for name in (PLAIN, BOLD):
        pdfmetrics.registerFont(TTFont(name, folder / f"{name}.ttf"))


def _style(size: float = BODY, font: str = PLAIN, **more: Any) -> ParagraphStyle:
    leading = size * (1.25 if size > BODY else 1.45)
    return ParagraphStyle(f"s{size}{font}", fontName=font, fontSize=size, leading=leading, textColor=INK, **more)


def _par(text: str, style: ParagraphStyle, bullet: str | None = None) -> Paragraph:
    return Paragraph(escape(_spelt(text)).replace("\n", "<br/>"), style, bulletText=bullet)


def _cell(cell: Cell, style: ParagraphStyle, anchors: frozenset[str]) -> Paragraph:
    return _par(cell, style) if isinstance(cell, str) else Paragraph(_link(cell, anchors), style)


def _link(link: Link, anchors: frozenset[str]) -> str:
    words = escape(_spelt(link.text))
    if link.to.startswith("#") and link.to[1:] not in anchors:  # ReportLab stops at a link that leads nowhere
        return words
    return f'<a href="{escape(link.to, {chr(34): "&quot;"})}" color="#0f5e8a">{words}</a>'


def _spelt(text: str) -> str:
    known = pdfmetrics.getFont(PLAIN).face.charToGlyph
    return "".join(c if ord(c) in known or c == "\n" else _nearest(c, known) for c in clean(text).translate(_SPELT))


def _nearest(character: str, known: dict[int, int]) -> str:
    letter = unicodedata.normalize("NFKD", character)[0]
    if unicodedata.combining(letter):
        return ""
    return letter if ord(letter) in known else "◊"


def _story(paper: Paper) -> Iterator[Any]:
    yield _par(paper.title, _style(22.0, BOLD, spaceAfter=6))
    if paper.subtitle:
        yield _par(paper.subtitle, _style(10.5, spaceAfter=14))
    if paper.chapters:
        yield _par(CONTENTS["tr" if paper.language == "tr" else "en"], _style(12.0, BOLD, spaceBefore=10, spaceAfter=4))
        yield TableOfContents(levelStyles=[_style(rightIndent=24)], dotsMinLevel=0)
    anchors = frozenset(block.anchor for block in paper.blocks if isinstance(block, Heading) and block.anchor)
    before, number, outline = False, 0, 0
    for block in paper.blocks:
        if isinstance(block, PageBreak):
            if not before:
                yield NewPage()
            before = True
            continue
        before = False
        if isinstance(block, Heading):
            number += 1
            # The outline of a PDF may not leave a level out on the way down.
            outline = min(block.level, outline + 1)
            yield CondPageBreak(28 * mm)  # a heading with a few lines of what it heads, or on the next page
            yield _heading(block, number, outline)
        else:
            yield from _flow(block, anchors)


def _heading(block: Heading, number: int, outline: int) -> Paragraph:
    size = SIZES[block.level]
    style = _style(size, BOLD, spaceBefore=size * 0.9, spaceAfter=size * 0.3)
    words = escape(_spelt(block.text)).replace("\n", "<br/>")
    found = Paragraph(f'<a name="{block.anchor}"/>{words}' if block.anchor else words, style)
    found.level, found.number, found.words = outline, number, _spelt(block.text)
    return found


def _flow(block: Block, anchors: frozenset[str]) -> Iterator[Any]:
    match block:
        case Text(text):
            yield _par(text, _style(spaceAfter=5))
        case Links(text, links):
            yield Paragraph(
                f"{escape(_spelt(text))} {', '.join(_link(one, anchors) for one in links)}", _style(spaceAfter=5)
            )
        case Picture(png, _):
            picture = Image(io.BytesIO(png))
            high = WIDTH * picture.imageHeight / picture.imageWidth
            picture.drawWidth, picture.drawHeight = WIDTH, min(high, ROOM)
            yield picture
            yield Spacer(1, 5)
        case Bullets(items):
            for item in items:
                yield _par(item, _style(leftIndent=11, bulletIndent=2, bulletFontName=PLAIN, spaceAfter=2.5), "•")
            yield Spacer(1, 3)
        case Facts(pairs) if pairs:
            quiet = _style()
            quiet.textColor = QUIET
            cells = [[_par(label, quiet), _par(value, _style())] for label, value in pairs]
            yield _table(cells, [WIDTH * 0.3, WIDTH * 0.7], header=False)
        case Grid(header, rows):
            cells = [[_par(cell, _style(font=BOLD)) for cell in header]]
            cells += [[_cell(cell, _style(), anchors) for cell in row] for row in rows]
            words = tuple(tuple(map(words_of, row)) for row in rows)
            yield _table(cells, _widths((header, *words)), header=True)


def _table(cells: list[list[Paragraph]], widths: list[float], header: bool) -> Table:
    shape = [
        ("VALIGN", (0, 0), (-1, -1), "TOP"), ("LINEBELOW", (0, 0), (-1, -1), 0.5, LINE),
        ("LEFTPADDING", (0, 0), (-1, -1), 3), ("RIGHTPADDING", (0, 0), (-1, -1), 3),
        ("TOPPADDING", (0, 0), (-1, -1), 2.5), ("BOTTOMPADDING", (0, 0), (-1, -1), 3.5),
    ]  # fmt: skip
    if header:
        shape.append(("BACKGROUND", (0, 0), (-1, 0), SHADE))
    # A row longer than a page goes on upon the next one instead of stopping the document; the others stay whole.
    tallest = max(cell.wrap(width - 6, A4[1])[1] for row in cells for cell, width in zip(row, widths, strict=True))
    split = int(tallest > ROOM)
    return Table(
        cells, widths, style=TableStyle(shape), repeatRows=int(header), splitByRow=1, splitInRow=split, spaceAfter=7
    )


def _widths(rows: tuple[tuple[str, ...], ...]) -> list[float]:
    """Each column as wide as its longest word, as far as there is room; the rest goes where the text is long."""

    def long(text: str) -> float:
        return float(pdfmetrics.stringWidth(text[:LONGEST_WORD], BOLD, BODY)) + 7

    columns = [[_spelt(row[i]) for row in rows] for i in range(len(rows[0]))]
    # What is short stays on one line: `30 dakika` is one thing.
    need = [
        max((long(word) for cell in column for word in ([cell] if len(cell) <= SHORT else cell.split())), default=7.0)
        for column in columns
    ]
    if sum(need) >= WIDTH:
        return [WIDTH * width / sum(need) for width in need]
    wish = [
        max(min(max(map(len, column)) * BODY * 0.55, WIDTH * 0.6) - least, 1.0)
        for column, least in zip(columns, need, strict=True)
    ]
    spare = WIDTH - sum(need)
    return [least + spare * more / sum(wish) for least, more in zip(need, wish, strict=True)]
