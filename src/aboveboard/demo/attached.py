"""A command that ends with whoever started it: `python -m aboveboard.demo.attached WORDS...` is `aboveboard WORDS...`.

Its standard input is a pipe whose other end only the starter holds. However that one ends, by `kill -9` too, the system
closes the pipe, and the command is told to stop as SIGTERM tells it. (A parent-death signal exists on Linux only, and
comes when the starting thread ends, not the process.)
"""

from __future__ import annotations

import os
import runpy
import sys
import threading
from typing import NoReturn

from aboveboard.workers import end


def _watch(descriptor: int) -> NoReturn:
    """Nothing is ever written into the pipe; what is, is thrown away."""
    while os.read(descriptor, 4096):
        pass
    end()


def attach() -> None:
    """From here on this process ends with whoever holds the other end of its standard input."""
    threading.Thread(target=_watch, args=(sys.stdin.fileno(),), name="attached", daemon=True).start()


if __name__ == "__main__":
    attach()
    runpy.run_module("aboveboard", run_name="__main__", alter_sys=True)
