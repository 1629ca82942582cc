"""Draws an episode: places needed and promised hour by hour, and beneath it a lane for each call-up."""

from __future__ import annotations

from matplotlib.axes import Axes

from piket.drawing.paper import EpisodeSheet, Lane
from piket.drawing.pen import SMALL, TEXT, Pen

_FOOT, _LANE, _TOP = 30, 30, 30
_STATES = {
    "open": "high",
    "met": "normal",
    "partly": "normal",
    "declined": "unknown",
    "expired": "high",
    "released": "line",
}
_HATCHES = {"open": "///", "declined": "xx", "expired": "..."}


def draw_episode(pen: Pen, sheet: EpisodeSheet) -> None:
    """The whole picture on the pen's paper."""
    left, right = (44, 12) if pen.narrow else (120, pen.margin)
    lanes = _LANE * len(sheet.lanes)
    width = pen.width - left - right
    axes = pen.axes(left, _FOOT + lanes + 14 * bool(lanes), width, pen.height - _FOOT - lanes - _TOP - 14 * bool(lanes))
    axes.set_xlim(0, sheet.hours)
    axes.set_ylim(0, sheet.high)
    axes.set_yticks([tick.at for tick in sheet.places], [tick.label for tick in sheet.places])
    axes.grid(axis="y", color=pen.colour("line"), linewidth=0.8)
    _steps(pen, axes, sheet)
    if lanes:
        axes.tick_params(labelbottom=False)
        axes.set_xticks([])
        _lanes(pen, pen.axes(left, _FOOT, width, lanes), sheet)
    else:
        _moments(pen, axes, sheet)


def _moments(pen: Pen, axes: Axes, sheet: EpisodeSheet) -> None:
    """The moments that are named."""
    ticks = pen.spaced(sheet.moments, sheet.hours, axes.get_position().width * pen.width)
    axes.set_xticks([tick.at for tick in ticks], [tick.label for tick in ticks], ha="left")
    axes.tick_params(axis="x", length=5, color=pen.colour("quiet"), pad=3)


def _steps(pen: Pen, axes: Axes, sheet: EpisodeSheet) -> None:
    """What is promised as a filled stair, what is needed as a line above it: the room between them is what is missing."""
    at, promised = _stairs(sheet.promised, sheet.hours)
    axes.fill_between(at, promised, step="post", color=pen.colour("normal"), alpha=0.35, linewidth=0, zorder=2)
    axes.step(at, promised, where="post", color=pen.colour("normal"), linewidth=1.6, zorder=3)
    hours, needed = _stairs(sheet.needed, sheet.hours)
    axes.step(hours, needed, where="post", color=pen.colour("overflow"), linewidth=2.2, zorder=4)
    for label, values, colour, up in (
        (sheet.needed_label, needed, "overflow", True),
        (sheet.promised_label, promised, "normal", needed[-1] == needed[-1] and promised[-1] > needed[-1]),
    ):
        if values[-1] == values[-1]:
            _end(pen, axes, sheet, label, values[-1], colour, up)


def _end(pen: Pen, axes: Axes, sheet: EpisodeSheet, label: str, value: float, colour: str, up: bool) -> None:
    """The name of a stair at its end: beside it, on narrow paper above or beneath it."""
    if pen.narrow:
        axes.annotate(
            label, (sheet.hours, value), (-3, 3 if up else -3), textcoords="offset points", ha="right",
            va="bottom" if up else "top", fontsize=SMALL, fontweight="bold", color=pen.colour(colour), zorder=5,
        )  # fmt: skip
    else:
        axes.annotate(
            label, (sheet.hours, value), (8, 0), textcoords="offset points", va="bottom" if up else "top", fontsize=TEXT,
            fontweight="bold", color=pen.colour(colour), annotation_clip=False,
        )  # fmt: skip


def _stairs(steps: tuple[tuple[float, int | None], ...], end: float) -> tuple[list[float], list[float]]:
    """The steps and how far the last goes; what is unknown is a hole."""
    values = [float("nan") if value is None else float(value) for _, value in steps]
    return [*(at for at, _ in steps), end], [*values, values[-1]]


def _lanes(pen: Pen, axes: Axes, sheet: EpisodeSheet) -> None:
    """One bar a call-up, from when it was made to its answer or the end of its time."""
    axes.set_xlim(0, sheet.hours)
    axes.set_ylim(len(sheet.lanes), 0)
    _moments(pen, axes, sheet)
    axes.set_yticks([] if pen.narrow else [number + 0.5 for number in range(len(sheet.lanes))])
    if not pen.narrow:
        axes.set_yticklabels([lane.name for lane in sheet.lanes])
    for number, lane in enumerate(sheet.lanes):
        _lane(pen, axes, sheet, number, lane)


def _lane(pen: Pen, axes: Axes, sheet: EpisodeSheet, number: int, lane: Lane) -> None:
    """One bar with what was said beside it; on narrow paper its name too."""
    colour = pen.colour(_STATES[lane.state])
    end = max(lane.end, lane.start + sheet.hours / 120)
    axes.barh(
        number + 0.5, end - lane.start, left=lane.start, height=0.5, color="none" if lane.state in _HATCHES else colour,
        edgecolor=colour, hatch=_HATCHES.get(lane.state), zorder=3,
    )  # fmt: skip
    text = f"{lane.name}: {lane.label}" if pen.narrow else lane.label
    unit, needed = axes.get_position().width * pen.width / sheet.hours, len(text) * SMALL * 0.58 + 12
    after, before = (sheet.hours - end) * unit >= needed, lane.start * unit >= needed
    inside = not after and not before
    axes.annotate(
        text, (end if after else lane.start, number + 0.5), (6 if after else 4 if inside else -6, 0),
        textcoords="offset points", ha="right" if before and not after else "left", va="center", fontsize=SMALL,
        color=pen.colour("ink"), zorder=4, annotation_clip=False, bbox=pen.ground() if inside else None,
    )  # fmt: skip
