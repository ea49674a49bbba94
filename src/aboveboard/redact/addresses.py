"""ADDRESS: an anchor that only an address has, and what stands around it between commas.

Anchors: a street with its number, in the shapes of some thirty countries; a postcode with its town; a post box; a unit
("Apt 4B"); what follows "address:". From there the neighbouring parts that are capitalised words and numbers are
taken in. Each search is gated by a look at the words, so that ordinary lines pay for none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product

from aboveboard.redact.late import Late
from aboveboard.redact.people import stays
from aboveboard.redact.spans import Span, has_digit, merge
from aboveboard.redact.streets import (
    AFTER_NUMBER,
    ENDINGS,
    FIRST,
    LAST,
    TURKIC_LAST,
    UNITS,
)
from aboveboard.redact.times import without_times
from aboveboard.redact.words import WORDS, codes

_CAP = r"(?:[^\W\d_a-zß-öø-ÿα-ωа-яё\u2e80-\u9fff\uac00-\ud7af][\w'’`.-]{0,30})"
_SMALL = (
    r"(?:de|del|della|delle|dei|di|da|do|dos|das|du|des|la|le|les|los|las|el|y|e|van|von|den|der|zum|zur"
    r"|of|the|d[’']\w+|l[’']\w+)\b"
)
_NUMBER = r"(?:\d{1,5}(?: ?[A-Za-zА-Я]\b)?(?: ?[/–-] ?\d{1,5}[A-Za-z]?\b)?)"
_NAMED = rf"{_CAP}(?: (?:{_CAP}|{_SMALL})){{0,4}}"
_TOWN = rf"(?:['’]t )?{_NAMED}"
_UK = r"(?:GIR ?0AA|[AC-FHKNPRTV-Y]\d[\dW] ?[0-9AC-FHKNPRTV-Y]{4}|[A-Z]{1,2}\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2})"
_CANADA = r"[ABCEGHJ-NPRSTVXY]\d[A-Z] ?\d[A-Z]\d"

_UNIT_NO = rf"(?i:{UNITS})(?:(?=[\d#])|\b)\.? ?#?[\w-]{{1,6}}\b"

# 12 Elm Street; 12B Old Mill Rd.; 30/543, Srinivas Chowk
_ENGLISH = Late(
    rf"(?<![\w.,#/-])(?:(?i:h\.? ?no\.? ?|no\.? ?))?\d{{1,6}}(?:[A-Za-z]\b|[/-]\d{{1,4}}[A-Za-z]?)?,? "
    rf"(?:[NSEW]\.? |(?i:north|south|east"
    rf"|west) )?(?:[A-Z][\w'’.-]{{0,30}} ){{1,4}}(?:{AFTER_NUMBER})\b\.?(?: (?:[NSEW]|NE|NW|SE|SW)\b)?"
    rf"|(?<![\w.,#])\d{{1,6}}[A-Za-z]? (?:[^\W\d_][\w'’-]{{1,24}} ){{1,3}}(?:street|avenue|ave|road|rd"
    rf"|lane|boulevard|blvd|terrace|parkway|crescent|highway|hwy)\b\.?"
)
_WORDS = rf"(?: {{1,2}}(?:(?!(?i:{UNITS}|nr)\b){_CAP}|{_SMALL}))"
# 12 elm court apt 4, springfield, il 62704
_LOWER = Late(
    rf"(?<![\w.,#/-])\d{{1,6}}[a-z]? (?:[^\W\d_][\w'’-]{{1,24}} ){{1,3}}(?:{AFTER_NUMBER})\.?"
    rf"(?:,? (?:{UNITS})\.? ?#?\w{{1,5}})?,? (?:[^\W\d_][\w'’.-]{{1,24}} ?){{1,3}},? [a-z]{{2}},?"
    rf" \d{{5}}(?:-\d{{4}})?\b",
    re.IGNORECASE,
)
# 12 bis, rue de la Paix
_FRENCH = Late(
    rf"(?<![\w.,])\d{{1,5}}(?: ?(?:bis|ter|[A-D]\b))?,? (?i:{FIRST})(?: {_SMALL}){{0,3}} (?:{_CAP}"
    rf"|[dl][’']\w+){_WORDS}{{0,4}}"
)
# Calle Mayor 5; Via Roma, 1; Rua Augusta, n.º 1500; ul. Długa 5/7; наб. Высоковольтная, д. 5/7 стр. 5
_FIRST = Late(
    rf"(?<![\w])(?i:{FIRST})(?: {_SMALL}){{0,3}} ?(?:\d{{1,3}} )?(?:{_CAP}|\w+ (?={_CAP})){_WORDS}{{0,5}}"
    rf"(?:,? {{1,2}}|,)(?i:n\.?º?|nr\.?|no\.?|n°|núm\.?|num\.?|#|д\.|буд\.)? ?{_NUMBER}(?:,? {{1,2}}(?i:к|корп"
    rf"|стр|кв|bl|sc|ap|et)\.? ?\d+(?:/\d+)?)*"
)
# boulevard Nicolas; rue Margot Hoareau, 43932 Perrot: without a number, alone on the line or before a postcode
_BARE = Late(
    rf"(?:^|(?<=[:,] ))(?i:{FIRST})(?: {_SMALL}){{0,3}} {_CAP}{_WORDS}{{0,4}}(?=$|, ?\d{{4,5}} "
    rf"|, {_CAP}{_WORDS}{{0,3}}, ?\d{{5,6}}$)"
)
# Musterstraße 12a; Anna-Weiß-Gasse 4/3; Am Alten Markt 5; Parkgränd 56; Keskuskatu 3 A 12
_ENDING = Late(
    rf"(?<![\w])(?:{_CAP}[ -])?{_CAP}?[\w'’.-]{{0,30}}(?i:{ENDINGS})(?: [\w'’.-]{{2,20}})? ?,?"
    rf" ?{_NUMBER}(?: [A-Z]\b(?: \d{{1,3}})?)?"
    rf"|(?<![\w])(?:Am|An der|An den|Auf der|Auf dem|Im|In der|Zum|Zur|Unter den"
    rf"|Hinter der) (?:[^\W\d_a-z][\w'’-]{{2,24}} ?){{1,2}} \d{{1,4}} ?[a-z]?\b"
)
# Atatürk Caddesi No: 12; Kossuth utca 5; Long Street 5
_LAST = Late(rf"(?<![\w]){_CAP}(?: {_CAP}){{0,3}} (?:{TURKIC_LAST}|{LAST})\.?,? ?(?:(?i:no|nr)\.?:? ?)?{_NUMBER}\b")
_BOX = Late(
    r"(?<!\w)(?i:p\.? ?o\.? ?box|post office box|g\.?p\.?o\.? box|postfach|boîte postale|b\.p\."
    r"|apartado(?: postal| de correos)?|casella postale"
    r"|caixa postal|postbus|skr(?:ytka|\.) poczt(?:owa|\.)|postboks|postilokero|poštanski pretinac|а/я) ?\d{1,7}\b"
    r"|(?<!\w)(?:BP|CP|CS|C\.P\.) \d{2,6}\b"
    r"|(?<!\w)(?:PSC|Unit|CMR) \d{2,5},? Box \d{2,5}|(?<!\w)(?:\w{1,20} )?\w{1,20},? (?:APO|FPO|DPO),? A[AEP] \d{5}"
)
_UNIT = Late(rf"(?<!\w)(?i:{UNITS})\.? ?#?\d[\w-]{{0,5}}\b")
# Springfield, IL 62704; SW1A 1AA; 26-050 Włocławek; 1234 AB Utrecht; Sagar-117077
_CODES = Late(
    rf"(?<!\w){_CAP}(?: {_CAP}){{0,2}},? [A-Z]{{2,3}},? \d{{4,5}}(?:-\d{{4}})?\b|(?<![\w-])(?:{_UK}|{_CANADA})(?![\w-])"
    rf"|(?<![\w.,-])(?:\d{{2}}-\d{{3}}|\d{{4}}-\d{{3}}|\d{{4}} ?[A-Z]{{2}}|(?:ΤΚ |PSČ "
    rf"|CP )?\d{{3}} \d{{2}}|(?:DE?|A|CH|F|B|NL?|L|DK|SE?|NO|FI|I|E|PL|CZ|HR|RO)-\d{{4,5}}) {_CAP}(?:[ -]{_CAP}){{0,2}}"
    rf"|(?<!\w){_CAP}(?: {_CAP}){{0,2}}[ -]\d{{6}}\b(?!\.\d)|(?<!\w){_CAP}(?: {_CAP}){{0,3}},? \d{{5}}-\d{{3}}\b"
)
# "10115 Berlin", "5-7 Gata, 5121 Ort": only beside a street and its number, or when the town is no plain word
_CODE_TOWN = Late(rf"(?<![\w.,:/-])\d{{4,5}} ({_CAP}(?:[ -]{_CAP}){{0,2}})")
_TOWN_CODE = Late(rf"(?<!\w)({_CAP}(?: {_CAP}){{0,2}}),? \d{{4,6}}\b(?![.:/-]?\w)")
_STREETLIKE = Late(rf"(?:^|(?<=[\s:])){_NAMED},? {_NUMBER},{{0,2}}[ \n]?$|\d{{1,5}},? {_NAMED}(?: [a-z]{{3,12}})?, ?$")
_RIGHT = Late(
    rf"(?: ?,){{1,2}} ?(?:{_UNIT_NO}|{_UK}|{_CANADA}"
    rf"|\d{{2,6}}(?:[ -]\d{{2,4}})?(?: ?[A-Z]{{2}}\b)?(?:,? {_TOWN})?"
    rf"|{_NAMED}(?:[ -]\d{{2,6}}(?:[ -]\d{{2,4}})?)?)(?: ?/ ?[A-Z]{{2}}\b| ?\([A-Z]{{2}}\))?"
    rf"|(?:,? ?)?(?: ?\([A-Z]{{2}}\)| ?/ ?[A-Z]{{2}}\b| {_UNIT_NO}| {_UK}| {_CANADA})"
    rf"|[ -]\d{{4,6}}(?: {_NAMED})?\b| - {_NAMED}|,? {{0,2}}(?:\d{{2}}-\d{{3}}|\d{{4}} ?[A-Z]{{2}}),? {_TOWN}"
    rf"|,? {{1,2}}{_NAMED},? {{1,2}}(?:[A-Z]{{2}},? )?\d{{4,6}}(?:-\d{{3,4}})?\b"
    rf"|,? {_NAMED},? (?:{_UK}|{_CANADA})(?![\w-])"
)
_LEFT = Late(
    rf"(?:^|(?<=[\s:(]))(?:{_UNIT_NO}|(?:к|п|с|д|г|клх|ст|х)\. ?{_CAP}(?:[- ]{_CAP})?"
    rf"|\d{{1,5}}[A-Za-z]?,? {_NAMED}(?: [a-z]{{3,12}})?|{_NAMED}(?: {_NUMBER})?(?: [a-z]{{3,12}})?)(?: ?,){{1,2}} ?$"
)
_CUE = Late(
    r"(?:\b(?:lives? (?:at|in|on|near)|living (?:at|in)|lived (?:at|in)|live (?:at|in)|moved to|taxi to"
    r"|meet me at|parcel to|sent to|wohnt in|wohnhaft in|wohne in(?: der)?"
    r"|(?:home |postal |mailing |street |delivery |shipping |billing |new |my |current )?address(?: is| to|:|\t| as)"
    r"|ship(?:ped)? to:?|deliver(?:ed)? to:?|pick ?up:?|(?:liefer|rechnungs)?adresse ?:|anschrift:"
    r"|adres(?:im|em|o)? ?:|indirizzo:|dirección:|endereço:|bydlím na adrese"
    r"|adressen min er|min adresse er|osoite(?:eni on)?|a címem|cím:|adresa mea este|moja adresa je"
    r"|mój adres to|zip(?: code)?:?|post ?code:?)"
    r"|адрес:?|адреса:?|διεύθυνση(?: είναι)?:?) {0,2}[\"']?",
    re.IGNORECASE,
)
_CUED = Late(
    rf"(?:\d{{1,6}}[A-Za-z]?(?:[/-]\d+)?,? )?(?:{_CAP}|\d[\w/-]{{0,9}})(?:(?: ?,){{0,2}} ?(?:{_CAP}"
    rf"|{_SMALL}(?= )|\d[\w/-]{{0,9}}|#\d+)){{0,10}}"
)
_LONE = Late(rf"\s*({_CAP}(?: {_CAP}){{0,2}}),? {_NUMBER}\s*")
_HAN = r"[\u3400-\u9fff\u3005]"
_EAST = Late(
    rf"(?:〒? ?\d{{3}}-?\d{{4}} ?)?{_HAN}{{1,3}}[都道府県][\u3041-\u30ff\u3400-\u9fff\u3005]{{1,9}}?[市区町村郡]"
    r"[\u3041-\u30ff\u3400-\u9fff\u3005]{0,14}[\d０-９一二三四五六七八九十丁目番地号の−-]{0,16}"
    r"(?: [\u3041-\u30ff\u3400-\u9fff\u3005]{1,12}\d{1,4}号?室?)?"
    rf"|〒 ?\d{{3}}-?\d{{4}}"
    rf"|(?:\d{{3,6}} ?)?{_HAN}{{2,8}}?(?:省|自治区|市|縣|县|區|区){_HAN}{{0,14}}?(?:街|路|巷|道|里|村|镇|鄉|段"
    rf"|弄)[\w-]{{0,16}}(?: ?\d{{5,6}})?"
    rf"|{_HAN}{{1,6}}(?:街|路|大道|巷|弄)[一二三四五六七八九十]?段?(?:\d{{1,5}}|[A-Za-z])(?:号|號|座|楼|樓|室|栋|巷"
    rf"|弄)[\d\w之-]{{0,8}}(?: ?\d{{5,6}})?"
    r"|[가-힣]{2,6}(?:시|도)(?: [가-힣]{1,6}(?:시|군|구)){1,2}(?: [가-힣]{1,8}(?:읍|면))?"
    r"(?: [가-힣\d]{1,12}(?:로|길|동|가|리))?(?: ?\d{1,4}(?:-\d{1,4})?(?:번?길)?)*(?: ?\([가-힣\d, ]{2,30}\))?"
)
_EAST_CUE = Late(r"(?:住所|地址|주소)(?:は|是)?[:： ]{1,2}([^\s,。;；|]{4,40}(?: [^\s,。;；|]{1,20}){0,3})")
_EAST_HINT = re.compile(r"[\u3041-\u30ff\u3400-\u9fff\uac00-\ud7af〒]")
_WORD = re.compile(r"[^\W\d_]+")
_FIVE = re.compile(r"\d{5}")
_HYPHENED = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_BEFORE_STREET = frozenset(("am", "an", "auf", "im", "in", "zum", "zur", "unter", "hinter", "str"))
_CAPITAL = re.compile(r"[^\W\d_a-zß-öø-ÿ]")
_NOT_ADDRESS = "\x01"  # in no pattern here
_SIDE_CHARS = 90
_SIDES_MAX = 6


def _spellings(pattern: str) -> set[str]:
    """The words that "Ridges?|all[ée]e|av\\." stands for, in lower case: all that streets.py uses."""
    words = set()
    for each in pattern.lower().split("|"):
        choices = [
            [*part[1:-1]] if part[0] == "[" else [part[0], ""] if part[-1] == "?" else [part]
            for part in re.findall(r"\[[^]]+\]|\w\?|\w", each.replace("\\.", "").replace(".?", ""))
        ]
        words |= {"".join(spelling) for spelling in product(*choices)}
    return words


_STREET_WORDS = frozenset().union(*map(_spellings, (AFTER_NUMBER, FIRST, LAST, TURKIC_LAST)))
_STREET_ENDING = re.compile(rf"(?:{ENDINGS})$")


def find_addresses(text: str) -> list[Span]:
    """ADDRESS findings in order, disjoint, each with the parts that belong to it."""
    text = without_times(text, _NOT_ADDRESS)
    anchors = merge(_anchors(text))
    grown: list[Span] = []
    for anchor in anchors:
        if grown and anchor.start < grown[-1].end:
            continue
        start, end = anchor.start, anchor.end
        while text[end : end + 1].isalnum():
            end += 1  # "5576|YQ": an anchor never ends inside a word
        end = _right(text, end)
        start = _left(text, start)
        while text[start : start + 1].isspace():
            start += 1
        grown.append(Span(start, start + len(text[start:end].rstrip(" ,\n\t-")), "ADDRESS"))
    return merge(grown)


def _right(text: str, end: int) -> int:
    for _ in range(_SIDES_MAX):
        more = _RIGHT.match(text, end, min(len(text), end + _SIDE_CHARS))
        if not more or more.end() == end or _plain_command(more.group()):
            return end
        end = more.end()
    return end


def _plain_command(part: str) -> bool:
    """A part of words that all say something else: "12 Elm Street, Phone", "…, Dear Sir"."""
    words = [word for word in _WORD.findall(part) if len(word) > 1]
    return (
        bool(words)
        and not any(char.isdecimal() for char in part)
        and all(word.lower() in WORDS.interface for word in words)
    )


def _left(text: str, start: int) -> int:
    for _ in range(_SIDES_MAX // 2):
        low = max(0, start - _SIDE_CHARS)
        more = _LEFT.search(text[low:start])
        if not more or (_GREETED.search(more.group()) is not None):
            return start
        start = low + more.start()
    return start


_GREETED = re.compile(r"^(?:dear|hi|hello|hey|ship|from|to)\b", re.IGNORECASE)


def _anchors(text: str) -> Iterator[Span]:
    if _EAST_HINT.search(text):
        yield from _spans(_EAST, text)
        for match in _EAST_CUE.finditer(text):
            if any(char.isdecimal() for char in match.group(1)) or len(match.group(1)) > 6:
                yield Span(match.start(1), match.end(1), "ADDRESS")
    yield from _cued(text)
    digits = has_digit(text)
    if not _CAPITAL.search(text) and not digits:
        return
    words = {word.lower() for word in _WORD.findall(text)}
    streets = not words.isdisjoint(_STREET_WORDS)
    if streets:
        yield from _spans(_BARE, text)
    if not digits:
        return
    if streets:
        for match in _ENGLISH.finditer(text):
            if not _counted_thing(match.group()):
                yield Span(match.start(), match.end(), "ADDRESS")
        if _FIVE.search(text):
            yield from _spans(_LOWER, text)
        yield from _spans(_FRENCH, text)
        yield from _spans(_FIRST, text)
        yield from _spans(_LAST, text)
    if not words.isdisjoint(_BEFORE_STREET) or any(map(_STREET_ENDING.search, words)):
        for match in _ENDING.finditer(text):
            if not _named_thing(match.group()):
                yield Span(match.start(), match.end(), "ADDRESS")
    lone = _LONE.fullmatch(text)
    if lone and not any(stays(word) for word in _WORD.findall(lone.group(1))):
        yield Span(0, len(text), "ADDRESS")  # "Tuškanac 6b"
    yield from _spans(_BOX, text)
    yield from _spans(_UNIT, text)
    yield from _postcodes(text)


def _named_thing(found: str) -> bool:
    """ "Ring 0", "Hof 2": the ending alone, or a plain English word, is no street."""
    word = _HYPHENED.search(found)
    return word is None or len(word.group()) < 5 or "e" in codes(word.group().lower())


_SURELY_STREETS = frozenset(
    ("street", "st", "avenue", "ave", "road", "rd", "lane", "ln", "boulevard", "blvd", "drive", "dr", "court", "ct")
)


def _counted_thing(found: str) -> bool:
    """ "12 Month View", "3 Button Bridge": a number of things, as the words before the last are nobody's name."""
    words = [word.lower() for word in _WORD.findall(found)]
    return words[-1] not in _SURELY_STREETS and all(
        WORDS.plain(word) and not {"F", "G"} & set(codes(word)) and word not in WORDS.family | WORDS.given
        for word in words[:-1]
    )


