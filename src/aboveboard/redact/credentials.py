"""Secrets: logins in URLs, values after words like "password", entropy in context; known formats are in issuers.py.

A bare run of hex digits or a UUID is an identifier (numbers.py), and a secret only next to a word that says so. What
stands for a value without being one ("YOUR_API_KEY", "os.environ[...]", "password: str") stays.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from aboveboard.redact.issuers import find_issued
from aboveboard.redact.late import Late
from aboveboard.redact.spans import Span
from aboveboard.redact.words import WORDS, word_set

_USER_IN_URL = re.compile(r"\b[a-zA-Z][a-zA-Z0-9+.-]{1,30}://([^\s/@:\"'<>]{1,256})@")
# With a password all of it goes, as the host says where the password fits, and one with a "/" or "@" in it has no
# other end that is sure. "http://host:80/a@b" has no login.
_LOGIN_IN_URL = re.compile(
    r"\b[a-zA-Z][a-zA-Z0-9+.-]{1,30}://[^\s/@:?#\"'<>]{0,128}:(?!\d{1,5}(?:[/?#]|$))[^\s\"'<>]{1,256}@[^\s\"'<>`,;)\]}]{0,512}"
)
_CONNECTION = Late(
    r"\b(?:(?:User Id|User ID|Data Source|Initial Catalog|\w{2,40})=[^;=\"'\n]{0,256}; ?){1,12}"
    r"(?:Password|Pwd|AccountKey|SharedAccessKey)=[^;\"'\s]{1,512}"
    r"(?:; ?(?:\w{2,40} )?\w{2,40}=[^;\"'\s]{0,256}){0,12};?",
    re.IGNORECASE,
)
_BEARER = re.compile(
    r"\b(?:bearer|basic|token|apikey|digest)[ :]{1,3}([A-Za-z0-9+/=_.~-]{12,4096})|\bcookie: ?(.{4,4096})",
    re.IGNORECASE,
)
_WORD = (
    r"(?:pass(?:word|wd|code|phrase|wort)|kennwort|contrase\u00f1a|mot de passe|secret|(?<!publickey)token|api[ _-]?key"
    r"|access[ _-]?key|client[ _-]?secret"
    r"|(?<![^\W_])(?:pass|pwd|pw|senha|parola|\u043f\u0430\u0440\u043e\u043b\u044c|\u5bc6\u7801|access[ _-]?key"
    r"|auth[ _-]?key|private[ _-]?key|client[ _-]?secret|account[ _-]?key|shared[ _-]?access[ _-]?signature"
    r"|encryption[ _-]?key|signing[ _-]?key|sessionid|session[ _-]?(?:id|key)|credentials?|otp|pin|cvv|cvc"
    r"|one[ -]time (?:code|password)"
    r"|(?:security|verification|login|access|confirmation|auth(?:entication)?) code))"
    r"(?:s|[_.-][\w.-]{0,24}|(?-i:[A-Z])\w{0,24})?"
)
# Part of each word above; most lines have none of them.
_HINTS = (
    "pass", "kennwort", "contrase", "secret", "token", "key", "pwd", "pw", "senha", "parola",
    "\u043f\u0430\u0440\u043e\u043b",
    "\u5bc6\u7801", "signature", "session", "credential", "otp", "pin", "cv", "code", "auth",
)  # fmt: skip
_ASSIGNED = Late(rf"{_WORD}[\"'`]?\s{{0,2}}(?:=>|:=|={{1,3}}|:)\s{{0,2}}[\"'`]?([^\s\"'`,;<>]{{1,512}})", re.IGNORECASE)
_QUOTED = Late(
    rf"{_WORD}(?: (?:is|was|to|of))?(?:\s{{0,2}}:\s{{0,2}}"
    rf"|\s{{1,2}})[\"“„«‘'`]([^\s\"”“»’'`][^\"”“»’'`\n]{{0,127}})[\"”“»’'`]",
    re.IGNORECASE,
)
_SAID = Late(rf"{_WORD} (?:is|was|ist|to)(?: now)? ([^\s\"'`,;]{{3,128}})", re.IGNORECASE)
_MARKED_UP = Late(rf"<[\w:.-]{{0,24}}{_WORD}(?: [^<>]{{0,80}})?>([^<>\n]{{1,256}})</", re.IGNORECASE)
# "set password x", "login with pw x": only what mixes letters with digits or signs, as no word does.
_FOLLOWS = Late(
    rf"(?:set|my|the|with|new|use|temp|temporary|old|default|export) {_WORD}"
    rf" ([^\s\"'`,;:=<>()]{{5,128}})(?=$|[\s.,;!])",
    re.IGNORECASE,
)
_OPTION = Late(
    r"(?<!\w)--?(?:pass(?:word|wd|phrase)?|token|secret|api-?key|auth)[= ]([^\s-][^\s]{2,127})"
    r"|(?<=curl )[^\n]{0,80}?-u [\w.@-]+:(\S{3,128})"
)
_NO_SECRET_BEFORE = re.compile(
    r"(?:base64,|sha\d{1,3}[-:]|integrity=[\"']?|SHA256:|md5[-:]|digest:? ?|(?<!\w)h1:)$", re.IGNORECASE
)
_LONG = re.compile(r"(?<![A-Za-z0-9+/_=.-])[A-Za-z0-9+/_-]{20,4096}={0,2}(?![A-Za-z0-9+/_=])")
# A checksum, a mangled C++ name, "web-6d4cf56db6-x7k2p".
_NAMED = re.compile(r"(?i:sha\d{1,3}[-_])|_Z[A-Z\d]|[a-z]{2,}(?:-[a-z0-9]+){1,5}$")
_NOT_LETTERS = re.compile(r"[^A-Za-z]+")
_HEX = re.compile(r"(?:0x)?[0-9a-fA-F-]+|[0-7][0-9A-HJKMNP-TV-Z]{25}")  # the last: a ULID
_SECRET_CUE = re.compile(
    r"(?:key|token|secret|passw|credential|auth|signature|sig|bearer|nonce|salt|sha256=)[^\n]{0,16}$", re.IGNORECASE
)
# What follows "Password:" in an interface without being one.
_NOT_A_VALUE = word_set(
    "required optional show hide forgot forgotten reset change changed strength strong weak must is not field confirm"
    " repeat new"
    " old current incorrect wrong invalid expired none null true false yes no saved hidden protected enter your the a"
    " an to and or"
    " bearer basic jwt oauth oauth2 saml ldap default custom type"
    " for of in login log sign at by with from too short here empty unknown settings policy manager generator"
)
# Stands where a value will be: "YOUR_API_KEY", "<token>", "${TOKEN}", "xxxxxxxx", "...".
_STAND_IN = Late(
    r"[A-Za-z_\-<>.\[\]{}]*(?:your|example|placeholder|change[_-]?me|dummy|redacted|insert|replace|sample"
    r"|todo|fixme|x{4,})"
    r"[A-Za-z_\-<>.\[\]{}]*|(.)\1{2,}|[<{(\[]\S*|\$\(\S*|\$\{?[A-Za-z_]\w*\}?|%[A-Za-z_]\w*%?|%\(\w+\)s|(?:abc|test|foo|bar|key|secret|token|password|passwd"
    r"|pass|user|name|value)[_-]?",
    re.IGNORECASE,
)
# Code that names a value: "os.environ[...]", "getPassword()", "self.token", "settings.API_KEY".
_CODE = Late(
    r"[A-Za-z_][\w.]*[(\[].*|(?:self|this|os|process|config|conf|settings|env|req|request|res|args|ctx"
    r"|params|options|opts|props"
    r"|state|data|user|form|secrets|vars|var|local|module|event|input|process\.env)\.[A-Za-z_][\w.]*|[A-Za-z_]+::\w+"
)
_TYPES = word_set(
    "str string int integer bool boolean bytes none null undefined any optional number object char varchar text float"
    " secretstr nil list dict array false true const let var std"
)


_COUNTED = re.compile(
    r"(?:tokens|count|limit|usage|length|size|timeout|expir\w*|ttl|age|days|attempts|retries|version)[\"']?$",
    re.IGNORECASE,
)
_VERSION = re.compile(r"v?\d{1,3}(?:\.\d{1,4}){1,3}")


def _is_value(text: str, after: str = "", before: str = "") -> bool:
    """text: what stands after a word like "password". after: the rest of the line. before: that word."""
    bare = text.strip("\"'`.,;:!?)]}>")
    if not bare or text.startswith(("//", "<", "${", "{{", "$(")) or bare.lower() in _NOT_A_VALUE | _TYPES:
        return False
    if _STAND_IN.fullmatch(bare) or _CODE.fullmatch(text.strip("\"'`,;")):
        return False
    if bare.isdecimal() and len(bare) <= 6 and _COUNTED.search(before):
        return False  # "max_tokens: 4096"
    if _VERSION.fullmatch(bare):
        return False
    # "token: used for …" goes on as a sentence does
    return not (bare.islower() and bare.isalpha() and re.match(r" [a-z]+ ", after) and WORDS.plain(bare))


def entropy_bits(text: str) -> float:
    """Shannon entropy per character."""
    n = len(text)
    return -sum(count / n * math.log2(count / n) for count in Counter(text).values()) if n else 0.0


def looks_random(text: str) -> bool:
    """A long token in which letters and digits alternate as no word, path or number does."""
    body = text.rstrip("=")
    if _NAMED.match(body):
        return False
    if _HEX.fullmatch(body):
        return False  # a hash or a UUID: numbers.py masks it as an identifier
    digits = sum(char.isdecimal() for char in body)
    uppers = sum(char.isupper() for char in body)
    lowers = sum(char.islower() for char in body)
    if digits == 0 or uppers + lowers == 0:
        return False
    changes = sum(a.isdecimal() != b.isdecimal() or a.isupper() != b.isupper() for a, b in pairwise(body))
    words = [part for part in _NOT_LETTERS.split(body) if len(part) >= 4]
    if words and all(WORDS.plain(word.lower()) for word in words):
        return False  # "image_2024_11_24_holiday.png"
    return entropy_bits(body) >= 3.4 and changes >= len(body) / 5 and "/" not in body.strip("/")[:2]


def _assigned(text: str) -> Iterator[Span]:
    lower = text.lower()
    if not any(hint in lower for hint in _HINTS):
        return
    for match in _ASSIGNED.finditer(text):
        if _is_value(
            match.group(1), text[match.end() : match.end() + 40], match.group().split(":")[0].split("=")[0].rstrip()
        ):
            yield Span(match.start(1), match.end(1), "SECRET")
    if ";" in text:
        for match in _CONNECTION.finditer(text):
            yield Span(match.start(), match.end(), "SECRET")
    for match in _MARKED_UP.finditer(text):
        if _is_value(match.group(1)):
            yield Span(match.start(1), match.end(1), "SECRET")
    for match in _QUOTED.finditer(text):
        if _is_value(match.group(1)):
            yield Span(match.start(1), match.end(1), "SECRET")
    for match in _SAID.finditer(text):
        value = match.group(1).strip(".!?)")
        if _is_value(value) and not (value.isalpha() and value.islower()):
            yield Span(match.start(1), match.start(1) + len(value), "SECRET")
    for match in _FOLLOWS.finditer(text):
        value = match.group(1).rstrip(".!?")
        mixed = any(char.isdecimal() for char in value) and any(char.isalpha() for char in value)
        if mixed and _is_value(value) and not _NAMED.match(value):
            yield Span(match.start(1), match.start(1) + len(value), "SECRET")
    for match in _OPTION.finditer(text):
        group = 1 if match.group(1) else 2
        if _is_value(match.group(group)):
            yield Span(match.start(group), match.end(group), "SECRET")


def find_credentials(text: str) -> Iterator[Span]:
    """Findings in no particular order; may overlap."""
    yield from find_issued(text)
    if "://" in text:
        for match in _USER_IN_URL.finditer(text):
            yield Span(match.start(1), match.end(1), "SECRET")
        for match in _LOGIN_IN_URL.finditer(text):
            yield Span(match.start(), match.end(), "SECRET")
    for match in _BEARER.finditer(text):
        group = 1 if match.group(1) else 2
        value = match.group(group)
        if (group == 2 or any(char.isdecimal() for char in value)) and _is_value(value):
            yield Span(match.start(group), match.end(group), "SECRET")
    yield from _assigned(text)
    if len(text) >= 20:
        for match in _LONG.finditer(text):
            if _NO_SECRET_BEFORE.search(text, max(0, match.start() - 16), match.start()):
                continue  # a picture, or a checksum
            cued = _SECRET_CUE.search(text, max(0, match.start() - 40), match.start()) is not None
            if (cued and any(char.isdecimal() for char in match.group())) or looks_random(match.group()):
                yield Span(match.start(), match.end(), "SECRET")
