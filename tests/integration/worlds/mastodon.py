"""A Mastodon server's hashtag timeline.

The Link header is left out below the last post, as GoToSocial does; Mastodon itself sends one more, which leads to an
empty page (the recorded answers in test_social_replay have it so).
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from html import escape
from typing import Any, ClassVar

from tests.integration.faulty_server import Answer, Fault, Request
from tests.integration.worlds.world import NOW, SECRET, Post, World


class MastodonWorld(World):
    kind = "mastodon"
    env: ClassVar = {"NOBET_MASTODON_ACCESS_TOKEN": SECRET}

    def native_id(self, post: Post) -> str:
        return str(int(post.at.timestamp() * 1000) << 16)

    def settings(self, url: str) -> dict[str, Any]:
        return {"kind": "mastodon", "url": url, "hashtags": ["marka"]}

    def too_many(self, seconds: int) -> Callable[[Answer], Answer]:
        return Fault.status(429, x_ratelimit_reset=(NOW + timedelta(seconds=seconds)).isoformat())

    def route(self, request: Request) -> Answer:
        if request.headers.get("authorization") != f"Bearer {SECRET}":
            return Answer.json({"error": "The access token is invalid"}, 401)
        if request.path == "/api/v1/accounts/verify_credentials":
            return Answer.json({"id": "9", "username": "marka", "acct": "marka", "display_name": "Marka"})
        if request.path == "/api/v1/statuses":  # as if all of them had been asked for
            return Answer.json([self.status(post) for post in self.posts])
        assert request.path == "/api/v1/timelines/tag/marka" and request.query["limit"] == "40"
        listed = sorted(self.posts, key=lambda post: -post.number)  # by id, as the database gives them
        if max_id := request.query.get("max_id"):
            listed = [post for post in listed if int(self.native_id(post)) < int(max_id)]
        shown = listed[: self.page]
        headers = {}
        if len(listed) > self.page:
            url = f"http://localhost/api/v1/timelines/tag/marka?max_id={self.native_id(shown[-1])}"
            headers["link"] = f'<{url}>; rel="next", <{url}>; rel="prev"'
        return Answer.json([self.status(post) for post in shown], **headers)

    def status(self, post: Post) -> dict[str, Any]:
        """The post as https://docs.joinmastodon.org/entities/Status/ has it."""
        account = post.author and {
            "id": "7", "username": "ayse", "acct": "ayse", "display_name": post.author, "followers_count": -1,
            "bot": False,
        }  # fmt: skip
        return {
            "id": self.native_id(post), "content": f"<p>{escape(post.words)}</p>", "spoiler_text": "",
            "account": account, "visibility": "public", "language": "tr", "edited_at": None,
            "uri": f"https://marka.example/statuses/{post.number}", "url": f"https://marka.example/@ayse/{post.number}",
            "in_reply_to_id": None, "favourites_count": 2, "reblogs_count": 1, "replies_count": 0, "quotes_count": 0,
            "media_attachments": [], "reblog": None, "quote": None,
            **({"created_at": post.at.strftime("%Y-%m-%dT%H:%M:%S.000Z")} if post.dated else {}),
        }  # fmt: skip
