"""The numbers of a review once more, from the raw tables and events alone: plain SQL and arithmetic, nothing of desk/.

Only what the stories of reviewed_crisis.py can hold is known here: a desk staffed from nine to six every day in
Istanbul, a plan without strands that join, nobody away.
"""

from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, text

TURKEY = timezone(timedelta(hours=3))  # Turkey has kept +03 all year since 2016
MINUTE = timedelta(minutes=1)


def rows(tx: Connection, sql: str, **values: Any) -> list[dict[str, Any]]:
    """The rows of a query, with times and JSON made out of what the database gives."""
    return [{k: _value(k, v) for k, v in row._mapping.items()} for row in tx.execute(text(sql), values)]


def _value(name: str, value: Any) -> Any:
    if name.endswith("_at") or name == "at":
        if isinstance(value, str):
            value = datetime.fromisoformat(value)
        return value if value is None else value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    return json.loads(value) if name in ("data", "body") and isinstance(value, str) else value


def recount(tx: Connection, crisis_id: int, now: datetime) -> dict[str, Any]:
    """Every number of a review at `now`, in the form of its export, without titles."""
    [crisis] = rows(tx, "SELECT * FROM crises WHERE id = :id", id=crisis_id)
    log = rows(
        tx,
        "SELECT e.* FROM events e JOIN subject_events s ON s.event_id = e.id WHERE s.subject = :s ORDER BY e.at, e.id",
        s=f"crisis:{crisis_id}",
    )
    log = [event for event in log if event["at"] <= now]
    said = _said(tx, crisis["incident_id"], now)
    cases = _cases(tx, said, now)
    duties = _duties(crisis["body"], log, now)
    raised = rows(tx, "SELECT * FROM alarms ORDER BY raised_at")
    alarm = raised[0]["raised_at"] if raised and said else None
    first = min((each["published_at"] for each in said), default=None)
    stage = {type: [e["at"] for e in log if e["type"] == f"crisis_{type}"] for type in
             ("suspected", "taken", "declared", "contained", "closed", "updated")}  # fmt: skip
    answers = [case["answered"] for case in cases if case["answered"]]
    spoke = [e["at"] for e in log if e["type"] in ("crisis_statement_published", "crisis_updated")]
    informed = [d["ended"] for d in duties if d["kind"] == "first" and d["how"] == "seen"]
    moments = [
        ("first_mention", first), ("alarm", alarm), ("suspected", min(stage["suspected"], default=None)),
        ("taken", min(stage["taken"], default=None)), ("declared", min(stage["declared"], default=None)),
        ("first_informed", min(informed, default=None)), ("first_statement", min(spoke, default=None)),
        ("first_answer", min(answers, default=None)), ("contained", min(stage["contained"], default=None)),
        ("closed", max(stage["closed"], default=None)),
    ]  # fmt: skip
    begin = first or dict(moments)["suspected"]
    milestones, before = [], None
    for name, at in moments:
        milestones.append({"name": name, "at": at, "since_s": _s(begin, at), "after_s": _s(before, at)})
        before = at or before
    late = [d for d in duties if d["kind"] != "update" and d["late"]]
    updates = [d for d in duties if d["kind"] == "update"]
    return {
        "detection_s": _s(first, alarm or dict(moments)["suspected"]),
        "milestones": milestones,
        "updates": {
            "on_time": sum(d["how"] == "done" and not d["late"] for d in updates),
            "late": sum(d["how"] == "done" and d["late"] > 0 for d in updates),
            "missed": sum(d["how"] != "done" and (d["ended"] or now) > d["due"] for d in updates),
        },
        "late": sorted((d["key"], d["owner"], d["holder"], d["due"], d["ended"], d["late"]) for d in late),
        "steps_late": sum(d["kind"] == "step" for d in late),
        "roles": _roles(duties),
        "mentions": _mentions(said),
        "cases": _case_numbers(cases, now),
        "given": _given(tx, cases, now),
        "evidence": _evidence(crisis["body"], log, stage["declared"]),
    }


def as_exported(numbers: dict[str, Any]) -> dict[str, Any]:
    """An exported review's numbers in the form of `recount`."""

    def moment(value: str | None) -> datetime | None:
        return None if value is None else datetime.fromisoformat(value).astimezone(UTC)

    told = {name: numbers[name] for name in ("detection_s", "updates", "steps_late", "cases")}
    told["milestones"] = [{**each, "at": moment(each["at"])} for each in numbers["milestones"]]
    told["late"] = sorted(
        (d["key"], d["owner"], d["role"], moment(d["due_at"]), moment(d["ended_at"]), d["late_s"])
        for d in numbers["late"]
    )  # fmt: skip
    told["roles"] = {role.pop("role"): role for role in map(dict, numbers["roles"])}
    told["mentions"] = {**numbers["mentions"], "peak_at": moment(numbers["mentions"]["peak_at"])}
    given = numbers["given"]
    told["given"] = {**given, "money": {code: Decimal(amount) for code, amount in given["money"].items()}}
    told["evidence"] = [(e["id"], moment(e["due_at"]), moment(e["kept_at"]), e["late_s"]) for e in numbers["evidence"]]
    return told


