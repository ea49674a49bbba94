"""Dead keys and Compose sequences, followed with the system's own tables by libxkbcommon.

Programs take these tables by the session's locale. Without the library or the table, what a sequence makes is not
known, and is said to be unknown.
"""

from __future__ import annotations

import ctypes
import os
from typing import Literal, TypeAlias

_COMPOSING, _COMPOSED, _CANCELLED = 1, 2, 3
_TEXT_BYTES_MAX = 64

# none: the key is no part of a sequence. going: it is, and types nothing yet. broken: the sequence makes nothing known.
Step: TypeAlias = Literal["none", "going", "done", "broken"]


def session_locale() -> str:
    """As setlocale(3) finds it for LC_CTYPE."""
    for name in ("LC_ALL", "LC_CTYPE", "LANG"):
        if found := os.environ.get(name):
            return found
    return "C"


def _library() -> ctypes.CDLL | None:
    try:
        library = ctypes.CDLL("libxkbcommon.so.0")
    except OSError:
        return None
    pointer, integer = ctypes.c_void_p, ctypes.c_int
    for name, result, arguments in (
        ("xkb_context_new", pointer, (integer,)),
        ("xkb_compose_table_new_from_locale", pointer, (pointer, ctypes.c_char_p, integer)),
        ("xkb_compose_state_new", pointer, (pointer, integer)),
        ("xkb_compose_state_feed", integer, (pointer, ctypes.c_uint32)),
        ("xkb_compose_state_get_status", integer, (pointer,)),
        ("xkb_compose_state_get_utf8", integer, (pointer, ctypes.c_char_p, ctypes.c_size_t)),
        ("xkb_compose_state_reset", None, (pointer,)),
    ):
        function = getattr(library, name)
        function.restype, function.argtypes = result, arguments
    return library


class Composer:
    """One for a keyboard. Not for several threads at once."""

    def __init__(self, locale: str) -> None:
        self._library = _library()
        self._state = None
        if self._library is None:
            return
        context = self._library.xkb_context_new(0)
        table = context and self._library.xkb_compose_table_new_from_locale(context, locale.encode(), 0)
        # Kept until the process ends, as the keyboard is.
        self._state = table and self._library.xkb_compose_state_new(table, 0)

    @property
    def known(self) -> bool:
        """Whether there is a table to follow."""
        return bool(self._state)

    def press(self, keysym: int) -> tuple[Step, str]:
        """What a key's press does, and the text of a sequence that is done."""
        if self._library is None or not self._state:
            return "none", ""
        if not self._library.xkb_compose_state_feed(self._state, keysym):
            return "none", ""
        status = self._library.xkb_compose_state_get_status(self._state)
        if status == _COMPOSING:
            return "going", ""
        if status == _COMPOSED:
            text = ctypes.create_string_buffer(_TEXT_BYTES_MAX)
            self._library.xkb_compose_state_get_utf8(self._state, text, _TEXT_BYTES_MAX)
            self._library.xkb_compose_state_reset(self._state)
            return "done", text.value.decode("utf-8", errors="replace")
        if status == _CANCELLED:
            self._library.xkb_compose_state_reset(self._state)
            return "broken", ""
        return "none", ""

    def reset(self) -> None:
        """Another window has the keyboard: what was begun is dropped there."""
        if self._library is not None and self._state:
            self._library.xkb_compose_state_reset(self._state)
