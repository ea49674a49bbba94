"""What can go wrong at the start: one clear sentence, a non-zero exit, nothing recorded, nothing lost."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from aboveboard.core.codes import new_code
from aboveboard.demo.organisation import Organisation, found
from aboveboard.desktop.display import PrivateDisplay

pytestmark = pytest.mark.desktop


DESKTOP = ("DISPLAY", "XAUTHORITY", "DBUS_SESSION_BUS_ADDRESS", "WAYLAND_DISPLAY", "XDG_SESSION_TYPE")


@pytest.fixture(scope="module")
def organisation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Organisation]:
    made = found(tmp_path_factory.mktemp("organisation"), ["http://127.0.0.1:9"])
    yield made
    made.stop()


@pytest.fixture(scope="module")
def display() -> Iterator[PrivateDisplay]:
    with PrivateDisplay(400, 300) as made:
        yield made


def _aboveboard(*words: str | Path, env: dict[str, str] | None = None) -> tuple[int, str]:
    """Exit code and what it said; the environment has no desktop but what `env` gives."""
    bare = {k: v for k, v in os.environ.items() if k not in DESKTOP}
    done = subprocess.run(
        [sys.executable, "-m", "aboveboard", *map(str, words)], capture_output=True, text=True, check=False,
        timeout=60, env={**bare, **(env or {})},
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    return done.returncode, done.stderr.strip()


def _record(organisation: Organisation, home: Path, *more: str, env: dict[str, str] | None = None) -> tuple[int, str]:
    words = ("record", "--home", home, "--charter", organisation.charter)
    said = _aboveboard(*words, *(more or ("--region", "DE", "--invitation", "none")), env=env)
    assert not list(home.glob("spool/*"))
    return said


def _invited(organisation: Organisation) -> str:
    code = new_code()
    organisation.invite(code)
    return code


def test_no_display(organisation: Organisation, tmp_path: Path) -> None:
    code, said = _record(organisation, tmp_path / "home")
    assert code == 1
    assert "no display: set DISPLAY" in said
    code, said = _record(organisation, tmp_path / "home", env={"DISPLAY": ":9987", "DBUS_SESSION_BUS_ADDRESS": "x"})
    assert code == 1


def test_no_session_bus(organisation: Organisation, display: PrivateDisplay, tmp_path: Path) -> None:
    env = {k: v for k, v in display.env.items() if k != "DBUS_SESSION_BUS_ADDRESS"}
    code, said = _record(organisation, tmp_path / "home", env=env)
    assert code == 1
    assert "no accessibility bus" in said


def test_a_bus_that_does_not_answer(organisation: Organisation, display: PrivateDisplay, tmp_path: Path) -> None:
    env = {**display.env, "DBUS_SESSION_BUS_ADDRESS": f"unix:path={tmp_path}/nobody"}
    code, said = _record(
        organisation, tmp_path / "home", "--region", "DE", "--invitation", _invited(organisation), env=env
    )
    assert code == 1
    assert "bus" in said


def test_an_invitation_that_is_none(organisation: Organisation, display: PrivateDisplay, tmp_path: Path) -> None:
    code, said = _record(organisation, tmp_path / "home", env=dict(display.env))
    assert code == 1
    assert "invitation" in said or "code" in said


def test_another_region(organisation: Organisation, display: PrivateDisplay, tmp_path: Path) -> None:
    more = ("--region", "FR", "--invitation", _invited(organisation))
    code, said = _record(organisation, tmp_path / "home", *more, env=dict(display.env))
    assert code == 1
    assert "no policy here is for FR" in said


def test_a_collector_that_is_away(organisation: Organisation, display: PrivateDisplay, tmp_path: Path) -> None:
    more = ("--region", "DE", "--invitation", "x", "--collector", "http://127.0.0.1:9")
    code, said = _record(organisation, tmp_path / "home", *more, env=dict(display.env))
    assert code == 1
    assert "collector can't be reached" in said


def test_a_page_port_that_is_taken(organisation: Organisation, display: PrivateDisplay, tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        more = ("--region", "DE", "--invitation", _invited(organisation), "--page-port", port)
        code, said = _record(organisation, tmp_path / "home", *more, env=dict(display.env))
    assert code == 1
    assert f"port {port}" in said


def test_a_servers_port_that_is_taken(organisation: Organisation, tmp_path: Path) -> None:
    _aboveboard("witness", "init", "--home", tmp_path / "witness", "--name", "witness-auditor")
    _aboveboard("collector", "init", "--home", tmp_path / "collector")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        serve = ("serve", "--charter", organisation.charter, "--port", port, "--home")
        said = [_aboveboard(what, *serve, tmp_path / what) for what in ("witness", "collector")]
    for code, text in said:
        assert code in (1, 2)
        assert port in text or "charter names another" in text


def test_no_recorder_runs(tmp_path: Path) -> None:
    for verb in ("status", "pause", "resume", "opt-out"):
        code, said = _aboveboard(verb, "--home", tmp_path)
        assert (code, "no recorder runs" in said) == (1, True), verb


def test_an_unsigned_policy_is_not_published(organisation: Organisation, tmp_path: Path) -> None:
    signed = tmp_path / "p.json"
    _aboveboard(
        "policy", "sign", organisation.home / "policy.yaml", "--key", organisation.key("employer"), "--out", signed
    )
    words = ("policy", "publish", signed, "--charter", organisation.charter, "--collector", organisation.collector.url)
    code, said = _aboveboard(*words)
    assert code == 1
    assert "representatives" in said


def test_a_package_that_is_missing(tmp_path: Path) -> None:
    script = (
        "import sys; sys.modules['Xlib'] = None; from aboveboard.cli import main; "
        f"sys.exit(main(['record', '--home', {str(tmp_path)!r}]))"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert "the package Xlib is missing: pip install" in done.stderr


@pytest.mark.parametrize(
    "words", [(), ("fly",), ("pause", "--home", "/nowhere", "forever"), ("audit",), ("audit", "verify")]
)
def test_a_command_line_that_cant_be_used_is_exit_2(words: tuple[str, ...]) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "aboveboard", *words], capture_output=True, text=True, check=False, timeout=60
    )
    assert done.returncode in (1, 2) if words[:1] == ("pause",) else done.returncode == 2
    assert done.stderr
