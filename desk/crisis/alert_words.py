"""The words of a crisis alert, in Turkish and English: what it is, since when, what is expected by when, where. Pure.

No word of a customer is in it: it is made of the plan, of names and of times. What a person of the house wrote (a
title, a reason) is made harmless first, for they may have copied it from anywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from desk.crisis.acting import role_name
from desk.crisis.words import stage_words
from desk.team import Agent
from desk.warning_words import length, plain
from playbooks.crisis.plan import Plan
from playbooks.crisis.state import Duty, State
from playbooks.schema import Bilingual
from store.crises import CrisisRow, NoticeRow

POINTS_TOLD = 10
"""What a message lists; more than a telephone shows helps nobody, and the crisis room has the rest."""


@dataclass(frozen=True)
class Point:
    """One thing that a message tells: what, why this person, until when, and with whom it is if no longer with them."""

    title: Mapping[str, str]
    why: Mapping[str, str]
    due_at: datetime | None
    gone_to: Bilingual | None = None
    news: bool = False


@dataclass(frozen=True)
class Told:
    """What one message to one person says of a crisis, as it is at the moment of sending."""

    crisis_id: int
    person: str
    """By name, because several people may read one channel."""
    kind: Bilingual
    title: str
    severity: Bilingual
    stage: Bilingual
    since: datetime
    points: tuple[Point, ...]


def told_of(row: CrisisRow, plan: Plan, state: State, notices: Sequence[NoticeRow]) -> Told | None:
    """What these notices of one person still have to say; None where everything that they asked for has ended.

    The newest notice of a duty speaks for it. News of a stage end with the next stage.
    """
    open_ = {duty.key: duty for duty in state.open}
    newest: dict[str, NoticeRow] = {}
    for notice in notices:
        newest.pop(notice.duty or notice.key, None)
        newest[notice.duty or notice.key] = notice
    points = []
    for notice in newest.values():
        if not notice.duty:
            if _stage_number(notice.key) >= len(state.stages):
                why = {language: plain(text, 200) for language, text in notice.why.items()}
                points.append(Point(notice.title, why, None, news=True))
        elif (duty := open_.get(notice.duty)) is not None:
            points.append(Point(notice.title, notice.why, duty.due_at, _gone_to(plan, duty, notice)))
    if not points:
        return None
    level = next((level.title for level in plan.severity if level.level == state.severity), plan.severity[0].title)
    by_hand = bool(state.stages) and state.stages[0].by.startswith("agent:")
    title = plain(row.title, 80) if by_hand else ""  # what the machine called it may be made of customers' words
    shown = title if title not in (plan.title.tr, plan.title.en) else ""
    stage = stage_words(state.stage or row.stage)
    return Told(row.id, notices[0].person, plan.title, shown, level, stage, row.opened_at, tuple(points))


def base_key(notice: NoticeRow) -> str:
    """The key of the run's notice; where several people are told of one, their names follow it behind `@`."""
    return notice.key.removesuffix(f"@{notice.person}")


def is_with(duty: Duty, notice: NoticeRow) -> bool:
    """Whether a duty lies with the one whom the notice told, or for whom they stand in."""
    holder = duty.holder
    stands_in = notice.key.endswith(f"@{notice.person}")
    return holder.role == notice.role and (stands_in or holder.person in ("", notice.person))


def language_for(agent: Agent | None, usual: str) -> str:
    """The language in which somebody is told: their only one, else the board's."""
    return agent.languages[0] if agent is not None and len(agent.languages) == 1 else usual


def heading(told: Told, language: str) -> str:
    """The first line: that it is a crisis, which one, and where it stands."""
    word = "KRİZ" if language == "tr" else "CRISIS"
    return f"Nöbet {word} K-{told.crisis_id}: {told.kind.say(language)} · {told.stage.say(language)}"


def text(told: Told, now: datetime, zone: ZoneInfo, language: str, board: str = "") -> str:
    """The message as plain text; `board` is the board's address, empty where it is not known."""
    turkish = language == "tr"
    parts = [told.kind.say(language), f"“{told.title}”" if told.title else "", told.severity.say(language)]
    since, ago = _at(told.since, now, zone), length(max(now - told.since, timedelta(0)), turkish)
    began = f"başlangıç {since}, {ago} oldu" if turkish else f"began {since}, {ago} ago"
    lines = [" · ".join(part for part in (*parts, began) if part)]
    news = [point for point in told.points if point.news]
    asked = [point for point in told.points if not point.news]
    lines += [f"{_in(point.title, language)}: {_in(point.why, language)}" for point in news]
    if any(point.gone_to is None for point in asked):
        lines.append(f"{told.person}, şimdi sizden beklenen:" if turkish else f"Expected of you now, {told.person}:")
    elif asked:
        lines.append("Bilginize:" if turkish else "For your information:")
    lines += [f"- {_point(point, now, zone, language)}" for point in asked[:POINTS_TOLD]]
    if (rest := len(asked) - POINTS_TOLD) > 0:
        lines.append(f"ve {rest} iş daha" if turkish else f"and {rest} more")
    link = f"{board.rstrip('/')}/crisis?id={told.crisis_id}" if board else f"K-{told.crisis_id}"
    if any(point.gone_to is None for point in asked):
        where = (
            "Kriz odasını açın, gördüğünüzü onaylayın" if turkish else "Open the crisis room, confirm that you have it"
        )
    else:
        where = "Kriz odası" if turkish else "Crisis room"
    return "\n".join([*lines, f"{where}: {link}"])


def _point(point: Point, now: datetime, zone: ZoneInfo, language: str) -> str:
    turkish = language == "tr"
    parts = [_in(point.title, language)]
    if point.gone_to is not None:
        parts.append(f"artık şurada: {point.gone_to.tr}" if turkish else f"now with: {point.gone_to.en}")
    if point.due_at is not None:
        left, due = point.due_at - now, _at(point.due_at, now, zone)
        if left <= timedelta(0):
            late = length(-left, turkish)
            parts.append(f"son an {due}, {late} geçti" if turkish else f"due {due}, late by {late}")
        else:
            parts.append(f"son an {due}, {length(left, turkish)} kaldı" if turkish
                         else f"due {due}, {length(left, turkish)} left")  # fmt: skip
    return " · ".join([*parts, _in(point.why, language)])


def _gone_to(plan: Plan, duty: Duty, notice: NoticeRow) -> Bilingual | None:
    if is_with(duty, notice):
        return None
    role, person = role_name(plan, duty.holder.role), duty.holder.person
    return Bilingual(tr=f"{person} ({role.tr})", en=f"{person} ({role.en})") if person else role


def _stage_number(key: str) -> int:
    """Of the key of a notice of a stage (`RUN/stage.NUMBER.STAGE/…`), which stage of the run it was, from 1."""
    return int(key.split("/")[1].split(".")[1])


def _at(moment: datetime, now: datetime, zone: ZoneInfo) -> str:
    local = moment.astimezone(zone)
    return f"{local:%H:%M}" if local.date() == now.astimezone(zone).date() else f"{local:%d.%m. %H:%M}"


def _in(said: Mapping[str, str], language: str) -> str:
    return said["tr"] if language == "tr" else said["en"]
