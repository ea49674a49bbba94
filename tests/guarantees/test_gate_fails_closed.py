"""Fail closed: what can't be judged, placed or made safe is not kept, and a gap says why."""

from __future__ import annotations

import ast
from pathlib import Path
from typing import Any

import pytest

import aboveboard
from aboveboard.core.events import Gap, Surface
from tests.support.scripted import NOON_US, Recording, page

SRC = Path(aboveboard.__file__).parent


def _reasons(recording: Recording) -> set[str]:
    return {event.reason for event in recording.kept() if isinstance(event, Gap)}


@pytest.mark.parametrize(
    ("surface", "reason"),
    [
        (None, "unknown_focus"),
        (page(site=None), "unknown_focus"),
        (page(app="xterm", site=None), "app_not_allowed"),
        (page(site="https://mail.example.net"), "site_not_allowed"),
        (page(title="My bank"), "never_record"),
    ],
)
def test_input_elsewhere_is_not_kept(surface: Surface | None, reason: str, tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    recording.observer.here = surface
    recording.click(NOON_US + 1000)
    recording.type(NOON_US + 20_000, "elsewhere")
    recording.step()
    events = recording.kept()
    assert {event.reason for event in events if isinstance(event, Gap)} == {reason}
    assert all(isinstance(event, Gap) for event in events)


@pytest.mark.parametrize("name", ["indicator", "budget_ok"])
def test_a_condition_that_raises_is_a_no(name: str, tmp_path: Path) -> None:
    recording = Recording(tmp_path)

    def broken() -> bool:
        raise RuntimeError("broken")

    setattr(recording.conditions, name, broken)
    recording.click(NOON_US + 1000)
    recording.step()
    assert all(isinstance(event, Gap) for event in recording.kept())


def test_no_indicator_no_capture(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    recording.conditions.indicator = lambda: False
    recording.click(NOON_US + 1000)
    recording.step()
    assert _reasons(recording) == {"no_indicator"}


def test_a_policy_that_is_over_ends_it_at_once(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    recording.conditions.policy = None
    recording.click(NOON_US + 1000)
    recording.step()
    assert _reasons(recording) == {"no_policy"}


def test_consent_withdrawn_ends_it_at_once(tmp_path: Path) -> None:
    recording = Recording(tmp_path)
    recording.conditions.consent = "withdrawn"
    recording.click(NOON_US + 1000)
    recording.step()
    assert _reasons(recording) == {"no_consent"}


def test_redaction_that_raises_drops_the_event_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    recording = Recording(tmp_path)

    def broken(*_: Any, **__: Any) -> Any:
        raise RuntimeError("a detector failed on: hunter2")

    monkeypatch.setattr(type(recording.stage._redactor), "label", broken)
    recording.click(NOON_US + 1000)
    recording.step()
    events = recording.kept()
    assert "redaction_failed" in {event.reason for event in events if isinstance(event, Gap)}
    assert "hunter2" not in str(events)


def _made_in(name: str) -> set[str]:
    """Files whose code calls `name(...)`."""
    found = set()
    for path in SRC.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", getattr(node.func, "attr", "")) == name:
                found.add(path.relative_to(SRC).as_posix())
    return found


def test_only_the_gate_makes_permitted_and_only_redaction_makes_redacted() -> None:
    assert _made_in("Permitted") == {"recorder/gate.py"}
    assert _made_in("Redacted") == {"redact/stage.py", "recorder/spool/chunks.py"}
    assert _made_in("CoarseFrame") == _made_in("SharpCrop") == {"redact/pictures.py"}


def test_only_upload_speaks_http_outwards() -> None:
    talking = set()
    server_only = {"http.server", "http.cookies", "urllib.parse"}
    serving = {"recorder/replay/loopback.py"}  # on 127.0.0.1, and ask nobody
    for path in (SRC / "recorder").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            if any(name.split(".")[0] in ("urllib3", "requests", "http", "urllib") or name.endswith("wire.client")
                   for name in names):  # fmt: skip
                place = path.relative_to(SRC).as_posix()
                if place not in serving or not server_only.issuperset(
                    name for name in names if name.split(".")[0] in ("http", "urllib", "urllib3", "requests")
                ):
                    talking.add(place)
    assert talking == {"recorder/upload.py"}
