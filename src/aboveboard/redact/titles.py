"""Titles and labels: addresses become routes and file names lose what a person called them, then the redactor.

"Letter to Ann Smith.odt - LibreOffice Writer"    -> ":file.odt - LibreOffice Writer"
"https://shop.example/orders/4711?q=1 - Chromium" -> "https://shop.example/orders/:id - Chromium"
"""

from __future__ import annotations

import re
from collections.abc import Callable

from aboveboard.redact.redactor import Redactor
from aboveboard.redact.urls import LOCAL_PATH, is_plain_path, with_routes
from aboveboard.redact.words import word_set

_EXTENSIONS = (
    "pdf docx? docm dotx? odt ods odp odg fodt rtf txt md rst tex epub xlsx? xlsm xlsb csv tsv pptx? pptm key pages"
    " numbers html? xhtml mhtml css scss jsx? mjs tsx? json jsonl ya?ml toml xml ini cfg conf env log sql sqlite3? db"
    " parquet ipynb py pyc java class jar c h cc cpp hpp cs go rs rb php pl sh bash zsh ps1 bat cmd exe msi deb rpm"
    " apk dmg iso img zip tar t?gz bz2 xz 7z rar png jpe?g gif svg webp bmp tiff? heic raw psd xcf ai eps mp[34] m4a"
    " wav flac ogg opus mov avi mkv webm mpe?g eml msg mbox pst ics vcf vcard pem crt cer key p12 pfx gpg asc kdbx bak"
    " tmp swp part dwg dxf step stl blend"
).replace(" ", "|")
_ENDING = rf"\.(?P<ending>{_EXTENSIONS})"
# Between a document's name and its program's; a name may hold a plain hyphen, so spaces are needed around it.
_BETWEEN = re.compile(r"(\s+[-–—|•·:»]\s+)")
_MARKS = r"(?:\s*(?:[*•●]|\[[^\]]{1,24}\]|\((?:read[ -]?only|modified|edited|\d{1,3})\)))*"
_WHOLE_FILE = re.compile(rf"[*•●]?\s*(?P<name>[^/\\]*?){_ENDING}(?P<marks>{_MARKS})\s*", re.IGNORECASE)
_FILE = re.compile(rf"(?P<name>[^\s/\\<>\"'()\[\]|]{{1,200}}){_ENDING}(?![\w.])", re.IGNORECASE)
_SHELL_PLACE = re.compile(r"[\w.-]{1,64}@[\w-]{1,64}: ?(?:[~/]\S*)")
_NAME_PARTS = re.compile(r"[\s_.-]+")
_PLAIN_NAMES = word_set(
    "readme license changelog makefile index main untitled document documents new file download invoice report export"
    " image screenshot test tests setup config settings package requirements data template book sheet presentation"
)
_VERBS = word_set("open opening save saving download downloading delete remove edit editing print rename close upload")
_CHARS_MAX = 2_000


def file_name(name: str) -> str:
    """ "Divorce, Ann.odt" -> ":file.odt"; ":file" without an ending we know. What a program calls files by itself
    ("untitled.txt", "index.html") stays, in lower case."""
    name = name.strip()
    match = re.fullmatch(rf"(?P<name>.*?){_ENDING}", name, re.IGNORECASE | re.DOTALL)
    if match is None:
        return ":file"
    parts = [part for part in _NAME_PARTS.split(match["name"].lower()) if part]
    plain = bool(parts) and len(parts) <= 2 and all(part in _PLAIN_NAMES for part in parts)
    return (f"{'-'.join(parts)}" if plain else ":file") + f".{match['ending'].lower()}"


def redact_title(redactor: Redactor, title: str, finish: Callable[[str], str] | None = None) -> str:
    """A window's title, or with `finish=redactor.label` an element's name: one line of redacted text.

    Of every URL its origin and route pattern stay, of every file its ending, of a path nothing.
    """
    title = title[:_CHARS_MAX]
    title = with_routes(title)
    if "@" in title:
        title = _SHELL_PLACE.sub(":place", title)
    if "/" in title or "\\" in title:
        title = LOCAL_PATH.sub(lambda match: match.group() if is_plain_path(match.group()) else ":path", title)
    if "." in title:
        title = "".join(_part(part) for part in _BETWEEN.split(title))
    return (finish or redactor.title)(title)


def _part(part: str) -> str:
    whole = _WHOLE_FILE.fullmatch(part)
    if whole is None or "://" in part:
        return _FILE.sub(lambda match: file_name(match.group()), part)
    lead = part[: len(part) - len(part.lstrip())]
    first, _, rest = whole["name"].strip().partition(" ")
    ending = whole["ending"]
    verb, name = (f"{first} ", rest) if rest and first.lower() in _VERBS else ("", whole["name"])
    return f"{lead}{verb}{file_name(f'{name}.' + ending)}{whole['marks']}"
