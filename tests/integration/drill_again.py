"""The numbers of a drill and of its review reckoned again from the rows of the store, sharing no code with them.

Only what other tests ask about has its answer from the product: when a promise is due. The desk is the default one.
"""

from __future__ import annotations

import json
import sqlite3
from datetime import UTC, datetime, timedelta
from typing import Any

from desk.deadline import Deadlines
from desk.settings import Settings
from playbooks.crisis.plan import written_out

MINUTE = timedelta(minutes=1)

# The days of the five drills in Istanbul, as a calendar on the wall has them: who is not here is closed.
OPEN = {
    "2026-05-09": (10, 16), "2026-05-11": (9, 18),  # a Saturday; Monday
    "2026-09-19": (10, 16), "2026-09-21": (9, 18),  # a Saturday; Monday
    "2026-10-28": (9, 13), "2026-10-30": (9, 18),  # the half day before Republic Day, and the day after it
    "2026-11-12": (9, 18), "2026-11-13": (9, 18),  # Thursday, Friday
    "2026-12-31": (9, 18), "2027-01-02": (10, 16),  # Thursday; the Saturday after New Year
}  # fmt: skip
ISTANBUL = timedelta(hours=3)


def same_day_by(posted: datetime) -> datetime:
    """Until the close for what came an hour before it or earlier, else two hours after the next opening."""
    hours = sorted(
        tuple(datetime.fromisoformat(day).replace(hour=hour, tzinfo=UTC) - ISTANBUL for hour in both)
        for day, both in OPEN.items()
    )
    today = (posted + ISTANBUL).date()
    for opens, closes in hours:
        if (opens + ISTANBUL).date() == today and posted < closes - 60 * MINUTE:
            return closes
    return min(opens for opens, _ in hours if opens > posted) + 120 * MINUTE


