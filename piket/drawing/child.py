"""The process that draws: reads one sheet from its standard input, writes the forms of the picture to its standard output.

    python -m piket.drawing.child < sheet.json

It opens no network and no database, gives way to everything else on the machine, and ends. Started by `gallery` alone.
"""

from __future__ import annotations

import base64
import json
import os
import sys

from piket.drawing.episode import draw_episode
from piket.drawing.occupancy import draw_occupancy
from piket.drawing.paper import OccupancySheet, Sheet, read, size_of
from piket.drawing.pen import Pen


def drawn(sheet: Sheet, form: str) -> bytes:
    """One form of the picture of a sheet."""
    pen = Pen(size_of(sheet, form), form)
    if isinstance(sheet, OccupancySheet):
        draw_occupancy(pen, sheet)
    else:
        draw_episode(pen, sheet)
    return pen.finished()


def main() -> None:
    """Draw every form that is asked for, and hand all of them over at once."""
    os.nice(10)
    sheet, forms = read(sys.stdin.read())
    made = {form: base64.b64encode(drawn(sheet, form)).decode() for form in forms}
    json.dump(made, sys.stdout)


if __name__ == "__main__":
    main()
