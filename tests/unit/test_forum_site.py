"""Site files: every mistake is named with file, line and field; the files that come with Nöbet hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from collectors.registry import ConfigError, collector_for
from collectors.spiders.site import SITES, SiteError, load_site, read_site

GOOD = """site: Forum
threads:
  row: li
  link: a
posts:
  row: article
  id: "::attr(id)"
  text: .metin
  date: time
"""


@pytest.mark.parametrize("name", sorted(path.stem for path in SITES.glob("*.yaml")))
def test_the_files_that_come_with_it_hold(name: str) -> None:
    assert load_site(name).site


def test_short_and_long_forms_mean_the_same() -> None:
    site = read_site(GOOD.replace("date: time", "date: {select: time, match: '(\\d+)', format: '%d%m%Y'}"), "f.yaml")
    assert site.posts.date.select.match == "(\\d+)" and site.posts.date.format == "%d%m%Y"
    assert read_site(GOOD, "f.yaml").posts.date.select.select == "time"
    long = read_site(GOOD.replace("link: a", "link: {select: 'xpath:.//a[@href]'}"), "f.yaml")
    assert long.threads.link.select == "xpath:.//a[@href]"


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ("  link: a\n", "  lnik: a\n", "f.yaml, line 4: unknown field 'threads.lnik', did you mean 'link'?"),
        ("  link: a\n", "", "f.yaml, line 2: field 'threads.link' is missing"),
        (
            "  row: article",
            "  row: 'article['",
            "f.yaml, line 6, field 'posts.row.select': 'article[' is not a selector",
        ),
        ("  row: li", "  row: 'xpath://li['", "f.yaml, line 3, field 'threads.row.select': 'xpath://li[' is not a"),
        (
            "  link: a",
            "  link: a\n  id: '[0-9]+'",
            "line 5, field 'threads.id': '[0-9]+' must have exactly one (group)",
        ),
        ("  link: a", "  link: a\n  id: '(['", "line 5, field 'threads.id': '([' is not a regular expression"),
        (
            "  date: time",
            "  date: {select: time, format: '%H:%M'}",
            "line 9, field 'posts.date.format': '%H:%M' is not",
        ),
        ("  date: time", "  date: time\n  url: /p/", "line 10, field 'posts.url': '/p/' has no {id} in it"),
        ("  date: time", "  date: time\n  without: [b, 'c[']", "field 'posts.without': 'c[' is not a CSS selector"),
        (
            "site: Forum",
            "site: Forum\ntimezone: Istanbul",
            "f.yaml, line 2, field 'timezone': 'Istanbul' is not a time",
        ),
        ("  link: a", "  link: a\n  page_url: '{first}?p=2'", "'{first}?p=2' must have {first} and {page} in it"),
        ("  date: time", "  date: time\n  page_url: '{first}-{page}'", "'pages' and 'page_url' belong together"),
        ("  date: time", "  date: time\n  pages: a\n  page_url: '{first}-{page}'", "needs threads.id"),
        ("site: Forum", "site: [", "f.yaml, line"),
        ("site: Forum\n", "", "f.yaml, line 1: field 'site' is missing"),
    ],
)
def test_a_mistake_is_named_with_file_line_and_field(old: str, new: str, sentence: str) -> None:
    assert old in GOOD
    with pytest.raises(SiteError) as raised:
        read_site(GOOD.replace(old, new, 1), "f.yaml")
    assert sentence in str(raised.value), str(raised.value)


def test_every_mistake_is_told_at_once() -> None:
    with pytest.raises(SiteError) as raised:
        read_site(GOOD.replace("  link: a\n", "").replace("row: article", "row: '>>'"), "f.yaml")
    assert "threads.link" in str(raised.value) and "posts.row" in str(raised.value)


@pytest.mark.parametrize("text", ["", "[]", "just text", "a: &a [*a]", "\x00", "!!python/object/apply:os.system [ls]"])
def test_what_is_no_site_file_at_all_is_a_sentence(text: str) -> None:
    with pytest.raises(SiteError, match=r"f\.yaml"):
        read_site(text, "f.yaml")


def test_a_site_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(SiteError, match="did you mean 'spirit'"):
        load_site("sprit")
    with pytest.raises(SiteError, match="cannot be read"):
        load_site(str(tmp_path / "none.yaml"))
    (tmp_path / "latin.yaml").write_bytes("site: Küçük".encode("windows-1254"))
    with pytest.raises(SiteError, match="is not UTF-8"):
        load_site(str(tmp_path / "latin.yaml"))


SOURCE = {"kind": "forum", "site": "spirit", "start_urls": ["https://forum.example/"], "terms_read": True}


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"terms_read": False}, "read the forum's terms of use"),
        ({"site": "sprit"}, "field 'site': there is no site 'sprit'; did you mean 'spirit'?"),
        ({"start_urls": ["forum.example"]}, "field 'start_urls': 'forum.example' is not an http or https address"),
        ({"start_urls": []}, "field 'start_urls'"),
        ({"timezone": "Ankara"}, "field 'timezone': 'Ankara' is not a time zone"),
        ({"robots": False}, "unknown field 'robots'"),
    ],
)
def test_settings_that_cannot_be_used_are_a_sentence(change: dict[str, object], sentence: str) -> None:
    with pytest.raises(ConfigError) as raised:
        collector_for({**SOURCE, **change})
    assert sentence in str(raised.value) and str(raised.value).startswith('Source "forum"')


def test_a_source_that_is_off_needs_no_terms() -> None:
    collector_for({**SOURCE, "terms_read": False, "enabled": False})
    collector_for(SOURCE)
