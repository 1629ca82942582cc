"""What is looked at on every page: axe, the keyboard, and whether it fits a narrow window."""

from __future__ import annotations

from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page

from tests.conftest import LONG

TAGS = ("wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice")
OPTIONS = {
    "runOnly": {"type": "tag", "values": TAGS},
    "resultTypes": ["violations"],
    "reporter": "no-passes",
    "preload": False,
}
# What can be otherwise in other colours and another size; the rest of a page is the same, and is looked at once.
OF_THE_LOOK = {
    **OPTIONS,
    "runOnly": {
        "type": "rule",
        "values": ["color-contrast", "link-in-text-block", "target-size", "scrollable-region-focusable"],
    },
}
DESKTOP, PHONE = (1440, 900), (390, 844)
NARROW, ZOOMED = (320, 640), (640, 360)

# Everything that can be reached by Tab, in the order of the page.
_REACHED = """
const reached = [...document.querySelectorAll('a[href], button, input, select, textarea, summary, [tabindex]')].filter(one =>
  !one.disabled && one.type !== 'hidden' && one.tabIndex >= 0 && one.checkVisibility());
const named = one => one.tagName.toLowerCase() + (one.id ? '#' + one.id : '') + ' "' + one.textContent.trim().slice(0, 40) + '"';
"""
_SIDEWAYS = """() => {
  const room = document.documentElement.clientWidth;
  if (document.documentElement.scrollWidth <= room) return [];
  const wide = [...document.body.querySelectorAll(':not(.wide *)')].filter(one => one.getBoundingClientRect().right > room + 0.5);
  const named = wide.slice(-3).map(one =>
    one.tagName.toLowerCase() + '.' + one.className + ' "' + one.textContent.trim().slice(0, 40) + '"');
  return [document.documentElement.scrollWidth + ' px wide', ...named];
}"""
_FIRST = f"""() => {{ {_REACHED}
  const first = reached[0], on = document.activeElement;
  return {{skip: first.matches('a.skip[href^="#"]'), chosen: on === document.body ? null : on.hasAttribute('autofocus')
    && on.getAttribute('aria-invalid') === 'true', ahead: reached.filter(one => one.tabIndex > 0).map(named)}};
}}"""
_SHOWN = """() => {
  const box = document.activeElement.getBoundingClientRect();
  return document.activeElement.matches('a.skip') && box.left >= 0 && box.top >= 0 && box.width > 20;
}"""
# After a key was pressed, focus that a script moves is shown as if the keyboard had moved it.
_UNSEEN = f"""() => {{ {_REACHED}
  return reached.filter(one => {{
    one.focus({{preventScroll: true}});
    const look = getComputedStyle(one), box = one.getBoundingClientRect();
    const marked = look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) >= 2 && look.outlineColor !== 'rgba(0, 0, 0, 0)';
    return document.activeElement !== one || !marked || box.width < 1 || box.height < 1;
  }}).map(named);
}}"""


def axe(page: Page, options: dict[str, Any] = OPTIONS) -> list[str]:
    """What axe finds, one line for each element."""
    if not page.evaluate("() => 'axe' in window"):
        page.evaluate(AXE_SCRIPT)
    found: dict[str, Any] = page.evaluate("options => axe.run(options)", options)
    return [
        f"axe, {one['id']}: {' '.join(map(str, node['target']))}: {_why(node)}"
        for one in found["violations"]
        for node in one["nodes"]
    ]


def _why(node: dict[str, Any]) -> str:
    return "; ".join(check["message"] for kind in ("any", "all", "none") for check in node[kind])


def sideways(page: Page, size: tuple[int, int]) -> list[str]:
    """What sticks out to the side in a window of this size."""
    page.set_viewport_size({"width": size[0], "height": size[1]})
    return [f"scrolls sideways at {size[0]} px: {one}" for one in page.evaluate(_SIDEWAYS)]


def keyboard(page: Page) -> list[str]:
    """Whether the first Tab leads to the link to the content, and every stop on the way shows that it is there.

    Where something must be put right, the page begins in that field instead.
    """
    first = page.evaluate(_FIRST)
    faults = [f"goes ahead of its place: {one}" for one in first["ahead"]]
    if not first["skip"]:
        faults.append("the first that can be reached is not the link to the content")
    if first["chosen"] is False:
        faults.append("begins in a field that has nothing to be put right")
    page.keyboard.press("Tab")
    if first["chosen"] is None and not page.evaluate(_SHOWN):
        faults.append("the first Tab does not show the link to the content")
    return faults + [f"focus is not visible: {one}" for one in page.evaluate(_UNSEEN)]


def look(page: Page) -> list[str]:
    """Everything, of one page that is open, in both colour schemes and in four sizes; `PIKET_TESTS=long`: all of axe in each."""
    faults = []
    for scheme, size, options in (("light", DESKTOP, OPTIONS), ("dark", PHONE, OPTIONS if LONG else OF_THE_LOOK)):
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
        page.set_viewport_size({"width": size[0], "height": size[1]})
        faults += [f"{scheme}, {size[0]} px: {one}" for one in axe(page, options)]
    faults += sideways(page, NARROW) + sideways(page, ZOOMED) + keyboard(page)
    return faults
