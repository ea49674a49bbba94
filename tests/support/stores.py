"""The stores that tests run on: a PostgreSQL cluster of their own, and an S3 server (moto), both on loopback."""

from __future__ import annotations

import contextlib
import glob
import os
import pwd
import random
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import psycopg

START_S_MAX = 60.0
DEBIAN = "/usr/lib/postgresql/*/bin"


def free_port() -> int:
    """Not of those that the system gives to whoever connects: a server that is killed would not always find its port
    free when it starts again."""
    first = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    for port in random.sample(range(10_000, max(first, 10_100)), 100):
        with contextlib.suppress(OSError), socket.socket() as probe:
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("a hundred ports were tried, and none is free")


def _program(name: str) -> str:
    """Debian keeps the server's programs out of the PATH."""
    found = sorted(glob.glob(f"{DEBIAN}/{name}"), reverse=True)
    path = found[0] if found else shutil.which(name)
    if path is None:
        raise RuntimeError(f"{name} is missing: ./scripts/system-packages installs it")
    return path


@dataclass
class Postgres:
    """A cluster that can be killed and started again on the same files. durable: it waits for the disk, which only a
    power cut would show."""

    folder: Path
    user: str | None
    durable: bool
    port: int = field(default_factory=free_port)
    password: str = field(default_factory=lambda: secrets.token_hex(12))
    process: subprocess.Popen[bytes] | None = None

    def make(self) -> None:
        secret = self.folder / "password"
        secret.write_text(self.password)
        words = ["initdb", "--no-sync", "-D", "data", "-U", "aboveboard", "--auth=scram-sha-256",
                 f"--pwfile={secret}", "-E", "UTF8", "--locale=C"]  # fmt: skip
        if self.user:
            for path in (self.folder, secret):
                shutil.chown(path, self.user)
        self._run(words)
        secret.unlink()

    def _run(self, words: list[str]) -> None:
        words = [_program(words[0]), *words[1:]]
        subprocess.run(words, user=self.user, cwd=self.folder, check=True, stdout=subprocess.DEVNULL, timeout=120)

    def start(self) -> None:
        deadline = time.monotonic() + START_S_MAX
        while True:
            if self.process is None or self.process.poll() is not None:
                self._spawn()  # again, when what was killed still held its shared memory
            try:
                psycopg.connect(self._dsn("postgres"), connect_timeout=2).close()
                return
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(0.1)

    def _spawn(self) -> None:
        words = [_program("postgres"), "-D", "data", "-p", str(self.port), "-k", str(self.folder), "-h", "127.0.0.1",
                 "-c", f"fsync={'on' if self.durable else 'off'}"]  # fmt: skip
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(
                words, user=self.user, cwd=self.folder, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """kill -9, of the server and of all that serve its connections."""
        assert self.process is not None
        os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()

    def stop(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)  # "fast": ends connections, then itself
            self.process.wait(30)

    def _dsn(self, database: str) -> str:
        return f"postgresql://aboveboard:{self.password}@127.0.0.1:{self.port}/{database}"

    def new_database(self) -> str:
        """The URL of an empty one."""
        name = f"t{secrets.token_hex(6)}"
        with psycopg.connect(self._dsn("postgres"), autocommit=True) as connection:
            connection.execute(f'CREATE DATABASE "{name}"'.encode())
        return self._dsn(name)


@contextlib.contextmanager
def postgres(*, durable: bool = False) -> Iterator[Postgres]:
    """A cluster in a folder of its own; as another user when the tests run as root, whom PostgreSQL refuses."""
    user = None
    if os.geteuid() == 0:
        user = next(name for name in ("postgres", "nobody") if name in {entry.pw_name for entry in pwd.getpwall()})
    with tempfile.TemporaryDirectory(prefix="aboveboard-pg-") as folder:
        cluster = Postgres(Path(folder), user, durable)
        cluster.make()
        cluster.start()
        try:
            yield cluster
        finally:
            cluster.stop()


@dataclass
class S3:
    """moto's server: an S3 and a KMS that keep everything in memory."""

    endpoint: str

    def new_bucket(self, versioned: bool = False) -> str:
        """Its address for the collector."""
        name = f"b{secrets.token_hex(6)}"
        httpx.put(f"{self.endpoint}/{name}").raise_for_status()
        if versioned:
            body = "<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>"
            httpx.put(f"{self.endpoint}/{name}?versioning", content=body).raise_for_status()
        return f"s3://{name}/segments?endpoint={self.endpoint}&region=us-east-1"


@contextlib.contextmanager
def moto() -> Iterator[S3]:
    """Sets AWS_* for this process to credentials that are none."""
    for name, value in (("AWS_ACCESS_KEY_ID", "testing"), ("AWS_SECRET_ACCESS_KEY", "testing"),
                        ("AWS_REGION", "us-east-1"), ("AWS_DEFAULT_REGION", "us-east-1")):  # fmt: skip
        os.environ[name] = value
    port = free_port()
    words = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with subprocess.Popen(words, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            url = f"http://127.0.0.1:{port}"
            deadline = time.monotonic() + START_S_MAX
            while True:
                try:
                    httpx.get(f"{url}/moto-api/").raise_for_status()
                    break
                except httpx.TransportError:
                    assert time.monotonic() < deadline
                    time.sleep(0.1)
            yield S3(url)
        finally:
            process.kill()
