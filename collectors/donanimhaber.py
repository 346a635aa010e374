"""The forum of DonanımHaber, read as a guest: the topics of its sections, and topics that are named.

Manual: `start_urls` are sections (`https://forum.donanimhaber.com/...--f193`), which the site sorts by last message;
`topics` are addresses of single topics that are always read. A topic is read from its last page backwards down to what
is known. `terms_read: true` says that a person has read the site's terms and found that they allow this. robots.txt is
always obeyed, bot protection is never got around. The crawl is that of `collectors.spiders`, the selectors are in
`collectors/sites/donanimhaber.yaml`. See `docs/reference/sources/donanimhaber.md`.
"""

from __future__ import annotations

import re
from typing import ClassVar

from pydantic import Field, field_validator, model_validator

from collectors.protocol import About, Says, SourceSettings
from collectors.spiders.pages import own_url, thread_id
from collectors.spiders.site import load_site
from collectors.spiders.source import CrawlCollector, CrawlSettings, web_addresses

SITE = "donanimhaber"

_SECTION = re.compile(r"--f\d+/?$")
_TOPIC = re.compile(r"(--\d+)(?:-\d+)?/?$")


class DonanimHaberSettings(CrawlSettings):
    """Which sections and topics are read."""

    start_urls: tuple[str, ...] = Field((), max_length=20, description="addresses of sections, ending in --fNUMBER")
    topics: tuple[str, ...] = Field((), max_length=200, description="addresses of topics that are read in each crawl")
    list_pages: int = Field(3, ge=1, le=500, description="pages of each section looked through at most")
    topic_pages: int = Field(20, ge=0, le=5000, description="pages of one topic read back at most; 0 for all")
    delay: float = Field(3.0, ge=0, le=300, description="seconds between two pages; more where robots.txt asks for it")
    max_age_days: float | None = Field(30.0, gt=0, description="posts older than this many days are passed over")

    @field_validator("start_urls")
    @classmethod
    def _are_sections(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        urls = tuple(own_url(url) for url in web_addresses(value))  # ?sayfa=N is asked for by the crawl
        for url in urls:
            if not _SECTION.search(url):
                raise ValueError(f"{url[:100]!r} is not a section's address, which ends in --f and a number")
        return tuple(dict.fromkeys(urls))

    @field_validator("topics")
    @classmethod
    def _are_topics(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        urls = []
        for url in web_addresses(value):
            first = _TOPIC.sub(r"\1", own_url(url))  # a later page's address stands for its topic
            if not _TOPIC.search(first):
                raise ValueError(f"{url[:100]!r} is not a topic's address, which ends in -- and a number")
            urls.append(first)
        return tuple(dict.fromkeys(urls))

    @model_validator(mode="after")
    def _something_is_read(self) -> DonanimHaberSettings:
        if not self.start_urls and not self.topics:
            raise ValueError("name at least one section in 'start_urls', or a topic in 'topics'")
        return self


class DonanimHaberCollector(CrawlCollector):
    """Reads sections and topics of DonanımHaber's forum."""

    kind: ClassVar[str] = "donanimhaber"
    Settings: ClassVar[type[SourceSettings]] = DonanimHaberSettings
    about: ClassVar[About] = About(
        title="DonanımHaber Forum",
        reads=Says("the public topics of sections that you name", "adını verdiğiniz bölümlerin herkese açık konuları"),
        needs=Says(
            "the sections' addresses, and a person who has read that the site's terms allow this; no account",
            "bölümlerin adresleri ve kullanım koşullarının buna izin verdiğini okumuş bir kişi; hesap gerekmez",
        ),
        costs=Says(
            "nothing; a page every few seconds while it reads", "ücretsiz; okurken birkaç saniyede bir sayfa ister"
        ),
        proves=Says(
            "that no post was missed: sections are read down to unchanged topics, topics down to known posts",
            "hiçbir iletinin kaçmadığını: bölümler değişmemiş konulara, konular bilinen iletilere kadar okunur",
        ),
        tested="documents",
        asks=("start_urls", "topics", "terms_read"),
        settles=120.0,
    )

    def __init__(self, settings: DonanimHaberSettings) -> None:
        site = load_site(SITE)
        topics = tuple((thread_id(url, site), url) for url in settings.topics)
        super().__init__(settings, site, settings.start_urls, topics, settings.topic_pages)
