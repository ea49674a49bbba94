"""`aboveboard`, with something taken away as BENCH_LEARN_ABLATION says: also in the processes it starts."""

from __future__ import annotations

import sys

from aboveboard.cli import main
from bench.learn.ablations import apply, chosen

apply(chosen())

if __name__ == "__main__":
    sys.exit(main())
