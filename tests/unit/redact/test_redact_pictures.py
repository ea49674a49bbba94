"""Pictures: no stroke in a coarse frame, and of a crop only what is known to be safe and read as such."""

from __future__ import annotations

import pickle
import threading
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aboveboard.core.errors import BadInput, Unavailable
from aboveboard.core.events import Box, ObservedElement
from aboveboard.redact.ocr import Late, Tesseract
from aboveboard.redact.picture_checks import CropChecks
from aboveboard.redact.pictures import U8, MaskedCrop, RawFrame, SharpCrop, Withheld, coarse, crop, mask
from aboveboard.redact.redactor import Redactor

GREY = 128


class Says:
    """A reader that reads what it is told to, or fails as told."""

    def __init__(self, what: str | Exception, before: Callable[[], object] = lambda: None) -> None:
        self.what, self.before = what, before
        self.seen: list[U8] = []

    def read(self, pixels: U8, deadline_s: float) -> str:
        self.seen.append(pixels)
        self.before()
        if isinstance(self.what, Exception):
            raise self.what
        return self.what


def element(role: str, name: str, box: Box, path: tuple[int, ...], **more: Any) -> ObservedElement:
    return ObservedElement(role=role, name=name, box=box, path=path, **more)


BUTTON = element("push button", "Submit", (300, 200, 80, 30), (0, 1))


def frame(width: int = 800, height: int = 600, origin: tuple[int, int] = (0, 0)) -> RawFrame:
    pixels = np.random.default_rng(1).integers(0, 100, (height, width, 3), dtype=np.uint8)
    return RawFrame(5, pixels, origin)


def shown(masked: MaskedCrop, box: Box) -> bool:
    """Whether any pixel of the box (on the screen) is there as it was."""
    x, y = box[0] - masked.box[0], box[1] - masked.box[1]
    return bool((masked.pixels[max(y, 0) : y + box[3], max(x, 0) : x + box[2]] != GREY).any())


def masked_of(*tree: ObservedElement, at: ObservedElement = BUTTON) -> MaskedCrop:
    masked = mask(frame(), at, tree, Redactor(b"k"))
    assert isinstance(masked, MaskedCrop)
    return masked


# ---------------------------------------------------------------- coarse


COLOUR = st.tuples(st.integers(0, 255), st.integers(0, 255), st.integers(0, 255))


@settings(max_examples=60, deadline=None)
@given(st.tuples(st.integers(0, 639), st.integers(0, 479), st.integers(1, 150), st.integers(1, 150)), COLOUR, COLOUR)
def test_nothing_short_in_both_directions_stays(stroke: Box, ink: tuple[int, ...], ground: tuple[int, ...]) -> None:
    """Whatever its colour, also where it touches the edge."""
    pixels = np.full((480, 640, 3), ground, dtype=np.uint8)
    empty = coarse(RawFrame(1, pixels.copy())).pixels
    x, y, width, height = stroke
    pixels[y : y + height, x : x + width] = ink
    assert (coarse(RawFrame(1, pixels)).pixels == empty).all()


def test_panels_and_long_lines_stay() -> None:
    pixels = np.full((600, 800, 3), 250, dtype=np.uint8)
    pixels[100:400, 100:500] = (20, 60, 200)
    pixels[500:504, 40:700] = 0
    small = coarse(RawFrame(7, pixels, (10, 20)))
    assert (small.t_us, small.box, small.pixels.shape) == (7, (10, 20, 800, 600), (150, 200, 3))
    assert np.abs(small.pixels[50, 50].astype(int) - (20, 60, 200)).max() <= 16
    assert small.pixels[125, 100].max() < 32


def test_odd_sizes_and_tiny_frames() -> None:
    assert coarse(frame(131, 77)).pixels.shape == (20, 33, 3)
    assert coarse(frame(1, 1)).pixels.shape == (1, 1, 3)


