"""A mailbox over IMAP4 (RFC 3501, RFC 9051), opened for reading only; what goes wrong is one of the protocol's errors.

IMAPClient (BSD) speaks for us: it is the standard library's imaplib with parsed answers, checked certificates and time
limits; imaplib alone gives FETCH answers as fragments that everybody joins by hand, and STARTTLS without a check of the
certificate. EXAMINE and BODY.PEEK mark nothing as read.
"""

from __future__ import annotations

import contextlib
import imaplib
import logging
import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from types import TracebackType
from typing import Literal, TypeVar

from imapclient import IMAPClient
from imapclient.exceptions import (
    IMAPClientAbortError,
    IMAPClientError,
    InvalidCriteriaError,
    LoginError,
    ProtocolError,
)

from collectors.addresses import ADVICE, checked, is_private
from collectors.meter import meter
from collectors.protocol import CollectorError, RateLimited, Refused, Unavailable, Unreadable
from collectors.transport import KEPT

# IMAPClient hands every line to the debug log: mails do not belong there.
logging.getLogger("imapclient").setLevel(logging.WARNING)

Security = Literal["tls", "starttls", "none"]

LIMIT_PAUSE = timedelta(minutes=15)
"""Wait after a server's 'too many' that names no time; Gmail and Dovecot count connections by the minute."""
QUOTA_PAUSE = timedelta(hours=1)
"""Wait after OVERQUOTA: Gmail counts the bytes read in a day and lets a mailbox in again after 1 to 24 hours."""
SLOWEST = 100_000
"""Bytes a second below which a long answer is given up."""

_CODE = re.compile(r"\[([A-Z][A-Z-]+)")
_BACKOFF = re.compile(r"backoff time:? (\d{1,9})", re.IGNORECASE)
_BUSY = re.compile(r"too many|throttl|rate limit|bandwidth|server busy", re.IGNORECASE)
_DOWN = frozenset({"UNAVAILABLE", "SERVERBUG", "INUSE", "CORRUPTION", "EXPUNGEISSUED"})

T = TypeVar("T")


@dataclass(frozen=True)
class Account:
    """Whose mailbox it is and how its server is reached. `token` is an OAuth 2.0 access token (XOAUTH2)."""

    source: str
    host: str
    port: int
    security: Security
    user: str
    password: str
    token: str
    timeout: float
    ca_file: str | None = None
    private_network: bool = False


@dataclass(frozen=True)
class Folder:
    """A folder as it was when it was opened. `next_uid` is None where the server does not say (it then lists all)."""

    validity: int
    next_uid: int | None
    mails: int


@dataclass(frozen=True)
class Listed:
    """A mail before it is read: bytes on the server, and when it came in (aware UTC; None where that is unreadable)."""

    size: int
    received: datetime | None


