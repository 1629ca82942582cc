"""One transaction at the desk of one centre, whose row is locked: what every verb of this room works with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from piket.alerts.rules import HowFull
from piket.alerts.service import Sent
from piket.audit.service import Actor
from piket.organisations import service as organisations
from piket.organisations.service import Info
from piket.overflows.models import Act, CallUp, Overflow
from piket.rota import service as rota
from piket.rota.service import Duty
from piket.settings import Settings


@dataclass
class Desk:
    """The session, the one moment of this request or pass, who acts, and what is known of the centre.

    `occupancy` builds it with the centre's row locked. `level` is the centre's as it was last told, `seen` as it shows,
    `shows` the one a judgement is bringing it to (None outside a judgement). `crossing` is set while a judgement raises it,
    so that a call-up can take the place of the crossing's alert. `closed`: an episode closed in this transaction, of which
    everyone is told by its all-clear. `acted`: something of an episode changed in it, so that the level may have. `sent`
    collects what was told, `called` who was called up.
    """

    session: Session
    now: datetime
    settings: Settings
    actor: Actor
    centre: str
    centre_name: str
    municipality: str
    norm: int
    how_full: HowFull
    level: str
    drill: bool = False
    seen: str = "unknown"
    shows: str | None = None
    crossing: tuple[str, str] | None = None
    closed: bool = False
    acted: bool = False
    sent: list[Sent] = field(default_factory=list)
    called: dict[str, Sent] = field(default_factory=dict)
    _episode: Overflow | None = None
    _looked: bool = False

    @property
    def episode(self) -> Overflow | None:
        """The open episode, None when there is none. Read once: while the centre is locked nobody else opens or closes one."""
        if not self._looked:
            self._episode, self._looked = open_episode(self.session, self.centre, self.drill), True
        return self._episode if self._episode is not None and self._episode.state == "open" else None

    def follow_on(self, former: Desk) -> None:
        """Know what the desk before it in this transaction knew: the open episode, and who is on duty."""
        self._episode, self._looked = former._episode, former._looked
        if "duty" in vars(former):
            self.duty = former.duty

    def begin(self, episode: Overflow | None) -> None:
        """This episode is the open one from now on; None: it is known that there is none."""
        self._episode, self._looked = episode, True

    @cached_property
    def duty(self) -> Duty:
        """Who is on duty at this moment; read once a transaction."""
        return rota.on_duty(self.session, self.now, explained=False)

    @cached_property
    def commissioners(self) -> list[Info]:
        """All King's Commissioners by code; read once a transaction."""
        return organisations.listed(self.session, kind="commissioner")

    @property
    def holders(self) -> tuple[str, ...]:
        """The organisations that have duty at this moment; empty when nobody has."""
        return self.duty.organisations if "duty" in vars(self) else rota.holders_at(self.session, self.now)

    @property
    def deliveries(self) -> int:
        """How many deliveries were written in this transaction."""
        return sum(sent.deliveries for sent in self.sent)

    def act(
        self, episode: Overflow, kind: str, call_up: CallUp | None = None, *, by: Actor | None = None, **data: object
    ) -> Act:
        """Write one line of the episode's timeline."""
        actor, self.acted = by or self.actor, True
        behalf = actor.on_behalf
        row = Act(
            overflow=episode.id,
            call_up=call_up.id if call_up else None,
            kind=kind,
            at=self.now,
            actor=actor.organisation,
            on_behalf={"organisation": behalf.organisation, "saidBy": behalf.said_by, "via": behalf.via}
            if behalf
            else None,
            data=dict(data),
        )
        self.session.add(row)
        self.session.flush()
        return row


# Asked by every count, so put together once.
_OPEN = select(Overflow).where(
    Overflow.centre == bindparam("centre"), Overflow.drill == bindparam("drill"), Overflow.state == "open"
)
_OPEN_LOCKED, _OPEN_ID = _OPEN.with_for_update(), _OPEN.with_only_columns(Overflow.id)


def open_episode(session: Session, centre: str, drill: bool = False) -> Overflow | None:
    """The open episode of a centre, locked where the store can; None when there is none."""
    here = {"centre": centre, "drill": drill}
    session.flush()
    # In quiet times there is none; on the bare connection that is known at a third of the price.
    if session.connection().scalar(_OPEN_ID, here) is None:
        return None
    return session.scalars(_OPEN_LOCKED, here).first()


def calls_of(session: Session, episode: Overflow, *states: str) -> Sequence[CallUp]:
    """The opening call-ups of an episode in the order they were made, only those in `states` when given."""
    chosen = select(CallUp).where(CallUp.overflow == episode.id, CallUp.kind == "opening")
    if states:
        chosen = chosen.where(CallUp.state.in_(states))
    return session.scalars(chosen.order_by(CallUp.made_at, CallUp.seq)).all()
