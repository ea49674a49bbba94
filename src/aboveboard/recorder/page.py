"""The recorder's page: how it stands, what waits and as it would leave, and every decision; on loopback only.

See replay/loopback.py for who is let in. Every decision works without JavaScript; only the drawing needs it. What
writes the pages is loaded when somebody looks: a recorder whose page nobody opens is the smaller by it.
"""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast, get_args

from aboveboard.core.clock import US_PER_S
from aboveboard.core.errors import AboveboardError, BadInput
from aboveboard.core.policy import OptOutReason
from aboveboard.recorder.recorder import EVER_US, Recorder
from aboveboard.recorder.replay.loopback import Asked, Loopback, Reply, moment_of
from aboveboard.recorder.replay.timeline import days, local
from aboveboard.recorder.review.look import Look
from aboveboard.recorder.review.outbox import Outbox
from aboveboard.recorder.settings import Change, Settings
from aboveboard.recorder.spool.spool import Spool
from aboveboard.recorder.words import HOTKEYS, REASONS, STATES
from aboveboard.ui import stylesheet

if TYPE_CHECKING:
    from aboveboard.ui.language import Speech

PACKAGE = "aboveboard.recorder"
MINUTES_MAX = 7 * 24 * 60
OPT_OUT_REASONS = get_args(OptOutReason)
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


def length_of(form: dict[str, str]) -> str:
    """How long to pause: a length that a button names, or a number of minutes. Raises BadInput for what is none."""
    if "minutes" not in form:
        return form.get("length", "until-resumed")
    text = form["minutes"].strip()
    if not (text.isascii() and text.isdigit() and 0 < int(text[:9]) <= MINUTES_MAX and len(text) < 9):
        raise BadInput(f"has to be from 1 to {MINUTES_MAX}", "minutes")
    return f"{int(text)}m"


def part_of(text: str, name: str) -> int:
    """ "m:ss" as µs. Raises BadInput."""
    found = _PART.fullmatch(text.strip())
    if found is None:
        raise BadInput("has to be minutes and seconds, such as 2:05", name)
    return (int(found[1]) * 60 + int(found[2])) * US_PER_S


@dataclass(frozen=True, slots=True)
class Done:
    """What a form did, to be said once. events: deleted here; asked: of what was sent, the deletion is asked for."""

    what: Literal["", "sent", "deleted", "corrected", "follows"] = ""
    events: int = 0
    asked: bool = False


class StatusPage:
    """Serves one recorder's page. url: with the token in it."""

    def __init__(self, recorder: Recorder, spool: Spool, port: int = 0, outbox: Outbox | None = None) -> None:
        """Raises Unavailable when the port is taken."""
        self._recorder = recorder
        self._look = Look(spool, outbox)
        self._done = Done()  # by the last form, until it was said
        self.server = Loopback(self.answer, port, "status", "--page-port")

    def _words(self, asked: Asked) -> Speech:
        from aboveboard.ui.language import chosen, speech

        return speech(PACKAGE, chosen("", asked.language))

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
            return self._do(asked, asked.form)
        if asked.path == "/style.css":
            return Reply(200, stylesheet().encode(), "text/css; charset=utf-8")
        if asked.path == "/":
            self._recorder.settle()
            return self._status(asked, "")
        from aboveboard.recorder.review.pages import ReviewPages

        pages = ReviewPages(self._look, self._words(asked), self._recorder.state)
        return pages.answer(asked.path, self.server.form_token)

    def _do(self, asked: Asked, form: dict[str, str]) -> Reply:
        try:
            self._done = self.act(asked.path, form)
        except AboveboardError as error:
            return self._status(asked, str(error))
        return Reply(303, b"", headers={"Location": "/"})

    def _status(self, asked: Asked, problem: str) -> Reply:
        from aboveboard.recorder.replay.pages import clock

        recorder, done, self._done = self._recorder, self._done, Done()
        words, status = self._words(asked), recorder.status()
        waiting = self._look.waiting()
        stretches, holes = self._look.told()
        html = words.template("status.html").render(
            status=status, state=status["state"], notice=recorder.notice, form=self.server.form_token, problem=problem,
            done=done, days=days(stretches, holes), apps=sorted({app for each in stretches for app in each.apps}),
            bytes=sum(each.stored for each in waiting), texts=sum(each.texts for each in waiting),
            pictures=sum(each.pictures for each in waiting), hold=recorder.hold_minutes, reasons=REASONS,
            states=STATES, hotkeys=HOTKEYS, clock=clock, size=size, say=words.say,
            settings=recorder.settings(), limits=recorder.limits, corrections=self._look.corrections(), local=local,
        )  # fmt: skip
        return Reply(200, html.encode())

    def act(self, path: str, form: dict[str, str]) -> Done:
        """What a button asks for; what was done. Unknown ones do nothing."""
        recorder = self._recorder
        match path:
            case "/agree":
                recorder.agree(form.get("policy", ""))
            case "/no":
                recorder.decline()
            case "/pause":
                recorder.pause(length_of(form))
            case "/resume":
                recorder.resume()
            case "/opt-out":
                reason = form.get("reason", "")
                known = cast("Any", reason if reason in OPT_OUT_REASONS else "")
                delete, withdraw = (form.get(name) == "yes" for name in ("delete", "withdraw"))
                recorder.opt_out(known, delete=delete, withdraw=withdraw)
            case "/forget":
                return self._forget(form)
            case "/correct":
                gone = recorder.correct(moment_of(form), form.get("description", ""))
                return Done("corrected" if gone else "follows")
            case "/settings":
                recorder.change_settings(settings_of(form, recorder.settings()))
            case "/send":
                recorder.send_now()
                return Done("sent")
        return Done()

    def _forget(self, form: dict[str, str]) -> Done:
        from_us, until_us = self._span(form)
        app = form.get("app") or None
        gone = self._recorder.forget(from_us, until_us, app)
        return Done("deleted", gone, asked=not app)

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
