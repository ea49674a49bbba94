"""A dataset's files: Parquet that reads back, a manifest that one changed byte breaks, splits that share nobody."""

from __future__ import annotations

import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from aboveboard.core.errors import BadInput, CheckFailed, Corrupt
from aboveboard.core.events import Element
from aboveboard.core.leaves import DatasetBuiltLeaf
from aboveboard.datasets.choose import choose
from aboveboard.datasets.manifest import Manifest, Source, read_manifest, root_of, verify
from aboveboard.datasets.schema import SCHEMA, Episode, Step, decode_episodes, encode_episodes, read_episodes
from aboveboard.datasets.session import summary_of
from aboveboard.datasets.spec import Spec, parse_spec
from tests.support.world import World

SAVE = Element("push button", "Save", (100, 100, 80, 30), ("enabled",), (0, 1))


def _episode(name: str = "a", contributor: str = "p", outcome: str = "success", **changes: Any) -> Episode:
    steps = (
        Step("click", 0, 10, "chromium", "https://example.org", (0, 0, 9, 9), 5, 6, 1, target=SAVE, target_index=0,
             elements=(SAVE,), path_t=(1, 2), path_x=(3, 4), path_y=(5, 6), segments=("s",)),
        Step("done", 20, 20, text=outcome),
    )  # fmt: skip
    base = Episode(name * 32, contributor, "train", "Save it", outcome, (), steps)
    return msgspec.structs.replace(base, **changes)


def test_episodes_read_back_as_they_were_written() -> None:
    episodes = [_episode("a"), _episode("b", "q", "failure")]
    data = encode_episodes(episodes)
    assert sorted(decode_episodes(data, "x"), key=lambda e: e.episode_id) == episodes
    assert encode_episodes(reversed(episodes)) == data, "the order they come in does not show"


def test_bad_episodes_and_files_are_clear_errors(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="twice"):
        encode_episodes([_episode(), _episode()])
    with pytest.raises(BadInput, match="unknown kind"):
        encode_episodes([_episode(steps=(Step("dance", 0, 1),))])
    for data in (b"", b"PAR1", encode_episodes([_episode()])[:-9]):
        with pytest.raises(Corrupt, match=r"x\.parquet"):
            decode_episodes(data, "x.parquet")
    with pytest.raises(BadInput, match="dataset build"):
        read_episodes(tmp_path)


@pytest.mark.parametrize(
    ("column", "put", "why"),
    [
        ("elements", lambda row: [{**row["elements"][0], "name": None}], "empty place"),
        ("elements", lambda row: [None], "empty place"),
        ("elements", lambda row: [{**row["elements"][0], "box": [1, 2, 3]}], "x, y, width, height"),
        ("target", lambda row: {**row["target"], "states": None}, "empty place"),
        ("path_x", lambda row: [None, 4], "empty place"),
        ("frame", lambda row: {"bytes": None, "path": None}, "empty place"),
        ("step", lambda row: 1, "not 0, 1, 2"),
        ("instruction", lambda row: "Another", "disagree"),
    ],
)
def test_a_file_of_the_right_columns_with_holes_in_them_is_corrupt(
    column: str, put: Callable[[dict[str, Any]], Any], why: str
) -> None:
    rows = pq.read_table(io.BytesIO(encode_episodes([_episode()]))).to_pylist()
    rows[0][column] = put(rows[0])
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist(rows, SCHEMA), out)
    with pytest.raises(Corrupt, match=rf"x\.parquet holds a broken episode: .*{why}"):
        decode_episodes(out.getvalue(), "x.parquet")


def _dataset(folder: Path) -> Manifest:
    import hashlib

    data = encode_episodes([_episode()])
    (folder / "data").mkdir()
    (folder / "data" / "train.parquet").write_bytes(data)
    sources = tuple(Source(str(i) * 64, "p" * 64, "c" * 64) for i in range(3))
    manifest = Manifest(
        "T", "train-agents", "g" * 64, sources, root_of([s.segment for s in sources]),
        {"data/train.parquet": hashlib.sha256(data).hexdigest()}, "0" * 64, "0", 1, 2, 1, 1, {},
    )  # fmt: skip
    (folder / "manifest.json").write_bytes(manifest.to_bytes())
    return manifest


