"""The demo's organisation: keys, charter, two witnesses, the workers' guardian, the collector, a signed policy.

Everything through the public commands, each in a process of its own on a free loopback port.
"""

from __future__ import annotations

import datetime
import json
import socket
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from aboveboard.core.clock import SystemClock
from aboveboard.core.ids import sha256_hex
from aboveboard.core.policy_yaml import new_policy_yaml
from aboveboard.core.signing import SigningKey
from aboveboard.demo.processes import Server, run, run_json, start
from aboveboard.wire.api import Invitation, sign_invitation
from aboveboard.wire.client import Client

ORIGIN = "demo.aboveboard.example/log"
REPRESENTATIVES = ("representative-amira", "representative-bo", "representative-chen")
STEWARDS = ("steward-dana", "steward-eli")
INVITATION_US = 3600 * 1_000_000


def free_port() -> int:
    """A port that was free a moment ago; a charter has to name addresses before the servers run."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(slots=True)
class Organisation:
    """Running servers, and where their files are."""

    home: Path
    charter: Path
    policy_id: str
    collector: Server
    guardian: Server
    servers: list[Server]

    def key(self, name: str) -> Path:
        return self.home / "keys" / f"{name}.key"

    def invite(self, code: str) -> None:
        """A steward lets one laptop enrol."""
        key = SigningKey.decode(self.key(STEWARDS[0]).read_text("ascii"))
        invitation = Invitation(sha256_hex(code.encode()), SystemClock().now_us() + INVITATION_US)
        body = sign_invitation(invitation, key).to_bytes()
        client = Client(self.collector.url)
        try:
            client.request("POST", "/v1/invitations", body=body, size_max=1 << 16)
        finally:
            client.close()

    def stop(self) -> None:
        for server in reversed(self.servers):
            server.stop()


FRAMES = """  frames:
    purposes: [train-agents]
    necessity: agents have to know what a control looked like before it was used
    retention_days: 90
    recipients: [internal research]
frames: on_action  """


def demo_policy(sites: list[str], apps: Sequence[str] = ()) -> str:
    """The template with the demo's own sites, programs beside the browser, dates and periods; zero notice, as the
    demo's charter says openly."""
    today = datetime.datetime.now(datetime.UTC).date()
    listed = ", ".join(json.dumps(site) for site in sites)
    replaced = {
        'sites: ["https://tasks.example.org"]': f"sites: [{listed}]",
        "apps: [chromium] ": f"apps: [{', '.join(('chromium', *apps))}] ",
        "frames: none  ": FRAMES,
        "notice_days: 30": "notice_days: 0",
        "starts: 2026-03-01": f"starts: {today - datetime.timedelta(days=1)}",
        "expires: 2027-02-28": f"expires: {today + datetime.timedelta(days=30)}",
        "battery_percent_min: 30": "battery_percent_min: 0",
        "title: Learning everyday office tasks": "title: Learning everyday tasks, a demonstration",
    }
    text = new_policy_yaml()
    for old, new in replaced.items():
        if old not in text:
            raise AssertionError(f"the policy template has no line {old!r} any more")
        text = text.replace(old, new)
    return text


def found(home: Path, sites: list[str], apps: Sequence[str] = ()) -> Organisation:
    """Makes and starts all of it below `home`. apps: programs that the policy lists beside the browser."""
    keys, logs = home / "keys", home / "logs"
    for folder in (keys, logs):
        folder.mkdir(parents=True)
    public = {
        name: run("charter", "keygen", "--name", name, "--out", keys / f"{name}.key").strip()
        for name in ("employer", *REPRESENTATIVES, *STEWARDS)
    }
    council = run_json("witness", "init", "--home", home / "witness-council", "--name", "witness-council", "--guardian")
    auditor = run_json("witness", "init", "--home", home / "witness-auditor", "--name", "witness-auditor")
    collector = run_json("collector", "init", "--home", home / "collector", "--name", ORIGIN)
    ports = {name: free_port() for name in ("council", "auditor", "collector")}
    urls = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()}
    charter = {
        "name": "Demo Works",
        "employer": public["employer"],
        "representatives": {"threshold": 2, "keys": [public[name] for name in REPRESENTATIVES]},
        "stewards": {"threshold": 2, "keys": [public[name] for name in STEWARDS]},
        "log": {"key": collector["log"], "origin": ORIGIN},
        "witnesses": {
            "keys": [
                {"key": council["witness"], "run_by": "workers"},
                {"key": auditor["witness"], "run_by": "independent"},
            ],
            # The workers' own is required; the other may be away for a while.
            "quorum": {"need": 1, "of": ["witness-council"]},
        },
        "guardian": {**council["guardian"], "url": urls["council"]},
        "collector": {**collector["collector"], "url": urls["collector"]},
        "notice_days_min": 0,
        "demo": True,
        "never_record": ["*bank*"],
    }
    (home / "charter-spec.json").write_text(json.dumps(charter, indent=1), encoding="utf-8")
    path = home / "charter.json"
    run("charter", "init", home / "charter-spec.json", "--out", path)
    organisation = _serve(home, urls)
    try:
        organisation.policy_id = _sign_and_publish(organisation, sites, apps)
    except BaseException:
        organisation.stop()
        raise
    kept = {"urls": urls, "policy_id": organisation.policy_id}
    (home / "organisation.json").write_text(json.dumps(kept, indent=1), encoding="utf-8")
    return organisation


def resume(home: Path) -> Organisation:
    """Starts again what `found` made there, at the same addresses. Raises Unavailable when a port is taken."""
    kept = json.loads((home / "organisation.json").read_text("utf-8"))
    organisation = _serve(home, kept["urls"])
    organisation.policy_id = kept["policy_id"]
    return organisation


def _serve(home: Path, urls: dict[str, str]) -> Organisation:
    """Starts the servers where the charter says they are."""
    logs, path = home / "logs", home / "charter.json"
    ports = {name: url.rsplit(":", 1)[1] for name, url in urls.items()}
    servers: list[Server] = []
    try:
        for name in ("council", "auditor"):
            place = "--home", home / f"witness-{name}", "--charter", path, "--port", ports[name]
            guardian = ["--guardian"] if name == "council" else []
            servers.append(start(name, "witness", "serve", *place, *guardian, log=logs / f"{name}.log"))
        place = "--home", home / "collector", "--charter", path, "--port", ports["collector"]
        asked = "--witness", urls["council"], "--witness", urls["auditor"]
        servers.append(start("the collector", "collector", "serve", *place, *asked, log=logs / "collector.log"))
    except BaseException:
        for server in reversed(servers):
            server.stop()
        raise
    return Organisation(home, path, "", servers[2], servers[0], servers)


def _sign_and_publish(organisation: Organisation, sites: list[str], apps: Sequence[str]) -> str:
    home = organisation.home
    yaml, signed = home / "policy.yaml", home / "policy.signed.json"
    yaml.write_text(demo_policy(sites, apps), encoding="utf-8")
    run("policy", "sign", yaml, "--key", organisation.key("employer"), "--out", signed)
    for name in REPRESENTATIVES[:2]:
        run("policy", "sign", signed, "--key", organisation.key(name), "--out", signed)
    words = ("policy", "publish", signed, "--charter", organisation.charter, "--collector", organisation.collector.url)
    return run(*words).strip()
