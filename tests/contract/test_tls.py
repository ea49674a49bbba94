"""TLS by the server itself, under a certificate authority made here."""

from __future__ import annotations

import datetime
import ipaddress
import os
import signal
import socket
import ssl
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from aboveboard.collector.tls import Certificate
from aboveboard.core.errors import BadInput
from aboveboard.wire.client import Client
from tests.support.process import Process, served

ADDRESS = "127.0.0.1"


@dataclass
class Authority:
    """Signs what is asked of it; `root` is its own certificate's file."""

    folder: Path

    def __post_init__(self) -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "an authority of this test")])
        self.root = self.folder / "root.pem"
        self.root.write_bytes(self._signed(self.name, self.key, None).public_bytes(serialization.Encoding.PEM))

    def _signed(
        self, subject: x509.Name, key: ec.EllipticCurvePrivateKey, host: x509.GeneralName | None
    ) -> x509.Certificate:
        now = datetime.datetime.now(datetime.UTC)
        made = (
            x509.CertificateBuilder().subject_name(subject).issuer_name(self.name).public_key(key.public_key())
            .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
            .not_valid_after(now + datetime.timedelta(days=1))
            .add_extension(x509.BasicConstraints(ca=host is None, path_length=None), critical=True)
        )  # fmt: skip
        if host is not None:
            made = made.add_extension(x509.SubjectAlternativeName([host]), critical=False)
        return made.sign(self.key, hashes.SHA256())

    def certificate(self, name: str) -> Certificate:
        """For this machine."""

        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        chain, secret = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        signed = self._signed(subject, key, x509.IPAddress(ipaddress.ip_address(ADDRESS)))
        chain.write_bytes(signed.public_bytes(serialization.Encoding.PEM))
        secret.write_bytes(key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        ))  # fmt: skip
        secret.chmod(0o600)
        return Certificate(chain, secret)


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


@pytest.fixture
def behind(authority: Authority, tmp_path: Path) -> Iterator[Process]:
    """A server that was set up over HTTP, and now runs with TLS."""
    one = authority.certificate("one")
    with served(tmp_path / "a") as (_, process):
        process.stop()
        process.words += ["--tls-certificate", str(one.chain), "--tls-key", str(one.key)]
        process.start()
        yield process


def _shown(process: Process, context: ssl.SSLContext) -> tuple[str, str]:
    """(version of TLS, name in the server's certificate)."""
    with (
        socket.create_connection((ADDRESS, process.port), 10) as raw,
        context.wrap_socket(raw, server_hostname=ADDRESS) as secure,
    ):
        data = secure.getpeercert(binary_form=True)
        assert data is not None
        name = x509.load_der_x509_certificate(data).subject.get_attributes_for_oid(NameOID.COMMON_NAME)[0].value
        return str(secure.version()), str(name)


def test_who_knows_the_authority_is_answered_over_tls_1_3_and_nobody_else_in_any_way(
    behind: Process, authority: Authority, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"https://{ADDRESS}:{behind.port}"
    trusting = ssl.create_default_context(cafile=str(authority.root))
    answer = httpx.get(f"{url}/v1/charter", verify=trusting)
    assert (answer.status_code, answer.headers["Strict-Transport-Security"]) == (200, "max-age=63072000")
    assert _shown(behind, trusting) == ("TLSv1.3", "one")
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{url}/v1/charter")
    with pytest.raises(httpx.RemoteProtocolError):  # no redirect: it has been said in the clear already
        httpx.get(f"http://{ADDRESS}:{behind.port}/v1/charter")
    older = ssl.create_default_context(cafile=str(authority.root))
    older.maximum_version = ssl.TLSVersion.TLSv1_2
    with pytest.raises(ssl.SSLError):
        _shown(behind, older)
    monkeypatch.setenv("SSL_CERT_FILE", str(authority.root))  # as an organisation's own authority is made known
    client = Client(url)
    assert client.request("GET", "/healthz", size_max=100).status == 200
    client.close()


def test_a_renewed_certificate_is_taken_up_without_a_restart_and_a_bad_one_is_not(
    behind: Process, authority: Authority
) -> None:
    trusting = ssl.create_default_context(cafile=str(authority.root))
    chain, key = authority.folder / "one.pem", authority.folder / "one.key"
    two = authority.certificate("two")
    assert behind.running is not None
    chain.write_bytes(two.chain.read_bytes())  # the key is still the old one
    os.kill(behind.running.pid, signal.SIGHUP)
    deadline = time.monotonic() + 20
    while "was not loaded" not in behind.log() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert _shown(behind, trusting)[1] == "one"
    key.write_bytes(two.key.read_bytes())
    os.kill(behind.running.pid, signal.SIGHUP)
    while _shown(behind, trusting)[1] != "two":
        assert time.monotonic() < deadline + 20
        time.sleep(0.05)


def test_files_that_can_not_be_used_are_said(authority: Authority, tmp_path: Path) -> None:
    one, two = authority.certificate("one"), authority.certificate("two")
    for bad, said in (
        (Certificate(one.chain, two.key), "go together"),
        (Certificate(tmp_path / "no", one.key), "missing"),
        (Certificate(one.key, one.key), "go together"),
    ):
        with pytest.raises(BadInput, match=said):
            bad.context()
    one.key.chmod(0o640)
    with pytest.raises(BadInput, match="others"):
        one.context()
