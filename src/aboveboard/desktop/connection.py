"""Connections to the X display by python-xlib, with one fault of it mended."""

from __future__ import annotations

from Xlib import display as xdisplay
from Xlib import error as xerror


def open_display(name: str) -> xdisplay.Display:
    """Raises many kinds of exception; each means that the display can't be opened.

    The library's RandR module enters its own errors, 0 to 2, in the place of the core protocol's BadRequest and
    BadValue, with classes that can't be answers to a request: one such error would end the thread that reads.
    """
    opened = xdisplay.Display(name)
    opened.display.error_classes.update(xerror.xerror_class)
    return opened
