"""A collector, two witnesses and the guardian on loopback, in this process, with a world's keys; and a person at it."""

from __future__ import annotations

import base64
import functools
import hashlib
import os
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pyrage
import uvicorn

from aboveboard.collector.home import Keys, write_home
from aboveboard.collector.service import Service
from aboveboard.collector.settings import Settings
from aboveboard.core.access import DeletionRequest, Grant, SignedGrant, new_grant, sign_deletion, sign_grant
from aboveboard.core.checkpoint import Checkpoint, sign_checkpoint
from aboveboard.core.clock import SystemClock
from aboveboard.core.consent import ConsentRecord, SignedConsent, sign_consent
from aboveboard.core.events import Button, Redacted
from aboveboard.core.ids import (
    ContributorId,
    DeviceId,
    EpochId,
    PolicyId,
    SegmentId,
    epoch_id_of,
    key_id_of,
    sha256_hex,
)
from aboveboard.core.merkle import consistency_proof, root_hash
from aboveboard.core.policy import Policy
from aboveboard.core.signing import SigningKey
from aboveboard.core.vault import (
    DeviceCert,
    EpochDeposit,
    SignedDeviceCert,
    sign_deposit,
    sign_device_cert,
    split_secret,
)
from aboveboard.serve import listen, make_server, open_service
from aboveboard.wire.api import (
    EnrolRequest,
    GuardianReleaseRequest,
    Invitation,
    Release,
    ReleaseReply,
    parse,
    reader_headers,
    sign_invitation,
    to_base64,
)
from aboveboard.wire.segment import GENESIS, SealedSegment, seal
from aboveboard.witness.given import GivenRecords
from aboveboard.witness.guardian import Guardian
from aboveboard.witness.home import GuardianKeys
from aboveboard.witness.http import Reply, Route, SmallServer
from aboveboard.witness.releases import Releases
from aboveboard.witness.server import Witness
from aboveboard.witness.shares import Shares
from aboveboard.witness.state import WitnessState
from tests.support.world import World

PROOF_S_MAX = 15.0
DAY_US = 86_400_000_000


def now_us() -> int:
    return SystemClock().now_us()


def add_checkpoint_request(old: int, entries: list[bytes], world: World, proof: list[bytes] | None = None) -> bytes:
    """A body for C2SP tlog-witness: from `old` to the tree of `entries`, with its true proof unless one is given."""
    lines = proof if proof is not None else consistency_proof(entries, old) if 0 < old < len(entries) else []
    note = sign_checkpoint(Checkpoint(world.charter.origin, len(entries), root_hash(entries)), world.log_key)
    head = "".join(f"{base64.b64encode(each).decode()}\n" for each in lines)
    return f"old {old}\n{head}\n{note}".encode()


@contextmanager
def small_server(routes: list[Route], port: int = 0) -> Iterator[str]:
    """Its address."""
    server = SmallServer("127.0.0.1", port, routes)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    try:
        yield server.url
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def collector_server(service: Service, port: int = 0) -> Iterator[str]:
    """Its address."""
    bound = listen("127.0.0.1", port)
    bound.listen()  # from here on a connection waits for the server instead of being refused
    server = uvicorn.Server(uvicorn.Config(make_server(service), log_level="error", timeout_graceful_shutdown=2))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [bound]}, daemon=True)
    thread.start()
    while not server.started and thread.is_alive():
        time.sleep(0.01)
    try:
        yield f"http://127.0.0.1:{bound.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@dataclass
class Servers:
    """http: speaks to the collector. guardian: called as its server calls it."""

    world: World
    folder: Path
    service: Service
    http: httpx.Client
    guardian: Guardian
    policy: Policy

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.http.get(path, headers=headers)

    def proven(self, path: str, headers: dict[str, str]) -> httpx.Response:
        """Asks until the log has it."""
        deadline = time.monotonic() + PROOF_S_MAX
        while (answer := self.http.get(path, headers=headers)).status_code == 503 and time.monotonic() < deadline:
            time.sleep(0.05)
        return answer

    def give_guardian(self, method: Any, path: str, body: bytes) -> Reply:
        reply: Reply = method(path, body)
        return reply

    def invited(self) -> str:
        code = os.urandom(10).hex()
        invitation = sign_invitation(Invitation(sha256_hex(code.encode()), now_us() + DAY_US), self.world.stewards[0])
        assert self.http.post("/v1/invitations", content=invitation.to_bytes()).status_code == 201
        return code


