"""Reddit's listings and its token."""

from __future__ import annotations

import base64
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from tests.integration.faulty_server import Answer, Request
from tests.integration.worlds.world import SECRET, Post, World


class RedditWorld(World):
    kind = "reddit"
    env: ClassVar = {
        "NOBET_REDDIT_CLIENT_ID": "client", "NOBET_REDDIT_CLIENT_SECRET": SECRET,
        "NOBET_REDDIT_REFRESH_TOKEN": f"refresh-{SECRET}",
    }  # fmt: skip

    def native_id(self, post: Post) -> str:
        return f"t3_{post.number:06d}"

    def settings(self, url: str) -> dict[str, Any]:
        return {
            "kind": "reddit", "subreddits": ["marka"], "base_url": url,
            "refresh_token_env": "NOBET_REDDIT_REFRESH_TOKEN",
        }  # fmt: skip

    def counts(self, request: Request) -> bool:
        return request.method == "GET"

    def route(self, request: Request) -> Answer:
        if request.path == "/api/v1/access_token":
            expected = base64.b64encode(f"client:{SECRET}".encode()).decode()
            if request.headers.get("authorization") != f"Basic {expected}":
                return Answer.json({"message": "Unauthorized", "error": 401}, 401)
            asked = dict(parse_qsl(request.body.decode()))
            if (asked["grant_type"], asked["refresh_token"]) != ("refresh_token", f"refresh-{SECRET}"):
                return Answer.json({"message": "Bad Request", "error": 400}, 400)
            return Answer.json({"access_token": "t", "token_type": "bearer", "expires_in": 3600, "scope": "*"})
        if request.path == "/api/v1/me":
            return Answer.json({"name": "marka_destek", "id": "9"})
        if request.path == "/api/info":
            asked = request.query["id"].split(",")
            return self.listing([post for post in self.posts if self.native_id(post) in asked], None)
        assert request.path == "/r/marka/new" and request.query["limit"] == "100"
        first = 0
        if after := request.query.get("after"):
            names = [self.native_id(post) for post in self.posts]
            first = names.index(after) + 1 if after in names else len(names)
        shown = self.posts[first : first + self.page]
        more = first + self.page < len(self.posts)
        return self.listing(shown, self.native_id(shown[-1]) if shown and more else None)

    def listing(self, shown: list[Post], after: str | None) -> Answer:
        """Entries as Reddit lists them."""
        children = [
            {
                "kind": "t3",
                "data": {
                    "name": self.native_id(post), "title": post.words, "selftext": "", "author": post.author,
                    "permalink": f"/r/marka/comments/{post.number}/", "is_self": True, "score": -2, "num_comments": 1,
                    "subreddit": "marka", **({"created_utc": post.at.timestamp()} if post.dated else {}),
                },
            }
            for post in shown
        ]  # fmt: skip
        return Answer.json(
            {"kind": "Listing", "data": {"children": children, "after": after, "before": None}},
            x_ratelimit_used="5", x_ratelimit_remaining="95.0", x_ratelimit_reset="500",
        )  # fmt: skip
