"""A dataset as one page to browse its episodes: a single file that needs no server and loads nothing.

What was recorded is put in as text only; the page's own policy lets no script run and no address be fetched.
"""

from __future__ import annotations

import base64
import html
from collections.abc import Iterable, Sequence

from aboveboard.core.events import Element
from aboveboard.datasets.pictures import Picture
from aboveboard.datasets.schema import Episode, Step

EPISODES_MAX = 200  # on one page; the rest by --from
_STEPS_MAX = 500
MARGIN_PX = 24
_ELEMENTS_MAX = 400
_CSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; base-uri 'none'"
_STYLE = """
body{font:15px/1.45 system-ui,sans-serif;max-width:1100px;margin:2rem auto;padding:0 1rem;color:#1b2530;background:#fff}
h1{font-size:1.5rem} details.e{border:1px solid #cfd8df;border-radius:8px;margin:.6rem 0;padding:.5rem .8rem}
details.e>summary{cursor:pointer;font-weight:600}
.m{color:#5a6b78;font-weight:400} table{border-collapse:collapse;width:100%}
td,th{text-align:left;padding:.2rem .5rem;border-top:1px solid #e4eaee;vertical-align:top;overflow-wrap:anywhere}
td:nth-child(-n+3),th{white-space:nowrap} td:nth-child(4){min-width:5em}
.k{display:inline-block;background:#e3eef5;border-radius:4px;padding:0 .4rem} .f{color:#9a4a00}
figure{margin:.5rem 0} figure img{max-width:100%;border:1px solid #cfd8df} figcaption{color:#5a6b78;font-size:.85em}
svg{max-width:100%;height:auto;background:#f6f8f9;border:1px solid #e4eaee} nav{margin:1rem 0}
@media (prefers-color-scheme:dark){body{background:#14191d;color:#dfe7ec}.k{background:#26404f}
td,th,details.e{border-color:#33414b}
svg{background:#f6f8f9}.m{color:#9db0bd}.f{color:#ffb46b}}
"""


def _text(value: object) -> str:
    return html.escape(str(value))


def _box(element: Element, style: str) -> str:
    x, y, width, height = element.box
    name = f"{element.role} {element.name}".strip()
    return f'<rect x="{x}" y="{y}" width="{width}" height="{height}" {style}><title>{_text(name)}</title></rect>'


def picture(step: Step) -> str:
    """An SVG of what was visible before the step: outlines, the target filled, the pointer's way and where it acted."""
    if not step.elements and step.x is None:
        return ""
    left, top, width, height = _around(step)
    lines = [f'<svg viewBox="{left} {top} {max(width, 1)} {max(height, 1)}" width="520" role="img">']
    outline = 'fill="none" stroke="#9fb2bf" vector-effect="non-scaling-stroke"'
    lines += [_box(each, outline) for each in step.elements[:_ELEMENTS_MAX]]
    size = max(width, height, 1) / 60
    for each in step.elements[:_ELEMENTS_MAX]:
        if each.name and each.box[2] > 8:
            x, y = each.box[0] + size / 4, each.box[1] + min(each.box[3], size * 1.4) - size / 4
            lines.append(
                f'<text x="{x:.0f}" y="{y:.0f}" font-size="{size:.1f}" fill="#44545f">{_text(each.name[:40])}</text>'
            )
    if step.target is not None:
        lines.append(_box(step.target, 'fill="#f4a26199" stroke="#c8553d" vector-effect="non-scaling-stroke"'))
    if step.path_x:
        points = " ".join(f"{x},{y}" for x, y in zip(step.path_x, step.path_y, strict=True))
        lines.append(f'<polyline points="{points}" fill="none" stroke="#2a6f97" vector-effect="non-scaling-stroke"/>')
    if step.x is not None and step.y is not None:
        lines.append(f'<circle cx="{step.x}" cy="{step.y}" r="{size / 2:.1f}" fill="#c8553d"/>')
    if step.end_x is not None:
        lines.append(
            f'<line x1="{step.x}" y1="{step.y}" x2="{step.end_x}" y2="{step.end_y}" stroke="#c8553d" stroke-width="2" '
            'vector-effect="non-scaling-stroke"/>'
        )
    return "".join([*lines, "</svg>"])


