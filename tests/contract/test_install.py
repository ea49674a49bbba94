"""From a built wheel into a home that has other things in it, and out again: what is left is what was said to be."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from aboveboard.recorder.home import Home
from aboveboard.recorder.seal import Sealer
from aboveboard.wire.segment import parse
from tests.support.laptop import Laptop

ROOT = Path(__file__).parents[2]
RUNNING = """
import sys
from pathlib import Path
from aboveboard.recorder.control import ControlServer
from tests.support.laptop import Laptop
laptop = Laptop(Path(sys.argv[1]))
laptop.put()
lock = laptop.home.lock()
recorder = laptop.start()
server = ControlServer(laptop.home.path("control.sock"), recorder, laptop.clock.now_us)
print("ready", flush=True)
recorder.recording.stopped.wait()
"""


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The command, from a wheel in an environment of its own; what it depends on comes from the tests' one."""
    folder = tmp_path_factory.mktemp("installed")
    build = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(folder)]
    subprocess.run(build, cwd=ROOT, check=True, capture_output=True, timeout=120)
    (wheel,) = folder.glob("*.whl")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(folder / "env")], check=True, timeout=120)
    python = folder / "env" / "bin" / "python"
    into = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-index", "--no-deps"]
    subprocess.run([*into, str(wheel)], check=True, timeout=120, capture_output=True)
    (packages,) = (folder / "env" / "lib").glob("python*/site-packages")
    (packages / "others.pth").write_text("\n".join(each for each in sys.path if each.endswith("site-packages")))
    return folder / "env" / "bin" / "aboveboard"


class Machine:
    """A person's HOME, with a recorder's folder that is set up and enrolled."""

    def __init__(self, folder: Path, program: Path) -> None:
        self.home_folder, self._program = folder / "person", program
        (self.home_folder / ".config" / "autostart").mkdir(parents=True)
        (self.home_folder / ".config" / "autostart" / "other.desktop").write_text("[Desktop Entry]\n")
        self.laptop = Laptop(self.home_folder / "my state")
        self.home: Home = self.laptop.home
        self.home.write(b"token", "token")

    def run(self, *words: str, code: int = 0, typed: str = "") -> str:
        environment = {"HOME": str(self.home_folder), "PATH": os.environ["PATH"], "LANG": "C.UTF-8"}
        done = subprocess.run(
            [self._program, words[0], "--home", str(self.home.folder), *words[1:]], env=environment, text=True,
            capture_output=True, timeout=60, check=False, input=typed,
        )  # fmt: skip
        assert done.returncode == code, done.stderr + done.stdout
        return done.stdout + done.stderr

    def files(self) -> set[str]:
        return {str(path.relative_to(self.home_folder)) for path in self.home_folder.rglob("*")}


@pytest.fixture
def machine(tmp_path: Path, program: Path) -> Machine:
    return Machine(tmp_path, program)


LOGIN = {
    ".config/systemd", ".config/systemd/user", ".config/systemd/user/aboveboard.service",
    ".config/systemd/user/graphical-session.target.wants",
    ".config/systemd/user/graphical-session.target.wants/aboveboard.service", ".config/autostart/aboveboard.desktop",
    ".local", ".local/share", ".local/share/applications", ".local/share/applications/aboveboard.desktop",
}  # fmt: skip


def test_install_writes_what_starts_it_and_uninstall_leaves_none_of_that(machine: Machine, program: Path) -> None:
    before = machine.files()
    said = machine.run("install")
    assert machine.files() - before == LOGIN
    assert "records nothing before you agree" in said
    unit = machine.home_folder / ".config/systemd/user/aboveboard.service"
    assert f'ExecStart={program} record --home "{machine.home.folder}"' in unit.read_text()
    assert subprocess.run(["systemd-analyze", "verify", "--man=no", str(unit)], check=False).returncode == 0
    for entry in ("autostart", "../.local/share/applications"):
        path = machine.home_folder / ".config" / entry / "aboveboard.desktop"
        assert subprocess.run(["desktop-file-validate", str(path)], check=False).returncode == 0
    once = unit.read_bytes()
    machine.run("install")
    assert unit.read_bytes() == once
    said = machine.run("uninstall")
    left = machine.files()
    assert not left & LOGIN
    assert ".config/autostart/other.desktop" in left
    assert "kept in" in said
    assert {path.name for path in machine.home.folder.iterdir()} == {
        "charter.json", "config.json", "token", "contributor.key", "device.key",
    }  # fmt: skip


