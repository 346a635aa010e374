"""The numbers of a report once more, from exported lines alone: by the rules of docs/reference/clock.md and metrics.md.

Plain standard library, and nothing of the program: own calendar, own clocks, own estimates. Times are whole
microseconds since 1970 throughout.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

MINUTE, HOUR, DAY = 60_000_000, 3_600_000_000, 86_400_000_000
ZONE = ZoneInfo("Europe/Berlin")
WEEK = {0: [(9, 18)], 1: [(9, 18)], 2: [(9, 12), (13, 18)], 3: [(9, 18)], 4: [(9, 18)], 5: [(10, 16)], 6: [(1, 5)]}
ORDER = ["none", "same_day", "urgent", "critical"]
POSTS = ("customer_posted", "customer_wrote")
PIECES = ("source", "routing", "pick_up", "thinking", "writing", "approval", "posting", "closed")


def us(text: str) -> int:
    """A time of the export."""
    return (datetime.fromisoformat(text) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def local(at: int) -> datetime:
    """What the clock on the wall in Berlin shows."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).astimezone(ZONE)


# --- working time ---


def _staffed() -> list[tuple[int, int, date]]:
    found = []
    for number in range(200):
        day = date(2026, 8, 1) + timedelta(days=number)
        for opens, closes in WEEK[day.weekday()]:
            midnight = datetime(day.year, day.month, day.day, tzinfo=ZONE)
            start, end = (us(midnight.replace(hour=hour).isoformat()) for hour in (opens, closes))
            found.append((start, end, day))
    return found


STAFFED = _staffed()


def staffed_between(start: int, end: int) -> int:
    """Staffed microseconds between two moments."""
    return sum(max(0, min(end, closes) - max(start, opens)) for opens, closes, _ in STAFFED)


def after_staffed(start: int, length: int) -> int:
    """When so much staffed time has passed."""
    for opens, closes, _ in STAFFED:
        since = max(start, opens)
        if since < closes:
            if since + length <= closes:
                return since + length
            length -= closes - since
    raise AssertionError("further than this calendar goes")


def due(start: int, urgency: str, answer_by: int | None) -> int:
    """When an answer is due."""
    if urgency == "critical":
        found = start + 30 * MINUTE
    elif urgency == "urgent":
        found = after_staffed(start, 2 * HOUR)
    else:
        close = max((closes for _, closes, day in STAFFED if day == local(start).date()), default=None)
        if close is not None and start < close - HOUR:
            found = close
        else:
            found = after_staffed(min(opens for opens, _, _ in STAFFED if opens > start), 2 * HOUR)
    return found if answer_by is None else min(found, answer_by)


# --- cases ---


