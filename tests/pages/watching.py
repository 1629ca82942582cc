"""Keeps an eye on a page while a test uses it: what the browser complains of, and every request that leaves this service."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playwright.sync_api import ConsoleMessage, Error, Page, Request, Response


@dataclass
class Watch:
    """`faults` is what was wrong so far. A page that answers 400 or 404 by itself is the test's own business."""

    base: str
    faults: list[str] = field(default_factory=list)
    away: bool = False
    """Set while the service is meant to be away: then a request may fail."""

    def over(self, page: Page) -> Page:
        for event, listener in self._listeners().items():
            page.on(event, listener)  # type: ignore[call-overload]
        return page

    def leave(self, page: Page) -> None:
        for event, listener in self._listeners().items():
            page.remove_listener(event, listener)

    def _listeners(self) -> dict[str, Any]:
        return {
            "console": self._said, "pageerror": self._broke, "request": self._asked, "requestfailed": self._failed,
            "response": self._answered,
        }  # fmt: skip

    def _broke(self, error: Error) -> None:
        self.faults.append(f"a fault in a script: {error}")

    def _said(self, message: ConsoleMessage) -> None:
        # That a file did not come is told by its answer, better than here.
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.faults.append(f"the console says: {message.text}")

    def _asked(self, request: Request) -> None:
        if not request.url.startswith((self.base + "/", "data:", "about:")):
            self.faults.append(f"asks elsewhere: {request.url}")

    def _failed(self, request: Request) -> None:
        # The browser gives up what it no longer needs when somebody goes on to another page, or downloads something.
        if not self.away and request.failure != "net::ERR_ABORTED":
            self.faults.append(f"{request.url} failed: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and not response.request.is_navigation_request() and not self.away:
            self.faults.append(f"{response.url} gave {response.status}")
