"""The recorder's verbs, one a module."""

from __future__ import annotations

import argparse
import os
import re
from pathlib import Path

from aboveboard.core.errors import BadInput

_LAST = re.compile(r"([0-9]{1,6})(s|m|h)")


def default_home() -> Path:
    """XDG_STATE_HOME/aboveboard."""
    return Path(os.environ.get("XDG_STATE_HOME", str(Path.home() / ".local" / "state"))) / "aboveboard"


def add_home(parser: argparse.ArgumentParser) -> None:
    """--home, which every verb has."""
    parser.add_argument("--home", type=Path, default=default_home(), help="the recorder's folder (default %(default)s)")


def seconds(text: str) -> int:
    """ "10m", "60s", "2h" as seconds. Raises BadInput."""
    found = _LAST.fullmatch(text)
    if found is None or int(found[1]) == 0:
        raise BadInput(f"{text!r} is no length of time such as 60s, 10m or 2h")
    return int(found[1]) * {"s": 1, "m": 60, "h": 3600}[found[2]]
