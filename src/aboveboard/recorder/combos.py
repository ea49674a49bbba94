"""Key combinations as people write them: "Ctrl+Alt+Shift+P". Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from aboveboard.core.errors import BadInput

# Four keys at once is what hardly any program or desktop takes for itself.
PAUSE_DEFAULT, TASK_DEFAULT = "Ctrl+Alt+Shift+P", "Ctrl+Alt+Shift+T"
_MODIFIERS = {"ctrl": "Ctrl", "control": "Ctrl", "alt": "Alt", "shift": "Shift", "super": "Super", "win": "Super"}
_ORDER = ("Ctrl", "Alt", "Shift", "Super")
_KEY = re.compile(r"[A-Za-z0-9_]{1,32}")


@dataclass(frozen=True, slots=True)
class Combo:
    """modifiers: of Ctrl, Alt, Shift, Super, in this order; key: an X keysym name, letters as capitals."""

    modifiers: tuple[str, ...]
    key: str

    def __str__(self) -> str:
        return "+".join((*self.modifiers, self.key))


def is_pressed(combo: str, key: str, modifiers: frozenset[str]) -> bool:
    """Whether a key of this name with these modifiers, as events call them, is the combination."""
    wanted = parse_combo(combo)
    if wanted is None or key.lower() != wanted.key.lower():
        return False
    return modifiers - {"AltGr"} == {"Control" if each == "Ctrl" else each for each in wanted.modifiers}


def parse_combo(text: str) -> Combo | None:
    """None for "", which is no combination. Raises BadInput for one without Ctrl, Alt or Super: it would take a key
    that people type."""
    if not text:
        return None
    *names, key = text.split("+")
    found = {_MODIFIERS.get(name.strip().lower(), "") for name in names}
    if "" in found or not _KEY.fullmatch(key):
        raise BadInput(f"{text!r} is no combination of keys such as {PAUSE_DEFAULT}")
    if not found & {"Ctrl", "Alt", "Super"}:
        raise BadInput(f"{text!r} needs Ctrl, Alt or Super, or it would take a key that you type")
    return Combo(tuple(each for each in _ORDER if each in found), key.upper() if len(key) == 1 else key)
