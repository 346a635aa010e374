"""A chart as a picture, for paper and mail: drawn with matplotlib, which is loaded here and nowhere else.

The same chart gives the same bytes with the same versions. Meaning is never in a colour alone: every series has a
pattern and its name, and whoever shows the picture gives its numbers as a table too. The typeface is DejaVu Sans, which
comes with matplotlib and has every Turkish letter.
"""

from __future__ import annotations

import io
import threading
from collections.abc import Sequence
from functools import cache
from typing import Any

from desk.chart import Chart, Series
from desk.paper import clean

WIDE, HIGH = 7.2, 3.0
"""Inches: as wide as the text of an A4 page."""

DPI = 160
INK, QUIET, LINE = "#1c2430", "#55606e", "#d5dae1"

COLOURS = {
    "negative": "#c01717", "neutral": "#a9b7b3", "positive": "#14713a", "critical": "#c01717", "urgent": "#8f5200",
    "same_day": "#1d5bb8", "late": "#8a1010", "met": "#14713a", "none": "#52615d", "unseen": "#d9b13b",
    "accent": "#0f766e", "before": "#8f9b98",
}  # fmt: skip
"""The board's colours (board/parts/tokens.css, light) by tone."""

HATCHES = {
    "negative": "///", "neutral": "", "positive": "...", "critical": "xxx", "urgent": "\\\\\\", "same_day": "---",
    "late": "xxx", "met": "...", "none": "", "unseen": "//", "accent": "", "before": "\\\\\\",
}  # fmt: skip
DASHES = ("-", "--", ":", "-.")
MARKS = ("o", "s", "^", "D")

MOST_TICKS = 12
LETTERS = 90
"""Letters that fit beneath a picture side by side; longer names are set aslant."""

LONGEST_NAME = 40

_drawing = threading.Lock()  # matplotlib's settings and fonts are one for the process


def png(chart: Chart) -> bytes:
    """The chart as a PNG. Raises ValueError for a chart of a kind that cannot be drawn."""
    plot = _KINDS.get(chart.kind)
    if plot is None:
        raise ValueError(f"a chart of the kind {chart.kind!r} cannot be drawn")
    with _drawing:
        rc, figure_of = _matplotlib()
        with rc(_LOOKS):
            figure = figure_of(figsize=(WIDE, HIGH), dpi=DPI)
            figure.set_layout_engine("constrained")
            axes = figure.add_subplot()
            for side in ("top", "right"):
                axes.spines[side].set_visible(False)
            plot(axes, chart)
            axes.set_title(_said(chart.title), loc="left", fontsize=10, fontweight="bold", color=INK)
            told = ", ".join(part for part in (chart.unit, chart.period) if part)
            figure.supxlabel(_said(f"{chart.over} · {told}" if told else chart.over), fontsize=8, color=QUIET)
            out = io.BytesIO()
            figure.savefig(out, format="png", metadata={"Software": None})
    return out.getvalue()


_LOOKS = {
    "font.family": "DejaVu Sans", "font.size": 8, "text.parse_math": False, "axes.edgecolor": LINE,
    "axes.labelcolor": QUIET, "xtick.color": QUIET, "ytick.color": QUIET, "text.color": INK, "hatch.linewidth": 0.5,
    "axes.axisbelow": True,
}  # fmt: skip
"""text.parse_math: a name with two dollar signs is a name and no formula."""


@cache
def _matplotlib() -> tuple[Any, Any]:
    import logging

    logging.getLogger("matplotlib").setLevel(logging.WARNING)
    from matplotlib import rc_context
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    def figure_of(**options: Any) -> Any:
        figure = Figure(**options)
        FigureCanvasAgg(figure)  # no window, no global state
        return figure

    return rc_context, figure_of


def _said(text: str, most: int = 90) -> str:
    told = " ".join(clean(text).split())
    return told if len(told) <= most else told[: most - 1] + "…"


