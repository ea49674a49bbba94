"""Signed notes and verifier keys, C2SP signed-note."""

from __future__ import annotations

import base64
from typing import Any

from aboveboard.core.notes import Note, NoteSignature
from aboveboard.core.signing import SigningKey
from tests.vectors.keys import AUDITOR, LOG, STRANGER

# The example of the specification, and of Go's own tests.
PUBLIC_KEY = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
PUBLIC_NOTE = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"
)
TEXT = "a text\n\nwith an empty line, ünïcödé\n"


def signed(text: str, *keys: SigningKey) -> str:
    lines = tuple(NoteSignature(each.name, each.verify_key.key_id, each.sign_raw(text.encode())) for each in keys)
    return Note(text, lines).encode()


def _other_bits(note: str) -> str:
    """Sets a bit of the last base64 character that belongs to no byte."""
    at = note.rindex("=") - 1
    while note[at] == "=":
        at -= 1
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    return note[:at] + alphabet[alphabet.index(note[at]) | 1] + note[at + 1 :]


def make() -> dict[str, Any]:
    good, vkey = signed(TEXT, LOG), LOG.verify_key.encode()
    line = NoteSignature(LOG.name, LOG.verify_key.key_id, LOG.sign_raw(TEXT.encode())).line()
    stranger = NoteSignature("stranger.example", b"abcd", bytes(2420)).line()
    namesake = NoteSignature(LOG.name, b"abcd", bytes(64)).line()
    lookalike = NoteSignature("stranger.example", LOG.verify_key.key_id, bytes(64)).line()
    body = LOG.verify_key.encode().split("+", 2)[2]
    raw = base64.b64decode(body)

    def bad(note: str, why: str) -> dict[str, Any]:
        return {"note": note, "vkey": vkey, "valid": False, "why": why}

    return {
        "keys": [
            {"vkey": PUBLIC_KEY, "valid": True, "name": "PeterNeumann", "key_id": "c74f20a3"},
            {"vkey": vkey, "valid": True, "name": LOG.name, "key_id": LOG.verify_key.key_id.hex()},
            {"vkey": AUDITOR.verify_key.encode(), "valid": True, "name": AUDITOR.name,
             "key_id": AUDITOR.verify_key.key_id.hex()},
            {"vkey": PUBLIC_KEY.replace("c74f20a3", "c74f20a4"), "valid": False, "why": "another key ID"},
            {"vkey": vkey.replace("example.org", "example.net"), "valid": False, "why": "the ID is of another name"},
            {"vkey": f"a b+00000000+{body}", "valid": False, "why": "a space in the name"},
            {"vkey": f"+00000000+{body}", "valid": False, "why": "no name"},
            {"vkey": vkey[:-4], "valid": False, "why": "a key too short"},
            {"vkey": f"{LOG.name}+00000000+{base64.b64encode(bytes([0x7F]) + raw[1:]).decode()}", "valid": False,
             "why": "an algorithm nobody knows"},
            {"vkey": "no key", "valid": False, "why": "no key"},
        ],
        "notes": [
            {"note": PUBLIC_NOTE, "vkey": PUBLIC_KEY, "valid": True},
            {"note": good, "vkey": vkey, "valid": True},
            {"note": f"{TEXT}\n{stranger}{namesake}{lookalike}{line}", "vkey": vkey, "valid": True},
            {"note": f"{TEXT}\n{stranger * 15}{line}", "vkey": vkey, "valid": True},
            bad(signed(TEXT, STRANGER), "by another key of that name"),
            bad(f"{TEXT}\n{namesake}", "no known key"),
            bad(good.replace("a text", "a test"), "another text"),
            bad(good.removesuffix("\n"), "no newline at the end"),
            bad(good.replace("— ", "- "), "no em dash"),
            bad(good.replace("— ", "—  "), "two spaces"),
            bad(TEXT, "no signatures"),
            bad(f"{TEXT}\n", "no signatures"),
            bad(f"{TEXT}{line}", "no empty line"),
            bad(good.replace("a text", "a\ttext"), "a control character"),
            bad(f"{TEXT}\n{line.replace(LOG.name, 'a+b')}", "a plus in a name"),
            bad(f"{TEXT}\n{line}{stranger.replace('stranger', 'stran ger')}", "a Unicode space in a name"),
            bad(f"{TEXT}\n{line}— name AAAA\n", "a signature shorter than its key ID"),
            bad(f"{TEXT}\n{line}— name !!!!\n", "not base64"),
            bad(_other_bits(good), "base64 written in another way"),
        ],
    }  # fmt: skip
