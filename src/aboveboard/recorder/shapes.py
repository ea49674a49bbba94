"""The shapes of the indicator's states, told apart without colour: disc, bars, barred ring, ring, cross."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

F32 = npt.NDArray[np.float32]
U8 = npt.NDArray[np.uint8]
# Each is dark enough for white on it (contrast above 4.5), and none says anything the shape does not.
COLOURS = {
    "recording": 0x1C7C54, "paused": 0x9A5B00, "not_allowed": 0x56677A, "waiting_for_consent": 0x56677A,
    "off": 0x3A4650,
}  # fmt: skip
_FINER = 4  # samples a pixel, each way


def shape(state: str, size: int) -> F32:
    """How much of each pixel is covered, 0 to 1; shape (size, size)."""
    n = size * _FINER
    at = (np.arange(n, dtype=np.float32) + 0.5) / n * 2 - 1  # -1 to 1
    x, y = at[None, :], at[:, None]
    far = np.hypot(x, y)
    ring = (far <= 0.86) & (far >= 0.58)
    match state:
        case "recording":
            inside = far <= 0.8
        case "paused":
            inside = (np.abs(np.abs(x) - 0.42) <= 0.2) & (np.abs(y) <= 0.78)
        case "not_allowed":
            inside = ring | ((np.abs(x + y) <= 0.2) & (far <= 0.7))
        case "waiting_for_consent":
            inside = ring
        case "off":
            inside = ((np.abs(x - y) <= 0.3) | (np.abs(x + y) <= 0.3)) & (np.maximum(np.abs(x), np.abs(y)) <= 0.72)
        case _:
            raise ValueError(f"the indicator knows no state {state!r}")
    covered: F32 = inside.reshape(size, _FINER, size, _FINER).mean(axis=(1, 3), dtype=np.float32)
    return covered


def painted(state: str, size: int) -> U8:
    """White on the state's colour, as red, green, blue; shape (size, size, 3)."""
    colour = np.array([COLOURS[state] >> shift & 0xFF for shift in (16, 8, 0)], dtype=np.float32)
    covered = shape(state, size)[:, :, None]
    rgb: U8 = np.rint(colour * (1 - covered) + 255 * covered).astype(np.uint8)
    return rgb


def icon(state: str, size: int) -> bytes:
    """ARGB32 in network byte order, as a StatusNotifierItem's IconPixmap has it: a tile with the shape in its middle,
    clear corners, so that it can be told on light and dark panels."""
    inner = round(size * 0.66)
    edge = (size - inner) // 2
    n = size * _FINER
    at = np.abs((np.arange(n, dtype=np.float32) + 0.5) / n * 2 - 1)
    corner = np.hypot(np.maximum(at[None, :] - 0.7, 0), np.maximum(at[:, None] - 0.7, 0)) <= 0.3
    alpha = corner.reshape(size, _FINER, size, _FINER).mean(axis=(1, 3))
    argb = np.empty((size, size, 4), dtype=np.uint8)
    argb[:, :, 0] = np.rint(alpha * 255)
    argb[:, :, 1:] = [COLOURS[state] >> shift & 0xFF for shift in (16, 8, 0)]
    argb[edge : edge + inner, edge : edge + inner, 1:] = painted(state, inner)
    return argb.tobytes()
