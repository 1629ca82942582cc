"""Draws people over days: the counts, the agreed maximum and the thresholds, what is unknown, and the episodes above."""

from __future__ import annotations

from matplotlib.axes import Axes
from matplotlib.colors import to_rgba

from piket.drawing.paper import OccupancySheet, Series
from piket.drawing.pen import SMALL, TEXT, Pen

_MARKS = {"dot": "o", "diamond": "D"}
_BAND = 26
_FOOT = 30
_KEY = 26
_BELOW = 100


def draw_occupancy(pen: Pen, sheet: OccupancySheet) -> None:
    """The whole picture on the pen's paper."""
    left, right = (44, 76) if pen.narrow else (56, pen.margin)
    below = _BELOW if sheet.without_bed else 0
    top = _KEY * (len(sheet.series) if pen.narrow else 1) + _BAND * bool(sheet.episodes) + 6
    width = pen.width - left - right
    axes = pen.axes(left, _FOOT + below, width, pen.height - _FOOT - below - top)
    _scale(pen, axes, sheet)
    _unknown(pen, axes, sheet, named=True)
    _levels(pen, axes, sheet)
    for series in sheet.series:
        _points(pen, axes, sheet, series)
    _remarks(pen, axes, sheet)
    _episodes(pen, axes, sheet)
    _key(pen, sheet, left)
    if sheet.without_bed is not None:
        strip = pen.axes(left, _FOOT, width, below - 42)
        _without_bed(pen, strip, sheet, sheet.without_bed)
        axes.tick_params(labelbottom=False)


def _scale(pen: Pen, axes: Axes, sheet: OccupancySheet) -> None:
    """Days to the right, people upwards, a quiet line at each round number."""
    axes.set_xlim(0, sheet.days)
    axes.set_ylim(sheet.low, sheet.high)
    _dates(pen, axes, sheet)
    axes.set_yticks([tick.at for tick in sheet.people], [tick.label for tick in sheet.people])
    axes.grid(axis="y", color=pen.colour("line"), linewidth=0.8)


def _dates(pen: Pen, axes: Axes, sheet: OccupancySheet) -> None:
    """The days that are named."""
    ticks = pen.spaced(sheet.dates, sheet.days, axes.get_position().width * pen.width)
    axes.set_xticks([tick.at for tick in ticks], [tick.label for tick in ticks], ha="left")
    axes.tick_params(axis="x", length=5, color=pen.colour("quiet"), pad=3)


def _unknown(pen: Pen, axes: Axes, sheet: OccupancySheet, named: bool) -> None:
    """Days without a count are hatched, and the widest says what that means."""
    faint = to_rgba(pen.colour("unknown"), 0.3)
    for gap in sheet.gaps:
        axes.axvspan(
            gap.start,
            gap.end,
            facecolor="none",
            edgecolor=faint,
            hatch="/////",
            linewidth=0,
            zorder=0.5,
        )
        if named and gap.label and (gap.end - gap.start) / sheet.days > (0.24 if pen.narrow else 0.1):
            axes.text(
                (gap.start + gap.end) / 2, sheet.low + (sheet.high - sheet.low) * 0.04, gap.label, ha="center", va="bottom",
                fontsize=SMALL, fontstyle="italic", color=pen.colour("unknown"), bbox=pen.ground(), zorder=4,
            )  # fmt: skip


def _levels(pen: Pen, axes: Axes, sheet: OccupancySheet) -> None:
    """The maximum as a firm line, thresholds as quiet ones; each named at its end, on narrow paper in two lines."""
    for level in sheet.levels:
        norm = level.kind == "norm"
        colour = pen.colour("ink" if norm else level.kind)
        axes.axhline(
            level.people, color=colour, linewidth=1.8 if norm else 1, linestyle="-" if norm else (0, (4, 3)), zorder=2
        )
        name, _, figure = level.label.rpartition(" ")
        axes.annotate(
            f"{name}\n{figure}" if pen.narrow else level.label, (sheet.days, level.people), (8, 0), va="center",
            textcoords="offset points", fontsize=SMALL - pen.narrow, color=colour, fontweight="bold" if norm else "normal",
            linespacing=1.05, zorder=4, annotation_clip=False,
        )  # fmt: skip