def _postcodes(text: str) -> Iterator[Span]:
    for match in _CODES.finditer(text):
        if not _all_plain(match.group()):
            yield Span(match.start(), match.end(), "ADDRESS")
    for pattern in (_CODE_TOWN, _TOWN_CODE):
        for match in pattern.finditer(text):
            low = max(0, match.start() - _SIDE_CHARS)
            street = _STREETLIKE.search(text[low : match.start()])
            if street:
                yield Span(low + street.start(), match.end(), "ADDRESS")
            elif pattern is _CODE_TOWN and not _all_plain(match.group()) and match.group()[4:5].isdecimal():
                follows = text[match.end() : match.end() + 1]
                if follows in ("", ",", ".", ";", "\n", " ", ")"):
                    yield Span(match.start(), match.end(), "ADDRESS")


def _all_plain(found: str) -> bool:
    """True when every word is a plain word, not a code: "Windows, XP 12345"."""
    words = [word for word in _WORD.findall(found) if not word.isupper()]
    return bool(words) and any(
        WORDS.plain(word.lower()) and not {"F", "G"} & set(codes(word.lower())) for word in words
    )


# Part of each cue; most lines have none.
_CUE_HINTS = (
    "addr", "live", "living", "moved", "taxi", "meet", "parcel", "sent", "wohn", "ship", "deliver", "pick", "adres",
    "anschrift", "indirizzo", "direcci", "endere", "osoite", "cím", "zip", "post", "адрес", "διεύθ",
)  # fmt: skip


def _cued(text: str) -> Iterator[Span]:
    lower = text.lower()
    if not any(hint in lower for hint in _CUE_HINTS):
        return
    for match in _CUE.finditer(text):
        value = _CUED.match(text, match.end(), min(len(text), match.end() + 160))
        if value and (any(char.isdecimal() for char in value.group()) or not _all_plain(value.group())):
            yield Span(value.start(), value.end(), "ADDRESS")


def _spans(pattern: Late, text: str) -> Iterator[Span]:
    for match in pattern.finditer(text):
        yield Span(match.start(), match.end(), "ADDRESS")
