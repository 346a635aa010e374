"""Sums of money: Decimal with a currency, never mixed and never rounded in silence. Pure.

Currencies are ISO 4217's that are legal tender somewhere (CLDR's list, in babel: the old Turkish lira TRL is none);
the decimals are ISO 4217's minor units (List One, https://www.six-group.com/en/products-services/financial-information/
data-standards.html), which CLDR follows for cash and not always for accounts.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Context, Decimal, Inexact, InvalidOperation
from functools import cache

from desk.roles import Refused

_MINOR = {
    "BIF": 0, "CLP": 0, "DJF": 0, "GNF": 0, "ISK": 0, "JPY": 0, "KMF": 0, "KRW": 0, "PYG": 0, "RWF": 0, "UGX": 0,
    "VND": 0, "VUV": 0, "XAF": 0, "XOF": 0, "XPF": 0,
    "BHD": 3, "IQD": 3, "JOD": 3, "KWD": 3, "LYD": 3, "OMR": 3, "TND": 3,
}  # fmt: skip

MOST = Decimal(10) ** 12
"""Sums of a single concession stay below this; it is a slip of the hand in every currency."""

# Wide enough for a million rows of any allowed amount; what would not fit raises instead of being rounded.
_EXACT = Context(prec=40, traps=[Inexact, InvalidOperation])


class MoneyError(Refused):
    """An amount or a currency that cannot be meant; the sentence says what to write."""


@cache
def currencies() -> frozenset[str]:
    """The codes of every currency that is legal tender in some country today."""
    from babel import Locale  # here: the settings know this file, and most commands know no money
    from babel.numbers import get_territory_currencies

    territories = [str(code) for code in Locale("en").territories if len(str(code)) == 2]
    return frozenset(currency for code in territories for currency in get_territory_currencies(code))


def known_currency(currency: str | None) -> None:
    """Passes for None and for the code of a currency in use; raises MoneyError for anything else."""
    if currency is not None and currency not in currencies():
        raise MoneyError(
            f"“{currency[:10]}” geçerli bir para birimi değil; ISO 4217 kodu yazın, örneğin TRY.",
            f"{currency[:10]!r} is no currency in use; write its ISO 4217 code, such as TRY.",
        )


def decimals(currency: str) -> int:
    """How many decimals a currency has."""
    return _MINOR.get(currency, 2)


@dataclass(frozen=True)
class Money:
    """An amount above zero in one currency, written with the currency's own decimals."""

    amount: Decimal
    currency: str

    def __post_init__(self) -> None:
        known_currency(self.currency)
        amount = self.amount
        if not isinstance(amount, Decimal) or not amount.is_finite() or not 0 < amount < MOST:
            raise MoneyError(
                f"“{amount}” bir tutar değil; sıfırdan büyük, {MOST:,.0f} altında bir sayı yazın.",
                f"{amount} is not an amount; write a number above zero and below {MOST:,.0f}.",
            )
        places = decimals(self.currency)
        try:
            exact = amount.quantize(Decimal(1).scaleb(-places), context=_EXACT)
        except Inexact:
            raise MoneyError(
                f"{amount} {self.currency} yuvarlanmadan yazılamaz; bu para biriminin {places} ondalığı var.",
                f"{amount} {self.currency} would have to be rounded; the currency has {places} decimals.",
            ) from None
        object.__setattr__(self, "amount", exact)

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


def money(amount: str | Decimal, currency: str) -> Money:
    """Money from text such as `250.00`, without grouping. Raises MoneyError for anything else, `1.250,00` included."""
    text = str(amount).strip()
    plain = text.isascii() and text.replace(".", "", 1).isdigit()
    if not plain:
        raise MoneyError(
            f"“{text[:40]}” bir tutar değil; 250.00 gibi, binlik ayraç koymadan yazın.",
            f"{text[:40]!r} is not an amount; write it such as 250.00, without separators of thousands.",
        )
    return Money(Decimal(text), currency)


def total(amounts: Iterable[Decimal]) -> Decimal:
    """The exact sum; 0 of nothing. Raises decimal.Inexact rather than rounding."""
    result = Decimal(0)
    for amount in amounts:
        result = _EXACT.add(result, amount)
    return result


def totals(sums: Iterable[Money]) -> dict[str, Decimal]:
    """The exact sum of each currency apart, by code in alphabetical order."""
    by_currency: dict[str, list[Decimal]] = {}
    for each in sums:
        by_currency.setdefault(each.currency, []).append(each.amount)
    return {currency: total(by_currency[currency]) for currency in sorted(by_currency)}
