"""Personal numbers and addresses: phones, e-mail, IBAN, national ids, payment cards; for masking and for calling back.

Everything is looked for in runs of digits, because people write `0532 123 45 67`, `0532.123.4567` and `5 3 2 1 2 ...`.
Checksums decide (python-stdnum), then the word beside a number. Runs are cut at group boundaries only, so the work
grows with the text's length and not with its square.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Literal

import phonenumbers
from phonenumbers import PhoneNumberFormat, PhoneNumberType
from stdnum import iban as iban_checks
from stdnum import luhn, numdb
from stdnum.tr import tckimlik

from nlp.extract import cues
from nlp.extract.found import Personal
from nlp.extract.reading import Reading, Taken

Kind = Literal["phone", "email", "iban", "national_id", "card"]

_RUN = re.compile(r"\d(?:[ .\-/()]{0,3}\d)*")
_LONGEST = 19
"""Digits of the longest card (ISO/IEC 7812) and so of the longest window; IBANs are read apart."""

_EMAIL = re.compile(
    r"(?<![\w.+%-])[\w.+%-]{1,64}(?: ?[(\[] ?(?:at|et) ?[)\]] ?|@)"
    r"(?P<domain>(?:[\w-]{1,63}(?:\.| ?[(\[] ?(?:dot|nokta) ?[)\]] ?)){1,6}[a-z]{2,24})(?![\w@])"
)
_IBAN = re.compile(r"(?<![a-z0-9])(?=([a-z]{2}[ .-]?\d[ ]?\d(?:[ .-]{0,2}[a-z0-9]){10,40}))")
_BARE_IBAN = re.compile(r"(?<![a-z0-9])\d{2}(?:[ .-]{0,2}\d){22}(?![a-z0-9])")
_TURKISH_IBAN = 26
_COMPANY = frozenset({PhoneNumberType.TOLL_FREE, PhoneNumberType.SHARED_COST, PhoneNumberType.UAN,
                      PhoneNumberType.PREMIUM_RATE})  # fmt: skip
_TURKISH_BUSINESS = ("+90850", "+90444")
"""Turkey's own company lines; libphonenumber counts 0850 among internet telephony."""

# Leading digits and lengths of the payment networks (ISO/IEC 7812 issuers): a number that only passes Luhn's sum is a
# card once in ten times.
_CARD = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|5[1-5]\d{14}|2[2-7]\d{14}|3[47]\d{13}|3[068]\d{12}|35\d{14}|6(?:011|5\d\d"
    r"|4[4-9]\d)\d{12}"
    r"|62\d{14,17}|9792\d{12}|50\d{14}|5[6-9]\d{14}|6[37]\d{14}"
)

# How many digits something that begins with this digit may have in Turkey. Asking only these keeps a page of single
# digits from being looked up thirteen times at each.
_LENGTHS: dict[str, frozenset[int]] = {
    "0": frozenset({11, 12, 13, 14, 15}),
    "1": frozenset({11}),
    "2": frozenset({10, 11, 16}),
    "3": frozenset({10, 11, 14, 15, 16}),
    "4": frozenset({7, 10, 11, 13, 16, 19}),
    "5": frozenset({10, 11, 16}),
    "6": frozenset({11, 16, 17, 18, 19}),
    "7": frozenset({11}),
    "8": frozenset({11}),
    "9": frozenset({11, 12, 16}),
}
MOST_LOOKED_UP = 5_000
"""Phone numbers of one text that are looked up: half a second's work, and more than any customer writes."""

_ANY_PHONE = frozenset(range(7, _LONGEST + 1))


@dataclass(frozen=True, slots=True)
class _Run:
    """The digits of a run, where each stands in the reading, and at which of them a group begins (and the end)."""

    digits: str
    places: tuple[int, ...]
    groups: tuple[int, ...]

    def ones(self, group: int, last: int) -> bool | None:
        """For groups that are all of one digit: whether no such group stands beside them; None for other groups.

        Digits spelled one by one are one number, from the first to the last; every window of them would be too many.
        """
        if self.groups[last] - self.groups[group] != last - group:
            return None
        before = group > 0 and self.groups[group] - self.groups[group - 1] == 1
        after = last + 1 < len(self.groups) and self.groups[last + 1] - self.groups[last] == 1
        return not before and not after

    def window(self, first: int, past: int) -> tuple[int, int]:
        return self.places[first], self.places[past - 1] + 1


