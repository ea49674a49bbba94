"""C2SP tlog-policy: which logs and witnesses to believe, as a text that other verifiers read (c2sp.org/tlog-policy).

    log example.org/log+<key ID>+<key>
    witness council <verifier key>
    witness auditor <verifier key>
    group both all council auditor
    quorum both

A charter holds the same and more; `of_charter` writes it down in this form, so that our log needs no tool of ours.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass

from aboveboard.core.charter import Charter, Group
from aboveboard.core.checkpoint import Checkpoint, cosignatures, open_checkpoint
from aboveboard.core.errors import BadInput, ProofError, SignatureError
from aboveboard.core.signing import COSIGNATURE_V1, ED25519, VerifyKey

POLICY_BYTES_MAX = 256 << 10
LINES_MAX = 1000
NONE = "none"
_NUMBER = re.compile(r"[1-9][0-9]{0,3}")


@dataclass(frozen=True, slots=True)
class TrustPolicy:
    """logs: keys, each named by its log's origin; witnesses: by their names in the file, which need not be those of
    their keys; groups: (least number, members), in order of the file."""

    logs: tuple[VerifyKey, ...]
    witnesses: Mapping[str, VerifyKey]
    groups: Mapping[str, tuple[int, tuple[str, ...]]]
    quorum: str

    def check_checkpoint(self, note: str) -> tuple[Checkpoint, int]:
        """The checkpoint and the second by which the quorum had cosigned it (0 when none is asked for).

        Raises SignatureError (of no log that is listed), ProofError (no checkpoint, or no quorum).
        """
        checkpoint = self._open(note)
        if self.quorum == NONE:
            return checkpoint, 0
        times: dict[str, int] = {}
        for name, witness in self.witnesses.items():
            if found := cosignatures(note, [witness]):
                times[name] = found[witness.name]
        for time_s in sorted(set(times.values())):
            if self.satisfied({name for name, at_s in times.items() if at_s <= time_s}):
                return checkpoint, time_s
        raise ProofError(f"the checkpoint of size {checkpoint.size} lacks the policy's quorum {self.quorum}")

    def _open(self, note: str) -> Checkpoint:
        for key in self.logs:
            if key.name != note.partition("\n")[0]:
                continue
            with contextlib.suppress(SignatureError):
                return open_checkpoint(note, key)
        raise SignatureError("the checkpoint is signed by no log that the policy lists")

    def satisfied(self, witnesses: Set[str]) -> bool:
        """Whether these witnesses are the quorum."""
        met = set(witnesses)
        for name, (least, members) in self.groups.items():  # a group names only what stands before it
            if sum(member in met for member in members) >= least:
                met.add(name)
        return self.quorum == NONE or self.quorum in met

    def encode(self) -> str:
        lines = [f"log {key.encode()}" for key in self.logs]
        lines += [f"witness {name} {key.encode()}" for name, key in self.witnesses.items()]
        for name, (least, members) in self.groups.items():
            number = "all" if least == len(members) else "any" if least == 1 else str(least)
            lines.append(f"group {name} {number} {' '.join(members)}")
        return "\n".join([*lines, f"quorum {self.quorum}"]) + "\n"

    @classmethod
    def parse(cls, text: str, what: str = "tlog-policy") -> TrustPolicy:
        """Raises BadInput naming the line."""
        if len(text) > POLICY_BYTES_MAX or text.count("\n") > LINES_MAX:
            raise BadInput(f"has {POLICY_BYTES_MAX} bytes and {LINES_MAX} lines at most", what)
        if any(char != "\t" and char != "\n" and (ord(char) < 0x20 or ord(char) == 0x7F) for char in text):
            raise BadInput("holds control characters", what)
        reader = _Reader()
        for number, line in enumerate(text.split("\n"), 1):
            try:
                reader.take([word for word in re.split(r"[ \t]+", line) if word])
            except BadInput as error:
                raise BadInput(error.what, f"{what}:{number}") from error
        if reader.quorum is None:
            raise BadInput("has no quorum line", what)
        return cls(tuple(reader.logs), reader.witnesses, reader.groups, reader.quorum)

    @classmethod
    def of_charter(cls, charter: Charter) -> TrustPolicy:
        """The same rule. Raises BadInput for a charter that this form can't say: the log's key is not named by its
        origin, or a witness counts in two groups."""
        witnesses = {key.name: key for key in charter.witness_keys}
        groups: dict[str, tuple[int, tuple[str, ...]]] = {}

        def add(group: Group) -> str:
            members = tuple(member if isinstance(member, str) else add(member) for member in group.of)
            name = next(each for each in _names(len(groups) + 1) if each not in witnesses)
            groups[name] = group.need, members
            return name

        if charter.log_key.name != charter.origin:
            raise BadInput(f"the log's key is named {charter.log_key.name}, and not by its origin {charter.origin}")
        policy = cls((charter.log_key,), witnesses, groups, add(charter.witnesses.quorum))
        return cls.parse(policy.encode())


def _names(number: int) -> Iterator[str]:
    name = f"group-{number}"
    while True:
        yield name
        name += "-"


class _Reader:
    """Takes the lines one by one."""

    def __init__(self) -> None:
        self.logs: list[VerifyKey] = []
        self.witnesses: dict[str, VerifyKey] = {}
        self.groups: dict[str, tuple[int, tuple[str, ...]]] = {}
        self.quorum: str | None = None
        self._members: set[str] = set()

    def take(self, words: list[str]) -> None:
        """One line's words; none for an empty line. Raises BadInput."""
        if not words or words[0].startswith("#"):
            return
        match words:
            case ["log", vkey] | ["log", vkey, _]:
                key = VerifyKey.decode(vkey)
                if key.algorithm != ED25519:
                    raise BadInput(f"the key {key.name} is no log's")
                _distinct(key, self.logs)
                self.logs.append(key)
            case ["witness", name, vkey] | ["witness", name, vkey, _]:
                key = VerifyKey.decode(vkey)
                if key.algorithm != COSIGNATURE_V1:
                    raise BadInput(f"the key {key.name} is no witness's")
                _distinct(key, self.witnesses.values())
                self._new(name)
                self.witnesses[name] = key
            case ["group", name, number, *members] if members:
                self._group(name, number, tuple(members))
            case ["quorum", name]:
                if self.quorum is not None:
                    raise BadInput("there is a quorum line already")
                if name != NONE and name not in self.witnesses and name not in self.groups:
                    raise BadInput(f"{name} is not defined above")
                self.quorum = name
            case _:
                raise BadInput("is no line of a tlog-policy")

    def _new(self, name: str) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise BadInput(f"the name {name} is taken")

    def _group(self, name: str, number: str, members: tuple[str, ...]) -> None:
        self._new(name)
        for member in members:
            if member not in self.witnesses and member not in self.groups:
                raise BadInput(f"{member} is not defined above")
            if member in self._members:
                raise BadInput(f"{member} is a member already: each counts in one way only")
            self._members.add(member)
        if number not in ("all", "any") and not _NUMBER.fullmatch(number):
            raise BadInput(f"{number} is no number of members")
        least = {"all": len(members), "any": 1}.get(number) or int(number)
        if least > len(members):
            raise BadInput(f"a group of {len(members)} can't need {least}")
        self.groups[name] = least, members


def _distinct(key: VerifyKey, others: Iterable[VerifyKey]) -> None:
    if any(other.public == key.public for other in others):
        raise BadInput(f"the key {key.name} is given twice")
