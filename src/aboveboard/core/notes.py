"""C2SP signed-note: a text with signature lines below it (c2sp.org/signed-note).

<text, ending in a newline>
<empty line>
— <key name> base64(4-byte key ID || signature)
"""

from __future__ import annotations

from dataclasses import dataclass

from aboveboard.core.base64s import decode_base64, encode_base64
from aboveboard.core.errors import BadInput, ProofError

# The specification wants 16 signatures accepted at least, each of up to 5 kB (post-quantum), in base64.
NOTE_BYTES_MAX = 256 << 10
SIGNATURES_MAX = 64
_DASH = "— "


@dataclass(frozen=True, slots=True)
class NoteSignature:
    """One line: the signer's name, the 4-byte key ID, and what the algorithm puts behind it."""

    name: str
    key_id: bytes
    blob: bytes

    def line(self) -> str:
        return f"{_DASH}{self.name} {encode_base64(self.key_id + self.blob)}\n"


@dataclass(frozen=True, slots=True)
class Note:
    """text ends in a newline; signatures in the order given, of known and unknown keys alike."""

    text: str
    signatures: tuple[NoteSignature, ...]

    def encode(self) -> str:
        return self.text + "\n" + "".join(signature.line() for signature in self.signatures)

    @classmethod
    def parse(cls, data: str) -> Note:
        """Raises ProofError for anything that is no signed note. Nothing is verified here."""
        try:
            length = len(data.encode("utf-8"))
        except UnicodeEncodeError as error:
            raise ProofError("a note is UTF-8") from error
        if length > NOTE_BYTES_MAX:
            raise ProofError(f"a note has {NOTE_BYTES_MAX} bytes at most")
        if has_control(data.replace("\n", "")):
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
    if not line.startswith(_DASH) or not space or not is_key_name(name):
        raise ProofError("a signature line is '— <name> <base64>'")
    try:
        raw = decode_base64(body)
    except ValueError as error:
        raise ProofError(f"the signature of {name} is not base64") from error
    if len(raw) < 5:
        raise ProofError(f"the signature of {name} is too short")
    return NoteSignature(name, raw[:4], raw[4:])


def has_control(text: str) -> bool:
    """Whether it holds an ASCII control character, newline too."""
    return any(ord(char) < 0x20 for char in text)


def is_key_name(name: str) -> bool:
    """Not empty, no plus, no Unicode space, no control character, and valid UTF-8."""
    if not name or "+" in name or any(char.isspace() for char in name) or has_control(name):
        return False
    return not any(0xD800 <= ord(char) <= 0xDFFF for char in name)


def check_line(text: str, what: str) -> None:
    """Raises BadInput unless `text` can stand on one line of a note."""
    if not text or has_control(text):
        raise BadInput(f"{what} has to be one line of text")
