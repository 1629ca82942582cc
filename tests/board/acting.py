"""Doing something by form, as its user would: fill in, look at what will happen, confirm."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

from tests.board.browser import Browser, Page, remarks


def confirmation(page: Page) -> dict[str, str]:
    """The hidden fields of a page that says what will happen, as its button sends them."""
    found = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page.expect(200).html)
    fields = {name: unescape(value) for name, value in found if name not in ("back", "csrf_token")}
    assert 'name="step" value="do"' in page.html, page.text
    return {**fields, "step": "do"}


def do(visitor: Browser, path: str, **typed: Any) -> Page:
    """Fill in a form, look at what will happen, confirm it: the page after it."""
    token = visitor.token(path)
    preview = visitor.post(path, token, **typed)
    assert remarks(preview.expect(200).html) == []
    done = visitor.post(path, token, **confirmation(preview)).expect(303)
    after = visitor.get(done.headers["Location"]).expect(200)
    assert remarks(after.html) == []
    return after
