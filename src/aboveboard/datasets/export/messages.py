"""Computer-use tool calls as two vendors' models give them: one JSON line an episode.

OpenAI: items of the Responses API, `computer_call` with one action each (openai.types.responses).
Anthropic: messages with the tool use blocks of `computer_toolset_20260801` (anthropic.types.beta).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from aboveboard.datasets.export.keys import PYAUTOGUI, XDOTOOL, named
from aboveboard.datasets.export.lines import write_lines
from aboveboard.datasets.schema import Episode, Step

PIXELS_A_NOTCH = 100
_BUTTONS = {"click": "left", "triple_click": "left", "right_click": "right", "middle_click": "wheel"}


def _keys(names: Sequence[str]) -> list[str]:
    return [named(each, PYAUTOGUI, lower=True).upper() for each in names]


def openai_actions(step: Step) -> Iterator[dict[str, Any]]:
    """None for "done", three for a triple click, else one."""
    held = {"keys": _keys(step.modifiers)} if step.modifiers else {}
    place = {"x": step.x or 0, "y": step.y or 0}
    match step.kind:
        case "click" | "triple_click" | "right_click" | "middle_click":
            action = {"type": "click", "button": _BUTTONS[step.kind], **place, **held}
            yield from [action] * (3 if step.kind == "triple_click" else 1)
        case "double_click":
            yield {"type": "double_click", **place, **held}
        case "drag":
            samples = zip(step.path_t, step.path_x, step.path_y, strict=True)
            way = [{"x": x, "y": y} for t, x, y in samples if step.start_us <= t <= step.end_us]
            yield {"type": "drag", "path": [place, *way, {"x": step.end_x or 0, "y": step.end_y or 0}], **held}
        case "scroll":
            turned = {"scroll_x": step.dx * PIXELS_A_NOTCH, "scroll_y": step.dy * PIXELS_A_NOTCH}
            yield {"type": "scroll", **place, **turned, **held}
        case "type":
            yield {"type": "type", "text": step.text}
        case "key" | "hotkey":
            yield {"type": "keypress", "keys": _keys((*step.modifiers, step.key))}
        case "hover":
            yield {"type": "move", **place}
        case "wait":
            yield {"type": "wait"}
        case _:
            return


def _openai(episode: Episode) -> dict[str, Any]:
    items: list[dict[str, Any]] = [{"role": "user", "content": episode.instruction}]
    for step in episode.steps:
        for action in openai_actions(step):
            name = f"{episode.episode_id[:16]}_{len(items)}"
            items.append({
                "type": "computer_call", "id": f"cu_{name}", "call_id": f"call_{name}", "action": action,
                "pending_safety_checks": [], "status": "completed",
            })  # fmt: skip
    return {"episode_id": episode.episode_id, "outcome": episode.outcome, "items": items}


def anthropic_call(step: Step) -> tuple[str, dict[str, Any]] | None:
    """Name and input of the tool; None for what it can't do, and for "done"."""
    held = {"text": "+".join(named(each, XDOTOOL) for each in step.modifiers)} if step.modifiers else {}
    place: dict[str, Any] = {"coordinate": [step.x or 0, step.y or 0]}
    match step.kind:
        case "click":
            return "left_click", place | held
        case "double_click" | "triple_click" | "right_click" | "middle_click":
            return step.kind, place | held
        case "drag" if step.button == 1:
            return "left_click_drag", {
                "start_coordinate": place["coordinate"], "coordinate": [step.end_x or 0, step.end_y or 0], **held,
            }  # fmt: skip
        case "scroll":
            across = abs(step.dx) > abs(step.dy)
            amount = step.dx if across else step.dy
            way = ("right" if amount > 0 else "left") if across else ("down" if amount > 0 else "up")
            return "scroll", {**place, "scroll_direction": way, "scroll_amount": abs(amount)}
        case "type":
            return "type", {"text": step.text}
        case "key" | "hotkey":
            return "key", {"text": "+".join(named(each, XDOTOOL) for each in (*step.modifiers, step.key))}
        case "hover":
            return "mouse_move", place
        case "wait":
            return "wait", {"duration": max(1, round((step.end_us - step.start_us) / 1e6))}
        case _:
            return None


def _anthropic(episode: Episode) -> dict[str, Any]:
    messages: list[dict[str, Any]] = [{"role": "user", "content": episode.instruction or "(no description)"}]
    for number, step in enumerate(episode.steps):
        call = anthropic_call(step)
        if call is None:
            continue
        name = f"toolu_{episode.episode_id[:16]}_{number}"
        block = {"type": "tool_use", "id": name, "name": call[0], "toolset_name": "computer", "input": call[1]}
        messages.append({"role": "assistant", "content": [block]})
        messages.append({"role": "user", "content": [{"type": "tool_result", "tool_use_id": name}]})
    return {"episode_id": episode.episode_id, "outcome": episode.outcome, "messages": messages}


def write_openai(episodes: Sequence[Episode], out: Path, screen: tuple[int, int]) -> None:
    write_lines(out, (json.dumps(_openai(each), ensure_ascii=False) for each in episodes))


def write_anthropic(episodes: Sequence[Episode], out: Path, screen: tuple[int, int]) -> None:
    write_lines(out, (json.dumps(_anthropic(each), ensure_ascii=False) for each in episodes))
