"""How Bluesky is signed in to: one session per account, kept in memory and renewed, never written anywhere.

Signing in is limited to 100 a day (bluesky-social/bsky-docs #183), so a session is used for as long as the process
lives and renewed with its refresh token. API facts: the lexicons com.atproto.server.createSession and refreshSession.
"""

from __future__ import annotations

import base64
import hashlib
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import requests

from collectors.protocol import Refused
from collectors.timeline import ApiTransport, ask, mapping
from collectors.transport import RefusedStatus

UNKNOWN_LIFE = timedelta(hours=1)
"""How long a token is used that does not say when it ends; Bluesky's live two hours."""


@dataclass(frozen=True)
class Session:
    """One signed-in account: the server that is asked, its tokens, and until when the first is good (aware UTC)."""

    server: str
    access: str
    refresh: str
    until: datetime


_sessions: dict[str, Session] = {}
"""Sessions of this process by service, account and password. Here and not in a collector, because a collector may be
made anew for every fetch, and 288 sign-ins a day (every 300 s) are refused."""


class BlueskyTransport(ApiTransport):
    """The door of one fetch by the account `handle` of the service `url`.

    It gives up a session whose token the server no longer takes, so that the next fetch signs in anew. XRPC answers an
    expired token with status 400 and the name of the error (https://atproto.com/specs/xrpc).
    """

    def __init__(self, source: str, now: datetime, *, url: str, handle: str, password: str, **options: Any) -> None:
        super().__init__(source, now, secrets=(password,), **options)
        self._url, self._handle, self._password = url, handle, password
        self._key = f"{url} {handle} {hashlib.sha256(password.encode()).hexdigest()}"

    def signed_in(self, session: requests.Session) -> Session:
        """The account's session: the one in memory, renewed when its time has come, or a new one."""
        kept = _sessions.get(self._key)
        if kept:
            self.secrets = (self._password, kept.access, kept.refresh)
            if kept.until > self.at() + timedelta(minutes=1):
                return kept
            try:
                return self._asked(session, kept.server, "refreshSession", {}, kept.refresh)
            except Refused:  # the refresh token has ended too
                _sessions.pop(self._key, None)
        account = {"identifier": self._handle, "password": self._password}
        return self._asked(session, self._url, "createSession", account)

    def _asked(
        self, session: requests.Session, server: str, method: str, body: dict[str, str], token: str = ""
    ) -> Session:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        url = f"{server}/xrpc/com.atproto.server.{method}"
        found, _ = ask(session, self, url, headers=headers, body=body, signing_in=True)
        access, refresh = found.get("accessJwt"), found.get("refreshJwt")
        if not isinstance(access, str) or not isinstance(refresh, str) or not access:
            what = f"the answer of {urlsplit(server).netloc} to signing in holds no session"
            raise Refused(self.sentence(what, "Check the url in the configuration."))
        self.secrets = (self._password, access, refresh)
        until = ends(access) or self.at() + UNKNOWN_LIFE
        signed_in = Session(home(found.get("didDoc"), server), access, refresh, until)
        _sessions[self._key] = signed_in
        return signed_in

    def _check(self, response: requests.Response, host: str) -> None:
        if response.status_code == 401:
            _sessions.pop(self._key, None)
        if response.status_code == 400:
            try:
                name = mapping(json.loads(response.content)).get("error")
            except (ValueError, RecursionError):
                name = None
            if name in ("ExpiredToken", "InvalidToken", "AuthMissing"):
                _sessions.pop(self._key, None)
                what = f"{host} no longer takes the session ({name})"
                raise RefusedStatus(self.sentence(what, "The next fetch signs in anew."), 401)
        super()._check(response, host)


def server_of(value: Any) -> str:
    """Scheme and host of a web address. Raises ValueError for anything else."""
    parts = urlsplit(str(value))
    if parts.scheme not in ("http", "https") or not parts.netloc:
        raise ValueError("is not the http or https address of a server")
    return f"{parts.scheme}://{parts.netloc}"


def ends(token: str) -> datetime | None:
    """When a token ends, by its own word (the `exp` of a JWT, RFC 7519; not verified, that is the server's matter)."""
    try:
        payload = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        return datetime.fromtimestamp(float(claims["exp"]), UTC)
    except (ValueError, IndexError, KeyError, TypeError, OverflowError, OSError):
        return None


def home(document: Any, url: str) -> str:
    """The server that holds the account, from its DID document; where it signed in when that names none.

    A server that was asked over https is not left for one without it.
    """
    services = mapping(document).get("service")
    for service in services if isinstance(services, list) else ():
        if mapping(service).get("type") == "AtprotoPersonalDataServer":
            try:
                found = server_of(mapping(service).get("serviceEndpoint"))
            except ValueError:
                continue
            if found.startswith("https:") or url.startswith("http:"):
                return found
    return url
