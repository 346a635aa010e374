"""When an answer is due: one promise, one posting time, one deadline and the reasons for it. Pure.

The rules are DESIGN.md's, 'The clock'; docs/reference/clock.md tells them with worked examples, the choices where they
leave room included.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from desk.calendar import ClockError, NoStaffedTime, StaffedDay, calendar_of, from_us, to_us, utc
from desk.due_table import DueTable, same_day_pieces, staffed_pieces, table_of
from desk.policy import Policy, Promise
from desk.story import Line
from desk.windows import RULES, closes
from mention import URGENCIES

DAYS_TOLD = 10
"""How many closed or special days an explanation names; a promise of months would name a hundred."""

Asked = tuple[datetime, str, str | None, datetime | None]
"""What a deadline is asked for: posted at (aware), urgency, channel, and the deadline that the platform delivered."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


class Due:
    """When an answer is due, and why. Never changed once made; its reasons are worked out when they are first read.

    `due_at` is None where no answer is due (urgency none); `limit` says whether the brand's promise or the platform's
    window set it.
    """

    __slots__ = ("_asked", "_by", "_why", "due_at", "limit", "promise")

    def __init__(self, due_at: datetime | None, promise: str, limit: str | None, by: Deadlines, asked: Asked) -> None:
        self.due_at = due_at
        self.promise = promise
        self.limit = limit
        self._by = by
        self._asked = asked
        self._why: tuple[Line, ...] | None = None

    @property
    def why(self) -> tuple[Line, ...]:
        """The reasons, in the order in which they are told."""
        if self._why is None:
            self._why = self._by.reasons(*self._asked)
        return self._why

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Due) and (self.due_at, self.promise, self.limit, self.why) == (
            other.due_at, other.promise, other.limit, other.why,
        )  # fmt: skip

    def __hash__(self) -> int:
        return hash((self.due_at, self.promise, self.limit))

    def __repr__(self) -> str:
        return f"Due({self.due_at!r}, {self.promise!r}, {self.limit!r})"


