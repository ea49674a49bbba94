"""Writes the vectors: `python -m tests.vectors.make`. One module of `subjects` makes one JSON file, the same bytes each
time. What each file holds is said in docs/spec."""

from __future__ import annotations

import importlib
import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def subjects() -> list[str]:
    """The file names without .json, which are those of the modules with "-" for "_"."""
    return sorted(path.stem.replace("_", "-") for path in (HERE / "subjects").glob("[a-z]*.py"))


def made(subject: str) -> bytes:
    """What the subject's file has to hold."""
    module: Any = importlib.import_module(f"tests.vectors.subjects.{subject.replace('-', '_')}")
    return (json.dumps(module.make(), indent=1, ensure_ascii=False) + "\n").encode("utf-8")


def load(subject: str) -> dict[str, Any]:
    """The file as it lies there."""
    found: dict[str, Any] = json.loads((HERE / f"{subject}.json").read_text(encoding="utf-8"))
    return found


def main() -> int:
    """Writes all of them."""
    for subject in subjects():
        (HERE / f"{subject}.json").write_bytes(made(subject))
        print(f"{subject}.json")
    return 0


if __name__ == "__main__":
    sys.exit(main())