class _LookUp:
    """Asks phonenumbers, at most MOST_LOOKED_UP times for one text."""

    def __init__(self, region: str) -> None:
        self.region = region
        self._asked = 0

    def number(self, digits: str) -> tuple[str, bool] | None:
        """The number as E.164 and whether it is a company's line; None where no such number is given out.

        Past the limit the look of a number decides, so that a list of thousands is masked and does not take minutes.
        """
        self._asked += 1
        if self._asked > MOST_LOOKED_UP:
            return "+" + digits.lstrip("+0"), False
        try:
            number = phonenumbers.parse(digits, self.region)
        except phonenumbers.NumberParseException:
            return None
        if not phonenumbers.is_valid_number(number):
            return None
        value = phonenumbers.format_number(number, PhoneNumberFormat.E164)
        return value, value.startswith(_TURKISH_BUSINESS) or phonenumbers.number_type(number) in _COMPANY


def find_addresses(reading: Reading, taken: Taken) -> Iterator[Personal]:
    """E-mail addresses and IBANs; what is found is taken."""
    yield from _emails(reading, taken)
    yield from _ibans(reading, taken)


def find_numbers(reading: Reading, taken: Taken, region: str) -> Iterator[Personal]:
    """National ids, cards and phones that are not taken; what is found is taken.

    `region` is the country whose phone numbers are written without a country code.
    """
    look_up = _LookUp(region)
    for match in _RUN.finditer(reading.plain):
        if match.end() - match.start() >= 7:
            yield from _numbers(reading, taken, _run(match), look_up)


def _run(match: re.Match[str]) -> _Run:
    start, run = match.start(), match.group()
    places = tuple(start + at for at, char in enumerate(run) if char.isdigit())
    groups = [0, *(number for number, (a, b) in enumerate(pairwise(places), 1) if b != a + 1), len(places)]
    return _Run("".join(char for char in run if char.isdigit()), places, tuple(groups))


def _numbers(reading: Reading, taken: Taken, run: _Run, look_up: _LookUp) -> Iterator[Personal]:
    group = 0
    while group < len(run.groups) - 1:
        first = run.groups[group]
        best: Personal | None = None
        past_group = group
        begins = run.places[first]
        signed = "+" in reading.plain[max(0, begins - 2) : begins]
        lengths = _ANY_PHONE if signed or look_up.region != "TR" else _LENGTHS[run.digits[first]]
        for last in range(group + 1, min(group + _LONGEST + 1, len(run.groups))):
            past = run.groups[last]
            if past - first > _LONGEST:
                break
            if past - first not in lengths or run.ones(group, last) is False:
                continue
            sizes = [run.groups[n + 1] - run.groups[n] for n in range(group, last)]
            one = _number(reading, taken, run, first, past, sizes, look_up)
            if one is not None and (best is None or _rank(one) >= _rank(best)):
                best, past_group = one, last
        if best is None:
            group += 1
            continue
        taken.take(run.places[first], run.places[run.groups[past_group] - 1] + 1)
        yield best
        group = past_group


def _rank(one: Personal) -> tuple[bool, int]:
    return one.valid, ("phone", "national_id", "card").index(one.kind)


def _number(
    reading: Reading, taken: Taken, run: _Run, first: int, past: int, sizes: list[int], look_up: _LookUp
) -> Personal | None:
    digits = run.digits[first:past]
    start, end = run.window(first, past)
    if len(digits) == 11 and _even(sizes, 6) and digits[0] != "0":
        valid = tckimlik.is_valid(digits)
        if (valid or len(sizes) == 1) and taken.free(start, end):
            said = cues.says(reading.plain, start, end)
            if said == "national_id" or (valid and said not in ("order", "tracking", "other")):
                return Personal(*reading.span(start, end), "national_id", digits, valid)
    if len(digits) >= 13 and _card_like(sizes) and taken.free(start, end):
        valid = _CARD.fullmatch(digits) is not None and luhn.is_valid(digits)
        if valid or (len(digits) == 16 and len(set(digits)) > 2):
            said = cues.says(reading.plain, start, end)
            if said == "card" or (valid and said not in ("order", "tracking", "other")):
                return Personal(*reading.span(start, end), "card", digits, valid)
    return _phone(reading, taken, run, first, past, sizes, look_up)


def _even(sizes: list[int], most: int) -> bool:
    """Whether digits are grouped as one number would be: few groups, or one digit each."""
    return len(sizes) <= most or all(size == 1 for size in sizes)


def _card_like(sizes: list[int]) -> bool:
    return (
        len(sizes) == 1
        or (all(size == sizes[0] for size in sizes[:-1]) and 0 < sizes[-1] <= sizes[0] <= 8)
        or sizes in ([4, 6, 5], [4, 6, 4])
    )


