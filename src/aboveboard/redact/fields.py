"""Which fields are secret whatever is typed into them, and which take text at all.

Judged by role, and by what name, label and content say, in the languages below; a field we know nothing about is
secret. English, German, French, Spanish, Italian, Portuguese, Dutch, Polish, Czech, Hungarian, Romanian, Swedish,
Danish, Norwegian, Finnish, Turkish, Greek, Russian and Ukrainian for all of password, PIN, code, card and answer; a
few words each of Arabic, Chinese, Hindi, Japanese, Korean, Thai and Vietnamese.
"""

from __future__ import annotations

import re
import unicodedata

from aboveboard.core.events import ObservedElement
from aboveboard.redact.words import word_set

# Whole words, lower case.
_WHOLE = word_set(
    "pin pins puk tan otp totp hotp cvv cvv2 cvc cvc2 csc cvn ccv pass pwd pw psw pswd code codes card cards answer"
    " answers token tokens secret secrets key keys ssn 2fa mfa iban pan auth nip pesel bsn nif nie dni cpf cnpj nino"
    " karte karten kartennummer geheimzahl kod kode kodu koden kód kodas cod codul koodi senha clave claves chave jeton"
    " karta karty kartu kaart kaartnummer kort kortet kortnummer kortti kart kartı kártya кпп пин пін код коду"
    " карта карты карти картка картки номеркарты ответ відповідь κωδικός κωδικο κάρτα κάρτας απάντηση"
    " antwort antwoord respuesta respuestas risposta resposta réponse reponse odpowiedź odpověď odpoveď răspuns raspuns"
    " svar svaret vastaus válasz yanıt cevap hasło haslo heslo jelszó jelszo parola parolă lösen carte tarjeta cartão"
    " cartao segreto segreta secreto secreta segredo sekret tajne tajny titok gizli salainen hemlig hemmelig"
)  # fmt: skip
# Parts of words, so that compounds count ("Kreditkartennummer"), and phrases.
_PARTS = re.compile(
    r"passw|pass ?(?:phrase|code|key|wd)|passport|reisepass|passeport|pasaporte|paszport"
    r"|kennwort|losungswort|wachtwoord|contrase|mot de passe|palavra passe|lozink|losenord|lösenord|adgangskode|salasan"
    r"|salakood|şifre|sifre|parol|συνθηματικ"
    r"|пароль|секрет|密码|密碼|验证码|驗證碼|口令|パスワード|暗証|認証|確認コード|비밀번호|인증|รหัส"
    r"|mật khẩu|mã xác|पासवर्ड|ओटीपी"
    r"|كلمة (?:المرور|السر)|رمز"
    r"|secret|geheim|cryptogram|kryptogram|"
    r"(?:credit|debit|bank|gift|prepaid) ?card|card ?(?:num|no\b|nr|holder|exp)|\bcc ?(?:num|no|exp|csc|name)"
    r"|kredit|kartenpr|kártyasz|carta di|numero (?:di |della )?carta|tarjeta|kartennr"
    r"|карт(?:ы|и|а) номер|номер карт|mm ?/ ?(?:yy|jj|aa|åå|rr)"
    r"|one ?time|einmal|usage unique|uso (?:único|unico)|monouso|eenmalig|jednoraz|engångs|engangs|kertakäyttö"
    r"|одноразов|tek kullanımlık"
    r"|\b\d{1,2} ?(?:digits?|stellig|chiffres|dígitos|digitos|cifre|cijfers|cyfr|siffror|цифр)|\bdigit \d|first digit"
    r"|\b(?:we|just) (?:sent|texted|e ?mailed)\b|sent to (?:you|your|the phone)|(?:sms|text message) (?:you|we)"
    r"|verif|vérif|authenti|autenti|bestätig|bevestig|security|sicherheit|sécurité|securite|seguridad|sicurezza|segurança"
    r"|seguranca|beveilig|veiligheid|bezpiecze|bezpečn|biztonság|säkerhet|sikkerhe|turva|güvenlik|безопас|безпек|ασφάλει"
    r"|social sec|sozialvers|credential|recovery|wiederherst|récupération|recuperación|recupero|recuperação|herstelcode"
    r"|private ?key|api ?key|access ?key|licen[cs]e ?key|product ?key|seed phrase|mnemonic|wallet"
    r"|código|codigo|codice|antwort|respuesta|réponse|risposta|resposta"
    r"|mother'?s maiden|maiden name|mädchenname|nom de jeune fille|first pet|account ?(?:number|no\b)|routing ?number"
    r"|kontonummer|personnummer|steuer ?(?:id|nummer)",
    re.IGNORECASE,
)
# Compounds that end in "code", but for those that everybody knows.
_CODE_COMPOUND = re.compile(r"\b(?!post|bar|en|de|uni)\w{2,}(?:codes?|kode?|kód|koodi)\b", re.IGNORECASE)
_TOKENS = re.compile(r"[A-Z]?[^\W\d_A-Z]+\d?|[A-Z]+\d?(?![a-z])|\d+[a-z]+")
# Of a name or label only: in what was typed these are ordinary words.
_ASKED = re.compile(
    r"memorable|(?:master|backup|seed|safe|magic) ?(?:phrase|words?)|\b(?:12|24) words|mpin\b|cv[cv]2?\b|\bpw\d\b"
    r"|valid (?:thru|until|to)\b|\bexpir(?:y|es|ation)|connection ?string|\bdsn\b|\benter (?:the )?digits|\baccess id\b"
    r"|\b(?:tax(?:payer)?|driver'?s?|driving|national|identity|id|insurance|medicare|medicaid|voter|resident)"
    r" ?(?:licen[cs]e |card |insurance )?(?:id\b|no\b|nr\b|num)"
    r"|^(?:re ?enter|re ?type|repeat(?: new)?|confirm(?:ation)?)$"
    # the questions that stand in for a password
    r"|\bfirst (?:car|school|teacher|job|employer|street|concert|phone|boss|love|kiss|crush)"
    r"|favou?rite (?:teacher|movie|film|food|book|colou?r|place|band|team|sport)|childhood"
    r"|\b(?:you|your parents) (?:grow|grew|meet|met)\b"
    r"|(?:father|mother|grandmother|grandfather)'?s? (?:middle|first|last|birth|maiden)"
    r"|\b(?:city|town) (?:were you|of your) b",
    re.IGNORECASE,
)
_SEPARATORS = re.compile(r"[\s_.\-‐-―/]+")
_HIDING = "•●*∗⬤◦∙·▪■⚫＊ \u00a0"
_SECRET_ROLES = frozenset({"password text", "password"})
_EDITABLE_ROLES = frozenset({"entry", "password text", "password", "editbar", "date editor"})
_PROMPT_ENDS = (":", "?", "：", "？", ">", "…", "...")
_CONTENT_CHARS_MAX = 200  # a longer content is a document, which may well mention a card


