"""Who may sign in: adding, resetting, disabling and removing users. `nobet users` and the settings page both ask here.

A user is an agent of nobet.yaml: what they may do is said there (desk/roles.py), here only whether they may come in.
Every act is checked here, whoever asks, and in the transaction that does it: two people may act in the same second.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection

from desk import passwords
from desk.roles import Refused, any_may, require
from desk.settings import Settings
from desk.team import Agent
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
    """When they were last at work on the board; the store forgets it with the session (desk.sign_in.KEPT)."""
    must_change: bool = False
    """Whether their password is one that somebody else gave them, whatever the state."""


class Users:
    """The users of a brand's board, in the hands of `by` (as the log names them: `system`, `agent:NAME`).

    `system` is whoever has the machine, and may do everything. An agent needs the action manage_users and, where
    people sign in, to be a user who is not disabled; every act raises NotAllowed or Refused otherwise.
    """

    def __init__(self, store: Store, settings: Settings, by: str = "system") -> None:
        self.store = store
        self.settings = settings
        self.by = by

    def list(self, now: datetime) -> list[UserView]:
        """Everybody who is a user, by name.

        An agent who may not manage users is told of the others only whether they may come in: when a colleague was
        last there is not theirs to know, and who still has a password that was handed over is nobody's business.
        """
        told = self._tells_all()
        with self.store.read() as tx:
            rows = user_store.users_of(tx, self.settings.brand.key)
            seen = user_store.last_seen(tx, self.settings.brand.key)
        roles = {agent.name: agent.roles for agent in self.settings.agents}
        found = []
        for row in rows:
            all_of_it = told or self.by == f"agent:{row.name}"
            state = "must_change" if row.must_change and all_of_it else "in"
            if row.locked_until is not None and now < row.locked_until and all_of_it:
                state = "paused"
            if row.disabled_at is not None:
                state = "disabled"
            if row.name not in roles:
                state = "off_the_desk"
            at = seen.get(row.name) if all_of_it else None
            first = row.must_change and all_of_it
            found.append(UserView(row.name, roles.get(row.name, ()), state, row.changed_at, at, first))
        return found

    def may(self) -> bool:
        """Whether this hand may manage users as things stand now."""
        try:
            agent = self._hand()
            with self.store.read() as tx:
                self._still(tx, agent)
        except Refused:
            return False
        return True

    def add(self, name: str, password: str, now: datetime, own: bool = False) -> None:
        """Make an agent a user. Unless the password is their `own`, they choose another at the first sign-in.

        Raises Refused for who is no agent or is a user already, for what may not be a password, and where the first
        user that an agent adds is somebody else: from then on everybody signs in, and they would stand outside. An
        agent's word that a password is its owner's counts for themselves alone.
        """
        agent = self._hand()
        if own and agent is not None and agent.name != name:
            raise Refused(
                f"{name} parolasını ilk girişte kendi seçer; başkasının adına “kendi parolası” denemez.",
                f"{name} chooses a password of their own at the first sign-in; nobody else can say that it is theirs.",
            )
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
            self._still(tx, agent)
            if agent is not None and name != agent.name and not user_store.any_user(tx, self.settings.brand.key):
                raise Refused(
                    f"İlk kullanıcı siz olmalısınız, {agent.name}: ilk kullanıcıdan sonra herkes giriş yapar, {name} "
                    "eklenirse siz dışarıda kalırsınız.",
                    f"The first user has to be you, {agent.name}: from the first user on everybody signs in, and with "
                    f"{name} alone you would stand outside.",
                )
            if not user_store.add(tx, self.settings.brand.key, name, kept, not own, now):
                raise Refused(
                    f"{name} zaten kullanıcı; yeni parola için: Ayarlar → Kişiler ve roller ya da "
                    f"nobet users reset {name}.",
                    f"{name} is a user already; for a new password: Settings → People and roles, or "
                    f"nobet users reset {name}.",
                )
            self._tell_added(tx, name, now)

    def reset(self, name: str, password: str, now: datetime) -> None:
        """Give a user a password that they must change; their sessions end, and no pause is left.

        Raises Refused for nobody, for what may not be a password, and to an agent for themselves: changing one's own
        asks for the old one, which whoever sits down at an unlocked machine does not know.
        """
        agent = self._hand()
        if agent is not None and agent.name == name:
            raise Refused(
                "Kendi parolanızı adınızın altındaki menüden değiştirirsiniz; orada şimdiki parolanız da sorulur.",
                "Your own password you change in the menu under your name; it asks for the present one too.",
            )
        passwords.check(password, (name, self.settings.brand.name, "nobet"))
        values = {
            "password": passwords.hashed(password), "must_change": True, "changed_at": now, "failed": 0,
            "locked_until": None,
        }  # fmt: skip
        with self.store.write() as tx:
            self._change(tx, agent, name, values, now)
            event_log.append(
                tx, self.settings.brand.key, type="user_reset", at=now, by=self.by, recorded_at=now, data={"name": name}
            )

    def disable(self, name: str, now: datetime) -> None:
        """Keep a user out from now on; their sessions end.

        Raises Refused for nobody, for oneself, and for the last one who could manage users.
        """
        agent = self._hand()
        with self.store.write() as tx:
            event_log.hold(tx, self.settings.brand.key)
            self._leaves_somebody(tx, agent, name)
            self._change(tx, agent, name, {"disabled_at": now}, now)
            event_log.append(
                tx, self.settings.brand.key, type="user_disabled", at=now, by=self.by, recorded_at=now,
                data={"name": name},
            )  # fmt: skip

    def enable(self, name: str, now: datetime) -> None:
        """Let a user in again, with the password they had. Raises Refused for nobody."""
        agent = self._hand()
        with self.store.write() as tx:
            self._change(tx, agent, name, {"disabled_at": None, "failed": 0, "locked_until": None}, now)
            event_log.append(
                tx, self.settings.brand.key, type="user_enabled", at=now, by=self.by, recorded_at=now,
                data={"name": name},
            )  # fmt: skip

    def remove(self, name: str, now: datetime) -> bool:
        """Take a user away; answers whether nobody is left, so that the board asks nobody from now on.

        Raises Refused for nobody, and for the last one of a board that others on the network reach.
        """
        brand, agent = self.settings.brand.key, self._hand()
        with self.store.write() as tx:
            event_log.hold(tx, brand)
            self._still(tx, agent)
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

    def _change(self, tx: Connection, agent: Agent | None, name: str, values: Mapping[str, Any], now: datetime) -> None:
        """Change a user and end their sessions, in the order of locks that the log asks for."""
        event_log.hold(tx, self.settings.brand.key)
        self._still(tx, agent)
        if not user_store.change(tx, self.settings.brand.key, name, values):
            raise _nobody(name)
        user_store.end_sessions(tx, self.settings.brand.key, name, now)

    # --- who may ---

    def _agent(self) -> Agent | None:
        return next((agent for agent in self.settings.agents if self.by == f"agent:{agent.name}"), None)

    def _tells_all(self) -> bool:
        agent = self._agent()
        return self.by == "system" or (agent is not None and any_may(agent.roles, "manage_users"))

    def _hand(self) -> Agent | None:
        """The agent who acts, None for `system`. Raises Refused for anybody who may not, whatever the store says."""
        if self.by == "system":
            return None
        agent = self._agent()
        if agent is None:
            name = self.by.removeprefix("agent:")
            raise Refused(f"{name} masada değil.", f"{name} is not on the desk.")
        require(agent, "manage_users")
        if self.settings.drill is not None or self.settings.demo:
            raise Refused(
                "Örnek marka ve tatbikat giriş sormaz; kullanıcılar markanın kendi panosunda eklenir.",
                "The demo and a drill ask nobody to sign in; users are added on the brand's own board.",
            )
        return agent

    def _still(self, tx: Connection, agent: Agent | None) -> None:
        """Passes while the agent may be here themselves: a colleague may have disabled them a moment ago."""
        if agent is None or not user_store.any_user(tx, self.settings.brand.key):
            return
        mine = user_store.user(tx, self.settings.brand.key, agent.name)
        if mine is None or mine.disabled_at is not None:
            raise Refused(
                f"{agent.name} giriş yapamıyor, bu yüzden kullanıcıları da yönetemez.",
                f"{agent.name} may not sign in, and so may not manage the users.",
            )

    def _leaves_somebody(self, tx: Connection, agent: Agent | None, name: str) -> None:
        """Raises Refused where disabling `name` would leave nobody on the board who could undo it."""
        if agent is not None and agent.name == name:
            raise Refused(
                "Kendi girişinizi kapatamazsınız; bunu kullanıcıları yönetebilen bir başkası yapar.",
                "You cannot disable yourself; somebody else who may manage the users does it.",
            )
        managers = {one.name for one in self.settings.agents if any_may(one.roles, "manage_users")}
        rows = user_store.users_of(tx, self.settings.brand.key)
        free = {row.name for row in rows if row.name in managers and row.disabled_at is None}
        if free == {name}:
            raise Refused(
                f"{name} kullanıcıları yönetebilen son kişi: girişi kapatılırsa panoda onu yeniden açacak kimse "
                "kalmaz. Önce bir başkasına sistem yöneticisi rolünü ve giriş izni verin; yalnızca dışarıda tutmak "
                f"için yeni parola yeter (nobet users reset {name}).",
                f"{name} is the last one who may manage the users: nobody on the board could enable them again. Make "
                "somebody else an administrator and a user first; to keep them out, a new password is enough "
                f"(nobet users reset {name}).",
            )


def _nobody(name: str) -> Refused:
    return Refused(
        f"{name} adında bir kullanıcı yok; nobet users list hepsini gösterir.",
        f"There is no user {name}; nobet users list shows them all.",
    )


def any_user(store: Store, settings: Settings) -> bool:
    """Whether people have to sign in at this brand's board."""
    with store.read() as tx:
        return user_store.any_user(tx, settings.brand.key)
