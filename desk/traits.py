"""What a mention tells of who wrote it: accounts, addresses, numbers, signed names, cities. Pure, no I/O.

Numbers and cities come from the facts found when the mention was scored; names and claimed accounts are read here.
The text is a stranger's: what it claims is only ever evidence, and every search takes time that grows with the text's
length and not with its square.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from desk.settings import Settings
from mention import Fact, Mention, Score, search_text

READ = 20_000
"""Characters of a text that are read for names and claimed accounts, as for the facts."""

MOST = 30
"""Traits kept of one mention: a pasted list of numbers tells of nobody in particular."""

PRIVATE_CHANNELS = frozenset(
    {"email", "mail", "web_form", "call_centre", "in_store", "sms", "whatsapp", "chat", "reddit_message"}
)
"""Channels that only the customer and the desk read."""

_COMPANY_LINES = ("+90850", "+90444", "+90800")
_MACHINES = frozenset({"noreply", "no-reply", "donotreply", "do-not-reply", "mailer-daemon", "postmaster"})
_DOTLESS = frozenset({"gmail.com", "googlemail.com"})  # Google delivers a.b+c@ and ab@ to the same box
_SHARED_HOSTS = _DOTLESS | {"hotmail.com", "outlook.com", "yahoo.com", "icloud.com", "yandex.com", "mynet.com"}

_PLATFORMS = {
    "x": "x", "twitter": "x", "instagram": "instagram", "insta": "instagram", "ig": "instagram", "reddit": "reddit",
    "facebook": "facebook", "tiktok": "tiktok", "youtube": "youtube", "mastodon": "mastodon", "bluesky": "bluesky",
    "ekşi": "eksi", "eksi": "eksi", "donanımhaber": "donanimhaber", "donanimhaber": "donanimhaber",
    "şikayetvar": "sikayetvar", "sikayetvar": "sikayetvar", "trendyol": "trendyol", "hepsiburada": "hepsiburada",
}  # fmt: skip
_ONE_HOLDER = frozenset({"x", "instagram", "reddit", "facebook", "tiktok", "youtube", "mastodon", "bluesky", "eksi",
                         "donanimhaber"})  # fmt: skip
"""Platforms where a handle has one holder. Portals show first names, and two forums of one kind share handles."""

_PLATFORM = rf"(?<![\w@])(?P<platform>{'|'.join(sorted(_PLATFORMS, key=len, reverse=True))})"
_LOCATIVE = r"(?:['’]?(?:[td][ae](?:ki)?|[iuıü]n)(?!\w))?"
_HANDLE = r"(?:@|/?u/|nick:|:)? ?(?P<handle>[a-z0-9_](?:[a-z0-9_.-]{1,40}[a-z0-9_])?)(?!\w)"
_MARKED = r"(?:@|/?u/)(?P<handle>[a-z0-9_](?:[a-z0-9_.-]{1,40}[a-z0-9_])?)(?!\w)"
_MINE = r"(?: hesab[ıi])?,? (?:benim|bana ait|ben(?:im)?im|hesab[ıi]m|ben)(?!\w)(?! değil| degil)"
_ACCOUNT = r" (?:hesab[ıi]m|kullan[ıi]c[ıi] ad[ıi]m|nickim|rumuzum|profilim|ad[ıi]m)(?: ?[:=]| ise| da| de)? ?"
_CLAIMS = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        _PLATFORM + _LOCATIVE + r" " + _MARKED + _MINE,  # X'te @ayse benim
        _PLATFORM + _LOCATIVE + _ACCOUNT + _HANDLE,  # Instagram hesabım: ayse.k
        r"(?<!\w)my " + _PLATFORM + r"(?: (?:account|handle|username|user ?name|name|id))?(?: is|:| ?=) ?" + _HANDLE,
        r"(?<!\w)(?:i['’]?m|i am) (?:also )?(?:known as )?" + _MARKED + r" (?:on|at) (?P<platform>[a-z]{1,12})(?!\w)",
        r"(?<!\w)" + _MARKED + r" on (?P<platform>[a-z]{1,12}) is (?:me|mine)(?!\w)",
    )
)
_DENIED = re.compile(r"[^\n]{0,15}?(?<!\w)(?:değil|degil|not (?:me|mine|my)|isn['’]?t)(?!\w)", re.IGNORECASE)
_LOOKS_LIKE_ONE = re.compile(r"[0-9_.-]")

_UPPER, _LOWER = "A-ZÇĞİÖŞÜ", "a-zçğıöşüâîû"
_WORD = rf"(?:[{_UPPER}][{_LOWER}]{{1,19}}|[{_UPPER}]{{2,20}})"
_FULL_NAME = rf"(?P<name>{_WORD}(?: (?:{_WORD}|[{_UPPER}]\.)){{0,2}} {_WORD})(?![\w'’])"
_CLOSING = (
    r"(?:[Ss]ayg[ıi]lar(?:[ıi]mla|[ıi]m[ıi]zla)?|[Ss]ayg[ıi]yla|[İi]yi (?:günler|çalışmalar|akşamlar)|[Tt]eşekkürler"
    r"|[Tt]eşekkür ederim|(?:[Kk]ind |[Bb]est |[Ww]arm )?[Rr]egards|[Ss]incerely|[Yy]ours|[Tt]hanks|[Tt]hank you"
    r"|[Bb]est)"
)
_NAMES = (
    re.compile(rf"(?<!\w){_CLOSING}[ ,.;!:)-]{{0,4}}(?:[ ]*\n){{0,3}}[ \t-]{{0,4}}{_FULL_NAME}"),
    re.compile(
        r"(?<!\w)(?:[Aa]d[ıi]m|[İi]smim|[Bb]en|[Aa]d[ıi] [Ss]oyad[ıi]|[Aa]d [Ss]oyad|[Ii]sim|[İi]sim|[Mm]y name is"
        rf"|I am|I'm|[Nn]ame)[ :]{{1,3}}{_FULL_NAME}"
    ),
)
_NO_PERSON = frozenset(
    {
        "ev", "bey", "hanim", "musteri", "hizmetleri", "destek", "kargo", "market", "magaza", "store", "shop", 
        "support", "team", "ltd", "sti", "inc", "llc", "gmbh",
    }
)  # fmt: skip
_DISPLAY = re.compile(rf"{_WORD}(?: {_WORD}){{1,3}}")


@dataclass(frozen=True)
class Ours:
    """What belongs to the brand and its people: it is in everybody's messages and tells of nobody.

    E-mails are whole addresses, `domains` whole mail domains, phones E.164, handles and names folded.
    """

    emails: frozenset[str] = frozenset()
    domains: frozenset[str] = frozenset()
    phones: frozenset[str] = frozenset()
    handles: frozenset[str] = frozenset()
    names: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Told:
    """One trait that a mention tells: the value in which two are compared, and how it was written."""

    kind: str
    value: str
    shown: str


def ours_of(settings: Settings, addresses: Iterable[str] = (), phones: Iterable[str] = ()) -> Ours:
    """What belongs to the brand by its settings; `addresses` and `phones` (E.164) are the agents' and the offices'."""
    brand = settings.brand
    written = [*addresses, *re.findall(r"[^\s<>,;()]+@[^\s<>,;()]+", brand.contact)]
    emails = frozenset(email for each in written if (email := plain_email(each)))
    domains = frozenset(email.partition("@")[2] for email in emails) - _SHARED_HOSTS
    called = {"+" + digits for each in (*phones, brand.contact) if 8 <= len(digits := _digits(each)) <= 15}
    called |= {"+9" + phone[1:] for phone in called if phone.startswith("+0")}  # 0850 … as it is written at home
    names = frozenset(search_text(name) for name in (brand.name, *(agent.name for agent in settings.agents)))
    handles = frozenset(plain_handle(handle) for handle in brand.handles)
    return Ours(emails, domains, frozenset(called), handles, names)


def plain_email(written: str) -> str:
    """An address in the one spelling that is compared; empty for what is none or what no person writes from."""
    name, at, domain = written.strip().strip("<>.,;").lower().partition("@")
    if not at or not name or "." not in domain or "@" in domain or name in _MACHINES:
        return ""
    if domain in _DOTLESS:
        name, domain = name.partition("+")[0].replace(".", ""), "gmail.com"
    return f"{name}@{domain}" if name else ""


def plain_handle(written: str) -> str:
    """An account's name in the one spelling that is compared."""
    return search_text(written.strip()).removeprefix("/").removeprefix("u/").lstrip("@")


