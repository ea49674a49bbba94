"""Redaction of text: recall by label and language, precision, clean text lost and time, beside three peers in one run.

Two halves of a corpus (tests/redact/corpus): "tuned" was looked at while the detectors were written; the held-out half
has other sentences and other Faker locales, and only its totals were looked at. Both are ours: what other people's text
gives is theirs to measure. A span counts as found when 90 % of its letters and digits are masked, whatever the label.
Times are processor time, so that what else the machine does is not in them.
"""

from __future__ import annotations

import gettext
import random
import re
import statistics
import subprocess
import sys
import time
import warnings
from collections import defaultdict
from pathlib import Path

from aboveboard.redact.redactor import Redactor
from bench.common import Row, arguments, row, tell
from bench.redaction import corpus
from bench.redaction.peers import Find, ours, peers

_BARS = {  # label -> the recall to hold
    "EMAIL": 0.99, "CARD": 0.99, "IBAN": 0.99, "SSN": 0.99, "IP": 0.99, "MAC": 0.99, "PHONE": 0.97,
    "SECRET": 0.95, "PERSON": 0.95, "ADDRESS": 0.8, "DATE_OF_BIRTH": 0.9, "ID": 0.9, "ORGANISATION": 0.8,
}  # fmt: skip
_BY_LANGUAGE = ("PERSON", "ADDRESS")
_CLEAN = corpus.FOLDER / "clean.txt"
_LOOK_ALIKES = corpus.FOLDER / "look_alikes.txt"


def found(line: corpus.Line, start: int, end: int, spans: list[tuple[int, int]]) -> bool:
    wanted = [at for at in range(start, end) if line.text[at].isalnum()]
    hit = sum(any(low <= at < high for low, high in spans) for at in wanted)
    return hit >= 0.9 * len(wanted)


def score(find: Find, lines: list[corpus.Line]) -> tuple[dict[str, float], dict[tuple[str, str], float], float]:
    """Recall by label; by label and language; and the share of what was masked that had to go (letters and digits)."""
    hits: dict[str, list[bool]] = defaultdict(list)
    by_language: dict[tuple[str, str], list[bool]] = defaultdict(list)
    rightly = masked = 0
    for line in lines:
        spans = find(line.text)
        for start, end, label in line.spans:
            hit = found(line, start, end, spans)
            hits[label].append(hit)
            by_language[label, line.language].append(hit)
        marked = {at for start, end in spans for at in range(start, end) if line.text[at].isalnum()}
        wanted = {at for start, end, _ in line.spans for at in range(start, end)}
        masked += len(marked)
        rightly += len(marked & wanted)
    means = {label: statistics.mean(each) for label, each in hits.items()}
    languages = {key: statistics.mean(each) for key, each in by_language.items()}
    return means, languages, rightly / masked if masked else 1.0


def masked_share(find: Find, lines: list[str]) -> float:
    masked = sum(len({at for start, end in find(line) for at in range(start, end)}) for line in lines)
    return masked / sum(map(len, lines))


_MNEMONIC = re.compile(r"(?<![^\W_])_(?=\w)")  # "_Open", not "max_size"


def interface_strings(n: int) -> list[str]:
    """Real buttons, menus and messages: what installed programs hand to their translators."""
    strings: set[str] = set()
    one_language_each = {path.name: path for path in sorted(Path("/usr/share").glob("locale*/*/LC_MESSAGES/*.mo"))}
    for path in one_language_each.values():
        if path.name.startswith("iso_"):
            continue  # names of places and of languages, no words of an interface
        try:
            with path.open("rb") as stream:
                catalogue = vars(gettext.GNUTranslations(stream))["_catalog"]
        except (UnicodeDecodeError, IndexError):
            continue  # an old catalogue that does not name its encoding, or names its plurals in its own way
        keys = (key if isinstance(key, str) else key[0] for key in catalogue)
        strings |= {
            key.split("\x04")[-1].replace("_", "")
            for key in keys
            if key and len(key) < 80 and not {"%", "\n"} & set(key)
        }
    return random.Random(1).sample(sorted(strings), min(n, len(strings)))


def microseconds(find: Find, lines: list[str]) -> list[float]:
    taken = []
    for line in lines:
        begun = time.process_time()
        find(line)
        taken.append((time.process_time() - begun) * 1e6)
    return sorted(taken)


