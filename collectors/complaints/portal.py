"""What a page of Şikayetvar holds: the cards of a brand's list, a complaint with its answers. HTML in, values out.

No page was recorded and none could be reached: the selectors are those that public scrapers of the portal use, in two
layouts. The list: `a.complaint-layer` (inside `article.card-v2`, or itself the card), and the older
`article.story-card`. The complaint: `h1.complaint-detail-title`, `div.complaint-detail-description`,
`div.js-tooltip.time[title]` (`21 Kasım 14:05`; a past year is written out), `.solved-badge`, `.js-view-count`,
`.total-support`, and in `.complaint-answer-container` one block per answer with `p.message` and `.post-time`, where
the brand's own blocks carry the classes `ga-v ga-c`.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import parse_qsl, unquote, urljoin, urlsplit
from zoneinfo import ZoneInfo

from parsel import Selector

from collectors.plain import plain_text
from collectors.spiders.posted import posted_at
from mention import MentionError, clean_text, search_text

ZONE = ZoneInfo("Europe/Istanbul")
"""The portal shows Turkish time."""

SITE = "https://www.sikayetvar.com"

MAX_HTML = 200_000
"""Characters of one complaint's markup, or of a page that could not be read, that are kept."""

MAX_PATH = 300
"""Characters of a complaint's path; it is its id."""

MAX_WORDS = 300
"""Characters kept of a name, a title or a date."""

DRIFT_FROM = 3
"""Cards of a page from which 'most of them lack a field' says that the layout changed, not that one is odd."""

_CARDS = "article.story-card, article.card-v2, article.complaint-card, a.complaint-layer.card-v3-container"
_LINKS = (
    "a.complaint-layer[href], .complaint-layer[data-complaint-link], .complaint-title a[href], "
    "article.story-card h2 a[href], article.story-card h5 a[href]"
)
_EMPTY = ("henüz şikayet yok", "henüz şikayet bulunm", "şikayet bulunamadı", "hiç şikayet yok", "ilk şikayeti sen yaz")
_REMOVED = ("yayından kaldırıl", "yayından alınm", "bu şikayet silin", "bu şikayet yayında değil")
# Not brands: the portal's own pages, as they stand in links on every page.
_OWN = frozenset({
    "uye", "uyelik", "giris", "uye-ol", "sikayetler", "sikayet-yaz", "sikayetyaz", "tum-markalar", "kategori",
    "kategoriler", "haberler", "blog", "destek", "hakkimizda", "iletisim", "yardim", "gizlilik", "kvkk", "arama",
    "search", "api", "static", "public", "profil", "mesajlar", "kurumsal",
})  # fmt: skip
_HOST = re.compile(r"(?:www\.|m\.)?sikayetvar\.com")
"""Not its other hosts: those of pictures and of counted links have paths of their own."""
_SEGMENT = re.compile(r"[\w.%+~-]+")


@dataclass(frozen=True)
class Card:
    """A complaint as a list shows it: `text` is only its beginning."""

    path: str
    url: str
    title: str
    text: str
    author: str | None
    shown: str | None
    solved: bool


@dataclass(frozen=True)
class ListPage:
    """One page of a brand's complaints, newest first; `number` is the page that the address names."""

    url: str
    number: int
    cards: tuple[Card, ...]
    last: int | None = None
    """The highest page that the page links to; None where it links to none."""
    total: int | None = None
    """How many complaints the portal says there are; None where it does not say."""
    empty: bool = False
    """Whether the page itself says that there is no complaint."""
    drift: str = ""
    """What is not found any more, in words; empty for a page as it should be."""
    page: str = ""
    """The page's HTML where `drift` is set."""


@dataclass(frozen=True)
class Detail:
    """A complaint's page: `record` as JSON, `lacks` the field that was not found, `removed` where it was taken down."""

    url: str
    record: dict[str, Any]
    lacks: str = ""
    reason: str = ""
    removed: bool = False
    page: str = ""


def complaint_path(url: str, base: str = SITE) -> str | None:
    """A complaint's id, `brand/slug`, from any of its addresses (relative, with or without www, with tracking marks).

    None for an address that is no complaint's, or not on the portal (or on `base`'s host, for another server).
    """
    try:
        parts = urlsplit(urljoin(base + "/", url.strip()))
        host = parts.hostname or ""
        own = _HOST.fullmatch(host) is not None or parts.netloc.lower() == urlsplit(base).netloc.lower()
        segments = [segment for segment in unquote(parts.path, errors="replace").lower().split("/") if segment]
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not own or not 2 <= len(segments) <= 4:
        return None
    if segments[0] in _OWN or not all(_SEGMENT.fullmatch(segment) for segment in segments):
        return None
    path = clean_text("/".join(segments))
    return path if len(path) <= MAX_PATH else None


