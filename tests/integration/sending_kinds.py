"""One account of every kind of sender, with a mention that it answers: what the tests of sending run over."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from mention import Mention
from tests.integration.sending_server import CHANNEL, X_ME, X_THEM

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
SECRET = "cok-gizli-deger"


@dataclass(frozen=True)
class Case:
    """A sender's configuration (without its server), a mention, and under which name the platform keeps the answer."""

    name: str
    record: dict[str, Any]
    mention: dict[str, Any]
    kept: str
    private: bool = False
    env: dict[str, str] = field(default_factory=dict)

    def make(self, number: int = 1) -> Mention:
        """The mention; `number` makes it another one."""
        base = {"source": self.record["kind"], "text": "Kargom nerede?", "published_at": NOW, "author": "musteri"}
        native = str(self.mention.get("native_id", "900")) + (str(number) if number > 1 else "")
        return Mention.model_validate(base | self.mention | {"native_id": native})


@cache
def google_key() -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return json.dumps({"client_email": "n@p.example", "private_key": pem, "private_key_id": "1"})


@cache
def apple_key() -> str:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    return pem.replace("\n", "\\n")


_X = {
    "NOBET_X_CONSUMER_KEY": SECRET, "NOBET_X_CONSUMER_SECRET": SECRET, "NOBET_X_ACCESS_TOKEN": SECRET,
    "NOBET_X_ACCESS_SECRET": SECRET,
}  # fmt: skip
_REDDIT = {
    "NOBET_REDDIT_CLIENT_ID": "kimlik", "NOBET_REDDIT_CLIENT_SECRET": SECRET, "NOBET_REDDIT_REFRESH_TOKEN": SECRET,
}  # fmt: skip
_HOOK = {"kind": "webhook", "url": "https://crm.example/hook", "channels": ["call_centre"]}
_ASKED = {"extra": {"channel": "call_centre"}, "source": "cagri"}


def cases() -> dict[str, Case]:
    """Every kind, by a name; X, Reddit and Mastodon once in public and once in private."""
    x, reddit = {"kind": "x", "user_id": X_ME}, {"kind": "reddit", "account": "marka"}
    toots = {"kind": "mastodon", "url": "https://m.example"}
    toot = {"author": "musteri@m.example", "extra": {"channel": "mastodon"}}
    found = [
        Case("x", x, {"extra": {"channel": "x"}}, "x", env=_X),
        Case("x_private", x, {"extra": {"channel": "x", "author_id": X_THEM}}, "x_private", True, _X),
        Case("reddit", reddit, {"native_id": "t1_a", "extra": {"channel": "reddit"}}, "reddit", env=_REDDIT),
        Case("reddit_private", reddit, {"extra": {"channel": "reddit"}}, "reddit_private", True, _REDDIT),
        Case("mastodon", toots, toot, "mastodon", env={"NOBET_MASTODON_TOKEN": SECRET}),
        Case("mastodon_private", toots, toot, "mastodon", True, {"NOBET_MASTODON_TOKEN": SECRET}),
        Case(
            "bluesky", {"kind": "bluesky", "handle": "marka.bsky.social"},
            {"native_id": "at://did:plc:m/app.bsky.feed.post/3k", "extra": {"channel": "bluesky"}}, "bluesky",
            env={"NOBET_BLUESKY_PASSWORD": SECRET},
        ),
        Case(
            "trendyol", {"kind": "trendyol", "seller_id": "42"}, {"extra": {"channel": "trendyol"}}, "trendyol",
            env={"NOBET_TRENDYOL_API_KEY": "anahtar", "NOBET_TRENDYOL_API_SECRET": SECRET},
        ),
        Case(
            "hepsiburada",
            {"kind": "hepsiburada", "merchant_id": "b2910839-83b9-4d45-adb6-86bad457edcb", "user_agent": "marka_dev"},
            {"extra": {"channel": "hepsiburada"}}, "hepsiburada", env={"NOBET_HEPSIBURADA_SERVICE_KEY": SECRET},
        ),
        Case(
            "google_play", {"kind": "google_play", "package": "com.marka.app"}, {"extra": {"channel": "google_play"}},
            "google_play", env={"NOBET_GOOGLE_PLAY_KEY": google_key()},
        ),
        Case(
            "app_store", {"kind": "app_store", "key_id": "K1"}, {"extra": {"channel": "app_store"}}, "app_store",
            env={"NOBET_APP_STORE_KEY": apple_key()},
        ),
        Case(
            "youtube", {"kind": "youtube", "channel_id": CHANNEL}, {"extra": {"channel": "youtube"}}, "youtube",
            env={
                "NOBET_YOUTUBE_CLIENT_ID": "kimlik", "NOBET_YOUTUBE_CLIENT_SECRET": SECRET,
                "NOBET_YOUTUBE_REFRESH_TOKEN": SECRET,
            },
        ),
        Case(
            "webhook", {**_HOOK, "status_url": "https://crm.example/hook/{key}"}, _ASKED, "webhook",
            env={"NOBET_WEBHOOK_OUT_SECRET": SECRET},
        ),
    ]  # fmt: skip
    return {case.name: case for case in found}


SMTP_ENV = {"NOBET_SMTP_PASSWORD": "s3cr3t-posta"}
MAIL = {
    "source": "posta", "native_id": "soru.1@musteri.test", "thread_id": "ilk.1@musteri.test",
    "author": "ayse@musteri.test", "extra": {"channel": "email", "subject": "Kargom nerede?"},
}  # fmt: skip


def smtp_record(port: int, **more: Any) -> dict[str, Any]:
    """A mail sender without encryption, for a server on this machine."""
    return {
        "kind": "smtp", "host": "127.0.0.1", "port": port, "security": "none", "private_network": True,
        "from_address": "destek@marka.test", "from_name": "Marka Destek", **more,
    }  # fmt: skip
