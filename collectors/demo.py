"""The demo brand: a written story of three days, played in shortened time through the same protocol as every source.

Manual: nothing needs configuring. The first fetch brings the lines that were posted before the story begins and sets
the story's clock to 07:30 of its first day; from then on every fetch brings the lines whose hour has come. `speed` is
story minutes per real minute. Nights pass in a few seconds. What comes is posted at the real moment at which the
story's clock passed it, so that clocks run and promises fall due as with real customers. The story's clock moves only
while somebody fetches: a demo that was stopped goes on where it was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, ClassVar

from pydantic import Field, field_validator

from collectors.protocol import About, Batch, Cursor, Fetched, Reach, Rejected, Says, SourceSettings, Unreadable
from mention import MentionError, parse_mention, parse_time

STORY = Path(__file__).resolve().parent / "demo_story.jsonl"
"""The story that comes with Nöbet."""

DAY = 24 * 60
MORNING = 7 * 60 + 30
NIGHT = 23 * 60 + 30
"""Minutes of a story day between which customers are awake and the story's clock runs at `speed`."""

NIGHT_SECONDS = 5.0
"""Real seconds that a night takes; nobody watches a demo sleep."""

LONGEST_STEP = 10.0
"""Real seconds by which the story goes on in one fetch at most: a demo that nobody fetched stood still."""

_AT = re.compile(r"d(\d{1,3}) ([01]\d|2[0-3]):([0-5]\d)")
_OWN_FIELDS = ("at", "posted_before")


class DemoSettings(SourceSettings):
    """Which story is played, and how fast."""

    every: float = Field(2.0, gt=0, description="seconds between two fetches; above 10 the story falls behind")
    speed: float = Field(120.0, gt=0, le=100_000, description="story minutes per real minute")
    story: str = Field("", description="path of a story as JSONL; the demo brand's when left out")

    @property
    def bounds(self) -> tuple[float, float]:
        """The story has a clock of its own, so its pace is always the same."""
        return self.every, self.every

    @field_validator("story")
    @classmethod
    def _can_be_played(cls, value: str) -> str:
        if value:
            read_story(Path(value).expanduser())
        return value


@dataclass(frozen=True)
class Line:
    """One mention of the story: its minute since the story's first midnight, or for one from before the story begins
    the minutes by which it was posted before (`before`)."""

    minute: int
    before: int | None
    record: dict[str, Any]
    number: int


def running(minute: float, speed: float) -> float:
    """The real seconds that the story has run when its clock shows `minute` (>= MORNING), nights shortened."""
    days, of_day = divmod(minute - MORNING, DAY)
    awake = NIGHT - MORNING
    day_seconds = awake * 60 / speed
    if of_day <= awake:
        return days * (day_seconds + NIGHT_SECONDS) + of_day * 60 / speed
    return days * (day_seconds + NIGHT_SECONDS) + day_seconds + (of_day - awake) / (DAY - awake) * NIGHT_SECONDS


def clock(seconds: float, speed: float) -> float:
    """The minute that the story's clock shows after it has run for real `seconds`; the inverse of `running`."""
    awake = NIGHT - MORNING
    day_seconds = awake * 60 / speed
    days, of_day = divmod(seconds, day_seconds + NIGHT_SECONDS)
    if of_day <= day_seconds:
        return MORNING + days * DAY + of_day * speed / 60
    return MORNING + days * DAY + awake + (of_day - day_seconds) / NIGHT_SECONDS * (DAY - awake)


def said(minute: float) -> str:
    """A minute of the story as the story writes it: `d1 09:40`."""
    day, of_day = divmod(int(minute), DAY)
    return f"d{day + 1} {of_day // 60:02d}:{of_day % 60:02d}"


@dataclass(frozen=True)
class Step:
    """What one fetch plays: lines with the real moment at which each was posted, and where the story stands then."""

    posted: tuple[tuple[Line, datetime], ...]
    position: int
    minute: float


def play(lines: tuple[Line, ...], cursor: Cursor | None, now: datetime, speed: float) -> Step:
    """The lines that fall due between the last fetch (`cursor`) and `now` (aware UTC). Pure.

    Without a cursor: the lines from before the story. Each line is played once and in order, whatever the times of
    the fetches are; a `now` before the last fetch plays nothing.
    """
    if cursor is None:
        opening = tuple((line, now - timedelta(minutes=line.before)) for line in lines if line.before is not None)
        return Step(opening, len(opening), float(MORNING))
    position, minute = int(cursor["position"]), float(cursor["story"])
    last, _ = parse_time(cursor["at"])
    elapsed = min(max((now - last).total_seconds(), 0.0), LONGEST_STEP)
    end = running(minute, speed) + elapsed
    reached = clock(end, speed)
    posted: list[tuple[Line, datetime]] = []
    for line in lines[position:]:
        if line.minute > reached:
            break
        ago = min(max(end - running(max(line.minute, MORNING), speed), 0.0), elapsed)
        posted.append((line, now - timedelta(seconds=ago)))
    return Step(tuple(posted), position + len(posted), reached)


