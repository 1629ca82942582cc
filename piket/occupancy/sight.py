"""The desk of a centre as this room works at it: with the picture of the centre, looked at once until something changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from piket.audit.service import Actor
from piket.occupancy.models import Centre
from piket.occupancy.standing import Picture, look
from piket.overflows.service import Desk
from piket.settings import Settings


@dataclass
class CentreDesk(Desk):
    """A desk whose holder sees the centre. `picture` is as last looked at; `look_again` after anything that changes it."""

    picture: Picture = None  # type: ignore[assignment] # always given by `open`

    @classmethod
    def open(
        cls,
        session: Session,
        now: datetime,
        settings: Settings,
        row: Centre,
        actor: Actor,
        drill: bool,
        picture: Picture | None = None,
    ) -> CentreDesk:
        """The desk of a centre whose row is locked; `picture` when it was looked at in this transaction already."""
        seen = picture or look(session, row, now, drill)
        return cls(
            session=session,
            now=now,
            settings=settings,
            actor=actor,
            centre=row.code,
            centre_name=row.name,
            municipality=row.municipality,
            norm=row.norm,
            how_full=seen.how_full,
            level=seen.announced,
            drill=drill,
            picture=seen,
        )

    def look_again(self, *, new_thresholds: bool = False) -> Picture:
        """The picture as it is now."""
        self.session.flush()
        thresholds = None if new_thresholds else self.picture.thresholds
        self.picture = look(self.session, self.picture.centre, self.now, self.drill, thresholds)
        return self.picture
