"""The text of what starts the recorder at login: a systemd user unit, and desktop entries. Pure.

Formats: systemd.unit(5), systemd.exec(5), systemd.syntax(7); freedesktop.org Desktop Entry Specification 1.5.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from aboveboard.core.errors import BadInput

MARK = "# Written by `aboveboard install`; `aboveboard uninstall` removes it."
_PLAIN = re.compile(r"[A-Za-z0-9_@%+=:,./-]+")
# Only what a user's own service manager can enforce by itself. Mount and user namespaces (ProtectSystem= and the like)
# are refused to it on many systems, and then nothing would start.
_UNIT = """{mark}
[Unit]
Description=Aboveboard recorder: visible, and only after your own consent
PartOf=graphical-session.target
After=graphical-session.target
StartLimitIntervalSec=300
StartLimitBurst=5

[Service]
Type=exec
ExecStart={command}
Restart=on-failure
RestartSec=10
# The folder or the command line can't be used: trying again does not help.
RestartPreventExitStatus=2
# It says the address of the recorder's page, which belongs into no journal.
StandardOutput=null
TimeoutStopSec=30
UMask=0077
LimitCORE=0
MemoryMax=512M
TasksMax=128
NoNewPrivileges=yes
LockPersonality=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6
SystemCallArchitectures=native
SystemCallFilter=@system-service
SystemCallErrorNumber=EPERM

[Install]
WantedBy=graphical-session.target
"""
# Where systemd starts the session, it starts the unit, and this entry is passed over.
_AUTOSTART = """{mark}
[Desktop Entry]
Type=Application
Version=1.1
Name=Aboveboard recorder
Comment=Visible while it runs; records nothing before you agree
Exec={command}
Icon=media-record
Terminal=false
X-systemd-skip=true
X-GNOME-HiddenUnderSystemd=true
"""
_MENU = """{mark}
[Desktop Entry]
Type=Application
Version=1.1
Name=Aboveboard
Comment=See, pause and delete what is recorded on this laptop
Exec={review}
Icon=media-record
Terminal=false
Categories=Utility;
Actions=pause;resume;

[Desktop Action pause]
Name=Pause until I resume
Exec={pause}

[Desktop Action resume]
Name=Go on recording
Exec={resume}
"""


def systemd_words(words: Sequence[str]) -> str:
    """An ExecStart= line: % is a specifier, $ a variable (but not in the program's path), quotes keep a word together.

    Raises BadInput for a program whose path systemd refuses.
    """
    if re.search(r"[\"'\\]", words[0]):
        raise BadInput("has a quote or a backslash in its path, which systemd refuses: install it elsewhere", words[0])
    program, *arguments = (_quoted(each).replace("%", "%%") for each in words)
    return " ".join([program, *(each.replace("$", "$$") for each in arguments)])


def desktop_words(words: Sequence[str]) -> str:
    """An Exec= line: % is a field code; within quotes " ` $ \\ are escaped, and then the value's own backslashes."""
    return " ".join(_desktop_word(each) for each in words)


def _checked(word: str) -> str:
    if not word.isprintable():
        raise BadInput(f"has a character in its name that no start-up file can hold: {word!r}")
    return word


def _quoted(word: str) -> str:
    if _PLAIN.fullmatch(_checked(word)):
        return word
    return '"' + word.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _desktop_word(word: str) -> str:
    if _PLAIN.fullmatch(_checked(word)):
        return word.replace("%", "%%")
    escaped = re.sub(r'(["`$\\])', r"\\\1", word).replace("\\", "\\\\").replace("%", "%%")
    return f'"{escaped}"'


def unit(record: Sequence[str]) -> str:
    """The user unit that runs the command `record`."""
    return _UNIT.format(mark=MARK, command=systemd_words(record))


def autostart(record: Sequence[str]) -> str:
    """The entry for sessions that systemd does not start."""
    return _AUTOSTART.format(mark=MARK, command=desktop_words(record))


def menu(review: Sequence[str], pause: Sequence[str], resume: Sequence[str]) -> str:
    """The entry in the desktop's menu."""
    return _MENU.format(
        mark=MARK, review=desktop_words(review), pause=desktop_words(pause), resume=desktop_words(resume)
    )
