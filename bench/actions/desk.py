"""The browser's page for the benchmark: every kind of thing that people act on, and a log of what came to the page."""

from __future__ import annotations

import http.server
import threading
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any, cast

import numpy as np

from aboveboard.desktop.browser import Browser
from bench.actions.person import Person, Thing
from bench.actions.programs import some_words

BUTTONS = (
    "Save draft",
    "Apply",
    "Archive",
    "Refresh",
    "Compare",
    "Attach file",
    "Copy link",
    "Print",
    "Rename",
    "Close",
)
LINKS = ("Overview", "Details", "Settings", "Help pages")
BOXES = ("Urgent", "Private copy", "Send later")
FOLDERS = ("Inbox", "Drafts", "Reports", "Invoices", "Templates")
# What the page has to have heard for each kind: (event, detail or None).
_HEARD = {"click": ("click", 1), "double_click": ("dblclick", None), "triple_click": ("click", 3),
          "right_click": ("contextmenu", None), "middle_click": ("auxclick", None)}  # fmt: skip


class _Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002  # the base class's name
        """Keeps no log."""


class Desk:
    """One browser window at the page."""

    def __init__(self, env: Mapping[str, str], person: Person, left: int, top: int) -> None:
        self._person, self._rng = person, person.rng
        handler = partial(_Quiet, directory=str(Path(__file__).parent))
        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
        threading.Thread(target=self._server.serve_forever, name="page", daemon=True).start()
        url = f"http://127.0.0.1:{self._server.server_address[1]}/page.html"
        self._browser = Browser(env, url, 920, 720, left=left, top=top)
        time.sleep(1.5)
        self._denied = 0

    def denied(self) -> int:
        return self._denied

    def close(self) -> None:
        self._browser.close()
        self._server.shutdown()
        self._server.server_close()

    def _thing(self, name: str, element: str = "") -> Thing:
        element = element or name.replace(" ", "_")
        left, top = self._corner()
        x, y, width, height = cast("list[float]", self._browser.evaluate(
            f"(() => {{ const r = document.getElementById('{element}').getBoundingClientRect();"
            " return [r.x, r.y, r.width, r.height]; })()"
        ))  # fmt: skip
        return Thing((round(left + x), round(top + y), round(width), round(height)), name)

    def _corner(self) -> tuple[int, int]:
        script = "[screenX + (outerWidth - innerWidth) / 2, screenY + outerHeight - innerHeight]"
        x, y = cast("list[float]", self._browser.evaluate(script))
        return round(x), round(y)

    def _confirmed(self, do: Callable[[], None], kind: str, element: str) -> bool:
        """Does it, and takes it out of the diary if the page heard something else."""
        self._browser.evaluate("void (deskLog.length = 0)")
        do()
        event, detail = _HEARD[kind]
        log = cast("list[list[Any]]", self._browser.evaluate("deskLog"))
        if any(e[0] == event and e[1] == element and (detail is None or e[2] == detail) for e in log):
            return True
        self._denied += self._person.disown()
        return False

    def _click(self, name: str, kind: str = "click", at: tuple[int, int] | None = None, element: str = "") -> bool:
        thing = self._thing(name, element)
        element = element or name.replace(" ", "_")
        return self._confirmed(lambda: self._person.click(thing, kind, at), kind, element)

    def _one(self, names: tuple[str, ...]) -> str:
        return str(self._rng.choice(names))

    def act(self) -> None:
        acts: list[tuple[Callable[[], object], float]] = [
            (lambda: self._click(self._one(BUTTONS)), 4), (lambda: self._click(self._one(LINKS)), 1.5),
            (lambda: self._click(self._one(BOXES)), 1.5), (lambda: self._click(self._one(FOLDERS)), 1),
            (lambda: self._click(self._one(FOLDERS), "double_click"), 2.5),
            (lambda: self._letter("double_click"), 1), (lambda: self._letter("triple_click"), 2.5),
            (lambda: self._click(self._one(LINKS), "middle_click"), 0), (self._context, 2.5), (self._hover, 3),
            (self._slide, 2), (self._mark, 1.5), (self._scroll, 3), (self._fill, 4), (self._keys, 3), (self._hotkey, 2),
            (self._shaky, 1),
        ]  # fmt: skip
        shares = np.array([share for _, share in acts])
        acts[int(self._rng.choice(len(acts), p=shares / shares.sum()))][0]()

    def _letter(self, kind: str) -> None:
        left, top, _, _ = self._thing("Letter", "letter").box
        at = left + int(self._rng.integers(20, 250)), top + int(self._rng.integers(12, 100))
        self._click("Letter", kind, at, "letter")

    def _context(self) -> None:
        if self._click("Card", "right_click", element="card"):
            time.sleep(0.45)
            self._click(self._one(("Cut card", "Copy card", "Remove card")))

    def _hover(self) -> None:
        opener = self._thing("Options", "opener")
        if self._person.hover(opener, lambda: self._shown("more")):
            time.sleep(0.3)
            self._click(self._one(("Sort by date", "Sort by name", "Show hidden")))
        else:
            self._denied += 1
        self._person.click(self._thing("Apply"))

    def _shown(self, element: str) -> bool:
        return bool(self._browser.evaluate(f"document.getElementById('{element}').offsetParent !== null"))

    def _slide(self) -> None:
        def stands() -> float:
            return float(cast("float", self._browser.evaluate("Number(document.getElementById('volume').value)")))

        slider, value = self._thing("Volume", "volume"), stands()
        left, top, width, height = slider.box
        x, y = int(left + 8 + (width - 16) * value / 100), top + height // 2
        end = int(left + 8 + (width - 16) * float(self._rng.uniform(0, 1)))
        if abs(end - x) > 40:
            self._person.drag(slider, (x, y), (end, y + int(self._rng.integers(-4, 5))))
            if stands() == value:  # on the way there the pointer opened a menu, which lies over it
                self._denied += self._person.disown()

    def _mark(self) -> None:
        letter = self._thing("Letter", "letter")
        left, top, width, height = letter.box
        points = [
            (left + int(self._rng.integers(10, width - 40)), top + int(self._rng.integers(10, height - 30)))
            for _ in "ab"
        ]
        if abs(points[0][0] - points[1][0]) > 40:
            self._person.drag(letter, points[0], points[1])
            self._click("Apply")

    def _scroll(self) -> None:
        notches = int(self._rng.integers(1, 6)) * int(self._rng.choice([-1, 1]))
        name, element = [("History", "box"), ("Letter", "letter")][int(self._rng.integers(2))]
        self._person.scroll(self._thing(name, element), notches)

    def _fill(self) -> None:
        name = self._one(("Subject", "Comment", "Letter"))
        field, element = self._thing(name, name.lower()), name.lower()
        if not self._click(name, element=element):
            return
        value = f"document.getElementById('{element}').value"
        if self._rng.random() < 0.4 or len(str(self._browser.evaluate(value))) > 30:
            self._person.key("a", "Control", field=field)
        said = some_words(self._rng)
        self._person.type(field, said)
        if said not in str(self._browser.evaluate(value)):
            self._denied += self._person.disown()
        if self._rng.random() < 0.5 and name != "Letter":
            self._person.key(self._one(("Tab", "Return")), field=field)

    def _keys(self) -> None:
        folder = self._one(FOLDERS)
        if self._click(folder):
            here = self._thing(folder)
            self._person.key(self._one(("Down", "Up", "Escape", "F2", "Return", "Page_Down")), field=here)

    def _hotkey(self) -> None:
        name = self._one(BUTTONS)
        if self._click(name):
            key = self._one(("b", "k", "e"))
            self._person.key(key, "Control", *(["Shift"] if self._rng.random() < 0.3 else []), field=self._thing(name))

    def _shaky(self) -> None:
        """A hand that slips on a button, but not off it: still a click."""
        thing = self._thing(self._one(("Attach file", "Save draft")))
        left, top, width, height = thing.box
        self._person.slip(thing, (left + 12, top + height // 2), (left + width - 12, top + height // 2))
