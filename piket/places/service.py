"""The verbs of this room. Session first, now second; nothing here commits.

`offers` is about what is offered, `promises` about what is promised on a call-up, `commitments` about what became of
that; `listing` reads all of it, and `sight` says who may know where it is.
"""

from __future__ import annotations

from piket.places.carried import Delivered, Slept, delivered, first_promise, slept
from piket.places.commitments import (
    CommitmentChange,
    change_commitment,
    committed,
    committed_on,
    end_due,
    occupied_at,
)
from piket.places.desk import Committed
from piket.places.listing import commitments_paged, find, find_commitment, places_paged
from piket.places.offers import Site, change, offer, part_faults, summary, withdraw
from piket.places.promises import commit_places, promise_faults, release, take_surplus
from piket.places.records import CommitmentInfo, PlaceInfo
from piket.places.rules import PlaceTerms, SitePromise, Summary, Sums
from piket.places.sight import sees_site

__all__ = [
    "CommitmentChange",
    "CommitmentInfo",
    "Committed",
    "Delivered",
    "PlaceInfo",
    "PlaceTerms",
    "Site",
    "SitePromise",
    "Slept",
    "Summary",
    "Sums",
    "change",
    "change_commitment",
    "commit_places",
    "commitments_paged",
    "committed",
    "committed_on",
    "delivered",
    "end_due",
    "find",
    "find_commitment",
    "first_promise",
    "occupied_at",
    "offer",
    "part_faults",
    "places_paged",
    "promise_faults",
    "release",
    "sees_site",
    "slept",
    "summary",
    "take_surplus",
    "withdraw",
]
