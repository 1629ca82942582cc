"""Which mails may carry the picture of the last sixty days, and how old it may be. Whoever draws is asked through the channel.

A mail never waits for its picture: it goes with the one that lies ready, or without.
"""

from __future__ import annotations

from datetime import timedelta

from piket.alerts.channels import PictureWish
from piket.alerts.info import AlertInfo

# Told because of a count: an older picture would not show it.
_OF_COUNTS = frozenset({"levelRaised", "levelLowered", "allClear", "countCorrected", "callUp"})
# Told later in an episode: the picture says beside it of which moment it is.
_OF_EPISODES = frozenset(
    {"callUpReminder", "callUpAnswered", "callUpOverdue", "callUpReleased", "listEnded", "commitmentChanged"}
)
_OLDEST = timedelta(minutes=20)


def picture_for(alert: AlertInfo, language: str) -> PictureWish | None:
    """The picture that helps with this alert, or None. A drill has none: its counts are not those of the picture."""
    if alert.centre is None or alert.drill:
        return None
    if alert.kind in _OF_COUNTS:
        return PictureWish(alert.centre, language, alert.at)
    return PictureWish(alert.centre, language, alert.at - _OLDEST) if alert.kind in _OF_EPISODES else None
