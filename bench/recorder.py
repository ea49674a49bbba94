"""The whole recorder beside others on the same XTEST script, turn by turn on one display: processor time, memory, loss,
bytes on disk; and what ours does when nothing happens."""

from __future__ import annotations

import contextlib
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from Xlib import X
from Xlib import display as xdisplay
from Xlib.ext import xtest

from aboveboard.desktop.display import PrivateDisplay
from aboveboard.desktop.windows import Windows
from bench.awake import awake
from bench.common import Row, arguments, row, tell
from bench.listening import cpu_ns, listening, tree, wakeups
from bench.recorder_session import session, stages

KEY = 38  # the key "a" on the layout of the test display
OPENADAPT = "openadapt"  # beside the others where `BENCH_OPENADAPT` is the path of its `capture`; see its listener
PEERS = ("pynput", "xrecord", *([OPENADAPT] if os.environ.get("BENCH_OPENADAPT") else []))
PEER_NAMES = {"pynput": "pynput", "xrecord": "Xlib RECORD", OPENADAPT: "openadapt-capture"}
PACES = (("125", "at 125 Hz", 125.0, 0.5), ("1k", "at 1 kHz", 1000.0, 0.3), ("burst", "in a burst", 0.0, 0.2))

SESSIONS = {
    "session": (session, "none", 180.0),
    "session-stages": (stages, "none", 90.0),
    "session-frames": (session, "on_action", 180.0),
    "session-frames-stages": (stages, "on_action", 90.0),
}


