"""What starts the recorder at login is judged by the programs that read it: systemd's and freedesktop's own."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path

import pytest

from aboveboard.core.errors import BadInput
from aboveboard.recorder.login_files import autostart, desktop_words, menu, systemd_words, unit

ODD = 'a b %h $HOME "quoted" back\\slash `tick` ünï'


def _program(folder: Path) -> Path:
    folder.mkdir(parents=True)
    path = folder / "aboveboard"
    path.write_text("#!/bin/sh\nexit 0\n")
    path.chmod(0o755)
    return path


def _verify(path: Path, text: str) -> subprocess.CompletedProcess[str]:
    path.write_text(text)
    words = ["systemd-analyze", "verify", "--man=no", "--recursive-errors=no", str(path)]
    return subprocess.run(words, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("folder", ["plain", "two words", "a b %h $HOME `tick` ünï"])
def test_systemd_reads_the_unit_and_finds_the_program(tmp_path: Path, folder: str) -> None:
    program = _program(tmp_path / folder)
    done = _verify(tmp_path / "aboveboard.service", unit([str(program), "record", "--home", f"/home/{ODD}"]))
    assert (done.returncode, done.stderr) == (0, "")
    program.unlink()
    assert _verify(tmp_path / "aboveboard.service", unit([str(program), "record"])).returncode != 0


def test_a_setting_that_systemd_does_not_know_would_be_found(tmp_path: Path) -> None:
    text = unit([str(_program(tmp_path / "bin")), "record"]).replace("NoNewPrivileges", "NoNewPrivilege")
    assert "NoNewPrivilege" in _verify(tmp_path / "aboveboard.service", text).stderr


def test_the_unit_is_confined_and_ends_with_the_session() -> None:
    text = unit(["/usr/bin/aboveboard", "record"])
    for line in (
        "NoNewPrivileges=yes", "RestrictNamespaces=yes", "SystemCallFilter=@system-service", "UMask=0077",
        "LimitCORE=0", "StandardOutput=null", "PartOf=graphical-session.target", "RestartPreventExitStatus=2",
    ):  # fmt: skip
        assert f"\n{line}\n" in text


@pytest.mark.parametrize("folder", ["plain", ODD])
def test_desktops_read_the_entries(tmp_path: Path, folder: str) -> None:
    called = [f"/opt/{folder}/aboveboard"]
    for name, text in (("auto", autostart([*called, "record", "--home", f"/home/{folder}"])),
                       ("menu", menu([*called, "review"], [*called, "pause"], [*called, "resume"]))):  # fmt: skip
        path = tmp_path / f"{name}.desktop"
        path.write_text(text)
        done = subprocess.run(["desktop-file-validate", str(path)], capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout) == (0, "")


def _exec(value: str) -> list[str]:
    """Desktop Entry Specification, "The Exec key": the value's escapes first, then quoting, then field codes."""
    value = re.sub(r"\\(.)", lambda found: {"s": " ", "n": "\n", "t": "\t", "\\": "\\"}[found[1]], value)
    words = re.findall(r'"((?:[^"\\]|\\.)*)"|(\S+)', value)
    return [(re.sub(r"\\(.)", r"\1", quoted) if quoted else plain).replace("%%", "%") for quoted, plain in words]


@pytest.mark.parametrize("word", ["plain", "two words", ODD, "100%", "\\", '"', "a=b;c", "(x) & <y>"])
def test_words_come_back_as_they_were(word: str) -> None:
    assert _exec(desktop_words(["/bin/x", word, "end"])) == ["/bin/x", word, "end"]


@pytest.mark.parametrize("word", ["line\nbreak", "\x00", "tab\t"])
def test_what_no_such_file_can_hold_is_refused(word: str) -> None:
    for words in (desktop_words, systemd_words):
        with pytest.raises(BadInput, match="character"):
            words([word])


@pytest.mark.parametrize("name", ['"q"', "it's", "back\\slash"])
def test_a_program_that_systemd_would_not_start_is_refused_here(tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput, match="install it elsewhere"):
        unit([str(_program(tmp_path / name)), "record"])
