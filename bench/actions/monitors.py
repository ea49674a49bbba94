"""Two monitors on one private display, by RandR 1.5 (RRSetMonitor): what a window manager sees as two screens."""

from __future__ import annotations

from typing import Any

from Xlib import display as xdisplay
from Xlib.ext import randr
from Xlib.protocol import rq

SET_MONITOR = 43  # minor opcode


class _SetMonitor(rq.Request):
    _request = rq.Struct(
        rq.Card8("opcode"), rq.Opcode(SET_MONITOR), rq.RequestLength(), rq.Window("window"), rq.Card32("name"),
        rq.Bool("primary"), rq.Bool("automatic"), rq.LengthOf("outputs", 2), rq.Int16("x"), rq.Int16("y"),
        rq.Card16("width"), rq.Card16("height"), rq.Card32("width_in_mm"), rq.Card32("height_in_mm"),
        rq.List("outputs", rq.Card32Obj),
    )  # fmt: skip


def side_by_side(name: str) -> None:
    """Cuts the display into a left and a right monitor of the same size."""
    display: Any = xdisplay.Display(name)
    screen = display.screen()
    half = screen.width_in_pixels // 2
    outputs = list(display.screen().root.xrandr_get_screen_resources().outputs)
    for place, (label, x, given) in enumerate((("LEFT", 0, outputs), ("RIGHT", half, []))):
        _SetMonitor(
            display=display.display, opcode=display.display.get_extension_major(randr.extname),
            window=screen.root.id, name=display.intern_atom(label), primary=place == 0, automatic=False, x=x, y=0,
            width=half, height=screen.height_in_pixels, width_in_mm=half // 4,
            height_in_mm=screen.height_in_pixels // 4, outputs=given,
        )  # fmt: skip
    display.sync()
    display.close()
