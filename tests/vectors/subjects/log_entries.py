"""Log entries: each kind's bytes, and bytes that are refused."""

from __future__ import annotations

from typing import Any

from aboveboard.core.ids import ContributorId, EpochId, GrantId, SegmentId
from aboveboard.core.leaves import (
    BatchLeaf,
    CharterLeaf,
    DatasetBuiltLeaf,
    DatasetMarkedLeaf,
    DeletionAskedLeaf,
    DeletionDoneLeaf,
    ExemptionLeaf,
    GrantRevokedLeaf,
    KeyReleasedLeaf,
    ModelMarkedLeaf,
    ModelTrainedLeaf,
    PolicyLeaf,
    RecorderReleaseLeaf,
    RetentionSweepLeaf,
    RoleLeaf,
    deletion_commitment,
    release_commitment,
    rights_commitment,
    role_commitment,
    segment_commitment,
)

A, B, C = "a" * 64, "b" * 64, "c" * 64
DAY_US = 1_802_563_200_000_000
REFUSED = [
    ("another kind", '{"commitment":"' + A + '","kind":"appraisal"}'),
    ("a field that no one has seen", '{"charter":"' + A + '","kind":"charter","person":"x"}'),
    ("not canonical", '{"kind":"charter","charter":"' + A + '"}'),
    ("no hash", '{"kind":"policy","policy":"A' + "a" * 63 + '"}'),
    ("a sweep at an hour", '{"day_us":1802563200000001,"kind":"retention_sweep","policy":"' + A + '"}'),
    ("a deletion due at an hour", '{"commitment":"' + A + '","due_us":1802563200000001,"kind":"deletion_asked"}'),
    ("a batch that tells how many", '{"kind":"batch","root":"' + A + '","size":17,"what":"rights"}'),
    ("a purpose of its own", '{"commitment":"' + A + '","kind":"key_released","purpose":"what Jane did"}'),
    ("nested too deep for a reader's stack", '{"kind":' + "[" * 1900 + "]" * 1900 + "}"),
    ("half a character", '{"\\ud800":1}'),
    ("a role of one's own", '{"commitment":"' + A + '","given":true,"kind":"role","role":"manager"}'),
    ("a version that is none", '{"kind":"recorder_release","source":"' + A + '","version":"new","wheel":"' + B + '"}'),
    ("a field twice", '{"kind":"policy","policy":"' + A + '","policy":"' + A + '"}'),
    ("nothing", ""),
]


def make() -> dict[str, Any]:
    entries = [
        CharterLeaf(A), PolicyLeaf(A), BatchLeaf("rights", A, 16), BatchLeaf("segments", B, 64),
        KeyReleasedLeaf(A, "train-agents"), DatasetBuiltLeaf(A, B), ModelTrainedLeaf(A, B),
        DeletionAskedLeaf(A, DAY_US), DeletionDoneLeaf(A), ExemptionLeaf(A), RetentionSweepLeaf(A, DAY_US),
        RecorderReleaseLeaf("1.2.3", A, B), RoleLeaf("representative", True, A), DatasetMarkedLeaf(A),
        ModelMarkedLeaf(A), GrantRevokedLeaf(A),
    ]  # fmt: skip
    salt = bytes(range(16))
    return {
        "valid": [each.encode().decode() for each in entries],
        "refused": [{"what": what, "entry": text} for what, text in REFUSED],
        "commitments": {
            "salt": salt.hex(), "record": "the record's bytes",
            "rights": rights_commitment(salt, b"the record's bytes").hex(),
            "segment_id": C, "segment": segment_commitment(SegmentId(C)).hex(),
            "grant": A, "contributor": "d" * 32, "epoch": "e" * 32,
            "release": release_commitment(salt, GrantId(A), ContributorId("d" * 32), EpochId("e" * 32)).hex(),
            "account": "jane", "role": "steward", "role_given": role_commitment(salt, "jane", "steward").hex(),
            "request": "the request's bytes", "deletion": deletion_commitment(salt, b"the request's bytes").hex(),
        },
    }  # fmt: skip
