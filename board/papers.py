"""A printed document as blocks of a sheet: the same words on the board, on paper and in a mail."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

from board import sheet
from board.sheet import Block
from desk.paper import Block as Part
from desk.paper import Bullets, Facts, Grid, Heading, Links, Paper, Text, words_of

TYPES = {
    "html": "text/html",
    "pdf": "application/pdf",
    "json": "application/json",
    "md": "text/markdown",
    "csv": "text/csv",
    "png": "image/png",
}


def blocks_of(paper: Paper) -> list[Block]:
    """Every block of a document, in its order; page breaks are for paper alone."""
    return [made for block in paper.blocks for made in _block(block)]


def _block(block: Part) -> Iterable[Block]:
    match block:
        case Heading(level, text):
            yield sheet.head(text, min(level + 1, 3))
        case Text(text):
            yield sheet.text(text)
        case Bullets(items):
            yield sheet.cards([{"keep": f"b{n}", "text": item, "title": ""} for n, item in enumerate(items)], "")
        case Facts(pairs):
            yield sheet.facts(pairs)
        case Grid(header, rows):
            yield sheet.table(header, [list(map(words_of, row)) for row in rows])
        case Links(text, links):
            yield sheet.text(" ".join([text, ", ".join(link.text for link in links)]))


def file(name: str, format: str, content: bytes) -> Mapping[str, Any]:
    """A file that the browser saves: the answer of a deed that asked for one."""
    kept = {"name": f"{name}.{format}", "type": TYPES[format], "base64": base64.b64encode(content).decode("ascii")}
    return {"file": kept}
