"""Text is what appeared: keys typed into a real terminal under a real layout, beside what the recorder says of them."""

from __future__ import annotations

import os
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from Xlib import X
from Xlib import display as xdisplay
from Xlib.ext import xtest

from aboveboard.core.events import KeyEdge
from aboveboard.desktop.display import PrivateDisplay
from aboveboard.desktop.windows import Windows
from aboveboard.recorder.platform.x11 import X11Source

WAIT_S_MAX = 15.0
# Keycodes of a PC keyboard by what stands on a US one.
CODES = dict(zip("1234567890-=", range(10, 22), strict=True))
CODES |= dict(zip("qwertyuiop[]", range(24, 36), strict=True))
CODES |= dict(zip("asdfghjkl;'`", range(38, 50), strict=True))
CODES |= dict(zip("zxcvbnm,./", range(52, 62), strict=True))
CODES |= {" ": 65, "Shift": 50, "AltGr": 108, "Caps": 66, "Num": 77, "Menu": 135, "KP1": 87, "KP2": 88, "Enter": 36}
CODES |= {"RCtrl": 105, "Ctrl": 37}


class Desk:
    """A display with one terminal that writes what is typed into a file."""

    def __init__(self, display: PrivateDisplay, folder: Path, locale: str) -> None:
        self.display, self.file = display, folder / "typed"
        self.env = {**os.environ, **display.env, "LC_ALL": locale}
        self._client = xdisplay.Display(display.name)
        self._terminal: subprocess.Popen[bytes] | None = None
        self.source: X11Source | None = None

    def listen(self) -> X11Source:
        self.source = X11Source(self.display.name, self.display.xauthority)
        return self.source

    def layout(self, *words: str) -> None:
        subprocess.run(["setxkbmap", *words], env=self.env, check=True)

    def start(self) -> None:
        script = f"stty -echo; printf x > {self.file}.ready; cat > {self.file}"
        words = ["xterm", "-u8", "-geometry", "80x20+0+0", "-e", "sh", "-c", script]
        self._terminal = subprocess.Popen(words, env=self.env, start_new_session=True, stderr=subprocess.DEVNULL)
        windows = Windows(self.display.name)
        deadline = time.monotonic() + WAIT_S_MAX
        while not (Path(f"{self.file}.ready").exists() and (under := windows.at(50, 50)) and under.app == "xterm"):
            assert time.monotonic() < deadline, "the terminal does not come up"
            time.sleep(0.05)
            windows.update()
        windows.close()
        for kind in (X.ButtonPress, X.ButtonRelease):
            xtest.fake_input(self._client, X.MotionNotify, x=50, y=50)
            xtest.fake_input(self._client, kind, 1)
        self._client.sync()
        time.sleep(0.5)

    def type(self, words: str) -> None:
        """Keys by name, "+" for held ones: "a Shift+b Caps"."""
        for word in words.split(" "):
            *held, key = word.split("+")
            for name in [*held, key]:
                xtest.fake_input(self._client, X.KeyPress, CODES[name])
            for name in reversed([*held, key]):
                xtest.fake_input(self._client, X.KeyRelease, CODES[name])
            self._client.sync()
            time.sleep(0.01)

    def appeared(self) -> str:
        """What the terminal got, up to the Enter that is typed now."""
        self.type("Enter")
        deadline = time.monotonic() + WAIT_S_MAX
        while not (self.file.exists() and self.file.read_bytes().endswith(b"\n")):
            assert time.monotonic() < deadline, "nothing appeared"
            time.sleep(0.05)
        return self.file.read_text("utf-8").rstrip("\n")

    def close(self) -> None:
        self._client.close()
        if self.source is not None:
            self.source.close()
        if self._terminal is not None:
            self._terminal.terminate()
            self._terminal.wait(5)


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    with PrivateDisplay(800, 600) as display:
        for name, value in {**display.env, "LC_ALL": "C.UTF-8"}.items():
            monkeypatch.setenv(name, value)
        desk = Desk(display, tmp_path, "C.UTF-8")
        time.sleep(0.7)
        yield desk
        desk.close()


def _typed(source: X11Source) -> tuple[str, list[str]]:
    """The text of all presses so far, and the names of keys that make the text unknown."""
    edges = [event for event in source.read() if isinstance(event, KeyEdge) and event.pressed]
    text = "".join(edge.text for edge in edges if not edge.modifiers & {"Control", "Alt", "Super"})
    return text, [edge.key for edge in edges if edge.key.startswith("dead_")]


CASES = {
    "us": (("us",), "h e l l o Shift+w Shift+1 Shift+4"),
    "german": (("de",), "z y [ ; ' - Shift+- Shift+[ AltGr+q AltGr+e AltGr+7"),
    "french": (("fr",), "q w a Shift+1 1 2 7 9 0 Shift+,"),
    "caps lock": (("us",), "a Caps a 1 Shift+a [ Caps a"),
    "caps lock in german": (("de",), "Caps ; ' [ Caps ; '"),
    "num lock": (("us",), "Num KP1 KP2 Num a"),
    "us international, dead keys": (("us", "intl"), "' e Shift+` n ` a Shift+6 o Shift+' u ' c"),
    "a capital after a dead key": (("us", "intl"), "' Shift+a ` Shift+e b"),
    "two layouts": (("us,ru", "-option", "grp:caps_toggle"), "a b Caps a b Shift+d Caps a"),
    "compose": (("us", "-option", "compose:rctrl"), "a RCtrl ' e RCtrl o c RCtrl s s b"),
    "greek": (("gr",), "a s d f w"),
    "czech": (("cz",), "2 3 4 5 6 7 8 9 0"),
}


@pytest.mark.parametrize("name", CASES)
def test_text_is_what_appeared(name: str, desk: Desk) -> None:
    layout, keys = CASES[name]
    desk.layout(*layout)
    desk.start()
    source = desk.listen()
    desk.type(keys)
    time.sleep(0.1)
    text, unknown = _typed(source)
    assert text == desk.appeared()
    assert not unknown


def test_a_layout_that_changes_while_it_is_typed_on(desk: Desk) -> None:
    desk.layout("us")
    desk.start()
    source = desk.listen()
    desk.type("z y")
    desk.layout("de")
    time.sleep(0.3)
    desk.type("z y ;")
    time.sleep(0.1)
    text, _ = _typed(source)
    assert text == desk.appeared() == "zyyzö"


def test_a_sequence_that_makes_nothing_known_is_said_to_be_unknown(desk: Desk) -> None:
    desk.layout("us", "intl")
    source = desk.listen()
    desk.type("a ' q b")
    time.sleep(0.1)
    text, unknown = _typed(source)
    assert unknown
    assert "q" not in text


def test_shortcuts_on_a_layout_without_latin_letters_go_by_their_letter(desk: Desk) -> None:
    desk.layout("us,ru", "-option", "grp:caps_toggle")
    source = desk.listen()
    desk.type("Caps Ctrl+v")
    time.sleep(0.1)
    presses = [event for event in source.read() if isinstance(event, KeyEdge) and event.pressed]
    assert presses[-1].key == "v"
    assert presses[-1].modifiers == {"Control"}
