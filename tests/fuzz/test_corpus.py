"""What the fuzzer begins with and what it has found goes through its target at every run, with changes made to it.

The long search is `make fuzz`, and in `make prove`.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.core.errors import AboveboardError
from tests.fuzz.targets import TARGETS

HERE = Path(__file__).parent
FILES = {name: sorted((HERE / "corpus" / name).iterdir()) for name in TARGETS}
MEMORY_BYTES_MAX = 64 << 20  # a body unpacks to 32 MiB at most
PROVE_S = 100  # for each of the twelve: twenty minutes


def once(target: str, data: bytes) -> bool:
    """Whether it was taken."""
    try:
        TARGETS[target](data)
    except AboveboardError:
        return False
    return True


@pytest.mark.parametrize("target", TARGETS)
def test_what_is_kept_is_taken_or_refused(target: str) -> None:
    taken = [once(target, path.read_bytes()) for path in FILES[target]]
    assert len(taken) > 0
    # What the fuzzer starts from reaches the end of each parser, but for keys and signatures that it can't have.
    assert any(taken) or target in ("segment", "arrival"), "no seed is good"


@pytest.mark.parametrize("target", TARGETS)
@settings(max_examples=150)
@given(data=st.data())
def test_what_is_changed_is_taken_or_refused(target: str, data: st.DataObject) -> None:
    changed = bytearray(data.draw(st.sampled_from([path.read_bytes() for path in FILES[target]])))
    for _ in range(data.draw(st.integers(1, 4))):
        at = data.draw(st.integers(0, max(len(changed) - 1, 0)))
        changed[at : at + data.draw(st.integers(0, 3))] = data.draw(st.binary(max_size=4))
    once(target, bytes(changed))


@pytest.mark.parametrize("target", ["plaintext", "body", "records"])
def test_memory_is_bounded_by_what_a_body_may_unpack_to(target: str) -> None:
    """Zeros compress a thousandfold; brackets nest."""
    tracemalloc.start()
    try:
        for data in (bytes(4 << 20), b"\x93" * (4 << 20), b"[" * (1 << 20), b"\x07[" + b"[" * (1 << 20)):
            once(target, data)
        assert tracemalloc.get_traced_memory()[1] < MEMORY_BYTES_MAX
    finally:
        tracemalloc.stop()


@pytest.mark.prove
@pytest.mark.timeout(PROVE_S * 3)
@pytest.mark.parametrize("target", TARGETS)
def test_a_fuzzer_guided_by_coverage_finds_nothing(target: str, tmp_path: Path) -> None:
    seconds = os.environ.get("FUZZ_S", str(PROVE_S))
    line = [sys.executable, "-m", "tests.fuzz", target, "--seconds", seconds, "--found", str(tmp_path)]
    done = subprocess.run(line, cwd=HERE.parents[1], capture_output=True, text=True, check=False)
    found = {path.name: path.read_bytes()[:200] for path in tmp_path.iterdir()}
    assert (done.returncode, found) == (0, {}), done.stderr[-4000:]
    print(*[each for each in done.stderr.splitlines() if "executed_units" in each or "peak_rss" in each])
