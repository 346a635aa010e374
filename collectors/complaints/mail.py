"""Şikayetvar's notification mails to a brand, as mentions under the same ids as the complaint's page.

No such mail was at hand and the portal documents none: what is read is what any such mail must hold, a link to the
complaint, and beside it the labelled lines that portals write (`Şikayet başlığı: ...`). A mail whose form is another
one loses nothing: its whole text is the mention's, and `extra["whole_mail"]` says so.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.message import EmailMessage, Message
from email.utils import getaddresses, parsedate_to_datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from collectors.complaints.portal import ZONE, address, complaint_path, reply_id
from collectors.complaints.records import CHANNEL, fetched, whole
from collectors.mail.body import body_of
from collectors.mail.charset import decoded
from collectors.protocol import Fetched, Rejected
from collectors.spiders.posted import posted_at
from mention import MentionError, clean_text, search_text

DOMAIN = "sikayetvar.com"

MAX_LINKS = 200
"""Links of a mail that are looked at."""

_LABELS = {
    "title": "sikayet basligi|baslik|sikayet konusu|konu",
    "text": "sikayet metni|sikayet icerigi|sikayet detayi|sikayet aciklamasi|sikayet|mesaj|musterinin mesaji|"
    "yanit|yorum",
    "name": "sikayetci|sikayet sahibi|sikayet eden|musteri|uye|kullanici|ad soyad|gonderen",
    "shown": "sikayet tarihi|yanit tarihi|mesaj tarihi|tarih",
    "number": "sikayet no|sikayet numarasi|sikayet id",
    "brand_name": "marka|firma",
}
"""The labels of a mail's lines, folded as `search_text` folds, and the field that follows each."""

_LABEL = {field: re.compile(rf"(?:{names})\s*[:：]\s*") for field, names in _LABELS.items()}
_END = re.compile(
    r"(?:sikayeti? (?:goruntule|incele|oku|yanitla|cevapla)|hemen (?:yanitla|cevapla)|yanitlamak icin|"
    r"cevap vermek icin|saygilarimizla[,.]?$|bu e-?posta|copyright|©)"
)
"""What the portal writes below a message. Not greetings: customers begin with them."""
_REPLY = re.compile(r"yanit(?:i|ladi| verdi)|cevap (?:verdi|yazdi)|cevapladi|yeni (?:mesaj|yanit|yorum|cevap)|guncelle")
_SOLVED = re.compile(r"cozul(?:du|mus)|tesekkur|memnun|degerlendir|puan")


def read_mail(message: EmailMessage, source: str, now: datetime) -> Fetched | Rejected | None:
    """A notification as a mention of `source`; None for any other mail (a portal's newsletter too).

    A mail that says it is from the portal and was not proven to be is marked `extra["unverified_sender"]`, not dropped.
    """
    name, sender = _sender(message)
    domain = sender.rpartition("@")[2].lower().rstrip(".")
    ours = domain == DOMAIN or domain.endswith(f".{DOMAIN}")
    if not ours and DOMAIN.partition(".")[0] not in search_text(name):
        return None
    body = body_of(message)
    html = _html(message)
    path = next(_paths(html, body.text), None)
    if path is None:
        return None
    subject = " ".join(clean_text(str(message.get("subject") or "")).split())[:1000]
    found, lines = _labelled(body.text)
    kind = _kind(subject, lines)
    text = found.get("text", "")
    extra: dict[str, Any] = {"channel": CHANNEL, "brand": path.split("/")[0], "by": "mail", "subject": subject}
    title = found.get("title", "")
    if title:
        extra["title"] = title
    if found.get("number"):
        extra["complaint_no"] = found["number"][:100]
    if not text:
        text, extra["whole_mail"] = body.text.strip() or subject, True
    if not ours or not verified(message):
        extra["unverified_sender"] = True
    published, dated = _time(message, found.get("shown"), now)
    if not dated:
        extra["undated"] = True
    native_id = path
    if kind != "new":
        native_id = reply_id(path, text, set())
        extra["about"] = kind
    record = {
        # A later message stands under the complaint; the complaint's own words are its title too.
        "text": whole(title, text) if kind == "new" else text,
        "author_name": found.get("name"),
        "url": address(path),
        "published_at": published.isoformat(),
        "thread_id": path,
        "in_reply_to": path if kind != "new" else None,
        "extra": extra,
    }
    raw = {"from": sender, "subject": subject, "text": body.text[:500_000], "html": html[:500_000]}
    return fetched(record, raw, now, source, native_id)


def _sender(message: EmailMessage) -> tuple[str, str]:
    values = [clean_text(str(value)) for value in message.get_all("from", [])]
    return next(iter(getaddresses(values[:1])), ("", ""))


