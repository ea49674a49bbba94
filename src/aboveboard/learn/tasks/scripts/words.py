"""Reading an instruction as a person does."""

from __future__ import annotations

import re

from aboveboard.core.errors import BadInput

SUBMIT = "document.querySelector('#subbtn, #area button')"
_ORDINALS = r"(\d+)(?:st|nd|rd|th)"


def found(pattern: str, instruction: str) -> tuple[str, ...]:
    """The groups of the first match. Raises BadInput when the instruction has none."""
    match = re.search(pattern, instruction)
    if match is None:
        raise BadInput(f"{instruction!r} is not of the form {pattern!r}")
    return match.groups()


def word(pattern: str, instruction: str) -> str:
    """The one group of the first match."""
    return found(pattern, instruction)[0]


def quotes(instruction: str) -> list[str]:
    """Everything in double quotes."""
    return re.findall(r'"([^"]+)"', instruction)


def ordinal(instruction: str) -> int:
    """ "the 3rd ..." -> 3"""
    return int(word(_ORDINALS, instruction))
