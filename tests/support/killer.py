"""kill -9 at the n-th step that changes a disk, with or without a power cut: what was not yet synced is then undone.

A power cut is played by POSIX's rules at their worst: bytes count once their file was synced, names once their folder
was. Everything else goes back to what it was.
"""

from __future__ import annotations

import os
import shutil
import signal
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

REAL_WRITE = os.write
DESCRIPTORS = "/proc/self/fd/"
_CHANGES = (
    "open", "write", "writev", "pwrite", "fsync", "fdatasync",
    "link", "replace", "ftruncate", "unlink", "mkdir", "rmdir",
)  # fmt: skip


@dataclass
class _Undo:
    """synced_by: the path whose fsync makes the change last."""

    synced_by: str
    undo: Callable[[], None]


class Killer:
    """Counts the steps below `folder`; dies before step `at`. torn: a write is half done when the kill comes."""

    def __init__(self, folder: Path, at: int, *, power_cut: bool, torn: bool) -> None:
        self._folder, self._at, self._power_cut, self._torn = str(folder), at, power_cut, torn
        self.sites: list[str] = []  # of every step so far: the call and the file's name
        self._undos: list[_Undo] = []
        self._real: dict[str, Any] = {name: getattr(os, name) for name in _CHANGES}
        self._lock = threading.RLock()

    def arm(self) -> None:
        for name in _CHANGES:
            setattr(os, name, getattr(self, f"_{name}"))

    # ------------------------------------------------------------ the steps

    def _step(self, call: str, path: str, half: Callable[[], object] = lambda: None) -> None:
        if not path.startswith(self._folder):
            return
        self.sites.append(f"{call} {os.path.relpath(path, self._folder)}")
        if len(self.sites) == self._at:
            if self._torn:
                half()
            if self._power_cut:
                for each in reversed(self._undos):
                    each.undo()
            os.kill(os.getpid(), signal.SIGKILL)

    def _path(self, descriptor: int) -> str:
        """As the system calls it: the name it was opened by, though it is there by another now; FOLDER/#NUMBER of one
        that was made without a name."""
        return os.readlink(f"{DESCRIPTORS}{descriptor}").removesuffix(" (deleted)")

    def _later(self, synced_by: str, undo: Callable[[], None]) -> None:
        if synced_by.startswith(self._folder):
            self._undos.append(_Undo(synced_by, undo))

    def _put_back(self, path: str) -> Callable[[], None]:
        """Gives a file the content, or the absence, that it has now."""
        held = Path(path).read_bytes() if os.path.isfile(path) else None

        def undo() -> None:
            if held is None:
                Path(path).unlink(missing_ok=True)
            elif os.path.isdir(os.path.dirname(path)):
                with open(path, "wb") as file:
                    file.write(held)

        return undo

    def _open(self, path: Any, flags: int, *more: Any, **named: Any) -> Any:
        with self._lock:
            name = os.path.abspath(os.fspath(path)) if "dir_fd" not in named else ""
            if name and flags & os.O_CREAT and not os.path.exists(name):
                self._step("create", name)
                self._later(os.path.dirname(name), lambda: Path(name).unlink(missing_ok=True))
            return self._real["open"](path, flags, *more, **named)

    def _write(self, descriptor: int, data: Any) -> int:
        with self._lock:
            path = self._path(descriptor)
            self._step("write", path, lambda: REAL_WRITE(descriptor, bytes(data)[: len(data) // 2]))
            if path.startswith(self._folder):
                self._later(path, self._put_back(path))
            return REAL_WRITE(descriptor, data)

    def _writev(self, descriptor: int, pieces: Sequence[Any]) -> int:
        return self._write(descriptor, b"".join(pieces))

    def _pwrite(self, descriptor: int, data: Any, at: int) -> int:
        with self._lock:
            path, real = self._path(descriptor), self._real["pwrite"]
            self._step("write", path, lambda: real(descriptor, bytes(data)[: len(data) // 2], at))
            self._later(path, self._put_back(path))
            written: int = real(descriptor, data, at)
            return written

    def _fdatasync(self, descriptor: int) -> None:
        self._fsync(descriptor)

    def _fsync(self, descriptor: int) -> None:
        with self._lock:
            path = self._path(descriptor)
            self._step("fsync", path)
            self._real["fsync"](descriptor)
            self._undos = [each for each in self._undos if each.synced_by != path]

    def _link(self, source: Any, target: Any, **named: Any) -> None:
        with self._lock:
            old, new = os.path.abspath(source), os.path.abspath(target)
            if old.startswith(DESCRIPTORS):
                old = self._path(int(old.removeprefix(DESCRIPTORS)))
            self._step("link", new)
            self._real["link"](source, target, **named)
            for each in self._undos:
                if each.synced_by == old:
                    each.undo = lambda: os.truncate(new, 0) if os.path.exists(new) else None
            self._later(os.path.dirname(new), lambda: Path(new).unlink(missing_ok=True))

    def _replace(self, source: Any, target: Any) -> None:
        with self._lock:
            old, new = os.path.abspath(source), os.path.abspath(target)
            self._step("rename", new)
            undo = self._put_back(new)
            content = [each for each in self._undos if each.synced_by == old]
            self._real["replace"](source, target)
            for each in content:  # the bytes were never synced: after the cut the new name holds nothing
                each.synced_by, each.undo = new, lambda: os.truncate(new, 0) if os.path.exists(new) else None
            self._later(os.path.dirname(new), undo)

    def _ftruncate(self, descriptor: int, length: int) -> None:
        with self._lock:
            path = self._path(descriptor)
            self._step("truncate", path)
            self._later(path, self._put_back(path))
            self._real["ftruncate"](descriptor, length)

    def _unlink(self, path: Any, **named: Any) -> None:
        with self._lock:
            name = os.path.abspath(os.fspath(path)) if "dir_fd" not in named else ""
            if name:
                self._step("unlink", name)
            self._real["unlink"](path, **named)

    def _mkdir(self, path: Any, *more: Any, **named: Any) -> None:
        with self._lock:
            name = os.path.abspath(os.fspath(path))
            if not os.path.exists(name):
                self._step("mkdir", name)
                self._later(os.path.dirname(name), lambda: shutil.rmtree(name, ignore_errors=True))
            self._real["mkdir"](path, *more, **named)

    def _rmdir(self, path: Any, **named: Any) -> None:
        with self._lock:
            self._real["rmdir"](path, **named)
