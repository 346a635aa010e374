"""What the script of a drill does at the desk: it suspects late, surprises, plays the roles that nobody plays, answers.

Each act is one transaction that reads, under the log's lock, whether it is still to be done: a drill that was killed
and goes on does nothing twice. Everything it writes carries `script: true`, but for its answers, which are its agent's.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import Connection

from desk.crisis.course import keep_place, read_run, subject_of, write
from desk.crisis.drill_home import Script
from desk.crisis.opening import suspect
from desk.deadline import Deadlines
from desk.desk import Desk
from desk.room import DeskError
from desk.settings import Settings
from desk.team import on_shift
from desk.views import Filters
from playbooks.crisis.events import Event
from playbooks.crisis.run import Run
from playbooks.crisis.state import State
from playbooks.drills import played_by_script
from playbooks.schema import Bilingual
from store import crises as crisis_store
from store import drills as drill_store
from store import events as event_log
from store import subjects
from store import warnings as warning_store
from store.crises import CrisisRow
from store.engine import Store

ANSWER_EVERY = timedelta(minutes=4)
"""Between two answers of the script's agent: half of the eight minutes that desk.rates takes for usual, because in a
crisis the words are there and the matter is one."""

READS_FOR = timedelta(minutes=4)
"""How long the script's agent leaves a case before answering it: nobody answers what they have not read."""

STEPPED_IN = "drill_stepped_in"
SURPRISE = "drill_surprise"
_ANSWER = Bilingual(tr="[Tatbikat] Bu yanıtı senaryo verdi.", en="[Drill] The script gave this answer.")
_BY_SCRIPT = Bilingual(
    tr="Algılama zamanında görmedi; senaryo krizi bildirdi.",
    en="Detection did not see it in time; the script reported the crisis.",
)
_SURPRISED = Bilingual(tr="tatbikatın sürprizi", en="a surprise of the drill")
_SAME = Bilingual(tr="tatbikatın asıl krizi sürüyor", en="the drill's own crisis is under way")


class Hands:
    """The hands of the script's agent at the desk: what waits, and answering it."""

    def __init__(self, desk: Desk, name: str) -> None:
        self.desk = desk.as_agent(name)

    def waiting(self, now: datetime) -> int | None:
        """The open case with the nearest deadline that has been read long enough, None where none waits."""
        rows = self.desk.queue(Filters(view="open", limit=50), now).rows
        return next((row.case_id for row in rows if row.posted_at + READS_FOR <= now), None)

    def answer(self, case_id: int, text: str, now: datetime) -> None:
        """Record an answer, as somebody who posted it by hand does."""
        self.desk.answer(case_id, text, "", now)


