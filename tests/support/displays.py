"""A display of a test's own, that this process takes for its own too."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from aboveboard.desktop.display import PrivateDisplay


@contextmanager
def own_display(width: int, height: int) -> Iterator[PrivateDisplay]:
    with PrivateDisplay(width, height) as display, pytest.MonkeyPatch.context() as patch:
        for name, value in display.env.items():
            patch.setenv(name, value)
        yield display
