"""What a hand drags lies under the pointer as a window of nobody's: the drag is still of where it began."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from aboveboard.core.errors import Unavailable
from aboveboard.core.events import ButtonEdge, Motion
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

    def window(self, place: int) -> Window | None:
        return self.under


class _Tree:
    lost = False

    def before(self, window: int, t_us: int) -> None:
        """Nothing is known of the tree here."""

    def pressed(self, t_us: int) -> None:
        """Nothing is read here."""


def _edge(t_us: int, pressed: bool) -> ButtonEdge:
    return ButtonEdge(t_us, 50, 50, 1, pressed, frozenset())


class _Gone:
    """A source whose display went."""

    def read(self) -> None:
        raise Unavailable("the display is gone")


def _observer(windows: _Windows) -> X11Observer:
    observer = X11Observer.__new__(X11Observer)
    observer._windows, observer._watcher = windows, _Tree()  # type: ignore[assignment]
    observer._browsers, observer._surfaces, observer._glances = frozenset(), {}, None
    observer._scene_given = observer._held = observer._here = None
    observer._last_surface = (None, None, None, None)
    return observer


def _lose(observer: X11Observer) -> None:
    observer._source = _Gone()  # type: ignore[assignment]
    with pytest.raises(Unavailable):
        observer.read()


@pytest.mark.parametrize(("under", "app"), [(DRAGGED, "gedit"), (None, "gedit"), (OTHER, "mail")])
def test_a_release_over_what_is_dragged_is_of_where_the_button_went_down(under: Window | None, app: str) -> None:
    windows = _Windows()
    observer = _observer(windows)
    observer._button(_edge(1, pressed=True))
    windows.under = under
    released = observer._button(_edge(2, pressed=False))
    assert released.surface is not None
    assert released.surface.app == app
    windows.under = DRAGGED
    after = observer._button(_edge(3, pressed=False))
    assert after.surface is None, "no button is down any more"


@pytest.mark.parametrize("forget", [X11Observer.unsee, _lose])
def test_a_button_whose_release_may_not_be_heard_claims_nothing(forget: Callable[[X11Observer], None]) -> None:
    windows = _Windows()
    observer = _observer(windows)
    observer._button(_edge(1, pressed=True))
    windows.under = DRAGGED
    moved = Motion(np.array([2]), np.array([50], np.int32), np.array([50], np.int32))
    assert observer._moved(moved, 0).surface is not None, "a drag is of where it began"
    forget(observer)
    assert observer._moved(moved, 0).surface is None
    assert observer._button(_edge(3, pressed=False)).surface is None
