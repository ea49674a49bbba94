"""A picture of a display, for the report."""

from __future__ import annotations

from pathlib import Path

from PIL import Image
from Xlib import X

from aboveboard.desktop.connection import open_display


def screenshot(display: str, path: Path) -> None:
    """The whole screen as PNG."""
    connection = open_display(display)
    try:
        screen = connection.screen()
        width, height = screen.width_in_pixels, screen.height_in_pixels
        data = screen.root.get_image(0, 0, width, height, X.ZPixmap, 0xFFFFFFFF).data
    finally:
        connection.close()
    Image.frombytes("RGB", (width, height), data, "raw", "BGRX").save(path, optimize=True)
