"""Voucher codes: read from a file, sealed before they are stored, opened only for who hands one to a customer.

A code is money. It is encrypted (Fernet, https://cryptography.io/en/latest/fernet/) under the key in the environment
variable NOBET_CODES_KEY, so that a backup or an export of the store gives none away; what tells one code from another
is a keyed digest. No code is ever in an event, a log, an export or the words of an error.
"""

from __future__ import annotations

import csv
import hashlib
import hmac
import io
import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from cryptography.fernet import Fernet, InvalidToken

from desk.money import Money, MoneyError, money
from desk.roles import Refused
from desk.secrets import keep_secret

KEY = "NOBET_CODES_KEY"
MAX_CODE = 200
"""Characters of a code; longer is another column pasted by mistake."""

MAX_CODES = 200_000
"""Codes of one file; they are stored in one transaction."""

COLUMNS = ("code", "amount", "currency", "expires")


class Seal:
    """Closes and opens codes with one key."""

    def __init__(self, key: str) -> None:
        try:
            self._fernet = Fernet(key.encode())
        except ValueError:
            raise Refused(
                f"{KEY} bir anahtar değil; nobet.env yedeğinizdeki değeri geri koyun.",
                f"{KEY} is not a key; put back the value from your copy of nobet.env.",
            ) from None
        self._digest_key = hashlib.sha256(b"nobet voucher codes" + key.encode()).digest()

    def close(self, code: str) -> str:
        """The code encrypted; another text each time."""
        return self._fernet.encrypt(code.encode()).decode()

    def open(self, sealed: str) -> str:
        """The code again. Raises Refused where it was sealed with another key."""
        try:
            return self._fernet.decrypt(sealed.encode()).decode()
        except InvalidToken:
            raise Refused(
                f"Kod başka bir anahtarla saklanmış; {KEY} değişkenine eski değerini geri koyun.",
                f"The code was sealed with another key; put the former value back into {KEY}.",
            ) from None

    def digest(self, code: str) -> str:
        """The same hex for the same code under this key, from which the code cannot be guessed without the key."""
        return hmac.new(self._digest_key, code.encode(), hashlib.sha256).hexdigest()


def seal_from_environment() -> Seal:
    """The seal of this installation. Raises Refused where the environment has no key."""
    key = os.environ.get(KEY, "").strip()
    if not key:
        raise Refused(
            f"Kupon kodlarının anahtarı yok; {KEY} değişkenini nobet.env dosyasından ya da yedeğinden geri koyun.",
            f"The key of the voucher codes is missing; put {KEY} back from nobet.env or a copy of it.",
        )
    return Seal(key)


def seal_for_import(home: Path, has_codes: bool) -> Seal:
    """The seal for new codes. The first import makes the key and keeps it in `nobet.env` in `home`.

    Raises Refused where codes exist whose key is missing, desk.secrets.SecretError where it cannot be kept.
    """
    if not os.environ.get(KEY, "").strip() and not has_codes:
        keep_secret(home, KEY, Fernet.generate_key().decode())
    return seal_from_environment()


@dataclass(frozen=True, repr=False)
class NewCode:
    """A code of a file: its worth, and the moment from which it is worth nothing any more. Never printed."""

    code: str
    worth: Money
    expires_at: datetime | None


@dataclass(frozen=True)
class CodeFile:
    """What a file of codes held: the codes, how many were in it twice, and what is wrong with which line."""

    codes: tuple[NewCode, ...]
    twice: int
    problems: tuple[str, ...]


def read_codes(
    text: str, zone: ZoneInfo, amount: str | None = None, currency: str | None = None, expires: str | None = None
) -> CodeFile:
    """Codes from text: one a line, or CSV (comma, semicolon or tab) whose first line names `code` and perhaps
    `amount`, `currency`, `expires`.

    What the file does not say of a code is taken from the arguments. `expires` is the last day on which a code is
    good, in `zone`. A problem names its line and never the code.
    """
    text = text.removeprefix("\ufeff")
    first = text.split("\n", 1)[0].strip().lower()
    separator = next((sign for sign in ";\t," if sign in first), ",")
    names = [name.strip().strip('"') for name in first.split(separator)]
    rows: Iterable[tuple[int, dict[str, str]]]
    if "code" in names:
        unknown = [name for name in names if name not in COLUMNS]
        if unknown:
            return CodeFile((), 0, (f"line 1: the columns are {', '.join(COLUMNS)}; {unknown[0][:40]!r} is none",))
        reader = csv.reader(io.StringIO(text), delimiter=separator)
        next(reader)
        rows = [(reader.line_num, dict(zip(names, row, strict=False))) for row in reader if any(row)]
    else:
        rows = [(at, {"code": line}) for at, line in enumerate(text.splitlines(), 1) if line.strip()]
    codes: dict[str, NewCode] = {}
    problems: list[str] = []
    count = 0
    for at, row in rows:
        count += 1
        try:
            new = _code(row, zone, amount, currency, expires)
        except (MoneyError, ValueError) as error:
            problems.append(f"line {at}: {error}")
            continue
        codes.setdefault(new.code, new)
    if count > MAX_CODES:
        return CodeFile((), 0, (f"the file has {count} codes; import at most {MAX_CODES} at a time",))
    return CodeFile(tuple(codes.values()), count - len(problems) - len(codes), tuple(problems))


def _code(
    row: dict[str, str], zone: ZoneInfo, amount: str | None, currency: str | None, expires: str | None
) -> NewCode:
    code = row.get("code", "").strip()
    if not code or len(code) > MAX_CODE or not code.isprintable() or " " in code:
        raise ValueError(f"a code is 1 to {MAX_CODE} printable characters without spaces")
    sum_, unit = row.get("amount", "").strip() or amount, row.get("currency", "").strip() or currency
    if not sum_ or not unit:
        raise ValueError("what the code is worth is not said; add --amount and --currency, or columns of that name")
    last = row.get("expires", "").strip() or expires
    return NewCode(code, money(sum_, unit), _end_of(last, zone) if last else None)


def _end_of(day: str, zone: ZoneInfo) -> datetime:
    try:
        last = date.fromisoformat(day)
    except ValueError:
        raise ValueError(f"{day[:20]!r} is not a day such as 2027-12-31") from None
    return datetime.combine(last + timedelta(days=1), time(), zone)
