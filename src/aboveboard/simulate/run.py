"""A simulation from end to end."""

from __future__ import annotations

import random
import resource
import secrets
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aboveboard.core.charter import CHARTER_BYTES_MAX, Charter
from aboveboard.core.clock import US_PER_S, SystemClock
from aboveboard.core.errors import BadInput, Unavailable
from aboveboard.core.policy import Policy
from aboveboard.core.signing import SigningKey
from aboveboard.demo.organisation import STEWARDS, found
from aboveboard.demo.processes import run_json
from aboveboard.demo.progress import Progress
from aboveboard.simulate.check import Check
from aboveboard.simulate.counts import Counts
from aboveboard.simulate.deeds import Deeds, Programme
from aboveboard.simulate.drive import Drive, Player
from aboveboard.simulate.laptop import Laptop
from aboveboard.simulate.memory import MemoryWatch
from aboveboard.simulate.plan import PAUSE_SHARE, script
from aboveboard.simulate.report import figures
from aboveboard.simulate.work import Piece, Stretch, pieces
from aboveboard.wire.api import CurrentPolicy, parse
from aboveboard.wire.client import Client
from aboveboard.wire.durable import read_bounded

SITE = "https://tasks.example.org"
DAYS_OF_WORK_MAX = 48  # different ones; more people than that do the same things, sealed to keys of their own
POLICY_BYTES_MAX = 2 << 20
POLICY_S_MAX = 30.0


@dataclass(frozen=True, slots=True)
class Options:
    """collector, charter, steward: of a running collector; None: one is started, and stopped again."""

    contributors: int
    hours: float
    speed: float
    seed: int
    at_once: int
    collector: str | None = None
    charter: Path | None = None
    steward: Path | None = None


@dataclass(frozen=True, slots=True)
class Servers:
    """charter: the file. pid: of the collector, where it is ours."""

    collector: str
    charter: Path
    steward: SigningKey
    pid: int | None


def _key(path: Path) -> SigningKey:
    data = read_bounded(path, 4096)
    if data is None:
        raise BadInput("is missing", str(path))
    return SigningKey.decode(data.decode("ascii").strip())


@contextmanager
def servers(options: Options) -> Iterator[Servers]:
    """Those that are named, or an organisation of its own in a temporary folder."""
    if options.collector is not None:
        if options.charter is None or options.steward is None:
            raise BadInput("a running collector needs --charter FILE and --steward KEYFILE too: people are invited")
        yield Servers(options.collector, options.charter, _key(options.steward), None)
        return
    with tempfile.TemporaryDirectory(prefix="aboveboard-simulate-") as folder:
        organisation = found(Path(folder) / "organisation", [SITE])
        try:
            steward = _key(organisation.key(STEWARDS[0]))
            yield Servers(organisation.collector.url, organisation.charter, steward, organisation.collector.process.pid)
        finally:
            organisation.stop()


def policy_of(url: str) -> Policy:
    """The newest one there. Raises Unavailable when none is published in time."""
    deadline = time.monotonic() + POLICY_S_MAX
    client = Client(url)
    try:
        while True:
            answer = client.request("GET", "/v1/policies/current", size_max=POLICY_BYTES_MAX)
            if answer.status == 200:
                signed, _ = parse(answer.body, "policy", CurrentPolicy, POLICY_BYTES_MAX).open()
                return Policy.parse(signed.policy_bytes)
            if time.monotonic() > deadline:
                raise Unavailable(f"{url} has no policy yet: publish one first")
            time.sleep(0.2)
    finally:
        client.close()


def days_of_work(policy: Policy, hours: float, count: int, seed: int) -> list[list[Piece]]:
    """`count` different stretches of work up to now; some with a pause in them."""
    until_us = SystemClock().now_us()
    since_us = until_us - int(hours * 3600) * US_PER_S
    made = []
    for number in range(count):
        rng = random.Random(f"{seed}/work/{number}")  # noqa: S311  # reproducible on purpose
        pause = None
        if rng.random() < PAUSE_SHARE:
            begin = rng.randrange(since_us, until_us)
            pause = begin, min(until_us, begin + rng.randrange(5, 30) * 60 * US_PER_S)
        [session] = pieces(policy, policy.regions[0], [Stretch(since_us, until_us, pause)], rng)
        made.append(session)
    return made


def _players(options: Options, charter: Charter, policy: Policy, days: Sequence[Sequence[Piece]]) -> list[Player]:
    players = []
    for number in range(options.contributors):
        work = days[number % len(days)]
        played = script(options.seed, number, options.hours, len(work))
        laptop = Laptop(charter, policy, played.clock_s * US_PER_S, session=secrets.token_hex(16))
        players.append(Player(laptop, played, work))
    return players


def simulate(options: Options) -> dict[str, Any]:
    """The report."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))  # two files a device
    progress, counts = Progress(), Counts()
    try:
        with servers(options) as there:
            data = read_bounded(there.charter, CHARTER_BYTES_MAX)
            if data is None:
                raise BadInput("is missing", str(there.charter))
            charter = Charter.parse(data, str(there.charter))
            policy = policy_of(there.collector)
            with progress.stage("work", f"{options.contributors:,} people work for {options.hours:g} h"):
                count = min(DAYS_OF_WORK_MAX, options.contributors)
                players = _players(options, charter, policy, days_of_work(policy, options.hours, count, options.seed))
            clock = SystemClock()
            guardians = tuple(each.url for each in charter.guardians)
            programme = Programme(there.collector, guardians, there.steward, policy.regions[0], clock)
            watch = MemoryWatch(there.pid) if there.pid is not None else None
            if watch is not None:
                watch.start()
            with progress.stage("sending", f"their laptops send, {options.speed:g} times as fast"):
                workers = min(options.at_once, len(players))
                driven = Drive(players, Deeds(programme, counts), options.speed, workers).run(progress.say)
            memory = None
            if watch is not None:
                watch.stop()
                memory = watch.summary()
            with progress.stage("checking", "is everything there, once?"):
                check = Check(there.collector, charter, counts, options.seed)
                check.run([player.laptop for player in players], min(64, len(players)))
            with progress.stage("audit", "an audit from outside"):
                words = ("audit", "verify", there.collector, "--charter", there.charter, "--json")
                audited = run_json(*words, ok=(0, 1, 3))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    about = {
        "contributors": options.contributors, "hours": options.hours, "speed": options.speed, "seed": options.seed,
        "wall_s": round(driven.wall_s, 1), "late_s_max": round(driven.late_s_max, 1), "stages_s": progress.seconds,
    }  # fmt: skip
    return figures(counts, about, memory, audited)
