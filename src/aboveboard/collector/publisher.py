"""The background of the collector: batches go into the log, the log is cosigned, files published. (Deletions and
retention are jobs: see jobs.py.)

One thread. What waits is in the database, so nothing is lost when witnesses are away or the process dies: the next
round takes it up.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections import Counter
from pathlib import Path
from typing import Literal, get_args

import structlog
from sqlalchemy import insert, select, update

from aboveboard.collector.charters import bundles
from aboveboard.collector.service import Service
from aboveboard.collector.storage.tables import batches, commitments
from aboveboard.collector.terms import exemptions_published, policies_published, settle
from aboveboard.core.errors import AboveboardError, BadInput, Refused, Unavailable
from aboveboard.core.leaves import BATCH_SIZES, parse_leaf
from aboveboard.core.proof import Batch, BatchProof, make_batch
from aboveboard.core.tlogpolicy import TrustPolicy
from aboveboard.wire.api import Counters
from aboveboard.wire.durable import make_folders, remove_durable, write_durable

ROUND_S = 0.5
HEARTBEAT_S = 3600.0  # an idle log is cosigned anew, so that laptops see the witnesses' time go on
PUBLISHED_MAX = 10_000
BACK_OFF_S_MAX = 15.0
_log = structlog.get_logger()


class Publisher:
    """start() and stop(); `round()` does one turn and may be called by tests."""

    def __init__(self, service: Service, folder: Path) -> None:
        """folder: the log's; what is published beside the log goes below it."""
        self._service = service
        self._published = folder / "published"
        self._counted = 0
        self._counts: Counter[str] = Counter()
        self._contents: dict[str, bytes] = {}  # file -> SHA-256 of what this process wrote into it
        self._written: tuple[int, int, int] = (-1, -1, -1)
        self._cosigned = -HEARTBEAT_S
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="publisher", daemon=True)
        for name in ("charters", "exemptions", "policies"):
            make_folders(self._published / name)
        self._write_charter()

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._stopping.set()
        self._service.wake.set()
        self._thread.join()

    def _run(self) -> None:
        wait_s = ROUND_S
        while not self._stopping.is_set():
            try:
                self.round()
                wait_s = ROUND_S
            except AboveboardError as error:
                # Witnesses or disk are away: say so, and try again more slowly. Nothing was dropped.
                _log.warning("not published", why=str(error))
                wait_s = min(wait_s * 2, BACK_OFF_S_MAX)
            self._service.wake.wait(wait_s)
            self._service.wake.clear()

    def round(self) -> None:
        """Everything that is due. Raises Unavailable when the quorum does not answer."""
        for what in get_args(Literal["rights", "segments"]):
            self._batch(what)
        checkpoint = self._service.log.checkpoint
        idle = time.monotonic() - self._cosigned > HEARTBEAT_S
        if idle or checkpoint is None or checkpoint.size < self._service.log.size:
            self._service.log.publish(anew=idle)
            self._cosigned = time.monotonic()
        if settle(self._service):
            self._cosigned = -HEARTBEAT_S  # the new charter's quorum has to cosign what is published
            self._service.wake.set()
        self._write_files()

    def _batch(self, what: Literal["rights", "segments"]) -> None:
        service = self._service
        where = (commitments.c.batch.is_(None)) & (commitments.c.what == what)
        with service.database.reading() as tx:  # mostly there is none, and looking must not hold up writers
            if tx.execute(select(commitments.c.commitment).where(where).limit(1)).scalar() is None:
                return
        with service.database.transaction() as tx:
            query = select(commitments.c.commitment).where(where).limit(BATCH_SIZES[-1])
            waiting = list(tx.execute(query).scalars())
            if not waiting:
                return
            batch = make_batch([bytes.fromhex(each) for each in waiting], what)
            [index] = service.log.append([batch.leaf.encode()])
            values = {"what": what, "items": b"".join(batch.items), "leaf_index": index}
            number = tx.execute(insert(batches).values(**values).returning(batches.c.batch)).scalar_one()
            tx.execute(update(commitments).where(commitments.c.commitment.in_(waiting)).values(batch=number))

    def _write_charter(self) -> None:
        """As it is, and for readers with other tools its log, witnesses and quorum, when that form can say them."""
        charter = self._service.charter
        self._write("charter.json", charter.to_bytes())
        try:
            self._write("tlog-policy", TrustPolicy.of_charter(charter).encode().encode())
        except BadInput:
            self._contents.pop("tlog-policy", None)
            remove_durable(self._published / "tlog-policy")

    def _write(self, name: str, data: bytes) -> None:
        """What is published already as it is costs no wait for the disk, which uploads wait for too."""
        if self._contents.get(name) != (seen := hashlib.sha256(data).digest()):
            write_durable(self._published / name, data)
            self._contents[name] = seen

    def _write_files(self) -> None:
        service = self._service
        checkpoint = service.log.checkpoint
        if checkpoint is None:
            return
        with service.database.reading() as tx:
            charters, policies = bundles(tx), policies_published(tx, PUBLISHED_MAX)
            exemptions = exemptions_published(tx)
        state = (checkpoint.size, len(charters), len(policies) + len(exemptions))
        if state == self._written:
            return
        while self._counted < checkpoint.size:
            for entry in service.log.entries(self._counted, min(self._counted + 1000, checkpoint.size)):
                self._counts[type(parse_leaf(entry)).__struct_config__.tag] += 1  # type: ignore[index]
                self._counted += 1
        self._write_charter()
        files = {f"charters/{each.charter_id}": each.to_bytes() for each in charters}
        files |= {f"policies/{each.open()[0].policy_id}": each.to_bytes() for each in policies}
        files |= {f"exemptions/{each.signed.exemption.exemption_id}": each.to_bytes() for each in exemptions}
        for name, data in files.items():
            self._write(f"{name}.json", data)
        names = [name for name in Counters.__struct_fields__ if name != "size"]
        counters = Counters(**{name: self._counts[name] for name in names}, size=checkpoint.size)
        self._write("counters.json", counters.to_bytes())
        self._written = state


def batch_proof(service: Service, commitment: bytes) -> BatchProof:
    """Raises Refused for what is not known, Unavailable while it waits for its batch or the batch for witnesses."""
    with service.database.reading() as tx:
        row = tx.execute(select(commitments).where(commitments.c.commitment == commitment.hex())).one_or_none()
        if row is None:
            raise Refused("unknown", "nothing of that name was accepted here")
        found = tx.execute(select(batches).where(batches.c.batch == row.batch)).one_or_none()
    checkpoint = service.log.checkpoint
    if found is None or checkpoint is None or found.leaf_index >= checkpoint.size:
        raise Unavailable("not in the log yet: ask again in a moment")
    items = tuple(found.items[i : i + 32] for i in range(0, len(found.items), 32))
    index, hashes = Batch(found.what, items).item_proof(commitment)
    proof = service.log.proof(found.leaf_index)
    return BatchProof(found.what, len(items), index, tuple(each.hex() for each in hashes), proof.encode())