@pytest.mark.parametrize("shape", [(0, 5, 3), (5, 5), (5, 5, 4)])
def test_what_is_no_frame(shape: tuple[int, ...]) -> None:
    with pytest.raises(BadInput):
        RawFrame(1, np.zeros(shape, dtype=np.uint8))
    with pytest.raises(BadInput):
        RawFrame(1, np.zeros((4, 4, 3), dtype=np.float32))


def test_raw_pictures_never_leave_memory() -> None:
    for raw in (frame(), masked_of(BUTTON)):
        with pytest.raises(TypeError):
            pickle.dumps(raw)
        assert "pixels" not in repr(raw)


# ---------------------------------------------------------------- mask


def test_only_the_safe_element_is_left() -> None:
    masked = masked_of(BUTTON)
    assert masked.box == (276, 176, 128, 78)
    assert shown(masked, BUTTON.box)
    masked.pixels[24:54, 24:104] = GREY
    assert (masked.pixels == GREY).all(), "what no element vouches for is grey"


@pytest.mark.parametrize(
    "other",
    [
        element("entry", "Name", (310, 205, 20, 20), (0, 2)),
        element("entry", "", (310, 205, 20, 20), (0, 2), value="Jane"),
        element("section", "", (310, 205, 20, 20), (0, 2), states=frozenset({"editable"})),
        element("password text", "Password", (310, 205, 20, 20), (0, 2)),
        element("static", "Ottoline Bcdfghjk", (310, 205, 20, 20), (0, 2)),
        element("static", "Ottoline Bcdfghjk", (310, 205, 20, 20), (0, 1, 0)),
        element("image", "", (310, 205, 20, 20), (0, 1, 0)),
        element("paragraph", "the quiet old garden", (310, 205, 20, 20), (0, 2)),
        element("slider", "Volume", (310, 205, 20, 20), (0, 2), value="7"),
    ],
)
def test_what_lies_over_a_safe_element_and_is_not_safe_is_masked(other: ObservedElement) -> None:
    for tree in ((BUTTON, other), (other, BUTTON)):
        masked = masked_of(*tree)
        assert not shown(masked, (308, 203, 24, 24))
        assert shown(masked, (340, 200, 40, 30))


@pytest.mark.parametrize(
    "at",
    [
        element("push button", "Ottoline Bcdfghjk", BUTTON.box, (0, 1)),
        element("entry", "Name", BUTTON.box, (0, 1)),
        element("push button", "", BUTTON.box, (0, 1)),
        element("combo box", "Country", BUTTON.box, (0, 1), value="Norway"),
        element("link", "x " * 60, BUTTON.box, (0, 1)),
        element("section", "Submit", BUTTON.box, (0, 1)),
    ],
)
def test_a_crop_with_nothing_safe_is_withheld(at: ObservedElement) -> None:
    assert mask(frame(), at, (at,), Redactor(b"k")) == Withheld("nothing_safe")


def test_a_control_inside_a_named_group_stays() -> None:
    group = element("grouping", "Ottoline Bcdfghjk", (0, 0, 800, 600), (0,))
    assert shown(masked_of(group, BUTTON), BUTTON.box)


def test_no_tree_or_no_place() -> None:
    redactor = Redactor(b"k")
    assert mask(frame(), BUTTON, (), redactor) == Withheld("no_tree")
    for box in ((5000, 5000, 10, 10), (10, 10, 0, 5)):
        at = element("push button", "Submit", box, (0, 1))
        assert mask(frame(), at, (at,), redactor) == Withheld("outside")


def test_crops_are_bounded_and_cut_at_the_screen() -> None:
    wide = element("push button", "Submit", (-50, -50, 5000, 5000), (0, 1))
    masked = masked_of(wide, at=wide)
    assert masked.box[2] <= 480
    assert masked.box[3] <= 270
    corner = element("push button", "Submit", (780, 590, 80, 30), (0, 1))
    left, top, width, height = masked_of(corner, at=corner).box
    assert (left + width, top + height) == (800, 600)


def test_frames_that_begin_elsewhere_on_the_screen() -> None:
    masked = mask(frame(origin=(250, 150)), BUTTON, (BUTTON,), Redactor(b"k"))
    assert isinstance(masked, MaskedCrop)
    assert (masked.pixels[24:54, 24:104] == frame().pixels[50:80, 50:130]).all()


