"""What the command lines of stewards and representatives say to a server: bring a signed record, fetch a public one."""

from __future__ import annotations

import json
from pathlib import Path

from aboveboard.core.errors import BadInput, Refused, Unavailable
from aboveboard.wire.client import Client

REPLY_BYTES_MAX = 1 << 16


def bring(url: str, path: str, body: bytes, what: str) -> None:
    """Raises Refused with the server's own sentence unless it takes the record."""
    client = Client(url)
    try:
        answer = client.request("POST", path, body=body, size_max=REPLY_BYTES_MAX)
    finally:
        client.close()
    if answer.status not in (200, 201):
        raise Refused("publish", f"the server did not take {what} ({answer.status}): {_sentence(answer.body)}")


def fetch(url: str, path: str, size_max: int) -> bytes:
    """Raises Unavailable unless the server has it."""
    client = Client(url)
    try:
        answer = client.request("GET", path, size_max=size_max)
    finally:
        client.close()
    if answer.status != 200:
        raise Unavailable(f"{url}{path} answers {answer.status}: is this the collector's address?")
    return answer.body


def _sentence(body: bytes) -> str:
    try:
        return str(json.loads(body)["error"]["text"])
    except (ValueError, KeyError, TypeError) as error:
        raise Unavailable("the server's answer can't be read: is this its address?") from error


def text_of(data: bytes, path: Path) -> str:
    """Raises BadInput naming the file."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise BadInput("is not UTF-8", str(path)) from error
