"""What the recorder's own page speaks to, without a display: for the page's tests and pictures."""

from __future__ import annotations

from typing import Any

from aboveboard.recorder.settings import Settings


class ToldRecorder:
    """A recorder that is what it is told to be, and writes down what it is asked. written: what a person typed."""

    def __init__(self, written: str) -> None:
        self.state = "recording"
        self.limits = (50, 30)
        self.notice = f"The notice in full. {written}"
        self.asked: list[tuple[Any, ...]] = []
        self._written = written

    def status(self) -> dict[str, Any]:
        return {"state": self.state, "reason": "paused" if self.state == "paused" else "", "problem": "",
                "policy": "p" * 64, "spool_bytes": 2048, "sent_segments": 3,
                "came_too_late": 0, "cpu_s": 1.5, "rss_mb": 80.0}  # fmt: skip

    def settings(self) -> Settings:
        return Settings(exclude_titles=(f"*salary* {self._written}",))

    def review(self) -> list[dict[str, Any]]:
        text = {"field": f"Subject {self._written}", "text": self._written}
        return [
            {"kind": "app", "name": f"chromium {self._written}", "from_s": 0, "events": 12, "texts": [text]},
            {"kind": "gap", "name": "paused", "from_s": 60, "events": 0, "texts": []},
            {"kind": "app", "name": "libreoffice", "from_s": 120, "events": 48, "texts": []},
        ]

    def pause(self, length: str) -> None:
        self.asked.append(("pause", length))
        self.state = "paused"

    def opt_out(self, reason: str, *, delete: bool) -> None:
        self.asked.append(("opt_out", reason, delete))
        self.state = "off"

    def forget(self, from_us: int, until_us: int, app: str | None) -> None:
        self.asked.append(("forget", from_us, app))
