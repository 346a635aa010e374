"""Characters, placeholders, links and shouting: what can be seen (or not seen) without knowing the language."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from urllib.parse import urlsplit

from desk.replies.phrases import compiled
from desk.replies.reading import Reply, fold

Span = tuple[int, int]

# Bidirectional controls reorder what is read, zero-width characters hide words from searches, tags carry hidden text
# (Unicode TR 36 and 39). The joiner and the variation selector are left alone where they build an emoji.
_HIDDEN = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u200b\u200c\u200e\u200f\u202a-\u202e\u2060-\u2064\u2066-\u206f"
    "\u3164\ufeff\uffa0\ufff9-\ufffb\U000e0000-\U000e007f\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f]+"
    "|(?<![\u203c-\u3299\ufe0f\U0001f000-\U0001faff])\u200d+|\u200d(?![\u203c-\u3299\U0001f000-\U0001faff])"
)
_FLAG = re.compile("\U0001f3f4[\U000e0020-\U000e007e]{1,8}\U000e007f")  # England, Scotland, Wales
_EMOJI = re.compile(
    "[\u203c\u2049\u231a-\u231b\u23e9-\u23f3\u25fd\u25fe\u2600-\u2604\u260e\u2614\u2615\u261d\u2620\u2639\u263a"
    "\u2648-\u2653\u2665\u2666\u267f\u2693-\u26ff\u2705\u270a-\u270d\u2728\u274c\u274e\u2753-\u2757\u2763\u2764\u2795-"
    "\u2797\u2b50\u2b55\U0001f000-\U0001f1e5\U0001f300-\U0001faff]|[\U0001f1e6-\U0001f1ff]{2}"
    r"|(?<![\w:;])[:;]-?[)(DP](?![\w)])|(?<!\w)<3(?!\w)"
)
_WORD = re.compile(r"[^\W\d_]+")
_EXCLAMATIONS = re.compile(r"[!！]{2,}|[!?]{3,}")
LOUD_WORDS = 4
"""Words in capitals one after another that are shouting; fewer may be a product's or a campaign's name."""

_BRACKETS = re.compile(
    r"‹[^‹›\n]{0,80}›|\{\{[^{}\n]{0,200}\}\}|\{%[^{}\n]{0,200}%\}|\{\{|\}\}|<<[^<>\n]{1,60}>>|_{3,}"
    r"|\[\s*(?:\.{2,}|…|_+)\s*\]|(?<![\w$])\$\{[^{}\n]{1,60}\}|(?<!\w)%[A-Z_]{3,30}%(?!\w)"
)
_IN_BRACKETS = re.compile(r"[\[(<{]\s*([^\W_][^\[\](){}<>\n]{0,60}?)\s*[\])>}]")
_LINK = re.compile(r"(?i)(?<![\w@.])(?:[a-z][a-z0-9+.-]{1,15}://|www\.)[^\s<>\"'“”)\]]+")
_BARE_HOST = re.compile(
    r"(?i)(?<![\w@./-])(?:[a-z0-9-]{2,63}\.){1,4}(?:com\.tr|com|net|org|info|io|co|me|ly|shop|store|tr|example)"
    r"(?:/[^\s<>\"']*)?(?![\w@-])"
)
_HANDLE = re.compile(r"(?<![\w@/.])@[\w.]{2,50}")


def hidden(reply: Reply) -> Iterator[Span]:
    """Characters that nobody sees, as places of the text itself."""
    text = _FLAG.sub(lambda flag: " " * len(flag.group()), reply.text)
    yield from (match.span() for match in _HIDDEN.finditer(text))


def mixed_scripts(reply: Reply) -> Iterator[Span]:
    """Words of Latin letters with Cyrillic, Greek or other look-alikes among them, as places of the text itself."""
    if reply.text.isascii():
        return
    for match in _WORD.finditer(reply.text):
        if not match.group().isascii():
            scripts = {_script(char) for char in match.group()} - {""}
            if "LATIN" in scripts and len(scripts) > 1:
                yield match.span()


def _script(char: str) -> str:
    if char.isascii():
        return "LATIN"
    name = unicodedata.name(char, "").partition(" ")[0]
    return name if name in ("LATIN", "CYRILLIC", "GREEK", "ARMENIAN", "CHEROKEE", "COPTIC", "FULLWIDTH") else ""


def emoji(reply: Reply) -> Iterator[Span]:
    """Emoji and typed faces, as places of the text itself."""
    yield from (match.span() for match in _EMOJI.finditer(reply.text))


def capitals(reply: Reply) -> Iterator[Span]:
    """Runs of LOUD_WORDS and more words in capitals, as places of the text itself."""
    run: list[Span] = []
    for match in _WORD.finditer(reply.text):
        word = match.group()
        if word.isupper() and (len(word) > 1 or run):
            run.append(match.span())
            continue
        yield from _loud(run)
        run = []
    yield from _loud(run)


def _loud(run: list[Span]) -> Iterator[Span]:
    if len(run) >= LOUD_WORDS:
        yield run[0][0], run[-1][1]


def exclamations(reply: Reply) -> Iterator[Span]:
    """Runs of exclamation marks, and the fourth and further single ones; places of the text itself."""
    runs = [match.span() for match in _EXCLAMATIONS.finditer(reply.text)]
    if runs:
        yield from runs
        return
    single = [at for at, char in enumerate(reply.text) if char == "!"]
    yield from ((at, at + 1) for at in single[3:])


def placeholders(reply: Reply, anywhere: tuple[str, ...], bracketed: tuple[str, ...]) -> Iterator[Span]:
    """What was left over from a template, as places of the text itself."""
    yield from (match.span() for match in _BRACKETS.finditer(reply.text))
    word = compiled(anywhere)
    if word is not None:
        yield from (reply.span(*match.span()) for match in word.finditer(reply.plain))
    inner = compiled(bracketed)
    if inner is not None:
        for match in _IN_BRACKETS.finditer(reply.text):
            if inner.fullmatch(fold(match.group(1))):
                yield match.span()


def links(reply: Reply) -> Iterator[tuple[str, int, int]]:
    """Web addresses with their places in the text itself, without the punctuation that ends the sentence."""
    past = 0
    found = sorted(
        (match for pattern in (_LINK, _BARE_HOST) for match in pattern.finditer(reply.text)),
        key=lambda match: (match.start(), -match.end()),
    )
    for match in found:
        if match.start() >= past:
            link = match.group().rstrip(".,;:!?…'’")
            past = match.end()
            yield link, match.start(), match.start() + len(link)


def handles(reply: Reply) -> Iterator[Span]:
    """Accounts such as `@cinarev`, as places of the text itself."""
    yield from (match.span() for match in _HANDLE.finditer(reply.text))


def host_of(link: str) -> str:
    """The host a link leads to, in lower case without `www.`; empty where there is none."""
    try:
        host = urlsplit(link if "://" in link else f"https://{link}").hostname or ""
    except ValueError:
        return ""
    return host.lower().removeprefix("www.")
