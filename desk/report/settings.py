"""What the settings say of reports: the rivals beside whom the brand is counted, and what is sent by itself, when."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from desk.metrics.period import Period

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
FORMATS = ("html", "pdf", "csv", "json", "png")
"""What a report can be: one page, a document, tidy numbers, everything for a program, a picture of each chart."""

Variable = Annotated[str, StringConstraints(pattern=r"^[A-Z][A-Z0-9_]{2,80}$")]

LATEST = {"day": timedelta(hours=18), "week": timedelta(days=3), "month": timedelta(days=7)}
"""How long after its moment a report is still sent: a worker that stood still sends it late, but nobody reads
Monday's report on Tuesday beside Tuesday's own."""


class _Form(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Rival(_Form):
    """Somebody beside whom the brand is counted."""

    name: str = Field(min_length=2, max_length=100, description="as it is written; looked for in what was said")
    names: tuple[str, ...] = Field((), max_length=20, description="other spellings and accounts of it")


class ReportMail(_Form):
    """A report that is sent by itself."""

    name: str = Field(pattern=r"^[a-z0-9_-]{1,40}$", description="what this report is called; sent once a period by it")
    every: Literal["day", "week", "month"] = Field("day", description="the last whole day, week or month is told")
    at: str = Field("08:00", pattern=r"^([01]\d|2[0-3]):[0-5]\d$", description="when it is sent, in the desk's zone")
    on: Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"] = Field("mon", description="the day of a weekly one")
    to: tuple[Variable, ...] = Field(
        min_length=1, max_length=20, description="variables that hold the addresses (apprise, such as mailtos://…)"
    )
    formats: tuple[Literal["html", "pdf", "csv", "json"], ...] = Field(
        ("html", "pdf"), min_length=1, description="what is attached: html, pdf, csv, json"
    )
    language: Literal["tr", "en"] = Field("tr", description="the report's language")

    @field_validator("to", "formats")
    @classmethod
    def _each_once(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(dict.fromkeys(value))

    def due(self, now: datetime, zone: ZoneInfo) -> Period | None:
        """The period that is to be told at `now` (aware): that of the last moment of sending; None where that moment
        is longer ago than LATEST. A moment that the clock jumps over is the one an hour later."""
        hour, minute = map(int, self.at.split(":"))
        today = now.astimezone(zone).date()
        for back in range(32):
            day = today - timedelta(days=back)
            if not self._sends_on(day):
                continue
            moment = datetime.combine(day, time(hour, minute), zone)
            if moment > now:
                continue
            return Period.last_of(self.every, moment, zone) if now - moment <= LATEST[self.every] else None
        return None

    def _sends_on(self, day: date) -> bool:
        if self.every == "week":
            return day.weekday() == DAYS.index(self.on)
        return self.every == "day" or day.day == 1
