"""What kind of session this is: a whole one, or one of which only a part could be seen. Half is refused, not recorded.

A Wayland compositor gives programs no input but their own, and XWayland, its X server, sees its own programs only. So
its own word is asked for (`wl_registry`, Wayland protocol 1.x) to say plainly what it allows.
"""

from __future__ import annotations

import contextlib
import socket
import struct
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from aboveboard.core.errors import Unavailable
from aboveboard.recorder.platform.x11wire import Connection

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
    """By the server's own word: its extension of that name, or outputs it names so. Raises Unavailable.

    Asked without the X library: it mixes up the events of two servers in one process, and the next display that is
    opened may be another one.
    """
    connection = Connection(display, kinds=())
    try:
        if connection.extension(b"XWAYLAND") is not None:
            return True
        return any(name.startswith(b"XWAYLAND") for name in _outputs(connection))
    finally:
        connection.close()


def _outputs(connection: Connection) -> Iterator[bytes]:
    """Their names: RRQueryVersion, RRGetScreenResourcesCurrent, RRGetOutputInfo (randrproto.txt 1.3)."""
    randr = connection.extension(b"RANDR")
    if randr is None:
        return
    if struct.unpack_from("<II", connection.ask(struct.pack("<BBHII", randr, 0, 3, 1, 3)), 8) < (1, 3):
        return
    resources = connection.ask(struct.pack("<BBHI", randr, 25, 2, connection.root))
    configured, crtcs, outputs = struct.unpack_from("<IHH", resources, 12)
    for output in struct.unpack_from(f"<{outputs}I", resources, 32 + 4 * crtcs):
        info = connection.ask(struct.pack("<BBHII", randr, 9, 3, output, configured))
        n_crtcs, n_modes, _, n_clones, n_name = struct.unpack_from("<5H", info, 26)
        at = 36 + 4 * (n_crtcs + n_modes + n_clones)
        yield info[at : at + n_name]


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
