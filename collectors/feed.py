"""RSS and Atom feeds: news, blogs, WordPress comments, reviews, anything that publishes a feed.

Manual: `url` is the feed's address. The server's ETag and Last-Modified are kept, so that an unchanged feed costs one
304. Older pages that the feed links to (RFC 5005, rel="next") are followed down to the last fetch; most feeds have
none, and then the note says when the feed has moved on so far that entries may have been missed.
"""

from __future__ import annotations

import calendar
import hashlib
import io
import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urljoin, urlsplit

import feedparser
import requests
from pydantic import Field, field_validator

from collectors.dates import parse_date
from collectors.mail.charset import decoded
from collectors.plain import plain_text, storable
from collectors.protocol import (
    About,
    Batch,
    CollectorError,
    Cursor,
    Fetched,
    Reach,
    Rejected,
    Says,
    SourceSettings,
    Unavailable,
    Unreadable,
)
from collectors.transport import MAX_BYTES, Transport
from mention import MentionError, parse_mention

NEWEST = 3
"""Entries of the last fetch of which one must still be listed: some, because one may be deleted."""

MAX_KNOWN = 300
"""Entries of the last fetch remembered to prove the overlap; feeds show 10 to 100."""

_END = re.compile(rb"</(?:rss|feed|rdf:RDF|RDF)\s*>")

# Complaints of feedparser about the server's headers, not about the feed.
_HEADERS_ONLY = (feedparser.NonXMLContentType, feedparser.CharacterEncodingOverride)


class FeedSettings(SourceSettings):
    """Which feed is read, and what it stands for."""

    url: str = Field(min_length=1, max_length=2000, description="address of the RSS or Atom feed")
    channel: str = Field("feed", min_length=1, max_length=50, description="platform: feed, news, blog, app_store ...")
    pages: int = Field(10, ge=1, le=100, description="pages followed in one fetch where the feed links older ones")
    user_agent: str = Field("Nobet/0.1 (feed reader)", min_length=3, description="User-Agent the server sees")
    timeout: float = Field(30.0, gt=0, description="seconds without a sign of life before a request is given up")
    max_bytes: int = Field(MAX_BYTES, ge=1000, description="bytes of one feed page, unpacked; a larger one is refused")

    @field_validator("url")
    @classmethod
    def _is_web_address(cls, value: str) -> str:
        if urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).netloc:
            raise ValueError("is not an http or https address")
        return value


