"""What the brand tells the finders about itself: its order numbers, its products, its home country.

An order number's shape is written, not programmed: `SN-########`, `#{9,12}`, `@@-####`. `#` is a digit, `@` a letter,
`*` either, `{n}` or `{n,m}` repeats the sign before it, everything else stands for itself. A regular expression would
be stronger, and one careless pair of stars in it would hang the worker on a hostile text.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cached_property

from nlp.extract.names import Names
from nlp.extract.reading import Reading

_SIGNS = {"#": r"\d", "@": "[a-z]", "*": "[a-z0-9]"}
_PART = re.compile(r"(.)(?:\{(\d{1,2})(?:,(\d{1,2}))?\})?", re.DOTALL)
_LEAST = 4
"""Letters and digits a shape must ask for: anything shorter is a quantity or a year before it is an order."""


@dataclass(frozen=True, slots=True)
class Product:
    """A product: the name the desk knows it by, what else it is called, and its codes."""

    name: str
    aliases: tuple[str, ...] = ()
    codes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Brand:
    """What is known of the brand. `region` is the ISO 3166 country whose phone numbers are written without a code.

    Raises ValueError, a sentence, for an order shape that cannot be read.
    """

    orders: tuple[str, ...] = ()
    products: tuple[Product, ...] = ()
    region: str = "TR"
    _shapes: tuple[re.Pattern[str], ...] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_shapes", tuple(_shape(written) for written in self.orders))

    @property
    def shapes(self) -> tuple[re.Pattern[str], ...]:
        """The order shapes as patterns over a reading."""
        return self._shapes

    @cached_property
    def names(self) -> Names[str]:
        """The products' names, aliases and codes, each leading to the product's name."""
        return Names((said, one.name) for one in self.products for said in (one.name, *one.aliases, *one.codes))


def _shape(written: str) -> re.Pattern[str]:
    """A shape as a pattern that takes a bounded number of steps. Raises ValueError."""
    plain = written.strip()
    parts: list[str] = []
    least = 0
    for match in _PART.finditer(plain):
        sign, low, high = match.groups()
        if sign in "{}":
            raise ValueError(
                f"Order number {written!r}: the braces at {match.start() + 1} repeat nothing that is there"
            )
        few, many = int(low or 1), int(high or low or 1)
        if few > many or many == 0:
            raise ValueError(
                f"Order number {written!r}: {{{low},{high}}} runs backwards; write the smaller number first"
            )
        pattern = _SIGNS.get(sign) or re.escape(Reading(sign).plain)
        least += few if sign in _SIGNS or sign.isalnum() else 0
        parts.append(pattern + (f"{{{few},{many}}}" if (few, many) != (1, 1) else ""))
    if least < _LEAST:
        raise ValueError(
            f"Order number {written!r}: ask for at least {_LEAST} letters or digits; # is a digit, @ a letter"
        )
    return re.compile(rf"(?<![a-z0-9]){''.join(parts)}(?![a-z0-9])")
