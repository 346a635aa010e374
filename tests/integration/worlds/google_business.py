"""Google Business Profile's reviews of a place (v4), and Google's token service."""

from __future__ import annotations

from typing import Any, ClassVar
from urllib.parse import parse_qs

from tests.integration.faulty_server import Answer, Request
from tests.integration.worlds.world import SECRET, Post, World

PLACE = "accounts/1/locations/2"
REFRESH = "1//refresh-token"


class GoogleBusinessWorld(World):
    kind = "google_business"
    env: ClassVar = {
        "NOBET_GOOGLE_BUSINESS_CLIENT_ID": "client.apps.googleusercontent.com",
        "NOBET_GOOGLE_BUSINESS_CLIENT_SECRET": "GOCSPX-hidden",
        "NOBET_GOOGLE_BUSINESS_REFRESH_TOKEN": REFRESH,
    }
    first = "counted"
    lists_all = "Google lists every review that the place ever had"

    def native_id(self, post: Post) -> str:
        return f"AbFvOq{post.number:06d}"

    def settings(self, url: str) -> dict[str, Any]:
        return {"kind": "google_business", "locations": [PLACE], "overlap": 3600, "base_url": url}

    def counts(self, request: Request) -> bool:
        return request.method == "GET"

    def route(self, request: Request) -> Answer:
        if request.path == "/token":
            form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
            given = (form.get("client_id"), form.get("client_secret"))
            if given != ("client.apps.googleusercontent.com", "GOCSPX-hidden"):
                return Answer.json({"error": "invalid_client", "error_description": "Unauthorized"}, 401)
            if form.get("refresh_token") != REFRESH or form.get("grant_type") != "refresh_token":
                return Answer.json({"error": "invalid_grant", "error_description": "Bad Request"}, 400)
            return Answer.json({"access_token": SECRET, "expires_in": 3599, "token_type": "Bearer"})
        if request.headers.get("authorization") != f"Bearer {SECRET}":
            return Answer.json({"error": {"code": 401, "message": "invalid", "status": "UNAUTHENTICATED"}}, 401)
        assert request.path == f"/v4/{PLACE}/reviews"
        if request.query["pageSize"] != "1":  # one is enough to see how many there are
            assert request.query["orderBy"] == "updateTime desc" and request.query["pageSize"] == "50"
        first = 0
        if token := request.query.get("pageToken"):
            first = next((i for i, post in enumerate(self.posts) if f"t{post.number}" == token), -1) + 1
            if not first:
                return Answer.json({"error": {"code": 400, "message": "bad token", "status": "INVALID_ARGUMENT"}}, 400)
        shown = self.posts[first : first + self.page]
        answer: dict[str, Any] = {"averageRating": 3.5, "totalReviewCount": len(self.posts)} if self.posts else {}
        if shown:
            answer["reviews"] = [self._review(post) for post in shown]
        if first + self.page < len(self.posts):
            answer["nextPageToken"] = f"t{shown[-1].number}"
        return Answer.json(answer)

    def _review(self, post: Post) -> dict[str, Any]:
        reviewer = (
            {"displayName": post.author} if post.author else {"displayName": "A Google user", "isAnonymous": True}
        )
        review: dict[str, Any] = {
            "name": f"{PLACE}/reviews/{self.native_id(post)}", "reviewId": self.native_id(post), "reviewer": reviewer,
            "starRating": "TWO", "comment": post.words,
        }  # fmt: skip
        if post.dated:
            review |= {"createTime": post.at.isoformat().replace("+00:00", "Z"), "updateTime": post.at.isoformat()}
        return review