def address(path: str, base: str = SITE) -> str:
    """The complaint's canonical address."""
    return f"{base.rstrip('/')}/{path}"


def page_number(url: str) -> int:
    """The page of a list that an address names; 1 where it names none."""
    try:
        value = dict(parse_qsl(urlsplit(url).query)).get("page", "1")
    except ValueError:
        return 1
    return int(value) if value.isascii() and value.isdigit() and len(value) < 6 else 1


def is_list(html: Selector) -> bool:
    """Whether a page is a list of complaints (and not one complaint's own page, which may show similar ones)."""
    return not html.css("div.complaint-detail-description") and bool(html.css(_CARDS) or html.css(_LINKS))


def read_list(html: str, url: str, brand: str | None = None, base: str = SITE) -> ListPage:
    """A page of complaints; with `brand` only those of that brand (pages show advertised ones too)."""
    root = Selector(html)
    first = brand.lower().split("/")[0] if brand else None
    cards: dict[str, Card] = {}
    foreign = 0
    for link in root.css(_LINKS):
        target = link.attrib.get("href") or link.attrib.get("data-complaint-link") or ""
        path = complaint_path(target, base)
        if path is None:
            continue
        if first and path.split("/")[0] != first:
            foreign += 1
            continue
        frame = _frame(link)
        if frame.css(".complaint-hidden"):
            continue
        found = _card(path, link, frame, base)
        kept = cards.get(path)
        if kept is None or len(found.title) + len(found.text) > len(kept.title) + len(kept.text):
            cards[path] = found
    frames = root.css(_CARDS)
    words = search_text(" ".join(root.xpath("//body//text()[not(ancestor::script)]").getall())[:200_000])
    empty = not cards and any(search_text(word) in words for word in _EMPTY)
    drift = ""
    shown = [frame for frame in frames if not frame.css(".complaint-hidden")]
    if not cards and not empty:
        drift = "no complaint was found with a.complaint-layer or article.story-card"
    elif len(shown) >= DRIFT_FROM and (len(cards) + foreign) * 2 < len(shown):
        drift = f"{len(shown) - len(cards) - foreign} of {len(shown)} cards have no link a.complaint-layer"
    number = page_number(url)
    pages = [page_number(target) for target in root.css("a[href*='page=']::attr(href)").getall()]
    last = max(pages, default=None)
    return ListPage(
        url,
        number,
        tuple(cards.values()),
        last,
        _total(root),
        empty,
        drift,
        clean_text(html[:MAX_HTML]) if drift else "",
    )


def _frame(link: Selector) -> Selector:
    """The card around a link: the nearest article, else the link itself."""
    found = link.xpath("ancestor-or-self::article[1]")
    return found[0] if found else link


def _card(path: str, link: Selector, frame: Selector, base: str) -> Card:
    inner = frame.css(".complaint-title") or frame.css("h2, h3, h5")
    title = _words(inner[0]) if inner else _words(link)
    paragraph = frame.css(".complaint-description") or frame.css("p")
    text = plain_text(paragraph[0].get() or "") if paragraph else ""
    return Card(path, address(path, base), title, text, _author(frame), _shown_time(frame), _solved(frame))


def _words(node: Selector) -> str:
    return " ".join(clean_text(node.xpath("string()").get() or "")[: MAX_WORDS * 4].split())[:MAX_WORDS]


def _solved(within: Selector) -> bool:
    if within.css(".solved-badge"):
        return True
    return any(search_text(_words(node)) == "cozuldu" for node in within.css("[class*=status], [class*=badge]"))


def _author(within: Selector) -> str | None:
    for node in within.css(".username, .user-name, .profile-name"):
        if name := _words(node):
            return name
    return None


def _member(within: Selector) -> str | None:
    """The name in the address of the author's profile (`/uye/NAME`)."""
    for target in within.css("[data-href]::attr(data-href), a[href*='/uye/']::attr(href)").getall():
        found = re.search(r"/uye/([^/?#\s]{1,100})", target)
        if found:
            return clean_text(unquote(found.group(1), errors="replace"))
    return None


