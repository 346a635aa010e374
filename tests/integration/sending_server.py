"""Every platform that replies are sent to, as one real HTTP server: it keeps what it took, and shows it as they do.

    with platforms() as (site, server):
        site.fates = [Fate("after", "drop")]     # the next message is taken, and the connection breaks off
        ...; site.messages("x")                  # the texts that customers would see

Each platform writes texts in its own way (X: t.co, escapes, the answered name before), so that looking for a message is
tried against what is really served. None of them saves a sender from sending twice, but where the real one does.
"""

from __future__ import annotations

import json
import os
import re
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from email.parser import BytesParser
from typing import Any
from urllib.parse import parse_qsl

from tests.integration.faulty_server import Answer, FaultyServer, Request

SIGN_INS = ("/api/v1/access_token", "/token", "/xrpc/com.atproto.server.createSession")
X_ME, X_THEM, DID, CHANNEL = "111", "222", "did:plc:marka", "UC" + "m" * 22


@dataclass(frozen=True)
class Fate:
    """What happens to one message: `when` is before or after the platform took it; `what` is drop, hang, kill or an
    HTTP status."""

    when: str
    what: str
    headers: dict[str, str] = field(default_factory=dict)


class Platforms:
    """What the platforms hold."""

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.fates: list[Fate] = []
        self.pid = 0
        self.honours_keys = False
        self.kept: dict[str, list[dict[str, Any]]] = {}
        self.writes: list[Request] = []
        self.shows = True
        """False: what was taken is not listed yet."""

    def take(self, kind: str, text: str, **rest: Any) -> dict[str, Any]:
        """Keeps a message that customers see."""
        held = self.kept.setdefault(kind, [])
        made = {"id": str(1000 + len(held)), "text": text, "at": self.now, **rest}
        held.append(made)
        return made

    def messages(self, kind: str) -> list[str]:
        """The texts of a kind that customers would see."""
        return [one["text"] for one in self.kept.get(kind, [])]

    def listed(self, kind: str) -> list[dict[str, Any]]:
        """What the platform shows of its messages, the newest first."""
        return list(reversed(self.kept.get(kind, []))) if self.shows else []

    def route(self, request: Request) -> Answer:
        """The answer, with the next fate where a message came in."""
        if request.method == "GET" or request.path in SIGN_INS:
            return self._answer(request)
        self.writes.append(request)
        fate = self.fates.pop(0) if self.fates else Fate("after", "200")
        right = self._answer(request) if fate.when == "after" else Answer(body=b"{}")
        if fate.what == "kill":
            os.kill(self.pid, signal.SIGKILL)
        if fate.what == "drop":
            return replace(right, cut=max(1, len(right.body)), body=right.body or b"{}")
        if fate.what == "hang":
            return replace(right, hang=True)
        if fate.what.isdigit() and fate.what != "200":
            return Answer.json({"message": f"error {fate.what}"}, int(fate.what), **fate.headers)
        return right

    def _answer(self, request: Request) -> Answer:
        for method, pattern, answer in _ROUTES:
            if method == request.method and (found := re.fullmatch(pattern, request.path)):
                return answer(self, request, *found.groups())
        return Answer.json({"message": f"no such path: {request.path}"}, 404)


def _iso(at: datetime) -> str:
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _json(request: Request) -> dict[str, Any]:
    found = json.loads(request.body)
    assert isinstance(found, dict)
    return found


def _signed_in(_site: Platforms, _request: Request) -> Answer:
    return Answer.json({"access_token": "jeton", "accessJwt": "jeton", "refreshJwt": "r", "did": DID})


# --- X ---


def _x_text(text: str) -> tuple[str, dict[str, Any]]:
    links = re.findall(r"https?://\S+", text)
    urls = [{"url": f"https://t.co/{at}", "expanded_url": link} for at, link in enumerate(links)]
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    for one in urls:
        text = text.replace(one["expanded_url"].replace("&", "&amp;"), one["url"])
    return text, {"urls": urls}


def _x_post(site: Platforms, request: Request) -> Answer:
    body = _json(request)
    made = site.take("x", body["text"], to=body["reply"]["in_reply_to_tweet_id"])
    return Answer.json({"data": {"id": made["id"], "text": body["text"]}}, 201)


