"""Patterns that are compiled when first used: most runs never need most of them, and a start should be quick."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterator
from functools import cached_property


class Late:
    """What `re.compile(source, flags)` gives, made on the first search."""

    def __init__(self, source: str, flags: int = 0) -> None:
        self._source, self._flags = source, flags

    @cached_property
    def _made(self) -> re.Pattern[str]:
        return re.compile(self._source, self._flags)

    def finditer(self, text: str, start: int = 0, end: int = sys.maxsize) -> Iterator[re.Match[str]]:
        return self._made.finditer(text, start, end)

    def search(self, text: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        return self._made.search(text, start, end)

    def match(self, text: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        return self._made.match(text, start, end)

    def fullmatch(self, text: str, start: int = 0, end: int = sys.maxsize) -> re.Match[str] | None:
        return self._made.fullmatch(text, start, end)

    def sub(self, made: Callable[[re.Match[str]], str], text: str) -> str:
        return self._made.sub(made, text)
