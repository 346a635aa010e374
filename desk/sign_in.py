"""Signing in at the board: who is here, since when, and until when.

Where nobody is a user, nobody is asked (a demo, a desk of one). With users a browser holds a random token; the store
knows its SHA-256 alone. What that protects from and what not: docs/why/sign-in.md.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import Connection

from desk import passwords
from desk.roles import Refused
from desk.settings import Settings
from mention import search_text
from store import events as event_log
from store import users as user_store
from store.engine import Store, StoreError
from store.users import UserRow

LASTS = timedelta(hours=12)
"""A session ends after this long without use: a shift, and the night after it is not left open."""

LOOK_EVERY = timedelta(seconds=5)
"""How old what a process knows of a session may be: a user who is disabled is out within it."""

USE_EVERY = timedelta(minutes=5)
"""Use is written down at most this often."""

KEPT = timedelta(days=30)
"""Sessions that are over stay this long in the store; who signed in when is in the log for good."""

STRANGERS = 1000
"""Names of nobody whose tries are counted at once."""


def wrong() -> Refused:
    """What an unknown name and a wrong password are told, both the same."""
    return Refused("Ad ya da parola yanlış.", "The name or the password is wrong.")


def paused(left: timedelta) -> Refused:
    """What somebody is told who has to wait."""
    seconds = max(1, -(-left // timedelta(seconds=1)))
    tr, en = (
        (f"{seconds} saniye", f"{seconds} s") if seconds < 60 else (f"{-(-seconds // 60)} dakika", _minutes(seconds))
    )
    return Refused(
        f"Art arda çok sayıda yanlış deneme oldu. {tr} sonra yeniden deneyin.",
        f"There were too many wrong tries in a row. Try again in {en}.",
    )


def _minutes(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return f"{minutes} minute{'' if minutes == 1 else 's'}"


@dataclass(frozen=True)
class Session:
    """Somebody who is signed in. With `must_change` they choose a password of their own before anything else."""

    name: str
    must_change: bool
    seen_at: datetime
    expires_at: datetime


@dataclass
class _Stranger:
    failed: int = 0
    until: datetime | None = None


@dataclass
class _Known:
    """What this process knows, and since when."""

    needed: tuple[datetime, bool] | None = None
    sessions: dict[str, tuple[datetime, Session | None]] = field(default_factory=dict)
    strangers: dict[str, _Stranger] = field(default_factory=dict)
    untold: int = 0
    told_at: datetime | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)


class SignIn:
    """The door of a brand's board. `now` is real time everywhere (aware), also in a drill."""

    def __init__(self, store: Store, settings: Settings) -> None:
        self.store = store
        self.settings = settings
        self._known = _Known()

    @property
    def brand(self) -> str:
        """The brand's key in the store."""
        return self.settings.brand.key

    def needed(self, now: datetime) -> bool:
        """Whether people have to sign in: somebody is a user. What is said is at most LOOK_EVERY old."""
        known = self._known.needed
        if known is None or not timedelta(0) <= now - known[0] < LOOK_EVERY:
            try:
                with self.store.read() as tx:
                    known = self._known.needed = (now, user_store.any_user(tx, self.brand))
            except StoreError:
                if known is None:
                    raise
        return known[1]

    def who(self, token: str, now: datetime) -> Session | None:
        """Who holds a token; None where it is none, has ended, or its user may not be here any more."""
        if not token:
            return None
        key = digest(token)
        with self._known.lock:
            found = self._known.sessions.get(key)
            if found is not None and timedelta(0) <= now - found[0] < LOOK_EVERY:
                return found[1] if found[1] is not None and now < found[1].expires_at else None
        try:
            with self.store.read() as tx:
                row = user_store.session(tx, self.brand, key)
        except StoreError:  # nothing else can be read or done either: the page says so, and nobody is sent away
            if found is None:
                raise
            return found[1] if found[1] is not None and now < found[1].expires_at else None
        session = None
        if row is not None and row.ended_at is None and now < row.expires_at and row.disabled_at is None:
            on_the_desk = self._agent(row.name) == row.name
            session = Session(row.name, row.must_change, row.seen_at, row.expires_at) if on_the_desk else None
        with self._known.lock:
            if len(self._known.sessions) > STRANGERS:
                self._known.sessions.clear()  # anybody may send tokens of their own making
            self._known.sessions[key] = (now, session)
        return session

    def used(self, token: str, now: datetime) -> None:
        """Somebody is at work: their session lasts LASTS from now on."""
        session = self.who(token, now)
        if session is None or now - session.seen_at < USE_EVERY:
            return
        with self.store.write() as tx:
            user_store.used(tx, self.brand, digest(token), now, now + LASTS)
        self._forget(token)

    def enter(self, typed: str, password: str, now: datetime) -> str:
        """Sign in; answers the token that the browser is to hold.

        Raises Refused: with one sentence for an unknown name and a wrong password, with another while tries are paused.
        A try is counted before it is looked at, so that a thousand at once are no more than the free ones.
        """
        name = self._agent(typed)
        held = self._counted(name, now) if name is not None else None
        if held is None:
            return self._stranger(typed, password, now)
        if not passwords.is_right(held.password, password):
            self._refused(held.name, "password", now)
            raise wrong()
        if held.disabled_at is not None:
            self._refused(held.name, "disabled", now)
            raise Refused(
                "Hesabınız kapalı; yöneticinize başvurun.", "Your account is closed; turn to your administrator."
            )
        token = secrets.token_urlsafe(32)
        values: dict[str, Any] = {"failed": 0, "locked_until": None}
        if passwords.is_dated(held.password):
            values["password"] = passwords.hashed(password)
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            still = user_store.user(tx, self.brand, held.name)
            if still is None or still.password != held.password or still.disabled_at is not None:
                raise wrong()  # it was changed while we looked
            user_store.change(tx, self.brand, held.name, values)
            user_store.forget_sessions(tx, self.brand, now - KEPT)
            user_store.open_session(tx, self.brand, digest(token), held.name, now, now + LASTS)
            event_log.append(
                tx, self.brand, type="signed_in", at=now, by=f"agent:{held.name}", recorded_at=now,
                data={"must_change": held.must_change},
            )  # fmt: skip
        return token

    def leave(self, token: str, now: datetime) -> None:
        """Sign out; a session that has ended stays as it is."""
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            name = user_store.end_session(tx, self.brand, digest(token), now)
            if name is not None:
                event_log.append(tx, self.brand, type="signed_out", at=now, by=f"agent:{name}", recorded_at=now)
        self._forget(token)

    def change_password(self, token: str, old: str, new: str, now: datetime) -> None:
        """Choose a password of one's own; every other session of theirs ends. Raises Refused.

        `old` is asked for except where somebody else knows it, and they have just come in with it.
        """
        session = self.who(token, now)
        if session is None:
            raise Refused("Oturumunuz bitti; yeniden giriş yapın.", "Your session has ended; sign in again.")
        passwords.check(new, (session.name, self.settings.brand.name, "nobet"))
        held = self._user(session.name) if session.must_change else self._counted(session.name, now)
        if held is None:
            raise wrong()
        if not session.must_change and not passwords.is_right(held.password, old):
            self._refused(held.name, "password", now)
            raise Refused("Şimdiki parola yanlış.", "The present password is wrong.")
        if passwords.is_right(held.password, new):
            raise Refused("Yeni parola eskisinden başka olmalı.", "The new password has to be another one.")
        values = {
            "password": passwords.hashed(new), "must_change": False, "changed_at": now, "failed": 0,
            "locked_until": None,
        }  # fmt: skip
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            user_store.change(tx, self.brand, session.name, values)
            user_store.end_sessions(tx, self.brand, session.name, now, but=digest(token))
            event_log.append(
                tx, self.brand, type="password_changed", at=now, by=f"agent:{session.name}", recorded_at=now
            )
        self._known.sessions.clear()

    def _agent(self, typed: str) -> str | None:
        """The one agent whose name was typed, however it was spelt: `elif` is Elif; None for nobody or for two."""
        wanted = search_text(typed[:200])
        found = [agent.name for agent in self.settings.agents if search_text(agent.name) == wanted]
        exact = [name for name in found if name == typed.strip()]
        return exact[0] if exact else found[0] if len(found) == 1 else None

    def _user(self, name: str) -> UserRow | None:
        with self.store.read() as tx:
            return user_store.user(tx, self.brand, name)

    def _counted(self, name: str, now: datetime) -> UserRow | None:
        """The user of that name with this try counted; None where there is none. Raises Refused during a pause."""
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            held = user_store.user(tx, self.brand, name)
            if held is None:
                return None
            if held.locked_until is not None and now < held.locked_until:
                raise paused(held.locked_until - now)
            failed = held.failed + 1
            pause = passwords.pause_after(failed)
            user_store.change(tx, self.brand, name, {"failed": failed, "locked_until": now + pause if pause else None})
            return held

    def _stranger(self, typed: str, password: str, now: datetime) -> str:
        """A name of nobody: paused, held against a password and refused as any other."""
        known, name = self._known, search_text(typed[:200])
        with known.lock:
            if len(known.strangers) >= STRANGERS:
                known.strangers.clear()
            stranger = known.strangers.setdefault(name, _Stranger())
            if stranger.until is not None and now < stranger.until:
                raise paused(stranger.until - now)
            stranger.failed += 1
            pause = passwords.pause_after(stranger.failed)
            stranger.until = now + pause if pause else None
            known.untold += 1
            times = known.untold
            # Made-up names cost nothing: the log gets one line a minute, with how many there were.
            tell = known.told_at is None or now - known.told_at >= timedelta(minutes=1)
            if tell:
                known.untold, known.told_at = 0, now
        passwords.is_right(None, password)
        if tell:  # the name itself is not kept: people type passwords into the wrong field
            self._refused(None, "unknown", now, {"times": times})
        raise wrong()

    def _refused(self, name: str | None, why: str, now: datetime, more: Mapping[str, Any] | None = None) -> None:
        with self.store.write() as tx:
            _tell_refused(tx, self.brand, {"name": name, "why": why, **(more or {})}, now)

    def _forget(self, token: str) -> None:
        with self._known.lock:
            self._known.sessions.pop(digest(token), None)


def digest(token: str) -> str:
    """What the store knows of a token: its SHA-256. The token has 256 random bits; no salt could add to that."""
    return hashlib.sha256(token.encode()).hexdigest()


def _tell_refused(tx: Connection, brand: str, data: dict[str, Any], now: datetime) -> None:
    event_log.append(tx, brand, type="sign_in_refused", at=now, by="system", recorded_at=now, data=data)
