"""The recorder's end of its control socket: one line of JSON in, one out; for its owner only (mode 0600)."""

from __future__ import annotations

import contextlib
import json
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import msgspec

from aboveboard.core.canonical import parse_object
from aboveboard.core.clock import US_PER_S
from aboveboard.core.errors import AboveboardError, BadInput, Refused, Unavailable
from aboveboard.recorder.asking import WAIT_S_MAX, read_line
from aboveboard.recorder.pipeline import Mark
from aboveboard.recorder.recorder import EVER_US, Recorder

LINE_BYTES_MAX = 64 << 10


def _text(request: dict[str, Any], name: str, default: str = "") -> str:
    value = request.get(name, default)
    if not isinstance(value, str):
        raise BadInput("has to be a text", name)
    return value


def _number(request: dict[str, Any], name: str) -> int:
    value = request.get(name)
    if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < EVER_US:
        raise BadInput("has to be a number over 0", name)
    return value


def _span(request: dict[str, Any]) -> tuple[int, int]:
    """What "last_s" or "all" means, up to now and a little beyond, as µs."""
    if request.get("all") is True:
        return 0, EVER_US
    last_s = request.get("last_s")
    if not isinstance(last_s, int) or isinstance(last_s, bool) or last_s <= 0:
        raise BadInput("has to be a number of seconds", "last_s")
    return -last_s * US_PER_S, 0  # relative to now, see answer()


def answer(recorder: Recorder, now_us: Callable[[], int], request: dict[str, Any]) -> dict[str, Any]:
    """Does what is asked. Raises an error made on purpose for what can't be done."""
    match request.get("do"):
        case "status":
            return recorder.status()
        case "pause":
            recorder.pause(_text(request, "length", "until-resumed"))
        case "resume":
            recorder.resume()
        case "opt_out":
            reason = _text(request, "reason")
            if reason not in ("", "bandwidth", "sensitive_work", "power"):
                raise BadInput("is bandwidth, sensitive_work, power, or not given", "reason")
            recorder.opt_out(
                cast("Any", reason), delete=request.get("delete") is True, withdraw=request.get("withdraw") is True
            )
        case "settings":
            change = request.get("change", {})
            if not isinstance(change, dict):
                raise BadInput("has to be an object", "change")
            settings = recorder.change_settings(change) if change else recorder.settings()
            return {"settings": msgspec.to_builtins(settings)}
        case "forget" | "delete":
            start, end = _span(request) if "app" not in request else (0, EVER_US)
            start, end = (now_us() + start, EVER_US) if start < 0 else (start, end)
            return {"done": True, "deleted": recorder.forget(start, end, _text(request, "app") or None)}
        case "review":
            return {"rows": recorder.review()}
        case "send_now":
            recorder.send_now()
        case "task_start":
            soon = request.get("soon") is True
            return {"done": True, "now": recorder.task(Mark("start", _text(request, "description")), soon=soon)}
        case "task_stop":
            outcome = _text(request, "outcome")
            if outcome not in ("", "success", "failure"):
                raise BadInput("is success, failure, or not given", "outcome")
            soon = request.get("soon") is True
            return {"done": True, "now": recorder.task(Mark("stop", outcome=cast("Any", outcome)), soon=soon)}
        case "tasks":
            since_us = now_us() - _number(request, "last_s") * US_PER_S
            return {"tasks": msgspec.to_builtins(recorder.tasks(since_us))}
        case "task_correct":
            at_us, description = _number(request, "task"), _text(request, "description")
            return {"done": True, "gone": recorder.correct(at_us, description)}
        case other:
            raise BadInput(f"{other!r} can't be asked of the recorder", "do")
    return {"done": True, "state": recorder.state}


class ControlServer:
    """Listens on a Unix socket; a thread for each connection, a few at once."""

    def __init__(self, path: Path, recorder: Recorder, now_us: Callable[[], int]) -> None:
        self._path, self._recorder, self._now_us = path, recorder, now_us
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
        self._socket = socket.socket(socket.AF_UNIX)
        old = os.umask(0o177)
        try:
            self._socket.bind(str(path))
        except OSError as error:
            raise Unavailable(f"can't listen on {path}: {error.strerror}; is the path under 100 characters?") from error
        finally:
            os.umask(old)
        self._socket.listen(8)
        threading.Thread(target=self._serve, name="control", daemon=True).start()

    def _serve(self) -> None:
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            threading.Thread(target=self._one, args=(connection,), daemon=True).start()

    def _one(self, connection: socket.socket) -> None:
        with connection, contextlib.suppress(OSError):
            connection.settimeout(WAIT_S_MAX)
            reply: dict[str, Any]
            try:
                line = read_line(connection, LINE_BYTES_MAX)
                reply = answer(self._recorder, self._now_us, parse_object(line, "request", LINE_BYTES_MAX))
            except Refused as error:
                reply = {"error": {"reason": error.reason, "text": str(error)}}
            except AboveboardError as error:
                reply = {"error": {"reason": "error", "text": str(error)}}
            connection.sendall(json.dumps(reply).encode() + b"\n")

    def close(self) -> None:
        self._socket.close()
        self._path.unlink(missing_ok=True)