def test_a_file_of_that_name_that_is_not_ours_stays(machine: Machine) -> None:
    own = machine.home_folder / ".config" / "autostart" / "aboveboard.desktop"
    own.write_text("mine")
    assert "was not written by" in machine.run("install", code=2)
    assert not (machine.home_folder / ".config/systemd").exists()
    machine.run("uninstall")
    assert own.read_text() == "mine"


def test_a_laptop_that_is_not_set_up_gets_nothing_installed(machine: Machine, tmp_path: Path) -> None:
    machine.home.path("token").unlink()
    before = machine.files()
    assert "not enrolled" in machine.run("install", code=2)
    assert machine.files() == before


def _recorded(machine: Machine) -> None:
    """Agreed and worked: chunks, consent, keys, a sealed segment that was not sent."""
    laptop = machine.laptop
    policy = laptop.put(review_hold_minutes=0)
    recorder = laptop.start()
    recorder.agree(policy.policy_id)
    laptop.until(lambda: bool(laptop.observers))
    for _ in range(2):
        laptop.click()
        laptop.until(lambda: recorder.status()["spool_bytes"] > 0)
    laptop.stop()
    consents = laptop.consents
    sealer = Sealer(laptop.home, laptop.spool, consents.contributor, consents.device, laptop.home.key("device"))
    sealer.seal_ready(laptop.clock.now_us() + 1)
    assert list(laptop.home.path("outbox").glob("*.seg"))


def test_what_was_never_sent_goes_and_what_is_the_persons_stays_and_is_named(machine: Machine) -> None:
    _recorded(machine)
    first = parse(min(machine.home.path("outbox").glob("*.seg")).read_bytes()).manifest
    said = machine.run("uninstall")
    left = {str(path.relative_to(machine.home.folder)) for path in machine.home.folder.rglob("*") if path.is_file()}
    assert not [name for name in left if name.startswith(("spool", "outbox", "settings", "policy.json", "lock"))]
    assert {"contributor.key", "device.key", "charter.json", "token"} <= left
    assert "your keys: only with them" in said
    assert "You have not left the programme" in said
    assert "told to nobody yet: 1 of your consents or your leaving" in said
    chain = json.loads(machine.home.path("chain.json").read_bytes())
    assert chain == {"seq": first.seq, "prev": first.prev}


def test_all_asks_and_leaves_only_what_is_not_ours(machine: Machine) -> None:
    _recorded(machine)
    mine = machine.home.path("notes.txt")
    mine.write_text("not the recorder's")
    assert "have not reached the collector" in machine.run("uninstall", "--all", code=1)
    for path in machine.home.path("consents").glob("*.json"):
        path.with_suffix(".posted").touch()
    assert "nothing was removed" in machine.run("uninstall", "--all", code=1, typed="no\n")
    assert machine.home.path("contributor.key").exists()
    said = machine.run("uninstall", "--all", typed="yes\n")
    assert [path.name for path in machine.home.folder.rglob("*")] == ["notes.txt"]
    assert f"not ours, so kept: {mine}" in said
    mine.unlink()
    machine.run("uninstall", "--all", "--yes")
    assert not machine.home.folder.exists()


def test_a_recorder_that_runs_is_ended_first(machine: Machine, tmp_path: Path) -> None:
    other = tmp_path / "r"
    environment = {**os.environ, "PYTHONPATH": f"{ROOT}:{os.pathsep.join(sys.path)}"}
    with subprocess.Popen(
        [sys.executable, "-c", RUNNING, str(other)], stdout=subprocess.PIPE, text=True, env=environment, cwd=ROOT
    ) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "ready\n"
        machine.home = Home(other / "home")
        assert "the recorder has ended" in machine.run("uninstall")
        assert running.wait(10) != 0
    assert not machine.home.path("spool").exists()