def _shown_time(within: Selector) -> str | None:
    for node in within.css("div.js-tooltip.time, .js-tooltip.time, .post-time, time, .time, .profile-desc"):
        for value in (node.attrib.get("title"), node.attrib.get("datetime"), _words(node)):
            if value and value.strip() and any(c.isdigit() or c.isalpha() for c in value):
                return clean_text(" ".join(value.split())[:MAX_WORDS])
    return None


def _number(within: Selector, css: str) -> int:
    for node in within.css(css):
        digits = re.match(r"[\d.]+", _words(node))
        if digits and (plain := digits[0].replace(".", "")):
            return int(plain[:9])
    return 0


def _total(root: Selector) -> int | None:
    """The number of complaints that a list says there are: an element that reads `1.234 şikayet`, outside of cards.

    Where the portal shows it was not to be found out, so it only ever strengthens a proof, and never makes one.
    """
    for node in root.xpath(
        "//*[self::span or self::div or self::p or self::strong or self::h1 or self::h2]"
        "[not(ancestor::article)][string-length(normalize-space()) < 60]"
    ):
        found = re.fullmatch(r"(?:toplam )?(\d[\d.]{0,12}) (?:adet )?sikayet", search_text(_words(node)))
        if found:
            return int(found.group(1).replace(".", ""))
    return None


def _outside(nodes: Any) -> Iterator[Selector]:
    """Those that belong to the complaint itself: not to its answers, nor to the cards of similar complaints."""
    for node in nodes:
        if not node.xpath(
            "ancestor::*[contains(concat(' ', normalize-space(@class), ' '), ' complaint-answer-container ')"
            " or contains(concat(' ', normalize-space(@class), ' '), ' complaint-reply-wrapper ')"
            " or contains(@class, 'similar-complaint')]"
        ):
            yield node


def canonical(root: Selector) -> str | None:
    """The address that a page gives as its own, or that a browser wrote into the page when it saved it."""
    for css in ("link[rel=canonical]::attr(href)", "meta[property='og:url']::attr(content)"):
        for target in root.css(css).getall():
            return target
    for comment in root.xpath("//comment()").getall()[:20]:
        found = re.search(r"saved from url=\(\d+\)(\S+)", comment)
        if found:
            return found.group(1)
    return None


def read_detail(html: str, url: str, now: datetime, base: str = SITE, zone: ZoneInfo = ZONE) -> Detail:
    """One complaint's page at `now` (aware UTC).

    `record` has `path, url, title, text, html, author, name, shown, published_at, solved, views, likes, rating,
    answers, replies`; where `lacks` names a field, the record is what was found.
    """
    root = Selector(html)
    own = next((p for p in (complaint_path(u, base) for u in (url, canonical(root) or "") if u) if p), None)
    body = next(_outside(root.css("div.complaint-detail-description, .complaint-detail-description")), None)
    frame = root
    if body is None:
        # The older layout: the complaint is the only card of its page, or the one whose link is the page's own.
        for card in root.css("article.story-card"):
            targets = [complaint_path(t, base) for t in card.css("a[href]::attr(href)").getall()]
            if own in targets and (found := card.css("p")):
                frame, body = card, found[0]
                break
    title = next((_words(node) for node in _outside(root.css("h1.complaint-detail-title, h1"))), "")
    if frame is not root and not title:
        title = next((_words(node) for node in frame.css(".complaint-title, h2, h5, a.complaint-layer")), "")
    head = next(_outside(frame.css(".complaint-detail-head, .profile-details, .complaint-detail")), frame)
    shown = next((t for t in (_shown_time(n) for n in _times(frame)) if t), None)
    markup = (body.get() or "") if body is not None else ""
    record: dict[str, Any] = {
        "path": own,
        "url": address(own, base) if own else url,
        "title": title,
        "text": plain_text(markup),
        "html": clean_text(markup[:MAX_HTML]),
        "author": next((m for m in (_member(n) for n in _people(frame)) if m), None),
        "name": next((a for a in (_words(n) for n in _outside(frame.css(".username, .user-name"))) if a), None),
        "shown": shown,
        "solved": any(True for _ in _outside(root.css(".solved-badge"))) or (frame is not root and _solved(head)),
        "views": _number(root, ".js-view-count"),
        "likes": _number(root, ".total-support"),
        "rating": _number(root, "[data-ga-element=Result_Stars] .rate-num") or None,
        "answers": [],
        "replies": [],
    }
    words = search_text(_all_words(root))
    if body is None and (root.css(".complaint-hidden") or any(search_text(w) in words for w in _REMOVED)):
        return Detail(url, record, removed=True)
    kept = clean_text(html[:MAX_HTML])
    if own is None:
        return Detail(url, record, "address", "the page does not say which complaint it is", page=kept)
    if body is None:
        what = "the page has no complaint at div.complaint-detail-description"
        return Detail(url, record, "text", what, page=kept)
    if not record["text"] and not title:
        return Detail(url, record, "text", "the complaint has neither a title nor a text", page=kept)
    if shown is None:
        return Detail(url, record, "date", "the complaint has no date at div.js-tooltip.time[title]", page=kept)
    try:
        record["published_at"] = posted_at(shown, now, zone).isoformat()
    except MentionError as error:
        return Detail(url, record, "date", str(error), page=kept)
    _conversation(root, record, now, zone)
    return Detail(url, record)


