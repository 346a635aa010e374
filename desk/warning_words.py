"""The words of a deadline warning, in Turkish and English, and how a stranger's words are made harmless. Pure."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from desk.warnings import Warned

LINES_TOLD = 20
"""Cases that a message describes; a telephone shows no more, and the rest is named by number."""

NUMBERS_TOLD = 100
"""Case numbers that follow the described ones at most where a message is sent; the board names them all."""

_CLOCK = {"first_answer": ("first answer", "ilk yanıt"), "next_answer": ("next answer", "sonraki yanıt")}


def title(told: Sequence[Warned], now: datetime, language: str = "tr") -> str:
    """The heading of a message: the one case it is about, or how many, and how many are late."""
    late = sum(warned.due_at <= now for warned in told)
    if len(told) == 1:
        number = f"N-{told[0].case_id}"
        if language == "tr":
            return f"Nöbet: {number} için süre doldu" if late else f"Nöbet: {number} yanıt bekliyor"
        return f"Nöbet: {number} is late" if late else f"Nöbet: {number} needs an answer"
    if language == "tr":
        return f"Nöbet: {len(told)} kayıt yanıt bekliyor" + (f", {late} tanesinin süresi doldu" if late else "")
    return f"Nöbet: {len(told)} cases need an answer" + (f", {late} late" if late else "")


def body(
    told: Sequence[Warned], words: Mapping[int, str], now: datetime, zone: ZoneInfo, language: str = "tr",
    board: str = "", numbers: int | None = NUMBERS_TOLD,
) -> str:  # fmt: skip
    """The message as plain text, a case a line. `words` are customers' own, cleaned by `plain`, by case.

    `board` is the board's address; with it each described case has its link. No other address is ever in it. `numbers`
    is how many of the further cases are named, None for all of them.
    """
    lines = []
    for warned in told[:LINES_TOLD]:
        lines.append(line(warned, now, zone, language, words.get(warned.case_id, "")))
        if board:
            lines.append(f"  {board.rstrip('/')}/triage?case={warned.case_id}")
    rest = [f"N-{warned.case_id}" for warned in told[LINES_TOLD:]]
    if rest:
        more = ", ".join(rest[:numbers]) + (" …" if numbers is not None and len(rest) > numbers else "")
        lines.append(f"ve {len(rest)} kayıt daha: {more}" if language == "tr" else f"and {len(rest)} more: {more}")
    return "\n".join(lines)


def line(warned: Warned, now: datetime, zone: ZoneInfo, language: str, words: str = "") -> str:
    """One warning as a line: case, clock, share used, time left, deadline, whose it is, the customer's first words."""
    turkish = language == "tr"
    left = warned.due_at - now
    due = warned.due_at.astimezone(zone)
    local = now.astimezone(zone)
    at = f"{due:%H:%M}" if due.date() == local.date() else f"{due:%d.%m. %H:%M}"
    whose = "" if warned.person == warned.assignee else (warned.assignee or ("sahipsiz" if turkish else "unassigned"))
    if left <= timedelta(0):
        state = f"süre doldu, {length(-left, turkish)} geçti" if turkish else f"late by {length(-left, turkish)}"
    elif turkish:
        state = f"%{warned.percent} doldu, {length(left, turkish)} kaldı"
    else:
        state = f"{warned.percent}% used, {length(left, turkish)} left"
    deadline = f"son an {at}" if turkish else f"due {at}"
    parts = [f"N-{warned.case_id}", _CLOCK[warned.clock][turkish], state, deadline]
    parts += [whose] if whose else []
    parts += [f"“{words}”"] if words else []
    return " · ".join(parts)


def length(time_: timedelta, turkish: bool) -> str:
    """A length of time for reading, in minutes: `1 sa 5 dk`, `1 h 5 min`."""
    minutes = int(time_.total_seconds() // 60)
    days, hours, minutes = minutes // 1440, minutes % 1440 // 60, minutes % 60
    units = ("gün", "sa", "dk") if turkish else ("d", "h", "min")
    parts = [f"{number} {unit}" for number, unit in zip((days, hours, minutes), units, strict=True) if number]
    return " ".join(parts[:2]) or f"0 {units[2]}"


_ADDRESS = re.compile(
    r"(?:[a-z][a-z0-9+.-]*:)?//\S+|www\.\S+|\S+@\S+|\b(?:javascript|data|mailto|tel):\S*", re.IGNORECASE
)
_NUMBER = re.compile(r"\+?\d(?:[\s().-]{0,2}\d){5,}")
_SIGNS = str.maketrans({"<": "‹", ">": "›", "@": "＠", "`": "'", "“": "'", "”": "'", "*": "∗", "[": "(", "]": ")"})


def plain(text: str, limit: int) -> str:
    """What a stranger wrote, as at most `limit` characters that a message may hold.

    No address that could be pressed, no sign that calls everybody or makes bold, no number that could be a telephone
    or an order, nothing invisible.
    """
    if limit <= 0:
        return ""
    cleaned = unicodedata.normalize("NFC", text[: limit * 20 + 1000])
    kept = (" " if unicodedata.category(c) in ("Zs", "Zl", "Zp", "Cc") else c for c in cleaned
            if unicodedata.category(c) not in ("Cf", "Co", "Cs", "Cn", "Mn", "Me"))  # fmt: skip
    joined = " ".join("".join(kept).split())
    masked = _NUMBER.sub("…", _ADDRESS.sub("…", joined)).translate(_SIGNS)
    masked = re.sub(r"(?<=\w)\.(?=\w)", ". ", masked)  # `evil.example` is a link for many telephones
    masked = " ".join(masked.split())
    if len(masked) <= limit:
        return masked
    cut = masked[: limit - 1]
    at_word = cut.rsplit(" ", 1)[0] if " " in cut[limit // 2 :] else cut
    return at_word.rstrip() + "…"
