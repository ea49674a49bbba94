"""After a run: is everything there that was acknowledged, once, and nothing that was deleted? Over public HTTP only."""

from __future__ import annotations

import random
import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from aboveboard.core.charter import Charter
from aboveboard.core.errors import AboveboardError
from aboveboard.core.ids import SegmentId, sha256_hex
from aboveboard.core.leaves import segment_commitment
from aboveboard.core.proof import BatchProof, check_batch_proof
from aboveboard.simulate.counts import Counts
from aboveboard.simulate.laptop import Laptop
from aboveboard.simulate.line import Line
from aboveboard.wire.api import DeletionState, MySegments, parse
from aboveboard.wire.segment import parse as parse_segment

LIST_BYTES_MAX = 8 << 20
ANSWER_S_MAX = 120.0
PROOFS_MAX = 500
READ_MAX = 2_000


class Check:
    """lost, double, unreadable, undead: what should not be; as sentences in counts.faults too."""

    def __init__(self, url: str, charter: Charter, counts: Counts, seed: int) -> None:
        self._url, self._charter, self._counts = url, charter, counts
        self._rng = random.Random(seed)  # noqa: S311  # which ones are looked at
        self._seen: set[SegmentId] = set()
        self._stopping = threading.Event()

    def run(self, laptops: Sequence[Laptop], workers: int) -> None:
        """Every laptop's list; the bytes and the proofs of as many as the bounds say."""
        joined = [laptop for laptop in laptops if laptop.token]
        with ThreadPoolExecutor(max_workers=workers) as pool:
            try:
                self._ask_all(pool, joined)
            except BaseException:  # ended from outside: nobody waits for what has not begun
                self._stopping.set()
                pool.shutdown(cancel_futures=True)
                raise

    def _ask_all(self, pool: ThreadPoolExecutor, joined: Sequence[Laptop]) -> None:
        for listed in pool.map(self._listed, joined):
            for segment in listed:
                if segment in self._seen:
                    self._wrong("double", f"segment {segment} stands there twice")
                self._seen.add(segment)
        some = [(laptop, n) for laptop in joined for n in range(len(laptop.acknowledged))]
        list(pool.map(self._bytes, self._rng.sample(some, min(READ_MAX, len(some)))))
        list(pool.map(self._proof, self._rng.sample(some, min(PROOFS_MAX, len(some)))))
        list(pool.map(self._deletions, [laptop for laptop in joined if laptop.requests]))

    def _wrong(self, kind: str, text: str) -> None:
        self._counts.did(kind)
        self._counts.fault(f"{kind}: {text}")

    def _listed(self, laptop: Laptop) -> list[SegmentId]:
        """Exactly what was acknowledged, in its order: nothing lost, nothing twice, nothing that was not sent."""
        line = Line(self._url, self._counts, laptop.token)
        try:
            answer = line.ask("own segments", "GET", "/v1/me/segments")
            found = parse(answer.body, "segments", MySegments, LIST_BYTES_MAX).segments
        finally:
            line.close()
        ids = [manifest.segment_id for manifest in found]
        missing = [each for each in laptop.acknowledged if each not in ids]
        for each in missing:
            self._wrong("lost", f"segment {each} was acknowledged and is not there")
        if not missing and ids != laptop.acknowledged:
            self._wrong("double", f"{len(ids)} segments of {laptop.device} where {len(laptop.acknowledged)} were sent")
        self._counts.did("segments listed", len(ids))
        return ids

    def _gone(self, laptop: Laptop, n: int) -> bool:
        return laptop.all_deleted or laptop.acknowledged[n] in laptop.deleted

    def _bytes(self, one: tuple[Laptop, int]) -> None:
        """The sealed file, as it was sent; or nothing, where it was deleted."""
        laptop, n = one
        line = Line(self._url, self._counts, laptop.token)
        try:
            answer = line.ask("own segment", "GET", f"/v1/me/segments/{n}")
        finally:
            line.close()
        if self._gone(laptop, n):
            if answer.status != 404:
                self._wrong("undead", f"segment {n} of {laptop.device} was deleted, and is answered {answer.status}")
            return
        try:
            sealed = parse_segment(answer.body)
            sealed.verify(laptop.device_key.verify_key)
            same = sha256_hex(sealed.manifest.to_bytes()) == laptop.acknowledged[n]
        except AboveboardError:
            same = False
        if answer.status != 200 or not same:
            self._wrong("unreadable", f"segment {n} of {laptop.device}: answered {answer.status}")
        self._counts.did("segments read back")

    def _proof(self, one: tuple[Laptop, int]) -> None:
        """In a batch of the log, under the witness quorum."""
        laptop, n = one
        line = Line(self._url, self._counts, laptop.token)
        try:
            answer = line.ask("proof", "GET", f"/v1/segments/{laptop.device}/{n}/proof")
            proof = parse(answer.body, "proof", BatchProof, LIST_BYTES_MAX)
            check_batch_proof(segment_commitment(laptop.acknowledged[n]), proof, self._charter)
            self._counts.did("proofs verified")
        except AboveboardError as error:
            self._wrong("unproven", f"segment {n} of {laptop.device}: {error}")
        finally:
            line.close()

    def _deletions(self, laptop: Laptop) -> None:
        line = Line(self._url, self._counts, laptop.token)
        deadline = time.monotonic() + ANSWER_S_MAX
        try:
            for signed in laptop.requests:
                path = f"/v1/deletions/{signed.request.commitment.hex()}"
                while True:
                    answer = line.ask("deletion's state", "GET", path)
                    if answer.status != 200 or parse(answer.body, "deletion", DeletionState).done:
                        break
                    if time.monotonic() > deadline:
                        self._wrong("undone", f"a deletion of {laptop.device} is not done after {ANSWER_S_MAX:.0f} s")
                        return
                    if self._stopping.wait(0.5):
                        return
                if answer.status != 200:
                    self._wrong("undone", f"a deletion of {laptop.device} is answered {answer.status}")
                self._counts.did("deletions done")
        finally:
            line.close()
