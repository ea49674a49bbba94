"""A bare pynput listener that writes JSON lines: what a recorder of an afternoon looks like."""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path


def main() -> int:
    from pynput import keyboard, mouse

    path = Path(sys.argv[1]) / "events.jsonl"
    n = 0
    with path.open("w", encoding="utf-8") as file:

        def write(kind: str, *values: object) -> None:
            nonlocal n
            n += 1
            file.write(json.dumps([time.time(), kind, *(str(each) for each in values)]) + "\n")

        listeners = (
            mouse.Listener(
                on_move=lambda x, y: write("move", x, y),
                on_click=lambda x, y, button, pressed: write("click", x, y, button, pressed),
                on_scroll=lambda x, y, dx, dy: write("scroll", x, y, dx, dy),
            ),
            keyboard.Listener(
                on_press=lambda key: write("press", key),
                on_release=lambda key: write("release", key),
            ),
        )
        for listener in listeners:
            listener.start()
            listener.wait()
        print("ready", flush=True)
        sys.stdin.read()
        time.sleep(0.5)
    print(json.dumps({"n": n, "bytes": path.stat().st_size}), flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
