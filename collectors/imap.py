"""A mailbox over IMAP: what customers write to the brand's own address.

Manual: `host`, `user` and the password in the environment variable that `password_env` names (or an OAuth 2.0 access
token in the one that `token_env` names). Mails are read and left as they are: nothing is marked as read, moved or
deleted. `folders` are read in order, each by its UIDs (RFC 3501, 2.3.1.1), oldest first, so a stop at any point loses
nothing; when a folder's UIDVALIDITY changes it is read from its beginning again, and the Message-IDs see to it that
nothing is kept twice. Attachments are listed, not stored.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any, ClassVar

from pydantic import Field, model_validator

from collectors.mail.mailbox import Account, Folder, Listed, Mailbox, Security
from collectors.mail.message import MAX_BYTES, content_digest, parse_message
from collectors.meter import meter
from collectors.protocol import About, Batch, Cursor, Fetched, Reach, Refused, Rejected, Says, SourceSettings
from collectors.transport import KEPT

MAX_KNOWN = 1000
"""Message-IDs remembered with what their mails said, so that another mail under a known id is not taken for it."""

WINDOW = 50_000
"""UIDs asked for in one SEARCH: its answer is one line, and clients refuse lines above 1,000,000 bytes."""

GROUP_BYTES = 16 * 1024 * 1024
"""Bytes of mails asked for in one FETCH, so that a batch of large ones does not fill the memory."""


class ImapSettings(SourceSettings):
    """Whose mailbox is read, how it is reached, and how much of it at a time."""

    every: float = Field(120.0, gt=0, description="seconds between two fetches, to begin with")
    host: str = Field(min_length=1, max_length=255, description="name of the IMAP server")
    port: int | None = Field(None, ge=1, le=65535, description="its port; 993 for tls, 143 otherwise, when left out")
    security: Security = Field(
        "tls", description="`tls` from the start, `starttls`, or `none` (only inside your own network)"
    )
    ca_file: str | None = Field(None, description="PEM file of the authority of a server with its own certificate")
    user: str = Field(min_length=1, max_length=320, description="login name, mostly the mail address")
    password_env: str = Field("NOBET_IMAP_PASSWORD", description="environment variable with the password")
    token_env: str = Field(
        "NOBET_IMAP_TOKEN", description="environment variable with an OAuth 2.0 access token, instead of a password"
    )
    folders: tuple[str, ...] = Field(("INBOX",), min_length=1, max_length=50, description="folders that are read")
    portal_source: str = Field(
        "sikayetvar", min_length=1, max_length=100, description="the source whose complaints the portal's mails tell of"
    )
    channel: str = Field("email", min_length=1, max_length=50, description="platform: email, or web_form")
    first_days: float = Field(7.0, gt=0, le=3650, description="days that the very first fetch looks back")
    batch: int = Field(50, ge=1, le=500, description="mails that are read and stored at once")
    messages: int = Field(2000, ge=1, le=100_000, description="mails read in one fetch; the next one goes on there")
    max_bytes: int = Field(
        10_485_760, ge=10_000, le=MAX_BYTES, description="bytes read of one mail; of a larger one its beginning is kept"
    )
    timeout: float = Field(30.0, gt=0, description="seconds without a sign of life before the server is given up")

    @model_validator(mode="after")
    def _plain_text_stays_inside(self) -> ImapSettings:
        if self.security == "none" and not self.private_network:
            raise ValueError("field 'security' is 'none', which sends the password readable: use 'tls' or 'starttls'")
        return self


@dataclass
class _State:
    """Where each folder stands, as the cursor keeps it."""

    account: str
    folders: dict[str, dict[str, Any]] = field(default_factory=dict)
    known: dict[str, str] = field(default_factory=dict)
    first: str | None = None
    """From when on (ISO) the first fetch reads, until it has come to its end."""

    @classmethod
    def of(cls, cursor: Cursor | None, account: str) -> _State:
        kept = cursor or {}
        known = {item[:12]: item[12:] for item in kept.get("known") or ()}
        if kept.get("account") != account and "account" in kept:  # another mailbox under the old name
            return cls(account, known=known)
        folders = {name: dict(state) for name, state in (kept.get("folders") or {}).items()}
        return cls(account, folders, known, kept.get("first"))

    def cursor(self) -> Cursor:
        known = [key + digest for key, digest in self.known.items()][-MAX_KNOWN:]
        folders = {name: dict(state) for name, state in self.folders.items()}
        return {"account": self.account, "folders": folders, "known": known} | (
            {"first": self.first} if self.first else {}
        )


class ImapCollector:
    """Reads one mailbox. The cursor holds, for each folder, its UIDVALIDITY and the last UID that was stored."""

    kind: ClassVar[str] = "imap"
    Settings: ClassVar[type[SourceSettings]] = ImapSettings
    about: ClassVar[About] = About(
        title="E-mail (IMAP)",
        reads=Says(
            "mails to your own addresses, with their threads; attachments are listed, not stored",
            "kendi adreslerinize gelen e-postalar, yazışma zincirleriyle; ekler listelenir, saklanmaz",
        ),
        needs=Says(
            "the IMAP server, the user name, and a password, an app password or an OAuth 2.0 access token",
            "IMAP sunucusu, kullanıcı adı ve parola, uygulama parolası ya da OAuth 2.0 erişim belirteci",
        ),
        costs=Says("nothing beyond the mailbox", "posta kutusunun kendi ücretinden başka bir bedeli yok"),
        proves=Says(
            "that every mail which stayed in the folder until it was read was read",
            "okunana kadar klasörde kalan her e-postanın okunduğunu",
        ),
        tested="real_server",
        asks=("host", "user"),
        own=True,
        settles=300.0,
    )

    def __init__(self, settings: ImapSettings) -> None:
        self.settings = settings

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        """Every mail after `cursor`, folder by folder, oldest first; see the protocol."""
        now = now.astimezone(UTC)
        settings = self.settings
        account = self._account()
        state = _State.of(cursor, f"{settings.user}@{settings.host}:{account.port}")
        if cursor is None or not (state.folders or state.first):
            state.first = (now - timedelta(days=settings.first_days)).isoformat()
        left, notes = settings.messages, []
        with Mailbox(account, now) as mailbox:
            for name in settings.folders:
                folder = mailbox.examine(name)
                notes.append(f"{name}: {self._begin(state, name, folder, now)}")
                for batch in self._folder(mailbox, state, name, folder, min(left, settings.messages), now):
                    left -= len(batch.fetched) + len(batch.rejected)
                    yield batch
                if left <= 0:
                    return
        since = datetime.fromisoformat(state.first) if state.first else None
        state.first = None
        yield Batch((), state.cursor(), note="; ".join(notes), reach=Reach("moved", since))

    def verify(self, now: datetime) -> str:
        """Whether the login works and the folders are there, with how many mails they hold."""
        with Mailbox(self._account(), now.astimezone(UTC)) as mailbox:
            held = [f"in {name}: {mailbox.examine(name).mails}" for name in self.settings.folders]
        return f"Signed in as {self.settings.user} at {self.settings.host}. Mails {', '.join(held)}."

    def rewound(self, cursor: Cursor | None, to: datetime) -> Cursor | None:
        """A cursor that reads again what came since `to` and is still in the folders."""
        account = f"{self.settings.user}@{self.settings.host}:{self._port()}"
        state = _State.of(cursor, account)
        since = (to.astimezone(UTC) - timedelta(days=1)).date().isoformat()
        for kept in state.folders.values():
            kept |= {"uid": 0, "since": since, "upto": max(kept["uid"], kept.get("upto", 0))}
        if not state.folders or state.first:
            state.first = to.astimezone(UTC).isoformat()
        return state.cursor()

    def _port(self) -> int:
        return self.settings.port or (993 if self.settings.security == "tls" else 143)

    def _account(self) -> Account:
        settings = self.settings
        password = os.environ.get(settings.password_env, "").strip()
        token = os.environ.get(settings.token_env, "").strip()
        if not password and not token:
            raise Refused(
                f'Source "{settings.source}": neither {settings.password_env} nor {settings.token_env} holds anything. '
                f"{KEPT} Put the mailbox's password or access token into the environment."
            )
        return Account(
            settings.source,
            settings.host,
            self._port(),
            settings.security,
            settings.user,
            password,
            token,
            settings.timeout,
            settings.ca_file,
            settings.private_network,
        )

    def _begin(self, state: _State, name: str, folder: Folder, now: datetime) -> str:
        """Bring a folder's state up to what the server says of it; in words, for the note."""
        kept = state.folders.get(name)
        upto = (folder.next_uid or 1) - 1
        if kept is None:
            first = datetime.fromisoformat(state.first) if state.first else now - timedelta(self.settings.first_days)
            # SINCE compares days in the server's own time zone: a day earlier is early enough for all of them.
            since = (first - timedelta(days=1)).date().isoformat()
            state.folders[name] = {"validity": folder.validity, "uid": 0, "since": since, "upto": upto}
            return f"first fetch, mails since {since}"
        if kept["validity"] != folder.validity or (folder.next_uid is not None and folder.next_uid <= kept["uid"]):
            # The UIDs mean other mails now; what is known by its Message-ID is not kept twice.
            kept |= {"validity": folder.validity, "uid": 0, "upto": upto}
            return f"its UIDs were given anew, so it is read again from {kept['since']}"
        return f"read on from UID {kept['uid']}"

    def _folder(
        self, mailbox: Mailbox, state: _State, name: str, folder: Folder, most: int, now: datetime
    ) -> Iterator[Batch]:
        """Batches of the folder's mails after its state, at most `most` mails."""
        kept = state.folders[name]
        end = folder.next_uid - 1 if folder.next_uid else None
        while end is None or kept["uid"] < end:
            first = kept["uid"] + 1
            # Only while the folder is read for the first time (or again) does the day count: a mail that is moved in
            # later is new, however old it is.
            back = kept["uid"] < kept["upto"] or (end is None and not kept["uid"])
            last = end
            if end is not None:
                last = min(end, kept["uid"] + WINDOW, kept["upto"] if back else end)
            since = date.fromisoformat(kept["since"]) if back else None
            found = mailbox.uids(first, last, since)
            while found:
                part = found[: max(1, meter().items_left(min(self.settings.batch, most)))]
                found = found[len(part) :]
                items, gone = self._read(mailbox, state, part, now)
                kept["uid"] = part[-1]
                good = tuple(item for item in items if isinstance(item, Fetched))
                bad = tuple(item for item in items if isinstance(item, Rejected))
                note = f"{name}: UIDs {part[0]} to {part[-1]}" + (f", {gone} deleted meanwhile" if gone else "")
                yield Batch(good, state.cursor(), bad, note)
                most -= len(part)
                if most <= 0:
                    return
            if last is None:
                return
            kept["uid"] = last  # every UID up to here was given out before: none can still come (RFC 3501, 2.3.1.1)

    def _read(
        self, mailbox: Mailbox, state: _State, uids: Sequence[int], now: datetime
    ) -> tuple[list[Fetched | Rejected], int]:
        """The mails of some UIDs in order, and how many were gone when they were asked for."""
        listed = mailbox.listed(uids)
        items: list[Fetched | Rejected] = []
        missing: list[int] = [uid for uid in uids if uid not in listed]
        for group in _groups([uid for uid in uids if uid in listed], listed, self.settings.max_bytes):
            expected = sum(min(listed[uid].size, self.settings.max_bytes) for uid in group)
            mails = mailbox.mails(group, self.settings.max_bytes, expected)
            for uid in group:
                data = mails.get(uid)
                if uid not in mails:
                    missing.append(uid)
                elif not data:
                    items.append(self._unreadable(uid, "the server gives nothing of this mail"))
                else:
                    items.append(self._item(data, listed[uid], uid, state, now))
        meter().charge_items(len(items))
        if missing:  # deleted between SEARCH and FETCH, or held back by the server: the second must be seen
            still = set(mailbox.uids(min(missing), max(missing))).intersection(missing)
            items += [self._unreadable(uid, "the server lists this mail and does not give it") for uid in sorted(still)]
            return items, len(missing) - len(still)
        return items, 0

    def _item(self, data: bytes, listed: Listed, uid: int, state: _State, now: datetime) -> Fetched | Rejected:
        settings = self.settings
        item = parse_message(
            data,
            settings.source,
            settings.channel,
            now,
            received=listed.received,
            size=listed.size or len(data),
            portal_source=settings.portal_source,
        )
        return _told_apart(item, state.known) if isinstance(item, Fetched) else item

    def _unreadable(self, uid: int, why: str) -> Rejected:
        return Rejected(why, {"form": "mail", "uid": uid, "user": self.settings.user}, f"uid:{uid}")


