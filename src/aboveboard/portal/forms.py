"""What a page's form sends: fields, or one file. Bounded by the request's own bound."""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import parse_qs

from fastapi import Depends, Request

from aboveboard.core.errors import BadInput
from aboveboard.ui.language import message

FIELDS_MAX = 500
MANIFEST_BYTES_MAX = 16 << 20  # some 60,000 sources


async def _manifest_body(request: Request) -> bytes:
    data = bytearray()
    async for piece in request.stream():
        data += piece
        if len(data) > MANIFEST_BYTES_MAX:
            raise BadInput(message("this file is over 16 MiB"))
    return bytes(data)


ManifestBody = Annotated[bytes, Depends(_manifest_body)]


def fields(body: bytes) -> dict[str, list[str]]:
    """Of application/x-www-form-urlencoded; each value stripped, empty ones left out. Raises BadInput for too many."""
    try:
        found = parse_qs(body.decode("ascii", errors="replace"), max_num_fields=FIELDS_MAX)
    except ValueError as error:
        raise BadInput(message("the form has too many fields")) from error
    stripped = {name: [each.strip() for each in values if each.strip()] for name, values in found.items()}
    return {name: values for name, values in stripped.items() if values}


def value(form: dict[str, list[str]], name: str) -> str:
    """A field's first value; empty when it was not sent."""
    return form.get(name, [""])[0]


def uploaded(content_type: str, body: bytes) -> bytes:
    """The file of a form with one file field (multipart/form-data, RFC 7578). Raises BadInput."""
    found = re.fullmatch(r'multipart/form-data;\s*boundary="?([0-9A-Za-z\'()+_,\-./:=? ]{1,70})"?', content_type)
    if found is None:
        raise BadInput(message("choose the signed file (.json) first"))
    mark = b"--" + found[1].encode("ascii")
    for part in body.split(mark)[1:-1]:
        head, separator, content = part.partition(b"\r\n\r\n")
        if separator and b'name="file"' in head and content.endswith(b"\r\n"):
            return content[:-2]
    raise BadInput(message("choose the signed file (.json) first"))
