"""What a model comes from, beside its weights."""

from __future__ import annotations

import msgspec


class Lineage(msgspec.Struct, frozen=True):
    """lineage.json: what the model comes from. Hashes are SHA-256, hex; of the dataset's manifest "" when there was
    none."""

    weights_sha256: str
    dataset_manifest_sha256: str
    episodes: int
    examples: int
    seed: int
