"""A drill is played: its mentions come in, are scored, routed, grouped and watched, people are told, the script acts.

All of it is the same code that a worker runs on a real day; only the mentions are written beforehand and `now` is the
drill's clock. Nothing in here can reach out of the house: the mentions are read from the drill, there is no collector,
no sender and no Alerter, and the settings of a drill's folder hold none (desk/crisis/drill_home.py). Every step can be
killed between any two lines and be done again.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import ClassVar

from classifying import grouping_of
from collecting import collect
from collectors.protocol import About, Batch, Cursor, Fetched, Reach, Says, SourceSettings
from desk.crisis.detecting import Detecting
from desk.crisis.drill_home import Script
from desk.crisis.drill_script import Hands, Player
from desk.crisis.escalating import Escalating
from desk.desk import Desk
from desk.intake import Intake
from desk.settings import Settings, library_of
from desk.sweeper import Sweeper
from mention import Mention
from nlp import Scorer
from nlp.facts import Finder
from playbooks.drills import mentions_of
from store import sources
from store.engine import Store
from worker import process

BEAT = "drill"
"""The name under which a drill notes how far it came, by its own clock."""

STEP = timedelta(minutes=1)
"""How far a drill goes at once where it goes as fast as it can; the shortest time box of a plan is five minutes."""

POLL_EVERY = timedelta(minutes=5)
"""How often a channel that says nothing is asked, so that its silence is known to be silence."""

Job = Callable[[datetime], object]


class Channel:
    """One channel of a drill as a collector: it brings what was posted by now and has not come yet."""

    kind: ClassVar[str] = "drill"
    Settings: ClassVar[type[SourceSettings]] = SourceSettings
    about: ClassVar[About] = About(
        title="Drill", reads=Says("a written crisis", "yazılmış bir kriz"), needs=Says("nothing", "hiçbir şey istemez"),
        costs=Says("nothing", "ücretsiz"), proves=Says("everything", "her şeyi"), tested="recorded", own=True,
        settles=0.0,
    )  # fmt: skip

    def __init__(self, name: str, mentions: tuple[Mention, ...]) -> None:
        self.settings = SourceSettings(kind="drill", name=name, every=POLL_EVERY.total_seconds())
        self.mentions = mentions
        self.times = [mention.published_at for mention in mentions]
        self.asked_at: datetime | None = None
        self.came = 0

    def wants(self, now: datetime) -> bool:
        """Whether there is something to fetch, or it was not asked for POLL_EVERY."""
        unheard = self.asked_at is None or now - self.asked_at >= POLL_EVERY
        return unheard or bisect_right(self.times, now) > self.came

    def fetch(self, cursor: Cursor | None, now: datetime) -> Iterator[Batch]:
        """One batch: what was posted since the cursor, which counts how many have come."""
        came, until = int((cursor or {}).get("came", 0)), bisect_right(self.times, now)
        new = tuple(Fetched(one, one.model_dump(mode="json")) for one in self.mentions[came:until])
        yield Batch(new, {"came": max(came, until)}, (), f"{until} of {len(self.mentions)}", Reach("moved"))
        self.asked_at, self.came = now, max(came, until)


def channels_of(script: Script) -> tuple[Channel, ...]:
    """The channels of a drill, each with its mentions in the order of their times."""
    mentions = mentions_of(script.drill, script.language)
    names = sorted({mention.source for mention in mentions})
    return tuple(Channel(name, tuple(one for one in mentions if one.source == name)) for name in names)


class Rehearsal:
    """One drill at work on its own store. `jobs` are what else runs at each step, in this order, before the script."""

    def __init__(
        self, store: Store, settings: Settings, script: Script, scorer: Scorer, finder: Finder | None = None,
        jobs: Callable[[Store, Settings, Script], tuple[Job, ...]] | None = None,
    ) -> None:  # fmt: skip
        """`settings` are those of the drill's folder. `jobs` makes the jobs; without it, those of a real day."""
        assert settings.drill is not None, "a drill is played on a drill's store and on no other"
        self.store, self.settings, self.script = store, settings, script
        self.scorer, self.finder = scorer, finder
        library = library_of(settings)
        self.channels = channels_of(script)
        self.intake = Intake(store, settings, library)
        self.sweeper = Sweeper(store, settings)  # it warns on the board; nobody has an address in a drill
        self.jobs = (jobs or jobs_of)(store, settings, script)
        hands = Hands(Desk(store, settings, library), script.stand_ins["agent"]) if "agent" in script.roles else None
        self.player = Player(store, settings, script, hands)

    @property
    def brand(self) -> str:
        """The brand's key in the drill's store."""
        return self.settings.brand.key

    @property
    def begins(self) -> datetime:
        """When the drill begins, by its own clock, in UTC."""
        return self.script.drill.starts.astimezone(UTC)

    @property
    def ends(self) -> datetime:
        """When the drill is over, by its own clock, in UTC."""
        return self.begins + self.script.drill.lasting

    def reached(self) -> datetime:
        """How far the drill has come, by its own clock; its beginning where it has not begun."""
        with self.store.read() as tx:
            beat = sources.heartbeat(tx, self.brand, BEAT)
        return self.begins if beat is None else max(beat.at, self.begins)

    def step(self, now: datetime) -> None:
        """Everything that is to be done at the drill's `now` (aware)."""
        for channel in self.channels:
            if channel.wants(now):
                collect(self.store, self.brand, channel, now=lambda: now, jitter=0.0)
        process(self.store, self.brand, self.scorer, self.intake, now=lambda: now, finder=self.finder)
        for do in self.jobs:
            do(now)
        self.sweeper.run(now)
        self.player.play(now)
        with self.store.write() as tx:
            sources.beat(tx, self.brand, BEAT, now, {"drill": self.script.drill.id})

    def play_through(self, stop: Callable[[], bool] = lambda: False, step: timedelta = STEP) -> bool:
        """Play on to the end as fast as it goes; answers whether it came there, False where `stop` said so before."""
        now = self.reached()
        while not stop():
            self.step(now)
            if now >= self.ends:
                return True
            now = min(now + step, self.ends)
        return False

    def play_along(
        self, real: Callable[[], datetime], wait: Callable[[bool], bool], after: bool = False
    ) -> bool:  # fmt: skip
        """Play on by the drill's clock; answers whether it came to its end. `wait` says whether to stop, after a moment
        where it is told True. With `after` it goes on past the end: the people review what they played."""
        assert self.settings.drill is not None
        now = self.reached()
        while True:
            clock = self.settings.drill.at(real())
            # Never further than STEP at once: what happens in between would be seen at one moment.
            now = min(max(clock, now), now + STEP)
            now = now if after else min(now, self.ends)
            self.step(now)
            if now >= self.ends and not after:
                return True
            if wait(now >= clock):
                return now >= self.ends


def jobs_of(store: Store, settings: Settings, script: Script) -> tuple[Job, ...]:
    """What a real day's worker does for crises: the detection, which knows the rehearsed plan alone, then telling."""
    detecting = Detecting(store, settings, grouping_of(settings), {script.plan.id: script.plan})
    return (detecting.run, Escalating(store, settings).run)
