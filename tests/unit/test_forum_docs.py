"""The pages on the forum and the demo name every setting and every field of a site file, and their examples hold."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

from collectors.demo import DemoCollector, DemoSettings
from collectors.registry import KINDS, collector_for
from collectors.spiders.site import SITES, Posts, Site, Threads, read_site

PAGES = Path(__file__).parents[2] / "docs" / "reference" / "sources"
FORUM = (PAGES / "forum.md").read_text(encoding="utf-8")
DEMO = (PAGES / "demo.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("kind", ["forum", "eksi", "donanimhaber"])
def test_every_default_is_documented(kind: str) -> None:
    page = (PAGES / f"{kind}.md").read_text(encoding="utf-8")
    for name, field in KINDS[kind].Settings.model_fields.items():
        row = re.search(rf"^\| `{name}` \|.*\| ([^|]*) \|$", page, re.M)
        if isinstance(field.default, int | float) and not isinstance(field.default, bool) and row:
            assert row.group(1) == f"{field.default:.0f}", name


def test_every_field_of_a_site_file_is_documented() -> None:
    names = [name for name in Site.model_fields if name not in ("threads", "posts")]
    names += [f"threads.{name}" for name in Threads.model_fields] + [f"posts.{name}" for name in Posts.model_fields]
    assert not [name for name in names if f"| `{name}` |" not in FORUM]
    assert not [path.stem for path in SITES.glob("*.yaml") if f"`{path.stem}`" not in FORUM]


def test_every_reason_code_is_documented() -> None:
    code = (Path(__file__).parents[2] / "collectors" / "spiders" / "source.py").read_text(encoding="utf-8")
    codes = set(re.findall(r'^            "([a-z_]+)": f"', code, re.M)) | set(re.findall(r"\[([a-z_]+)\] the ", code))
    assert len(codes) >= 15
    assert not [name for name in codes if f"`{name}`" not in FORUM]


def test_the_examples_hold() -> None:
    blocks = re.findall(r"```yaml\n(.*?)```", FORUM + DEMO, re.S)
    sources = [source for block in blocks for source in (yaml.safe_load(block).get("sources") or ())]
    assert [collector_for(source).kind for source in sources] == ["forum", "demo"]
    (site,) = re.findall(r"```yml\n(.*?)```", FORUM, re.S)
    assert read_site(site, "forum.md").site == "Küçük Forum"


def test_the_line_of_a_story_is_played(tmp_path: Path) -> None:
    (line,) = re.findall(r"```json\n(.*?)```", DEMO, re.S)
    (tmp_path / "story.jsonl").write_text(line, encoding="utf-8")
    demo = DemoCollector(DemoSettings(kind="demo", story=str(tmp_path / "story.jsonl")))
    now = datetime(2026, 11, 21, 9, tzinfo=UTC)
    cursor = {"position": 0, "story": 579.0, "at": now.isoformat()}
    (batch,) = demo.fetch(cursor, now.replace(second=5))
    assert [item.raw for item in batch.fetched] == [json.loads(line)]
