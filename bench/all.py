"""Runs every benchmark and writes bench/RESULTS.md and its plots: `python -m bench.all [--quick]`."""

from __future__ import annotations

import datetime
import json
import subprocess
import sys
import tempfile
from pathlib import Path

import matplotlib

from bench.common import Row, arguments, machine

matplotlib.use("svg")
from matplotlib import pyplot as plt  # the backend has to be chosen first

HERE = Path(__file__).parent
NOT_BENCHMARKS = {"__init__", "all", "awake", "common", "dataset_work", "hours_people", "listening", "recorder_session"}


def names() -> list[str]:
    """The benchmarks of this folder, in order."""
    return sorted(path.stem for path in HERE.glob("*.py") if path.stem not in NOT_BENCHMARKS)


def run_one(name: str, *, quick: bool) -> list[Row]:
    """Runs a benchmark in a process of its own. A failure stops everything: half a table misleads."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "rows.json"
        words = [sys.executable, "-m", f"bench.{name}", "--json", str(out), *(["--quick"] if quick else [])]
        subprocess.run(words, check=True, cwd=HERE.parent)
        return [Row(**item) for item in json.loads(out.read_text(encoding="utf-8"))]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def table(rows: list[Row]) -> str:
    """A Markdown table."""
    lines = ["| metric | ours | peer | ratio | unit | target | holds |", "|---|---|---|---|---|---|---|"]
    for item in rows:
        peer = f"{item.peer_name} {_number(item.peer)}".strip()
        holds = {True: "yes", False: "**no**", None: ""}[item.holds]
        cells = (item.metric, _number(item.ours), peer, _number(item.ratio), item.unit, item.target, holds)
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def plot(name: str, rows: list[Row]) -> str | None:
    """Ratios as bars on a log axis, 1 = the peer; returns the file's name, None when no row has a peer."""
    bars = {f"{item.metric}\nvs {item.peer_name}": item.ratio for item in rows if item.ratio}
    if not bars:
        return None
    figure, axis = plt.subplots(figsize=(8, 0.5 * len(bars) + 1.2), layout="constrained")
    axis.barh(list(bars), list(bars.values()))
    axis.axvline(1, color="black", linewidth=1)
    axis.set_xscale("log")
    axis.set_xlabel("ours / peer, in the same run")
    axis.invert_yaxis()
    (HERE / "plots").mkdir(exist_ok=True)
    file = f"plots/{name}.svg"
    figure.savefig(HERE / file, metadata={"Date": None})
    plt.close(figure)
    return file


def main() -> int:
    """0 when all ran; targets that fail are in the table, not in the exit code."""
    args = arguments(__doc__ or "")
    today = f"{datetime.datetime.now(datetime.UTC):%Y-%m-%d}"
    parts = [
        "# Results",
        "",
        f"Made by `make bench{' QUICK=1' if args.quick else ''}` on {today}: {machine()}.",
        "The machine is shared and noisy: read ratios, of two things measured in the same run. Losses stay in.",
    ]
    for name in names():
        print(f"== {name}", flush=True)
        rows = run_one(name, quick=args.quick)
        parts += ["", f"## {name}", "", f"`python -m bench.{name}`", "", table(rows)]
        if picture := plot(name, rows):
            parts += ["", f"![{name}: ratios to the peers]({picture})"]
    (HERE / "RESULTS.md").write_text("\n".join(parts) + "\n", encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
