"""As `aboveboard.demo.attached`, with something taken away as `bench.learn.ablated` says."""

from __future__ import annotations

import sys

from aboveboard.cli import main
from aboveboard.demo.attached import attach
from bench.learn.ablations import apply, chosen

apply(chosen())

if __name__ == "__main__":
    attach()
    sys.exit(main())
