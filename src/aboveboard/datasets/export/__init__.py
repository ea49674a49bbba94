"""Datasets in other people's formats. Each writer gives the steps that its format has room for; what it has no room for
is said, see LOST and docs/datasets.md. All need the dataset's own columns only."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from aboveboard.core.errors import BadInput
from aboveboard.datasets.export import agentnet, browsergym, lerobot, messages, owamcap
from aboveboard.datasets.schema import Episode, read_episodes

Screen = tuple[int, int]
_WRITERS: Final[dict[str, Callable[[Sequence[Episode], Path, Screen], None]]] = {
    "agentnet": agentnet.write, "openai": messages.write_openai, "anthropic": messages.write_anthropic,
    "browsergym": browsergym.write, "lerobot": lerobot.write, "owamcap": owamcap.write,
}  # fmt: skip
_ALL: Final = ("pictures", "pseudonym, split and flags", "the segments a step was made from")
LOST: Final[dict[str, tuple[str, ...]]] = {
    "agentnet": (*_ALL, "elements and target", "times", "the pointer's way", "program and window",
                 "thoughts and scores (left empty: nobody had them)"),
    "openai": (*_ALL, "elements and target", "times", "program and window", "the pointer's way but a drag's",
               "triple clicks (three clicks)", "how long a wait was"),
    "anthropic": (*_ALL, "elements and target", "times", "program and window", "the pointer's way",
                  "drags with another button than the left (left out)"),
    "browsergym": (*_ALL, "elements and target", "times", "the pointer's way", "modifiers held with the mouse",
                   "triple clicks (three clicks)", "steps outside a browser (left out)",
                   "the page's own origin (places are within the window, its toolbars included)"),
    "lerobot": ("sharp crops (the screen before each step is carried, at a quarter of its size)",
                "elements and target", "the pointer's way", "modifiers",
                "pseudonym and flags", "the segments a step was made from",
                "uneven times (a frame a step at 1 frame a second; start_us holds the real time)"),
    "owamcap": ("nothing: what OWA's own messages can't say is whole on the topic aboveboard/step",
                "for readers of OWA's topics only: typed text, elements, program, sharp crops"),
}  # fmt: skip


def export(form: str, folder: Path, out: Path, screen: Screen) -> tuple[str, ...]:
    """Writes the dataset in `folder` to `out`, which must not exist; what could not be carried, in words.

    screen: width and height in pixels, for formats that count in shares of the screen. Raises BadInput.
    """
    if form not in _WRITERS:
        raise BadInput(f"there is no export {form!r}: choose from {', '.join(_WRITERS)}")
    if out.exists():
        raise BadInput("exists already", str(out))
    if min(screen) < 1:
        raise BadInput("at least 1 pixel", "--width, --height")
    _WRITERS[form](read_episodes(folder), out, screen)
    return LOST[form]
