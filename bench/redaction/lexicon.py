"""Makes src/aboveboard/redact/lists/lexicon.txt: `python -m bench.redaction.lexicon UNPACKED NAMES JIEBA`.

UNPACKED: a folder with unpacked Debian packages (word lists, translations, manual pages, the Debian reference). NAMES
and JIEBA: the folders of the PyPI packages of these names. Which packages, and their licences: lists/README.md. Only
words are taken, no sentences, and only those that several places of the sources use.
"""

from __future__ import annotations

import gettext
import gzip
import html
import importlib
import pkgutil
import re
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import faker.providers.person as person_providers

from aboveboard.redact.words import CODES

_OUT = Path(__file__).parents[2] / "src" / "aboveboard" / "redact" / "lists" / "lexicon.txt"
# Programs whose strings are kept out, to be measured on.
HELD_OUT = ("nautilus", "gnome-control-center", "epiphany", "gedit", "totem", "pidgin", "kmail", "shotwell",
            "rhythmbox", "audacity", "filezilla", "dolphin", "gnome-shell", "transmission")  # fmt: skip
_FOLDERS = {"pt": ("pt", "pt_BR"), "zh": ("zh_CN", "zh_TW"), "no": ("nb", "no")}
_LETTERS = {
    "ru": "а-яё", "uk": "а-щьюяєіїґ", "el": "α-ωάέήίόύώϊϋΐΰ", "ar": "ء-ي", "ko": "가-힣", "ja": "一-龥々ァ-ヶー",
    "zh": "一-龥",
}  # fmt: skip
_LATIN = "a-zß-öø-ÿāăąćčďđēėęěğģīįıķļľłńņňőœŕřśşšťũūůűųźżžșț"
_TAG = re.compile(r"<[^>]+>|\\f[A-Z]|\\[(*]..|\\-|[%$]\S+|&\w+;|\w*[@_/\\=]\S*|\S+\.\w\w+\b")
_SIGNED = re.compile(r"@|©|copyright|\(c\)|author|translat", re.IGNORECASE)
_FAMILY_RANK_MAX = 20_000
_PLAIN_FAMILY_RANK_MAX = 2_500  # a rarer family name that is also an English word is the word
_PLAIN_GIVEN_RANK_MAX = 900


def _catalogues(root: Path, language: str, *, original: bool) -> Iterator[tuple[str, str]]:
    """(program, message)."""
    for folder in _FOLDERS.get(language, (language,)):
        for path in root.rglob(f"{folder}/LC_MESSAGES/*.mo"):
            if path.stem.startswith(HELD_OUT):
                continue
            try:
                with path.open("rb") as stream:
                    messages = vars(gettext.GNUTranslations(stream))["_catalog"]
            except (OSError, UnicodeDecodeError):
                continue
            for key, value in messages.items():
                key = key if isinstance(key, str) else key[0]
                text = key if original else value
                if key and isinstance(text, str) and "credits" not in key and not _SIGNED.search(text):
                    yield path.stem, re.sub(r"(?<=\w)[_&](?=\w)|[_&](?=\w)", "", text)


def _manuals(root: Path, language: str) -> Iterator[tuple[str, str]]:
    folders = {"pt": "pt_BR", "zh": "zh_CN", "en": "."}
    base = root / "usr/share/man" / folders.get(language, language)
    for path in sorted(base.glob("man[1-8]/*.gz")):
        with gzip.open(path, "rt", encoding="utf-8", errors="replace") as manual:
            lines = manual.readlines()
        for line in lines:
            if not line.startswith(('.\\"', ".TH", ".so", "'\\")) and not _SIGNED.search(line):
                yield path.stem, line
    suffix = {"zh": "zh-cn"}.get(language, language)
    for path in sorted((root / "usr/share/debian-reference").glob(f"*.{suffix}.html")):
        for line in html.unescape(path.read_text(encoding="utf-8")).splitlines():
            if not _SIGNED.search(line):
                yield path.stem, line


def _vocabulary(
    root: Path, language: str, proper: set[str], *, times: int, sources: int, keep_capitals: bool
) -> set[str]:
    word = re.compile(
        rf"[{_LETTERS.get(language, _LATIN)}]{{2,24}}(?:'[{_LATIN}]+)?"
        if language in _LETTERS
        else rf"(?<![\w'’-])[{_LATIN}]{{3,24}}(?![\w-])",
        re.IGNORECASE,
    )
    counted: Counter[str] = Counter()
    lowered: set[str] = set()
    seen_in: dict[str, set[str]] = {}
    english = language == "en"
    every = (*_catalogues(root, "de" if english else language, original=english), *_manuals(root, language))
    for source, text in every:
        for match in word.finditer(_TAG.sub(" ", text)):
            found = match.group()
            if not found.islower() and found[1:] != found[1:].lower():
                continue
            lower = found.lower()
            counted[lower] += 1
            seen_in.setdefault(lower, set()).add(source)
            if found == lower:
                lowered.add(lower)
    return {
        word
        for word, n in counted.items()
        if n >= (2 if word in lowered else times)
        and (word in lowered or (keep_capitals and word not in proper and len(seen_in[word]) >= sources))
    }


