"""What the tray's and the badge's menu offer, and what each entry does. One list for both."""

from __future__ import annotations

import contextlib
import datetime
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from aboveboard.core.clock import US_PER_S
from aboveboard.core.errors import AboveboardError
from aboveboard.recorder.words import STATES, reason

TASK_CHARS_MAX = 40
FORGET_S = 600
_PAUSES = {
    "30m": "Pause 30 minutes", "2h": "Pause 2 hours", "until-tomorrow": "Pause until tomorrow",
    "until-resumed": "Pause until I resume",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Entry:
    """key: what is done, "" for words only. children: a menu of its own. words "": a line between groups."""

    key: str
    words: str
    children: tuple[Entry, ...] = ()


LINE = Entry("", "")


@dataclass(frozen=True, slots=True)
class View:
    """What the recorder does now. reason: why it keeps nothing; paused_until_us: None for no end; task: its
    description, "" for none."""

    state: str
    reason: str | None = None
    paused_until_us: int | None = None
    task: str = ""
    problem: str = ""


class Recording(Protocol):
    """What a menu asks of a recorder."""

    def view(self) -> View: ...
    def pause(self, length: str) -> None: ...
    def resume(self) -> None: ...
    def forget_last(self, seconds: int) -> str:
        """What it says it removed."""
        ...

    def leave(self, *, delete: bool) -> None: ...
    def begin_task(self) -> str: ...
    def end_task(self, outcome: str) -> str: ...
    def open_page(self, path: str) -> None: ...
    def pressed(self, hotkey: str) -> str: ...


def until_words(until_us: int, now: datetime.datetime | None = None) -> str:
    """ "until 14:30", with the day when it is another one. Local time."""
    then = datetime.datetime.fromtimestamp(until_us / US_PER_S).astimezone()
    today = (now or datetime.datetime.now().astimezone()).date()
    return f"until {then:%H:%M}" if then.date() == today else f"until {then:%A %H:%M}"


def headline(view: View) -> str:
    """The state in a line."""
    words = STATES[view.state].capitalize()
    if view.state == "paused":
        return f"{words} {until_words(view.paused_until_us)}" if view.paused_until_us else f"{words} until you resume"
    return f"{words}: {reason(view.reason)}" if view.reason else words


def entries(view: View) -> tuple[Entry, ...]:
    """The whole menu for what the recorder does now."""
    found = [Entry("", headline(view))]
    if view.problem:
        found.append(Entry("", view.problem))
    taking_part = view.state not in ("waiting_for_consent", "off")
    if taking_part:
        found.append(LINE)
        if view.state == "paused":
            found.append(Entry("resume", "Go on recording"))
        found += [Entry(f"pause:{length}", words) for length, words in _PAUSES.items()]
        found += [LINE, Entry("forget", "Forget the last 10 minutes")]
        if view.task:
            short = view.task if len(view.task) <= TASK_CHARS_MAX else view.task[: TASK_CHARS_MAX - 1] + "…"
            ends = (Entry("done:success", "Done"), Entry("done:failure", "It did not work out"), Entry("done:", "Stop"))
            found.append(Entry("task", f"Task: {short}", ends))
        else:
            found.append(Entry("task", "Say what I am doing…"))
    found += [LINE, Entry("page:/", "Open the status page")]
    if taking_part:
        found.append(Entry("page:/review", "See what would be sent"))
        leave = (Entry("leave", "Leave now"), Entry("leave:delete", "Leave, and delete everything"))
        found += [LINE, Entry("", "Leave the programme", leave)]
    return tuple(found)


class Menu:
    """Any thread may call its methods. say: shows words to the person, where the indicator is."""

    def __init__(self, recording: Recording, say: Callable[[str], None]) -> None:
        self._recording, self._say = recording, say
        self._busy = threading.BoundedSemaphore(4)

    def view(self) -> View:
        return self._recording.view()

    def choose(self, key: str) -> None:
        """Does what an entry says, on a thread of its own: the indicator's must never wait."""
        if self._busy.acquire(blocking=False):
            threading.Thread(target=self._choose, args=(key,), name="menu", daemon=True).start()
        else:
            self._say("busy: try again in a moment")

    def press(self, hotkey: str) -> None:
        """Does what a hotkey is for."""
        self.choose(f"hotkey:{hotkey}")

    def _choose(self, key: str) -> None:
        try:
            said = self.do(key)
        except AboveboardError as error:
            said = str(error)
        finally:
            self._busy.release()
        if said:
            with contextlib.suppress(AboveboardError):
                self._say(said)

    def do(self, key: str) -> str:
        """What is to be said afterwards. Raises an error made on purpose; a key that is none does nothing."""
        what, _, how = key.partition(":")
        match what:
            case "pause" if how in _PAUSES:
                self._recording.pause(how)
            case "resume":
                self._recording.resume()
            case "forget":
                return self._recording.forget_last(FORGET_S)
            case "task":
                return self._recording.begin_task()
            case "done" if how in ("success", "failure", ""):
                return self._recording.end_task(how)
            case "page" if how.startswith("/"):
                self._recording.open_page(how)
            case "hotkey":
                return self._recording.pressed(how)
            case "leave":
                self._recording.leave(delete=how == "delete")
                return "you have left: nothing is recorded any more"
            case _:
                pass
        return ""
