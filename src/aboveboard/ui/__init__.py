"""The look that the portal and the recorder's own pages share. No logic."""

from __future__ import annotations

from importlib.resources import files


def stylesheet() -> str:
    """The one style sheet: light and dark, no outside resources."""
    return (files("aboveboard.ui") / "style.css").read_text(encoding="utf-8")
