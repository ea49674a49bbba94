"""The pages of one stretch that waits: drawn, in words, and its pictures, as they would leave."""

from __future__ import annotations

import json
import re
from importlib.resources import files

from aboveboard.core.errors import AboveboardError
from aboveboard.recorder.replay.drawing import drawing
from aboveboard.recorder.replay.loopback import Reply
from aboveboard.recorder.replay.pages import EVENTS_SHOWN, PICTURES_SHOWN, clock, in_words, seconds
from aboveboard.recorder.replay.shown import picture, pictures
from aboveboard.recorder.review.look import Look, Opened, is_sealed
from aboveboard.recorder.seal import name_of
from aboveboard.ui.language import Speech, message

_STRETCH = re.compile(r"/stretch/([0-9]{1,18})(\.json)?")
_PICTURE = re.compile(r"/picture/(sealed/)?([0-9]{1,12})/([0-9]{1,6})")
_SCRIPT = re.compile(r"/scripts/(replay|mark)\.js")
_GONE = message("This is not here any more: it was sent, or deleted.")


class ReviewPages:
    """In one reader's language. state: the recorder's. Any thread may call answer()."""

    def __init__(self, look: Look, words: Speech, state: str) -> None:
        self._look, self._words, self._state = look, words, state

    def answer(self, path: str, form: str) -> Reply:
        """A GET. form: the token that a form of the page gives back."""
        if found := _SCRIPT.fullmatch(path):
            script = (files("aboveboard.ui") / "static" / f"{found[1]}.js").read_bytes()
            return Reply(200, script, "text/javascript; charset=utf-8")
        if found := _PICTURE.fullmatch(path):
            name = f"{name_of(int(found[2]))}.seg" if found[1] else f"{int(found[2]):010d}.chunk"
            return self._picture(name, int(found[3]), form)
        found = _STRETCH.fullmatch(path)
        if found is None:
            return self._gone(message("There is nothing at this address."), form)
        opened = self._look.open(int(found[1]))
        if opened is None:
            return self._gone(_GONE, form)
        return self._drawing(opened) if found[2] else self._stretch(opened, form)

    def _gone(self, why: str, form: str) -> Reply:
        values = {"why": why, "form": form, "state": self._state, "say": self._words.say}
        return Reply(404, self._words.template("gone.html").render(values).encode())

    def _picture(self, name: str, number: int, form: str) -> Reply:
        chunk = self._look.chunk(name)
        if chunk is None:
            return self._gone(_GONE, form)
        try:
            return Reply(200, *picture(chunk.events, number))
        except AboveboardError as error:
            return self._gone(str(error), form)

    def _seen(self, opened: Opened) -> list[dict[str, object]]:
        parts = [(_address(each.segment), each.body.events) for each in opened.chunks]
        return pictures(opened.stretch, parts)

    def _drawing(self, opened: Opened) -> Reply:
        return Reply(200, json.dumps(drawing(opened.stretch, self._seen(opened))).encode(), "application/json")

    def _stretch(self, opened: Opened, form: str) -> Reply:
        stretch, told, seen = opened.stretch, in_words(opened.stretch), self._seen(opened)
        starts = [each.start_us for each in self._look.told()[0]]
        earlier = [each for each in starts if each < stretch.start_us]
        later = [each for each in starts if each > stretch.start_us]
        html = self._words.template("stretch.html").render(
            stretch=stretch, told=told[:EVENTS_SHOWN], more=max(0, len(told) - EVENTS_SHOWN),
            seen=seen[:PICTURES_SHOWN], more_seen=max(0, len(seen) - PICTURES_SHOWN), form=form, state=self._state,
            clock=clock, seconds=seconds, say=self._words.say, length_ms=(stretch.end_us - stretch.start_us) // 1000,
            sealed=opened.sealed, earlier=earlier[-1] if earlier else 0, later=later[0] if later else 0,
        )  # fmt: skip
        return Reply(200, html.encode())


def _address(name: str) -> str:
    """Of the pictures of a chunk or segment."""
    return f"/picture/{'sealed/' if is_sealed(name) else ''}{int(name.split('.')[0])}/"
