"""When an answer is due: one promise, one posting time, one deadline and the reasons for it. Pure.

The rules are DESIGN.md's, 'The clock'; docs/reference/clock.md tells them with worked examples, the choices where they
leave room included.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from desk.calendar import Calendar, NoStaffedTime, StaffedDay, from_us, to_us
from desk.policy import Policy, Promise
from desk.story import Line
from mention import URGENCIES

BUSINESS_DAYS = {"trendyol": 3, "hepsiburada": 2}
"""Business days after which a marketplace closes a question, unless it delivered the moment itself (SOURCES.md)."""

MESSAGING_WINDOW = {"whatsapp": timedelta(hours=24), "messenger": timedelta(hours=24)}
"""How long after the customer's last message a free-form answer is possible (Meta's customer service window)."""

YEARS = (1900, 2200)
"""First and last year of a time the clock takes; anything outside is a broken date, not a customer's."""

DAYS_TOLD = 10
"""How many closed or special days an explanation names; a promise of months would name a hundred."""


class ClockError(ValueError):
    """Events or arguments that no clock can be told from; the message says which."""


@dataclass(frozen=True)
class Due:
    """When an answer is due. `due_at` is None where no answer is due (urgency none); `limit` says whether the brand's
    promise or the platform's window set it."""

    due_at: datetime | None
    promise: str
    limit: str | None
    why: tuple[Line, ...]


