"""Which device holds which token, as this process last saw it: a hint, so that an upload's body can be begun without
asking the database. Whether the token still counts is decided with the segment (standing.py)."""

from __future__ import annotations

import threading
from collections import OrderedDict

from aboveboard.core.vault import SignedDeviceCert

SENDERS_MAX = 2_000  # as heads.py


class Senders:
    """Safe for several threads; bounded. Tokens are known by their hashes."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._certs: OrderedDict[str, SignedDeviceCert] = OrderedDict()

    def get(self, token_sha256: str) -> SignedDeviceCert | None:
        with self._lock:
            return self._certs.get(token_sha256)

    def remember(self, token_sha256: str, cert: SignedDeviceCert) -> None:
        with self._lock:
            self._certs[token_sha256] = cert
            if len(self._certs) > SENDERS_MAX:
                self._certs.popitem(last=False)

    def forget(self, token_sha256: str) -> None:
        with self._lock:
            self._certs.pop(token_sha256, None)
