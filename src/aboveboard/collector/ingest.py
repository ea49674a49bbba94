"""Takes sealed segments: checks everything that can be checked from outside the seal, and acknowledges what is durable.

    lane: arrival.py -> (standing.py, unless heads.py knows) -> bytes durable -> group: decided, rows committed

A few lanes, threads, take whatever small ones have come meanwhile: so the busier the server, the more is written,
waited for and committed together, and hardly any thread waits for another. Large ones have lanes of their own.

The same segment may come any number of times. What is acknowledged is in the store and in the database, and will be
in the log: all three before the answer, the last as a promise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from concurrent.futures import Future
from dataclasses import dataclass

from sqlalchemy import Connection

from aboveboard.collector.arrival import Arrival, check_arrival
from aboveboard.collector.commitments import queue_all
from aboveboard.collector.heads import Heads
from aboveboard.collector.standing import Accepted, OutOfOrder, Standing
from aboveboard.collector.storage.blobs import Blobs
from aboveboard.collector.storage.groups import Groups
from aboveboard.collector.storage.holds import Holds
from aboveboard.collector.storage.lanes import Lanes
from aboveboard.collector.storage.sql import Database, Prepared, insert, person, together
from aboveboard.collector.storage.tables import segments
from aboveboard.core.clock import Clock
from aboveboard.core.errors import AboveboardError, Unavailable
from aboveboard.core.leaves import segment_commitment
from aboveboard.core.vault import SignedDeviceCert

__all__ = ["Accepted", "Intake", "OutOfOrder"]
LIGHT_BYTES_MAX = 256 << 10
Then = Callable[[Accepted | Exception], None]


@dataclass(slots=True)
class _Come:
    """As begin() got it."""

    cert: SignedDeviceCert
    token_sha256: str
    seq: int
    pieces: list[bytes]
    digest: str
    then: Then

    def light(self) -> bool:
        """What is larger has a lane for itself: the disk takes longer for it than anything that could be shared."""
        return sum(map(len, self.pieces)) <= LIGHT_BYTES_MAX


@dataclass(frozen=True, slots=True)
class _Staged:
    """stored: its bytes go into the store. They do not when it came after its days of keeping."""

    arrival: Arrival
    stored: bool


class Intake:
    """Safe for several threads; close() when nobody calls any more.

    tidied_by_another: the job that takes orphans away runs in another process, where our holds are not seen. It removes
    under the person's lock; so under the same lock it is looked whether what was staged is still there.
    """

    def __init__(self, database: Database, blobs: Blobs, clock: Clock, *, tidied_by_another: bool = False) -> None:
        self._database, self._blobs, self._clock = database, blobs, clock
        self._tidied_by_another = tidied_by_another
        self._heads, self.holds = Heads(), Holds()
        self._groups = Groups(self._settle)
        self._heavy = self._light = Lanes(self._take_all, blobs.at_once, 1)
        if blobs.together > 1:
            self._light = Lanes(self._take_all, blobs.light_at_once, blobs.together)

    def close(self) -> None:
        self._light.close()
        if self._heavy is not self._light:
            self._heavy.close()
        self._groups.close()

    def take(self, cert: SignedDeviceCert, token_sha256: str, seq: int, data: bytes, digest: str) -> Accepted:
        """As begin(), and waits for the end. Durable when it returns."""
        done: Future[Accepted | Exception] = Future()
        self.begin(cert, token_sha256, seq, [data], digest, done.set_result)
        result = done.result()
        if isinstance(result, Exception):
            raise result
        return result

    def begin(
        self, cert: SignedDeviceCert, token_sha256: str, seq: int, pieces: list[bytes], digest: str, then: Then
    ) -> None:
        """cert, token_sha256: of the device that sends; seq: the number it gives; digest: SHA-256 of the whole as it
        computed it, hex. Calls `then`, which has to be quick, in another thread with what was accepted, once that is
        durable, or with the error: BadInput, Corrupt or SignatureError (this file is not good), OutOfOrder, Refused
        (not allowed), Unavailable. Returns at once."""
        come = _Come(cert, token_sha256, seq, pieces, digest, then)
        (self._light if come.light() else self._heavy).add(come)

    def _take_all(self, come: Sequence[_Come]) -> None:
        """Never raises: whoever waits has to be told."""
        staged = [(found, each.then) for each in come if (found := self._staged(each)) is not None]
        problems = iter(self._put([one.arrival for one, _ in staged if one.stored]))
        stored = []
        for one, then in staged:
            problem = next(problems) if one.stored else None
            if problem is None:
                stored.append((one, then))
            else:
                self.holds.release(one.arrival.blob)
                then(problem)
        try:
            self._groups.add(stored)
        except Unavailable as error:  # they were not let in, so nothing else lets go of them
            for one, then in stored:
                if one.stored:
                    self.holds.release(one.arrival.blob)
                then(error)

    def _put(self, arrivals: Sequence[Arrival]) -> Sequence[Exception | None]:
        try:
            return self._blobs.put_all([(each.blob, each.pieces) for each in arrivals])
        except Exception as error:  # noqa: BLE001
            return [error] * len(arrivals)

    def _staged(self, come: _Come) -> _Staged | None:
        """Good by itself, and not here yet; else whoever sends it is told."""
        try:
            found = self._stage(check_arrival(come.cert, come.token_sha256, come.seq, come.pieces, come.digest))
        except Exception as error:  # noqa: BLE001
            come.then(error)
            return None
        if isinstance(found, Accepted):
            come.then(found)
            return None
        return found

    def _stage(self, arrival: Arrival) -> _Staged | Accepted:
        """Accepted when it was here already. What is to be stored is held from here on."""
        now_us = self._clock.now_us()
        if not self._heads.follows(arrival, now_us):
            with self._database.reading() as tx:  # what is refused must not cost a write
                due = Standing(tx, [arrival]).decide(0, arrival, now_us)
            if not due.new:
                return due
            if not due.kept:
                return _Staged(arrival, stored=False)
        # The blob first: a row must never name bytes that are not there. A blob without a row is taken again, or is
        # taken away by the `tidy` job.
        self.holds.take(arrival.blob)
        return _Staged(arrival, stored=True)

    def _settle(self, group: Sequence[_Staged]) -> list[Accepted | Exception]:
        try:
            return self._settle_held(group)
        finally:
            for each in group:
                if each.stored:
                    self.holds.release(each.arrival.blob)

    def _settle_held(self, group: Sequence[_Staged]) -> list[Accepted | Exception]:
        """Decides in the chains' order, whatever order they came in."""
        order = sorted(range(len(group)), key=lambda n: group[n].arrival.manifest.seq)
        results: dict[int, Accepted | Exception] = {}
        with self._database.transaction(*{person(each.arrival.manifest.contributor) for each in group}) as tx:
            standing, now_us = Standing(tx, [each.arrival for each in group]), self._clock.now_us()
            for n in order:
                results[n] = self._tidied(group[n]) or _decide(standing, n, group[n], now_us)
            _insert(tx, [(group[n].arrival, found) for n in order if isinstance(found := results[n], Accepted)])
        for n, found in results.items():
            self._after(group[n], found)
        return [results[n] for n in range(len(group))]

    def _tidied(self, staged: _Staged) -> Unavailable | None:
        if self._tidied_by_another and staged.stored and not self._blobs.has(staged.arrival.blob):
            return Unavailable("what was left of this segment was tidied away: send it again")
        return None

    def _after(self, staged: _Staged, found: Accepted | Exception) -> None:
        if not isinstance(found, Accepted):
            self._heads.forget(staged.arrival)
        elif found.new and found.kept:
            self._heads.accepted(staged.arrival, found)
        elif found.new and staged.stored:
            self._blobs.remove(staged.arrival.blob)  # its day came between the two looks


