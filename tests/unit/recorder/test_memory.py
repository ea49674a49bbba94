"""What only the start needed goes back, and what was given back still works."""

from __future__ import annotations

import subprocess
import sys

_PROGRAM = """
import re
from pathlib import Path

def resident_kb():
    return int(re.search(r"Rss:\\s+(\\d+)", Path("/proc/self/smaps_rollup").read_text())[1])

from aboveboard.recorder import memory
from aboveboard.wire.arenas import few_arenas
few_arenas(1, 1 << 17)
import numpy
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
before = resident_kb()
memory.settle()
after = resident_kb()
sealed = AESGCM(bytes(32)).encrypt(bytes(12), b"words", b"")
assert AESGCM(bytes(32)).decrypt(bytes(12), sealed, b"") == b"words"
assert numpy.linalg.norm(numpy.ones(4)) == 2
print(before, after)
"""


def test_settling_gives_back_what_the_start_needed() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    before_kb, after_kb = map(int, done.stdout.split())
    assert after_kb < before_kb - 4096
