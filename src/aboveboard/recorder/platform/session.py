"""What kind of session this is: a whole one, or one of which only a part could be seen. Half is refused, not recorded.

A Wayland compositor gives programs no input but their own, and XWayland, its X server, sees its own programs only. So
its own word is asked for (`wl_registry`, Wayland protocol 1.x) to say plainly what it allows.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from Xlib import display as xdisplay
from Xlib.ext import randr

from aboveboard.core.errors import Unavailable

ANSWER_S_MAX = 2.0
BYTES_MAX = 1 << 20
# Globals by which a compositor lets a program look at more than itself: in words.
_ALLOWS = {
    "zwlr_screencopy_manager_v1": "pictures of the whole screen",
    "ext_image_copy_capture_manager_v1": "pictures of windows",
    "zwlr_foreign_toplevel_manager_v1": "the titles of windows",
    "ext_foreign_toplevel_list_v1": "the titles of windows",
    "zwp_virtual_keyboard_manager_v1": "typing in place of the person",
    "zwlr_virtual_pointer_manager_v1": "pointing in place of the person",
}
_INSTEAD = "log in to an X11 session instead (at the login screen: the one with Xorg or X11 in its name)"


@dataclass(frozen=True, slots=True)
class Compositor:
    """What a Wayland compositor announces: names of globals, such as "wl_seat"."""

    announced: tuple[str, ...]

    @property
    def allows(self) -> list[str]:
        """In words; input of other programs is never among them: no protocol has it."""
        return sorted({words for name, words in _ALLOWS.items() if name in self.announced})


def compositor(environment: Mapping[str, str]) -> Compositor | None:
    """Asks it. None when there is none to ask, or it does not answer."""
    name = environment.get("WAYLAND_DISPLAY", "")
    if not name:
        return None
    path = Path(environment.get("XDG_RUNTIME_DIR", "")) / name
    with contextlib.suppress(OSError, ValueError, struct.error), socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(ANSWER_S_MAX)
        connection.connect(str(path))
        return Compositor(_globals(connection))
    return None


def _globals(connection: socket.socket) -> tuple[str, ...]:
    """wl_display.get_registry (object 2), then wl_display.sync (object 3): all globals come before its answer."""
    connection.sendall(struct.pack("=IHHI", 1, 1, 12, 2) + struct.pack("=IHHI", 1, 0, 12, 3))
    data, names = b"", list[str]()
    while len(data) < BYTES_MAX:
        piece = connection.recv(1 << 16)
        if not piece:
            break
        data += piece
        while len(data) >= 8:
            target, opcode, size = struct.unpack_from("=IHH", data)
            if size < 8:
                raise ValueError("a message without its head")
            if len(data) < size:
                break
            if target == 3:
                return tuple(names)
            if (target, opcode) == (2, 0):
                length = struct.unpack_from("=I", data, 12)[0]
                names.append(data[16 : 16 + length - 1].decode("utf-8"))
            data = data[size:]
    raise ValueError("no answer")


def is_xwayland(display: str) -> bool:
    """By the server's own word: its extension of that name, or outputs it names so. Raises Unavailable."""
    try:
        connection = xdisplay.Display(display)
    except Exception as error:  # the library raises many kinds; each means the same to the caller
        raise Unavailable(f"the display {display} can't be opened: is it running, and XAUTHORITY set?") from error
    try:
        if connection.query_extension("XWAYLAND") is not None:
            return True
        if connection.query_extension("RANDR") is None:
            return False
        resources = randr.get_screen_resources_current(connection.screen().root)
        named = (
            randr.get_output_info(connection, output, resources.config_timestamp).name for output in resources.outputs
        )
        return any(str(name).startswith("XWAYLAND") for name in named)
    finally:
        connection.close()


def display_of(environment: Mapping[str, str], given: str | None) -> str:
    """The X display that can be recorded whole. given: what the person named, instead of their session's own.

    Raises Unavailable, with what is allowed here, for a Wayland session and for XWayland.
    """
    if not given and (environment.get("XDG_SESSION_TYPE") == "wayland" or environment.get("WAYLAND_DISPLAY")):
        found = compositor(environment)
        more = "" if found is None else f" It allows programs {_list(found.allows)}."
        raise Unavailable(
            "this is a Wayland session: its compositor shows no program what is typed or clicked in another, so only "
            f"the part that runs in XWayland could be recorded, and half is not recorded.{more} Nothing is recorded: "
            f"{_INSTEAD}"
        )
    display = given or environment.get("DISPLAY", "")
    if not display:
        raise Unavailable("there is no display: set DISPLAY, or give --display :N; nothing is recorded")
    if is_xwayland(display):
        raise Unavailable(f"{display} is XWayland, which sees only some of the programs of a Wayland session; half is "
                          f"not recorded. Nothing is recorded: {_INSTEAD}")  # fmt: skip
    return display


def _list(words: list[str]) -> str:
    return "nothing of others" if not words else ", ".join(words)
