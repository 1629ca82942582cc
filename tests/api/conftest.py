"""The service with toys in it."""

from __future__ import annotations

import pytest
from flask import Flask

from tests.api import toy


@pytest.fixture
def toys(app: Flask) -> Flask:
    """The whole service, and `tests.api.toy` under /v1/toys."""
    toy.current.clear()
    app.extensions["piket-api"].register(toy.blp)
    return app
