"""A recorder that a menu speaks to, for tests of what shows the menu."""

from __future__ import annotations

from aboveboard.recorder.menu import View


class Asked:
    """Writes down what it is asked."""

    def __init__(self) -> None:
        self.now = View("recording")
        self.asked: list[object] = []

    def view(self) -> View:
        return self.now

    def pause(self, length: str) -> None:
        self.asked.append(("pause", length))
        self.now = View("paused", "paused", None)

    def resume(self) -> None:
        self.asked.append("resume")
        self.now = View("recording")

    def forget_last(self, seconds: int) -> str:
        self.asked.append(("forget", seconds))
        return "forgotten: the last 10 minutes, 12 events"

    def leave(self, *, delete: bool) -> None:
        self.asked.append(("leave", delete))

    def begin_task(self) -> str:
        self.asked.append("begin")
        return ""

    def end_task(self, outcome: str) -> str:
        self.asked.append(("end", outcome))
        return ""

    def open_page(self, path: str) -> None:
        self.asked.append(path)

    def pressed(self, hotkey: str) -> str:
        self.asked.append(("hotkey", hotkey))
        return ""
