"""Secrets: keys and tokens of known format, logins in URLs, values after words like "password", entropy in context.

Formats are those their issuers publish (prefix, alphabet, length); a bare run of hex digits or a UUID is an
identifier (numbers.py), and a secret only next to a word that says so.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterator
from itertools import pairwise

from aboveboard.redact.spans import Span
from aboveboard.redact.words import WORDS, word_set

_B64 = r"[A-Za-z0-9_-]"
_FORMATS = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,32}(?:PRIVATE KEY|PGP MESSAGE)(?: BLOCK)?-----(?:.{1,8192}?-----END [A-Z0-9 ]{0,40}-----)?"
    r"|AGE-SECRET-KEY-1[0-9A-Z]{20,80}"
    r"|\beyJ" + _B64 + r"{5,2048}\." + _B64 + r"{5,4096}(?:\." + _B64 + r"{0,2048})?"
    r"|\b(?:AKIA|ASIA|ABIA|ACCA|AROA|AIDA)[0-9A-Z]{16}\b"
    r"|\bgh[pousr]_[A-Za-z0-9]{20,255}|\bgithub_pat_\w{20,255}"
    r"|\bgl(?:pat|dt|rt|ptt|cbt|ft|imt|agent|soat)-[\w-]{18,64}"
    r"|\bxox[abeoprs]-[\w-]{10,250}|\bxapp-\d-[\w-]{10,250}|hooks\.slack\.com/(?:services|workflows)/[\w/+]{20,200}"
    r"|\b[srpw](?:k|hsec)_(?:live|test|prod)?_?[A-Za-z0-9]{16,250}|\bwhsec_[A-Za-z0-9+/=]{20,100}"
    r"|\bAIza[\w-]{30,45}|\bya29\.[\w-]{20,1024}|\bGOCSPX-[\w-]{20,40}|\b1//0[\w-]{20,200}"
    r"|\bsk-(?:ant-|proj-|svcacct-|or-)?[\w-]{20,250}|\bhf_[A-Za-z0-9]{20,60}|\br8_[A-Za-z0-9]{30,50}"
    r"|\bgsk_[A-Za-z0-9]{30,80}"
    r"|\bnpm_[A-Za-z0-9]{30,60}|\bpypi-[\w-]{16,300}|\brubygems_[0-9a-f]{40,60}|\bdckr_pat_[\w-]{20,60}"
    r"|\bcio[A-Za-z0-9]{32}\b"
    r"|\bSG\.[\w-]{16,32}\.[\w-]{32,64}|\bkey-[0-9a-zA-Z]{32}\b|\b(?:AC|SK)[0-9a-f]{32}\b"
    r"|\bxkeysib-[0-9a-f]{40,80}-\w{8,32}"
    r"|\bdo[opr]_v1_[0-9a-f]{40,80}|\bdapi[0-9a-f]{32}|\bshp(?:at|ca|pa|ss)_[0-9a-fA-F]{32}|\bEAAC?[A-Za-z0-9]{30,300}"
    r"|\bsq0(?:atp|csp|idp)-[\w-]{20,60}|\bEAAA[\w-]{50,80}|\blin_api_[A-Za-z0-9]{30,60}|\bfigd_[\w-]{20,80}"
    r"|\bntn_[A-Za-z0-9]{30,60}"
    r"|\bpat[A-Za-z0-9]{14}\.[0-9a-f]{64}|\bATATT3[\w=-]{20,250}|\bNRAK-[A-Z0-9]{20,40}|\bglsa_[A-Za-z0-9_]{30,60}"
    r"|\bvercel_[A-Za-z0-9]{20,60}"
    r"|\bhv[sbr]\.[\w-]{20,200}|\bsntr[ysu]{1,2}_[\w=+/-]{20,300}|\bdp\.(?:pt|st|ct|sa)\.[\w.]{20,80}"
    r"|\bpul-[0-9a-f]{40}\b"
    r"|\b\d{8,10}:A[A-Za-z0-9_-]{32,36}\b|\b[MNO][A-Za-z0-9_-]{23,27}\.[\w-]{6}\.[\w-]{27,40}\b"
    r"|\b[5KL][1-9A-HJ-NP-Za-km-z]{50,51}\b|\bxprv[1-9A-HJ-NP-Za-km-z]{50,120}\b|\bsecret-token:[\w%.~-]{8,200}"
    r"|\bssh-(?:rsa|ed25519|dss) AAAA[A-Za-z0-9+/=]{40,1000}",
    re.DOTALL,
)
_MAYBE = re.compile(r"[-_.:]|AKIA|ASIA|AIza|dapi|EAA|AC|SK|eyJ|[5KL][1-9A-Za-z]{50}|cio|A[A-Z]{3}[0-9A-Z]{16}|xprv")
_LOGIN_IN_URL = re.compile(r"\b[a-zA-Z][a-zA-Z0-9+.-]{1,30}://([^\s/@\"'<>]{1,256})@")
_BEARER = re.compile(
    r"\b(?:bearer|basic|token|apikey|digest)[ :]{1,3}([A-Za-z0-9+/=_.~-]{12,4096})|\bcookie: ?(.{4,4096})",
    re.IGNORECASE,
)
_WORD = (
    r"(?:pass(?:word|wd|code|phrase|wort)|kennwort|contrase\u00f1a|mot de passe|secret|token|api[ _-]?key"
    r"|access[ _-]?key|client[ _-]?secret"
    r"|(?<![^\W_])(?:pass|pwd|pw|senha|parola|\u043f\u0430\u0440\u043e\u043b\u044c|\u5bc6\u7801|access[ _-]?key"
    r"|auth[ _-]?key|private[ _-]?key|client[ _-]?secret|account[ _-]?key|shared[ _-]?access[ _-]?signature"
    r"|encryption[ _-]?key|signing[ _-]?key|sessionid|session[ _-]?(?:id|key)|credentials?|otp|pin|cvv|cvc"
    r"|one[ -]time (?:code|password)"
    r"|(?:security|verification|login|access|confirmation|auth(?:entication)?) code))"
    r"(?:s|[_.-][\w.-]{0,24}|(?-i:[A-Z])\w{0,24})?"
)
_ASSIGNED = re.compile(
    rf"{_WORD}[\"'`]?\s{{0,2}}(?:=>|:=|={{1,2}}|:)\s{{0,2}}[\"'`]?([^\s\"'`,;<>]{{1,512}})", re.IGNORECASE
)
_QUOTED = re.compile(
    rf"{_WORD}(?: (?:is|was|to|of))?\s{{0,2}}:?\s{{0,2}}[\"“”„«‘'`]([^\"”“»’'`\n]{{1,128}})[\"”“»’'`]", re.IGNORECASE
)
_SAID = re.compile(rf"{_WORD} (?:is|was|ist|to)(?: now)? ([^\s\"'`,;]{{3,128}})", re.IGNORECASE)
_LONG = re.compile(r"(?<![A-Za-z0-9+/_=.-])[A-Za-z0-9+/_-]{20,4096}={0,2}(?![A-Za-z0-9+/_=])")
_NOT_LETTERS = re.compile(r"[^A-Za-z]+")
_HEX = re.compile(r"[0-9a-fA-F-]+")
_SECRET_CUE = re.compile(
    r"(?:key|token|secret|passw|credential|auth|signature|sig|bearer|nonce|salt|sha256=)[^\n]{0,16}$", re.IGNORECASE
)
# What follows "Password:" in an interface without being one.
_NOT_A_VALUE = word_set(
    "required optional show hide forgot forgotten reset change changed strength strong weak must is not field confirm"
    " repeat new"
    " old current incorrect wrong invalid expired none null true false yes no saved hidden protected enter your the a"
    " an to and or"
    " for of in login log sign at by with from too short here empty unknown settings policy manager generator"
)


def entropy_bits(text: str) -> float:
    """Shannon entropy per character."""
    n = len(text)
    return -sum(count / n * math.log2(count / n) for count in Counter(text).values()) if n else 0.0


def looks_random(text: str) -> bool:
    """A long token in which letters and digits alternate as no word, path or number does."""
    body = text.rstrip("=")
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
    for match in _ASSIGNED.finditer(text):
        if match.group(1).strip(".!?)").lower() not in _NOT_A_VALUE and not match.group(1).startswith(("//", "<")):
            yield Span(match.start(1), match.end(1), "SECRET")
    for match in _QUOTED.finditer(text):
        yield Span(match.start(1), match.end(1), "SECRET")
    for match in _SAID.finditer(text):
        value = match.group(1).strip(".!?)")
        if value.lower() not in _NOT_A_VALUE and not (value.isalpha() and value.islower()):
            yield Span(match.start(1), match.start(1) + len(value), "SECRET")


def find_credentials(text: str) -> Iterator[Span]:
    """Findings in no particular order; may overlap."""
    if _MAYBE.search(text):
        for match in _FORMATS.finditer(text):
            yield Span(match.start(), match.end(), "SECRET")
    if "://" in text:
        for match in _LOGIN_IN_URL.finditer(text):
            yield Span(match.start(1), match.end(1), "SECRET")
    for match in _BEARER.finditer(text):
        group = 1 if match.group(1) else 2
        value = match.group(group)
        if group == 2 or any(char.isdecimal() for char in value):
            yield Span(match.start(group), match.end(group), "SECRET")
    yield from _assigned(text)
    if len(text) >= 20:
        for match in _LONG.finditer(text):
            cued = _SECRET_CUE.search(text, max(0, match.start() - 40), match.start()) is not None
            if (cued and any(char.isdecimal() for char in match.group())) or looks_random(match.group()):
                yield Span(match.start(), match.end(), "SECRET")
