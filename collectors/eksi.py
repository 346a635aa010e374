"""Ekşi Sözlük, read as a guest: topics that are named, and topics that its search finds.

Manual: `topics` are topics by their address's end (`cinar-ev--123456`), their number or their title; `search` are words
for which the site's own search lists topics. A topic is read from its last page backwards down to what is known, so new
entries come first and the rest is not read again. `terms_read: true` says that a person has read the site's terms and
found that they allow this. robots.txt is always obeyed, bot protection (the page "lütfen bekleyiniz") is never got
around, and when the site moves to another domain a person must say so in `base_url`. The crawl is that of
`collectors.spiders`, the selectors are in `collectors/sites/eksi.yaml`. See `docs/reference/sources/eksi.md`.
"""

from __future__ import annotations

import re
from typing import ClassVar
from urllib.parse import quote_plus, urlencode

from pydantic import Field, field_validator, model_validator

from collectors.protocol import About, Says, SourceSettings
from collectors.spiders.site import load_site
from collectors.spiders.source import CrawlCollector, CrawlSettings, web_addresses

SITE = "eksi"

_SLUG = re.compile(r"[^\s/?#]*--(\d+)")


class EksiSettings(CrawlSettings):
    """Which topics are read."""

    topics: tuple[str, ...] = Field(
        (), max_length=200, description="topics read in each crawl: slug--number, number, or title"
    )
    search: tuple[str, ...] = Field(
        (), max_length=20, description="words; topics that the site's search lists for them"
    )
    base_url: str = Field("https://eksisozluk.com", description="where the site is, after a move to another domain")
    pages: int = Field(80, ge=2, le=5000, description="pages fetched in one crawl at most")
    list_pages: int = Field(1, ge=1, le=500, description="pages of each search looked through (50 topics to a page)")
    topic_pages: int = Field(20, ge=0, le=5000, description="pages of one topic read back at most; 0 for all")
    delay: float = Field(5.0, ge=0, le=300, description="seconds between two pages; more where robots.txt asks for it")
    max_age_days: float | None = Field(30.0, gt=0, description="entries older than this many days are passed over")

    @field_validator("base_url")
    @classmethod
    def _is_web_address(cls, value: str) -> str:
        return web_addresses((value,))[0].rstrip("/")

    @field_validator("topics", "search")
    @classmethod
    def _say_something(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for name in value:
            if not name.strip() or len(name) > 200:
                raise ValueError("a topic or a search is empty or longer than 200 characters")
        return tuple(dict.fromkeys(name.strip() for name in value))

    @model_validator(mode="after")
    def _something_is_read(self) -> EksiSettings:
        if not self.topics and not self.search:
            raise ValueError("name at least one topic in 'topics', or words in 'search'")
        return self


class EksiCollector(CrawlCollector):
    """Reads topics of Ekşi Sözlük."""

    kind: ClassVar[str] = "eksi"
    Settings: ClassVar[type[SourceSettings]] = EksiSettings
    about: ClassVar[About] = About(
        title="Ekşi Sözlük",
        reads=Says(
            "the entries of topics that you name or that its search finds",
            "adını verdiğiniz ya da sitenin aramasında çıkan başlıkların entry'leri",
        ),
        needs=Says(
            "the topics, and a person who has read that the site's terms allow this; no account",
            "başlıklar ve kullanım koşullarının buna izin verdiğini okumuş bir kişi; hesap gerekmez",
        ),
        costs=Says(
            "nothing; a page every five seconds while it reads", "ücretsiz; okurken beş saniyede bir sayfa ister"
        ),
        proves=Says(
            "of named topics that no entry was missed: each is read down to a known entry; not that the search shows "
            "every topic",
            "adı verilen başlıklarda hiçbir entry'nin kaçmadığını: her biri bilinen bir entry'ye kadar okunur; "
            "aramanın her başlığı gösterdiğini kanıtlamaz",
        ),
        tested="documents",
        asks=("topics", "search", "terms_read"),
        settles=120.0,
    )

    def __init__(self, settings: EksiSettings) -> None:
        starts = tuple(_search_url(settings.base_url, words) for words in settings.search)
        topics = tuple(dict(_topic(settings.base_url, name) for name in settings.topics).items())
        super().__init__(settings, load_site(SITE), starts, topics, settings.topic_pages)


def _search_url(base: str, words: str) -> str:
    """The site's topic search; `SortOrder=Date` is what its own form sends."""
    query = {"SearchForm.Keywords": words, "SearchForm.NiceOnly": "false", "SearchForm.SortOrder": "Date"}
    return f"{base}/basliklar/ara?{urlencode(query)}"


def _topic(base: str, name: str) -> tuple[str, str]:
    """The id under which a topic is remembered, and its address; a title is looked up by the site (`/?q=`), which
    leads to the topic's own address."""
    name = name.removeprefix(base).split("?")[0].strip("/") if name.startswith(base) else name
    if found := _SLUG.fullmatch(name):
        return found.group(1), f"{base}/{quote_plus(name, safe='-')}"
    if name.isdecimal():
        return name, f"{base}/baslik/{name}"
    return f"={name}", f"{base}/?{urlencode({'q': name})}"
