"""A session of which only half could be seen is refused: by a real compositor with its real XWayland, and told ones."""

from __future__ import annotations

import os
import re
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from aboveboard.core.errors import Unavailable
from aboveboard.desktop.display import PrivateDisplay
from aboveboard.recorder.platform.session import compositor, display_of


@pytest.fixture(scope="module")
def weston(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[dict[str, str], str]]:
    """(environment of its programs, display of its XWayland)."""
    folder = tmp_path_factory.mktemp("w")
    folder.chmod(0o700)
    words = ["weston", "--backend=headless-backend.so", "--xwayland", "--socket=tested", "--idle-time=0"]
    with (
        (folder / "log").open("wb") as log,
        subprocess.Popen(
            words,
            env={"XDG_RUNTIME_DIR": str(folder), "HOME": str(folder), "PATH": "/usr/bin:/bin"},
            stdout=log,
            stderr=log,
        ) as running,
    ):
        try:
            deadline = time.monotonic() + 30
            while not (found := re.search(r"listening on display (:\d+)", (folder / "log").read_text())):
                assert running.poll() is None, (folder / "log").read_text()
                assert time.monotonic() < deadline
                time.sleep(0.05)
            yield {"XDG_RUNTIME_DIR": str(folder), "WAYLAND_DISPLAY": "tested", "DISPLAY": found[1]}, found[1]
        finally:
            running.terminate()


@pytest.mark.desktop
def test_a_wayland_session_is_refused_with_what_its_compositor_allows(weston: tuple[dict[str, str], str]) -> None:
    environment, display = weston
    found = compositor(environment)
    assert found is not None
    assert "wl_compositor" in found.announced
    assert found.allows == []
    with pytest.raises(Unavailable, match=r"half is not recorded\. It allows programs nothing of others\. Nothing is"):
        display_of(environment, None)
    with pytest.raises(Unavailable, match=f"{display} is XWayland"):
        display_of(environment, display)
    with pytest.raises(Unavailable, match="is XWayland"):  # also where nothing says what session it is
        display_of({"DISPLAY": display}, None)


@pytest.mark.desktop
def test_a_whole_display_beside_a_wayland_session_is_recorded(weston: tuple[dict[str, str], str]) -> None:
    """In a process of its own: the X library mixes up two servers in one."""
    with PrivateDisplay(320, 240) as whole:
        environment = {**os.environ, **weston[0], "XAUTHORITY": str(whole.xauthority)}
        code = "import os, sys; from aboveboard.recorder.platform.session import display_of; "
        for call in ("display_of(os.environ, sys.argv[1])", "display_of({'DISPLAY': sys.argv[1]}, None)"):
            done = subprocess.run(
                [sys.executable, "-c", f"{code}print({call})", whole.name], env=environment, text=True,
                capture_output=True, check=False,
            )  # fmt: skip
            assert done.stdout == f"{whole.name}\n", done.stderr


def _told(folder: Path, *pieces: bytes) -> dict[str, str]:
    """A compositor that answers what it is told to, once."""
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(folder / "wayland-9"))
    listening.listen()

    def serve() -> None:
        connection, _ = listening.accept()
        with connection, listening:
            connection.recv(1024)
            for piece in pieces:
                connection.sendall(piece)
                time.sleep(0.01)

    threading.Thread(target=serve, daemon=True).start()
    return {"XDG_RUNTIME_DIR": str(folder), "WAYLAND_DISPLAY": "wayland-9"}


def _announced(number: int, name: str) -> bytes:
    text = name.encode() + b"\0"
    body = struct.pack("=II", number, len(text)) + text + bytes(-len(text) % 4) + struct.pack("=I", 1)
    return struct.pack("=IHH", 2, 0, 8 + len(body)) + body


_DONE = struct.pack("=IHHI", 3, 0, 12, 0)


def test_what_a_compositor_announces_is_said_in_words(tmp_path: Path) -> None:
    stream = _announced(1, "wl_seat") + _announced(2, "zwlr_screencopy_manager_v1") + _DONE
    environment = _told(tmp_path, stream[:7], stream[7:50], stream[50:])
    with pytest.raises(Unavailable, match="It allows programs pictures of the whole screen"):
        display_of(environment, None)


@pytest.mark.parametrize("answer", [b"", b"\1", _announced(1, "wl_seat"), struct.pack("=IHH", 2, 0, 4), b"\xff" * 64])
def test_a_compositor_that_answers_nonsense_is_refused_all_the_same(tmp_path: Path, answer: bytes) -> None:
    with pytest.raises(Unavailable, match="half is not recorded"):
        display_of(_told(tmp_path, answer), None)


def test_a_session_that_says_it_is_wayland_is_enough(tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match="half is not recorded"):
        display_of({"XDG_SESSION_TYPE": "wayland", "DISPLAY": ":0"}, None)
    with pytest.raises(Unavailable, match="there is no display"):
        display_of({"XDG_SESSION_TYPE": "x11"}, None)
