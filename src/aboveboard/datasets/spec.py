"""What a dataset is to hold, as people write it: YAML, checked with file, line and field."""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from typing import Final, Literal

import msgspec
import yaml

from aboveboard.core.errors import BadInput
from aboveboard.core.leaves import Purpose
from aboveboard.datasets.schema import EPISODE_FLAGS, STEPS_MAX

SPEC_CHARS_MAX = 64 << 10
_SPLIT = re.compile(r"[a-z][a-z0-9_]{0,31}")


class Spec(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """title and purpose; outcome: which episodes; min_contributors: no app of fewer people is in it, and the number is
    on the card; test_share: share of the people whose episodes are for testing only, or splits: name -> share, 1 in
    all; policies, apps, sites: () for all; exclude_flags: of EPISODE_FLAGS; duplicates: whether look-alikes stay."""

    title: str
    purpose: Purpose
    min_contributors: int
    outcome: Literal["success", "any"] = "any"
    test_share: float = 0.0
    splits: dict[str, float] = {}
    policies: tuple[str, ...] = ()
    apps: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    interrupted: bool = False
    exclude_flags: tuple[str, ...] = ()
    steps_min: int = 1
    steps_max: int = STEPS_MAX
    duplicates: Literal["drop", "keep"] = "keep"

    def shares(self) -> dict[str, float]:
        """Split -> share of the people, in the order in which they are cut."""
        return self.splits or {"test": self.test_share, "train": 1 - self.test_share}


# field -> (what it has to be, in words, whether it is)
_CHECKS: Final[dict[str, tuple[str, Callable[[Spec], bool]]]] = {
    "title": ("not empty", lambda spec: bool(spec.title.strip())),
    "min_contributors": ("at least 1", lambda spec: spec.min_contributors >= 1),
    "test_share": ("from 0 to below 1", lambda spec: 0 <= spec.test_share < 1),
    "splits": (
        "names in lower case with shares over 0 that make 1, and no test_share beside them",
        lambda spec: not spec.splits or (
            all(_SPLIT.fullmatch(name) and share > 0 for name, share in spec.splits.items())
            and math.isclose(sum(spec.splits.values()), 1) and not spec.test_share
        ),
    ),
    "exclude_flags": (
        f"of {', '.join(EPISODE_FLAGS)}", lambda spec: set(spec.exclude_flags) <= set(EPISODE_FLAGS),
    ),
    "steps_min": ("at least 1", lambda spec: spec.steps_min >= 1),
    "steps_max": (f"from steps_min to {STEPS_MAX}", lambda spec: spec.steps_min <= spec.steps_max <= STEPS_MAX),
}  # fmt: skip


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
    except (yaml.YAMLError, RecursionError) as error:
        raise BadInput("is not YAML", filename) from error
    lines: dict[str, int] = {}
    if isinstance(node, yaml.MappingNode):
        for key, _ in node.value:
            if str(key.value) in lines:
                raise BadInput("is given twice", f"{filename}:{key.start_mark.line + 1}: {key.value}")
            lines[str(key.value)] = key.start_mark.line + 1
    try:
        spec = msgspec.convert(value, Spec)
    except msgspec.ValidationError as error:
        what = str(error)
        field = next((name for name in lines if f"`$.{name}" in what or f"field `{name}`" in what), "")
        raise BadInput(what, f"{filename}:{lines.get(field, 1)}: {field}") from error
    for field, (words, holds) in _CHECKS.items():
        if not holds(spec):
            raise BadInput(f"has to be {words}", f"{filename}:{lines.get(field, 1)}: {field}")
    return spec
