"""The `aboveboard` command: one table of verbs; each verb's module is imported only when it is used.

A verb module offers `configure(parser)`, which adds its arguments and sets `run=function(args) -> exit code`.
Exit codes: 0 done, 1 refused or a check failed, 2 the command line or a file given on it can't be used.
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from typing import cast

from aboveboard import __version__
from aboveboard.core.errors import AboveboardError, BadInput

# verb -> (module with configure(parser), one line for --help)
VERBS: dict[str, tuple[str, str]] = {
    "record": ("aboveboard.recorder.cli.record", "record on this laptop, visibly, after your consent"),
    "install": ("aboveboard.recorder.cli.install", "start the recorder at each login, visibly, from now on"),
    "uninstall": ("aboveboard.recorder.cli.uninstall", "remove the recorder's every trace, and say what is kept"),
    "status": ("aboveboard.recorder.cli.status", "what the recorder is doing now, and why"),
    "pause": ("aboveboard.recorder.cli.pause", "stop keeping anything, at once, for as long as you like"),
    "resume": ("aboveboard.recorder.cli.resume", "go on recording after a pause"),
    "opt-out": ("aboveboard.recorder.cli.opt_out", "leave the programme; no reason needed"),
    "settings": ("aboveboard.recorder.cli.settings", "record less than the policy allows, in force at once"),
    "receipt": (
        "aboveboard.recorder.cli.receipt",
        "what you consented to, and what became of it, as a standard record",
    ),
    "forget": ("aboveboard.recorder.cli.forget", "delete what was recorded in the last minutes, or all of it"),
    "download": ("aboveboard.recorder.cli.download", "everything that is held about you, as one archive with proofs"),
    "review": ("aboveboard.recorder.cli.review", "see what would be sent, delete it, or send it now"),
    "replay": ("aboveboard.recorder.cli.replay", "see again what was sent: fetched sealed, opened on this laptop only"),
    "task": ("aboveboard.recorder.cli.task", "say what task you are starting or have finished"),
    "collector": ("aboveboard.collector_cli", "run the organisation's server"),
    "witness": ("aboveboard.witness.cli", "run the workers' witness and key guardian"),
    "charter": ("aboveboard.collector.charter_cli", "make, show, replace and follow the root of trust"),
    "policy": ("aboveboard.collector.policy_cli", "write, check, sign, publish and explain policies"),
    "exemption": ("aboveboard.collector.exemption_cli", "record less than the policy for a region or a group"),
    "audit": ("aboveboard.audit.cli", "verify every promise from outside, with no account"),
    "dataset": ("aboveboard.datasets.cli", "build, verify and trace datasets under a grant"),
    "learn": ("aboveboard.demo.learning", "collect, train and evaluate agents on everyday tasks"),
    "redact": ("aboveboard.redact.cli", "remove what is sensitive from lines of text"),
    "simulate": ("aboveboard.simulate.cli", "many contributors at a collector at once: is everything there, once?"),
    "demo": ("aboveboard.demo.cli", "the whole way, from a click to an agent that can do the task"),
}


def parser_of(verb: str | None) -> argparse.ArgumentParser:
    """Every verb, and the arguments of this one."""
    parser = argparse.ArgumentParser(
        prog="aboveboard",
        description="Records how people use computers to teach AI agents: with their consent, redacted on their own "
        "laptop, every promise checkable.",
        epilog="Exit codes: 0 done, 1 refused or a check failed, 2 the command line can't be used.",
    )
    parser.add_argument("--version", action="version", version=f"aboveboard {__version__}")
    verbs = parser.add_subparsers(dest="verb", metavar="VERB", required=True)
    for name, (module, line) in VERBS.items():
        sub = verbs.add_parser(name, help=line, description=line[0].upper() + line[1:] + ".")
        if name == verb:
            importlib.import_module(module).configure(sub)
    return parser


def main(argv: list[str] | None = None) -> int:
    """Runs one verb and returns its exit code."""
    words = sys.argv[1:] if argv is None else argv
    verb = next((word for word in words if not word.startswith("-")), None)
    try:
        args = parser_of(verb).parse_args(words)
        return cast("int", args.run(args))
    except BadInput as error:
        print(f"aboveboard: {error}", file=sys.stderr)
        return 2
    except AboveboardError as error:
        print(f"aboveboard: {error}", file=sys.stderr)
        return 1
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("aboveboard"):
            raise
        print(f"aboveboard: the package {error.name} is missing: pip install 'aboveboard[recorder]' (or [collector], "
              "[learn]), or run `make install` in a checkout", file=sys.stderr)  # fmt: skip
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # the reader has gone; nothing more to say
        return 1
