"""A feed with older pages."""

from __future__ import annotations

from typing import Any, ClassVar
from xml.sax.saxutils import escape

from tests.integration.faulty_server import Answer, Request
from tests.integration.worlds.world import Post, World


class FeedWorld(World):
    kind = "feed"
    becomes: ClassVar = World.becomes | {"broken": None}
    waits_unasked = False

    def native_id(self, post: Post) -> str:
        return f"urn:post:{post.number}"

    def settings(self, url: str) -> dict[str, Any]:
        return {"kind": "feed", "url": f"{url}/feed"}

    def route(self, request: Request) -> Answer:
        at = int(request.query.get("page", "1"))
        shown = self.posts[(at - 1) * self.page : at * self.page]
        older = f'<link rel="next" href="/feed?page={at + 1}"/>' if len(self.posts) > at * self.page else ""
        entries = "".join(
            f"<entry><id>{self.native_id(post)}</id>"
            f'<content type="text">{escape(post.words)}</content>'
            + (f"<author><name>{escape(post.author)}</name></author>" if post.author else "")
            + (f"<published>{post.at.isoformat()}</published>" if post.dated else "")
            + "</entry>"
            for post in shown
        )
        body = (
            f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">{older}{entries}</feed>'
        )
        return Answer(200, body.encode(), {"content-type": "application/atom+xml"})