def _x_posts(site: Platforms, request: Request, _user: str) -> Answer:
    assert request.query["start_time"].endswith("Z")
    data = []
    for one in site.listed("x"):
        text, entities = _x_text(one["text"])
        others = [{"type": "replied_to", "id": one["to"]}]
        data.append(
            {"id": one["id"], "text": f"@musteri {text}", "entities": entities, "created_at": _iso(one["at"]),
             "referenced_tweets": others}
        )  # fmt: skip
    return Answer.json({"data": data, "meta": {"result_count": len(data)}})


def _x_message(site: Platforms, request: Request, to: str) -> Answer:
    made = site.take("x_private", _json(request)["text"], to=to)
    return Answer.json({"data": {"dm_conversation_id": f"{X_ME}-{to}", "dm_event_id": made["id"]}}, 201)


def _x_messages(site: Platforms, _request: Request, to: str) -> Answer:
    data = []
    for one in site.listed("x_private"):
        if one["to"] == to:
            text, entities = _x_text(one["text"])
            data.append(
                {"id": one["id"], "text": text, "entities": entities, "sender_id": X_ME, "created_at": _iso(one["at"])}
            )
    data.append({"id": "9", "text": "merhaba", "sender_id": to, "created_at": _iso(site.now - timedelta(days=2))})
    return Answer.json({"data": data, "meta": {"result_count": len(data)}})


# --- Reddit ---


def _reddit_comment(site: Platforms, request: Request) -> Answer:
    form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    made = site.take("reddit", form["text"], to=form["thing_id"], private=form["thing_id"].startswith("t4_"))
    return Answer.json({"json": {"errors": [], "data": {"things": [{"kind": "t1", "data": _reddit(made)}]}}})


def _reddit(one: dict[str, Any]) -> dict[str, Any]:
    name = ("t4_" if one.get("private") else "t1_") + one["id"]
    return {
        "name": name, "id": one["id"], "body": one["text"], "parent_id": one.get("to"), "dest": one.get("dest"),
        "created_utc": one["at"].timestamp(), "permalink": f"/r/kargo/comments/a/_/{one['id']}/",
    }  # fmt: skip


def _reddit_compose(site: Platforms, request: Request) -> Answer:
    form = dict(parse_qsl(request.body.decode(), keep_blank_values=True))
    site.take("reddit_private", form["text"], dest=form["to"], private=True)
    return Answer.json({"json": {"errors": []}})


def _reddit_listing(site: Platforms, request: Request, *_name: str) -> Answer:
    kinds = ("reddit_private", "reddit") if request.path == "/message/sent" else ("reddit",)
    sent = [one for kind in kinds for one in site.listed(kind)]
    sent = [one for one in sent if bool(one.get("private")) == (request.path == "/message/sent")]
    children = [{"kind": "t1", "data": _reddit(one)} for one in sent]
    return Answer.json({"data": {"children": children, "after": None}})


# --- Mastodon ---


def _toot(one: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": one["id"], "created_at": _iso(one["at"]), "url": f"https://m.example/@marka/{one['id']}",
        "in_reply_to_id": one["to"], "account": {"id": "7"}, "visibility": one["visibility"],
        "content": f"<p>{one['text']}</p>",
    }  # fmt: skip


def _toot_post(site: Platforms, request: Request) -> Answer:
    body, key = _json(request), request.headers["idempotency-key"]
    for one in site.kept.get("mastodon", []):
        if site.honours_keys and one["key"] == key:
            return Answer.json(_toot(one))
    made = site.take("mastodon", body["status"], to=body["in_reply_to_id"], visibility=body["visibility"], key=key)
    return Answer.json(_toot(made))


def _toot_context(site: Platforms, _request: Request, number: str) -> Answer:
    below = [_toot(one) for one in site.listed("mastodon") if one["to"] == number]
    strangers = [{**_toot(one), "id": "x", "account": {"id": "8"}} for one in site.listed("mastodon")]
    return Answer.json({"ancestors": [], "descendants": [*strangers, *below]})


