"""Every error Aboveboard raises on purpose.

    AboveboardError
    ├── BadInput          what was given can't be used: says what, in which file, line and field
    ├── Refused           a rule says no, and which one (policy, consent, grant, enrolment, access)
    ├── CheckFailed       something presented as proof does not prove
    │   ├── ProofError        Merkle inclusion, consistency, checkpoint
    │   ├── SignatureError    a signature is missing, wrong, or by the wrong key
    │   └── ChainError        segments dropped, inserted, reordered or altered
    ├── Corrupt           stored bytes are not what was stored
    └── Unavailable       not now: network, display, bus, disk; trying again may help

The command line prints the message of any of these as one sentence and exits 1 (BadInput: 2 when it was
an argument). Anything else is a bug and shows its traceback.
"""

from __future__ import annotations


class AboveboardError(Exception):
    """Base of all errors raised on purpose; its text is one sentence for a person."""


class BadInput(AboveboardError):
    """Input that can't be used. `where` is "file:line: field" as far as known."""

    def __init__(self, what: str, where: str = "") -> None:
        super().__init__(f"{where}: {what}" if where else what)
        self.what = what
        self.where = where


class Refused(AboveboardError):
    """A rule says no. `reason` is a short stable word for programs, the text is for people."""

    def __init__(self, reason: str, text: str) -> None:
        super().__init__(text)
        self.reason = reason

    def __reduce__(self) -> tuple[type[Refused], tuple[str, str]]:
        """So that it comes whole out of another process."""
        return type(self), (self.reason, str(self))


class CheckFailed(AboveboardError):
    """What was presented as proof does not prove."""


class ProofError(CheckFailed):
    """A Merkle proof or checkpoint does not hold."""


class SignatureError(CheckFailed):
    """A signature is missing, wrong, or by a key that may not sign this."""


class ChainError(CheckFailed):
    """A device's segments were dropped, inserted, reordered or altered."""


class Corrupt(AboveboardError):
    """Stored bytes are not what was stored."""


class Unavailable(AboveboardError):
    """Not now; trying again may help."""
