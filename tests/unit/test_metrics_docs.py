"""docs/reference/metrics.md says of every figure what the code says, and its example's numbers are reckoned."""

from __future__ import annotations

import re
from pathlib import Path

from desk.metrics.cohort import MADE
from desk.metrics.definitions import DEFINITIONS, PAGE
from desk.metrics.figures import DIMENSIONS, Figure
from desk.metrics.measuring import measure
from desk.metrics.minutes import PIECES
from desk.metrics.way import CAUSES
from desk.metrics.words import CAUSE_NAMES, CHANGES, DIMENSION_NAMES, PIECE_NAMES
from tests.unit.metrics_example import MONDAY, NOON, facts

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / PAGE).read_text(encoding="utf-8")
BETTER = {"lower": "lower is better", "higher": "higher is better"}


def sections() -> dict[str, str]:
    """What the page says under each heading of a figure."""
    parts = re.split(r"^### (\w+)$", re.sub(r"^## .*$", "", TEXT, flags=re.M), flags=re.M)
    return dict(zip(parts[1::2], parts[2::2], strict=True))


def test_every_figure_is_on_the_page_as_the_code_has_it() -> None:
    told = sections()
    assert list(told) == list(DEFINITIONS)
    for one in DEFINITIONS.values():
        part = told[one.id]
        for words in (f"**{one.name.en}**", f"*{one.name.tr}*", one.meaning.en, f"`{one.formula}`", "Example: "):
            assert words in part, (one.id, words)
        assert [way for way, words in BETTER.items() if words in part] == [one.better] * bool(one.better)
        assert one.anchor == f"docs/reference/metrics.md#{one.id}"


def test_every_piece_cause_and_dimension_is_on_the_page_and_has_words() -> None:
    assert set(PIECE_NAMES) == set(PIECES) and set(CAUSE_NAMES) == set(CAUSES)
    assert set(DIMENSION_NAMES) == set(DIMENSIONS) and set(CHANGES) == set(PIECES) - {"closed"}
    for word in (*CAUSES, *DIMENSIONS):
        assert f"`{word}`" in TEXT, word


def length(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole // 3600}:{whole % 3600 // 60:02d}:{whole % 60:02d}"


def show(figure: Figure, value: float | None) -> str:
    if value is None:
        return "–"
    if figure.unit == "seconds":
        return length(value)
    return f"{value:.3f}" if figure.unit in ("share", "ratio") else f"{value:.0f}"


def test_the_numbers_of_the_example_are_those_of_the_page() -> None:
    numbers = measure(facts(), MONDAY, NOON)
    told = dict(re.findall(r"^\| `(\w+)` \| (.* \| .* \| .* \| \d+ \| \d+) \|$", TEXT, re.M))
    assert list(told) == list(MADE)
    for one in numbers.figures:
        value = "not reached" if one.state == "not_reached" else show(one, one.value)
        row = (value, show(one, one.low), show(one, one.high), str(one.n), str(one.open))
        assert told[one.id] == " | ".join(row), one.id
    assert numbers.minutes is not None
    pieces = re.findall(r"^\| `(\w+)` \| (\d+:\d\d:\d\d) \| (\S+) \| (\S+) \|$", TEXT, re.M)
    assert pieces == [
        (one.piece, length(one.total_s), length(one.quartile_s), length(one.avoidable_s))
        for one in numbers.minutes.pieces
    ]
    assert length(numbers.minutes.total_s) == "43:40:00"
    assert [(one.case_id, one.cause, one.late_s / 3600) for one in numbers.breaches] == [
        (5, "source", 18), (3, "pick_up", 16),
    ]  # fmt: skip
