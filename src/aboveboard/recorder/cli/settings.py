"""`aboveboard settings`."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any, get_args

import msgspec

from aboveboard.core.errors import AboveboardError, BadInput, Unavailable
from aboveboard.core.policy import Category, Policy
from aboveboard.recorder.asking import ask
from aboveboard.recorder.cli import add_home
from aboveboard.recorder.combos import parse_combo
from aboveboard.recorder.home import Home
from aboveboard.recorder.settings import Change, Settings, changed, read_settings, write_settings
from aboveboard.recorder.terms import POLICY_BYTES_MAX
from aboveboard.wire.api import CurrentPolicy, parse

LISTS = {
    "exclude_app": "exclude_apps", "exclude_site": "exclude_sites", "exclude_title": "exclude_titles",
    "exclude_category": "exclude_categories", "group": "groups",
    "send_hours": "send_hours",
}  # fmt: skip
WORDS = {
    "data_mb_per_day": "sent at most, MB a day", "battery_percent_min": "nothing below, per cent of battery",
    "exclude_apps": "programs left out", "exclude_sites": "sites left out", "exclude_titles": "titles left out",
    "exclude_categories": "kinds of data left out", "groups": "groups this laptop is of",
    "send_metered": "sending on connections paid by volume", "send_hours": "sending only at",
    "hotkey_pause": "hotkey that pauses", "hotkey_task": "hotkey that begins and ends a task",
}  # fmt: skip


def _known_policy(home: Home) -> Policy | None:
    data = home.read("policy.json")
    if data is None:
        return None
    return Policy.parse(parse(data, "policy.json", CurrentPolicy, POLICY_BYTES_MAX).open()[0].policy_bytes)


def apply(home: Home, change: Change) -> Settings:
    """By the recorder when one runs, so that it is in force at once; else in its file, for the next start."""
    try:
        reply = ask(home.folder, do="settings", change=change)
    except Unavailable:
        home.make()
        settings = changed(read_settings(home), change)
        write_settings(home, settings, _known_policy(home))
        return settings
    return msgspec.convert(reply["settings"], Settings)


def _print(settings: Settings, as_json: bool) -> None:
    fields = msgspec.to_builtins(settings)
    if as_json:
        print(json.dumps(fields))
        return
    for name, words in WORDS.items():
        value = fields[name]
        if isinstance(value, list | tuple):
            value = ", ".join(value) or ("any hour" if name == "send_hours" else "none of your own")
        shown = {True: "yes", False: "no", None: "as the policy says", "": "none"}.get(value, value)
        print(f"{words}: {shown}")


def _show(args: argparse.Namespace) -> int:
    _print(read_settings(Home(args.home)), args.json)
    return 0


def _set(args: argparse.Namespace) -> int:
    home = Home(args.home)
    settings = read_settings(home)
    change: dict[str, Any] = {}
    for option, name in (("data_mb_per_day", "data_mb_per_day"), ("battery_min", "battery_percent_min")):
        if getattr(args, option) is not None:
            change[name] = getattr(args, option)
    for option, name in LISTS.items():
        more = [each for each in getattr(args, option) if each not in getattr(settings, name)]
        if more:
            change[name] = [*getattr(settings, name), *more]
    if args.send_metered is not None:
        change["send_metered"] = args.send_metered == "yes"
    for name in ("hotkey_pause", "hotkey_task"):
        if (combo := getattr(args, name)) is not None:
            change[name] = "" if combo == "none" else str(parse_combo(combo))
    if not change:
        raise BadInput("say what to set: see `aboveboard settings set --help`")
    _print(apply(home, change), args.json)
    return 0


def _clear(args: argparse.Namespace) -> int:
    names = args.names or list(WORDS)
    if unknown := [name for name in names if name not in WORDS]:
        raise BadInput(f"there is no setting {unknown[0]!r}; there are {', '.join(WORDS)}")
    defaults = msgspec.to_builtins(Settings())
    _print(apply(Home(args.home), {name: defaults[name] for name in names}), args.json)
    return 0


def remedy(reason: str, policy_mb: int = 50) -> str:
    """The command that removes the cause of a reason for leaving."""
    return {
        "bandwidth": f"aboveboard settings set --data-mb-per-day {max(policy_mb // 10, 1)}",
        "sensitive_work": "aboveboard settings set --exclude-app NAME --exclude-site ORIGIN --exclude-title 'PATTERN'",
        "power": "aboveboard settings set --battery-min 80",
    }[reason]


def data_limit(home: Home) -> int:
    """The policy's MB a day, as far as it is known here."""
    try:
        policy = _known_policy(home)
    except AboveboardError:
        return 50
    return 50 if policy is None else policy.data_mb_per_day


def configure(parser: argparse.ArgumentParser) -> None:
    """show (default), set, clear."""
    parser.set_defaults(run=_show, json=False)
    add_home(parser)
    verbs = parser.add_subparsers(dest="what", metavar="WHAT")
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument("--json", action="store_true", help="as JSON")
    common.add_argument("--home", type=Path, default=argparse.SUPPRESS, help="the recorder's folder")
    shower = verbs.add_parser("show", parents=[common], help="what is stricter here than the policy (default)")
    shower.set_defaults(run=_show)
    setter = verbs.add_parser(
        "set", parents=[common], help="make it stricter; in force at once, nobody is asked or told"
    )
    setter.add_argument("--data-mb-per-day", type=int, metavar="N", help="send at most N MB a day")
    setter.add_argument("--battery-min", type=int, metavar="PERCENT", help="record nothing on battery below this")
    setter.add_argument("--exclude-app", action="append", default=[], metavar="NAME", help="WM_CLASS of a program")
    setter.add_argument("--exclude-site", action="append", default=[], metavar="ORIGIN", help="https://example.org")
    setter.add_argument("--exclude-title", action="append", default=[], metavar="PATTERN", help="such as '*salary*'")
    setter.add_argument("--exclude-category", action="append", default=[], choices=get_args(Category))
    setter.add_argument("--group", action="append", default=[], metavar="LABEL", help="a group with an exemption")
    setter.add_argument("--send-metered", choices=["yes", "no"], help="send on connections paid by volume (default no)")
    setter.add_argument(
        "--send-hours", action="append", default=[], metavar="HH:MM-HH:MM",
        help="send only then, by this laptop's clock, such as 19:00-07:00; repeat for more",
    )  # fmt: skip
    for name, words in (("pause", "pause"), ("task", "begin or end a task")):
        help_ = f"keys to {words} in every program, such as Ctrl+Alt+Shift+{name[0].upper()}, or none"
        setter.add_argument(f"--hotkey-{name}", metavar="KEYS", help=help_)
    setter.set_defaults(run=_set)
    clearer = verbs.add_parser("clear", parents=[common], help="back to what the policy says")
    clearer.add_argument("names", nargs="*", metavar="SETTING", help="all when none is named")
    clearer.set_defaults(run=_clear)
