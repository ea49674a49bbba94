"""JSON lines, one at a time."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path


def write_lines(out: Path, lines: Iterable[str]) -> None:
    """Whole or not at all."""
    unfinished = out.with_name(out.name + ".unfinished")
    with unfinished.open("w", encoding="utf-8") as file:
        for line in lines:
            file.write(line + "\n")
    unfinished.replace(out)
