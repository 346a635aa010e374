"""What keeps a text from being sent as it is: a fact that is not known, a private one in public, a missing apology.

Every text of the shelf is rendered here twice, with realistic facts and with none, so that a template that breaks does
so on the day it is written. Each problem is a sentence with the line within the text (from 1).
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from mention import FAMILIES
from playbooks.drafts import LENGTH_LIMITS, SHORTEST, DraftError, length_on, may_hold, placeholders, render
from playbooks.facts import FACTS, PUBLIC_FAMILIES, sample_facts

Said = tuple[str, int]
"""A sentence, and the line within the text that it is about."""

APOLOGY = {
    "tr": re.compile(r"\b(özür dile\w*|özür dili\w*|özrümüz\w*)", re.IGNORECASE),
    "en": re.compile(r"\b(sorry|apologi[sz]e|our apologies|my apologies)\b", re.IGNORECASE),
}
"""How an apology is said; being sad about something (`üzgünüz`) is not yet one."""

AUTOMATIC = {"tr": "Bu otomatik bir iletidir", "en": "This is an automatic message"}
"""What every automatic acknowledgement says of itself."""

MACHINE_KNOWS = ("answer_by", "brand", "name", "case_number", "contact")
"""All the facts an automatic message may tell; a machine knows no more before a person has looked."""

_READ = {
    "tr": re.compile(r"\b(oku(du|nd|yor|may|muş)\w*|incel\w+|değerlendir\w+|ilgilen\w+|özür dil\w+)", re.IGNORECASE),
    "en": re.compile(r"\b(read|reading|review\w*|look(ed|ing) (at|into)|understand|sorry|apologi\w+)\b", re.IGNORECASE),
}
"""A machine has read nothing, looks into nothing and is sorry for nothing."""

_SUFFIX = re.compile(r"\}\}['’][a-zçğıöşü]")
_AWAY = re.compile(
    r"https?://|www\.|\S+@\S+|\b0?\d{3}[ )-]{0,2}\d{3}[ -]?\d{2}[ -]?\d{2}\b|whatsapp|instagram|\bDM\b"
    r"|özel mesaj|bizi ara\w*|web sitemiz\w*|direct message|private message|call us|our website|e-mail us",
    re.IGNORECASE,
)
"""Ways of leading a customer off a marketplace; Trendyol and Hepsiburada refuse such answers."""

_MONEY = re.compile(r"\d|₺|%|\b(TL|TRY|EUR|USD|lira\w*|euro|dolar\w*|dollars?)\b")


def reply_problems(
    template: str, family: str, language: str, apology: bool = False, public_offer: str = ""
) -> Iterator[Said]:
    """What keeps a reply template from being sent as it is.

    `apology` says that it must apologise; `public_offer` is the longest such sentence of the playbook, for its length.
    """
    samples = _samples(family, language)
    if len(public_offer) > len(samples["public_offer"]):
        samples["public_offer"] = public_offer
    try:
        used = placeholders(template, language)
        texts = [render(template, language, facts) for facts in (samples, {})]
    except DraftError as error:
        yield str(error), error.line
        return
    for name in sorted(used):
        if not may_hold(family, name):
            yield _not_here(family, name), _line_of(template, name)
    yield from _suffix(template, language)
    away = _AWAY.search(template) if family == "marketplace" else None
    if away:
        yield (
            f"a marketplace forbids leading the customer away, as {away[0]!r} does; answer in place",
            _line(template, away),
        )
    limit, longest = LENGTH_LIMITS.get(family), max(length_on(family, text) for text in texts)
    if limit is not None and longest > limit:
        yield f"with real names and dates this reply has {longest} characters; {family} takes {limit}", 1
    least, shortest = SHORTEST.get(family, 0), min(length_on(family, text) for text in texts)
    if shortest < least:
        yield f"this reply has {shortest} characters; {family} asks for at least {least}", 1
    if apology and not all(APOLOGY[language].search(text) for text in texts):
        yield "this playbook wants an apology, and this reply has none", 1


def offer_problems(text: str, language: str, money: bool) -> Iterator[Said]:
    """What is wrong with the words in which a solution is offered; `money` says that its limit is an amount.

    An offer need not say its amount: what a wrong item is worth is no news for the customer who keeps it.
    """
    try:
        used = placeholders(text, language)
    except DraftError as error:
        yield str(error), error.line
        return
    for name in sorted(used & {"offer", "public_offer"}):
        yield f"{name!r} is what these words become; it cannot stand in them", _line_of(text, name)
    if not money and "amount" in used:
        yield "the limit is no amount, so there is none to say; leave {{ amount }} out", _line_of(text, "amount")
    yield from _suffix(text, language)


def public_offer_problems(text: str, language: str) -> Iterator[Said]:
    """What is wrong with the sentence about an offer that strangers may read."""
    try:
        used = placeholders(text, language)
    except DraftError as error:
        yield str(error), error.line
        return
    if used:
        yield "the public sentence about an offer is the same for everybody; leave the facts out", 1
    if _MONEY.search(text):
        yield "an amount is nobody else's business; say in public only that there is an offer", 1


def snippet_problems(text: str, families: tuple[str, ...], language: str) -> Iterator[Said]:
    """What is wrong with a snippet; `families` are those it is for (none: all that its facts allow)."""
    try:
        used = placeholders(text, language)
    except DraftError as error:
        yield str(error), error.line
        return
    yield from _suffix(text, language)
    for family in families:
        for name in sorted(used):
            if not may_hold(family, name):
                yield _not_here(family, name), _line_of(text, name)
    if "marketplace" in families and _AWAY.search(text):
        yield "a marketplace forbids leading the customer away; leave it out of 'families' or out of the text", 1
    if "answer_by" in used:
        yield "'answer_by' is for automatic messages; a person promises with 'next_update'", _line_of(text, "answer_by")


def acknowledgement_problems(text: str, family: str, language: str) -> Iterator[Said]:
    """What is wrong with an automatic message: it says that it is one, and by when a person answers, and no more."""
    before = False
    for problem in reply_problems(text, family, language):
        before = True
        yield problem
    if before:
        return
    if AUTOMATIC[language] not in text:
        yield f"an automatic message says so; write {AUTOMATIC[language]!r}", 1
    if "answer_by" not in placeholders(text, language):
        yield "say by when a person answers; write {{ answer_by }}", 1
    for name in sorted(placeholders(text, language).difference(MACHINE_KNOWS)):
        yield f"a machine does not know {name!r} before a person has looked", _line_of(text, name)
    claim = _READ[language].search(text.replace(AUTOMATIC[language], ""))
    if claim:
        yield f"{claim[0]!r} claims that somebody has read it; nobody has", _line(text, claim)


def families_of(text: str, families: tuple[str, ...], language: str) -> tuple[str, ...]:
    """The families that a snippet may stand in: those named, else all that its facts and its words allow."""
    used = placeholders(text, language)
    return tuple(
        family
        for family in families or FAMILIES
        if all(may_hold(family, name) for name in used) and not (family == "marketplace" and _AWAY.search(text))
    )


def _samples(family: str, language: str) -> dict[str, str]:
    return {name: value for name, value in sample_facts(language).items() if may_hold(family, name)}


def _not_here(family: str, name: str) -> str:
    if family in PUBLIC_FAMILIES and not FACTS[name].public:
        return f"{name!r} is private and {family} replies are public; ask for it in a private message"
    return f"{name!r} has no place in a {family} reply; marketplaces forbid contact details"


def _suffix(text: str, language: str) -> Iterator[Said]:
    found = _SUFFIX.search(text) if language == "tr" else None
    if found:
        yield (
            "no Turkish suffix fits every value of a fact; write '{{ brand }} olarak', not '{{ brand }}'dan'",
            _line(text, found),
        )


def _line(text: str, match: re.Match[str]) -> int:
    return text.count("\n", 0, match.start()) + 1


def _line_of(template: str, name: str) -> int:
    match = re.search(rf"\b{re.escape(name)}\b", template)
    return _line(template, match) if match else 1
