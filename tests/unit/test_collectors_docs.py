"""Every kind of source has its page, and every setting is on it; the examples on the pages are valid."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from collectors import files
from collectors.protocol import SourceSettings
from collectors.registry import KINDS, collector_for
from collectors.sheets import COLUMNS

PAGES = Path(__file__).parents[2] / "docs" / "reference" / "sources"


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_setting_is_documented(kind: str) -> None:
    page = (PAGES / f"{kind}.md").read_text(encoding="utf-8")
    shared = (PAGES / "README.md").read_text(encoding="utf-8")
    missing = [
        name
        for name in KINDS[kind].Settings.model_fields
        if f"| `{name}` |" not in page and (name not in SourceSettings.model_fields or f"| `{name}` |" not in shared)
    ]
    assert not missing, f"docs/reference/sources/{kind}.md does not name {missing}"
    assert "](README.md)" in page, "the page leads to the settings that every source has"


TESTED = {"real_server": "real server", "recorded": "recorded", "documents": "only by its documents"}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_every_kind_says_how_it_was_tested_and_is_in_the_list(kind: str) -> None:
    about = KINDS[kind].about
    page = (PAGES / f"{kind}.md").read_text(encoding="utf-8")
    line = next((line for line in page.splitlines() if line.lstrip("*- ").startswith("Tested")), "")
    assert TESTED[about.tested] in line, f"docs/reference/sources/{kind}.md: no line 'Tested: {TESTED[about.tested]}'"
    shared = (PAGES / "README.md").read_text(encoding="utf-8")
    assert f"[{about.title}]({kind}.md)" in shared, f"docs/reference/sources/README.md does not list {kind}"
    for words in (about.reads, about.needs, about.costs, about.proves):
        assert (words.en.strip() and words.tr.strip() and words.en != words.tr) or words.en.startswith("nothing")
    assert not [name for name in about.asks if name not in KINDS[kind].Settings.model_fields]


@pytest.mark.parametrize("kind", sorted(set(KINDS) - {"demo"}))
def test_the_examples_on_the_pages_are_valid(kind: str) -> None:
    page = (PAGES / f"{kind}.md").read_text(encoding="utf-8")
    sources = [
        source for block in re.findall(r"```yaml\n(.*?)```", page, re.S) for source in yaml.safe_load(block)["sources"]
    ]
    assert sources
    for source in sources:
        assert collector_for({**source, "enabled": False}).kind == kind


def test_the_examples_of_files_are_read(tmp_path: Path) -> None:
    page = (PAGES / "import.md").read_text(encoding="utf-8")
    for form in ("json", "csv"):
        (block,) = re.findall(rf"```{form}\n(.*?)```", page, re.S)
        file = tmp_path / f"example.{form}"
        file.write_text(block, encoding="utf-8")
        (found,) = files.read(file, now=datetime(2026, 11, 21, 12, tzinfo=UTC), zone=None)
        assert isinstance(found, files.Good), found


def test_every_column_is_documented() -> None:
    page = (PAGES / "import.md").read_text(encoding="utf-8")
    assert not [field for field in COLUMNS if f"`{field}`" not in page]
