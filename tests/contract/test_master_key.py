"""The master key: whoever has the home and not the key has no vault, and no message repeats a key."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import boto3
import pytest

from aboveboard.collector.home import make_home, read_home, rekey
from aboveboard.collector.masterkey import open_master_key
from aboveboard.core.errors import BadInput, Refused, Unavailable
from tests.support.stores import S3, free_port


@pytest.fixture(params=["file", "env", "aws-kms"])
def address(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "file":
        path = tmp_path / "elsewhere.key"
        path.write_text(os.urandom(32).hex())
        path.chmod(0o600)
        return f"file:{path}"
    if request.param == "env":
        monkeypatch.setenv("MASTER", os.urandom(32).hex())
        return "env:MASTER"
    return _kms(request.getfixturevalue("s3"), monkeypatch)


def _kms(s3: S3, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", s3.endpoint)
    made = boto3.client("kms").create_key()
    return f"aws-kms:{made['KeyMetadata']['Arn']}"


def test_the_vault_opens_with_its_master_key_and_no_other(address: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    keys = make_home(home, "log.example", address)
    assert str(read_home(home, address).vault) == str(keys.vault)
    (home / "master.key").write_text("00" * 32)
    (home / "master.key").chmod(0o600)
    with pytest.raises(Refused, match="master key"):
        read_home(home)


def test_the_home_holds_no_secret_of_the_vault_in_the_clear(address: str, tmp_path: Path) -> None:
    keys = make_home(tmp_path / "home", "log.example", address)
    for path in (tmp_path / "home").iterdir():
        assert str(keys.vault).encode() not in path.read_bytes()
        assert path.stat().st_mode & 0o077 == 0


def test_rekeying_keeps_the_vault_and_ends_the_old_key(address: str, tmp_path: Path) -> None:
    home = tmp_path / "home"
    keys = make_home(home, "log.example")
    rekey(home, "", address)
    assert str(read_home(home, address).vault) == str(keys.vault)
    with pytest.raises(Refused):
        read_home(home)
    rekey(home, address, "")
    assert str(read_home(home).vault) == str(keys.vault)


def test_another_key_of_the_same_kms_does_not_open_it(s3: S3, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """KMS finds the key from the ciphertext: what was wrapped for something else, or by no KMS, must not open."""
    address = _kms(s3, monkeypatch)
    key = open_master_key(address, tmp_path)
    foreign = boto3.client("kms").encrypt(KeyId=address.partition(":")[2], Plaintext=b"x")["CiphertextBlob"]
    for sealed in (foreign, b"no ciphertext at all", b""):
        with pytest.raises((Refused, Unavailable)):
            key.unwrap(sealed)


def test_a_kms_that_is_away_is_said_so(tmp_path: Path, s3: S3, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL_KMS", f"http://127.0.0.1:{free_port()}")
    with pytest.raises(Unavailable, match="KMS"):
        open_master_key("aws-kms:alias/x", tmp_path).wrap(b"secret")


SECRET = "c0ffee" * 9


@pytest.mark.parametrize("address", [SECRET, f"file:{SECRET}:x", "env:NOT_SET", "env:BAD", "file:", "aws:x", "kms"])
def test_what_is_no_master_key_is_refused_without_being_repeated(
    address: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("BAD", SECRET)
    with pytest.raises(BadInput) as caught:
        open_master_key(address, tmp_path)
    assert address.startswith("file:") or SECRET not in str(caught.value)


def test_a_master_key_that_others_may_read_is_refused(tmp_path: Path) -> None:
    make_home(tmp_path / "home", "log.example")
    (tmp_path / "home" / "master.key").chmod(0o644)
    with pytest.raises(BadInput, match="chmod 600"):
        read_home(tmp_path / "home")


def test_rekey_is_a_command(tmp_path: Path) -> None:
    home = tmp_path / "home"
    env = {**os.environ, "NEW": os.urandom(32).hex()}

    def run(*words: str | Path) -> subprocess.CompletedProcess[str]:
        line = [sys.executable, "-m", "aboveboard", "collector", *map(str, words)]
        return subprocess.run(line, env=env, capture_output=True, text=True, check=False, timeout=60)

    made = json.loads(run("init", "--home", home, "--name", "log.example").stdout)
    assert run("rekey", "--home", home, "--to", "env:NEW").returncode == 0
    again = run("rekey", "--home", home, "--to", "env:NEW")
    assert again.returncode == 1
    assert "env" in again.stderr
    key = open_master_key("env:NEW", home, env)
    assert key.kind == "env"
    assert run("rekey", "--home", home, "--from", "env:NEW", "--to", f"file:{home}/master.key").returncode == 0
    assert str(read_home(home).vault.to_public()) == made["collector"]["recipient"]
