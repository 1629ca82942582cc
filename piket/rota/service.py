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
from piket.rota.calendar_feeds import (
    FeedInfo,
    ShownEntry,
    bring_up_to_date,
    feed_of_token,
    feeds_paged,
    find_feed,
    is_up_to_date,
    make_feed,
    revoke_feed,
    rotas_of,
    shown_entries,
)
from piket.rota.confirmations import ConfirmationWish, ask, confirm, holders
from piket.rota.confirmed import (
    ConfirmationInfo,
    Readiness,
    confirmations_paged,
    find_confirmation,
    readiness,
)
from piket.rota.coverage import Coverage, HoleInfo, check_coverage, coverage, holes_of
from piket.rota.coverage_rules import Cover, Hole
from piket.rota.decide import Decision, locked_version, put_rota
from piket.rota.duty import Duty, call_order, holders_at, is_proposed, on_duty
from piket.rota.emergency_card import content as card_content
from piket.rota.emergency_card import on_the_list
from piket.rota.foreseen import Foreseen, ForeseenTurn, faults_of_seed, foresee
from piket.rota.hand_over_notes import (
    NoteInfo,
    SignOffInfo,
    find_note,
    find_sign_off,
    notes_paged,
    sign_off,
    sign_offs_paged,
)
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
from piket.rota.previews import MoveView, PlannedView, Preview, preview
from piket.rota.publish import extend, seed
from piket.rota.swap_ending import end_swap
from piket.rota.swap_reading import (
    SwapInfo,
    SwappedDuty,
    SwapStepInfo,
    find_swap,
    swap_answers_paged,
    swaps_between,
    swaps_paged,
)
from piket.rota.swap_sides import SwapWish, giver_of
from piket.rota.swap_telling import advance_swaps
from piket.rota.swaps import accept_swap, propose_swap, reject_swap
from piket.rota.upstairs import LooseEnds, ReadyPlaces, Upstairs
from piket.rota.written import written_until

__all__ = [
    "AcceptanceInfo",
    "Booking",
    "ConfirmationInfo",
    "ConfirmationWish",
    "Cover",
    "Coverage",
    "Decision",
    "Duty",
    "FeedInfo",
    "Foreseen",
    "ForeseenTurn",
    "Hole",
    "HoleInfo",
    "Ledger",
    "LedgerRow",
    "LooseEnds",
    "MoveView",
    "NoteInfo",
    "OverrideInfo",
    "OverrideWish",
    "PlannedView",
    "Pressing",
    "Preview",
    "Readiness",
    "ReadyPlaces",
    "RotaInfo",
    "ShownEntry",
    "SignOffInfo",
    "SlotView",
    "SwapInfo",
    "SwapStepInfo",
    "SwapWish",
    "SwappedDuty",
    "TurnView",
    "Upstairs",
    "accept",
    "accept_swap",
    "acceptances_paged",
    "advance_swaps",
    "announce",
    "ask",
    "book",
    "bring_up_to_date",
    "calendar",
    "call_order",
    "card_content",
    "check_coverage",
    "confirm",
    "confirmations_paged",
    "coverage",
    "end_override",
    "end_swap",
    "extend",
    "faults_of_seed",
    "feed_of_token",
    "feeds_paged",
    "find_acceptance",
    "find_confirmation",
    "find_feed",
    "find_note",
    "find_override",
    "find_rota",
    "find_sign_off",
    "find_swap",
    "find_turn",
    "foresee",
    "giver_of",
    "hand_overs",
    "holders",
    "holders_at",
    "holes_of",
    "is_proposed",
    "is_up_to_date",
    "late_hand_overs",
    "ledger",
    "ledger_entries_paged",
    "locked_version",
    "make_feed",
    "mark",
    "marked",
    "notes_paged",
    "on_duty",
    "on_the_list",
    "override",
    "overrides_paged",
    "preview",
    "propose_swap",
    "put_rota",
    "readiness",
    "reject_swap",
    "revoke_feed",
    "rotas_of",
    "rotas_paged",
    "seed",
    "shown_entries",
    "sign_off",
    "sign_offs_paged",
    "swap_answers_paged",
    "swaps_between",
    "swaps_paged",
    "turn_at",
    "turns_paged",
    "written_until",
]
