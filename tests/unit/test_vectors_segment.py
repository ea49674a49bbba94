"""Our own reader against the segment vectors: it opens the good ones and refuses every bad one."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from aboveboard.core.columns import decode_column, encode_column
from aboveboard.core.errors import AboveboardError
from aboveboard.core.signing import VerifyKey
from aboveboard.wire.segment import SealedSegment, SegmentBody, check_chain, parse, unseal
from tests.vectors.subjects.segment import FILE

VECTORS: dict[str, Any] = json.loads(Path(FILE).read_text("utf-8"))


def _read(data: bytes) -> tuple[SealedSegment, SegmentBody]:
    segment = parse(data)
    segment.verify(VerifyKey.decode(VECTORS["device_key"]))
    return segment, unseal(segment, VECTORS["identity"])


def test_the_good_files_open_to_their_bodies_and_follow_each_other() -> None:
    read = [_read(base64.b64decode(good["file"])) for good in VECTORS["good"]]
    for good, (segment, body) in zip(VECTORS["good"], read, strict=True):
        assert segment.manifest.segment_id == good["segment_id"]
        assert len(body.events) == len(good["body"]["events"])
    assert [len(body.events) for _, body in read] == [14, 1]
    check_chain([segment.manifest for segment, _ in read])


@pytest.mark.parametrize("bad", VECTORS["bad"], ids=lambda each: each["why"])
def test_a_bad_file_is_refused(bad: dict[str, str]) -> None:
    with pytest.raises(AboveboardError):
        _read(base64.b64decode(bad["file"]))


@pytest.mark.parametrize("column", VECTORS["columns"], ids=lambda each: str(each["values"]))
def test_columns_both_ways(column: dict[str, Any]) -> None:
    data = bytes.fromhex(column["bytes"])
    assert decode_column(data, len(column["values"])).tolist() == column["values"]
    assert encode_column(np.array(column["values"], dtype=np.int64)) == data
