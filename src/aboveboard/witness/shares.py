"""The guardian's shares on disk, and their destruction.

    <home>/epochs/<contributor>/<epoch>          the signed EpochDeposit, byte for byte as received
    <home>/came/<contributor>/<epoch>            when it first came: µs since 1970 by the guardian's clock, decimal
    <home>/deletions/<sha256 of request>         the signed request, then which epochs it destroys (JSON)

A destruction is first written down, then done; the next start does again what a crash cut short. An epoch that
any record destroys is never taken or given again. Overwriting before removal is a courtesy to plain disks;
on flash and copy-on-write file systems old blocks may live on, sealed to the guardian's key.
"""

from __future__ import annotations

import base64
import os
import re
from dataclasses import dataclass
from pathlib import Path

import msgspec

from aboveboard.core.canonical import canonical, parse_canonical
from aboveboard.core.errors import BadInput, Corrupt, Refused, Unavailable
from aboveboard.core.ids import sha256_hex
from aboveboard.wire.durable import make_folders, read_bounded, remove_durable, sync_folder, write_all, write_durable

DEPOSIT_BYTES_MAX = 16 << 10
RECORD_BYTES_MAX = 1 << 20
EPOCHS_PER_CONTRIBUTOR_MAX = 1000
CONTRIBUTORS_MAX = 1_000_000
NAME = re.compile(r"[0-9a-f]{32}")


class Destruction(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """request: base64 of the signed DeletionRequest; epochs: what it destroys, decided when it first came."""

    contributor: str
    epochs: tuple[str, ...]
    request: str


@dataclass(frozen=True, slots=True)
class Counts:
    epochs_held: int
    epochs_destroyed: int


class Shares:
    """Not for several threads or processes at once: the caller locks."""

    def __init__(self, home: Path) -> None:
        """Finishes destructions that a crash cut short."""
        self.home = home
        self._epochs, self._deletions, self._came = home / "epochs", home / "deletions", home / "came"
        make_folders(self._epochs, 0o700)
        make_folders(self._came, 0o700)
        make_folders(self._deletions, 0o700)
        self._destroyed: set[tuple[str, str]] = set()
        for path in sorted(self._deletions.glob("[0-9a-f]*")):
            self._carry_out(_read_destruction(path))

    def _path(self, contributor: str, epoch: str) -> Path:
        if not NAME.fullmatch(contributor) or not NAME.fullmatch(epoch):
            raise BadInput("contributor and epoch are 32 lower-case hex digits")
        return self._epochs / contributor / epoch

    def get(self, contributor: str, epoch: str) -> bytes:
        """Raises Refused when there is none, or it was destroyed."""
        path = self._path(contributor, epoch)
        if (contributor, epoch) in self._destroyed:
            raise Refused(
                "destroyed", "this share was destroyed at the person's own request: nothing can bring it back"
            )
        data = read_bounded(path, DEPOSIT_BYTES_MAX)
        if data is None:
            raise Refused("no_share", "the guardian holds no share of this epoch: the laptop has not deposited it yet")
        return data

    def came_us(self, contributor: str, epoch: str) -> int:
        """When the epoch's share first came. Raises Corrupt when that is not written down."""
        path = self._came / contributor / epoch
        data = read_bounded(path, 32)
        if data is None or not data.isdigit():
            raise Corrupt(f"{path} can't be read: restore the guardian's folder, or shares could be given for too long")
        return int(data)

    def expire(self, contributor: str, epoch: str) -> None:
        """Its days of keeping are over. When it came stays written: the same share brought anew is as old."""
        _shred(self._path(contributor, epoch))

    def put(self, contributor: str, epoch: str, deposit: bytes, now_us: int) -> bool:
        """Durable when it returns; False when the same was there. Raises Refused for a destroyed epoch or another
        deposit in its place (mixing two splits would make the key unreadable)."""
        path = self._path(contributor, epoch)
        if (contributor, epoch) in self._destroyed:
            raise Refused("destroyed", "this epoch's share was destroyed at the person's own request: use a new epoch")
        known = read_bounded(path, DEPOSIT_BYTES_MAX)
        if known is not None:
            if known != deposit:
                raise Refused("other_deposit", "another deposit of this epoch is here: use a new epoch")
            return False
        folder = path.parent
        if not folder.exists() and sum(1 for _ in os.scandir(self._epochs)) >= CONTRIBUTORS_MAX:
            raise Unavailable("the guardian is full")
        make_folders(folder, 0o700)
        if sum(1 for _ in os.scandir(folder)) >= EPOCHS_PER_CONTRIBUTOR_MAX:
            raise Refused("too_many", f"a person has {EPOCHS_PER_CONTRIBUTOR_MAX} epochs at most")
        came = self._came / contributor / epoch
        if not came.exists():
            make_folders(came.parent, 0o700)
            write_durable(came, str(now_us).encode("ascii"), 0o600)
        write_durable(path, deposit, 0o600)
        return True

    def held(self, contributor: str) -> list[str]:
        """The epochs whose shares are here."""
        folder = self._path(contributor, "0" * 32).parent
        return sorted(path.name for path in folder.glob("*") if NAME.fullmatch(path.name)) if folder.is_dir() else []

    def everyone(self) -> list[str]:
        """The contributors of whom a share is here, or was."""
        return sorted(each.name for each in os.scandir(self._epochs) if NAME.fullmatch(each.name))

    def destroy(self, contributor: str, epochs: list[str] | None, request: bytes) -> list[str]:
        """Destroys these epochs' shares (None: all that are here) for good, whether here or not; durable when it
        returns. The same request again does nothing more: it can't reach epochs that came later."""
        record = self._deletions / sha256_hex(request)
        if record.exists():
            return list(_read_destruction(record).epochs)
        names = self.held(contributor) if epochs is None else sorted(set(epochs))
        for epoch in names:
            self._path(contributor, epoch)
        destruction = Destruction(contributor, tuple(names), base64.b64encode(request).decode("ascii"))
        write_durable(record, canonical(msgspec.to_builtins(destruction)), 0o600)
        self._carry_out(destruction)
        return names

    def _carry_out(self, destruction: Destruction) -> None:
        for epoch in destruction.epochs:
            self._destroyed.add((destruction.contributor, epoch))
            _shred(self._path(destruction.contributor, epoch))

    def counts(self) -> Counts:
        held = sum(1 for folder in os.scandir(self._epochs) for each in os.scandir(folder) if NAME.fullmatch(each.name))
        return Counts(held, len(self._destroyed))


def _shred(path: Path) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY)
    except (FileNotFoundError, NotADirectoryError):
        return
    except OSError as error:
        raise Unavailable(f"can't destroy {path}: {error.strerror}") from error
    try:
        write_all(descriptor, bytes(os.fstat(descriptor).st_size))
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    remove_durable(path)
    sync_folder(path.parent)


def _read_destruction(path: Path) -> Destruction:
    data = read_bounded(path, RECORD_BYTES_MAX)
    try:
        return msgspec.convert(parse_canonical(data or b"", str(path), RECORD_BYTES_MAX), Destruction)
    except (BadInput, msgspec.ValidationError) as error:
        raise Corrupt(
            f"{path} can't be read: restore the guardian's folder, or destroyed shares could return"
        ) from error
