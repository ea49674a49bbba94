"""Everyday web tasks of the `miniwob` package (MiniWoB++), in a real browser, with one driver for all of them.

The driver seeds a task, starts it and reads its reward through the browser's developer tools. Whoever does the task,
script or agent, has X input for hands; an agent sees only what the accessibility bus gives.
"""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Callable
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path
from types import TracebackType
from typing import Any, cast

from aboveboard.core.errors import BadInput, Unavailable
from aboveboard.desktop.browser import Browser
from aboveboard.wire.patient import PatientServer

WIDTH, HEIGHT = 560, 480
START_S_MAX = 10.0
# Seconds until a task gives up by itself: far beyond any hand.
_EPISODE_MS = 10_000_000
_START = """(() => {
  core.EPISODE_MAX_TIME = %d;
  const display = document.getElementById('reward-display');
  if (display) display.style.display = 'none';
  const canvas = document.getElementById('click-canvas');
  if (canvas) canvas.style.display = 'none';
  if (document.activeElement) document.activeElement.blur();  // as on a page that was just opened
  Math.seedrandom(%s);
  WOB_DONE_GLOBAL = false; WOB_RAW_REWARD_GLOBAL = 0;
  core.startEpisodeReal();
  return true;
})()"""
_UTTERANCE = "(() => { const u = core.getUtterance(); return typeof u === 'string' ? u : u.utterance; })()"
_COVER_GONE = """(() => { const c = document.getElementById('sync-task-cover');
  return !c || c.style.display === 'none' || c.offsetParent === null; })()"""


def url_of(origin: str, task: str) -> str:
    """A task's page at this origin."""
    return f"{origin}/miniwob/{task}.html"


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
        """Keeps no log."""


class TaskServer:
    """Serves the package's pages over loopback, so that they have an origin: `with TaskServer() as server:`."""

    def __init__(self, port: int = 0) -> None:
        """port: 0 for a free one; a policy names an origin, so who goes on under it needs the same."""
        self._port = port

    def __enter__(self) -> TaskServer:
        self._folder = as_file(files("miniwob") / "html")
        self.root: Path = self._folder.__enter__()
        handler = partial(_Quiet, directory=str(self.root))
        self._server = PatientServer(("127.0.0.1", self._port), handler)
        threading.Thread(target=self._server.serve_forever, name="tasks", daemon=True).start()
        return self

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def names(self) -> list[str]:
        """Every task of the package."""
        return sorted(path.stem for path in (self.root / "miniwob").glob("*.html"))

    def url(self, task: str) -> str:
        """Raises BadInput for a task that is not in the package."""
        if not (self.root / "miniwob" / f"{task}.html").is_file():
            raise BadInput(f"there is no task {task!r} in the miniwob package")
        return url_of(self.origin, task)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._folder.__exit__(None, None, None)


class Stage:
    """One browser window on which tasks are put, one after the other."""

    def __init__(self, browser: Browser, url: Callable[[str], str]) -> None:
        """url: a task's address, as `TaskServer.url` gives it."""
        self.browser, self._url = browser, url
        self._task = ""

    def open(self, task: str, seed: str) -> str:
        """Puts a task on and starts it; returns the instruction. The same seed gives the same task."""
        if task != self._task:
            self.browser.navigate(self._url(task))
            self.browser.wait("typeof core !== 'undefined' && typeof Math.seedrandom === 'function'")
            self._task = task
        self.browser.evaluate(_START % (_EPISODE_MS, _quoted(seed)))
        self.browser.wait(_COVER_GONE, START_S_MAX)
        instruction = self.browser.evaluate(_UTTERANCE)
        if not isinstance(instruction, str) or not instruction.strip():
            raise Unavailable(f"the task {task} gave no instruction")
        return " ".join(instruction.split())

    def left(self) -> None:
        """The window shows something else now; the next task loads its page anew."""
        self._task = ""

    def pid(self) -> int:
        """Of the browser."""
        return self.browser.pid

    def done(self) -> bool:
        return self.browser.evaluate("WOB_DONE_GLOBAL") is True

    def reward(self) -> float:
        """The task's own raw reward: 1 is success."""
        return float(self.browser.evaluate("WOB_RAW_REWARD_GLOBAL") or 0)

    def wait_done(self, timeout_s: float) -> bool:
        """Whether it ended within that time."""
        deadline = time.monotonic() + timeout_s
        while not self.done():
            if time.monotonic() > deadline:
                return False
            time.sleep(0.02)
        return True

    def viewport(self) -> tuple[int, int]:
        """Where the page's top left corner lies on the screen."""
        script = "[screenX + (outerWidth - innerWidth) / 2, screenY + outerHeight - innerHeight]"
        x, y = cast("list[float]", self.browser.evaluate(script))
        return round(x), round(y)


def _quoted(text: str) -> str:
    return "'" + "".join(char for char in text if char.isalnum() or char in "-_.:") + "'"
