"""What representatives and stewards say about a policy: kept with it, in order, for everyone to read.

A comment decides nothing and is no signature; the server vouches for who wrote it, by the account it was written with.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import msgspec

from aboveboard.core.errors import BadInput, Refused
from aboveboard.core.ids import PolicyId
from aboveboard.portal.folder import Folder
from aboveboard.ui.language import message

TEXT_MAX = 4000
SHOWN_MAX = 25  # of a thread on one page: a page stays one, however long they are
THREAD_MAX = 200
POLICIES_MAX = 1000
THREAD_BYTES_MAX = 8 << 20


class Comment(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """at_us: since 1970; shown as a day."""

    author: str
    role: Literal["representative", "steward"]
    at_us: int
    text: str


class Part(msgspec.Struct, frozen=True):
    """Of a thread, oldest first. first: the number of the first of these, so that what is before it can be asked for; 0
    when nothing is."""

    comments: tuple[Comment, ...]
    first: int


class Comments:
    """A thread a policy."""

    def __init__(self, path: Path) -> None:
        self._folder = Folder(path, files_max=POLICIES_MAX, bytes_max=THREAD_BYTES_MAX)

    def of(self, policy: PolicyId) -> tuple[Comment, ...]:
        """Oldest first."""
        data = self._folder.get(policy)
        return () if data is None else msgspec.json.decode(data, type=tuple[Comment, ...])

    def part(self, policy: PolicyId, before: str) -> Part:
        """The newest, or those before the one of this number. Raises BadInput for what is no number."""
        known = self.of(policy)
        if before and not (before.isascii() and before.isdigit() and len(before) < 9):
            raise BadInput(message("a comment has a number"))
        end = min(int(before), len(known)) if before else len(known)
        first = max(0, end - SHOWN_MAX)
        return Part(known[first:end], first)

    def add(self, policy: PolicyId, comment: Comment) -> None:
        """Durable when it returns. Raises BadInput for none or too long a text, Refused when the thread is full."""
        if not comment.text.strip() or len(comment.text) > TEXT_MAX:
            raise BadInput(message("a comment has from 1 to 4,000 characters"))
        with self._folder.lock:
            known = self.of(policy)
            if len(known) >= THREAD_MAX:
                raise Refused("full", message("this thread is full"))
            self._folder.put(policy, msgspec.json.encode((*known, comment)))
