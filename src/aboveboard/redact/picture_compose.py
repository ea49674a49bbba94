"""Puts a screen together from its windows' own pixels; what is not there is grey."""

from __future__ import annotations

import numpy as np
from PIL import Image

from aboveboard.core.events import U8, Box, Layer, ScreenPicture

BLANK = 128


def compose(picture: ScreenPicture, area: Box | None = None) -> U8:
    """uint8 (height, width, 3) RGB of `area`, in screen coordinates; of the whole screen if not given. Every window
    hides what lies under it, whether its own pixels are there or not."""
    left, top, width, height = area or (0, 0, *picture.size)
    pixels = np.full((height, width, 4), BLANK, dtype=np.uint8)
    for layer in picture.layers:
        _paint(pixels, layer, left, top)
    # The display's order of colours, in one pass.
    return np.asarray(Image.frombuffer("RGB", (width, height), pixels, "raw", "BGRX", 0, 1))


def _paint(pixels: U8, layer: Layer, left: int, top: int) -> None:
    x, y = layer.box[0] - left, layer.box[1] - top
    x0, y0 = max(x, 0), max(y, 0)
    x1, y1 = min(x + layer.box[2], pixels.shape[1]), min(y + layer.box[3], pixels.shape[0])
    if x1 <= x0 or y1 <= y0:
        return
    here = pixels[y0:y1, x0:x1]
    if layer.pixels is None:
        here[:] = BLANK
        return
    here[:] = layer.pixels[y0 - y : y1 - y, x0 - x : x1 - x]
    if layer.drawn is not None:
        here[~layer.drawn[y0 - y : y1 - y, x0 - x : x1 - x]] = BLANK


def same(picture: ScreenPicture, other: ScreenPicture | None) -> bool:
    """Whether both show the same pixels in the same places, told without looking at each."""
    return (
        other is not None
        and picture.size == other.size
        and len(picture.layers) == len(other.layers)
        and all(
            one.box == two.box and one.pixels is two.pixels and one.drawn is two.drawn
            for one, two in zip(picture.layers, other.layers, strict=True)
        )
    )


def blank(picture: ScreenPicture) -> bool:
    """Whether nothing is to be seen in it."""
    return all(layer.pixels is None for layer in picture.layers)