def _phone(
    reading: Reading, taken: Taken, run: _Run, first: int, past: int, sizes: list[int], look_up: _LookUp
) -> Personal | None:
    digits = run.digits[first:past]
    start, end = run.window(first, past)
    plain = reading.plain
    plus = plain[:start].endswith("+") if start < 2 else plain[start - 1] == "+" or plain[start - 2 : start] == "+("
    lead = plain.rfind("+", max(0, start - 2), start) if plus else start
    whole = start - 1 if not plus and plain[start - 1 : start] == "(" and ")" in plain[start:end] else lead
    if len(digits) > 15 or max(sizes) > 15 or (not plus and not _worth_asking(digits, sizes, look_up.region)):
        return None
    if not taken.free(whole, end) or (plain[start - 1 : start].isalpha() and len(sizes) == 1 and digits[0] not in "05"):
        return None
    number = look_up.number(("+" if plus else "") + digits)
    if number is None:
        return None
    value, company = number
    local = digits[0] != "0" and not plus and len(digits) == 10 and look_up.region == "TR"
    said = cues.says(plain, start, end)
    if said in ("order", "tracking", "other", "national_id", "iban") and (local or digits[0] != "0") and not plus:
        return None
    if local and len(sizes) == 1 and digits[0] != "5" and said != "phone":
        return None  # ten digits in a row that begin like a city's code: more often an order than somebody's number
    if len(digits) == 7 and not digits.startswith("444"):
        return None
    return Personal(*reading.span(whole, end), "phone", value, True, not company)


def _worth_asking(digits: str, sizes: list[int], region: str) -> bool:
    """Whether digits without a plus look enough like a phone to be looked up, which costs a tenth of a millisecond."""
    if digits.startswith("00"):
        return 11 <= len(digits) <= 15
    if region != "TR":
        return 9 <= len(digits) <= 12 and (digits[0] == "0" or len(sizes) in (3, 4))
    return (
        (len(digits) == 11 and digits[0] == "0" and digits[1] in "234589")
        or (len(digits) == 10 and digits[0] in "2345" and (len(sizes) in (1, 10) or sizes[0] == 3))
        or (len(digits) == 12 and digits.startswith("90"))
        or (len(digits) == 13 and digits.startswith("090"))
        or (digits.startswith("444") and sizes in ([3, 1, 3], [3, 4], [3, 2, 2], [7]) and len(digits) == 7)
    )


def _emails(reading: Reading, taken: Taken) -> Iterator[Personal]:
    for match in _EMAIL.finditer(reading.plain):
        if taken.take(*match.span()):
            value = re.sub(r" ?[(\[] ?(?:at|et) ?[)\]] ?", "@", match.group())
            value = re.sub(r" ?[(\[] ?(?:dot|nokta) ?[)\]] ?", ".", value)
            yield Personal(*reading.span(*match.span()), "email", value)


def _ibans(reading: Reading, taken: Taken) -> Iterator[Personal]:
    plain = reading.plain
    for match in _IBAN.finditer(plain):
        one = _iban(reading, match.start(), match.group(1))
        if one is not None and taken.take(one[0], one[1]):
            yield Personal(*reading.span(one[0], one[1]), "iban", one[2], one[3])
    for match in _BARE_IBAN.finditer(plain):
        value = "TR" + re.sub(r"\D", "", match.group())
        valid = iban_checks.is_valid(value)
        if (valid or cues.before(plain, match.start()) == "iban") and taken.take(*match.span()):
            yield Personal(*reading.span(*match.span()), "iban", value, valid)


def _iban(reading: Reading, start: int, run: str) -> tuple[int, int, str, bool] | None:
    """An IBAN that begins at `start`: place, value, whether its checksum fits. Words may follow it in the run."""
    places = [at for at, char in enumerate(run) if char.isalnum()]
    compact = "".join(run[at] for at in places).upper()
    length = _iban_length(compact[:2])
    if length and len(compact) >= length and compact.isascii() and iban_checks.is_valid(compact[:length]):
        return start, start + places[length - 1] + 1, compact[:length], True
    value = compact[:_TURKISH_IBAN]
    if value.startswith("TR") and len(value) == _TURKISH_IBAN and value[2:].isdigit():
        return start, start + places[_TURKISH_IBAN - 1] + 1, value, False
    return None


@lru_cache(maxsize=1_000)
def _iban_length(country: str) -> int:
    """Characters of a country's IBANs by the registry that python-stdnum carries; 0 for no such country."""
    described = numdb.get("iban").info(country)[0][1]
    return 4 + sum(int(size) for size in re.findall(r"\d+", described.get("bban", ""))) if "bban" in described else 0
