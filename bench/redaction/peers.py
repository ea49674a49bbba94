"""What ours is measured beside: each a function from a line to the (start, end) that it would mask.

None may ask the network: presidio's mail recogniser gets the list of domains that its library ships.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable
from typing import TypeAlias

from aboveboard.redact.redactor import Redactor

Find: TypeAlias = Callable[[str], list[tuple[int, int]]]


def ours() -> Find:
    """A redactor of its own for each line, so that nothing remembered helps."""

    def find(text: str) -> list[tuple[int, int]]:
        return [(span.start, span.end) for span in Redactor(b"bench" * 4).text(text).spans]

    return find


def presidio() -> Find:
    """presidio-analyzer's pattern recognisers of all countries and for English, without a language model."""
    import tldextract
    from presidio_analyzer import predefined_recognizers as recognizers

    tldextract.extract = tldextract.TLDExtract(suffix_list_urls=())
    names = (
        "CreditCardRecognizer", "CryptoRecognizer", "DateRecognizer", "EmailRecognizer", "IbanRecognizer",
        "IpRecognizer", "MacAddressRecognizer", "PhoneRecognizer", "UrlRecognizer", "UsBankRecognizer",
        "UsItinRecognizer",
        "UsLicenseRecognizer", "UsPassportRecognizer", "UsSsnRecognizer", "NhsRecognizer", "UkNinoRecognizer",
    )  # fmt: skip
    made = [getattr(recognizers, name)() for name in names]

    def find(text: str) -> list[tuple[int, int]]:
        return [
            (int(result.start), int(result.end))
            for each in made
            for result in each.analyze(text, entities=each.supported_entities, nlp_artifacts=None)
            if result.score >= 0.3
        ]

    return find


def scrubadub() -> Find:
    """scrubadub with the detectors that are on by default."""
    import scrubadub as package

    scrubber = package.Scrubber()
    return lambda text: [(int(filth.beg), int(filth.end)) for filth in scrubber.iter_filth(text)]


def datafog() -> Find:
    """datafog's pattern engine, as `datafog.scan` uses it."""
    import datafog as package

    def find(text: str) -> list[tuple[int, int]]:
        return [(int(found.start), int(found.end)) for found in package.scan(text, engine="regex").entities]

    return find


def peers() -> dict[str, Find]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return {"presidio patterns": presidio(), "scrubadub": scrubadub(), "datafog": datafog()}
