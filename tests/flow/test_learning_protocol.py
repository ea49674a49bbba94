"""The protocol's command, small: demonstrations, models, evaluations, one ablation, results and report."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from aboveboard.datasets.schema import read_episodes

pytestmark = pytest.mark.early(3)

ROOT = Path(__file__).parents[2]


@pytest.fixture
def home() -> Iterator[Path]:
    """Recorders' sockets lie below it, so its path has to be short."""
    with tempfile.TemporaryDirectory(prefix="ab-") as folder:
        yield Path(folder)


def test_the_reduced_protocol_runs_and_goes_on_where_it_was(tmp_path: Path, home: Path) -> None:
    command = [sys.executable, "-m", "bench.learn", "--reduced", "--home", str(home), "--out", str(tmp_path)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=900)
    assert done.returncode == 0, done.stderr[-3000:]
    found = json.loads((tmp_path / "results.json").read_text())
    assert found["not_run"] == []
    assert found["success_60_n"] == 4
    assert found["success_unseen_n"] == 2
    assert found["success_no_redaction_n"] >= 2
    assert found["success_random_n"] >= 2
    assert len(found["tasks_seen"]) + len(found["tasks_unseen"]) + len(found["tasks_left_out"]) == 3
    assert "<svg" in (tmp_path / "report.html").read_text()
    # Only in the bench's own processes nothing is redacted.
    bare = read_episodes(home / "bare" / "dataset")
    assert bare
    assert not any("<" in each.instruction for each in bare)
    again = subprocess.run(command, env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=120)
    assert again.returncode == 0, again.stderr[-3000:]
    assert "demonstrations, " not in again.stderr  # nothing is trained a second time
