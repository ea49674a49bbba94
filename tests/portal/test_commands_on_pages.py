"""Every command that a page shows exists as it is written, and the auditor's commands do what the page says."""

from __future__ import annotations

import argparse
import html
import importlib
import re
from pathlib import Path

import pytest

from aboveboard.cli import VERBS, main
from tests.support.portal_world import Portal

_PRE = re.compile(r"<pre[^>]*>(.*?)</pre>", re.DOTALL)


def _commands(portal: Portal, path: str) -> list[list[str]]:
    text = portal.servers.get(path, Cookie=portal.cookies(path)).text
    lines = [line for block in _PRE.findall(text) for line in html.unescape(block).splitlines()]
    return [line.split()[1:] for line in lines if line.startswith("aboveboard ")]


@pytest.mark.parametrize("path", ["/verify", "/stop", "/stewards", "/representatives/{}"])
def test_each_takes_the_arguments_shown(portal: Portal, path: str) -> None:
    """Parsed only, never run: one of them would leave the programme."""
    commands = _commands(portal, path.format(portal.proposal.policy_id))
    assert len(commands) >= 2
    for words in commands:
        assert words[0] in VERBS
        parser = argparse.ArgumentParser(exit_on_error=False)
        importlib.import_module(VERBS[words[0]][0]).configure(parser)
        assert callable(parser.parse_args(words[1:]).run), words


def test_the_auditors_commands_are_true(
    portal: Portal, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    charter = portal.servers.world.charter
    (tmp_path / "charter.json").write_bytes(charter.to_bytes())
    show, verify, _ = _commands(portal, "/verify")
    assert main(show) == 0
    capsys.readouterr()
    assert main(verify) in (0, 3)
    said = capsys.readouterr().out
    assert "fails" not in said
    assert "holds" in said
    assert charter.charter_id in portal.servers.get("/verify").text