def _groups(uids: Sequence[int], listed: dict[int, Listed], most: int) -> Iterator[list[int]]:
    """The UIDs in groups whose mails hold GROUP_BYTES at most; a larger one goes alone."""
    group: list[int] = []
    size = 0
    for uid in uids:
        own = min(listed[uid].size, most)
        if group and size + own > GROUP_BYTES:
            yield group
            group, size = [], 0
        group.append(uid)
        size += own
    if group:
        yield group


def _told_apart(item: Fetched, known: dict[str, str]) -> Fetched:
    """The mail under an id of its own: the Message-ID, with a digest where another mail has come under the same one.

    Forms that put one Message-ID on all of their mails exist, and anyone may send a mail under somebody else's id.
    """
    native_id = item.mention.native_id
    if not isinstance(item.raw, dict) or item.raw.get("form") != "mail" or native_id.startswith("digest:"):
        return item
    key = hashlib.sha256(native_id.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    digest = content_digest(item)[:8]
    first = known.pop(key, digest)
    known[key] = first  # the ids that were met last are remembered longest
    if first == digest:
        return item
    extra = {**item.mention.extra, "message_id": native_id}
    return Fetched(item.mention.model_copy(update={"native_id": f"{native_id}#{digest}", "extra": extra}), item.raw)
