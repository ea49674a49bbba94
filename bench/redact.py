"""Redaction of text: recall by label, clean text lost, and time, beside six regular expressions in the same run.

The corpus is generated here, from lists and templates that the detectors do not read; it is still ours, so read these
figures as a check against getting worse, not as what other people's text would give. A span counts as found when at
least 90 % of its letters and digits are masked, whatever the label.
"""

from __future__ import annotations

import gettext
import random
import re
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from aboveboard.redact.redactor import Redactor
from aboveboard.redact.structured import luhn
from bench.common import Row, arguments, row, tell

_LABELS = {  # label -> the recall to hold
    "EMAIL": 0.99, "CARD": 0.99, "IBAN": 0.99, "SSN": 0.99, "IP": 0.99, "MAC": 0.99, "PHONE": 0.97,
    "SECRET": 0.95, "URL_SECRET": 0.95, "PERSON": 0.95, "ADDRESS": 0.8,
    "DATE_OF_BIRTH": 0.9, "ID": 0.9, "ORGANISATION": 0.8,
}  # fmt: skip

# The peer: what one writes in an afternoon.
_SIX = [
    re.compile(r"[\w.+-]+@[\w-]+\.[\w.]+"),
    re.compile(r"\b(?:\d[ -]?){13,16}\b"),
    re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){3,7}(?: ?[A-Z0-9]{1,3})?\b"),
    re.compile(r"\b\d{3}-\d{2}-\d{4}\b"),
    re.compile(r"(?:\+\d{1,3}[ -]?)?(?:\(\d{1,4}\)[ -]?)?\d{2,4}(?:[ -]\d{2,4}){2,4}\b"),
    re.compile(r"\b(?:\d{1,3}\.){3}\d{1,3}\b"),
]

_GIVEN = """
Aaliyah Agnieszka Ahmed Aisha Alejandro Amara Anders Anh Aoife Ayodele Bartholomew Beatriz Bilal Bronwyn
Caoimhe Chidi Chiara Dariusz Deepika Dmitri Eleftheria Emeka Esra Fatima Fionnuala Florian Giulia Gwendolyn
Hamza Hiroshi Ingrid Ioana Ivana Jamal Jiho Joaquín Kateryna Keisha Kwame Lakshmi Leticia Ludovic Magdalena
Mehmet Mei Mohammed Ngozi Niamh Nikolai Oluwaseun Omar Padraig Priya Quentin Rajesh Rosalind Sanjay Siobhán
Svetlana Tariq Thaddeus Ulrike Valentina Wanjiru Wilhelmina Xiaoming Yasmin Yuki Zeynep Zofia James Robert
Linda Susan Karen Kevin Emily Michael Jennifer David
""".split()  # noqa: SIM905
_FAMILY = """
Abernathy Adeyemi Andersson Bianchi Castellanos Chukwu Dąbrowski Diallo Fernández Fitzgerald Featherstone
García Grigoryan Haddad Hernández Ishikawa Jankowski Johansson Kapoor Kaya Kowalczyk Krishnamurthy Lindqvist
Mbeki McAllister Moreau Müller Nakamura Nguyen O'Sullivan Okonkwo Papadopoulos Petrov Quillfeather Rasmussen
Rossi Schröder Sharma Silva Stojanović Szabó Takahashi Thistlethwaite Vasquez Volkov Wickramasinghe
Winterbourne Yamamoto Yıldız Zhou Zimmermann Smith Johnson Williams Jones Davis Miller Wilson Taylor Thomas
Anderson Harris Thompson
""".split()  # noqa: SIM905
_STREETS = "Birchwood Larkspur Copperfield Wetherby Juniper Saltmarsh Maple Elm High Church Station Victoria".split()  # noqa: SIM905
_TOWNS = "Springfield Riverside Ashford Middleton Brookhaven Kirkwall Lakewood Fairview".split()  # noqa: SIM905
_CONTEXTS = [
    "{}",
    "Please contact {} today.",
    "From: {}",
    "I spoke with {} about the invoice",
    "{} - Mail",
    '"{}"',
    "see {}, thanks",
]
_CLEAN = (
    """
Save the file before you close the window.|The meeting was moved to Thursday afternoon.
Click the blue button to continue.|We shipped 1,250 units in the first quarter, up 12.5% on last year.
The printer on the second floor is out of paper.
Please read the attached report and send your comments by Friday.
Select all rows where the total is greater than 100.
The garden was quiet, and the old house stood empty behind the trees.
Version 2.4.1 fixes a crash when a folder is empty.|Lunch is at 12:30 in the small room; bring your own cup.
He opened the door slowly and listened to the rain.|The budget for 2024-2025 has 14 pages and three tables.
Most people never change the default settings of a program.
Turn left after the bridge, then walk for ten minutes.|Our new office has more light but fewer desks.
The temperature fell to 3 degrees during the night.|An error occurred while loading the page. Try again later.
Results 11 to 20 of about 4,500|if (count > 10) return false;|Copy the selected text to the clipboard
Open recent|New folder|Select all|Find and replace|Undo typing|Print preview|Page setup|Zoom in|Full screen
Sign out|Forgot your password?|Remember me|Add to cart|Proceed to checkout|Apply filters|Sort by date
Mark as read|Move to trash|Keyboard shortcuts|Check for updates|Show hidden files|Line spacing|Insert table
Merge cells|Wrap text|Delete row|Expand the section below and click Submit|Choose an item from the list
Focus into the first text box|Enter the date 03/12/2020
""".strip()
    .replace("\n", "|")
    .split("|")
)
_LOOK_ALIKES = [
    "3f786850e387550fdab836ed7e6dc881de23001b",
    "d41d8cd98f00b204e9800998ecf8427e",
    "550e8400-e29b-41d4-a716-446655440000",
    "/usr/lib/python3/dist-packages/example",
    "com.example.application.MainActivity",
    "abcdefghijklmnopqrstuvwxyz",
    "2026-11-24T12:30:45.123456Z",
    "node_modules/react-dom/index.production.js",
    "TheQuickBrownFoxJumpsOverTheLazyDog",
    "lib_example_v2_final_release_candidate",
    "0123456789abcdef",
    "Password: Required",
    "Enter your token below",
    "sha256 checksum",
    "--option-with-a-rather-long-name=true",
    "https://shop.example/products/garden-chairs",
    "image_2024_11_24_holiday_small.png",
]


