"""Who customers are does not stand in a review, and nothing that they wrote is markup in it."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desk.crisis.review_numbers import Numbers
from desk.crisis.review_paper import FORMATS, MILESTONE_NAMES, nameless, to_markdown
from desk.crisis.review_reading import SECTIONS
from desk.paper import Bullets, Facts, Grid, Heading, Paper, Text

DOCS = Path(__file__).resolve().parents[2] / "docs"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("@ayse_k kargom yok", "… kargom yok"),
        ("bana ayse.k@ornek.com.tr yazın", "bana … yazın"),
        ("0532 111 22 33 numaram", "… numaram"),
        ("+90 (532) 111-22-33'ü arayın", "…'ü arayın"),
        ("sipariş 20261120155 gelmedi", "sipariş … gelmedi"),
        ("3 gündür, 250 TL, 2026 model", "3 gündür, 250 TL, 2026 model"),
        ("bakın https://x.com/ayse_k/status/1", "bakın …"),
        ("AYŞE YILMAZ ben", "… ben"),
        ("@ayse@mastodon.social ve u/ayse-k", "… ve …"),
    ],
)
def test_a_text_without_who_wrote_it(text: str, shown: str) -> None:
    assert nameless(text, ["Ayşe Yılmaz", "AYŞE YILMAZ", "k"]) == shown


def paper(text: str) -> Paper:
    blocks = (Heading(1, text), Text(text), Bullets((text,)), Facts(((text, text),)), Grid(("a", text), ((text, "b"),)))
    return Paper(text, "tr", text, blocks)


@given(st.text(alphabet="ab<>*_#|`[]()!&\\-+=1.~ \n", max_size=30))
def test_markdown_holds_no_markup_of_others(text: str) -> None:
    for line in to_markdown(paper(text)).splitlines():
        bare = line.replace("\\\\", "").removeprefix("# ").removeprefix("## ")
        free = [sign for place, sign in enumerate(bare) if sign in "<>`[#" and bare[max(0, place - 1)] != "\\"]
        assert not free, line


@pytest.mark.parametrize(
    "text", ["- liste", "1. bir", "+ artı", "# başlık", "===", "---", "2) iki", "| tablo |", "**kalın**"]
)
def test_a_line_that_would_be_markup_is_text(text: str) -> None:
    paragraph = to_markdown(Paper("t", "tr", "", (Text(text),))).splitlines()[2]
    assert paragraph.replace("\\", "") == text and "\\" in paragraph


def test_the_reference_names_every_number() -> None:
    page = (DOCS / "reference" / "review.md").read_text(encoding="utf-8")

    def fields(form: type, path: str = "") -> list[str]:
        found = []
        for name, info in form.model_fields.items():  # type: ignore[attr-defined]
            found.append(name)
            inner = info.annotation
            inner = getattr(inner, "__args__", [inner])[0] if hasattr(inner, "__args__") else inner
            found += fields(inner, name) if hasattr(inner, "model_fields") and name not in ("title", "what") else []
        return found

    for name in [*fields(Numbers), *MILESTONE_NAMES, *SECTIONS, *FORMATS]:
        assert f"`{name}`" in page, name
