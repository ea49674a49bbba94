"""A programme in which something has happened, for the portal's pages: everything on them has something to show."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from aboveboard.collector.settings import Settings
from aboveboard.core.canonical import canonical
from aboveboard.core.exemption import Exemption, sign_exemption
from aboveboard.core.ids import SegmentId, sha256_hex
from aboveboard.core.merkle import root_hash
from aboveboard.core.policy import Policy
from aboveboard.wire.api import DatasetBuilt, DatasetSources, ModelTrained
from tests.support.accounts import Member, member
from tests.support.chromium import Chromium
from tests.support.marking import run_marks
from tests.support.servers import PROOF_S_MAX, Person, Researcher, Servers, running

PATHS = ("/", "/policies", "/policy", "/log", "/log/1", "/uses", "/deletions", "/verify", "/representatives",
         "/stewards", "/stewards/policy", "/researchers", "/charter", "/exemptions", "/account", "/sign-in", "/set-up",
         "/grants", "/datasets", "/models", "/me", "/stop")  # fmt: skip


@dataclass
class Portal:
    """servers with a person (segments, consent, an access, a deletion asked), a proposal signed by the employer, an
    exemption, a grant that waits for its second approval, and two datasets, each with a model: one that held what was
    deleted, and is marked, and the one made in its place.
    members: somebody signed in, by role. dataset, model: the newer ones; marked: the older dataset and its model."""

    servers: Servers
    person: Person
    proposal: Policy
    members: dict[str, Member]
    dataset: str
    model: str
    marked: tuple[str, str]

    @property
    def url(self) -> str:
        return str(self.servers.http.base_url).rstrip("/")

    def cookies(self, path: str) -> str:
        """Of whoever the page is for: the person's own, and an account's."""
        name = self.member_of(path).session
        return f"device={self.person.session}; session={name}"

    def member_of(self, path: str) -> Member:
        of = {"account": "steward", "stewards": "steward", "researchers": "researcher"}
        return self.members[of.get(path.split("/")[1], "representative")]

    def sign_in(self, browser: Chromium) -> None:
        """As the person on their own pages, and on the others as somebody they are for."""
        browser.cookie(self.url, "device", self.person.session, "/me")
        for path in ("/representatives", "/account", "/stewards", "/researchers", "/grants"):
            browser.cookie(self.url, "session", self.member_of(path).session, path)

    @property
    def paths(self) -> tuple[str, ...]:
        consent = self.person.consent
        assert consent is not None
        return (*PATHS, f"/me/proofs/{consent.record.consent_id}", f"/representatives/{self.proposal.policy_id}",
                f"/policies/{self.servers.policy.policy_id}/notice", f"/datasets/{self.dataset}",
                f"/models/{self.model}", f"/models/{self.marked[1]}")  # fmt: skip


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
        kept, last = SegmentId(person.prev), person.sealed()
        assert person.send(last).status_code == 201
        gone = last.manifest.segment_id
        old = manifest(servers, "Office tasks, summer", (kept, gone))
        new = manifest(servers, "Office tasks, autumn", (kept,), sha256_hex(old))
        for data, sources, model in ((old, (kept, gone), "d" * 64), (new, (kept,), "c" * 64)):
            build(reader, data, sources)
            train(reader, model, sha256_hex(data))
        asked = person.delete("segments", (gone,))
        assert servers.http.post("/v1/deletions", content=asked, headers=person.headers).status_code == 202
        run_marks(servers)
        world = servers.world
        second = world.policy(
            version=2, notice_days=0, starts="2026-02-01", compensation="two paid hours a month",
            never_record=("*bank*", "*private*", "*health*"),
        )  # fmt: skip
        assert servers.http.post("/v1/policies", content=world.signed(second).to_bytes()).status_code == 201
        proposal = world.policy(version=3, notice_days=30, apps=("chromium", "libreoffice", "gimp"),
                                contact="data.protection@example.org", starts="2027-06-01")  # fmt: skip
        members = {role: member(servers, role) for role in ("representative", "researcher", "steward")}
        found = Portal(servers, person, proposal, members, sha256_hex(new), "c" * 64, (sha256_hex(old), "d" * 64))
        answer = bring(found, world.signed(proposal, [world.employer]).to_bytes())
        assert answer == 303, answer
        assert bring(found, Researcher(servers, 1, {"reader": "Chidi"}).signed.to_bytes(), "/researchers") == 303
        assert servers.http.post("/v1/exemptions", content=_exemption(servers)).status_code == 201
        time.sleep(0.6)  # a round of the publisher: batches and the deletion
        settle(servers)
        for data in (old, new):
            assert bring(found, data, "/researchers/cards") == 303
        yield found


def manifest(servers: Servers, title: str, sources: Sequence[SegmentId], supersedes: str = "") -> bytes:
    """Of a dataset of these segments."""
    policy = servers.policy.policy_id
    fields = {
        "title": title, "purpose": "train-agents", "grant": "f" * 64, "root": "",
        "sources": [{"segment": each, "policy": policy, "consent": "e" * 64} for each in sources],
        "files": {}, "spec_sha256": "0" * 64, "code_version": "0.1.0", "episodes": 1, "steps": 4, "contributors": 1,
        "min_contributors": 1, "left_out": {}, "supersedes": supersedes, "v": 1,
    }  # fmt: skip
    return canonical(fields)


def build(reader: Researcher, data: bytes, sources: Sequence[SegmentId]) -> str:
    """Has a dataset logged, with what it holds; its name."""
    grant, name = reader.signed.grant.grant_id, sha256_hex(data)
    named = DatasetSources(tuple(sources)).to_bytes()
    assert reader.ask("PUT", f"/v1/grants/{grant}/datasets/{name}/sources", named).status_code == 204
    root = root_hash([each.encode() for each in sorted(sources)]).hex()
    assert reader.ask("POST", "/v1/datasets", DatasetBuilt(grant, root, name).to_bytes()).status_code == 201
    return name


def train(reader: Researcher, model: str, dataset: str) -> None:
    """Has a model of a dataset logged."""
    trained = ModelTrained(reader.signed.grant.grant_id, model, dataset).to_bytes()
    assert reader.ask("POST", "/v1/models", trained).status_code == 201


def _exemption(servers: Servers) -> bytes:
    exemption = Exemption("No mail in field service", "", "field-service", 25, ("thunderbird",), (), (), (),
                          "2026-11-01", "2027-04-30")  # fmt: skip
    signed = sign_exemption(exemption, servers.world.stewards[0])
    return sign_exemption(signed, servers.world.representatives[0]).to_bytes()


def bring(portal: Portal, data: bytes, path: str = "/representatives", **headers: str) -> int:
    """The status of bringing a file to a page, as somebody it is for."""
    return brought(portal, data, path, **headers).status_code


def brought(portal: Portal, data: bytes, path: str = "/representatives", **headers: str) -> httpx.Response:
    own = portal.member_of(path).headers
    files = {"file": ("signed.json", data, "application/json")}
    return portal.servers.http.post(path, files=files, headers={**own, **headers})