def is_editable(element: ObservedElement) -> bool:
    """Typing goes into it."""
    return "editable" in element.states or element.role in _EDITABLE_ROLES


def says_secret(text: str) -> bool:
    """A name, label, placeholder or content that asks for a password, a code, a card, an answer."""
    if not text:
        return False
    text = unicodedata.normalize("NFKC", text)
    spaced = _SEPARATORS.sub(" ", text)
    if _PARTS.search(text) or _PARTS.search(spaced) or _CODE_COMPOUND.search(spaced):
        return True
    return any(token.lower() in _WHOLE for token in _TOKENS.findall(text))


def asking_words(text: str) -> frozenset[str]:
    """By which words `says_secret` finds that a text does, in lower case: words of its lists only."""
    if not text:
        return frozenset()
    text = unicodedata.normalize("NFKC", text)
    spaced = _SEPARATORS.sub(" ", text)
    found = {
        match.group().lower()
        for pattern, where in ((_PARTS, text), (_PARTS, spaced), (_CODE_COMPOUND, spaced))
        for match in pattern.finditer(where)
    }
    return frozenset(found) | {token.lower() for token in _TOKENS.findall(text) if token.lower() in _WHOLE}


def asks_secret(text: str) -> bool:
    """The same of a field's name or label, by which it may also ask for what nobody would call a secret in a text."""
    return (
        says_secret(text)
        or _ASKED.search(_SEPARATORS.sub(" ", unicodedata.normalize("NFKC", text)).strip(" :*?")) is not None
    )


def content_asks(element: ObservedElement) -> bool:
    """Whether what stands in the field asks for a secret, as a placeholder does that a toolkit gives as content. In a
    text of several lines, which no placeholder has, and in what the person wrote there, only a prompt asks: a letter
    that says "answer" is a letter, and would stay withheld for good."""
    if len(element.value) > _CONTENT_CHARS_MAX:
        return False
    lines = [line for line in element.value.splitlines() if line.strip()]
    if not element.own and ("multi-line" not in element.states or len(lines) < 2):
        return says_secret(element.value)
    return any(says_secret(line) for line in lines if line.rstrip().endswith(_PROMPT_ENDS))


def is_secret(element: ObservedElement | None) -> bool:
    """True for an unknown field, a password, anything that says it wants a secret by name, label or short content, and
    whatever takes no text: characters typed onto a button or a page have no field that could vouch for them."""
    if element is None or element.role in _SECRET_ROLES or not is_editable(element):
        return True
    if element.value and not element.value.strip(_HIDING):
        return True  # it hides what it holds
    if content_asks(element):
        return True
    return asks_secret(element.name) or asks_secret(element.label)