class Retold:
    """A drill as its rows tell it, up to its end."""

    def __init__(self, rows: sqlite3.Connection, crisis: int, settings: Settings, script: Any, ends: datetime) -> None:
        self.rows, self.settings, self.script, self.ends = rows, settings, script, ends
        self.log = [self.read(row) for row in rows.execute("select * from events order by at, id")]
        mine = {row["event_id"] for row in rows.execute(
            "select event_id from subject_events where subject = ?", (f"crisis:{crisis}",))}  # fmt: skip
        self.crisis = [event for event in self.log if event["id"] in mine]
        self.incident = rows.execute("select incident_id from crises where id = ?", (crisis,)).fetchone()[0]
        dues = rows.execute("select duty, due_at from crisis_notices where due_at is not null order by at desc")
        self.duties = {row["duty"]: self.moment(row["due_at"]) for row in dues}
        self.began = script.drill.starts + min(said.at for said in script.drill.mentions)

    @staticmethod
    def moment(text: str) -> datetime:
        at = datetime.fromisoformat(text)
        return at if at.tzinfo else at.replace(tzinfo=UTC)

    def read(self, row: sqlite3.Row) -> dict[str, Any]:
        return {"id": row["id"], "case": row["case_id"], "at": self.moment(row["at"]), "type": row["type"],
                "by": row["by"], "data": json.loads(row["data"])}  # fmt: skip

    def first(self, *types: str, **data: Any) -> datetime | None:
        found = [event["at"] for event in self.crisis
                 if event["type"].removeprefix("crisis_") in types
                 and all(event["data"].get(name) == value for name, value in data.items())]  # fmt: skip
        return min(found, default=None)

    def since(self, at: datetime | None) -> float | None:
        return None if at is None else (at - self.began).total_seconds()

    # --- the cases ---

    def cases(self) -> dict[int, list[dict[str, Any]]]:
        found: dict[int, list[dict[str, Any]]] = {}
        for event in self.log:
            if event["case"] is not None:
                found.setdefault(event["case"], []).append(event)
        return {case: log for case, log in found.items() if any(e["type"] == "customer_posted" for e in log)}

    def wanted(self) -> list[tuple[datetime, datetime | None, datetime | None]]:
        """When each case that wants an answer was posted, answered, and when its answer was due."""
        deadlines, found = Deadlines(self.settings.desk), []
        for log in self.cases().values():
            posts = [e for e in log if e["type"] == "customer_posted"]
            answers = [e for e in log if e["type"] == "answered" and e["by"].startswith("agent:")]
            urgency, channel = posts[0]["data"]["urgency"], posts[0]["data"]["channel"]
            for event in log:
                # Two events of one moment stand in the log in their order: what was judged after the answer, even at
                # the same minute of the drill, changes nothing of what was promised before it.
                if event["type"] == "urgency_changed" and (
                    not answers or (event["at"], event["id"]) < (answers[0]["at"], answers[0]["id"])
                ):
                    urgency = event["data"]["urgency"]
            if urgency == "none" and not answers:
                continue
            posted = posts[0]["at"]
            due = None if urgency == "none" else deadlines.due(posted, urgency, channel).due_at
            found.append((posted, answers[0]["at"] if answers else None, due))
        return found

    def reviewed(self) -> tuple[int, int]:
        """Of the incident's cases: how many were asked in time to be answered on their day and were, and how many are
        answered at all. Time runs from the incident's own first mention in each."""
        said = self.rows.execute(
            "select c.case_id, min(m.published_at) at from incident_mentions i join mentions m on m.id = i.mention_id "
            "join case_mentions c on c.mention_id = m.id where i.incident_id = :i or i.incident_id in "
            "(select id from incidents where merged_into = :i) group by c.case_id", {"i": self.incident},
        )  # fmt: skip
        same, answered, cases = 0, 0, self.cases()
        for case, at in said:
            asked = self.moment(at)
            answers = [e["at"] for e in cases[case]
                       if e["type"] == "answered" and e["by"].startswith("agent:") and e["at"] >= asked]  # fmt: skip
            answered += bool(answers)
            same += bool(answers) and answers[0] <= same_day_by(asked)
        return same, answered

    # --- the numbers ---

    def numbers(self) -> dict[str, float | None]:
        wanted = self.wanted()
        same = [answered is not None and answered <= same_day_by(posted) for posted, answered, _ in wanted]
        kept = [answered is not None and answered <= due for _, answered, due in wanted
                if due is not None and (answered is not None or due < self.ends)]  # fmt: skip
        taken = [self.first("seen", duty=duty) for duty in self.named() if duty.startswith(("take", "first"))]
        known = [at for at in (*taken, self.first("taken"), self.first("declared")) if at is not None]
        return {
            "detection": self.since(self.first("suspected", "declared")),
            "first_informed": self.since(min(known, default=None)),
            "declared": self.since(self.first("declared")),
            "decision": self.since(self.first("decided")),
            "first_answer": self.since(min((at for _, at, _ in wanted if at is not None), default=None)),
            "answered_same_day": sum(same) / len(same), "promises_kept": sum(kept) / len(kept) if kept else None,
            "updates_late": self.updates_late(), "steps_late": self.steps_late(),
        }  # fmt: skip

    def named(self) -> set[str]:
        """Every duty that somebody said to have seen."""
        return {event["data"]["duty"] for event in self.crisis if event["type"] == "crisis_seen"}

    def updates_late(self) -> int:
        """Each is due so long after the one before; once it is contained none is owed at the quick pace."""
        rule, declared = self.script.plan.updates, self.first("declared")
        assert declared is not None
        end = min(filter(None, (self.first("contained"), self.ends)))
        due, late = declared + rule.first_within, 0
        for at in sorted(e["at"] for e in self.crisis if e["type"] == "crisis_updated" and e["at"] <= end):
            late += at > due
            quick = at < declared + rule.lasting
            due = at + (rule.every if quick else rule.then_every or rule.every)
        return late

    def steps_late(self) -> int:
        """A step's notices say when it was due; its n-th beginning ends with the n-th time that it was done."""
        late, steps = 0, written_out(self.script.plan).by_id
        for duty, due in self.duties.items():
            kind, step, number = [*duty.split("."), "", ""][:3]
            if kind != "step" or steps[step].kind == "wait":  # a wait ends by itself
                continue
            done = [e["at"] for e in self.crisis if e["type"] in ("crisis_done", "crisis_decided")
                    and e["data"]["step"] == step]  # fmt: skip
            place = int(number or 1) - 1
            late += (done[place] if place < len(done) else self.ends) > due
        return late

    def story(self) -> str:
        """The crisis in lines, for whoever must find out which of the two is wrong."""
        lines = [f"{one['at']:%H:%M} {one['type']} {one['by']} {one['data']}"[:160] for one in self.crisis]
        return "\n".join([*lines, *(f"{duty} due {due:%H:%M}" for duty, due in self.duties.items())])

    # --- the goals ---

    def goals(self) -> dict[str, tuple[int | None, bool]]:
        """By goal, the second of the drill at which it was reached, and whether that was in time."""
        found: dict[str, tuple[int | None, bool]] = {}
        for goal in self.script.drill.goals:
            at = self.reached(goal)
            since = None if at is None else at - self.script.drill.starts
            found[goal.id] = (None if since is None else int(since.total_seconds()),
                              since is not None and since <= goal.by)  # fmt: skip
        return found

    def reached(self, goal: Any) -> datetime | None:
        match goal.measure:
            case "suspected":
                return self.first("suspected", "declared")
            case "taken" | "declared" | "contained" | "updated":
                return self.first(goal.measure)
            case "evidence":
                return self.first("collected", evidence=goal.of)
            case "step":
                return self.first("done", "decided", step=goal.of)
            case "decided":
                good = [self.first("decided", step=goal.of, option=option) for option in goal.options]
                at = good if goal.options else [self.first("decided", step=goal.of)]
                return min((one for one in at if one is not None), default=None)
            case "first_answer":
                return min((at for _, at, _ in self.wanted() if at is not None), default=None)
        # Whom to inform first is told to each by a notice; each says that they have seen it.
        told = [duty for duty in self.duties if duty.startswith("first.")]
        seen = [self.first("seen", duty=duty) for duty in told]
        there = [at for at in seen if at is not None]
        if goal.measure == "first_informed":
            return min(there, default=None)
        assert goal.measure == "all_informed"
        return max(there) if there and len(there) == len(seen) else None
