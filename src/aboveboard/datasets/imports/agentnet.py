"""AgentNet JSONL (OpenCUA): pyautogui code to steps. The code is parsed with `ast` and never run."""

from __future__ import annotations

import ast
import hashlib
import json
from pathlib import Path
from typing import Any, Final

from aboveboard.core.errors import BadInput
from aboveboard.datasets.export.keys import PYAUTOGUI
from aboveboard.datasets.schema import Episode, Step

LINE_CHARS_MAX = 16 << 20
CODE_CHARS_MAX = 64 << 10
STEP_US = 1_000_000  # the format tells no times: a step a second
_KEYSYMS: Final = {name: keysym for keysym, name in reversed(PYAUTOGUI.items())} | {
    "escape": "Escape", "return": "Return", "enter": "Return", "del": "Delete", "delete": "Delete", "up": "Up",
    "down": "Down", "left": "Left", "right": "Right", "home": "Home", "end": "End", "insert": "Insert",
    "command": "Super", "cmd": "Super", "winleft": "Super", "ctrlleft": "Control", "ctrlright": "Control",
    "altleft": "Alt", "shiftleft": "Shift", "shiftright": "Shift", "pageup": "Page_Up", "pagedown": "Page_Down",
    "space": "space", " ": "space", **{f"f{n}": f"F{n}" for n in range(1, 13)},
}  # fmt: skip
_MODIFIERS: Final = ("Control", "Alt", "Super", "Shift")
_CLICKS: Final = {
    "click": "click", "leftClick": "click", "doubleClick": "double_click", "tripleClick": "triple_click",
    "rightClick": "right_click", "middleClick": "middle_click",
}  # fmt: skip
_BUTTON: Final = {"right_click": 3, "middle_click": 2}
# Names of pyautogui's positional arguments, and of OpenCUA's own `computer`
_POSITIONS: Final = {
    "write": ("message",), "typewrite": ("message",), "press": ("keys",), "keyDown": ("key",), "keyUp": ("key",),
    "scroll": ("clicks", "x", "y"), "hscroll": ("clicks", "x", "y"), "vscroll": ("clicks", "x", "y"),
    "terminate": ("status",), "wait": ("seconds",), "sleep": ("seconds",),
}  # fmt: skip


def _calls(code: str) -> list[tuple[str, dict[str, Any]]]:
    """(function, arguments by name) of each statement. Raises ValueError for anything but calls with constants."""
    if len(code) > CODE_CHARS_MAX:
        raise ValueError("code is too long")
    try:
        statements = ast.parse(code).body
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(f"code is not Python: {code[:60]!r}") from error
    found = []
    for statement in statements:
        if isinstance(statement, ast.Import | ast.ImportFrom):
            continue
        call = statement.value if isinstance(statement, ast.Expr) else None
        if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute):
            raise ValueError(f"code is no call of pyautogui or computer: {code[:60]!r}")
        name = call.func.attr
        if name == "hotkey":
            values = [ast.literal_eval(each) for each in call.args]
            found.append((name, {"keys": values[0] if values and isinstance(values[0], list) else values}))
            continue
        names = _POSITIONS.get(name, ("x", "y"))
        given = {key: ast.literal_eval(each) for key, each in zip(names, call.args, strict=False)}
        given |= {str(each.arg): ast.literal_eval(each.value) for each in call.keywords}
        found.append((name, given))
    return found


def _keysym(name: str) -> str:
    return _KEYSYMS.get(name.lower(), name if len(name) == 1 else name.capitalize())


