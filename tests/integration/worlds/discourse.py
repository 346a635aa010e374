"""A Discourse forum for members, as its posts_controller answers `/posts.json` (the newest ids below `before`)."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar
from xml.sax.saxutils import escape

from tests.integration.faulty_server import Answer, Request
from tests.integration.worlds.world import SECRET, Post, World


class DiscourseWorld(World):
    kind = "discourse"
    env: ClassVar = {"NOBET_DISCOURSE_API_KEY": SECRET}
    sorted_by_id = True

    def native_id(self, post: Post) -> str:
        return str(post.number)

    def settings(self, url: str) -> dict[str, Any]:
        return {"kind": "discourse", "url": url, "api_key_env": "NOBET_DISCOURSE_API_KEY"}

    def too_many(self, seconds: int) -> Callable[[Answer], Answer]:
        body = {
            "errors": [f"You’ve performed this action too many times. Please wait {seconds} seconds."],
            "error_type": "rate_limit", "extras": {"wait_seconds": seconds, "time_left": f"{seconds} seconds"},
        }  # fmt: skip
        return lambda _right: Answer.json(body, 429)

    def route(self, request: Request) -> Answer:
        assert request.path == "/posts.json"
        if (request.headers.get("api-key"), request.headers.get("api-username")) != (SECRET, "system"):
            said = "You are not permitted to view the requested resource. The API username or key is invalid."
            return Answer.json({"errors": [said], "error_type": "invalid_access"}, 403)
        before = int(request.query.get("before", 2**62))
        shown = [post for post in self.posts if post.number < before][: self.page]
        return Answer.json({"latest_posts": [self.post(post) for post in shown]})

    def post(self, post: Post) -> dict[str, Any]:
        """A reply in a topic."""
        return {
            "id": post.number, "username": post.author, "name": "", "post_number": 2, "post_type": 1, "version": 1,
            "cooked": f"<p>{escape(post.words)}</p>", "raw": post.words, "topic_id": 7, "topic_title": "Kargo",
            "post_url": f"/t/kargo/7/{post.number}", "category_id": 3, "hidden": False, "user_deleted": False,
            "deleted_at": None, "reply_to_post_number": None, "actions_summary": [{"id": 2, "count": 4}],
            **({"created_at": post.at.isoformat().replace("+00:00", ".000Z")} if post.dated else {}),
        }  # fmt: skip
