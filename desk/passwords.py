"""Passwords: what may be one, how it is kept, and how long wrong ones make people wait.

Sources: length, no rules of composition, no change by date: NIST SP 800-63B-4, 3.1.1.2 (15 characters where the
password is the only factor). Argon2id with 19 MiB, 2 passes, 1 lane: OWASP Password Storage Cheat Sheet. The
pause after wrong ones: OWASP Authentication Cheat Sheet, "Login Throttling".
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import timedelta

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from desk.roles import Refused
from mention import search_text

SHORTEST = 15
LONGEST = 200
"""Characters; a longer one is no password that anybody types."""

FREE = 4
"""Wrong passwords in a row that cost nothing: a capital too many, last month's one."""

FIRST_PAUSE = timedelta(seconds=30)
LONGEST_PAUSE = timedelta(minutes=15)
"""At one try in a quarter of an hour a year holds 35,000, and whoever was meant waits no longer than that."""

_HASHER = PasswordHasher(time_cost=2, memory_cost=19 * 1024, parallelism=1)
_NOBODYS = _HASHER.hash("the password of nobody")
"""What a password is held against where there is no such user, so that it takes as long."""


def _plain(password: str) -> str:
    # The same key pressed on two machines may send ş as one character or as two; RFC 8265 has the same step.
    return unicodedata.normalize("NFKC", password)[: LONGEST * 4]


def hashed(password: str) -> str:
    """A password as it is kept: salted, with the parameters it was hashed by."""
    return _HASHER.hash(_plain(password))


def is_right(kept: str | None, password: str) -> bool:
    """Whether a password is the one that is kept; None (no such user) takes as long and is never right."""
    try:
        return _HASHER.verify(kept or _NOBODYS, _plain(password)) and kept is not None
    except (VerificationError, InvalidHashError):
        return False


def is_dated(kept: str) -> bool:
    """Whether a kept password was hashed by older parameters than today's."""
    return _HASHER.check_needs_rehash(kept)


def check(password: str, names: Iterable[str]) -> None:
    """Raises Refused for what may not be a password. `names` are words around it: the user's, the brand's."""
    plain = _plain(password)
    if len(plain) < SHORTEST:
        raise Refused(
            f"Parola en az {SHORTEST} karakter olmalı; dört beş sözcük kolay akılda kalır.",
            f"A password has at least {SHORTEST} characters; four or five words are easy to remember.",
        )
    if len(plain) > LONGEST:
        raise Refused(f"Parola en çok {LONGEST} karakter olabilir.", f"A password has at most {LONGEST} characters.")
    bare = search_text(plain)
    for name in [search_text(name) for name in names]:
        bare = bare.replace(name, "") if name else bare
    if len(set(bare)) < 5 or any(bare in row or bare in row[::-1] for row in _ROWS):
        raise Refused(
            "Bu parola kolay bulunur: addan, yinelenen ya da yan yana duran harflerden başka bir şeyi olmalı.",
            "This password is easily found: it needs more than a name, repeated letters or keys in a row.",
        )


_ROWS = ("0123456789" * 3, "qwertyuiopasdfghjklzxcvbnm" * 2, "abcdefghijklmnopqrstuvwxyz" * 2)


def pause_after(failed: int) -> timedelta:
    """How long nothing is tried after this many wrong passwords in a row: it doubles up to LONGEST_PAUSE."""
    over = failed - FREE - 1
    if over < 0:
        return timedelta(0)
    return min(FIRST_PAUSE * (1 << min(over, 10)), LONGEST_PAUSE)
