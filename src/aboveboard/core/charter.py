"""The charter: who may sign what. Root of trust, pinned in the recorder. Specified in docs/spec/charter.md. Pure.

Quorums of witnesses nest, as in c2sp.org/tlog-policy: a group needs `need` of its members, each a witness or a group.
A charter whose quorum can be reached without a witness that the workers run is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Set
from functools import cached_property
from itertools import combinations
from typing import Literal

import msgspec

from aboveboard.core.canonical import canonical, parse_canonical
from aboveboard.core.checkpoint import Checkpoint, cosignatures, open_checkpoint
from aboveboard.core.checks import check_patterns, check_text
from aboveboard.core.errors import BadInput, ProofError
from aboveboard.core.ids import sha256_hex
from aboveboard.core.signing import COSIGNATURE_V1, VerifyKey

CHARTER_BYTES_MAX = 64 << 10
NOTICE_DAYS_USUAL = 30
KEYS_MAX = 64
GUARDIANS_MAX = 16  # as many shares as SLIP-39 knows
DEPTH_MAX = 4
_URL = re.compile(r"https?://[A-Za-z0-9.\-\[\]:]+(/[A-Za-z0-9._~/\-]*)?")
_RECIPIENT = re.compile(r"age1[02-9ac-hj-np-z]{58}")  # X25519 in Bech32 (c2sp.org/age)
_HASH = re.compile(r"[0-9a-f]{64}")


class _Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Base: unknown fields are refused."""


class Signers(_Part, frozen=True):
    """`threshold` different keys of these have to sign."""

    threshold: int
    keys: tuple[str, ...]


class Log(_Part, frozen=True):
    """The log's key, and the origin line of its checkpoints."""

    key: str
    origin: str


class WitnessEntry(_Part, frozen=True):
    """A witness's key (algorithm cosignature/v1) and who runs it."""

    key: str
    run_by: Literal["workers", "employer", "independent"]


class Group(_Part, frozen=True):
    """Satisfied when `need` of its members are. A member is a witness's name or a group."""

    need: int
    of: tuple[Group | str, ...]

    def satisfied(self, names: Set[str]) -> bool:
        met = sum(member in names if isinstance(member, str) else member.satisfied(names) for member in self.of)
        return met >= self.need

    def members(self) -> Iterator[str]:
        """Every witness named, at any depth."""
        for member in self.of:
            if isinstance(member, str):
                yield member
            else:
                yield from member.members()

    def depth(self) -> int:
        return 1 + max((member.depth() for member in self.of if isinstance(member, Group)), default=0)

    def check(self) -> None:
        """Raises BadInput for a group that can't be satisfied or always is."""
        if not 1 <= self.need <= len(self.of):
            raise BadInput(f"a group of {len(self.of)} can't need {self.need}", "witnesses.quorum")
        for member in self.of:
            if isinstance(member, Group):
                member.check()


class Witnesses(_Part, frozen=True):
    keys: tuple[WitnessEntry, ...]
    quorum: Group


class Guardian(_Part, frozen=True):
    """Keeps the workers' half of the vault, or a part of it: age recipient of its shares, its address, and its key."""

    recipient: str
    url: str
    key: str


class CollectorEntry(_Part, frozen=True):
    """The employer's half of the vault: age recipient of its shares, and its address."""

    recipient: str
    url: str


