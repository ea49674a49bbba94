"""A small programme for tests: real keys, a charter, policies, and a log that is signed and cosigned. No servers."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pyrage

from aboveboard.core.charter import (
    Charter,
    CollectorEntry,
    Group,
    Guardian,
    Log,
    Signers,
    WitnessEntry,
    Witnesses,
)
from aboveboard.core.charter_chain import InForce
from aboveboard.core.checkpoint import Checkpoint, cosign, sign_checkpoint
from aboveboard.core.leaves import CharterLeaf, PolicyLeaf, parse_leaf
from aboveboard.core.merkle import inclusion_proof, leaf_hash, root_hash, root_of_hashes
from aboveboard.core.policy import CategoryTerms, Consultation, Policy, SignedPolicy, sign_policy
from aboveboard.core.proof import Batch, BatchProof, LogProof, make_batch
from aboveboard.core.signing import COSIGNATURE_V1, SigningKey
from aboveboard.core.tiles import WIDTH, encode_bundle, entries_path, tile_path, tiles_of
from aboveboard.wire.api import Counters, CurrentPolicy, to_base64

T0_S = 1_800_000_000  # 2027-01-15: the witnesses' time of the world's first checkpoint
DAY_S = 86_400

_AGE = [str(pyrage.x25519.Identity.generate()) for _ in range(2)]


def _recipient(identity: str) -> str:
    return str(pyrage.x25519.Identity.from_str(identity).to_public())


NOWHERE = "http://127.0.0.1:1"  # where no guardian answers


@dataclass
class World:
    """Keys of everybody. Change a field before the first use of `charter`."""

    notice_days_min: int = 30
    demo: bool = False
    never_record: tuple[str, ...] = ("*bank*",)
    employer: SigningKey = field(default_factory=lambda: SigningKey.generate("employer"))
    representatives: list[SigningKey] = field(
        default_factory=lambda: [SigningKey.generate(f"representative-{i}") for i in range(3)]
    )
    stewards: list[SigningKey] = field(default_factory=lambda: [SigningKey.generate(f"steward-{i}") for i in range(3)])
    log_key: SigningKey = field(default_factory=lambda: SigningKey.generate("log.example"))
    council: SigningKey = field(default_factory=lambda: SigningKey.generate("witness-council", COSIGNATURE_V1))
    auditor: SigningKey = field(default_factory=lambda: SigningKey.generate("witness-auditor", COSIGNATURE_V1))
    guardian_key: SigningKey = field(default_factory=lambda: SigningKey.generate("guardian"))
    guardian_url: str = NOWHERE
    spare_guardians: tuple[Guardian, ...] = ()
    guardians_needed: int = 1
    collector_identity: str = _AGE[0]
    guardian_identity: str = _AGE[1]
    entries: list[bytes] = field(default_factory=list)
    _charter: Charter | None = None

    @property
    def charter(self) -> Charter:
        if self._charter is None:
            self._charter = Charter(
                name="Test programme",
                employer=self.employer.verify_key.encode(),
                representatives=Signers(2, tuple(key.verify_key.encode() for key in self.representatives)),
                stewards=Signers(2, tuple(key.verify_key.encode() for key in self.stewards)),
                log=Log(self.log_key.verify_key.encode(), "example.org/log"),
                witnesses=Witnesses(
                    (
                        WitnessEntry(self.council.verify_key.encode(), "workers"),
                        WitnessEntry(self.auditor.verify_key.encode(), "independent"),
                    ),
                    Group(2, ("witness-council", "witness-auditor")),
                ),
                guardian=Guardian(
                    _recipient(self.guardian_identity), self.guardian_url, self.guardian_key.verify_key.encode()
                ),
                collector=CollectorEntry(_recipient(self.collector_identity), "http://127.0.0.1:2"),
                spare_guardians=self.spare_guardians,
                guardians_needed=self.guardians_needed,
                notice_days_min=self.notice_days_min,
                demo=self.demo,
                never_record=self.never_record,
            )
            self._charter.check()
        return self._charter

    @property
    def steps(self) -> tuple[InForce, ...]:
        """The history of a log under this charter alone."""
        return (InForce(0, self.charter),)

    def policy(self, **changes: Any) -> Policy:
        terms = CategoryTerms(("train-agents",), "the agent has to see what was done", 90, ("agents group",))
        base = Policy(
            title="Everyday tasks", version=1, controller="Example GmbH", contact="dpo@example.org",
            legal_basis="eu-gdpr:A6-1-a", purposes=("train-agents",),
            categories=dict.fromkeys(("pointer", "keys", "text", "windows", "elements"), terms),
            frames="none", apps=("chromium", "libreoffice"), browsers=("chromium",),
            sites=("https://example.org", "http://127.0.0.1:*"), never_record=("*bank*", "*private*"),
            regions=("DE",), enrolment="invitation", opt_out_reasons=("bandwidth", "sensitive_work", "power"),
            data_mb_per_day=50, battery_percent_min=30, review_hold_minutes=60, notice_days=30,
            compensation="one paid hour a month", dpia_sha256="0" * 64,
            consultation=Consultation(("works council",), "2026-10-01", "agreed"),
            starts="2026-12-01", expires="2028-12-31",
        )  # fmt: skip
        policy = msgspec.structs.replace(base, **changes)
        policy.check()
        return policy

    def signed(self, policy: Policy | None = None, signers: Sequence[SigningKey] | None = None) -> SignedPolicy:
        """By the employer and the first two representatives unless said otherwise."""
        data = (policy or self.policy()).to_bytes()
        who = signers if signers is not None else [self.employer, *self.representatives[:2]]
        return SignedPolicy.of(data, tuple(sign_policy(data, key) for key in who))

    # ------------------------------------------------------------ the log

    def start_log(self) -> None:
        """Entry 0."""
        if not self.entries:
            self.append(CharterLeaf(self.charter.charter_id).encode())

    def append(self, entry: bytes) -> int:
        self.entries.append(entry)
        return len(self.entries) - 1

    def note(
        self, time_s: int = T0_S, witnesses: Sequence[SigningKey] | None = None, entries: Sequence[bytes] | None = None
    ) -> str:
        """The checkpoint of all entries, signed and cosigned."""
        own = self.entries if entries is None else entries
        root = root_hash(own)
        note = sign_checkpoint(Checkpoint(self.charter.origin, len(own), root), self.log_key)
        for key in [self.council, self.auditor] if witnesses is None else witnesses:
            note += cosign(note, key, time_s)
        return note

    def proof(self, index: int, note: str | None = None) -> LogProof:
        return LogProof(index, tuple(inclusion_proof(self.entries, index)), note or self.note())

    def batch(self, commitments: Sequence[bytes], what: Any) -> tuple[Batch, int]:
        """A batch over these, appended; and its place."""
        batch = make_batch(commitments, what, random.Random(7))
        return batch, self.append(batch.leaf.encode())

    def batch_proof(self, batch: Batch, place: int, commitment: bytes, note: str | None = None) -> BatchProof:
        index, hashes = batch.item_proof(commitment)
        proof = self.proof(place, note).encode()
        return BatchProof(batch.what, len(batch.items), index, tuple(each.hex() for each in hashes), proof)

    def publish(self, folder: Path, policies: Sequence[SignedPolicy] = (), time_s: int = T0_S) -> None:
        """Everything an auditor reads, as files. Policies have to be in the log already."""
        size = len(self.entries)
        note = self.note(time_s)
        _write(folder / "checkpoint", note.encode())
        for level, index, width in tiles_of(size):
            _write(folder / tile_path(level, index, width), b"".join(self._level(level)[index * WIDTH :][:width]))
        for start in range(0, size, WIDTH):
            part = self.entries[start : start + WIDTH]
            _write(folder / entries_path(start // WIDTH, len(part)), encode_bundle(part))
        _write(folder / "published" / "charter.json", self.charter.to_bytes())
        for signed in policies:
            index = self.entries.index(PolicyLeaf(signed.policy_id).encode())
            current = CurrentPolicy(to_base64(signed.to_bytes()), self.proof(index, note).encode())
            _write(folder / "published" / "policies" / f"{signed.policy_id}.json", current.to_bytes())
        _write(folder / "published" / "counters.json", self.counters().to_bytes())

    def counters(self) -> Counters:
        kinds = [parse_leaf(entry).__struct_config__.tag for entry in self.entries]
        names = [name for name in Counters.__struct_fields__ if name != "size"]
        return Counters(**{name: kinds.count(name) for name in names}, size=len(self.entries))

    def _level(self, level: int) -> list[bytes]:
        hashes = [leaf_hash(entry) for entry in self.entries]
        for _ in range(level):
            hashes = [root_of_hashes(hashes[i * WIDTH : (i + 1) * WIDTH]) for i in range(len(hashes) // WIDTH)]
        return hashes


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)
