"""What runs in the browser: no markup from data, no address of the outside, colours that can be read."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from board.draw import FOLDER, SCRIPTS, STYLES, page_style, script, style

ROOT = Path(__file__).parents[2]
PAIRS = [
    ("text", "surface"), ("text", "ground"), ("text", "raised"), ("dim", "surface"), ("dim", "ground"),
    ("dim", "raised"),
    ("accent", "surface"), ("accent", "ground"), ("accent", "accent-ground"), ("on-accent", "accent"),
    ("dim", "accent-ground"), ("text", "accent-ground"), ("critical", "surface"), ("critical", "critical-ground"),
    ("urgent", "surface"), ("urgent", "urgent-ground"), ("urgent", "accent-ground"), ("same-day", "surface"),
    ("same-day", "accent-ground"), ("none", "surface"), ("none", "ground"), ("none", "accent-ground"),
    ("late", "surface"),
    ("late", "ground"), ("on-late", "late-ground"), ("met", "surface"), ("met", "ground"), ("text", "mark"),
    ("text", "late-soft"), ("surface", "text"), ("critical", "ground"), ("urgent", "ground"), ("same-day", "ground"),
]  # fmt: skip


LEAST = {"light": 4.5, "dark": 4.5, "light high": 7.0, "dark high": 7.0}  # WCAG 2.2, 1.4.3 and 1.4.6
WORN = {
    "": set(LEAST), '[data-theme="dark"]': {"dark", "dark high"}, '[data-contrast="high"]': {"light high", "dark high"},
    '[data-theme="dark"][data-contrast="high"]': {"dark high"},
}  # fmt: skip


def colours(theme: str) -> dict[str, str]:
    css = (FOLDER / "tokens.css").read_text(encoding="utf-8")
    found: dict[str, str] = {}
    for selector, block in re.findall(r"^:root(\S*) \{\n(.*?)^\}", css, re.S | re.M):
        if theme in WORN[selector]:
            found.update(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))
    return found


def contrast(one: str, other: str) -> float:
    high, low = sorted((luminance(one), luminance(other)), reverse=True)
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    # WCAG 2.2, relative luminance
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("theme", LEAST)
def test_text_can_be_read_on_its_ground(theme: str) -> None:
    known = colours(theme)
    low = {pair: contrast(known[pair[0]], known[pair[1]]) for pair in PAIRS}
    assert not {pair: found for pair, found in low.items() if found < LEAST[theme]}


@pytest.mark.parametrize("theme", LEAST)
def test_the_edge_of_a_field_can_be_seen(theme: str) -> None:
    # WCAG 2.2, 1.4.11 asks 3:1 of what tells a field from the page; high contrast holds every line to it.
    known = colours(theme)
    if "high" in theme:
        assert min(contrast(known[line], known["surface"]) for line in ("line", "line-strong")) >= 3


def test_every_theme_says_every_colour_of_its_own() -> None:
    css = (FOLDER / "tokens.css").read_text(encoding="utf-8")
    blocks = [block for _, block in re.findall(r"^:root(\S*) \{\n(.*?)^\}", css, re.S | re.M)]
    named = [set(re.findall(r"--([a-z-]+): #", block)) for block in blocks]
    assert len(named) == 4 and all(names == named[0] for names in named)


@pytest.mark.parametrize("file", sorted(FOLDER.glob("*.js")), ids=lambda f: f.name)
def test_scripts_make_no_markup_and_stay_small(file: Path) -> None:
    code = file.read_text(encoding="utf-8")
    plain = re.sub(r"^//.*$", "", code, flags=re.M)
    for forbidden in ("innerHTML", "outerHTML", "insertAdjacentHTML", "document.write", "eval(", "new Function"):
        assert forbidden not in plain
    assert len(code.splitlines()) <= 300


def test_nothing_points_outside() -> None:
    code = "\n".join(script(p) for p in SCRIPTS) + "\n".join(style(p) for p in STYLES) + page_style()
    addresses = set(re.findall(r"https?://[^\s\"'`\\)]+", code))
    assert addresses <= {"http://www.w3.org/2000/svg", "https://example.com/feed.xml", "https://…", "http://."}, (
        addresses
    )
    assert not re.search(r"url\((?!#)", code), "only patterns of the same drawing are named"
    assert "@import" not in code and "material" not in code.lower()


def test_every_file_is_used_and_every_sign_has_a_shape() -> None:
    named = {name for names in [*SCRIPTS.values(), *STYLES.values()] for name in names} | {"tokens.css", "page.css"}
    assert named == {file.name for file in FOLDER.iterdir()}
    for sign in ("critical", "urgent", "same_day", "none", "late", "paused", "met"):
        assert f"  {sign}: [" in (FOLDER / "core.js").read_text(encoding="utf-8")
        assert f'[data-sign="{sign}"]' in (FOLDER / "base.css").read_text(encoding="utf-8")


def test_the_font_is_here_with_its_licence() -> None:
    config = (ROOT / ".streamlit" / "config.toml").read_text(encoding="utf-8")
    fonts = re.findall(r'url = "app/static/(\S+)"', config)
    assert len(fonts) == 4 and all((ROOT / "static" / font).read_bytes()[:4] == b"wOF2" for font in fonts)
    assert "SIL Open Font License" in (ROOT / "static" / "fonts" / "OFL.txt").read_text(encoding="utf-8")
    assert "gatherUsageStats = false" in config and 'showErrorDetails = "none"' in config
