"""macOS' source without macOS: events as a tap's callback gets them, permissions, AX trees, the window list."""

# ruff: noqa: N802, N815  # Apple's names

from __future__ import annotations

from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

import pytest

from aboveboard.core.errors import Unavailable
from aboveboard.core.events import ButtonEdge, KeyEdge, Motion, RawInput, WheelStep
from aboveboard.recorder.platform.macos.desk import MacDesk
from aboveboard.recorder.platform.macos.elements import address, element, visible, window_at
from aboveboard.recorder.platform.macos.events import UNKNOWN, Decoder
from aboveboard.recorder.platform.macos.tap import PyobjcQuartz, Tap, check_permissions
from aboveboard.recorder.platform.native import Feed


@dataclass
class Event:
    """What a CGEventRef answers."""

    at: tuple[float, float] = (640.5, 360.0)
    ns: int = 1_000_000
    fields: dict[int, int] = field(default_factory=dict)
    flags: int = 0
    text: str = ""


class Framework:
    """The functions of Quartz that are called, over Event. tap: what CGEventTapCreate gives."""

    kCGSessionEventTap, kCGTailAppendEventTap, kCGEventTapOptionListenOnly = 1, 1, 1
    kCFRunLoopCommonModes = "common"
    kCGWindowListOptionOnScreenOnly, kCGWindowListExcludeDesktopElements, kCGNullWindowID = 1, 16, 0

    def __init__(self, tap: object | None = "tap") -> None:
        self._tap = tap
        self.asked: list[tuple[Any, ...]] = []
        self.listed: list[dict[str, Any]] = []

    def CGEventGetLocation(self, event: Event) -> Any:
        return SimpleNamespace(x=event.at[0], y=event.at[1])

    def CGEventGetTimestamp(self, event: Event) -> int:
        return event.ns

    def CGEventGetIntegerValueField(self, event: Event, number: int) -> int:
        return event.fields.get(number, 0)

    def CGEventGetFlags(self, event: Event) -> int:
        return event.flags

    def CGEventKeyboardGetUnicodeString(self, event: Event, *_: Any) -> tuple[int, str]:
        return len(event.text), event.text

    def CGEventTapCreate(self, *words: Any) -> Any:
        self.asked.append(("create", words[2], words[3]))
        return self._tap

    def CGWindowListCopyWindowInfo(self, *_: Any) -> Any:
        return self.listed

    def __getattr__(self, name: str) -> Any:
        def called(*words: Any) -> Any:
            self.asked.append((name, *words[1:]))

        return called


def _decode(*told: tuple[int, Event]) -> list[RawInput]:
    decoder = Decoder(PyobjcQuartz(Framework()))
    return [event for kind, each in told for event in decoder.decode(kind, each)]


def test_pointer_buttons_and_wheel() -> None:
    moved, left, right, other, up, scroll = _decode(
        (5, Event()), (1, Event()), (3, Event(fields={3: 1})), (25, Event(fields={3: 3})), (2, Event()),
        (22, Event(fields={11: -2, 12: 1})),
    )  # fmt: skip
    assert isinstance(moved, Motion)
    assert (list(moved.x), list(moved.y)) == ([640], [360])
    edges = [each for each in (left, right, other, up) if isinstance(each, ButtonEdge)]
    assert [(e.button, e.pressed) for e in edges] == [(1, True), (3, True), (8, True), (1, False)]
    assert isinstance(scroll, WheelStep)
    assert (scroll.dx, scroll.dy) == (-1, 2)
    assert _decode((22, Event())) == []  # parts of a notch that make none
    assert _decode((29, Event())) == []  # a gesture


def test_time_is_wall_time_of_the_events_own_clock() -> None:
    first, second = _decode((5, Event(ns=5_000_000)), (5, Event(ns=7_500_000)))
    assert isinstance(first, Motion)
    assert isinstance(second, Motion)
    assert int(second.t_us[0]) - int(first.t_us[0]) == 2500


