"""The asking end of the recorder's control socket. Loads nothing of the recorder: a pause is not to wait for that."""

from __future__ import annotations

import json
import socket
from pathlib import Path
from typing import Any

from aboveboard.core.canonical import parse_object
from aboveboard.core.errors import BadInput, Refused, Unavailable

ANSWER_BYTES_MAX = 16 << 20
WAIT_S_MAX = 60.0


def read_line(connection: socket.socket, bytes_max: int) -> bytes:
    """Up to and with its end. Raises BadInput for one that is cut off or longer than bytes_max."""
    data = b""
    while not data.endswith(b"\n"):
        piece = connection.recv(1 << 16)
        if not piece or len(data) + len(piece) > bytes_max:
            raise BadInput("the line is cut off or too long")
        data += piece
    return data


def ask(home: Path, **request: Any) -> dict[str, Any]:
    """Asks the recorder that runs on `home`. Raises Unavailable when none does, Refused with what it says."""
    with socket.socket(socket.AF_UNIX) as connection:
        connection.settimeout(WAIT_S_MAX)
        try:
            connection.connect(str(home / "control.sock"))
            connection.sendall(json.dumps(request).encode() + b"\n")
            reply = parse_object(read_line(connection, ANSWER_BYTES_MAX), "the recorder's answer", ANSWER_BYTES_MAX)
        except OSError as error:
            raise Unavailable(
                f"no recorder runs on {home}, so nothing is recorded: `aboveboard record` starts one"
            ) from error
    if "error" in reply:
        raise Refused(reply["error"]["reason"], reply["error"]["text"])
    return reply
