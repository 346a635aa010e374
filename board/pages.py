"""Which page is which sheet: what it shows and what can be done there, for one person at the desk."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

import streamlit as st

from board import causes, crisis, crisis_answers, crisis_people, drills, incidents, ready, review, sheet
from board.bar import room_of
from board.moments import Moments
from board.sheet import Place
from board.texts import Texts
from desk.causes.loop import Causes
from desk.crisis.alerting import Alerts
from desk.crisis.drilling import Drills
from desk.crisis.incidents import Incidents
from desk.crisis.reviewing import Reviews
from desk.desk import Desk
from desk.team import Agent
from playbooks.crisis.choice import by_hand

PAGES = ("crisis", "incidents", "causes", "drills")


class Outside(Protocol):
    """What the board cannot do by the desk alone, handed in by the entry."""

    def sorting(self, me: Agent) -> incidents.Sorts:
        """Sorting incidents by hand, which asks the grouping."""

    def start_drill(self, name: str, language: str, speed: float, by: str) -> str:
        """Start a drill in a process of its own; answers the address of its board."""


def page(
    name: str, desk: Desk, texts: Texts, leave: Callable[[str, Mapping[str, Any]], None], outside: Outside
) -> None:
    """Draw one of PAGES."""
    made: Mapping[str, Callable[[], tuple[Picture, Mapping[str, sheet.Do]]]] = {
        "crisis": lambda: _crisis(desk, texts),
        "incidents": lambda: _incidents(desk, texts, outside),
        "causes": lambda: _causes(desk, texts),
        "drills": lambda: _drills(desk, texts, outside),
    }
    picture, deeds = made[name]()
    sheet.page(name, desk, texts, picture, deeds, leave)


Picture = Callable[[Place, datetime], Mapping[str, Any]]


def _crisis(desk: Desk, texts: Texts) -> tuple[Picture, Mapping[str, sheet.Do]]:
    room, reviews = room_of(desk), Reviews(desk.store, desk.settings, desk.library, desk.me)
    # In a drill no address of anybody is known: nothing may leave, not even a test.
    alerts = Alerts(desk.store, desk.settings, {} if desk.settings.drill is not None else None)
    deeds = {
        **ready.deeds(room, alerts, texts),
        **crisis.deeds(room),
        **crisis_answers.deeds(room, texts),
        **crisis_people.deeds(room),
        **review.deeds(reviews, texts.language),
    }
    return lambda place, now: crisis.picture(room, reviews, alerts, texts, place, now), deeds


def _incidents(desk: Desk, texts: Texts, outside: Outside) -> tuple[Picture, Mapping[str, sheet.Do]]:
    kept: Incidents | None = st.session_state.get("incidents")
    if kept is None or kept.settings is not desk.settings:
        kept = st.session_state["incidents"] = Incidents(desk.store, desk.settings)
    looked = kept

    def report(title: str, why: str, incident: int, key: str, now: datetime) -> int:
        line = looked.incident(incident, now).line
        room = room_of(desk)
        return room.open_by_hand(title, by_hand(room.plans(), line.topic)[0].id, why, now, line.id, key=key)

    def picture(place: Place, now: datetime) -> Mapping[str, Any]:
        return incidents.picture(looked, texts, place, now, Moments(texts, desk.zone, now))

    return picture, incidents.deeds(lambda: outside.sorting(desk.agent()), report)


def _causes(desk: Desk, texts: Texts) -> tuple[Picture, Mapping[str, sheet.Do]]:
    kept: causes.Weekly | None = st.session_state.get("causes")
    if kept is None or kept.causes.me != desk.me or kept.causes.settings is not desk.settings:
        kept = st.session_state["causes"] = causes.Weekly(Causes(desk.store, desk.settings, desk.me))
    weekly = kept
    return (
        lambda place, now: causes.picture(weekly, texts, place, now, Moments(texts, desk.zone, now)),
        causes.deeds(weekly, texts.language),
    )


def _drills(desk: Desk, texts: Texts, outside: Outside) -> tuple[Picture, Mapping[str, sheet.Do]]:
    found = Drills(desk.store, desk.settings, desk.agent(), desk.library)
    return (
        lambda place, now: drills.picture(found, texts, place, now, Moments(texts, desk.zone, now)),
        drills.deeds(found, outside.start_drill),
    )