def is_private(mention: Mention) -> bool:
    """Whether only the customer and the desk read the mention where it was written."""
    return mention.channel in PRIVATE_CHANNELS or bool(mention.extra.get("private") or mention.extra.get("direct"))


def traits_of(mention: Mention, score: Score | None, ours: Ours) -> tuple[Told, ...]:
    """Everything that a mention tells of its author, each once, MOST at most; what is the brand's own is left out."""
    every = [*_account(mention), *_facts(score.facts if score else ()), *_claimed(mention), *_named(mention)]
    found: dict[tuple[str, str], Told] = {}
    for told in every:
        if told.value and not _is_ours(told, ours):
            found.setdefault((told.kind, told.value), told)
    return tuple(found.values())[:MOST]


def _account(mention: Mention) -> Iterator[Told]:
    author, channel = (mention.author or "").strip(), mention.channel
    replies = mention.extra.get("reply_to")
    for address in (author if mention.family == "email" else "", replies if isinstance(replies, str) else ""):
        if email := plain_email(address):
            yield Told("email", email, address)
    if channel in ("whatsapp", "sms") and 8 <= len(_digits(author)) <= 15:
        yield Told("phone", "+" + _digits(author), author)
    elif author and mention.family != "email":
        channel = "reddit" if channel == "reddit_message" else channel
        where = channel if channel in _ONE_HOLDER else mention.source
        yield Told("handle", f"{where}:{plain_handle(author)}", author)


