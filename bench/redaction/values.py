"""Values for the corpus: names, addresses and numbers from Faker, secrets in published formats by chance."""

from __future__ import annotations

import random
import string
from collections.abc import Callable

from faker import Faker

_B62 = string.ascii_letters + string.digits
_HEX = "0123456789abcdef"
_UPPER = string.ascii_uppercase + "234567"


class Values:
    """locale: a Faker locale. What Faker lacks for it comes from its English."""

    def __init__(self, locale: str, rng: random.Random) -> None:
        self._rng = rng
        self._fake = Faker(locale)
        self._fake.seed_instance(rng.randrange(1 << 30))
        self._english = Faker("en_US")
        self._english.seed_instance(rng.randrange(1 << 30))
        self._latin = locale[:2] not in ("ja", "zh", "ko", "ar", "fa", "hi")

    def make(self, slot: str) -> tuple[str, str]:
        """(what stands before the value and stays, the value)."""
        if slot == "title_person":
            return self._rng.choice(("Dr. ", "Mr ", "Mrs. ", "Ms. ", "Prof. ")), self._name()
        maker: Callable[[], str] = getattr(self, f"_{slot}")
        return "", " ".join(maker().replace("\n", ", ").split())

    def _given(self) -> str:
        return str(self._fake.first_name())

    def _family(self) -> str:
        return str(self._fake.last_name())

    def _name(self) -> str:
        if not self._latin:
            return str(self._fake.name())
        return f"{self._given()} {self._family()}"

    def _person(self) -> str:
        if not self._latin:
            return self._name()
        given, family = self._given(), self._family()
        styles = (f"{given} {family}",) * 6 + (
            f"{given[0]}. {family}",
            f"{given} {self._rng.choice(string.ascii_uppercase)}. {family}",
            f"{given} {family}-{self._family()}",
            given,
        )
        return self._rng.choice(styles)

    def _person_lower(self) -> str:
        return self._name().lower()

    def _person_upper(self) -> str:
        return self._name().upper()

    def _person_reversed(self) -> str:
        return f"{self._family()}, {self._given()}" if self._latin else self._name()

    def _email(self) -> str:
        return str(self._rng.choice((self._fake.ascii_safe_email, self._fake.ascii_free_email, self._english.email))())

    def _phone(self) -> str:
        number = self._fake.phone_number()
        return str(number) + self._rng.choice(("",) * 9 + (" ext. 12",))

    def _card(self) -> str:
        number = str(self._english.credit_card_number())
        gap = self._rng.choice(("", "", " ", "-"))
        sizes = (4, 6, 5) if len(number) == 15 else (4, 4, 4, 4, 3)
        parts, at = [], 0
        for size in sizes:
            parts.append(number[at : at + size])
            at += size
        return gap.join(part for part in parts if part)

    def _iban(self) -> str:
        try:
            number = self._fake.iban()
        except AttributeError:
            number = self._english.iban()
        spaced = " ".join(number[i : i + 4] for i in range(0, len(number), 4))
        return str(self._rng.choice((number, spaced)))

    def _ssn(self) -> str:
        return str(self._english.ssn())

    def _ip(self) -> str:
        return str(self._english.ipv4() if self._rng.random() < 0.7 else self._english.ipv6())

    def _mac(self) -> str:
        return str(
            self._rng.choice((self._english.mac_address(), self._english.mac_address().replace(":", "-").upper()))
        )

    def _address(self) -> str:
        if self._rng.random() < 0.3:
            return str(self._fake.street_address())
        return str(self._fake.address())

    def _birth(self) -> str:
        date = self._english.date_of_birth(minimum_age=18, maximum_age=90)
        return str(date.strftime(self._rng.choice(("%d.%m.%Y", "%m/%d/%Y", "%Y-%m-%d", "%d %B %Y", "%B %d, %Y"))))

    def _id(self) -> str:
        return str(self._english.bothify(self._rng.choice(("??######", "########", "?##-####-##", "##-#######"))))

    def _firm(self) -> str:
        return str(self._english.company() + self._rng.choice((" Inc.", " LLC", " Ltd", " GmbH", " Group")))

    def _chars(self, n: int, alphabet: str = _B62) -> str:
        return "".join(self._rng.choice(alphabet) for _ in range(n))

    def _password(self) -> str:
        return str(self._english.password(length=self._rng.randrange(8, 16), special_chars=False))

    def _secret(self) -> str:
        pick = self._rng.choice
        makers: tuple[Callable[[], str], ...] = (
            lambda: pick(("ghp_", "gho_", "ghs_")) + self._chars(36),
            lambda: "github_pat_" + self._chars(22) + "_" + self._chars(59),
            lambda: "glpat-" + self._chars(20, _B62 + "-_"),
            lambda: "AKIA" + self._chars(16, _UPPER),
            lambda: self._chars(40, _B62 + "+/"),
            lambda: f"xoxb-{self._chars(12, string.digits)}-{self._chars(12, string.digits)}-{self._chars(24)}",
            lambda: pick(("sk_live_", "rk_live_", "sk_test_")) + self._chars(24),
            lambda: "AIza" + self._chars(35, _B62 + "-_"),
            lambda: "npm_" + self._chars(36),
            lambda: "pypi-AgEIcHlwaS5vcmc" + self._chars(60, _B62 + "-_"),
            lambda: f"eyJhbGciOiJIUzI1NiJ9.eyJ{self._chars(40)}.{self._chars(43, _B62 + '-_')}",
            lambda: f"SG.{self._chars(22, _B62 + '-_')}.{self._chars(43, _B62 + '-_')}",
            lambda: f"key-{self._chars(32, _HEX)}",
            lambda: pick(("SK", "AC")) + self._chars(32, _HEX),
            lambda: "hf_" + self._chars(34, string.ascii_letters),
            lambda: "dop_v1_" + self._chars(64, _HEX),
            lambda: "shpat_" + self._chars(32, _HEX),
            lambda: f"{self._chars(10, string.digits)}:AA{self._chars(33, _B62 + '-_')}",
            lambda: "sk-proj-" + self._chars(48),
            lambda: "https://hooks.slack.com/services/T" + self._chars(8, _UPPER) + "/B" + self._chars(8, _UPPER)
            + "/" + self._chars(24),
        )  # fmt: skip
        return pick(makers)()
