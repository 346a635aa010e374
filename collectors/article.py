"""The text of an article on a stranger's page: fetched as a guest who keeps to the site's rules, or a reason why not.

The address comes from a feed, so it may lead anywhere: every hop of a redirect goes through `Transport`, which refuses
private addresses, and through the robots.txt of the site that it leads to (RFC 9309, read by Protego, which Scrapy
brings). The text is found by trafilatura; its slower second opinions are left out, since a page made for it held them
up for a minute (measured: 20,000 nested elements, 60 s against 2 s).
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from urllib.parse import parse_qs, urljoin, urlsplit

import lxml.html
import requests
import trafilatura
from protego import Protego

from collectors.mail.charset import declared_in_html, decoded
from collectors.plain import plain_text
from collectors.protocol import BudgetSpent, CollectorError, RateLimited, Refused, Unavailable
from collectors.transport import RefusedStatus, Transport
from mention import clean_text

AGENT = "Nobet"
"""The name by which a site's robots.txt addresses us."""
MAX_HOPS = 5
MAX_TAGS = 40_000
"""Elements of a page that is read; real articles have below 5,000."""
MAX_TEXT = 200_000
"""Characters of an article that are kept; a long newspaper article has 15,000."""
ROBOTS_BYTES = 512 * 1024
"""RFC 9309 asks for at least 500 KiB."""
ROBOTS_LAST = timedelta(hours=24)
"""How long a site's rules are believed (RFC 9309, 2.4)."""
SLOW = 5.0
"""A site that asks for more seconds than this between two pages gets one request for a page in a fetch."""


@dataclass(frozen=True)
class Article:
    """What was read, or why it was not. `again` says that another time may help."""

    text: str = ""
    site: str | None = None
    url: str = ""
    reason: str = ""
    again: bool = False


class Articles:
    """Reads articles, at most `per_fetch` in one fetch and `per_site` of one site. Rules of sites are remembered."""

    def __init__(self, user_agent: str, per_fetch: int, per_site: int) -> None:
        self._agent, self._per_fetch, self._per_site = user_agent, per_fetch, per_site
        self._rules: dict[str, tuple[datetime, Protego | str]] = {}
        self.begin()

    def begin(self) -> None:
        """A new fetch: count from zero."""
        self._read = 0
        self._sites: Counter[str] = Counter()

    def read(self, url: str, pages: Transport, rules: Transport, now: datetime) -> Article:
        """The article at `url`, by the transports for pages and for robots.txt. Raises BudgetSpent only."""
        url = _meant(url)
        if self._read >= self._per_fetch:
            return Article(reason=f"more than {self._per_fetch} articles in one fetch", again=True)
        if self._sites[_origin(url)] >= self._per_site:
            return Article(reason=f"more than {self._per_site} articles of one site in one fetch", again=True)
        self._read += 1
        try:
            with pages.session(self._agent) as session, rules.session(self._agent) as asking:
                return self._followed(url, session, asking, now)
        except BudgetSpent:
            raise
        except (RateLimited, Unavailable) as error:
            return Article(reason=_short(error), again=True)
        except (CollectorError, requests.RequestException, ValueError) as error:
            return Article(reason=_short(error))

    def _followed(self, url: str, session: requests.Session, asking: requests.Session, now: datetime) -> Article:
        for _ in range(MAX_HOPS):
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                return Article(reason="it leads to no web address")
            origin = _origin(url)
            allowed = self._allowed(origin, url, asking, now)
            if isinstance(allowed, Article):
                return allowed
            self._sites[origin] += self._per_site if allowed > SLOW else 1
            answer = session.get(url, headers={"Accept": "text/html, */*;q=0.5"}, allow_redirects=False)
            if not answer.is_redirect:
                return _article(answer)
            url = urljoin(url, answer.headers["location"])
        return Article(reason=f"it was passed on more than {MAX_HOPS} times")

    def _allowed(self, origin: str, url: str, asking: requests.Session, now: datetime) -> float | Article:
        """The seconds that the site wants between two pages, or why the page may not be read."""
        known = self._rules.get(origin)
        if known is None or now - known[0] > ROBOTS_LAST:
            known = (now, self._ask_rules(origin, asking))
            if isinstance(known[1], Protego):
                self._rules[origin] = known
        rules = known[1]
        if isinstance(rules, str):
            return Article(reason=rules, again=True)
        if not rules.can_fetch(url, AGENT):
            return Article(reason="the site's robots.txt does not allow it")
        return float(rules.crawl_delay(AGENT) or 0.0)

    @staticmethod
    def _ask_rules(origin: str, asking: requests.Session) -> Protego | str:
        """A site's rules; none for a site without (4xx), and nothing is allowed while they cannot be read (RFC 9309,
        2.3.1)."""
        try:
            answer = asking.get(f"{origin}/robots.txt")
        except RefusedStatus:
            return Protego.parse("")
        except (BudgetSpent, Refused):
            raise
        except (CollectorError, requests.RequestException):
            return "the site's robots.txt cannot be read now"
        return Protego.parse(answer.content.decode("utf-8", "replace"))


def _article(answer: requests.Response) -> Article:
    """The article of a page, in its own words."""
    kind = answer.headers.get("content-type", "text/html")
    if "html" not in kind.lower():
        return Article(reason=f"it is {kind.split(';')[0][:60]}, not a page")
    data = answer.content
    if data.count(b"<") > 2 * MAX_TAGS:
        return Article(reason=f"its page has more than {MAX_TAGS:,} elements")
    charset = answer.encoding if "charset" in kind.lower() else declared_in_html(data)
    html = clean_text(decoded(data, charset)[0])
    try:
        text = trafilatura.extract(
            html, url=answer.url, include_comments=False, include_tables=False, favor_precision=True, fast=True
        )
        site = _site(html)
    except Exception as error:  # whatever a stranger's page breaks in the parsers
        return Article(reason=f"its page cannot be parsed ({type(error).__name__})")
    if not text:
        return Article(reason="no article was found on its page", site=site, url=answer.url)
    return Article(clean_text(text.strip())[:MAX_TEXT], site, answer.url)


def _site(html: str) -> str | None:
    """The site's own name, as it tells those who share its pages (Open Graph)."""
    root = lxml.html.document_fromstring(html.encode(), parser=lxml.html.HTMLParser(encoding="utf-8"))
    found = root.xpath("//meta[@property='og:site_name']/@content")
    name = plain_text(str(found[0])) if found else ""
    return " ".join(name.split())[:200] or None


def _meant(url: str) -> str:
    """The article's address where the link is one of a search engine that names it in its query (Bing: `url=`)."""
    try:
        inner = parse_qs(urlsplit(url).query).get("url", [""])[0]
        return inner if urlsplit(inner).scheme in ("http", "https") and urlsplit(inner).hostname else url
    except ValueError:
        return url


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2].lower()}"


def _short(error: Exception) -> str:
    """What happened, without the words that every sentence of a source has around it."""
    text = str(error).partition(". ")[0].partition('": ')
    return " ".join((text[2] or text[0]).split())[:200]