class Player:
    """The script at work on one drill's store. `agent` are the hands of its agent, None where people answer."""

    def __init__(self, store: Store, settings: Settings, script: Script, agent: Hands | None = None) -> None:
        self.store, self.settings, self.script, self.agent = store, settings, script, agent
        self.deadlines = Deadlines(settings.desk)
        self.begins = script.drill.starts
        self._answered_at = self._last_answer()

    @property
    def brand(self) -> str:
        """The brand's key in the drill's store."""
        return self.settings.brand.key

    def play(self, now: datetime) -> int:
        """Do what the script owes at the drill's `now`; answers how many acts it was."""
        return self._step_in(now) + self._surprise(now) + self._act(now) + self._answer(now)

    def ends(self) -> datetime:
        """When the drill is over, by its own clock."""
        return self.begins + self.script.drill.lasting

    # --- what happens to the team ---

    def _step_in(self, now: datetime) -> int:
        """Suspect the crisis where the watch has not by `suspected_by`, and say that it was the script."""
        drill = self.script.drill
        if now < self.begins + drill.suspected_by:
            return 0
        with self.store.read() as tx:
            if main_crisis(tx, self.brand, self.script) is not None:
                return 0
        said, title = _BY_SCRIPT.say(self.script.language), drill.title.say(self.script.language)
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            if main_crisis(tx, self.brand, self.script) is not None:
                return 0
            incident = drill_store.largest_incident(tx, self.brand)
            if incident is not None and crisis_store.of_incident(tx, self.brand, incident):
                incident = None  # it runs another plan already
            opened = suspect(
                tx, self.settings, self.deadlines, self.script.plan, key=f"drill:{drill.id}", title=title, why=said,
                by="system", now=now, incident_id=incident,
            )  # fmt: skip
            if opened is None:
                return 0
            subjects.append(
                tx, self.brand, subject_of(opened), type=STEPPED_IN, at=now, by="system", recorded_at=now,
                data={"script": True, "due": (self.begins + drill.suspected_by).isoformat()},
            )  # fmt: skip
        return 1

    def _surprise(self, now: datetime) -> int:
        """Hand over each surprise whose time has come, once a crisis is there; some take a role away."""
        due = [n for n, one in enumerate(self.script.drill.surprises) if self.begins + one.at <= now]
        if not due:
            return 0
        with self.store.read() as tx:
            row = main_crisis(tx, self.brand, self.script)
            if row is None or not set(due) - surprised(tx, self.brand, row.id):
                return 0
        with self.store.write() as tx:
            event_log.hold(tx, self.brand)
            new = [n for n in due if n not in surprised(tx, self.brand, row.id)]
            for number in new:
                self._hand_over(tx, row, number, now)
            keep_place(tx, row, read_run(tx, row, self.deadlines).state(now))
        return len(new)

    def _hand_over(self, tx: Connection, row: CrisisRow, number: int, now: datetime) -> None:
        surprise = self.script.drill.surprises[number]
        what = surprise.what.model_dump()
        data = {"script": True, "surprise": number, "role": surprise.role, "what": what}
        subjects.append(
            tx, self.brand, subject_of(row.id), type=SURPRISE, at=now, by="system", recorded_at=now, data=data
        )
        for person in self.script.players.get(surprise.role, ()):
            key = f"crisis-{row.id}/surprise.{number}/{surprise.role}:{person}"
            crisis_store.add_notice(
                tx, self.brand, row.id, key=key, kind="surprise", role=surprise.role, person=person, duty="",
                title=what, why=_SURPRISED.model_dump(), due_at=None, at=now,
            )  # fmt: skip
            said = surprise.what.say(self.script.language)
            warning_store.add_alert(tx, self.brand, f"drill/{key}", person, warning_store.BOARD, said, now)
        for role in surprise.absent:
            self._write(tx, row, Event(now, "absent", "system", person=role), now)

    # --- the roles that nobody plays ---

    def _act(self, now: datetime) -> int:
        """Do what the open crises ask of the roles that nobody plays."""
        with self.store.read() as tx:
            rows = crisis_store.all_of(tx, self.brand, crisis_store.OPEN_STAGES)
            main = main_crisis(tx, self.brand, self.script)
            due = [row for row in rows if self._acts(read_run(tx, row, self.deadlines), row, main, now)]
        count = 0
        for row in due:
            with self.store.write() as tx:
                event_log.hold(tx, self.brand)
                run = read_run(tx, row, self.deadlines)
                for event in self._acts(run, row, main, now):
                    if run.refusal(event) is None:  # an act before it may have made this one needless
                        self._write(tx, row, event, now)
                        run, count = run.fed(event), count + 1
                keep_place(tx, row, run.state(now))
        return count

    def _acts(self, run: Run, row: CrisisRow, main: CrisisRow | None, now: datetime) -> tuple[Event, ...]:
        state = run.state(now)
        if main is not None and row.id != main.id:
            return self._dismissal(state, now)
        return played_by_script(self.script.drill, run.plan, state, self.script.roles)

    def _dismissal(self, state: State, now: datetime) -> tuple[Event, ...]:
        """A second crisis out of the same drill: the script takes and dismisses it, so that it wakes nobody."""
        mine = [d for d in state.open if d.kind in ("take", "declare") and d.holder.role in self.script.roles]
        if not mine:
            return ()
        by = f"agent:{mine[0].holder.person or mine[0].holder.role}"
        if mine[0].kind == "take":
            return (Event(now, "taken", by),)
        return (Event(now, "dismissed", by, why=_SAME.say(self.script.language)),)

    def _write(self, tx: Connection, row: CrisisRow, event: Event, now: datetime) -> None:
        write(tx, row, event, now, {"script": True})

    # --- the customers ---

    def _answer(self, now: datetime) -> int:
        """Answer the case with the nearest deadline, at a person's pace: in the desk's hours, and called in after them
        once a crisis is declared."""
        if self.agent is None or now < self._answered_at + ANSWER_EVERY or not self._at_work(now):
            return 0
        case_id = self.agent.waiting(now)
        if case_id is None:
            return 0
        self._answered_at = now
        try:
            self.agent.answer(case_id, _ANSWER.say(self.script.language), now)
        except DeskError:  # a person was quicker
            return 0
        return 1

    def _at_work(self, now: datetime) -> bool:
        assert self.agent is not None
        if on_shift(self.agent.desk.agent(), now, self.settings.desk):
            return True
        with self.store.read() as tx:
            row = main_crisis(tx, self.brand, self.script)
        return row is not None and row.stage in ("declared", "contained")

    def _last_answer(self) -> datetime:
        """When the script's agent last answered, so that one who was killed does not answer twice as fast."""
        if self.agent is None:
            return self.begins
        with self.store.read() as tx:
            found = drill_store.last_of(tx, self.brand, "answered", self.agent.desk.by)
        return found or self.begins


def main_crisis(tx: Connection, brand: str, script: Script) -> CrisisRow | None:
    """The crisis that is rehearsed: the first one that runs the drill's plan; None before there is one."""
    rows = [row for row in crisis_store.all_of(tx, brand) if row.plan == script.plan.id]
    return rows[-1] if rows else None


def surprised(tx: Connection, brand: str, crisis_id: int) -> set[int]:
    """The surprises that were handed over, by their place in the drill."""
    events = subjects.events_of(tx, brand, subject_of(crisis_id))
    return {int(event.data["surprise"]) for event in events if event.type == SURPRISE}
