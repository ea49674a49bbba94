"""LeRobotDataset v3.0: a frame a step, pictures but no video.

    meta/info.json  meta/stats.json  meta/tasks.parquet  meta/episodes/chunk-000/file-000.parquet
    data/chunk-000/file-000.parquet

action is float32 of shape (7,): kind as its place in KINDS, x, y, end x, end y in shares of the screen (-1: none), dx,
dy in notches. observation.state is float32 of shape (2,): where the pointer was before, likewise in shares. Where the
dataset has pictures, observation.images.screen is the screen before each step: see lerobot_pictures.py.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from aboveboard.datasets.export.lerobot_pictures import (
    SCREEN,
    Seen,
    feature_of,
    shape_of,
    together,
    write_with_pictures,
)
from aboveboard.datasets.schema import Episode, Step
from aboveboard.datasets.vocabulary import KINDS
from aboveboard.wire.durable import make_folders

F32 = npt.NDArray[np.float32]
FPS: Final = 1
_ACTION = ["kind", "x", "y", "end_x", "end_y", "dx", "dy"]
_WHERE = "chunk-000/file-000.parquet"
_TEXTS = ("kind", "text", "key", "app")


def _action(step: Step, screen: tuple[int, int]) -> list[float]:
    places = [(step.x, screen[0]), (step.y, screen[1]), (step.end_x, screen[0]), (step.end_y, screen[1])]
    shares = [-1.0 if value is None else value / size for value, size in places]
    return [float(KINDS.index(step.kind)), *shares, float(step.dx), float(step.dy)]


def _state(step: Step, last: list[float], screen: tuple[int, int]) -> list[float]:
    return [step.path_x[0] / screen[0], step.path_y[0] / screen[1]] if step.path_x else last


def _stats(values: F32) -> dict[str, list[float]]:
    """values: shape (n, k)."""
    return {
        "min": values.min(0).tolist(), "max": values.max(0).tolist(), "mean": values.mean(0).tolist(),
        "std": values.std(0).tolist(), "count": [len(values)],
    }  # fmt: skip


def _info(episodes: int, frames: int, tasks: int, shape: tuple[int, int] | None) -> dict[str, Any]:
    def feature(dtype: str, names: list[str] | None = None) -> dict[str, Any]:
        return {"dtype": dtype, "shape": [len(names) if names else 1], "names": names}

    numbers = ("frame_index", "episode_index", "index", "task_index", "start_us")
    return {
        "codebase_version": "v3.0", "robot_type": "computer", "total_episodes": episodes, "total_frames": frames,
        "total_tasks": tasks, "chunks_size": 1000, "data_files_size_in_mb": 100, "video_files_size_in_mb": 200,
        "fps": FPS, "splits": {"train": f"0:{episodes}"},
        "data_path": "data/chunk-{chunk_index:03d}/file-{file_index:03d}.parquet", "video_path": None,
        "features": {
            "action": feature("float32", _ACTION), "observation.state": feature("float32", ["x", "y"]),
            "timestamp": feature("float32"), **{name: feature("int64") for name in numbers},
            **{name: feature("string") for name in _TEXTS}, **(feature_of(*shape) if shape else {}),
        },
    }  # fmt: skip


def _frames(episodes: Sequence[Episode], tasks: dict[str, int], screen: tuple[int, int]) -> dict[str, list[Any]]:
    columns: dict[str, list[Any]] = {}
    index = 0
    for number, episode in enumerate(episodes):
        state = [0.0, 0.0]
        for frame, step in enumerate(episode.steps):
            state = _state(step, state, screen)
            row = {
                "action": _action(step, screen), "observation.state": state, "timestamp": frame / FPS,
                "frame_index": frame, "episode_index": number, "index": index,
                "task_index": tasks[episode.instruction], "start_us": step.start_us, "kind": step.kind,
                "text": step.text, "key": step.key, "app": step.app,
            }  # fmt: skip
            for name, value in row.items():
                columns.setdefault(name, []).append(value)
            index += 1
    return columns


def write(episodes: Sequence[Episode], out: Path, screen: tuple[int, int]) -> None:
    tasks = {task: n for n, task in enumerate(sorted({episode.instruction for episode in episodes}))}
    columns = _frames(episodes, tasks, screen)
    types = {
        "action": pa.list_(pa.float32(), len(_ACTION)), "observation.state": pa.list_(pa.float32(), 2),
        "timestamp": pa.float32(),
    }  # fmt: skip
    table = pa.table({
        name: pa.array(values, types.get(name, pa.string() if name in _TEXTS else pa.int64()))
        for name, values in columns.items()
    })  # fmt: skip
    shape = shape_of(screen) if any(step.frame is not None for each in episodes for step in each.steps) else None
    for folder in ("meta/episodes/chunk-000", "data/chunk-000"):
        make_folders(out / folder)
    seen = write_with_pictures(table, episodes, out / "data" / _WHERE, shape)
    pq.write_table(_tasks(tasks), out / "meta" / "tasks.parquet")
    numeric = {name: np.array(columns[name], np.float32) for name in ("action", "observation.state")}
    pq.write_table(_episodes(episodes, numeric, seen), out / "meta" / "episodes" / _WHERE)
    stats = {name: _stats(values) for name, values in numeric.items()} | together(seen)
    (out / "meta" / "stats.json").write_text(json.dumps(stats, indent=1), encoding="utf-8")
    info = _info(len(episodes), table.num_rows, len(tasks), shape)
    (out / "meta" / "info.json").write_text(json.dumps(info, indent=1), encoding="utf-8")


def _tasks(tasks: dict[str, int]) -> pa.Table:
    """As pandas writes it, with the task as index: that is how it is read back."""
    table = pa.table({"task_index": pa.array(tasks.values(), pa.int64()), "task": pa.array(tasks, pa.string())})
    pandas = {
        "index_columns": ["task"], "column_indexes": [],
        "columns": [
            {"name": "task_index", "field_name": "task_index", "pandas_type": "int64", "numpy_type": "int64",
             "metadata": None},
            {"name": "task", "field_name": "task", "pandas_type": "unicode", "numpy_type": "object", "metadata": None},
        ],
    }  # fmt: skip
    return table.replace_schema_metadata({"pandas": json.dumps(pandas)})


def _episodes(episodes: Sequence[Episode], numeric: dict[str, F32], seen: Sequence[Seen]) -> pa.Table:
    rows = []
    begun = 0
    for number, episode in enumerate(episodes):
        until = begun + len(episode.steps)
        row: dict[str, Any] = {
            "episode_index": number, "tasks": [episode.instruction], "length": len(episode.steps),
            "data/chunk_index": 0, "data/file_index": 0, "dataset_from_index": begun, "dataset_to_index": until,
            "meta/episodes/chunk_index": 0, "meta/episodes/file_index": 0, "outcome": episode.outcome,
        }  # fmt: skip
        for name, values in numeric.items():
            row |= {f"stats/{name}/{what}": value for what, value in _stats(values[begun:until]).items()}
        if seen:
            row |= {
                f"stats/{SCREEN}/{what}": value for what, value in together(seen[number : number + 1])[SCREEN].items()
            }
        rows.append(row)
        begun = until
    return pa.Table.from_pylist(rows)
