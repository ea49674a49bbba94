"""A real Chromium window on a display, with its developer tools.

The developer tools are for whoever stages a task: to seed it, to read its reward, to know what a script should do next.
Neither the recorder nor an agent's policy ever sees them.
"""

from __future__ import annotations

import contextlib
import itertools
import json
import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, cast

import urllib3
import websocket

from aboveboard.core.errors import Unavailable

START_S_MAX = 40.0
CALL_S_MAX = 20.0
STOP_S_MAX = 5.0
_NAMES = ("chromium", "chromium-browser", "google-chrome")
_FLAGS = (
    "--no-sandbox", "--disable-gpu", "--no-first-run", "--no-default-browser-check", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-quic", "--test-type", "--force-device-scale-factor=1",
    "--remote-allow-origins=*", "--force-renderer-accessibility", "--password-store=basic", "--disable-extensions",
    "--disable-features=Translate,OptimizationHints,MediaRouter,AutofillServerCommunication,PasswordManagerOnboarding",
    "--disable-save-password-bubble", "--disable-infobars", "--disable-breakpad", "--disable-dev-shm-usage",
)  # fmt: skip


class Browser:
    """`with Browser(display.env, url, 800, 600) as browser: browser.evaluate("1 + 1")`. A fresh profile each time."""

    def __init__(
        self, env: Mapping[str, str], url: str, width: int, height: int, *, left: int = 0, top: int = 0
    ) -> None:
        program = next((found for name in _NAMES if (found := shutil.which(name))), None)
        if program is None:
            raise Unavailable("no Chromium found: apt-get install chromium")
        self._profile = Path(tempfile.mkdtemp(prefix="aboveboard-browser-"))
        self._numbers = itertools.count(1)
        self._socket: websocket.WebSocket | None = None
        self.process = subprocess.Popen(
            [program, *_FLAGS, f"--user-data-dir={self._profile}", "--remote-debugging-port=0",
             f"--window-position={left},{top}", f"--window-size={width},{height}", f"--app={url}"],
            env=dict(env), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            start_new_session=True,
        )  # fmt: skip
        try:
            self._socket = websocket.create_connection(self._page_address(), timeout=CALL_S_MAX)
            self.wait("document.readyState === 'complete'")
        except BaseException:
            self.close()
            raise

    @property
    def pid(self) -> int:
        return self.process.pid

    def _page_address(self) -> str:
        """The developer tools' address of the one page."""
        port_file = self._profile / "DevToolsActivePort"
        deadline = time.monotonic() + START_S_MAX
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise Unavailable(f"Chromium ended at its start, exit code {self.process.returncode}")
            with contextlib.suppress(OSError, IndexError, ValueError, StopIteration, urllib3.exceptions.HTTPError):
                port = int(port_file.read_text(encoding="ascii").splitlines()[0])
                pages = urllib3.request(
                    "GET", f"http://127.0.0.1:{port}/json", timeout=CALL_S_MAX, retries=False
                ).json()
                return cast("str", next(page["webSocketDebuggerUrl"] for page in pages if page["type"] == "page"))
            time.sleep(0.05)
        raise Unavailable(f"Chromium did not open its window in {START_S_MAX:.0f} s")

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        """One developer-tools command. Raises Unavailable when it fails."""
        if self._socket is None:
            raise Unavailable("the browser is closed")
        number = next(self._numbers)
        try:
            self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
            while True:
                answer = json.loads(self._socket.recv())
                if answer.get("id") == number:
                    break
        except (websocket.WebSocketException, OSError, ValueError) as error:
            raise Unavailable(f"the browser does not answer ({type(error).__name__})") from error
        if "error" in answer:
            raise Unavailable(f"the browser refused {method}: {answer['error'].get('message', '')}")
        return cast("dict[str, Any]", answer["result"])

    def evaluate(self, expression: str) -> Any:
        """The value of a JavaScript expression, as JSON. Raises Unavailable when it throws."""
        result = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        if "exceptionDetails" in result:
            raise Unavailable(f"the page's script failed: {result['exceptionDetails'].get('text', '')}")
        return result["result"].get("value")

    def wait(self, expression: str, s_max: float = CALL_S_MAX) -> None:
        """Until the expression is true. Raises Unavailable when it takes too long."""
        deadline = time.monotonic() + s_max
        while not self._is_true(expression):
            if time.monotonic() > deadline:
                raise Unavailable(f"the page did not get ready in {s_max:.0f} s")
            time.sleep(0.01)

    def _is_true(self, expression: str) -> bool:
        try:
            return self.evaluate(expression) is True
        except Unavailable as error:
            if "context" not in str(error):
                raise
            return False  # between two pages there is none in which a script could run

    def navigate(self, url: str) -> None:
        """Opens another page in the same window and waits until it has loaded."""
        self.call("Page.navigate", url=url)
        self.wait("location.href !== 'about:blank' && document.readyState === 'complete'")

    def close(self) -> None:
        """Stops the browser and removes its profile."""
        if self._socket is not None:
            with contextlib.suppress(websocket.WebSocketException, OSError):
                self._socket.close()
            self._socket = None
        if self.process.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.process.pid, signal.SIGTERM)
            try:
                self.process.wait(STOP_S_MAX)
            except subprocess.TimeoutExpired:
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
        # Chromium's children may write for a moment longer.
        for _ in range(20):
            shutil.rmtree(self._profile, ignore_errors=True)
            if not self._profile.exists():
                return
            time.sleep(0.1)

    def __enter__(self) -> Browser:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
