"""What an order is found by: its number, a phone, an e-mail address, in one spelling, and how far it proves who writes.

A number that somebody typed proves nothing about them: it may have been read off a parcel or a screenshot. Strong
proof is what a platform or a mail server vouches for: a marketplace's own order id, a verified sender's address.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from mention import Fact, search_text

Kind = Literal["order", "phone", "email"]
Proof = Literal["strong", "weak"]
KINDS: tuple[Kind, ...] = ("order", "phone", "email")

LONGEST = 64
"""Characters of an order number; the longest seen (a UUID) has 36."""

MOST = 6
"""Keys of one case that are asked for; more is a pasted list and would only make the shop's systems slow."""

_EMAIL = re.compile(r"[^\s@<>\"',;:()\[\]\\]{1,64}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){1,6}")


_MOBILE = re.compile(r"(?:0090|90|0)?(5\d{9})")
"""A Turkish mobile number in any of the ways in which shops store it."""


class OrderKeyError(ValueError):
    """Text that is no order number, phone or e-mail address; the message is a sentence."""


@dataclass(frozen=True, slots=True)
class OrderKey:
    """One way to find an order: `value` in one spelling (see the functions below). `proof` is of who writes."""

    kind: Kind
    value: str
    proof: Proof = "weak"

    @property
    def folded(self) -> str:
        """The form in which the shop's records are compared with it: see `fold`."""
        return fold(self.kind, self.value)

    @property
    def forms(self) -> dict[str, str]:
        """Every spelling that a query or an address may ask for; all of them are data, never part of a statement."""
        forms = {"value": self.value, "folded": self.folded}
        if self.kind == "phone":
            import phonenumbers  # here: the settings use this file, and most commands ask for no phone

            digits = self.value.lstrip("+")
            national = str(phonenumbers.parse(self.value).national_number) if self.value.startswith("+") else digits
            forms |= {"digits": digits, "national": national}
        return forms


def fold(kind: str, value: str, region: str = "TR") -> str:
    """The form in which a stored value and a key's value are equal; empty where nothing is left.

    An order number keeps its letters and digits in small ASCII, a phone becomes E.164 (or its digits where no such
    number is given out), an address small letters.
    """
    if kind == "email":
        return value.strip().replace("İ", "i").lower()
    if kind == "phone":
        digits = "".join(c for c in value if c in "0123456789")
        if region == "TR" and (mobile := _MOBILE.fullmatch(digits)):
            return f"+90{mobile[1]}"  # a big export has one per row, and parsing each costs a tenth of a millisecond
        return _e164(value, region) or "".join(c for c in value if c.isdigit())
    plain = value.lower() if value.isascii() else search_text(unicodedata.normalize("NFKC", value))
    return "".join(c for c in plain if c.isalnum())


def order_key(number: str, proof: Proof = "weak") -> OrderKey:
    """A key of an order number: without spaces and a leading #, in capitals; raises OrderKeyError."""
    text = "".join(c for c in unicodedata.normalize("NFKC", number) if c.isprintable() and not c.isspace())
    text = text.lstrip("#").replace("İ", "I").replace("ı", "I").upper()
    if not any(c.isalnum() for c in text):
        raise OrderKeyError("An order number has at least one letter or digit")
    if len(text) > LONGEST:
        raise OrderKeyError(f"An order number of {len(text)} characters is too long; at most {LONGEST} are asked for")
    return OrderKey("order", text, proof)


def phone_key(number: str, proof: Proof = "weak", region: str = "TR") -> OrderKey:
    """A key of a phone number in E.164; a number without country code is of `region`. Raises OrderKeyError."""
    value = _e164(number, region)
    if value is None:
        raise OrderKeyError("That is no phone number that is given out; write it with its country code, +90 …")
    return OrderKey("phone", value, proof)


def email_key(address: str, proof: Proof = "weak") -> OrderKey:
    """A key of an e-mail address in small letters; raises OrderKeyError."""
    value = fold("email", address)
    if not _EMAIL.fullmatch(value):
        raise OrderKeyError("That is no e-mail address")
    return OrderKey("email", value, proof)


def read_key(text: str, proof: Proof = "weak", region: str = "TR") -> OrderKey:
    """A key as a person types it: `order:…`, `phone:…`, `email:…`, or by its looks. Raises OrderKeyError."""
    kind, found, rest = text.strip().partition(":")
    makers = {"order": order_key, "email": email_key}
    if found and kind in KINDS:
        return phone_key(rest, proof, region) if kind == "phone" else makers[kind](rest, proof)
    if "@" in text:
        return email_key(text, proof)
    looks = text.strip()
    if looks.startswith(("+", "0")) and (value := _e164(looks, region)):
        return OrderKey("phone", value, proof)
    return order_key(text, proof)


def keys_from(
    facts: Iterable[Fact],
    *,
    platform_order: str | None = None,
    verified_email: str | None = None,
    region: str = "TR",
) -> tuple[OrderKey, ...]:
    """The keys of a case, first choice first, at most MOST.

    `facts` are what was found in the customer's words (all of it weak proof, wherever it was written);
    `platform_order` is the order id that a marketplace delivered with the message; `verified_email` the sender's
    address, only where the mail server has verified it (SPF or DKIM aligned with it). What is no key is passed over.
    """
    found: list[OrderKey] = []

    def add(kind: Kind, text: str, proof: Proof) -> None:
        try:
            key = {"order": order_key, "email": email_key}[kind](text, proof) if kind != "phone" else phone_key(
                text, proof, region
            )  # fmt: skip
        except OrderKeyError:
            return
        if all((one.kind, one.folded) != (key.kind, key.folded) for one in found):
            found.append(key)

    if platform_order:
        add("order", platform_order, "strong")
    told = sorted((one for one in facts if one.kind in KINDS), key=lambda one: (KINDS.index(one.kind), one.start))
    if verified_email:  # before the same address as typed, so that the strong one is kept; asked after order numbers
        add("email", verified_email, "strong")
    for fact in told:
        add(fact.kind, fact.value or fact.text, "weak")  # type: ignore[arg-type]
    ranks = {"order": 0, "email": 2, "phone": 3}
    found.sort(key=lambda one: 1 if one.kind == "email" and one.proof == "strong" else ranks[one.kind])
    return tuple(found[:MOST])


def _e164(text: str, region: str) -> str | None:
    if not text or len(text) > 40:
        return None
    import phonenumbers

    try:
        number = phonenumbers.parse(text, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(number):
        return None
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
