"""What is found in logs, tables, forms and sentences: all of what stands between [[ ]], and nothing around it."""

from __future__ import annotations

import re

import pytest

from aboveboard.redact.redactor import Redactor

ADDRESSES = [
    "Our new place: [[4177 Douglas Cape Suite 100, Stevenland, ND 59699]]",
    "| [[7614 Rogers Track Apt. 424 Lake David, FL 82279]] | 3 |",
    "She moved to [[Schmidtstraße 8]]",
    "Die Firma: [[Gina-Hahn-Platz 35]]",
    "[[Jobbaan 73, 5576YQ, Morra]]",
    "Pickup from [[ul. Polna 10 66-374 Police]] at noon",
    "ship to [[8530 hernandez drive, west michael, UT 28930]]",
    "[[Skrytka pocztowa 78404]]",
    "We moved to [[plac Wyspiańskiego 76, 64-932 Biała Podlaska]] last month",
    "2025-01-03 INFO shipping to [[boulevard de Langlois, 21940 Lesage]] done",
    "We met at 10:30 am, [[12 Elm Street]]",
]
PEOPLE = [
    "We hired [[Dr. Heidi McGlynn]] as the new accountant",
    "(customer=[[Derek Combs Jr.]], retries=3)",
    "[[Prof. Junk]] called",
    "Could you ask [[JUDr. Daniela Soukupová]] about the invoice?",
    "name=[[Dra. Lavínia Viana]];status=open",
    "write to [[kjwvz.zzqwvk.qwx]] soon",
    "Name: [[Siv Simonsen-Strand]] (spouse)",
    "Reader: [[Ágata PINTO]]",
    "NAME: [[SUSANN DRUB]]",
    "[[JUNK, Karl-Hermann]]",
    "Dear [[Angela Ward]],",
    "Call [[Ryan]]!",
    "Happy birthday [[Mark]]!",
]
BIRTHS = [
    "Date of Birth (DD/MM/YYYY): [[1991-04-03]]",
    '"date_of_birth": "[[18 Nov 1942]]"',
    "birth_date,[[2017-02-13]]",
    "She was born [[10-Nov-1929]]",
    "DOB [[2 August 1968]]",
    "fecha de nacimiento: [[4 de julio de 1990]]",
    "born in the city on [[12/03/1980]]",
]
RANDOM = "kJ8s9Kd02mNbVqPzXw71LrTy"
SECRETS = [
    f"use [[amqps://svc:{RANDOM}@mq.example.com/v]]",
    "[[postgres://app:p@ss/w0rd@db.example/prod]], then",
    f"use [[DefaultEndpointsProtocol=https;AccountName=acme;AccountKey={RANDOM}==;EndpointSuffix=x.example]]",
    "[[Server=db;Database=x;User Id=sa;Password=Hunter22;Encrypt=true]]",
    "<password>[[9gQClBwD&!MYxUT3]]</password>",
    "set password [[correct-Horse-7]]",
    'password = "[[$iE!IVnB&BqXgK9u]]"',
    "I pasted [[https://hooks.zapier.com/hooks/catch/0103132/2clay8w/]] by mistake",
    "export X=[[access_token$production$7kc3h18wmedtcqpr$3e071bc9dc615d47a26a445bafa3df80]]",
]
NUMBERS = [
    "7,[[256.488.8985]],x",
    "7,[[+48 12 345 41 00]],x",
    "VAT [[GB434031494]]",
    "National insurance [[AB 14 86 53 T]]",
    '[["odd name"@example.org]]',
    "She was diagnosed with [[bipolar disorder]] and [[covid-19]]",
]
STAYS = [
    "total 7,256.50 and 1,234,567 and 12,345.67",
    "Remove Group",
    "E1058: no such method; see CVE-2024-12345 and RFC2119",
    "Version=4.0.0.0, PublicKeyToken=null",
    "Stroke color",
    "12 Month View",
    "git checkout eaacb607f597d2a3212b4548c40e8ac8b8add2ac",
    "index 1910abe..7b94f7d",
    "image: nginx@sha256:642a4454c4cf5b16fdfbe4669c2b1e9e6f1e785df24aa6215c3bd1123c39f32a",
    "uuid: 96912b94-105c-4e2a-aba7-88024e614cb2",
    "color: #421d9e",
    'integrity="sha384-tCmbq+f79V5b58q+w6oyWUSI+dhSsXz9Ukq6dENTTkSAgt5DuMxwd/DZa4RReFzT"',
    "token_count: 15342",
    "if (token === null) return",
    "password = $DB_PASSWORD",
    "<input type='password'>",
    "http://host:8080/path",
    "The meeting has moved to 3pm",
    "Due 2 August 1968 or May 3, 2024",
]


def _parts(marked: str) -> tuple[str, set[int]]:
    """The text without its marks, and where its marked letters and digits are."""
    text, inside = "", set[int]()
    for i, piece in enumerate(re.split(r"\[\[|\]\]", marked)):
        if i % 2:
            inside |= {len(text) + at for at, char in enumerate(piece) if char.isalnum()}
        text += piece
    return text, inside


@pytest.mark.parametrize("marked", [*ADDRESSES, *PEOPLE, *BIRTHS, *SECRETS, *NUMBERS])
def test_finds_all_of_it_and_no_more(marked: str) -> None:
    text, inside = _parts(marked)
    spans = Redactor(b"k" * 16).text(text).spans
    masked = {at for span in spans for at in range(span.start, span.end) if text[at].isalnum()}
    assert masked == inside, Redactor(b"k" * 16).text(text).text


@pytest.mark.parametrize("text", STAYS)
def test_leaves_what_says_nothing(text: str) -> None:
    assert Redactor(b"k" * 16).text(text).text == text
