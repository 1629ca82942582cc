"""Finds every sentence that is marked for translation: `say` and `nsay` in the code, and in the templates."""

from __future__ import annotations

import ast
import string
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import jinja2
from jinja2 import nodes

from tests.house import PACKAGE, ROOT

MARKS = ("say", "nsay")


@dataclass(frozen=True)
class Marked:
    """One sentence: where it stands, its text (None when it cannot be read from the source), its plural if any."""

    where: str
    message: str | None
    plural: str | None = None


def marked() -> list[Marked]:
    """All of them, of the code and of the templates."""
    found: list[Marked] = []
    for path in sorted(PACKAGE.rglob("*.py")):
        found += in_code(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))
    for path in sorted(p for p in PACKAGE.rglob("*") if _is_template(p)):
        found += in_template(path.read_text(encoding="utf-8"), str(path.relative_to(ROOT)))
    return found


def _is_template(path: Path) -> bool:
    return "templates" in path.parts and path.is_file() and path.suffix in (".html", ".txt", ".j2", ".jinja", ".xml")


def in_code(text: str, where: str) -> Iterator[Marked]:
    """The sentences of Python source. `say(a if x else b)` marks both."""
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.Call) or _called(node.func) not in MARKS:
            continue
        place = f"{where}:{node.lineno}"
        if _called(node.func) == "nsay":
            first, second = (_constant(argument) for argument in node.args[:2])
            yield Marked(place, first, second)
        else:
            for option in _options(node.args[0]):
                yield Marked(place, _constant(option))


def _called(function: ast.expr) -> str:
    """The name that is called; of methods only those of the module `words` (others may be called `say` too)."""
    if isinstance(function, ast.Attribute):
        return function.attr if getattr(function.value, "id", "") == "words" else ""
    return getattr(function, "id", "")


def _options(argument: ast.expr) -> list[ast.expr]:
    return [*_options(argument.body), *_options(argument.orelse)] if isinstance(argument, ast.IfExp) else [argument]


def _constant(argument: ast.expr) -> str | None:
    return argument.value if isinstance(argument, ast.Constant) and isinstance(argument.value, str) else None


def in_template(text: str, where: str) -> Iterator[Marked]:
    """The sentences of a Jinja template: `{{ words(say("…")) }}`, `{{ say("…", n=1) }}`, `{{ _("…") }}`."""
    tree = jinja2.Environment(extensions=["jinja2.ext.do", "jinja2.ext.loopcontrols"]).parse(text)
    for call in tree.find_all(nodes.Call):
        name = getattr(call.node, "name", "")
        if name not in (*MARKS, "_") or not call.args:
            continue
        values = [argument.value if isinstance(argument, nodes.Const) else None for argument in call.args[:2]]
        plural = values[1] if name == "nsay" and len(values) > 1 else None
        yield Marked(f"{where}:{call.lineno}", values[0], plural)


def placeholders(text: str) -> set[str]:
    """The names between braces."""
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
