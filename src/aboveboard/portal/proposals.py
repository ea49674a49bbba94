"""Policies on their way: proposed by somebody who may sign them, signed offline one after another, then published.

Kept as files beside the collector's database, `<policy ID>.json`, with exactly those signatures that hold. Nobody
else's text gets in: a proposal needs at least one valid signature of the employer or a representative.
"""

from __future__ import annotations

import re
import threading
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from aboveboard.collector.service import Service
from aboveboard.collector.terms import publish_policy
from aboveboard.core.charter import Charter
from aboveboard.core.errors import Refused
from aboveboard.core.policy import CONTEXT, POLICY_BYTES_MAX, Policy, SignedPolicy, verify_signatures
from aboveboard.core.signatures import Signature, check_threshold
from aboveboard.portal.programme import signers
from aboveboard.ui.language import message
from aboveboard.wire.durable import make_folders, read_bounded, remove_durable, write_durable

PROPOSALS_MAX = 64
_NAME = re.compile(r"[0-9a-f]{64}")


@dataclass(frozen=True, slots=True)
class Missing:
    """representatives: how many more of their signatures."""

    employer: bool
    representatives: int

    def __bool__(self) -> bool:
        return self.employer or self.representatives > 0


@dataclass(frozen=True, slots=True)
class Proposal:
    """A policy that is not in the log yet. signed_by: names of the charter's keys whose signatures hold."""

    policy: Policy
    signed: SignedPolicy
    signed_by: tuple[str, ...]

    def missing(self, charter: Charter) -> Missing:
        """What it still needs."""
        have = len([key for key in charter.representative_keys if key.name in self.signed_by])
        need = charter.representatives.threshold - have
        return Missing(charter.employer_key.name not in self.signed_by, max(0, need))


@lru_cache(maxsize=PROPOSALS_MAX * 2)
def _proposal(data: bytes, charter: Charter) -> Proposal:
    """Once for each text and charter: a signature that held holds."""
    signed = SignedPolicy.parse(data)
    return Proposal(Policy.parse(signed.policy_bytes), signed, signers(signed, charter))


def floor_missing(policy: Policy, charter: Charter) -> list[str]:
    """Patterns of the charter's never-record list that the policy leaves out: with any, it can't be published."""
    return [pattern for pattern in charter.never_record if pattern not in policy.never_record]


class Proposals:
    """Safe for several threads of one process."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._folder: Path = service.log_folder.parent / "proposals"
        self._lock = threading.Lock()
        make_folders(self._folder, 0o700)

    def all(self) -> list[Proposal]:
        """Newest version first."""
        found = [self._read(path) for path in sorted(self._folder.glob("*.json"))[:PROPOSALS_MAX]]
        return sorted((each for each in found if each), key=lambda each: each.policy.version, reverse=True)

    def get(self, policy_id: str) -> Proposal:
        """Raises Refused("unknown")."""
        one = self._read(self._folder / f"{policy_id}.json") if _NAME.fullmatch(policy_id) else None
        if one is None:
            raise Refused("unknown", message("no proposal of that name is here: it may be in the log already"))
        return one

    def _read(self, path: Path) -> Proposal | None:
        data = read_bounded(path, POLICY_BYTES_MAX * 2)
        if data is None:
            return None
        return _proposal(data, self._service.charter)

    def bring(self, data: bytes) -> tuple[str, bool]:
        """Adds a signed file's signatures to what is here; (policy ID, whether it went into the log).

        Raises BadInput when it can't be read, Refused when no signature of it holds, or no place is left.
        """
        signed = SignedPolicy.parse(data)
        policy = Policy.parse(signed.policy_bytes)
        if not signers(signed, self._service.charter):
            text = message("no signature in this file is by the employer or a representative of the charter")
            raise Refused("proposal", text)
        path = self._folder / f"{policy.policy_id}.json"
        with self._lock:
            known = self._read(path)
            if known is None and sum(1 for _ in self._folder.glob("*.json")) >= PROPOSALS_MAX:
                raise Refused("proposal", message("too many proposals are open: finish or remove some first"))
            together = self._merged(signed, known)
            if not self._complete(together):
                write_durable(path, together.to_bytes(), 0o600)
                return policy.policy_id, False
            publish_policy(self._service, together)
            remove_durable(path)
            return policy.policy_id, True

    def _merged(self, signed: SignedPolicy, known: Proposal | None) -> SignedPolicy:
        """One signature of each key whose signature holds."""
        data, charter = signed.policy_bytes, self._service.charter
        kept: dict[str, Signature] = {}
        for signature in (*(known.signed.signatures if known else ()), *signed.signatures):
            keys = [key for key in (charter.employer_key, *charter.representative_keys) if key.name == signature.key]
            if check_threshold(keys, 0, [signature], CONTEXT, data, who="anyone", reason="proposal"):
                kept.setdefault(f"{signature.key} {signature.key_id}", signature)
        return SignedPolicy.of(data, tuple(kept.values()))

    def _complete(self, signed: SignedPolicy) -> bool:
        try:
            verify_signatures(signed, self._service.charter)
        except Refused:
            return False
        return True