def _lists(value: object) -> Iterator[str]:
    if isinstance(value, (dict, tuple, list, set)):
        for item in value:
            if isinstance(item, str):
                yield item
            elif isinstance(item, (tuple, list)):
                yield from (part for part in item if isinstance(part, str))


def _names(folder: Path) -> tuple[dict[str, int], dict[str, int]]:
    """Given and family names in lower case -> how rare: a rank in the census, 0 for Faker's own lists."""
    given: dict[str, int] = {}
    family: dict[str, int] = {}
    for name in ("male", "female"):
        for rank, line in enumerate((folder / f"dist.{name}.first").read_text().splitlines()):
            given.setdefault(line.split()[0].lower(), rank)
    for rank, line in enumerate(islice((folder / "dist.all.last").open(), _FAMILY_RANK_MAX)):
        family.setdefault(line.split()[0].lower(), rank)
    for found in pkgutil.iter_modules(person_providers.__path__):
        provider = importlib.import_module(f"faker.providers.person.{found.name}").Provider
        common = found.name in ("en_US", "en_GB")
        for attribute in dir(provider):
            into = given if "first_name" in attribute else family if "last_name" in attribute else None
            if into is None or attribute.endswith("formats"):
                continue
            for whole in _lists(getattr(provider, attribute)):
                for part in re.split(r"[ \-.]+", whole.lower()):
                    if len(part) >= (2 if ord(part[:1] or " ") > 0x2E80 else 3) and part.replace("'", "").isalpha():
                        into[part] = 0 if common else min(into.get(part, 5000), 5000)
    return given, family


def _english(root: Path) -> tuple[set[str], set[str]]:
    """Words in lower case; words that are only ever capitalised."""
    lower: set[str] = set()
    proper: set[str] = set()
    for name in ("american-english-large", "british-english", "american-english"):
        path = root / "usr/share/dict" / name
        words = path if path.exists() else Path("/usr/share/dict") / name
        for line in words.read_text(encoding="utf-8").splitlines():
            if line.isalpha():
                if name != "american-english-large" and line.islower():
                    lower.add(line)
                if not line.islower():
                    proper.add(line.lower())
    return lower, proper - lower


def main() -> None:
    root, names_folder, jieba_folder = map(Path, sys.argv[1:4])
    given, family = _names(names_folder)
    english, proper = _english(root)
    proper |= set(given) | set(family)
    codes: dict[str, set[str]] = {}

    def add(words: set[str], code: str) -> None:
        for word in words:
            codes.setdefault(word, set()).add(code)

    named = set(given) | set(family)
    technical = _vocabulary(root, "en", named, times=4, sources=2, keep_capitals=True)
    add(english | (technical - named), CODES["en"])
    spanish = (root / "usr/share/dict/spanish").read_text(encoding="utf-8").split()
    add({word for word in spanish if word.islower() and word.isalpha() and word not in proper}, CODES["es"])
    german = {
        word.lower() for word in (root / "usr/share/dict/ngerman").read_text(encoding="utf-8").split()
    }  # only to check by: it is not copied
    for language, code in CODES.items():
        if language == "en":
            continue
        capitals = proper - german if language == "de" else proper
        found = _vocabulary(root, language, capitals, times=3, sources=2, keep_capitals=True)
        add({word for word in found if not (word in english and word.isascii() and word in proper)}, code)
    for line in (jieba_folder / "dict.txt").open(encoding="utf-8"):
        word, times, kind = line.split()
        if 2 <= len(word) <= 4 and int(times) >= 30 and not kind.startswith("nr"):
            codes.setdefault(word, set()).add(CODES["zh"])
    for names, code, rank_max in ((given, "G", _PLAIN_GIVEN_RANK_MAX), (family, "F", _PLAIN_FAMILY_RANK_MAX)):
        known = {name for name, rank in names.items() if name not in english or rank <= rank_max}
        add(known, code)
        add({name for name in names if name not in known}, "H")
    lines = sorted(f"{word}\t{''.join(sorted(found))}".encode() for word, found in codes.items() if word)
    _OUT.write_bytes(b"\n".join(lines) + b"\n")
    print(f"{len(lines)} words, {_OUT.stat().st_size >> 10} KiB", Counter(c for found in codes.values() for c in found))


if __name__ == "__main__":
    main()
