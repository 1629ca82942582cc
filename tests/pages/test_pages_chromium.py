"""Whether there is a browser to look with."""

from __future__ import annotations

from tests.pages import chromium


def test_there_is_a_chromium_to_look_with() -> None:
    chromium.require()
