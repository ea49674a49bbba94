"""OWAMcap: mouse and keyboard messages become recorded events, and those become actions as ours do.

Files that `aboveboard dataset export owamcap` wrote hold the steps themselves and come back whole.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import msgspec
import numpy as np
from mcap.exceptions import McapError
from mcap.reader import make_reader

from aboveboard.core.columns import encode_column
from aboveboard.core.errors import BadInput, Corrupt
from aboveboard.core.events import Button, KeptEvent, Key, PointerPath, Scroll, Task, Text
from aboveboard.core.frames import PICTURE_BYTES_MAX
from aboveboard.datasets.checks import check_events
from aboveboard.datasets.episodes import Recorded, episodes_of
from aboveboard.datasets.export.keys import VK
from aboveboard.datasets.export.owamcap import EPISODE_METADATA, STEP_TOPIC
from aboveboard.datasets.pictures import Picture
from aboveboard.datasets.schema import Episode, Step

_KEYSYM: Final = {code: key for key, code in reversed(VK.items())} | {
    0xA0: "Shift", 0xA1: "Shift", 0xA2: "Control", 0xA3: "Control", 0xA4: "Alt", 0xA5: "Alt", 0x5C: "Super",
}  # fmt: skip
_MODIFIERS: Final = ("Control", "Alt", "Super", "Shift")
_BUTTONS: Final = {"left": 1, "middle": 2, "right": 3}
_SHIFTED: Final = dict(zip("1234567890", "!@#$%^&*()", strict=True))
RUN_US = 2_000_000  # a longer rest between two characters begins another run of typing
MESSAGES_MAX = 50_000_000


class _Events:
    """Raw input to recorded events: characters to runs of text, other keys and shortcuts by name."""

    def __init__(self) -> None:
        self.events: list[KeptEvent] = []
        self._path: list[tuple[int, int, int]] = []
        self._held: list[str] = []
        self._typed = ""
        self._typed_us = (0, 0)

    def flush(self) -> None:
        if self._path:
            t, x, y = (np.array(column, np.int64) for column in zip(*self._path, strict=True))
            self.events.append(
                PointerPath(int(t[0]), len(t), encode_column(t - t[0]), encode_column(x), encode_column(y))
            )
            self._path = []
        if self._typed:
            self.events.append(Text(*self._typed_us, self._typed, None, len(self._typed)))
            self._typed = ""

    def mouse(self, t_us: int, said: dict[str, Any]) -> None:
        x, y = int(said["x"]), int(said["y"])
        if said["event_type"] == "move":
            if len(self._path) >= 4096:
                self.flush()
            self._path.append((t_us, x, y))
            return
        self.flush()
        if said["event_type"] == "scroll":
            self.events.append(Scroll(t_us, x, y, int(said.get("dx") or 0), -int(said.get("dy") or 0)))
        elif (button := _BUTTONS.get(str(said.get("button")))) is not None:
            self.events.append(Button(t_us, x, y, button, bool(said.get("pressed")), tuple(self._held)))

    def key(self, t_us: int, said: dict[str, Any]) -> None:
        key = _KEYSYM.get(int(said["vk"]))
        if key is None:
            return
        if key in _MODIFIERS:
            self._held = [each for each in self._held if each != key]
            if said["event_type"] == "press":
                self._held.append(key)
        elif said["event_type"] == "press":
            self._pressed(t_us, key)

    def _pressed(self, t_us: int, key: str) -> None:
        char = " " if key == "space" else key if len(key) == 1 else ""
        if "Shift" in self._held:
            char = _SHIFTED.get(char, char.upper())
        if set(self._held) - {"Shift"} or (not char and key != "BackSpace") or (key == "BackSpace" and not self._typed):
            self.flush()
            self.events.append(Key(t_us, key, tuple(self._held)))
            return
        if self._typed and t_us - self._typed_us[1] > RUN_US:
            self.flush()
        begun_us = self._typed_us[0] if self._typed else t_us
        self._typed = self._typed[:-1] if key == "BackSpace" else self._typed + char
        self._typed_us = (begun_us, t_us)


def _messages(path: Path) -> Iterator[tuple[str, int, bytes]]:
    """(topic, µs, data) by time."""
    with path.open("rb") as file:
        for n, (_, channel, message) in enumerate(make_reader(file).iter_messages(log_time_order=True)):
            if n == MESSAGES_MAX:
                raise BadInput(f"holds more than {MESSAGES_MAX} messages", str(path))
            if channel.message_encoding == "json":
                yield channel.topic, message.log_time // 1000, message.data


def _said(path: Path) -> dict[str, str]:
    with path.open("rb") as file:
        for each in make_reader(file).iter_metadata():
            if each.name == EPISODE_METADATA:
                return dict(each.metadata)
    return {}


def _picture(uri: str) -> Picture:
    """Of the form that our export writes. Raises Corrupt."""
    kind, _, data = uri.partition(",")
    if kind != "data:image/webp;base64" or len(data) > 2 * PICTURE_BYTES_MAX:
        raise Corrupt("a picture is no WebP data of a size that a screen has")
    return Picture(base64.b64decode(data, validate=True))


def _read_one(path: Path) -> list[Episode]:
    said = _said(path)
    found, steps = _Events(), []
    seen: Picture | None = None
    for topic, t_us, data in _messages(path):
        if topic == STEP_TOPIC:
            step = msgspec.json.decode(data, type=Step)
            steps.append(msgspec.structs.replace(step, frame=seen if step.frame_box else None))
        elif topic == "screen" and said:
            seen = _picture(json.loads(data)["media_ref"]["uri"])
        elif topic in ("mouse", "keyboard") and not steps:
            (found.mouse if topic == "mouse" else found.key)(t_us, json.loads(data))
    if said and steps:
        return [Episode(
            said["episode_id"], "imported:owamcap", "train", said["instruction"], said["outcome"],
            tuple(sorted({*json.loads(said["flags"]), "imported"})), tuple(steps),
        )]  # fmt: skip
    found.flush()
    events = sorted(found.events, key=lambda each: each.t_us)
    if not events:
        return []
    check_events(events)
    last_us = max(each.end_us if isinstance(each, Text) else each.t_us for each in events) + 1
    marked = (Task(events[0].t_us, "start", path.stem), *events, Task(last_us, "stop"))
    salt = hashlib.sha256(b"owamcap " + path.name.encode()).digest()
    episodes = episodes_of(Recorded("owamcap", path.name, marked, ("",) * len(marked)), salt)
    return [msgspec.structs.replace(
        each, contributor="imported:owamcap", split="train", flags=tuple(sorted({*each.flags, "imported"})),
        steps=tuple(msgspec.structs.replace(step, segments=()) for step in each.steps),
    ) for each in episodes]  # fmt: skip


def read(path: Path, screen: tuple[int, int]) -> list[Episode]:
    """Of one file, or of all *.mcap in a folder. Raises BadInput naming the file."""
    episodes: list[Episode] = []
    for file in sorted(path.glob("*.mcap")) if path.is_dir() else [path]:
        try:
            episodes += _read_one(file)
        except (McapError, Corrupt, OSError, KeyError, ValueError, TypeError, OverflowError) as error:
            raise BadInput(f"is no OWAMcap file: {type(error).__name__} {error}", str(file)) from error
    return episodes