def read_story(path: Path) -> tuple[Line, ...]:
    """The lines of a story in the order in which they are played. Raises ValueError naming file, line and field."""
    lines: list[Line] = []
    seen: dict[str, int] = {}
    try:
        texts = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ValueError(f"the story {path} cannot be read ({type(error).__name__})") from None
    for number, text in enumerate(texts, 1):
        if not text.strip():
            continue
        where = f"{path}, line {number}"
        try:
            record = json.loads(text)
        except (ValueError, RecursionError):
            raise ValueError(f"{where}: is not JSON") from None
        if not isinstance(record, dict):
            raise ValueError(f"{where}: is not a JSON object")
        at = _AT.fullmatch(str(record.get("at")))
        if not at or int(at[1]) < 1:
            raise ValueError(f"{where}, field 'at': must be a day and a time of the story such as 'd2 14:05'")
        before = record.get("posted_before")
        if before is not None and (isinstance(before, bool) or not isinstance(before, int) or before < 0):
            raise ValueError(f"{where}, field 'posted_before': must be whole minutes before the story begins")
        name = str(record.get("native_id") or "")
        if not name or name in seen:
            why = f"{name!r} was line {seen[name]}'s already" if name else "is missing"
            raise ValueError(f"{where}, field 'native_id': {why}")
        seen[name] = number
        minute = (int(at[1]) - 1) * DAY + int(at[2]) * 60 + int(at[3])
        lines.append(Line(minute, before, record, number))
    if not lines:
        raise ValueError(f"the story {path} has no lines")
    return tuple(sorted(lines, key=lambda line: (line.before is None, -(line.before or 0), line.minute)))


class DemoCollector:
    """Plays the story; the cursor is `{"position": lines played, "story": minute, "at": time of the last fetch}`."""

    kind: ClassVar[str] = "demo"
    Settings: ClassVar[type[SourceSettings]] = DemoSettings
    about: ClassVar[About] = About(
        title="Demo",
        reads=Says("an invented retailer's three days", "uydurma bir perakendecinin üç günü"),
        needs=Says("nothing", "hiçbir şey istemez"),
        costs=Says("nothing", "ücretsiz"),
        proves=Says("everything: the story lies beside it", "her şeyi: öykü yanında durur"),
        tested="recorded",
        own=True,
        settles=0.0,
    )

    def __init__(self, settings: DemoSettings) -> None:
        self.settings = settings
        self._lines: tuple[Line, ...] | None = None

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        """One batch: the lines whose hour has come since `cursor`; see the protocol."""
        now = now.astimezone(UTC)
        if self._lines is None:
            path = Path(self.settings.story).expanduser() if self.settings.story else STORY
            try:
                self._lines = read_story(path)
            except ValueError as error:
                raise Unreadable(f'Source "{self.settings.source}": {error}. Nothing was played.') from None
        lines = self._lines
        step = play(lines, cursor, now, self.settings.speed)
        results = [self._mention(line, posted_at, now) for line, posted_at in step.posted]
        over = step.position >= len(lines)
        note = f"the story is over ({len(lines)} lines)" if over else f"story at {said(step.minute)}"
        yield Batch(
            tuple(found for found in results if isinstance(found, Fetched)),
            {"position": step.position, "story": round(step.minute, 6), "at": now.isoformat()},
            tuple(found for found in results if isinstance(found, Rejected)),
            note,
            Reach("moved"),
        )

    def _mention(self, line: Line, posted_at: datetime, now: datetime) -> Fetched | Rejected:
        record = {name: value for name, value in line.record.items() if name not in (*_OWN_FIELDS, "channel")}
        extra = {"channel": str(line.record.get("channel") or "demo"), **(record.get("extra") or {})}
        mention = {**record, "source": self.settings.source, "published_at": posted_at, "extra": extra}
        try:
            return Fetched(parse_mention(mention, now=now)[0], line.record)
        except MentionError as error:
            reason = f"line {line.number} of the story: {error}"
            return Rejected(reason, line.record, str(line.record["native_id"]))
