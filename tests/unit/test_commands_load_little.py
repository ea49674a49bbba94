"""A command loads what it needs and nothing else: each of its starts pays for the rest."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

HEAVY = {"alembic", "authlib", "daft", "fastapi", "joserfc", "psycopg", "pyarrow", "ray", "torch", "uvicorn"}
_PROGRAM = """
import json, sys
from aboveboard.cli import parser_of
parser_of(sys.argv[1])
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""


def loaded(verb: str) -> set[str]:
    done = subprocess.run([sys.executable, "-c", _PROGRAM, verb], capture_output=True, text=True, check=True)
    return set(json.loads(done.stdout))


@pytest.mark.parametrize("verb", ["collector", "witness", "record"])
def test_no_server_no_driver_and_no_framework(verb: str) -> None:
    assert HEAVY.isdisjoint(loaded(verb))


def test_a_pause_waits_for_nothing_of_the_recorder() -> None:
    assert HEAVY.isdisjoint(found := loaded("pause"))
    assert {"numpy", "cryptography", "urllib3", "psutil"}.isdisjoint(found)
