"""Whether the collector has marked a dataset since it was built: asked before it is used."""

from __future__ import annotations

from pathlib import Path

from aboveboard.core.errors import CheckFailed
from aboveboard.datasets.keys import good
from aboveboard.datasets.manifest import read_manifest
from aboveboard.wire.api import DatasetState, parse
from aboveboard.wire.client import Client

REPLY_BYTES_MAX = 1 << 16


def check_unmarked(folder: Path, collector: str) -> str:
    """What was found, in words. Raises CheckFailed for a dataset that is marked, Refused for one that the log does not
    have, Unavailable when nobody answers."""
    _, digest = read_manifest(folder)
    client = Client(collector)
    try:
        answer = good(client.request("GET", f"/v1/datasets/{digest}", size_max=REPLY_BYTES_MAX))
    finally:
        client.close()
    state = parse(answer.body, "dataset", DatasetState, REPLY_BYTES_MAX)
    if state.marked_index is not None:
        raise CheckFailed(
            f"entry {state.marked_index} of the log marks this dataset: something in it was deleted or withdrawn, or "
            "its days of keeping are over. Build it anew, and train anew what was trained on it"
        )
    return f"the collector has not marked it (entry {state.leaf_index} of the log)"
