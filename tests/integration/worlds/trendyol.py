"""Trendyol's questions to a seller."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from typing import Any, ClassVar

from tests.integration.faulty_server import Answer, Request
from tests.integration.worlds.world import SECRET, Post, World

SELLER = "12345"
FORTNIGHT = 14 * 86_400_000


@dataclass
class TrendyolWorld(World):
    """Questions with even numbers wait; `answered` are those that were answered since."""

    kind = "trendyol"
    env: ClassVar = {"NOBET_TRENDYOL_API_KEY": "apikey", "NOBET_TRENDYOL_API_SECRET": SECRET}
    first = again = nothing_new = "counted"
    asks_until_now = True
    answered: set[int] = field(default_factory=set)
    hidden: set[int] = field(default_factory=set)
    """Questions that the service counts and does not list."""

    def native_id(self, post: Post) -> str:
        return str(post.number)

    def settings(self, url: str) -> dict[str, Any]:
        return {"kind": "trendyol", "seller_id": SELLER, "base_url": url}

    def counts(self, request: Request) -> bool:
        return request.path.endswith("/filter") and "status" not in request.query

    def waits(self, post: Post) -> bool:
        return post.number % 2 == 0 and post.number not in self.answered

    def route(self, request: Request) -> Answer:
        expected = "Basic " + b64encode(f"apikey:{SECRET}".encode()).decode()
        if request.headers.get("authorization") != expected:
            error = {"key": "auth", "message": "ClientApiAuthenticationException"}
            return Answer.json({"exception": "ClientApiAuthenticationException", "errors": [error]}, 401)
        if request.headers.get("user-agent") != f"{SELLER} - SelfIntegration":
            return Answer.json({"exception": "Forbidden"}, 403)
        path = f"/integration/qna/sellers/{SELLER}/questions"
        if request.path != f"{path}/filter":
            number = request.path.removeprefix(f"{path}/")
            for post in self.posts:
                if self.native_id(post) == number:
                    return Answer.json(self.question(post))
            return Answer.json({"errors": [{"message": "Question not found"}]}, 404)
        assert request.query["supplierId"] == SELLER
        assert (request.query["orderByField"], request.query["orderByDirection"]) == ("CreatedDate", "ASC")
        start, end = int(request.query["startDate"]), int(request.query["endDate"])
        assert end - start <= FORTNIGHT, "Trendyol would cut the span without saying so"
        # Newest first in the world, oldest first here; a world in another order stays in another order.
        listed = [post for post in reversed(self.posts) if start <= post.at.timestamp() * 1000 <= end]
        if request.query.get("status") == "WAITING_FOR_ANSWER":
            listed = [post for post in listed if self.waits(post)]
        page = int(request.query["page"])
        shown = [post for post in listed[page * self.page : (page + 1) * self.page] if post.number not in self.hidden]
        pages = -(-len(listed) // self.page)
        content = [self.question(post) for post in shown]
        return Answer.json(
            {"content": content, "page": page, "size": 50, "totalElements": len(listed), "totalPages": pages}
        )

    def question(self, post: Post) -> dict[str, Any]:
        waits = self.waits(post)
        question: dict[str, Any] = {
            "id": post.number, "text": post.words, "public": True, "productName": "Kahve makinesi",
            "productMainId": "SKU1", "webUrl": "https://www.trendyol.com/marka/kahve-p-1", "showUserName": True,
            "status": "WAITING_FOR_ANSWER" if waits else "ANSWERED",
        }  # fmt: skip
        if post.author:
            question |= {"customerId": 77, "userName": post.author}
        if post.dated:
            question["creationDate"] = int(post.at.timestamp() * 1000)
        if not waits:
            moment = int(post.at.timestamp() * 1000) + 600_000
            question["answer"] = {"id": 9, "text": "Merhaba, yarın kargoda.", "creationDate": moment}
        return question
