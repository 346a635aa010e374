"""Forums, read as a guest: thread lists and threads of one site, by the selectors of a YAML file.

Manual: `site` is the name of a file in `collectors/sites` or a path to your own; `start_urls` are its thread lists in
the order of their last activity. `terms_read: true` says that a person has read the forum's terms and found that they
allow this. robots.txt is always obeyed, bot protection is never got around. Each fetch is one Scrapy crawl in its own
process with a limit of pages and of time; what it does not reach, the next one does. See
`docs/reference/sources/forum.md` for how to write a site file.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field, field_validator

from collectors.protocol import About, Says, SourceSettings
from collectors.spiders.site import SiteError, load_site
from collectors.spiders.source import CrawlCollector, CrawlSettings, web_addresses


class ForumSettings(CrawlSettings):
    """Which forum is read."""

    site: str = Field(min_length=1, max_length=1000, description="name of a site file in collectors/sites, or a path")
    start_urls: tuple[str, ...] = Field(
        min_length=1, max_length=20, description="addresses of thread lists, ordered by last activity"
    )

    @field_validator("start_urls")
    @classmethod
    def _are_web_addresses(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return web_addresses(value)

    @field_validator("site")
    @classmethod
    def _is_site(cls, value: str) -> str:
        try:
            load_site(value)
        except SiteError as error:
            raise ValueError(str(error)) from None
        return value


class ForumCollector(CrawlCollector):
    """Reads a forum by its site file."""

    kind: ClassVar[str] = "forum"
    Settings: ClassVar[type[SourceSettings]] = ForumSettings
    about: ClassVar[About] = About(
        title="Forum",
        reads=Says(
            "the public threads of a forum: Spirit, phpBB, XenForo 2, vBulletin 4, or by a site file of your own",
            "bir forumun herkese açık konuları: Spirit, phpBB, XenForo 2, vBulletin 4 ya da kendi site dosyanızla",
        ),
        needs=Says(
            "the addresses of its thread lists, and a person who has read that its terms allow this",
            "konu listelerinin adresleri ve kullanım koşullarının buna izin verdiğini okumuş bir kişi",
        ),
        costs=Says(
            "nothing; a page every few seconds while it reads", "ücretsiz; okurken birkaç saniyede bir sayfa ister"
        ),
        proves=Says(
            "that no post was missed: lists are read down to unchanged threads, threads down to known posts; later "
            "edits and deletions go unnoticed",
            "hiçbir iletinin kaçmadığını: listeler değişmemiş konulara, konular bilinen iletilere kadar okunur; "
            "sonradan yapılan düzenleme ve silmeler fark edilmez",
        ),
        tested="real_server",
        asks=("site", "start_urls", "terms_read"),
        settles=120.0,
    )

    def __init__(self, settings: ForumSettings) -> None:
        super().__init__(settings, load_site(settings.site), settings.start_urls, called=settings.site)