def _facts(facts: Iterable[Fact]) -> Iterator[Told]:
    for fact in facts:
        if fact.kind == "email":
            yield Told("email", plain_email(fact.value), fact.value)
        elif fact.kind == "phone" and not fact.value.startswith(_COMPANY_LINES):
            yield Told("phone", fact.value, fact.value)
        elif fact.kind in ("order", "tracking"):
            value = re.sub(r"[^A-Z0-9]", "", fact.value.upper())
            yield Told(fact.kind, "" if _made_up(value) else value, fact.value)
        elif fact.kind == "city":
            province = fact.value.rpartition(", ")[2]  # "District, Province"
            yield Told("city", search_text(province), province)


def _made_up(number: str) -> bool:
    """Numbers that people type in place of one: all the same digit, or counting on; too short ones as well."""
    digits = "".join(char for char in number if char.isdigit())
    return len(digits) < 4 or len(set(digits)) == 1 or digits in "01234567890123456789" or digits in "9876543210"


def _claimed(mention: Mention) -> Iterator[Told]:
    """Accounts elsewhere that the author says are theirs, in the text or in the account's own description."""
    for words in (mention.text, mention.extra.get("bio")):
        if not isinstance(words, str):
            continue
        text = words[:READ]
        for claim in _CLAIMS:
            for match in claim.finditer(text):
                channel = _PLATFORMS.get(match["platform"].lower())
                handle = match["handle"]
                before = text[match.start("handle") - 1 : match.start("handle")]
                marked = before in ("@", "/") or bool(_LOOKS_LIKE_ONE.search(handle))
                if channel and marked and not _DENIED.match(text, match.end("handle")):
                    yield Told("declared", f"{channel}:{plain_handle(handle)}", f"{channel} @{handle}")


def _named(mention: Mention) -> Iterator[Told]:
    """Full names: signed, introduced, or shown beside the account. One word is nobody's name for certain."""
    text = mention.text[:READ]
    signed = [match["name"] for pattern in _NAMES for match in pattern.finditer(text)]
    display = (mention.author_name or "").strip()
    for name in (*signed, *([display] if _DISPLAY.fullmatch(display) else [])):
        folded = search_text(name)
        if not _NO_PERSON & set(folded.split()):
            yield Told("name", folded, " ".join(name.split()))


def _is_ours(told: Told, ours: Ours) -> bool:
    known: Mapping[str, frozenset[str]] = {"email": ours.emails, "phone": ours.phones, "name": ours.names}
    if told.kind in ("handle", "declared"):
        return told.value.partition(":")[2] in ours.handles
    if told.kind == "email" and told.value.partition("@")[2] in ours.domains:
        return True
    return told.value in known.get(told.kind, ())


def _digits(text: str) -> str:
    return "".join(char for char in text if char.isascii() and char.isdigit())
