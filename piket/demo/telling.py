"""How the demo speaks in a terminal: short lines with a moment in front, in colour where there is a terminal."""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from datetime import datetime, timedelta
from io import TextIOWrapper
from typing import Any

from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text as Styled

from piket.demo.desks import Desks
from piket.demo.follow import Told
from piket.words import Text, Words, language_of, listed, nsay, say

WIDE = 132
MOST_NAMED = 7
LEVELS = {
    "normal": ("○", "steel_blue", say("normal")),
    "watch": ("◐", "steel_blue", say("watch")),
    "high": ("◕", "dark_orange3", say("nearly full")),
    "overflow": ("●", "red", say("above the maximum")),
    "acute": ("●▌", "bold red", say("people without a bed")),
    "unknown": ("?", "grey62", say("unknown")),
}


class Teller:
    """Tells the story to one terminal, file or pipe, in one language."""

    def __init__(self, console: Console | None = None, language: str | None = None) -> None:
        self.language = language or language_of(os.environ)
        self.words = Words(self.language)
        if console is None and isinstance(sys.stdout, TextIOWrapper):
            # A terminal that cannot write a mark shows a question mark in its place, and hears the story all the same.
            sys.stdout.reconfigure(errors="replace")
        self.console = console or Console(highlight=False)
        if not self.console.is_terminal:
            self.console = Console(file=self.console.file, highlight=False, width=WIDE, no_color=True)
        self._last: datetime | None = None

    def chapter(self, title: Text) -> None:
        """A new part of the story."""
        self.console.print()
        self.console.rule(Styled(self.words(title), style="bold"), align="left", style="grey50")

    def say(self, at: datetime | None, text: Text, style: str = "", mark: str = " ") -> None:
        """One line; `at` stands in front of it when it is another moment than that of the line before."""
        begin = Styled.assemble((f"{self._stamp(at):<20}", "grey62"), (f"{mark:<3}", style))
        lines = Styled(self.words(text), style=style).wrap(self.console, max(20, self.console.width - len(begin)))
        for line in lines:
            line.rstrip()
            self.console.print(begin + line, soft_wrap=True)
            begin = Styled(" " * len(begin))

    def level(self, at: datetime, level: str, text: Text) -> None:
        """A line about a level, with its mark and word."""
        mark, style, word = LEVELS[level]
        self.say(at, say("{level}: {text}", level=word, text=text), style, mark)

    def plain(self, text: Text | str = "") -> None:
        """A line of its own, unwrapped, so that it can be copied."""
        self.console.print(Styled(self.words(text)), soft_wrap=True)

    def table(self, title: Text, columns: Sequence[Text], rows: Sequence[Sequence[Any]]) -> None:
        """A table; the first two columns are words, the others figures."""
        made = Table(title=self.words(title), title_justify="left", title_style="bold", header_style="bold")
        for number, column in enumerate(columns):
            made.add_column(self.words(column), justify="left" if number < 1 else "right")
        for row in rows:
            made.add_row(*(self.words.value(value) if value != "" else "" for value in row))
        self.console.print(made)

    def letter(self, title: Text, body: str) -> None:
        """A mail in full."""
        self.console.print(Panel(Styled(body.rstrip()), title=self.words(title), title_align="left", width=96))

    def told(self, desks: Desks, news: Sequence[Told]) -> None:
        """A line with who was told, by how many messages, and in how many milliseconds. Nothing when nobody was."""
        if any(told.arrivals for told in news):
            self.say(None, self.who(desks, news), style="grey62", mark="✉")

    def who(self, desks: Desks, news: Sequence[Told]) -> Text:
        """Who was told, by how many messages, after how many milliseconds."""
        took = sorted(one for told in news for one in told.milliseconds)
        codes = list(dict.fromkeys(code for told in news for code in told.organisations))
        who = nsay("told: {who} ({n} message", "told: {who} ({n} messages", n=len(took), who=self.named(desks, codes))
        if news[0].by_clock:
            return say("{first}, {last} ms later)", first=who, last=round(took[-1]))
        if len(took) == 1:
            return say("{first}, after {last} ms)", first=who, last=round(took[-1]))
        return say("{who}, after {first} to {last} ms)", who=who, first=round(took[0]), last=round(took[-1]))

    def named(self, desks: Desks, codes: Sequence[str]) -> str:
        """*a, b and c*; the King's Commissioners in one word when there are many."""
        commissioners = [code for code in codes if desks.kinds.get(code) == "commissioner"]
        shown = [code for code in codes if code not in commissioners] if len(commissioners) > 2 else list(codes)
        names = [desks.short(code, self.words) for code in shown[:MOST_NAMED]]
        if len(shown) > MOST_NAMED:
            names.append(self.words(say("{n} others", n=len(shown) - MOST_NAMED)))
        if len(commissioners) > 2:
            names.append(self.words(say("{n} King's Commissioners", n=len(commissioners))))
        return self.words(listed(names)) if names else ""

    def clock_time(self, at: datetime) -> str:
        """*09.05 uur*, without its day."""
        return Words(self.language, now=at).moment(at)

    def day_time(self, at: datetime) -> str:
        """*wo 17 sep 00.30 uur*: with its day and without its year."""
        # As it is written two days later.
        return Words(self.language, now=at + timedelta(days=2)).moment(at)

    def _stamp(self, at: datetime | None) -> str:
        """The moment with its day, or nothing when it stands a line above already."""
        if at is None or at == self._last:
            return ""
        self._last = at
        return self.day_time(at)
