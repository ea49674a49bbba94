"""`python -m tests.fuzz.seeds`: what the fuzzer starts from, made from the vectors and from a world's records."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import msgspec
import pyrage
import zstandard

from tests.fuzz.targets import IDENTITY, OBJECTS, RECORDS

CORPUS = Path(__file__).parent / "corpus"
VECTORS = Path(__file__).parents[1] / "vectors"


def _vector(name: str) -> Any:
    return json.loads((VECTORS / f"{name}.json").read_text("utf-8"))


def _texts(value: Any) -> list[str]:
    """Every text in a vector file, at any depth."""
    if isinstance(value, str):
        return [value]
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [text for each in inner for text in _texts(each)]


def seeds() -> dict[str, list[bytes]]:
    """For each target."""
    told = _vector("segment")
    files = [base64.b64decode(each["file"]) for each in told["good"]]
    bad = [base64.b64decode(each) for each in _texts(told["bad"]) if len(each) > 400]
    sealed = [file[8 + int.from_bytes(file[4:8], "big") + 64 :] for file in files]
    plain = [pyrage.decrypt(each, [IDENTITY]) for each in sealed]
    packed = [each[4 : 4 + int.from_bytes(each[:4], "big")] for each in plain]
    bodies = [zstandard.ZstdDecompressor().decompress(each, 1 << 20) for each in packed]
    entries = [text.encode() for text in _vector("log-entries")["valid"]]
    notes = [text.encode() for name in ("cosignature", "checkpoint", "note") for text in _texts(_vector(name))
             if "\n\n" in text]  # fmt: skip
    proofs = [text.encode() for text in _texts(_vector("tlog-proof")) if text.startswith("c2sp.org/")]
    asked = [text.encode() for text in _texts(_vector("add-checkpoint")) if text.startswith("old ")]
    bundle = b"".join(len(each).to_bytes(2, "big") + each for each in entries)
    return {
        "segment": files + bad[:6], "arrival": [b"\x09" + file for file in files], "age": sealed,
        "plaintext": [each[: len(packed[0]) + 40] for each in plain], "body": bodies, "leaf": entries,
        "bundle": [bytes([len(entries)]) + bundle], "note": notes[:20], "proof": proofs[:6], "witness": asked[:8],
        "words": [b"tile/entries/x001/x234/067.p/8", b"Bearer abcdef",
                  b"sha-256=:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=:", _policy()],
        "records": _records(),
    }  # fmt: skip


def _policy() -> bytes:
    return b"log example.org/log+00000000+AQ==\nwitness a example.org/w+00000000+BA==\ngroup g 1 a\nquorum g\n"


def _records() -> list[bytes]:
    found = []
    for name in ("consent", "charter", "policy", "receipt"):
        for text in _texts(_vector(name)):
            if text.startswith("{") and len(text) < 6000:
                found += [bytes([which]) + text.encode() for which in range(len(RECORDS) + len(OBJECTS) + 5)
                          if _taken(which, text.encode())]  # fmt: skip
    found += [bytes([len(RECORDS) + n]) + _empty(kind) for n, kind in enumerate(OBJECTS)]
    return found


def _taken(which: int, data: bytes) -> bool:
    from tests.fuzz.targets import records

    try:
        records(bytes([which]) + data)
    except Exception:  # noqa: BLE001  whichever way it is refused, it is not this one's
        return False
    return True


def _empty(kind: type[msgspec.Struct]) -> bytes:
    """The fields' names, so that the fuzzer need not guess them."""
    _, schemas = msgspec.json.schema_components((kind,))

    def blank(schema: dict[str, Any], depth: int = 0) -> Any:
        if "$ref" in schema:
            return blank(schemas[schema["$ref"].rpartition("/")[2]], depth + 1)
        if schema.get("type") == "object" and depth < 6:
            return {name: blank(each, depth + 1) for name, each in schema.get("properties", {}).items()}
        if schema.get("type") == "array":
            return [blank(schema["items"], depth + 1)] if isinstance(schema.get("items"), dict) and depth < 6 else []
        return schema.get("default", {"integer": 1, "boolean": True, "string": "a"}.get(schema.get("type", ""), "a"))

    return msgspec.json.encode(blank(schemas[kind.__name__]))


if __name__ == "__main__":
    for target, made in seeds().items():
        folder = CORPUS / target
        folder.mkdir(parents=True, exist_ok=True)
        for number, data in enumerate(dict.fromkeys(made)):
            (folder / f"seed-{number:02}").write_bytes(data)
