"""Other rotas of this field, in the form of `config/rotas.toml`."""

from __future__ import annotations

from pathlib import Path

from piket.configfile import convert, read_toml, refuse
from piket.errors import Fault
from piket.settings import SeedRota

FOLDER = Path(__file__).parent


def rotas_of(name: str) -> tuple[SeedRota, ...]:
    """The rotas of one of the files here."""
    faults: list[Fault] = []
    found: tuple[SeedRota, ...] = convert(tuple[SeedRota, ...], read_toml(FOLDER / name)["rota"], "rota", faults)
    refuse(faults, FOLDER / name)
    return found
