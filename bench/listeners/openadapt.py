"""openadapt-capture's own command (`capture record`), from an environment of its own: `BENCH_OPENADAPT` is its path. It
is told what to keep by `BENCH_OPENADAPT_KEEPS`: "video" (its default; needs ffmpeg) or "images" (a PNG an action)."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

START_S, STOP_S_MAX = 8.0, 120.0


def main() -> int:
    folder = Path(sys.argv[1]) / "capture"
    keeps = os.environ.get("BENCH_OPENADAPT_KEEPS", "video")
    words = [os.environ["BENCH_OPENADAPT"], "record", str(folder), f"--video={keeps == 'video'}"]
    words += [f"--images={keeps == 'images'}"]
    log = (Path(sys.argv[1]) / "log").open("w")
    with log, subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=log, stderr=log) as process:
        time.sleep(START_S)
        if process.poll() is not None:
            print((Path(sys.argv[1]) / "log").read_text()[-2000:], file=sys.stderr)
            return 1
        print(f"ready {process.pid}", flush=True)
        sys.stdin.read()
        process.send_signal(signal.SIGINT)
        try:
            process.wait(STOP_S_MAX)
        except subprocess.TimeoutExpired:
            process.kill()
    files = [path for path in folder.rglob("*") if path.is_file()]
    sizes = {path.name: path.stat().st_size for path in files[:20]}
    said = {"n": len(files), "bytes": sum(path.stat().st_size for path in files), "files": sizes}
    print(json.dumps(said), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
