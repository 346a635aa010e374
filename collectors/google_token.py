"""A Google access token, for a service account or from a refresh token (OAuth 2.0). Good for an hour, never kept.

Both exchanges are a form sent to https://oauth2.googleapis.com/token. A service account signs a JWT (RS256) with the
private key of its key file: iss is its address, aud the token address, exp at most an hour after iat
(https://developers.google.com/identity/protocols/oauth2/service-account). A refresh token is exchanged with the
client's id and secret (https://developers.google.com/identity/protocols/oauth2/web-server#offline).
"""

from __future__ import annotations

import json
from datetime import datetime

import jwt

from collectors.json_api import JsonApi
from collectors.protocol import Refused

TOKEN_URL = "https://oauth2.googleapis.com/token"
"""Not taken from the key file: a key file must not be able to send a signed assertion elsewhere."""

LIFETIME = 3600


def service_account_token(api: JsonApi, key: str, scope: str, now: datetime) -> str:
    """An access token for the service account whose key file's text is `key`. Raises a CollectorError."""
    try:
        account = json.loads(key)
        address, private_key = account["client_email"], account["private_key"]
        issued = int(now.timestamp())
        claims = {"iss": address, "scope": scope, "aud": TOKEN_URL, "iat": issued, "exp": issued + LIFETIME}
        headers = {"kid": account["private_key_id"]} if account.get("private_key_id") else None
        assertion = jwt.encode(claims, private_key, algorithm="RS256", headers=headers)
    except (ValueError, KeyError, TypeError, AttributeError, jwt.PyJWTError):
        what = "the service account's key is not the JSON key file that Google Cloud gives out"
        raise Refused(api.transport.sentence(what, "Download it again and correct the environment.")) from None
    form = {"grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer", "assertion": assertion}
    return _token(api, form)


def refreshed_token(api: JsonApi, client_id: str, client_secret: str, refresh_token: str) -> str:
    """An access token for the person who gave the refresh token. Raises a CollectorError."""
    form = {
        "grant_type": "refresh_token", "client_id": client_id, "client_secret": client_secret,
        "refresh_token": refresh_token,
    }  # fmt: skip
    return _token(api, form)


def _token(api: JsonApi, form: dict[str, str]) -> str:
    token = api.post(TOKEN_URL, form).get("access_token")
    if not isinstance(token, str) or not token:
        raise api.unreadable("Google's token service answered without an access token")
    return token
