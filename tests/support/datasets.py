"""A reader without servers: hands out segments that were never sealed, and a log of a test's own."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np

from aboveboard.core.columns import encode_column
from aboveboard.core.events import Button, Element, Focus, KeptEvent, Key, PointerPath, Scene, Scroll, Task, Text
from aboveboard.core.leaves import DatasetBuiltLeaf
from aboveboard.core.signing import SigningKey
from aboveboard.datasets.checks import check_events
from aboveboard.datasets.reader import Bad, Opened, Reader
from aboveboard.wire.api import DatasetBuilt, LeafReply, parse
from aboveboard.wire.segment import SegmentBody
from tests.support.world import World

T = 1_800_000_000_000_000
MS = 1000


def elements(rng: random.Random, n: int = 12) -> tuple[Element, ...]:
    roles = ("push button", "entry", "link", "list item", "check box")
    return tuple(
        Element(rng.choice(roles), f"Thing {i}", (20, 10 + 40 * i, 200, 30), ("enabled",), (0, i)) for i in range(n)
    )


def path(t_us: int, rng: random.Random, n: int) -> PointerPath:
    steps = np.array([[rng.randint(-6, 6) for _ in range(n)] for _ in range(2)], np.int64)
    x, y = 400 + np.cumsum(steps[0]), 300 + np.cumsum(steps[1])
    t = np.arange(n, dtype=np.int64) * 8 * MS
    return PointerPath(t_us, n, encode_column(t), encode_column(x), encode_column(y))


def session_events(seed: int, tasks: int = 2, samples: int = 40, app: str = "gedit") -> list[KeptEvent]:
    """A person doing tasks: deterministic in the seed."""
    rng = random.Random(seed)
    t_us = T + seed * 1_000_000_000
    seen = elements(rng)
    made: list[KeptEvent] = []
    for task in range(tasks):
        made += [Task(t_us, "start", f"Task {task} of {seed}"), Focus(t_us + 1, app, None, "A", (0, 0, 1280, 800)),
                 Scene(t_us + 2, seen)]  # fmt: skip
        for _ in range(4):
            made.append(path(t_us + 10 * MS, rng, samples))
            t_us += (30 + 8 * samples) * MS
            target = rng.choice(seen)
            x, y = target.box[0] + rng.randint(1, 190), target.box[1] + rng.randint(1, 25)
            made += [Button(t_us, x, y, 1, True, (), target), Button(t_us + 70 * MS, x, y, 1, False)]
            t_us += 900 * MS
            acts: list[KeptEvent] = [
                Text(t_us, t_us + 400 * MS, "hello <EMAIL_1>", target, 12), Key(t_us, "Return", (), target),
                Key(t_us, "s", ("Control",), target), Scroll(t_us, x, y, 0, 3, target),
            ]  # fmt: skip
            made.append(rng.choice(acts))
            t_us += 700 * MS
        made.append(Task(t_us, "stop", "", "success"))
        t_us += 1000 * MS
    return made


@dataclass
class FakeReader:
    """Stands in for `Reader`: the same names, no network. Segments are one session each unless told otherwise."""

    world: World
    found: list[Opened | Bad] = field(default_factory=list)
    key: SigningKey = field(default_factory=lambda: SigningKey.generate("reader"))
    bundles: dict[str, Any] = field(default_factory=dict)
    grant: Any = field(default_factory=lambda: SimpleNamespace(purpose="train-agents", grant_id="9" * 64))

    def unlock(self) -> int:
        return len(self.found)

    def segments(self, policies: Collection[str] = ()) -> Iterator[Opened | Bad]:
        for each in self.found:
            if isinstance(each, Opened):
                try:
                    check_events(each.body.events)
                except Exception as error:  # noqa: BLE001  # as the real one says it
                    yield Bad(each.granted.segment, str(error))
                    continue
            yield each

    def ask(self, method: str, path: str, body: bytes = b"") -> Any:
        if path.endswith("/sources"):
            return SimpleNamespace(body=b"")
        built = parse(body, "built", DatasetBuilt)
        index = self.world.append(DatasetBuiltLeaf(built.root, built.manifest_sha256).encode())
        return SimpleNamespace(body=LeafReply(index).to_bytes())

    def plain(self, path: str) -> Any:
        return SimpleNamespace(body=self.world.proof(int(path.split("/")[3])).encode().encode())

    def as_reader(self) -> Reader:
        return cast("Reader", self)

    def add(self, contributor: str, events: list[KeptEvent], seq: int = 0, session: str = "s", policy: str = "") -> str:
        name = hashlib.sha256(f"{contributor} {seq}".encode()).hexdigest()
        granted = SimpleNamespace(
            segment=name, device=f"d-{contributor}", seq=seq, contributor=contributor, policy=policy or "a" * 64,
            consent=hashlib.sha256(contributor.encode()).hexdigest(),
        )  # fmt: skip
        body = SegmentBody(session, events[0].t_us, events[-1].t_us + 1, tuple(events))
        self.found.append(Opened(cast("Any", granted), body))
        return name


def programme(people: int = 4, sessions: int = 2, app: str = "gedit") -> FakeReader:
    """People with IDs of 32 hex digits, each with sessions of their own."""
    world = World()
    world.start_log()
    reader = FakeReader(world)
    for person in range(people):
        for n in range(sessions):
            events = session_events(100 * person + n, app=app)
            reader.add(f"{person:032x}", events, seq=2 * n, session=f"s{n}")
    return reader


SPEC = "title: T\npurpose: train-agents\nmin_contributors: 2\ntest_share: 0.25\n"


def everything(folder: Path) -> dict[str, bytes]:
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
