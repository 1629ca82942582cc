"""Everything that other rooms and the faces may ask of this room; cut by verb."""

from piket.alerts.acknowledge import Read, acknowledge, acknowledge_for, acknowledged
from piket.alerts.enqueue import Sent, enqueue, enqueue_test
from piket.alerts.told import told_in, told_of, undelivered

__all__ = [
    "Read",
    "Sent",
    "acknowledge",
    "acknowledge_for",
    "acknowledged",
    "enqueue",
    "enqueue_test",
    "told_in",
    "told_of",
    "undelivered",
]