def _keys(*told: tuple[int, Event]) -> list[KeyEdge]:
    return [each for each in _decode(*told) if isinstance(each, KeyEdge)]


def test_text_shortcuts_and_named_keys() -> None:
    keys = _keys(
        (10, Event(fields={9: 0}, text="a")), (11, Event(fields={9: 0}, text="a")),
        (10, Event(fields={9: 8}, flags=0x100000, text="c")), (10, Event(fields={9: 36}, text="\r")),
        (10, Event(fields={9: 37}, flags=0x80000, text="@")), (10, Event(fields={9: 49}, text=" ")),
        (10, Event(fields={9: 0, 8: 1}, text="a")),
    )  # fmt: skip
    assert [(e.key, e.text, sorted(e.modifiers)) for e in keys] == [
        ("a", "a", []), ("a", "", []), ("c", "", ["Super"]), ("Return", "", []), ("@", "@", ["AltGr"]),
        ("space", " ", []), ("a", "a", []),
    ]  # fmt: skip
    assert keys[-1].repeat


def test_a_dead_key_and_the_one_after_it_are_unknown() -> None:
    keys = _keys(
        (10, Event(fields={9: 24})), (10, Event(fields={9: 14}, text="e")), (10, Event(fields={9: 15}, text="r"))
    )
    assert [(e.key, e.text) for e in keys] == [(UNKNOWN, ""), (UNKNOWN, ""), ("r", "r")]


def test_modifiers_are_edges_with_what_was_held_before() -> None:
    keys = _keys((12, Event(fields={9: 56}, flags=0x20000)), (12, Event(fields={9: 56}, flags=0)))
    assert [(e.key, e.pressed, sorted(e.modifiers)) for e in keys] == [("Shift_L", True, []), ("Shift_L", False, [])]


def test_the_tap_only_listens_and_comes_back_after_macos_turned_it_off() -> None:
    quartz, feed = Framework(), Feed()
    decoder = Decoder(PyobjcQuartz(quartz))
    tap = Tap(feed, quartz, decoder)
    created = next(each for each in quartz.asked if each[0] == "create")
    assert created[1] == Framework.kCGEventTapOptionListenOnly
    assert created[2] & (1 << 10)
    tap.close()  # the run loop of the test ends at once
    quartz.asked.clear()
    event = Event(fields={9: 0}, text="a")
    for off in (0xFFFFFFFE, 0xFFFFFFFF, -2):
        assert tap.heard(None, off, event, None) is event
        assert quartz.asked.pop() == ("CGEventTapEnable", True)
    again = Feed()
    tap = Tap(again, quartz, decoder)
    tap.close()
    with pytest.raises(Unavailable, match="closed"):
        again.take()


def test_what_the_tap_hears_is_fed() -> None:
    quartz, feed = Framework(), Feed()
    tap = object.__new__(Tap)
    tap._feed, tap._quartz, tap._decoder = feed, quartz, Decoder(PyobjcQuartz(quartz))
    event = Event(fields={9: 0}, text="a")
    assert tap.heard(None, 10, event, None) is event
    tap._decoder.missed()
    tap.heard(None, 10, event, None)
    texts = [each.text for each in feed.take() if isinstance(each, KeyEdge)]
    assert texts == ["a", ""]  # after a hole a key may end anything


def test_without_permission_or_tap_nothing_is_recorded_and_it_is_said_where_to_give_it() -> None:
    class Denied(Framework):
        def CGPreflightListenEventAccess(self) -> bool:
            return False

        def AXIsProcessTrusted(self) -> bool:
            return False

    with pytest.raises(Unavailable, match="Privacy & Security, Input Monitoring and Accessibility"):
        check_permissions(Denied(), Denied())
    with pytest.raises(Unavailable, match="no event tap"):
        Tap(Feed(), Framework(tap=None), Decoder(PyobjcQuartz(Framework())))


