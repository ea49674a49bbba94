"""What the server says of itself: one JSON object a line, on stderr. That something happened, never to whom, with what,
or from where, at any level.

Our own lines are words of ours. Of a library's line there is its place in the code and, when it was written as a
template, the template: never what was filled in, and no text that may have been put together beforehand. Of an
exception there is its type and where it came from; its text may hold anything, a key or a person's words too.
"""

from __future__ import annotations

import json
import logging
import sys
import threading
import traceback
from types import TracebackType
from typing import Any, TextIO

import structlog

LEVELS = ("debug", "info", "warning")
FRAMES_MAX = 12
_TIME = structlog.processors.TimeStamper(fmt="iso")


def configure_logs(level: str, stream: TextIO | None = None) -> None:
    """For the whole process: our own lines, the libraries', and what a thread ends with."""
    out = stream or sys.stderr
    number = getattr(logging, level.upper())
    structlog.configure(
        processors=[structlog.processors.add_log_level, _TIME, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(out),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(_Places())
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    logging.captureWarnings(True)
    threading.excepthook = _thread_ended
    sys.unraisablehook = _not_raised


class _Places(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {"level": record.levelname.lower(), "logger": record.name,
                                "at": f"{record.module}.{record.funcName}:{record.lineno}"}  # fmt: skip
        if record.args and isinstance(record.msg, str):
            line["event"] = record.msg
        if record.exc_info and record.exc_info[0] is not None:
            line |= _raised(record.exc_info[0], record.exc_info[2])
        return json.dumps(_TIME(None, "", line))


def _raised(kind: type[BaseException], trace: TracebackType | None) -> dict[str, Any]:
    frames = traceback.extract_tb(trace)[-FRAMES_MAX:]
    return {"error": kind.__name__, "frames": [f"{frame.filename}:{frame.lineno}" for frame in frames]}


def _thread_ended(args: threading.ExceptHookArgs) -> None:
    if args.exc_type is not SystemExit:
        structlog.get_logger().error("a thread ended", **_raised(args.exc_type, args.exc_traceback))


def _not_raised(args: sys.UnraisableHookArgs) -> None:
    structlog.get_logger().error("an error nobody could be told", **_raised(args.exc_type, args.exc_traceback))
