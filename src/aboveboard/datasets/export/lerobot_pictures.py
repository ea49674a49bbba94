"""The screen before each step, for LeRobot: all of one shape, as it wants them.

A frame shows one window at a quarter of its size; here it lies where it lay on the screen, on black, at a quarter of
the screen's size. Each is a PNG in a struct of bytes and path, as Hugging Face's Image has it and LeRobot writes it.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

from aboveboard.core.errors import Corrupt
from aboveboard.datasets.schema import Episode, Step

SCREEN: Final = "observation.images.screen"
SMALLER: Final = 4
_KIND: Final = pa.struct([("bytes", pa.binary()), ("path", pa.string())])
_SIDE_MAX: Final = 1 << 14
U8 = npt.NDArray[np.uint8]
F64 = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Seen:
    """What an episode's pictures hold, by channel, shapes (3,): sums of values in 0 to 1, and of their squares."""

    n: int
    pixels: int
    low: F64
    high: F64
    sums: F64
    squares: F64


def shape_of(screen: tuple[int, int]) -> tuple[int, int]:
    """Height and width."""
    return -(-screen[1] // SMALLER), -(-screen[0] // SMALLER)


def feature_of(height: int, width: int) -> dict[str, Any]:
    """The column in info.json."""
    return {SCREEN: {"dtype": "image", "shape": [height, width, 3], "names": ["height", "width", "channels"]}}


def canvas(step: Step, shape: tuple[int, int]) -> U8:
    """shape (height, width, 3). Raises Corrupt for a frame that is no picture."""
    whole = Image.new("RGB", (shape[1], shape[0]))
    if step.frame is not None and len(step.frame_box) == 4:
        left, top, width, height = step.frame_box
        size = (max(width // SMALLER, 1), max(height // SMALLER, 1))
        if max(size) > _SIDE_MAX:
            raise Corrupt("a frame is larger than any screen")
        try:
            with Image.open(io.BytesIO(step.frame.data), formats=("WEBP",)) as frame:
                whole.paste(frame.convert("RGB").resize(size), (left // SMALLER, top // SMALLER))
        except OSError as error:
            raise Corrupt("a frame is no picture") from error
    return np.asarray(whole)


def _png(pixels: U8) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def _of(episode: Episode, shape: tuple[int, int]) -> tuple[list[bytes], Seen]:
    files: list[bytes] = []
    low, high = np.ones(3), np.zeros(3)
    sums, squares = np.zeros(3), np.zeros(3)
    for step in episode.steps:
        pixels = canvas(step, shape)
        files.append(_png(pixels))
        values = pixels.reshape(-1, 3) / 255
        low, high = np.minimum(low, values.min(0)), np.maximum(high, values.max(0))
        sums, squares = sums + values.sum(0), squares + (values**2).sum(0)
    return files, Seen(len(files), len(files) * shape[0] * shape[1], low, high, sums, squares)


def together(seen: Sequence[Seen]) -> dict[str, dict[str, Any]]:
    """The column's statistics as LeRobot has them: shapes (3, 1, 1) by channel, and how many pictures."""
    if not seen:
        return {}
    pixels = sum(each.pixels for each in seen)
    mean = np.sum([each.sums for each in seen], 0) / pixels
    spread = np.sqrt(np.maximum(np.sum([each.squares for each in seen], 0) / pixels - mean**2, 0))
    found = {
        "min": np.min([each.low for each in seen], 0), "max": np.max([each.high for each in seen], 0),
        "mean": mean, "std": spread,
    }  # fmt: skip
    shaped = {what: values.reshape(3, 1, 1).tolist() for what, values in found.items()}
    return {SCREEN: {**shaped, "count": [sum(each.n for each in seen)]}}


def write_with_pictures(
    table: pa.Table, episodes: Sequence[Episode], path: Path, shape: tuple[int, int] | None
) -> list[Seen]:
    """Writes the rows, one episode after another, with their pictures unless shape is None; what these hold."""
    if shape is None:
        pq.write_table(table, path)
        return []
    features = {**{field.name: _feature(field.type) for field in table.schema}, SCREEN: {"_type": "Image"}}
    told = {b"huggingface": json.dumps({"info": {"features": features}}).encode()}
    schema = table.schema.append(pa.field(SCREEN, _KIND)).with_metadata(told)
    seen: list[Seen] = []
    with pq.ParquetWriter(path, schema) as writer:
        for rows, (files, held) in zip(_parts(table, episodes), (_of(each, shape) for each in episodes), strict=True):
            column = pa.array([{"bytes": file, "path": None} for file in files], _KIND)
            writer.write_table(rows.append_column(SCREEN, column).cast(schema))
            seen.append(held)
    return seen


def _parts(table: pa.Table, episodes: Sequence[Episode]) -> Iterator[pa.Table]:
    begun = 0
    for episode in episodes:
        yield table.slice(begun, len(episode.steps))
        begun += len(episode.steps)


def _feature(kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_fixed_size_list(kind):
        return {"_type": "Sequence", "feature": _feature(kind.value_type), "length": kind.list_size}
    return {"_type": "Value", "dtype": {"float": "float32"}.get(str(kind), str(kind))}
