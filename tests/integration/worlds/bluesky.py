"""Bluesky's search, and its sessions."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any, ClassVar

from tests.integration.faulty_server import Answer, Fault, Request
from tests.integration.worlds.world import NOW, SECRET, Post, World

DID = "did:plc:ayse"


class BlueskyWorld(World):
    kind = "bluesky"
    env: ClassVar = {"NOBET_BLUESKY_APP_PASSWORD": SECRET}

    def native_id(self, post: Post) -> str:
        return f"at://{DID}/app.bsky.feed.post/3k{post.number}"

    def settings(self, url: str) -> dict[str, Any]:
        return {
            "kind": "bluesky", "handle": "marka.bsky.social", "native_query": "çınarev", "mentions": False, "url": url,
        }  # fmt: skip

    def counts(self, request: Request) -> bool:
        return request.method == "GET"

    def too_many(self, seconds: int) -> Callable[[Answer], Answer]:
        return Fault.status(429, ratelimit_reset=str(int(NOW.timestamp()) + seconds))

    def route(self, request: Request) -> Answer:
        if request.path == "/xrpc/com.atproto.server.createSession":
            return self.session(request)
        if request.headers.get("authorization") != "Bearer access":
            return Answer.json({"error": "AuthMissing", "message": "Authentication Required"}, 401)
        if request.path == "/xrpc/com.atproto.server.getSession":
            return Answer.json({"did": "did:plc:marka", "handle": "marka.bsky.social", "active": True})
        if request.path == "/xrpc/app.bsky.feed.getPosts":  # as if all of them had been asked for
            return Answer.json({"posts": [self.view(post) for post in self.posts]})
        assert request.path == "/xrpc/app.bsky.feed.searchPosts"
        assert (request.query["q"], request.query["sort"], request.query["limit"]) == ("çınarev", "latest", "100")
        first = int(request.query.get("cursor", "0"))
        shown = self.posts[first : first + self.page]
        answer: dict[str, Any] = {"posts": [self.view(post) for post in shown], "hitsTotal": len(self.posts)}
        if first + self.page < len(self.posts):
            answer["cursor"] = str(first + self.page)
        return Answer.json(answer)

    def session(self, request: Request) -> Answer:
        """What signing in answers."""
        if json.loads(request.body) != {"identifier": "marka.bsky.social", "password": SECRET}:
            return Answer.json({"error": "AuthenticationRequired", "message": "Invalid identifier or password"}, 401)
        return Answer.json({"did": "did:plc:marka", "handle": "marka.bsky.social", "accessJwt": "access",
                            "refreshJwt": "refresh", "active": True})  # fmt: skip

    def view(self, post: Post) -> dict[str, Any]:
        """The post as app.bsky.feed.defs#postView has it; its program said the time only where it is dated."""
        record = {"$type": "app.bsky.feed.post", "text": post.words, "langs": ["tr"]}
        stamp = post.at.strftime("%Y-%m-%dT%H:%M:%S.000Z")
        author = {"did": DID, "handle": "ayse.bsky.social", "displayName": post.author}
        return {
            "uri": self.native_id(post), "cid": "bafy", "likeCount": 1, "replyCount": 0, "repostCount": 0, "labels": [],
            "record": record | ({"createdAt": stamp} if post.dated else {}),
            "indexedAt": stamp,
            **({"author": author} if post.author else {}),
        }  # fmt: skip
