"""Two texts word by word: what stays, what goes, what comes. Bounded, whatever is handed in."""

from __future__ import annotations

import difflib
import re
from typing import Literal, TypeAlias

Piece: TypeAlias = tuple[Literal["same", "gone", "new"], str]
WORDS_MAX = 2000  # of one changed passage; beyond that it is shown as a whole
LINES_MAX = 4000
_WORD = re.compile(r"\s+|[^\s]+")


def word_difference(old: str, new: str) -> list[Piece]:
    """Pieces in reading order; all but the "gone" ones make `new`, all but the "new" ones `old`."""
    before, after = old.splitlines(keepends=True), new.splitlines(keepends=True)
    if len(before) + len(after) > LINES_MAX:
        return _joined([("gone", old), ("new", new)])
    found: list[Piece] = []
    for what, i, j, k, n in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        gone, come = "".join(before[i:j]), "".join(after[k:n])
        found += [("same", come)] if what == "equal" else _words(gone, come)
    return _joined(found)


def _words(old: str, new: str) -> list[Piece]:
    before, after = _WORD.findall(old), _WORD.findall(new)
    if len(before) + len(after) > WORDS_MAX:
        return [("gone", old), ("new", new)]
    found: list[Piece] = []
    for what, i, j, k, n in difflib.SequenceMatcher(None, before, after, autojunk=False).get_opcodes():
        if what == "equal":
            found.append(("same", "".join(after[k:n])))
        else:
            found += [("gone", "".join(before[i:j])), ("new", "".join(after[k:n]))]
    return found


def _joined(pieces: list[Piece]) -> list[Piece]:
    out: list[Piece] = []
    for kind, text in pieces:
        if out and out[-1][0] == kind:
            out[-1] = (kind, out[-1][1] + text)
        elif text:
            out.append((kind, text))
    return out
