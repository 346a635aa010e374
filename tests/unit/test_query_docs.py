"""The reference says what the language does: its examples are queries, and its limits are the program's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from collectors.query import Query
from collectors.query.syntax import FIELDS, MAX_DEPTH, MAX_LENGTH, MAX_NEAR, MAX_TERMS
from collectors.query.translate import FOR_KIND, MOST_ASKED

DOCS = Path(__file__).resolve().parents[2] / "docs"
REFERENCE = (DOCS / "reference" / "query.md").read_text(encoding="utf-8")
TABLE = REFERENCE.split("| you write | it finds |")[1].split("\n\n")[0]
EXAMPLES = [code for row in TABLE.splitlines() for code in re.findall(r"`([^`]+)`", row.split(" | ")[0])]


@pytest.mark.parametrize("example", EXAMPLES)
def test_the_examples_are_queries(example: str) -> None:
    assert Query.parse(str(Query.parse(example))) == Query.parse(example)


def test_the_examples_of_the_guide_are_queries() -> None:
    guide = (DOCS / "how-to" / "write-a-query.md").read_text(encoding="utf-8")
    for example in re.findall(r"nobet query test '([^']+)'|query: '([^']+)'", guide):
        Query.parse("".join(example))


def test_fields_limits_and_services_are_named() -> None:
    assert len(EXAMPLES) >= 20
    for field in FIELDS:
        assert f"`{field}:" in REFERENCE
    for limit in (f"{MAX_LENGTH:,} characters", f"{MAX_TERMS} words", f"{MAX_DEPTH} levels", f"0 to {MAX_NEAR}"):
        assert limit in REFERENCE
    assert f"{MOST_ASKED} questions" in REFERENCE
    for translate in FOR_KIND.values():
        assert f"| {translate(Query.parse('kargo')).service} |" in REFERENCE
