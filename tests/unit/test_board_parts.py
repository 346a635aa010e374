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


def colours(theme: str) -> dict[str, str]:
    blocks = re.findall(r'(:root(?:\[data-theme="dark"\])?) \{(.*?)\}', (FOLDER / "tokens.css").read_text(), re.S)
    found: dict[str, str] = {}
    for selector, block in blocks:
        if theme == "dark" or "dark" not in selector:
            found.update(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", block))
    return found


def luminance(colour: str) -> float:
    # WCAG 2.2, relative luminance
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    r, g, b = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * r + 0.7152 * g + 0.0722 * b


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), PAIRS)
def test_text_can_be_read_on_its_ground(theme: str, text: str, ground: str) -> None:
    known = colours(theme)
    high, low = sorted((luminance(known[text]), luminance(known[ground])), reverse=True)
    assert (high + 0.05) / (low + 0.05) >= 4.5, f"{text} on {ground} in {theme}"


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
    assert "url(" not in code and "@import" not in code and "material" not in code.lower()


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
