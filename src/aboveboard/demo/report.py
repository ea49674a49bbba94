"""report.json, report.html and the table in the terminal."""

from __future__ import annotations

import base64
import json
from importlib.resources import files
from pathlib import Path
from typing import Any

import jinja2
from markupsafe import Markup

from aboveboard.core.events import Gap, KeptEvent
from aboveboard.datasets.schema import Episode, read_episodes
from aboveboard.demo.drawings import pointer_path, timeline
from aboveboard.demo.figures import texts
from aboveboard.demo.measure import Span
from aboveboard.demo.run import Outcome
from aboveboard.demo.unseal import OwnCopy, events_of
from aboveboard.recorder.words import REASONS

PATHS_SHOWN = 8


def _kept_lane(copies: list[OwnCopy]) -> list[Span]:
    """Recorded time and gaps, in turn."""
    spans: list[Span] = []
    for copy in copies:
        at = copy.body.start_us
        for event in copy.body.events:
            if isinstance(event, Gap) and event.end_us > event.t_us:
                if event.t_us > at:
                    spans.append(Span("recorded", at, event.t_us))
                spans.append(Span(event.reason, event.t_us, event.end_us))
                at = max(at, event.end_us)
        if copy.body.end_us > at:
            spans.append(Span("recorded", at, copy.body.end_us))
    return spans


def _drawn(episode: Episode) -> dict[str, Any]:
    points = [(x, y) for step in episode.steps for x, y in zip(step.path_x, step.path_y, strict=True)]
    clicks = [(step.x, step.y) for step in episode.steps if step.x is not None and step.y is not None]
    boxes = [step.target.box for step in episode.steps if step.target is not None]
    return {"svg": Markup(pointer_path(points, clicks, boxes)), "caption": episode.instruction[:90]}  # noqa: S704  # numbers only


def _some(episodes: list[Episode]) -> list[Episode]:
    """One of each task's kind of instruction, longest paths first."""
    seen: dict[str, Episode] = {}
    for episode in sorted(episodes, key=lambda each: -sum(len(step.path_x) for step in each.steps)):
        seen.setdefault(" ".join(episode.instruction.split()[:2]), episode)
    return list(seen.values())[:PATHS_SHOWN]


def _tasks(report: dict[str, Any], outcome: Outcome) -> list[dict[str, Any]]:
    rows = []
    for name in outcome.size.tasks:
        row: dict[str, Any] = {"name": name, "demonstrations": sum(p.task == name for p in outcome.diary.performances)}
        for column, key in (("agent", "success"), ("random", "success_random"), ("majority", "success_majority")):
            found = report[key]["tasks"][name]
            row[column] = found["successes"] / max(found["episodes"], 1)
            row[f"{column}_text"] = f"{found['successes']}/{found['episodes']}"
        rows.append(row)
    return rows


def write_html(report: dict[str, Any], copies: list[OwnCopy], outcome: Outcome, path: Path) -> None:
    """One self-contained page."""
    events: list[KeptEvent] = events_of(copies)
    template = (files("aboveboard.demo") / "report.html.jinja").read_text("utf-8")
    environment = jinja2.Environment(autoescape=True, undefined=jinja2.StrictUndefined)
    shots = [
        {"caption": caption, "data": base64.b64encode(shot.read_bytes()).decode("ascii")}
        for caption, shot in outcome.diary.shots
    ]
    lanes = timeline(outcome.diary.spans, _kept_lane(copies))
    html = environment.from_string(template).render(
        report=report, words=REASONS, shots=shots, texts=texts(events), tasks=_tasks(report, outcome),
        timeline=Markup(lanes), paths=[_drawn(each) for each in _some(read_episodes(outcome.home / "dataset"))],  # noqa: S704  # escaped there
    )  # fmt: skip
    path.write_text(html, encoding="utf-8")


def write_json(report: dict[str, Any], path: Path) -> None:
    path.write_text(json.dumps(report, indent=1) + "\n", encoding="utf-8")


def verdicts(report: dict[str, Any]) -> list[tuple[str, bool]]:
    """What has to hold in every run, quick or not."""
    return [
        ("nothing was lost", report["events_lost"] == 0),
        ("nothing was kept while paused", report["events_kept_while_paused"] == 0),
        ("nothing was kept in the program that isn't allowed", report["events_kept_in_disallowed_app"] == 0),
        ("nothing was kept after opting out", report["events_kept_after_opting_out"] == 0),
        ("nothing is left of what was to be forgotten", report["events_kept_of_forgotten"] == 0),
        ("no canary was found", report["canaries_found"] == 0),
        ("every audit check holds", report["audit_ok"]),
        ("actions were rebuilt as they were done (>= 95 %)", report["label_agreement"] >= 0.95),
    ]


def table(report: dict[str, Any]) -> str:
    """The end of the demo, in the terminal."""
    withheld = {reason: sum(kinds.values()) for reason, kinds in report["events_withheld"].items()}
    kept = dict(report["events_kept"])
    pictures = kept.pop("frames", 0)  # no input event
    rows = [
        ("input events made", f"{report['events_sent']:,}"),
        ("  kept", f"{sum(kept.values()):,}"),
        *((f"  withheld: {REASONS.get(reason, reason)}", f"{n:,}") for reason, n in sorted(withheld.items())),
        ("  lost", str(report["events_lost"])),
        ("pictures of the screen kept", f"{pictures:,}"),
        ("kept while paused", str(report["events_kept_while_paused"])),
        ("kept in a program that isn't allowed", str(report["events_kept_in_disallowed_app"])),
        ("secrets found, of those typed or shown", f"{report['canaries_found']} of {report['canaries_searched']}"),
        ("bytes an active hour, sealed and padded", f"{report['bytes_per_active_hour'] / 1e6:.2f} MB"),
        ("recorder", f"{report['recorder_cpu_percent']:.1f} % of a core, {report['recorder_rss_mb']:.0f} MB"),
        ("audit checks that hold", f"{sum(c['result'] == 'holds' for c in report['audit'])} of {len(report['audit'])}"),
        ("episodes and actions in the dataset", f"{report['episodes']}, {report['actions']}"),
        ("actions rebuilt as they were done", f"{100 * report['label_agreement']:.1f} %"),
        *((f"tasks done by {name}", f"{report[key]['successes']}/{report[key]['episodes']} = "
           f"{100 * report[key]['rate']:.0f} %")
          for name, key in (("the agent", "success"), ("chance", "success_random"), ("habit", "success_majority"))),
        ("seconds in all", f"{report['seconds']['total']:.0f}"),
    ]  # fmt: skip
    width = max(len(name) for name, _ in rows)
    return "\n".join(f"{name:<{width}}  {value}" for name, value in rows)
