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