class Case:
    """One case from its lines."""

    def __init__(self, lines: list[dict[str, Any]], row: dict[str, Any], seen: dict[int, int], now: int) -> None:
        gone: set[int] = set()
        for line in lines:
            if line["type"] == "undone":
                gone |= set(line["data"]["events"])
        for line in lines:
            if line["type"] == "split" and line["id"] not in gone:
                gone |= set(line["data"]["events"])
        kept = [line for line in lines if line["id"] not in gone and line["type"] != "undone" and us(line["at"]) <= now]
        self.lines = sorted(kept, key=lambda line: (us(line["at"]), line["id"]))
        self.row, self.seen, self.now = row, seen, now
        self.posts = [line for line in self.lines if line["type"] in POSTS]
        self.counts = bool(self.posts) and not any(
            line["type"] == "set_aside" and line["data"].get("merged") for line in self.lines
        )
        if not self.counts:
            return
        opening = next((line for line in self.posts if line["type"] == "customer_posted"), self.posts[0])
        by = opening["data"].get("answer_by")
        self.answer_by = us(by) if by else None
        self.posted = us(self.posts[0]["at"])
        self.waits: list[dict[str, Any]] = []
        self.settle_up()
        promised = [wait for wait in self.waits if wait["urgency"] != "none"]
        self.first = next((wait for wait in promised if wait["kind"] == "first"), None)
        self.nexts = [wait for wait in promised if wait["kind"] == "next"]
        self.whole = next((wait for wait in promised if wait["kind"] == "resolution"), None)
        for wait in promised:
            self.judge(wait)

    def settle_up(self) -> None:
        """Run the clocks by the table of docs/reference/clock.md."""
        urgency, aside, human = "none", False, False
        whole: dict[str, Any] = {}

        def settle(at: int) -> None:
            for wait in self.waits:
                if wait["end"] is None:
                    if urgency != "none" and not aside:
                        wait["urgency"], wait["gone"] = urgency, None
                    elif wait["gone"] is None:
                        wait["gone"] = at

        def resume(at: int) -> None:
            if whole["end"] is None and whole["held"] is not None:
                whole["pauses"].append((whole["held"], at))
                whole["held"] = None

        def begin(kind: str, at: int) -> dict[str, Any]:
            wait = {"kind": kind, "start": at, "end": None, "gone": None, "urgency": "none", "held": None, "pauses": []}
            self.waits.append(wait)
            return wait

        for line in self.lines:
            at, type = us(line["at"]), line["type"]
            owed = [wait for wait in self.waits if wait["kind"] != "resolution" and wait["end"] is None]
            if type in POSTS:
                if not self.waits:
                    urgency = line["data"].get("urgency") or "same_day"
                    begin("first", at)
                    whole = begin("resolution", at)
                else:
                    resume(at)
                    if human and not owed:
                        begin("next", at)
                settle(at)
            elif not self.waits:
                continue
            elif type == "answered" and line["by"].startswith("agent:"):
                human = True
                for wait in owed:
                    wait["end"] = at
            elif type == "urgency_changed":
                new = line["data"]["urgency"]
                if new != urgency:
                    urgency = new
                    settle(at)
            elif type == "waiting_for_customer" and whole["end"] is None and whole["held"] is None:
                whole["held"] = at
            elif type == "back_with_us":
                resume(at)
            elif type == "resolved" and whole["end"] is None:
                whole["end"] = at
            elif type == "reopened":
                aside = False
                if whole["end"] is not None:
                    whole["held"], whole["end"] = whole["held"] or whole["end"], None
                resume(at)
                settle(at)
            elif type == "set_aside":
                aside = True
                settle(at)

    def judge(self, wait: dict[str, Any]) -> None:
        """Deadline, outcome, length and way of a wait."""
        over = None if wait["gone"] is not None else wait["end"]
        until = wait["gone"] if wait["gone"] is not None else over if over is not None else self.now
        wait["over"], wait["until"] = over, until
        if wait["kind"] == "resolution":
            wait["due"], wait["length"] = self.resolution(wait, until)
        else:
            wait["due"] = due(wait["start"], wait["urgency"], self.answer_by if wait["kind"] == "first" else None)
            wait["length"] = until - wait["start"]
        late = max(0, until - wait["due"]) if wait["due"] is not None else 0
        wait["late"] = late
        if late:
            wait["outcome"] = "missed"
        elif wait["gone"] is not None:
            wait["outcome"] = "aside"
        elif wait["due"] is None:
            # a promised resolution that waits for the customer has no deadline now, because it moves with the wait
            wait["outcome"] = "undecided" if wait["urgency"] == "urgent" else ""
        else:
            wait["outcome"] = "met" if over is not None else "undecided"
        if wait["kind"] != "resolution":
            wait["by"] = next(
                (li["by"] for li in self.lines if li["type"] == "answered" and us(li["at"]) == over
                 and li["by"].startswith("agent:")), ""
            )  # fmt: skip
            wait["cuts"] = self.cuts(wait)
            wait["pieces"] = pieces(wait["cuts"], until)
            wait["cause"] = self.cause(wait)
        elif late:
            answers = [us(li["at"]) for li in self.lines if li["type"] == "answered" and li["by"].startswith("agent:")]
            wait["cause"] = "unresolved" if min(answers, default=self.now + 1) <= wait["due"] else "unanswered"

    def resolution(self, wait: dict[str, Any], until: int) -> tuple[int | None, int]:
        pauses = [*wait["pauses"], *([(wait["held"], until)] if wait["held"] is not None else [])]
        runs, since = [], wait["start"]
        for stops, goes_on in [*pauses, (until, until)]:
            runs.append((since, min(stops, until)))
            since = min(goes_on, until)
        length = sum(end - start for start, end in runs)
        if wait["urgency"] != "urgent":
            return None, length
        left = DAY
        for start, end in runs:
            if start + left < end:
                return start + left, length
            left -= end - start
        stands = wait["held"] is not None and wait["end"] is None and wait["gone"] is None
        return (None if stands else runs[-1][1] + left), length

    # --- the way ---

    def cuts(self, wait: dict[str, Any]) -> list[tuple[str, int, int]]:
        """The pieces of the way to an answer."""
        start, until = wait["start"], wait["until"]
        wrote = next((li for li in self.posts if us(li["at"]) == start), self.posts[0])
        seen = self.seen.get(wrote["mention_id"], us(wrote["recorded_at"]))
        routed = seen if "of_event" in wrote["data"] else us(wrote["recorded_at"])
        lines = [li for li in self.lines if start <= us(li["at"]) <= until]
        hands = [
            us(li["at"]) for li in lines
            if li["by"].startswith("agent:") and li["by"][6] != "@"
            and not (li["type"] == "assigned" and f"agent:{li['data']['to']}" != li["by"])
        ]  # fmt: skip
        acts = ("decided", "approval_asked", "reply_waits", "concession_waits", "concession_granted", "send_queued",
                "answered")  # fmt: skip
        decides = [us(li["at"]) for li in lines if li["by"].startswith("agent:") and li["type"] in acts]
        queues = {li["data"]["reply"]: us(li["at"]) for li in reversed(lines) if li["type"] == "send_queued"}
        if wait["over"] is not None:
            arrived = [li["data"]["reply"] for li in lines if li["type"] == "sent" and us(li["at"]) == until]
            queued = [queues[reply] for reply in arrived if reply in queues]
        else:
            queued = list(queues.values())
        marks = [start]
        for wanted in (
            seen,
            routed,
            min(hands, default=until),
            min(decides, default=until),
            min(queued, default=until),
        ):
            marks.append(min(max(wanted, marks[-1]), until))
        found = [(PIECES[at], marks[at], marks[at + 1]) for at in range(4)]
        asked, waited = {}, []
        for li in lines:
            number = li["data"].get("approval")
            if li["type"] == "approval_asked":
                asked.setdefault(number, us(li["at"]))
            elif li["type"] in ("approved", "approval_rejected", "approval_withdrawn") and number in asked:
                waited.append((asked.pop(number), us(li["at"])))
        waited += [(at, marks[5]) for at in asked.values()]
        # second by second is too many: every moment at which anything changes cuts the stretch
        edges = sorted({marks[4], marks[5], *(min(max(at, marks[4]), marks[5]) for pair in waited for at in pair)})
        for since, end in pairwise(edges):
            held = any(begins <= since and end <= ends for begins, ends in waited)
            found.append(("approval" if held else "writing", since, end))
        return [*found, ("posting", marks[5], until)]

    def cause(self, wait: dict[str, Any]) -> str:
        if wait["outcome"] != "missed":
            return ""
        if wait["by"].startswith("agent:@"):
            return "elsewhere"
        took = pieces(wait["cuts"], wait["due"])
        delivered = self.answer_by if wait["kind"] == "first" else None
        on_wall = wait["urgency"] == "critical" or (
            delivered is not None and delivered < due(wait["start"], wait["urgency"], None)
        )
        open_pieces = [name for name in PIECES if took[name] and (on_wall or name != "closed")]
        return max(open_pieces, key=lambda name: took[name]) if open_pieces else "closed"


