"""A news search that answers with a feed, and the sites of the articles that it names."""

from __future__ import annotations

from html import escape as html_escape
from typing import Any, ClassVar
from xml.sax.saxutils import escape

from tests.integration.faulty_server import Answer, Request
from tests.integration.worlds.world import Post, World


class NewsWorld(World):
    kind = "news"
    becomes: ClassVar = World.becomes | {"broken": None}
    waits_unasked = False

    def native_id(self, post: Post) -> str:
        return f"CBMi{post.number}"

    def settings(self, url: str) -> dict[str, Any]:
        return {
            "kind": "news", "native_query": ["çınarev kargo"], "pages": 10, "articles": 100, "per_site": 100,
            "query_url": url + "/rss/search?q={query}&hl={lang}&gl={country}",
        }  # fmt: skip

    def counts(self, request: Request) -> bool:
        return request.path == "/rss/search"

    def route(self, request: Request) -> Answer:
        if request.path == "/robots.txt":
            return Answer(200, b"User-agent: *\nDisallow: /kapali/\n", {"content-type": "text/plain"})
        if request.path.startswith("/haber/"):
            return self.article(request)
        assert request.query["q"] == "çınarev kargo" and request.query["hl"] == "tr" and request.query["gl"] == "TR"
        at = int(request.query.get("page", "1"))
        shown = self.posts[(at - 1) * self.page : at * self.page]
        older = f"/rss/search?q=%C3%A7%C4%B1narev+kargo&amp;hl=tr&amp;gl=TR&amp;page={at + 1}"
        link = f'<atom:link rel="next" href="{older}"/>' if len(self.posts) > at * self.page else ""
        host = request.headers["host"]
        items = "".join(
            f'<item><guid isPermaLink="false">{self.native_id(post)}</guid>'
            f"<link>http://{host}/haber/{post.number}</link>"
            f"<description>{escape(html_escape(post.words))}</description>"
            + (f'<source url="http://{host}">{escape(post.author)}</source>' if post.author else "")
            + (f"<pubDate>{post.at:%a, %d %b %Y %H:%M:%S} GMT</pubDate>" if post.dated else "")
            + "</item>"
            for post in shown
        )
        body = (
            '<?xml version="1.0" encoding="utf-8"?><rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom">'
            f"<channel><title>arama</title>{link}{items}</channel></rss>"
        )
        return Answer(200, body.encode(), {"content-type": "application/xml; charset=utf-8"})

    def article(self, request: Request) -> Answer:
        number = int(request.path.rpartition("/")[2])
        (post,) = {post for post in self.posts if post.number == number}
        page = (
            '<!DOCTYPE html><html lang="tr"><head><meta charset="utf-8"></head><body><nav>Gündem Spor</nav>'
            f"<article><p>{html_escape(post.words)}</p></article><footer>Künye</footer></body></html>"
        )
        return Answer(200, page.encode(), {"content-type": "text/html; charset=utf-8"})
