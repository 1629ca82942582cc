"""Everything that other rooms and the faces may ask of this room; cut by verb."""

from piket.alerts.acknowledge import Read, acknowledge, acknowledge_for, acknowledged
from piket.alerts.arrivals import Arrival, arrivals
from piket.alerts.deliveries import (
    AttemptInfo,
    DeliveryInfo,
    RetryInfo,
    Viewer,
    deliveries_of,
    deliveries_of_tests,
    find_delivery,
    last_retries,
    owner_of,
    retries_of,
    retry,
)
from piket.alerts.enqueue import Sent, enqueue, enqueue_test
from piket.alerts.info import AlertInfo, Reader
from piket.alerts.registering import add_contact_point, send_test
from piket.alerts.show import (
    Filters,
    acknowledgements_of,
    as_data,
    find_alert,
    paged,
    read_data,
    reader_of,
)
from piket.alerts.told import marks, told_in, told_of
from piket.alerts.undelivered import Undelivered, undelivered, undelivered_lines
from piket.alerts.wording_swaps import remark as swap_remark

__all__ = [
    "AlertInfo",
    "Arrival",
    "AttemptInfo",
    "DeliveryInfo",
    "Filters",
    "Read",
    "Reader",
    "RetryInfo",
    "Sent",
    "Undelivered",
    "Viewer",
    "acknowledge",
    "acknowledge_for",
    "acknowledged",
    "acknowledgements_of",
    "add_contact_point",
    "arrivals",
    "as_data",
    "deliveries_of",
    "deliveries_of_tests",
    "enqueue",
    "enqueue_test",
    "find_alert",
    "find_delivery",
    "last_retries",
    "marks",
    "owner_of",
    "paged",
    "read_data",
    "reader_of",
    "retries_of",
    "retry",
    "send_test",
    "swap_remark",
    "told_in",
    "told_of",
    "undelivered",
    "undelivered_lines",
]
