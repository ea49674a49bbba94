"""What everybody may ask for: the rules in force, figures, what the log counts; answers to who brings a rule."""

from __future__ import annotations

from aboveboard.core.charter_chain import CharterBundle
from aboveboard.core.exemption import SignedExemption
from aboveboard.core.ids import PolicyId
from aboveboard.core.policy import SignedPolicy
from aboveboard.core.proof import LogProof
from aboveboard.core.records import Record
from aboveboard.wire.api.basics import from_base64


class CurrentPolicy(Record, frozen=True):
    """signed: base64 of SignedPolicy's bytes; log_proof: tlog-proof of its entry. Also published/policies/<id>.json."""

    signed: str
    log_proof: str

    def open(self) -> tuple[SignedPolicy, LogProof]:
        """Raises BadInput or ProofError; verifies nothing."""
        return SignedPolicy.parse(from_base64(self.signed, "signed")), LogProof.parse(self.log_proof)


class Policies(Record, frozen=True):
    """The newest policies in the log, newest first, a few at most: which is in force, each laptop decides."""

    policies: tuple[CurrentPolicy, ...]


class CharterChain(Record, frozen=True):
    """Every charter of the log, the first one first."""

    charters: tuple[CharterBundle, ...]


class CharterReply(Record, frozen=True):
    charter: str


class PolicyReply(Record, frozen=True):
    policy: PolicyId


class PublishedExemption(Record, frozen=True):
    """published/exemptions/<id>.json: an exemption with its signatures, and the tlog-proof of its entry."""

    signed: SignedExemption
    log_proof: str


class Exemptions(Record, frozen=True):
    exemptions: tuple[PublishedExemption, ...]


class ExemptionReply(Record, frozen=True):
    exemption: str


class FigureShown(Record, frozen=True):
    """cell: a policy's ID, or "" for the whole programme. value: people, rounded down to tens; absent under ten, and
    where it would give another one away. day: of which it is true, as YYYY-MM-DD."""

    figure: str
    cell: str
    value: int | None
    day: str


class FiguresReply(Record, frozen=True):
    figures: tuple[FigureShown, ...]


class LeafReply(Record, frozen=True):
    """index: the entry's place in the log; its proof is at /v1/leaves/<index>/proof once cosigned."""

    index: int


class Counters(Record, frozen=True):
    """published/counters.json: how often each of these kinds stands in the log of `size` entries."""

    key_released: int
    dataset_built: int
    model_trained: int
    deletion_asked: int
    deletion_done: int
    size: int
