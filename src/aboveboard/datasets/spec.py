"""What a dataset is to hold, as people write it: YAML, checked with file, line and field."""

from __future__ import annotations

from typing import Literal

import msgspec
import yaml

from aboveboard.core.errors import BadInput
from aboveboard.core.policy import Purpose

SPEC_CHARS_MAX = 64 << 10


class Spec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """title and purpose; outcome: which episodes; min_contributors: no app of fewer people is in it, and the number is
    on the card; test_share: share of the people whose episodes are for testing only; apps: () for all."""

    title: str
    purpose: Purpose
    min_contributors: int
    outcome: Literal["success", "any"] = "any"
    test_share: float = 0.0
    apps: tuple[str, ...] = ()
    interrupted: bool = False


def parse_spec(text: str, filename: str) -> Spec:
    """Raises BadInput."""
    if len(text) > SPEC_CHARS_MAX:
        raise BadInput("is too long", filename)
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
        value = yaml.safe_load(text)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadInput(f"is not YAML: {error.problem}", f"{filename}:{line}") from error
    except yaml.YAMLError as error:
        raise BadInput("is not YAML", filename) from error
    lines: dict[str, int] = {}
    if isinstance(node, yaml.MappingNode):
        lines = {str(key.value): key.start_mark.line + 1 for key, _ in node.value}
    try:
        spec = msgspec.convert(value, Spec)
    except msgspec.ValidationError as error:
        what = str(error)
        field = next((name for name in lines if f"`$.{name}" in what or f"field `{name}`" in what), "")
        raise BadInput(what, f"{filename}:{lines.get(field, 1)}: {field}") from error
    if spec.min_contributors < 1:
        raise BadInput("at least 1", f"{filename}:{lines['min_contributors']}: min_contributors")
    if not 0 <= spec.test_share < 1:
        raise BadInput("from 0 to below 1", f"{filename}:{lines['test_share']}: test_share")
    return spec
