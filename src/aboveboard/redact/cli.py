"""`aboveboard redact`: a line in, a line out, in bounded memory; placeholders hold for the whole run."""

from __future__ import annotations

import argparse
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from aboveboard.core.errors import BadInput
from aboveboard.redact.redactor import Redactor

_LINE_BYTES_MAX = 8 << 20
_KEY_BEGIN = re.compile(r"-----BEGIN [A-Z0-9 ]{0,32}(?:PRIVATE KEY|PGP MESSAGE)(?: BLOCK)?-----")
_KEY_END = re.compile(r"-----END [A-Z0-9 ]{0,40}-----")
# Of Unicode's line breaks JSON escapes those below U+0020; some readers end a line at the others, too.
_BREAKS = {code: f"\\u{code:04x}" for code in (0x7F, 0x85, 0x2028, 0x2029)}
_KEY_HEADER = re.compile(r"[\s>|#*\"']*[A-Za-z][A-Za-z0-9-]{1,30}: .{0,200}")  # "Proc-Type: 4,ENCRYPTED"
_KEY_LINE = re.compile(r"[\s>|#*\"'+,;-]*(?:[A-Za-z0-9+/=_-]{1,1024})?(?:\\[nr])*[\s\"'+,;\\]*")
_KEY_LINES_MAX = 400  # a 16,384-bit RSA key has 200


def configure(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--json",
        action="store_true",
        help='per line one object {"text": ..., "spans": [{"start", "end", "label"}]}; offsets count code points of '
        "the line as given",
    )
    parser.add_argument(
        "file", nargs="?", default="-", metavar="FILE", help="UTF-8 text; -, the default: standard input"
    )
    parser.set_defaults(run=_run)


def _lines(stream: BinaryIO, name: str) -> Iterator[tuple[str, str]]:
    """(line, its line end). Raises BadInput with the line's number when it is no UTF-8 or endless."""
    number = 0
    while raw := stream.readline(_LINE_BYTES_MAX + 1):
        number += 1
        if len(raw) > _LINE_BYTES_MAX:
            raise BadInput(f"the line is longer than {_LINE_BYTES_MAX >> 20} MiB: split it first", f"{name}:{number}")
        try:
            line = raw.decode("utf-8")
        except UnicodeDecodeError:
            raise BadInput(
                "the line is not UTF-8 text: convert it first, for instance with iconv", f"{name}:{number}"
            ) from None
        body = line.removesuffix("\n")
        yield body, line[len(body) :]


class _OpenKey:
    """Whether a private key began on a line before and still goes on. A key whose end is missing ends with the first
    line that can't be a part of one."""

    def __init__(self) -> None:
        self._lines_left = 0
        self._headers = False

    def goes_on(self, line: str) -> bool:
        """True when this line is a part of the key. To be asked of every line, in order."""
        inside = self._lines_left > 0 and not _KEY_BEGIN.search(line)
        if _KEY_END.search(line):
            self._lines_left = 0
            return inside
        if inside:
            if self._headers and _KEY_HEADER.fullmatch(line):
                self._lines_left -= 1
                return True
            self._headers = not line.strip() and self._headers
            self._lines_left = self._lines_left - 1 if _KEY_LINE.fullmatch(line) else 0
            return self._lines_left > 0
        if _KEY_BEGIN.search(line):
            self._lines_left, self._headers = _KEY_LINES_MAX, True
        return False


def redact_stream(stream: BinaryIO, out: BinaryIO, *, name: str, as_json: bool) -> None:
    """Redacts line by line and writes each as soon as it is done. The lines of a private key, which look like any
    other text one by one, go whole until its end."""
    redactor = Redactor()
    key = _OpenKey()
    for line, end in _lines(stream, name):
        redaction = redactor.secret(line) if key.goes_on(line) else redactor.text(line)
        if as_json:
            spans = [{"start": span.start, "end": span.end, "label": span.label} for span in redaction.spans]
            written = json.dumps({"text": redaction.text, "spans": spans}, ensure_ascii=False).translate(_BREAKS) + "\n"
        else:
            written = redaction.text + end
        out.write(written.encode("utf-8"))
        out.flush()


def _run(args: argparse.Namespace) -> int:
    out = sys.stdout.buffer
    if args.file == "-":
        redact_stream(sys.stdin.buffer, out, name="standard input", as_json=args.json)
        return 0
    try:
        stream = Path(args.file).open("rb")  # noqa: SIM115  closed below; errors of opening are told apart from later ones
    except OSError as error:
        raise BadInput(f"can't be read: {(error.strerror or 'unknown reason').lower()}", args.file) from None
    with stream:
        redact_stream(stream, out, name=args.file, as_json=args.json)
    return 0
