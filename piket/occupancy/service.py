"""Everything that the faces and the engine may ask of this room; cut by verb."""

from piket.occupancy.desk import advance, at_centre
from piket.occupancy.handing_over import ready, upstairs
from piket.occupancy.importing import MOST_PEOPLE, import_counts
from piket.occupancy.past import Seen, first_seen, seen
from piket.occupancy.reading import (
    CentreInfo,
    CountFilter,
    CountInfo,
    centre,
    centres,
    check_first_thresholds,
    confirmations,
    corrections,
    count,
    count_import,
    count_imports,
    counts,
    late_held,
    pictures,
    seed,
)
from piket.occupancy.recording import NewCount, Recorded, confirm, correct, record
from piket.occupancy.situation import CentreNow, CountNow, Situation, pressing_now, situation
from piket.occupancy.standing import pressure_now
from piket.occupancy.thresholds import ThresholdsInfo, decide_thresholds, thresholds, thresholds_versions

__all__ = [
    "MOST_PEOPLE",
    "CentreInfo",
    "CentreNow",
    "CountFilter",
    "CountInfo",
    "CountNow",
    "NewCount",
    "Recorded",
    "Seen",
    "Situation",
    "ThresholdsInfo",
    "advance",
    "at_centre",
    "centre",
    "centres",
    "check_first_thresholds",
    "confirm",
    "confirmations",
    "correct",
    "corrections",
    "count",
    "count_import",
    "count_imports",
    "counts",
    "decide_thresholds",
    "first_seen",
    "import_counts",
    "late_held",
    "pictures",
    "pressing_now",
    "pressure_now",
    "ready",
    "record",
    "seed",
    "seen",
    "situation",
    "thresholds",
    "thresholds_versions",
    "upstairs",
]
