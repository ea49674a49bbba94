"""Pictures in a dataset's rows: of before the action, of this side of a gap, and read by other people's programs."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from aboveboard.core.events import Button, Crop, Focus, Frame, Gap, KeptEvent, Task
from aboveboard.core.frames import encode_frame
from aboveboard.datasets.episodes import Recorded, episodes_of
from aboveboard.datasets.export import export
from aboveboard.datasets.imports import import_file
from aboveboard.datasets.schema import Episode, Step, encode_episodes, read_episodes
from aboveboard.datasets.view import page

T, MS = 1_800_000_000_000_000, 1000
BOX = (100, 50, 800, 600)


def _frame(t_us: int, shade: int) -> Frame:
    pixels = np.full((150, 200, 3), shade, np.uint8)
    pixels[10:20, 10:60] = 8
    return encode_frame(t_us + 5, t_us, BOX, pixels)


def _webp(shade: int) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (96, 32), (shade, shade, shade)).save(out, "WEBP", lossless=True)
    return out.getvalue()


def _click(t_us: int) -> list[KeptEvent]:
    return [Button(t_us, 300, 200, 1, True), Button(t_us + 70 * MS, 300, 200, 1, False)]


def _episode() -> Episode:
    """Three clicks: with the first frame, with a frame from beyond a gap only, with a crop that was withheld."""
    events: list[KeptEvent] = [
        Task(T, "start", "Look"), Focus(T, "gedit", None, "A", BOX), _frame(T + 1 * MS, 40),
        *_click(T + 500 * MS), _frame(T + 600 * MS, 200),
        Crop(T + 700 * MS, T + 490 * MS, T + 500 * MS, (252, 184, 96, 32), _webp(77)),
        Gap(T + 2000 * MS, T + 3000 * MS, "paused"), Focus(T + 3000 * MS, "gedit", None, "A", BOX),
        *_click(T + 4000 * MS), _frame(T + 5000 * MS, 120), *_click(T + 6000 * MS),
        Crop(T + 6200 * MS, T + 5990 * MS, T + 6000 * MS, (252, 184, 96, 32), b"", "masking"),
        Task(T + 8000 * MS, "stop", "", "success"),
    ]  # fmt: skip
    [episode] = episodes_of(Recorded("c" * 32, "s", tuple(events), tuple("abcdefghijklmnopq")), b"s" * 32)
    return episode


def _clicks(episode: Episode) -> list[Step]:
    return [step for step in episode.steps if step.kind == "click"]


def _shade(step: Step) -> int:
    assert step.frame is not None
    with Image.open(io.BytesIO(step.frame.data)) as image:
        assert image.size == (200, 150)
        return int(np.asarray(image.convert("RGB"))[100, 100, 0])


def test_a_row_has_the_screen_of_before_its_action_and_none_from_beyond_a_gap() -> None:
    first, second, third = _clicks(_episode())
    assert (_shade(first), first.frame_box, second.frame, _shade(third)) == (40, BOX, None, 120)
    assert first.crop is not None
    assert first.crop.data == _webp(77)
    assert (first.crop_box, second.crop, third.crop) == ((252, 184, 96, 32), None, None)
    assert [step.flags for step in (first, second, third)] == [
        ("no_scene",), ("no_scene",), ("no_scene", "crop_withheld"),
    ]  # fmt: skip
    assert {"c", "g"} <= set(first.segments), "the segments that the pictures came from are sources too"
    assert (first.window_x, first.window_y) == (200, 150)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "in" / "data").mkdir(parents=True)
    (tmp_path / "in" / "data" / "train.parquet").write_bytes(encode_episodes([_episode()]))
    return tmp_path / "in"


@pytest.mark.filterwarnings("ignore")  # its own
def test_hugging_face_shows_them_as_images(folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    import datasets

    files = str(folder / "data" / "*.parquet")
    rows = datasets.load_dataset("parquet", data_files=files, cache_dir=str(tmp_path / "c"))["train"]
    clicks = [row for row in rows if row["kind"] == "click"]
    assert clicks[0]["frame"].size == (200, 150)
    assert clicks[0]["crop"].size == (96, 32)
    assert clicks[1]["frame"] is None
    assert (clicks[0]["window_x"], clicks[0]["target"]) == (200, None)


def test_they_come_back_from_parquet_and_from_owas_format_and_stand_on_the_page(folder: Path, tmp_path: Path) -> None:
    assert read_episodes(folder) == [_episode()]
    export("owamcap", folder, tmp_path / "o", (1920, 1080))
    [back] = import_file("owamcap", tmp_path / "o", (1920, 1080))
    assert back.steps == _episode().steps
    shown = page("T", [_episode()], [])
    assert shown.count('src="data:image/webp;base64,') >= 3


@pytest.mark.filterwarnings("ignore")  # Hugging Face's own
def test_lerobot_has_the_screen_of_before_each_step_all_of_one_shape(
    folder: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hf"))
    import datasets

    out, name = tmp_path / "l", "observation.images.screen"
    export("lerobot", folder, out, (1920, 1080))
    info = json.loads((out / "meta" / "info.json").read_text("utf-8"))
    assert info["features"][name] == {
        "dtype": "image", "shape": [270, 480, 3], "names": ["height", "width", "channels"],
    }  # fmt: skip
    files = str(out / "data" / "*" / "*.parquet")
    rows = datasets.load_dataset("parquet", data_files=files, cache_dir=str(tmp_path / "c"))["train"]
    assert set(rows.column_names) == set(info["features"])
    assert {row[name].size for row in rows} == {(480, 270)}
    clicks = [np.asarray(row[name]) for row in rows if row["kind"] == "click"]
    left, top, width, _ = (each // 4 for each in BOX)
    assert clicks[0][top + 100, left + 100, 0] == 40, "where the window lay"
    assert not clicks[0][:top].any()
    assert not clicks[0][:, left + width :].any()
    assert not clicks[1].any(), "no frame is known there"
    stats = json.loads((out / "meta" / "stats.json").read_text("utf-8"))[name]
    values = np.stack([np.asarray(row[name]) for row in rows]) / 255
    assert np.allclose(np.array(stats["mean"])[:, 0, 0], values.mean((0, 1, 2)))
    assert np.allclose(np.array(stats["std"])[:, 0, 0], values.std((0, 1, 2)))
    assert (np.shape(stats["max"]), stats["count"]) == ((3, 1, 1), [len(rows)])