def test_a_dataset_holds_and_one_changed_byte_or_source_does_not(tmp_path: Path) -> None:
    manifest = _dataset(tmp_path)
    assert len(verify(tmp_path, None)) == 2
    less = msgspec.structs.replace(manifest, sources=manifest.sources[1:])
    (tmp_path / "manifest.json").write_bytes(less.to_bytes())
    with pytest.raises(CheckFailed, match="root"):
        verify(tmp_path, None)
    (tmp_path / "manifest.json").write_bytes(manifest.to_bytes())
    path = tmp_path / "data" / "train.parquet"
    data = bytearray(path.read_bytes())
    data[50] ^= 1
    path.write_bytes(bytes(data))
    with pytest.raises(CheckFailed, match=r"train\.parquet"):
        verify(tmp_path, None)


def test_a_dataset_has_to_be_in_the_log(tmp_path: Path) -> None:
    world = World()
    manifest = _dataset(tmp_path)
    with pytest.raises(CheckFailed, match="not shown to be in the log"):
        verify(tmp_path, world.charter)
    world.start_log()
    _, digest = read_manifest(tmp_path)
    index = world.append(DatasetBuiltLeaf(manifest.root, digest).encode())
    (tmp_path / "dataset.proof").write_text(world.proof(index).encode())
    assert "under the witness quorum" in verify(tmp_path, world.charter)[-1]
    (tmp_path / "dataset.proof").write_text(world.proof(0).encode())
    with pytest.raises(CheckFailed):
        verify(tmp_path, world.charter)


def test_no_split_shares_a_person_and_small_groups_are_left_out() -> None:
    episodes = [_episode(f"{i:x}", f"person-{i % 5}") for i in range(10)]
    spec = Spec("T", "train-agents", 1, test_share=0.4)
    left_out: Counter[str] = Counter()
    where = choose(spec, [summary_of(e) for e in episodes], left_out)
    by_split = {split: {e.contributor for e in episodes if where[e.episode_id] == split} for split in ("train", "test")}
    assert by_split["train"] & by_split["test"] == set()
    assert len(by_split["test"]) == 2
    few = msgspec.structs.replace(spec, min_contributors=6)
    assert choose(few, [summary_of(e) for e in episodes], left_out) == {}
    assert left_out["a program of too few contributors"] == 10


def test_failures_and_interrupted_ones_are_left_out_and_counted() -> None:
    left_out: Counter[str] = Counter()
    episodes = [_episode("a"), _episode("b", outcome="failure"), _episode("c", flags=("interrupted",))]
    spec = Spec("T", "train-agents", 1, outcome="success")
    assert [name[0] for name in choose(spec, [summary_of(e) for e in episodes], left_out)] == ["a"]
    assert left_out == {"not said to be a success": 1, "interrupted by a gap": 1}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("title: T\npurpose: appraisal\nmin_contributors: 1\n", "s.yaml:2: purpose"),
        ("title: T\npurpose: train-agents\nmin_contributors: 0\n", "s.yaml:3: min_contributors"),
        ("title: T\npurpose: train-agents\nmin_contributors: 1\ntest_share: 2\n", "s.yaml:4: test_share"),
        ("title: T\npurpose: train-agents\nmin_contributors: 1\nwho: Jane\n", "s.yaml:4: who"),
        ("title: [\n", "s.yaml:2"),
        ("title: T\n", "purpose"),
    ],
)
def test_a_spec_that_cant_be_is_an_error_at_its_line(text: str, words: str) -> None:
    with pytest.raises(BadInput, match=words):
        parse_spec(text, "s.yaml")
