"""The notice as a page to print and post: self-contained HTML on A4, nothing loaded, no script. Pure."""

from __future__ import annotations

from html import escape

from aboveboard.core.charter import Charter
from aboveboard.core.policy import Policy
from aboveboard.core.policy_words import DEMO_WORDS, Section, headline, sections

_STYLE = """
@page { size: A4; margin: 18mm }
body { font: 10.5pt/1.4 serif; color: #000; background: #fff; max-width: 174mm; margin: 0 auto }
h1 { font-size: 18pt; margin: 0 0 4mm } h2 { font-size: 12pt; margin: 5mm 0 1mm; break-after: avoid }
p, ul { margin: 0 0 1.5mm; overflow-wrap: anywhere }
li { break-inside: avoid } .demo { border: 1pt solid #000; padding: 2mm; font-weight: bold }
"""


def _section(section: Section) -> str:
    out = [f"<h2>{escape(section.heading)}</h2>"]
    listed = False
    for text in section.lines:
        point = text.startswith("- ")
        if point != listed:
            out.append("<ul>" if point else "</ul>")
            listed = point
        out.append(f"<li>{escape(text[2:])}</li>" if point else f"<p>{escape(text)}</p>")
    return "\n".join([*out, "</ul>"] if listed else out)


def posting(policy: Policy, charter: Charter) -> str:
    """An HTML document with every field of the policy in plain language."""
    demo = f'<p class="demo">{escape(DEMO_WORDS)}</p>\n' if charter.demo else ""
    body = "\n".join(_section(each) for each in sections(policy, charter))
    return (
        '<!doctype html>\n<html lang="en">\n<head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        f"<title>Notice: {escape(headline(policy))}</title><style>{_STYLE}</style></head>\n<body>\n"
        f"<h1>{escape(headline(policy))}</h1>\n{demo}{body}\n</body>\n</html>\n"
    )