@contextmanager
def running(
    folder: Path, settings: Settings | None = None, port: int = 0, world: World | None = None
) -> Iterator[Servers]:
    """All of it, with a policy in force; zero notice, as a demo charter allows. settings: the collector's stores."""
    world = world or World(notice_days_min=0, demo=True)
    clock = SystemClock()
    with ExitStack() as stack:
        urls = []
        for key in (world.council, world.auditor):
            state = WitnessState(folder / key.name)
            witness = Witness(key, {world.charter.origin: world.log_key.verify_key}, state, clock)
            urls.append(
                stack.enter_context(small_server([Route("POST", "/add-checkpoint", 1 << 17, witness.add_checkpoint)]))
            )
        home = folder / "collector"
        write_home(home, Keys(world.log_key, pyrage.x25519.Identity.from_str(world.collector_identity)))
        service = open_service(home, world.charter, urls, clock, settings)
        url = stack.enter_context(collector_server(service, port))
        http = stack.enter_context(httpx.Client(base_url=url, timeout=30))
        keys = GuardianKeys(world.guardian_key, pyrage.x25519.Identity.from_str(world.guardian_identity))
        guardian = Guardian(keys, world.charter, Shares(folder), Releases(folder), GivenRecords(folder), clock)
        policy = world.policy(notice_days=0, starts="2026-01-01")
        servers = Servers(world, folder, service, http, guardian, policy)
        assert http.post("/v1/policies", content=world.signed(policy).to_bytes()).status_code == 201
        deadline = time.monotonic() + PROOF_S_MAX
        while http.get("/v1/policies/current").status_code != 200 and time.monotonic() < deadline:
            time.sleep(0.05)
        yield servers


@dataclass
class Person:
    """A contributor with one laptop, as the recorder speaks for them."""

    servers: Servers
    key: SigningKey = field(default_factory=lambda: SigningKey.generate("contributor"))
    device_key: SigningKey = field(default_factory=lambda: SigningKey.generate("device"))
    identity: str = field(default_factory=lambda: str(pyrage.x25519.Identity.generate()))
    token: str = ""
    consent: SignedConsent | None = None
    seq: int = 0
    prev: str = GENESIS

    @property
    def contributor(self) -> ContributorId:
        return ContributorId(key_id_of(self.key.verify_key.public))

    @property
    def device(self) -> DeviceId:
        return DeviceId(key_id_of(self.device_key.verify_key.public))

    @property
    def recipient(self) -> str:
        return str(pyrage.x25519.Identity.from_str(self.identity).to_public())

    @property
    def epoch(self) -> EpochId:
        return epoch_id_of(self.recipient)

    @functools.cached_property
    def session(self) -> str:
        """What a browser keeps after the person has opened their own page with the laptop's token."""
        answer = self.servers.http.post("/me", data={"token": self.token})
        self.servers.http.cookies.clear()
        assert answer.status_code == 303, answer.text
        return SimpleCookie(answer.headers["Set-Cookie"])["device"].value

    @property
    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    def cert(self) -> SignedDeviceCert:
        cert = DeviceCert(
            self.contributor, self.key.verify_key.encode(), self.device, self.device_key.verify_key.encode()
        )
        return sign_device_cert(cert, self.key)

    def enrol(self, code: str | None = None, region: str = "DE") -> httpx.Response:
        body = EnrolRequest(code or self.servers.invited(), self.cert(), region).to_bytes()
        answer = self.servers.http.post("/v1/enrol", content=body)
        if answer.status_code == 201:
            self.token = answer.json()["token"]
        return answer

    def say(self, kind: Any = "given", policy: PolicyId | None = None) -> httpx.Response:
        return self._said(kind, policy)[1]

    def words(self, kind: Any) -> SignedConsent:
        """Says it, and keeps what was signed."""
        signed, answer = self._said(kind, None)
        assert answer.status_code == 201, answer.text
        return signed

    def _said(self, kind: Any, policy: PolicyId | None) -> tuple[SignedConsent, httpx.Response]:
        record = ConsentRecord(
            kind, self.contributor, self.key.verify_key.encode(), self.device,
            policy or self.servers.policy.policy_id, ("pointer",), "0" * 64, now_us(), os.urandom(16).hex(),
        )  # fmt: skip
        signed = sign_consent(record, self.key)
        if kind == "given":
            self.consent = signed
        return signed, self.servers.http.post("/v1/consents", content=signed.to_bytes(), headers=self.headers)

    def deposit(self) -> tuple[httpx.Response, Reply]:
        """At the collector and at the guardian."""
        first, second = split_secret(self.identity)
        base = EpochDeposit(
            self.contributor, self.key.verify_key.encode(), self.device, self.epoch, self.recipient,
            self.servers.policy.policy_id,
        )  # fmt: skip
        charter = self.servers.world.charter
        shares = [
            to_base64(pyrage.encrypt(share, [pyrage.x25519.Recipient.from_str(recipient)]))
            for share, recipient in ((first, charter.collector.recipient), (second, charter.guardian.recipient))
        ]
        path = f"/v1/epochs/{self.epoch}"
        one = sign_deposit(msgspec.structs.replace(base, collector_share=shares[0]), self.key).to_bytes()
        other = sign_deposit(msgspec.structs.replace(base, guardian_share=shares[1]), self.key).to_bytes()
        answer = self.servers.http.put(path, content=one, headers=self.headers)
        return answer, self.servers.guardian.deposit(path, other)

    def sealed(self, seq: int | None = None, prev: str | None = None, key: SigningKey | None = None) -> SealedSegment:
        assert self.consent is not None
        n = self.seq if seq is None else seq
        start = now_us()
        return seal(
            [Redacted(Button(start + 1, 1, 2, 1, True))], session="5" * 32, start_us=start, end_us=start + 10, seq=n,
            prev=self.prev if prev is None else prev, contributor=self.contributor, device=self.device,
            epoch=self.epoch, recipient=self.recipient, policy=self.servers.policy.policy_id,
            consent=self.consent.record.consent_id, device_key=key or self.device_key,
        )  # fmt: skip

    def send(self, segment: SealedSegment, digest_of: bytes | None = None) -> httpx.Response:
        data = segment.to_bytes()
        digest = base64.b64encode(hashlib.sha256(digest_of or data).digest()).decode()
        path = f"/v1/segments/{segment.manifest.device}/{segment.manifest.seq}"
        headers = {**self.headers, "Content-Digest": f"sha-256=:{digest}:"}
        answer = self.servers.http.put(path, content=data, headers=headers)
        if answer.status_code == 201:
            self.seq, self.prev = segment.manifest.seq + 1, segment.manifest.segment_id
        return answer

    def ready(self) -> Person:
        """Enrolled, consenting, with an epoch at both keepers."""
        assert self.enrol().status_code == 201
        assert self.say().status_code == 201
        answer, reply = self.deposit()
        assert (answer.status_code, reply.status) == (201, 201)
        return self

    def delete(self, scope: Any, segments: tuple[SegmentId, ...] = (), epochs: tuple[EpochId, ...] = ()) -> bytes:
        """A signed request."""
        request = DeletionRequest(
            self.contributor, self.key.verify_key.encode(), scope, now_us(), "d" * 32, epochs, segments
        )
        return sign_deletion(request, self.key).to_bytes()


