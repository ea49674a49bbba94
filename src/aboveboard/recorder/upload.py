"""The only place in the recorder that speaks HTTP outwards: to the collector and to the guardian, and nowhere else."""

from __future__ import annotations

import base64
import hashlib

import msgspec

from aboveboard.core.access import SignedDeletion
from aboveboard.core.consent import SignedConsent
from aboveboard.core.errors import AboveboardError, Refused, Unavailable
from aboveboard.core.ids import ConsentId, DeviceId, EpochId
from aboveboard.core.proof import BatchProof
from aboveboard.core.vault import SignedDeviceCert
from aboveboard.recorder.home import Config
from aboveboard.wire.api import CurrentPolicy, EnrolReply, EnrolRequest, ErrorReply, parse
from aboveboard.wire.client import Answer, Client

REPLY_BYTES_MAX = 2 << 20


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
        self._collector, self._guardian = Client(config.collector), Client(config.guardian)
        self._token = token

    def close(self) -> None:
        self._collector.close()
        self._guardian.close()

    def _ask(self, method: str, path: str, body: bytes | None = None, headers: dict[str, str] | None = None) -> Answer:
        headers = {"Authorization": f"Bearer {self._token}"} | (headers or {}) if self._token else (headers or {})
        return self._collector.request(method, path, size_max=REPLY_BYTES_MAX, body=body, headers=headers)

    def policy(self) -> CurrentPolicy:
        """The newest one. Raises Refused when there is none."""
        answer = self._ask("GET", "/v1/policies/current")
        if answer.status != 200:
            raise _refusal(answer, "asking for the policy")
        return parse(answer.body, "policy", CurrentPolicy, REPLY_BYTES_MAX)

    def enrol(self, code: str, cert: SignedDeviceCert) -> str:
        """The device's token. Raises Refused for a code that does not count."""
        answer = self._ask("POST", "/v1/enrol", EnrolRequest(code, cert).to_bytes())
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

    def deposit_with_guardian(self, epoch: EpochId, body: bytes) -> None:
        answer = self._guardian.request("PUT", f"/v1/epochs/{epoch}", size_max=REPLY_BYTES_MAX, body=body)
        if answer.status not in (200, 201):
            raise _refusal(answer, "the guardian's share of a key")

    def segment(self, device: DeviceId, seq: int, data: bytes) -> None:
        """Idempotent: may be brought any number of times."""
        digest = base64.b64encode(hashlib.sha256(data).digest()).decode("ascii")
        headers = {"Content-Digest": f"sha-256=:{digest}:", "Content-Type": "application/octet-stream"}
        answer = self._ask("PUT", f"/v1/segments/{device}/{seq}", data, headers)
        if answer.status not in (200, 201):
            raise _refusal(answer, f"segment {seq}")

    def deletion(self, signed: SignedDeletion) -> None:
        answer = self._ask("POST", "/v1/deletions", signed.to_bytes())
        if answer.status != 202:
            raise _refusal(answer, "the request for deletion")

    def destroy_share(self, signed: SignedDeletion) -> None:
        """At the guardian, without asking the collector."""
        answer = self._guardian.request("POST", "/v1/destroy", size_max=REPLY_BYTES_MAX, body=signed.to_bytes())
        if answer.status != 200:
            raise _refusal(answer, "the request to destroy keys")


def proof_bytes(proof: BatchProof) -> bytes:
    """As kept beside the record it proves."""
    return msgspec.json.encode(proof)
