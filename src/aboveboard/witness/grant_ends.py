"""Grants that the guardian was told are taken back: <home>/revocations/<grant>.json, the signed word each.

Kept for good, and also of grants it has never seen: the word may come before the grant does.
"""

from __future__ import annotations

from pathlib import Path

from aboveboard.core.charter import Charter
from aboveboard.core.grant_end import SignedGrantRevocation, ended
from aboveboard.core.ids import GrantId
from aboveboard.wire.durable import make_folders, write_durable


class GrantEnds:
    """Safe for several threads."""

    def __init__(self, home: Path) -> None:
        self._folder = home / "revocations"
        make_folders(self._folder, 0o700)

    def take(self, body: bytes, charter: Charter) -> None:
        """Durable when it returns; the same again changes nothing. Raises BadInput, or Refused unless a steward or a
        representative of the charter signed it."""
        signed = SignedGrantRevocation.parse(body)
        path = self._path(signed.check(charter))
        if not path.exists():
            write_durable(path, body, 0o600)

    def check(self, grant: GrantId) -> None:
        """Raises Refused("grant_revoked")."""
        if self._path(grant).exists():
            raise ended()

    def _path(self, grant: GrantId) -> Path:
        return self._folder / f"{grant}.json"
