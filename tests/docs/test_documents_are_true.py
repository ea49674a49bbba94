"""Documents name only what exists: commands, make targets, files, and every verb is documented somewhere."""

from __future__ import annotations

import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from aboveboard.cli import VERBS, main, parser_of

ROOT = Path(__file__).parents[2]
DOCUMENTS = sorted(path for path in [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
_FENCE = re.compile(r"^```(?:sh|console)?\n(.*?)^```", re.MULTILINE | re.DOTALL)
_COMMAND = re.compile(r"^\s*(?:\$ )?(?:\S*/)?aboveboard +(.*?)\s*(?:#.*)?$", re.MULTILINE)
_INLINE = re.compile(r"`aboveboard ([^`]+)`")
_LINK = re.compile(r"\]\((?!https?:|mailto:|#)([^)#]+)")
_TARGET = re.compile(r"`make ([a-z]+)|^make ([a-z]+)", re.MULTILINE)


def _commands(text: str) -> list[list[str]]:
    blocks = "\n".join(_FENCE.findall(text)).replace("\\\n", " ")
    found = [*_COMMAND.findall(blocks), *_INLINE.findall(text)]
    return [words for line in found if (words := line.replace("[", " ").replace("|", " ").split())]


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_exist(document: Path) -> None:
    for words in _commands(document.read_text(encoding="utf-8")):
        if words[0].startswith("-") or words[0].isupper():
            continue
        assert words[0] in VERBS, f"{document.name} names `aboveboard {' '.join(words)}`"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_commands_in_blocks_can_be_typed_as_they_stand(document: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Every argument that is needed is there, and none that there is not."""
    blocks = "\n".join(_FENCE.findall(document.read_text(encoding="utf-8"))).replace("\\\n", " ")
    for line in _COMMAND.findall(blocks):
        words = shlex.split(re.split(r" [|<>&]", f" {line}")[0])
        code: object = 0
        try:
            parser_of(words[0]).parse_args(words)
        except SystemExit as stop:
            code = stop.code
        assert code == 0, f"`aboveboard {line}`: {capsys.readouterr().err}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(document: Path) -> None:
    for link in _LINK.findall(document.read_text(encoding="utf-8")):
        assert (document.parent / link.strip()).exists(), f"{document.name} links to {link}"


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_make_targets_exist(document: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    for pair in _TARGET.findall(document.read_text(encoding="utf-8")):
        target = pair[0] or pair[1]
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), f"{document.name} names `make {target}`"


@pytest.mark.parametrize("verb", sorted(VERBS))
def test_every_verb_has_help_that_says_what_it_is_for(verb: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as stop:
        main([verb, "--help"])
    assert stop.value.code == 0
    said = " ".join(capsys.readouterr().out.split())
    assert VERBS[verb][1].split(",")[0].split(";")[0][1:40] in said


def test_the_command_alone_says_how_it_is_used() -> None:
    done = subprocess.run([sys.executable, "-m", "aboveboard"], capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "usage: aboveboard" in done.stderr


def test_no_file_holds_a_registry_address() -> None:
    hosts = re.compile("py" + r"pi\.org|files\.python" + r"hosted|registry\.np" + "mjs", re.IGNORECASE)
    listed = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True, cwd=ROOT).stdout.split()
    for name in listed:
        path = ROOT / name
        if path.suffix not in {".png", ".svg"} and path.is_file():
            assert not hosts.search(path.read_text(encoding="utf-8", errors="replace")), name
