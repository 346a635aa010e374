"""Which page is which sheet: what it shows and what can be done there, for one person at the desk."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Protocol

import streamlit as st

from board import (
    causes,
    crisis,
    crisis_answers,
    crisis_people,
    customers,
    drills,
    first_run,
    incidents,
    playbook_pages,
    ready,
    reports,
    review,
    settings_page,
    sheet,
    today,
    work,
)
from board.bar import room_of
from board.moments import Moments
from board.sheet import Place
from board.texts import Texts
from desk.beginning import Beginning
from desk.causes.loop import Causes
from desk.configuring import Configuring
from desk.crisis.alerting import Alerts
from desk.crisis.drilling import Drills
from desk.crisis.incidents import Incidents
from desk.crisis.reviewing import Reviews
from desk.customer_book import CustomerBook
from desk.desk import Desk
from desk.jobs import Jobs
from desk.playbook_editing import PlaybookBook
from desk.report.keeping import keeper_of
from desk.team import Agent
from desk.today import Today
from playbooks.crisis.choice import by_hand

log = logging.getLogger("nobet")

PAGES = (
    "today", "crisis", "incidents", "customers", "reports", "causes", "drills", "work", "settings", "setup",
    "playbooks",
)  # fmt: skip


class Outside(settings_page.Tries, first_run.Means, Protocol):
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
        "today": lambda: _today(desk, texts),
        "crisis": lambda: _crisis(desk, texts),
        "incidents": lambda: _incidents(desk, texts, outside),
        "customers": lambda: _customers(desk, texts),
        "reports": lambda: _reports(desk, texts),
        "causes": lambda: _causes(desk, texts),
        "drills": lambda: _drills(desk, texts, outside),
        "playbooks": lambda: _playbooks(desk, texts),
        "work": lambda: _work(desk, texts),
        "settings": lambda: _settings(desk, texts, outside),
        "setup": lambda: _setup(desk, texts, outside),
    }
    picture, deeds = made[name]()
    sheet.page(name, desk, texts, picture, deeds, leave)


Picture = Callable[[Place, datetime], Mapping[str, Any]]


def _today(desk: Desk, texts: Texts) -> tuple[Picture, Mapping[str, sheet.Do]]:
    found = Today(desk, room_of(desk), Reviews(desk.store, desk.settings, desk.library, desk.me),
                  keeper_of(desk.store, desk.settings))  # fmt: skip
    # A page that opens does not wait for the coverage of a large store; its next refresh does.
    st.session_state["today_opens"] = True
    return (
        lambda place, now: today.picture(found, texts, place, now, not st.session_state.pop("today_opens", False)),
        {},
    )


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
        kept = st.session_state["incidents"] = Incidents(desk.store, desk.settings, desk.kept)
    looked = kept

    def report(title: str, why: str, incident: int, key: str, now: datetime) -> int:
        line = looked.incident(incident, now).line
        room = room_of(desk)
        return room.open_by_hand(title, by_hand(room.plans(), line.topic)[0].id, why, now, line.id, key=key)

    def picture(place: Place, now: datetime) -> Mapping[str, Any]:
        return incidents.picture(looked, texts, place, now, Moments(texts, desk.zone, now))

    return picture, incidents.deeds(lambda: outside.sorting(desk.agent()), report)


def _customers(desk: Desk, texts: Texts) -> tuple[Picture, Mapping[str, sheet.Do]]:
    book = CustomerBook(desk)
    memory: dict[str, Any] = st.session_state.setdefault("customers", {})
    return (
        lambda place, now: customers.picture(book, texts, place, now, Moments(texts, desk.zone, now), memory),
        customers.deeds(book, texts, memory),
    )


def _reports(desk: Desk, texts: Texts) -> tuple[Picture, Mapping[str, sheet.Do]]:
    found = reports.Page(desk, keeper_of(desk.store, desk.settings), texts)
    return lambda place, now: found.picture(place, now, Moments(texts, desk.zone, now)), found.deeds()


def _causes(desk: Desk, texts: Texts) -> tuple[Picture, Mapping[str, sheet.Do]]:
    kept: causes.Weekly | None = st.session_state.get("causes")
    if kept is None or kept.causes.me != desk.me or kept.causes.settings is not desk.settings:
        kept = st.session_state["causes"] = causes.Weekly(Causes(desk.store, desk.settings, desk.me, desk.kept))
    weekly = kept
    return (
        lambda place, now: causes.picture(weekly, texts, place, now, Moments(texts, desk.zone, now)),
        causes.deeds(weekly, texts.language),
    )


def _playbooks(desk: Desk, texts: Texts) -> tuple[Picture, Mapping[str, sheet.Do]]:
    book = PlaybookBook(desk)
    try:
        book.settle_all()
    except Exception:  # a folder that cannot be read or written: the page says so by itself
        log.exception("what a change of a playbook left could not be settled")
    memory: dict[str, Any] = st.session_state.setdefault("playbooks", {})
    return (
        lambda place, now: playbook_pages.picture(book, texts, place, now, Moments(texts, desk.zone, now), memory),
        playbook_pages.deeds(book, texts, memory),
    )


def _drills(desk: Desk, texts: Texts, outside: Outside) -> tuple[Picture, Mapping[str, sheet.Do]]:
    found = Drills(desk.store, desk.settings, desk.agent(), desk.library)
    return (
        lambda place, now: drills.picture(found, texts, place, now, Moments(texts, desk.zone, now)),
        drills.deeds(found, outside.start_drill),
    )


def _work(desk: Desk, texts: Texts) -> tuple[Picture, Mapping[str, sheet.Do]]:
    jobs = Jobs(desk)
    return (
        lambda place, now: work.picture(jobs, texts, place, now, Moments(texts, desk.zone, now)),
        work.deeds(jobs, texts),
    )


def _settings(desk: Desk, texts: Texts, outside: Outside) -> tuple[Picture, Mapping[str, sheet.Do]]:
    at: settings_page.At = st.session_state.setdefault("settings_at", settings_page.At())
    alerts = Alerts(desk.store, desk.settings, {} if desk.settings.drill is not None else None)
    found = settings_page.Page(
        at, desk, Configuring(desk.store, desk.settings, desk.agent()), alerts, outside, texts
    )  # fmt: skip
    return lambda place, now: found.picture(place, now, Moments(texts, desk.zone, now)), found.deeds()


def _setup(desk: Desk, texts: Texts, outside: Outside) -> tuple[Picture, Mapping[str, sheet.Do]]:
    at: first_run.At = st.session_state.setdefault("first_run_at", first_run.At())
    found = first_run.Page(at, desk, Beginning(desk.store, desk.settings, desk.agent()), outside, texts)
    return lambda place, now: found.picture(place, now, Moments(texts, desk.zone, now)), found.deeds()
