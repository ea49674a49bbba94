"""Policies as people write them: YAML, checked with file, line and field in every error."""

from __future__ import annotations

from typing import Any

import msgspec
import yaml

from aboveboard.core.errors import BadInput
from aboveboard.core.policy import POLICY_BYTES_MAX, Category, CategoryTerms, Policy

_PLAIN = {"tag:yaml.org,2002:str", "tag:yaml.org,2002:int", "tag:yaml.org,2002:bool", "tag:yaml.org,2002:timestamp"}


def compile_policy(text: str, filename: str = "policy.yaml") -> Policy:
    """Raises BadInput with `file:line: field`. A missing field, an unknown one, or one given twice is an error."""
    if len(text) > POLICY_BYTES_MAX:
        raise BadInput(f"is over {POLICY_BYTES_MAX} characters", filename)
    lines: dict[str, int] = {}
    try:
        node = yaml.compose(text, Loader=yaml.SafeLoader)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise BadInput(f"is not YAML: {error.problem}", f"{filename}:{line}") from error
    except (yaml.YAMLError, RecursionError) as error:
        raise BadInput("is not YAML", filename) from error
    if not isinstance(node, yaml.MappingNode):
        raise BadInput("is not a list of fields", f"{filename}:1")
    value = _plain(node, "", lines, filename, set())
    try:
        policy = msgspec.convert(value, Policy)
        policy.check()
    except msgspec.ValidationError as error:
        what, _, path = str(error).partition(" - at `$")
        field = path.rstrip("`").replace("[...]", f".{_bad_category(value)}").lstrip(".") or _named(what)
        raise BadInput(what, _where(filename, field, lines)) from error
    except BadInput as error:
        raise BadInput(error.what, _where(filename, error.where, lines)) from error
    return policy


def _named(what: str) -> str:
    return what.split("`")[1] if what.count("`") >= 2 else ""


def _bad_category(value: dict[str, Any]) -> str:
    """The converter says "some value of the map"; this says which."""
    categories = value.get("categories")
    for name, terms in categories.items() if isinstance(categories, dict) else ():
        try:
            msgspec.convert({name: terms}, dict[Category, CategoryTerms])
        except msgspec.ValidationError:
            return str(name)
    return ""


def _where(filename: str, field: str, lines: dict[str, int]) -> str:
    known = field
    while known and known not in lines:
        known = known[: max(known.rfind("."), known.rfind("["), 0)]
    return f"{filename}:{lines.get(known, 1)}: {field}" if field else filename


def _plain(node: yaml.Node, path: str, lines: dict[str, int], filename: str, above: set[int]) -> Any:
    """The node as plain values, noting each field's line. Refuses aliases that loop and tags that make objects."""
    if id(node) in above:
        raise BadInput("refers to itself", f"{filename}:{node.start_mark.line + 1}: {path}")
    above = above | {id(node)}
    if isinstance(node, yaml.MappingNode):
        out: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = str(key_node.value)
            inner = f"{path}.{key}" if path else key
            if key in out:
                raise BadInput("is given twice", f"{filename}:{key_node.start_mark.line + 1}: {inner}")
            lines[inner] = key_node.start_mark.line + 1
            out[key] = _plain(value_node, inner, lines, filename, above)
        return out
    if isinstance(node, yaml.SequenceNode):
        for index, item in enumerate(node.value):
            lines[f"{path}[{index}]"] = item.start_mark.line + 1
        return [_plain(item, path, lines, filename, above) for item in node.value]
    if node.tag not in _PLAIN:
        raise BadInput("has to be a word, a text or a whole number", f"{filename}:{node.start_mark.line + 1}: {path}")
    if node.tag == "tag:yaml.org,2002:int":
        try:
            return int(node.value)
        except ValueError as error:
            raise BadInput("is not a whole number", f"{filename}:{node.start_mark.line + 1}: {path}") from error
    if node.tag == "tag:yaml.org,2002:bool":
        return node.value.lower() in ("true", "yes", "on")
    return node.value  # dates stay text: they are checked as such


TEMPLATE = """\
# A policy: what is recorded, why, where, how long. Every field has to be said.
title: Learning everyday office tasks
version: 1
controller: Example Ltd, 1 Example Street, Berlin
contact: data-protection@example.org
legal_basis: "consent, GDPR Art. 6(1)(a); a works agreement frames it"
# Of: train-agents, evaluate-agents, research-interfaces, improve-accessibility. There is no other purpose.
purposes: [train-agents, evaluate-agents]
categories:
  pointer:
    purposes: [train-agents]
    necessity: agents have to learn where people point, and how they get there
    retention_days: 365
    recipients: [internal research]
  keys:
    purposes: [train-agents]
    necessity: shortcuts and named keys are part of most tasks; characters are not kept one by one
    retention_days: 365
    recipients: [internal research]
  text:
    purposes: [train-agents]
    necessity: what was typed, with personal details replaced, says what the task was
    retention_days: 180
    recipients: [internal research]
  windows:
    purposes: [train-agents]
    necessity: an action means something only in the program it was done in
    retention_days: 365
    recipients: [internal research]
  elements:
    purposes: [train-agents, evaluate-agents]
    necessity: agents choose among the controls that people could see
    retention_days: 365
    recipients: [internal research]
frames: none                      # pictures of the screen: none
apps: [chromium]                  # lower-case WM_CLASS; nothing else is recorded
browsers: [chromium]              # of these, only the sites below
sites: ["https://tasks.example.org"]
never_record: ["*bank*", "*health*", "*union*"]   # patterns on titles and sites
regions: [DE]
enrolment: invitation             # or default; nothing is recorded before a person's own consent either way
opt_out_reasons: [bandwidth, sensitive_work, power]   # offered, never required
data_mb_per_day: 50
battery_percent_min: 30
review_hold_minutes: 1440
notice_days: 30
compensation: one paid hour a month, whether or not anything was recorded
dpia_sha256: "0000000000000000000000000000000000000000000000000000000000000000"
consultation:
  bodies: [works council]
  date: 2026-01-15
  outcome: agreed with changes
starts: 2026-03-01
expires: 2027-02-28
"""


def new_policy_yaml() -> str:
    """A commented template that compiles."""
    return TEMPLATE
