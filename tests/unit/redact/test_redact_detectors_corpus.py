"""The corpus of our own making: recall by label on both halves, clean text and look-alikes; see bench/redact.py."""

from __future__ import annotations

import json
from collections import defaultdict
from pathlib import Path

import pytest

from aboveboard.redact.redactor import Redactor

FOLDER = Path(__file__).parents[2] / "redact" / "corpus"
BARS = {
    "EMAIL": 0.99, "CARD": 0.99, "IBAN": 0.99, "SSN": 0.99, "IP": 0.99, "MAC": 0.99, "PHONE": 0.97, "SECRET": 0.95,
    "PERSON": 0.95, "ADDRESS": 0.8, "DATE_OF_BIRTH": 0.95, "ID": 0.95,
}  # fmt: skip


@pytest.mark.parametrize("half", ["tuned", "held_out"])
def test_recall_by_label(half: str) -> None:
    hits: dict[str, list[bool]] = defaultdict(list)
    for raw in (FOLDER / f"{half}.jsonl").read_text(encoding="utf-8").splitlines():
        line = json.loads(raw)
        text: str = line["text"]
        masked = {at for span in Redactor(b"k" * 16).text(text).spans for at in range(span.start, span.end)}
        for start, end, label in line["spans"]:
            wanted = [at for at in range(start, end) if text[at].isalnum()]
            hits[label].append(sum(at in masked for at in wanted) >= 0.9 * len(wanted))
    recall = {label: sum(each) / len(each) for label, each in hits.items()}
    assert {label: recall[label] for label, bar in BARS.items() if recall[label] < bar} == {}


def test_clean_text_stays_in_every_language() -> None:
    lines = (FOLDER / "clean.txt").read_text(encoding="utf-8").splitlines()
    redactor = Redactor(b"k" * 16)
    masked = sum(span.end - span.start for line in lines for span in redactor.text(line).spans)
    assert masked <= 0.02 * sum(map(len, lines))


def test_at_most_a_tenth_of_look_alikes_is_called_secret() -> None:
    lines = (FOLDER / "look_alikes.txt").read_text(encoding="utf-8").splitlines()
    flagged = [line for line in lines if any("SECRET" in span.label for span in Redactor(b"k" * 16).text(line).spans)]
    assert len(flagged) <= len(lines) / 10, flagged
