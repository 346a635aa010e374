"""A Google access token for a sender: for a service account, or from a refresh token (OAuth 2.0). Good for an hour.

Both exchanges are a form sent to https://oauth2.googleapis.com/token. A service account signs a JWT (RS256) with the
private key of its key file (https://developers.google.com/identity/protocols/oauth2/service-account); a refresh token
is exchanged with the client's id and secret (https://developers.google.com/identity/protocols/oauth2/web-server#offline).
"""

from __future__ import annotations

import json
from datetime import datetime

import jwt

from desk.sending.http import Door
from desk.sending.protocol import NotSent, Refused

HOST = "https://oauth2.googleapis.com"
TOKEN = "/token"
"""Not taken from the key file: a key file must not be able to send a signed assertion elsewhere."""

LIFETIME = 3600


def service_account_token(door: Door, key: str, scope: str, now: datetime) -> str:
    """An access token for the service account whose key file's text is `key`. Raises a SendError."""
    try:
        account = json.loads(key)
        issued = int(now.timestamp())
        claims = {
            "iss": account["client_email"], "scope": scope, "aud": HOST + TOKEN, "iat": issued,
            "exp": issued + LIFETIME,
        }  # fmt: skip
        headers = {"kid": account["private_key_id"]} if account.get("private_key_id") else None
        assertion = jwt.encode(claims, account["private_key"], algorithm="RS256", headers=headers)
    except (ValueError, KeyError, TypeError, AttributeError, jwt.PyJWTError):
        what = "the service account's key is not the JSON key file that Google Cloud gives out"
        raise Refused(door.sentence(what, "Download it again and correct the environment.")) from None
    return _token(door, {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion})


def refreshed_token(door: Door, client_id: str, client_secret: str, refresh_token: str) -> str:
    """An access token for the person who gave the refresh token. Raises a SendError."""
    form = {
        "grant_type": "refresh_token", "client_id": client_id, "client_secret": client_secret,
        "refresh_token": refresh_token,
    }  # fmt: skip
    return _token(door, form)


def _token(door: Door, form: dict[str, str]) -> str:
    token = door.ask("POST", HOST + TOKEN, data=form).get("access_token")
    if not isinstance(token, str) or not token:
        raise NotSent(door.sentence("Google's token service answered without a token", "It is tried again later."))
    return token
