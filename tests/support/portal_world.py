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
from aboveboard.core.canonical import canonical
from aboveboard.core.exemption import Exemption, sign_exemption
from aboveboard.core.ids import SegmentId, sha256_hex
from aboveboard.core.merkle import root_hash
from aboveboard.core.policy import Policy
from aboveboard.wire.api import DatasetSources
from tests.support.accounts import Member, member
from tests.support.chromium import Chromium
from tests.support.servers import PROOF_S_MAX, Person, Researcher, Servers, running

PATHS = ("/", "/policies", "/policy", "/log", "/log/1", "/uses", "/deletions", "/verify", "/representatives",
         "/stewards", "/stewards/policy", "/researchers", "/charter", "/exemptions", "/account", "/sign-in", "/set-up",
         "/me", "/me/stop")  # fmt: skip


@dataclass
class Portal:
    """servers with a person (segments, consent, an access, a deletion asked), a proposal signed by the employer, an
    exemption, a grant that waits for its second approval, and a dataset whose card is shown.
    members: somebody signed in, by role."""

    servers: Servers
    person: Person
    proposal: Policy
    members: dict[str, Member]
    dataset: str

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
        for path in ("/representatives", "/account", "/stewards", "/researchers"):
            browser.cookie(self.url, "session", self.member_of(path).session, path)

    @property
    def paths(self) -> tuple[str, ...]:
        consent = self.person.consent
        assert consent is not None
        return (*PATHS, f"/me/proofs/{consent.record.consent_id}", f"/representatives/{self.proposal.policy_id}",
                f"/policies/{self.servers.policy.policy_id}/notice", f"/datasets/{self.dataset}")  # fmt: skip


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
        manifest = _manifest(servers, person)
        dataset, root = sha256_hex(manifest), root_hash([person.prev.encode()]).hex()
        sources = f"/v1/grants/{reader.signed.grant.grant_id}/datasets/{dataset}/sources"
        named = DatasetSources((SegmentId(person.prev),)).to_bytes()
        assert reader.ask("PUT", sources, named).status_code == 204
        built = {"grant": reader.signed.grant.grant_id, "root": root, "manifest_sha256": dataset}
        trained = {"grant": built["grant"], "model_sha256": "c" * 64, "dataset_manifest_sha256": dataset}
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
        members = {role: member(servers, role) for role in ("representative", "researcher", "steward")}
        found = Portal(servers, person, proposal, members, dataset)
        answer = bring(found, world.signed(proposal, [world.employer]).to_bytes())
        assert answer == 303, answer
        assert bring(found, Researcher(servers, 1, {"reader": "Chidi"}).signed.to_bytes(), "/researchers") == 303
        assert servers.http.post("/v1/exemptions", content=_exemption(servers)).status_code == 201
        time.sleep(0.6)  # a round of the publisher: batches and the deletion
        settle(servers)
        assert bring(found, manifest, "/researchers/cards") == 303
        yield found


def _manifest(servers: Servers, person: Person) -> bytes:
    """Of a dataset with the person's last segment in it."""
    fields = {
        "title": "Office tasks, autumn", "purpose": "train-agents", "grant": "f" * 64, "root": "",
        "sources": [{"segment": person.prev, "policy": servers.policy.policy_id, "consent": "e" * 64}],
        "files": {}, "spec_sha256": "0" * 64, "code_version": "0.1.0", "episodes": 1, "steps": 4, "contributors": 1,
        "min_contributors": 1, "left_out": {}, "supersedes": "", "v": 1,
    }  # fmt: skip
    return canonical(fields)


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


def _json(fields: dict[str, str]) -> bytes:
    return json.dumps(fields).encode()
