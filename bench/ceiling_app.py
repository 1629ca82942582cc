"""The ceiling: Flask, one insert, one durable commit, an answer. Nothing is checked, judged or told.

`BENCH_STORE` is the file of a SQLite database or a PostgreSQL connection string. Run by gunicorn as `piket serve` is.
"""

from __future__ import annotations

import os
import sqlite3
import threading
import uuid
from datetime import UTC, datetime
from typing import Any

import psycopg
from flask import Flask, jsonify, request

STORE = os.environ["BENCH_STORE"]
IS_SQLITE = STORE.endswith(".db")
TABLE = "CREATE TABLE IF NOT EXISTS counts (id text PRIMARY KEY, centre text, observed_at text, received_at text, people integer)"
INSERT = "INSERT INTO counts VALUES (?, ?, ?, ?, ?)"

app = Flask(__name__)
_mine = threading.local()
_queue = threading.Lock()


def connection() -> Any:
    """This thread's own."""
    if not hasattr(_mine, "connection"):
        if IS_SQLITE:
            _mine.connection = sqlite3.connect(STORE, isolation_level=None)
            _mine.connection.execute("PRAGMA journal_mode=WAL")
            _mine.connection.execute("PRAGMA synchronous=FULL")
        else:
            _mine.connection = psycopg.connect(STORE)
    return _mine.connection


def store(values: tuple[Any, ...]) -> None:
    """Durable when this returns. On SQLite writers queue in front of the database, which is the fastest way there is."""
    mine = connection()
    if not IS_SQLITE:
        mine.execute(INSERT.replace("?", "%s"), values)
        mine.commit()
        return
    with _queue:
        mine.execute("BEGIN IMMEDIATE")
        mine.execute(INSERT, values)
        mine.execute("COMMIT")


@app.get("/readyz")
def ready() -> Any:
    mine = connection()
    mine.execute(TABLE)
    mine.commit()
    return jsonify(ready=True)


@app.post("/v1/centres/<code>/counts")
def count(code: str) -> Any:
    body = request.get_json()
    identifier = str(uuid.uuid4())
    store((identifier, code, body["observedAt"], datetime.now(UTC).isoformat(), body["people"]))
    return jsonify(id=identifier, **body), 201
