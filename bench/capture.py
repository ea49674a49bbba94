"""Capturing input of a display: our X11 source beside pynput's listeners, same display and movements, turn by turn."""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import threading
import time
from dataclasses import dataclass

import psutil
from Xlib import X
from Xlib import display as xdisplay
from Xlib.ext import xtest

from aboveboard.core.events import ButtonEdge, KeyEdge, Motion
from aboveboard.desktop.display import PrivateDisplay
from aboveboard.recorder.platform.x11 import X11Source
from bench.common import Row, arguments, row, tell
from bench.listening import cpu_ns

KEY = 38  # the key "a" on every layout of the test display


# ---------------------------------------------------------------- the two who listen, each a process of its own


def listen_ours() -> int:
    """Counts what our source delivers until standard input ends."""
    source = X11Source(os.environ["DISPLAY"])
    ended = threading.Event()

    def wait() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=wait, daemon=True).start()
    print("ready", flush=True)
    n = 0
    while True:
        source.wait(0.25)
        events = source.read()
        for event in events:
            n += len(event.t_us) if isinstance(event, Motion) else isinstance(event, (ButtonEdge, KeyEdge))
        if ended.is_set() and not events:
            break
    print(json.dumps({"n": n}), flush=True)
    return 0


def listen_pynput() -> int:
    """Counts what pynput delivers until standard input ends."""
    from pynput import keyboard, mouse

    seen: list[tuple[float, int, int]] = []

    def took(x: int = 0, y: int = 0, *_: object) -> None:
        seen.append((time.time(), x, y))

    pointer = mouse.Listener(on_move=took, on_click=took)
    keys = keyboard.Listener(on_press=lambda _: took(), on_release=lambda _: took())
    for listener in (pointer, keys):
        listener.start()
        listener.wait()
    print("ready", flush=True)
    sys.stdin.read()
    time.sleep(0.3)
    print(json.dumps({"n": len(seen)}), flush=True)
    return 0


# ---------------------------------------------------------------- the hand


def work(name: str, rate_hz: float, seconds: float) -> int:
    """Moves at the rate, with a click and a key every 50 samples; how many events were sent."""
    display = xdisplay.Display(name)
    sent = 0
    begun = time.perf_counter()
    for i in range(int(rate_hz * seconds)):
        xtest.fake_input(display, X.MotionNotify, x=100 + i % 600, y=100 + (i * 7) % 400)
        sent += 1
        if i % 50 == 49:
            for kind, detail in ((X.ButtonPress, 1), (X.ButtonRelease, 1), (X.KeyPress, KEY), (X.KeyRelease, KEY)):
                xtest.fake_input(display, kind, detail)
                sent += 1
        display.flush()
        left = begun + (i + 1) / rate_hz - time.perf_counter()
        if left > 0:
            time.sleep(left)
    display.sync()
    display.close()
    return sent


@dataclass(frozen=True, slots=True)
class Turn:
    """cpu_ms: processor time a thousand events; rss_mb: resident; share: delivered."""

    cpu_ms: float
    rss_mb: float
    share: float


def turn(who: str, display: PrivateDisplay, rate_hz: float, seconds: float) -> Turn:
    """One listener, one stretch of work."""
    child = subprocess.Popen(
        [sys.executable, "-m", "bench.capture", "--listen", who], env={**os.environ, **display.env},
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert child.stdin is not None
    assert child.stdout is not None
    assert child.stdout.readline() == "ready\n"
    warm = work(display.name, rate_hz, 0.5)  # keyboard maps and the like are read once, at the first key
    time.sleep(0.5)
    before = cpu_ns(child.pid)
    sent = work(display.name, rate_hz, seconds)
    time.sleep(0.5)
    cpu_ms = (cpu_ns(child.pid) - before) / 1e6
    rss_mb = psutil.Process(child.pid).memory_info().rss / 1e6
    child.stdin.close()
    n = json.loads(child.stdout.read())["n"]
    child.wait(10)
    return Turn(1000 * cpu_ms / sent, rss_mb, n / (warm + sent))


def compare(display: PrivateDisplay, rate_hz: float, seconds: float, rounds: int) -> list[Row]:
    """Medians over rounds, in turn."""
    turns: dict[str, list[Turn]] = {"ours": [], "pynput": []}
    for _ in range(rounds):
        for who, found in turns.items():
            found.append(turn(who, display, rate_hz, seconds))
    ours, peer = turns["ours"], turns["pynput"]

    def median(found: list[Turn], name: str) -> float:
        return float(statistics.median(getattr(each, name) for each in found))

    at = f"at {rate_hz:.0f} Hz"
    return [
        row(f"processor time of 1000 events {at}", median(ours, "cpu_ms"), "ms", peer=median(peer, "cpu_ms"),
            peer_name="pynput", target="<= 0.5"),
        row(f"memory {at}", median(ours, "rss_mb"), "MB", peer=median(peer, "rss_mb"), peer_name="pynput"),
        row(f"events delivered {at}", 100 * min(each.share for each in ours), "%",
            peer=100 * min(each.share for each in peer), peer_name="pynput"),
        row(f"events lost {at}", 100 * (1 - min(each.share for each in ours)), "%", target="== 0"),
    ]  # fmt: skip


def main() -> int:
    if sys.argv[1:2] == ["--listen"]:
        return {"ours": listen_ours, "pynput": listen_pynput}[sys.argv[2]]()
    args = arguments(__doc__ or "")
    rounds, seconds = (1, 3.0) if args.quick else (3, 8.0)
    with PrivateDisplay(800, 600) as display:
        os.environ.update(display.env)
        rows = [each for rate in (125.0, 1000.0) for each in compare(display, rate, seconds, rounds)]
    tell(rows, args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
