"""What the recorder's own page speaks to, without a display: for the page's tests and pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any, TypeAlias

import numpy as np

from aboveboard.core.events import Correction, Crop, Focus, Gap, KeptEvent, Redacted
from aboveboard.core.frames import encode_frame
from aboveboard.recorder.settings import Settings
from aboveboard.recorder.spool.spool import Spool
from aboveboard.redact.stage import correction
from tests.support.own_data import BODY, S, letter, midnight_us

Kept: TypeAlias = "list[tuple[str, KeptEvent]]"
SCREEN = (0, 0, 1280, 720)


def frame(t_us: int, shade: int) -> KeptEvent:
    """A coarse screen: a window on a ground."""
    pixels = np.full((180, 320, 3), 0xE8, np.uint8)
    pixels[15:175, 10:310] = (0xF8, 0xF8, 0xF8)
    pixels[15:25, 10:310] = (0x38, 0x58, shade)
    pixels[50:145, 65:290] = (0xD8, 0xD8, 0xE8)
    return encode_frame(t_us + 100_000, t_us, SCREEN, (pixels & np.uint8(0xF0)) | np.uint8(8))


def crop(t_us: int, folder: Path) -> KeptEvent:
    """What was acted on, sharp."""
    from PIL import Image

    image = Image.new("RGB", (BODY.box[2], 96), (250, 250, 252))
    image.paste((11, 92, 117), (740, 30, 860, 70))
    image.save(folder / "crop.webp", lossless=True)
    return Crop(
        t_us + 200_000, t_us - 50_000, t_us, (*BODY.box[:2], BODY.box[2], 96), (folder / "crop.webp").read_bytes()
    )


def waiting(written: str, folder: Path) -> list[tuple[str, Kept, int]]:
    """(session, [(app, event)], end): a letter with pictures, a pause, and another program."""
    nine = midnight_us(0) + 9 * 3600 * S
    first: Kept = [("chromium", each) for each in letter(nine, title=written, subject=written, task=written)]
    first += [("chromium", frame(nine + k * S, shade)) for k, shade in ((0, 0x40), (4, 0xC0), (9, 0x60))]
    withheld = Crop(nine + 3 * S, nine + 2 * S, nine + 2 * S, SCREEN, b"", "readable")
    first += [("chromium", crop(nine + 17 * S, folder)), ("chromium", withheld)]
    first.sort(key=lambda each: each[1].t_us)
    gap: Kept = [("", Gap(nine + 30 * S, nine + 600 * S, "paused"))]
    sheet = Focus(nine + 600 * S, "libreoffice", None, "Budget", (40, 60, 1200, 640))
    second: Kept = [("libreoffice", each) for each in [sheet, *letter(nine + 601 * S)[2:]]]
    third: Kept = [(f"evil {written}", Focus(nine + 1200 * S, f"evil {written}", None, written, SCREEN))]
    session = "5" * 32
    return [(session, first, nine + 30 * S), (session, gap, nine + 600 * S), (session, second, nine + 900 * S),
            ("6" * 32, third, nine + 1260 * S)]  # fmt: skip


class ToldRecorder:
    """A recorder that is what it is told to be, and writes down what it is asked. written: what a person typed."""

    def __init__(self, written: str, folder: Path) -> None:
        """folder: for its spool, in which some waits."""
        folder.mkdir(exist_ok=True)
        self.spool = Spool(folder / "spool", bytes(32))
        self._sessions = [(session, events) for session, events, _ in waiting(written, folder)]
        for session, events, until_us in waiting(written, folder):
            self.spool.append(
                [Redacted(event, app) for app, event in events], session=session, policy="p", consent="c", epoch="e",
                start_us=events[0][1].t_us, end_us=until_us,
            )  # fmt: skip
        self.state = "recording"
        self.limits = (50, 30)
        self.hold_minutes = 1440
        self.notice = f"The notice in full. {written}"
        self.asked: list[tuple[Any, ...]] = []
        self._written = written

    def status(self) -> dict[str, Any]:
        return {
            "state": self.state, "reason": "paused" if self.state == "paused" else "", "problem": "",
            "policy": "p" * 64, "spool_bytes": 2048, "sent_segments": 3, "came_too_late": 0, "unsent_segments": 2,
            "hotkeys": {"pause": "Ctrl+Alt+Shift+P"},
            "hotkey_problem": "Ctrl+Alt+Shift+T is taken by another program, so it does nothing here",
            "cpu_s": 1.5, "rss_mb": 80.0,
        }  # fmt: skip

    def settings(self) -> Settings:
        return Settings(exclude_titles=(f"*salary* {self._written}",))

    def settle(self) -> None:
        """Everything is in the spool."""

    def pause(self, length: str) -> None:
        self.asked.append(("pause", length))
        self.state = "paused"

    def resume(self) -> None:
        self.asked.append(("resume",))
        self.state = "recording"

    def opt_out(self, reason: str, *, delete: bool, withdraw: bool) -> None:
        self.asked.append(("opt_out", reason, delete, withdraw))
        self.state = "off"

    def forget(self, from_us: int, until_us: int, app: str | None) -> int:
        self.asked.append(("forget", from_us, app))
        return self.spool.forget(from_us, until_us, app)

    def correct(self, task_us: int, description: str) -> bool:
        """As correcting.Tasks does with what waits, and with what was sealed."""
        self.asked.append(("correct", task_us, description))
        session = next((s for s, events in self._sessions for _, each in events if each.t_us == task_us), "7" * 32)
        better = correction(task_us + 1, session, task_us, description)
        assert isinstance(better.event, Correction)
        gone = self.spool.correct(better.event)
        if not gone:
            self.spool.append(
                [better], session="8" * 32, policy="p", consent="c", epoch="e", start_us=task_us + 1,
                end_us=task_us + 2,
            )  # fmt: skip
        return bool(gone)

    def send_now(self) -> None:
        self.asked.append(("send",))
