"""Retention epochs: made on the laptop, kept by the person, split in two for the two keepers.

One epoch a policy and calendar month (UTC): destroying its shares ends the reading of that month's data and of no
other. Nothing is sealed to it that was recorded after the month; the collector counts the days of keeping from there.
"""

from __future__ import annotations

import datetime

import msgspec
import pyrage

from aboveboard.core.charter import Charter
from aboveboard.core.clock import US_PER_S, Clock
from aboveboard.core.ids import ContributorId, DeviceId, EpochId, PolicyId, epoch_id_of
from aboveboard.core.vault import EpochDeposit, sign_deposit, split_among, split_secret
from aboveboard.recorder.home import Home, json_bytes
from aboveboard.wire.api import to_base64


class EpochFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """epochs/<epoch>.json. guardians: recipients of those that keep the workers' half."""

    epoch: EpochId
    recipient: str
    policy: PolicyId
    month: str
    guardians: tuple[str, ...] = ()


def _seal_to(recipient: str, share: bytes) -> str:
    return to_base64(pyrage.encrypt(share, [pyrage.x25519.Recipient.from_str(recipient)]))


def month_of(clock: Clock) -> str:
    """Such as 2026-11."""
    return datetime.datetime.fromtimestamp(clock.now_us() / US_PER_S, datetime.UTC).strftime("%Y-%m")


def give_up_epochs(home: Home) -> None:
    """From now on nothing is sealed to any epoch there is. Durable when it returns."""
    for path in sorted(home.path("epochs").glob("*.json")):
        home.write(b"", "epochs", f"{path.stem}.gone")


def current_epoch(
    home: Home, charter: Charter, policy: PolicyId, contributor: ContributorId, device: DeviceId, clock: Clock
) -> EpochFile:
    """This month's epoch under the policy; made, with its two deposits waiting to be brought, when there is none.

    One whose shares were asked to be destroyed is never used again: whoever comes back begins with a new one.
    """
    month = month_of(clock)
    for path in sorted(home.path("epochs").glob("*.json")):
        known = msgspec.json.decode(path.read_bytes(), type=EpochFile)
        if (known.policy, known.month) == (policy, month) and not home.path("epochs", f"{known.epoch}.gone").exists():
            return known
    identity = pyrage.x25519.Identity.generate()
    recipient = str(identity.to_public())
    keepers = tuple(each.recipient for each in charter.guardians)
    made = EpochFile(epoch_id_of(recipient), recipient, policy, month, keepers)
    first, second = split_secret(str(identity))
    key = home.key("contributor")
    needed = charter.guardians_needed
    base = EpochDeposit(
        contributor, key.verify_key.encode(), device, made.epoch, recipient, policy, guardians=len(keepers),
        guardians_needed=needed,
    )  # fmt: skip
    collector = msgspec.structs.replace(base, collector_share=_seal_to(charter.collector.recipient, first))
    home.write(str(identity).encode("ascii"), "epochs", f"{made.epoch}.key")
    home.write(sign_deposit(collector, key).to_bytes(), "epochs", f"{made.epoch}.collector")
    for number, (keeper, share) in enumerate(zip(keepers, split_among(second, needed, len(keepers)), strict=True)):
        part = msgspec.structs.replace(base, guardian_share=_seal_to(keeper, share))
        home.write(sign_deposit(part, key).to_bytes(), "epochs", f"{made.epoch}.{number}.guardian")
    home.write(json_bytes(made), "epochs", f"{made.epoch}.json")  # last: what it names is there
    return made