def _decide(standing: Standing, n: int, staged: _Staged, now_us: int) -> Accepted | Exception:
    try:
        found = standing.decide(n, staged.arrival, now_us)
    except AboveboardError as error:
        return error
    if found.new and found.kept and not staged.stored:
        return Unavailable("the server's clock has changed: send it again")
    if found.new:
        standing.add(staged.arrival, found)
    return found


_COLUMNS = (
    "segment", "device", "seq", "contributor", "epoch", "policy", "consent", "manifest", "deleted",
)  # fmt: skip
_INSERT = Prepared(insert(segments), _COLUMNS)


def _insert(tx: Connection, decided: Sequence[tuple[Arrival, Accepted]]) -> None:
    new = [(arrival, found) for arrival, found in decided if found.new]
    rows = [
        {
            "segment": arrival.segment, "device": arrival.manifest.device, "seq": arrival.manifest.seq,
            "contributor": arrival.manifest.contributor, "epoch": arrival.manifest.epoch,
            "policy": arrival.manifest.policy, "consent": arrival.manifest.consent,
            "manifest": arrival.manifest_bytes, "deleted": not found.kept,
        }
        for arrival, found in new
    ]  # fmt: skip
    if rows:
        with together(tx):
            _INSERT.all(tx, rows)
            queue_all(tx, [segment_commitment(arrival.segment) for arrival, _ in new], "segments")
