"""The page about accessibility: for everybody, in both languages, with whom to write to."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from flask import Flask

from tests.board.browser import Browser, remarks

Browsers = Callable[..., Browser]


def test_everybody_reads_it_signed_in_or_not(browser: Browsers) -> None:
    page = browser().get("/accessibility").expect(200)
    assert page.sentence == "Toegankelijkheid" and remarks(page.html) == []
    for part in ("WCAG 2.2", "EN 301 549", "noodkaart als pdf", "schermlezer", "toetsenbord"):
        assert part in page.text
    page = browser("nl-ov", accept="en").get("/accessibility").expect(200)
    assert page.sentence == "Accessibility" and remarks(page.html) == []


def test_it_names_an_address_only_where_one_was_set(app: Flask, browser: Browsers) -> None:
    assert "Laat het de beheerder van deze dienst weten" in browser().get("/accessibility").text
    deps = app.extensions["piket"]
    set_ = dataclasses.replace(deps.settings, mail_from="Piket <piket@rijk.example>")
    app.extensions["piket"] = dataclasses.replace(deps, settings=set_)
    assert 'href="mailto:piket@rijk.example"' in browser().get("/accessibility").html