def _toot_source(site: Platforms, _request: Request, number: str) -> Answer:
    [found] = [one for one in site.kept["mastodon"] if one["id"] == number]
    return Answer.json({"id": number, "text": found["text"], "spoiler_text": ""})


# --- Bluesky ---


def _sky_posts(_site: Platforms, request: Request) -> Answer:
    return Answer.json({"posts": [{"uri": request.query["uris"], "cid": "bafy", "record": {"text": "?"}}]})


def _sky_put(site: Platforms, request: Request) -> Answer:
    body = _json(request)
    held = {one["rkey"]: one for one in site.kept.get("bluesky", [])}
    if (old := held.get(body["rkey"])) is not None:  # the repository holds one record under one key
        old["text"] = body["record"]["text"]
    else:
        site.take("bluesky", body["record"]["text"], rkey=body["rkey"], record=body["record"])
    return Answer.json({"uri": f"at://{DID}/app.bsky.feed.post/{body['rkey']}", "cid": "bafy2"})


def _sky_get(site: Platforms, request: Request) -> Answer:
    for one in site.kept.get("bluesky", []):
        if one["rkey"] == request.query["rkey"]:
            return Answer.json({"uri": f"at://{DID}/app.bsky.feed.post/{one['rkey']}", "value": one["record"]})
    return Answer.json({"error": "RecordNotFound", "message": "Could not locate record"}, 400)


# --- shops and reviews ---


def _trendyol(site: Platforms, request: Request, number: str) -> Answer:
    if request.method == "POST":
        site.take("trendyol", _json(request)["text"], to=number)
        return Answer.json({"answerId": 5})
    mine = [one for one in site.kept.get("trendyol", []) if one["to"] == number]
    answer = {"text": mine[0]["text"], "creationDate": int(mine[0]["at"].timestamp() * 1000)} if mine else None
    status = "ANSWERED" if mine else "WAITING_FOR_ANSWER"
    return Answer.json({"id": number, "status": status, "answer": answer, "webUrl": "https://ty.example/u"})


def _hepsiburada(site: Platforms, request: Request, number: str) -> Answer:
    if request.method == "POST":
        kind = f"Content-Type: {request.headers['content-type']}\r\n\r\n".encode()
        [part] = BytesParser().parsebytes(kind + request.body).get_payload()
        assert part.get_param("name", header="content-disposition") == "Answer"  # type: ignore[union-attr]
        text = part.get_payload(decode=True).decode()  # type: ignore[union-attr]
        site.take("hepsiburada", text, to=number)
        return Answer(201, b'"ok"', {"content-type": "application/json"})
    talk = [{"id": "q", "from": "Customer", "content": "Ne zaman gelir?", "createdAt": _iso(site.now)}]
    talk += [
        {"id": one["id"], "from": "Merchant", "content": one["text"], "createdAt": _iso(one["at"])}
        for one in site.kept.get("hepsiburada", [])
        if one["to"] == number
    ]
    return Answer.json({"issueNumber": number, "conversations": talk})


def _play(site: Platforms, request: Request, number: str, *_reply: str) -> Answer:
    held = [one for one in site.kept.get("google_play", []) if one["to"] == number]
    if request.method == "POST":
        text = _json(request)["replyText"]
        if held:  # a review has one reply
            held[0]["text"] = text
        else:
            site.take("google_play", text, to=number)
        return Answer.json({"result": {"replyText": text}})
    comments: list[dict[str, Any]] = [{"userComment": {"text": "kötü"}}]
    for one in held:
        seconds = {"seconds": str(int(one["at"].timestamp()))}
        comments.append({"developerComment": {"text": one["text"], "lastModified": seconds}})
    return Answer.json({"reviewId": number, "comments": comments})


def _store_response(one: dict[str, Any]) -> dict[str, Any]:
    said = {"responseBody": one["text"], "lastModifiedDate": _iso(one["at"])}
    return {"data": {"type": "customerReviewResponses", "id": one["id"], "attributes": said}}


def _store_post(site: Platforms, request: Request) -> Answer:
    data = _json(request)["data"]
    number, text = data["relationships"]["review"]["data"]["id"], data["attributes"]["responseBody"]
    held = [one for one in site.kept.get("app_store", []) if one["to"] == number]
    if held:
        held[0]["text"] = text
    return Answer.json(_store_response(held[0] if held else site.take("app_store", text, to=number)), 201)


