"""What a busy minute needed goes back to the system, also where something small lies behind it."""

from __future__ import annotations

import subprocess
import sys

_PROGRAM = """
import ctypes, os, time
from aboveboard.wire.arenas import few_arenas, give_back

def resident_mb():
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE") / 1e6

few_arenas(2)
library = ctypes.CDLL(None)
library.malloc.restype, library.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
held = []
for _ in range(500):
    held.append(library.malloc(64_000))
    ctypes.memset(held[-1], 1, 64_000)
    library.malloc(700)
for each in held:
    library.free(each)
kept = resident_mb()
give_back(0.01)
until = time.monotonic() + 10
while resident_mb() > kept - 25 and time.monotonic() < until:
    time.sleep(0.01)
print(kept - resident_mb())
"""


def test_what_is_free_between_what_stays_is_given_back() -> None:
    done = subprocess.run([sys.executable, "-c", _PROGRAM], capture_output=True, text=True, check=True)
    assert float(done.stdout) > 25
