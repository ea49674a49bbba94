"""C2SP signed-note: a text with signature lines below it (c2sp.org/signed-note).

<text, ending in a newline>
<empty line>
— <key name> base64(4-byte key ID || signature)
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass

from aboveboard.core.errors import BadInput, ProofError

NOTE_BYTES_MAX = 64 << 10
SIGNATURES_MAX = 64
_DASH = "— "


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One line: the signer's name, the 4-byte key ID, and what the algorithm puts behind it."""

    name: str
    key_id: bytes
    blob: bytes

    def line(self) -> str:
        return f"{_DASH}{self.name} {base64.b64encode(self.key_id + self.blob).decode('ascii')}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """text ends in a newline; signatures in the order given."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def encode(self) -> str:
        return self.text + "\n" + "".join(signature.line() for signature in self.signatures)

    @classmethod
    def parse(cls, data: str) -> Note:
        """Raises ProofError for anything that is no signed note."""
        if len(data.encode("utf-8", errors="surrogatepass")) > NOTE_BYTES_MAX:
            raise ProofError(f"a note has {NOTE_BYTES_MAX} bytes at most")
        if any(ord(char) < 0x20 and char != "\n" for char in data):
            raise ProofError("a note holds no control characters")
        text, separator, tail = data.rpartition("\n\n")
        if not separator or not tail.endswith("\n"):
            raise ProofError("a note has a text, an empty line, and signature lines")
        lines = tail[:-1].split("\n")
        if len(lines) > SIGNATURES_MAX:
            raise ProofError(f"a note has {SIGNATURES_MAX} signatures at most")
        return cls(text + "\n", tuple(parse_signature(line) for line in lines))


def parse_signature(line: str) -> NoteSignature:
    """One signature line without its newline. Raises ProofError."""
    name, space, body = line.removeprefix(_DASH).partition(" ")
    if not line.startswith(_DASH) or not space or not name or "+" in name:
        raise ProofError("a signature line is '— <name> <base64>'")
    try:
        raw = base64.b64decode(body, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProofError(f"the signature of {name} is not base64") from error
    if len(raw) < 5:
        raise ProofError(f"the signature of {name} is too short")
    return NoteSignature(name, raw[:4], raw[4:])


def check_line(text: str, what: str) -> None:
    """Raises BadInput unless `text` can stand on one line of a note."""
    if not text or "\n" in text or any(ord(char) < 0x20 for char in text):
        raise BadInput(f"{what} has to be one line of text")
