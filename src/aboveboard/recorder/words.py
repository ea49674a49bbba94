"""What the recorder's states and the reasons for keeping nothing are called, wherever a person reads them."""

from __future__ import annotations

# state -> words; the badge has room for 18 letters
STATES = {
    "recording": "recording", "paused": "paused", "not_allowed": "not recorded here",
    "waiting_for_consent": "not recording", "off": "off",
}  # fmt: skip
REASONS = {
    "app_not_allowed": "this program is not on the policy's list", "site_not_allowed": "this site is not on the list",
    "unknown_focus": "it is not known what is in front", "no_indicator": "the indicator can't be seen",
    "never_record": "the policy says never here", "power": "the battery is low", "paused": "you paused",
    "data_budget": "the day's data budget is used up", "no_policy": "there is no policy in force",
    "category_not_allowed": "the policy does not ask for this kind of data", "forgotten": "you had it forgotten",
    "opted_out": "you left", "no_consent": "you have not agreed", "redaction_failed": "it could not be made safe",
    "spool_full": "the space for it was full", "stopped": "the recorder had stopped",
    "excluded": "you excluded it, or an exemption does", "region": "the policy is not for where this laptop is",
    "source_lost": "the display was lost, or the clock jumped", "no_quorum": "the witnesses' signatures are missing",
    "not_started": "the recorder had not started", "own_hotkey": "it was a hotkey of Aboveboard's own",
}  # fmt: skip
# why a sharp picture was withheld; see redact/pictures.py
PICTURES = {
    "no_tree": "it was not known what lay in it", "outside": "it was outside the screen",
    "nothing_safe": "nothing in it was safe to show", "no_engine": "nothing could read it to check it",
    "late": "checking it took too long", "check_failed": "checking it failed",
    "readable": "something in it could be read", "busy": "too many waited to be checked",
}  # fmt: skip
# hotkey -> what it does
HOTKEYS = {"pause": "pauses, in every program", "task": "begins or ends a task, in every program"}


def reason(name: str | None) -> str:
    """In words; what has none is said as it is called."""
    return REASONS.get(name or "", name or "")
