"""Pictures of a scripted piece of office work (a form, a mailbox, notes, a terminal) on 1920 x 1080: bytes, processor
time and memory of the whole recorder at each level, beside recorders of screenshots on the same script, in turn."""

from __future__ import annotations

import os
import random
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import psutil

from aboveboard.demo.pageserver import PageServer
from aboveboard.desktop.browser import Browser
from aboveboard.desktop.display import PrivateDisplay
from aboveboard.desktop.input import Hand
from bench.common import Row, arguments, row, tell
from bench.listening import cpu_ns, listening

WIDTH, HEIGHT = 1920, 1080
HOUR_S = 3600
WORDS = ("garden", "meeting", "of", "the", "quarter", "with", "notes", "for", "monday", "please", "and", "report")
PEERS = {
    "mss and PNG at each press": ("png", ""),
    "mss and JPEG at each press": ("jpeg", ""),
    "mss and JPEG at each press and once a second": ("jpeg", "1.0"),
}


@dataclass(frozen=True, slots=True)
class Turn:
    """mb_hour: on disk, of an hour at this pace; cpu: share of a core, children included; rss_mb: resident."""

    mb_hour: float
    cpu: float
    rss_mb: float


def work(browser: Browser, pages: PageServer, hand: Hand, seconds: float, seed: int) -> None:
    """A person's pace: an act every second or two, words, scrolling, another page now and then."""
    chance = random.Random(seed)
    end = time.monotonic() + seconds
    step = 0
    while time.monotonic() < end:
        if step % 12 == 0:
            browser.navigate(pages.url(("signup.html", "mail.html", "notes.html")[step // 12 % 3]))
            hand.rest(1.0)
        match step % 6:
            case 0 | 1 | 3:
                hand.click(chance.randrange(200, 1100), chance.randrange(200, 800))
            case 2:
                hand.type(" ".join(chance.choices(WORDS, k=6)))
            case 4:
                hand.scroll(chance.choice((-4, 4)))
            case 5:  # the terminal
                hand.click(1600, 700)
                hand.type("ls -l /usr/lib")
                hand.press("Return")
        hand.rest(chance.uniform(0.8, 2.5))
        step += 1


def children_cpu_ns(pid: int) -> int:
    """Of processes it has started and that have ended."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[13]) + int(fields[14])) * 1_000_000_000 // os.sysconf("SC_CLK_TCK")


def turn(who: str, display: PrivateDisplay, browser: Browser, pages: PageServer, seconds: float) -> Turn:
    with listening(who, display) as listener, Hand(display.name, speed=1.0) as hand:
        pid = listener.pid
        time.sleep(2.0)
        before, began = cpu_ns(pid) + children_cpu_ns(pid), time.monotonic()
        work(browser, pages, hand, seconds, seed=1)
        wall = time.monotonic() - began
        cpu = cpu_ns(pid) + children_cpu_ns(pid) - before
        rss_mb = psutil.Process(pid).memory_info().rss / 1e6
    if os.environ.get("BENCH_SHOW"):
        print(who, os.environ.get("BENCH_FRAMES"), listener.said, file=sys.stderr)
    return Turn(listener.said["bytes"] / wall * HOUR_S / 1e6, cpu / 1e9 / wall, rss_mb)


def main() -> int:
    args = arguments(__doc__ or "")
    seconds = 40.0 if args.quick else 240.0
    rows: list[Row] = []
    with PrivateDisplay(WIDTH, HEIGHT) as display, PageServer() as pages:
        os.environ.update(display.env)
        time.sleep(1.0)
        terminal = subprocess.Popen(["xterm", "-geometry", "90x30+1340+560"], start_new_session=True)
        try:
            with Browser(display.env, pages.url("signup.html"), 1300, 1000) as browser:
                time.sleep(2.0)
                ours: dict[str, Turn] = {}
                for level in ("none", "on_action", "keyframes"):
                    os.environ["BENCH_FRAMES"] = level
                    ours[level] = turn("ours", display, browser, pages, seconds)
                peers: dict[str, Turn] = {}
                for name, (kind, every) in PEERS.items():
                    os.environ |= {"BENCH_SHOTS": kind, "BENCH_EVERY_S": every}
                    peers[name] = turn("shots", display, browser, pages, min(seconds, 60.0))
        finally:
            terminal.terminate()
            terminal.wait(5)
    for level, bar in (("none", ""), ("on_action", "<= 3"), ("keyframes", "<= 15")):
        mine = ours[level]
        rows += [
            row(f"an hour of work on disk, {level}", mine.mb_hour, "MB", target=bar),
            row(f"share of a core, {level}", 100 * mine.cpu, "%"),
            row(f"memory, {level}", mine.rss_mb, "MB", target="<= 120" if level != "none" else ""),
        ]
    for name, peer in peers.items():
        level = "keyframes" if "second" in name else "on_action"
        rows += [
            row(f"an hour of work on disk, {level}", ours[level].mb_hour, "MB", peer=peer.mb_hour, peer_name=name),
            row(f"share of a core, {level}", 100 * ours[level].cpu, "%", peer=100 * peer.cpu, peer_name=name),
            row(f"memory, {level}", ours[level].rss_mb, "MB", peer=peer.rss_mb, peer_name=name),
        ]
    tell(rows, args.json)
    return 0


if __name__ == "__main__":
    sys.exit(main())
