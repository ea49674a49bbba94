"""Files that are either wholly there or not, also after a power cut: write aside, fsync, rename, fsync the folder."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import stat
import sys
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from itertools import count
from pathlib import Path

from aboveboard.core.errors import Corrupt, Refused, Unavailable

_numbers = count(secrets.randbits(32))  # so that none is a name that an earlier process of this number left behind
PIECES_MAX = 1024  # that one call takes (IOV_MAX)
SYNCS_AT_ONCE_MAX = 8  # file systems join waits that come together into one


def sync_folder(folder: Path | str) -> None:
    """Makes the folder's list of names durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def make_folders(folder: Path, mode: int = 0o755) -> None:
    """Makes a folder and those above it durably; does nothing to those that are there."""
    missing = []
    while not folder.is_dir():
        missing.append(folder)
        folder = folder.parent
    for each in reversed(missing):
        each.mkdir(mode=mode, exist_ok=True)
        sync_folder(each.parent)


def write_durable(path: Path, data: bytes, mode: int = 0o644) -> None:
    """Replaces `path` as a whole. When it returns, the new content survives a crash; until then the old one does.

    Raises Unavailable when the disk says no (full, read-only): the old content is then untouched.
    """
    _Aside(str(path), (data,), mode).take_its_place()


def write_once(files: Sequence[tuple[str, Sequence[bytes]]], mode: int = 0o644) -> list[Unavailable | None]:
    """As write_durable, for several whose content is always the same of that name, and which are hardly ever there
    already. files: path and pieces of each. For each an error, or None: then it is durable.

    All are written and have their names before the first wait for the disk, and the system has been told to begin, so
    that one wait makes them durable together. A name that is there is not touched before the new bytes are durable:
    somebody may rely on it. A process that dies leaves a whole file or none; a power cut may leave a torn one of a name
    that was never acknowledged.
    """
    results: list[Unavailable | None] = [None] * len(files)
    begun: list[tuple[int, _Aside]] = []
    for number, (path, pieces) in enumerate(files):
        try:
            aside = _Aside(path, pieces, mode, nameless=True)
            aside.give_name()
            begun.append((number, aside))
        except Unavailable as error:
            results[number] = error
    for number, aside in begun:
        try:
            aside.take_its_place()
        except Unavailable as error:
            results[number] = error
    return results


class _Aside:
    """A new file that holds the pieces and is not at `path` yet: beside it under a name of its own; or, nameless, under
    none where the system knows that, so that nothing is left of it when the process dies. Names are text here, since
    small files are written many a second. What raises Unavailable leaves no file aside."""

    def __init__(self, path: str, pieces: Sequence[bytes], mode: int, *, nameless: bool = False) -> None:
        self._path, self._named = path, False
        self._folder, _, name = path.rpartition("/")
        self._aside = f"{self._folder}/.{name}.{os.getpid():x}-{next(_numbers):x}.tmp"
        try:
            made = _open_nameless(self._folder, mode) if nameless else None
            self._nameless = made is not None
            flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            self._descriptor = os.open(self._aside, flags, mode) if made is None else made
            try:
                _write_pieces(self._descriptor, pieces)
            except BaseException:
                os.close(self._descriptor)
                raise
        except OSError as error:
            raise self._unavailable(error) from error

    def _unavailable(self, error: OSError) -> Unavailable:
        with suppress(OSError):
            os.unlink(self._aside)
        return Unavailable(f"can't write {self._path}: {error.strerror}")

    def give_name(self) -> None:
        """Now, unless it is there already, or the file system knows no second names; and has the system begin to write.
        Raises Unavailable: then it was given up."""
        try:
            if self._nameless:
                self._name_nameless()
            else:
                self._name_again()
        except OSError as error:
            os.close(self._descriptor)
            raise self._unavailable(error) from error
        if sys.platform == "linux":
            with suppress(OSError):  # a hint
                os.posix_fadvise(self._descriptor, 0, 0, os.POSIX_FADV_DONTNEED)

    def _name_again(self) -> None:
        try:
            os.link(self._aside, self._path)
        except OSError:
            return
        self._named = True
        with suppress(OSError):
            os.unlink(self._aside)

    def _name_nameless(self) -> None:
        # Only with a descriptor for the folder does Python follow the link that stands for the file; the path is
        # absolute, so that the descriptor is not looked at.
        here = self._descriptor
        try:
            os.link(f"/proc/self/fd/{here}", self._path, src_dir_fd=here, follow_symlinks=True)
            self._named = True
        except FileExistsError:
            os.link(f"/proc/self/fd/{here}", self._aside, src_dir_fd=here, follow_symlinks=True)

    def take_its_place(self) -> None:
        """Once, at the end: durable when it returns. Raises Unavailable."""
        try:
            try:
                os.fsync(self._descriptor)
                if not self._named:
                    os.replace(self._aside, self._path)
            finally:
                os.close(self._descriptor)
            sync_folder(self._folder)
        except OSError as error:
            raise self._unavailable(error) from error


