"""The browser in which pages are looked at: the Chromium of this machine, started once for each test process."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from playwright.sync_api import Browser, sync_playwright

NAMES = ("chromium", "chromium-browser", "google-chrome")
MISSING = "This machine has no Chromium, so the tests in a real browser (tests/pages) are left out: install the package chromium."
ARGUMENTS = (
    "--disable-gpu",
    "--disable-background-networking",
    # Whatever a page asks for, only this machine can be reached.
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE 127.0.0.1, EXCLUDE localhost",
)


def where() -> str | None:
    """The program; None: there is none on this machine."""
    return next((found for found in map(shutil.which, NAMES) if found), None)


def require() -> None:
    """Leave the tests in a browser out when there is none; where a change is judged (`.ci/run`) that is a failure."""
    if where() is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(MISSING)


@contextmanager
def running() -> Iterator[Browser]:
    """A Chromium without a window. As root it cannot lock itself in, and need not: it sees pages of ours alone."""
    as_root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=where(), args=[*ARGUMENTS, *as_root])
        yield browser
        browser.close()
