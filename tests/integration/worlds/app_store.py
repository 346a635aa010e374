"""App Store Connect's customer reviews."""

from __future__ import annotations

from functools import cache
from typing import Any, ClassVar

import jwt
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from tests.integration.faulty_server import Answer, Request
from tests.integration.worlds.world import NOW, SECRET, Post, World

APP = "1234567890"


@cache
def key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def pem() -> str:
    """The key as Apple's .p8 file holds it, on one line as an environment file has it."""
    form = serialization.PrivateFormat.PKCS8
    text = key().private_bytes(serialization.Encoding.PEM, form, serialization.NoEncryption()).decode()
    return text.replace("\n", "\\n")


class AppStoreWorld(World):
    kind = "app_store"
    env: ClassVar = {"NOBET_APP_STORE_KEY": pem()}
    first = "counted"
    lists_all = "App Store Connect lists every review that the app ever had"

    def native_id(self, post: Post) -> str:
        return f"00000028-b08c-0014-729e-{post.number:012x}"

    def settings(self, url: str) -> dict[str, Any]:
        # The key's id is the secret here that a server might repeat.
        return {
            "kind": "app_store", "app_id": APP, "issuer_id": "69a6de8d", "key_id": SECRET, "overlap": 3600,
            "base_url": url,
        }  # fmt: skip

    def route(self, request: Request) -> Answer:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        try:
            claims = jwt.decode(
                token, key().public_key(), algorithms=["ES256"], audience="appstoreconnect-v1",
                options={"verify_exp": False, "verify_iat": False},
            )  # fmt: skip
        except jwt.PyJWTError:
            error = {"status": "401", "code": "NOT_AUTHORIZED", "title": "Authentication credentials are missing."}
            return Answer.json({"errors": [error]}, 401)
        assert claims["iss"] == "69a6de8d" and jwt.get_unverified_header(token)["kid"] == SECRET
        assert 0 < claims["exp"] - claims["iat"] <= 1200 and abs(claims["iat"] - NOW.timestamp()) < 86400
        if request.path == f"/v1/apps/{APP}":
            return Answer.json({"data": {"type": "apps", "id": APP, "attributes": {"name": "Marka"}}})
        assert request.path == f"/v1/apps/{APP}/customerReviews"
        assert request.query["sort"] == "-createdDate" and request.query["include"] == "response"
        first = 0
        if cursor := request.query.get("cursor"):
            first = next((i for i, post in enumerate(self.posts) if f"c{post.number}" == cursor), -1) + 1
            if not first:
                return Answer.json({"errors": [{"status": "400", "code": "PARAMETER_ERROR.INVALID"}]}, 400)
        shown = self.posts[first : first + self.page]
        base = f"https://api.appstoreconnect.apple.com/v1/apps/{APP}/customerReviews"
        links = {"self": base}
        if first + self.page < len(self.posts):
            links["next"] = f"{base}?cursor=c{shown[-1].number}&limit=200&sort=-createdDate"
        meta = {"paging": {"total": len(self.posts), "limit": 200}}
        return Answer.json({"data": [self.review(post) for post in shown], "links": links, "meta": meta})

    def review(self, post: Post) -> dict[str, Any]:
        attributes: dict[str, Any] = {"rating": 1, "title": None, "body": post.words, "territory": "TUR"}
        if post.author:
            attributes["reviewerNickname"] = post.author
        if post.dated:
            attributes["createdDate"] = post.at.isoformat()
        return {"type": "customerReviews", "id": self.native_id(post), "attributes": attributes, "relationships": {}}
