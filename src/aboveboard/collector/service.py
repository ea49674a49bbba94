"""What every part of the collector works with, put together in one place with explicit arguments."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path

from aboveboard.collector.charters import Charters
from aboveboard.collector.home import Keys
from aboveboard.collector.identity.state import Identity
from aboveboard.collector.limits import Uploads
from aboveboard.collector.sequencer import Sequencer
from aboveboard.collector.storage.blobs import Blobs
from aboveboard.collector.storage.groups import Groups
from aboveboard.collector.storage.sql import Database
from aboveboard.core.charter import Charter
from aboveboard.core.clock import Clock
from aboveboard.core.signatures import Signature
from aboveboard.wire.api import PROMISE_CONTEXT, Promise, SignedPromise

PROMISE_US = 24 * 3600 * 1_000_000


@dataclass(frozen=True, slots=True)
class Service:
    """wake: set when something waits to go into the log."""

    charters: Charters
    keys: Keys
    database: Database
    groups: Groups
    blobs: Blobs
    log: Sequencer
    log_folder: Path
    clock: Clock
    uploads: Uploads = field(default_factory=Uploads)
    identity: Identity = field(default_factory=Identity)
    wake: threading.Event = field(default_factory=threading.Event)

    @property
    def charter(self) -> Charter:
        """The one in force now."""
        return self.charters.current

    def promise(self, what: str, name: str) -> SignedPromise:
        """Signed: `name` will stand in the log within a day."""
        promise = Promise(what, name, self.clock.now_us() + PROMISE_US)
        return SignedPromise(promise, Signature.make(self.keys.log, PROMISE_CONTEXT, promise.to_bytes()))
