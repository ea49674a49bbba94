"""Requests to one witness, one after the other, and its answers, C2SP tlog-witness. Its clock stands at `time_s`."""

from __future__ import annotations

import base64
from typing import Any

from aboveboard.core.checkpoint import Checkpoint, cosign, sign_checkpoint
from aboveboard.core.merkle import consistency_proof, root_hash
from aboveboard.core.notes import NoteSignature
from tests.vectors.keys import COUNCIL, LOG, ORIGIN, STRANGER, TIME_S, leaves

SIZE_TYPE = "text/x.tlog.size"
TEXT_TYPE = "text/plain; charset=utf-8"


def make() -> dict[str, Any]:
    tree, rewritten = leaves(12), [b"rewritten", *leaves(12)[1:]]

    def note(entries: list[bytes], size: int, **changes: Any) -> str:
        key = changes.pop("key", LOG)
        return sign_checkpoint(Checkpoint(ORIGIN, size, root_hash(entries[:size]), **changes), key)

    def body(old: object, proof: list[bytes], checkpoint: str) -> str:
        lines = [f"old {old}", *(base64.b64encode(each).decode() for each in proof)]
        return "\n".join(lines) + "\n\n" + checkpoint

    def refused(what: str, status: int, request: str, size: int | None = None) -> dict[str, Any]:
        answer = {"content_type": SIZE_TYPE, "body": f"{size}\n"} if size is not None else {}
        return {"what": what, "request": request, "status": status, **answer}

    def signed(what: str, old: int, proof: list[bytes], checkpoint: str) -> dict[str, Any]:
        return {"what": what, "request": body(old, proof, checkpoint), "status": 200, "content_type": TEXT_TYPE,
                "body": cosign(checkpoint, COUNCIL, TIME_S)}  # fmt: skip

    proof, first, later = consistency_proof(tree[:9], 5), note(tree, 5), note(tree, 9)
    text, signatures = later.split("\n\n")
    strangers = "".join(NoteSignature(LOG.name, bytes([n] * 4), bytes(64)).line() for n in range(1, 17))
    crowded = f"{text}\n\n{strangers}{signatures}"
    return {
        "witness": COUNCIL.encode(),
        "log": LOG.verify_key.encode(),
        "origin": ORIGIN,
        "time_s": TIME_S,
        "exchanges": [
            refused("a size it has not seen", 409, body(5, proof, later), size=0),
            refused("a proof where none is due", 422, body(0, proof, first)),
            signed("the first one", 0, [], first),
            refused("an old size of before", 409, body(0, [], later), size=5),
            refused("another old size", 409, body(4, proof, later), size=5),
            refused("a fork of the same size", 409, body(5, [], note(rewritten, 5)), size=5),
            refused("a fork, with its own proof", 422,
                    body(5, consistency_proof(rewritten[:9], 5), note(rewritten, 9))),
            refused("no proof", 422, body(5, [], later)),
            refused("a proof in another order", 422, body(5, proof[::-1], later)),
            refused("63 lines that prove nothing", 422, body(5, [bytes(32)] * 63, later)),
            refused("64 lines", 400, body(5, [bytes(32)] * 64, later)),
            refused("a line too short", 400, body(5, [bytes(31)], later)),
            refused("a leading zero", 400, body("05", proof, later)),
            refused("no number", 400, body("five", proof, later)),
            refused("an old size above the checkpoint's", 400, body(10, proof, later)),
            refused("no empty line", 400, body(5, proof, later).replace("\n\n", "\n", 1)),
            refused("an origin it doesn't know", 404, body(5, proof, later.replace(ORIGIN, "example.org/another", 1))),
            refused("another key of that name", 403, body(5, proof, note(tree, 9, key=STRANGER))),
            refused("another size than was signed", 403, body(5, proof, later.replace("\n9\n", "\n10\n"))),
            signed("the same again", 5, [], first),
            signed("one with lines of strangers", 5, proof, crowded),
            refused("an earlier one", 409, body(5, [], first), size=9),
            signed("one with an extension line", 9, consistency_proof(tree[:12], 9),
                   note(tree, 12, extensions=("opaque",))),
        ],
    }  # fmt: skip
