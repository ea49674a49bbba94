"""Witnesses' cosignatures (type 4), C2SP tlog-cosignature."""

from __future__ import annotations

import base64
import struct
from typing import Any

from aboveboard.core.checkpoint import Checkpoint, cosign, sign_checkpoint
from aboveboard.core.merkle import root_hash
from aboveboard.core.notes import NoteSignature
from aboveboard.core.signing import SigningKey
from tests.vectors.keys import AUDITOR, COUNCIL, LOG, ORIGIN, TIME_S, key, leaves


def dated(text: str, signer: SigningKey, signed_s: int, written_s: int) -> str:
    """A line whose blob names a time that need not be the signed one."""
    raw = signer.sign_raw(f"cosignature/v1\ntime {signed_s}\n{text}".encode())
    return NoteSignature(signer.name, signer.verify_key.key_id, struct.pack(">Q", written_s) + raw).line()


def make() -> dict[str, Any]:
    note = sign_checkpoint(Checkpoint(ORIGIN, 7, root_hash(leaves(7))), LOG)
    extended = sign_checkpoint(Checkpoint(ORIGIN, 7, root_hash(leaves(7)), ("an extension line",)), LOG)
    text = note.partition("\n\n")[0] + "\n"
    one, other = cosign(note, COUNCIL, TIME_S), cosign(note, AUDITOR, TIME_S + 5)
    namesake = key(COUNCIL.name, COUNCIL.algorithm, seed_of="somebody else")
    plain = NoteSignature(COUNCIL.name, COUNCIL.verify_key.key_id, COUNCIL.sign_raw(text.encode())).line()
    body = base64.b64decode(one.split(" ")[2])
    short = NoteSignature(COUNCIL.name, body[:4], body[4:-1]).line()
    names = {"council": COUNCIL.name, "auditor": AUDITOR.name}

    def item(what: str, note: str, **times: int) -> dict[str, Any]:
        return {"what": what, "note": note, "times": {names[name]: time_s for name, time_s in times.items()}}

    return {
        "witnesses": [COUNCIL.verify_key.encode(), AUDITOR.verify_key.encode()],
        "notes": [
            item("none", note),
            item("one", note + one, council=TIME_S),
            item("both", note + one + other, council=TIME_S, auditor=TIME_S + 5),
            item("one twice: the earlier time", note + cosign(note, COUNCIL, TIME_S + 9) + one, council=TIME_S),
            item("another key of that name", note + cosign(note, namesake, TIME_S)),
            item("over another checkpoint", extended + one),
            item("over extension lines too", extended + cosign(extended, COUNCIL, TIME_S), council=TIME_S),
            item("another time than was signed", note + dated(text, COUNCIL, TIME_S, TIME_S - 1)),
            item("dated 0", note + dated(text, COUNCIL, 0, 0)),
            item("dated after 2^63 - 1", note + dated(text, COUNCIL, 1 << 63, 1 << 63)),
            item("no cosignature but a plain signature", note + plain),
            item("a byte too short", note + short),
        ],
    }
