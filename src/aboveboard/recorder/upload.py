"""The only place in the recorder that speaks HTTP outwards: to the collector and to the guardian, and nowhere else."""

from __future__ import annotations

import base64
import hashlib

import msgspec

from aboveboard.core.access import SignedDeletion
from aboveboard.core.charter_chain import CharterBundle
from aboveboard.core.consent import SignedConsent
from aboveboard.core.errors import AboveboardError, Refused, Unavailable
from aboveboard.core.ids import ConsentId, DeviceId, EpochId
from aboveboard.core.proof import BatchProof
from aboveboard.core.vault import SignedDeviceCert
from aboveboard.recorder.home import Config
from aboveboard.wire.api import (
    CharterChain,
    CurrentPolicy,
    EnrolReply,
    EnrolRequest,
    ErrorReply,
    Exemptions,
    MySegments,
    Policies,
    SegmentReply,
    SignedGivenRequest,
    parse,
)
from aboveboard.wire.client import Answer, Client
from aboveboard.wire.segment import FILE_BYTES_MAX, Manifest
from aboveboard.wire.tile_proofs import TILE_BYTES

REPLY_BYTES_MAX = 2 << 20
POLICIES_BYTES_MAX = 8 << 20
NOTE_BYTES_MAX = 1 << 16
LIST_BYTES_MAX = 64 << 20  # 100,000 manifests


def _refusal(answer: Answer, what: str) -> AboveboardError:
    """429 and 5xx: later. 4xx: the server's own sentence."""
    if answer.status == 429 or answer.status >= 500:
        return Unavailable(f"the server can't take {what} now ({answer.status}): it is tried again")
    try:
        said = parse(answer.body, "answer", ErrorReply, REPLY_BYTES_MAX).error
    except AboveboardError:
        return Unavailable(f"the server's answer to {what} can't be read ({answer.status}): is the address right?")
    return Refused(said.reason, f"{what}: {said.text}")


