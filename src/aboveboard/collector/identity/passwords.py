"""Passwords: argon2id (RFC 9106), with bounded memory, and the same work whether the account is there or not."""

from __future__ import annotations

import threading
import unicodedata

import argon2

from aboveboard.collector.limits import TooMany
from aboveboard.core.errors import BadInput

LENGTH_MIN, LENGTH_MAX = 12, 256
DIFFERENT_MIN = 5
AT_ONCE_MAX = 4  # each takes 64 MiB for a moment
WAIT_S_MAX = 10.0


class Passwords:
    """Safe for several threads."""

    def __init__(self) -> None:
        self._hasher = argon2.PasswordHasher()
        self._slots = threading.BoundedSemaphore(AT_ONCE_MAX)
        self._nobodys = self._hasher.hash("of no account")

    def hash(self, password: str) -> str:
        """In the PHC string format, with its salt and costs."""
        with _Slot(self._slots):
            return self._hasher.hash(_normal(password))

    def fits(self, password: str, kept: str) -> bool:
        """kept: an account's hash; empty when it has none, or there is no account: as much work, and False."""
        with _Slot(self._slots):
            try:
                well = self._hasher.verify(kept or self._nobodys, _normal(password))
            except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
                return False
        return well and bool(kept)

    def outdated(self, kept: str) -> bool:
        """Made with lower costs than today's."""
        return self._hasher.check_needs_rehash(kept)


class _Slot:
    def __init__(self, slots: threading.BoundedSemaphore) -> None:
        self._slots = slots

    def __enter__(self) -> None:
        if not self._slots.acquire(timeout=WAIT_S_MAX):
            raise TooMany("too many sign in at once: try again in a moment", 2)

    def __exit__(self, *_: object) -> None:
        self._slots.release()


def _normal(password: str) -> str:
    """As RFC 8265 (OpaqueString) has it: the same password from another keyboard is the same. Bounded."""
    return unicodedata.normalize("NFC", password)[:LENGTH_MAX]


def check_new(password: str, name: str) -> None:
    """Raises BadInput for one that is quickly guessed. Length counts; no rule asks for a digit (NIST SP 800-63B)."""
    if not LENGTH_MIN <= len(password) <= LENGTH_MAX:
        raise BadInput(f"a password has {LENGTH_MIN} to {LENGTH_MAX} characters: a few words will do", "password")
    if len(set(password.casefold())) < DIFFERENT_MIN:
        raise BadInput("this repeats itself too much: take a few words", "password")
    if len(name) >= 3 and name.casefold() in password.casefold():
        raise BadInput("a password must not hold the account's name", "password")
