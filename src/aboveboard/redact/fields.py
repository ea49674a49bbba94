"""Which fields are secret whatever is typed into them, and which take text at all.

Judged by role, name and label, in the languages listed; a field we know nothing about is secret.
"""

from __future__ import annotations

import re

from aboveboard.core.events import ObservedElement
from aboveboard.redact.words import word_set

_WHOLE = word_set(
    "pin pins tan otp totp cvv cvc csc cvn ccv pass pwd pw code codes card answer token tokens secret key"
    " ssn 2fa mfa karte kartennummer geheimzahl kod kode senha iban pan auth"
)
_PARTS = re.compile(
    r"passw|passphrase|passcode|passkey|passwd|kennwort|wachtwoord|contrase|mot de passe|lozink|losenord|lösenord"
    r"|adgangskode|salasan"
    r"|has[lł]o|heslo|jelsz|parol|şifre|sifre"
    r"|пароль|пін|пин|密码|密碼|パスワード|暗証|비밀번호|รหัส|mật khẩu|पासवर्ड|كلمة (?:المرور|السر)"
    r"|secret|geheim|credit ?card|debit ?card|card ?(?:number|no)|kredit|kreditkarte|carte|tarjeta|cartão|cartao"
    r"|carta di"
    r"|one[ -]?time|einmal|verification|verifizier|authenti|security|sicherheit|social security|sozialvers|credential"
    r"|recovery|wiederherst"
    r"|private key|api[ _-]?key|access[ _-]?key|seed phrase|mnemonic|código|codigo|codice|antwort|respuesta|réponse"
    r"|mother'?s maiden|wallet",
    re.IGNORECASE,
)
_TOKENS = re.compile(r"[A-Z]?[^\W\d_A-Z]+|[A-Z]+(?![a-z])|\d+[a-z]+")
_SECRET_ROLES = frozenset({"password text", "password"})
_EDITABLE_ROLES = frozenset({"entry", "password text", "password", "editbar", "date editor"})


def is_editable(element: ObservedElement) -> bool:
    """Typing goes into it."""
    return "editable" in element.states or element.role in _EDITABLE_ROLES


def says_secret(text: str) -> bool:
    """A name, label or placeholder that asks for a password, a code, a card, an answer."""
    if _PARTS.search(text):
        return True
    return any(token.lower() in _WHOLE for token in _TOKENS.findall(text))


def is_secret(element: ObservedElement | None) -> bool:
    """True for an unknown field, a password, anything labelled like a secret, and whatever takes no text:
    characters typed onto a button or a page have no field that could vouch for them."""
    if element is None or element.role in _SECRET_ROLES or not is_editable(element):
        return True
    if element.value and not element.value.strip("•●*∗⬤ "):
        return True  # it hides what it holds
    return says_secret(element.name) or says_secret(element.label)
