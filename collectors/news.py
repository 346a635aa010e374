"""News: feeds of newspapers and of news searches, with the full text of each article.

Manual: `feeds` are addresses of RSS or Atom feeds; `native_query` is asked of a news search that answers with a feed
(`query_url`; Google News unless another is named). Each new entry's article is read once, as a guest: the site's
robots.txt is obeyed, private addresses are refused, and what a site does not show stays unread. An entry whose article
cannot be read is kept with what the feed says of it, and `extra["full_text"]` is false with the reason beside it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar
from urllib.parse import quote_plus, urlsplit

from pydantic import Field, field_validator, model_validator

from collectors.article import ROBOTS_BYTES, Article, Articles
from collectors.feed import FeedCollector, FeedSettings
from collectors.protocol import (
    About,
    Batch,
    BudgetSpent,
    CollectorError,
    Cursor,
    Fetched,
    RateLimited,
    Reach,
    Says,
    SourceSettings,
)
from collectors.transport import Transport
from mention import MAX_TEXT

MAX_KNOWN = 300
"""Entries remembered of one feed beyond those that it shows now, so that one that comes back is not read again."""
TRIES = 3
"""How often an article is asked for whose site is down or whose turn has not come."""
GOOGLE_NEWS = "https://news.google.com/rss/search?q={query}&hl={lang}&gl={country}&ceid={country}:{lang}"

_WEAKEST = ("parsed", "ended", "overlap", "counted", "moved", "unchanged")


class NewsSettings(SourceSettings):
    """Which feeds and searches are read, and how many articles at a time."""

    every: float = Field(600.0, gt=0, description="seconds between two fetches, to begin with")
    feeds: tuple[str, ...] = Field((), max_length=100, description="addresses of RSS or Atom feeds")
    native_query: tuple[Annotated[str, Field(max_length=1500)], ...] = Field(
        (), max_length=20, description="search for this, in the news search's own words, one or a list"
    )
    query_url: str = Field(
        GOOGLE_NEWS, max_length=500, description="address of the search's feed, with {query}, {lang} and {country}"
    )
    lang: str = Field("tr", pattern=r"^[a-z]{2}$", description="language of the search")
    country: str = Field("TR", pattern=r"^[A-Z]{2}$", description="country of the search")
    channel: str = Field("news", min_length=1, max_length=50, description="platform: news or blog")
    full_text: bool = Field(True, description="false reads the feeds only, and no article")
    articles: int = Field(30, ge=1, le=500, description="articles read in one fetch; the others are read in the next")
    per_site: int = Field(5, ge=1, le=100, description="articles of one site read in one fetch")
    article_bytes: int = Field(3_145_728, ge=10_000, description="bytes of one article's page; a larger one is left")
    pages: int = Field(3, ge=1, le=100, description="pages followed where a feed links older ones")
    user_agent: str = Field("Nobet/0.1 (news reader)", min_length=3, description="User-Agent the servers see")
    timeout: float = Field(20.0, gt=0, description="seconds without a sign of life before a request is given up")
    max_bytes: int = Field(10_485_760, ge=1000, description="bytes of one feed page, unpacked; a larger one is refused")

    @field_validator("feeds")
    @classmethod
    def _are_web_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for url in value:
            if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).netloc:
                raise ValueError(f"{url[:100]!r} is not an http or https address")
        return tuple(dict.fromkeys(value))

    @field_validator("native_query", mode="before")
    @classmethod
    def _one_or_several(cls, value: Any) -> Any:
        return ((value,) if value.strip() else ()) if isinstance(value, str) else value

    @field_validator("query_url")
    @classmethod
    def _is_template(cls, value: str) -> str:
        try:
            address = value.format(query="q", lang="tr", country="TR")
        except (KeyError, IndexError, ValueError):
            raise ValueError("may hold {query}, {lang} and {country}, and no other braces") from None
        if "{query}" not in value or urlsplit(address).scheme not in ("http", "https"):
            raise ValueError("must be an http or https address with {query} in it")
        return value

    @model_validator(mode="after")
    def _reads_something(self) -> NewsSettings:
        if not self.addresses:
            raise ValueError("name feeds, a query, or a native_query")
        return self

    @property
    def addresses(self) -> tuple[str, ...]:
        """Every feed that is read: those that are named, and one for each search."""
        asked = [
            self.query_url.format(query=quote_plus(query.strip()), lang=self.lang, country=self.country)
            for query in self.native_query
            if query.strip()
        ]
        return tuple(dict.fromkeys([*self.feeds, *asked]))


class NewsCollector:
    """Reads feeds and their articles. The cursor holds each feed's own, and digests of the entries that are done."""

    kind: ClassVar[str] = "news"
    Settings: ClassVar[type[SourceSettings]] = NewsSettings
    about: ClassVar[About] = About(
        title="News",
        reads=Says(
            "articles of newspapers' feeds and of news searches, with their full text where the site lets guests read",
            "gazete beslemelerindeki ve haber aramalarındaki haberler; site ziyaretçilere açıksa tam metinleriyle",
        ),
        needs=Says("the feeds' addresses, or words to search for", "besleme adresleri ya da aranacak sözcükler"),
        costs=Says("nothing", "ücretsiz"),
        proves=Says(
            "that no entry was missed, as long as one of the last fetch is still in the feed; not that a search found "
            "every article",
            "önceki okumadan bir girdi beslemede durduğu sürece hiçbir girdinin kaçmadığını; aramanın her haberi "
            "bulduğunu değil",
        ),
        tested="documents",
        asks=("native_query", "feeds"),
        settles=900.0,
    )

    def __init__(self, settings: NewsSettings) -> None:
        self.settings = settings
        self._articles = Articles(settings.user_agent, settings.articles, settings.per_site)

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        """Every feed, page by page; see the protocol. A feed that fails does not hold up the others: its error is
        raised at the end. A rate limit or a spent budget stops at once."""
        now = now.astimezone(UTC)
        addresses = self.settings.addresses
        kept = (cursor or {}).get("feeds") or {}
        states: dict[str, dict[str, Any]] = {address: dict(kept.get(address) or {}) for address in addresses}
        reaches: list[Reach] = []
        failed: list[CollectorError] = []
        self._articles.begin()
        for address in addresses:
            try:
                for batch in self._feed(address, states, now):
                    reach, batch_reach = batch.reach, None
                    if reach is not None:
                        reaches.append(reach)
                        if len(reaches) == len(addresses):
                            batch_reach = _joined(reaches)
                    yield Batch(batch.fetched, batch.cursor, batch.rejected, batch.note, batch_reach)
            except RateLimited:
                raise
            except CollectorError as error:
                failed.append(error)
        if failed:
            if len(failed) > 1:
                failed[0].args = (f"{failed[0]} ({len(failed)} of its {len(addresses)} feeds failed.)",)
            raise failed[0]

    def _feed(self, address: str, states: dict[str, dict[str, Any]], now: datetime) -> Iterator[Batch]:
        """A feed's pages, each new entry with its article. `states[address]` moves with what is yielded."""
        settings, state = self.settings, states[address]
        reader = FeedCollector(
            FeedSettings(
                kind="feed", name=settings.source, url=address, channel=settings.channel, pages=settings.pages,
                user_agent=settings.user_agent, timeout=settings.timeout, max_bytes=settings.max_bytes,
                private_network=settings.private_network,
            )
        )  # fmt: skip
        done: list[str] = list(state.get("done") or ())
        waiting: dict[str, int] = dict(state.get("waiting") or {})
        own = dict(state.get("cursor") or {})
        if waiting:  # an unchanged feed would be a 304 without its entries
            own = {key: value for key, value in own.items() if key not in ("etag", "modified")}
        shown: list[str] = []
        for batch in reader.fetch(own or None, now):
            items, spent = self._read(batch.fetched, states, done, waiting, shown, now)
            if batch.reach is not None and batch.reach.proof != "unchanged":
                seen = set(shown)
                waiting = {key: tries for key, tries in waiting.items() if key in seen}
                done = [key for key in done if key not in seen][-MAX_KNOWN:] + [key for key in done if key in seen]
            state = {"cursor": batch.cursor, "done": list(done), "waiting": dict(waiting)}
            states[address] = {key: value for key, value in state.items() if value}
            note = f"{urlsplit(address).hostname}: {batch.note}" if batch.note else ""
            if waiting:
                note = "; ".join(part for part in (note, f"{len(waiting)} articles are read next time") if part)
            feeds = {name: dict(kept) for name, kept in states.items() if kept}
            yield Batch(items, {"feeds": feeds}, batch.rejected, note, None if spent else batch.reach)
            if spent is not None:
                raise spent

    def _read(
        self,
        found: Sequence[Fetched],
        states: dict[str, dict[str, Any]],
        done: list[str],
        waiting: dict[str, int],
        shown: list[str],
        now: datetime,
    ) -> tuple[tuple[Fetched, ...], BudgetSpent | None]:
        """The entries that are new, with their articles, and the budget that ran out. Moves done, waiting and shown."""
        elsewhere = {key for state in states.values() for key in state.get("done", ())}
        items: list[Fetched] = []
        spent: BudgetSpent | None = None
        for item in found:
            key = hashlib.sha256(item.mention.native_id.encode("utf-8", "surrogatepass")).hexdigest()[:12]
            shown.append(key)
            if key not in waiting and (key in done or key in elsewhere):
                continue
            if spent is not None:
                article = Article(reason="the budget is used up", again=True)
            else:
                try:
                    article = self._article(item, now)
                except BudgetSpent as error:
                    spent = error
                    article = Article(reason="the budget is used up", again=True)
            tries = waiting.pop(key, 0) + 1
            if article.again and tries < TRIES:
                waiting[key] = tries
            if key not in done:
                done.append(key)
            elif article.again:  # kept with the feed's words already
                continue
            items.append(_with_article(item, article))
        return tuple(items), spent

    def _article(self, item: Fetched, now: datetime) -> Article:
        settings, url = self.settings, item.mention.url
        if not settings.full_text:
            return Article(reason="articles are not read (full_text: false)")
        if not url:
            return Article(reason="the feed names no address")
        private, timeout = settings.private_network, settings.timeout
        pages = Transport(
            settings.source, now, timeout=timeout, max_bytes=settings.article_bytes, private_network=private
        )
        rules = Transport(settings.source, now, timeout=timeout, max_bytes=ROBOTS_BYTES, private_network=private)
        return self._articles.read(url, pages, rules, now)


