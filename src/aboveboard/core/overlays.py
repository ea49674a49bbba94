"""By what an element says that it lies over the rest, whatever is smaller beneath it."""

from __future__ import annotations

# Roles.
OVERLAY = frozenset(
    {"menu", "menu item", "check menu item", "radio menu item", "tear off menu item", "dialog", "alert"}
)
FLOATING = "floating"  # a state, of ours, of the same in a page that gives it no such role
