"""From a permitted look at the screen to what may be kept of it: a coarse frame, and a sharp crop once it is checked.

Nothing here waits: the check of a crop runs on a thread of its own, and what became of it is asked for later.
"""

from __future__ import annotations

import hashlib
import io
from collections import OrderedDict, deque
from dataclasses import dataclass

from PIL import Image

from aboveboard.core.events import U8, Crop, Frame, Glance, Permitted, ScreenPicture
from aboveboard.core.frames import PICTURE_BYTES_MAX, encode_frame
from aboveboard.redact.ocr import Reader
from aboveboard.redact.picture_checks import CropChecks
from aboveboard.redact.picture_compose import blank, compose, same
from aboveboard.redact.pictures import MaskedCrop, RawFrame, SharpCrop, Withheld, area_of, coarse, mask
from aboveboard.redact.redactor import Redactor

KNOWN_MAX = 256  # crops whose check is remembered, by what they show
WEBP_QUALITY = 75


@dataclass(frozen=True, slots=True)
class _Asked:
    """A crop that is being checked."""

    acted_us: int
    masked: MaskedCrop
    name: bytes


class PictureStage:
    """One thread, the redaction stage's."""

    def __init__(self, redactor: Redactor, reader: Reader) -> None:
        self._redactor, self._reader = redactor, reader
        self._checks: CropChecks | None = None
        self._asked: deque[_Asked] = deque()
        self._dropped = 0  # of those asked for first: what becomes of them is not kept
        self._known: OrderedDict[bytes, bytes | str] = OrderedDict()
        self._last: ScreenPicture | None = None
        self._grid = b""

    @property
    def waiting(self) -> bool:
        """Whether a crop is being checked."""
        return len(self._asked) > self._dropped

    def close(self) -> None:
        if self._checks is not None:
            self._checks.close()
            self._checks = None

    def look(self, permitted: Permitted, glance: Glance) -> list[Frame | Crop]:
        """What can be kept at once; a crop may follow by `done`."""
        picture = permitted.picture
        if picture is None or blank(picture):
            return []
        found: list[Frame | Crop] = []
        if not same(picture, self._last):
            self._last = picture
            whole = coarse(RawFrame(glance.seen_us, compose(picture)))
            frame = encode_frame(glance.t_us, glance.seen_us, whole.box, whole.pixels)
            if frame.grid != self._grid:
                self._grid = frame.grid
                found.append(frame)
        if glance.at is not None:
            found += self._crop(permitted, picture, glance)
        return found

    def again(self) -> None:
        """The next frame is kept though it is like the last one: what was kept of that may be gone."""
        self._last, self._grid = None, b""

    def drop(self) -> None:
        """What is being checked is not kept, whatever comes of it."""
        self._dropped = len(self._asked)
        self.again()

    def _crop(self, permitted: Permitted, picture: ScreenPicture, glance: Glance) -> list[Crop]:
        seen_us, acted_us = glance.seen_us, glance.t_us
        target, tree = permitted.target, permitted.scene
        if target is None or tree is None:
            return []  # nothing is known of what was acted on, so there is nothing to show
        screen = (0, 0, *picture.size)
        area = area_of(target.box, screen)
        if area is None:
            return []
        frame = RawFrame(seen_us, compose(picture, area), (area[0], area[1]))
        masked = mask(frame, target, tree.elements, self._redactor)
        if isinstance(masked, Withheld):
            return [Crop(acted_us, seen_us, acted_us, area, withheld=masked.reason)]
        name = _name(masked)
        if name in self._known:
            self._known.move_to_end(name)
            return [_as_crop(acted_us, masked, self._known[name])]
        if self._checks is None:
            self._checks = CropChecks(self._reader, self._redactor)
        refused = self._checks.submit(masked)
        if refused is not None:
            return [Crop(acted_us, seen_us, acted_us, masked.box, withheld=refused.reason)]
        self._asked.append(_Asked(acted_us, masked, name))
        return []

    def done(self) -> list[Crop]:
        """Crops that have been checked since."""
        found: list[Crop] = []
        for verdict in self._checks.done() if self._checks is not None else []:
            asked = self._asked.popleft()
            shown = _webp(verdict) if isinstance(verdict, SharpCrop) else verdict.reason
            if shown not in ("late", "busy", "no_engine", "check_failed"):  # those say nothing of the crop
                self._known[asked.name] = shown
                if len(self._known) > KNOWN_MAX:
                    self._known.popitem(last=False)
            if self._dropped:
                self._dropped -= 1
                continue
            found.append(_as_crop(asked.acted_us, asked.masked, shown))
        return found


def _as_crop(acted_us: int, masked: MaskedCrop, shown: bytes | str) -> Crop:
    if isinstance(shown, str):
        return Crop(acted_us, masked.t_us, acted_us, masked.box, withheld=shown)
    return Crop(acted_us, masked.t_us, acted_us, masked.box, shown)


def _name(masked: MaskedCrop) -> bytes:
    size = b"%d %d " % masked.pixels.shape[:2]
    return hashlib.sha256(size + masked.pixels.tobytes()).digest()


def _webp(crop: SharpCrop) -> bytes | str:
    data = webp(crop.pixels)
    return data if len(data) <= PICTURE_BYTES_MAX else "too_large"


def webp(pixels: U8, quality: int = WEBP_QUALITY) -> bytes:
    """pixels: (height, width, 3) RGB."""
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "WEBP", quality=quality, method=4)
    return out.getvalue()
