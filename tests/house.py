"""Reads the source of piket: what each module imports, says and does. For the tests that hold the order of the house."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "piket"

Functions = (ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class Module:
    """One source file: its dotted name, its text, and the tree of it."""

    name: str
    path: Path
    text: str
    tree: ast.Module

    @property
    def room(self) -> str:
        """The folder of piket it is in, or its own name on the ground: `alerts`, `db`."""
        parts = self.name.split(".")
        return parts[1] if len(parts) > 1 else ""

    @property
    def is_package(self) -> bool:
        return self.path.name == "__init__.py"


def read_module(name: str, path: Path, text: str) -> Module:
    return Module(name, path, text, ast.parse(text, str(path)))


def modules() -> list[Module]:
    """All of piket and wsgi.py, in a fixed order."""
    found = []
    for path in sorted([*PACKAGE.rglob("*.py"), *ROOT.glob("wsgi.py")]):
        parts = path.relative_to(ROOT).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found.append(read_module(name, path, path.read_text(encoding="utf-8")))
    return found


def imports(module: Module, known: set[str]) -> Iterator[tuple[int, str]]:
    """Line and full name of everything it imports, also what is for type checking alone.

    `from piket.rota import service` is the module `piket.rota.service`; `from piket.rota.service import Duty` too.
    """
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield node.lineno, alias.name
        elif isinstance(node, ast.ImportFrom):
            origin = _origin(module, node)
            for alias in node.names:
                inner = f"{origin}.{alias.name}"
                yield node.lineno, inner if inner in known else origin


def _origin(module: Module, node: ast.ImportFrom) -> str:
    if not node.level:
        return node.module or ""
    parts = module.name.split(".")
    here = parts if module.is_package else parts[:-1]
    above = here[: len(here) - node.level + 1]
    return ".".join([*above, *([node.module] if node.module else [])])


def imports_inside_functions(module: Module) -> Iterator[int]:
    """The lines where something is imported late."""
    for outer in ast.walk(module.tree):
        if isinstance(outer, Functions):
            for node in ast.walk(outer):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield node.lineno


def clock_reads(module: Module) -> Iterator[int]:
    """The lines that ask the machine for the moment (what measures a duration is another thing)."""
    forbidden = {
        ("datetime", "now"),
        ("datetime", "utcnow"),
        ("datetime", "today"),
        ("date", "today"),
        ("time", "time"),
    }
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            owner = node.func.value
            name = owner.attr if isinstance(owner, ast.Attribute) else getattr(owner, "id", "")
            if (name, node.func.attr) in forbidden:
                yield node.lineno


def long_functions(module: Module, most: int = 50) -> Iterator[tuple[int, str, int]]:
    """Line, name and length of functions longer than `most` lines, docstring not counted."""
    for node in ast.walk(module.tree):
        if isinstance(node, Functions):
            length = (
                (node.end_lineno or node.lineno) - node.lineno + 1 - len((ast.get_docstring(node) or "").splitlines())
            )
            if length > most:
                yield node.lineno, node.name, length


def circles(graph: dict[str, set[str]]) -> list[list[str]]:
    """Every circle found while walking the arrows, as the names along it."""
    found: list[list[str]] = []
    done: set[str] = set()

    def walk(name: str, trail: list[str]) -> None:
        if name in trail:
            found.append([*trail[trail.index(name) :], name])
            return
        if name in done:
            return
        for target in sorted(graph.get(name, ())):
            walk(target, [*trail, name])
        done.add(name)

    for name in sorted(graph):
        walk(name, [])
    return found
