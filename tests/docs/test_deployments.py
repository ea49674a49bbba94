"""The systemd unit and the compose file are good: by systemd's own word, and by what the server takes."""

from __future__ import annotations

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from aboveboard.cli import parser_of
from aboveboard.collector.settings import PREFIX, Settings

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "docs" / "deploy"
UNIT = DEPLOY / "aboveboard-collector.service"
GUIDE = (ROOT / "docs" / "run-a-collector.md").read_text("utf-8")
SETTINGS = {field.name for field in msgspec.structs.fields(Settings)}
EXPOSURE_MAX = 2.0  # of 10, as systemd counts
# The compose specification's fields that ours uses; a misspelt one would be passed over by some engines.
SERVICE_FIELDS = {"image", "environment", "volumes", "healthcheck", "command", "depends_on", "stop_grace_period",
                  "restart", "user", "read_only", "tmpfs", "cap_drop", "security_opt", "ulimits"}  # fmt: skip
needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="needs systemd-analyze")


def _starts(words: list[str]) -> None:
    """As the command line takes it. The program's path comes first."""
    assert words[0].endswith("/bin/aboveboard")
    parser_of(words[1]).parse_args(words[1:])


def _compose() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
    return loaded


@needs_systemd
def test_the_unit_is_understood(tmp_path: Path) -> None:
    """With a program where it says: else that is all that systemd looks at."""
    text = UNIT.read_text("utf-8").replace("/opt/aboveboard/bin/aboveboard", "/bin/true")
    (tmp_path / UNIT.name).write_text(text)
    done = subprocess.run(["systemd-analyze", "verify", str(tmp_path / UNIT.name)], capture_output=True, text=True,
                          check=False)  # fmt: skip
    assert (done.returncode, done.stderr) == (0, "")


@needs_systemd
def test_the_unit_may_do_little() -> None:
    line = ["systemd-analyze", "security", "--offline=true", str(UNIT)]
    said = subprocess.run(line, capture_output=True, text=True, check=True).stdout
    found = re.search(r"exposure level for \S+: ([0-9.]+)", said)
    assert found is not None
    assert float(found[1]) <= EXPOSURE_MAX, said


def test_the_units_command_can_be_run() -> None:
    [line] = re.findall(r"^ExecStart=(.*)$", UNIT.read_text("utf-8"), re.MULTILINE)
    _starts(shlex.split(line))


def test_the_compose_file_says_only_what_there_is() -> None:
    told = _compose()
    assert set(told) == {"services", "volumes"}
    volumes = set(told["volumes"])
    for name, service in told["services"].items():
        assert set(service) <= SERVICE_FIELDS, name
        for volume in service["volumes"]:
            source = volume.partition(":")[0]
            assert source in volumes or source.startswith("/"), volume
        assert set(service.get("depends_on", ())) <= set(told["services"])
    _starts(told["services"]["collector"]["command"])


def test_the_compose_files_variables_are_read_by_the_server_and_no_secret_is_in_it() -> None:
    environment = _compose()["services"]["collector"]["environment"]
    for name, value in environment.items():
        if name.startswith(PREFIX):
            assert name.removeprefix(PREFIX).lower() in SETTINGS
        else:  # the master key's own variable, named by a setting
            assert f"env:{name}" in environment.values()
        secret = "PASSWORD" in name or "KEY" in name
        assert not secret or value.startswith(("${", "env:")), "from outside, and refused when it is not given"
    text = (DEPLOY / "compose.yaml").read_text("utf-8")
    assert all(each.endswith(":?}") for each in re.findall(r"\$\{[^}]*\}", text)), "nothing is silently empty"


def test_every_setting_of_the_server_is_in_the_guide_and_none_that_there_is_not() -> None:
    """Those of the identity provider by their common beginning, and then in the example."""
    rows = set(re.findall(r"^\| `([a-z_]+)`", GUIDE, re.MULTILINE))
    assert rows <= SETTINGS
    assert {name for name in SETTINGS if not name.startswith("oidc_")} <= rows
    assert set(re.findall(r"^(oidc_[a-z_]+):", GUIDE, re.MULTILINE)) <= SETTINGS
