"""Labelled spans of a text, and how overlapping findings become one.

Offsets are Unicode code points into the text as given; a span holds text[start:end].
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, NamedTuple, TypeAlias

Label: TypeAlias = Literal[
    "EMAIL", "PHONE", "CARD", "IBAN", "SSN", "ID", "IP", "MAC", "URL_SECRET", "SECRET",
    "PERSON", "ADDRESS", "DATE_OF_BIRTH", "ORGANISATION", "HEALTH", "NUMBER",
]  # fmt: skip

# Strongest first: where findings overlap, the union keeps the strongest label.
STRENGTH: tuple[Label, ...] = (
    "URL_SECRET", "SECRET", "EMAIL", "IBAN", "CARD", "SSN", "MAC", "IP", "ADDRESS", "DATE_OF_BIRTH", "PHONE",
    "ORGANISATION", "HEALTH", "ID", "NUMBER", "PERSON",
)  # fmt: skip
_RANK = {label: rank for rank, label in enumerate(STRENGTH)}

# A typed text that was a fragment of one of these is masked whole, even when the rest was deleted again.
SENSITIVE: frozenset[Label] = frozenset({"SECRET", "URL_SECRET", "CARD", "IBAN", "SSN"})


class Span(NamedTuple):
    """text[start:end] is of the kind `label`."""

    start: int
    end: int
    label: Label


@dataclass(frozen=True, slots=True)
class Redaction:
    """The text with placeholders, and what was replaced: spans of the *original*, in order, never overlapping."""

    text: str
    spans: tuple[Span, ...]


_DIGIT = re.compile(r"\d")


def has_digit(text: str) -> bool:
    """Most lines have none, and need no search for numbers."""
    return _DIGIT.search(text) is not None


def merge(found: Iterable[Span]) -> list[Span]:
    """Findings in any order, overlapping or not -> disjoint spans in order. Overlapping ones become their union:
    to cover too much is safe, a remainder of an identifier is not."""
    merged: list[Span] = []
    for span in sorted(found):
        if span.end <= span.start:
            continue
        if merged and span.start < merged[-1].end:
            last = merged[-1]
            label = last.label if _RANK[last.label] <= _RANK[span.label] else span.label
            merged[-1] = Span(last.start, max(last.end, span.end), label)
        else:
            merged.append(span)
    return merged


def free(found: Iterable[Span], taken: list[Span]) -> list[Span]:
    """The findings that touch none of `taken`, which is in order and disjoint."""
    rest: list[Span] = []
    at = 0
    for span in sorted(found):
        while at < len(taken) and taken[at].end <= span.start:
            at += 1
        if at == len(taken) or taken[at].start >= span.end:
            rest.append(span)
    return rest
