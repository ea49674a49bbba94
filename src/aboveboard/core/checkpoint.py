"""Checkpoints and cosignatures (c2sp.org/tlog-checkpoint, c2sp.org/tlog-cosignature).

A checkpoint's text is three lines: origin, size in decimal, root in base64; opaque extension lines may follow. The log
signs the text as a note. A witness signs `cosignature/v1\\ntime <seconds>\\n` || text; its blob is the time as 8
big-endian bytes, then 64 of signature.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from dataclasses import dataclass

from aboveboard.core.base64s import decode_base64, encode_base64
from aboveboard.core.errors import BadInput, ProofError, SignatureError
from aboveboard.core.merkle import HASH_BYTES
from aboveboard.core.notes import Note, NoteSignature, check_line
from aboveboard.core.signing import COSIGNATURE_V1, SigningKey, VerifyKey

SIZE_MAX = (1 << 63) - 1
TIME_S_MAX = (1 << 63) - 1
_BLOB = struct.Struct(">Q64s")


def parse_decimal(text: str, number_max: int = SIZE_MAX) -> int:
    """An ASCII decimal without leading zeros. Raises ValueError."""
    if not (text.isascii() and text.isdigit()) or (text[0] == "0" and text != "0"):
        raise ValueError("not a decimal number without leading zeros")
    if len(text) > len(str(number_max)) or int(text) > number_max:
        raise ValueError(f"above {number_max}")
    return int(text)


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log `origin` had `size` entries with this root (32 bytes). extensions: lines that nobody vouches for."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    def body(self) -> str:
        """The note's text."""
        check_line(self.origin, "a log's origin")
        for line in self.extensions:
            check_line(line, "an extension line")
        return "\n".join([self.origin, str(self.size), encode_base64(self.root), *self.extensions]) + "\n"

    @classmethod
    def parse_body(cls, text: str) -> Checkpoint:
        """Raises ProofError."""
        lines = text.split("\n")
        if len(lines) < 4 or lines.pop():
            raise ProofError("a checkpoint has three lines: origin, size, root")
        origin, digits, encoded, *extensions = lines
        if not origin or not all(extensions):
            raise ProofError("no line of a checkpoint is empty")
        try:
            size = parse_decimal(digits)
        except ValueError as error:
            raise ProofError(f"the checkpoint's size is {error}") from error
        try:
            root = decode_base64(encoded)
        except ValueError as error:
            raise ProofError("the checkpoint's root is not base64") from error
        if len(root) != HASH_BYTES:
            raise ProofError(f"the checkpoint's root has not {HASH_BYTES} bytes")
        return cls(origin, size, root, tuple(extensions))


def sign_checkpoint(checkpoint: Checkpoint, log_key: SigningKey) -> str:
    """The note with the log's own signature."""
    text = checkpoint.body()
    signature = NoteSignature(log_key.name, log_key.verify_key.key_id, log_key.sign_raw(text.encode()))
    return Note(text, (signature,)).encode()


def open_checkpoint(note: str, log_key: VerifyKey) -> Checkpoint:
    """Raises SignatureError unless the log signed it, ProofError when it is no checkpoint.

    Lines of other keys are passed over, also those that share the log's name or its key ID, but not both.
    """
    parsed = Note.parse(note)
    for signature in parsed.signatures:
        if (signature.name, signature.key_id) == (log_key.name, log_key.key_id):
            log_key.verify_raw(parsed.text.encode(), signature.blob)
            return Checkpoint.parse_body(parsed.text)
    raise SignatureError(f"the checkpoint is not signed by the log {log_key.name}")


def _cosigned_message(text: str, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def cosign(note: str, key: SigningKey, time_s: int) -> str:
    """A witness's signature line (with its newline) over the note's text. Raises BadInput."""
    if key.algorithm != COSIGNATURE_V1:
        raise BadInput(f"{key.name} is no witness key")
    if not 0 < time_s <= TIME_S_MAX:
        raise BadInput(f"{time_s} is no time of a cosignature: set the machine's clock")
    text = Note.parse(note).text
    blob = _BLOB.pack(time_s, key.sign_raw(_cosigned_message(text, time_s)))
    return NoteSignature(key.name, key.verify_key.key_id, blob).line()


def cosignatures(note: str, keys: Iterable[VerifyKey]) -> dict[str, int]:
    """Which of the keys cosigned, with the time of each in seconds: only those whose signature holds, and of several by
    one key the earliest. Raises ProofError when `note` is no note."""
    parsed = Note.parse(note)
    known = {(key.name, key.key_id): key for key in keys if key.algorithm == COSIGNATURE_V1}
    times: dict[str, int] = {}
    for signature in parsed.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is None or len(signature.blob) != _BLOB.size:
            continue
        time_s, raw = _BLOB.unpack(signature.blob)
        if not 0 < time_s <= TIME_S_MAX:  # a time of 0 says nothing, and must start no notice period in 1970
            continue
        try:
            key.verify_raw(_cosigned_message(parsed.text, time_s), raw)
        except SignatureError:
            continue
        times[key.name] = min(time_s, times.get(key.name, time_s))
    return times
