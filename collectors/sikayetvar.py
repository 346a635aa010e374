"""Şikayetvar, Turkey's largest complaint portal: a brand's public complaints, read as a visitor.

Manual: `brand` is what stands behind the slash in the address of the brand's page (sikayetvar.com/BRAND). The portal
has no public API; `terms_read: true` says that a person has read its terms of use and found that they allow this.
robots.txt is always obeyed and bot protection is never got around: where the portal does not want programs, its
notification mails (`collectors.mail_readers`), saved pages (`collectors.page_readers`) and the brand panel's exported
files bring the same complaints under the same ids. Each fetch is one crawl in its own process. See
docs/reference/sources/sikayetvar.md.
"""

from __future__ import annotations

import json
import re
import sys
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, ClassVar
from urllib.parse import urlsplit

from pydantic import Field, field_validator

from collectors.complaints.portal import SITE
from collectors.complaints.records import mentions
from collectors.complaints.walk import changed
from collectors.meter import meter
from collectors.plain import storable
from collectors.protocol import (
    About,
    Batch,
    CollectorError,
    Cursor,
    Fetched,
    Reach,
    Refused,
    Rejected,
    Says,
    SourceSettings,
    Unreadable,
)
from collectors.spiders.process import Crawl, CrawlDied, CrawlTooLong
from collectors.spiders.site import Site
from collectors.spiders.source import CrawlCollector, CrawlSettings

BATCH = 50
"""Mentions after which a batch is yielded."""

PATIENCE = 5.0
"""Seconds after which what has come is yielded although it is less than a batch."""

FORM = Site.model_validate(
    {
        "site": "Şikayetvar",
        "channel": "sikayetvar",
        "timezone": "Europe/Istanbul",
        # What a crawl's order wants to know; the pages themselves are read by collectors.complaints.portal.
        "threads": {"row": "a.complaint-layer", "link": "a.complaint-layer"},
        "posts": {
            "row": "main", "id": "link[rel=canonical]::attr(href)", "text": "div.complaint-detail-description",
            "date": "div.js-tooltip.time::attr(title)",
        },
    }
)  # fmt: skip

_OTHER_WAYS = "Use its notification mails, saved pages or the brand panel's export instead."
_REFUSED = {
    "robots": ("robots.txt does not allow reading {url}", f"Nöbet obeys it. {_OTHER_WAYS}"),
    "bot_protection": (
        "{url} answered with a bot-protection page ({detail})",
        f"Nöbet does not go around it. {_OTHER_WAYS}",
    ),
    "forbidden": ("{url} refused ({status})", _OTHER_WAYS),
    "gone": ("{url} does not exist ({status})", "Check 'brand' in the configuration."),
}
"""What is said otherwise than of a forum: another way is at hand."""


class SikayetvarSettings(CrawlSettings):
    """Whose complaints are read, how far and how gently."""

    brand: str = Field(min_length=1, max_length=200, description="the brand's page: BRAND in sikayetvar.com/BRAND")
    base_url: str = Field(SITE, description="another server instead of the portal's own, for tests")
    pages: int = Field(200, ge=10, le=5000, description="pages fetched in one crawl at most")
    follow_days: float = Field(14.0, ge=0, le=365, description="days for which unsolved complaints are read again")
    follow_pages: int = Field(20, ge=0, le=500, description="complaints read again in one crawl at most")
    delay: float = Field(3.0, ge=0, le=300, description="seconds between two pages; more where robots.txt asks for it")
    time_limit: float = Field(900.0, ge=1, le=86400, description="seconds after which a crawl is ended by force")
    user_agent: str = Field("Nobet/0.1 (complaint reader)", min_length=3, description="User-Agent the portal sees")

    @field_validator("brand")
    @classmethod
    def _is_a_path(cls, value: str) -> str:
        path = urlsplit(value).path if "://" in value else value
        path = path.strip().strip("/").lower()
        if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*(/[a-z0-9][a-z0-9._-]*)?", path):
            raise ValueError("must be what stands behind the slash in the address of the brand's page, e.g. cinar-ev")
        return path

    @field_validator("base_url")
    @classmethod
    def _is_web_address(cls, value: str) -> str:
        if urlsplit(value).scheme not in ("http", "https") or not urlsplit(value).netloc:
            raise ValueError("is not an http or https address")
        return value.rstrip("/")