def _ticks(axes: Any, names: Sequence[str]) -> None:
    every = max(1, -(-len(names) // MOST_TICKS))
    places = list(range(0, len(names), every))
    told = [_said(names[n], 24) for n in places]
    long = sum(map(len, told)) > LETTERS
    axes.set_xticks(places, told, rotation=25 if long else 0, ha="right" if long else "center")
    axes.set_xlim(-0.6, max(len(names) - 0.4, 0.6))
    axes.grid(axis="y", color=LINE, linewidth=0.6)


def _count_axis(axes: Any) -> None:
    from matplotlib.ticker import MaxNLocator

    axes.set_ylim(bottom=0)
    axes.yaxis.set_major_locator(MaxNLocator(nbins=5))


def _legend(axes: Any, chart: Chart) -> None:
    if len(chart.series) > 1:
        axes.legend(loc="upper left", bbox_to_anchor=(0, 1), ncols=4, fontsize=7, frameon=True, framealpha=0.85)


def _moments(axes: Any, chart: Chart) -> None:
    for n, moment in enumerate(chart.moments):
        axes.axvline(moment.at, color=COLOURS["critical"], linestyle="--", linewidth=1)
        side = "right" if moment.at > len(chart.x) * 0.7 else "left"
        axes.annotate(
            _said(moment.name, LONGEST_NAME), (moment.at, 1), xycoords=("data", "axes fraction"),
            xytext=(-3 if side == "right" else 3, -9 - 10 * (n % 4)), textcoords="offset points", fontsize=7, ha=side,
        )  # fmt: skip


def _values(series: Series) -> list[float]:
    return [float("nan") if value is None else float(value) for value in series.values]


def _amounts(chart: Chart) -> list[Series]:
    """The series that are amounts: one of the tone `unseen` says how much of each column was not seen."""
    return [one for one in chart.series if one.tone != "unseen"]


def _unknown(axes: Any, chart: Chart) -> None:
    """Columns of which nothing is known, or a part was not seen, are hatched, never drawn as nought."""
    unseen = [one for one in chart.series if one.tone == "unseen"]
    for at in range(len(chart.x)):
        nothing = all(one.values[at] is None for one in _amounts(chart) if one.values)
        if (chart.series and nothing) or any(one.values[at] for one in unseen):
            axes.axvspan(at - 0.5, at + 0.5, facecolor="none", edgecolor=COLOURS["unseen"], hatch="//", linewidth=0)


def _stack(axes: Any, chart: Chart) -> None:
    base = [0.0] * len(chart.x)
    for one in _amounts(chart):
        values = [0.0 if value is None else float(value) for value in one.values]
        axes.bar(
            range(len(values)), values, 0.86, bottom=base, color=COLOURS[one.tone], hatch=HATCHES[one.tone],
            edgecolor="white", linewidth=0.4, label=_said(one.name, LONGEST_NAME),
        )  # fmt: skip
        base = [low + value for low, value in zip(base, values, strict=True)]
    _ticks(axes, chart.x)
    _count_axis(axes)
    axes.set_ylim(top=max([1.0, *base]) * 1.3)
    _unknown(axes, chart)
    _moments(axes, chart)
    _legend(axes, chart)


def _bars(axes: Any, chart: Chart) -> None:
    width = 0.86 / max(1, len(_amounts(chart)))
    most = 1e-9
    for n, one in enumerate(_amounts(chart)):
        values = _values(one)
        places = [at - 0.43 + width * (n + 0.5) for at in range(len(values))]
        drawn = axes.bar(
            places, values, width, color=COLOURS[one.tone], hatch=HATCHES[one.tone], edgecolor="white", linewidth=0.4,
            label=_said(one.name, LONGEST_NAME),
        )  # fmt: skip
        if one.low and one.high:
            _whiskers(axes, places, one)
        if len(values) <= 16:
            shown = zip(chart.shown(one), values, strict=True)
            axes.bar_label(drawn, [said if value == value and value else "" for said, value in shown], fontsize=7)
        most = max([most, *(value for value in values if value == value)])
    _ticks(axes, chart.x)
    _count_axis(axes)
    axes.set_ylim(top=most * 1.25)
    _unknown(axes, chart)
    _moments(axes, chart)
    _legend(axes, chart)


def _whiskers(axes: Any, places: Sequence[float], one: Series) -> None:
    for at, low, high in zip(places, one.low, one.high, strict=True):
        if low is not None and high is not None:
            axes.plot([at, at], [low, high], color=INK, linewidth=0.8)


def _lines(axes: Any, chart: Chart) -> None:
    places = list(range(len(chart.x)))
    for n, one in enumerate(chart.series):
        colour = COLOURS[one.tone]
        axes.plot(
            places, _values(one), DASHES[n % len(DASHES)], color=colour, marker=MARKS[n % len(MARKS)], markersize=4,
            linewidth=1.6, label=_said(one.name, LONGEST_NAME),
        )  # fmt: skip
        if one.low and one.high:
            low = [float("nan") if value is None else value for value in one.low]
            high = [float("nan") if value is None else value for value in one.high]
            axes.fill_between(places, low, high, color=colour, alpha=0.15, linewidth=0)
    _ticks(axes, chart.x)
    _count_axis(axes)
    axes.margins(y=0.2)
    _unknown(axes, chart)
    _moments(axes, chart)
    _legend(axes, chart)


def _heat(axes: Any, chart: Chart) -> None:
    known = [float(value) for one in chart.series for value in one.values if value is not None]
    most = max(known, default=0) or 1.0
    rows = [[float("nan") if value is None else float(value) for value in one.values] for one in chart.series]
    if rows and chart.x:
        image = axes.imshow(rows, cmap=_shades(), aspect="auto", vmin=0, vmax=most)
        axes.figure.colorbar(image, ax=axes, label=_said(chart.unit, 24), shrink=0.9)
    for y, one in enumerate(chart.series):
        for x, value in enumerate(one.values):
            if value is None:
                axes.add_patch(_patch(x, y))
            elif len(chart.x) <= 12 and value:
                said = one.shown[x] if one.shown else f"{value:g}"
                axes.text(x, y, said, ha="center", va="center", fontsize=6, color="white" if value > most / 2 else INK)
    axes.set_yticks(range(len(chart.series)), [_said(one.name, 16) for one in chart.series])
    every = max(1, -(-len(chart.x) // 12))
    places = list(range(0, len(chart.x), every))
    axes.set_xticks(places, [_said(chart.x[n], 12) for n in places])


def _shades() -> Any:
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("nobet", ["#e3f2ef", "#0f766e", "#06211e"])


def _patch(x: int, y: int) -> Any:
    from matplotlib.patches import Rectangle

    return Rectangle((x - 0.5, y - 0.5), 1, 1, facecolor="none", edgecolor=LINE, hatch="///", linewidth=0)


def _lanes(axes: Any, chart: Chart) -> None:
    for y, one in enumerate(chart.series):
        for piece in one.pieces:
            axes.barh(
                y, piece.end - piece.start, 0.7, left=piece.start, color=COLOURS[piece.tone],
                hatch=HATCHES[piece.tone], edgecolor="white", linewidth=0.3,
            )  # fmt: skip
    axes.set_yticks(range(len(chart.series)), [_said(one.name, 24) for one in chart.series])
    axes.set_xlim(0, 1)
    axes.set_ylim(len(chart.series) - 0.4, -0.6)
    axes.set_xticks([at for at, _ in chart.ticks], [_said(name, 12) for _, name in chart.ticks])


_KINDS = {"stack": _stack, "bars": _bars, "lines": _lines, "heat": _heat, "lanes": _lanes}
