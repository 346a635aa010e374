"""The text of a mail and the list of what is attached, whatever way its parts are nested."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import Message

from collectors.mail import headers
from collectors.mail.charset import declared_in_html, decoded
from collectors.plain import plain_text
from mention import clean_text

MAX_PARTS = 500
"""Parts of one mail that are looked at; real mails have below 50."""
MAX_DEPTH = 30
"""Levels of parts that are entered."""
MAX_LISTED = 50
"""Attachments that are listed by name."""

_STUB = 40
"""A plain alternative shorter than this beside a longer HTML one is the note of a mail program without plain text."""


@dataclass
class Body:
    """What was found: the whole text, the HTML it was made from ('' where it was plain), what is attached."""

    text: str = ""
    html: str = ""
    attachments: list[dict[str, object]] = field(default_factory=list)
    unlisted: int = 0
    """Attachments beyond MAX_LISTED."""
    faults: list[str] = field(default_factory=list)
    """What had to be assumed or passed over, in words."""


def body_of(message: Message) -> Body:
    """The text and the attachments of a mail."""
    body = Body()
    budget = iter(range(MAX_PARTS))
    body.text = "\n\n".join(text for text in _texts(message, body, budget, 0) if text.strip()).strip()
    if next(budget, None) is None:
        body.faults.append(f"more than {MAX_PARTS} parts; the others were passed over")
    return body


def _texts(part: Message, body: Body, budget: Iterator[int], depth: int) -> list[str]:
    if next(budget, None) is None or depth > MAX_DEPTH:
        return []
    kind = part.get_content_type()
    inner = _inner(part)
    if inner:
        if kind.startswith("message/"):
            if depth == 0:  # the whole mail is one that was passed on
                return _texts(inner[0], body, budget, depth + 1)
            _list(part, body)
            return []
        if kind == "multipart/alternative":
            return _chosen(inner, body, budget, depth)
        found = [_texts(child, body, budget, depth + 1) for child in inner]
        texts = [text for texts in found for text in texts]
        if not any(text.strip() for text in texts):  # only a mail that was attached: pass on what it says
            attached = [child for child in inner if child.get_content_type() == "message/rfc822"]
            for mail in [mail for child in attached[:1] for mail in _inner(child)[:1]]:
                texts += _texts(mail, body, budget, depth + 1)
        return texts
    if kind.startswith("multipart/"):  # one whose parts could not be told apart
        return []
    if kind not in ("text/plain", "text/html") or _is_attached(part):
        _list(part, body)
        return []
    return [_text(part, kind, body)]


def _inner(part: Message) -> list[Message]:
    """The parts of a part; none for a leaf."""
    payload: object = part.get_payload()
    return [child for child in payload if isinstance(child, Message)] if isinstance(payload, list) else []


def _chosen(parts: list[Message], body: Body, budget: Iterator[int], depth: int) -> list[str]:
    """The text of the best alternative: the plain one, unless it is empty or only a note beside the HTML."""
    plain = html = ""
    html_source, others = "", []
    for child in parts:
        if child.get_content_type() == "text/plain" and not _is_attached(child) and not plain:
            plain = _text(child, "text/plain", body)
        else:
            before, body.html = body.html, ""
            others += [text for text in _texts(child, body, budget, depth + 1) if text.strip()]
            html_source, body.html = body.html or html_source, before
    html = "\n\n".join(others)
    if plain.strip() and (len(plain.strip()) >= _STUB or len(html) <= 5 * _STUB):
        return [plain]
    if html:
        body.html = body.html or html_source
        return [html]
    return [plain]


def _text(part: Message, kind: str, body: Body) -> str:
    data = _payload(part)
    declared = part.get_param("charset")
    charset = str(declared[2] if isinstance(declared, tuple) else declared) if declared else None
    if charset is None and kind == "text/html":
        charset = declared_in_html(data)
    text, fault = decoded(data, charset)
    if fault:
        body.faults.append(fault)
    if kind == "text/html":
        body.html = body.html or text
        return plain_text(text)
    if "flowed" in str(part.get_param("format") or "").lower():
        text = _unflowed(text, str(part.get_param("delsp") or "").lower() == "yes")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _payload(part: Message) -> bytes:
    """A leaf's bytes, decoded; broken base64 and quoted-printable give what can be read."""
    try:
        data = part.get_payload(decode=True)
    except Exception:  # broken uuencode and the like raise what their decoders raise
        data = None
    if isinstance(data, bytes):
        return data
    raw = part.get_payload()
    return raw.encode("utf-8", "surrogateescape") if isinstance(raw, str) else b""


def _unflowed(text: str, delete_space: bool) -> str:
    """RFC 3676: a line that ends with a space goes on in the next one of the same quoting; `-- ` never does."""
    lines: list[list[str]] = []
    goes_on = False
    for line in text.splitlines():
        depth = len(line) - len(line.lstrip(">"))
        rest = line[depth:].removeprefix(" ")
        if goes_on and not depth:
            lines[-1].append(rest)
        else:
            lines.append([">" * depth + (" " if depth else "") + rest])
        goes_on = rest.endswith(" ") and rest != "-- " and not depth
        if goes_on and delete_space:
            lines[-1][-1] = lines[-1][-1][:-1]
    return "\n".join("".join(parts) for parts in lines)


def _is_attached(part: Message) -> bool:
    return part.get_content_disposition() == "attachment" or bool(_file_name(part))


def _file_name(part: Message) -> str:
    try:
        name = part.get_filename() or ""
    except Exception:  # broken RFC 2231 values raise several kinds
        name = ""
    if name and not name.isascii():
        name = decoded(name.encode("utf-8", "surrogateescape"), None)[0]
    return headers.words(clean_text(str(name))[:1000])[:200]


def _list(part: Message, body: Body) -> None:
    """Note an attachment: name, type and bytes. What is in it is not kept."""
    if len(body.attachments) >= MAX_LISTED:
        body.unlisted += 1
        return
    name, size = _file_name(part), len(_payload(part))
    if inner := _inner(part):
        name = name or headers.words(headers.first(inner[0], "subject"))[:200]
        size = sum(len(str(child.get_payload())) for child in inner)
    body.attachments.append({"name": name, "type": part.get_content_type()[:100], "bytes": size})
