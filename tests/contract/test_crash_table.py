"""The crash table: kill -9, with and without a power cut, at each step on disk of the log's writer, store, witness."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.early(2)

ROOT = Path(__file__).parents[2]
PROVE = 50
WANTED = {
    "sequencer": ("write .state/journal", "fsync .state/journal", "truncate .state/journal", "write tile/entries",
                  "rename tile/", "rename .state/tree", "rename checkpoint", "rename logs"),
    "store": ("write nameless", "link .seg", "fsync nameless", "rename .seg", "fsync folder"),
    "old-store": ("create .seg", "write .seg", "link .seg", "unlink .seg", "fsync .seg", "rename .seg", "fsync folder"),
    "witness": ("write logs", "fsync logs", "rename logs", "write known.json", "rename known.json", "write refusals"),
}  # fmt: skip


@pytest.mark.parametrize("rounds", [1, pytest.param(PROVE, marks=[pytest.mark.prove, pytest.mark.timeout(3600)])])
@pytest.mark.parametrize("name", sorted(WANTED))
def test_killed_at_each_step_nothing_acknowledged_is_lost_and_no_fork_signed(
    name: str, rounds: int, tmp_path: Path
) -> None:
    words = [sys.executable, "-m", "tests.support.crash_table", name, str(rounds), str(tmp_path / "rounds")]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-4000:]
    table = json.loads(done.stdout)
    for kind in WANTED[name]:
        assert table["rounds"].get(kind, 0) >= rounds, f"{kind}: {table}"
