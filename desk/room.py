"""What every part of the desk stands on: the store, the settings, who is at work, and one way to write an act down."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from typing import Any, Self
from zoneinfo import ZoneInfo

from sqlalchemy import Connection

from desk.case_clocks import refresh
from desk.in_force import ClocksInForce
from desk.intake import Intake
from desk.kept import Kept
from desk.roles import any_may, require
from desk.settings import Settings
from desk.team import Agent
from playbooks.schema import Library
from store import cases as case_store
from store import events as event_log
from store.engine import Store
from store.rows import CaseRow

MAX_WORDS = 20_000
"""Characters of a recorded answer or note; longer than any channel takes."""


class DeskError(ValueError):
    """Something that cannot be done to this case now; the message is a sentence for the agent."""


class Room:
    """One person's place at the desk of a brand."""

    def __init__(self, store: Store, settings: Settings, library: Library, me: str | None = None) -> None:
        self.store = store
        self.settings = settings
        self.library = library
        self.clocks = ClocksInForce(settings.desk, store, settings.brand.key)
        self.me = me or settings.agents[0].name
        self.kept = Kept()  # shared by `as_agent`: the same desk in every colleague's hands
        self._intake = Intake(store, settings, library)

    def as_agent(self, name: str) -> Self:
        """The same desk in another colleague's hands."""
        other = copy.copy(self)
        other.me = name
        return other

    @property
    def brand(self) -> str:
        """The brand's key in the store."""
        return self.settings.brand.key

    @property
    def brand_name(self) -> str:
        """The brand's name for people."""
        return self.settings.brand.name

    @property
    def zone(self) -> ZoneInfo:
        """The desk's time zone, in which every time is shown."""
        return self.settings.desk.zone

    @property
    def by(self) -> str:
        """My hand in the log."""
        return f"agent:{self.me}"

    def agents(self) -> tuple[str, ...]:
        """The names a case can be given to."""
        return tuple(agent.name for agent in self.settings.agents)

    def agent(self, name: str | None = None) -> Agent:
        """The colleague of that name, me without one. Raises DeskError for somebody who is not on the desk."""
        wanted = name or self.me
        found = next((agent for agent in self.settings.agents if agent.name == wanted), None)
        if found is None:
            raise DeskError(f"{wanted} is not on the desk.")
        return found

    def _may(self, *actions: str) -> None:
        """Raises NotAllowed, naming who may, unless one of my roles may do one of these actions."""
        roles = self.agent().roles
        if not any(any_may(roles, action) for action in actions):
            require(self.agent(), actions[0])

    @contextmanager
    def _case(self, case_id: int) -> Iterator[tuple[Connection, CaseRow]]:
        """A write transaction on a case of this brand."""
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)  # what is read from here on stays true until the action is done
            yield tx, self._row(tx, case_id)

    def _row(self, tx: Connection, case_id: int) -> CaseRow:
        row = case_store.case(tx, self.brand, case_id)
        if row is None:
            raise DeskError(f"There is no case {case_id}.")
        return row

    def _log(
        self, tx: Connection, case_id: int, type: str, now: datetime, data: Mapping[str, Any],
        mention_id: int | None = None,
    ) -> int:  # fmt: skip
        return event_log.append(
            tx, self.brand, type=type, at=now, by=self.by, recorded_at=now, case_id=case_id, mention_id=mention_id,
            data=dict(data),
        )  # fmt: skip

    def _act(
        self, tx: Connection, row: CaseRow, type: str, now: datetime, data: Mapping[str, Any] | None = None,
        **columns: Any,
    ) -> int:  # fmt: skip
        """Write an act down and bring the case's columns and deadline up to date; answers the event's id.

        The event tells what the columns were before and are now, which is what an undoing needs.
        """
        changed = {name: value for name, value in columns.items() if getattr(row, name) != value}
        told = {
            **(data or {}),
            "was": {name: _plain(getattr(row, name)) for name in changed},
            "is": {name: _plain(value) for name, value in changed.items()},
        }
        event_id = self._log(tx, row.id, type, now, told)
        refresh(tx, self.clocks, row.id, now, **columns)
        return event_id


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value
