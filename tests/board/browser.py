"""The pages as a browser without script sees them, and what a careful reader of their HTML would remark."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from html import unescape
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

from flask import Flask

VOID = frozenset("area br col hr img input link meta source wbr".split())


@dataclass(frozen=True)
class Page:
    """What came back: `html`, and `text` as it is read, spaces made even."""

    status: int
    headers: Mapping[str, str]
    html: str

    @property
    def text(self) -> str:
        body = re.sub(r"<(head|svg)\b.*?</\1>", " ", self.html, flags=re.DOTALL)
        # A space that cannot break, as between a figure and its unit, is read as a space.
        return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body)).replace("\xa0", " "))

    @property
    def sentence(self) -> str:
        return re.sub(r"\s+", " ", unescape(re.findall(r"<h1[^>]*>(.*?)</h1>", self.html, re.DOTALL)[0]))

    def section(self, heading: str) -> str:
        """The text of one panel or section, by the id of its heading."""
        whole = re.findall(r"<section\b(?:(?!<section\b).)*?</section>", self.html, re.DOTALL)
        found = [one for one in whole if f'aria-labelledby="{heading}"' in one]
        assert len(found) == 1, f"{heading}: {len(found)}"
        return Page(200, {}, found[0]).text.strip()

    def expect(self, status: int) -> Page:
        assert self.status == status, f"{self.status}, not {status}: {self.text[:500]}"
        return self


class Browser:
    """Keeps cookies, follows nothing by itself, fills in forms."""

    def __init__(self, app: Flask, accept: str = "nl", https: bool = False) -> None:
        self.http = app.test_client()
        self.headers = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8", "Accept-Language": accept}
        self.base = "https://localhost" if https else "http://localhost"

    def get(self, path: str = "/", **headers: str) -> Page:
        sent = {**self.headers, **{name.replace("_", "-"): value for name, value in headers.items()}}
        reply = self.http.get(path, headers=sent, base_url=self.base)
        return Page(reply.status_code, reply.headers, reply.get_data(as_text=True))

    def post(self, path: str, token: str | None, sent_with: Mapping[str, str] | None = None, **fields: Any) -> Page:
        """Send a form; `token` None sends it without one; `sent_with` are further headers."""
        sent = fields if token is None else {**fields, "csrf_token": token}
        headers = {**self.headers, **(sent_with or {})}
        reply = self.http.post(path, data=sent, headers=headers, base_url=self.base)
        return Page(reply.status_code, reply.headers, reply.get_data(as_text=True))

    def token(self, path: str) -> str:
        """The token of the forms on a page."""
        found = re.findall(r'name="csrf_token" value="([^"]+)"', self.get(path).expect(200).html)
        assert found, f"{path} has no form"
        return str(found[0])

    def sign_in(self, key: str) -> Page:
        return self.post("/sign-in", self.token("/sign-in"), key=key)

    def sign_in_as(self, name: str, password: str, **more: str) -> Page:
        """With an account."""
        return self.post("/sign-in", self.token("/sign-in"), name=name, password=password, **more)

    def held(self) -> dict[str, Any]:
        """What is in the cookie of the session, as this service reads it."""
        with self.http.session_transaction(base_url=self.base) as held:
            return dict(held)


@dataclass
class Remarks(HTMLParser):
    """Reads a page strictly: `faults` names what is wrong with it."""

    faults: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.ids: list[str] = []
        self.seen: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[int, str] = {}
        self.inside: list[int] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        if len(given) != len(attrs):
            self.faults.append(f"<{tag}> names an attribute twice")
        self.seen.append((tag, given))
        self.ids += [given["id"]] if "id" in given else []
        self.faults += [f"<{tag}> has {name}" for name in given if name == "style" or name.startswith("on")]
        if tag not in VOID:
            self.open.append(tag)
            self.inside.append(len(self.seen) - 1)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.faults.append(f"<{tag}/> closes itself")

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.faults.append(f"</{tag}> at line {self.getpos()[0]} closes something else")
        else:
            self.inside.pop()

    def handle_data(self, data: str) -> None:
        for number in self.inside:
            self.texts[number] = self.texts.get(number, "") + data

    def named(self, tag: str) -> list[tuple[int, dict[str, str]]]:
        return [(number, given) for number, (name, given) in enumerate(self.seen) if name == tag]

    def labels(self) -> set[str]:
        return {given["for"] for _, given in self.named("label") if "for" in given}


def remarks(html: str) -> list[str]:
    """What is wrong with a page, for people who see it, hear it, or steer it by keyboard."""
    page = Remarks()
    page.feed(html)
    page.close()
    faults = page.faults + [f"<{tag}> is never closed" for tag in page.open]
    if len(set(page.ids)) != len(page.ids):
        faults.append(f"an id is used twice: {page.ids}")
    faults += [f"<{tag}> once, not {len(page.named(tag))} times" for tag in ("h1", "main", "title", "header", "footer")
               if len(page.named(tag)) != 1]  # fmt: skip
    faults += [f"<{tag}> is not for our pages" for tag in ("style", "iframe", "object") if page.named(tag)]
    faults += [f"a script that is not a deferred file of ours: {given}" for number, given in page.named("script")
               if not given.get("src", "").startswith("/static/") or "defer" not in given or page.texts.get(number)]  # fmt: skip
    faults += _references(page) + _forms(page) + _tables(page) + _headings(page)
    if not page.named("html")[0][1].get("lang"):
        faults.append("the page does not say its language")
    return faults


def _references(page: Remarks) -> list[str]:
    wanted = [
        (tag, one)
        for tag, given in page.seen
        for name in ("for", "aria-labelledby", "aria-describedby")
        for one in given.get(name, "").split()
    ]
    wanted += [(tag, given["href"][1:]) for tag, given in page.seen if given.get("href", "").startswith("#")]
    outside = [given.get(name, "") for _, given in page.seen for name in ("href", "src", "action")]
    return [f"<{tag}> points at {one}, which is not there" for tag, one in wanted if one not in page.ids] + [
        f"{address} is elsewhere" for address in outside if "//" in address
    ]


def _forms(page: Remarks) -> list[str]:
    shown = [given for _, given in page.named("input") if given.get("type") != "hidden"]
    tokens = [given for _, given in page.named("input") if given.get("name") == "csrf_token"]
    faults = [f"the field {given} has no label" for given in shown if given.get("id") not in page.labels()]
    faults += [
        f"a {tag} without words" for tag in ("button", "a", "label", "th")
        for number, _ in page.named(tag) if not page.texts.get(number, "").strip()
    ]  # fmt: skip
    if len(tokens) != len(page.named("form")) or not all(given["value"] for given in tokens):
        faults.append("a form without its token")
    return faults + [f"a form by {given}" for _, given in page.named("form") if given.get("method") != "post"]


def _tables(page: Remarks) -> list[str]:
    faults = ["a table without a caption"] if len(page.named("table")) != len(page.named("caption")) else []
    return faults + [
        f"a heading of a table without scope: {given}" for _, given in page.named("th") if "scope" not in given
    ]


def _headings(page: Remarks) -> list[str]:
    levels = [int(tag[1]) for tag, _ in page.seen if re.fullmatch(r"h[1-6]", tag)]
    return [f"h{before} is followed by h{after}" for before, after in pairwise(levels)
            if after > before + 1]  # fmt: skip
