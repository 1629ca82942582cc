"""An alert as other rooms and the wording see it: plain values, with the names and telephones its sentences need."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from piket.alerts.acknowledge import Read
from piket.alerts.frozen import moment_of
from piket.alerts.rules import FALLS, Answers, rank
from piket.words import Text, listed, say


@dataclass(frozen=True)
class Reader:
    """For whom a letter is written."""

    organisation: str
    kind: str


@dataclass(frozen=True)
class AlertInfo:
    """One alert. `names` and `telephones` are by organisation code; a telephone is None where none is known."""

    id: str
    kind: str
    at: datetime
    centre: str | None = None
    centre_name: str | None = None
    level: str | None = None
    previous_level: str | None = None
    overflow: str | None = None
    call_up: str | None = None
    drill: bool = False
    answers: Answers = field(default_factory=Answers)
    details: Mapping[str, Any] = field(default_factory=dict)
    told: tuple[str, ...] = ()
    told_beside: tuple[str, ...] = ()
    acknowledgements: tuple[Read, ...] = ()
    names: Mapping[str, str] = field(default_factory=dict)
    telephones: Mapping[str, str | None] = field(default_factory=dict)

    @property
    def place(self) -> str | Text:
        """The centre as people call it."""
        return self.centre_name or self.centre or say("the centre")

    @property
    def episode_open(self) -> bool:
        """Whether this alert speaks of an overflow that is still open."""
        return self.overflow is not None and self.kind != "allClear" and not self.details.get("closure")

    @property
    def calm(self) -> bool:
        """Whether it is known that there is no overflow."""
        return not self.episode_open and (0 <= rank(self.level) < rank("overflow") or self.kind in FALLS)

    def moment(self, key: str) -> datetime | None:
        """A moment among the details."""
        return moment_of(self.details.get(key))

    def number(self, key: str) -> int | None:
        """A number among the details."""
        value = self.details.get(key)
        return value if isinstance(value, int) and not isinstance(value, bool) else None

    def codes(self, key: str) -> list[str]:
        """The organisations that a detail names: one code, a list of them, or none."""
        value = self.details.get(key)
        return [value] if isinstance(value, str) else [str(code) for code in value or ()]

    def name(self, code: str | None) -> str | Text:
        """The name of an organisation; unknown is said as unknown."""
        return self.names.get(code, code) if code else say("unknown")

    def named(self, key: str) -> str:
        """The names of the organisations of a detail, *a, b and c*; *nobody* for an empty list, *unknown* without it."""
        if self.details.get(key) is None:
            return say("unknown")
        return listed([self.name(code) for code in self.codes(key)])