class Deadlines:
    """The deadlines of one plain policy; keeps its calendar laid out between calls."""

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self.calendar = calendar_of(policy)
        self._tables: dict[tuple[str, int], DueTable] = {}

    def __reduce__(self) -> tuple[type[Deadlines], tuple[Policy]]:
        return Deadlines, (self.policy,)  # what is laid out can be laid out again, and is large

    def due(
        self, posted_at: datetime, urgency: str, channel: str | None = None, answer_by: datetime | None = None
    ) -> Due:
        """When an answer to something posted at `posted_at` (aware) is due, and why.

        `channel` brings in the platform's own window, `answer_by` the deadline a platform delivered with the mention;
        the earliest wins. Raises ClockError for an unknown urgency or a time without an offset, NoStaffedTime where
        the policy has no staffed time to keep the promise in.
        """
        posted, promise = utc(posted_at), self._promise(urgency)
        asked = (posted, urgency, channel, answer_by)
        if promise is None:
            return Due(None, urgency, None, self, asked)
        due, limit = self._promised(posted, promise), "brand"
        platform, _ = closes(channel, posted, answer_by, self.calendar)
        if platform is not None and platform < due:
            due, limit = platform, "platform"
        return Due(due, urgency, limit, self, asked)

    def due_many(self, items: Iterable[Asked]) -> list[Due]:
        """`due` of many at once, in their order: the same answers and the same errors, from tables laid out by year."""
        answers: list[Due] = []
        add, tables, calendar = answers.append, self._tables, self.calendar
        for asked in items:
            posted_at, urgency, channel, answer_by = asked
            posted = posted_at if posted_at.tzinfo is UTC else utc(posted_at)
            year = posted.year
            table = tables.get((urgency, year))
            if table is None:
                made = self._table(posted, urgency)
                if made is None:
                    add(Due(None, urgency, None, self, asked))
                    continue
                table = tables[urgency, year] = made
            since = posted - _EPOCH
            us = (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds
            piece = table.pieces[bisect_right(table.edges, us) - 1]
            if isinstance(piece, timedelta):
                due = posted + piece
            elif piece is None:
                add(self.due(*asked))  # has no staffed time, and says so
                continue
            else:
                due = piece
            limit = "brand"
            if answer_by is not None or (channel is not None and channel.lower() in RULES):
                platform, _ = closes(channel, posted, answer_by, calendar)
                if platform is not None and platform < due:
                    due, limit = platform, "platform"
            add(Due(due, urgency, limit, self, asked))
        return answers

    def due_moments(self, starts: Sequence[int], urgency: str) -> list[int | None]:
        """When answers to what was posted at `starts` are due by the promise alone, platforms apart (microseconds since
        1970); None where none is due, or there is no staffed time to keep it in. As quick as it goes."""
        found: list[int | None] = []
        since = until = 0
        for start in starts:
            if not since <= start < until:
                posted = from_us(start)
                since, until = (to_us(datetime(posted.year + more, 1, 1, tzinfo=UTC)) for more in (0, 1))
                table = self._tables.get((urgency, posted.year)) or self._table(posted, urgency)
                if table is not None:
                    self._tables[urgency, posted.year] = table
            piece = None if table is None else table.at(start)
            if isinstance(piece, timedelta):
                found.append(start + piece // _MICROSECOND)
            else:
                found.append(None if piece is None else to_us(piece))
        return found

    def reasons(
        self, posted_at: datetime, urgency: str, channel: str | None = None, answer_by: datetime | None = None
    ) -> tuple[Line, ...]:
        """Why `due` answers what it answers; raises what it raises."""
        posted, promise = utc(posted_at), self._promise(urgency)
        why = [Line("posted", {"at": posted})]
        if promise is None:
            return (*why, Line("no_clock"))
        due = self._promised(posted, promise)
        why += self._by_promise(posted, due, urgency, promise)
        platform, rule = closes(channel, posted, answer_by, self.calendar)
        if platform is not None:
            earlier = platform < due
            told = {"channel": channel or "the_platform", "at": platform, "rule": rule}
            why.append(Line("platform" if earlier else "platform_later", told))
            due = platform if earlier else due
        return (*why, Line("due", {"at": due}))

    def after(self, start: datetime, length: timedelta, clock: str) -> datetime:
        """The moment at which `length` has passed since `start`, on the wall clock (`always`) or in `staffed` time."""
        if clock == "always":
            return start + length
        return from_us(self.calendar.add_staffed(to_us(start), length // _MICROSECOND))

    def passed(self, start: datetime, end: datetime, clock: str) -> timedelta:
        """How much time lies between two moments on a clock, `always` or `staffed`; none when end is not after."""
        if clock == "always":
            return max(timedelta(0), end - start)
        return timedelta(microseconds=self.calendar.staffed_between(to_us(start), to_us(end)))

    def skipped_days(self, start: datetime, end: datetime) -> list[Line]:
        """The days between two moments that are closed or not as the week has them, the first one included."""
        at = to_us(start)
        day = self.calendar.service_day(at)
        return [*([] if day.staffed_at(at) else day_lines(day)), *self._days_between(day, end)]

    def _promise(self, urgency: str) -> Promise | None:
        if urgency not in URGENCIES:
            raise ClockError(f"urgency {urgency!r} is not one of {', '.join(URGENCIES)}")
        return self.policy.promises.of(urgency)

    def _promised(self, posted: datetime, promise: Promise) -> datetime:
        """The deadline of a promise, platforms apart."""
        if promise.within is not None:
            return self.after(posted, promise.within, promise.clock)
        day = self.calendar.service_day(to_us(posted))
        if day.intervals:
            close = from_us(day.close)
            if posted < close - promise.cutoff_before_close:
                return close
        return self.after(from_us(self.calendar.next_opening(to_us(posted))), promise.grace, "staffed")

    def _table(self, posted: datetime, urgency: str) -> DueTable | None:
        """The deadlines of an urgency in the year of `posted`; None where no promise runs."""
        year, promise = utc(posted).year, self._promise(urgency)
        if promise is None:
            return None
        if promise.within is None:
            cutoff = promise.cutoff_before_close // _MICROSECOND
            return table_of(same_day_pieces(self.calendar, cutoff, lambda at: self._promised(at, promise), year))
        if promise.clock == "always":
            return DueTable([to_us(datetime(year, 1, 1, tzinfo=UTC))], [promise.within])
        return table_of(staffed_pieces(self.calendar, promise.within // _MICROSECOND, year))

    def _by_promise(self, posted: datetime, due: datetime, urgency: str, promise: Promise) -> list[Line]:
        if promise.within is None:
            return self._same_day(posted, due, promise)
        lines = [Line(promise.clock, {"urgency": urgency, "length": promise.within})]
        if promise.clock == "staffed":
            lines += self._closed_hours(posted, due, due - posted - promise.within)
        return lines

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

    def _same_day(self, posted: datetime, due: datetime, promise: Promise) -> list[Line]:
        at = to_us(posted)
        day = self.calendar.service_day(at)
        lines = day_lines(day)
        if day.intervals:
            close = from_us(day.close)
            cutoff = close - promise.cutoff_before_close
            times = {"cutoff": cutoff, "before": promise.cutoff_before_close, "at": close}
            if posted < cutoff:
                return [*lines, Line("same_day", times)]
            lines.append(Line("after_cutoff", times))
        opening = from_us(self.calendar.next_opening(at))
        grace = Line("grace", {"grace": promise.grace, "opening": opening, "at": due})
        return [*lines, *self._days_between(day, due), grace]

    def _days_between(self, day: StaffedDay, end: datetime) -> list[Line]:
        """The days after `day`, up to that of `end`, that are closed or not as the week has them."""
        last = end.astimezone(self.calendar.zone).date()
        lines: list[Line] = []
        on = day.day
        while on < last and len(lines) < DAYS_TOLD:
            on += timedelta(days=1)
            lines += day_lines(self.calendar.staffed_day(on))
        return lines


def day_lines(day: StaffedDay) -> list[Line]:
    """What there is to say of a day: closed, or with other hours than its weekday has; nothing of a usual one."""
    told: dict[str, object] = {"day": day.day, "because": day.because} if day.because else {"day": day.day}
    if day.intervals:
        code = "exception_because" if day.because else day.kind
        return [Line(code, told)] if day.kind in ("half_day", "exception") else []
    if day.because:
        return [Line("closed_because", told)]
    return [Line({"holiday": "holiday", "exception": "closed_exception"}.get(day.kind, "closed_day"), told)]


def due_json(due: Due, policy: Policy, language: str = "en") -> dict[str, Any]:
    """A due answer in the form of the command line."""
    return {
        "due_at": due.due_at.astimezone(policy.zone).isoformat() if due.due_at else None,
        "promise": due.promise, "limit": due.limit,
        "why": [line.text(policy.zone, language) for line in due.why],
    }  # fmt: skip


__all__ = ["Asked", "ClockError", "Deadlines", "Due", "NoStaffedTime", "due_json", "utc"]
