"""Elements keep their label and shape; values and what people wrote do not stay."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest

from aboveboard.redact.elements import redact_element, redact_elements
from aboveboard.redact.fields import is_editable, is_secret, says_secret
from aboveboard.redact.redactor import Redactor


def test_label_box_path_and_known_states_stay(redactor: Redactor, make: Any) -> None:
    seen = make.element("push button", "Submit", states=("focusable", "armed", "zz-telling-state"))
    kept = redact_element(redactor, seen)
    assert (kept.role, kept.name, kept.box, kept.path) == ("push button", "Submit", seen.box, (0, 1))
    assert kept.states == ("armed", "focusable")


def test_values_never_stay(redactor: Redactor, make: Any) -> None:
    kept = redact_element(redactor, make.element(name="Comment", value="the quiet old garden"))
    assert b"garden" not in msgspec.json.encode(kept)


@pytest.mark.parametrize(
    ("name", "value", "label", "expected"),
    [
        ("the quiet old garden", "the quiet old garden", "", ""),
        ("the quiet old garden", "the quiet old garden", "Comment", "Comment"),
        ("Comment the quiet old garden", "the quiet old garden", "", ""),
        ("Name", "a", "", "Name"),
    ],
)
def test_a_field_whose_name_is_its_content_keeps_only_its_label(
    redactor: Redactor, make: Any, name: str, value: str, label: str, expected: str
) -> None:
    assert redact_element(redactor, make.element(name=name, value=value, label=label)).name == expected


def test_what_stands_inside_an_editable_element_loses_its_name(redactor: Redactor, make: Any) -> None:
    tree = [
        make.element("document web", "Letter", path=(0,)),
        make.element("section", "", path=(0, 1), states=("editable",)),
        make.element("static", "the quiet old garden", path=(0, 1, 0, 2)),
        make.element("static", "the quiet old garden", path=(0, 10)),
    ]
    assert [element.name for element in redact_elements(redactor, tree)] == ["Letter", "", "", "the quiet old garden"]


def test_text_nodes_pass_the_redactor(redactor: Redactor, make: Any) -> None:
    kept = redact_element(redactor, make.element("static", "From Karen <karen@example.org>"))
    assert kept.name == "From <PERSON_1> <<EMAIL_1>>"


@pytest.mark.parametrize(
    "label",
    [
        "Password",
        "Passwort wiederholen",
        "PIN",
        "Card number",
        "CVV",
        "One-time code",
        "Security answer",
        "API key",
        "otpInput",
        "Mot de passe",
        "Contraseña",
        "пароль",
        "密码",
        "Verification",
        "Antwort",
        "Social Security No",
        "authToken",
        "Geheimzahl",
        "Kreditkartennummer",
        "Kartenprüfnummer",
        "Bestätigungscode",
        "Sicherheitsfrage",
        "Numéro de carte",
        "Code à usage unique",
        "Réponse secrète",
        "Número de tarjeta",
        "Respuesta",
        "Clave",
        "Numero della carta",
        "Codice di sicurezza",
        "Número do cartão",
        "Palavra-passe",
        "Kaartnummer",
        "Beveiligingscode",
        "Numer karty",
        "Hasło",
        "Kod jednorazowy",
        "Odpověď",
        "Kártyaszám",
        "Răspuns",
        "Kortnummer",
        "Engångskod",
        "Turvakoodi",
        "Kart numarası",
        "Κωδικός",
        "Номер карты",
        "Код из СМС",
        "验证码",
        "暗証番号",
        "Enter the 6-digit number",
        "Digit 1 of 6",
        "We sent you an SMS",
        "Expires (MM / YY)",
        "Name on card",
        "one_time_passcode",
        "cc-csc",
        "Ｐａｓｓｗｏｒｄ",
    ],
)
def test_fields_that_ask_for_secrets(make: Any, label: str) -> None:
    assert says_secret(label)
    assert is_secret(make.element(name=label))
    assert is_secret(make.element(name="", label=label))


@pytest.mark.parametrize(
    "label",
    [
        "Memorable word",
        "Enter your 24 words",
        "MPIN",
        "Expiry date",
        "What was your first car?",
        "Favourite teacher:",
        "In what city did your parents meet?",
        "Driver's license number",
        "Tax ID",
        "Re-enter",
        "Connection string",
    ],
)
def test_a_label_may_ask_for_what_is_an_ordinary_word_elsewhere(make: Any, label: str) -> None:
    assert is_secret(make.element(name=label))
    assert is_secret(make.element(name="", label=label))
    assert not is_secret(make.element(name="Message", value=label))


@pytest.mark.parametrize(
    "label",
    [
        "International number",
        "Confirm order",
        "First name",
        "Name",
        "E-mail",
        "Search",
        "Street address",
        "Shopping list",
        "Opinion",
        "Where to charge it",
        "",
        "Postcode",
        "Postleitzahl",
        "Vorname",
        "Straße",
        "Prénom",
        "Ville",
        "Apellido",
        "Cognome",
        "Passengers",
        "Comment",
    ],
)
def test_fields_that_do_not(make: Any, label: str) -> None:
    assert not is_secret(make.element(name=label))


def test_unknown_masked_and_uneditable_fields_are_secret(make: Any) -> None:
    assert is_secret(None)
    assert is_secret(make.element("password text", "Name"))
    assert is_secret(make.element(value="•••••"))
    assert is_secret(make.element("push button", "Submit"))
    assert is_secret(make.element(value="Enter your PIN")), "a placeholder that some toolkits give as content"
    assert not is_secret(make.element(value="the quiet old garden"))
    assert not is_secret(make.element(value="a letter about a card " * 10)), "a document may mention one"
    note = ("editable", "multi-line")
    assert not is_secret(make.element("text", "", states=note, value="bring the answer\nand the card\n")), "a letter"
    assert is_secret(make.element("text", "", states=note, value="welcome\nPassword: ")), "a prompt"
    assert is_secret(make.element("text", "", states=note, value="Enter your recovery phrase")), "a placeholder"
    assert is_secret(make.element("text", "PIN", states=note, value="the quiet old garden"))
    assert not is_secret(make.element("section", "Note", states=("editable",)))
    assert is_editable(make.element("entry"))
    assert not is_editable(make.element("list item"))
