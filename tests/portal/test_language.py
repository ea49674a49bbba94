"""No page holds a text that is not in the catalogue, the German one is complete and says the same with the same parts,
and the German pages hold their layout."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from pathlib import Path

import jinja2
import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_dir
from babel.messages.pofile import read_po
from jinja2 import nodes

from aboveboard.portal.errors import SAID_ELSEWHERE, told
from aboveboard.recorder.words import HOTKEYS, PICTURES, REASONS, STATES
from aboveboard.ui.language import LANGUAGES, speech
from tests.portal.conftest import AXE
from tests.support.chromium import Chromium, violations
from tests.support.portal_world import Portal

PACKAGES = ("aboveboard.portal", "aboveboard.recorder", "aboveboard.recorder.replay", "aboveboard.ui")
KEYWORDS = {"_": None, "gettext": None, "ngettext": (1, 2), "message": None}
METHODS = [("**.py", "python"), ("**/templates/**.html", "jinja2")]
OPTIONS = {"**/templates/**.html": {"trim_blocks": "true", "lstrip_blocks": "true", "newstyle_gettext": "true"}}
# Of the recorder only its own page has texts in a catalogue; what is below replay/ has its own.
NOT_ITS_OWN = {"aboveboard.recorder": "replay"}
# Words that the laptop's pages share with its badge and menu, which load no catalogue; the pages translate them.
WORDS = (STATES, REASONS, PICTURES, HOTKEYS)
OTHERS = [language for language in LANGUAGES if language != "en"]
PART = re.compile(r"%\(\w+\)s|%%|\{\w+\}|<[^>]+>")


def _folder(package: str) -> Path:
    return Path(str(files(package)))


@cache
def _used(package: str) -> dict[str, str]:
    """singular -> plural ("" for none) of every message that templates and code hold."""
    found: dict[str, str] = {}
    messages = extract_from_dir(_folder(package), METHODS, OPTIONS, keywords=KEYWORDS)
    for name, _, text, _, _ in messages:
        if name.split("/")[0] != NOT_ITS_OWN.get(package):
            one, more = text if isinstance(text, tuple) else (text, "")
            found[one] = more or found.get(one, "")
    if package == "aboveboard.ui":
        found |= {text: "" for each in WORDS for text in each.values()}
    return found


def _catalogue(package: str, language: str) -> Catalog:
    with (Path(str(files(package))) / "locale" / f"{language}.po").open("rb") as file:
        return read_po(file, locale=language)


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("language", OTHERS)
def test_no_text_is_missing_and_none_is_left_over(package: str, language: str) -> None:
    used = _used(package)
    assert len(used) > 20
    known = {each.id if isinstance(each.id, str) else each.id[0]: each for each in _catalogue(package, language)}
    known.pop("")
    assert {one for one in used if one not in known or not known[one].string} == set()
    assert known.keys() - used.keys() == set()


@pytest.mark.parametrize("package", PACKAGES)
@pytest.mark.parametrize("language", OTHERS)
def test_a_translation_has_the_parts_of_its_original(package: str, language: str) -> None:
    for each in _catalogue(package, language):
        if each.id:
            originals = [each.id] if isinstance(each.id, str) else list(each.id)
            strings = [each.string] if isinstance(each.string, str) else list(each.string or ())
            assert len(originals) == len(strings), each.id
            for text in strings:
                # A singular may say its number in a word.
                wanted = {frozenset(PART.findall(one)) for one in originals}
                assert frozenset(PART.findall(text)) in wanted, each.id


def _templates() -> list[Path]:
    folders = [_folder(package) / "templates" for package in PACKAGES]
    return sorted(path for folder in folders for path in folder.glob("*.html"))


CODE = re.compile(r"<(code|pre|style|script|kbd)\b.*?</\1>", re.DOTALL)
SPOKEN = re.compile(r'\b(?:aria-label|alt|title|placeholder|data-name)="([^"\x00]*)"')
NAMES = re.compile(r"Aboveboard|age1…|policy\.yaml|https://example\.org|KiB|MB")


@pytest.mark.parametrize("path", _templates(), ids=lambda path: path.name)
def test_no_template_holds_a_bare_text(path: Path) -> None:
    """What is neither in _(), trans nor code has no letter in it; nor have attributes that are read out."""
    source = path.read_text("utf-8")
    text = re.sub(r"{% trans.*?{% endtrans %}|{#.*?#}|{%.*?%}|{{.*?}}", "\x00", source, flags=re.DOTALL)
    assert [said for said in SPOKEN.findall(text) if re.search(r"[a-z]{2}", NAMES.sub("", said))] == []
    bare = re.sub(r"<[^>]*>|&\w+;|[\w-]+=\"[^\"]*\"", " ", CODE.sub(" ", text))
    assert re.findall(r"[A-Za-z]{2,}", NAMES.sub("", bare)) == []
    spoken = {said for said in _constants(_parsed(source)) if re.search(r"[a-z] [a-z]", said)}
    assert spoken == set()


def _parsed(source: str) -> nodes.Template:
    environment = jinja2.Environment(extensions=["jinja2.ext.i18n"], autoescape=True)
    environment.install_null_translations(newstyle=True)  # type: ignore[attr-defined]  # added by the extension
    return environment.parse(source)


def _constants(node: nodes.Node) -> Iterator[str]:
    """Every text in an expression that no call of gettext has in its hands."""
    if isinstance(node, nodes.Call) and isinstance(node.node, nodes.Name) and node.node.name in KEYWORDS:
        return
    if isinstance(node, nodes.Const) and isinstance(node.value, str):
        yield node.value
    for each in node.iter_child_nodes():
        yield from _constants(each)


def test_what_the_collector_says_is_found_in_its_source() -> None:
    source = "".join(path.read_text("utf-8") for path in Path(str(files("aboveboard.collector"))).rglob("*.py"))
    roles = {"representatives", "stewards", "researchers", "or", "and"}
    assert [text for text in SAID_ELSEWHERE if text not in roles and f'"{text}"' not in source] == []


def test_an_error_is_told_in_the_readers_language_or_marked_as_english() -> None:
    german = speech("aboveboard.portal", "de")
    assert told("sign in first", german) == ("Melden Sie sich erst an", True)
    text, known = told("this page is for researchers or stewards, and your account is for representative", german)
    assert (text.split(";")[0], known) == ("Diese Seite ist für: Forschende oder Programmleitung", True)
    assert told("sites: is no list", german) == ("Sites: is no list", False)
    assert told("sign in first", speech("aboveboard.portal", "en")) == ("Sign in first", True)


def test_dates_and_numbers_are_the_languages_own() -> None:
    english, german = speech("aboveboard.portal", "en"), speech("aboveboard.portal", "de")
    assert (english.number(12345), german.number(12345)) == ("12,345", "12.345")
    assert (english.date("2027-03-01"), german.date("2027-03-01")) == ("1 Mar 2027", "1. März 2027")


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("width", [1120, 360])
def test_every_page_speaks_it_and_fits(browser: Chromium, portal: Portal, axe: str, language: str, width: int) -> None:
    browser.cookie(portal.url, "language", language, "/")
    browser.size(width, 800)
    for path in (*portal.paths, "/policies/nothing"):
        browser.clear()
        browser.go(portal.url + path)
        assert browser.problems == [] or path == "/policies/nothing", path
        assert browser.evaluate("document.documentElement.lang") == language, path
        assert browser.evaluate("document.documentElement.scrollWidth") <= width, path
        if width == 360:
            assert violations(browser, axe) == [], (path, AXE)


def test_the_language_is_asked_for_by_the_browser_or_chosen_with_one_click(browser: Chromium, portal: Portal) -> None:
    asked = {"Accept-Language": "de-AT,de;q=0.9,en;q=0.5"}
    answer = portal.servers.http.get("/", headers=asked)
    assert answer.headers["Content-Language"] == "de"
    assert "Wer über das Protokoll wacht" in answer.text
    browser.go(f"{portal.url}/policies")
    browser.scripts(allowed=False)
    browser.press("form[action='/language'] button[value='de']")
    assert browser.evaluate("location.pathname") == "/policies"
    assert "Regelungen im Lauf der Zeit" in browser.text()
    browser.press("form[action='/language'] button[value='en']")
    assert "Policies over time" in browser.text()
