"""What a stranger wrote, as plain text and as JSON that every database stores."""

from __future__ import annotations

import math
from typing import Any

import lxml.html
from lxml import etree

from mention import clean_text

MAX_DEPTH = 60
"""Levels of nesting kept of a payload: no source nests deeper than about ten, and JSON writers recurse."""

_BLOCKS = frozenset({
    "address", "article", "aside", "blockquote", "br", "dd", "div", "dl", "dt", "figcaption", "figure", "footer",
    "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main", "nav", "ol", "p", "pre", "section", "table",
    "td", "th", "tr", "ul",
})  # fmt: skip
_UNSEEN = frozenset({"head", "iframe", "math", "noscript", "object", "script", "style", "svg", "template", "title"})


def plain_text(html: str) -> str:
    """The text that a reader of this HTML sees, one line per block, without scripts, styles and comments.

    Text without markup comes back as it is, stripped. Markup is never passed on, whatever is wrong with it.
    """
    if "<" not in html and "&" not in html:
        return html.strip()
    source = clean_text(html).encode()
    if not source.strip():
        return ""
    try:
        root = lxml.html.document_fromstring(source, parser=lxml.html.HTMLParser(encoding="utf-8"))
    except (etree.ParserError, etree.XMLSyntaxError):  # nothing but comments or declarations
        return ""
    parts: list[str] = []
    walk = etree.iterwalk(root, events=("start", "end", "comment", "pi"))
    for event, node in walk:
        if event in ("comment", "pi"):
            parts.append(_run(node.tail))
            continue
        if event == "start":
            if node.tag in _UNSEEN:
                walk.skip_subtree()
                continue
            if node.tag in _BLOCKS:
                parts.append("\n")
            parts.append(_run(node.text))
        else:
            if node.tag in _BLOCKS and node.tag != "br":
                parts.append("\n")
            parts.append(_run(node.tail))
    lines = (" ".join(line.split()) for line in "".join(parts).split("\n"))
    return "\n".join(line for line in lines if line)


def _run(text: str | None) -> str:
    """Text within a block: line ends in the source are spaces to the reader."""
    return text.replace("\n", " ").replace("\r", " ") if text else ""


def storable(value: Any, depth: int = 0) -> Any:
    """A decoded payload without what JSON columns refuse: NUL, lone surrogates, NaN and infinities.

    Raises ValueError for a payload nested deeper than MAX_DEPTH. Tuples become lists, unknown objects their text.
    """
    if depth > MAX_DEPTH:
        raise ValueError(f"it is nested deeper than {MAX_DEPTH} levels")
    if isinstance(value, str):
        return clean_text(value)
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else str(value)
    if isinstance(value, dict):
        return {clean_text(str(key)): storable(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [storable(item, depth + 1) for item in value]
    return clean_text(str(value))