@dataclass(frozen=True, slots=True)
class Case:
    """A line and the one span in it that has to go."""

    label: str
    text: str
    start: int
    end: int


def _digits(rng: random.Random, n: int) -> str:
    return "".join(rng.choice("0123456789") for _ in range(n))


def _chars(
    rng: random.Random, n: int, alphabet: str = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
) -> str:
    return "".join(rng.choice(alphabet) for _ in range(n))


def _card(rng: random.Random) -> str:
    body = rng.choice(["4", "51", "55", "37", "6011"])
    body += _digits(rng, (14 if body == "37" else 15) - len(body))
    number = next(body + str(check) for check in range(10) if luhn(body + str(check)))
    gap = rng.choice(["", " ", "-"])
    return gap.join(number[i : i + 4] for i in range(0, len(number), 4))


def _iban(rng: random.Random) -> str:
    country, account = rng.choice(
        [("DE", _digits(rng, 18)), ("GB", _chars(rng, 4, "ABCDWXYZ") + _digits(rng, 14)), ("FR", _digits(rng, 23))]
    )
    check = 98 - int("".join(str(int(char, 36)) for char in account + country + "00")) % 97
    number = f"{country}{check:02d}{account}"
    return " ".join(number[i : i + 4] for i in range(0, len(number), 4)) if rng.random() < 0.5 else number


def _name(rng: random.Random) -> str:
    given, family = rng.choice(_GIVEN), rng.choice(_FAMILY)
    return rng.choice(
        [
            f"{given} {family}",
            given,
            f"{family}, {given}",
            f"{given[0]}. {family}",
            f"{given} {family}-{rng.choice(_FAMILY)}",
        ]
    )


def _phone(rng: random.Random) -> str:
    d = _digits(rng, 10)
    area = rng.choice("23456789") + d[1:3]
    return rng.choice(
        [
            f"({area}) {d[3:6]}-{d[6:]}",
            f"+1 {area} {d[3:6]} {d[6:]}",
            f"{area}-{d[3:6]}-{d[6:]}",
            f"+44 7{d[:3]} {d[3:9]}",
            f"+49 151 {d[:8]}",
            f"0{rng.randrange(1, 6)} {d[:2]} {d[2:4]} {d[4:6]} {d[6:8]}",
            f"030/{d[:7]}",
            f"{area}.{d[3:6]}.{d[6:]}",
            f"+91 9{d[:4]} {d[4:9]}",
        ]
    )