def _all_words(root: Selector) -> str:
    return " ".join(root.xpath("//body//text()[not(ancestor::script or ancestor::style)]").getall())[:50_000]


def _times(frame: Selector) -> Iterator[Selector]:
    """The elements around a complaint's date: the documented one first, then what older pages have."""
    for css in (".js-tooltip.time", ".post-time", "time[datetime]", ".time", ".profile-desc"):
        for node in _outside(frame.css(css)):
            yield Selector(f"<div>{node.get()}</div>")


def _people(frame: Selector) -> Iterator[Selector]:
    for node in _outside(frame.css(".profile-img, .profile-details, .username, a[href*='/uye/']")):
        yield Selector(f"<div>{node.get()}</div>")


def reply_id(path: str, text: str, known: set[str]) -> str:
    """The id of a later message within a complaint: of its words, since its date may be shown relative to today.

    Mail and page fold to the same words, so that a reply that comes both ways is one.
    """
    digest = hashlib.sha256(search_text(text).encode()).hexdigest()[:16]
    name, number = f"{path}#{digest}", 1
    while name in known:
        number += 1
        name = f"{path}#{digest}-{number}"
    known.add(name)
    return name


def _conversation(root: Selector, record: dict[str, Any], now: datetime, zone: ZoneInfo) -> None:
    """The answers below a complaint: the brand's own into `answers`, the customer's into `replies`."""
    known: set[str] = set()
    brand = str(record["path"]).split("/")[0]
    for message in root.css(".complaint-answer-container p.message, .complaint-reply-wrapper p.message"):
        block = _block(message)
        text = plain_text(message.get() or "")
        if not text:
            continue
        shown = _shown_time(block)
        try:
            when = posted_at(shown, now, zone).isoformat() if shown else None
        except MentionError:
            when = None
        name = _author(block)
        if _is_brand(block, brand, name, record):
            record["answers"].append({"text": text, "at": when, "shown": shown})
            continue
        markup = clean_text((message.get() or "")[:MAX_HTML])
        found = reply_id(record["path"], text, known)
        record["replies"].append(
            {"id": found, "text": text, "html": markup, "author": _member(block), "name": name, "shown": shown}
            | {"published_at": when}
        )


def _block(message: Selector) -> Selector:
    """One answer: the container's child that the message stands in."""
    found = message.xpath(
        "ancestor-or-self::*[parent::*[contains(concat(' ', normalize-space(@class), ' '), "
        "' complaint-answer-container ')]][1]"
    )
    if not found:
        found = message.xpath(
            "ancestor::*[contains(concat(' ', normalize-space(@class), ' '), ' complaint-reply-wrapper ')][1]"
        )
    if found and found[0].root is message.root:
        return message.xpath("..")[0]  # the container holds this one answer, without a block of its own
    return found[0] if found else message


def _is_brand(block: Selector, brand: str, name: str | None, record: dict[str, Any]) -> bool:
    """Whether an answer is the brand's own. What is unclear counts as the customer's: a mention too many is seen and
    closed, a reply that nobody sees is a customer who waits."""
    if _member(block) or (name and record["name"] and search_text(name) == search_text(record["name"])):
        return False
    if {"ga-v", "ga-c"} <= set((block.attrib.get("class") or "").split()):
        return True
    if block.css(".brand-name") or block.xpath("self::*[contains(@class, 'complaint-reply-wrapper')]"):
        return True
    targets = block.css("a[href]::attr(href)").getall()
    return any(urlsplit(target).path.strip("/").lower() == brand for target in targets[:20])
