"""Drawing on X windows of ours: a state's shape, and words in the display's own type."""

from __future__ import annotations

import contextlib
from typing import Any

from Xlib import X
from Xlib import error as xerror

from aboveboard.recorder.shapes import painted

# The first that the display has; "fixed" is in every server.
_FONTS = ("-*-dejavu sans-medium-r-normal--13-*-*-*-*-*-iso10646-1", "-*-helvetica-medium-r-normal--12-*-*-*-*-*-*-*",
          "-misc-fixed-medium-r-normal--13-*-*-*-c-70-iso8859-1", "fixed")  # fmt: skip
WHITE = 0xFFFFFF


class Pen:
    """For one window. One thread."""

    def __init__(self, display: Any, window: Any) -> None:
        self._display, self._window = display, window
        names = (name for name in _FONTS if name == "fixed" or display.list_fonts(name, 1))
        self._font = display.open_font(next(names))
        self._gc = window.create_gc(foreground=WHITE, background=0, font=self._font)
        self._widths = _widths(self._font.query())
        self._depth = int(window.get_geometry().depth)

    def ground(self, colour: int) -> None:
        """What text stands on."""
        self._gc.change(background=colour)

    def fill(self, colour: int, box: tuple[int, int, int, int]) -> None:
        self._gc.change(foreground=colour)
        self._window.fill_rectangle(self._gc, *box)
        self._gc.change(foreground=WHITE)

    def width(self, words: str) -> int:
        """Pixels."""
        return sum(self._widths[each] for each in _plain(words).encode("latin-1"))

    def text(self, x: int, y: int, words: str, width: int, colour: int = WHITE) -> None:
        """On the line y; what does not fit is cut, and three dots say so."""
        words = _plain(words)
        if self.width(words) > width:
            while words and self.width(words + "...") > width:
                words = words[:-1]
            words += "..."
        self._gc.change(foreground=colour)
        self._window.draw_text(self._gc, x, y, words)
        self._gc.change(foreground=WHITE)

    def mark(self, x: int, y: int, state: str, size: int) -> None:
        """The state's shape on its colour."""
        rgb = painted(state, size)
        if self._depth not in (24, 32):  # a display of few colours: the words are enough
            return
        with contextlib.suppress(xerror.BadMatch):
            data = _pixels(rgb, little=self._display.display.info.image_byte_order == X.LSBFirst)
            self._window.put_image(self._gc, x, y, size, size, X.ZPixmap, self._depth, 0, data)


def _widths(font: Any) -> list[int]:
    """Of each letter of Latin-1, pixels. A font whose letters are all as wide may say so only once."""
    usual = int(font.max_bounds.character_width)
    infos, first = list(font.char_infos), int(font.min_char_or_byte2)
    return [int(infos[at - first].character_width) if 0 <= at - first < len(infos) else usual for at in range(256)]


def _pixels(rgb: Any, *, little: bool) -> bytes:
    """Four bytes a pixel, in the server's order."""
    rows, columns, _ = rgb.shape
    out = bytearray(rows * columns * 4)
    for channel in range(3):
        place = (2 - channel) if little else (1 + channel)
        out[place::4] = rgb[:, :, channel].tobytes()
    return bytes(out)


def _plain(words: str) -> str:
    """In the letters of the display's core type (Latin-1)."""
    return words.replace("…", "...").replace("’", "'").encode("latin-1", "replace").decode("latin-1")
