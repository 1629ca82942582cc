"""What both charts are drawn with: a sheet of paper of the right size, quiet axes, and the bytes of a form.

Runs in the child only. The same sheet gives the same bytes: ids in the SVG come from a fixed salt, and no date is written.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from io import BytesIO
from typing import Any

from matplotlib import rcParams
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from piket.drawing.colours import DARK, LIGHT
from piket.drawing.paper import Tick

# Text stays text: it is set in the reader's own system font and can be searched.
rcParams.update({"svg.fonttype": "none", "svg.hashsalt": "piket", "font.family": "DejaVu Sans", "hatch.linewidth": 0.6})
_FONTS = "-apple-system, 'Segoe UI', Roboto, 'Helvetica Neue', 'Liberation Sans', Arial, sans-serif"
_NOTHING: Mapping[str, None] = {"Creator": None, "Date": None, "Format": None, "Type": None}
SMALL, TEXT = 13.5, 15.0


class Pen:
    """One form of one picture while it is drawn: `colour("norm")` by name, and whether it is the narrow form."""

    def __init__(self, size: tuple[int, int], form: str) -> None:
        self.width, self.height = size
        self.form = form
        self.narrow = self.width < 500
        # A picture for mails is set in the font that comes with matplotlib, which is a wide one.
        self.margin = 150 if form.endswith(".png") else 132
        self._colours = DARK if "dark" in form else LIGHT
        self.figure = Figure(figsize=(self.width / 72, self.height / 72), dpi=72, facecolor=self.colour("paper"))

    def colour(self, name: str) -> str:
        """A named colour of the scheme."""
        return self._colours[name]

    def axes(self, left: float, bottom: float, width: float, height: float) -> Axes:
        """A scale at this place, in units from the lower left corner, with quiet axes."""
        axes = self.figure.add_axes(
            (left / self.width, bottom / self.height, width / self.width, height / self.height),
            facecolor=self.colour("paper"),
        )
        for side in ("top", "right", "left"):
            axes.spines[side].set_visible(False)
        axes.spines["bottom"].set_color(self.colour("quiet"))
        axes.tick_params(axis="both", colors=self.colour("quiet"), labelsize=SMALL, length=0, pad=5)
        axes.set_axisbelow(True)
        return axes

    def ground(self) -> dict[str, Any]:
        """A piece of paper under a text, so that lines do not cross it."""
        return {"facecolor": self.colour("paper"), "edgecolor": "none", "alpha": 0.85, "pad": 1.5}

    def spaced(self, ticks: tuple[Tick, ...], span: float, width: float) -> list[Tick]:
        """Those of the ticks whose names do not touch each other, nor the edge of the paper."""
        found, free = [], 0.0
        for tick in ticks:
            start = tick.at / span * width
            end = start + len(tick.label) * SMALL * 0.6
            if start >= free and end <= width + (4 if self.narrow else 60):
                found.append(tick)
                free = end + 14
        return found

    def finished(self) -> bytes:
        """The bytes of the form. Raises whatever matplotlib makes of a sheet that cannot be drawn."""
        out = BytesIO()
        if self.form.endswith(".png"):
            draw: Callable[..., None] = FigureCanvasAgg(self.figure).print_png
            draw(out, metadata={"Software": None}, pil_kwargs={"optimize": True})
            return out.getvalue()
        write: Callable[..., None] = FigureCanvasSVG(self.figure).print_svg
        write(out, metadata=dict(_NOTHING))
        return _tidy(out.getvalue().decode()).encode()


def _tidy(svg: str) -> str:
    """Without comments and the empty frame of metadata, in the fonts of the reader's system."""
    svg = re.sub(r"<!--.*?-->|<metadata>.*?</metadata>", "", svg, flags=re.DOTALL)
    svg = re.sub(r"<!DOCTYPE.*?>", "", svg, flags=re.DOTALL)
    svg = svg.replace("'DejaVu Sans'", _FONTS)
    return re.sub(r"\n\s*", "\n", svg)