def _open_nameless(folder: str, mode: int) -> int | None:
    """A file of that folder without a name; None where there is no such thing."""
    if sys.platform != "linux":
        return None
    try:
        return os.open(folder, os.O_WRONLY | os.O_TMPFILE | os.O_CLOEXEC, mode)
    except OSError as error:
        if error.errno in (errno.EOPNOTSUPP, errno.EISDIR):
            return None
        raise


def write_files_durable(folder: Path, files: Mapping[str, bytes]) -> None:
    """write_durable for many files by their paths under `folder`, with their waits for the disk side by side.

    For one writer only. After a crash each file is the old or the new one; which of them are new is not said.
    """
    parents = {(folder / name).parent for name in files}
    pairs = [
        (path.with_name(f".{path.name}.tmp"), path, data) for name, data in files.items() if (path := folder / name)
    ]
    try:
        for parent in parents:
            make_folders(parent)
        with ThreadPoolExecutor(max_workers=SYNCS_AT_ONCE_MAX) as pool:
            list(pool.map(lambda pair: _write_aside(pair[0], pair[2]), pairs))
            for aside, path, _ in pairs:
                os.replace(aside, path)
            list(pool.map(sync_folder, parents))
    except OSError as error:
        for aside, _, _ in pairs:
            aside.unlink(missing_ok=True)
        raise Unavailable(f"can't write below {folder}: {error.strerror}") from error


def _write_aside(aside: Path, data: bytes) -> None:
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o644)
    try:
        write_all(descriptor, data)
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _write_pieces(descriptor: int, pieces: Sequence[bytes]) -> None:
    """os.writev until everything is written."""
    left = [memoryview(each) for each in pieces if each]
    while left:
        written = os.writev(descriptor, left[:PIECES_MAX])
        while left and written >= len(left[0]):
            written -= len(left.pop(0))
        if written:
            left[0] = left[0][written:]


def write_all(descriptor: int, data: bytes) -> None:
    """os.write until everything is written."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


def pwrite_all(descriptor: int, data: bytes, at: int) -> None:
    """os.pwrite until everything is written."""
    view = memoryview(data)
    while view:
        written = os.pwrite(descriptor, view, at)
        view, at = view[written:], at + written


def remove_durable(path: Path) -> None:
    """Removes a file so that a crash can't bring it back. Nothing to do when it isn't there."""
    try:
        path.unlink(missing_ok=True)
        if path.parent.is_dir():
            sync_folder(path.parent)
    except OSError as error:
        raise Unavailable(f"can't remove {path}: {error.strerror}") from error


def read_bounded(path: Path, size_max: int) -> bytes | None:
    """A regular file's bytes; None when it isn't there. Raises Corrupt when it is something else or too large."""
    try:
        # O_NONBLOCK: a pipe put in the file's place must not hold us up.
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise Unavailable(f"can't read {path}: {error.strerror}") from error
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):  # before open(), which knows no folder
            raise Corrupt(f"{path} is not a regular file")
        with open(descriptor, "rb", closefd=False) as file:
            data = file.read(size_max + 1)
    except OSError as error:
        raise Unavailable(f"can't read {path}: {error.strerror}") from error
    finally:
        os.close(descriptor)
    if len(data) > size_max:
        raise Corrupt(f"{path} is over {size_max} bytes")
    return data


class FolderLock:
    """One process at a time. The system lets go when the process ends, however it ends."""

    def __init__(self, path: Path, taken: Refused) -> None:
        """Raises `taken` when another process, or another object of this one, holds the lock."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(self._descriptor)
            raise taken from error

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
