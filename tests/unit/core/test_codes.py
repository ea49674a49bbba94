"""A code must be the value of an option as it is, whatever was drawn."""

from __future__ import annotations

import argparse
import re

from aboveboard.core.codes import new_code


def test_every_code_can_be_given_to_a_command() -> None:
    parser = argparse.ArgumentParser(exit_on_error=False)
    parser.add_argument("--invitation")
    drawn = [new_code() for _ in range(500)]
    assert [parser.parse_args(["--invitation", each]).invitation for each in drawn] == drawn
    assert len(set(drawn)) == 500
    assert all(re.fullmatch("[a-z2-7]{24}", each) for each in drawn)
