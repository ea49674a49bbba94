"""Where sessions are worked on: in processes of this machine, by Daft, or on a Ray cluster. The only file that imports
an engine.

Every engine gives the same results in the same order, one sealed Result for one sealed Session. Memory is bounded by
the sessions under way, not by the dataset.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import Any, Final

from aboveboard.core.errors import BadInput, Unavailable
from aboveboard.datasets.session import BuildKeys, work
from aboveboard.workers import end_with_parent

ENGINES: Final = ("processes", "daft", "ray")
RAY_ADDRESS: Final = "ray://"
ATTEMPTS_MAX: Final = 3  # a session that kills its worker so often is bad, not unlucky
AHEAD: Final = 2  # sessions waiting for each worker
RAY_AHEAD: Final = 16  # a slow session holds the order up, but not the others, until so many wait for each worker
DAFT_BATCH: Final = 64  # sessions for each worker of one query: starting its processes takes about a second


def workers_here() -> int:
    return len(os.sched_getaffinity(0))


def check_engine(name: str) -> None:
    """Raises BadInput for an engine that there is not, before any key is asked for."""
    if name not in ENGINES and not name.startswith(RAY_ADDRESS):
        choices = ", ".join(ENGINES)
        raise BadInput(f"there is no engine {name!r}: choose from {choices} or {RAY_ADDRESS}HOST:PORT", "--engine")


def run(name: str, sessions: Iterable[bytes], keys: BuildKeys, workers: int) -> Iterator[bytes]:
    """One result for each session, in order. name: of ENGINES, or ray://HOST:PORT; "ray" is the cluster that this
    machine is part of, or one of its own. Raises BadInput for an unknown engine, Unavailable when workers die."""
    check_engine(name)
    if name == "processes":
        return _processes(sessions, keys, workers)
    if name == "daft":
        return _daft(sessions, keys, workers)
    return _ray("" if name == "ray" else name, sessions, keys, workers)


def _begin() -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the parent says when to stop
    end_with_parent()


def _pool(workers: int) -> ProcessPoolExecutor:
    return ProcessPoolExecutor(workers, multiprocessing.get_context("spawn"), _begin)


def _processes(sessions: Iterable[bytes], keys: BuildKeys, workers: int) -> Iterator[bytes]:
    """A dead worker takes its pool with it: a new pool does again what was under way."""
    given = iter(sessions)
    under_way: list[bytes] = list(itertools.islice(given, workers * AHEAD))
    deaths = 0
    while under_way:
        with _pool(workers) as pool:
            waiting: list[tuple[bytes, Future[bytes]]] = [(each, pool.submit(work, each, keys)) for each in under_way]
            try:
                while waiting:
                    result = waiting[0][1].result()
                    waiting.pop(0)
                    deaths = 0
                    waiting += [(each, pool.submit(work, each, keys)) for each in itertools.islice(given, 1)]
                    under_way = [each for each, _ in waiting]
                    yield result
            except BrokenProcessPool as error:
                deaths += 1
                if deaths == ATTEMPTS_MAX:
                    raise Unavailable(f"a worker died {deaths} times on the same session: out of memory?") from error


def _daft(sessions: Iterable[bytes], keys: BuildKeys, workers: int) -> Iterator[bytes]:
    try:
        import daft
    except ModuleNotFoundError as error:
        raise Unavailable("Daft is missing: pip install 'aboveboard[daft]'") from error

    @daft.cls(use_process=True, max_concurrency=workers)
    class Worker:
        """Holds the keys in its own memory; they go there by a pipe."""

        def __init__(self, keys: BuildKeys) -> None:
            self.keys = keys

        @daft.method(return_dtype=daft.DataType.binary())
        def work(self, data: bytes) -> bytes:
            return work(data, self.keys)

    worker: Any = Worker(keys)
    given = iter(sessions)
    # In batches, so that neither what goes in nor what comes out has to fit into memory at once; order is kept.
    while batch := list(itertools.islice(given, workers * DAFT_BATCH)):
        frame: Any = daft.from_pydict({"n": list(range(len(batch))), "session": batch}).into_batches(1)
        done = frame.select(frame["n"], worker.work(frame["session"]).alias("result")).to_pydict()
        yield from (result for _, result in sorted(zip(done["n"], done["result"], strict=True)))


def _ray(address: str, sessions: Iterable[bytes], keys: BuildKeys, workers: int) -> Iterator[bytes]:
    """A task a session. Ray does again what a dead worker or node had in hand, and what of its results is lost; what it
    spills to a disk is sealed. The keys are an argument so small that Ray keeps it with the task, in memory."""
    try:
        import ray as library
    except ModuleNotFoundError as error:
        raise Unavailable("Ray is missing: pip install 'aboveboard[ray]'") from error
    ray: Any = library  # its types are incomplete
    begun = not ray.is_initialized()
    if begun:
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")  # nothing is told to anybody
        try:
            ray.init(address or None, log_to_driver=False, configure_logging=False)
        except (ConnectionError, ValueError, RuntimeError) as error:
            raise Unavailable(f"no Ray cluster answers at {address or 'this machine'}: {error}") from error
    try:
        task: Any = ray.remote(num_cpus=1, max_retries=ATTEMPTS_MAX - 1)(work)
        at_once = max(workers, int(ray.cluster_resources().get("CPU", 1)))
        given = iter(sessions)
        waiting = deque(task.remote(each, keys) for each in itertools.islice(given, at_once * RAY_AHEAD))
        while waiting:
            first = waiting.popleft()
            try:
                result: bytes = ray.get(first)
            except (ray.exceptions.RayError, ConnectionError) as error:
                raise Unavailable(f"the Ray cluster lost a session for good: {type(error).__name__}") from error
            del first  # or the cluster keeps it
            waiting.extend(task.remote(each, keys) for each in itertools.islice(given, 1))
            yield result
    finally:
        if begun:
            ray.shutdown()
