"""A private X display with a window manager and the accessibility bus: nobody's desktop is touched.

The display number is chosen by the server (`-displayfd`), access needs a cookie of our own, and everything started here
runs in its own session and is stopped by process ID.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import shutil
import signal
import socket
import struct
import subprocess
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from types import TracebackType

from jeepney import DBusAddress, MessageType, Properties
from jeepney.io.blocking import open_dbus_connection

from aboveboard.core.errors import Unavailable

START_S_MAX = 20.0
STOP_S_MAX = 5.0
_LAUNCHERS = ("/usr/libexec/at-spi-bus-launcher", "/usr/lib/at-spi2-core/at-spi-bus-launcher")
_PACKAGES = {"Xvfb": "xvfb", "openbox": "openbox", "dbus-daemon": "dbus"}


def _read_line(descriptor: int) -> str:
    """Up to the newline: the server writes it apart, and dies when nobody reads it. Empty when nothing came in time."""
    line = b""
    deadline = time.monotonic() + START_S_MAX
    while not line.endswith(b"\n") and len(line) < 16:
        ready = select.select([descriptor], [], [], max(deadline - time.monotonic(), 0))[0]
        piece = os.read(descriptor, 16) if ready else b""
        if not piece:
            return ""
        line += piece
    return line.decode("ascii").strip()


def _entry(family: int, address: bytes, number: bytes, cookie: bytes) -> bytes:
    """One entry of an Xauthority file (Xau(3)); family 256 is local, 0xFFFF any."""
    fields = (address, number, b"MIT-MAGIC-COOKIE-1", cookie)
    return struct.pack(">H", family) + b"".join(struct.pack(">H", len(each)) + each for each in fields)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        package = _PACKAGES.get(name, name.lower())
        raise Unavailable(f"the program {name} is missing: apt-get install {package}")
    return found


class PrivateDisplay:
    """`with PrivateDisplay(1024, 768) as display: subprocess.Popen(..., env=display.env)`"""

    def __init__(self, width: int, height: int) -> None:
        self.width, self.height = width, height
        self.name = ""  # ":42"
        self.env: dict[str, str] = {}
        self._folder = Path(tempfile.mkdtemp(prefix="aboveboard-display-"))
        self.xauthority = self._folder / "Xauthority"
        self._processes: list[subprocess.Popen[bytes]] = []

    def __enter__(self) -> PrivateDisplay:
        try:
            self._start_server()
            self._start_bus()
            self._spawn([_program("openbox"), "--sm-disable"])
        except BaseException:
            self.close()
            raise
        return self

    def _spawn(self, words: list[str], *, pass_fds: tuple[int, ...] = ()) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            words, env=self.env or None, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL, start_new_session=True, pass_fds=pass_fds,
        )  # fmt: skip
        self._processes.append(process)
        return process

    def _start_server(self) -> None:
        server = _program("Xvfb")
        # For the server, an entry for any display: the number is its to choose, and is not known before it runs.
        cookie = secrets.token_bytes(16)
        self.xauthority.touch(mode=0o600)
        self.xauthority.write_bytes(_entry(0xFFFF, b"", b"", cookie))
        read_end, write_end = os.pipe()
        try:
            screen = f"{self.width}x{self.height}x24"
            process = self._spawn(
                [server, "-displayfd", str(write_end), "-auth", str(self.xauthority), "-noreset", "-nolisten", "tcp",
                 "-screen", "0", screen, "+extension", "XTEST"],
                pass_fds=(write_end,),
            )  # fmt: skip
            os.close(write_end)
            write_end = -1
            number = _read_line(read_end)
        finally:
            os.close(read_end)
            if write_end >= 0:
                os.close(write_end)
        if not number.isdigit():
            raise Unavailable(
                f"Xvfb could not open a display (exit code {process.poll()}): is /tmp/.X11-unix writable?"
            )
        self.name = f":{number}"
        # Some clients know no wildcard.
        with self.xauthority.open("ab") as file:
            file.write(_entry(256, socket.gethostname().encode(), number.encode(), cookie))
        keep = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "VIRTUAL_ENV")
        self.env = {name: os.environ[name] for name in keep if name in os.environ}
        self.env |= {"DISPLAY": self.name, "XAUTHORITY": str(self.xauthority), "XDG_RUNTIME_DIR": str(self._folder)}
        self.env["PYTHON_KEYRING_BACKEND"] = "keyring.backends.fail.Keyring"  # nor is anybody's keyring
        self.env |= {"XDG_CONFIG_HOME": str(self._folder / "config"), "XDG_CACHE_HOME": str(self._folder / "cache")}

    def _start_bus(self) -> None:
        launcher = next((path for path in _LAUNCHERS if Path(path).exists()), None)
        if launcher is None:
            raise Unavailable("the accessibility bus is missing: apt-get install at-spi2-core")
        address = f"unix:path={self._folder / 'bus'}"
        self._spawn([_program("dbus-daemon"), "--session", "--nofork", "--nopidfile", f"--address={address}"])
        self.env["DBUS_SESSION_BUS_ADDRESS"] = address
        _wait_for(lambda: _accepts(self._folder / "bus"), "the session bus")
        self._spawn([launcher, "--launch-immediately", "--a11y=1"])
        status = DBusAddress("/org/a11y/bus", "org.a11y.Bus", "org.a11y.Status")
        deadline = time.monotonic() + START_S_MAX
        # Set before any program starts: toolkits look once, at their start.
        while True:
            with contextlib.closing(open_dbus_connection(bus=address)) as bus:
                replies = [
                    bus.send_and_get_reply(Properties(status).set(name, "b", True), timeout=START_S_MAX)
                    for name in ("IsEnabled", "ScreenReaderEnabled")
                ]
            if all(reply.header.message_type == MessageType.method_return for reply in replies):
                return
            if time.monotonic() > deadline:
                raise Unavailable("the accessibility bus does not answer: is at-spi2-core whole?")
            time.sleep(0.1)

    def close(self) -> None:
        """Stops what was started here, last first."""
        for process in reversed(self._processes):
            if process.poll() is None:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(process.pid, signal.SIGTERM)
                try:
                    process.wait(STOP_S_MAX)
                except subprocess.TimeoutExpired:
                    with contextlib.suppress(ProcessLookupError):
                        os.killpg(process.pid, signal.SIGKILL)
                    process.wait()
        self._processes.clear()
        shutil.rmtree(self._folder, ignore_errors=True)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()


def _accepts(path: Path) -> bool:
    """Whether somebody listens on the socket: its file is there a moment earlier."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(str(path)) == 0


def _wait_for(condition: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + START_S_MAX
    while not condition():
        if time.monotonic() > deadline:
            raise Unavailable(f"{what} did not start in {START_S_MAX:.0f} s")
        time.sleep(0.02)
