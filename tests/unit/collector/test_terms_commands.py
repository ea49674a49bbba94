"""`charter`, `policy`, `exemption`, `settings`, `opt-out`, `receipt`: what people type, and what they are told."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from aboveboard.cli import main
from aboveboard.core.charter import Charter
from aboveboard.core.charter_chain import SignedCharter, check_signed
from aboveboard.core.exemption import SignedExemption, check_exemption
from aboveboard.core.policy import Policy
from aboveboard.core.signing import SigningKey
from aboveboard.recorder.cli.settings import remedy
from tests.support.charters import first_bundle, rotated, successor
from tests.support.laptop import Laptop
from tests.support.world import World


@pytest.fixture
def world() -> World:
    return World()


def _run(capsys: pytest.CaptureFixture[str], *words: object) -> tuple[int, str, str]:
    code = main([str(word) for word in words])
    said = capsys.readouterr()
    return code, said.out, said.err


def _key(folder: Path, key: SigningKey) -> Path:
    path = folder / f"{key.name}.key"
    path.write_text(key.encode())
    return path


def _charter(folder: Path, world: World) -> Path:
    path = folder / "charter.json"
    path.write_bytes(world.charter.to_bytes())
    return path


def _spec(folder: Path, world: World, **changes: Any) -> Path:
    path = folder / "spec.yaml"
    fields = {**msgspec.to_builtins(world.charter), **changes}
    path.write_text(yaml.safe_dump(json.loads(json.dumps(fields)), sort_keys=False))
    return path


# ------------------------------------------------------------ charter


def test_a_charter_is_made_and_shown(world: World, tmp_path: Path, capsys: Any) -> None:
    out = tmp_path / "out.json"
    assert _run(capsys, "charter", "init", _spec(tmp_path, world), "--out", out)[:2] == (
        0, world.charter.charter_id + "\n",
    )  # fmt: skip
    assert Charter.parse(out.read_bytes()) == world.charter
    assert "representatives, 2 have to sign" in _run(capsys, "charter", "show", out)[1]
    assert _run(capsys, "charter", "show", out, "--canonical")[1].encode() == out.read_bytes()
    assert json.loads(_run(capsys, "charter", "show", out, "--json")[1])["charter"] == world.charter.charter_id


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"notice_days_min": 5}, "notice_days_min"), ({"employer": "nonsense"}, "employer"),
        ({"representatives": {"threshold": 9, "keys": []}}, "representatives.keys"), ({"rank": 1}, "rank"),
        ({"never_record": ["*jane@example.org*"]}, "never_record"), ({"name": ""}, "name"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_charter_is_said_with_file_line_and_field(
    world: World, tmp_path: Path, capsys: Any, changes: dict[str, Any], field: str
) -> None:
    spec = _spec(tmp_path, world, **changes)
    code, _, err = _run(capsys, "charter", "init", spec, "--out", tmp_path / "out.json")
    top = field.split(".")[0]
    line = next(i for i, text in enumerate(spec.read_text().splitlines(), 1) if text.startswith(f"{top}:"))
    assert code == 2
    assert f"{spec}:{line}" in err or f"{spec}:{line + 1}" in err or f"{spec}:{line + 2}" in err, err
    assert field in err
    assert not (tmp_path / "out.json").exists()


def test_a_charter_is_rotated_signed_and_followed_and_what_it_gives_up_is_said(
    world: World, tmp_path: Path, capsys: Any
) -> None:
    old, new = _charter(tmp_path, world), tmp_path / "new.json"
    spec = _spec(tmp_path, world, never_record=[], name="Second")
    code, said, _ = _run(capsys, "charter", "rotate", old, spec, "--out", new)
    assert code == 0
    assert "widens: never_record: *bank* is removed from the floor" in said
    for key in (world.employer, *world.representatives[:2]):
        code, said, _ = _run(capsys, "charter", "sign", new, "--charter", old, "--key", _key(tmp_path, key))
        assert (code, "widens: never_record" in said) == (0, True)
    charter = check_signed(world.charter, SignedCharter.parse(new.read_bytes()))
    assert charter.previous == world.charter.charter_id
    assert "widens" in _run(capsys, "charter", "show", new, "--against", old)[1]
    assert "signature, not checked here: employer" in _run(capsys, "charter", "show", new)[1]
    folder = tmp_path / "published" / "charters"
    folder.mkdir(parents=True)
    for bundle in (first_bundle(world), rotated(world, charter)):
        (folder / f"{bundle.charter_id}.json").write_bytes(bundle.to_bytes())
    out = tmp_path / "followed.json"
    code, said, _ = _run(capsys, "charter", "follow", old, tmp_path, "--out", out)
    assert (code, f"in force: {charter.charter_id}" in said) == (0, True)
    assert Charter.parse(out.read_bytes()) == charter
    forged = rotated(world, successor(charter), [])
    (folder / f"{forged.charter_id}.json").write_bytes(forged.to_bytes())
    code, _, err = _run(capsys, "charter", "follow", old, tmp_path)
    assert (code, "old charter's employer" in err) == (1, True)


def test_a_charter_of_other_people_can_not_be_signed_as_the_next(world: World, tmp_path: Path, capsys: Any) -> None:
    new = tmp_path / "new.json"
    other = World()
    new.write_bytes(SignedCharter.of(successor(other.charter).to_bytes()).to_bytes())
    words = ("charter", "sign", new, "--charter", _charter(tmp_path, world), "--key", _key(tmp_path, world.employer))
    assert _run(capsys, *words)[0] == 1


# ------------------------------------------------------------ policy


def test_a_policy_is_shown_compared_and_posted(world: World, tmp_path: Path, capsys: Any) -> None:
    path, charter = tmp_path / "policy.yaml", _charter(tmp_path, world)
    assert _run(capsys, "policy", "new", "--out", path)[0] == 0
    code, name, _ = _run(capsys, "policy", "check", path)
    assert code == 0
    assert f"policy {name.strip()}" in _run(capsys, "policy", "show", path)[1]
    canonical = _run(capsys, "policy", "show", path, "--canonical")[1].encode()
    assert Policy.parse(canonical).policy_id == name.strip()
    assert json.loads(_run(capsys, "policy", "show", path, "--json")[1])["policy"] == name.strip()
    assert json.loads(_run(capsys, "policy", "show", path, "--dpv")[1])["@type"] == "dpv:Policy"
    page = tmp_path / "notice.html"
    assert "print it on A4" in _run(capsys, "policy", "notice", path, "--charter", charter, "--html", page)[1]
    assert page.read_text().startswith("<!doctype html>")
    assert "In your hands" in _run(capsys, "policy", "notice", path, "--charter", charter, "--screen")[1]
    wider = tmp_path / "wider.yaml"
    wider.write_text(path.read_text().replace("apps: [chromium]", "apps: [chromium, gimp]"))
    assert "widens: apps: gimp is added" in _run(capsys, "policy", "diff", path, wider)[1]
    assert json.loads(_run(capsys, "policy", "diff", path, wider, "--json")[1])[0]["verdict"] == "widens"


# ------------------------------------------------------------ exemption


def test_an_exemption_is_written_and_signed(world: World, tmp_path: Path, capsys: Any) -> None:
    path, signed = tmp_path / "exemption.yaml", tmp_path / "exemption.json"
    assert _run(capsys, "exemption", "new", "--out", path)[0] == 0
    steward, representative = world.stewards[0], world.representatives[0]
    assert _run(capsys, "exemption", "sign", path, "--key", _key(tmp_path, steward), "--out", signed)[0] == 0
    assert _run(capsys, "exemption", "sign", signed, "--key", _key(tmp_path, representative), "--out", signed)[0] == 0
    assert check_exemption(SignedExemption.parse(signed.read_bytes()), world.charter).people_least == 10
    path.write_text(path.read_text().replace("people_least: 10 ", "people_least: 1 "))
    code, _, err = _run(capsys, "exemption", "sign", path, "--key", _key(tmp_path, steward), "--out", signed)
    assert (code, f"{path}:5: people_least" in err) == (2, True)


# ------------------------------------------------------------ on the laptop


def test_settings_are_kept_for_the_next_start_when_no_recorder_runs(tmp_path: Path, capsys: Any) -> None:
    laptop = Laptop(tmp_path)
    laptop.put()
    home = laptop.home.folder
    words = (
        "settings",
        "set",
        "--home",
        home,
        "--data-mb-per-day",
        5,
        "--exclude-app",
        "gimp",
        "--exclude-title",
        "*pay*",
    )
    assert _run(capsys, *words)[0] == 0
    assert "sent at most, MB a day: 5" in _run(capsys, "settings", "--home", home)[1]
    code, _, err = _run(capsys, "settings", "set", "--home", home, "--battery-min", 10)
    assert (code, "your own settings can only be stricter" in err) == (1, True)
    assert _run(capsys, "settings", "set", "--home", home, "--exclude-app", "code")[0] == 0
    assert set(laptop.terms.narrowing().apps) == {"gimp", "code"}
    assert (
        json.loads(_run(capsys, "settings", "clear", "exclude_apps", "--home", home, "--json")[1])["exclude_apps"] == []
    )
    assert laptop.terms.narrowing().data_mb_per_day == 5
    assert _run(capsys, "settings", "clear", "nothing", "--home", home)[0] == 2


@pytest.mark.parametrize("reason", ["bandwidth", "sensitive_work", "power"])
def test_each_reason_for_leaving_leads_to_a_setting_that_exists(reason: str, tmp_path: Path, capsys: Any) -> None:
    laptop = Laptop(tmp_path)
    laptop.put()
    words = (
        remedy(reason).replace("NAME", "gimp").replace("ORIGIN", "https://example.org").replace("'PATTERN'", "*pay*")
    )
    assert _run(capsys, *words.split()[1:], "--home", laptop.home.folder)[0] == 0
    assert laptop.terms.narrowing() != Laptop(tmp_path / "other").terms.narrowing()


def test_opting_out_with_a_reason_leaves_at_once_and_names_the_remedy(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aboveboard.recorder.cli import opt_out

    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(opt_out, "ask", lambda _home, **request: asked.append(request))
    assert "settings set --battery-min" in _run(capsys, "opt-out", "--home", tmp_path, "--reason", "power")[1]
    assert asked == [{"do": "opt_out", "reason": "power", "delete": False, "withdraw": False}]


def test_on_a_terminal_the_cause_can_be_removed_instead_and_leaving_stays_one_key(
    tmp_path: Path, capsys: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    from aboveboard.recorder.cli import opt_out

    laptop = Laptop(tmp_path)
    laptop.put()
    answers = iter(["5\n", "60\n", "gimp\n", "\n", "900\n"])

    class Terminal:
        def isatty(self) -> bool:
            return True

        def readline(self) -> str:
            return next(answers)

    asked: list[dict[str, Any]] = []
    monkeypatch.setattr(sys, "stdin", Terminal())
    monkeypatch.setattr(opt_out, "ask", lambda _home, **request: asked.append(request))
    home = laptop.home.folder
    for reason in ("bandwidth", "power", "sensitive_work"):
        assert "still taking part" in _run(capsys, "opt-out", "--home", home, "--reason", reason)[1]
    found = laptop.terms.narrowing()
    assert (found.data_mb_per_day, found.battery_percent_min, set(found.apps), asked) == (5, 60, {"gimp"}, [])
    for left in (1, 2):  # Enter leaves, and so does an answer that would be wider
        assert "you have left" in _run(capsys, "opt-out", "--home", home, "--reason", "bandwidth")[1]
        assert len(asked) == left


def test_receipts_are_printed_without_a_recorder(tmp_path: Path, capsys: Any) -> None:
    laptop = Laptop(tmp_path)
    policy = laptop.put()
    code, _, err = _run(capsys, "receipt", "--home", laptop.home.folder)
    assert (code, "no consent was given" in err) == (2, True)
    laptop.start().agree(policy.policy_id)
    laptop.stop()
    document = json.loads(_run(capsys, "receipt", "--home", laptop.home.folder)[1])
    assert document["@type"] == "dpv:ConsentReceipt"
    assert policy.policy_id[:16] in _run(capsys, "receipt", "--home", laptop.home.folder, "--brief")[1]


def test_leaving_needs_no_recorder_and_no_server(tmp_path: Path, capsys: Any) -> None:
    laptop = Laptop(tmp_path)
    policy = laptop.put()
    code, _, err = _run(capsys, "opt-out", "--home", laptop.home.folder)
    assert (code, "nothing to leave" in err) == (1, True)
    recorder = laptop.start()
    recorder.agree(policy.policy_id)
    laptop.until(lambda: bool(laptop.observers))
    laptop.click()
    laptop.until(lambda: sum(recorder.status()["counters"]["kept"].values()) > 0)
    assert laptop.stop() != []
    code, said, _ = _run(capsys, "opt-out", "--home", laptop.home.folder, "--delete", "--withdraw")
    assert (code, "could not be told yet" in said) == (0, True)
    assert laptop.consents.state(policy.policy_id) == "withdrawn"
    assert not list(laptop.home.path("spool").glob("*.chunk"))
    assert len(list(laptop.home.path("requests").glob("*.deletion"))) == 1
    assert "withdrawn" in _run(capsys, "receipt", "--home", laptop.home.folder, "--brief")[1]
    assert laptop.start().state == "waiting_for_consent"
    laptop.stop()