class SikayetvarCollector(CrawlCollector):
    """Reads a brand's complaints by one crawl a fetch; the cursor is the state of `collectors.complaints.walk`."""

    kind: ClassVar[str] = "sikayetvar"
    Settings: ClassVar[type[SourceSettings]] = SikayetvarSettings
    about: ClassVar[About] = About(
        title="Şikayetvar",
        reads=Says(
            "a brand's public complaints, the customers' later replies, the brand's own answers beside them",
            "markanın herkese açık şikayetleri, müşterilerin sonraki yanıtları ve yanlarında markanın kendi cevapları",
        ),
        needs=Says(
            "nothing but the brand's page; a person must have read the portal's terms of use",
            "marka sayfasından başka bir şey gerekmez; kullanım koşullarını bir kişinin okumuş olması gerekir",
        ),
        costs=Says("nothing", "ücretsiz"),
        proves=Says(
            "overlap with what was read before; the portal's own count where its page shows one. Not proven: "
            "complaints that the portal has not published yet",
            "daha önce okunanlarla örtüşme; sayfada görünüyorsa portalın kendi sayısı. Kanıtlanamayan: portalın henüz "
            "yayımlamadığı şikayetler",
        ),
        tested="documents",
        asks=("brand", "terms_read"),
        own=True,
        settles=300.0,
    )
    command: ClassVar[tuple[str, ...]] = (sys.executable, "-m", "collectors.spiders.sikayetvar")
    """What is started for a crawl."""

    def __init__(self, settings: SikayetvarSettings) -> None:
        super().__init__(settings, FORM, (f"{settings.base_url}/{settings.brand}",))

    def rewound(self, cursor: Cursor | None, to: datetime) -> Cursor | None:
        """A cursor from which the list is read down to complaints posted before `to` (aware UTC)."""
        return {"site": self._place(), "floor": to.astimezone(UTC).isoformat()}

    def _place(self) -> list[str]:
        return [*super()._place(), self.settings.brand]

    def _order(self, kept: Cursor, now: datetime) -> str:
        own = self.settings.model_dump(mode="json", include={"brand", "follow_days", "follow_pages"})
        return json.dumps({**json.loads(super()._order(kept, now)), **own})

    def _batches(self, crawl: Crawl, kept: Cursor, now: datetime, began: float) -> Iterator[Batch]:
        place = {"site": self._place()}
        cursor: Cursor = {**kept, **place}
        fetched: list[Fetched] = []
        rejected: list[Rejected] = []
        gone: list[str] = []
        items = posts = charged = 0
        changes, sent, spent = False, time.monotonic(), meter()
        records = crawl.lines(PATIENCE)
        while True:
            try:
                record = next(records) or {}
                line = record.get("end") or record.get("item") or {}
                for _ in range(int(line.get("requests") or 0) - charged):
                    charged += 1
                    spent.request()
            except (CrawlTooLong, CrawlDied, CollectorError):
                # Each line is a whole page with its place in the cursor: what has come is good.
                if changes:
                    yield Batch(tuple(fetched), cursor, tuple(rejected), gone=tuple(gone))
                raise
            if "end" in record:
                notes = self._counted(line, items, posts)
                reach = None if line["fault"] else _reach(line["reach"])
                yield Batch(tuple(fetched), cursor, tuple(rejected), "; ".join(notes)[:1000], reach, tuple(gone))
                if line["fault"]:
                    raise self._error(line["fault"], now)
                return
            if line:
                items, posts, changes = items + 1, posts + len(line["posts"]), True
                if record["number"] != items:
                    self._counted({"items": record["number"], "posts": posts, "errors": 0}, items, posts)
                for post in line["posts"]:
                    for found in self._wanted(post, now):
                        (rejected if isinstance(found, Rejected) else fetched).append(found)  # type: ignore[arg-type]
                rejected += [Rejected(bad["reason"], storable(bad["raw"]), bad["native_id"]) for bad in line["bad"]]
                gone += line["change"].get("gone", ())
                cursor = {**changed(cursor, line["change"]), **place}
            waited = time.monotonic() - sent > PATIENCE and changes
            if len(fetched) + len(rejected) >= BATCH or waited:
                yield Batch(tuple(fetched), cursor, tuple(rejected), gone=tuple(gone))
                fetched, rejected, gone, changes, sent = [], [], [], False, time.monotonic()

    def _wanted(self, post: Mapping[str, Any], now: datetime) -> Iterator[Fetched | Rejected]:
        for found in mentions(post, now, self.settings.source):
            if isinstance(found, Rejected) or not self._passed_over(found, post, now):
                yield found

    def _error(self, fault: Mapping[str, Any], at: datetime) -> CollectorError:
        code, url, detail = fault["code"], fault["url"][:120], " ".join(fault["detail"][:160].split())
        error: CollectorError
        if code == "layout":
            advice = "The portal may have changed its layout; the page was kept for repair. Check 'brand' first."
            error = Unreadable(self._sentence(f"[layout] on {url}, {detail}", advice))
        elif code in _REFUSED:
            what, advice = _REFUSED[code]
            what = what.format(url=url, detail=detail, status=fault["status"] or detail)
            error = Refused(self._sentence(f"[{code}] {what}", advice))
        else:
            return super()._error(fault, at)
        error.page = fault.get("page")
        return error


def _reach(said: Mapping[str, Any] | None) -> Reach | None:
    if not said:
        return None
    since = datetime.fromisoformat(said["since"]).astimezone(UTC) if said["since"] else None
    return Reach(said["proof"], since, bool(said["gap"]), said["missed"])
