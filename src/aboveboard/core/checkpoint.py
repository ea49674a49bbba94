"""Checkpoints and cosignatures (c2sp.org/tlog-checkpoint, c2sp.org/tlog-cosignature).

A checkpoint's text is three lines: origin, size in decimal, root in base64. The log signs the text as a note. A witness
signs `cosignature/v1\\ntime <seconds>\\n` || text; its blob is the time as 8 big-endian bytes, then 64 of signature.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Iterable
from dataclasses import dataclass

from aboveboard.core.errors import BadInput, ProofError, SignatureError
from aboveboard.core.notes import Note, NoteSignature, check_line
from aboveboard.core.signing import COSIGNATURE_V1, SigningKey, VerifyKey

SIZE_MAX = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """The log `origin` had `size` entries with this root (32 bytes)."""

    origin: str
    size: int
    root: bytes

    def body(self) -> str:
        """The note's text."""
        check_line(self.origin, "a log's origin")
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode('ascii')}\n"

    @classmethod
    def parse_body(cls, text: str) -> Checkpoint:
        """Raises ProofError. Extension lines after the third are refused: our logs write none."""
        lines = text.split("\n")
        if len(lines) != 4 or lines[3]:
            raise ProofError("a checkpoint has three lines: origin, size, root")
        origin, digits, encoded = lines[:3]
        if not origin:
            raise ProofError("the checkpoint has no origin")
        canonical_digits = digits.isascii() and digits.isdigit() and (digits == "0" or digits[0] != "0")
        if not canonical_digits or len(digits) > 19 or int(digits) > SIZE_MAX:
            raise ProofError("the checkpoint's size is no decimal number")
        try:
            root = base64.b64decode(encoded, validate=True)
        except (binascii.Error, ValueError) as error:
            raise ProofError("the checkpoint's root is not base64") from error
        if len(root) != 32 or base64.b64encode(root).decode("ascii") != encoded:
            raise ProofError("the checkpoint's root is no hash of 32 bytes")
        return cls(origin, int(digits), root)


def sign_checkpoint(checkpoint: Checkpoint, log_key: SigningKey) -> str:
    """The note with the log's own signature."""
    text = checkpoint.body()
    signature = NoteSignature(log_key.name, log_key.verify_key.key_id, log_key.sign_raw(text.encode()))
    return Note(text, (signature,)).encode()


def open_checkpoint(note: str, log_key: VerifyKey) -> Checkpoint:
    """Raises SignatureError unless the log signed it, ProofError when it is no checkpoint."""
    parsed = Note.parse(note)
    for signature in parsed.signatures:
        if (signature.name, signature.key_id) == (log_key.name, log_key.key_id):
            log_key.verify_raw(parsed.text.encode(), signature.blob)
            return Checkpoint.parse_body(parsed.text)
    raise SignatureError(f"the checkpoint is not signed by the log {log_key.name}")


def _cosigned_message(text: str, time_s: int) -> bytes:
    return f"cosignature/v1\ntime {time_s}\n{text}".encode()


def cosign(note: str, key: SigningKey, time_s: int) -> str:
    """A witness's signature line (with its newline) over the note's text."""
    if key.algorithm != COSIGNATURE_V1:
        raise BadInput(f"{key.name} is no witness key")
    text = Note.parse(note).text
    blob = struct.pack(">Q", time_s) + key.sign_raw(_cosigned_message(text, time_s))
    return NoteSignature(key.name, key.verify_key.key_id, blob).line()


def cosignatures(note: str, keys: Iterable[VerifyKey]) -> dict[str, int]:
    """Which of the keys cosigned, with the time of each in seconds: only those whose signature holds, and of several by
    one key the earliest. Raises ProofError when `note` is no note."""
    parsed = Note.parse(note)
    known = {(key.name, key.key_id): key for key in keys if key.algorithm == COSIGNATURE_V1}
    times: dict[str, int] = {}
    for signature in parsed.signatures:
        key = known.get((signature.name, signature.key_id))
        if key is None or len(signature.blob) != 72:
            continue
        (time_s,) = struct.unpack(">Q", signature.blob[:8])
        try:
            key.verify_raw(_cosigned_message(parsed.text, time_s), signature.blob[8:])
        except SignatureError:
            continue
        times[key.name] = min(time_s, times.get(key.name, time_s))
    return times
