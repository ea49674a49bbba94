"""What every part of the collector works with, put together in one place with explicit arguments."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from aboveboard.collector.charters import Charters
from aboveboard.collector.home import Keys
from aboveboard.collector.identity.state import Identity
from aboveboard.collector.ingest import Intake
from aboveboard.collector.limits import Bodies, Uploads
from aboveboard.collector.promises import Promises
from aboveboard.collector.sequencer import Sequencer
from aboveboard.collector.storage.blobs import Blobs
from aboveboard.collector.storage.sql import Database
from aboveboard.core.charter import Charter
from aboveboard.core.clock import Clock
from aboveboard.wire.api import SignedPromise


class Receiving(Protocol):
    """What is needed to take segments, and nothing more."""

    @property
    def database(self) -> Database: ...
    @property
    def intake(self) -> Intake: ...
    @property
    def uploads(self) -> Uploads: ...
    def promise(self, what: str, name: str) -> SignedPromise: ...


@dataclass(frozen=True, slots=True)
class Receiver:
    """A further process that takes segments, beside the one that writes the log. It has no share of any key."""

    database: Database
    intake: Intake
    promises: Promises
    uploads: Uploads

    def promise(self, what: str, name: str) -> SignedPromise:
        """Signed: `name` will stand in the log within a day; the process that writes the log sees to it."""
        return self.promises.make(what, name)


@dataclass(frozen=True, slots=True)
class Service:
    """wake: set when something waits to go into the log."""

    charters: Charters
    keys: Keys
    database: Database
    blobs: Blobs
    intake: Intake
    promises: Promises
    log: Sequencer
    log_folder: Path
    clock: Clock
    uploads: Uploads = field(default_factory=Uploads)
    bodies: Bodies = field(default_factory=Bodies)
    identity: Identity = field(default_factory=Identity)
    wake: threading.Event = field(default_factory=threading.Event)

    @property
    def charter(self) -> Charter:
        """The one in force now."""
        return self.charters.current

    def promise(self, what: str, name: str) -> SignedPromise:
        """Signed: `name` will stand in the log within a day."""
        return self.promises.make(what, name)
