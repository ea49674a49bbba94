"""Reading a picture as an attacker would: tesseract (Debian `tesseract-ocr`) in a process of its own."""

from __future__ import annotations

import os
import subprocess
from typing import Protocol, TypeAlias

import numpy as np
import numpy.typing as npt

from aboveboard.core.errors import Unavailable

U8: TypeAlias = npt.NDArray[np.uint8]
_PIXELS_MAX = 4_000_000
_TEXT_BYTES_MAX = 65_536
_BORDER = 16  # type at the very edge is read worse
_UPSCALE = 2  # tesseract wants capitals of 20 pixels and more


class Late(Unavailable):
    """The engine did not answer in time."""


class Reader(Protocol):
    """An OCR engine."""

    def read(self, pixels: U8, deadline_s: float) -> str:
        """pixels: uint8 (height, width, 3) RGB -> the lines read in it. Raises Late, Unavailable (no engine), or
        anything else for an engine that failed; never "" for one of these."""
        ...


class Tesseract:
    """The `tesseract` program. Nothing is written to disk."""

    def __init__(self, program: str = "tesseract", page_mode: int = 11) -> None:
        """page_mode: --psm; 11 finds as much text as possible in no order."""
        self._words = [program, "stdin", "stdout", "-l", "eng", "--psm", str(page_mode)]

    def read(self, pixels: U8, deadline_s: float) -> str:
        """See Reader."""
        if pixels.size > 3 * _PIXELS_MAX:
            raise ValueError("too many pixels for a check")
        try:
            done = subprocess.run(
                self._words, input=_portable_pixmap(pixels), capture_output=True, timeout=deadline_s, check=False,
                env={**os.environ, "OMP_THREAD_LIMIT": "1"},
            )  # fmt: skip
        except subprocess.TimeoutExpired:
            raise Late("tesseract took too long") from None
        except OSError as error:
            raise Unavailable("tesseract can't be started: install tesseract-ocr") from error
        if done.returncode != 0:
            raise Unavailable("tesseract can't read: is its English data (tesseract-ocr-eng) installed?")
        if len(done.stdout) > _TEXT_BYTES_MAX:
            raise ValueError("more text than a crop can hold")
        return done.stdout.decode("utf-8", "replace")


def _portable_pixmap(pixels: U8) -> bytes:
    """Twice as large, with a border, as binary PPM (netpbm "P6")."""
    large = pixels.repeat(_UPSCALE, axis=0).repeat(_UPSCALE, axis=1)
    framed = np.pad(large, ((_BORDER, _BORDER), (_BORDER, _BORDER), (0, 0)), constant_values=255)
    return b"P6 %d %d 255\n" % (framed.shape[1], framed.shape[0]) + framed.tobytes()
