"""Who may know where a place is: sites are sensitive, and their names are for those who need them."""

from __future__ import annotations

from piket.organisations import access
from piket.organisations.access import Caller
from piket.places.records import CommitmentInfo, PlaceInfo


def sees_site(caller: Caller, info: PlaceInfo | CommitmentInfo) -> bool:
    """Whether the caller may read municipality, site, note and reason: COA, the ministry, its province and its host."""
    return access.may(caller, "see-site", own=caller.organisation in (info.province, info.municipality))