class Tree:
    """AX nodes as dictionaries."""

    def attribute(self, node: dict[str, Any], name: str) -> Any:
        return node.get(name)

    def box(self, node: dict[str, Any]) -> Any:
        return node.get("box")

    def settable(self, node: dict[str, Any]) -> bool:
        return bool(node.get("settable"))


def _node(role: str, box: Any = (10, 10, 80, 20), **more: Any) -> dict[str, Any]:
    return {"AXRole": role, "box": box, "AXEnabled": True, **more}


def test_elements_have_the_roles_that_redaction_knows_and_a_password_has_no_value() -> None:
    tree = Tree()
    entry = element(tree, _node("AXTextField", AXTitle="Subject", AXValue="hello", settable=True, AXFocused=True))
    assert entry is not None
    assert (entry.role, entry.name, entry.value) == ("entry", "Subject", "hello")
    assert entry.states >= {"editable", "focused", "enabled"}
    secret = element(tree, _node("AXTextField", AXSubrole="AXSecureTextField", AXValue="hunter2"))
    assert secret is not None
    assert (secret.role, secret.value) == ("password text", "")
    assert element(tree, None) is None
    assert element(tree, _node("AXButton", box=None)) is None


def test_the_visible_tree_and_the_pages_address() -> None:
    page = _node("AXWebArea", AXURL="https://shop.example/", AXChildren=[_node("AXButton", AXTitle="Buy")])
    out = _node("AXButton", (5000, 0, 10, 10), AXTitle="Scrolled away")
    root = _node("AXWindow", (0, 0, 400, 300), AXTitle="Browser", AXChildren=[out, page])
    names = [(each.role, each.name, each.path) for each in visible(Tree(), root)]
    assert names == [("frame", "Browser", ()), ("document web", "", (1,)), ("push button", "Buy", (1, 0))]
    assert address(Tree(), root) == "https://shop.example/"
    endless = _node("AXGroup")
    endless["AXChildren"] = [endless] * 50
    assert len(visible(Tree(), endless)) == 1500


def _listed(number: int, pid: int, box: tuple[int, int, int, int], **more: Any) -> dict[str, Any]:
    bounds = dict(zip(("X", "Y", "Width", "Height"), box, strict=True))
    return {"kCGWindowNumber": number, "kCGWindowOwnerPID": pid, "kCGWindowBounds": bounds, **more}


def test_the_point_belongs_to_what_lies_on_top_of_it() -> None:
    listed = [_listed(1, 7, (50, 50, 20, 20)), _listed(2, 8, (0, 0, 400, 300), kCGWindowName="Mail")]
    apps = {8: "com.apple.mail"}
    top = window_at(listed, 55, 55, apps)
    assert top is not None
    assert (top.number, top.app) == (1, None)  # a program without a name: not allowed
    under = window_at(listed, 10, 10, apps)
    assert under is not None
    assert (under.app, under.title, under.box) == ("com.apple.mail", "Mail", (0, 0, 400, 300))
    assert window_at(listed, 900, 10, apps) is None


def test_the_front_window_is_the_front_programs_own_and_no_panel() -> None:
    quartz = Framework()
    quartz.listed = [_listed(3, 8, (0, 0, 400, 22), kCGWindowLayer=25), _listed(2, 8, (0, 22, 400, 278))]
    program = SimpleNamespace(processIdentifier=lambda: 8, bundleIdentifier=lambda: "com.apple.Mail")
    space = SimpleNamespace(frontmostApplication=lambda: program, runningApplications=lambda: [program])
    appkit: Any = SimpleNamespace(NSWorkspace=SimpleNamespace(sharedWorkspace=lambda: space))
    active = MacDesk(quartz, Framework(), appkit).active()
    assert active is not None
    assert (active.number, active.app) == (2, "com.apple.mail")
