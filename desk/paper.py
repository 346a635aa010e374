"""A document to print, mail or file: what stands in it as plain values, and the same as one HTML page or a PDF.

Who writes a document (a plan, a report, a review) says what stands in it and never how it looks. Every text is taken
as it is and escaped when it is set, because customers' words stand in some of them.
"""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass
from html import escape

CONTENTS = {"tr": "İçindekiler", "en": "Contents"}
LONG_ENOUGH = 4
"""From so many headings of the first level on a document has a table of contents."""

_HARMFUL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
"""What no page may hold: control characters, half surrogates, and marks that turn the reading order of what follows."""


@dataclass(frozen=True)
class Heading:
    """A heading; level 1 is a part of the document and stands in its contents, 3 is the lowest. Links of the same
    document may lead to the `anchor` of one that is not of level 1."""

    level: int
    text: str
    anchor: str = ""

    def __post_init__(self) -> None:
        if self.level not in (1, 2, 3):
            raise ValueError(f"a heading has the level 1, 2 or 3, not {self.level}")
        _checked_anchor(self.anchor)


@dataclass(frozen=True)
class Link:
    """Words that lead to a `#anchor` of the document or to an http address. Raises ValueError for anything else."""

    text: str
    to: str

    def __post_init__(self) -> None:
        if self.to.startswith("#"):
            _checked_anchor(self.to[1:])
        elif not self.to.startswith(("http://", "https://")):
            raise ValueError(f"{self.to!r} is neither an anchor nor an http address")


@dataclass(frozen=True)
class Text:
    """A paragraph; its line breaks stay."""

    text: str


@dataclass(frozen=True)
class Links:
    """A paragraph of links after a few words."""

    text: str
    items: tuple[Link, ...]


@dataclass(frozen=True)
class Bullets:
    """A list; each item a paragraph."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """Labels with their values, below one another."""

    pairs: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Grid:
    """A table. Raises ValueError for a row with more or fewer cells than the header, and for one without columns.
    `folded` are the words behind which it is hidden where a document can fold, such as beneath a picture."""

    header: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    folded: str = ""

    def __post_init__(self) -> None:
        if not self.header:
            raise ValueError("a table needs at least one column")
        for row in self.rows:
            if len(row) != len(self.header):
                raise ValueError(f"a row has {len(row)} cells and the header {len(self.header)}")


@dataclass(frozen=True)
class Picture:
    """A picture (PNG) as wide as the text, and what it shows for whoever does not see it."""

    png: bytes
    label: str


@dataclass(frozen=True)
class PageBreak:
    """What follows begins a new page."""


Cell = str | Link
"""What stands in a field of a table."""

Block = Heading | Text | Links | Bullets | Facts | Grid | Picture | PageBreak

_ANCHOR = re.compile(r"[a-z0-9_-]{0,120}")


def _checked_anchor(name: str) -> None:
    if not _ANCHOR.fullmatch(name):
        raise ValueError(f"{name!r} is no anchor: small letters, digits, _ and - only")


@dataclass(frozen=True)
class Paper:
    """A document: its title, its language (`tr` or `en`), a line below the title, and what stands in it, in order."""

    title: str
    language: str
    subtitle: str
    blocks: tuple[Block, ...]

    @property
    def chapters(self) -> tuple[str, ...]:
        """The headings of its table of contents; none for a short document."""
        found = tuple(block.text for block in self.blocks if isinstance(block, Heading) and block.level == 1)
        return found if len(found) >= LONG_ENOUGH else ()


def words_of(cell: Cell) -> str:
    """The words of a field of a table, without where they lead."""
    return cell if isinstance(cell, str) else cell.text


def clean(text: str) -> str:
    """The text without characters that no page may hold, in composed form; everything else is kept."""
    return _HARMFUL.sub("", unicodedata.normalize("NFC", text.replace("\r\n", "\n")))


def to_pdf(paper: Paper) -> bytes:
    """The document as a PDF: A4, numbered pages, bookmarks, the same bytes each time."""
    from desk.paper_pdf import set_pages  # loads the typesetter, which most commands never need

    return set_pages(paper)


def to_html(paper: Paper) -> str:
    """The document as one page that asks nothing of any server, to be read, mailed or printed."""
    body = "\n".join(_body(paper))
    # Nothing is fetched: pictures stand in the page itself.
    pictures = " img-src data:;" if any(isinstance(block, Picture) for block in paper.blocks) else ""
    title, language = _safe(paper.title), "tr" if paper.language == "tr" else "en"
    return f"""<!doctype html>
