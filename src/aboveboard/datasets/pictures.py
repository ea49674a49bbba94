"""What the screen showed before each action, as pictures that a dataset's rows carry.

A session's frames stay as the tiles they were kept as; one is put together only when a row needs it.
"""

from __future__ import annotations

import io
from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import Final

import msgspec
from PIL import Image

from aboveboard.core.errors import Corrupt
from aboveboard.core.events import Crop, Frame, KeptEvent
from aboveboard.core.frames import PICTURE_BYTES_MAX, decode_frame, name_of

# The recorder's look at what was acted on and the press itself are stamped by the same clock, a few ms apart at most.
SAME_PRESS_US: Final = 50_000
_QUALITY: Final = {"lossless": True, "method": 4, "quality": 60}


class Picture(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """As Hugging Face's Image has it, {"bytes", "path"}: a WebP file, no path."""

    data: bytes = msgspec.field(name="bytes")
    path: str | None = None


class Shown(msgspec.Struct, frozen=True):
    """A picture, and x, y, width, height of what it shows on the screen; index: which of the session's events it is."""

    picture: Picture
    box: tuple[int, ...]
    index: int


class Pictures:
    """Of one session."""

    def __init__(self, events: Sequence[KeptEvent]) -> None:
        frames = [(each.seen_us, index, each) for index, each in enumerate(events) if isinstance(each, Frame)]
        crops = [(each.acted_us, index, each) for index, each in enumerate(events) if isinstance(each, Crop)]
        self._frames = sorted(frames, key=lambda known: known[:2])
        self._crops = sorted(crops, key=lambda known: known[:2])
        self._tiles = {name_of(tile): tile for each in events if isinstance(each, Frame) for tile in each.tiles}
        self._last: Shown | None = None

    def frame(self, t_us: int, since_us: int) -> Shown | None:
        """The newest that was seen in [since_us, t_us]. Raises Corrupt."""
        place = bisect_right(self._frames, t_us, key=lambda known: known[0]) - 1
        if place < 0 or self._frames[place][0] < since_us:
            return None
        _, index, event = self._frames[place]
        if self._last is None or self._last.index != index:  # steps that follow one another often share one
            seen = decode_frame(event, self._tiles)
            out = io.BytesIO()
            Image.fromarray(seen.pixels).save(out, "WEBP", **_QUALITY)
            self._last = Shown(Picture(out.getvalue()), event.box, index)
        return self._last

    def crop(self, start_us: int, end_us: int) -> tuple[Shown | None, bool]:
        """What was acted on between the two, sharp; and whether it was withheld. Raises Corrupt."""
        place = bisect_left(self._crops, start_us - SAME_PRESS_US, key=lambda known: known[0])
        if place == len(self._crops) or self._crops[place][0] > end_us:
            return None, False
        _, index, event = self._crops[place]
        if len(event.picture) > PICTURE_BYTES_MAX:
            raise Corrupt("a crop is too large")
        return (Shown(Picture(event.picture), event.box, index), False) if event.picture else (None, True)
