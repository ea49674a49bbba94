"""The witness's home folder: keys that only its owner may read, and one server at a time.

witness.key           cosignature key (C2SP note signing key)
guardian.key          signing name of the guardian; guardian.age: its age identity     (with --guardian)
logs/ known.json      state.py
refusals/             refusals.py
epochs/ deletions/ releases.jsonl       shares.py, releases.py
"""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path

import pyrage

from aboveboard.core.errors import BadInput, Refused
from aboveboard.core.signing import COSIGNATURE_V1, SigningKey
from aboveboard.wire.durable import FolderLock, make_folders, read_bounded, write_durable
from aboveboard.witness.state import WitnessState

KEY_BYTES_MAX = 4096


@dataclass(frozen=True, slots=True)
class GuardianKeys:
    """key: names the guardian; identity: the age secret that its shares are sealed to. Never printed."""

    key: SigningKey
    identity: pyrage.x25519.Identity = field(repr=False)

    @property
    def recipient(self) -> str:
        return str(self.identity.to_public())


def make_home(home: Path, name: str, guardian: bool) -> None:
    """Makes the folder and its keys. Raises Refused when there are keys: they are never replaced."""
    make_folders(home, 0o700)
    os.chmod(home, 0o700)
    if (home / "witness.key").exists() or (home / "guardian.age").exists():
        raise Refused("has_keys", f"{home} has keys already: give another folder, or use the ones there")
    WitnessState(home)
    write_durable(home / "witness.key", SigningKey.generate(name, COSIGNATURE_V1).encode().encode("ascii"), 0o600)
    if guardian:
        write_durable(home / "guardian.key", SigningKey.generate(f"{name}-guardian").encode().encode("ascii"), 0o600)
        write_durable(home / "guardian.age", str(pyrage.x25519.Identity.generate()).encode("ascii"), 0o600)


def _secret(path: Path) -> str | None:
    data = read_bounded(path, KEY_BYTES_MAX)
    if data is None:
        return None
    if stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise Refused("key_readable", f"others may read {path}: chmod 600 it, and think of who did")
    try:
        return data.decode("ascii").strip()
    except UnicodeDecodeError as error:
        raise BadInput("is not a key", str(path)) from error


def witness_key(home: Path) -> SigningKey:
    """Raises BadInput when there is none, Refused when others may read it."""
    text = _secret(home / "witness.key")
    if text is None:
        raise BadInput(f"{home} has no witness.key: make one with `aboveboard witness init --home {home} --name NAME`")
    return SigningKey.decode(text)


def guardian_keys(home: Path) -> GuardianKeys | None:
    """None when this home is no guardian's."""
    text, identity = _secret(home / "guardian.key"), _secret(home / "guardian.age")
    if text is None or identity is None:
        return None
    try:
        return GuardianKeys(SigningKey.decode(text), pyrage.x25519.Identity.from_str(identity))
    except pyrage.IdentityError as error:
        raise BadInput("is not an age secret key", str(home / "guardian.age")) from error


def lock_home(home: Path) -> FolderLock:
    """Raises Refused when another server runs on this home: two would sign two histories."""
    return FolderLock(home / "lock", Refused("home_in_use", f"another witness runs on {home}: stop it first"))
