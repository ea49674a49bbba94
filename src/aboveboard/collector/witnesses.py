"""Asks witnesses to cosign, by C2SP tlog-witness `add-checkpoint`. Trusts nothing they answer: the caller verifies."""

from __future__ import annotations

import base64
from collections.abc import Callable

from aboveboard.core.errors import Unavailable
from aboveboard.wire.client import Client

ANSWER_BYTES_MAX = 16384
EXCHANGE_S_MAX = 10.0
TRIES_MAX = 3  # a first guess, the size it told us, and once more if another checkpoint came in between


def request_body(old: int, proof: list[bytes], note: str) -> bytes:
    """The body of add-checkpoint."""
    lines = [f"old {old}", *(base64.b64encode(each).decode("ascii") for each in proof)]
    return ("\n".join(lines) + "\n\n" + note).encode("utf-8")


class WitnessClient:
    """One witness. Remembers the size it last told us, so that the first request usually fits."""

    def __init__(self, url: str) -> None:
        self.url = url.rstrip("/")
        self._client = Client(url, EXCHANGE_S_MAX)
        self._old = 0

    def cosign(self, note: str, size: int, consistency: Callable[[int, int], list[bytes]]) -> str:
        """The signature lines it answers with. Raises Unavailable, saying why, when it gives none."""
        for _ in range(TRIES_MAX):
            old = min(self._old, size)
            answer = self._client.request(
                "POST", "/add-checkpoint", size_max=ANSWER_BYTES_MAX,
                body=request_body(old, consistency(old, size), note),
                headers={"Content-Type": "text/plain; charset=utf-8"},
            )  # fmt: skip
            text = answer.body.decode("utf-8", "replace")
            if answer.status == 200:
                self._old = size
                return text
            if answer.status != 409 or answer.content_type != "text/x.tlog.size":
                raise Unavailable(f"the witness at {self.url} answers {answer.status}: {text.strip()[:200]!r}")
            self._old = self._size_told(text.strip(), old, size)
        raise Unavailable(f"the witness at {self.url} keeps naming other sizes: does another log sign under this name?")

    def _size_told(self, text: str, old: int, size: int) -> int:
        if not (text.isascii() and text.isdigit() and len(text) <= 18):
            raise Unavailable(f"the witness at {self.url} names a size that can't be read")
        told = int(text)
        if told > size:
            raise Unavailable(
                f"the witness at {self.url} has cosigned {told} entries and this log has {size}: the log's folder is "
                "older than what was published, so restore the newest copy"
            )
        if told == old:
            raise Unavailable(
                f"the witness at {self.url} has cosigned another tree of size {told}: this log was forked"
            )
        return told

    def close(self) -> None:
        self._client.close()
