"""One programme and one browser for all tests of the pages."""

from __future__ import annotations

import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.chromium import Chromium, chromium, find_chromium
from tests.support.portal_world import Portal
from tests.support.portal_world import portal as portal_world

AXE = "axe-core@4.10.3"
NPM_S_MAX = 120


@pytest.fixture(scope="session")
def portal(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    folder: Path = tmp_path_factory.mktemp("portal")
    with portal_world(folder) as pages:
        yield pages


@pytest.fixture(scope="session")
def _chromium() -> Iterator[Chromium]:
    if find_chromium() is None:
        pytest.skip("no Chromium here: apt-get install chromium")
    with chromium() as browser:
        yield browser


@pytest.fixture
def browser(_chromium: Chromium, portal: Portal) -> Chromium:
    """Signed in as the portal's person, wide, light, with scripts."""
    _chromium.call("Network.clearBrowserCookies")
    portal.sign_in(_chromium)
    _chromium.size(1120, 800)
    _chromium.theme("light")
    _chromium.scripts(allowed=True)
    _chromium.clear()
    return _chromium


@pytest.fixture(scope="session")
def axe(pytestconfig: pytest.Config) -> str:
    """The script's text; fetched once with npm and kept in pytest's cache."""
    cached = Path(str(pytestconfig.cache.mkdir("axe"))) / f"{AXE}.js" if pytestconfig.cache else None
    assert cached is not None, "pytest's cache is turned off"
    if not cached.exists():
        if shutil.which("npm") is None:
            pytest.skip(f"npm is not here to fetch {AXE}: apt-get install npm")
        done = subprocess.run(
            ["npm", "pack", "--silent", AXE], cwd=cached.parent, capture_output=True, text=True, timeout=NPM_S_MAX,
            check=False,
        )  # fmt: skip
        if done.returncode != 0:
            pytest.skip(f"npm could not fetch {AXE}: {done.stderr[-200:]}")
        with tarfile.open(cached.parent / done.stdout.strip().splitlines()[-1]) as archive:
            member = archive.extractfile("package/axe.min.js")
            assert member is not None
            cached.write_bytes(member.read())
    return cached.read_text("utf-8")