<html lang="{language}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none';{pictures} style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
{body}
</body>
</html>
"""


STYLE = """
:root { color-scheme: light; }
body { font: 16px/1.5 system-ui, "Segoe UI", Roboto, "Noto Sans", sans-serif; color: #1c2430; background: #fff;
  max-width: 46rem; margin: 2.5rem auto; padding: 0 1.25rem; overflow-wrap: anywhere; }
h1 { font-size: 2rem; line-height: 1.2; margin: 0; }
h2 { font-size: 1.5rem; line-height: 1.25; margin: 2.5rem 0 .5rem; }
h3 { font-size: 1.15rem; margin: 1.75rem 0 .4rem; }
h4 { font-size: 1rem; margin: 1.25rem 0 .25rem; }
p, li, td, th, dd { white-space: pre-line; }
.subtitle { color: #55606e; margin: .5rem 0 0; }
nav ol { padding-left: 1.5rem; } a { color: inherit; }
table { border-collapse: collapse; width: 100%; margin: .75rem 0; }
th, td { text-align: left; vertical-align: top; padding: .35rem .6rem; border-bottom: 1px solid #d5dae1; }
th, td { overflow-wrap: break-word; } th { font-weight: 600; background: #f3f5f8; }
.facts th { width: 32%; background: none; color: #55606e; font-weight: 500; }
figure { margin: .75rem 0; } img { max-width: 100%; height: auto; } summary { cursor: pointer; }
.page { break-after: page; border: 0; border-top: 1px solid #d5dae1; margin: 2.5rem 0; }
@page { size: A4; margin: 18mm 16mm; @bottom-center { content: counter(page) " / " counter(pages); font-size: 9pt; } }
@media print {
  body { font-size: 10pt; max-width: none; margin: 0; padding: 0; } a { text-decoration: none; }
  h1, h2, h3, h4 { break-after: avoid; } tr { break-inside: avoid; } thead { display: table-header-group; }
  .page { visibility: hidden; margin: 0; }
}
"""


def _safe(text: str) -> str:
    return escape(clean(text))


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return _safe(cell)
    return f'<a href="{_safe(cell.to)}">{_safe(cell.text)}</a>'


def _body(paper: Paper) -> Iterator[str]:
    yield f"<header><h1>{_safe(paper.title)}</h1>"
    if paper.subtitle:
        yield f'<p class="subtitle">{_safe(paper.subtitle)}</p>'
    yield "</header>"
    if paper.chapters:
        yield f"<nav><h2>{CONTENTS['tr' if paper.language == 'tr' else 'en']}</h2><ol>"
        yield from (f'<li><a href="#c{n}">{_safe(text)}</a></li>' for n, text in enumerate(paper.chapters, start=1))
        yield "</ol></nav>"
    chapter = 0
    for block in paper.blocks:
        if isinstance(block, Heading) and block.level == 1:
            chapter += 1
            yield f'<h2 id="c{chapter}">{_safe(block.text)}</h2>'
        else:
            yield _block(block)


def _block(block: Block) -> str:
    match block:
        case Heading(level, text, anchor):
            place = f' id="{anchor}"' if anchor else ""
            return f"<h{level + 1}{place}>{_safe(text)}</h{level + 1}>"
        case Text(text):
            return f"<p>{_safe(text)}</p>"
        case Links(text, links):
            return f"<p>{_safe(text)} {', '.join(map(_cell, links))}</p>"
        case Picture(png, label):
            source = base64.b64encode(png).decode("ascii")
            return f'<figure><img alt="{_safe(label)}" src="data:image/png;base64,{source}"></figure>'
        case Bullets(items):
            return "<ul>" + "".join(f"<li>{_safe(item)}</li>" for item in items) + "</ul>"
        case Facts(pairs):
            rows = (f'<tr><th scope="row">{_safe(label)}</th><td>{_safe(value)}</td></tr>' for label, value in pairs)
            return f'<table class="facts"><tbody>{"".join(rows)}</tbody></table>'
        case Grid(header, rows, folded):
            head = "".join(f'<th scope="col">{_safe(cell)}</th>' for cell in header)
            lines = ("<tr>" + "".join(f"<td>{_cell(cell)}</td>" for cell in row) + "</tr>" for row in rows)
            table = f"<table><thead><tr>{head}</tr></thead><tbody>{''.join(lines)}</tbody></table>"
            return f"<details><summary>{_safe(folded)}</summary>{table}</details>" if folded else table
        case PageBreak():
            return '<hr class="page">'
