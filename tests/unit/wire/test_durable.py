"""What is durable is on the disk before it has its name, and its name is before anybody is told."""

from __future__ import annotations

import errno
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from aboveboard.wire import durable
from aboveboard.wire.durable import remove_durable, write_durable, write_files_durable, write_once


@pytest.fixture
def steps(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """What is asked of the system, in its order: what is synced, by its name at that time, and what gets which name."""
    found: list[str] = []
    files: set[int] = set()
    assert tmp_path.is_dir(), "made before anything is watched"
    fsync, replace, unlink = os.fsync, os.replace, os.unlink

    def synced(descriptor: int) -> None:
        files.add(os.fstat(descriptor).st_ino)  # a nameless one keeps that it had no name
        found.append(f"sync {Path(os.readlink(f'/proc/self/fd/{descriptor}')).name}")
        fsync(descriptor)

    def named(old: Path | str, new: Path | str) -> None:
        found.append(f"name {Path(new).name}, synced {Path(old).stat().st_ino in files}")
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


@pytest.mark.parametrize("known", ["nameless files", "second names", "neither"])
def test_a_new_name_is_given_before_the_one_wait_or_after_it_where_there_are_no_second_names(
    known: str, steps: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise PermissionError

    if known != "nameless files":
        monkeypatch.setattr(durable, "_open_nameless", lambda *_: None)
    if known == "neither":
        monkeypatch.setattr(os, "link", refused)
    pieces = [b"con", b"", *(b"tent" for _ in range(durable.PIECES_MAX))]
    assert write_once([(f"{tmp_path}/file", pieces)]) == [None]
    assert (tmp_path / "file").read_bytes() == b"".join(pieces)
    assert (tmp_path / "file").stat().st_mode & 0o777 == 0o644
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
    done = [each.partition(" ")[0] for each in steps]
    expected = {"nameless files": ["sync"], "second names": ["remove", "sync"], "neither": ["sync", "name"]}
    assert done == [*expected[known], "sync"], steps
    assert steps[-1] == f"sync {tmp_path.name}"


def test_a_name_that_can_t_be_given_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refused(*_: object, **__: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "link", refused)
    before = len(os.listdir("/proc/self/fd"))
    [error] = write_once([(f"{tmp_path}/file", (b"content",))])
    assert "No space left" in str(error)
    assert list(tmp_path.iterdir()) == []
    assert len(os.listdir("/proc/self/fd")) == before


def test_several_have_their_names_before_the_first_wait_and_each_fails_for_itself(
    steps: list[str], tmp_path: Path
) -> None:
    (tmp_path / "here").mkdir()
    files = [(f"{tmp_path}/{where}/file", (b"content",)) for where in ("here", "nowhere", "here")]
    one, two, again = write_once(files)
    assert (one, again) == (None, None)
    assert "No such file" in str(two)
    assert [each.name for each in (tmp_path / "here").iterdir()] == ["file"]
    kinds = [each.partition(" ")[0] for each in steps]
    waits = [each for each in kinds if each != "remove"]
    assert waits == ["sync", "sync", "sync", "name", "sync"], "one of the same name waits for its bytes"


def test_what_is_removed_stays_removed(steps: list[str], tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    remove_durable(tmp_path / "file")
    assert steps[-2:] == ["remove file", f"sync {tmp_path.name}"]