def _s(since: datetime | None, until: datetime | None) -> int | None:
    return None if since is None or until is None else math.trunc((until - since).total_seconds())


# --- what was said ---


def _said(tx: Connection, incident_id: int | None, now: datetime) -> list[dict[str, Any]]:
    if incident_id is None:
        return []
    found = rows(
        tx,
        "SELECT m.id, m.source, m.channel, m.author, m.published_at, c.case_id FROM mentions m "
        "JOIN incident_mentions i ON i.mention_id = m.id LEFT JOIN case_mentions c ON c.mention_id = m.id "
        "WHERE i.incident_id = :i OR i.incident_id IN (SELECT id FROM incidents WHERE merged_into = :i)",
        i=incident_id,
    )
    return [each for each in found if each["published_at"] <= now]


def _mentions(said: list[dict[str, Any]]) -> dict[str, Any]:
    named = {(each["source"], each["author"]) for each in said if each["author"]}
    channels: dict[str, int] = {}
    for each in said:
        channels[each["channel"]] = channels.get(each["channel"], 0) + 1
    best: tuple[int, datetime | None] = (0, None)
    for one in sorted(each["published_at"] for each in said):
        inside = sum(one <= other["published_at"] < one + 15 * MINUTE for other in said)
        best = (inside, one) if inside > best[0] else best
    return {"mentions": len(said), "authors": len(named) + sum(not each["author"] for each in said),
            "by_channel": channels, "peak": best[0], "peak_at": best[1]}  # fmt: skip


# --- the cases ---


