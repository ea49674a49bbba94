"""The person's receipts: one for each consent they gave, written at the click and again at each change."""

from __future__ import annotations

import json

from aboveboard.core.dpv import JsonLd
from aboveboard.core.errors import BadInput
from aboveboard.core.receipt import endings, receipt
from aboveboard.recorder.consents import Consents
from aboveboard.recorder.home import Home
from aboveboard.recorder.terms import kept_policy


def receipts(home: Home, consents: Consents) -> dict[str, JsonLd]:
    """By consent ID, the earliest first. Raises BadInput when a policy that was consented to is not kept here."""
    records = consents.all()
    charter = home.steps()[-1].charter
    found: dict[str, JsonLd] = {}
    for given in (each for each in records if each.record.kind == "given"):
        policy = kept_policy(home, given.record.policy)
        found[given.record.consent_id] = receipt(given, endings(records, given), policy, charter)
    return found


def write_receipts(home: Home, consents: Consents) -> None:
    """Files receipts/<consent>.jsonld, replaced as a whole."""
    for name, document in receipts(home, consents).items():
        data = json.dumps(document, indent=1, ensure_ascii=False).encode("utf-8")
        if home.read("receipts", f"{name}.jsonld") != data:
            home.write(data, "receipts", f"{name}.jsonld")


def read_receipts(home: Home) -> list[JsonLd]:
    """As they were written. Raises BadInput when there is none: nothing was consented to here."""
    paths = sorted(home.path("receipts").glob("*.jsonld"))
    if not paths:
        raise BadInput("holds no receipt: no consent was given on this laptop", str(home.path("receipts")))
    found = [json.loads(path.read_bytes()) for path in paths]
    return sorted(found, key=lambda each: str(each["dct:hasPart"]["dct:created"]["@value"]))
