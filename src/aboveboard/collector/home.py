"""The collector's own folder: its keys in files that only it may read, the vault's wrapped by the master key."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import pyrage

from aboveboard.collector.masterkey import (
    make_master_key,
    open_master_key,
    read_secret,
    unwrap_vault,
    wrap_vault,
)
from aboveboard.core.errors import BadInput
from aboveboard.core.signing import SigningKey
from aboveboard.wire.durable import make_folders, write_durable

MAKE = "make the keys with `aboveboard collector init`"


@dataclass(frozen=True, slots=True, repr=False)
class Keys:
    """log: signs checkpoints and promises; vault: the age identity that this side's shares are sealed to."""

    log: SigningKey
    vault: pyrage.x25519.Identity


def make_home(home: Path, name: str, master_key: str = "") -> Keys:
    """New keys in a new folder. Raises BadInput when there are keys already: they must never be overwritten."""
    keys = Keys(SigningKey.generate(name), pyrage.x25519.Identity.generate())
    write_home(home, keys, master_key)
    return keys


def write_home(home: Path, keys: Keys, master_key: str = "") -> None:
    """master_key: as in masterkey.py; "" makes a new one in the home."""
    if (home / "log.key").exists() or (home / "vault.json").exists():
        raise BadInput("holds keys already; take another folder", str(home))
    make_folders(home, 0o700)
    if not master_key and not (home / "master.key").exists():
        make_master_key(home / "master.key")
    wrap_vault(home / "vault.json", str(keys.vault), open_master_key(master_key, home))
    write_durable(home / "log.key", keys.log.encode().encode() + b"\n", 0o600)


def read_home(home: Path, master_key: str = "") -> Keys:
    """Raises BadInput when keys are missing, unreadable, or readable by others; Refused when the master key is another;
    Unavailable when it can't be asked."""
    log = read_log_key(home)
    identity = unwrap_vault(home / "vault.json", open_master_key(master_key, home))
    return Keys(log, pyrage.x25519.Identity.from_str(identity))


def read_log_key(home: Path) -> SigningKey:
    """Without the vault. Raises BadInput."""
    return SigningKey.decode(read_secret(home / "log.key", MAKE))


def rekey(home: Path, old: str, new: str) -> None:
    """Wraps the vault anew under another master key. The old one then opens nothing here; old copies it still does."""
    identity = unwrap_vault(home / "vault.json", open_master_key(old, home))
    wrap_vault(home / "vault.json", identity, open_master_key(new, home))
