"""Everything that other rooms and the faces may ask of this room; cut by subject."""

from piket.rota.accept import (
    AcceptanceInfo,
    RotaInfo,
    accept,
    acceptances_paged,
    find_acceptance,
    find_rota,
    rotas_paged,
)
from piket.rota.calendar import SlotView, TurnView, calendar, find_turn, turn_at, turns_paged
from piket.rota.decide import Decision, locked_version, put_rota
from piket.rota.duty import Duty, call_order, holders_at, is_proposed, on_duty
from piket.rota.hand_overs import Pressing, announce, hand_overs, late_hand_overs
from piket.rota.ledger import Ledger, LedgerRow, ledger, ledger_entries_paged
from piket.rota.ledger_book import Booking, book, mark, marked
from piket.rota.overrides import (
    OverrideInfo,
    OverrideWish,
    end_override,
    find_override,
    override,
    overrides_paged,
)
from piket.rota.publish import extend, seed
from piket.rota.written import written_until

__all__ = [
    "AcceptanceInfo",
    "Booking",
    "Decision",
    "Duty",
    "OverrideInfo",
    "OverrideWish",
    "Ledger",
    "LedgerRow",
    "Pressing",
    "RotaInfo",
    "SlotView",
    "TurnView",
    "accept",
    "acceptances_paged",
    "announce",
    "book",
    "calendar",
    "call_order",
    "end_override",
    "extend",
    "find_acceptance",
    "find_override",
    "find_rota",
    "find_turn",
    "hand_overs",
    "holders_at",
    "is_proposed",
    "late_hand_overs",
    "ledger",
    "ledger_entries_paged",
    "locked_version",
    "mark",
    "marked",
    "on_duty",
    "override",
    "overrides_paged",
    "put_rota",
    "rotas_paged",
    "seed",
    "turn_at",
    "turns_paged",
    "written_until",
]
