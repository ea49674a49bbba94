"""Canaries that two OCR engines read in coarse frames of rendered pages, beside plain frames of a quarter the size.

"Read" is strict: one word or number of four or more characters of a name, address or card is enough. Each coarse frame
is read as it is and enlarged two and four times. That the engines can read is shown on whole and on quarter frames.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable

import numpy as np
from rapidocr_onnxruntime import RapidOCR

from aboveboard.redact.ocr import Tesseract
from aboveboard.redact.pictures import SCALE, RawFrame, coarse
from bench.common import Row, arguments, row, tell
from tests.support.pages import U8, enlarged, page, read_of, render

PAGES, PAGES_QUICK = 100, 4
ENLARGED = (1, 2, 4)
CONTROLS = 10  # pages on which the engines read the whole frame, to show that they can
_OCR_S_MAX = 120.0


def engines() -> dict[str, Callable[[U8], str]]:
    tesseract, rapid = Tesseract(), RapidOCR(intra_op_num_threads=1, inter_op_num_threads=1)

    def rapidly(pixels: U8) -> str:
        found, _ = rapid(pixels[:, :, ::-1])
        return "\n".join(str(line[1]) for line in found or [])

    return {"tesseract": lambda pixels: tesseract.read(pixels, _OCR_S_MAX), "rapidocr": rapidly}


def quarter(pixels: U8) -> U8:
    """What is usually called a thumbnail: means of 4 x 4 pixels."""
    height, width = (side // SCALE * SCALE for side in pixels.shape[:2])
    cut = pixels[:height, :width].reshape(height // SCALE, SCALE, width // SCALE, SCALE, 3)
    return np.asarray(cut.mean(axis=(1, 3)), dtype=np.uint8)


def main() -> int:
    """Prints the rows; 0 always: targets that fail are in the table."""
    args = arguments(__doc__ or "")
    readers = engines()
    ours = dict.fromkeys(readers, 0)
    plain, whole = dict(ours), dict(ours)
    shown = controlled = 0
    seconds: list[float] = []
    n = PAGES_QUICK if args.quick else PAGES
    for seed in range(n):
        source, canaries = page(seed)
        frame = render(source)
        shown += len(canaries)
        begun = time.perf_counter()
        small = coarse(RawFrame(0, frame)).pixels
        seconds.append(time.perf_counter() - begun)
        control = seed % max(1, n // CONTROLS) == 0
        controlled += len(canaries) if control else 0
        for name, read in readers.items():
            text = "\n".join(read(enlarged(small, times)) for times in ENLARGED)
            ours[name] += len(read_of(canaries, text))
            if control:
                plain[name] += len(read_of(canaries, read(enlarged(quarter(frame), 4))))
                whole[name] += len(read_of(canaries, read(frame)))
        print(f"page {seed}: {len(canaries)} canaries, read so far: {ours}", file=sys.stderr, flush=True)
    rows: list[Row] = []
    for name in readers:
        rows.append(row(f"canaries read in coarse frames by {name}, of {shown}", ours[name], "canaries", target="== 0"))
        rows.append(row(f"canaries read in quarter-size frames by {name}, of {controlled}", plain[name], "canaries"))
        rows.append(row(f"canaries read in whole frames by {name}, of {controlled}", whole[name], "canaries"))
    rows.append(row("time of a coarse frame of 1280 x 960, median", 1000 * float(np.median(seconds)), "ms"))
    tell(rows, args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