def work(name: str, rate_hz: float, n: int, pressed_us: list[tuple[int, int]] | None = None) -> int:
    """n pointer samples (rate 0: as fast as they go), with a click and a key every 50; how many events were sent.

    pressed_us: gets two moments by the system's clock for each press: before it was handed to the display, and when the
    display had answered that it has it. Between them it happened; a display that must wait for a processor makes them
    lie far apart.
    """
    display = xdisplay.Display(name)
    sent = 0
    begun = time.perf_counter()
    for i in range(n):
        xtest.fake_input(display, X.MotionNotify, x=100 + i % 600, y=100 + (i * 7) % 400)
        sent += 1
        if i % 50 == 49:
            for kind, detail in ((X.ButtonPress, 1), (X.ButtonRelease, 1), (X.KeyPress, KEY), (X.KeyRelease, KEY)):
                xtest.fake_input(display, kind, detail)
                sent += 1
        if rate_hz:
            if pressed_us is not None and i % 50 == 49:
                before_us = time.time_ns() // 1000
                display.sync()
                pressed_us.append((before_us, time.time_ns() // 1000))
            else:
                display.flush()
            left = begun + (i + 1) / rate_hz - time.perf_counter()
            if left > 0:
                time.sleep(left)
    display.sync()
    display.close()
    return sent


@dataclass(frozen=True, slots=True)
class Turn:
    """cpu_ms: processor time 10,000 events; rss_mb: resident; lost: events; bytes: an event, on disk; error_ms: of the
    times of presses, one for each: how far outside of the span in which whoever pressed knows that it happened;
    span_ms: how long that span was."""

    cpu_ms: float
    rss_mb: float
    lost: int
    bytes: float
    error_ms: tuple[float, ...] = ()
    span_ms: tuple[float, ...] = ()


def turn(who: str, display: PrivateDisplay, rate_hz: float, n: int) -> Turn:
    """One recorder, one stretch of work."""
    with listening(who, display) as listener:
        pid = listener.pid
        pressed_us: list[tuple[int, int]] = []
        warm = work(display.name, 500.0, 200, pressed_us)  # maps and the like are read once, at the first key
        time.sleep(2.5)
        before = sum(cpu_ns(each.pid) for each in tree(pid))
        sent = work(display.name, rate_hz, n, pressed_us)
        time.sleep(2.0)  # until the last of it is on disk
        cpu_ms = (sum(cpu_ns(each.pid) for each in tree(pid)) - before) / 1e6
        rss_mb = sum(each.memory_info().rss for each in tree(pid)) / 1e6
    if os.environ.get("BENCH_SHOW"):
        print(who, listener.said, file=sys.stderr)
    lost, size = warm + sent - listener.said["n"], listener.said["bytes"] / (warm + sent)
    kept_us = listener.said.get("presses_us", [])
    timed = rate_hz and len(kept_us) == len(pressed_us)
    pairs = list(zip(kept_us, pressed_us, strict=True)) if timed else []
    errors = tuple(max(before - kept, kept - after, 0) / 1e3 for kept, (before, after) in pairs)
    spans = tuple((after - before) / 1e3 for _, (before, after) in pairs)
    return Turn(1e4 * cpu_ms / sent, rss_mb, lost, size, errors, spans)


def _late(values: Iterable[float]) -> float:
    """The 99th percentile."""
    ordered = sorted(values)
    return ordered[min(len(ordered) * 99 // 100, len(ordered) - 1)]


def compare(display: PrivateDisplay, at: str, rate_hz: float, n: int, bar: float, rounds: int) -> list[Row]:
    """Medians over rounds, in turn."""
    turns: dict[str, list[Turn]] = {who: [] for who in ("ours", *PEERS)}
    for _ in range(rounds):
        for who, found in turns.items():
            found.append(turn(who, display, rate_hz, n))

    def median(who: str, name: str) -> float:
        return float(statistics.median(getattr(each, name) for each in turns[who]))

    rows = []
    for peer in PEERS:
        beside: dict[str, Any] = {"peer_name": PEER_NAMES[peer]}
        target = f"<= {bar}" if peer == "pynput" else ""
        rows += [
            row(f"processor time of 10,000 events {at}", median("ours", "cpu_ms"), "ms", peer=median(peer, "cpu_ms"),
                target=target, **beside),
            row(f"bytes an event on disk {at}", median("ours", "bytes"), "B", peer=median(peer, "bytes"), **beside),
            row(f"memory {at}", median("ours", "rss_mb"), "MB", peer=median(peer, "rss_mb"), **beside),
        ]  # fmt: skip
        if peer != OPENADAPT:  # which does not say how many it has
            lost = max(t.lost for t in turns["ours"]), max(t.lost for t in turns[peer])
            rows.append(row(f"events lost {at}", lost[0], "events", peer=lost[1], **beside))
    rows += [
        row(f"events lost {at}, ours", max(t.lost for t in turns["ours"]), "events", target="== 0"),
        row(f"memory {at}, ours", median("ours", "rss_mb"), "MB", target="<= 60"),
        row(f"bytes an event on disk {at}, ours", median("ours", "bytes"), "B", target="<= 1.6"),
    ]
    errors = [error for each in turns["ours"] for error in each.error_ms]
    if errors:
        of = f"of the time of a press {at}"
        spans = [span for each in turns["ours"] for span in each.span_ms]
        rows.append(row(f"error {of}, 99th percentile", _late(errors), "ms", target="<= 2"))
        rows.append(row(f"error {of}, median", statistics.median(errors), "ms"))
        rows.append(row(f"what the driver itself can't tell {of}, 99th percentile", _late(spans), "ms"))
    return rows


def idle(display: PrivateDisplay, seconds: float) -> list[Row]:
    """Nothing happens: what ours does then."""
    with listening("ours", display) as listener:
        pid = listener.pid
        work(display.name, 500.0, 200)
        time.sleep(6.0)
        cpu, woken = cpu_ns(pid), wakeups(pid)
        time.sleep(seconds)
        cpu, woken = cpu_ns(pid) - cpu, wakeups(pid) - woken
    return [
        row("wake-ups a second when idle", woken / seconds, "1/s", target="<= 1"),
        row("processor share when idle", 100 * cpu / 1e9 / seconds, "%", target="<= 0.1"),
    ]


def _wait_for_window(display: PrivateDisplay) -> None:
    """Until it is there; then a click gives it the keyboard."""
    windows = Windows(display.name)
    deadline = time.monotonic() + 20
    while (under := windows.at(120, 120)) is None or under.app != "xterm":
        if time.monotonic() > deadline:
            raise RuntimeError("xterm does not come up")
        time.sleep(0.1)
        windows.update()
    windows.close()
    work(display.name, 500.0, 100)
    time.sleep(0.3)


@contextlib.contextmanager
def desk() -> Iterator[PrivateDisplay]:
    """A display with one allowed window over nearly all of it."""
    with PrivateDisplay(800, 600) as display:
        os.environ.update(display.env)
        time.sleep(1.0)  # a window that comes before the window manager is ready is never shown
        words = ["xterm", "-geometry", "130x45+0+0", "-e", "cat"]
        xterm = subprocess.Popen(words, env={**os.environ, **display.env}, start_new_session=True)
        try:
            _wait_for_window(display)
            yield display
        finally:
            xterm.terminate()
            xterm.wait(5)


def beside(parts: list[str], *, quick: bool) -> list[Row]:
    """What ours does at rest, and beside the others at each pace."""
    turns = ((1000, 1), (4000, 1), (10_000, 1)) if quick else ((2500, 3), (60_000, 1), (50_000, 3))
    rows: list[Row] = []
    with desk() as display:
        if "idle" in parts:
            rows += idle(display, 10.0 if quick else 60.0)
        for (part, at, rate_hz, bar), (n, rounds) in zip(PACES, turns, strict=True):
            if part in parts:
                rows += compare(display, at, rate_hz, n, bar, rounds)
    return rows


def main() -> int:
    args = arguments(__doc__ or "", ("idle", *(part for part, *_ in PACES), *SESSIONS))
    rows: list[Row] = []
    with contextlib.ExitStack() as stack:
        if args.awake:
            stack.enter_context(awake())
        if any(part in args.part for part in ("idle", *(part for part, *_ in PACES))):
            rows += beside(args.part, quick=args.quick)
        for part, (work_of, level, seconds) in SESSIONS.items():
            if part in args.part:
                rows += work_of(level, seconds / 3 if args.quick else seconds)
    tell(rows, args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