_PROBE = """
import re, time
begun = time.process_time()
from aboveboard.redact.redactor import Redactor
redactor = Redactor(b"x" * 16)
redactor.text("Dear Karen, call +44 7912 345678 or 2025 550 199 about 12 Elm Street")
taken = time.process_time() - begun
for line in open("tests/redact/corpus/tuned.jsonl", encoding="utf-8"):
    redactor.text(line)
kb = re.search(r"Pss:\\s+(\\d+)", open("/proc/self/smaps_rollup").read())[1]
print(taken * 1000, int(kb) / 1024)
"""


def start_up() -> tuple[float, float]:
    """(ms from import to the first line; MB of the whole process after the tuned half), in a process of its own."""
    said = subprocess.run([sys.executable, "-c", _PROBE], check=True, capture_output=True, text=True).stdout.split()
    return float(said[0]), float(said[1])


def quality(find: Find, beside: dict[str, Find], lines: list[corpus.Line], half: str) -> list[Row]:
    rows = []
    means, languages, precision = score(find, lines)
    for label, bar in _BARS.items():
        rows.append(row(f"{half}: recall {label}", means[label], "share", target=f">= {bar}"))
    for (label, language), mean in sorted(languages.items()):
        if label in _BY_LANGUAGE:
            rows.append(row(f"{half}: recall {label}, {language}", mean, "share"))
    rows.append(row(f"{half}: precision, by characters", precision, "share"))
    for name, peer in beside.items():
        theirs, _, their_precision = score(peer, lines)
        rows += [
            row(f"{half}: recall {label}", means[label], "share", peer=theirs[label], peer_name=name) for label in _BARS
        ]
        rows.append(row(f"{half}: precision, by characters", precision, "share", peer=their_precision, peer_name=name))
    return rows


def clean_text(find: Find, beside: dict[str, Find], quick: bool) -> list[Row]:
    rows = []
    kinds = {"prose": (_CLEAN.read_text(encoding="utf-8").splitlines(), 0.05)}
    strings = interface_strings(300 if quick else 2000)
    if strings:
        kinds[f"interface, {len(strings)} strings"] = (strings, 0.03)
    for kind, (lines, bar) in kinds.items():
        share = masked_share(find, lines)
        rows.append(row(f"clean characters masked, {kind}", share, "share", target=f"<= {bar}"))
        rows += [
            row(f"clean characters masked, {kind}", share, "share", peer=masked_share(peer, lines), peer_name=name)
            for name, peer in beside.items()
        ]
    look_alikes = _LOOK_ALIKES.read_text(encoding="utf-8").splitlines()
    flagged = [any("SECRET" in span.label for span in Redactor(b"x" * 16).text(text).spans) for text in look_alikes]
    rows.append(row("look-alikes called SECRET", statistics.mean(flagged), "share", target="<= 0.1"))
    return rows


def speed(beside: dict[str, Find], lines: list[str]) -> list[Row]:
    session = Redactor(b"bench" * 4)
    taken = microseconds(lambda line: [span[:2] for span in session.text(line).spans], lines)
    p50, p99 = statistics.median(taken), taken[int(len(taken) * 0.99)]
    rows = [
        row("time a line, median", p50, "us", target="<= 200"),
        row("time a line, 99th percentile", p99, "us", target="<= 5000"),
    ]
    for name, peer in beside.items():
        theirs = microseconds(peer, lines)
        limit = "<= 1" if name.startswith("presidio") else ""
        their_p50, their_p99 = statistics.median(theirs), theirs[int(len(theirs) * 0.99)]
        rows.append(row("time a line, median", p50, "us", peer=their_p50, peer_name=name, target=limit))
        rows.append(row("time a line, 99th percentile", p99, "us", peer=their_p99, peer_name=name, target=limit))
    return rows


def main() -> None:
    args = arguments(__doc__.splitlines()[0])
    warnings.simplefilter("ignore")  # the peers' own
    ms, megabytes = min(start_up() for _ in range(3))
    beside = peers()
    rows: list[Row] = []
    lines: list[str] = _CLEAN.read_text(encoding="utf-8").splitlines()
    for half in ("held_out", "tuned"):
        cases = corpus.load(half)
        if args.quick:
            cases = random.Random(3).sample(cases, len(cases) // 3)
        rows += quality(ours(), beside, cases, half.replace("_", "-"))
        lines += [case.text for case in cases]
    rows += clean_text(ours(), beside, args.quick)
    random.Random(2).shuffle(lines)
    rows += speed(beside, lines)
    rows.append(row("from import to the first line", ms, "ms", target="<= 150"))
    rows.append(row("memory of the whole process (PSS)", megabytes, "MB", target="<= 60"))
    tell(rows, args.json)


if __name__ == "__main__":
    main()
