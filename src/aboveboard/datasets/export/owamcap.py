"""OWAMcap (open-world-agents): an MCAP file an episode, JSON messages of OWA's types, times in ns from the start.

OWA records raw input; a step gives the presses and movements that make it. What OWA's types can't say, such as typed
text with placeholders, stands whole on the topic aboveboard/step.
"""

from __future__ import annotations

import base64
import io
import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec
from mcap.writer import Writer
from PIL import Image

from aboveboard.datasets.export.keys import VK
from aboveboard.datasets.pictures import Picture
from aboveboard.datasets.schema import Episode, Step
from aboveboard.wire.durable import make_folders

STEP_TOPIC = "aboveboard/step"
EPISODE_METADATA = "aboveboard/episode"
_INT, _STRING = {"type": "integer"}, {"type": "string"}
_SCHEMAS: dict[str, tuple[str, dict[str, Any]]] = {
    "mouse": ("desktop/MouseEvent", {
        "event_type": {"enum": ["move", "click", "scroll"]}, "x": _INT, "y": _INT, "button": _STRING,
        "pressed": {"type": "boolean"}, "dx": _INT, "dy": _INT, "timestamp": _INT,
    }),
    "keyboard": ("desktop/KeyboardEvent", {
        "event_type": {"enum": ["press", "release"]}, "vk": _INT, "timestamp": _INT,
    }),
    "screen": ("desktop/ScreenCaptured", {
        "utc_ns": _INT, "source_shape": {"type": "array"}, "shape": {"type": "array"}, "media_ref": {"type": "object"},
    }),
    STEP_TOPIC: ("aboveboard/Step", {"kind": _STRING}),
}  # fmt: skip
_BUTTONS = {1: "left", 2: "middle", 3: "right"}
_CLICKS = {"click": 1, "double_click": 2, "triple_click": 3, "right_click": 1, "middle_click": 1, "drag": 1}
_Message = tuple[int, str, dict[str, Any]]


def messages_of(step: Step) -> Iterator[_Message]:
    """(µs, topic, message) in time."""
    for t, x, y in zip(step.path_t, step.path_x, step.path_y, strict=True):
        yield t, "mouse", {"event_type": "move", "x": x, "y": y}
    place = {"x": step.x or 0, "y": step.y or 0}
    if step.kind in _CLICKS:
        held = [_key("press", step.start_us, each) for each in step.modifiers]
        yield from (each for each in held if each is not None)
        n = _CLICKS[step.kind]
        slot = max((step.end_us - step.start_us) // (2 * n), 0)
        button = {"event_type": "click", "button": _BUTTONS.get(step.button, "left")}
        end = place if step.end_x is None else {"x": step.end_x, "y": step.end_y or 0}
        for i in range(n):
            yield step.start_us + 2 * i * slot, "mouse", {**button, **place, "pressed": True}
            last_us = step.end_us if i == n - 1 else step.start_us + (2 * i + 1) * slot
            yield last_us, "mouse", {**button, **end, "pressed": False}
        freed = [_key("release", step.end_us, each) for each in reversed(step.modifiers)]
        yield from (each for each in freed if each is not None)
    elif step.kind == "scroll":  # OWA counts as pynput does: dy > 0 is up
        yield step.start_us, "mouse", {"event_type": "scroll", **place, "dx": step.dx, "dy": -step.dy}
    elif step.kind in ("key", "hotkey"):
        keys = (*step.modifiers, step.key)
        down = [_key("press", step.start_us, each) for each in keys]
        up = [_key("release", step.end_us, each) for each in reversed(keys)]
        yield from (each for each in (*down, *up) if each is not None)


def _key(what: str, t_us: int, key: str) -> _Message | None:
    code = VK.get(key)
    return None if code is None else (t_us, "keyboard", {"event_type": what, "vk": code})


def _screen(step: Step, picture: Picture) -> dict[str, Any]:
    """Until the next one it is what the steps saw; OWA's shapes are (width, height)."""
    with Image.open(io.BytesIO(picture.data)) as image:
        shape = list(image.size)
    uri = f"data:image/webp;base64,{base64.b64encode(picture.data).decode('ascii')}"
    return {
        "utc_ns": step.start_us * 1000, "source_shape": list(step.frame_box[2:]), "shape": shape,
        "media_ref": {"uri": uri},
    }  # fmt: skip


def _write_episode(episode: Episode, path: Path) -> None:
    with path.open("wb") as file:
        writer = Writer(file)
        writer.start(profile="owa", library="aboveboard")
        channels: dict[str, int] = {}
        for topic, (name, fields) in _SCHEMAS.items():
            schema = json.dumps({"title": name, "type": "object", "properties": fields}).encode()
            number = writer.register_schema(name=name, encoding="jsonschema", data=schema)
            channels[topic] = writer.register_channel(topic=topic, message_encoding="json", schema_id=number)
        said = {
            name: getattr(episode, name) for name in ("episode_id", "contributor", "split", "instruction", "outcome")
        }
        writer.add_metadata(EPISODE_METADATA, {**said, "flags": json.dumps(episode.flags)})
        found: list[tuple[int, str, bytes]] = []
        seen: Picture | None = None
        for step in episode.steps:
            if step.frame is not None and step.frame != seen:
                found.append((step.start_us, "screen", json.dumps(_screen(step, step.frame)).encode()))
                seen = step.frame
            for t_us, topic, message in messages_of(step):
                found.append((t_us, topic, json.dumps({**message, "timestamp": t_us * 1000}).encode()))
            found.append((step.start_us, STEP_TOPIC, msgspec.json.encode(msgspec.structs.replace(step, frame=None))))
        for t_us, topic, data in sorted(found, key=lambda each: each[0]):
            writer.add_message(
                channels[topic], log_time=max(t_us, 0) * 1000, publish_time=max(t_us, 0) * 1000, data=data
            )
        writer.finish()  # type: ignore[no-untyped-call]


def write(episodes: Sequence[Episode], out: Path, screen: tuple[int, int]) -> None:
    make_folders(out)
    for episode in episodes:
        _write_episode(episode, out / f"{episode.episode_id}.mcap")
