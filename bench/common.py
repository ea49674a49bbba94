"""What every benchmark shares: its rows, its arguments, and how it tells what it found.

A row: {"metric", "ours", "peer", "peer_name", "ratio", "unit", "target", "holds"}. ratio is ours / peer. target is a
bound on the ratio in words ("<= 0.5"), or on our value when there is no peer ("== 0"), or "" for none; holds is null
without a target.
"""

from __future__ import annotations

import argparse
import json
import operator
import os
import platform
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    ">=": operator.ge,
    "<": operator.lt,
    ">": operator.gt,
    "==": operator.eq,
}


@dataclass(frozen=True, slots=True)
class Row:
    """One measured figure, ours and the peer's in the same unit."""

    metric: str
    ours: float
    peer: float | None
    peer_name: str
    ratio: float | None
    unit: str
    target: str
    holds: bool | None


def row(
    metric: str, ours: float, unit: str, *, peer: float | None = None, peer_name: str = "", target: str = ""
) -> Row:
    """Makes a row: works out the ratio, and whether the target holds for it (for our value when there is no peer)."""
    ratio = None if peer is None or peer == 0 else ours / peer
    holds = None
    if target:
        sign, bound = target.split()
        judged = ours if peer is None else ratio
        holds = judged is not None and _COMPARE[sign](judged, float(bound))
    return Row(metric, ours, peer, peer_name, ratio, unit, target, holds)


def machine() -> str:
    """One line about where this ran."""
    memory_gib = os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / (1 << 30)
    system = f"{platform.system()} {platform.machine()}, {os.cpu_count()} cores, {memory_gib:.0f} GiB"
    return f"{system}, Python {platform.python_version()}"


def arguments(about: str, parts: Sequence[str] = ()) -> argparse.Namespace:
    """--quick and --json FILE; where a benchmark has parts, --part NAME, again and again: `part`, all if not given."""
    parser = argparse.ArgumentParser(description=about)
    parser.add_argument("--quick", action="store_true", help="fewer rounds: to see that it runs, not for figures")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the rows as JSON")
    if parts:
        parser.add_argument("--part", choices=parts, action="append", help="only this one; may stand again")
    args = parser.parse_args()
    args.part = (getattr(args, "part", None) or list(parts)) if parts else []
    return args


def tell(rows: list[Row], json_file: Path | None) -> None:
    """Prints the rows as a table and writes them as JSON where asked."""
    for item in rows:
        beside = "" if item.peer is None else f"  {item.peer_name} {item.peer:.4g}"
        ratio = "" if item.ratio is None else f"  ratio {item.ratio:.3f}"
        verdict = {True: "  holds", False: "  FAILS", None: ""}[item.holds]
        print(f"{item.metric}: {item.ours:.4g} {item.unit}{beside}{ratio}  {item.target}{verdict}")
    if json_file is not None:
        json_file.write_text(json.dumps([asdict(item) for item in rows], indent=1) + "\n", encoding="utf-8")
    sys.stdout.flush()
