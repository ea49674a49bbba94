"""The recorder's page: how it stands, what waits and as it would leave, and every decision; on loopback only.

See replay/loopback.py for who is let in. Every decision works without JavaScript; only the drawing needs it. What
writes the pages is loaded when somebody looks: a recorder whose page nobody opens is the smaller by it.
"""

from __future__ import annotations

import datetime
import re
from functools import cached_property
from typing import TYPE_CHECKING, Any, cast

from aboveboard.core.clock import US_PER_S
from aboveboard.core.errors import AboveboardError, BadInput
from aboveboard.recorder.recorder import EVER_US, Recorder
from aboveboard.recorder.replay.loopback import Asked, Loopback, Reply
from aboveboard.recorder.replay.timeline import days
from aboveboard.recorder.review.look import Look
from aboveboard.recorder.review.outbox import Outbox
from aboveboard.recorder.settings import Change, Settings
from aboveboard.recorder.spool.spool import Spool
from aboveboard.recorder.words import HOTKEYS, REASONS
from aboveboard.ui import stylesheet

if TYPE_CHECKING:
    from aboveboard.recorder.review.pages import ReviewPages
    from aboveboard.ui.language import Speech

PACKAGE = "aboveboard.recorder"
_PART = re.compile(r"([0-9]{1,3}):([0-5][0-9])")


def settings_of(form: dict[str, str], known: Settings) -> Change:
    """What the form asks for. An empty box changes nothing. Raises BadInput for what is no number."""
    change: dict[str, object] = {}
    for name in ("data_mb_per_day", "battery_percent_min"):
        if text := form.get(name, "").strip():
            if not (text.isascii() and text.isdigit() and len(text) < 9):
                raise BadInput("has to be a whole number", name)
            change[name] = int(text)
    for name in ("exclude_apps", "exclude_sites", "exclude_titles"):
        if text := form.get(name, "").strip():
            change[name] = sorted({*getattr(known, name), text})
    return change


def size(count: int) -> str:
    """Bytes in words."""
    return f"{count / 1024:.0f} KiB" if count < 1 << 20 else f"{count / (1 << 20):.1f} MiB"


def length(minutes: int) -> str:
    """ "45 minutes", "24 hours"."""
    return f"{minutes // 60} hours" if minutes >= 120 and minutes % 60 == 0 else f"{minutes} minutes"


def part_of(text: str, name: str) -> int:
    """ "m:ss" as µs. Raises BadInput."""
    found = _PART.fullmatch(text.strip())
    if found is None:
        raise BadInput("has to be minutes and seconds, such as 2:05", name)
    return (int(found[1]) * 60 + int(found[2])) * US_PER_S


class StatusPage:
    """Serves one recorder's page. url: with the token in it."""

    def __init__(self, recorder: Recorder, spool: Spool, port: int = 0, outbox: Outbox | None = None) -> None:
        """Raises Unavailable when the port is taken."""
        self._recorder = recorder
        self._look = Look(spool, outbox)
        self._said = ""  # what was done by the last form, until it was shown
        self.server = Loopback(self.answer, port, "status", "--page-port")

    @cached_property
    def _words(self) -> Speech:
        from aboveboard.ui.language import speech

        return speech(PACKAGE, "en")

    @cached_property
    def _review(self) -> ReviewPages:
        from aboveboard.recorder.review.pages import ReviewPages

        return ReviewPages(self._look, self._words)

    @property
    def url(self) -> str:
        return self.server.url

    @property
    def host(self) -> str:
        return self.server.host

    def close(self) -> None:
        self.server.close()

    def answer(self, asked: Asked) -> Reply:
        if asked.form is not None:
            return self._do(asked.path, asked.form)
        if asked.path == "/style.css":
            return Reply(200, stylesheet().encode(), "text/css; charset=utf-8")
        if asked.path == "/":
            self._recorder.settle()
            return self._status("")
        return self._review.answer(asked.path, self.server.form_token)

    def _do(self, path: str, form: dict[str, str]) -> Reply:
        try:
            self._said = self.act(path, form)
        except AboveboardError as error:
            return self._status(str(error))
        return Reply(303, b"", headers={"Location": "/"})

    def _status(self, problem: str) -> Reply:
        from aboveboard.recorder.replay.pages import clock

        recorder, said, self._said = self._recorder, self._said, ""
        waiting = self._look.waiting()
        stretches, holes = self._look.told()
        html = self._words.template("status.html").render(
            status=recorder.status(), notice=recorder.notice, form=self.server.form_token, problem=problem, said=said,
            days=days(stretches, holes), apps=sorted({app for each in stretches for app in each.apps}),
            bytes=sum(each.stored for each in waiting), texts=sum(each.texts for each in waiting),
            pictures=sum(each.pictures for each in waiting), hold=length(recorder.hold_minutes), reasons=REASONS,
            hotkeys=HOTKEYS, clock=clock, size=size, say=self._words.say,
            settings=recorder.settings(), limits=recorder.limits,
        )  # fmt: skip
        return Reply(200, html.encode())

    def act(self, path: str, form: dict[str, str]) -> str:
        """What a button asks for; what is to be said of it. Unknown ones do nothing."""
        recorder = self._recorder
        match path:
            case "/agree":
                recorder.agree(form.get("policy", ""))
            case "/no":
                recorder.decline()
            case "/pause":
                recorder.pause(form.get("length", "until-resumed"))
            case "/resume":
                recorder.resume()
            case "/opt-out":
                reason = form.get("reason", "")
                recorder.opt_out(cast("Any", reason if reason in ("bandwidth", "sensitive_work", "power") else ""),
                                 delete=form.get("delete") == "yes")  # fmt: skip
            case "/forget":
                return self._forget(form)
            case "/settings":
                recorder.change_settings(settings_of(form, recorder.settings()))
            case "/send":
                recorder.send_now()
                return "What was recorded up to now is on its way."
        return ""

    def _forget(self, form: dict[str, str]) -> str:
        from_us, until_us = self._span(form)
        app = form.get("app") or None
        gone = self._recorder.forget(from_us, until_us, app)
        sent = "" if app else " What was sent of it is asked to be deleted."
        return f"Deleted, gone from this laptop: {gone} {'event' if gone == 1 else 'events'}.{sent}"

    def _span(self, form: dict[str, str]) -> tuple[int, int]:
        """From when to when, µs. Raises BadInput for what is not understood: nothing is deleted by a guess."""
        if "stretch" in form:
            named = form["stretch"]
            opened = self._look.open(int(named)) if named.isascii() and named.isdigit() and len(named) < 19 else None
            if opened is None:
                raise BadInput("what was to be deleted is not here any more: it was sent or deleted meanwhile")
            start_us, end_us = opened.stretch.start_us, opened.stretch.end_us
            if "from" not in form:
                return start_us, end_us
            from_us, to_us = part_of(form["from"], "from"), part_of(form.get("to", ""), "to")
            if to_us < from_us:
                raise BadInput("has to be after the beginning", "to")
            # What is shown as a second is meant whole.
            return start_us + from_us, min(end_us, start_us + to_us + US_PER_S)
        if "last_s" in form:
            if not (form["last_s"].isascii() and form["last_s"].isdigit() and len(form["last_s"]) < 9):
                raise BadInput("has to be a number of seconds", "last_s")
            now_us = int(datetime.datetime.now(datetime.UTC).timestamp() * US_PER_S)
            return now_us - int(form["last_s"]) * US_PER_S, EVER_US
        return 0, EVER_US
