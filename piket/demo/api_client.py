"""The API as a caller outside uses it: one key, JSON in, JSON out."""

from __future__ import annotations

import http.client
import json
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit

SECONDS = 15.0


class ApiProblem(Exception):
    """The service answered with a problem: its status and the sentence it gave."""

    def __init__(self, call: str, status: int, problem: Any) -> None:
        detail = problem.get("detail") if isinstance(problem, dict) else None
        faults = problem.get("errors", ()) if isinstance(problem, dict) else ()
        said = "; ".join([str(detail or problem), *(f"{fault['field']}: {fault['detail']}" for fault in faults)])
        super().__init__(f"{call}: {status} {said}")
        self.status = status


@dataclass(frozen=True)
class Answer:
    """What came back of one call."""

    status: int
    etag: str | None
    body: Any


@dataclass(frozen=True)
class Client:
    """One organisation at the door of the service. Every call makes its own connection."""

    base_url: str
    key: str | None
    language: str = "en"

    def get(self, path: str, **query: Any) -> Any:
        """Read; `from_` in the query is `from`. Raises `ApiProblem`."""
        asked = {name.rstrip("_"): value for name, value in query.items() if value is not None}
        return self.call("GET", f"{path}?{urlencode(asked)}" if asked else path).body

    def items(self, path: str, **query: Any) -> list[Any]:
        """All items of a list, page after page."""
        found: list[Any] = []
        page = self.get(path, pageSize=500, **query)
        while True:
            found += page["items"]
            if page["next"] is None:
                return found
            page = self.call("GET", page["next"].removeprefix("/v1/")).body

    def post(self, path: str, body: Any = None) -> Any:
        """Do something, once. Raises `ApiProblem`."""
        return self.call("POST", path, body, {"Idempotency-Key": str(uuid.uuid4())}).body

    def patch(self, path: str, body: Any) -> Any:
        """Change what was just read. Raises `ApiProblem`."""
        etag = self.call("GET", path).etag
        return self.call("PATCH", path, body, {"If-Match": etag or "*"}).body

    def call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        """One call of `/v1/<path>`. Raises `ApiProblem`, and `OSError` when the service is away."""
        status, sent, content = self.raw(method, f"/v1/{path}", body, headers)
        value = json.loads(content) if content else None
        if status >= 400:
            raise ApiProblem(f"{method} /v1/{path}", status, value)
        return Answer(status, sent, value)

    def raw(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, str | None, bytes]:
        """Status, ETag and bytes of one call of any path of the service."""
        all_headers = {"Accept-Language": self.language, **(headers or {})}
        if self.key is not None:
            all_headers["Authorization"] = f"Bearer {self.key}"
        content = None
        if body is not None:
            content = json.dumps(body).encode()
            all_headers["Content-Type"] = "application/json"
        connection = http.client.HTTPConnection(str(urlsplit(self.base_url).netloc), timeout=SECONDS)
        try:
            connection.request(method, path, content, all_headers)
            answer = connection.getresponse()
            return answer.status, answer.headers.get("ETag"), answer.read()
        finally:
            connection.close()
