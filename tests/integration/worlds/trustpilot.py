"""Trustpilot's Business Units API."""

from __future__ import annotations

from typing import Any, ClassVar

from tests.integration.faulty_server import Answer, Request
from tests.integration.worlds.world import SECRET, Post, World

UNIT = "46d6a890000064000500e0c3"


class TrustpilotWorld(World):
    kind = "trustpilot"
    env: ClassVar = {"NOBET_TRUSTPILOT_API_KEY": SECRET}
    first = "counted"
    lists_all = "Trustpilot lists every review that the company ever had"

    def native_id(self, post: Post) -> str:
        return f"{post.number:024x}"

    def settings(self, url: str) -> dict[str, Any]:
        return {"kind": "trustpilot", "business_unit_id": UNIT, "overlap": 3600, "base_url": url}

    def counts(self, request: Request) -> bool:
        return request.path.endswith("/reviews")

    def route(self, request: Request) -> Answer:
        if request.headers.get("apikey") != SECRET:
            return Answer.json({"message": "Invalid API key", "details": "Unknown apikey"}, 401)
        assert SECRET not in str(request.query)
        if request.path == f"/v1/business-units/{UNIT}":
            return Answer.json({"id": UNIT, "displayName": "Marka", "numberOfReviews": {"total": len(self.posts)}})
        assert request.path == f"/v1/business-units/{UNIT}/reviews"
        assert request.query["orderBy"] == "createdat.desc" and request.query["perPage"] == "100"
        page = int(request.query["page"])
        shown = self.posts[(page - 1) * self.page : page * self.page]
        links = [{"href": "https://api.trustpilot.com/v1/x", "method": "GET", "rel": "self"}]
        if len(self.posts) > page * self.page:
            links.append({"href": "https://api.trustpilot.com/v1/x?page=2", "method": "GET", "rel": "next-page"})
        return Answer.json({"links": links, "reviews": [self._review(post) for post in shown]})

    def _review(self, post: Post) -> dict[str, Any]:
        return {
            "links": [], "id": self.native_id(post), "stars": 1, "title": post.words[:12] + "...", "text": post.words,
            "language": "tr", "updatedAt": None, "numberOfLikes": 2, "isVerified": True, "status": "active",
            "companyReply": None, "location": None, "reviewVerificationLevel": "verified",
            "businessUnit": {"id": UNIT, "identifyingName": "marka.com.tr", "displayName": "Marka"},
            "consumer": {"id": "507f191e810c19729de860ea", "displayName": post.author} if post.author else None,
        } | ({"createdAt": post.at.isoformat().replace("+00:00", "Z")} if post.dated else {})  # fmt: skip