class FeedCollector:
    """Reads one feed; the cursor holds its ETag, its Last-Modified and the entries of the last fetch."""

    kind: ClassVar[str] = "feed"
    Settings: ClassVar[type[SourceSettings]] = FeedSettings
    about: ClassVar[About] = About(
        title="RSS / Atom",
        reads=Says(
            "the entries of a feed: news, blogs, WordPress comments, an app store's reviews",
            "bir beslemenin girdileri: haber, blog, WordPress yorumları, uygulama mağazası yorumları",
        ),
        needs=Says("nothing but the feed's address", "beslemenin adresinden başka bir şey istemez"),
        costs=Says(
            "nothing; an unchanged feed is one small request", "ücretsiz; değişmeyen besleme küçük tek istektir"
        ),
        proves=Says(
            "that nothing was missed, as long as an entry of the last fetch is still in the feed",
            "son okumadan bir girdi beslemede durduğu sürece hiçbir şeyin kaçmadığını",
        ),
        tested="real_server",
        asks=("url", "channel"),
        settles=300.0,
    )

    def __init__(self, settings: FeedSettings) -> None:
        self.settings = settings

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        """Every page after `cursor`; see the protocol. Only the last batch moves the cursor: a fetch that was cut off
        reads the feed again from its first page."""
        now = now.astimezone(UTC)
        settings, kept = self.settings, dict(cursor or {})
        if kept.get("url") != settings.url:  # another feed under the old name: its ETag means nothing here
            kept = {}
        known = set(kept.get("known") or ())
        transport = Transport(
            settings.source, now, timeout=settings.timeout, max_bytes=settings.max_bytes,
            private_network=settings.private_network,
        )  # fmt: skip
        seen: list[str] = []
        newest: list[tuple[str, str]] = []
        oldest: list[datetime] = []
        page: str | None = settings.url
        asked: set[str] = set()
        fresh: Cursor = {}
        whole = True
        with transport.session(settings.user_agent) as session:
            for number in range(1, settings.pages + 1):
                assert page is not None
                asked.add(page)
                answer = self._get(session, transport, page, kept if number == 1 else {})
                if answer.status_code == 304:
                    yield Batch((), kept, note="304 not modified", reach=Reach("unchanged"))
                    return
                fetched, rejected, ids, older, complaint, cut = self._parse(transport, answer, now)
                whole = whole and not cut
                if number == 1:
                    if known and not ids:
                        advice = "If the feed is really empty now, nothing needs doing."
                        what = f"{settings.url} has no entries, although it had {len(known)} last time"
                        raise Unreadable(transport.sentence(what, advice))
                    fresh = _validators(answer)
                seen += ids
                newest = _newest(fetched, now, newest)
                met = _joins(ids, known, kept.get("newest") or ())
                page = older if older not in asked else None
                done = page is None or met or number == settings.pages
                notes = [complaint, _evidence(done, number, met, known, bool(ids))]
                # A page that was cut off is read again next time, so the cursor stays above it.
                after = _kept(settings.url, fresh, seen, newest) if done and whole else kept
                oldest = [
                    item.mention.published_at for item in fetched if not item.mention.extra.get("undated")
                ] or oldest
                reach = _reach(met, known, bool(seen), page is None, oldest) if done and whole else None
                yield Batch(fetched, after, rejected, "; ".join(note for note in notes if note), reach)
                if done:
                    return

    def _get(self, session: requests.Session, transport: Transport, url: str, kept: Cursor) -> requests.Response:
        headers = {"Accept": "application/atom+xml, application/rss+xml, application/xml;q=0.9, */*;q=0.5"}
        if kept.get("etag"):
            headers["If-None-Match"] = kept["etag"]
        if kept.get("modified"):
            headers["If-Modified-Since"] = kept["modified"]
        try:
            return session.get(url, headers=headers)
        except CollectorError:
            raise
        except requests.RequestException as error:  # too many redirects, a redirect to no address
            what = f"{url} could not be followed ({type(error).__name__})"
            raise Unavailable(transport.sentence(what, "Check the feed's address.")) from None

    def _parse(
        self, transport: Transport, answer: requests.Response, now: datetime
    ) -> tuple[tuple[Fetched, ...], tuple[Rejected, ...], list[str], str | None, str, bool]:
        """A page's mentions, rejections, entry ids (digested), next older page, a complaint about its form, and whether
        it was cut off."""
        # BytesIO, because feedparser takes a bare string for a file name or an address to open. Its HTML sanitising is
        # off, because nothing of the HTML is kept; its resolving of addresses too, because it would make an entry's id
        # depend on where the feed was fetched.
        content, content_type, complaint = _readable(answer.content, answer.headers.get("content-type", ""))
        try:
            parsed = feedparser.parse(
                io.BytesIO(content),
                response_headers={"content-type": content_type},
                sanitize_html=False,
                resolve_relative_uris=False,
            )
        except Exception as error:  # whatever a stranger's bytes break in its parsers
            what = f"{answer.url} gave a feed that cannot be parsed ({type(error).__name__})"
            raise Unreadable(transport.sentence(what, "It is tried again later.")) from error
        entries = list(parsed.entries)
        broken = bool(parsed.bozo) and not isinstance(parsed.get("bozo_exception"), _HEADERS_ONLY)
        if not parsed.get("version") and not entries:
            start = answer.content[:300].lstrip().lower()
            form = "an HTML page" if start.startswith((b"<!doctype html", b"<html")) else "no feed"
            if not start:
                form = "an empty answer"
            raise Unreadable(transport.sentence(f"{answer.url} gave {form}", "Check the feed's address."))
        cut = False
        if broken:
            cut = not _END.search(answer.content[-2000:])
            if cut:
                # The last entry may be cut in the middle of its text, and what is stored once is not read again.
                entries = entries[:-1]
            if not entries:
                raise Unreadable(transport.sentence(f"{answer.url} gave a broken feed without a whole entry"))
            form = f"the feed is {'cut off' if cut else 'not well-formed'}; {len(entries)} entries kept"
            complaint = "; ".join(part for part in (complaint, form) if part)
        fetched: list[Fetched] = []
        rejected: list[Rejected] = []
        ids: list[str] = []
        for entry in entries:
            item = parse_entry(entry, self.settings.source, self.settings.channel, answer.url, now)
            ids.append(_digest(item.native_id or "" if isinstance(item, Rejected) else item.mention.native_id)[:16])
            if isinstance(item, Fetched):
                fetched.append(item)
            else:
                rejected.append(item)
        older = next((link.get("href") for link in parsed.feed.get("links", ()) if link.get("rel") == "next"), None)
        return tuple(fetched), tuple(rejected), ids, _address(answer.url, older), complaint, cut