def _store_get(site: Platforms, _request: Request, number: str) -> Answer:
    held = [one for one in site.kept.get("app_store", []) if one["to"] == number]
    return Answer.json(_store_response(held[0])) if held else Answer.json({"errors": [{"detail": "none"}]}, 404)


def _youtube(site: Platforms, request: Request) -> Answer:
    if request.method == "POST":
        said = _json(request)["snippet"]
        made = site.take("youtube", said["textOriginal"], to=said["parentId"])
        return Answer.json({"id": made["id"], "snippet": {}})
    items = [
        {"id": one["id"], "snippet": {"authorChannelId": {"value": CHANNEL}, "textDisplay": one["text"],
                                      "publishedAt": _iso(one["at"])}}
        for one in site.listed("youtube")
        if one["to"] == request.query["parentId"]
    ]  # fmt: skip
    return Answer.json({"items": items})


def _hook(site: Platforms, request: Request) -> Answer:
    body, key = _json(request), request.headers["idempotency-key"]
    made = site.take("webhook", body["text"], key=key)
    return Answer.json({"id": made["id"], "url": f"https://crm.example/{made['id']}"}, 202)


def _hook_status(site: Platforms, _request: Request, key: str) -> Answer:
    for one in site.kept.get("webhook", []):
        if one["key"] == key:
            return Answer.json({"id": one["id"], "url": f"https://crm.example/{one['id']}"})
    return Answer.json({"detail": "no such reply"}, 404)


_ROUTES: list[tuple[str, str, Any]] = [
    *(("POST", re.escape(path), _signed_in) for path in SIGN_INS),
    ("POST", "/2/tweets", _x_post),
    ("GET", r"/2/users/(\d+)/tweets", _x_posts),
    ("POST", r"/2/dm_conversations/with/(\d+)/messages", _x_message),
    ("GET", r"/2/dm_conversations/with/(\d+)/dm_events", _x_messages),
    ("POST", "/api/comment", _reddit_comment),
    ("POST", "/api/compose", _reddit_compose),
    ("GET", "/user/([^/]+)/comments", _reddit_listing),
    ("GET", "/message/sent", _reddit_listing),
    ("POST", "/api/v1/statuses", _toot_post),
    ("GET", "/api/v1/accounts/verify_credentials", lambda _site, _request: Answer.json({"id": "7"})),
    ("GET", r"/api/v1/statuses/(\w+)/context", _toot_context),
    ("GET", r"/api/v1/statuses/(\w+)/source", _toot_source),
    ("GET", "/xrpc/app.bsky.feed.getPosts", _sky_posts),
    ("POST", "/xrpc/com.atproto.repo.putRecord", _sky_put),
    ("GET", "/xrpc/com.atproto.repo.getRecord", _sky_get),
    ("GET", r"/integration/qna/sellers/\d+/questions/(\w+)", _trendyol),
    ("POST", r"/integration/qna/sellers/\d+/questions/(\w+)/answers", _trendyol),
    ("GET", r"/api/v1.0/issues/(\w+)", _hepsiburada),
    ("POST", r"/api/v1.0/issues/(\w+)/answer", _hepsiburada),
    ("GET", r"/androidpublisher/v3/applications/[^/]+/reviews/(\w+)", _play),
    ("POST", r"/androidpublisher/v3/applications/[^/]+/reviews/(\w+):reply", _play),
    ("POST", "/v1/customerReviewResponses", _store_post),
    ("GET", r"/v1/customerReviews/(\w+)/response", _store_get),
    ("GET", "/youtube/v3/comments", _youtube),
    ("POST", "/youtube/v3/comments", _youtube),
    ("POST", "/hook", _hook),
    ("GET", r"/hook/([0-9a-f]{64})", _hook_status),
]


@contextmanager
def platforms(now: datetime) -> Iterator[tuple[Platforms, FaultyServer]]:
    """The platforms, and the server that shows them."""
    site = Platforms(now)
    with FaultyServer(site.route) as server:
        yield site, server
