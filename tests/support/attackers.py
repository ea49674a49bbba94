"""What attackers do to a running collector, and what the person's own monitor says about it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
from sqlalchemy import text

from aboveboard.audit.laptop import Laptop, OwnSegment
from aboveboard.audit.monitor import Monitor
from aboveboard.audit.monitor import Person as Watched
from aboveboard.audit.own_datasets import HeldManifest
from aboveboard.audit.remembered import Memory
from aboveboard.audit.report import Check
from aboveboard.audit.source import HttpSource
from aboveboard.collector.settings import Settings
from aboveboard.core.clock import SystemClock
from aboveboard.core.consent import SignedConsent
from aboveboard.core.ids import SegmentId
from aboveboard.core.proof import BatchProof
from aboveboard.datasets.reader import Reader, ReaderKeys
from aboveboard.wire.api import DatasetSources
from aboveboard.wire.segment import SealedSegment, unseal
from aboveboard.witness.http import Route
from tests.support.servers import Person, Researcher, Servers, running, small_server
from tests.support.stores import free_port
from tests.support.world import NOWHERE, World


@contextmanager
def guarded(folder: Path, settings: Settings | None = None) -> Iterator[Servers]:
    """The charter names the guardian's real address, where nobody answers before guardian_server()."""
    world = World(notice_days_min=0, demo=True, guardian_url=f"http://127.0.0.1:{free_port()}")
    with running(folder, settings, world=world) as made:
        yield made


@contextmanager
def guardian_server(servers: Servers) -> Iterator[str]:
    """The guardian's own routes over HTTP, at the charter's address if it names a real one; its address."""
    named = servers.world.guardian_url
    port = 0 if named == NOWHERE else urlsplit(named).port or 0
    guardian, most = servers.guardian, 1 << 20
    routes = [
        Route("POST", "/v1/release", most, guardian.release), Route("POST", "/v1/given", most, guardian.given),
        Route("POST", "/v1/destroy", most, guardian.destroy),
        Route("POST", "/v1/grants/revocations", most, guardian.revoke),
        Route("PUT", "/v1/epochs/", most, guardian.deposit), Route("POST", "/v1/policies", most, guardian.policy),
    ]  # fmt: skip
    with small_server(routes, port) as url:
        yield url


def sent(servers: Servers) -> tuple[Person, SealedSegment]:
    """Somebody new, and a segment of theirs that was taken."""
    person = Person(servers).ready()
    segment = person.sealed()
    assert person.send(segment).status_code == 201
    return person, segment


def sql(servers: Servers, statement: str, **values: Any) -> int:
    """As the database's administrator; how many rows it changed."""
    with servers.service.database.transaction() as tx:
        return tx.execute(text(statement), values).rowcount


def reader_of(servers: Servers, researcher: Researcher, guardian: str) -> Reader:
    keys = ReaderKeys(researcher.key, researcher.identity)
    url = str(servers.http.base_url).rstrip("/")
    return Reader(keys, servers.world.charter, researcher.signed, url, [guardian], SystemClock())


def name_sources(researcher: Researcher, manifest: str, names: Sequence[SegmentId]) -> httpx.Response:
    path = f"/v1/grants/{researcher.signed.grant.grant_id}/datasets/{manifest}/sources"
    return researcher.ask("PUT", path, DatasetSources(tuple(names)).to_bytes())


@dataclass
class Watch:
    """A person who looks after their own records with `aboveboard audit monitor`."""

    servers: Servers
    person: Person
    said: list[SignedConsent]
    sent: list[SealedSegment]
    guardian: str
    state: Path

    def _proof(self, path: str) -> BatchProof:
        answer = self.servers.proven(path, self.person.headers)
        assert answer.status_code == 200, answer.text
        return msgspec.json.decode(answer.content, type=BatchProof)

    def _laptop(self) -> Laptop:
        person, url = self.person, str(self.servers.http.base_url).rstrip("/")
        consents: list[tuple[SignedConsent, BatchProof | None]] = [
            (each, self._proof(f"/v1/consents/{each.record.consent_id}/proof")) for each in self.said
        ]
        segments = []
        for each in self.sent:
            body = unseal(each, person.identity)
            proof = self._proof(f"/v1/segments/{person.device}/{each.manifest.seq}/proof")
            segments.append(OwnSegment(each.manifest.seq, each, body.start_us, body.end_us, proof, body))
        return Laptop(
            person.contributor, person.device, person.device_key.verify_key, consents, segments, [], person.token, url,
            (self.guardian,), 1, person.key,
        )  # fmt: skip

    def look(self, manifests: Sequence[HeldManifest] = ()) -> dict[str, Check]:
        """Each check by name."""
        url = str(self.servers.http.base_url).rstrip("/")
        charter = self.servers.world.charter
        memory = Memory(self.state, charter.origin)
        laptop = self._laptop()
        own = HttpSource(url, self.person.headers)
        try:
            watched = Watched(laptop, own, manifests)
            report = Monitor(HttpSource(url), charter, memory, SystemClock(), person=lambda: watched).look()
        finally:
            memory.close()
        return {check.name: check for check in report.checks}
