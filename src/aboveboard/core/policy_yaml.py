"""Policies as people write them: YAML, checked with file, line and field in every error."""

from __future__ import annotations

from aboveboard.core.errors import BadInput
from aboveboard.core.policy import POLICY_BYTES_MAX, Category, CategoryTerms, Policy
from aboveboard.core.yaml_fields import Lines


def compile_policy(text: str, filename: str = "policy.yaml") -> Policy:
    """Raises BadInput with `file:line: field`. A missing field, an unknown one, or one given twice is an error."""
    lines = Lines(text, filename, POLICY_BYTES_MAX)
    policy = lines.convert(Policy, {"categories": dict[Category, CategoryTerms]})
    try:
        policy.check()
    except BadInput as error:
        raise BadInput(error.what, lines.where(error.where)) from error
    return policy


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
frames: none                      # pictures of the screen; on_action and keyframes need a category `frames`
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
