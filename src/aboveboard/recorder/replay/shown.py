"""Pictures of a stretch: where and when they are shown, and each one as bytes that a browser reads. Pure."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from aboveboard.core.errors import BadInput
from aboveboard.core.events import U8, Crop, Frame, KeptEvent
from aboveboard.core.frames import PICTURE_BYTES_MAX, decode_frame, name_of
from aboveboard.recorder.replay.story import Stretch
from aboveboard.recorder.words import PICTURES


def pictures(stretch: Stretch, parts: Iterable[tuple[str, Sequence[KeptEvent]]]) -> list[dict[str, Any]]:
    """parts: (address that an event's number is put behind, events) of what the stretch lies in. By the time they were
    seen, in ms from the stretch's start; a crop that was withheld has its reason and no address."""
    found = []
    for address, events in parts:
        for number, event in enumerate(events):
            if not isinstance(event, Frame | Crop) or not stretch.start_us <= event.t_us <= stretch.end_us:
                continue
            kind = "frame" if isinstance(event, Frame) else "crop"
            withheld = event.withheld if isinstance(event, Crop) else ""
            found.append({
                "k": kind, "t": max(0, event.seen_us - stretch.start_us) // 1000, "box": event.box,
                "src": "" if withheld else f"{address}{number}", "withheld": PICTURES.get(withheld, withheld),
            })  # fmt: skip
    return sorted(found, key=lambda each: each["t"])


def picture(events: Sequence[KeptEvent], number: int) -> tuple[bytes, str]:
    """(bytes, media type) of event `number` of a chunk or segment. Raises BadInput when it is no picture, Corrupt for
    one that breaks the specification."""
    event = events[number] if number < len(events) else None
    if isinstance(event, Crop) and 0 < len(event.picture) <= PICTURE_BYTES_MAX:
        return event.picture, "image/webp"
    if not isinstance(event, Frame):
        raise BadInput("there is no picture of this number")
    before = (tile for each in events[: number + 1] if isinstance(each, Frame) for tile in each.tiles)
    return png(decode_frame(event, {name_of(tile): tile for tile in before}).pixels), "image/png"


def png(pixels: U8) -> bytes:
    """8-bit RGB, no filter (RFC 2083). pixels: (height, width, 3)."""
    height, width, _ = pixels.shape
    lines = np.concatenate([np.zeros((height, 1), np.uint8), pixels.reshape(height, width * 3)], axis=1)

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(lines.tobytes(), 1))
            + chunk(b"IEND", b""))  # fmt: skip
