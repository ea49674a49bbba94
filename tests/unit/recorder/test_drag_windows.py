"""What a hand drags lies under the pointer as a window of nobody's: the drag is still of where it began."""

from __future__ import annotations

import pytest

from aboveboard.core.events import ButtonEdge
from aboveboard.desktop.windows import Window
from aboveboard.recorder.observe import X11Observer

EDITOR = Window(1, "gedit", 10, "notes", (0, 0, 100, 100))
OTHER = Window(2, "mail", 11, "inbox", (100, 0, 100, 100))
DRAGGED = Window(3, None, None, "", (40, 40, 20, 20))


class _Windows:
    def __init__(self) -> None:
        self.under: Window | None = EDITOR
        self.active = EDITOR

    def at(self, x: int, y: int) -> Window | None:
        return self.under


class _Tree:
    def before(self, window: int, t_us: int) -> None:
        """Nothing is known of the tree here."""


def _edge(t_us: int, pressed: bool) -> ButtonEdge:
    return ButtonEdge(t_us, 50, 50, 1, pressed, frozenset())


@pytest.mark.parametrize(("under", "app"), [(DRAGGED, "gedit"), (None, "gedit"), (OTHER, "mail")])
def test_a_release_over_what_is_dragged_is_of_where_the_button_went_down(under: Window | None, app: str) -> None:
    observer = X11Observer.__new__(X11Observer)
    windows = _Windows()
    observer._windows, observer._watcher = windows, _Tree()  # type: ignore[assignment]
    observer._browsers, observer._surfaces, observer._glances = frozenset(), {}, None
    observer._scene_given = observer._held = None
    observer._last_surface = (None, None, None, None)
    observer._button(_edge(1, pressed=True))
    windows.under = under
    released = observer._button(_edge(2, pressed=False))
    assert released.surface is not None
    assert released.surface.app == app
    windows.under = DRAGGED
    after = observer._button(_edge(3, pressed=False))
    assert after.surface is None, "no button is down any more"
