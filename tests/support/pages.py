"""Pages with canaries in type of 10 to 96 pixels, rendered by a real browser."""

from __future__ import annotations

import html
import random
import re
import subprocess
import tempfile
from pathlib import Path
from typing import TypeAlias

import numpy as np
import numpy.typing as npt
from PIL import Image

U8: TypeAlias = npt.NDArray[np.uint8]

WIDTH, HEIGHT = 1280, 960
SIZES = (10, 11, 12, 13, 14, 16, 18, 20, 24, 28, 32, 40, 48, 56, 64, 72, 80, 88, 96)
_FAMILIES = (
    "DejaVu Sans", "DejaVu Serif", "DejaVu Sans Mono", "Nimbus Sans", "Nimbus Roman", "Nimbus Sans Narrow",
    "URW Bookman", "URW Gothic", "Z003", "P052", "C059",
)  # fmt: skip  # Debian's fonts-dejavu and fonts-urw-base35; the browser takes another where one is missing
_COLOURS = (
    ("#000", "#fff"), ("#fff", "#000"), ("#ddd", "#222"), ("#1a0dab", "#fff"), ("#fff", "#1a73e8"), ("#b00", "#fee"),
    ("#0a0", "#012"), ("#777", "#fff"), ("#ff0", "#00f"), ("#900", "#090"), ("#e8eaed", "#35363a"),
    ("#333", "linear-gradient(90deg,#fff,#9bf)"), ("#fff", "linear-gradient(45deg,#124,#a26)"),
    ("#222", "repeating-linear-gradient(0deg,#eee 0 3px,#ccd 3px 6px)"),
)  # fmt: skip
_GIVEN = ("Rosalind", "Ottoline", "Bartholomew", "Wilhelmina", "Anneliese", "Giuseppe", "Katarzyna", "Mohammed")
_FAMILY = (
    "Thistlethwaite",
    "Featherstone",
    "Kowalczyk",
    "Montgomery",
    "Hernandez",
    "Oyelaran",
    "Lindqvist",
    "Papadakis",
)


def canary(rng: random.Random) -> str:
    """A name, an e-mail address, or a card number."""
    match rng.randrange(3):
        case 0:
            return f"{rng.choice(_GIVEN)} {rng.choice(_FAMILY)}"
        case 1:
            return f"{rng.choice(_GIVEN).lower()}.{rng.choice(_FAMILY).lower()}@example.org"
        case _:
            return " ".join(str(rng.randrange(1000, 10_000)) for _ in range(4))


def page(seed: int) -> tuple[str, list[str]]:
    """The HTML of a page, and the canaries on it."""
    rng = random.Random(seed)
    dark = rng.random() < 0.4
    canaries: list[str] = []
    blocks: list[str] = []
    used = 0
    while used < HEIGHT - 40:
        size = rng.choice(SIZES)
        text = canary(rng)
        canaries.append(text)
        ink, ground = rng.choice(_COLOURS) if rng.random() < 0.6 else (("#eee", "#111") if dark else ("#111", "#fff"))
        slant, weight = rng.choice(("normal", "italic")), rng.choice((300, 400, 700, 900))
        style = (
            f"font:{slant} {weight} {size}px '{rng.choice(_FAMILIES)}';"
            f"color:{ink};background:{ground};padding:{rng.choice((0, 2, 8))}px;white-space:nowrap;overflow:hidden;"
            f"letter-spacing:{rng.choice((0, 0, 0, 1, -1, 4))}px;line-height:1.15"
        )
        inside = html.escape(text)
        repeat = max(1, min(3, 700 // (size * 12)))
        inside = " &middot; ".join([inside] * repeat)
        kind = rng.randrange(5)
        if kind == 0:
            blocks.append(f'<button style="{style}">{inside}</button><br>')
        elif kind == 1:
            blocks.append(f'<input style="{style};width:900px" value="{html.escape(text)}"><br>')
        elif kind == 2:
            blocks.append(f'<table border=1><tr><td style="{style}">{inside}<td style="{style}">{inside}</table>')
        else:
            blocks.append(f'<div style="{style}">{inside}</div>')
        used += int(size * 1.15) + 16
    body = "".join(blocks)
    ground = "#111" if dark else "#fff"
    return f'<meta charset=utf-8><body style="margin:12px;background:{ground}">{body}', canaries


def render(source: str) -> U8:
    """uint8 (HEIGHT, WIDTH, 3): a screenshot of the page in Chromium."""
    with tempfile.TemporaryDirectory(prefix="page-") as folder:
        at = Path(folder)
        (at / "page.html").write_text(source, encoding="utf-8")
        words = ["--headless", "--no-sandbox", "--disable-gpu", "--hide-scrollbars", f"--window-size={WIDTH},{HEIGHT}"]
        words += [f"--user-data-dir={at / 'profile'}", f"--screenshot={at / 'page.png'}", (at / "page.html").as_uri()]
        subprocess.run(["chromium", *words], check=True, capture_output=True, timeout=120)
        with Image.open(at / "page.png") as picture:
            return np.asarray(picture.convert("RGB"))[:HEIGHT, :WIDTH].copy()


def enlarged(pixels: U8, times: int) -> U8:
    """As an attacker would before reading: smooth, `times` as large."""
    if times == 1:
        return pixels
    height, width = pixels.shape[:2]
    return np.asarray(Image.fromarray(pixels).resize((width * times, height * times), Image.Resampling.LANCZOS))


def read_of(canaries: list[str], text: str) -> list[str]:
    """Which canaries can be told from what was read: any of their words or numbers of four or more characters."""
    squeezed = re.sub(r"[^a-z0-9]", "", text.lower())
    return [
        each
        for each in canaries
        if any(word in squeezed for word in re.findall(r"[a-z0-9]{4,}", each.lower()) if word != "example")
    ]
