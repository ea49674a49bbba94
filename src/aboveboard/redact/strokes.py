"""Takes strokes out of a picture: openings and closings by line segments (Soille, Morphological Image Analysis, 2003).

A closing by a segment fills what is darker than its surroundings and shorter than the segment; the lesser of the
horizontal and the vertical one keeps what is long in either direction. The opening does the same for what is
brighter. A letter is short in both, whatever its size, slant, colour or weight; so it needn't be found first, and
can't be missed.
"""

from __future__ import annotations

from typing import Any, TypeAlias

import numpy as np
import numpy.typing as npt

U8: TypeAlias = npt.NDArray[np.uint8]
LENGTH = 40  # samples of a frame at a quarter of its size: 160 pixels


SHADE = 32  # levels of 256
_AROUND = 12  # samples each way: 100 pixels across


def without_shades(pixels: U8) -> U8:
    """Smooth where little differs from its surroundings: on a gradient, an opening leaves a shade of a large letter.

    pixels: (height, width, 3), after `without_strokes`; the same shape.
    """
    smooth = pixels.astype(np.float32)
    for axis in (0, 1):
        smooth = _means(smooth, axis)
    faint = np.abs(smooth - pixels) <= SHADE
    return np.where(faint, np.rint(smooth), pixels).astype(np.uint8)


def _means(values: npt.NDArray[np.float32], axis: int) -> npt.NDArray[np.float32]:
    """Of each value and up to _AROUND on both sides; the outermost are repeated."""
    pad = [(0, 0)] * values.ndim
    pad[axis] = (_AROUND + 1, _AROUND)
    sums = np.cumsum(np.pad(values, pad, mode="edge"), axis=axis, dtype=np.float64)
    width = 2 * _AROUND + 1
    high, low = np.moveaxis(sums, axis, 0)[width:], np.moveaxis(sums, axis, 0)[:-width]
    return np.moveaxis((high - low) / width, 0, axis).astype(np.float32)


def without_strokes(pixels: U8, length: int = LENGTH) -> U8:
    """pixels: (height, width, 3); the same shape. Each colour by itself, so that no pair of colours shows a letter."""
    closed = np.minimum(_close(pixels, length, 0), _close(pixels, length, 1))
    return np.maximum(_open(closed, length, 0), _open(closed, length, 1))


def _close(pixels: U8, length: int, axis: int) -> U8:
    return _twice(pixels, length, axis, np.maximum, np.minimum, 255)


def _open(pixels: U8, length: int, axis: int) -> U8:
    return _twice(pixels, length, axis, np.minimum, np.maximum, 0)


def _twice(pixels: U8, length: int, axis: int, first: Any, second: Any, neutral: int) -> U8:
    """`second` over all windows that hold a pixel of `first` over each window; only windows that lie in the picture."""
    length = min(length, pixels.shape[axis])
    inner = _sliding(pixels, length, axis, first)
    pad = [(0, 0)] * pixels.ndim
    pad[axis] = (length - 1, length - 1)
    return _sliding(np.pad(inner, pad, constant_values=neutral), length, axis, second)


def _sliding(pixels: U8, length: int, axis: int, combine: Any) -> U8:
    """`combine` over each window of `length`, in log2(length) steps: (n, ...) -> (n - length + 1, ...) along axis."""
    result, width = np.moveaxis(pixels, axis, 0), 1
    while width < length:
        step = min(width, length - width)
        result = combine(result[:-step], result[step:])
        width += step
    return np.moveaxis(result, 0, axis)
