"""Public data in other people's formats, as episodes: to mix with ours in training. It was not recorded under a consent
that this program could check: the contributor is "imported:<format>", and no manifest is made."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Final

from aboveboard.core.errors import BadInput
from aboveboard.datasets.imports import agentnet, owamcap
from aboveboard.datasets.schema import Episode

_READERS: Final[dict[str, Callable[[Path, tuple[int, int]], list[Episode]]]] = {
    "agentnet": agentnet.read, "owamcap": owamcap.read,
}  # fmt: skip


def import_file(form: str, path: Path, screen: tuple[int, int]) -> list[Episode]:
    """Sorted by ID. screen: width and height in pixels that shares are of. Raises BadInput naming file and line."""
    if form not in _READERS:
        raise BadInput(f"there is no import {form!r}: choose from {', '.join(_READERS)}")
    if not path.exists():
        raise BadInput("does not exist", str(path))
    if min(screen) < 1:
        raise BadInput("at least 1 pixel", "--width, --height")
    episodes = _READERS[form](path, screen)
    if not episodes:
        raise BadInput("holds no episode", str(path))
    return sorted(episodes, key=lambda episode: episode.episode_id)
