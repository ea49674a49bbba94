"""AgentNet JSONL, as OpenCUA reads it: one line an episode, each step one piece of pyautogui code, places in 0 to 1."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from aboveboard.datasets.export.keys import PYAUTOGUI, named
from aboveboard.datasets.export.lines import write_lines
from aboveboard.datasets.schema import Episode, Step

_BUTTONS = {1: "left", 2: "middle", 3: "right"}
_CLICKS = {
    "click": "pyautogui.click", "double_click": "pyautogui.doubleClick", "triple_click": "computer.tripleClick",
    "right_click": "pyautogui.rightClick", "middle_click": "pyautogui.middleClick", "hover": "pyautogui.moveTo",
}  # fmt: skip


def _place(x: int | None, y: int | None, screen: tuple[int, int]) -> str:
    return f"x={(x or 0) / screen[0]:.4f}, y={(y or 0) / screen[1]:.4f}"


def code_of(step: Step, screen: tuple[int, int]) -> str:
    """The step as Python, which is read with `ast`, never run."""
    lines = _lines(step, screen)
    if step.kind in ("key", "hotkey"):
        return "\n".join(lines)
    held = [named(each, PYAUTOGUI, lower=True) for each in step.modifiers]
    down = [f"pyautogui.keyDown({each!r})" for each in held]
    return "\n".join([*down, *lines, *(f"pyautogui.keyUp({each!r})" for each in reversed(held))])


def _lines(step: Step, screen: tuple[int, int]) -> list[str]:
    place = _place(step.x, step.y, screen)
    if step.kind in _CLICKS:
        return [f"{_CLICKS[step.kind]}({place})"]
    match step.kind:
        case "drag":
            end = _place(step.end_x, step.end_y, screen)
            return [
                f"pyautogui.moveTo({place})",
                f"pyautogui.dragTo({end}, button={_BUTTONS.get(step.button, 'left')!r})",
            ]
        case "scroll":
            turned = [f"pyautogui.scroll({-step.dy})"] if step.dy else []
            return [f"pyautogui.moveTo({place})", *turned, *([f"pyautogui.hscroll({step.dx})"] if step.dx else [])]
        case "type":
            return [f"pyautogui.write(message={step.text!r})"]
        case "key" | "hotkey":
            keys = [named(each, PYAUTOGUI, lower=True) for each in (*step.modifiers, step.key)]
            return [f"pyautogui.press({keys[0]!r})" if len(keys) == 1 else f"pyautogui.hotkey({keys!r})"]
        case "wait":
            return ["computer.wait()"]
        case _:
            return [f"computer.terminate(status={'success' if step.text != 'failure' else 'failure'!r})"]


def _record(episode: Episode, screen: tuple[int, int]) -> dict[str, Any]:
    trajectory = [
        {"index": index, "image": "", "value": {
            "code": code_of(step, screen), "observation": "", "thought": "", "action": "", "last_step_correct": True,
            "last_step_redundant": False, "reflection": "",
        }}
        for index, step in enumerate(episode.steps)
    ]  # fmt: skip
    return {
        "task_id": episode.episode_id, "instruction": episode.instruction, "traj": trajectory,
        "task_completed": episode.outcome == "success", "alignment_score": None, "efficiency_score": None,
        "task_difficulty": None, "reason": "", "actual_task": episode.instruction,
        "natural_language_task": episode.instruction,
    }  # fmt: skip


def write(episodes: Sequence[Episode], out: Path, screen: tuple[int, int]) -> None:
    write_lines(out, (json.dumps(_record(each, screen), ensure_ascii=False) for each in episodes))
