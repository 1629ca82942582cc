"""The colours of the pictures: those of the board's sheet, in its light and its dark scheme (a test compares them)."""

from __future__ import annotations

from collections.abc import Mapping

LIGHT: Mapping[str, str] = {
    "paper": "#ffffff", "ink": "#16212b", "quiet": "#4c5b68", "line": "#cdd6de", "action": "#0f5485",
    "normal": "#3e6078", "watch": "#7a5c00", "high": "#96480a", "overflow": "#ab2a1c", "acute": "#8a0f22", "unknown": "#515d67",
}  # fmt: skip
DARK: Mapping[str, str] = {
    "paper": "#18222b", "ink": "#e9eef2", "quiet": "#adbac5", "line": "#35434f", "action": "#8cc6f5",
    "normal": "#a5c5db", "watch": "#e6c04f", "high": "#f3a56a", "overflow": "#ff968a", "acute": "#ff8f9d", "unknown": "#b9c4cd",
}  # fmt: skip