_DECLARED = re.compile(rb"^\s*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([A-Za-z0-9_.:-]{1,40})")


def _readable(content: bytes, content_type: str) -> tuple[bytes, str, str]:
    """A feed's bytes, the content type to read them by, and a remark on their charset.

    Turkish servers declare what they do not write. UTF-8 proves itself, so it counts before what is declared; a feed
    that was declared as UTF-8, or as nothing, and is neither, is read as what it most likely is.
    """
    media = content_type.partition(";")[0] or "application/xml"
    if b"\0" in content or content.isascii():  # UTF-16 and 32, and what is the same in every other charset
        return content, content_type, ""
    try:
        content.decode("utf-8")
        return content, f"{media}; charset=utf-8", ""
    except UnicodeDecodeError:
        pass
    found = re.search(r"charset\s*=\s*[\"']?([\w.:-]{1,40})", content_type, re.ASCII | re.IGNORECASE)
    inside = _DECLARED.search(content[:400])
    for declared in (found[1] if found else "", inside[1].decode("ascii") if inside else ""):
        try:
            content.decode(declared)
            return content, content_type, ""
        except (LookupError, UnicodeError, ValueError):
            continue
    text, remark = decoded(content, None)
    return text.encode("utf-8", "replace"), f"{media}; charset=utf-8", f"the feed's charset: {remark}"


def _joins(ids: list[str], known: set[str], newest: Sequence[str]) -> bool:
    """Whether a page goes down to the last fetch: it holds one of that fetch's newest entries, ends with a known one,
    or has mostly known ones. Just any known entry proves nothing: it may be pinned to the top, or be dated ahead."""
    met = [entry in known for entry in ids]
    return bool(met) and (met[-1] or 2 * sum(met) >= len(met) or bool(set(newest).intersection(ids)))


