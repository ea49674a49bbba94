"""Pages rendered by a real browser, and an OCR engine that looks for their canaries in what may be kept."""

from __future__ import annotations

import pytest

from aboveboard.core.events import ObservedElement
from aboveboard.redact.ocr import Tesseract
from aboveboard.redact.pictures import RawFrame, SharpCrop, Withheld, coarse, crop
from aboveboard.redact.redactor import Redactor
from tests.support.pages import U8, enlarged, page, read_of, render

pytestmark = pytest.mark.desktop

PAGES, PAGES_PROVE = 2, 100
OCR_S_MAX = 120.0


def read(pixels: U8) -> str:
    return "\n".join(Tesseract().read(enlarged(pixels, times), OCR_S_MAX) for times in (1, 2, 4))


def check_page(seed: int) -> tuple[int, int]:
    """Fails when anything is read in the coarse frame; (canaries read in the whole frame, canaries)."""
    source, canaries = page(seed)
    frame = render(source)
    assert read_of(canaries, read(coarse(RawFrame(1, frame)).pixels)) == [], seed
    return len(read_of(canaries, Tesseract().read(frame, OCR_S_MAX))), len(canaries)


def test_nothing_is_read_in_coarse_frames() -> None:
    counts = [check_page(seed) for seed in range(1000, 1000 + PAGES)]
    seen, there = sum(count[0] for count in counts), sum(count[1] for count in counts)
    assert seen > there // 2, "the engine must be able to read what is there"


@pytest.mark.prove
@pytest.mark.parametrize("block", range(10))
def test_nothing_is_read_in_coarse_frames_of_a_hundred_pages(block: int) -> None:
    for n in range(PAGES_PROVE // 10):
        check_page(2000 + 10 * block + n)


FORM = """<meta charset=utf-8>
<style>* {position: absolute; font: 16px 'DejaVu Sans'; margin: 0; white-space: nowrap}</style>
<button style="left:300px;top:200px;width:90px;height:30px">Submit</button>
<div style="left:400px;top:204px">Ottoline Thistlethwaite</div>
<div style="left:300px;top:170px">Name</div>
<input value="rosalind@example.org" style="left:360px;top:165px;width:190px">
"""
BUTTON = ObservedElement("push button", "Submit", (300, 200, 90, 30), path=(0, 1))
TREE = (
    BUTTON,
    ObservedElement("static", "Submit", (315, 205, 60, 20), path=(0, 1, 0)),
    ObservedElement("static", "Ottoline Thistlethwaite", (400, 204, 200, 20), path=(0, 2)),
    ObservedElement("label", "Name", (300, 170, 50, 20), path=(0, 3)),
    ObservedElement("entry", "Name", (360, 165, 194, 24), path=(0, 4), value="rosalind@example.org"),
)


def test_a_sharp_crop_shows_the_control_and_no_name() -> None:
    frame = RawFrame(1, render(FORM))
    made = crop(frame, BUTTON, TREE, Redactor(b"k"), Tesseract(), OCR_S_MAX)
    assert isinstance(made, SharpCrop)
    text = read(made.pixels)
    assert "submit" in text.lower()
    assert read_of(["Ottoline Thistlethwaite", "rosalind@example.org"], text) == []


def test_a_tree_that_says_less_than_is_shown_does_not_get_a_name_through() -> None:
    """A page may call an element what it likes; the engine looks at what is there."""
    frame = RawFrame(1, render(FORM))
    liar = ObservedElement("push button", "Submit", (300, 165, 320, 70), path=(0, 1))
    made = crop(frame, liar, (liar,), Redactor(b"k"), Tesseract(), OCR_S_MAX)
    assert made == Withheld("readable")
