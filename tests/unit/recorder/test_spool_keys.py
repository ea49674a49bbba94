"""The spool's key lies in the system's keyring where there is one, and is never made anew while one may be there."""

from __future__ import annotations

from pathlib import Path

import pytest

from aboveboard.core.errors import Unavailable
from aboveboard.recorder.home import Home
from aboveboard.recorder.spool.keys import forget_key, spool_key

BACKEND = """
import json, os, pathlib
from keyring.backend import KeyringBackend
FILE = pathlib.Path(os.environ["TEST_KEYRING"])
class Keyring(KeyringBackend):
    priority = 1
    def _all(self):
        return json.loads(FILE.read_text()) if FILE.exists() else {}
    def get_password(self, service, username):
        if FILE.with_suffix(".locked").exists():
            raise RuntimeError("locked")
        return self._all().get(service + "/" + username)
    def set_password(self, service, username, password):
        FILE.write_text(json.dumps(self._all() | {service + "/" + username: password}))
    def delete_password(self, service, username):
        rest = {each: key for each, key in self._all().items() if each != service + "/" + username}
        FILE.write_text(json.dumps(rest))
"""


@pytest.fixture
def home(tmp_path: Path) -> Home:
    home = Home(tmp_path / "home")
    home.make()
    return home


@pytest.fixture
def keyring(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A keyring in a file, by keyring's own way of choosing one."""
    (tmp_path / "filekeyring.py").write_text(BACKEND)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "filekeyring.Keyring")
    monkeypatch.setenv("TEST_KEYRING", str(tmp_path / "keyring.json"))
    return tmp_path / "keyring.json"


def test_the_key_is_in_the_keyring_and_in_no_file(home: Home, keyring: Path) -> None:
    key = spool_key(home)
    assert len(key) == 32
    assert key.hex() in keyring.read_text()
    assert not home.path("spool.key").exists()
    assert spool_key(home) == key
    assert not [path for path in home.folder.rglob("*") if path.is_file() and key in path.read_bytes()]


def test_a_keyring_that_is_locked_later_stops_the_start(home: Home, keyring: Path) -> None:
    spool_key(home)
    keyring.with_suffix(".locked").touch()
    with pytest.raises(Unavailable, match="unlock"):
        spool_key(home)
    assert not home.path("spool.key").exists()


def test_without_a_keyring_the_key_is_in_a_file_for_its_owner(home: Home, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHON_KEYRING_BACKEND", "keyring.backends.fail.Keyring")
    key = spool_key(home)
    assert home.path("spool.key").read_bytes() == key
    assert home.path("spool.key").stat().st_mode & 0o777 == 0o600


def test_a_key_that_is_in_a_file_stays_there(home: Home, keyring: Path) -> None:
    key = home.spool_key()
    assert spool_key(home) == key
    assert not keyring.exists()


def test_forgetting_takes_it_out_of_the_keyring_or_says_that_it_could_not(home: Home, keyring: Path) -> None:
    key = spool_key(home)
    keyring.with_suffix(".locked").touch()
    with pytest.raises(Unavailable, match="unlock it"):
        forget_key(home)
    keyring.with_suffix(".locked").unlink()
    forget_key(home)
    assert key.hex() not in keyring.read_text()
    forget_key(home)  # nothing is left to do