class Mailbox:
    """A signed-in connection: `with Mailbox(account, now) as mailbox`. Every method raises a CollectorError."""

    def __init__(self, account: Account, now: datetime) -> None:
        self.account = account
        self._now = now
        self._client: IMAPClient | None = None
        self._expired = False

    def sentence(self, what: str, advice: str = "") -> str:
        """A sentence about this source, without secrets."""
        text = f'Source "{self.account.source}": {what}. {KEPT} {advice}'.strip()
        for secret in (self.account.password, self.account.token):
            text = text.replace(secret, "(secret)") if secret else text
        return text

    def __enter__(self) -> Mailbox:
        account = self.account
        checked(account.host, account.port, account.private_network, self.sentence)
        try:
            context = ssl.create_default_context(cafile=account.ca_file)
        except OSError as error:
            what = f"ca_file {account.ca_file} cannot be read ({type(error).__name__})"
            raise Refused(self.sentence(what, "Correct it in the configuration.")) from None
        self._client = self._ask("connect", lambda: self._connected(context))
        try:
            self._ask("login", self._sign_in)
        except BaseException:
            self._drop()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if kind is None or issubclass(kind, GeneratorExit):
            with contextlib.suppress(IMAPClientError, OSError, ssl.SSLError), self._deadline(self.account.timeout):
                self.client.logout()
                return
        self._drop()

    @property
    def client(self) -> IMAPClient:
        """The connection. Raises Unavailable when it is not open."""
        if self._client is None:
            raise Unavailable(self.sentence("the mailbox is not open"))
        return self._client

    def examine(self, name: str) -> Folder:
        """Open a folder for reading only."""
        found = self._ask("examine", lambda: self.client.select_folder(name, readonly=True), folder=name)
        try:
            return Folder(int(found[b"UIDVALIDITY"]), found.get(b"UIDNEXT"), int(found.get(b"EXISTS", 0)))
        except KeyError:
            what = f"{self.account.host} gives folder {name!r} no UIDVALIDITY: its mails cannot be told apart"
            raise Refused(self.sentence(what, "Read another folder, or ask who runs the server.")) from None

    def uids(self, first: int, last: int | None, since: date | None = None) -> list[int]:
        """The UIDs from `first` to `last` (None: to the end), in order; only mails that came on or after `since`."""
        criteria: list[object] = ["UID", f"{first}:{'*' if last is None else last}"]
        if since is not None:
            criteria += ["SINCE", since]
        found = self._ask("search", lambda: self.client.search(criteria))
        # `n:*` lists the last mail even where its UID is below n (RFC 3501, 6.4.8).
        return sorted({uid for uid in found if uid >= first and (last is None or uid <= last)})

    def listed(self, uids: Sequence[int]) -> dict[int, Listed]:
        """Size and time of arrival of those that are still there."""
        found = self._ask("fetch", lambda: self.client.fetch(uids, ["RFC822.SIZE", "INTERNALDATE"]))
        return {
            uid: Listed(int(item.get(b"RFC822.SIZE") or 0), _utc(item.get(b"INTERNALDATE")))
            for uid, item in found.items()
            if b"RFC822.SIZE" in item
        }

    def mails(self, uids: Sequence[int], most: int, expected: int) -> dict[int, bytes | None]:
        """The first `most` bytes of each mail that is still there; None for one that the server does not give.

        `expected` is the sum of their sizes in bytes, for the time limit.
        """
        asked = f"BODY.PEEK[]<0.{most}>"
        found = self._ask("fetch", lambda: self.client.fetch(uids, [asked]), expected=expected)
        mails: dict[int, bytes | None] = {}
        for uid, item in found.items():
            bodies = [value for key, value in item.items() if key.startswith(b"BODY[")]
            if bodies:
                mails[uid] = bodies[0][:most] if isinstance(bodies[0], bytes) else None
        return mails

    def _connected(self, context: ssl.SSLContext) -> IMAPClient:
        account = self.account
        client = IMAPClient(
            account.host,
            port=account.port,
            ssl=account.security == "tls",
            ssl_context=context if account.security == "tls" else None,
            timeout=account.timeout,
        )
        self._client = client
        client.normalise_times = False
        # The name was looked up twice, and the second answer may be another one (DNS rebinding).
        if not account.private_network and is_private(str(client.socket().getpeername()[0])):
            self._drop()
            raise Refused(self.sentence(f"{account.host} is an address inside a private network", ADVICE))
        if account.security == "starttls":
            client.starttls(context)
        return client

    def _sign_in(self) -> None:
        account = self.account
        if account.token:
            self.client.oauth2_login(account.user, account.token)
        elif (account.user + account.password).isascii():
            self.client.login(account.user, account.password)
        else:  # LOGIN carries ASCII only; SASL PLAIN is UTF-8 (RFC 4616)
            self.client.plain_login(account.user, account.password)

    def _ask(self, stage: str, command: Callable[[], T], *, folder: str = "", expected: int = 0) -> T:
        """The command's result. It is charged, has a time limit, and its faults become the protocol's errors."""
        meter().request()
        limit = 4 * self.account.timeout + expected / SLOWEST
        host = self.account.host
        try:
            with self._deadline(limit):
                return command()
        except CollectorError:
            raise
        except TimeoutError:
            raise self._late(limit) from None
        except ssl.SSLError:
            what = f"the certificate of {host} was not accepted, or it does not speak TLS on port {self.account.port}"
            raise Unavailable(self.sentence(what, "Check host, port and security; it is tried again later.")) from None
        except IMAPClientError as error:
            if self._expired:
                raise self._late(limit) from None
            raise self._fault(stage, error, folder) from None
        except (OSError, UnicodeError) as error:
            if self._expired:  # the cut may be read as an end, or as a reset if the server was still sending
                raise self._late(limit) from None
            what = f"{host} could not be reached or broke off ({type(error).__name__})"
            raise Unavailable(self.sentence(what, "It is tried again later.")) from None
        except (ValueError, TypeError, IndexError, KeyError, AssertionError) as error:  # IMAPClient's parser
            what = f"{host} gave an answer to {stage} that cannot be read ({type(error).__name__})"
            raise Unreadable(self.sentence(what, "It is tried again later.")) from None

    def _late(self, limit: float) -> Unavailable:
        """No sign of life within the account's `timeout`, or signs of life without an end within `limit` seconds."""
        what = f"{self.account.host} did not answer within {self.account.timeout:g} seconds"
        if self._expired:
            what = f"{self.account.host} did not finish its answer within {limit:g} seconds"
        return Unavailable(self.sentence(what, "It is tried again later."))

    def _fault(self, stage: str, error: IMAPClientError, folder: str) -> CollectorError:
        """What a server's NO, BAD or BYE means. The codes in brackets are those of RFC 5530."""
        said = self._said(error)
        codes = set(_CODE.findall(said.upper()))
        quoted = f' ("{said}")' if said else ""
        host = self.account.host
        backoff = _BACKOFF.search(said)  # Exchange: "Request is throttled. Suggested Backoff Time: 299961 milliseconds"
        if backoff or codes & {"LIMIT", "OVERQUOTA"} or _BUSY.search(said):
            wait = QUOTA_PAUSE if "OVERQUOTA" in codes else LIMIT_PAUSE
            until = self._now + (timedelta(milliseconds=int(backoff[1])) if backoff else wait)
            advice = f"Reading goes on at {until:%Y-%m-%d %H:%M:%S} UTC."
            return RateLimited(self.sentence(f"{host} wants less to be asked{quoted}", advice), until)
        if codes & _DOWN:
            return Unavailable(self.sentence(f"{host} cannot answer now{quoted}", "It is tried again later."))
        if "unexpected response" in said or isinstance(error, ProtocolError):
            if stage == "connect":
                what = f"port {self.account.port} of {host} does not speak IMAP{quoted}"
                return Unreadable(self.sentence(what, "Check host, port and security."))
            what = f"{host} gave an answer to {stage} that cannot be read{quoted}"
            return Unreadable(self.sentence(what, "It is tried again later."))
        # IMAPClient makes a LoginError of every fault of a login, a BYE included.
        if isinstance(error, IMAPClientAbortError) or isinstance(error.__context__, IMAPClientAbortError):
            return Unavailable(self.sentence(f"{host} ended the connection{quoted}", "It is tried again later."))
        if stage == "connect":
            return Unavailable(self.sentence(f"{host} ended the connection{quoted}", "It is tried again later."))
        if isinstance(error, LoginError) or stage == "login":
            what = f"{host} refused the login of {self.account.user}{quoted}"
            return Refused(self.sentence(what, "Check user and password, and whether the account allows IMAP."))
        if stage == "examine":
            what = f"{host} does not open the folder {folder!r}{quoted}"
            return Refused(self.sentence(what, "Check `folders` in the configuration."))
        if isinstance(error, InvalidCriteriaError) or "BAD" in said.upper().split()[:4]:
            return Unreadable(self.sentence(f"{host} does not understand {stage}{quoted}", "It is tried again later."))
        return Unavailable(self.sentence(f"{host} refused {stage}{quoted}", "It is tried again later."))

    def _said(self, error: Exception) -> str:
        """The server's words in at most 200 characters on one line."""
        first = error.args[0] if error.args else ""
        text = first.decode("utf-8", "replace") if isinstance(first, bytes) else str(first)
        text = re.sub(r"\bb(['\"])(.*)\1", r"\2", text.partition("\n")[0], flags=re.DOTALL)
        return " ".join("".join(char if char.isprintable() else " " for char in text).replace('"', "'").split())[:200]

    @contextlib.contextmanager
    def _deadline(self, seconds: float) -> Iterator[None]:
        """Cut the connection after `seconds`: a socket's own limit starts anew with every byte that drips in."""

        def cut() -> None:
            self._expired = True
            with contextlib.suppress(OSError, AttributeError):
                self.client.socket().shutdown(socket.SHUT_RDWR)

        timer = threading.Timer(seconds, cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()

    def _drop(self) -> None:
        client, self._client = self._client, None
        if client is not None:
            with contextlib.suppress(OSError, imaplib.IMAP4.error, AttributeError):
                client.shutdown()


def _utc(value: object) -> datetime | None:
    if not isinstance(value, datetime):
        return None
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
