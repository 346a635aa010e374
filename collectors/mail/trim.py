"""What a person wrote in a mail, without the quoted mails below it and without the signature.

Written here and not taken from a library: mail-parser-reply (MIT) knows no Turkish, and its expressions run over the
whole text, which a stranger's five megabytes can hold up; this goes line by line and looks at the start of each.
Nothing is cut where nothing would be left, and nothing of a forwarded mail.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

_LOOK = 400
"""Characters of a line that are looked at."""

MAX_LINES = 20_000
"""Lines of a mail that is looked through; a longer one was written by a program, and is kept whole."""

_WROTE = re.compile(
    r"^\W{0,4}("
    r"(on|le|am)\b.{4,300}\b(wrote|a écrit|schrieb)"  # On Sat, 21 Nov 2026 at 09:30, Ayşe <a@b> wrote:
    r"|.{4,300}\b(şunu|şunları|sunu|sunlari)? ?(yazdı|yazdi|yazmış|yazmıştı)"  # … tarihinde Ayşe <a@b> şunu yazdı:
    r"|.{4,300}@.{3,100}\b(wrote|yazdı)"
    r")\s*:\s*$",
    re.IGNORECASE,
)
_ORIGINAL = re.compile(
    r"^\W*-{2,}\s*(original message|original appointment|özgün ileti|orijinal ileti|orijinal mesaj|asıl ileti|"
    r"ileti orijinali)\s*-{2,}\W*$",
    re.IGNORECASE,
)
_FIELDS = (
    re.compile(r"^\W{0,3}(from|kimden|gönderen)\s?\W{0,2}:", re.IGNORECASE),
    re.compile(r"^\W{0,3}(sent|date|gönderilme|gönderilme tarihi|gönderildi|tarih)\s?\W{0,2}:", re.IGNORECASE),
    re.compile(r"^\W{0,3}(to|kime|alıcı)\s?\W{0,2}:", re.IGNORECASE),
    re.compile(r"^\W{0,3}(subject|konu)\s?\W{0,2}:", re.IGNORECASE),
)
_FORWARD = re.compile(r"^\W*(fw|fwd|ilt|i̇lt|İlt|ilet)\s*:", re.IGNORECASE)
_FORWARDED = re.compile(
    r"^\W*-{2,}\s*(forwarded message|iletilen ileti|yönlendirilen ileti|iletilmiş mesaj)\s*-{2,}\W*$", re.IGNORECASE
)
_PHONE = re.compile(
    r"^\W*(sent from my \w|sent from (outlook|yahoo|mail) |get outlook for |.{0,40}(iphone|ipad|android|samsung|galaxy|"
    r"huawei|xiaomi|telefon|outlook|yahoo|mail).{0,40}(gönderildi|gonderildi|edinin)\W*$)",
    re.IGNORECASE,
)
_LEGAL = re.compile(
    r"^\W*(yasal uyarı|bu e-?posta|bu elektronik posta|bu mesaj|this e-?mail|this message|disclaimer|confidentiality)",
    re.IGNORECASE,
)
_LEGAL_WORDS = re.compile(r"gizli|yalnızca|muhatab|sorumlu|confidential|intended|privileged", re.IGNORECASE)


def is_forward(subject: str) -> bool:
    """Whether a subject says that the mail passes on another one, whose text is then what matters."""
    return bool(_FORWARD.match(subject[:_LOOK]))


def trimmed(text: str, subject: str = "") -> str:
    """`text` without quoted mails and without its signature; whole where nothing else would be left."""
    if is_forward(subject):
        return text.strip()
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    if len(lines) > MAX_LINES:
        return text.strip()
    kept: list[str] = []
    number = 0
    while number < len(lines):
        line = lines[number]
        start = line[:_LOOK].strip()
        ruled = "--" in start
        if ruled and _FORWARDED.match(start):
            kept += lines[number:]
            break
        if start.startswith(">"):
            number += 1
            continue
        wrote = _attribution(lines, number)
        if wrote and _next_is_quoted(lines, number + wrote):
            number += wrote  # an answer below or between the quotes may follow
            continue
        if (wrote or (ruled and _ORIGINAL.match(start)) or _is_header_block(lines, number)) and _any(kept):
            break
        if (line.rstrip() == "--" or _is_phone(start)) and _any(kept):
            number = _after_signature(lines, number)
            continue
        if _is_legal(line) and _any(kept):
            break
        kept.append(line.rstrip())
        number += 1
    found = re.sub(r"\n{3,}", "\n\n", "\n".join(kept)).strip()
    return found or text.strip()


def _attribution(lines: Sequence[str], number: int) -> int:
    """How many lines, from `number`, say who wrote what is quoted below; mail programs wrap it over up to three."""
    joined = ""
    for count in range(1, 4):
        if number + count > len(lines):
            return 0
        line = lines[number + count - 1][:_LOOK].strip()
        if not line or line.startswith(">"):
            return 0
        joined = f"{joined} {line}".strip()[: 2 * _LOOK]
        if line.endswith(":"):
            # Somebody may write "Kargo görevlisi şunu yazdı:" himself: a date or an address shows the mail program.
            dated = re.search(r"\d{1,2}[:.]\d{2}|\d{4}|@", joined)
            return count if dated and _WROTE.match(joined) else 0
    return 0


def _next_is_quoted(lines: Sequence[str], number: int) -> bool:
    following = (line.strip() for line in lines[number : number + 4])
    return next((line for line in following if line), "").startswith(">")


def _is_header_block(lines: Sequence[str], number: int) -> bool:
    """Whether Outlook's block begins here: From/Sent/To/Subject (Kimden/Gönderilme/Kime/Konu) within a few lines."""
    if ":" not in lines[number][:40] or not _FIELDS[0].match(lines[number][:_LOOK].strip()):
        return False
    block = [line[:_LOOK].strip() for line in lines[number + 1 : number + 7]]
    return sum(any(field.match(line) for line in block) for field in _FIELDS[1:]) >= 2


def _after_signature(lines: Sequence[str], number: int) -> int:
    """The next line after a signature that may hold something else: a quoted mail, below which one may answer."""
    for at in range(number + 1, len(lines)):
        start = lines[at][:_LOOK].strip()
        if start.startswith(">") or _attribution(lines, at) or _ORIGINAL.match(start) or _is_header_block(lines, at):
            return at
    return len(lines)


def _is_phone(start: str) -> bool:
    """Whether a mail program on a telephone names itself."""
    if not start or len(start) > 120:
        return False
    folded = start.lower()
    return any(word in folded for word in ("nderildi", "edinin", "sent from", "get outlook")) and bool(
        _PHONE.match(start)
    )


def _is_legal(line: str) -> bool:
    """Whether a company's disclaimer begins: a long paragraph, so that a customer's own 'Bu e-posta ...' stays."""
    return len(line) > 150 and bool(_LEGAL.match(line)) and len(_LEGAL_WORDS.findall(line[:2000])) >= 2


def _any(lines: Sequence[str]) -> bool:
    return any(line.strip() for line in lines)