class Charter(_Part, frozen=True, dict=True):
    """Parsed and checked; `to_bytes()` are the canonical bytes that its hash names.

    guardians_needed: of the guardian and the spare ones, how many it takes to read. With spares, the workers' half of
    each key is split among all of them (core/vault.py).
    previous: the charter_id of the charter that this one replaces (core/charter_chain.py); "" for the first.
    """

    name: str
    employer: str
    representatives: Signers
    stewards: Signers
    log: Log
    witnesses: Witnesses
    guardian: Guardian
    collector: CollectorEntry
    notice_days_min: int = NOTICE_DAYS_USUAL
    demo: bool = False
    never_record: tuple[str, ...] = ()
    spare_guardians: tuple[Guardian, ...] = ()
    guardians_needed: int = 1
    previous: str = ""
    v: int = 1

    @classmethod
    def parse(cls, data: bytes, what: str = "charter") -> Charter:
        """From canonical bytes. Raises BadInput naming the field."""
        try:
            charter = msgspec.convert(parse_canonical(data, what, CHARTER_BYTES_MAX), cls)
        except msgspec.ValidationError as error:
            raise BadInput(str(error), what) from error
        charter.check()
        return charter

    def check(self) -> None:
        """Raises BadInput for a charter that promises less than it must."""
        if self.v != 1:
            raise BadInput(f"version {self.v} is not known", "v")
        check_text(self.name, "name")
        if self.previous and not _HASH.fullmatch(self.previous):
            raise BadInput("is 64 lower-case hex digits, or empty", "previous")
        if not self.log.origin.strip() or not self.log.origin.isprintable():
            raise BadInput("is a line such as aboveboard.example.org/log", "log.origin")
        _distinct_keys(self.representatives.keys, "representatives.keys")
        _distinct_keys(self.stewards.keys, "stewards.keys")
        for name, signers, least in (("representatives", self.representatives, 1), ("stewards", self.stewards, 2)):
            if not least <= signers.threshold <= len(signers.keys):
                raise BadInput(
                    f"{signers.threshold} of {len(signers.keys)}: at least {least}, at most all", f"{name}.threshold"
                )
        everyone = {VerifyKey.decode(key).public for key in self.representatives.keys}
        if _key(self.employer, "employer").public in everyone:
            raise BadInput("the employer can't be a representative too", "representatives.keys")
        if self.notice_days_min < NOTICE_DAYS_USUAL and not self.demo:
            raise BadInput(f"below {NOTICE_DAYS_USUAL} days only in a charter that says demo: true", "notice_days_min")
        if not 0 <= self.notice_days_min <= 365:
            raise BadInput("0 to 365", "notice_days_min")
        check_patterns(self.never_record, "never_record")
        self._check_witnesses()
        self._check_sides()
        self._check_guardians()

    def _check_guardians(self) -> None:
        keepers: list[tuple[str, Guardian | CollectorEntry]] = [("collector", self.collector)]
        keepers += zip(self._guardian_fields(), self.guardians, strict=True)
        for name, keeper in keepers:
            if not _URL.fullmatch(keeper.url):
                raise BadInput(f"{keeper.url!r} is no address such as https://guardian.example.org", f"{name}.url")
            if not _RECIPIENT.fullmatch(keeper.recipient):
                raise BadInput(f"{keeper.recipient!r} is no age recipient (age1...)", f"{name}.recipient")
        holders: dict[str, str] = {}
        for name, keeper in keepers:
            other = holders.setdefault(keeper.recipient, name)
            if other == "collector" != name:
                raise BadInput(
                    "is the collector's: whoever holds both halves of a key reads alone", f"{name}.recipient"
                )
            if other != name:
                raise BadInput(f"is that of {other} too: each guardian has one of its own", f"{name}.recipient")
        if not 1 <= self.guardians_needed <= len(self.guardians) <= GUARDIANS_MAX:
            text = (
                f"{self.guardians_needed} of {len(self.guardians)}: at least 1, at most all, of {GUARDIANS_MAX} at most"
            )
            raise BadInput(text, "guardians_needed")

    def _guardian_fields(self) -> list[str]:
        return ["guardian", *(f"spare_guardians[{i}]" for i in range(len(self.spare_guardians)))]

    def _check_sides(self) -> None:
        """No key speaks for the employer's side and for those who keep it in check."""
        employers = {
            _key(self.employer, "employer").public: "the employer's",
            _key(self.log.key, "log.key").public: "the log's",
            **{key.public: "a steward's" for key in self.steward_keys},
        }
        others = [(f"representatives.keys[{i}]", key) for i, key in enumerate(self.representatives.keys)]
        others += [
            (f"witnesses.keys[{i}]", entry.key)
            for i, entry in enumerate(self.witnesses.keys) if entry.run_by != "employer"
        ]  # fmt: skip
        guardians = zip(self._guardian_fields(), self.guardians, strict=True)
        for where, text in [*others, *((f"{name}.key", each.key) for name, each in guardians)]:
            if whose := employers.get(_key(text, where).public):
                raise BadInput(f"is {whose} key too, under whatever name", where)

    def _check_witnesses(self) -> None:
        _distinct_keys([entry.key for entry in self.witnesses.keys], "witnesses.keys")
        keys = self.witness_keys
        if any(key.algorithm != COSIGNATURE_V1 for key in keys):
            raise BadInput("a witness key is made by `aboveboard witness init`", "witnesses.keys")
        quorum = self.witnesses.quorum
        if quorum.depth() > DEPTH_MAX:
            raise BadInput(f"groups nest {DEPTH_MAX} deep at most", "witnesses.quorum")
        quorum.check()
        names = {key.name for key in keys}
        if len(names) != len(keys):
            raise BadInput("two witnesses have one name", "witnesses.keys")
        members = list(quorum.members())
        if len(set(members)) != len(members):
            raise BadInput("names a witness twice: each counts in one way only", "witnesses.quorum")
        if unknown := set(members) - names:
            raise BadInput(f"{sorted(unknown)} are no witnesses of this charter", "witnesses.quorum")
        others = {key.name for key, entry in zip(keys, self.witnesses.keys, strict=True) if entry.run_by != "workers"}
        # Quorums only grow with more members, so all others together are the strongest attempt without the workers.
        if quorum.satisfied(others):
            raise BadInput("can be reached without a witness that the workers run", "witnesses.quorum")

    def to_bytes(self) -> bytes:
        return canonical(msgspec.to_builtins(self))

    @cached_property
    def charter_id(self) -> str:
        """SHA-256 of the canonical bytes, 64 hex digits."""
        return sha256_hex(self.to_bytes())

    @property
    def guardians(self) -> tuple[Guardian, ...]:
        """All of them, the first one first."""
        return (self.guardian, *self.spare_guardians)

    @property
    def origin(self) -> str:
        return self.log.origin

    @cached_property
    def log_key(self) -> VerifyKey:
        return VerifyKey.decode(self.log.key)

    @cached_property
    def employer_key(self) -> VerifyKey:
        return VerifyKey.decode(self.employer)

    @cached_property
    def representative_keys(self) -> tuple[VerifyKey, ...]:
        return tuple(VerifyKey.decode(key) for key in self.representatives.keys)

    @cached_property
    def steward_keys(self) -> tuple[VerifyKey, ...]:
        return tuple(VerifyKey.decode(key) for key in self.stewards.keys)

    @cached_property
    def witness_keys(self) -> tuple[VerifyKey, ...]:
        return tuple(VerifyKey.decode(entry.key) for entry in self.witnesses.keys)

    def check_checkpoint(self, note: str) -> tuple[Checkpoint, int]:
        """The checkpoint and the second by which the quorum had cosigned it.

        Raises SignatureError (not the log's), ProofError (no checkpoint, other origin, or no quorum).
        """
        checkpoint = open_checkpoint(note, self.log_key)
        if checkpoint.origin != self.origin:
            raise ProofError(f"the checkpoint is of the log {checkpoint.origin!r}, not {self.origin!r}")
        times = cosignatures(note, self.witness_keys)
        for time_s in sorted(set(times.values())):
            if self.witnesses.quorum.satisfied({name for name, at_s in times.items() if at_s <= time_s}):
                return checkpoint, time_s
        named = ", ".join(sorted(times)) or "nobody"
        raise ProofError(f"the checkpoint of size {checkpoint.size} lacks its witness quorum: cosigned by {named}")

    def time_passed_s(self, note: str) -> int:
        """The newest second that a quorum vouches has come: of the witnesses whose cosignatures are of that second or
        later there are enough. So one witness whose clock runs ahead ends no notice period, as one whose clock is
        behind begins none (check_checkpoint). Raises as check_checkpoint does."""
        self.check_checkpoint(note)
        times = cosignatures(note, self.witness_keys)
        return max(
            time_s for time_s in times.values()
            if self.witnesses.quorum.satisfied({name for name, at_s in times.items() if at_s >= time_s})
        )  # fmt: skip


def _key(text: str, where: str) -> VerifyKey:
    try:
        return VerifyKey.decode(text)
    except BadInput as error:
        raise BadInput(error.what, where) from error


def _distinct_keys(keys: Iterable[str], where: str) -> None:
    decoded = [_key(key, f"{where}[{index}]") for index, key in enumerate(keys)]
    if not decoded or len(decoded) > KEYS_MAX:
        raise BadInput(f"1 to {KEYS_MAX} keys", where)
    for one, other in combinations(decoded, 2):
        if one.public == other.public:
            raise BadInput(f"{one.name} and {other.name} are one key", where)
