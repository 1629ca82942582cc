"""Everything that other rooms and the faces may ask of this room; cut by subject."""

from piket.rota.duty import Duty, call_order, is_proposed, on_duty
from piket.rota.publish import extend, seed

__all__ = [
    "Duty",
    "call_order",
    "extend",
    "is_proposed",
    "on_duty",
    "seed",
]
