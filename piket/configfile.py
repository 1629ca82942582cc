"""Read a TOML file into frozen dataclasses: every fault at once, each naming file and key.

The dataclasses are the description of the files: a field is a key, its type says what may stand there, its default what
holds when it is left out. An unknown key is a fault, because a typing error would otherwise be a setting that is never used.
"""

from __future__ import annotations

import dataclasses
import tomllib
import types
from collections.abc import Sequence
from datetime import date, datetime, time
from pathlib import Path
from typing import Any, Literal, TypeVar, Union, get_args, get_origin, get_type_hints

from piket.errors import Fault, Misconfigured
from piket.words import Text, say

T = TypeVar("T")
LARGEST = 1_000_000_000
_RIGHT: dict[Any, Text] = {
    int: say("must be a whole number"),
    float: say("must be a number"),
    str: say("must be text"),
    bool: say("must be true or false"),
    date: say("must be a date"),
    time: say('must be a time such as "18:00"'),
}


def read_toml(path: Path) -> dict[str, Any]:
    """The file as plain values. Raises `Misconfigured` when it is missing or is not TOML."""
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise Misconfigured(say("{path} is missing.", path=str(path))) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise Misconfigured(say("{path} is not TOML: {why}.", path=str(path), why=str(error))) from None


def load(kind: type[T], table: Any, path: Path) -> T:
    """`table` as `kind`. Raises `Misconfigured` with every fault: unknown keys, missing ones, values of another kind."""
    faults: list[Fault] = []
    value: T = convert(kind, table, "", faults)
    refuse(faults, path)
    return value


def refuse(faults: list[Fault], path: Path) -> None:
    """Raise `Misconfigured` naming the file and every fault, if there is one."""
    if faults:
        raise Misconfigured(say("{path} cannot be used: {faults}.", path=str(path), faults=every(faults)))


def every(faults: Sequence[Fault]) -> Text:
    """All faults in one sentence, each with its key; there is at least one."""
    told = [say("{key}: {detail}", key=fault.field, detail=fault.detail) for fault in faults]
    whole = told[0]
    for more in told[1:]:
        whole = say("{first}; {second}", first=whole, second=more)
    return whole


def convert(kind: Any, value: Any, key: str, faults: list[Fault]) -> Any:
    """One value as `kind`; what is wrong is added to `faults`, and None comes back in its place."""
    origin = get_origin(kind)
    if dataclasses.is_dataclass(kind):
        return _convert_table(kind, value, key, faults)
    if origin is tuple:
        return _convert_list(get_args(kind)[0], value, key, faults)
    if origin in (types.UnionType, Union):
        return convert(next(a for a in get_args(kind) if a is not type(None)), value, key, faults)
    if origin is Literal:
        return _one_of(get_args(kind), value, key, faults)
    if origin is dict:
        return _convert_dict(get_args(kind)[1], value, key, faults)
    return _convert_plain(kind, value, key, faults)


def _fault(faults: list[Fault], key: str, detail: Text) -> None:
    faults.append(Fault("config", key or say("(the whole file)"), detail))


def _convert_table(kind: Any, value: Any, key: str, faults: list[Fault]) -> Any:
    """A table as a dataclass; None when anything in it is wrong."""
    if not isinstance(value, dict):
        _fault(faults, key, say("must be a table"))
        return None
    before, prefix, hints, given = len(faults), f"{key}." if key else "", get_type_hints(kind), {}
    fields = {field.name: field for field in dataclasses.fields(kind)}
    for name in value.keys() - fields.keys():
        _fault(
            faults,
            prefix + name,
            say("is not a key that exists here; known are {known}", known=", ".join(sorted(fields))),
        )
    for name, field in fields.items():
        if name in value:
            given[name] = convert(hints[name], value[name], prefix + name, faults)
        elif field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING:
            _fault(faults, prefix + name, say("is missing"))
    return kind(**given) if len(faults) == before else None


def _convert_list(item: Any, value: Any, key: str, faults: list[Fault]) -> tuple[Any, ...] | None:
    """A list as a tuple, each entry converted under its number."""
    if not isinstance(value, list):
        _fault(faults, key, say("must be a list"))
        return None
    return tuple(convert(item, entry, f"{key}.{number}", faults) for number, entry in enumerate(value))


def _convert_dict(item: Any, value: Any, key: str, faults: list[Fault]) -> dict[str, Any] | None:
    """A table whose keys are free, each value converted under its key."""
    if not isinstance(value, dict):
        _fault(faults, key, say("must be a table"))
        return None
    return {name: convert(item, entry, f"{key}.{name}" if key else name, faults) for name, entry in value.items()}


def _one_of(allowed: tuple[Any, ...], value: Any, key: str, faults: list[Fault]) -> Any:
    """One of the words that a `Literal` allows."""
    if value not in allowed:
        _fault(
            faults,
            key,
            say("is {value} and must be one of {known}", value=repr(value), known=", ".join(map(str, allowed))),
        )
        return None
    return value


def _convert_plain(kind: Any, value: Any, key: str, faults: list[Fault]) -> Any:
    """A number, a text, a date or a time. TOML has no bare time with a meaning of its own here, so it is written as text."""
    if kind is time and isinstance(value, str):
        try:
            return time.fromisoformat(value)
        except ValueError:
            value = None
    if kind is float and isinstance(value, int) and not isinstance(value, bool):
        value = float(value)
    fits = isinstance(value, kind) and not (kind is not bool and isinstance(value, bool))
    if not fits or (kind is date and isinstance(value, datetime)):
        _fault(faults, key, _RIGHT[kind])
        return None
    # No number here may be nothing, less than nothing, or endless: a pause of 0 spins, a limit of 0 lets nothing through.
    if kind in (int, float) and not 0 < value <= LARGEST:
        _fault(faults, key, say("must be more than 0 and at most {most}", most=LARGEST))
        return None
    return value