def _points(pen: Pen, axes: Axes, sheet: OccupancySheet, series: Series) -> None:
    """The counts of one definition: joined inside a stretch, and in another colour above the maximum."""
    norm = next((level.people for level in sheet.levels if level.kind == "norm"), None)
    size = (3.2 if pen.narrow else 4.5) if sheet.days <= 100 else 2.6
    hollow = series.mark == "diamond"
    for run in series.runs:
        axes.plot(
            [at for at, _ in run], [people for _, people in run], color=pen.colour("normal"), linewidth=1.4, zorder=3
        )
    points = [point for run in series.runs for point in run]
    for above in (False, True):
        some = [(at, people) for at, people in points if (norm is not None and people > norm) is above]
        colour = pen.colour("overflow" if above else "normal")
        axes.plot(
            [at for at, _ in some], [people for _, people in some], linestyle="none", marker=_MARKS[series.mark],
            markersize=size, markerfacecolor=pen.colour("paper") if hollow else colour, markeredgecolor=colour,
            markeredgewidth=1.2, zorder=3.5, clip_on=False,
        )  # fmt: skip


def _remarks(pen: Pen, axes: Axes, sheet: OccupancySheet) -> None:
    """Figures beside their points; those near the right edge stand to the left of it."""
    for remark in sheet.remarks:
        late = remark.at > sheet.days * (0.6 if pen.narrow else 0.85)
        axes.annotate(
            remark.label, (remark.at, remark.people), (-6 if late else 6, 7), textcoords="offset points",
            ha="right" if late else "left", va="bottom", fontsize=TEXT if not pen.narrow else SMALL, fontweight="bold",
            color=pen.colour("ink"), bbox=pen.ground(), zorder=5, annotation_clip=False,
        )  # fmt: skip


def _episodes(pen: Pen, axes: Axes, sheet: OccupancySheet) -> None:
    """A bar above the scale for each overflow, with its name where it fits."""
    height = axes.get_position().height * pen.height
    up = axes.get_xaxis_transform()
    for episode in sheet.episodes:
        axes.plot(
            [episode.start, episode.end], [1 + 9 / height] * 2, color=pen.colour("overflow"), linewidth=7, transform=up,
            clip_on=False, solid_capstyle="butt", zorder=3,
        )  # fmt: skip
        if episode.label:
            late = episode.start > sheet.days * 0.6
            axes.text(
                episode.end if late else episode.start, 1 + 15 / height, episode.label, transform=up, fontsize=SMALL,
                color=pen.colour("overflow"), ha="right" if late else "left", va="bottom", fontweight="bold",
            )  # fmt: skip


def _key(pen: Pen, sheet: OccupancySheet, left: float) -> None:
    """What each mark is, at the head: beside each other, on narrow paper beneath each other."""
    at, down = float(left), 15.0
    for series in sheet.series:
        hollow = series.mark == "diamond"
        axes = pen.figure.add_axes((at / pen.width, 1 - (down + 5) / pen.height, 10 / pen.width, 10 / pen.height))
        axes.set_axis_off()
        colour = pen.colour("normal")
        axes.plot(
            [0], [0], marker=_MARKS[series.mark], markersize=6, color=colour,
            markerfacecolor=pen.colour("paper") if hollow else colour, clip_on=False,
        )  # fmt: skip
        pen.figure.text(
            (at + 15) / pen.width,
            1 - down / pen.height,
            series.label,
            fontsize=SMALL,
            color=pen.colour("quiet"),
            va="center",
        )
        if pen.narrow:
            down += _KEY - 6
        else:
            at += 34 + 7.6 * len(series.label)


def _without_bed(pen: Pen, axes: Axes, sheet: OccupancySheet, series: Series) -> None:
    """People without a bed, as bars from 0 on their own scale; the highest is written at its bar."""
    points = [point for run in series.runs for point in run]
    most = max(people for _, people in points)
    axes.set_xlim(0, sheet.days)
    axes.set_ylim(0, most * 1.05 or 1)
    axes.set_yticks([])
    _dates(pen, axes, sheet)
    _unknown(pen, axes, sheet, named=False)
    width = max(0.7, sheet.days / 160)
    axes.bar([at for at, _ in points], [people for _, people in points], width, color=pen.colour("acute"), zorder=3)
    axes.annotate(
        series.label, (0, 1), (0, 5), xycoords="axes fraction", textcoords="offset points", fontsize=SMALL, va="bottom",
        color=pen.colour("acute"), fontweight="bold", annotation_clip=False,
    )  # fmt: skip