class Uplink:
    """Not for several threads at once. Every method raises Unavailable when there is no connection."""

    def __init__(self, config: Config, token: str = "") -> None:
        self._collector, self._token = Client(config.collector), token
        self._guardians: dict[str, Client] = {}
        self._held: dict[str, tuple[str, bytes]] = {}  # what the collector answered last, by path, with its ETag

    def close(self) -> None:
        for each in (self._collector, *self._guardians.values()):
            each.close()

    def _guardian(self, url: str) -> Client:
        return self._guardians.setdefault(url, Client(url))

    def _ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        headers = {"Authorization": f"Bearer {self._token}"} | (headers or {}) if self._token else (headers or {})
        return self._collector.request(method, path, size_max=REPLY_BYTES_MAX, body=body, headers=headers)

    def _get(self, path: str, what: str, size_max: int = REPLY_BYTES_MAX) -> bytes:
        """One of few paths. What has not changed since it was asked for last does not come again."""
        tag, known = self._held.get(path, ("", b""))
        headers = {"If-None-Match": tag} if tag else {}
        answer = self._collector.request("GET", path, size_max=size_max, headers=headers)
        if tag and answer.status == 304:
            return known
        if answer.status != 200:
            raise _refusal(answer, f"asking for {what}")
        if "etag" in answer.headers:
            self._held[path] = (answer.headers["etag"], answer.body)
        return answer.body

    def policies(self) -> tuple[CurrentPolicy, ...]:
        """The newest few, newest first."""
        body = self._get("/v1/policies", "the policies", POLICIES_BYTES_MAX)
        return parse(body, "policies", Policies, POLICIES_BYTES_MAX).policies

    def charters(self) -> tuple[CharterBundle, ...]:
        """All of the log's, the first one first; nothing is verified here."""
        return parse(self._get("/v1/charters", "the charters"), "charters", CharterChain, REPLY_BYTES_MAX).charters

    def checkpoint(self) -> str:
        """The newest one's note; "" when there is none yet."""
        answer = self._collector.request("GET", "/checkpoint", size_max=NOTE_BYTES_MAX)
        if answer.status == 404:
            return ""
        if answer.status != 200:
            raise _refusal(answer, "asking for the checkpoint")
        return answer.body.decode("utf-8", errors="replace")

    def tile(self, path: str) -> bytes:
        """A published hash tile, by its path."""
        answer = self._collector.request("GET", f"/{path}", size_max=TILE_BYTES)
        if answer.status != 200:
            raise Unavailable(f"the log's {path} can't be had ({answer.status})")
        return answer.body

    def exemptions(self) -> Exemptions:
        return parse(self._get("/v1/exemptions", "the exemptions"), "exemptions", Exemptions, REPLY_BYTES_MAX)

    def enrol(self, code: str, cert: SignedDeviceCert, region: str) -> str:
        """The device's token. Raises Refused for a code that does not count, or a region that is not eligible."""
        answer = self._ask("POST", "/v1/enrol", EnrolRequest(code, cert, region).to_bytes())
        if answer.status != 201:
            raise _refusal(answer, "enrolling")
        return parse(answer.body, "enrolment", EnrolReply).token

    def consent(self, signed: SignedConsent) -> None:
        answer = self._ask("POST", "/v1/consents", signed.to_bytes())
        if answer.status != 201:
            raise _refusal(answer, "the consent record")

    def _proof(self, path: str) -> BatchProof | None:
        """None while it is not in the log yet."""
        answer = self._ask("GET", path)
        if answer.status == 503:
            return None
        if answer.status != 200:
            raise _refusal(answer, "asking for a proof")
        return parse(answer.body, "proof", BatchProof, REPLY_BYTES_MAX)

    def consent_proof(self, consent: ConsentId) -> BatchProof | None:
        return self._proof(f"/v1/consents/{consent}/proof")

    def segment_proof(self, device: DeviceId, seq: int) -> BatchProof | None:
        return self._proof(f"/v1/segments/{device}/{seq}/proof")

    def deposit_with_collector(self, epoch: EpochId, body: bytes) -> None:
        answer = self._ask("PUT", f"/v1/epochs/{epoch}", body)
        if answer.status not in (200, 201):
            raise _refusal(answer, "the collector's share of a key")

    def deposit_with_guardian(self, url: str, epoch: EpochId, body: bytes) -> None:
        answer = self._guardian(url).request("PUT", f"/v1/epochs/{epoch}", size_max=REPLY_BYTES_MAX, body=body)
        if answer.status not in (200, 201):
            raise _refusal(answer, "the guardian's share of a key")

    def policy_to_guardian(self, url: str, body: bytes) -> None:
        """CurrentPolicy, so that it knows by itself how long its share may be kept. One that does not want it only
        keeps the share until a reader shows it the policy."""
        self._guardian(url).request("POST", "/v1/policies", size_max=REPLY_BYTES_MAX, body=body)

    def my_segments(self) -> tuple[Manifest, ...]:
        """Manifests of what the collector holds of this laptop, deleted ones too, as it says: nothing is verified."""
        answer = self._collector.request("GET", "/v1/me/segments", size_max=LIST_BYTES_MAX, headers=self._mine)
        if answer.status != 200:
            raise _refusal(answer, "asking for one's own segments")
        return parse(answer.body, "segments", MySegments, LIST_BYTES_MAX).segments

    def my_segment(self, seq: int) -> bytes:
        """One's own sealed file."""
        path = f"/v1/me/segments/{seq}"
        answer = self._collector.request("GET", path, size_max=FILE_BYTES_MAX, headers=self._mine)
        if answer.status != 200:
            raise _refusal(answer, f"asking for segment {seq}")
        return answer.body

    @property
    def _mine(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self._token}"}

    def segment(self, device: DeviceId, seq: int, data: bytes) -> bool:
        """Whether the collector keeps it. Idempotent: may be brought any number of times."""
        digest = base64.b64encode(hashlib.sha256(data).digest()).decode("ascii")
        headers = {"Content-Digest": f"sha-256=:{digest}:", "Content-Type": "application/octet-stream"}
        answer = self._ask("PUT", f"/v1/segments/{device}/{seq}", data, headers)
        if answer.status not in (200, 201):
            raise _refusal(answer, f"segment {seq}")
        return parse(answer.body, "segment", SegmentReply).kept

    def _own(self, path: str, what: str) -> bytes:
        answer = self._collector.request("GET", path, size_max=LIST_BYTES_MAX, headers=self._mine)
        if answer.status != 200:
            raise _refusal(answer, f"asking for {what}")
        return answer.body

    def own_accesses(self) -> bytes:
        """MyAccesses, as it came."""
        return self._own("/v1/me/accesses", "who has read")

    def own_datasets(self) -> bytes:
        """MyDatasets, as it came."""
        return self._own("/v1/me/datasets", "the datasets that hold yours")

    def given(self, url: str, request: SignedGivenRequest) -> bytes:
        """MyGiven, as that guardian tells it."""
        answer = self._guardian(url).request("POST", "/v1/given", size_max=LIST_BYTES_MAX, body=request.to_bytes())
        if answer.status != 200:
            raise _refusal(answer, "what the guardian gave")
        return answer.body

    def deletion(self, signed: SignedDeletion) -> None:
        answer = self._ask("POST", "/v1/deletions", signed.to_bytes())
        if answer.status != 202:
            raise _refusal(answer, "the request for deletion")

    def destroy_share(self, url: str, signed: SignedDeletion) -> None:
        """At a guardian, without asking the collector."""
        answer = self._guardian(url).request("POST", "/v1/destroy", size_max=REPLY_BYTES_MAX, body=signed.to_bytes())
        if answer.status != 200:
            raise _refusal(answer, "the request to destroy keys")


def proof_bytes(proof: BatchProof) -> bytes:
    """As kept beside the record it proves."""
    return msgspec.json.encode(proof)
