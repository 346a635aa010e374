"""The watch of one brand: mentions in time order in, alarms out, one per incident. Pure; the same however it is cut.

Watched are the brand, each topic, each incident by itself, and the brand's window weighted by reach and by severity. A
raised incident's mentions are explained: for two days they count towards no stream, so that a second crisis is seen
beside a first. A stream that raised an alarm is latched until an hour of it was calm.

Work is constant per mention and per quarter of an hour that passed; memory is bounded by the constants below. State
is a frozen value that is JSON text, and a watch made from it goes on as the first would have.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections import Counter, deque
from collections.abc import Iterable
from dataclasses import asdict, dataclass, replace
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

from playbooks.growth.alarm import Alarm, Heard, Unseen
from playbooks.growth.doubling import Doubling, doubling
from playbooks.growth.rhythm import DAY, Rhythm, hour_of_week
from playbooks.growth.stream import CELL, EXTRA, TIMES, WINDOW, Stream
from playbooks.growth.thresholds import VIEWS, Limits
from playbooks.growth.thresholds import limits as _limits
from playbooks.growth.words import why

VERSION = 1

LEARNS = 3.0
"""Seen hours of a brand before its streams may raise an alarm by growth; incidents and single texts always may."""

LATE = WINDOW * 60
"""Seconds: a mention posted so long before the newest is old news that came late, and no growth."""

FEWEST, FEWEST_OWN = 5, 4
"""Mentions of the last half hour below which nothing is called a growth: of a stream, of one incident."""

HALF_HOUR = 1800

AUTHORS = 3
"""Different authors below which it is one person's anger, however many posts."""

EXPLAINS = 48 * 3600
"""Seconds for which a raised incident's mentions count towards no stream."""

OWN_SHARE = 0.1
"""Of the brand's usual, what a matter may bring without being a growth; a matter a day old has its own rate besides."""

LOOKS_BACK = 3600
MOST_RECENT, MOST_INCIDENTS, MOST_RAISED = 4000, 2000, 5000
"""Bounds of the memory: seconds and mentions that are remembered one by one, incidents watched, incidents raised."""

WEIGHT_PRIOR = (50.0, 100.0, 300.0)
"""Mentions, sum and sum of squares of weights before any were seen; forgotten within some 20,000 mentions."""

WEIGHT_FORGETS = 1 - 1 / 20_000


@dataclass(frozen=True)
class State:
    """All that a watch knows, as JSON text; two watches that know the same have equal states."""

    text: str


