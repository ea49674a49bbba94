"""The charters that the guardian follows: from the pinned one by itself, in files charters/<id>.json."""

from __future__ import annotations

import threading
from pathlib import Path

from aboveboard.core.charter import Charter
from aboveboard.core.charter_chain import BUNDLE_BYTES_MAX, CharterBundle, charter_at, history
from aboveboard.wire.durable import make_folders, read_bounded, write_durable


class CharterFiles:
    """Safe for several threads."""

    def __init__(self, pinned: Charter, home: Path | None) -> None:
        """home: None keeps nothing. Raises CheckFailed or Refused when what is kept does not follow."""
        self._pinned, self._folder = pinned, None if home is None else home / "charters"
        self._lock = threading.Lock()
        self._bundles: list[CharterBundle] = []
        if self._folder is not None:
            make_folders(self._folder)
            found = (read_bounded(path, BUNDLE_BYTES_MAX) for path in sorted(self._folder.glob("*.json")))
            self._bundles = [CharterBundle.parse(data) for data in found if data is not None]
        self._steps = history(pinned, self._bundles)

    @property
    def current(self) -> Charter:
        return self._steps[-1].charter

    def at(self, index: int) -> Charter:
        """The one under which the entry at `index` of the log counts."""
        return charter_at(self._steps, index)

    def take(self, body: bytes) -> None:
        """Durable when it returns. Raises CheckFailed or Refused for a charter that does not follow from the pinned
        one: nothing changes then."""
        bundle = CharterBundle.parse(body)
        with self._lock:
            steps = history(self._pinned, [*self._bundles, bundle])
            if self._folder is not None:
                write_durable(self._folder / f"{bundle.charter_id}.json", bundle.to_bytes())
            self._bundles.append(bundle)
            self._steps = steps