def pieces(cuts: list[tuple[str, int, int]], until: int) -> dict[str, int]:
    """Microseconds by piece, up to a moment."""
    took = dict.fromkeys(PIECES, 0)
    for name, since, end in cuts:
        end = min(end, until)
        if since < end:
            staffed = staffed_between(since, end)
            took[name] += staffed
            took["closed"] += end - since - staffed
    return took


def read(folder: Path, now: int) -> list[Case]:
    """The cases of an export, by number."""

    def lines(kind: str) -> list[dict[str, Any]]:
        return [json.loads(line) for line in (folder / f"{kind}.jsonl").read_text(encoding="utf-8").splitlines()]

    rows = {row["id"]: row for row in lines("cases")}
    seen = {row["id"]: us(row["seen_at"]) for row in lines("mentions")}
    told: dict[int, list[dict[str, Any]]] = {}
    for line in lines("events"):
        if line["case_id"] is not None:
            told.setdefault(line["case_id"], []).append(line)
    found = [Case(mine, rows[number], seen, now) for number, mine in sorted(told.items())]
    return [case for case in found if case.counts]


# --- estimates ---


def quantiles(samples: list[tuple[float, bool]], share: float) -> tuple[float | None, float | None, float | None]:
    """A quantile by Kaplan and Meier with Brookmeyer and Crowley's limits (log-log), in seconds."""
    estimate, variance, found = 1.0, 0.0, [None, None, None]
    last_high = 1.0
    for at in sorted({length for length, _ in samples}):
        there = sum(length >= at for length, _ in samples)
        ended = sum(length == at and over for length, over in samples)
        estimate *= 1 - ended / there
        if there > ended:
            variance += ended / there / (there - ended)
        if estimate in (0.0, 1.0):
            low, high = estimate, last_high
        else:
            z = 1.959963984540054 * math.sqrt(variance) / math.log(estimate)
            low, high = estimate ** math.exp(-z), estimate ** math.exp(z)
        last_high = high
        for place, curve in enumerate((estimate, low, high)):
            if found[place] is None and curve <= 1 - share + 1e-9:
                found[place] = at / 1e6
    if not any(over for _, over in samples):
        return None, None, None
    return found[0], found[1], found[2]


