"""How the answers and details of an alert lie in JSON, in the store and in the API: lowerCamelCase, moments in UTC."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Any

from piket.alerts.rules import Answers, EnoughPlaces, HowFull, WhoActs
from piket.clock import as_text


def moment_text(at: datetime | None) -> str | None:
    """A moment as `clock.as_text` writes it; None stays None, which is unknown."""
    return as_text(at) if at else None


def moment_of(value: Any) -> datetime | None:
    """What `moment_text` wrote, as a moment; None for anything that is not one."""
    if isinstance(value, datetime):
        return value
    try:
        at = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def plain(value: Any) -> Any:
    """A detail as JSON: moments and days as text, tuples and sets as lists, everything else as it is."""
    if isinstance(value, datetime):
        return moment_text(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, Mapping):
        return {str(key): plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(entry) for entry in value]
    return str(value) if isinstance(value, str) else value


def freeze(answers: Answers) -> dict[str, Any]:
    """The answers as JSON. Every question has all its keys, null where it is not known."""
    full, acts, places = (
        answers.how_full or HowFull(),
        answers.who_acts or WhoActs(),
        answers.enough_places or EnoughPlaces(),
    )
    return {
        "howFull": {
            "people": full.people,
            "withoutBed": full.without_bed,
            "definition": full.definition,
            "observedAt": moment_text(full.observed_at),
            "norm": full.norm,
            "overNorm": full.over_norm,
        },
        "whoActs": {"organisation": acts.organisation, "by": moment_text(acts.by)},
        "enoughPlaces": {"needed": places.needed, "committed": places.committed, "shortfall": places.shortfall},
        "rotaProposed": answers.rota_proposed,
    }


def thaw(answers: Mapping[str, Any]) -> Answers:
    """What `freeze` wrote, as values again."""
    full, acts, places = answers["howFull"], answers["whoActs"], answers["enoughPlaces"]
    return Answers(
        HowFull(
            people=full["people"],
            without_bed=full["withoutBed"],
            definition=full["definition"],
            observed_at=moment_of(full["observedAt"]),
            norm=full["norm"],
            over_norm=full["overNorm"],
        ),
        WhoActs(acts["organisation"], moment_of(acts["by"])),
        EnoughPlaces(places["needed"], places["committed"], places["shortfall"]),
        bool(answers["rotaProposed"]),
    )
