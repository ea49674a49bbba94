"""One collector for all tests of accounts, with members of each role and a person; and an OpenID provider."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest

from aboveboard.collector.identity.attempts import Attempts
from aboveboard.collector.settings import Settings
from tests.support.accounts import Member, member
from tests.support.oidc import Browser, IdProvider, id_provider, installed
from tests.support.servers import Person, Servers, running
from tests.support.stores import free_port

GROUPS = {
    "rosa": ["council", "canteen"], "stefan": ["programme-office"], "fola": ["ml"], "nobody": ["canteen"],
    "both": ["council", "programme-office"], "moves": ["ml"],
}  # fmt: skip
ROLES = {"council": "representative", "programme-office": "steward", "ml": "researcher"}


@dataclass
class House:
    """A programme with somebody of every kind."""

    servers: Servers
    person: Person
    other: Person
    members: dict[str, Member]

    @property
    def url(self) -> str:
        return str(self.servers.http.base_url).rstrip("/")


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running(tmp_path_factory.mktemp("house")) as servers:
        members = {role: member(servers, role) for role in ("representative", "steward", "researcher")}
        members["none"] = member(servers)
        yield House(servers, Person(servers).ready(), Person(servers).ready(), members)


@pytest.fixture(autouse=True)
def _tries_anew(request: pytest.FixtureRequest) -> None:
    """Every test comes from the same address: what one tried is not the next one's."""
    for name in {"house", "provided"}.intersection(request.fixturenames):
        attempts = request.getfixturevalue(name).servers.service.identity.attempts
        attempts.__dict__.update(Attempts().__dict__)


@dataclass
class Provided:
    """A collector that signs people in by way of a real provider."""

    servers: Servers
    provider: IdProvider
    settings: Settings

    @property
    def url(self) -> str:
        return self.settings.public_url


@pytest.fixture(scope="session")
def provided(tmp_path_factory: pytest.TempPathFactory, pytestconfig: pytest.Config) -> Iterator[Provided]:
    assert pytestconfig.cache is not None, "pytest's cache is turned off"
    package = installed(Path(str(pytestconfig.cache.mkdir("oidc"))))
    if package is None:
        pytest.skip("npm is not here to fetch oidc-provider: apt-get install npm")
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    with id_provider(package, f"{url}/sign-in/provider/return", GROUPS) as provider:
        settings = Settings(
            public_url=url, oidc_issuer=provider.issuer, oidc_client_id=provider.client_id,
            oidc_client_secret=provider.secret, oidc_roles=ROLES,
        )  # fmt: skip
        with running(tmp_path_factory.mktemp("provided"), settings.check("test"), port) as servers:
            yield Provided(servers, provider, settings)


Browsers = Callable[[], Browser]


@pytest.fixture
def browsers() -> Iterator[Browsers]:
    """Makes one; all are closed at the end."""
    with ExitStack() as stack:

        def make() -> Browser:
            made = Browser()
            stack.callback(made.http.close)
            return made

        yield make
