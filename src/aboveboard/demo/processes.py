"""Starts Aboveboard's own commands as processes, as a person would, and stops what it started."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from aboveboard.core.errors import Unavailable

READY_S_MAX = 60.0
STOP_S_MAX = 15.0
COMMAND_S_MAX = 900.0
LINE_BYTES_MAX = 1 << 16


def command(*words: str | Path) -> list[str]:
    """The argument list that runs `aboveboard WORDS...` with this very interpreter."""
    return [sys.executable, "-m", "aboveboard", *map(str, words)]


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
        if self.process.stdout is not None:
            self.process.stdout.close()
        return self.process.returncode


def start(name: str, words: list[str], log: Path, env: Mapping[str, str] | None = None) -> Server:
    """Runs a server and waits for its ready line. Raises Unavailable with the last it said."""
    with log.open("ab") as errors:
        process = subprocess.Popen(
            words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=errors, env={**os.environ, **(env or {})}
        )
    assert process.stdout is not None  # noqa: S101  # for the type checker: it is a pipe
    descriptor, line = process.stdout.fileno(), b""
    deadline = time.monotonic() + READY_S_MAX
    while b"\n" not in line and len(line) < LINE_BYTES_MAX:
        left = deadline - time.monotonic()
        readable = select.select([descriptor], [], [], max(left, 0))[0]
        piece = os.read(descriptor, 4096) if readable else b""
        if not piece:
            process.kill()
            process.wait()
            process.stdout.close()
            raise Unavailable(f"{name} did not start: {_last_lines(log)}")
        line += piece
    return Server(name, process, cast("dict[str, Any]", json.loads(line.split(b"\n", 1)[0])))


def run(*words: str | Path, env: Mapping[str, str] | None = None, ok: tuple[int, ...] = (0,)) -> str:
    """Runs one command to its end and returns what it printed. Raises Unavailable when its exit code is not in `ok`."""
    done = subprocess.run(
        command(*words), capture_output=True, text=True, check=False, timeout=COMMAND_S_MAX,
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
