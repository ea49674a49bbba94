"""Some episodes of one kind: recorded on one display, built into a dataset, done again on another. A process of its
own, told by a JSON file what to do."""

from __future__ import annotations

import os
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from aboveboard.core.errors import AboveboardError, Refused
from aboveboard.core.events import Box, KeptEvent
from aboveboard.datasets.build import build
from aboveboard.datasets.replay import replay, shift_of, values_of
from aboveboard.datasets.schema import Episode, read_episodes
from aboveboard.datasets.spec import parse_spec
from aboveboard.desktop.display import PrivateDisplay
from aboveboard.desktop.input import Hand
from aboveboard.desktop.windows import Windows
from bench.actions.session import SCREEN, Told
from bench.carried import carry_out
from bench.replay.tasks import Work, work_of
from tests.support.datasets import programme

SPEC = "title: Replay\npurpose: train-agents\nmin_contributors: 1\nexclude_flags: [secret]\n"
ELSEWHERE_PX = 70  # how far the window stands from where it stood, when it is done again
SPEEDS = (1.0, 1.5, 2.0)


class Round(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """program: pages, mousepad, featherpad or galculator; episodes with the seeds first, first + 1, ..."""

    program: str
    first: int
    episodes: int


class Outcome(msgspec.Struct):
    """why: for each episode of the dataset, "" where both ended alike; steps: of each; left_out: episodes that the
    dataset has not, because something was withheld in them or a gap fell into them."""

    round: Round
    why: list[str]
    steps: list[int]
    left_out: int


def _display(folder: Path, display: PrivateDisplay) -> None:
    """A person's folder of settings that nobody has used yet."""
    os.environ.update(display.env)
    home = tempfile.mkdtemp(dir=folder)
    for name in ("HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_CACHE_HOME"):
        os.environ[name] = home
    time.sleep(1.0)  # a window that comes before the window manager is ready is never shown


def recorded(task: Round, folder: Path) -> tuple[list[KeptEvent], list[str]]:
    """What the recorder kept of all episodes, and how each ended."""
    ends: list[str] = []
    with PrivateDisplay(*SCREEN) as display:
        _display(folder, display)
        speed = SPEEDS[task.first // task.episodes % len(SPEEDS)]
        with Hand(display.name, speed=speed, seed=task.first) as hand:
            work = work_of(task.program, display, hand, folder, 0)
            try:
                told = Told(folder, display.env)
                for seed in range(task.first, task.first + task.episodes):
                    words = work.open(seed)
                    time.sleep(1.0)
                    told.say(f"task {seed} {words}")
                    time.sleep(0.3)
                    work.do(seed)
                    ends.append(work.state())
                    told.say("done")
                    work.leave()
                events, problem = told.stop()
            finally:
                work.close()
    print(f"the recorder's problem: {problem!r}", file=sys.stderr)  # it has no server to send to
    return events, ends


def built(events: list[KeptEvent], out: Path) -> dict[int, Episode]:
    """By seed, read from a dataset as a researcher gets it; none when nothing is fit for one."""
    reader = programme(people=0)
    reader.add("1" * 32, events)
    try:
        build(reader.as_reader(), parse_spec(SPEC, "spec"), SPEC, out, skip_bad=False, workers=1)
    except Refused:
        return {}
    return {int(each.instruction.split()[0]): each for each in read_episodes(out)}


def _front(display: PrivateDisplay) -> Box:
    windows = Windows(display.name)
    try:
        return windows.active.box if windows.active is not None else (0, 0, 0, 0)
    finally:
        windows.close()


def _again(work: Work, seed: int, episode: Episode, hand: Hand, display: PrivateDisplay) -> str:
    """How it ended, or why it could not be done again."""
    words = work.open(seed)
    time.sleep(1.0)
    try:
        replay(episode, hand, shift_of(episode, _front(display)), values_of(episode.instruction, f"{seed} {words}"))
        return work.state()
    except AboveboardError as error:
        return f"{type(error).__name__}: {error}"
    finally:
        work.leave()


def run(task: Round, folder: Path) -> Outcome:
    events, ends = recorded(task, folder)
    episodes = built(events, folder / "dataset")
    why: list[str] = []
    with PrivateDisplay(*SCREEN) as display:
        _display(folder, display)
        with Hand(display.name, speed=1.5, seed=7) as hand:
            work = work_of(task.program, display, hand, folder, ELSEWHERE_PX)
            try:
                for seed, episode in sorted(episodes.items()):
                    end = ends[seed - task.first]
                    found = _again(work, seed, episode, hand, display)
                    why.append("" if found == end else f"{task.program} {seed}: {found} for {end}")
            finally:
                work.close()
    return Outcome(task, why, [len(each.steps) for each in episodes.values()], task.episodes - len(episodes))


def main() -> int:
    """argv: round file, outcome file."""
    return carry_out(Round, "aboveboard-replay-", run)


if __name__ == "__main__":
    sys.exit(main())
