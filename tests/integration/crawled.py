"""What a store would hold of a source that crawls, and pages made from a file's pieces.

A page file is HTML with `$fields`; its repeated part lies between `<!-- each -->` and `<!-- end -->`, a part that may
be missing between `<!-- if NAME -->` and `<!-- end -->`.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

from collectors.protocol import Batch, CollectorError, Cursor, Reach, Rejected
from mention import Mention
from tests.integration.faulty_server import Answer

FIXTURES = Path(__file__).parents[1] / "fixtures"


@dataclass
class Kept:
    """What a store would hold, and how the fetch ended."""

    mentions: dict[str, Mention] = field(default_factory=dict)
    order: list[str] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)
    cursor: Cursor | None = None
    notes: list[str] = field(default_factory=list)
    reach: Reach | None = None
    error: CollectorError | None = None

    def take(self, batches: Iterator[Batch]) -> Kept:
        """Store what a fetch yields, up to its end or its error."""
        self.error = self.reach = None
        try:
            for batch in batches:
                assert self.reach is None, "only the last batch may say what is proven"
                self.mentions |= {item.mention.native_id: item.mention for item in batch.fetched}
                self.order += [item.mention.native_id for item in batch.fetched]
                self.rejected += batch.rejected
                self.cursor = json.loads(json.dumps(batch.cursor))
                self.notes.append(batch.note)
                self.reach = batch.reach
        except CollectorError as error:
            self.error = error
        return self


@dataclass(frozen=True)
class PageFile:
    """A page's file, by its path under `tests/fixtures`."""

    path: str

    def filled(self, rows: Sequence[dict[str, Any]], **fields: Any) -> str:
        """The page with one repeated part for each of `rows`, and its fields."""
        html = (FIXTURES / self.path).read_text(encoding="utf-8")
        for name in re.findall(r"<!-- if (\w+) -->", html):
            whole = re.search(rf"<!-- if {name} -->(.*?)<!-- end -->", html, re.S)
            assert whole is not None
            html = html.replace(whole.group(0), whole.group(1) if fields.get(name) else "")
        before, _, rest = html.partition("<!-- each -->")
        each, _, after = rest.partition("<!-- end -->")
        body = "".join(Template(each).substitute(row) for row in rows)
        return Template(before).substitute(fields) + body + Template(after).substitute(fields)


def page(html: str, charset: str = "utf-8", declared: bool = True) -> Answer:
    """An answer with a page; `declared` says whether its header names the charset."""
    kind = f"text/html; charset={charset}" if declared else "text/html"
    return Answer(200, html.encode(charset, "xmlcharrefreplace"), {"content-type": kind})