class Watch:
    """The growth watch of one brand. Not for several threads at once."""

    def __init__(
        self,
        zone: ZoneInfo,
        *,
        holidays: Iterable[date] = (),
        limits: Limits | None = None,
        state: State | None = None,
    ) -> None:
        """`zone` and `holidays` (whole local days that are like Sundays) are the brand's; `limits` are by default those
        of FALSE_ALARMS. `state` is what an earlier watch of the same brand left; ValueError where it cannot be read.
        """
        self._zone, self._holidays = zone, frozenset(holidays)
        self._limits = limits or _limits()
        self._brand = Stream()
        self._topics: dict[str, Stream] = {}
        self._incidents: dict[str, list[float]] = {}  # CUSUM, its moment, mentions, first moment
        self._raised: dict[str, float] = {}
        self._recent: deque[tuple[float, str, str, str, str]] = deque()
        self._unseen: list[tuple[float, float, float]] = []
        self._weights = [list(WEIGHT_PRIOR), list(WEIGHT_PRIOR)]
        self._start: float | None = None  # of the open cell
        self._last = 0.0
        self._retry = 0.0
        self._total = 0.0
        self.seen_hours = 0.0
        """Hours of the brand that were seen since its first mention."""
        self.late = 0
        """Mentions that came too late, or in time that counts as unseen, and were not counted."""
        self.heat: dict[str, float] = dict.fromkeys(VIEWS, 0.0)
        """How hot each view was at the last mention, in the units of its limit; for the meter and the calibration."""
        if state is not None:
            self._restore(state)

    # --- what comes in

    def unseen(self, span: Unseen) -> None:
        """Time that was not seen, told before or while it passes; the part before the open quarter of an hour is over
        and left as it was learnt. ValueError for a span without length or a share outside 0 to 1."""
        start, end = span.start.timestamp(), span.end.timestamp()
        if not start < end or not 0 <= span.share <= 1:
            raise ValueError("unseen time begins before it ends and has a share from 0 to 1")
        for place, (since, to, share) in enumerate(self._unseen):
            if to == start and share == span.share:  # it goes on: told minute by minute, an outage stays one span
                self._unseen[place] = (since, end, share)
                break
        else:
            self._unseen.append((start, end, span.share))
        self._unseen.sort()
        if self._start is not None:
            self._open(self._start)

    def merge(self, into: str, gone: str) -> None:
        """Two incidents turned out to be one: `gone` is `into` from now on, and was raised if either was."""
        if gone in self._raised:
            self._raised[into] = min(self._raised.pop(gone), self._raised.get(into, math.inf))
        if gone in self._incidents:
            old = self._incidents.pop(gone)
            new = self._incidents.setdefault(into, old)
            if new is not old:
                new[:] = [max(new[0], old[0]), max(new[1], old[1]), new[2] + old[2], min(new[3], old[3])]
        self._recent = deque((one[0], into, *one[2:]) if one[1] == gone else one for one in self._recent)

    def expected(self, topic: str, minutes: float) -> float:
        """Mentions of a topic usual in so many minutes just now; 0 before anything was heard."""
        return 0.0 if self._start is None else self._topic(topic).usual(minutes)

    def advance(self, now: datetime) -> None:
        """Let time pass up to `now` (aware); asked or not, the result of later mentions is the same."""
        self._advance(now.timestamp())

    def add(self, heard: Heard) -> Alarm | None:
        """One mention, in time order; the alarm that it raises, if it does."""
        if heard.at.tzinfo is None:
            raise ValueError("a mention's moment has an offset")
        posted = heard.at.timestamp()
        self._advance(posted)
        if heard.at_once and heard.incident not in self._raised:
            return self._raise(heard, max(posted, self._last), "at_once")
        at = max(posted, self._last)
        if posted < self._last - LATE or self._blind(posted):
            self.late += 1
            return None
        self._last = at
        self._recent.append(
            (at, heard.incident, heard.topic, heard.channel, _short(heard.author) if heard.author else "")
        )
        while len(self._recent) > MOST_RECENT or self._recent[0][0] < at - LOOKS_BACK:
            self._recent.popleft()
        raised = self._raised.get(heard.incident)
        if raised is not None and at - raised < EXPLAINS:
            return None
        topic = self._topic(heard.topic)
        for stream in (self._brand, topic):
            stream.add(at, heard.reach, heard.severity, self._overlap(stream.at, at))
        own = self._own(heard.incident, at) if raised is None else 0.0
        self._look(at, topic, own)
        for sums, weight in zip(self._weights, (heard.reach, heard.severity), strict=True):
            sums[:] = [one * WEIGHT_FORGETS + more for one, more in zip(sums, (1.0, weight, weight**2), strict=True)]
        view = self._hot(topic)
        if view is None or at < self._retry:
            return None
        return self._raise(heard, at, view)

    def _look(self, at: float, topic: Stream, own: float) -> None:
        """How hot each view is now."""
        blind = self._overlap(at - WINDOW * 60, at)
        count, reach, severity, usual = self._brand.window(at, blind)
        heat = self.heat
        heat["cusum"] = self._brand.cusum
        heat["window"] = self._brand.surprise(count, usual)
        for name, total, (n, first, second) in zip(
            ("reach", "severity"), (reach, severity), self._weights, strict=True
        ):
            scale = second / first  # a sum of weights is about `scale` times a Poisson count (first two moments)
            heat[name] = self._brand.surprise(total / scale, usual * first / n / scale)
        count, _, _, usual = topic.window(at, blind)
        heat["topic_cusum"], heat["topic_window"] = topic.cusum, topic.surprise(count, usual)
        heat["incident"] = own

    def _hot(self, topic: Stream) -> str | None:
        """The first view over its limit, those that say most of what grows first."""
        heat, most = self.heat, self._limits
        if heat["incident"] >= most.incident:
            return "incident"
        if self.seen_hours < LEARNS:
            return None
        if not topic.latched:
            for view in ("topic_cusum", "topic_window"):
                if heat[view] >= getattr(most, view):
                    return view
        if not self._brand.latched:
            for view in ("cusum", "window", "severity", "reach"):
                if heat[view] >= getattr(most, view):
                    return view
        return None

    # --- time

    def _advance(self, at: float) -> None:
        if self._start is None:
            self._start = at // CELL * CELL
            self._brand.at = self._start
            self._open(self._start)
        while self._start + CELL <= at:
            end = self._start + CELL
            streams = (self._brand, *self._topics.values())
            for stream in streams:
                stream.close(end, self._overlap(stream.at, end))
            self.seen_hours += self._brand.seen * CELL / 3600
            if end % 3600 == 0:
                hour = hour_of_week(int(self._start // 3600), self._zone, self._holidays)
                for stream in streams:
                    stream.end_hour(hour)
                self._total = self._brand.rhythm.total
                self._forget(end)
            self._start = end
            self._open(end)

    def _open(self, start: float) -> None:
        """Open the cell that begins at `start`; the topics' rates change with the hour, or while the brand is new."""
        seen = 1 - self._overlap(start, start + CELL) / CELL
        hour = hour_of_week(int(start // 3600), self._zone, self._holidays)
        brand, new = self._brand, self.seen_hours < 24
        if new or start % 3600 == 0 or brand.rate == 0:
            more, time = brand.hour
            rate, doubt = brand.rhythm.rate(hour, more, time * DAY[hour % 24])
        else:
            rate, doubt = brand.rate, brand.doubt
        brand.ready(rate, doubt, seen)
        for stream in self._topics.values():
            self._ready(stream, hour, seen, new or start % 3600 == 0)

    def _ready(self, stream: Stream, hour: int, seen: float, fresh: bool) -> None:
        rate, doubt = stream.rate, stream.doubt
        if fresh or rate == 0:
            rate, doubt = stream.rhythm.topic_rate(hour, self._total, self._brand.rate)
        stream.ready(rate, doubt + self._brand.doubt, seen)
        stream.doubt = doubt

    def _topic(self, name: str) -> Stream:
        stream = self._topics.get(name)
        if stream is None:
            assert self._start is not None
            stream = self._topics[name] = Stream(rhythm=Rhythm(hours=list(self._brand.rhythm.hours)), at=self._start)
            hour = hour_of_week(int(self._start // 3600), self._zone, self._holidays)
            self._ready(stream, hour, self._brand.seen, True)
        return stream

    def _overlap(self, start: float, end: float) -> float:
        """Unseen seconds in [start, end), each by its share; spans over one another hide no more than all."""
        if not self._unseen:
            return 0.0
        hidden = sum(share * max(0.0, min(end, to) - max(start, since)) for since, to, share in self._unseen)
        return min(end - start, hidden)

    def _blind(self, at: float) -> bool:
        return any(since <= at < to and share >= 1 for since, to, share in self._unseen)

    def _forget(self, at: float) -> None:
        """What is over: unseen time outside the window, incidents that fell silent, the oldest raised."""
        self._unseen = [span for span in self._unseen if span[1] > at - WINDOW * 60]
        if len(self._incidents) > MOST_INCIDENTS // 2:
            kept = sorted(self._incidents.items(), key=lambda pair: (-pair[1][1], pair[0]))[: MOST_INCIDENTS // 4]
            self._incidents = dict(sorted(kept))
        if len(self._raised) > MOST_RAISED:
            newest = sorted(self._raised.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_RAISED]
            self._raised = dict(newest)

    # --- incidents and alarms

    def _own(self, incident: str, at: float) -> float:
        """The CUSUM of an incident's own mentions: against a share of the brand's usual, or its own rate if larger."""
        if incident not in self._incidents and len(self._incidents) >= MOST_INCIDENTS:
            self._forget(at)
        kept = self._incidents.setdefault(incident, [0.0, at, 0.0, at])
        age = at - kept[3]
        low = OWN_SHARE * self._brand.low
        if age > 86_400:
            low = max(low, 1.5 * kept[2] / age)
        high = TIMES * low + EXTRA / 3600
        kept[0] = max(0.0, kept[0] - (high - low) * (at - kept[1] - self._overlap(kept[1], at)))
        if low > 0:
            kept[0] += math.log(high / low)
        kept[1] = at
        kept[2] += 1
        return kept[0]

    def _raise(self, heard: Heard, at: float, view: str) -> Alarm | None:
        """The alarm of a view that is hot; None where too few wrote it."""
        stream: Stream = self._brand
        topic: str | None = None
        if view in ("topic_cusum", "topic_window", "incident", "at_once"):
            topic, stream = heard.topic, self._topic(heard.topic)
        since = at - WINDOW * 60
        lately = [one for one in self._recent if topic is None or one[2] == topic]
        if view == "incident":
            lately = [one for one in self._recent if one[1] == heard.incident]
        window = [one for one in lately if one[0] > since]
        fresh = [one for one in lately if one[0] > at - HALF_HOUR and one[1] not in self._raised]
        incident = heard.incident
        if view not in ("incident", "at_once"):
            if not fresh:
                return None
            sizes = Counter(one[1] for one in fresh)
            incident = max(sizes, key=lambda name: (sizes[name], name == heard.incident, name))
        fewest = FEWEST_OWN if view == "incident" else FEWEST
        if view != "at_once" and (len(fresh) < fewest or _people(fresh) < AUTHORS):
            self._retry = at + 60  # asking again at each mention of one loud person would be work for nothing
            return None
        usual = stream.window(at, self._overlap(since, at))[3]
        own = sum(one[1] == incident for one in window)
        onset = stream.onset if view.endswith("cusum") and at - stream.onset < LOOKS_BACK else since
        channels = Counter(one[3] for one in window if one[3])
        alarm = Alarm(
            at=_moment(at), incident=incident, view=view, topic=topic, count=len(window), own=own, usual=usual,
            authors=_people(window), channels=tuple(sorted(channels.items(), key=lambda pair: (-pair[1], pair[0]))),
            onset=_moment(onset), doubling=self._doubling(topic, onset, at, usual),
            surprise=round(stream.surprise(len(window), usual), 2),
        )  # fmt: skip
        self._raised[incident] = at
        self._incidents.pop(incident, None)
        if view != "at_once":
            self._brand.taken_out(at)
            self._topic(heard.topic).taken_out(at)
        return replace(alarm, why={language: why(alarm, language) for language in ("tr", "en")})

    def _doubling(self, topic: str | None, onset: float, at: float, usual: float) -> Doubling | None:
        """From the minutes since shortly before the onset, at least 15 and at most 60."""
        minutes = int(min(60, max(WINDOW, (at - onset) // 60 + 5)))
        counts = [0.0] * minutes
        for one in self._recent:
            if at - one[0] < minutes * 60 and (topic is None or one[2] == topic):
                counts[minutes - 1 - int((at - one[0]) // 60)] += 1
        return doubling(counts, usual / WINDOW)

    # --- what it knows

    def state(self) -> State:
        """All it knows, to be kept; nothing of it is a customer's text, and authors are short hashes."""
        kept = {
            "version": VERSION, "brand": asdict(self._brand),
            "topics": {name: asdict(stream) for name, stream in sorted(self._topics.items())},
            "incidents": dict(sorted(self._incidents.items())), "raised": dict(sorted(self._raised.items())),
            "recent": list(self._recent), "unseen": self._unseen, "weights": self._weights, "start": self._start,
            "last": self._last, "retry": self._retry, "total": self._total, "seen_hours": self.seen_hours,
            "late": self.late,
        }  # fmt: skip
        return State(json.dumps(kept, ensure_ascii=False, sort_keys=True))

    def _restore(self, state: State) -> None:
        try:
            kept = json.loads(state.text)
            if kept["version"] != VERSION:
                raise ValueError(f"it is of version {kept['version']}, this is {VERSION}")
            self._brand = _stream(kept["brand"])
            self._topics = {name: _stream(one) for name, one in kept["topics"].items()}
            self._incidents, self._raised = kept["incidents"], kept["raised"]
            self._recent = deque((at, *map(str, rest)) for at, *rest in kept["recent"])
            self._unseen = [(since, to, share) for since, to, share in kept["unseen"]]
            self._weights, self._start, self._last = kept["weights"], kept["start"], kept["last"]
            self._retry, self._total = kept["retry"], kept["total"]
            self.seen_hours, self.late = kept["seen_hours"], kept["late"]
        except (KeyError, TypeError, ValueError) as error:
            raise ValueError(f"the kept state of the growth watch cannot be read: {error}") from None


def _stream(kept: dict[str, object]) -> Stream:
    rhythm = kept.pop("rhythm")
    return Stream(rhythm=Rhythm(**rhythm), **kept)  # type: ignore[arg-type]


def _people(window: Iterable[tuple[float, str, str, str, str]]) -> int:
    """Different authors; one who is unknown counts as one each time, as most forums' are."""
    named, unknown = set(), 0
    for one in window:
        if one[4]:
            named.add(one[4])
        else:
            unknown += 1
    return len(named) + unknown


def _short(author: str) -> str:
    return hashlib.blake2s(author.encode("utf-8", "replace"), digest_size=6).hexdigest()


def _moment(at: float) -> datetime:
    return datetime.fromtimestamp(at, UTC)
