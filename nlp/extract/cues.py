"""Words beside a number that say what it is: `sipariş no`, `takip numarası`, `TC kimlik`, `kart no`, `tel`."""

from __future__ import annotations

import re

_BACK = 48
"""Characters before a number in which its word is looked for: `müşteri temsilcisine verdiğim sipariş numaram şu:`."""
_AHEAD = 28

_ORDER = r"siparis|(?:purchase |confirmation )?order(?!ed|ing|ly)|sip(?=\.| no)|booking|reservation|rezervasyon|pnr"
_TRACKING = r"takip|gonderi|barkod|tracking|waybill|awb|irsaliye|shipment|kargo (?:no|kod|num)|consignment"
_OTHER = (
    r"fatura no|abone|musteri no|uye(?:lik)? no|police no|seri no|imei|tesisat|invoice|serial|customer (?:no|id|num)"
)
_FIRM = r"numara\w*|number|no|nr|num|kod\w*|code|id|ref\w*"
_FILLER = (
    rf"(?:{_FIRM}|numarali|nolu|benim|is|was|my|the|s|su|da|de|olarak|icin|soyle|asagida|of|siparis\w*|takip|verdigim)"
)

TOLD = re.compile(
    rf"(?<![a-z0-9])(?:(?P<tracking>{_TRACKING})|(?P<order>{_ORDER}))[a-z]{{0,14}}(?:'[a-z]{{1,6}})?"
    rf"(?P<filler>(?:[ .:#=-]{{1,3}}{_FILLER}(?:'[a-z]{{1,6}})?(?![a-z0-9])){{0,5}})(?P<mark>[ .:;#=()>\"*-]{{0,6}})"
)
"""A word that announces an order's or a parcel's number, up to where the number would begin."""

FIRM = re.compile(rf"(?<![a-z])(?:{_FIRM})(?![a-z])")
"""Words after which a number must follow: `sipariş no` announces one, `sipariş` alone may be followed by anything."""

_NEAREST = re.compile(
    rf"(?<![a-z0-9])(?:(?P<tracking>{_TRACKING})|(?P<order>{_ORDER})|(?P<other>{_OTHER})"
    r"|(?P<national_id>tc(?![a-z])|t\.c|tckn|kimlik|national id|identity (?:no|num|card))"
    r"|(?P<iban>iban|hesap no|account n)"
    r"|(?P<card>(?:kredi |banka )?kart(?!on|us|vizit)|(?:credit |debit |bank )?card(?!iff|io|igan|board)|visa"
    r"|mastercard|troy)"
    r"|(?P<phone>tel(?![a-z])|telefon|tlf|gsm|cep|whats?app|wp(?![a-z])|numaram|iletisim|ulas|arayin|arayabil"
    r"|phone|mobile"
    r"|call|contact|reach me|text me))"
)
_AFTER = re.compile(
    r"['\")]{0,2}[ ]{0,2}(?:no'?lu|numarali|nolu|no|kodlu|sayili)?[ ]{0,2}"
    r"(?:(?P<order>siparis|order|rezervasyon)|(?P<tracking>takip|gonderi|kargo|paket|parcel|shipment)"
    r"|(?P<card>kart)|(?P<national_id>tc(?![a-z])|kimlik)|(?P<phone>(?:dan|den)? ?(?:ulas|ara(?:yin|yabil))))"
)


def before(plain: str, at: int) -> str | None:
    """What the nearest telling word before `plain[at]`, on the same line, says a number there is."""
    window = plain[max(0, at - _BACK) : at].rpartition("\n")[2]
    said = None
    for match in _NEAREST.finditer(window):
        said = match.lastgroup
    return said


def after(plain: str, end: int) -> str | None:
    """What the word right after a number says it is: `12345678 nolu siparişim`."""
    match = _AFTER.match(plain, end, end + _AHEAD)
    return match.lastgroup if match else None


def says(plain: str, start: int, end: int) -> str | None:
    """What the words around `plain[start:end]` say the number is; what follows it directly is heard first."""
    return after(plain, end) or before(plain, start)
