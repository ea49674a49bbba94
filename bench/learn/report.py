"""results.json and report.html: the curve, the table, and what went wrong to look at."""

from __future__ import annotations

import html
import json
from pathlib import Path
from typing import Any

REPLAYS_MAX = 36
STEPS_MAX = 6  # of a replay: the first ones, enough to see where it went wrong
_STYLE = """
:root { color-scheme: light dark; --ink: #1c1f23; --quiet: #667; --line: #ccd; --paper: #fff; --good: #17734a;
  --bad: #b3261e; }
@media (prefers-color-scheme: dark) { :root { --ink: #e8e8ee; --quiet: #99a; --line: #445; --paper: #16181c;
  --good: #5fcf97; --bad: #ff8a80; } }
body { font: 16px/1.5 system-ui, sans-serif; color: var(--ink); background: var(--paper); margin: 2rem auto;
  max-width: 62rem; padding: 0 1rem; }
table { border-collapse: collapse; width: 100%; display: block; overflow-x: auto; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: .25rem .6rem; border-bottom: 1px solid var(--line); }
td.n, th.n { text-align: right; }
svg { max-width: 100%; }
.quiet { color: var(--quiet); } .good { color: var(--good); } .bad { color: var(--bad); }
figure { display: inline-block; margin: 0 .6rem 1rem 0; vertical-align: top; width: 180px; }
figcaption { font-size: 12px; color: var(--quiet); overflow-wrap: anywhere; }
details { margin: .4rem 0; } summary { cursor: pointer; }
"""
_HEADS = (
    ("success_60", "all demonstrations"), ("success_3", "few demonstrations"),
    ("success_unseen", "tasks never shown"), ("success_redaction_same_n", "with redaction, as many as without"),
    ("success_no_redaction", "nothing redacted"), ("success_no_neighbours", "each element judged alone"),
    ("success_no_paths", "without hovers"), ("success_no_placeholders", "masks without numbers"),
    ("success_neighbour", "nearest demonstration repeated"), ("success_majority", "what is done most often"),
    ("success_random", "chance"), ("success_desktop", "programs of the desktop"),
)  # fmt: skip


# Demonstrations, share of successes on MiniWoB tasks, what is different; as published.
_PUBLISHED = (
    ("CC-Net, cloning alone (Humphreys and others 2022)", "2.4 million human", "32 %", "pixels and DOM; 104 tasks"),
    ("WebN-T5 (Gur and others 2022)", "12 thousand", "48 %", "HTML; 56 tasks; no real input"),
    ("Pix2Act (Shaw and others 2023)", "1.3 million", "96 %", "pixels; 59 tasks; tree search after cloning"),
    ("WebGUM (Furuta and others 2023)", "401 thousand", "94 %", "HTML and pictures; 56 tasks"),
    ("people (Humphreys and others 2022)", "", "93.5 %", "104 tasks; time limits"),
)


