"""A programme in which something has happened, for the portal's pages: everything on them has something to show."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from aboveboard.collector.settings import Settings
from aboveboard.core.policy import Policy
from tests.support.accounts import Member, member
from tests.support.servers import PROOF_S_MAX, Person, Researcher, Servers, running

PATHS = ("/", "/policies", "/policy", "/log", "/log/1", "/uses", "/deletions", "/verify", "/representatives",
         "/stewards", "/account", "/sign-in", "/set-up", "/me", "/me/stop")  # fmt: skip


@dataclass
class Portal:
    """servers with a person (segments, consent, an access, a deletion asked), and a proposal signed by the employer.
    members: somebody signed in, by role."""

    servers: Servers
    person: Person
    proposal: Policy
    members: dict[str, Member]

    @property
    def url(self) -> str:
        return str(self.servers.http.base_url).rstrip("/")

    def cookies(self, path: str) -> str:
        """Of whoever the page is for: the person's own, and an account's."""
        name = self.member_of(path).session
        return f"device={self.person.session}; session={name}"

    def member_of(self, path: str) -> Member:
        return self.members["steward" if path.startswith("/stewards") else "representative"]

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
        built = {"grant": reader.signed.grant.grant_id, "root": "a" * 64, "manifest_sha256": "b" * 64}
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
        members = {role: member(servers, role) for role in ("representative", "steward")}
        found = Portal(servers, person, proposal, members)
        answer = bring(found, world.signed(proposal, [world.employer]).to_bytes())
        assert answer == 303, answer
        time.sleep(0.6)  # a round of the publisher: batches and the deletion
        settle(servers)
        yield found


def bring(portal: Portal, data: bytes, **headers: str) -> int:
    """The status of bringing a signed file to the representatives' page, as a representative."""
    return brought(portal, data, **headers).status_code


def brought(portal: Portal, data: bytes, **headers: str) -> httpx.Response:
    own = portal.members["representative"].headers
    files = {"file": ("signed.json", data, "application/json")}
    return portal.servers.http.post("/representatives", files=files, headers={**own, **headers})


def _json(fields: dict[str, str]) -> bytes:
    return json.dumps(fields).encode()
