"""Which language a page speaks, and how it writes days, moments and numbers.

Messages are English in the templates (gettext's message IDs); `locale/<language>.po` beside a package's templates holds
the translations, read once when first used. Days are UTC, as everywhere on these pages.
"""

from __future__ import annotations

import datetime
import io
from functools import cache
from importlib.resources import files

import jinja2
from babel import Locale
from babel.dates import format_date, format_datetime
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.numbers import format_decimal
from babel.support import NullTranslations, Translations

from aboveboard.core.clock import US_PER_S
from aboveboard.ui import templates

LANGUAGES = {"en": "English", "de": "Deutsch"}  # a language is listed here when its catalogues are complete, not before
HEADER_MAX = 500
SHARED = "aboveboard.ui"


def message(text: str) -> str:
    """Marks a text that a page will translate: gettext's N_()."""
    return text


def chosen(cookie: str, accept: str) -> str:
    """The reader's own choice, else the first of the browser's list (RFC 9110, 12.5.4) that is here, else English."""
    if cookie in LANGUAGES:
        return cookie
    wanted: list[tuple[float, str]] = []
    for part in accept[:HEADER_MAX].split(","):
        name, _, weight = part.strip().partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        if quality > 0:
            wanted.append((-quality, name.split("-")[0].lower()))
    return next((name for _, name in sorted(wanted, key=lambda each: each[0]) if name in LANGUAGES), "en")


@cache
def translations(package: str, language: str) -> NullTranslations:
    """The package's catalogue, and behind it that of the templates it shares. English needs none."""
    if language == "en":
        return NullTranslations()
    found = _read(package, language)
    found.add_fallback(_read(SHARED, language))
    return found


def _read(package: str, language: str) -> Translations:
    text = (files(package) / "locale" / f"{language}.po").read_bytes()
    packed = io.BytesIO()
    write_mo(packed, read_po(io.BytesIO(text), locale=language))
    packed.seek(0)
    return Translations(packed)


class Speech:
    """One language of one package's pages."""

    def __init__(self, package: str, language: str) -> None:
        self.language = language
        self._locale = Locale.parse(language)
        self._words = translations(package, language)
        self._pages = templates(package)
        self._pages.add_extension("jinja2.ext.i18n")
        install = self._pages.install_gettext_callables  # type: ignore[attr-defined]  # added by the extension
        install(self._words.ugettext, self._words.ungettext, newstyle=True)
        self._pages.globals.update(
            language=language, languages=LANGUAGES, day=self.day, moment=self.moment, number=self.number, date=self.date
        )

    def say(self, text: str) -> str:
        """The translation of a text marked with message(); the text itself when there is none."""
        return str(self._words.ugettext(text))

    def knows(self, text: str) -> bool:
        return self.language == "en" or self.say(text) != text

    def day(self, t_us: int) -> str:
        """A day in UTC: no page tells an hour at which a person did something."""
        return self.date(datetime.datetime.fromtimestamp(t_us / US_PER_S, datetime.UTC).date())

    def date(self, date: datetime.date | str) -> str:
        """A date, or one written YYYY-MM-DD."""
        known = datetime.date.fromisoformat(date) if isinstance(date, str) else date
        return format_date(known, "d MMM y" if self.language == "en" else "d. MMMM y", locale=self._locale)

    def moment(self, t_s: int) -> str:
        """For what machines did: the witnesses' times."""
        known = datetime.datetime.fromtimestamp(t_s, datetime.UTC)
        form = "d MMM y, HH:mm:ss" if self.language == "en" else "d. MMMM y, HH:mm:ss"
        return f"{format_datetime(known, form, locale=self._locale)} UTC"

    def number(self, value: float) -> str:
        return format_decimal(value, locale=self._locale)

    def template(self, name: str) -> jinja2.Template:
        return self._pages.get_template(name)


@cache
def speech(package: str, language: str) -> Speech:
    """Raises KeyError for a language that is not here."""
    if language not in LANGUAGES:
        raise KeyError(language)
    return Speech(package, language)
