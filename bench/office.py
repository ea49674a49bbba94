"""Bytes of an office hour: the same script of a person's work in a browser, an editor and a terminal, recorded by ours
with pictures and elements, and by others (openadapt-capture where `BENCH_OPENADAPT` is the path of its `capture`).

The hour is 900 aims of the pointer at a person's pace and 125 Hz, each with a click or a run of the wheel, and 4,000
keys in runs. What is left out is only the time between them in which nobody does anything: it costs no bytes. A share
of it is done (`--share`), and every figure is of that share times its inverse.
"""

from __future__ import annotations

import argparse
import contextlib
import http.server
import json
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from aboveboard.desktop.browser import Browser
from aboveboard.desktop.display import PrivateDisplay
from aboveboard.desktop.input import Hand
from bench.common import Row, row, tell
from bench.listening import listening

AIMS, KEYS_A_RUN, TYPED_EVERY, WHEEL_EVERY = 900, 44, 10, 9  # 90 runs of keys: about 4,000
SHOTS_AN_HOUR = 3600  # one a second
WIDTH, HEIGHT = 1280, 900
SETTLE_S = 2.0
WORDS = ("please", "order", "twelve", "boxes", "of", "paper", "for", "the", "office", "before", "friday", "and", "tell",
         "stores", "when", "they", "arrive", "so", "that", "somebody", "can", "carry", "them", "upstairs")  # fmt: skip
# Window -> where it is aimed at: (left, top, width, height) of its inside.
PLACES = {"browser": (20, 110, 680, 480), "editor": (760, 100, 440, 330), "terminal": (770, 520, 420, 260)}


class _Page(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
        """Keeps no log."""


@contextlib.contextmanager
def office() -> Iterator[PrivateDisplay]:
    """A desktop with the three windows."""
    handler = partial(_Page, directory=str(Path(__file__).parent / "actions"))
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with contextlib.ExitStack() as stack:
        stack.callback(server.server_close)
        stack.callback(server.shutdown)
        display = stack.enter_context(PrivateDisplay(WIDTH, HEIGHT))
        os.environ.update(display.env)
        time.sleep(1.0)  # a window that comes before the window manager is ready is never shown
        env = {**os.environ, **display.env}
        url = f"http://127.0.0.1:{server.server_address[1]}/page.html"
        browser = Browser(env, url, 740, 640, left=0, top=0)
        stack.callback(browser.close)
        for words in (["xterm", "-geometry", "72x22+750+500", "-e", "cat"], ["mousepad", "--disable-server"]):
            process = subprocess.Popen(
                words, env=env, start_new_session=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
            )
            stack.callback(process.wait, 10)
            stack.callback(process.terminate)
            time.sleep(3.0)
        _place_editor(display)
        yield display


def _place_editor(display: PrivateDisplay) -> None:
    from Xlib import display as xdisplay

    client = xdisplay.Display(display.name)
    for frame in client.screen().root.query_tree().children:
        for window in (frame, *frame.query_tree().children):
            names = window.get_wm_class()
            if names and names[1].lower() == "mousepad":
                window.configure(x=745, y=20, width=480, height=440)
    client.sync()
    client.close()
    time.sleep(1.0)


def work(display: PrivateDisplay, aims: int, seed: int) -> None:
    """`aims` of the hour, a person's way."""
    chance = np.random.default_rng(seed)
    names = list(PLACES)
    with Hand(display.name, speed=1.0, seed=seed) as hand:
        for i in range(aims):
            left, top, width, height = PLACES[names[int(chance.integers(len(names)))]]
            x, y = left + int(chance.integers(width)), top + int(chance.integers(height))
            if i % TYPED_EVERY == TYPED_EVERY - 1:
                left, top, width, height = PLACES["editor" if chance.random() < 0.6 else "terminal"]
                hand.click(left + width // 2, top + height // 2)
                hand.type(_sentence(chance) + "\n")
            elif i % WHEEL_EVERY == WHEEL_EVERY - 1:
                hand.move(x, y)
                hand.scroll(4 if chance.random() < 0.6 else -4)
            else:
                hand.click(x, y)
            hand.rest(0.15)


def _sentence(chance: np.random.Generator) -> str:
    text = ""
    while len(text) < KEYS_A_RUN - 1:
        text += f"{WORDS[int(chance.integers(len(WORDS)))]} "
    return text[: KEYS_A_RUN - 1]


def recorded(who: str, aims: int, **env: str) -> dict[str, Any]:
    """What one recorder said after its turn, in an office of its own; and how long the turn took."""
    with office() as display:
        os.environ.update(env)
        with listening(who, display) as listener:
            time.sleep(SETTLE_S)
            begun = time.monotonic()
            work(display, aims, seed=1)
            lasted_s = time.monotonic() - begun
            time.sleep(SETTLE_S)
    print(who, env, f"{lasted_s:.0f} s", {k: v for k, v in listener.said.items() if k != "presses_us"}, file=sys.stderr)
    return listener.said


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--share", type=float, default=0.1, help="of the hour (0.1)")
    parser.add_argument("--quick", action="store_true", help="a hundredth of it: to see that it runs, not for figures")
    parser.add_argument("--json", metavar="FILE", type=Path, help="also write the rows as JSON")
    args = parser.parse_args()
    aims = max(int(AIMS * (0.01 if args.quick else args.share)), 1)
    times = AIMS / aims / 1e6
    jsonl = recorded("pynput", aims)["bytes"] * times
    shots = {}
    for kind in ("jpeg", "png"):
        said = recorded("shots", aims, BENCH_SHOTS=kind, BENCH_EVERY_S="1")
        shots[kind] = said["bytes"] / said["n"] * SHOTS_AN_HOUR / 1e6
    peers = {f"pynput JSON lines + mss {kind.upper()} a second": jsonl + size for kind, size in shots.items()}
    if os.environ.get("BENCH_OPENADAPT"):
        said = recorded("openadapt", aims, BENCH_OPENADAPT_KEEPS="images")
        peers["openadapt-capture, an image an action"] = said["bytes"] * times
    rows: list[Row] = []
    for level, bar in (("on_action", 3.0), ("keyframes", 15.0)):
        ours = recorded("ours", aims, BENCH_FRAMES=level)
        size = ours["bytes"] * times
        rows.append(row(f"an office hour with {level} and elements", size, "MB", target=f"<= {bar:g}"))
        for name, theirs in peers.items():
            rows.append(row(f"an office hour with {level} and elements", size, "MB", peer=theirs, peer_name=name))
        if args.json is not None:
            args.json.with_suffix(f".{level}.json").write_text(json.dumps(ours))
    tell(rows, args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
