"""X's recent search."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from xml.sax.saxutils import escape

from collectors.x_post import id_at
from tests.integration.faulty_server import Answer, Fault, Request
from tests.integration.worlds.world import NOW, SECRET, Post, World


class XWorld(World):
    kind = "x"
    env: ClassVar = {"NOBET_X_BEARER_TOKEN": SECRET}
    may_be_empty = "X is asked for what is newer than a post (since_id): a quiet search answers without posts"
    lists_all = "X gives all that is newer than the post that was named, whether that post is still there or not"

    def native_id(self, post: Post) -> str:
        return str(id_at(post.at) + 1)

    def settings(self, url: str) -> dict[str, Any]:
        return {"kind": "x", "native_query": "çınarev -is:retweet", "base_url": url}

    def too_many(self, seconds: int) -> Callable[[Answer], Answer]:
        return Fault.status(429, x_rate_limit_reset=str(int(NOW.timestamp()) + seconds))

    def route(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {SECRET}":
            return Answer.json({"title": "Unauthorized", "status": 401}, 401)
        if request.path == "/2/usage/tweets":
            return Answer.json({"data": {"project_id": "1", "project_usage": "120", "project_cap": "10000"}})
        if request.path == "/2/tweets":
            return self.looked_up(request.query["ids"].split(","))
        assert request.path == "/2/tweets/search/recent"
        assert {"author_id", "public_metrics", "conversation_id"} <= set(request.query["tweet.fields"].split(","))
        since = int(request.query.get("since_id", "0"))
        listed = [post for post in self.posts if int(self.native_id(post)) > since]
        first = 0
        if token := request.query.get("next_token"):
            tokens = [f"n{post.number}" for post in listed]
            if token not in tokens:
                return Answer.json({"title": "Invalid Request", "detail": "invalid next_token"}, 400)
            first = tokens.index(token) + 1
        shown = listed[first : first + self.page]
        meta: dict[str, Any] = {"result_count": len(shown)}
        if first + self.page < len(listed):
            meta["next_token"] = f"n{shown[-1].number}"
        data = [
            {"id": self.native_id(post), "text": escape(post.words), "edit_history_tweet_ids": [self.native_id(post)]}
            | ({"created_at": post.at.isoformat().replace("+00:00", ".000Z")} if post.dated else {})
            | ({"author_id": "7"} if post.author else {})
            for post in shown
        ]
        names = {post.author for post in shown if post.author}
        users = [{"id": "7", "name": name, "username": name} for name in names]
        answer: dict[str, Any] = {"meta": meta}
        if data:
            answer["data"] = data
        if users:
            answer["includes"] = {"users": users}
        return Answer.json(answer)

    def looked_up(self, asked: list[str]) -> Answer:
        """The posts of these ids, and an error for each that is not there."""
        there = {self.native_id(post) for post in self.posts}
        missing = [
            {
                "value": number, "resource_id": number, "resource_type": "tweet", "parameter": "ids",
                "title": "Not Found Error", "detail": f"Could not find tweet with ids: [{number}].",
                "type": "https://api.twitter.com/2/problems/resource-not-found",
            }
            for number in asked if number not in there
        ]  # fmt: skip
        answer: dict[str, Any] = {"errors": missing} if missing else {}
        if shown := [{"id": number, "text": "..."} for number in asked if number in there]:
            answer["data"] = shown
        return Answer.json(answer)
