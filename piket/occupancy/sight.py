"""The desk of a centre as this room works at it: with the picture of the centre, looked at once until something changes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from piket.audit.service import Actor
from piket.occupancy.models import Standing
from piket.occupancy.standing import Picture, picture_of
from piket.overflows import service as overflows
from piket.overflows.service import Desk
from piket.settings import Settings


@dataclass
class CentreDesk(Desk):
    """A desk whose holder sees the centre. `picture` is as last looked at; `look_again` after anything that changes it.

    `measured` is the level from which the next change in this transaction is told: as shown at its beginning, then as judged.
    """

    picture: Picture = None  # type: ignore[assignment] # always given by `open`
    measured: str = "unknown"

    @classmethod
    def open(
        cls,
        session: Session,
        now: datetime,
        settings: Settings,
        picture: Picture,
        actor: Actor,
        former: Desk | None = None,
    ) -> CentreDesk:
        """The desk of a centre whose row is locked. `former`: the desk of it in this transaction, which knows the episode."""
        row = picture.centre
        desk = cls(
            session=session,
            now=now,
            settings=settings,
            actor=actor,
            centre=row.code,
            centre_name=row.name,
            municipality=row.municipality,
            norm=row.norm,
            how_full=picture.how_full,
            level=picture.announced,
            seen=picture.level,
            drill=picture.drill,
            picture=picture,
            measured=picture.level,
        )
        if former is not None:
            desk.follow_on(former)
        return desk

    def standing(self, definition: str) -> Standing | None:
        """What was last judged of a definition at this centre."""
        return self.picture.rows.standing(definition)

    def look_again(self) -> Picture:
        """The picture as it is now, from the rows in hand."""
        seen = self.picture
        self.picture = picture_of(seen.centre, seen.rows, self.now, self.drill, overflows.is_acute(self))
        self.seen = self.picture.level
        return self.picture
