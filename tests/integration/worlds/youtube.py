"""The comment threads of a YouTube channel."""

from __future__ import annotations

from typing import Any, ClassVar

from tests.integration.faulty_server import Answer, Request
from tests.integration.worlds.world import SECRET, Post, World

CHANNEL = "UC" + "m" * 22


def refusal(status: int, reason: str, message: str) -> Answer:
    """An error as the YouTube Data API gives it."""
    errors = [{"message": message, "domain": "youtube", "reason": reason}]
    return Answer.json({"error": {"code": status, "message": message, "errors": errors}}, status)


class YouTubeWorld(World):
    kind = "youtube"
    env: ClassVar = {"NOBET_YOUTUBE_API_KEY": SECRET}

    def native_id(self, post: Post) -> str:
        return f"Ugx{post.number:06d}"

    def settings(self, url: str) -> dict[str, Any]:
        return {"kind": "youtube", "channel_id": CHANNEL, "base_url": url, "overlap": 3600}

    def route(self, request: Request) -> Answer:
        assert "key" not in request.query
        if request.headers.get("x-goog-api-key") != SECRET:
            return refusal(400, "badRequest", "API key not valid. Please pass a valid API key.")
        if request.path == "/youtube/v3/channels":
            snippet = {"title": "Marka", "customUrl": "@marka"}
            return Answer.json({"kind": "youtube#channelListResponse", "items": [{"id": CHANNEL, "snippet": snippet}]})
        if request.path == "/youtube/v3/comments":
            asked = request.query["id"].split(",")
            items = [{"id": self.native_id(post)} for post in self.posts if self.native_id(post) in asked]
            return Answer.json({"kind": "youtube#commentListResponse", "items": items})
        assert request.path == "/youtube/v3/commentThreads" and request.query["order"] == "time"
        assert request.query["allThreadsRelatedToChannelId"] == CHANNEL and request.query["textFormat"] == "plainText"
        first = 0
        if token := request.query.get("pageToken"):
            tokens = [f"t{post.number}" for post in self.posts]
            if token not in tokens:
                return refusal(400, "invalidPageToken", "The specified page token is not valid.")
            first = tokens.index(token) + 1
        shown = self.posts[first : first + self.page]
        answer = {
            "kind": "youtube#commentThreadListResponse",
            "pageInfo": {"totalResults": len(shown), "resultsPerPage": 100},
            "items": [self.thread(post) for post in shown],
        }
        if first + self.page < len(self.posts):
            answer["nextPageToken"] = f"t{shown[-1].number}"
        return Answer.json(answer)

    def thread(self, post: Post) -> dict[str, Any]:
        """The post as a thread without replies."""
        top = comment(self.native_id(post), post.words, post.author, post.at.isoformat() if post.dated else None)
        snippet = {"channelId": CHANNEL, "videoId": "v" * 11, "topLevelComment": top, "totalReplyCount": 0}
        return {"kind": "youtube#commentThread", "id": self.native_id(post), "snippet": snippet}


def comment(number: str, text: str, author: str | None, at: str | None, **more: Any) -> dict[str, Any]:
    """A comment as https://developers.google.com/youtube/v3/docs/comments has it."""
    snippet = {"textDisplay": text, "likeCount": 3, "videoId": "v" * 11, **more}
    if author:
        snippet |= {"authorDisplayName": author, "authorChannelId": {"value": "UC" + "a" * 22}}
    if at:
        snippet |= {"publishedAt": at, "updatedAt": at} | more
    return {"kind": "youtube#comment", "id": number, "snippet": snippet}
