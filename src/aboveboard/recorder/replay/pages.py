"""The pages of one's own data: a timeline, a stretch replayed, and the ways to stop, which the recorder then does."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from importlib.resources import files
from typing import Any

from aboveboard.core.errors import AboveboardError, BadInput
from aboveboard.recorder.replay.drawing import drawing
from aboveboard.recorder.replay.loopback import Asked, Loopback, Reply, moment_of
from aboveboard.recorder.replay.own import Own
from aboveboard.recorder.replay.shown import picture, pictures
from aboveboard.recorder.replay.story import Stretch, corrections, tell
from aboveboard.recorder.replay.timeline import days, local
from aboveboard.recorder.words import REASONS
from aboveboard.ui import stylesheet
from aboveboard.ui.language import Speech, chosen, speech

PACKAGE = "aboveboard.recorder.replay"
EVENTS_SHOWN = 2000  # in words; the drawing has all
PICTURES_SHOWN = 60
_STRETCH = re.compile(r"/stretch/([0-9]{1,6})(\.json)?")
_PICTURE = re.compile(r"/picture/([0-9]{1,6})/([0-9]{1,6})")
# What a form asks the recorder for. Anything else does nothing.
_DO: dict[str, dict[str, Any]] = {
    "/pause": {"do": "pause", "length": "until-resumed"},
    "/resume": {"do": "resume"},
    "/leave": {"do": "opt_out"},
    "/delete": {"do": "forget", "all": True},
}


def clock(t_us: int) -> str:
    return local(t_us).strftime("%H:%M")


def in_words(stretch: Stretch) -> list[dict[str, Any]]:
    """Its events that can be said in words, by time."""
    return [each for each in drawing(stretch)["events"] if each["k"] not in ("path", "release", "scene")]


def seconds(t_ms: int) -> str:
    return f"{t_ms // 60_000}:{t_ms // 1000 % 60:02d}"


class ReplayPages:
    """own: what was opened. ask: speaks to the recorder that runs here, as recorder.asking.ask does."""

    def __init__(self, own: Own, ask: Callable[..., dict[str, Any]], port: int = 0) -> None:
        self._own, self._ask = own, ask
        self._said = {task_us: each.description for (_, task_us), each in corrections(own.opened).items()}
        self._tell()
        self.server = Loopback(self.answer, port, "replay")

    def _tell(self) -> None:
        """Tasks as their person says them now."""
        self._stretches, holes = tell([each.as_said(self._said) for each in self._own.opened])
        self._days = days(self._stretches, holes)

    @property
    def url(self) -> str:
        return self.server.url

    def close(self) -> None:
        self.server.close()

    def answer(self, asked: Asked) -> Reply:
        words = speech(PACKAGE, chosen("", asked.language))
        if asked.form is not None and asked.path == "/correct":
            return self._correct(asked.form, words)
        if asked.form is not None:
            return self._do(asked, words)
        if asked.path == "/":
            return self._page(words, "timeline.html")
        if asked.path == "/style.css":
            return Reply(200, stylesheet().encode(), "text/css; charset=utf-8")
        if asked.path == "/scripts/replay.js":
            script = (files("aboveboard.ui") / "static" / "replay.js").read_bytes()
            return Reply(200, script, "text/javascript; charset=utf-8")
        if asked.path in ("/leave", "/delete", "/delete/sure"):
            return self._page(words, "stopping.html", what=asked.path)
        if found := _PICTURE.fullmatch(asked.path):
            return self._picture(words, int(found[1]), int(found[2]))
        found = _STRETCH.fullmatch(asked.path)
        if found is None or int(found[1]) >= len(self._stretches):
            return self._page(words, "missing.html", status=404)
        stretch = self._stretches[int(found[1])]
        if found[2]:
            return Reply(200, json.dumps(drawing(stretch, self._seen(stretch))).encode(), "application/json")
        return self._stretch(words, stretch)

    def _do(self, asked: Asked, words: Speech) -> Reply:
        request = _DO.get(asked.path)
        if request is None:
            return self._page(words, "missing.html", status=404)
        try:
            self._ask(**request)
        except AboveboardError as error:
            return self._page(words, "timeline.html", problem=str(error))
        if asked.path in ("/leave", "/delete"):
            return self._page(words, "stopped.html", what=asked.path)
        return Reply(303, b"", headers={"Location": "/"})

    def _correct(self, form: dict[str, str], words: Speech) -> Reply:
        try:
            task_us, description = moment_of(form), form.get("description", "")
            self._ask(do="task_correct", task=task_us, description=description)
        except AboveboardError as error:
            return self._page(words, "timeline.html", problem=str(error))
        self._said[task_us] = description
        self._tell()
        return self._page(words, "stopped.html", what="/correct")

    def _stretch(self, words: Speech, stretch: Stretch) -> Reply:
        told = in_words(stretch)
        seen = self._seen(stretch)
        return self._page(
            words, "stretch.html", stretch=stretch, told=told[:EVENTS_SHOWN], more=max(0, len(told) - EVENTS_SHOWN),
            last=len(self._stretches) - 1, seen=seen[:PICTURES_SHOWN], more_seen=max(0, len(seen) - PICTURES_SHOWN),
        )  # fmt: skip

    def _seen(self, stretch: Stretch) -> list[dict[str, Any]]:
        parts = [(f"/picture/{number}/", piece.body.events)
                 for number, piece in enumerate(self._own.opened) if piece.segment in stretch.segments]  # fmt: skip
        return pictures(stretch, parts)

    def _picture(self, words: Speech, piece: int, number: int) -> Reply:
        try:
            if piece >= len(self._own.opened):
                raise BadInput("there is no segment of this number")
            return Reply(200, *picture(self._own.opened[piece].body.events, number))
        except AboveboardError as error:
            return self._page(words, "missing.html", status=404, problem=str(error))

    def _state(self) -> str:
        """The recorder's, "" when none runs."""
        try:
            return str(self._ask(do="status").get("state", ""))
        except AboveboardError:
            return ""

    def _page(self, words: Speech, name: str, *, status: int = 200, problem: str = "", **values: object) -> Reply:
        html = words.template(name).render(
            days=self._days, own=self._own, state=self._state(), reasons=REASONS, form=self.server.form_token,
            problem=problem, clock=clock, seconds=seconds, say=words.say, **values,
        )  # fmt: skip
        return Reply(status, html.encode())