def _with_article(item: Fetched, article: Article) -> Fetched:
    """The entry with its article's text, the publisher as author and the journalist as the author's name.

    The article's text is taken where it says more than the feed; the feed's title stays above it.
    """
    mention, raw = item.mention, item.raw if isinstance(item.raw, dict) else {"entry": item.raw}
    title, _, summary = mention.text.partition("\n\n")
    headed = bool(str(raw.get("title") or "").strip()) and bool(summary or title)
    body = article.text.removeprefix(title).strip() if headed else article.text
    is_whole = bool(article.text) and len(body) >= len(summary if headed else mention.text)
    extra = {**mention.extra, "full_text": is_whole}
    text = mention.text
    if is_whole:
        text = (f"{title}\n\n{body}" if headed else body)[:MAX_TEXT]
    else:
        extra["full_text_reason"] = article.reason or "the article on its page is shorter than what the feed says"
    source = raw.get("source")
    publisher = str(source.get("title") or "").strip()[:200] if isinstance(source, dict) else ""
    changed = {
        "text": text,
        "author": publisher or article.site,
        "author_name": mention.author,
        "extra": extra,
    }
    if article.url and article.url != mention.url:
        extra["article_url"] = article.url
    return Fetched(mention.model_copy(update=changed), {**raw, "article": {"url": article.url, "text": article.text}})


def _joined(reaches: Sequence[Reach]) -> Reach:
    """What several feeds prove together: as much as the weakest of them."""
    proof = min((reach.proof for reach in reaches), key=_WEAKEST.index)
    missed = [reach.missed for reach in reaches if reach.missed is not None]
    return Reach(
        proof,
        since=max((reach.since for reach in reaches if reach.since is not None), default=None),
        gap=any(reach.gap for reach in reaches),
        missed=sum(missed) if missed else None,
    )
