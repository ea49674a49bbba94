"""Starts Aboveboard's own commands as processes, as a person would, and stops what it started."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, cast

from aboveboard.core.errors import Unavailable

READY_S_MAX = 60.0
STOP_S_MAX = 15.0
COMMAND_S_MAX = 900.0
LINE_BYTES_MAX = 1 << 16


def _command(module: str, words: tuple[str | Path, ...]) -> list[str]:
    """With this very interpreter."""
    return [sys.executable, "-m", module, *map(str, words)]


@contextmanager
def ended_well() -> Iterator[None]:
    """SIGTERM leaves as Ctrl+C does: what was begun is ended. For the main thread only."""

    def end(number: int, _frame: FrameType | None) -> NoReturn:
        raise SystemExit(128 + number)

    before = signal.signal(signal.SIGTERM, end)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def _last_lines(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").strip().splitlines()
    return " / ".join(lines[-3:]) or "it said nothing"


@dataclass(slots=True)
class Server:
    """A running command that has said it is ready."""

    name: str
    process: subprocess.Popen[bytes]
    ready: dict[str, Any]

    @property
    def url(self) -> str:
        return cast("str", self.ready["url"])

    def stop(self) -> int:
        """SIGTERM, a while to finish, then SIGKILL. Returns the exit code."""
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(STOP_S_MAX)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        _close(self.process)
        return self.process.returncode


def _close(process: subprocess.Popen[bytes]) -> None:
    for pipe in (process.stdin, process.stdout):
        if pipe is not None:
            pipe.close()


def start(name: str, *words: str | Path, log: Path, env: Mapping[str, str] | None = None) -> Server:
    """Runs `aboveboard WORDS...`, a server, and waits for its ready line. It ends when this process does, however that
    ends (attached.py). Raises Unavailable with the last it said."""
    with log.open("ab") as errors:
        process = subprocess.Popen(
            _command("aboveboard.demo.attached", words), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=errors,
            env={**os.environ, **(env or {})},
        )  # fmt: skip
    assert process.stdout is not None  # noqa: S101  # for the type checker: it is a pipe
    descriptor, line = process.stdout.fileno(), b""
    deadline = time.monotonic() + READY_S_MAX
    try:
        while b"\n" not in line and len(line) < LINE_BYTES_MAX:
            left = deadline - time.monotonic()
            readable = select.select([descriptor], [], [], max(left, 0))[0]
            piece = os.read(descriptor, 4096) if readable else b""
            if not piece:
                raise Unavailable(f"{name} did not start: {_last_lines(log)}")
            line += piece
    except BaseException:
        process.kill()
        process.wait()
        _close(process)
        raise
    return Server(name, process, cast("dict[str, Any]", json.loads(line.split(b"\n", 1)[0])))


def run(*words: str | Path, env: Mapping[str, str] | None = None, ok: tuple[int, ...] = (0,)) -> str:
    """Runs one command to its end and returns what it printed. Raises Unavailable when its exit code is not in `ok`."""
    done = subprocess.run(
        _command("aboveboard", words), capture_output=True, text=True, check=False, timeout=COMMAND_S_MAX,
        env={**os.environ, **(env or {})},
    )  # fmt: skip
    if done.returncode not in ok:
        said = (done.stderr.strip() or done.stdout.strip()).splitlines()
        raise Unavailable(
            f"`aboveboard {words[0]} {words[1] if len(words) > 1 else ''}` failed: {' / '.join(said[-3:])}"
        )
    return done.stdout


def run_json(*words: str | Path, env: Mapping[str, str] | None = None, ok: tuple[int, ...] = (0,)) -> Any:
    """Like run, for a command that prints JSON."""
    return json.loads(run(*words, env=env, ok=ok))