class Deadlines:
    """The deadlines of one policy; keeps its calendar laid out between calls."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.calendar = Calendar(policy)

    def due(
        self, posted_at: datetime, urgency: str, channel: str | None = None, answer_by: datetime | None = None
    ) -> Due:
        """When an answer to something posted at `posted_at` (aware) is due, and why.

        `channel` brings in the platform's own window, `answer_by` the deadline a platform delivered with the mention;
        the earliest wins. Raises ClockError for an unknown urgency or a time without an offset, NoStaffedTime where
        the policy has no staffed time to keep the promise in.
        """
        posted = utc(posted_at)
        if urgency not in URGENCIES:
            raise ClockError(f"urgency {urgency!r} is not one of {', '.join(URGENCIES)}")
        promise = self.policy.promises.of(urgency)
        why = [Line("posted", {"at": posted})]
        if promise is None:
            return Due(None, urgency, None, (*why, Line("no_clock")))
        due, lines = self._by_promise(posted, urgency, promise)
        limit = "brand"
        why += lines
        platform, rule = self._by_platform(posted, channel, answer_by)
        if platform is not None:
            earlier = platform < due
            told = {"channel": channel or "the_platform", "at": platform, "rule": rule}
            why.append(Line("platform" if earlier else "platform_later", told))
            if earlier:
                due, limit = platform, "platform"
        return Due(due, urgency, limit, (*why, Line("due", {"at": due})))

    def after(self, start: datetime, length: timedelta, clock: str) -> datetime:
        """The moment at which `length` has passed since `start`, on the wall clock (`always`) or in `staffed` time."""
        if clock == "always":
            return start + length
        return from_us(self.calendar.add_staffed(to_us(start), length // timedelta(microseconds=1)))

    def passed(self, start: datetime, end: datetime, clock: str) -> timedelta:
        """How much time lies between two moments on a clock, `always` or `staffed`; none when end is not after."""
        if clock == "always":
            return max(timedelta(0), end - start)
        return timedelta(microseconds=self.calendar.staffed_between(to_us(start), to_us(end)))

    def _by_promise(self, posted: datetime, urgency: str, promise: Promise) -> tuple[datetime, list[Line]]:
        if promise.within is None:
            return self._same_day(posted, promise)
        due = self.after(posted, promise.within, promise.clock)
        lines = [Line(promise.clock, {"urgency": urgency, "length": promise.within})]
        if promise.clock == "staffed":
            lines += self._closed_hours(posted, due, due - posted - promise.within)
        return due, lines

    def _closed_hours(self, posted: datetime, due: datetime, closed: timedelta) -> list[Line]:
        """Why `due` is later than the promise is long: the closed hours in between."""
        if not closed:
            return []
        at = to_us(posted)
        day = self.calendar.service_day(at)
        lines: list[Line] = []
        if not day.staffed_at(at):
            lines += day_lines(day)
            lines.append(Line("waits_for_opening", {"at": from_us(self.calendar.next_opening(at))}))
        return [*lines, *self._days_between(day, due), Line("over_nights", {"length": closed})]

    def _same_day(self, posted: datetime, promise: Promise) -> tuple[datetime, list[Line]]:
        at = to_us(posted)
        day = self.calendar.service_day(at)
        lines = day_lines(day)
        if day.intervals:
            close = from_us(day.close)
            cutoff = close - promise.cutoff_before_close
            times = {"cutoff": cutoff, "before": promise.cutoff_before_close, "at": close}
            if posted < cutoff:
                return close, [*lines, Line("same_day", times)]
            lines.append(Line("after_cutoff", times))
        opening = from_us(self.calendar.next_opening(at))
        due = self.after(opening, promise.grace, "staffed")
        grace = Line("grace", {"grace": promise.grace, "opening": opening, "at": due})
        return due, [*lines, *self._days_between(day, due), grace]

    def _days_between(self, day: StaffedDay, end: datetime) -> list[Line]:
        """The days after `day`, up to that of `end`, that are closed or not as the week has them."""
        last = end.astimezone(self.calendar.zone).date()
        lines: list[Line] = []
        on = day.day
        while on < last and len(lines) < DAYS_TOLD:
            on += timedelta(days=1)
            lines += day_lines(self.calendar.staffed_day(on))
        return lines

    def _by_platform(
        self, posted: datetime, channel: str | None, answer_by: datetime | None
    ) -> tuple[datetime | None, str]:
        if answer_by is not None and (answer_by.tzinfo is None or _in_years(answer_by)):
            return utc(answer_by), "delivered_deadline"  # 9999-12-31 and the like deliver no deadline
        platform = (channel or "").lower()
        if platform in BUSINESS_DAYS:
            days = BUSINESS_DAYS[platform]
            return self._business_days(posted, days), f"business_days_{days}"
        if platform in MESSAGING_WINDOW:
            return posted + MESSAGING_WINDOW[platform], "window_24h"
        return None, ""

    def _business_days(self, posted: datetime, days: int) -> datetime:
        """The same local time `days` business days (Monday to Friday, no public holiday) later.

        They are the marketplace's business days: the desk's own hours and exceptions do not matter, a half day counts.
        """
        when = posted.astimezone(self.calendar.zone)
        left = days
        while left:
            when += timedelta(days=1)  # aware arithmetic keeps the local time, which is what is wanted here
            if when.weekday() < 5 and not self.calendar.is_public_holiday(when.date()):
                left -= 1
        return when.astimezone(UTC)


def day_lines(day: StaffedDay) -> list[Line]:
    """What there is to say of a day: closed, or with other hours than its weekday has; nothing of a usual one."""
    if day.intervals:
        return [Line(day.kind, {"day": day.day})] if day.kind in ("half_day", "exception") else []
    code = {"holiday": "holiday", "exception": "closed_exception"}.get(day.kind, "closed_day")
    return [Line(code, {"day": day.day})]


def utc(when: datetime) -> datetime:
    """An aware datetime in UTC. Raises ClockError for one without an offset, or of no year a customer lives in."""
    if when.tzinfo is None:
        raise ClockError(f"{when.isoformat()} has no offset, such as +03:00")
    if not _in_years(when):
        raise ClockError(f"{when.isoformat()} is not between the years {YEARS[0]} and {YEARS[1]}")
    return when.astimezone(UTC)


def _in_years(when: datetime) -> bool:
    return YEARS[0] < when.year < YEARS[1]  # a year to spare, for the offset


def due_json(due: Due, policy: Policy, language: str = "en") -> dict[str, Any]:
    """A due answer in the form of the command line."""
    return {
        "due_at": due.due_at.astimezone(policy.zone).isoformat() if due.due_at else None,
        "promise": due.promise, "limit": due.limit,
        "why": [line.text(policy.zone, language) for line in due.why],
    }  # fmt: skip


__all__ = ["BUSINESS_DAYS", "MESSAGING_WINDOW", "ClockError", "Deadlines", "Due", "NoStaffedTime", "due_json", "utc"]
