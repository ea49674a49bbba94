"""The policies that the guardian has seen in the log: <home>/policies/<id>.json, so that it knows by itself how long
each share may be kept.

They come with releases, and from anybody who brings one with its proof: laptops do when they deposit.
"""

from __future__ import annotations

from pathlib import Path

from aboveboard.core.errors import BadInput, Corrupt
from aboveboard.core.ids import PolicyId
from aboveboard.core.policy import Policy
from aboveboard.wire.durable import make_folders, read_bounded, write_durable

POLICY_BYTES_MAX = 2 << 20


class Policies:
    """Not for several threads or processes at once: the caller locks."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "policies"
        make_folders(self._folder, 0o700)

    def keep(self, policy: Policy, data: bytes) -> None:
        """policy: verified by the caller; data: its bytes. Durable when it returns."""
        path = self._path(policy.policy_id)
        if not path.exists():
            write_durable(path, data, 0o600)

    def get(self, policy: PolicyId) -> Policy | None:
        """None for one that was never seen. Raises Corrupt."""
        data = read_bounded(self._path(policy), POLICY_BYTES_MAX)
        if data is None:
            return None
        try:
            found = Policy.parse(data)
        except BadInput as error:
            raise Corrupt(f"{self._path(policy)} can't be read: restore the guardian's folder") from error
        if found.policy_id != policy:
            raise Corrupt(f"{self._path(policy)} is another policy: restore the guardian's folder")
        return found

    def _path(self, policy: str) -> Path:
        return self._folder / f"{policy}.json"
