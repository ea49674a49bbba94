"""Makes tests/redact/corpus: `python -m bench.redaction.corpus`. Deterministic for one version of Faker.

Each line of tuned.jsonl and held_out.jsonl: {"text", "spans": [[start, end, label], ...], "language"}. Offsets count
code points.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aboveboard.redact.spans import Label, Span
from bench.redaction import templates
from bench.redaction.values import Values

FOLDER = Path(__file__).parents[2] / "tests" / "redact" / "corpus"
_SLOT = re.compile(r"\{\{|\}\}|\{(\w+)\}")
_LABELS: dict[str, Label] = {
    "person": "PERSON", "person_lower": "PERSON", "person_upper": "PERSON", "person_reversed": "PERSON",
    "title_person": "PERSON", "given": "PERSON", "family": "PERSON", "email": "EMAIL", "phone": "PHONE",
    "card": "CARD", "iban": "IBAN", "ssn": "SSN", "ip": "IP", "mac": "MAC", "secret": "SECRET", "password": "SECRET",
    "address": "ADDRESS", "birth": "DATE_OF_BIRTH", "id": "ID", "firm": "ORGANISATION",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Line:
    """A line of text, what has to go from it, and whose names and forms it has ("de", or "en" for English)."""

    text: str
    spans: tuple[Span, ...]
    language: str


def fill(template: str, values: Values, language: str) -> Line:
    """Fills each slot; a span is exactly what was filled in."""
    out = ""
    spans: list[Span] = []
    at = 0
    for slot in _SLOT.finditer(template):
        out += template[at : slot.start()]
        at = slot.end()
        name = slot.group(1)
        if name is None:
            out += slot.group()[0]
            continue
        before, value = values.make(name)
        out += before
        spans.append(Span(len(out), len(out) + len(value), _LABELS[name]))
        out += value
    return Line(out + template[at:], tuple(spans), language)


def make(*, held_out: bool, rounds: int) -> Iterator[Line]:
    """rounds: how often each sentence is filled for each locale."""
    rng = random.Random(7211 if held_out else 1127)
    locales = templates.HELD_OUT_LOCALES if held_out else templates.TUNED_LOCALES
    common = templates.HELD_OUT if held_out else templates.TUNED
    by_language = templates.HELD_OUT_BY_LANGUAGE if held_out else templates.TUNED_BY_LANGUAGE
    for locale in locales:
        values = Values(locale, rng)
        language = locale[:2]
        for template in (*common, *by_language.get(language, ()) * 4):
            for _ in range(rounds * (3 if language == "en" else 1)):
                yield fill(template, values, language)


def load(name: str) -> list[Line]:
    """name: "tuned" or "held_out"."""
    lines = (json.loads(raw) for raw in (FOLDER / f"{name}.jsonl").read_text(encoding="utf-8").splitlines())
    return [Line(line["text"], tuple(Span(*span) for span in line["spans"]), line["language"]) for line in lines]


def main() -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, held_out in (("tuned", False), ("held_out", True)):
        lines = [
            json.dumps({"text": line.text, "spans": line.spans, "language": line.language}, ensure_ascii=False)
            for line in make(held_out=held_out, rounds=1)
        ]
        (FOLDER / f"{name}.jsonl").write_text("\n".join(lines) + "\n", encoding="utf-8")
        print(f"{name}: {len(lines)} lines")


if __name__ == "__main__":
    main()
