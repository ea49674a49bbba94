"""Opens the recorder's page in the person's browser, and asks for a task's description in the desktop's own dialog."""

from __future__ import annotations

import os
import shutil
import subprocess
import webbrowser
from collections.abc import Mapping

from aboveboard.core.errors import Unavailable

ASK_S_MAX = 600.0
OPEN_S_MAX = 10.0
DESCRIPTION_CHARS_MAX = 2000
_TITLE, _QUESTION = "Aboveboard: a task", "What are you doing? (It is redacted like everything you type.)"
_DIALOGS: Mapping[str, tuple[str, ...]] = {
    "zenity": ("--entry", f"--title={_TITLE}", f"--text={_QUESTION}"),
    "kdialog": ("--title", _TITLE, "--inputbox", _QUESTION),
}


def open_browser(url: str) -> None:
    """Raises Unavailable when there is none.

    As a service of systemd the recorder is confined, and a browser would be with it, and end with it: so the service
    manager is asked to start it.
    """
    if "INVOCATION_ID" in os.environ and _by_systemd(url):
        return
    if not webbrowser.open(url):
        raise Unavailable("no browser could be opened: `aboveboard status` prints the page's address")


def _by_systemd(url: str) -> bool:
    run, opener = shutil.which("systemd-run"), shutil.which("xdg-open")
    if run is None or opener is None:
        return False
    words = [run, "--user", "--quiet", "--collect", "--description=Opens the recorder's page", opener, url]
    try:
        return subprocess.run(words, capture_output=True, timeout=OPEN_S_MAX, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def ask_description() -> str | None:
    """What the person says they are doing; "" when they changed their mind; None where no dialog can be shown."""
    for program, words in _DIALOGS.items():
        path = shutil.which(program)
        if path is None:
            continue
        try:
            done = subprocess.run([path, *words], capture_output=True, timeout=ASK_S_MAX, check=False)
        except subprocess.TimeoutExpired:
            return ""
        except OSError:
            continue
        if done.returncode == 0:
            return done.stdout.decode("utf-8", "replace").strip()[:DESCRIPTION_CHARS_MAX]
        if done.returncode == 1:  # cancelled
            return ""
    return None