def wilson(met: int, missed: int) -> tuple[float | None, float | None, float | None]:
    """A share with Wilson's limits: the roots of the score equation."""
    n = met + missed
    if not n:
        return None, None, None
    z2, share = 1.959963984540054**2, met / n
    a, b, c = n + z2, -(2 * n * share + z2), n * share * share
    root = math.sqrt(max(0.0, b * b - 4 * a * c))
    return share, (-b - root) / (2 * a), (-b + root) / (2 * a)


# --- the figures ---


def figures(cases: list[Case], now: int) -> dict[str, Any]:
    """Every figure: of counts the number; of times value, low, high, n and open; of shares value, low, high, met,
    missed and undecided."""
    firsts = [case for case in cases if case.first is not None]
    waits = [case.first for case in firsts]
    nexts = [wait for case in cases for wait in case.nexts]
    wholes = [case.whole for case in cases if case.whole is not None]
    missed = [w for case in cases for w in (case.first, *case.nexts, case.whole) if w and w["outcome"] == "missed"]

    def open_(wait: dict[str, Any]) -> bool:
        return wait["over"] is None and wait["gone"] is None

    def count(test: Any) -> int:
        return sum(1 for case in firsts if test(case))

    def times(samples: list[tuple[float, bool]], share: float, of: list[dict[str, Any]] | None = None) -> Any:
        return (*quantiles(samples, share), len(samples), sum(open_(wait) for wait in of or ()))

    def promised(found: list[dict[str, Any]]) -> tuple[Any, ...]:
        return shares([wait["outcome"] for wait in found])

    def shares(outcomes: list[str]) -> tuple[Any, ...]:
        met, miss, wait = (outcomes.count(name) for name in ("met", "missed", "undecided"))
        return (*wilson(met, miss), met, miss, wait)

    def worst(found: list[dict[str, Any]], length: Any = lambda wait: wait["length"]) -> float | None:
        return max((length(wait) / 1e6 for wait in found if wait["outcome"] != "aside"), default=None)

    def same_day(case: Case) -> str:
        wait = case.first
        if wait["over"] is not None:
            return "met" if local(wait["over"]).date() == local(case.posted).date() else "missed"
        if wait["gone"] is not None:
            return "missed" if wait["outcome"] == "missed" else ""
        return "undecided" if local(now).date() == local(case.posted).date() else "missed"

    def lag(case: Case) -> int:
        post = case.posts[0]
        return max(0, case.seen.get(post["mention_id"], us(post["recorded_at"])) - case.posted)

    def told(case: Case, type: str) -> list[dict[str, Any]]:
        return [line for line in case.lines if line["type"] == type]

    def moved(case: Case) -> bool:
        urgency = case.posts[0]["data"].get("urgency") or "same_day"
        for line in told(case, "urgency_changed"):
            old, urgency, at = urgency, line["data"]["urgency"], us(line["at"])
            lowered = "none" not in (old, urgency) and ORDER.index(urgency) < ORDER.index(old)
            in_time = case.first["over"] is None or at < case.first["over"]
            if lowered and in_time and at > due(case.first["start"], old, case.answer_by):
                return True
        return False

    acks = [us(told(c, "auto_acknowledged")[0]["at"]) - c.posted for c in firsts if told(c, "auto_acknowledged")]
    first_times = [(wait["length"], wait["over"] is not None) for wait in waits]
    staffed = [(staffed_between(w["start"], w["until"]), w["over"] is not None) for w in waits]
    given = [wait for wait in waits if wait["due"] > wait["start"]]
    used = [(wait["length"] * 1e6 / (wait["due"] - wait["start"]), wait["over"] is not None) for wait in given]
    next_times = [(wait["length"], wait["over"] is not None) for wait in nexts]
    whole_times = [(wait["length"], wait["over"] is not None) for wait in wholes]
    lags = [(lag(case), True) for case in firsts]
    return {
        "cases": len(firsts), "open_now": count(lambda c: open_(c.first)),
        "overdue_now": count(lambda c: open_(c.first) and c.first["outcome"] == "missed"),
        "set_aside": count(lambda c: c.first["gone"] is not None), "no_answer_due": len(cases) - len(firsts),
        "reopened": count(lambda c: told(c, "reopened")),
        "reassigned": count(lambda c: any(
            li["data"].get("from") and li["data"].get("to") and li["data"]["from"] != li["data"]["to"]
            for li in told(c, "assigned"))),
        "platform_answers": count(lambda c: c.first["by"].startswith("agent:@")),
        "first_answer_median": times(first_times, 0.5, waits), "first_answer_p90": times(first_times, 0.9, waits),
        "first_answer_staffed_median": times(staffed, 0.5, waits),
        "first_answer_staffed_p90": times(staffed, 0.9, waits),
        "first_answer_worst": worst(waits), "same_day": shares([same_day(case) for case in firsts]),
        "within_promise": promised(waits), "promise_used_median": times(used, 0.5, given),
        "next_answer_median": times(next_times, 0.5, nexts), "next_answer_p90": times(next_times, 0.9, nexts),
        "next_answer_worst": worst(nexts), "next_within_promise": promised(nexts),
        "resolution_median": times(whole_times, 0.5, wholes), "resolution_p90": times(whole_times, 0.9, wholes),
        "resolution_worst": max((w["length"] / 1e6 for w in wholes if w["gone"] is None), default=None),
        "resolution_within_promise": promised([wait for wait in wholes if wait["urgency"] == "urgent"]),
        "detection_median": times(lags, 0.5), "detection_p90": times(lags, 0.9),
        "acknowledged": len(acks), "acknowledged_median": times([(max(0, ack), True) for ack in acks], 0.5),
        "breaches": len(missed), "lateness_median": times([(w["late"], not open_(w)) for w in missed], 0.5, missed),
        "deadline_moved": count(moved),
    }  # fmt: skip
