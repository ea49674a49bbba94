"""Pictures of the screen: a coarse one in which no letter is left, and a sharp one of the element acted on.

    RawFrame  --coarse-->  CoarseFrame                            the whole screen at a quarter of its size
    RawFrame  --mask-->    MaskedCrop  --check-->  SharpCrop      or Withheld, with its reason

`RawFrame` and `MaskedCrop` live in memory only. Only this module makes `CoarseFrame` and `SharpCrop`. Nothing here
grabs a screen. Used by `picture_stage.py`; one thread at a time, but for `picture_checks.CropChecks`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

from aboveboard.core.errors import BadInput, Unavailable
from aboveboard.core.events import Box, MemoryOnly, ObservedElement
from aboveboard.redact.ocr import Late, Reader
from aboveboard.redact.picture_mask import allowed_pixels
from aboveboard.redact.redactor import Redactor
from aboveboard.redact.strokes import without_shades, without_strokes

U8: TypeAlias = npt.NDArray[np.uint8]

SCALE = 4
PIXELS_MAX = 64_000_000
CROP_WIDTH_MAX, CROP_HEIGHT_MAX = 480, 270
_MARGIN = 24  # around the element, where there is room
_GREY = 128  # of what is masked
_LEVELS = 16  # of brightness that a coarse frame keeps
DEADLINE_S = 2.0

WithheldReason: TypeAlias = Literal[
    "no_tree", "outside", "nothing_safe", "no_engine", "late", "check_failed", "readable", "busy"
]  # fmt: skip


def _check_pixels(pixels: U8) -> None:
    if pixels.dtype != np.uint8 or pixels.ndim != 3 or pixels.shape[2] != 3 or not 0 < pixels.size <= 3 * PIXELS_MAX:
        raise BadInput(f"a frame is (height, width, 3) bytes of RGB, not {pixels.shape} of {pixels.dtype}")


@dataclass(frozen=True, slots=True, repr=False)
class RawFrame(MemoryOnly):
    """The screen as it was. pixels: uint8 (height, width, 3), RGB; origin: the screen position of pixel (0, 0)."""

    t_us: int
    pixels: U8
    origin: tuple[int, int] = (0, 0)

    def __post_init__(self) -> None:
        _check_pixels(self.pixels)


@dataclass(frozen=True, slots=True, repr=False)
class MaskedCrop(MemoryOnly):
    """A crop after masking, before its check. box: on the screen; pixels: uint8 (height, width, 3)."""

    t_us: int
    box: Box
    pixels: U8


@dataclass(frozen=True, slots=True)
class CoarseFrame:
    """May be kept. pixels: uint8 (ceil(height / 4), ceil(width / 4), 3); box: what of the screen it shows."""

    t_us: int
    box: Box
    pixels: U8


@dataclass(frozen=True, slots=True)
class SharpCrop:
    """May be kept. box: on the screen; pixels: uint8 (height, width, 3), grey where masked."""

    t_us: int
    box: Box
    pixels: U8


@dataclass(frozen=True, slots=True)
class Withheld:
    """No crop, and why."""

    reason: WithheldReason


def coarse(frame: RawFrame) -> CoarseFrame:
    """The frame at a quarter of its size, without anything as short as a letter's stroke, in 16 levels a colour.

    Areas, bars, frames of windows and lines longer than 160 pixels stay; type of up to 200 pixels goes, whatever its
    colour, weight or script, because no stroke of it is that long. Proof: bench/pictures.py.
    """
    height, width = frame.pixels.shape[:2]
    small = without_shades(without_strokes(_shrink(frame.pixels)))
    step = 256 // _LEVELS
    levels = (small // step * step + step // 2).astype(np.uint8)
    return CoarseFrame(frame.t_us, (*frame.origin, width, height), levels)


def _shrink(pixels: U8) -> U8:
    """Means of SCALE x SCALE pixels, of fewer at the right and lower edge."""
    return np.asarray(Image.fromarray(pixels).reduce(SCALE))


def mask(
    frame: RawFrame, element: ObservedElement, tree: Sequence[ObservedElement], redactor: Redactor
) -> MaskedCrop | Withheld:
    """The surroundings of `element`, grey but for elements of `tree` that are known to be safe.

    tree: all visible elements as they were when the frame was taken; boxes in screen coordinates.
    """
    if not tree:
        return Withheld("no_tree")
    height, width = frame.pixels.shape[:2]
    area = area_of(element.box, (*frame.origin, width, height))
    if area is None:
        return Withheld("outside")
    left, top, width, height = area
    allowed = allowed_pixels(area, tree, redactor)
    if not allowed.any():
        return Withheld("nothing_safe")
    x, y = left - frame.origin[0], top - frame.origin[1]
    pixels = frame.pixels[y : y + height, x : x + width].copy()
    pixels[~allowed] = _GREY
    return MaskedCrop(frame.t_us, area, pixels)


def area_of(box: Box, seen: Box) -> Box | None:
    """What of `seen` shows the element and a margin, at most CROP_*_MAX around its middle; None when nothing does."""
    across = _span(box[0], box[2], CROP_WIDTH_MAX, seen[0], seen[2])
    down = _span(box[1], box[3], CROP_HEIGHT_MAX, seen[1], seen[3])
    return (across[0], down[0], across[1], down[1]) if across and down else None


def _span(start: int, length: int, longest: int, frame_start: int, frame_length: int) -> tuple[int, int] | None:
    """(start, length) in one direction."""
    first, last = max(start, frame_start), min(start + length, frame_start + frame_length)
    if first >= last:
        return None
    wanted = min(last - first + 2 * _MARGIN, longest)
    begin = first + (last - first) // 2 - wanted // 2
    end = min(begin + wanted, frame_start + frame_length)
    begin = max(begin, frame_start)
    return begin, end - begin


def read_or_why(masked: MaskedCrop, reader: Reader, deadline_s: float) -> str | Withheld:
    """What the reader reads in it, or why that can't be known. Safe on any thread."""
    try:
        return reader.read(masked.pixels, deadline_s)
    except Late:
        return Withheld("late")
    except Unavailable:
        return Withheld("no_engine")
    except Exception:  # noqa: BLE001  fail closed: an engine that breaks has checked nothing
        return Withheld("check_failed")


def check(masked: MaskedCrop, read: str | Withheld, redactor: Redactor) -> SharpCrop | Withheld:
    """read: what an OCR engine made of it. The crop only if the redactor would leave every line of that as it is."""
    if isinstance(read, Withheld):
        return read
    for line in read.splitlines():
        if redactor.text(line).spans:
            return Withheld("readable")
    return SharpCrop(masked.t_us, masked.box, masked.pixels)


def crop(
    frame: RawFrame,
    element: ObservedElement,
    tree: Sequence[ObservedElement],
    redactor: Redactor,
    reader: Reader,
    deadline_s: float = DEADLINE_S,
) -> SharpCrop | Withheld:
    """Masks and checks at once, which takes tenths of a second: never on the input path, see picture_checks.py."""
    masked = mask(frame, element, tree, redactor)
    return masked if isinstance(masked, Withheld) else check(masked, read_or_why(masked, reader, deadline_s), redactor)
