"""Who may sign in: adding, resetting, disabling and removing users. `nobet users` and the settings page both ask here.

A user is an agent of nobet.yaml: what they may do is said there (desk/roles.py), here only whether they may come in.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from desk import passwords
from desk.roles import Refused
from desk.settings import Settings
from store import events as event_log
from store import users as user_store
from store.engine import Store


@dataclass(frozen=True)
class UserView:
    """One user as a list shows them; `state` is in, must_change, paused, disabled or off_the_desk."""

    name: str
    roles: tuple[str, ...]
    state: str
    changed_at: datetime
    seen_at: datetime | None
    """When they were last at work on the board."""


class Users:
    """The users of a brand's board, in the hands of `by` (as the log names them: `system`, `agent:NAME`)."""

    def __init__(self, store: Store, settings: Settings, by: str = "system") -> None:
        self.store = store
        self.settings = settings
        self.by = by

    def list(self, now: datetime) -> list[UserView]:
        """Everybody who is a user, by name."""
        with self.store.read() as tx:
            rows = user_store.users_of(tx, self.settings.brand.key)
            seen = user_store.last_seen(tx, self.settings.brand.key)
        roles = {agent.name: agent.roles for agent in self.settings.agents}
        found = []
        for row in rows:
            state = "must_change" if row.must_change else "in"
            if row.locked_until is not None and now < row.locked_until:
                state = "paused"
            if row.disabled_at is not None:
                state = "disabled"
            if row.name not in roles:
                state = "off_the_desk"
            found.append(UserView(row.name, roles.get(row.name, ()), state, row.changed_at, seen.get(row.name)))
        return found

    def add(self, name: str, password: str, now: datetime, own: bool = False) -> None:
        """Make an agent a user. Unless the password is their `own`, they choose another at the first sign-in.

        Raises Refused for who is no agent or is a user already, and for what may not be a password.
        """
        if name not in (agent.name for agent in self.settings.agents):
            names = ", ".join(agent.name for agent in self.settings.agents)
            raise Refused(
                f"{name} masada değil; önce nobet.yaml içinde agents altına yazın. Masadakiler: {names}.",
                f"{name} is not on the desk; write them under agents in nobet.yaml first. On the desk: {names}.",
            )
        passwords.check(password, (name, self.settings.brand.name, "nobet"))
        kept = passwords.hashed(password)
        with self.store.write() as tx:
            event_log.hold(tx, self.settings.brand.key)
            if not user_store.add(tx, self.settings.brand.key, name, kept, not own, now):
                raise Refused(
                    f"{name} zaten kullanıcı; parolasını yenilemek için: nobet users reset {name}",
                    f"{name} is a user already; to give them a new password: nobet users reset {name}",
                )
            self._tell_added(tx, name, now)

    def reset(self, name: str, password: str, now: datetime) -> None:
        """Give a user a password that they must change; their sessions end, and no pause is left. Raises Refused."""
        passwords.check(password, (name, self.settings.brand.name, "nobet"))
        values = {
            "password": passwords.hashed(password), "must_change": True, "changed_at": now, "failed": 0,
            "locked_until": None,
        }  # fmt: skip
        with self.store.write() as tx:
            self._change(tx, name, values, now)
            event_log.append(
                tx, self.settings.brand.key, type="user_reset", at=now, by=self.by, recorded_at=now, data={"name": name}
            )

    def disable(self, name: str, now: datetime) -> None:
        """Keep a user out from now on; their sessions end. Raises Refused for nobody."""
        with self.store.write() as tx:
            self._change(tx, name, {"disabled_at": now}, now)
            event_log.append(
                tx, self.settings.brand.key, type="user_disabled", at=now, by=self.by, recorded_at=now,
                data={"name": name},
            )  # fmt: skip

    def enable(self, name: str, now: datetime) -> None:
        """Let a user in again, with the password they had. Raises Refused for nobody."""
        with self.store.write() as tx:
            self._change(tx, name, {"disabled_at": None, "failed": 0, "locked_until": None}, now)
            event_log.append(
                tx, self.settings.brand.key, type="user_enabled", at=now, by=self.by, recorded_at=now,
                data={"name": name},
            )  # fmt: skip

    def remove(self, name: str, now: datetime) -> bool:
        """Take a user away; answers whether nobody is left, so that the board asks nobody from now on.

        Raises Refused for nobody, and for the last one of a board that others on the network reach.
        """
        brand = self.settings.brand.key
        with self.store.write() as tx:
            event_log.hold(tx, brand)
            if not user_store.remove(tx, brand, name):
                raise _nobody(name)
            last = not user_store.any_user(tx, brand)
            if last and not self.settings.board.only_here:
                raise Refused(
                    f"{name} son kullanıcı ve pano {self.settings.board.address} adresinden açılıyor: kullanıcı "
                    "kalmazsa ağdaki herkes içeri girer. Önce board.address ayarını kaldırın.",
                    f"{name} is the last user, and the board is open on {self.settings.board.address}: without users "
                    "everybody on the network could come in. Take board.address out first.",
                )
            event_log.append(tx, brand, type="user_removed", at=now, by=self.by, recorded_at=now, data={"name": name})
        return last

    def _tell_added(self, tx: Connection, name: str, now: datetime) -> None:
        event_log.append(
            tx, self.settings.brand.key, type="user_added", at=now, by=self.by, recorded_at=now, data={"name": name}
        )

    def _change(self, tx: Connection, name: str, values: Mapping[str, Any], now: datetime) -> None:
        """Change a user and end their sessions, in the order of locks that the log asks for."""
        event_log.hold(tx, self.settings.brand.key)
        if not user_store.change(tx, self.settings.brand.key, name, values):
            raise _nobody(name)
        user_store.end_sessions(tx, self.settings.brand.key, name, now)


def _nobody(name: str) -> Refused:
    return Refused(
        f"{name} adında bir kullanıcı yok; nobet users list hepsini gösterir.",
        f"There is no user {name}; nobet users list shows them all.",
    )


def any_user(store: Store, settings: Settings) -> bool:
    """Whether people have to sign in at this brand's board."""
    with store.read() as tx:
        return user_store.any_user(tx, settings.brand.key)