def put_request(person: Person, segment: SealedSegment) -> tuple[str, dict[str, str], bytes]:
    """Path, headers and body of a segment's upload."""
    body = segment.to_bytes()
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    headers = {**person.headers, "Content-Digest": f"sha-256=:{digest}:", "Content-Length": str(len(body))}
    return f"/v1/segments/{person.device}/{segment.manifest.seq}", headers, body


@dataclass
class Researcher:
    """A reader with a grant."""

    servers: Servers
    stewards: int = 2
    changes: dict[str, Any] = field(default_factory=dict)
    key: SigningKey = field(default_factory=lambda: SigningKey.generate("reader"))
    identity: pyrage.x25519.Identity = field(default_factory=pyrage.x25519.Identity.generate)
    signed: SignedGrant = field(init=False)

    def __post_init__(self) -> None:
        grant: Grant = new_grant(
            purpose="train-agents", reader="Fola", reader_key=self.key.verify_key,
            reader_recipient=str(self.identity.to_public()), policies=(self.servers.policy.policy_id,),
            contributors="all", created_us=now_us() - 1000, expires_us=now_us() + DAY_US,
        )  # fmt: skip
        self.signed = SignedGrant(msgspec.structs.replace(grant, **self.changes))
        for steward in self.servers.world.stewards[: self.stewards]:
            self.signed = sign_grant(self.signed, steward)

    def ask(self, method: str, path: str, body: bytes = b"", key: SigningKey | None = None) -> httpx.Response:
        headers = reader_headers(key or self.key, method, path, now_us())
        return self.servers.http.request(method, path, content=body, headers=headers)

    def bring(self) -> httpx.Response:
        return self.ask("POST", "/v1/grants", self.signed.to_bytes())

    def release(self) -> ReleaseReply:
        answer = self.ask("POST", f"/v1/grants/{self.signed.grant.grant_id}/release")
        assert answer.status_code == 200, answer.text
        return parse(answer.content, "release", ReleaseReply, 1 << 24)

    def to_guardian(self, release: Release, reply: ReleaseReply, **changes: Any) -> GuardianReleaseRequest:
        [policy] = reply.policies
        request = GuardianReleaseRequest(
            self.signed, policy.signed, policy.log_proof, release.opening, release.log_proof
        )
        return msgspec.structs.replace(request, **changes)
