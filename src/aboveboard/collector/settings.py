"""How a collector is set up: the command line before the environment before a file before the embedded defaults."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import msgspec
import yaml

from aboveboard.collector.identity.oidc import ProviderSettings
from aboveboard.collector.identity.roles import check_roles
from aboveboard.collector.storage.blobs import Blobs
from aboveboard.collector.storage.folder import FolderBlobs
from aboveboard.collector.storage.s3 import S3Address, S3Blobs
from aboveboard.collector.storage.sql import Database
from aboveboard.core.errors import BadInput
from aboveboard.wire.durable import read_bounded

PREFIX = "ABOVEBOARD_COLLECTOR_"
FILE_BYTES_MAX = 64 << 10


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """database: sqlite:///PATH or postgresql://...; blobs: s3://... or a folder; master_key: see masterkey.py.

    Empty means the embedded default: collector.sqlite, segments/ and master.key in the collector's home.
    uploads_at_once: bodies taken at the same time; connections_at_once: open ones, and who comes beyond that is told to
    come later (503); device_mb_per_hour: one device's quota.
    public_url: the address that browsers know the server by; oidc_...: the organisation's identity provider, where
    oidc_roles says which values of the claim oidc_roles_claim have which role.
    """

    database: str = ""
    blobs: str = ""
    master_key: str = ""
    uploads_at_once: int = 64
    connections_at_once: int = 200
    device_mb_per_hour: int = 1000
    public_url: str = ""
    oidc_issuer: str = ""
    oidc_client_id: str = ""
    oidc_client_secret: str = ""
    oidc_roles_claim: str = "groups"
    oidc_roles: dict[str, str] = {}

    def check(self, where: str) -> Settings:
        """Raises BadInput with the field."""
        for name, low, high in (
            ("uploads_at_once", 1, 1000), ("connections_at_once", 10, 20_000), ("device_mb_per_hour", 5, 1_000_000),
        ):  # fmt: skip
            if not low <= getattr(self, name) <= high:
                raise BadInput(f"{name}: {low} to {high}", where)
        if self.oidc_issuer:
            self.provider.check(where)
        for group, role in self.oidc_roles.items():
            check_roles(frozenset({role}), f"{where}: oidc_roles: {group}")
        return self

    @property
    def provider(self) -> ProviderSettings:
        return ProviderSettings(
            self.oidc_issuer, self.oidc_client_id, self.oidc_client_secret, self.public_url, self.oidc_roles_claim,
            self.oidc_roles,
        )  # fmt: skip


def read_settings(file: Path | None, flags: Mapping[str, str | None], env: Mapping[str, str] = os.environ) -> Settings:
    """file: YAML or JSON. Raises BadInput that names the file or variable and the field, and never a value."""
    known = {field.name: field for field in msgspec.structs.fields(Settings)}
    found: dict[str, object] = {}
    if file is not None:
        found |= _read(file, known)
    for name in env:
        field = name.removeprefix(PREFIX).lower()
        if name.startswith(PREFIX):
            if field not in known:
                raise BadInput("is no setting", name)
            found |= _typed({field: env[name]}, name)
    found |= _typed({name: value for name, value in flags.items() if value is not None}, "command line")
    return msgspec.convert(found, Settings).check(str(file) if file else "settings")


def _read(file: Path, known: Mapping[str, object]) -> dict[str, object]:
    data = read_bounded(file, FILE_BYTES_MAX)
    if data is None:
        raise BadInput("is missing", str(file))
    try:
        values = yaml.safe_load(data)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        line = getattr(getattr(error, "problem_mark", None), "line", None)
        raise BadInput("is no YAML" + ("" if line is None else f", line {line + 1}"), str(file)) from error
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise BadInput("is no list of settings", str(file))
    for name in values:
        if name not in known:
            raise BadInput(f"{name}: is no setting; known are {', '.join(known)}", str(file))
    return _typed(values, str(file))


def _typed(values: Mapping[str, object], where: str) -> dict[str, object]:
    """Each value of its field's type; text where a number is due is read as one, and as JSON where a list is."""
    try:
        return {name: getattr(msgspec.convert({name: _plain(name, value)}, Settings, strict=False), name)
                for name, value in values.items()}  # fmt: skip
    except msgspec.ValidationError as error:
        name = str(error).rpartition("$.")[2].strip("`") or "a setting"
        raise BadInput(f"{name}: has another type", where) from error


def _plain(name: str, value: object) -> object:
    if name != "oidc_roles" or not isinstance(value, str):
        return value
    try:
        return msgspec.json.decode(value)
    except msgspec.DecodeError as error:
        raise msgspec.ValidationError("is no JSON - at `$.oidc_roles`") from error


def open_database(settings: Settings, home: Path) -> Database:
    """Raises BadInput or Unavailable."""
    return Database(settings.database or f"sqlite:///{home / 'collector.sqlite'}")


def open_blobs(settings: Settings, home: Path) -> Blobs:
    """Raises BadInput or Unavailable."""
    if settings.blobs.startswith("s3:"):
        store = S3Blobs(S3Address.parse(settings.blobs))
        store.check()
        return store
    if "://" in settings.blobs:
        raise BadInput("is a folder or s3://BUCKET, nothing else", "blobs")
    return FolderBlobs(Path(settings.blobs) if settings.blobs else home / "segments")
