"""What is durable is on the disk before it has its name, and its name is before anybody is told."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from aboveboard.wire.durable import remove_durable, write_durable, write_files_durable, write_once


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is asked of the system, in its order: what is synced, by its name at that time, and what gets which name."""
    found: list[str] = []
    fsync, replace, unlink = os.fsync, os.replace, os.unlink

    def synced(descriptor: int) -> None:
        found.append(f"sync {Path(os.readlink(f'/proc/self/fd/{descriptor}')).name}")
        fsync(descriptor)

    def named(old: Path | str, new: Path | str) -> None:
        found.append(f"name {Path(new).name}, synced {any(step == f'sync {Path(old).name}' for step in found)}")
        replace(old, new)

    def removed(path: Path | str) -> None:
        found.append(f"remove {Path(path).name}")
        unlink(path)

    monkeypatch.setattr(os, "fsync", synced)
    monkeypatch.setattr(os, "replace", named)
    monkeypatch.setattr(os, "unlink", removed)
    return found


def _once_more(folder: Path) -> None:
    """Over a name that is there."""
    (folder / "file").touch()
    assert write_once([(f"{folder}/file", (b"con", b"tent"))]) == [None]


@pytest.mark.parametrize(
    "write",
    [
        lambda folder: write_durable(folder / "file", b"content"),
        lambda folder: write_files_durable(folder, {"file": b"content"}),
        _once_more,
    ],
)
def test_content_before_name_and_name_before_the_answer(
    write: Callable[[Path], None], steps: list[str], tmp_path: Path
) -> None:
    write(tmp_path)
    assert (tmp_path / "file").read_bytes() == b"content"
    assert steps[-2:] == ["name file, synced True", f"sync {tmp_path.name}"]


@pytest.mark.parametrize("links", [True, False])
def test_a_new_name_is_given_before_the_one_wait_or_after_it_where_there_are_no_second_names(
    links: bool, steps: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError

    if not links:
        monkeypatch.setattr(os, "link", refused)
    assert write_once([(f"{tmp_path}/file", (b"con", b"tent"))]) == [None]
    assert (tmp_path / "file").read_bytes() == b"content"
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
    done = [each.partition(" ")[0] for each in steps]
    assert done[-3:] == (["remove", "sync", "sync"] if links else ["sync", "name", "sync"]), steps
    assert steps[-1] == f"sync {tmp_path.name}"


def test_several_have_their_names_before_the_first_wait_and_each_fails_for_itself(
    steps: list[str], tmp_path: Path
) -> None:
    (tmp_path / "here").mkdir()
    files = [(f"{tmp_path}/{where}/file", (b"content",)) for where in ("here", "nowhere", "here")]
    one, two, again = write_once(files)
    assert (one, again) == (None, None)
    assert "No such file" in str(two)
    assert [each.name for each in (tmp_path / "here").iterdir()] == ["file"]
    kinds = [each.partition(" ")[0] for each in steps if "nowhere" not in each]
    assert kinds[-6:] == ["remove", "sync", "sync", "sync", "name", "sync"], "one of the same name waits for its bytes"


def test_what_is_removed_stays_removed(steps: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    remove_durable(tmp_path / "file")
    assert steps[-2:] == ["remove file", f"sync {tmp_path.name}"]
