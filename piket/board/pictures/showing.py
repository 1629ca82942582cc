"""A picture as a page shows it: where its forms are, how large they are, and what stands there while it is not drawn yet."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from piket.drawing.gallery import Gallery, State
from piket.drawing.paper import Sheet, name_of, size_of
from piket.words import Text, say

_INSTEAD = {
    "drawing": say("The picture is being drawn. The table beneath has the same figures."),
    "failed": say("The picture could not be drawn. The table beneath has the same figures."),
    "off": say("Pictures are switched off here. The table beneath has the same figures."),
}


@dataclass(frozen=True)
class Picture:
    """`sentence` says the same as the picture. `recipe` is what any other process needs to draw it again."""

    name: str
    state: State
    sentence: str
    wide: tuple[int, int]
    narrow: tuple[int, int]
    recipe: str

    @property
    def instead(self) -> Text | None:
        """What is said where the picture will be; None when it is there."""
        return _INSTEAD.get(self.state)

    def address(self, form: str) -> str:
        """Where a form is fetched."""
        return f"/pictures/{self.name}/{form}.svg?{self.recipe}"


def hang(gallery: Gallery, sheet: Sheet, sentence: str, **recipe: str) -> Picture:
    """The picture of a sheet: asked for, never waited for."""
    return Picture(
        name_of(sheet),
        gallery.ask(sheet),
        sentence,
        size_of(sheet, "wide-light.svg"),
        size_of(sheet, "narrow-light.svg"),
        urlencode(recipe),
    )
