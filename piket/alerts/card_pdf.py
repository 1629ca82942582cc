"""The emergency card as a PDF of one A4 page: it opens everywhere without a network, and prints as it is.

Drawn with the fonts that every reader has, so nothing is embedded and it stays a few kilobytes. The same content has the same
bytes. What it says also stands in the text of the mail, for who reads by ear.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Sequence
from io import BytesIO

import pydyf

from piket.alerts.card import Card
from piket.words import Words, say

WIDTH, HEIGHT, MARGIN = 595.28, 841.89, 40.0
LEAST_SIZE, MOST_SIZE = 5.0, 11.0
# Up to so many numbers stand one beneath the other.
ONE_COLUMN = 16
# Widths of Helvetica and Helvetica-Bold, in thousandths of the size, for the characters from space to tilde (Adobe's AFM).
_PLAIN = (
    "278 278 355 556 556 889 667 191 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 278 278 584 "
    "584 584 556 1015 667 667 722 722 667 611 778 722 278 500 667 556 833 722 778 667 778 722 667 611 722 667 944 667 667 "
    "611 278 278 278 469 556 333 556 556 500 556 556 278 556 556 222 222 500 222 833 556 556 556 556 333 500 278 556 500 "
    "722 500 500 500 334 260 334 584"
)
_BOLD = (
    "278 333 474 556 556 889 722 238 333 333 389 584 278 333 278 278 556 556 556 556 556 556 556 556 556 556 333 333 584 "
    "584 584 611 975 722 722 722 722 667 611 778 722 278 556 722 611 833 722 778 667 778 722 667 611 722 667 944 667 667 "
    "611 333 278 333 584 556 333 556 611 556 611 556 333 611 611 278 278 556 278 889 611 611 611 611 389 556 333 611 556 "
    "778 556 556 500 389 280 389 584"
)
_WIDTHS = {"F1": [int(width) for width in _PLAIN.split()], "F2": [int(width) for width in _BOLD.split()]}


def width(text: str, font: str, size: float) -> float:
    """How wide a line comes out, in points. A letter with an accent is as wide as without."""
    widths, total = _WIDTHS[font], 0
    for character in text:
        place = ord(unicodedata.normalize("NFD", character)[0]) - 32
        total += widths[place] if 0 <= place < len(widths) else 600
    return total * size / 1000


def wrapped(text: str, font: str, size: float, room: float) -> list[str]:
    """The text as lines that fit; one word that is too long for a line is cut."""
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if width(longer, font, size) <= room or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return [_cut(line, font, size, room) for line in lines]


def _cut(line: str, font: str, size: float, room: float) -> str:
    while line and width(line, font, size) > room:
        line = line[:-1]
    return line


class _Page:
    """One page that is filled from the top. `y` is where the next line begins; below `MARGIN` it does not fit."""

    def __init__(self, size: float) -> None:
        self.size, self.y = size, HEIGHT - MARGIN
        self.stream = pydyf.Stream(compress=True)

    def text(self, x: float, y: float, line: str, font: str, size: float) -> None:
        """One line at a place. What the font does not have is shown as a question mark."""
        self.stream.begin_text()
        self.stream.set_font_size(font, size)
        self.stream.set_text_matrix(1, 0, 0, 1, x, y)
        self.stream.show_text(_coded(line))
        self.stream.end_text()

    def line(self, text: str, font: str = "F1", times: float = 1.0, before: float = 0.0) -> None:
        """A paragraph over the whole width; `before` is the space above it, in lines."""
        self.row([(0.0, WIDTH - 2 * MARGIN, text, font)], times, before)

    def row(self, cells: Iterable[tuple[float, float, str, str]], times: float = 1.0, before: float = 0.0) -> None:
        """Cells side by side: where each begins, how wide it may be, its text and font. As high as the highest."""
        size, height = self.size * times, self.size * times * 1.3
        self.y -= before * height
        columns = [(x, wrapped(text, font, size, room), font) for x, room, text, font in cells]
        for x, lines, font in columns:
            for number, line in enumerate(lines):
                self.text(MARGIN + x, self.y - size - number * height, line, font, size)
        self.y -= max(len(lines) for _, lines, _ in columns) * height

    def rule(self) -> None:
        """A thin line over the whole width."""
        self.y -= self.size * 0.4
        self.stream.set_line_width(0.5)
        self.stream.move_to(MARGIN, self.y)
        self.stream.line_to(WIDTH - MARGIN, self.y)
        self.stream.stroke()
        self.y -= self.size * 0.2


def _coded(line: str) -> str:
    """The line in the encoding of the fonts, as a PDF writes bytes; what they do not have is a question mark."""
    return f"<{line.encode('cp1252', 'replace').hex()}>"


def draw(card: Card, words: Words) -> bytes:
    """The PDF, in the largest type in which it fits one page."""
    tell = Words(words.language)
    size = MOST_SIZE
    page = _fill(card, tell, size)
    while page.y < MARGIN and size > LEAST_SIZE:
        size -= 0.5
        page = _fill(card, tell, size)
    return _written(page, tell(card.title), tell.language)


def _fill(card: Card, tell: Words, size: float) -> _Page:
    """Everything on one page in type of this size."""
    page = _Page(size)
    page.line(tell(card.title), "F2", 1.8)
    page.line(tell(card.made))
    if card.notice:
        page.line(tell(card.notice), "F2")
    page.rule()
    for label, value in card.facts:
        page.row([(0, 190, tell(label), "F1"), (195, 320, tell.value(value), "F2")], 1.2)
    room = WIDTH - 2 * MARGIN
    turns = ((tell(span), who, tell(places)) for span, who, places in card.turns)
    _table(page, tell(say("The next turns")), turns, (0, 25.5 * size, room - 11.5 * size))
    halves = 2 if len(card.numbers) > ONE_COLUMN else 1
    at = [half * room / halves + part * room / halves for half in range(halves) for part in (0, 0.42, 0.68)]
    _table(page, tell(say("Telephone numbers, and places ready")), _numbers(card, tell, halves), at)
    for note in (card.hidden, card.ready_at):
        if note:
            page.line(tell(note))
    page.line(tell(say("When the system is down: by telephone")), "F2", 1.2, before=0.5)
    page.rule()
    for number, step in enumerate(card.steps, 1):
        page.row([(0, 14, f"{number}.", "F1"), (16, WIDTH - 2 * MARGIN - 16, tell(step), "F1")])
    return page


def _numbers(card: Card, tell: Words, halves: int) -> Iterable[Sequence[str]]:
    """The numbers as rows of cells; of a long list two stand side by side."""
    unknown = "" if card.hidden else tell(say("no telephone number is known"))
    cells = [(one.name, one.telephone or unknown, tell(one.ready) if one.ready else "") for one in card.numbers]
    height = -(-len(cells) // halves)
    cells += [("", "", "")] * (height * halves - len(cells))
    for row in range(height):
        yield [cell for half in range(halves) for cell in cells[half * height + row]]


def _table(page: _Page, heading: str, rows: Iterable[Sequence[str]], at: Sequence[float]) -> None:
    """A heading with its rows; each column as wide as up to the next."""
    page.line(heading, "F2", 1.2, before=0.5)
    page.rule()
    ends = [*at[1:], WIDTH - 2 * MARGIN]
    for row in rows:
        page.row([(x, end - x - 6, text, "F1") for x, end, text in zip(at, ends, row, strict=True)])


def _written(page: _Page, title: str, language: str) -> bytes:
    """The document around the page."""
    document = pydyf.PDF()
    document.info["Title"] = pydyf.String(title)
    document.catalog["Lang"] = pydyf.String(language)
    document.add_object(page.stream)
    fonts = {name: _font(document, face) for name, face in (("F1", "Helvetica"), ("F2", "Helvetica-Bold"))}
    document.add_page(
        pydyf.Dictionary(
            {
                "Type": "/Page",
                "Parent": document.pages.reference,
                "MediaBox": pydyf.Array([0, 0, WIDTH, HEIGHT]),
                "Contents": page.stream.reference,
                "Resources": pydyf.Dictionary({"Font": pydyf.Dictionary(fonts)}),
            }
        )
    )
    out = BytesIO()
    document.write(out)
    return out.getvalue()


def _font(document: pydyf.PDF, face: str) -> bytes:
    """A font that every reader of PDF brings along."""
    font = pydyf.Dictionary(
        {"Type": "/Font", "Subtype": "/Type1", "BaseFont": f"/{face}", "Encoding": "/WinAnsiEncoding"}
    )
    document.add_object(font)
    reference: bytes = font.reference
    return reference
