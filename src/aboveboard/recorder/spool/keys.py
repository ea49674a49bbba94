"""The spool's key: in the system's keyring where there is one, else in a file for its owner only.

The keyring is asked by a child process that ends at once: its libraries would cost the recorder a third of its memory.
Which of the two it is, is decided once. A key that was put into the keyring and can't be got is never replaced: what
is in the spool would be lost.
"""

from __future__ import annotations

import os
import subprocess
import sys

from aboveboard.core.errors import Unavailable
from aboveboard.recorder.home import Home

KEY_BYTES = 32
KEYRING_S_MAX = 20.0  # a keyring that asks the person to unlock it; then the file is used, or nothing starts
SERVICE = "aboveboard spool"
_MARK = "spool.keyring"


def spool_key(home: Home) -> bytes:
    """32 bytes, made when there are none. Raises Unavailable when they are in a keyring that can't be opened."""
    marked = home.read(_MARK) is not None
    if not marked and home.path("spool.key").exists():
        return home.spool_key()
    name = str(home.folder.resolve())
    key = _ask("get", name)
    if key is None and marked:
        raise Unavailable("the spool's key is in the system's keyring, which can't be opened: unlock it, start again")
    if key is None:
        made = os.urandom(KEY_BYTES)
        if _ask("set", name, made) != made:
            return home.spool_key()
        key = made
    if not marked:
        home.write(b"", _MARK)
    return key


def forget_key(home: Home) -> None:
    """Nothing of it stays in the keyring. Raises Unavailable when the keyring that holds it can't be opened."""
    if home.read(_MARK) is None:
        return
    name = str(home.folder.resolve())
    if _ask("delete", name) is not None or _ask("check", name) is None:
        raise Unavailable("the spool's key is in the system's keyring, which can't be opened: unlock it, try again")


def _ask(what: str, name: str, key: bytes = b"") -> bytes | None:
    """The key in the keyring after the child is done; None when there is no keyring, or none in it."""
    words = [sys.executable, "-m", "aboveboard.recorder.spool.keys", what, name]
    try:
        done = subprocess.run(words, input=key.hex().encode(), capture_output=True, timeout=KEYRING_S_MAX, check=False)
        found = bytes.fromhex(done.stdout.decode("ascii").strip())
    except (OSError, subprocess.TimeoutExpired, ValueError):
        return None
    return found if len(found) == KEY_BYTES else None


def main() -> int:
    """The child: get, delete or check NAME, or set NAME with the key on standard input. Says the key that is there
    then, in hex; check says 32 zero bytes where the keyring answers."""
    import keyring  # here only, see above

    what, name = sys.argv[1:3]
    if what == "check":
        keyring.get_password(SERVICE, name)
        print(bytes(KEY_BYTES).hex())
        return 0
    if what == "set":
        keyring.set_password(SERVICE, name, sys.stdin.read().strip())
    if what == "delete" and keyring.get_password(SERVICE, name) is not None:
        keyring.delete_password(SERVICE, name)
    print(keyring.get_password(SERVICE, name) or "")
    return 0


if __name__ == "__main__":
    sys.exit(main())
