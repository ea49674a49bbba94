"""What counts as a plain word: loaded on first use, held as text buckets (about 1 MB), never as a big set.

A word stays readable when the dictionary lists it in lower case, or when our interface list has it. The
dictionary is /usr/share/dict/words where present (Debian `wamerican`: 63,000 lower-case words), otherwise the
14,000 words shipped with the package: fewer words means more is masked, never less.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property
from importlib import resources
from pathlib import Path

SYSTEM_DICTIONARY = Path("/usr/share/dict/words")
_DICTIONARY_BYTES_MAX = 16 << 20
_DICTIONARY_WORDS_MIN = 10_000


def word_set(text: str) -> frozenset[str]:
    """The words of a text that lists them, for short lists inside a module."""
    return frozenset(text.split())


class WordSet:
    """Membership in a big set of lower-case words: one string per first three letters, searched as text."""

    def __init__(self, words: Iterable[str]) -> None:
        self._buckets: dict[str, bytearray] = {}
        for word in words:
            self._buckets.setdefault(word[:3], bytearray(b"\n")).extend(word.encode() + b"\n")

    def __contains__(self, word: str) -> bool:
        return b"\n%b\n" % word.encode("utf-8", "replace") in self._buckets.get(word[:3], b"")

    def __len__(self) -> int:
        return sum(bucket.count(b"\n") - 1 for bucket in self._buckets.values())


def _shipped(name: str) -> list[str]:
    text = resources.files("aboveboard.redact").joinpath("lists", name).read_text(encoding="utf-8")
    return text.splitlines()


class Words:
    """The lists, each read when first asked for; shared by all redactors of a process, with nothing of a session."""

    def __init__(self, dictionary: Path | None = SYSTEM_DICTIONARY) -> None:
        self._dictionary = dictionary

    @cached_property
    def english(self) -> WordSet:
        """The system's dictionary; the shipped words where there is none, or none that can be read."""
        if self._dictionary is not None:
            try:
                if self._dictionary.stat().st_size <= _DICTIONARY_BYTES_MAX:
                    with self._dictionary.open(encoding="utf-8") as lines:
                        words = WordSet(
                            word for line in lines if (word := line.rstrip("\n")).islower() and word.isalpha()
                        )
                    if len(words) >= _DICTIONARY_WORDS_MIN:
                        return words
            except (OSError, UnicodeDecodeError):
                pass  # the shipped words serve
        return WordSet(_shipped("common.txt"))

    @cached_property
    def interface(self) -> frozenset[str]:
        lines = (line for line in _shipped("interface.txt") if not line.startswith("#"))
        return frozenset(word.lower() for line in lines for word in line.split())

    @cached_property
    def _names(self) -> dict[str, frozenset[str]]:
        sections: dict[str, list[str]] = {"#given": [], "#family": []}
        into: list[str] = []
        for line in _shipped("names.txt"):
            if line in sections:
                into = sections[line]
            elif not line.startswith("#"):
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

    @cached_property
    def health(self) -> tuple[str, ...]:
        return tuple(line.strip() for line in _shipped("health.txt") if line.strip() and not line.startswith("#"))

    def plain(self, word: str) -> bool:
        """word: lower case. True when it may stay readable."""
        return word in self.interface or word in self.english


WORDS = Words()
