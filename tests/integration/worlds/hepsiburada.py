"""Hepsiburada's questions to a merchant (Satıcıya Sor)."""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar

from tests.integration.faulty_server import Answer, Request
from tests.integration.worlds.world import SECRET, Post, World

MERCHANT = "b2910839-83b9-4d45-adb6-86bad457edcb"
PATH = "/api/v1.0/issues"


@dataclass
class HepsiburadaWorld(World):
    """Questions with even numbers wait; `answered` are those that were answered since."""

    kind = "hepsiburada"
    env: ClassVar = {"NOBET_HEPSIBURADA_SERVICE_KEY": SECRET}
    first = again = nothing_new = "counted"
    asks_until_now = True
    answered: set[int] = field(default_factory=set)

    def native_id(self, post: Post) -> str:
        return str(post.number)

    def settings(self, url: str) -> dict[str, Any]:
        return {"kind": "hepsiburada", "merchant_id": MERCHANT, "user_agent": "marka_dev", "base_url": url}

    def counts(self, request: Request) -> bool:
        return request.path == PATH and "status" not in request.query

    def waits(self, post: Post) -> bool:
        return post.number % 2 == 0 and post.number not in self.answered

    def route(self, request: Request) -> Answer:
        expected = "Basic " + b64encode(f"{MERCHANT}:{SECRET}".encode()).decode()
        if request.headers.get("authorization") != expected or request.headers.get("merchantid") != MERCHANT:
            return Answer.json({"code": 401, "errors": [{"message": "Unauthorized", "internalMessage": None}]}, 401)
        assert request.headers.get("user-agent") == "marka_dev"
        if request.path == f"{PATH}/count":
            return Answer.json({"waitingForAnswer": sum(map(self.waits, self.posts)), "answered": 0, "reported": 0})
        if request.path != PATH:
            for post in self.posts:
                if request.path == f"{PATH}/{post.number}":
                    return Answer.json(self.issue(post))
            return Answer.json({"code": 404, "errors": [{"message": "Issue not found"}]}, 404)
        assert (request.query["sortBy"], request.query["desc"]) == ("0", "false")
        start, end = (datetime.fromisoformat(request.query[name]) for name in ("minCreatedAt", "maxCreatedAt"))
        listed = [post for post in reversed(self.posts) if start <= post.at <= end]
        if request.query.get("status") == "1":
            listed = [post for post in listed if self.waits(post)]
        page = int(request.query["page"])
        shown = listed[(page - 1) * self.page : page * self.page]
        pages = -(-len(listed) // self.page)
        return Answer.json({
            "data": [self.issue(post) for post in shown] or None, "currentPage": page, "currentPageSize": len(shown),
            "totalPageCount": pages, "totalItemCount": len(listed), "nextPage": page + 1 if page < pages else None,
        })  # fmt: skip

    def issue(self, post: Post) -> dict[str, Any]:
        waits = self.waits(post)
        asked = post.at.isoformat().replace("+00:00", ".1234567Z")
        talk = [{"id": "c1", "type": "Question", "createdAt": asked, "content": post.words, "from": "Customer"}]
        if not waits:
            later = (post.at + timedelta(minutes=5)).isoformat().replace("+00:00", "Z")
            talk.append(
                {"id": "c2", "type": "Answer", "createdAt": later, "content": "Yarın kargoda.", "from": "Merchant"}
            )
        issue: dict[str, Any] = {
            "id": "5f", "issueNumber": post.number, "orderNumber": None, "lastContent": talk[-1]["content"],
            "status": "WaitingForAnswer" if waits else "Answered", "conversations": talk,
            "subject": {"id": "1", "description": "Ürün bilgisi"},
            "product": {"sku": "HB1", "name": "Kahve makinesi", "imageUrl": None, "stockCode": "S1"},
            "expireDate": (post.at + timedelta(days=1)).isoformat().replace("+00:00", "Z"),
        }  # fmt: skip
        if post.author:
            issue["customerId"] = post.author
        if post.dated:
            issue["createdAt"] = post.at.isoformat().replace("+00:00", "Z")
        else:
            del talk[0]["createdAt"]
        return issue
