"""Everything that other rooms and the faces may ask of this room; cut by verb."""

from piket.overflows.answers import Answer, respond, take_surplus
from piket.overflows.booking import book_nights
from piket.overflows.calls import call_by_hand, commitment_changed, release
from piket.overflows.deadlines import escalate_due
from piket.overflows.desk import Desk, open_episode
from piket.overflows.episodes import (
    Followed,
    Judgement,
    acute_by_shortfall,
    adjust,
    begin_round,
    close,
    declare,
    is_acute,
    note,
    on_judged,
)
from piket.overflows.late import late_steps
from piket.overflows.past import Span, spans
from piket.overflows.reading import (
    ActInfo,
    CallUpInfo,
    OverflowInfo,
    acts_of,
    call_up,
    call_ups,
    centre_of_call_up,
    centre_of_overflow,
    occupied_by,
    open_ones,
    overflow,
    overflows,
    short_past_its_hour,
    stays_acute,
    timeline,
)
from piket.overflows.rules import Pressure
from piket.overflows.taking_back import last_answer, take_back, take_back_until
from piket.overflows.telling import tell, tell_commitments, tell_crossing, tell_fall, tell_opening, who_is_who

__all__ = [
    "ActInfo",
    "Answer",
    "CallUpInfo",
    "Desk",
    "Followed",
    "Judgement",
    "OverflowInfo",
    "Pressure",
    "Span",
    "acts_of",
    "acute_by_shortfall",
    "adjust",
    "begin_round",
    "book_nights",
    "call_by_hand",
    "call_up",
    "call_ups",
    "centre_of_call_up",
    "centre_of_overflow",
    "close",
    "commitment_changed",
    "declare",
    "escalate_due",
    "is_acute",
    "last_answer",
    "late_steps",
    "note",
    "occupied_by",
    "on_judged",
    "open_episode",
    "open_ones",
    "overflow",
    "overflows",
    "release",
    "respond",
    "short_past_its_hour",
    "spans",
    "stays_acute",
    "take_back",
    "take_back_until",
    "take_surplus",
    "tell",
    "tell_commitments",
    "tell_crossing",
    "tell_fall",
    "tell_opening",
    "timeline",
    "who_is_who",
]
