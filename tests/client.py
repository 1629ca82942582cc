"""The API as one organisation sees it, with answers that say what they held when a test expected something else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from flask import Flask


@dataclass(frozen=True)
class Answer:
    """What came back: `status`, `headers`, the parsed `body`. `answer["level"]` reads a key of the body."""

    request: str
    status: int
    headers: Mapping[str, str]
    body: Any
    data: bytes

    def __getitem__(self, key: Any) -> Any:
        return self.body[key]

    def expect(self, status: int) -> Answer:
        """This answer, when it has that status; else the test ends and shows the body."""
        assert self.status == status, f"{self.request} gave {self.status}, not {status}: {self.body}"
        return self

    @property
    def items(self) -> list[Any]:
        """The entries of a list."""
        listed: list[Any] = self.expect(200).body["items"]
        return listed

    @property
    def faults(self) -> set[str]:
        """The fields named in a 400."""
        return {error["field"] for error in self.expect(400).body["errors"]}


class Client:
    """Calls `app` with one key. A path without a leading stroke is under /v1: `coa.get("overflows", state="open")`."""

    def __init__(self, app: Flask, token: str | None, organisation: str | None = None) -> None:
        self.http = app.test_client(use_cookies=False)
        self.token = token
        self.organisation = organisation

    def get(self, path: str, headers: Mapping[str, str] | None = None, **query: Any) -> Answer:
        """GET with a query; a trailing underscore is dropped, for `from_=`."""
        asked = {key.rstrip("_"): _plain(value) for key, value in query.items() if value is not None}
        return self._call("GET", path, headers, query_string=asked or None)

    def post(self, path: str, json: Any = None, headers: Mapping[str, str] | None = None, **other: Any) -> Answer:
        """POST a JSON body; for another one give `data=` and `content_type=`."""
        return self._call("POST", path, headers, **_body(json, other))

    def put(self, path: str, json: Any = None, headers: Mapping[str, str] | None = None, **other: Any) -> Answer:
        """PUT; `etag=` sends it as If-Match."""
        return self._call("PUT", path, headers, **_body(json, other))

    def patch(self, path: str, json: Any = None, headers: Mapping[str, str] | None = None, **other: Any) -> Answer:
        """PATCH; `etag=` sends it as If-Match."""
        return self._call("PATCH", path, headers, **_body(json, other))

    def delete(self, path: str, json: Any = None, headers: Mapping[str, str] | None = None, **other: Any) -> Answer:
        """DELETE."""
        return self._call("DELETE", path, headers, **_body(json, other))

    def _call(
        self, method: str, path: str, headers: Mapping[str, str] | None, etag: str | None = None, **how: Any
    ) -> Answer:
        sent = dict(headers or {})
        if self.token is not None:
            sent.setdefault("Authorization", f"Bearer {self.token}")
        if etag is not None:
            sent["If-Match"] = etag
        where = path if path.startswith("/") else f"/v1/{path}"
        reply = self.http.open(where, method=method, headers=sent, **how)
        body = reply.get_json(silent=True) if "json" in (reply.content_type or "") else reply.get_data(as_text=True)
        return Answer(f"{method} {where}", reply.status_code, reply.headers, body, reply.data)


def _body(json: Any, other: dict[str, Any]) -> dict[str, Any]:
    return other if json is None else {"json": _plain(json), **other}


def _plain(value: Any) -> Any:
    """Moments as text, so that tests may write datetimes."""
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(entry) for entry in value]
    if isinstance(value, bool):
        return value
    return value.isoformat() if hasattr(value, "isoformat") else value
