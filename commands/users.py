"""`nobet users`: who may sign in at the board. A password is typed unseen or comes on standard input.

Never as an option: what stands on a command line is in the shell's history and in the list of processes.
"""

from __future__ import annotations

import getpass
import json
import sys
from datetime import datetime
from typing import Annotated

import typer

from commands.options import Config, Failure, hand, utc_now
from desk.passwords import SHORTEST
from desk.settings import load_settings
from desk.users import Users
from store.engine import Store

Name = Annotated[str, typer.Argument(help="an agent of nobet.yaml")]
By = Annotated[str | None, typer.Option("--by", help="who does it, an agent who may manage users")]


def register(app: typer.Typer) -> None:
    """Add the commands of this file."""
    group = typer.Typer(help="Who may sign in at the board.", no_args_is_help=True)
    group.command("add")(add)
    group.command("list")(show)
    group.command("reset")(reset)
    group.command("disable")(disable)
    group.command("enable")(enable)
    group.command("remove")(remove)
    app.add_typer(group, name="users")


def add(
    name: Name,
    own: Annotated[bool, typer.Option("--own", help="it is my own password: not to be changed first")] = False,
    by: By = None,
    config: Config = None,
) -> None:
    """Let an agent sign in. They choose a password of their own the first time."""
    users = _users(config, by)
    users.add(name, _password(name), utc_now(), own=own)
    print(f"{name} may sign in now." + ("" if own else " They choose a password of their own the first time."))
    if len(users.list(utc_now())) == 1:
        others = [agent.name for agent in users.settings.agents if agent.name != name]
        if others:
            print(f"From now on the board asks everybody; add the others too: {', '.join(others)}.", file=sys.stderr)
    users.store.close()


def show(as_json: Annotated[bool, typer.Option("--json", help="for a program")] = False, config: Config = None) -> None:
    """Everybody who may sign in: their roles, how they stand, when they were last at work."""
    users = _users(config, None)
    found = users.list(utc_now())
    zone = users.settings.desk.zone
    users.store.close()

    def moment(at: datetime | None) -> str | None:
        return None if at is None else at.astimezone(zone).isoformat(timespec="minutes")

    if as_json:
        told = [
            {"name": one.name, "roles": list(one.roles), "state": one.state, "password_of": moment(one.changed_at),
             "seen_at": moment(one.seen_at)}
            for one in found
        ]  # fmt: skip
        print(json.dumps(told, ensure_ascii=False, indent=1))
        return
    if not found:
        print("Nobody signs in: the board asks nobody and is open on this machine alone. Begin: nobet users add NAME")
    for one in found:
        seen = f"last seen {moment(one.seen_at)}" if one.seen_at else "never seen"
        print(f"{one.name}: {', '.join(one.roles) or 'no role'}; {STATES[one.state]}; {seen}")


STATES = {
    "in": "may sign in",
    "must_change": "has to choose a password of their own",
    "paused": "too many wrong tries, has to wait a while",
    "disabled": "disabled",
    "off_the_desk": "not in nobet.yaml any more, so may not sign in",
}
"""How a user stands, in words."""


def reset(name: Name, by: By = None, config: Config = None) -> None:
    """Give somebody a new password, which they change at the next sign-in; their sessions end."""
    users = _users(config, by)
    users.reset(name, _password(name), utc_now())
    users.store.close()
    print(f"{name} has a new password and chooses one of their own at the next sign-in. Their sessions have ended.")


def disable(name: Name, by: By = None, config: Config = None) -> None:
    """Keep somebody out; their sessions end within seconds."""
    users = _users(config, by)
    users.disable(name, utc_now())
    users.store.close()
    print(f"{name} may not sign in any more; their sessions have ended.")


def enable(name: Name, by: By = None, config: Config = None) -> None:
    """Let somebody in again, with the password they had."""
    users = _users(config, by)
    users.enable(name, utc_now())
    users.store.close()
    print(f"{name} may sign in again.")


def remove(name: Name, by: By = None, config: Config = None) -> None:
    """Take a user away; what they did stays in the log."""
    users = _users(config, by)
    last = users.remove(name, utc_now())
    users.store.close()
    print(f"{name} is no user any more." + (" Nobody is left: the board asks nobody from now on." if last else ""))


def _users(config: Config, by: str | None) -> Users:
    settings = load_settings(config)
    return Users(Store.open(settings.url), settings, hand(settings, by, "manage_users"))


def _password(name: str) -> str:
    """A password from the terminal, typed twice and unseen, or one line of standard input."""
    if not sys.stdin.isatty():
        line = sys.stdin.readline().rstrip("\r\n")
        if not line:
            raise Failure("no password came on standard input; nothing was changed")
        return line
    first = getpass.getpass(f"A password for {name} (at least {SHORTEST} characters, not shown): ")
    if first != getpass.getpass("Once more: "):
        raise Failure("the two were not the same; nothing was changed")
    return first
