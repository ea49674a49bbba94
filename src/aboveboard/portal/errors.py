"""What the collector says when it refuses, in the reader's language. It speaks English; the pages translate what they
know, and what they don't is shown as it is, marked as English."""

from __future__ import annotations

import re

from aboveboard.ui.language import Speech, message

# Said by the collector to people at a browser; test_language.py finds each of them in its source.
SAID_ELSEWHERE = (
    message("sign in first"),
    message("this needs the token of your own laptop: open your page first"),
    message("this form was not sent from a page of ours: open it here and send it again"),
    message("there is nothing at this address"),
    message("name, password and code don't fit together, or the code was used already"),
    message("no account of this name waits for this code: it may be used, or older than 3 days"),
    message("this code was used meanwhile"),
    message("this was tried too often: wait a little, or ask for a new code for setting up"),
    message("too many sign in at once: try again in a moment"),
    message("this repeats itself too much: take a few words"),
    message("a password must not hold the account's name"),
    message("the device's token is not known: enrol with `aboveboard record --invitation CODE`"),
    message("this laptop was signed off, so nothing more is taken from it: enrol it anew, with a key of its own"),
    message("the identity provider did not sign you in"),
    message("the identity provider does not accept this answer: it may be used, or too old"),
    message("this answer belongs to another sign-in: begin again"),
    message("your groups at the identity provider have no role here"),
    message("your groups at the identity provider have no role here any more"),
    message("this account was disabled here"),
    message("no such laptop of yours is here"),
    message("the server is busy: try again in a moment"),
    message("representatives"), message("stewards"), message("researchers"), message("or"), message("and"),
    message("nothing yet"),
)  # fmt: skip
# The same for texts with something in them; what is in them is a name, or a list of words from above.
_FORMS = (
    (re.compile(r"this page is for (?P<who>.*), and your account is for (?P<mine>.*)"),
     message("this page is for %(who)s, and your account is for %(mine)s")),
    (re.compile(r"a password has (?P<least>\d+) to (?P<most>\d+) characters: a few words will do"),
     message("a password has %(least)s to %(most)s characters: a few words will do")),
    (re.compile(r"the body is over (?P<most>\d+) bytes"), message("the body is over %(most)s bytes")),
)  # fmt: skip


def _listed(text: str, words: Speech) -> str:
    """ "representatives or stewards"."""
    parts = re.split(r" (or|and) ", text)
    return " ".join(words.say(part) for part in parts)


def told(problem: str, words: Speech) -> tuple[str, bool]:
    """The text with its first letter large, and whether it is in the reader's language."""
    text = words.say(problem)
    known = words.knows(problem)
    for pattern, form in _FORMS:
        if words.knows(form) and (found := pattern.fullmatch(problem)):
            listed = {name: _listed(part, words) for name, part in found.groupdict().items()}
            text, known = words.say(form) % listed, True
    return text[:1].upper() + text[1:], known