def _address(rng: random.Random) -> str:
    number, street, town = rng.randrange(1, 9999), rng.choice(_STREETS), rng.choice(_TOWNS)
    kind = rng.choice(["Street", "St", "Avenue", "Road", "Lane", "Drive", "Blvd", "Court"])
    return rng.choice(
        [
            f"{number} {street} {kind}",
            f"{number} {street} {kind}, {town}, CA 9{_digits(rng, 4)}",
            f"{number} {street} {kind}, Apt {rng.randrange(1, 99)}",
            f"{street}straße {number % 200}, {_digits(rng, 5)} {town}",
            f"{number % 200} rue de {street}, 7500{rng.randrange(1, 9)} Paris",
            f"Flat {rng.randrange(1, 20)}, {number % 300} {street} {kind}, {town} SW1A 1AA",
            f"P.O. Box {number}",
        ]
    )


def _secret(rng: random.Random) -> str:
    return rng.choice(
        [
            f"ghp_{_chars(rng, 36)}",
            f"AKIA{_chars(rng, 16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}",
            f"xoxb-{_digits(rng, 12)}-{_chars(rng, 24)}",
            f"sk_live_{_chars(rng, 24)}",
            f"AIza{_chars(rng, 35)}",
            f"glpat-{_chars(rng, 20)}",
            f"npm_{_chars(rng, 36)}",
            f"hf_{_chars(rng, 34)}",
            f"eyJhbGciOiJIUzI1NiJ9.{_chars(rng, 60)}.{_chars(rng, 43)}",
            f"SG.{_chars(rng, 22)}.{_chars(rng, 43)}",
            _chars(rng, 40),
        ]
    )


def _date(rng: random.Random) -> str:
    return f"{rng.randrange(1, 13):02d}/{rng.randrange(1, 29):02d}/{rng.randrange(1940, 2005)}"


_MAKERS: dict[str, Callable[[random.Random], str]] = {
    "EMAIL": lambda rng: (
        f"{_chars(rng, 6).lower()}.{rng.choice(_FAMILY).lower()}@{rng.choice(['example.org', 'mail.example.co.uk'])}"
    ),
    "CARD": _card,
    "IBAN": _iban,
    "SSN": lambda rng: f"{rng.randrange(1, 600):03d}-{rng.randrange(1, 99):02d}-{rng.randrange(1, 9999):04d}".replace(
        "666", "665"
    ),
    "IP": lambda rng: (
        ".".join(str(rng.randrange(1, 255)) for _ in range(4))
        if rng.random() < 0.7
        else f"2001:db8::{_chars(rng, 4, '123456789abcdef')}:1"
    ),
    "MAC": lambda rng: rng.choice(":-").join(_chars(rng, 2, "0123456789ABCDEF") for _ in range(6)),
    "PHONE": _phone,
    "SECRET": _secret,
    "URL_SECRET": lambda rng: f"?session={_chars(rng, 24)}&next=%2F",
    "PERSON": _name,
    "ADDRESS": _address,
    "DATE_OF_BIRTH": _date,
    "ID": lambda rng: f"{_chars(rng, 2, 'ABCDEFGH')}-{_digits(rng, 6)}",
    "ORGANISATION": lambda rng: (
        f"{rng.choice(_FAMILY)} {rng.choice(['Holdings', 'Logistics GmbH', 'Widgets Inc.', '& Sons', 'Ltd'])}"
    ),
}
_OWN_CONTEXT = {
    "URL_SECRET": ["https://shop.example/orders{}"],
    "DATE_OF_BIRTH": ["born on {}", "DOB: {}", "Date of birth: {} (given)"],
    "ID": ["order number {}", "Invoice {} is due", "Passport no. {}"],
}


def corpus(seed: int, per_label: int) -> list[Case]:
    rng = random.Random(seed)
    cases = []
    for label, make in _MAKERS.items():
        for _ in range(per_label):
            before, after = rng.choice(_OWN_CONTEXT.get(label, _CONTEXTS)).split("{}")
            value = make(rng)
            cases.append(Case(label, before + value + after, len(before), len(before) + len(value)))
    return cases


def found(case: Case, spans: Iterable[tuple[int, int]]) -> bool:
    wanted = [at for at in range(case.start, case.end) if case.text[at].isalnum()]
    hit = sum(any(start <= at < end for start, end in spans) for at in wanted)
    return hit >= 0.9 * len(wanted)


def ours(text: str) -> list[tuple[int, int]]:
    """A redactor of its own for each line: nothing remembered helps."""
    return [(span.start, span.end) for span in Redactor(b"bench").text(text).spans]


def six(text: str) -> list[tuple[int, int]]:
    return [match.span() for pattern in _SIX for match in pattern.finditer(text)]


