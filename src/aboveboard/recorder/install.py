"""Starts the recorder at login, and takes every trace of that away again."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from aboveboard.core.errors import BadInput, Unavailable
from aboveboard.recorder import login_files
from aboveboard.wire.durable import make_folders, read_bounded, remove_durable, write_durable

UNIT = "aboveboard.service"
ENTRY = "aboveboard.desktop"
_FILE_BYTES_MAX = 64 << 10
_SYSTEMCTL_S_MAX = 20.0


@dataclass(frozen=True, slots=True)
class Places:
    """Where login files lie, by the XDG Base Directory Specification. wanted: the link that enables the unit."""

    unit: Path
    wanted: Path
    autostart: Path
    menu: Path

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Places:
        """Raises BadInput without HOME."""
        config = _base(environment, "XDG_CONFIG_HOME", ".config")
        units = config / "systemd" / "user"
        return cls(
            units / UNIT, units / "graphical-session.target.wants" / UNIT, config / "autostart" / ENTRY,
            _base(environment, "XDG_DATA_HOME", ".local/share") / "applications" / ENTRY,
        )  # fmt: skip

    @property
    def all(self) -> tuple[Path, ...]:
        return (self.wanted, self.unit, self.autostart, self.menu)


def _base(environment: Mapping[str, str], name: str, default: str) -> Path:
    given = Path(environment.get(name, ""))
    if given.is_absolute():  # the specification: one that is not is to be ignored
        return given
    home = Path(environment.get("HOME", ""))
    if not home.is_absolute():
        raise BadInput("is not set to a folder", "HOME")
    return home / default


def command() -> list[str]:
    """How this very installation is called, from anywhere."""
    script = Path(sys.executable).with_name("aboveboard")
    return [str(script)] if os.access(script, os.X_OK) else [sys.executable, "-m", "aboveboard"]


def install(places: Places, folder: Path) -> list[Path]:
    """Writes what starts a recorder on `folder` at each login; again is the same as once. What was written.

    Raises BadInput for a file of that name that is not ours: it stays as it is.
    """
    home = ["--home", str(folder.absolute())]
    called = command()
    files = {
        places.unit: login_files.unit([*called, "record", *home]),
        places.autostart: login_files.autostart([*called, "record", *home]),
        places.menu: login_files.menu(
            [*called, "review", *home, "--open"], [*called, "pause", *home], [*called, "resume", *home]
        ),
    }
    for path in files:
        if not _ours(path):
            raise BadInput("is there and was not written by `aboveboard install`: move it away first", str(path))
    for path, text in files.items():
        make_folders(path.parent)
        write_durable(path, text.encode("utf-8"))
    make_folders(places.wanted.parent)
    places.wanted.unlink(missing_ok=True)
    places.wanted.symlink_to(places.unit)
    _reload()
    return [*files, places.wanted]


def uninstall(places: Places) -> list[Path]:
    """Removes what `install` wrote, and folders that are empty then. What was removed."""
    gone = []
    for path in places.all:
        if not (path.is_symlink() or path.exists()) or not _ours(path):
            continue
        remove_durable(path)
        gone.append(path)
    for path in gone:
        _remove_empty(path.parent)
    if gone:
        _reload()
    return gone


def _remove_empty(folder: Path) -> None:
    """The folder, and those above it, as far as nothing is in them; never a home."""
    while folder.is_dir() and folder != Path.home() and not any(folder.iterdir()):
        folder.rmdir()
        folder = folder.parent


def _ours(path: Path) -> bool:
    """Whether it may be replaced or removed: not there, a link to our unit, or with our mark."""
    if path.is_symlink():
        return path.readlink().name == UNIT
    data = read_bounded(path, _FILE_BYTES_MAX)
    return data is None or data.startswith(login_files.MARK.encode("utf-8"))


def systemd_answers() -> bool:
    """Whether a service manager of this user runs here."""
    return _systemctl("show-environment")


def _reload() -> None:
    _systemctl("daemon-reload")


def _systemctl(*words: str) -> bool:
    """False where there is none: then the autostart entry is what starts the recorder."""
    path = shutil.which("systemctl")
    if path is None or not os.environ.get("XDG_RUNTIME_DIR"):
        return False
    try:
        done = subprocess.run(
            [path, "--user", *words], capture_output=True, timeout=_SYSTEMCTL_S_MAX, check=False,
        )  # fmt: skip
    except subprocess.TimeoutExpired as error:
        raise Unavailable("systemctl --user does not answer") from error
    return done.returncode == 0
