"""A headless Chromium with its developer tools: what it asked for, what its console said, and pictures of its pages."""

from __future__ import annotations

import base64
import contextlib
import itertools
import json
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import urllib3
import websocket

START_S_MAX = 40.0
CALL_S_MAX = 30.0
_FLAGS = (
    "--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--disable-extensions", "--disable-dev-shm-usage",
    "--remote-allow-origins=*", "--force-device-scale-factor=1", "--hide-scrollbars", "--disable-breakpad",
)  # fmt: skip


class Chromium:
    """requests: addresses asked for; problems: what the console or an exception said. Both since `clear()`."""

    def __init__(self, socket: websocket.WebSocket) -> None:
        self._socket = socket
        self._numbers = itertools.count(1)
        self._loads = 0
        self.requests: list[str] = []
        self.problems: list[str] = []
        for domain in ("Page", "Runtime", "Log", "Network", "DOM"):
            self.call(f"{domain}.enable")

    def clear(self) -> None:
        self.requests.clear()
        self.problems.clear()

    def call(self, method: str, **params: Any) -> dict[str, Any]:
        number = next(self._numbers)
        self._socket.send(json.dumps({"id": number, "method": method, "params": params}))
        while True:
            message = json.loads(self._socket.recv())
            if message.get("id") == number:
                assert "error" not in message, (method, message["error"])
                return cast("dict[str, Any]", message["result"])
            self._heard(message)

    def _heard(self, message: dict[str, Any]) -> None:
        about = message.get("params", {})
        match message.get("method"):
            case "Network.requestWillBeSent":
                self.requests.append(about["request"]["url"])
            case "Runtime.exceptionThrown":
                self.problems.append(about["exceptionDetails"].get("text", "exception"))
            case "Runtime.consoleAPICalled" if about["type"] in ("error", "warning"):
                self.problems.append(str(about["args"]))
            case "Log.entryAdded" if about["entry"]["level"] == "error":
                self.problems.append(about["entry"]["text"])
            case "Page.loadEventFired":
                self._loads += 1
            case _:
                pass

    def evaluate(self, expression: str) -> Any:
        answer = self.call("Runtime.evaluate", expression=expression, returnByValue=True, awaitPromise=True)
        assert "exceptionDetails" not in answer, answer["exceptionDetails"]
        return answer["result"].get("value")

    def wait(self, expression: str) -> None:
        deadline = time.monotonic() + CALL_S_MAX
        while self.evaluate(expression) is not True:
            assert time.monotonic() < deadline, f"never: {expression}"
            time.sleep(0.02)

    def _loaded(self, before: int) -> None:
        deadline = time.monotonic() + CALL_S_MAX
        while self._loads == before:
            assert time.monotonic() < deadline, "no page was loaded"
            self._socket.settimeout(0.1)
            with contextlib.suppress(websocket.WebSocketTimeoutException):
                self._heard(json.loads(self._socket.recv()))
            self._socket.settimeout(CALL_S_MAX)

    def go(self, url: str) -> None:
        before = self._loads
        self.call("Page.navigate", url=url)
        self._loaded(before)

    def press(self, selector: str) -> None:
        """A click that loads another page."""
        before = self._loads
        self.evaluate(f"document.querySelector({json.dumps(selector)}).click()")
        self._loaded(before)

    def key(self, name: str, *, loads: bool = False) -> None:
        """A key of the keyboard, by its DOM name: Tab, Enter, ArrowRight. loads: it loads another page."""
        before = self._loads
        code = {"Tab": 9, "Enter": 13, "ArrowRight": 39}[name]
        text = {"text": "\r"} if name == "Enter" else {}
        self.call("Input.dispatchKeyEvent", type="keyDown", key=name, code=name, windowsVirtualKeyCode=code, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=name, code=name, windowsVirtualKeyCode=code)
        if loads:
            self._loaded(before)

    def choose_file(self, selector: str, path: Path) -> None:
        root = self.call("DOM.getDocument")["root"]["nodeId"]
        node = self.call("DOM.querySelector", nodeId=root, selector=selector)["nodeId"]
        self.call("DOM.setFileInputFiles", files=[str(path)], nodeId=node)

    def size(self, width: int, height: int) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)

    def theme(self, name: str) -> None:
        """What the system prefers: "light" or "dark"."""
        self.call("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": name}])

    def scripts(self, allowed: bool) -> None:
        self.call("Emulation.setScriptExecutionDisabled", value=not allowed)

    def cookie(self, url: str, name: str, value: str, path: str) -> None:
        self.call("Network.setCookie", url=url, name=name, value=value, path=path)

    def text(self) -> str:
        return str(self.evaluate("document.body.innerText"))

    def picture(self, path: Path) -> None:
        """The whole page, as WebP."""
        data = self.call("Page.captureScreenshot", format="webp", quality=40, captureBeyondViewport=True)["data"]
        path.write_bytes(base64.b64decode(data))


def violations(browser: Chromium, axe: str) -> list[tuple[str, list[str]]]:
    """What axe-core finds on the page, everything on it opened: (rule, some of the elements)."""
    browser.evaluate("document.querySelectorAll('details').forEach((each) => { each.open = true; })")
    browser.evaluate(axe + "; 0")
    found = json.loads(browser.evaluate("axe.run(document).then((found) => JSON.stringify(found.violations))"))
    return [(each["id"], [node["html"][:120] for node in each["nodes"][:3]]) for each in found]


def find_chromium() -> str | None:
    names = ("chromium", "chromium-browser", "google-chrome")
    return next((found for name in names if (found := shutil.which(name))), None)


@contextmanager
def chromium() -> Iterator[Chromium]:
    """With a profile of its own, removed afterwards."""
    program = find_chromium()
    assert program is not None, "no Chromium found: apt-get install chromium"
    with tempfile.TemporaryDirectory(prefix="aboveboard-pages-", ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [program, *_FLAGS, f"--user-data-dir={profile}", "--remote-debugging-port=0", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            socket = websocket.create_connection(_page_address(Path(profile), process), timeout=CALL_S_MAX)
            try:
                yield Chromium(socket)
            finally:
                socket.close()
        finally:
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


def _page_address(profile: Path, process: subprocess.Popen[bytes]) -> str:
    deadline = time.monotonic() + START_S_MAX
    while time.monotonic() < deadline:
        assert process.poll() is None, f"Chromium ended at its start, exit code {process.returncode}"
        with contextlib.suppress(OSError, IndexError, ValueError, StopIteration, urllib3.exceptions.HTTPError):
            port = int((profile / "DevToolsActivePort").read_text(encoding="ascii").splitlines()[0])
            found = urllib3.request("GET", f"http://127.0.0.1:{port}/json", timeout=5, retries=False).json()
            return cast("str", next(page["webSocketDebuggerUrl"] for page in found if page["type"] == "page"))
        time.sleep(0.05)
    raise AssertionError("Chromium did not open its page")
