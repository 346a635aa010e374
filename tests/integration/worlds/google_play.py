"""Google Play's reviews.list, and Google's token service."""

from __future__ import annotations

import json
from functools import cache
from typing import Any, ClassVar
from urllib.parse import parse_qs

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from tests.integration.faulty_server import Answer, Request
from tests.integration.worlds.world import SECRET, Post, World

PACKAGE = "com.example.marka"
SCOPE = "https://www.googleapis.com/auth/androidpublisher"


@cache
def key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def key_file() -> str:
    """A service account's key file as Google gives it out, on one line."""
    form = serialization.PrivateFormat.PKCS8
    pem = key().private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
    return json.dumps({
        "type": "service_account", "private_key_id": "k1", "private_key": pem,
        "client_email": "nobet@marka.iam.gserviceaccount.com", "token_uri": "https://evil.example/token",
    })  # fmt: skip


class GooglePlayWorld(World):
    kind = "google_play"
    env: ClassVar = {"NOBET_GOOGLE_PLAY_KEY": key_file()}
    may_be_empty = "Google lists the last week only: after a quiet one there is nothing"
    lists_all = "a listing of a week is whole while the last fetch is younger than that"

    def native_id(self, post: Post) -> str:
        return f"gp:{post.number:06d}"

    def settings(self, url: str) -> dict[str, Any]:
        return {"kind": "google_play", "package_name": PACKAGE, "base_url": url}

    def counts(self, request: Request) -> bool:
        return request.method == "GET"

    def route(self, request: Request) -> Answer:
        if request.path == "/token":
            return self._token(request)
        if request.headers.get("authorization") != f"Bearer {SECRET}":
            error = {"code": 401, "message": "Request had invalid authentication credentials."}
            return Answer.json({"error": error | {"status": "UNAUTHENTICATED"}}, 401)
        assert request.path == f"/androidpublisher/v3/applications/{PACKAGE}/reviews"
        first = 0
        if token := request.query.get("token"):
            first = next((i for i, post in enumerate(self.posts) if f"t{post.number}" == token), -1) + 1
            if not first:
                return Answer.json(
                    {"error": {"code": 400, "message": "Invalid token", "status": "INVALID_ARGUMENT"}}, 400
                )
        shown = self.posts[first : first + self.page]
        answer: dict[str, Any] = {}
        if shown:
            answer["reviews"] = [self._review(post) for post in shown]
        if first + self.page < len(self.posts):
            answer["tokenPagination"] = {"nextPageToken": f"t{shown[-1].number}"}
        return Answer.json(answer)

    def _token(self, request: Request) -> Answer:
        form = {name: values[0] for name, values in parse_qs(request.body.decode()).items()}
        try:
            claims = jwt.decode(
                form["assertion"], key().public_key(), algorithms=["RS256"],
                audience="https://oauth2.googleapis.com/token", options={"verify_exp": False, "verify_iat": False},
            )  # fmt: skip
        except (jwt.PyJWTError, KeyError):
            return Answer.json({"error": "invalid_grant", "error_description": "Invalid JWT Signature."}, 400)
        assert form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer"
        assert claims["scope"] == SCOPE and claims["exp"] - claims["iat"] <= 3600
        return Answer.json({"access_token": SECRET, "expires_in": 3599, "token_type": "Bearer"})

    def _review(self, post: Post) -> dict[str, Any]:
        comment: dict[str, Any] = {
            "text": post.words, "starRating": 2, "reviewerLanguage": "tr", "device": "trltecan", "thumbsUpCount": 3,
            "appVersionName": "1.2.3",
        }  # fmt: skip
        if post.dated:
            comment["lastModified"] = {"seconds": str(int(post.at.timestamp())), "nanos": 0}
        review: dict[str, Any] = {"reviewId": self.native_id(post), "comments": [{"userComment": comment}]}
        return review | ({"authorName": post.author} if post.author else {})