def _newest(fetched: tuple[Fetched, ...], now: datetime, before: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """The newest entries so far, (time, digest of the id), newest first; none that is undated or dated ahead."""
    dated = [
        (item.mention.published_at.isoformat(), _digest(item.mention.native_id)[:16])
        for item in fetched
        if not item.mention.extra.get("undated") and item.mention.published_at <= now
    ]
    return sorted({*before, *dated}, reverse=True)[:NEWEST]


def _kept(url: str, fresh: Cursor, seen: list[str], newest: list[tuple[str, str]]) -> Cursor:
    return {"url": url, **fresh, "known": seen[:MAX_KNOWN], "newest": [entry for _, entry in newest]}


def _validators(answer: requests.Response) -> Cursor:
    """What to send back so that an unchanged feed costs a 304. Not for the comments of a WordPress site: it dates that
    feed by its newest comment alone (class-wp.php, send_headers), so its 304 hides edits and late approvals."""
    if b"#comment-" in answer.content and b"https://wordpress.org/" in answer.content[:5000]:
        return {}
    pairs = {"etag": answer.headers.get("etag"), "modified": answer.headers.get("last-modified")}
    return {name: value for name, value in pairs.items() if value}


def _evidence(done: bool, number: int, met: bool, known: set[str], any_entries: bool) -> str:
    if not done:
        return ""
    if met:
        return f"overlap found on page {number}"
    if known:
        return "no entry of the last fetch is left in the feed: some in between may be missing, fetch more often"
    return f"first fetch, {number} pages" if any_entries else "the feed is empty"


def _reach(met: bool, known: set[str], any_entries: bool, ended: bool, last: list[datetime]) -> Reach:
    """What a fetch of the feed proves; `last` are the times of its last page's entries."""
    if met:
        return Reach("overlap")
    middle = sorted(last)[len(last) // 2] if last else None  # feeds are not strictly in order
    if known:
        return Reach("parsed", since=middle, gap=True)
    if not any_entries:
        return Reach("parsed")
    return Reach("ended", since=min(last, default=None)) if ended else Reach("parsed", since=middle)


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _address(base: str, link: Any) -> str | None:
    """A link as a web address; None for anything that is none (javascript:, data:, broken)."""
    try:
        address = urljoin(base, str(link)) if link else ""
        return address if urlsplit(address).scheme in ("http", "https") else None
    except ValueError:
        return None


def parse_entry(entry: Any, source: str, channel: str, base: str, now: datetime) -> Fetched | Rejected:
    """A feed entry as a mention; `base` is the address of its feed.

    Its id is the entry's own id or link, so that a re-dated or edited entry keeps it; a digest of title and text only
    where it has neither. An entry without a date gets `now` and `extra["undated"]`.
    """
    title = _text(entry.get("title"), entry.get("title_detail"))
    contents = entry.get("content") or ([entry["summary_detail"]] if entry.get("summary_detail") else [])
    body = "\n".join(part for c in contents if (part := _text(c.get("value"), c)))
    text = body if body.startswith(title) else "\n\n".join(part for part in (title, body) if part)
    link = entry.get("link")
    native_id = str(entry.get("id") or link or "").strip() or "digest:" + _digest(f"{title}\n{body}")[:32]
    if len(native_id) > 500:
        native_id = "digest:" + _digest(native_id)[:32]
    try:
        raw = storable(json.loads(json.dumps(entry, default=str)))
    except (ValueError, RecursionError):
        raw = {"id": native_id, "title": title, "text": text}
    published = _published(entry)
    extra: dict[str, Any] = {} if published else {"undated": True}
    if channel != source:
        extra["channel"] = channel
    try:
        mention, _ = parse_mention(
            {
                "source": source,
                "native_id": native_id,
                "text": text or title,
                "author": _name(entry),
                "url": _address(base, link),
                "published_at": published or now,
                "rating": _rating(entry.get("im_rating")),
                "extra": extra,
            },
            now=now,
        )
    except MentionError as error:
        return Rejected(str(error), raw, native_id)
    return Fetched(mention, raw)


def _text(value: Any, detail: Any) -> str:
    """A text construct as plain text; `text/plain` is taken by its word."""
    if not value:
        return ""
    if detail and detail.get("type") == "text/plain":
        return str(value).strip()
    return plain_text(str(value))


def _name(entry: Any) -> str | None:
    """The author's name without an address: RSS writes `a@b.example (Name)`, feedparser gives Atom's as `Name (a@b)`.
    feedparser's own split knows few top-level domains."""
    author = str(entry.get("author") or "").strip()[:300]
    if found := re.fullmatch(r"\S+@\S+\s+\((?P<name>.+)\)|(?P<first>.+?)\s*[(<]\S+@\S+[)>]", author):
        author = found["name"] or found["first"]
    return author or None


def _published(entry: Any) -> datetime | None:
    """When the entry was published, else when it was changed; Turkish month names are read too."""
    for name in ("published", "created", "updated"):
        if name not in entry:  # asking for it all the same gives another date, with a warning
            continue
        try:
            if parsed := entry.get(f"{name}_parsed"):
                return datetime.fromtimestamp(calendar.timegm(parsed), UTC)
            return parse_date(str(entry[name]))[0]
        except (MentionError, ValueError, OverflowError, OSError):
            continue
    return None


def _rating(value: Any) -> float | None:
    """Stars as the App Store's review feed gives them (im:rating, 1 to 5)."""
    try:
        stars = float(value)
    except (TypeError, ValueError):
        return None
    return stars if 0 <= stars <= 10 else None
