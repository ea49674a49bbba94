"""`aboveboard record` itself, in a process of its own, on a private display with one window that may be recorded.

What is done there is done through XTEST, as a person's hand would: by a process of its own where it has to be fast.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

import pytest
from Xlib import X
from Xlib import display as xdisplay
from Xlib.ext import xtest

from aboveboard.core.errors import AboveboardError
from aboveboard.core.events import KeptEvent
from aboveboard.desktop.display import PrivateDisplay
from aboveboard.desktop.windows import Windows
from aboveboard.recorder.asking import ask
from aboveboard.recorder.home import Home
from aboveboard.recorder.spool.chunks import Chunk
from aboveboard.recorder.spool.keys import spool_key
from aboveboard.recorder.spool.spool import Spool

START_S_MAX = 90.0
EVERY = 50  # samples of movement to a click


def place(i: int) -> tuple[int, int]:
    """Where the i-th sample of movement goes: no two that follow each other are the same."""
    return 100 + i % 600, 100 + (i * 7) % 400


class RealRecorder:
    """`with RealRecorder(display, folder) as recorder: ...; recorder.chunks()` once it has ended."""

    def __init__(
        self, display: PrivateDisplay, folder: Path, *, level: str = "none", env: Mapping[str, str] | None = None,
        before: Callable[[], None] | None = None,
    ) -> None:  # fmt: skip
        """before: done in the process before the program starts."""
        self.display, self.folder, self._before = display, folder, before
        self.home = Home(folder / "home")
        self.env = {**os.environ, **display.env, "BENCH_FRAMES": level, **(env or {})}
        self._process: subprocess.Popen[bytes] | None = None
        words = [sys.executable, "-m", "bench.listeners.programme", str(self.home.folder)]
        subprocess.run(words, check=True, env=self.env)

    @property
    def process(self) -> subprocess.Popen[bytes]:
        assert self._process is not None
        return self._process

    def start(self) -> None:
        """Until it records, or would if a window that may be recorded were in front."""
        words = [sys.executable, "-m", "aboveboard", "record", "--home", str(self.home.folder)]
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                words, env=self.env, stdout=log, stderr=log, preexec_fn=self._before, cwd=self.folder,
            )  # fmt: skip
        self.until(lambda: self.state in ("recording", "not_allowed"), START_S_MAX)

    def said(self) -> str:
        """What it wrote to its terminal."""
        return (self.folder / "log").read_text()

    def ask(self, **request: Any) -> dict[str, Any]:
        return ask(self.home.folder, **request)

    @property
    def status(self) -> dict[str, Any]:
        """Empty while nobody answers."""
        try:
            return self.ask(do="status")
        except AboveboardError:
            return {}

    @property
    def state(self) -> str:
        return str(self.status.get("state", ""))

    def until(self, holds: Callable[[], bool], seconds: float = 30.0) -> None:
        deadline = time.monotonic() + seconds
        while not holds():
            assert self._process is None or self._process.poll() is None, f"it has ended: {self.said()[-2000:]}"
            assert time.monotonic() < deadline, f"it did not come about: {self.status}"
            time.sleep(0.05)

    def settle(self) -> dict[str, Any]:
        """What was recorded up to now is on disk when it returns: the status then."""
        time.sleep(1.5)
        self.ask(do="review")
        return self.ask(do="status")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()

    def __enter__(self) -> RealRecorder:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None and self._process.poll() is None:
            self.stop()

    def spool(self) -> Spool:
        """Of a recorder that has ended."""
        return Spool(self.home.path("spool"), spool_key(self.home))

    def chunks(self) -> list[Chunk]:
        spool = self.spool()
        found = [chunk for _, chunk in spool.chunks()]
        assert not spool.broken
        return found

    def kept(self) -> list[KeptEvent]:
        return [event for chunk in self.chunks() for event in chunk.events]


class BreakableDisplay(PrivateDisplay):
    """One whose parts can be taken away, and come back under the same names."""

    def stop_server(self) -> None:
        """Everything on the display ends with it."""
        self._end(self._processes[0])

    def start_server(self) -> None:
        """And its window manager."""
        words = ["Xvfb", self.name, "-auth", str(self.xauthority), "-noreset", "-nolisten", "tcp", "-screen", "0",
                 f"{self.width}x{self.height}x24", "+extension", "XTEST"]  # fmt: skip
        self._processes[0] = self._spawn(words)
        path = Path(f"/tmp/.X11-unix/X{self.name.removeprefix(':')}")  # noqa: S108  # where X servers listen
        deadline = time.monotonic() + START_S_MAX
        while not _listens(path):
            assert time.monotonic() < deadline, "the display does not come back"
            time.sleep(0.05)
        self._spawn(["openbox", "--sm-disable"])
        time.sleep(1.0)

    def stop_buses(self) -> None:
        """The session bus, and with it the accessibility bus."""
        for process in self._processes[1:3]:
            self._end(process)
        Path(self.env["DBUS_SESSION_BUS_ADDRESS"].removeprefix("unix:path=")).unlink(missing_ok=True)

    def start_buses(self) -> None:
        self._start_bus()

    def __enter__(self) -> BreakableDisplay:
        super().__enter__()
        return self

    def _end(self, process: subprocess.Popen[bytes]) -> None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


@contextlib.contextmanager
def desk(width: int = 800, height: int = 600) -> Iterator[BreakableDisplay]:
    """A display with a Terminal on it, in this process's environment too."""
    with BreakableDisplay(width, height) as display, pytest.MonkeyPatch.context() as patch:
        for name, value in display.env.items():
            patch.setenv(name, value)
        time.sleep(1.0)  # a window that comes before the window manager is ready is never shown
        terminal = Terminal(display)
        try:
            yield display
        finally:
            terminal.close()