class _Machine:
    """Where the pointer is and what is held, from call to call."""

    def __init__(self, screen: tuple[int, int]) -> None:
        self._screen = screen
        self._x, self._y = 0, 0
        self._held: list[str] = []
        self._moved = False
        self.steps: list[Step] = []

    def _add(self, kind: str, *, place: bool = False, **fields: Any) -> None:
        t_us = len(self.steps) * STEP_US
        if place:
            fields |= {"x": self._x, "y": self._y}
        if kind not in ("key", "hotkey"):
            fields["modifiers"] = tuple(self._held)
        self._moved = False
        self.steps.append(Step(kind, t_us, t_us, **fields))

    def _place(self, given: dict[str, Any]) -> tuple[int, int]:
        """Shares of the screen up to 1, else pixels."""
        found = []
        for name, here, size in (("x", self._x, self._screen[0]), ("y", self._y, self._screen[1])):
            value = given.get(name)
            if value is None:
                found.append(here)
            elif isinstance(value, int | float) and abs(value) < 1 << 20:
                found.append(round(value * size) if abs(value) <= 1 else round(value))
            else:
                raise ValueError(f"{name} is no place: {value!r}")
        return found[0], found[1]

    def call(self, name: str, given: dict[str, Any]) -> None:
        if name == "dragTo":
            end_x, end_y = self._place(given)
            button = {"right": 3, "middle": 2}.get(str(given.get("button", "left")), 1)
            self._add("drag", place=True, end_x=end_x, end_y=end_y, button=button)
            self._x, self._y = end_x, end_y
        elif name in _CLICKS or name == "moveTo":
            self._x, self._y = self._place(given)
            self._moved = name == "moveTo"
            if name != "moveTo":
                self._click(_CLICKS[name], given)
        elif name in ("scroll", "vscroll", "hscroll"):
            self._x, self._y = self._place(given)
            n = round(float(given.get("clicks", 0)))
            self._add("scroll", place=True, **({"dx": n} if name == "hscroll" else {"dy": -n}))
        else:
            self._type(name, given)

    def _click(self, kind: str, given: dict[str, Any]) -> None:
        if kind == "click":
            n = int(given.get("clicks", 1))
            kind = {"right": "right_click", "middle": "middle_click"}.get(str(given.get("button", "left")), kind)
            if kind == "click" and n in (2, 3):
                kind = "double_click" if n == 2 else "triple_click"
        self._add(kind, place=True, button=_BUTTON.get(kind, 1))

    def _type(self, name: str, given: dict[str, Any]) -> None:
        match name:
            case "write" | "typewrite":
                self._add("type", text=str(given.get("message", "")))
            case "press" | "hotkey":
                keys = given.get("keys", "")
                names = [_keysym(str(each)) for each in (keys if isinstance(keys, list | tuple) else [keys])]
                held = tuple(each for each in names if each in _MODIFIERS)
                others = [each for each in names if each not in _MODIFIERS] or names[-1:]
                for key in others:
                    modifiers = (*self._held, *held)
                    self._add("hotkey" if set(modifiers) - {"Shift"} else "key", key=key, modifiers=modifiers)
            case "keyDown":
                self._held.append(_keysym(str(given.get("key", ""))))
            case "keyUp":
                key = _keysym(str(given.get("key", "")))
                self._held = [each for each in self._held if each != key]
            case "wait" | "sleep":
                self._add("wait")
            case "terminate":
                self._add("done", text=str(given.get("status", "")))
            case _:
                raise ValueError(f"{name} is no function that AgentNet uses")

    def rest(self) -> None:
        """A pointer that was moved and nothing more: a hover."""
        if self._moved:
            self._add("hover", place=True)


def _episode(record: dict[str, Any], screen: tuple[int, int]) -> Episode:
    machine = _Machine(screen)
    for each in record["traj"]:
        for name, given in _calls(str(each["value"]["code"])):
            machine.call(name, given)
        machine.rest()
    done = record.get("task_completed")
    outcome = "success" if done is True else "failure" if done is False else ""
    if not machine.steps or machine.steps[-1].kind != "done":
        machine.call("terminate", {"status": outcome})
    task = str(record.get("task_id", "")) or json.dumps(record, sort_keys=True)
    name = hashlib.sha256(f"agentnet {task}".encode()).hexdigest()[:32]
    said = str(record.get("instruction") or record.get("natural_language_task") or "")
    return Episode(name, "imported:agentnet", "train", said, outcome, ("imported",), tuple(machine.steps))


def read(path: Path, screen: tuple[int, int]) -> list[Episode]:
    """Raises BadInput with file and line."""
    episodes = []
    with path.open("rb") as file:
        for number, line in enumerate(iter(lambda: file.readline(LINE_CHARS_MAX + 1), b""), 1):
            where = f"{path}:{number}"
            if len(line) > LINE_CHARS_MAX:
                raise BadInput("the line is too long", where)
            if not line.strip():
                continue
            try:
                episodes.append(_episode(json.loads(line), screen))
            except KeyError as error:
                raise BadInput(f"the field {error} is missing", where) from error
            except (ValueError, TypeError, AttributeError, RecursionError) as error:
                raise BadInput(f"is no AgentNet record: {error}", where) from error
    return episodes
