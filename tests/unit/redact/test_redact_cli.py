"""`aboveboard redact`: a line in, a line out."""

from __future__ import annotations

import io
import json
from pathlib import Path

import pytest

from aboveboard.cli import main
from aboveboard.redact import cli


class Stdin:
    def __init__(self, data: bytes) -> None:
        self.buffer = io.BytesIO(data)


def test_lines_keep_their_ends(monkeypatch: pytest.MonkeyPatch, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    monkeypatch.setattr("sys.stdin", Stdin("to jane@example.org\r\n\nönly wörds? jane@example.org".encode()))
    assert main(["redact"]) == 0
    first, second, third = capsysbinary.readouterr().out.decode().split("\n")
    assert (first, second) == ("to <EMAIL_1>\r", "")
    assert third.endswith(" <EMAIL_1>")


def test_json_offsets_are_code_points_of_the_line(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    line = "😀 é to jane@example.org"
    (tmp_path / "in.txt").write_text(line + "\nplain words\n", encoding="utf-8")
    assert main(["redact", "--json", str(tmp_path / "in.txt")]) == 0
    one, two = (json.loads(out) for out in capsysbinary.readouterr().out.splitlines())
    assert one == {"text": "😀 é to <EMAIL_1>", "spans": [{"start": 7, "end": 23, "label": "EMAIL"}]}
    assert line[7:23] == "jane@example.org"
    assert two == {"text": "plain words", "spans": []}


def test_a_result_is_one_line_for_every_reader(tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes]) -> None:
    line = "a\u2028b\x85c\x0bd to jane@example.org"
    (tmp_path / "in.txt").write_text(line + "\n", encoding="utf-8", newline="")
    assert main(["redact", "--json", str(tmp_path / "in.txt")]) == 0
    (out,) = capsysbinary.readouterr().out.decode().splitlines()
    assert json.loads(out)["text"] == line.replace("jane@example.org", "<EMAIL_1>")


@pytest.mark.parametrize("what", ["missing", "folder", "bytes", "endless"])
def test_what_cannot_be_read_gets_one_sentence(
    tmp_path: Path, capsysbinary: pytest.CaptureFixture[bytes], monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    path = tmp_path / "in.txt"
    if what == "folder":
        path.mkdir()
    elif what == "bytes":
        path.write_bytes(b"fine\n\xff\xfe\n")
    elif what == "endless":
        monkeypatch.setattr(cli, "_LINE_BYTES_MAX", 100)
        path.write_bytes(b"x" * 200)
    assert main(["redact", str(path)]) == 2
    captured = capsysbinary.readouterr()
    (sentence,) = captured.err.decode().splitlines()
    assert sentence.startswith(f"aboveboard: {path}:")
    assert captured.out in (b"", b"fine\n")
    if what == "bytes":
        assert f"{path}:2:" in sentence


def test_output_comes_line_by_line() -> None:
    """A reader at the other end of a pipe need not wait for the end."""
    seen: list[bytes] = []

    class Slow(io.BytesIO):
        def readline(self, size: int | None = -1, /) -> bytes:
            seen.append(out.getvalue())
            return super().readline(-1 if size is None else size)

    out = io.BytesIO()
    with io.BufferedWriter(out) as buffered:
        cli.redact_stream(Slow(b"one\ntwo\n"), buffered, name="x", as_json=False)
    assert seen == [b"", b"one\n", b"one\ntwo\n"]


def test_every_line_of_a_private_key_goes() -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEpAIBAAKCAQEA\nsave\n-----END RSA PRIVATE KEY-----\nsave\n"
    out = io.BytesIO()
    with io.BufferedWriter(out) as buffered:
        cli.redact_stream(io.BytesIO(key.encode()), buffered, name="x", as_json=False)
        buffered.flush()
        lines = out.getvalue().decode().splitlines()
    assert [line.startswith("<SECRET_") for line in lines] == [True, True, True, True, False]
    assert lines[4] == "save"


def test_a_key_without_an_end_takes_no_other_lines_with_it() -> None:
    key = "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nMIIEpAIBAAKCAQEA\nsave\nOpen the file\nsave\n"
    out = io.BytesIO()
    with io.BufferedWriter(out) as buffered:
        cli.redact_stream(io.BytesIO(key.encode()), buffered, name="x", as_json=False)
        buffered.flush()
        lines = out.getvalue().decode().splitlines()
    assert [line.startswith("<SECRET_") for line in lines] == [True, True, False, True, True, False, False]
    assert lines[5:] == ["Open the file", "save"]


def test_many_lines_give_as_many_lines() -> None:
    lines = 20_000
    source = io.BytesIO(b"".join(b"user%d@example.org\n" % n for n in range(lines)))
    out = io.BytesIO()
    with io.BufferedWriter(out) as buffered:
        cli.redact_stream(source, buffered, name="x", as_json=False)
        buffered.flush()
        assert out.getvalue().count(b"\n") == lines
        assert b"example.org" not in out.getvalue()
