"""The collector's own folder: its keys in files that only it may read."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import pyrage

from aboveboard.core.errors import BadInput
from aboveboard.core.signing import SigningKey
from aboveboard.wire.durable import make_folders, read_bounded, write_durable

KEY_BYTES_MAX = 4096


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """log: signs checkpoints and promises; vault: the age identity that this side's shares are sealed to."""

    log: SigningKey
    vault: pyrage.x25519.Identity


def make_home(home: Path, name: str) -> Keys:
    """New keys in a new folder. Raises BadInput when there are keys already: they must never be overwritten."""
    if (home / "log.key").exists() or (home / "vault.key").exists():
        raise BadInput("holds keys already; take another folder", str(home))
    make_folders(home, 0o700)
    log, vault = SigningKey.generate(name), pyrage.x25519.Identity.generate()
    write_durable(home / "log.key", log.encode().encode() + b"\n", 0o600)
    write_durable(home / "vault.key", str(vault).encode() + b"\n", 0o600)
    return Keys(log, vault)


def read_home(home: Path) -> Keys:
    """Raises BadInput when keys are missing, unreadable, or readable by others."""
    return Keys(SigningKey.decode(_read(home / "log.key")), pyrage.x25519.Identity.from_str(_read(home / "vault.key")))


def _read(path: Path) -> str:
    data = read_bounded(path, KEY_BYTES_MAX)
    if data is None:
        raise BadInput("is missing: make the keys with `aboveboard collector init`", str(path))
    if os.stat(path).st_mode & 0o077:
        raise BadInput("can be read by others: chmod 600", str(path))
    return data.decode("ascii").strip()
