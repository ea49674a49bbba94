"""The look that the portal and the recorder's own pages share. No logic."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import jinja2

# Nothing inline, nothing from elsewhere: what a page may load is the one style sheet and, in the portal, our scripts.
CSP = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; form-action 'self'; "
    "frame-ancestors 'none'; base-uri 'none'"
)
# The laptop's own pages also show pictures of their own.
CSP_LAPTOP = CSP.replace("img-src data:", "img-src 'self' data:")


def stylesheet() -> str:
    """The one style sheet: light and dark, no outside resources."""
    return (files("aboveboard.ui") / "style.css").read_text(encoding="utf-8")


def templates(package: str) -> jinja2.Environment:
    """The templates of a package (its folder `templates`) over the shared ones; everything is escaped."""
    import jinja2  # only where a page is written

    folders = [files(each) / "templates" for each in (package, "aboveboard.ui")]

    def load(name: str) -> str | None:
        found = (folder / name for folder in folders)
        return next((path.read_text("utf-8") for path in found if path.is_file()), None)

    return jinja2.Environment(
        loader=jinja2.FunctionLoader(load), autoescape=True, undefined=jinja2.StrictUndefined,
        trim_blocks=True, lstrip_blocks=True,
    )  # fmt: skip