def _around(step: Step) -> tuple[int, int, int, int]:
    """What holds every outline and the place acted on, with a margin; most of a window is often empty."""
    boxes = [each.box for each in step.elements] + ([(step.x, step.y or 0, 1, 1)] if step.x is not None else [])
    left, top = min(b[0] for b in boxes) - MARGIN_PX, min(b[1] for b in boxes) - MARGIN_PX
    right, bottom = max(b[0] + b[2] for b in boxes), max(b[1] + b[3] for b in boxes)
    return left, top, right - left + MARGIN_PX, bottom - top + MARGIN_PX


def _what(step: Step) -> str:
    parts = [*step.modifiers, step.key] if step.key else [step.text] if step.text else []
    if step.kind == "scroll":
        parts = [f"{step.dx:+d} across, {step.dy:+d} down"]
    return _text(" + ".join(parts))


def _photo(picture: Picture | None, words: str) -> str:
    if picture is None:
        return ""
    data = base64.b64encode(picture.data).decode("ascii")
    return f'<figure><img alt="" src="data:image/webp;base64,{data}"><figcaption>{words}</figcaption></figure>'


def _step(number: int, step: Step) -> str:
    target = f"{step.target.role} “{step.target.name}”" if step.target is not None else ""
    drawn = picture(step)
    drawn += "".join(_photo(each, words) for each, words in ((step.frame, "the screen"), (step.crop, "acted on")))
    shown = f"<details><summary>what was visible</summary>{drawn}</details>" if drawn else ""
    flags = f' <span class="f">{_text(", ".join(step.flags))}</span>' if step.flags else ""
    cells = (
        str(number), f"{step.start_us / 1e6:.2f} s", f'<span class="k">{_text(step.kind)}</span>{flags}', _what(step),
        _text(target) + shown, f'{_text(step.app)}<br><span class="m">{_text(step.site or "")}</span>',
        f'<span class="m">{_text(", ".join(each[:12] for each in step.segments))}</span>',
    )  # fmt: skip
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _episode(episode: Episode, opened: bool) -> str:
    said = episode.instruction or "no description"
    length = episode.steps[-1].end_us / 1e6 if episode.steps else 0
    flags = f' <span class="f">{_text(", ".join(episode.flags))}</span>' if episode.flags else ""
    rows = "".join(_step(n, step) for n, step in enumerate(episode.steps[:_STEPS_MAX]))
    return (
        f'<details class="e" id="{_text(episode.episode_id)}"{" open" if opened else ""}><summary>{_text(said)} '
        f'<span class="m">{_text(episode.outcome or "outcome not said")}, {len(episode.steps)} steps, {length:.1f} s, '
        f"{_text(episode.split)}, {_text(episode.contributor[:8])}</span>{flags}</summary><p class=m>episode "
        f"{_text(episode.episode_id)}</p><table><tr><th>step</th><th>at</th><th>what</th><th>with</th><th>on</th>"
        f"<th>in</th><th>from segment</th></tr>{rows}</table></details>"
    )


def page(title: str, episodes: Sequence[Episode], pictures: Iterable[str], since: int = 0) -> str:
    """The page for EPISODES_MAX episodes from number `since`. pictures: SVGs of the whole dataset, ours."""
    shown = episodes[since : since + EPISODES_MAX]
    body = "".join(_episode(each, number == 0) for number, each in enumerate(shown))
    head = (
        '<meta charset="utf-8">', f'<meta http-equiv="Content-Security-Policy" content="{_CSP}">',
        '<meta name="viewport" content="width=device-width">', f"<title>{_text(title)}</title><style>{_STYLE}</style>",
    )  # fmt: skip
    said = (
        f"Episodes {since} to {since + len(shown) - 1} of {len(episodes)}. The filled box is what was acted on, in the "
        "tree as it was before; the line is the pointer's way. Names are pseudonyms of this dataset."
    )
    drawn = f"<details><summary>The dataset in pictures</summary>{''.join(pictures)}</details>"
    return (
        f'<!doctype html><html lang="en"><head>{"".join(head)}</head><body><h1>{_text(title)}</h1><p>{said}</p>{drawn}'
        f"<main>{body}</main></body></html>\n"
    )