# ---------------------------------------------------------------- check


@pytest.mark.parametrize(
    ("says", "reason"),
    [
        ("Submit\nfrom Ottoline Bcdfghjk", "readable"),
        ("4532 0151 1283 0366", "readable"),
        (Late("late"), "late"),
        (Unavailable("no engine"), "no_engine"),
        (RuntimeError("broken"), "check_failed"),
    ],
)
def test_what_is_withheld_after_the_check(says: str | Exception, reason: str) -> None:
    assert crop(frame(), BUTTON, (BUTTON,), Redactor(b"k"), Says(says)) == Withheld(reason)  # type: ignore[arg-type]


def test_a_checked_crop_is_what_was_read() -> None:
    reader = Says("Submit\n\n")
    made = crop(frame(), BUTTON, (BUTTON,), Redactor(b"k"), reader)
    assert isinstance(made, SharpCrop)
    assert (made.t_us, made.box) == (5, (276, 176, 128, 78))
    assert reader.seen[0] is made.pixels


def test_a_missing_engine_withholds() -> None:
    reader = Tesseract("/nonexistent/tesseract")
    assert crop(frame(), BUTTON, (BUTTON,), Redactor(b"k"), reader) == Withheld("no_engine")


def test_an_engine_that_hangs_withholds(tmp_path: Any) -> None:
    slow = tmp_path / "slow"
    slow.write_text("#!/bin/sh\nexec sleep 60\n")
    slow.chmod(0o755)
    assert crop(frame(), BUTTON, (BUTTON,), Redactor(b"k"), Tesseract(str(slow)), 0.2) == Withheld("late")


def test_an_engine_that_fails_withholds() -> None:
    assert crop(frame(), BUTTON, (BUTTON,), Redactor(b"k"), Tesseract("false")) == Withheld("no_engine")


# ---------------------------------------------------------------- off the input path


def collected(checks: CropChecks, n: int) -> list[SharpCrop | Withheld]:
    made: list[SharpCrop | Withheld] = []
    for _ in range(1000):
        made += checks.done()
        if len(made) >= n:
            break
        threading.Event().wait(0.01)
    return made


def test_checks_come_back_in_order_and_too_many_are_refused() -> None:
    go = threading.Event()
    checks = CropChecks(Says("Submit", before=go.wait), Redactor(b"k"), waiting_max=2, deadline_s=60)
    masked = masked_of(BUTTON)
    given = [MaskedCrop(n, masked.box, masked.pixels) for n in range(8)]
    refused = [checks.submit(each) for each in given]
    assert Withheld("busy") in refused
    taken = [each.t_us for each, no in zip(given, refused, strict=True) if no is None]
    assert 2 <= len(taken) <= 3
    assert checks.done() == []
    go.set()
    assert [getattr(each, "t_us", None) for each in collected(checks, len(taken))] == taken
    checks.close()
    assert checks.submit(given[0]) == Withheld("busy")


def test_what_waited_too_long_is_late() -> None:
    now = [0.0]
    reader = Says("Submit", before=lambda: now.__setitem__(0, now[0] + 3.0))
    checks = CropChecks(reader, Redactor(b"k"), deadline_s=2.0, now_s=lambda: now[0])
    assert checks.submit(masked_of(BUTTON)) is None
    assert collected(checks, 1) == [Withheld("late")]
    checks.close()


def test_no_shade_of_a_large_stroke_is_left_on_a_gradient() -> None:
    """An opening along a gradient leaves one."""
    ground = np.repeat(np.linspace(40, 200, 800)[None, :, None], 600, axis=0).repeat(3, axis=2).astype(np.uint8)
    marked = ground.copy()
    marked[250:270, 360:480] = 20
    apart = np.abs(coarse(RawFrame(1, marked)).pixels.astype(int) - coarse(RawFrame(1, ground)).pixels)
    assert apart.max() <= 16, "one level, where it is rounded otherwise"
