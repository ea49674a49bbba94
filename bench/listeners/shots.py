"""What a recorder of screenshots does: the whole screen by mss at each press of a button or key, and once a second if
asked for, written as PNG or JPEG. `BENCH_SHOTS`: "png" or "jpeg"; `BENCH_EVERY_S`: "" for none."""

from __future__ import annotations

import json
import os
import queue
import sys
import threading
import time
from pathlib import Path


def main() -> int:
    import mss
    import mss.tools
    from PIL import Image
    from pynput import keyboard, mouse

    folder, kind = Path(sys.argv[1]), os.environ["BENCH_SHOTS"]
    every = os.environ.get("BENCH_EVERY_S", "")
    wanted: queue.SimpleQueue[bool] = queue.SimpleQueue()
    taken = 0

    def work() -> None:
        nonlocal taken
        with mss.mss() as grabber:
            while True:
                try:
                    go_on = wanted.get(timeout=float(every) if every else None)
                except queue.Empty:
                    go_on = True
                if not go_on:
                    return
                shot = grabber.grab(grabber.monitors[0])
                path = folder / f"{taken:06d}.{kind}"
                if kind == "png":
                    path.write_bytes(mss.tools.to_png(shot.rgb, shot.size) or b"")
                else:
                    Image.frombytes("RGB", shot.size, shot.rgb).save(path, "JPEG", quality=80)
                taken += 1

    worker = threading.Thread(target=work)
    worker.start()
    listeners = (
        mouse.Listener(on_click=lambda _x, _y, _button, pressed: wanted.put(True) if pressed else None),
        keyboard.Listener(on_press=lambda _key: wanted.put(True)),
    )
    for listener in listeners:
        listener.start()
        listener.wait()
    print("ready", flush=True)
    sys.stdin.read()
    time.sleep(0.5)
    wanted.put(False)
    worker.join()
    print(json.dumps({"n": taken, "bytes": sum(path.stat().st_size for path in folder.iterdir())}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
