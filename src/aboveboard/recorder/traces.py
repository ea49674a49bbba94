"""What lies in the recorder's folder, told apart: what goes when Aboveboard is uninstalled, and what stays and why.

Layout: docs/spec/recorder-home.md. Only names of ours are touched: a folder may hold other things.
"""

from __future__ import annotations

import contextlib
import os
import signal
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from aboveboard.core.errors import Refused, Unavailable
from aboveboard.recorder.asking import ask
from aboveboard.recorder.home import Home
from aboveboard.recorder.seal import empty_outbox
from aboveboard.recorder.spool.keys import forget_key
from aboveboard.wire.durable import remove_durable

STOP_S_MAX = 30.0
# What always goes: it is of use to a recorder that runs, or was never sent.
_GOES = (
    "spool/*", "spool.key", "spool.keyring", "budget.json", "badge.json", "settings.json", "policy.json",
    "exemptions.json", "control.sock", "lock",
)  # fmt: skip
# What stays unless everything is to go: why, and what.
_STAYS = {
    "your keys: only with them can you, and nobody else, have what was sent deleted, or open it": (
        "contributor.key", "device.key", "epochs/*",
    ),
    "the charter, and where your data is": ("charter.json", "charters/*", "config.json", "token", "chain.json"),
    "what you agreed to, with its proofs": ("consents/*", "receipts/*", "policies/*"),
    "your copies of what was sent, your pauses, your requests: evidence that is yours": (
        "sent/*", "outbox/*", "requests/*", "pauses.jsonl", "checkpoint", "evidence/*",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Kept:
    why: str
    files: int
    bytes: int


def _found(home: Home, patterns: tuple[str, ...]) -> Iterator[Path]:
    for pattern in patterns:
        yield from sorted(path for path in home.folder.glob(pattern) if path.is_symlink() or not path.is_dir())


def stop_recorder(home: Home) -> bool:
    """Ends the recorder that runs on this folder, as logging out does. False: none ran. Raises Unavailable."""
    try:
        pid = int(ask(home.folder, do="status")["pid"])
    except Unavailable:
        return False
    os.kill(pid, signal.SIGTERM)
    until = time.monotonic() + STOP_S_MAX
    while time.monotonic() < until:
        with contextlib.suppress(Refused):
            home.lock().close()
            return True
        time.sleep(0.1)
    raise Unavailable(f"the recorder (process {pid}) does not end: stop it, then try again")


def words_unsaid(home: Home) -> list[str]:
    """What the person asked for and the collector has not heard yet."""
    consents = home.path("consents")
    said = [path for path in consents.glob("*.json") if not path.name.endswith(".proof.json")]
    unsaid = sum(1 for path in said if not path.with_suffix(".posted").exists())
    asked = len(list(home.path("requests").glob("*.deletion")))
    return [*([f"{unsaid} of your consents or your leaving"] if unsaid else []),
            *([f"{asked} requests for deletion"] if asked else [])]  # fmt: skip


def remove_traces(home: Home, *, everything: bool) -> list[Kept]:
    """What was never sent goes, and what only a running recorder needs; with `everything`, all the rest too. What was
    kept. Raises Refused while a recorder runs."""
    if not home.folder.is_dir():
        return []
    home.lock().close()
    empty_outbox(home)
    forget_key(home)
    for path in _found(home, _GOES):
        remove_durable(path)
    kept = []
    for why, patterns in _STAYS.items():
        files = list(_found(home, patterns))
        if everything:
            for path in files:
                remove_durable(path)
        elif files:
            kept.append(Kept(why, len(files), sum(path.lstat().st_size for path in files)))
    folders = {home.folder / pattern.split("/")[0] for patterns in (_GOES, *_STAYS.values()) for pattern in patterns
               if "/" in pattern}  # fmt: skip
    for folder in (*folders, home.folder):
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
    return kept


def strangers(home: Home) -> list[Path]:
    """Files in the folder that are none of ours, and so stay."""
    ours = {path for patterns in (_GOES, *_STAYS.values()) for path in _found(home, patterns)}
    return sorted(path for path in home.folder.rglob("*") if not path.is_dir() and path not in ours)
