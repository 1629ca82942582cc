"""What the tests of services share."""

from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from piket.db import Store
from piket.settings import Settings
from tests.fakes import FakeClock
from tests.service.desk import Night


@pytest.fixture
def night(seeded: Store, session: Session, settings: Settings, clock: FakeClock) -> Night:
    """The desk of Ter Apel on Monday 16 September 2024, 14.00 hours local time; Overijssel is on duty, Utrecht standby."""
    return Night(session, settings, clock)
