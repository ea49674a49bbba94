"""A programme in which something has happened, for the portal's pages: everything on them has something to show."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from aboveboard.collector.settings import Settings
from aboveboard.core.policy import Policy
from aboveboard.datasets.manifest import root_of
from aboveboard.wire.api import DatasetSources
from aboveboard.wire.segment import Manifest
from tests.support.servers import PROOF_S_MAX, Person, Researcher, Servers, running

PATHS = ("/", "/policies", "/policy", "/log", "/log/1", "/uses", "/deletions", "/verify", "/representatives",
         "/stewards", "/me", "/me/stop")  # fmt: skip


@dataclass
class Portal:
    """servers with a person (segments, consent, an access, a deletion asked), and a proposal signed by the employer."""

    servers: Servers
    person: Person
    proposal: Policy

    @property
    def url(self) -> str:
        return str(self.servers.http.base_url).rstrip("/")

    @property
    def paths(self) -> tuple[str, ...]:
        return (*PATHS, f"/representatives/{self.proposal.policy_id}")


def settle(servers: Servers) -> None:
    """Until everything accepted so far is cosigned."""
    deadline = time.monotonic() + PROOF_S_MAX
    while (at := servers.service.log.checkpoint) is None or at.size < servers.service.log.size:
        assert time.monotonic() < deadline, "the log was not cosigned"
        time.sleep(0.05)


@contextmanager
def portal(folder: Path, settings: Settings | None = None) -> Iterator[Portal]:
    with running(folder, settings) as servers:
        person = Person(servers).ready()
        for _ in range(3):
            assert person.send(person.sealed()).status_code == 201
        reader = Researcher(servers)
        assert reader.bring().status_code == 201
        reader.release()
        manifests = servers.http.get("/v1/me/segments", headers=person.headers).json()["segments"]
        names = [Manifest(**each).segment_id for each in manifests]
        grant_id = reader.signed.grant.grant_id
        sources = f"/v1/grants/{grant_id}/datasets/{'b' * 64}/sources"
        assert reader.ask("PUT", sources, DatasetSources(tuple(names)).to_bytes()).status_code == 204
        built = {"grant": grant_id, "root": root_of(names), "manifest_sha256": "b" * 64}
        trained = {"grant": built["grant"], "model_sha256": "c" * 64, "dataset_manifest_sha256": "b" * 64}
        for path, body in (("/v1/datasets", built), ("/v1/models", trained)):
            assert reader.ask("POST", path, _json(body)).status_code == 201
        last = person.sealed()
        assert person.send(last).status_code == 201
        asked = person.delete("segments", (last.manifest.segment_id,))
        assert servers.http.post("/v1/deletions", content=asked, headers=person.headers).status_code == 202
        world = servers.world
        second = world.policy(
            version=2, notice_days=0, starts="2026-02-01", compensation="two paid hours a month",
            never_record=("*bank*", "*private*", "*health*"),
        )  # fmt: skip
        assert servers.http.post("/v1/policies", content=world.signed(second).to_bytes()).status_code == 201
        proposal = world.policy(version=3, notice_days=30, apps=("chromium", "libreoffice", "gimp"),
                                contact="data.protection@example.org", starts="2027-06-01")  # fmt: skip
        answer = bring(servers, world.signed(proposal, [world.employer]).to_bytes())
        assert answer == 303, answer
        time.sleep(0.6)  # a round of the publisher: batches and the deletion
        settle(servers)
        yield Portal(servers, person, proposal)


def bring(servers: Servers, data: bytes, **headers: str) -> int:
    """The status of bringing a signed file to the representatives' page."""
    answer = servers.http.post("/representatives", files={"file": ("signed.json", data, "application/json")},
                               headers=headers)  # fmt: skip
    return answer.status_code


def _json(fields: dict[str, str]) -> bytes:
    return json.dumps(fields).encode()
