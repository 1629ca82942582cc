"""The verbs of this room. Session first, now second; nothing here commits.

`offers` says what is offered, `promises` what is promised on a call-up, `commitments` what became of that.
"""

from __future__ import annotations

from piket.places.commitments import (
    CommitmentChange,
    change_commitment,
    commitments,
    committed,
    committed_on,
    end_due,
    find_commitment,
    occupied_at,
)
from piket.places.desk import Committed
from piket.places.offers import Site, change, find, offer, summary, withdraw
from piket.places.promises import commit_places, promise_faults, release, take_surplus
from piket.places.records import CommitmentInfo, PlaceInfo
from piket.places.rules import PlaceTerms, SitePromise, Summary, Sums

__all__ = [
    "CommitmentChange",
    "CommitmentInfo",
    "Committed",
    "PlaceInfo",
    "PlaceTerms",
    "Site",
    "SitePromise",
    "Summary",
    "Sums",
    "change",
    "change_commitment",
    "commit_places",
    "commitments",
    "committed",
    "committed_on",
    "end_due",
    "find",
    "find_commitment",
    "occupied_at",
    "offer",
    "promise_faults",
    "release",
    "summary",
    "take_surplus",
    "withdraw",
]