def _html(message: EmailMessage) -> str:
    """The mail's HTML, also where its plain text is what is read: there the links may be left out."""
    parts = [part for part in message.walk() if part.get_content_type() == "text/html"][:5]
    return clean_text("\n".join(decoded(_bytes(part), part.get_content_charset())[0] for part in parts))


def _bytes(part: Message) -> bytes:
    try:
        value = part.get_payload(decode=True)
    except (ValueError, LookupError, TypeError):
        return b""
    return value if isinstance(value, bytes) else b""


def _paths(html: str, text: str) -> Iterator[str]:
    """The complaints that a mail links to, also through a counting redirect that names its target."""
    links = [*re.findall(r"""href\s*=\s*["']?([^"'\s>]{1,2000})""", html, re.IGNORECASE)[:MAX_LINKS]]
    links += re.findall(r"https?://[^\s<>\"')\]]{1,2000}", text)[:MAX_LINKS]
    for link in links:
        link = link.replace("&amp;", "&").rstrip(".,;")
        if not link.lower().startswith("http"):
            continue
        if (path := complaint_path(link)) is not None:
            yield path
            continue
        try:
            values = [value for _, value in parse_qsl(urlsplit(link).query)]
        except ValueError:
            continue
        for value in values:
            if "://" in value and (path := complaint_path(unquote(value))) is not None:
                yield path


def _labelled(text: str) -> tuple[dict[str, str], str]:
    """The labelled values of a mail, and everything that stands before the first, folded."""
    found: dict[str, str] = {}
    above: list[str] = []
    current = ""
    for line in text.splitlines():
        folded = search_text(line)
        field = next((name for name, label in _LABEL.items() if label.match(folded)), "")
        if field and not (current == "text" and field in found):  # a customer may write "Tarih: dün" in a complaint
            current = field if field not in found else ""
            # Folding keeps no positions: the value is what follows the line's first colon.
            value = " ".join(re.split(r"[:：]", line, maxsplit=1)[1:]).strip()
            if current:
                found[field] = clean_text(value)
        elif current and _END.match(folded):
            current = ""
        elif current == "text" or (current and not found[current]):
            found[current] = f"{found[current]}\n{clean_text(line.strip())}".lstrip()
        elif not found:
            above.append(folded)
    return {name: value.strip() for name, value in found.items() if value.strip()}, " ".join(above)[:2000]


def _kind(subject: str, above: str) -> str:
    """What a mail is about: a new complaint, a customer's reply, or that one was solved. A mail that does not say is
    a later message: it must not take the place of a complaint's own words."""
    folded = search_text(subject)
    for words in (folded, above):
        if re.search(r"yeni (?:bir )?sikayet|hakkinda (?:bir )?sikayet|sikayet (?:yazildi|aldiniz|geldi)", words):
            return "new"
        if _SOLVED.search(words):
            return "solved"
        if _REPLY.search(words):
            return "reply"
    return "message"


def _time(message: EmailMessage, shown: str | None, now: datetime) -> tuple[datetime, bool]:
    if shown:
        try:
            return posted_at(shown, now, ZONE), True
        except MentionError:
            pass
    try:
        when = parsedate_to_datetime(str(message.get("date") or ""))
        return (when if when.tzinfo else when.replace(tzinfo=UTC)).astimezone(UTC), True
    except (ValueError, TypeError, OverflowError):
        return now, False


def verified(message: EmailMessage) -> bool:
    """Whether our own mail server found the mail to be the portal's (RFC 8601, Authentication-Results).

    Only the topmost header counts: our server puts its own above those that a stranger wrote. A DMARC pass for the
    portal's domain, or a DKIM or SPF pass whose domain is the portal's.
    """
    values = message.get_all("authentication-results", [])
    if not values:
        return False
    result = str(values[0])[:4_000].lower()
    for _ in range(50):  # comments may nest, and may say anything
        result = re.sub(r"\([^()]*\)", " ", result)
    result = re.sub(r'"[^"]*"', '""', result)
    if "(" in result or ")" in result or '"' in result.replace('""', ""):
        return False
    for part in result.split(";")[1:]:
        method = re.match(r"\s*(dmarc|dkim|spf)\s*=\s*pass\b", part)
        if not method:
            continue
        wanted = {"dmarc": r"header\.from", "dkim": r"header\.(?:d|i)", "spf": r"smtp\.(?:mailfrom|from)"}[method[1]]
        for value in re.findall(rf"(?<![\w.]){wanted}\s*=\s*(\S+)", part):
            domain = value.rpartition("@")[2].strip("<>.")
            if domain == DOMAIN or domain.endswith(f".{DOMAIN}"):
                return True
    return False
