"""Logs: one JSON object a line on standard error, with ids, without addresses, secrets or what people wrote.

Who reads logs need not be who may read a message. An id leads to the row for whoever may see it.
"""

from __future__ import annotations

import logging
import sys
from contextvars import ContextVar

from pythonjsonlogger.json import JsonFormatter

request_id: ContextVar[str | None] = ContextVar("piket_request_id", default=None)
"""The id of the request that is being answered in this context, for every line that is logged meanwhile."""


class _Here(logging.Filter):
    """Add the request's id to each line."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Every line passes; inside a request it gets the request's id."""
        record.request_id = request_id.get()
        return True


def set_up(level: int = logging.INFO) -> None:
    """Log in JSON from now on, whatever was set up before. Called once, when a process starts."""
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_Here())
    fields = ("asctime", "levelname", "name", "message", "request_id")
    handler.setFormatter(
        JsonFormatter(
            list(fields), rename_fields={"asctime": "at", "levelname": "level"}, datefmt="%Y-%m-%dT%H:%M:%S%z"
        )
    )
    logging.root.handlers[:] = [handler]
    logging.root.setLevel(level)
    # These tell of every request and every alembic step; ours tell what matters.
    for name in ("werkzeug", "alembic", "apscheduler", "urllib3", "mail.log", "gunicorn.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
