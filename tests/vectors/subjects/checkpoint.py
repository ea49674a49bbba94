"""Checkpoints, C2SP tlog-checkpoint."""

from __future__ import annotations

import base64
from typing import Any

from aboveboard.core.checkpoint import SIZE_MAX, Checkpoint, sign_checkpoint
from aboveboard.core.merkle import EMPTY_ROOT, root_hash
from tests.vectors.keys import LOG, ORIGIN, STRANGER, leaves
from tests.vectors.subjects.note import signed

ROOT = base64.b64encode(root_hash(leaves(7))).decode()
BAD_TEXTS = {
    f"{ORIGIN}\n07\n{ROOT}\n": "a leading zero",
    f"{ORIGIN}\n+7\n{ROOT}\n": "a sign",
    f"{ORIGIN}\n-7\n{ROOT}\n": "a sign",
    f"{ORIGIN}\n\n{ROOT}\n": "no size",
    f"{ORIGIN}\n٧\n{ROOT}\n": "no ASCII digits",
    f"{ORIGIN}\n{SIZE_MAX + 1}\n{ROOT}\n": "above 2^63 - 1",
    f"{ORIGIN}\n7\n{ROOT[:-4]}\n": "a root of 30 bytes",
    f"{ORIGIN}\n7\n{ROOT[:-1]}\n": "no padding",
    f"{ORIGIN}\n7\n": "no root",
    f"\n7\n{ROOT}\n": "no origin",
    f"{ORIGIN}\n7\n{ROOT}\n\nextension\n": "an empty line among the extensions",
}


def make() -> dict[str, Any]:
    good = [
        Checkpoint(ORIGIN, 7, root_hash(leaves(7))),
        Checkpoint(ORIGIN, 0, EMPTY_ROOT),
        Checkpoint(ORIGIN, SIZE_MAX, bytes(32)),
        Checkpoint(ORIGIN, 7, root_hash(leaves(7)), ("opaque", "lines, of the log's own")),
    ]
    first = sign_checkpoint(good[0], LOG)
    return {
        "vkey": LOG.verify_key.encode(),
        "checkpoints": [
            {"note": sign_checkpoint(each, LOG), "valid": True, "origin": each.origin, "size": each.size,
             "root": each.root.hex(), "extensions": list(each.extensions)} for each in good
        ] + [{"note": signed(text, LOG), "valid": False, "why": why} for text, why in BAD_TEXTS.items()] + [
            {"note": sign_checkpoint(good[0], STRANGER), "valid": False, "why": "signed by another key of that name"},
            {"note": first.replace("\n7\n", "\n8\n"), "valid": False, "why": "another size than was signed"},
            {"note": first.partition("— ")[0], "valid": False, "why": "not signed"},
        ],
    }  # fmt: skip
