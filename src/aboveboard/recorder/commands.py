"""What menus and hotkeys do to the recorder that runs. See menu.Recording."""

from __future__ import annotations

from collections.abc import Callable
from typing import Literal, cast

from aboveboard.core.clock import US_PER_S, Clock
from aboveboard.recorder.menu import View
from aboveboard.recorder.opening import ask_description, open_browser
from aboveboard.recorder.pipeline import Mark
from aboveboard.recorder.recorder import EVER_US, Recorder


class Commands:
    """Any thread may call its methods."""

    def __init__(
        self, recorder: Recorder, clock: Clock, open_url: Callable[[str], None] = open_browser,
        ask: Callable[[], str | None] = ask_description,
    ) -> None:  # fmt: skip
        self._recorder, self._clock, self._open, self._ask = recorder, clock, open_url, ask

    def view(self) -> View:
        return self._recorder.view()

    def pause(self, length: str) -> None:
        self._recorder.pause(length)

    def resume(self) -> None:
        self._recorder.resume()

    def forget_last(self, seconds: int) -> str:
        gone = self._recorder.forget(self._clock.now_us() - seconds * US_PER_S, EVER_US)
        return f"forgotten: the last {seconds // 60} minutes, {gone} events"

    def leave(self, *, delete: bool) -> None:
        self._recorder.opt_out("", delete=delete)

    def begin_task(self) -> str:
        description = self._ask()
        if description is None:
            return 'no zenity or kdialog here to ask with: aboveboard task start "what you are doing"'
        if not description:
            return ""
        now = self._recorder.task(Mark("start", description), soon=True)
        return "the task has begun" if now else "the task begins in the next window that is recorded"

    def end_task(self, outcome: str) -> str:
        self._recorder.task(Mark("stop", outcome=cast("Literal['success', 'failure', '']", outcome)), soon=True)
        return "the task has ended"

    def open_page(self, path: str) -> None:
        self._open(f"{self._recorder.url}&to={path}")

    def pressed(self, hotkey: str) -> str:
        """A hotkey: what is to be said. The one for pausing never resumes."""
        if hotkey == "task":
            return self.end_task("") if self.view().task else self.begin_task()
        if self.view().state == "paused":
            return "already paused: nothing is recorded"
        self.pause("until-resumed")
        return ""