def masked_share(find: Callable[[str], list[tuple[int, int]]], lines: list[str]) -> float:
    masked = sum(sum(any(start <= at < end for start, end in find(line)) for at in range(len(line))) for line in lines)
    return masked / sum(map(len, lines))


def interface_strings(n: int) -> list[str]:
    """Real buttons, menus and messages: what installed programs hand to their translators."""
    strings: set[str] = set()
    for name in (
        "gtk30",
        "gtk20",
        "openbox",
        "xdg-user-dirs",
        "gsettings-desktop-schemas",
        "software-properties",
        "PackageKit",
    ):
        for path in sorted(Path("/usr/share").glob(f"locale*/*/LC_MESSAGES/{name}.mo"))[:1]:
            with path.open("rb") as stream:
                catalogue = vars(gettext.GNUTranslations(stream))["_catalog"]
            keys = (key if isinstance(key, str) else key[0] for key in catalogue)
            strings |= {
                key.split("\x04")[-1].replace("_", "") for key in keys if key and len(key) < 80 and "%" not in key
            }
    return random.Random(1).sample(sorted(strings), min(n, len(strings)))


def microseconds(find: Callable[[str], list[tuple[int, int]]], lines: list[str]) -> list[float]:
    taken = []
    for line in lines:
        begun = time.perf_counter()
        find(line)
        taken.append((time.perf_counter() - begun) * 1e6)
    return sorted(taken)


_PROBE = """
import re, time
def resident_kb():
    return int(re.search(r"VmRSS:\\s+(\\d+)", open("/proc/self/status").read())[1])
before = resident_kb()
begun = time.perf_counter()
from aboveboard.redact.redactor import Redactor
Redactor(b"x").text("Dear Karen, call +44 7912 345678 or 2025 550 199 about 12 Elm Street")
print((time.perf_counter() - begun) * 1000, (resident_kb() - before) / 1024)
"""


def start_up() -> tuple[float, float]:
    """(ms from import to the first redacted line, MB that took), in a process of its own."""
    said = subprocess.run([sys.executable, "-c", _PROBE], check=True, capture_output=True, text=True).stdout.split()
    return float(said[0]), float(said[1])


def main() -> None:
    args = arguments(__doc__.splitlines()[0])
    cases = corpus(seed=20261124, per_label=40 if args.quick else 400)
    rows: list[Row] = []
    hits: dict[str, list[bool]] = {label: [] for label in _LABELS}
    peer_hits: dict[str, list[bool]] = {label: [] for label in _LABELS}
    for case in cases:
        hits[case.label].append(found(case, ours(case.text)))
        peer_hits[case.label].append(found(case, six(case.text)))
    for label, bar in _LABELS.items():
        rows.append(row(f"recall {label}", statistics.mean(hits[label]), "share", target=f">= {bar}"))
    everything = statistics.mean(hit for each in hits.values() for hit in each)
    peer_everything = statistics.mean(hit for each in peer_hits.values() for hit in each)
    rows.append(
        row("recall, all labels", everything, "share", peer=peer_everything, peer_name="six regexes", target=">= 1")
    )
    flagged = [any(span.label == "SECRET" for span in Redactor(b"x").text(text).spans) for text in _LOOK_ALIKES]
    rows.append(row("look-alikes called SECRET", statistics.mean(flagged), "share", target="<= 0.1"))
    rows.append(row("clean characters masked", masked_share(ours, _CLEAN), "share", target="<= 0.05"))
    strings = interface_strings(300 if args.quick else 2000)
    if strings:
        rows.append(
            row(
                f"interface characters masked, {len(strings)} strings",
                masked_share(ours, strings),
                "share",
                target="<= 0.03",
            )
        )
    lines = [case.text for case in cases] + _CLEAN * 5
    random.Random(2).shuffle(lines)
    session = Redactor(b"bench")
    taken = microseconds(lambda line: [span[:2] for span in session.text(line).spans], lines)
    peer_taken = microseconds(six, lines)
    rows.append(row("time a line, median", statistics.median(taken), "us", target="<= 200"))
    rows.append(row("time a line, 99th percentile", taken[int(len(taken) * 0.99)], "us", target="<= 5000"))
    rows.append(
        row(
            "time a line, mean", statistics.mean(taken), "us", peer=statistics.mean(peer_taken), peer_name="six regexes"
        )
    )
    ms, megabytes = min(start_up() for _ in range(3))
    rows.append(row("from import to the first line", ms, "ms", target="<= 150"))
    rows.append(row("memory of lists and patterns", megabytes, "MB", target="<= 60"))
    tell(rows, args.json)


if __name__ == "__main__":
    main()
