"""Findings that need their neighbours: ADDRESS, ORGANISATION, HEALTH.

Patterns name the shapes of several countries: "12 Elm Street", "Musterstraße 12", "12 rue de la Paix", "Calle
Mayor 5", "10115 Berlin", "Springfield, IL 62704", "SW1A 1AA".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from aboveboard.redact.spans import Span, merge
from aboveboard.redact.words import WORDS

_NAME = r"[^\W\d_][\w'’.-]{0,30}"
# USPS Publication 28 appendix C1 in part, and British forms; the longer list counts only when capitalised.
_STREET = (
    r"(?:(?i:street|st|avenue|ave|road|rd|lane|ln|drive|dr|boulevard|blvd|court|ct|terrace|way|parkway|pkwy|highway"
    r"|hwy|crescent)"
    r"|Place|Pl|Square|Sq|Ter|Circle|Cir|Cres|Close|Gardens?|Grove|Mews|Row|Walk|Trail|Trl|Alley|Quay|Hills?|Greens?"
    r"|Rise|Parks?|Plaza"
    r"|Turnpike|Expressway|Freeway|Ways|Route|Rue|Pike|Ridges?|Springs?|Station|Summit|Valleys?|Villages?|Ville|Vista"
    r"|Islands?|Isle|Junctions?"
    r"|Knolls?|Lakes?|Landing|Mall|Manors?|Meadows?|Mills?|Mission|Motorway|Mount|Mountains?|Neck|Orchard|Oval"
    r"|Overpass|Passage|Pines?|Plains?"
    r"|Points?|Ports?|Prairie|Radial|Ramp|Ranch|Rapids?|Rest|Rivers?|Roads|Shoals?|Shores?|Skyway|Spurs?|Squares"
    r"|Stravenue|Streams?|Streets"
    r"|Throughway|Trace|Trafficway|Tunnel|Unions?|Via|Viaduct|Views|Wall|Wells?|Burgs?|Bypass|Bridge|Brooks?|Bluffs?"
    r"|Branch|Bottom|Camp|Canyon"
    r"|Cape|Causeway|Centers|Cliffs?|Club|Common|Corners?|Course|Courts|Coves?|Creek|Crest|Crossing|Crossroad|Curve"
    r"|Dale|Dam|Divide|Drives|Estates?"
    r"|Extensions?|Falls?|Ferry|Fields?|Flats?|Fords?|Forest|Forges?|Forks?|Fort|Gateway|Glens?|Groves|Harbors?|Haven"
    r"|Heights|Hollow|Inlet|Keys"
    r"|Lodge|Loop|Parkways|Path|Locks?|Lights)"
)
_PLAIN_STREET = r"(?:street|avenue|ave|road|rd|lane|boulevard|blvd|terrace|parkway|crescent|highway|hwy)"
_UNIT = (
    r"(?:,? ?(?i:#|apt\.?|apartment|suite|ste\.?|unit|flat|floor|fl\.?|room|rm\.?|building|bldg\.?|box|appt\.?"
    r"|piso|wohnung) ?#?[\w-]{1,6})?"
)
_TOWN = rf"[^\W\d_a-z][\w'’.-]{{1,24}}(?: {_NAME}){{0,2}}"
_US_TAIL = rf"(?:,? {{0,2}}{_TOWN})?,? [A-Z]{{2}},? \d{{5}}(?:-\d{{4}})?"
_UK_POSTCODE = r"\b(?:GIR ?0AA|[A-Z]{1,2}\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{2})\b"
_CA_POSTCODE = r"\b[ABCEGHJ-NPRSTVXY]\d[A-Z] ?\d[A-Z]\d\b"
_TAIL = (
    rf"(?:(?:,|\n|, ?\n| -)? ?(?:\d{{4,6}} {_TOWN}|{_TOWN},? (?:[A-Z]{{2}},? )?(?:\d{{5}}(?:-\d{{4}})?"
    rf"|{_UK_POSTCODE}|{_CA_POSTCODE})|{_UK_POSTCODE}|{_CA_POSTCODE}))?"
)

# "de la Paix", "Mayor", "General San Martín": capitalised, with small words between.
_PARTS = (
    r"(?:(?: (?:de|du|des|del|della|di|da|do|dos|la|le|les|los|las|el|y|e|van"
    r"|von)){0,2} (?:[dlDL]['’])?[^\W\d_a-z][\w'’.-]{0,24}){1,4}"
)
_SHAPES = re.compile(
    # 12 Elm Street; 12B Old Mill Rd., Apt 4, Springfield, IL 62704
    rf"(?<![\w.,#])\d{{1,6}}(?:[A-Za-z]|[-/]\d{{1,4}}[A-Za-z]?)?,? (?:[NSEW]\.? |(?i:north|south|east"
    rf"|west) )?(?:(?-i:[^\W_a-z])[\w'’.-]{{0,30}} ){{1,4}}{_STREET}\b\.?{_UNIT}{_TAIL}"
    rf"|(?<![\w.,#])\d{{1,6}}[A-Za-z]? (?:[\w'’-]{{2,24}} ){{1,3}}(?i:{_PLAIN_STREET})\b\.?{_UNIT}{_TAIL}"
    # Musterstraße 12a, 10115 Berlin; Am Alten Markt 5
    rf"|\b[\w'’.-]{{2,30}}(?i:stra(?:ß|ss)e|str\.|weg|platz|allee|gasse|ufer|damm|ring|straat|laan|plein|gade|vej"
    rf"|gatan|vägen|katu)(?: [\w'’.-]{{2,20}})? ?,? ?\d{{1,4}} ?[a-zA-Z]?\b{_TAIL}"
    rf"|\b(?i:am|an der|an den|auf der|auf dem|im|in der|zum|zur|unter den"
    rf"|hinter der) (?:[^\W\d_a-z][\w'’-]{{2,24}} ?){{1,2}} \d{{1,4}} ?[a-z]?\b{_TAIL}"
    # 12 bis, rue de la Paix, 75002 Paris
    rf"|(?<![\w.,])\d{{1,4}}(?: ?(?:bis|ter|[A-D]))?,? (?i:rue|avenue|av\.|boulevard|bd|place|chemin|allée|impasse"
    rf"|quai|cours|route|square|passage)"
    rf"(?: (?:de|du|des|la|le|les|en|sur|au|aux|[dl]['’](?=[a-z])))?{_PARTS}{_TAIL}"
    # Calle Mayor 5, 28013 Madrid; Via Roma 1; Rua Augusta, 1500; ul. Długa 5
    rf"|\b(?:(?i:calle|c/|avenida|avda\.?|paseo|carrera|viale|piazza|vicolo|rua|travessa|alameda|praça|ul\.|ulica"
    rf"|aleja|al\.|os\.)|Via|Corso|Largo|Plaza|Camino|Av\.?)"
    rf"{_PARTS},? (?:n\.?º?|nr\.?|no\.?|n°|#)? ?\d{{1,5}}[a-zA-Z]?(?:/\d{{1,4}})?\b{_TAIL}"
    # P.O. Box 12; Apt 4B
    rf"|\b(?i:p\.? ?o\.? ?box|postfach|boîte postale|apartado) ?\d{{1,7}}\b{_TAIL}"
    rf"|\b(?i:apt\.?|apartment|suite|flat) ?#?\d[\w-]{{0,5}}\b"
    # Springfield, IL 62704; 10115 Berlin; SW1A 1AA
    rf"|\b{_TOWN},? [A-Z]{{2}},? \d{{5}}(?:-\d{{4}})?\b"
    rf"|{_UK_POSTCODE}|{_CA_POSTCODE}"
)  # fmt: skip
# 10115 Berlin: only where the town is no plain word ("10000 Results")
_CODE_TOWN = re.compile(r"(?<![\w.,-])(?:(?:D|A|CH|F|B|NL|L)-)?\d{4,5} ([^\W\d_a-z][^\W\d_A-Z]{2,24})(?=[,\n.;]|$)")
_ADDRESS_CUE = re.compile(
    r"\b(?:lives? (?:at|in|on|near)|living (?:at|in)|(?:home|postal|mailing|street|delivery|shipping"
    r"|billing) address(?: is|:)?|address:"
    r"|ship(?:ped)? to:?|deliver(?:ed)? to:?|adresse:|anschrift:|wohnt in|wohnhaft in|zip(?: code)?:?"
    r"|post ?code:?) {0,2}",
    re.IGNORECASE,
)  # fmt: skip
_CUED = re.compile(
    r"(?:\d{1,6}[A-Za-z]?,? )?(?:[^\W_a-z][\w'’.-]{1,30}|\d[\w-]{0,9})(?:,? (?:[^\W_a-z][\w'’.-]{0,30}|\d[\w-]{0,9}"
    r"|#\d+)){0,8}"
)
_JOINT_CHARS = 3
_FIRM = re.compile(
    r"(?:\b[^\W\d_a-z][\w'’&.-]{0,30},? (?:(?:&|and|und|et|of|de|von|the) )?){1,5}?"
    r"(?:Inc|Incorporated|Ltd|Limited|LLC|LLP|PLC|plc|Corp|Corporation|Co|GmbH|AG|KG|UG|SE|SA|SAS|SARL|S\.A\.|S\.L\."
    r"|SpA|S\.p\.A|BV|B\.V\.|NV|AB|A/S|Oy|Pty"
    r"|Holdings?|Partners|Associates|& Sons|and Sons|& Co|University|College|Hospital|Clinic|Bank|Foundation"
    r"|Institute)\b\.?"
    r"|\b(?:University|Bank|Hospital|Institute|Ministry|Church"
    r"|Bishopric) of (?:the )?[^\W\d_a-z]\w{1,24}(?: [^\W\d_a-z]\w{1,24}){0,2}"
)
_FIRM_HINT = re.compile(
    r"Inc|Lt?d|Limited|LL[CP]|P?LC|plc|Corp|Co\b|GmbH|[AKU]G|SE|SA|S\.|SpA|[BN]\.?V|A[B/]|Oy|Pty|Holding|Partners"
    r"|Associates|Sons|University|College"
    r"|Hospital|Clinic|Bank|Foundation|Institute|Ministry|Church|Bishopric"
)


@cache
def _health() -> re.Pattern[str]:
    terms = sorted(WORDS.health, key=len, reverse=True)
    return re.compile(rf"\b(?:{'|'.join(re.escape(term) for term in terms)})\b", re.IGNORECASE)


def find_places(text: str) -> list[Span]:
    """ADDRESS findings in order, disjoint; parts of one address that only commas and spaces part are joined."""
    joined: list[Span] = []
    for span in merge(_parts(text)):
        if (
            joined
            and not text[joined[-1].end : span.start].strip(", \n")
            and span.start - joined[-1].end <= _JOINT_CHARS
        ):
            joined[-1] = Span(joined[-1].start, span.end, "ADDRESS")
        else:
            joined.append(span)
    return joined


def _parts(text: str) -> Iterator[Span]:
    if any(char.isdecimal() for char in text):
        for match in _SHAPES.finditer(text):
            end = match.start() + len(match.group().rstrip(" ,\n"))
            yield Span(match.start(), end, "ADDRESS")
        for match in _CODE_TOWN.finditer(text):
            if not WORDS.plain(match.group(1).lower()):
                yield Span(match.start(), match.end(), "ADDRESS")
    for match in _ADDRESS_CUE.finditer(text):
        value = _CUED.match(text, match.end())
        if value:
            yield Span(value.start(), value.end(), "ADDRESS")


def find_organisations(text: str) -> Iterator[Span]:
    if _FIRM_HINT.search(text):
        for match in _FIRM.finditer(text):
            yield Span(match.start(), match.end(), "ORGANISATION")


def find_health(text: str) -> Iterator[Span]:
    for match in _health().finditer(text):
        yield Span(match.start(), match.end(), "HEALTH")
