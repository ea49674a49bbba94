"""What counts as a plain word, in which languages, and as whose name.

The lexicon is one sorted text file of which only the block that is asked for is read, where it lies: it costs no
start-up and next to no memory, which a mapping did once it had been looked through. It comes with the package, so that
the same text gives the same result on every machine. How it is made: lists/README.md.
"""

from __future__ import annotations

import os
import weakref
from bisect import bisect_right
from functools import cached_property, lru_cache
from pathlib import Path

_BLOCK_BYTES = 4096
_LISTS = Path(__file__).parent / "lists"

# The letter that stands for a language in the lexicon. "G" and "F" there: a given name, a family
# name; "H": a rare name that is an English word.
CODES = {
    "en": "e", "de": "d", "fr": "f", "es": "s", "it": "t", "nl": "n", "pl": "p", "pt": "b", "sv": "v", "da": "a",
    "no": "o", "cs": "k", "ru": "r", "uk": "u", "el": "l", "tr": "y", "hu": "m", "fi": "w", "ro": "c", "ar": "x",
    "ja": "j", "zh": "z", "ko": "q",
}  # fmt: skip


def word_set(text: str) -> frozenset[str]:
    """The words of a text that lists them, for short lists inside a module."""
    return frozenset(text.split())


class Lexicon:
    """Words of a file of lines "word TAB codes", sorted by their UTF-8 bytes. Looked up in two steps: which block of
    the file, by the blocks' first lines, then a search for the line in the block."""

    def __init__(self, path: Path) -> None:
        # Stays open: another version of it is another file.
        self._file = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
        weakref.finalize(self, os.close, self._file)
        with path.open("rb") as stream:
            size = stream.seek(0, os.SEEK_END)
            self._starts, self._firsts = [0], list[bytes]()
            while True:
                stream.seek(self._starts[-1])
                self._firsts.append(stream.readline().rstrip(b"\n"))
                stream.seek(self._starts[-1] + _BLOCK_BYTES)
                stream.readline()
                if stream.tell() >= size:
                    break
                self._starts.append(stream.tell())
        self._starts.append(size)

    def codes(self, word: str) -> str:
        """word: in lower case. The letters of its languages and kinds, "" for a word that is not listed."""
        wanted = word.encode("utf-8", "replace") + b"\t"
        # In the file as in here a tab comes before every letter, so that a word's line is never before its block.
        block = bisect_right(self._firsts, wanted + b"\xff") - 1
        if block < 0:
            return ""
        start = self._starts[block]
        if self._firsts[block].startswith(wanted):
            return self._firsts[block][len(wanted) :].decode()
        lines = os.pread(self._file, self._starts[block + 1] - start, start)
        at = lines.find(b"\n" + wanted)
        if at < 0:
            return ""
        return lines[at + 1 + len(wanted) : lines.find(b"\n", at + 1)].decode()


def _shipped(name: str) -> list[str]:
    return (_LISTS / name).read_text(encoding="utf-8").splitlines()


class Words:
    """The lists, each opened when first asked for; shared by all redactors of a process, with nothing of a session."""

    @cached_property
    def lexicon(self) -> Lexicon:
        return Lexicon(_LISTS / "lexicon.txt")

    @cached_property
    def interface(self) -> frozenset[str]:
        """Words of interfaces that no dictionary lists in lower case."""
        lines = (line for line in _shipped("interface.txt") if not line.startswith("#"))
        return frozenset(word.lower() for line in lines for word in line.split())

    @cached_property
    def _names(self) -> dict[str, frozenset[str]]:
        sections: dict[str, list[str]] = {}
        for line in _shipped("names.txt"):
            if line.startswith("#"):
                into = sections.setdefault(line.split()[0], [])
            else:
                into.extend(line.lower().split())
        return {name: frozenset(words) for name, words in sections.items()}

    @property
    def given(self) -> frozenset[str]:
        """Given names that are also plain words ("mark", "rose")."""
        return self._names["#given"]

    @property
    def family(self) -> frozenset[str]:
        """Family names that are also plain words ("baker", "young")."""
        return self._names["#family"]

    @property
    def names_first(self) -> frozenset[str]:
        """Words that are a name nearly always when capitalised ("peter")."""
        return self._names["#first"]

    @cached_property
    def health(self) -> tuple[str, ...]:
        return tuple(line.strip() for line in _shipped("health.txt") if line.strip() and not line.startswith("#"))

    def plain(self, word: str) -> bool:
        """word: lower case. True when a dictionary or the interface list has it."""
        return word in self.interface or any(code.islower() for code in codes(word))


WORDS = Words()


@lru_cache(maxsize=16_384)
def codes(word: str) -> str:
    """word: lower case. Its letters in the lexicon; see CODES."""
    return WORDS.lexicon.codes(word)
