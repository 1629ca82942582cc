"""One alert of every kind, on the afternoon of 16 September 2024, as the rooms that tell them fill them in."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from piket.alerts.info import AlertInfo, Reader
from piket.alerts.rules import Answers, EnoughPlaces, HowFull, WhoActs

AT = datetime(2024, 9, 16, 12, 20, tzinfo=UTC)
COUNTED = datetime(2024, 9, 16, 5, tzinfo=UTC)
RESPOND_BY, NEEDED_BY = "2024-09-16T13:20:00Z", "2024-09-16T19:00:00Z"
NAMES = {
    "coa": "COA",
    "ministry": "Ministerie van Asiel en Migratie",
    "operator": "Beheerder van piket",
    "nl-dr": "Drenthe",
    "nl-ov": "Overijssel",
    "nl-ut": "Utrecht",
    "cdk-nl-ov": "Commissaris van de Koning in Overijssel",
    "gm1680": "Gemeente Aa en Hunze",
    "vr03": "Veiligheidsregio Drenthe",
}
TELEPHONES = {"coa": "+31 70 000 00 01", "nl-ov": "+31 38 000 00 02"}
CALL = {
    "organisation": "nl-ov",
    "places": 179,
    "madeAt": "2024-09-16T12:20:00Z",
    "respondBy": RESPOND_BY,
    "neededBy": NEEDED_BY,
    "counted": 120,
    "state": "partly",
}
CARD: dict[str, Any] = {
    "rota": "piket",
    "name": "Landelijk opvang piket",
    "proposed": True,
    "madeAt": "2024-09-16T12:20:00Z",
    "onDuty": {"organisations": ["nl-ov"], "until": "2024-09-25T10:00:00Z", "confirmedPlaces": 120},
    "standby": "nl-ut",
    "turns": [
        {
            "turn": "turn",
            "from": "2024-09-25T10:00:00Z",
            "until": "2024-10-09T10:00:00Z",
            "organisations": ["nl-ut"],
            "confirmedPlaces": None,
        }
    ],
    "telephones": {"coa": "+31 70 000 00 01", "nl-ov": "+31 38 000 00 02", "nl-ut": None},
    "names": {code: NAMES[code] for code in ("coa", "nl-ov", "nl-ut")},
    "ready": {"nl-ov": [120, 40]},
    "readyAt": "2024-09-16T12:20:00Z",
    "respondMinutes": [60, 20],
}
DETAILS: dict[str, dict[str, Any]] = {
    "callUp": CALL | {"counted": 0, "state": "open"},
    "callUpReminder": CALL | {"counted": 0, "state": "open"},
    "callUpAnswered": CALL | {"next": "nl-ut", "inView": 60, "surplus": 0, "late": False},
    "callUpOverdue": CALL | {"next": "nl-ut"},
    "callUpReleased": CALL | {"reason": "enough"},
    "countOverdue": {"observedAt": "2024-09-15T05:00:00Z"},
    "countHeld": {"people": 2500, "lastJudged": 2129, "judgeAt": "2024-09-16T12:35:00Z"},
    "commitmentChanged": {
        "what": "agreed",
        "places": 50,
        "province": "nl-dr",
        "municipality": "gm1680",
        "municipalityName": "Aa en Hunze",
        "site": "Sporthal De Boerhoorn",
        "from": "2024-09-16T18:00:00Z",
        "until": "2024-09-20T10:00:00Z",
    },
    "handOver": {"leaving": "nl-dr", "coming": ["nl-ov"], "at": "2024-09-18T10:00:00Z", "moment": "before"},
    "confirmationAsked": {
        "step": "asked",
        "organisation": "nl-ut",
        "turn": "turn",
        "from": "2024-09-25T10:00:00Z",
        "until": "2024-10-09T10:00:00Z",
        "respondBy": "2024-09-24T10:00:00Z",
        "standby": "nl-dr",
        "placesTarget": 150,
        "answerAt": "https://piket.example/turns/turn",
    },
    "swap": {
        "what": "proposed",
        "swap": "3f0c",
        "rota": "piket",
        "name": "Landelijk opvang piket",
        "offering": "nl-ov",
        "requested": "nl-ut",
        "proposedBy": "nl-ov",
        "by": "nl-ov",
        "offeredFrom": "2024-09-25T10:00:00Z",
        "offeredUntil": "2024-10-09T10:00:00Z",
        "requestedFrom": "2024-10-09T10:00:00Z",
        "requestedUntil": "2024-10-23T10:00:00Z",
        "answerBy": "2024-09-25T10:00:00Z",
        "waitingFor": ["nl-ut"],
        "reason": "Verkiezingen",
        "note": None,
        "remarks": [
            {
                "kind": "twiceRunning",
                "organisation": "nl-ut",
                "from": "2024-09-11T10:00:00Z",
                "until": "2024-10-09T10:00:00Z",
            }
        ],
        "stays": [],
    },
    "emergencyCard": {"rota": "piket", "name": "Landelijk opvang piket", "card": CARD},
    "rotaChanged": {
        "rota": "piket",
        "name": "Landelijk opvang piket",
        "from": "2024-11-20T11:00:00Z",
        "decision": {"by": "de minister", "on": "2024-09-16", "note": None},
        "moved": {
            "nl-ov": {
                "was": [["2025-02-12T11:00:00Z", "2025-02-26T11:00:00Z"]],
                "now": [["2025-02-26T11:00:00Z", "2025-03-12T11:00:00Z"]],
            },
            "nl-ut": {"was": [], "now": [["2025-02-12T11:00:00Z", "2025-02-26T11:00:00Z"]]},
        },
    },
    "coverageHole": {
        "rota": "piket",
        "name": "Landelijk opvang piket",
        "organisations": ["nl-ut", "nl-dr"],
        "holes": [
            {
                "state": "nobodyReachable",
                "organisations": ["nl-ut"],
                "from": "2024-09-25T10:00:00Z",
                "until": "2024-10-09T10:00:00Z",
                "stretches": 3,
            },
            {
                "state": "nobody",
                "organisations": [],
                "from": "2024-12-04T11:00:00Z",
                "until": "2024-12-18T11:00:00Z",
                "stretches": 1,
            },
        ],
    },
    "deliveryFailed": {"organisation": "nl-ov", "attempts": 5, "telephone": "+31 38 000 00 02"},
    "levelsGathered": {
        "since": "2024-09-16T12:11:00Z",
        "until": "2024-09-16T12:19:00Z",
        "changes": [
            {
                "at": "2024-09-16T12:11:00Z",
                "kind": "levelLowered",
                "previousLevel": "high",
                "level": "watch",
                "people": 1849,
            },
            {
                "at": "2024-09-16T12:14:00Z",
                "kind": "levelRaised",
                "previousLevel": "watch",
                "level": "overflow",
                "people": 2129,
            },
            {
                "at": "2024-09-16T12:19:00Z",
                "kind": "allClear",
                "previousLevel": "overflow",
                "level": "normal",
                "people": None,
            },
        ],
    },
    "callUpsGathered": {
        "since": "2024-09-16T12:11:00Z",
        "until": "2024-09-16T12:19:00Z",
        "messages": [
            CALL | {"kind": kind, "at": f"2024-09-16T12:1{minute}:00Z", "callUp": call, "next": None, "reason": None}
            for minute, (kind, call) in enumerate(
                [
                    ("callUp", "first"),
                    ("callUpReleased", "first"),
                    ("callUp", "second"),
                    ("callUpReminder", "second"),
                    ("callUpAnswered", "third"),
                    ("callUpOverdue", "fourth"),
                    ("listEnded", None),
                ],
                1,
            )
        ],
    },
    "failuresGathered": {
        "failures": [
            {"organisation": "nl-ov", "telephone": "+31 38 000 00 02", "attempts": 35, "at": "2024-09-16T12:14:00Z"},
            {"organisation": "nl-dr", "telephone": None, "attempts": 1, "at": "2024-09-16T12:15:00Z"},
        ]
    },
    "allClear": {"closure": "allClear"},
}
FULL = HowFull(people=2129, without_bed=45, definition="nightBeds", observed_at=COUNTED, norm=2000, over_norm=129)
ANSWERS = Answers(
    FULL, WhoActs("nl-ov", datetime(2024, 9, 16, 13, 20, tzinfo=UTC)), EnoughPlaces(179, 120, 59), rota_proposed=True
)


def alert(kind: str, **changes: Any) -> AlertInfo:
    """An alert of `kind`; `full`, `places` and `acts` change its answers, `details` is added to those of the kind."""
    answers = replace(
        ANSWERS,
        how_full=changes.pop("full", ANSWERS.how_full),
        enough_places=changes.pop("places", ANSWERS.enough_places),
        who_acts=changes.pop("acts", ANSWERS.who_acts),
        rota_proposed=changes.pop("proposed", True),
    )
    given: dict[str, Any] = {
        "id": "alert",
        "kind": kind,
        "at": AT,
        "centre": "ter-apel",
        "centre_name": "Ter Apel",
        "level": "overflow",
        "previous_level": "high",
        "overflow": "episode",
        "answers": answers,
        "told": ("coa", "ministry", "nl-ov"),
        "names": NAMES,
        "telephones": TELEPHONES,
        "details": DETAILS.get(kind, {}) | changes.pop("details", {}),
    }
    return AlertInfo(**given | changes)


def reader(code: str) -> Reader:
    """An organisation that reads."""
    kinds = {"nl-": "province", "cdk": "commissioner", "gm1": "municipality", "vr0": "safetyRegion"}
    return Reader(code, kinds.get(code[:3], code))