def _cases(tx: Connection, said: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    asked: dict[int, datetime] = {}
    for each in said:
        if each["case_id"] is not None:
            asked[each["case_id"]] = min(each["published_at"], asked.get(each["case_id"], now))
    found = []
    for case_id, at in asked.items():
        events = rows(tx, "SELECT * FROM events WHERE case_id = :c ORDER BY at, id", c=case_id)
        gone = {number for e in events if e["type"] == "undone" for number in e["data"]["events"]}
        events = [e for e in events if e["at"] <= now and e["id"] not in gone and e["type"] != "undone"]
        human = [e["at"] for e in events if e["type"] == "answered" and e["by"].startswith("agent:")]
        found.append({
            "id": case_id, "asked": at, "answered": min((one for one in human if one >= at), default=None),
            "acknowledged": sum(e["type"] == "auto_acknowledged" and e["at"] >= at for e in events),
            "promises": [p for p in _promises(events, now) if p["stopped"] is None or p["stopped"] >= at],
            "same_day_by": _same_day(at),
        })  # fmt: skip
    return found


def _promises(events: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """Every answer that was owed on a case: what became of it, step by step."""
    owed: list[dict[str, Any]] = []
    urgency, aside = "none", False
    for event in events:
        human = event["type"] == "answered" and event["by"].startswith("agent:")
        waiting = [one for one in owed if one["stopped"] is None]
        if event["type"] == "customer_posted" and not owed:
            urgency = event["data"].get("urgency", "same_day")
            owed.append({"started": event["at"], "stopped": None, "urgency": urgency})
        elif event["type"] in ("customer_posted", "customer_wrote") and not waiting:
            owed.append({"started": event["at"], "stopped": None, "urgency": urgency})
        elif human:
            for one in waiting:
                one["stopped"] = event["at"]
        elif event["type"] == "urgency_changed":
            urgency = event["data"]["urgency"]
            for one in waiting:
                one["urgency"] = urgency
        elif event["type"] == "set_aside":
            aside = True
            for one in waiting:
                one["stopped"], one["cancelled"] = event["at"], True
    assert not aside or all(one["stopped"] for one in owed)
    for one in owed:
        one["due"] = _due(one["started"], one["urgency"])
        late = (one["stopped"] or now) > one["due"]
        state = "cancelled" if one.get("cancelled") else "broken" if late else "kept" if one["stopped"] else "open"
        one["state"] = state
    return owed


def _case_numbers(cases: list[dict[str, Any]], now: datetime) -> dict[str, Any]:
    def wants(case: dict[str, Any]) -> bool:
        return case["answered"] is not None or any(p["state"] != "cancelled" for p in case["promises"])

    wanted = [case for case in cases if wants(case)]
    waits = sorted(
        math.inf if case["answered"] is None else (case["answered"] - case["asked"]).total_seconds() for case in wanted
    )
    ranks = [waits[math.ceil(part * len(waits)) - 1] if waits else math.inf for part in (0.5, 0.9)]
    same = sum(case["answered"] is not None and case["answered"] <= case["same_day_by"] for case in wanted)
    states = [p["state"] for case in cases for p in case["promises"]]
    kept, broken = states.count("kept"), states.count("broken")
    return {
        "cases": len(cases), "no_answer_due": len(cases) - len(wanted), "wanted": len(wanted),
        "answered": sum(case["answered"] is not None for case in wanted),
        "unanswered": sum(case["answered"] is None for case in wanted), "same_day": same,
        "same_day_open": sum(case["answered"] is None and now <= case["same_day_by"] for case in wanted),
        "same_day_share": same / len(wanted) if wanted else None,
        "median_s": None if ranks[0] == math.inf else int(ranks[0]),
        "p90_s": None if ranks[1] == math.inf else int(ranks[1]),
        "acknowledged": sum(case["acknowledged"] for case in cases), "kept": kept, "broken": broken,
        "still_open": states.count("open"), "cancelled": states.count("cancelled"),
        "kept_share": kept / (kept + broken) if kept + broken else None,
    }  # fmt: skip


def _given(tx: Connection, cases: list[dict[str, Any]], now: datetime) -> dict[str, Any]:
    money: dict[str, Decimal] = {}
    counts: dict[str, int] = {}
    number = 0
    for case in cases:
        for row in rows(tx, "SELECT * FROM concessions WHERE case_id = :c", c=case["id"]):
            if row["state"] == "cancelled" or not case["asked"] <= row["at"] <= now:
                continue
            number += 1
            if row["amount"] is not None:
                money[row["currency"]] = money.get(row["currency"], Decimal(0)) + Decimal(row["amount"])
            else:
                counts[row["kind"]] = counts.get(row["kind"], 0) + row["count"]
    return {"concessions": number, "money": money, "counts": counts}


# --- deadlines of a desk that is staffed from nine to six ---


def _local(at: datetime, hour: int, days: int = 0) -> datetime:
    day = at.astimezone(TURKEY) + timedelta(days=days)
    return day.replace(hour=hour, minute=0, second=0, microsecond=0)


def _staffed(start: datetime, length: timedelta) -> datetime:
    """So much staffed time later, minute by minute."""
    at = start
    while length > timedelta(0):
        if _local(at, 9) <= at < _local(at, 18):
            step = min(length, _local(at, 18) - at)
            at, length = at + step, length - step
        else:
            at = _local(at, 9) if at < _local(at, 9) else _local(at, 9, 1)
    return at.astimezone(UTC)


def _same_day(posted: datetime) -> datetime:
    if posted < _local(posted, 17):
        return _local(posted, 18).astimezone(UTC)
    return _staffed(_local(posted, 9, 1), timedelta(hours=2))


def _due(posted: datetime, urgency: str) -> datetime:
    if urgency == "critical":
        return posted + 30 * MINUTE
    return _staffed(posted, timedelta(hours=2)) if urgency == "urgent" else _same_day(posted)


# --- the run ---


def _minutes(said: str) -> timedelta:
    return timedelta(minutes=int(said[:-1]) * {"m": 1, "h": 60, "d": 1440}[said[-1]])


def _duties(plan: dict[str, Any], log: list[dict[str, Any]], now: datetime) -> list[dict[str, Any]]:
    """Every duty of a run: began, due, ended, how, with whom it lay in the end."""
    steps = {step["id"]: step for step in plan["steps"]}
    duties: list[dict[str, Any]] = []
    declared: datetime | None = None

    def owe(kind: str, name: str, role: str, began: datetime, box: timedelta, patience: timedelta | None) -> None:
        duties.append({"kind": kind, "name": name, "owner": role, "began": began, "due": began + box, "box": box,
                       "patience": patience, "ended": None, "how": "", "seen": []})  # fmt: skip

    def end(how: str, at: datetime, *kinds: str, name: str = "") -> None:
        for duty in duties:
            if duty["ended"] is None and duty["kind"] in kinds and (not name or duty["name"] == name):
                duty["ended"], duty["how"] = at, how

    def begin(names: list[str], at: datetime) -> None:
        for name in names:
            owe("step", name, steps[name]["who"], at, _minutes(steps[name]["within"]), None)

    take, updates = _minutes(plan["take_within"]), plan["updates"]
    for event in log:
        type, at, data = event["type"].removeprefix("crisis_"), event["at"], event["data"]
        if type == "suspected":
            owe("take", "", plan["take"], at, take, take)
        elif type == "taken":
            end("done", at, "take")
            owe("declare", "", plan["take"], at, _minutes(plan["declare_within"]), None)
        elif type == "declared":
            declared = at
            end("done", at, "take", "declare")
            for first in plan["inform_first"]:
                owe("first", first["role"], first["role"], at, _minutes(first["within"]), _minutes(first["within"]))
            box = _minutes(updates["first_within"])
            owe("update", "", updates["who"], at, box, box)
            begin(plan["begins"], at)
        elif type == "seen":
            for duty in duties:
                if _key(duty, duties) == data["duty"]:
                    duty["seen"].append(at)
                    if duty["kind"] == "first":
                        duty["ended"], duty["how"] = duty["ended"] or at, duty["how"] or "seen"
        elif type == "updated":
            end("done", at, "update")
            assert declared is not None
            cadence = updates["every"] if at < declared + _minutes(updates["lasting"]) else updates["then_every"]
            if cadence is not None and not any(e["type"] == "crisis_contained" and e["at"] <= at for e in log):
                owe("update", "", updates["who"], at, _minutes(cadence), _minutes(cadence))
        elif type in ("done", "decided"):
            end(type, at, "step", name=data["step"])
            step = steps[data["step"]]
            chosen = [option["next"] for option in step["options"] if option["id"] == data.get("option")]
            begin(chosen[0] if chosen else step["next"], at)
        elif type == "contained":
            end("left", at, "update")
            begin(plan["when_contained"], at)
        elif type == "closed":
            end("left", at, "first", "step", "update")
            begin(plan["when_closed"], at)
        elif type == "reviewed":
            end("left", at, "first", "step")
    for duty in duties:
        duty["key"] = _key(duty, duties)
        duty["late"] = 0 if duty["how"] == "left" else max(0, _s(duty["due"], duty["ended"] or now) or 0)
        chain, since = _chain(plan, duty["owner"]), duty["began"]
        duty["holder"], duty["left"] = chain[0]["role"], []
        for seat, after in pairwise(chain):
            wait = min(duty["patience"] or _minutes(seat["hand_over_after"]), duty["box"])
            wait = duty["box"] if any(since <= seen < since + wait for seen in duty["seen"]) else wait
            # what ends in the very moment in which it would go on, has gone on
            if since + wait > (duty["ended"] or now):
                break
            duty["left"].append(seat["role"])
            duty["holder"], since = after["role"], since + wait
    return duties


def _key(duty: dict[str, Any], duties: list[dict[str, Any]]) -> str:
    alike = [one for one in duties if (one["kind"], one["name"]) == (duty["kind"], duty["name"])]
    number = [one is duty for one in alike].index(True) + 1
    return f"{duty['kind']}.{duty['name']}.{number}" if duty["name"] else f"{duty['kind']}.{number}"


def _chain(plan: dict[str, Any], role: str) -> list[dict[str, Any]]:
    seats = {seat["role"]: seat for seat in plan["roles"]}
    found = [seats[role]]
    while (deputy := found[-1]["deputy"]) and deputy not in [seat["role"] for seat in found]:
        found.append(seats[deputy])
    return found


def _roles(duties: list[dict[str, Any]]) -> dict[str, dict[str, int]]:
    names = {duty["holder"] for duty in duties} | {role for duty in duties for role in duty["left"]}
    told = {}
    for role in names:
        mine = [duty for duty in duties if duty["holder"] == role]
        told[role] = {
            "ended": sum(duty["ended"] is not None and duty["how"] != "left" for duty in mine),
            "late": sum(duty["late"] > 0 for duty in mine), "late_s": sum(duty["late"] for duty in mine),
            "worst_s": max((duty["late"] for duty in mine), default=0),
            "handed_on": sum(duty["left"].count(role) for duty in duties if duty["holder"] != role),
            "still_open": sum(duty["ended"] is None for duty in mine),
        }  # fmt: skip
    return told


def _evidence(
    plan: dict[str, Any], log: list[dict[str, Any]], declared: list[datetime]
) -> list[tuple[str, datetime | None, datetime | None, int]]:
    found = []
    for part in plan["evidence"]:
        kept = [e["at"] for e in log if e["type"] == "crisis_collected" and e["data"]["evidence"] == part["id"]]
        due = min(declared) + _minutes(part["within"]) if declared else None
        late = max(0, _s(due, min(kept)) or 0) if kept and due else 0
        found.append((part["id"], due, min(kept, default=None), late))
    return found
