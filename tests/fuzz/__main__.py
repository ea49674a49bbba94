"""`python -m tests.fuzz TARGET --seconds N`: atheris (libFuzzer, guided by coverage) on one target.

Ends with 0 when the time is over and nothing was found. What crashes it is left in --found, to be mended and kept in
tests/fuzz/corpus.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from pathlib import Path

import atheris

CORPUS = Path(__file__).parent / "corpus"
RSS_MB_MAX = 700  # the interpreter with all of ours is some 150, and a body unpacks to 32 MiB at most
INPUT_BYTES_MAX = 1 << 16

with atheris.instrument_imports(include=["aboveboard"]):
    from aboveboard.core.errors import AboveboardError
    from tests.fuzz.targets import TARGETS


def main() -> None:
    """Never returns: libFuzzer ends the process."""
    parser = argparse.ArgumentParser(prog="python -m tests.fuzz", description=(__doc__ or "").split(":")[0])
    parser.add_argument("target", choices=sorted(TARGETS))
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--found", type=Path, default=Path("var/fuzz"))
    args = parser.parse_args()
    target = TARGETS[args.target]
    args.found.mkdir(parents=True, exist_ok=True)

    def once(data: bytes) -> None:
        try:
            target(data)
        except AboveboardError:
            return

    with tempfile.TemporaryDirectory(prefix="aboveboard-fuzz-") as fresh:
        flags = [f"-max_total_time={args.seconds}", f"-rss_limit_mb={RSS_MB_MAX}", f"-max_len={INPUT_BYTES_MAX}",
                 "-timeout=20", "-print_final_stats=1", f"-artifact_prefix={args.found}/{args.target}-"]  # fmt: skip
        atheris.Setup([sys.argv[0], *flags, fresh, str(CORPUS / args.target)], once)
        atheris.Fuzz()


main()