class Terminal:
    """A window that may be recorded, over nearly all of the display."""

    def __init__(self, display: PrivateDisplay) -> None:
        words = ["xterm", "-geometry", "130x45+0+0", "-e", "cat"]
        self._process = subprocess.Popen(words, env={**os.environ, **display.env}, start_new_session=True)
        windows = Windows(display.name)
        deadline = time.monotonic() + 30
        while (under := windows.at(120, 120)) is None or under.app != "xterm":
            assert time.monotonic() < deadline, "xterm does not come up"
            time.sleep(0.1)
            windows.update()
        windows.close()
        hand = xdisplay.Display(display.name)
        for kind in (X.ButtonPress, X.ButtonRelease):
            xtest.fake_input(hand, X.MotionNotify, x=120, y=120)
            xtest.fake_input(hand, kind, 1)
        hand.sync()
        hand.close()
        time.sleep(0.3)

    def close(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
            self._process.wait(10)


def drive(name: str, rate_hz: float, n: int, said: IO[str] | None = None, first: int = 0) -> None:
    """n samples of movement, rate_hz of them a second (0: as fast as they go), and a click for each EVERY of them.

    said: gets the number of each click and the moment it was handed to the display, µs since 1970, a line each.
    """
    display = xdisplay.Display(name)
    begun = time.perf_counter()
    for i in range(first, first + n):
        x, y = place(i)
        xtest.fake_input(display, X.MotionNotify, x=x, y=y)
        if i % EVERY == EVERY - 1:
            xtest.fake_input(display, X.ButtonPress, 1)
            xtest.fake_input(display, X.ButtonRelease, 1)
        if rate_hz:
            display.flush()
            if said is not None and i % EVERY == EVERY - 1:
                said.write(f"{i} {time.time_ns() // 1000}\n")
                said.flush()
            left = begun + (i - first + 1) / rate_hz - time.perf_counter()
            if left > 0:
                time.sleep(left)
    display.sync()
    display.close()


class Driver:
    """`drive` in a process of its own, until it is through or stopped."""

    def __init__(self, display: PrivateDisplay, rate_hz: float, n: int, first: int = 0) -> None:
        words = [sys.executable, "-m", "tests.support.real_recorder", display.name, str(rate_hz), str(n), str(first)]
        self._said = tempfile.TemporaryFile("w+")  # noqa: SIM115  a pipe that nobody reads from would stop it
        self._process = subprocess.Popen(words, env={**os.environ, **display.env}, stdout=self._said)

    def begun(self) -> Driver:
        """Once it has clicked: on a busy machine it starts late."""
        deadline = time.monotonic() + 30
        while not os.fstat(self._said.fileno()).st_size:
            assert time.monotonic() < deadline, "the hand does not begin"
            time.sleep(0.02)
        return self

    def wait(self) -> list[tuple[int, int]]:
        """Until it is through: (number, µs since 1970) of each click."""
        assert self._process.wait() in (0, -signal.SIGTERM)
        with self._said as said:
            said.seek(0)
            lines = said.read().splitlines()
        return [(int(i), int(t_us)) for i, t_us in (line.split() for line in lines if line.count(" ") == 1)]

    def stop(self) -> list[tuple[int, int]]:
        self._process.terminate()
        return self.wait()


if __name__ == "__main__":
    drive(sys.argv[1], float(sys.argv[2]), int(sys.argv[3]), sys.stdout, int(sys.argv[4]))