def write_report(found: dict[str, Any], home: Path, out: Path) -> None:
    """Both files into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    (out / "results.json").write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")
    (out / "report.html").write_text(page(found, _replays(home)), encoding="utf-8")


def _replays(home: Path) -> list[dict[str, Any]]:
    """One failure of each task of the first full model, then successes."""
    failures: dict[str, dict[str, Any]] = {}
    successes: dict[str, dict[str, Any]] = {}
    for path in sorted((home / "evaluations").glob("n*-s0.*.json"), reverse=True):
        told = json.loads(path.read_text("utf-8"))
        for each in told["failures"]:
            failures.setdefault(each["task"], each)
        for each in told["shown"]:
            successes.setdefault(each["task"], each)
    return [*list(failures.values())[: REPLAYS_MAX * 2 // 3], *list(successes.values())[: REPLAYS_MAX // 3]]


def page(found: dict[str, Any], replays: list[dict[str, Any]]) -> str:
    """The whole report as one HTML page without scripts."""
    return "\n".join([
        "<!doctype html><html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>",
        f"<title>What demonstrations buy</title><style>{_STYLE}</style>",
        "<h1>What demonstrations buy</h1>",
        "<p>A small policy learns everyday web tasks from consented, redacted recordings and does them in a real"
        " browser, seeing only what a recording holds. How it was measured: PROTOCOL.md.</p>",
        _heads(found), "<h2>Success against demonstrations of each task</h2>", curve(found["curve"]),
        "<h2>Beside published figures</h2>", _published(), "<h2>Task by task</h2>", _tasks(found), "<h2>Replays</h2>",
        "<p class=quiet>Every step as the agent saw it: the boxes of what was on the screen, redacted; where it acted"
        " is filled.</p>", *map(_replay, replays), "</html>\n",
    ])  # fmt: skip


def _published() -> str:
    rows = "".join("<tr>" + "".join(f"<td>{html.escape(cell)}" for cell in row) for row in _PUBLISHED)
    return (
        f"<table><tr><th>what<th>demonstrations<th>success<th>differs{rows}</table><p>None of these can be compared as"
        " it stands: other tasks, other demonstrations (ours are by scripts with a hand like a person's, recorded on a"
        " real display), other eyes (ours: the accessibility tree after redaction) and no time limit here.</p>"
    )


def _percent(share: float | None) -> str:
    return "not run" if share is None else f"{100 * share:.1f} %"


def _of_each(found: dict[str, Any], key: str) -> str:
    n = found["demonstrations"].get(key)
    return f", up to {n} of each task" if n else ""


def _heads(found: dict[str, Any]) -> str:
    rows = []
    for key, name in _HEADS:
        if key not in found:
            continue
        interval, n = found.get(f"{key}_interval"), found.get(f"{key}_n", 0)
        between = f"{100 * interval[0]:.1f} to {100 * interval[1]:.1f}" if interval else ""
        rows.append(
            f"<tr><td>{name}{_of_each(found, key)}<td class=n>{_percent(found[key])}<td class=n>{between}"
            f"<td class=n>{found.get(f'{key}_successes', 0)} of {n}"
        )
    head = "<tr><th>what<th class=n>success<th class=n>95 % interval<th class=n>episodes"
    return f"<table>{head}{''.join(rows)}</table>"


def curve(points: list[dict[str, Any]]) -> str:
    """An SVG of success against demonstrations, the latter on a logarithmic scale."""
    if not points:
        return "<p>Not run.</p>"
    import math

    width, height, left, bottom = 620, 300, 50, 40
    low, high = math.log(points[0]["demonstrations"]), math.log(max(points[-1]["demonstrations"], 2))

    def x(n: int) -> float:
        return left + 20 + (width - left - 60) * (math.log(n) - low) / max(high - low, 1e-9)

    def y(share: float) -> float:
        return 24 + (height - bottom - 24) * (1 - share)  # room for the figure above a point at the top

    parts = [f"<svg viewBox='0 0 {width} {height}' width={width} role=img aria-label='success against demonstrations'>"]
    parts += [
        f"<line x1={left} x2={width} y1={y(tick)} y2={y(tick)} stroke='currentColor' opacity=.15 />"
        f"<text x={left - 8} y={y(tick) + 4} text-anchor=end font-size=12 fill=currentColor>{100 * tick:.0f} %</text>"
        for tick in (0, 0.25, 0.5, 0.75, 1)
    ]
    path = " ".join(f"{x(p['demonstrations']):.1f},{y(p['success']):.1f}" for p in points)
    parts.append(f"<polyline points='{path}' fill=none stroke='#3b6fd4' stroke-width=2 />")
    for p in points:
        at, n = x(p["demonstrations"]), p["demonstrations"]
        parts.append(
            f"<line x1={at:.1f} x2={at:.1f} y1={y(p['low']):.1f} y2={y(p['high']):.1f} stroke='#3b6fd4' />"
            f"<circle cx={at:.1f} cy={y(p['success']):.1f} r=4 fill='#3b6fd4' />"
            f"<text x={at:.1f} y={height - 20} text-anchor=middle font-size=12 fill=currentColor>{n}</text>"
            f"<text x={at:.1f} y={y(p['success']) - 10:.1f} text-anchor=middle font-size=12 fill=currentColor>"
            f"{100 * p['success']:.1f}</text>"
        )
    parts.append(
        f"<text x={(width + left) / 2} y={height - 4} text-anchor=middle font-size=12 fill=currentColor>"
        "demonstrations of each task</text></svg>"
    )
    return "".join(parts)


def _tasks(found: dict[str, Any]) -> str:
    columns = [(key, name) for key, name in _HEADS if key in found["per_task"]]
    tasks = [*found["tasks_seen"], *found["tasks_unseen"], *found["tasks_desktop"]]
    rows = []
    for task in tasks:
        cells = ""
        for key, _ in columns:
            won, n = found["per_task"][key].get(task, (0, 0))
            shade = "" if not n else "good" if won / n >= 0.95 else "bad" if won / n < 0.6 else ""
            cells += f"<td class='n {shade}'>{f'{won}/{n}' if n else ''}"
        rows.append(f"<tr><td>{html.escape(task)}{cells}")
    out = "".join(f"<li>{html.escape(task)}: {html.escape(why)}" for task, why in found["tasks_left_out"].items())
    head = "".join(f"<th class=n>{name}" for _, name in columns)
    return f"<table><tr><th>task{head}{''.join(rows)}</table><p>Left out by the rule:<ul>{out}</ul>"


def _replay(replay: dict[str, Any]) -> str:
    steps = "".join(_step(each, i) for i, each in enumerate(replay["steps"][:STEPS_MAX]))
    more = len(replay["steps"]) - STEPS_MAX
    ending = f"<span class=quiet>and {more} more</span>" if more > 0 else ""
    kind, word = ("good", "done") if replay["success"] else ("bad", "failed")
    return (
        f"<details><summary><span class={kind}>{word}</span> {html.escape(replay['task'])}: "
        f"{html.escape(replay['instruction'])}</summary>{steps}{ending}</details>"
    )


def _step(step: dict[str, Any], number: int) -> str:
    seen = step["seen"]
    right = max((each["box"][0] + each["box"][2] for each in seen), default=160)
    low = max((each["box"][1] + each["box"][3] for each in seen), default=210)
    target = step["target"]
    boxes = []
    for each in seen:
        x, y, w, h = each["box"]
        hit = target is not None and each["box"] == target["box"] and each["name"] == target["name"]
        boxes.append(
            f"<rect x={x} y={y} width={w} height={h} fill={'#3b6fd4' if hit else 'none'} fill-opacity=.35 "
            f"stroke=currentColor stroke-opacity=.4 /><text x={x + 2} y={y + 9} font-size=8 fill=currentColor>"
            f"{html.escape(each['name'][:28])}</text>"
        )
    what = " ".join(filter(None, [step["kind"], repr(step["text"]) if step["text"] else "", step["key"]]))
    on = "" if target is None else f" on {target['role']} {target['name'][:40]}"
    return (
        f"<figure><svg viewBox='0 0 {right + 4} {low + 4}' width=170 role=img aria-label='step {number + 1}'>"
        f"{''.join(boxes)}</svg><figcaption>{number + 1}. {html.escape(what + on)}</figcaption></figure>"
    )
