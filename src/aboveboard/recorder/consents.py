"""The person's own records on the laptop: signed at the click, in force at once, sent when there is a connection."""

from __future__ import annotations

import os
from typing import Literal

from aboveboard.core.clock import Clock
from aboveboard.core.consent import ConsentRecord, ConsentState, SignedConsent, fold, sign_consent
from aboveboard.core.ids import ConsentId, ContributorId, DeviceId, PolicyId, key_id_of, sha256_hex
from aboveboard.core.policy import Category, OptOutReason, Policy
from aboveboard.recorder.home import Home


class Consents:
    """Files consents/<id>.json, and <id>.posted and <id>.proof.json once the collector has them."""

    def __init__(self, home: Home, clock: Clock) -> None:
        self._home, self._clock = home, clock
        self._key = home.key("contributor")
        self.contributor = ContributorId(key_id_of(self._key.verify_key.public))
        self.device = DeviceId(key_id_of(home.key("device").verify_key.public))

    def all(self) -> list[SignedConsent]:
        """In the order they were made."""
        paths = self._home.path("consents").glob("*.json")
        names = [path.name for path in paths if not path.name.endswith(".proof.json")]
        signed = [
            SignedConsent.parse(data) for name in names if (data := self._home.read("consents", name)) is not None
        ]
        return sorted(signed, key=lambda each: each.record.at_us)

    def state(self, policy: PolicyId) -> ConsentState:
        return fold([each.record for each in self.all()], policy)

    def current(self, policy: PolicyId) -> ConsentId | None:
        """The consent that recording under this policy goes by."""
        given = [each.record for each in self.all() if each.record.kind == "given" and each.record.policy == policy]
        return given[-1].consent_id if given and self.state(policy) == "given" else None

    def say(
        self, kind: Literal["given", "withdrawn", "opt_out"], policy: Policy, notice: str,
        reason: OptOutReason | Literal[""] = "",
    ) -> SignedConsent:  # fmt: skip
        """Signs and keeps the person's word. notice: the exact text that was shown."""
        categories: tuple[Category, ...] = tuple(policy.categories) if kind == "given" else ()
        # A "no" comes after the "yes" before it also when the clock was set back in between.
        last_us = max((each.record.at_us for each in self.all()), default=0)
        record = ConsentRecord(
            kind, self.contributor, self._key.verify_key.encode(), self.device, policy.policy_id, categories,
            sha256_hex(notice.encode()), max(self._clock.now_us(), last_us + 1), os.urandom(16).hex(), reason,
        )  # fmt: skip
        signed = sign_consent(record, self._key)
        self._home.write(signed.to_bytes(), "consents", f"{record.consent_id}.json")
        return signed
